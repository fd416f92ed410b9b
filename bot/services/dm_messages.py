"""Store what a writer says in the DM, message by message, and turn it into the writer's notes.

A message is known by its id, a number that grows with time. While a question is open before the writer, each message is
part of its answer; when the answer ends, its messages become one note. Without a question a message is a note by
itself. In an essay without content it waits, because a note would fix the essay's structure before the writer has
chosen it; one of several lines is divided then, so that each can be placed.

A note that was made of messages is a view over them: its text is theirs, in the order of their ids, with blank lines
between. So editing a message edits its note, until the writer edits the note itself: then it has a text of its own, and
edits of its messages no longer change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from bot.errors import InvalidInput, LimitExceeded, UnknownEssay
from bot.essay.essay import Essay, Note, QuestionState
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.matching import default_structure
from bot.essay.notes import NewNote, join_messages, parse_notes
from bot.essay.structure import collect_private_questions
from bot.essay.text.markdown_import import describe_removed
from bot.essay.text.privacy_marks import has_private_mark, has_words_besides_marks, is_only_private_mark
from bot.services.essays import MAX_TITLE_CHARACTERS, EssayService, join_sentences
from bot.services.notes import telling_that_the_note_is_stored
from bot.services.offload import parse_in_worker
from bot.services.snapshot import read_pending_messages
from bot.services.store_ports import Clock, IdFactory, Store, Transaction

_WRITTEN_BEFORE_DELETION = (
    "You wrote here while the bot was away, and have deleted an essay since. What you had written before that was not "
    "stored: send it again if you want to keep it."
)


@dataclass(frozen=True, slots=True)
class DmMessage:
    """A stored message. ``key`` identifies it in the store.

    ``essay`` is None if its words were deleted: then it is only known that it was stored once. ``question`` is the
    number of the question it answers, ``note`` that of the note it is part of, None while it waits. The text of a
    ``damaged`` message is a gap.
    """

    key: str
    id: int
    essay: str | None
    question: int | None
    note: int | None
    text: str
    damaged: bool = False


class DmContext(NamedTuple):
    """What a message is about: an essay, None if there is none yet, and the number of the question it answers."""

    essay: str | None
    question: int | None


@dataclass(frozen=True, slots=True)
class DmChannel:
    """A writer's DM, and the id up to which its messages need not be read again."""

    writer: str
    id: int
    last_read: int


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """Where a message was stored.

    ``question`` is the number of the question it answers; ``note`` that of the note it is part of, None while it waits.
    ``is_new`` is False if it was stored before; ``essay_created`` says whether an essay was created for it.
    """

    essay: str
    question: int | None
    note: int | None
    is_new: bool
    essay_created: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The numbers of the notes that a file became; ``notice`` says what of it was left out."""

    notes: tuple[int, ...]
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class MessageChange:
    """What the new text of a message has changed.

    ``note`` is the number of the note that the message is part of, None while it waits. ``note_created`` says that the
    change has created it; ``note_unchanged`` that the note keeps the text it had, because no word would be left in it;
    ``note_detached`` that it has a text of its own. ``privacy_may_change`` says that a private mark was in the message
    or is now; ``version`` is the number of an assembled text's new version.
    """

    essay: str
    note: int | None
    note_created: bool = False
    note_unchanged: bool = False
    note_detached: bool = False
    privacy_may_change: bool = False
    version: int | None = None


_DROPPED = StoredMessage("", None, None, is_new=False)


class DmMessageService:
    """Everything that a writer does by messages, without forms."""

    def __init__(self, essays: EssayService, store: Store, clock: Clock, new_id: IdFactory) -> None:
        self._essays = essays
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self._private_questions = collect_private_questions(essays.structures)

    async def add_message(
        self, writer: str, message: int, text: str, written: datetime | None = None, *, channel: int | None = None
    ) -> StoredMessage | None:
        """Store a message, once however often it comes, and return where it was stored.

        It is about what the DM shows; if that is nothing, about the essay changed last; if there is none, a new essay
        is created. ``written`` is the time of a message that is read late: see ``_late_context``. ``channel`` is the id
        of the DM, which is remembered. Return None if its words were deleted since. Raise InvalidInput for a text that
        is not UTF-8, and for a late message that was written before the writer deleted an essay, because it may have
        been about that.
        """
        words, now = self._essays.validate_page("Your message", text), self._clock()
        structure = default_structure(self._essays.structures)
        new = Essay(self._new_id(), writer, structure.key, structure.name, None, None, now, now)

        def add(tx: Transaction) -> StoredMessage | None:
            if channel is not None:
                tx.messages.add_channel(DmChannel(writer, channel, message - 1))
            return self._add_message(tx, message, words, new, now, written)

        found = await self._store.write(writer, add)
        if found is _DROPPED:
            raise InvalidInput(_WRITTEN_BEFORE_DELETION)
        return found

    async def add_file(self, heard: StoredMessage, writer: str, message: int, part: int, text: str) -> StoredFile:
        """Store the contents of a message's file as notes, each under the section that its heading names.

        ``heard`` says where the message was stored; ``part`` counts its files from 1. Answers to a private question are
        left out. Return no notes if they had been stored before. Raise UnknownEssay, and InvalidInput for a page
        without words.
        """
        opened = await self._essays.get_essay(writer, heard.essay)
        structure = self._essays.structure_of(opened)
        room = MAX_TITLE_CHARACTERS if opened.title == structure.name else 0
        page = self._essays.validate_page("The file", text)
        notes = await parse_in_worker(writer, len(text), parse_notes, page, structure, title_room=room)
        if not notes.notes:
            raise InvalidInput(
                join_sentences(
                    "There are no words under the file's headings: write a few lines and send it again.",
                    describe_removed(notes.removed),
                )
            )
        self._essays.limits.check_note_count("The file", len(notes.notes))
        passages = notes.notes
        if heard.question is not None and await self._essays.is_private_question(writer, heard.essay, heard.question):
            passages = tuple(replace(passage, is_excluded=True) for passage in passages)
        now = self._clock()
        new = await self._store.write(
            writer, lambda tx: self._add_file(tx, writer, heard.essay, message, part, passages, notes.title, now)
        )
        return StoredFile(new, describe_removed(notes.removed) if new else None)

    async def has_file(self, writer: str, message: int, part: int) -> bool:
        """Return whether the contents of a message's file are stored."""
        return await self._store.read(lambda tx: tx.messages.has_part(writer, message, part))

    async def edit_message(
        self, writer: str, message: int, text: str, *, is_late: bool = False
    ) -> MessageChange | None:
        """Store a message's new text, which may change its note.

        Where the note has a text of its own nothing is stored: ``is_late`` for a message that is read again, of which
        that need not be told.

        Versions stay as they were made; but if a passage may have become private or public, a text that is assembled
        from notes alone is assembled anew. Return None if nothing has changed, as for a message that was never stored.
        Raise InvalidInput.
        """
        words, now = self._essays.validate_page("Your message", text), self._clock()
        changed = await self._store.write(
            writer, lambda tx: self._edit_message(tx, writer, message, words, is_late, now)
        )
        if changed is None or not changed.privacy_may_change:
            return changed
        with telling_that_the_note_is_stored():
            return replace(changed, version=await self._essays.refresh_assembled_text(writer, changed.essay))

    async def finish_answer(self, writer: str, essay: str, question: int) -> Note | None:
        """End the answer to a question and return its note, None if nothing had been said.

        Raise InvalidInput for an answer without a word, which stays and can be added to.
        """
        now = self._clock()

        def finish(tx: Transaction) -> tuple[Sequence[DmMessage], Sequence[Note]]:
            said = [one for one in tx.messages.waiting(writer, essay) if one.question == question]
            return said, self._make_notes(tx, writer, essay, said, now)

        said, made = await self._store.write(writer, finish)
        if not made and any(one.text for one in said):
            raise InvalidInput("The answer holds no words yet: write some, or skip the question. It is still open.")
        return made[0] if made else None

    async def finish_all_answers(self, writer: str, essay: str) -> tuple[Note, ...]:
        """End every answer in an essay, before something is made of its notes."""
        now = self._clock()
        return await self._store.write(
            writer, lambda tx: self._make_notes(tx, writer, essay, tx.messages.waiting(writer, essay), now)
        )

    async def divide_notes(self, writer: str, essay: str, notes: Sequence[Note]) -> tuple[Note, ...]:
        """Divide notes that messages have become into their blocks, list items and lines, as a page of notes is.

        A divided note has a text of its own, and of its message no more than that is kept, so that a line is gone once
        its note is deleted. An answer stays whole, and so does a note with a heading, with anything private, of which
        something would be left out, or for whose lines there is no room. Return all of them as they are then.
        """
        structure = self._essays.structure_of(await self._essays.get_essay(writer, essay))
        divided: dict[int, Sequence[NewNote]] = {}
        for note in notes:
            if note.question is not None or note.is_private or has_private_mark(note.text):
                continue
            page = await parse_in_worker(writer, len(note.text), parse_notes, note.text, structure, title_room=0)
            if len(page.notes) > 1 and not page.removed and all(one.section is None for one in page.notes):
                divided[note.number] = page.notes
        now = self._clock()

        def divide(tx: Transaction) -> tuple[Note, ...]:
            made: list[Note] = []
            for given in notes:
                note = tx.essays.note(writer, essay, given.number)
                lines = divided.get(note.number, ()) if note == given else ()
                if lines:
                    size = stored_bytes(*(one.text for one in lines))
                    adding = StorageIncrease(size, notes=len(lines) - 1, note_bytes=size)
                    try:
                        tx.quota.check_and_record(writer, essay, adding, now)
                    except LimitExceeded:
                        made.append(note)
                        continue
                    for message in tx.messages.of_note(writer, essay, note.number):
                        tx.messages.set_text(writer, message.id, lines[0].text)
                    tx.essays.update_note(writer, essay, replace(note, text=lines[0].text), now)
                    note = tx.essays.note(writer, essay, note.number)
                made += [note, *(tx.essays.add_note(writer, essay, one, now) for one in lines[1:])]
            return tuple(made)

        return await self._store.write(writer, divide)

    async def set_context(self, writer: str, essay: str, question: int | None) -> None:
        """Store what the writer's messages are about: a question of an essay, or the essay alone.

        An answer to another question ends. Do nothing if the essay is gone.
        """
        now = self._clock()
        try:
            await self._store.write(writer, lambda tx: self._set_context(tx, writer, essay, question, now))
        except UnknownEssay:
            return

    async def current_essay(self, writer: str) -> str | None:
        """Return the essay that the writer's messages in the DM are about, None if there is none."""

        def read(tx: Transaction) -> str | None:
            context = tx.messages.context(writer)
            return context.essay if context is not None else None

        return await self._store.read(read)

    async def pending_messages(self, writer: str, essay: str) -> tuple[DmMessage, ...]:
        """Return the messages with a text that wait in an essay to become notes, in order."""
        return await self._store.read(lambda tx: read_pending_messages(tx, writer, essay))

    async def channels(self) -> tuple[DmChannel, ...]:
        """Return every known DM."""
        return await self._store.read(lambda tx: tx.messages.channels())

    async def channel(self, writer: str) -> DmChannel | None:
        """Return a writer's DM, None if it is not known."""
        return await self._store.read(lambda tx: tx.messages.channel(writer))

    async def add_channel(self, channel: DmChannel) -> bool:
        """Store a writer's DM and after which message to read it; if it is known, return False and do nothing."""
        if await self.channel(channel.writer) is not None:  # as with all clicks but the first
            return False
        return await self._store.write(channel.writer, lambda tx: tx.messages.add_channel(channel))

    async def set_last_read(self, writer: str, message: int) -> None:
        """Store up to which message a writer's DM need not be read again. It never goes back."""
        await self._store.write(writer, lambda tx: tx.messages.set_last_read(writer, message))

    def _add_message(
        self,
        tx: Transaction,
        message: int,
        text: str,
        new: Essay,
        now: datetime,
        written: datetime | None,
    ) -> StoredMessage | None:
        """Store a message of the writer of ``new``, the essay to create if they have none."""
        writer = new.writer
        if (known := tx.messages.get(writer, message)) is not None:
            if known.essay is None:
                return None
            return StoredMessage(known.essay, known.question, known.note, is_new=False)
        if written is not None and (deleted := tx.messages.last_essay_deletion(writer)) and written <= deleted:
            tx.messages.add(writer, message, None, None, "")
            return _DROPPED
        context = _current_context(tx, writer) if written is None else _late_context(tx, writer, message, written)
        essay, question = context.essay or new.id, context.question
        size, begun = stored_bytes(text), context.essay is None
        adding = StorageIncrease(size, essays=int(begun), notes=int(question is None), note_bytes=size)
        # One that is read late counts when it was written.
        tx.quota.check_and_record(writer, context.essay, adding, written or now)
        if begun:
            tx.essays.add(new)
        if written is None or tx.messages.context(writer) is None:
            tx.messages.set_context(writer, essay, question)
        tx.messages.add(writer, message, essay, question, text)
        tx.essays.mark_changed(writer, essay, now)
        if (essay, question) == _current_context(tx, writer) and (
            question is not None or not tx.essays.has_content(writer, essay)
        ):
            note = None  # the answer goes on, or no structure has been chosen yet
        else:
            note = self._note_for(tx, writer, essay, message, now)
        return StoredMessage(essay, question, note, is_new=True, essay_created=begun)

    def _note_for(self, tx: Transaction, writer: str, essay: str, message: int, now: datetime) -> int | None:
        """Make a note of a message that need not wait; return its number, None if it holds no words.

        If its answer is a note already, the message becomes part of that. A message that is only a private mark becomes
        part of the note of the next message; such marks that wait before this message become part of its note.
        """
        waiting = tx.messages.waiting(writer, essay)
        this = next(one for one in waiting if one.id == message)
        note: int | None = None
        if this.question is not None:
            note = tx.messages.note_answering(writer, essay, this.question)
        elif is_only_private_mark(this.text) and (after := tx.messages.following(writer, message)) is not None:
            follows = after.essay == essay and after.note is not None and tx.messages.is_view(writer, essay, after.note)
            note = after.note if follows else None
        if note is not None:
            tx.messages.make_note(writer, essay, [this], note)
            return note
        if this.question is not None:
            chosen = [one for one in waiting if one.question == this.question]
        else:
            chosen = [one for one in waiting if one == this or (_is_unasked_mark(one) and one.id < this.id)]
        made = self._make_notes(tx, writer, essay, chosen, now)
        return made[0].number if made else None

    def _make_notes(
        self,
        tx: Transaction,
        writer: str,
        essay: str,
        waiting: Sequence[DmMessage],
        now: datetime,
    ) -> tuple[Note, ...]:
        """Make one note of all messages that answer a question, and one of each message that answers none.

        A message that is only a private mark belongs to the next one. An answer to a private question is left out.
        Messages without words go on waiting.
        """
        groups: dict[object, list[DmMessage]] = {}
        marks: list[DmMessage] = []
        for message in waiting:
            if message.question is not None:
                groups.setdefault(message.question, []).append(message)
            elif _is_unasked_mark(message):
                marks.append(message)
            else:
                groups[message.key] = [*marks, message]
                marks = []
        notes: list[Note] = []
        for group in groups.values():
            passage, asked = NewNote(join_messages([message.text for message in group])), None
            if not has_words_besides_marks(passage.text):
                continue
            if (number := group[0].question) is not None:
                asked = tx.essays.question(writer, essay, number)
                tx.essays.set_question_state(writer, essay, number, QuestionState.ANSWERED, now)
                passage = replace(passage, section=asked.section, is_excluded=asked.text in self._private_questions)
            note = tx.essays.add_note(writer, essay, passage, now, question=asked.text if asked is not None else None)
            tx.messages.make_note(writer, essay, group, note.number)
            notes.append(note)
        return tuple(notes)

    def _edit_message(
        self, tx: Transaction, writer: str, message: int, text: str, is_late: bool, now: datetime
    ) -> MessageChange | None:
        """Store a message's new text, and so that of the note that is a view over it.

        A note that would be left without a word keeps the text it has, as its own from now on.
        """
        known = tx.messages.get(writer, message)
        if known is None or known.essay is None or (known.text == text and not known.damaged):
            return None
        essay, note, before = known.essay, known.note, "" if known.damaged else known.text
        if note is not None and not tx.messages.is_view(writer, essay, note):  # of the message no more is kept then
            return None if is_late else MessageChange(essay, note, note_detached=True)
        size = stored_bytes(text)
        tx.quota.check_and_record(
            writer, essay, StorageIncrease(size, note_bytes=max(0, size - stored_bytes(before))), now
        )
        tx.essays.mark_changed(writer, essay, now)
        if note is None:
            tx.messages.set_text(writer, message, text)
            had_no_words = (
                known.question is None and has_words_besides_marks(text) and tx.essays.has_content(writer, essay)
            )
            made = self._note_for(tx, writer, essay, message, now) if had_no_words else None
            return MessageChange(essay, made, note_created=made is not None)
        texts = [text if one.key == known.key else one.text for one in tx.messages.of_note(writer, essay, note)]
        if not has_words_besides_marks(join_messages(texts)):
            tx.essays.update_note(writer, essay, tx.essays.note(writer, essay, note), now)
            tx.messages.set_text(writer, message, text)
            return MessageChange(essay, note, note_unchanged=True)
        tx.messages.set_text(writer, message, text)
        return MessageChange(essay, note, privacy_may_change=has_private_mark(text) or has_private_mark(before))

    def _add_file(
        self,
        tx: Transaction,
        writer: str,
        essay: str,
        message: int,
        part: int,
        passages: Sequence[NewNote],
        title: str | None,
        now: datetime,
    ) -> tuple[int, ...]:
        """Store the passages of a file as notes, unless they are stored; return the numbers of the new ones."""
        if tx.messages.has_part(writer, message, part):
            return ()
        size = stored_bytes(*(passage.text for passage in passages))
        tx.quota.check_and_record(writer, essay, StorageIncrease(size, notes=len(passages), note_bytes=size), now)
        numbers = tuple(tx.essays.add_note(writer, essay, passage, now).number for passage in passages)
        tx.messages.add(
            writer, message, essay, None, "", part=part
        )  # the words are in the notes: this row says that the file is stored
        if title is not None:
            tx.essays.rename(writer, essay, title, now)
        return numbers

    def _set_context(self, tx: Transaction, writer: str, essay: str, question: int | None, now: datetime) -> None:
        """Store what the writer's messages are about, and make notes of those about anything else.

        Messages that answer no question wait on until there is one, or until the writer leaves the essay.
        """
        before = tx.messages.context(writer)
        if before == (essay, question):
            return
        for left in {essay, before.essay if before is not None and before.essay is not None else essay}:
            waiting = tx.messages.waiting(writer, left)
            chosen = [one for one in waiting if left != essay or one.question != question]
            self._make_notes(tx, writer, left, chosen, now)
        tx.messages.set_context(writer, essay, question)


def _current_context(tx: Transaction, writer: str) -> DmContext:
    """Return what a message written now is about: what the DM shows, else the essay changed last.

    A question that is no longer open takes no more messages.
    """
    context = tx.messages.context(writer)
    if context is not None and context.essay is not None:
        question = context.question
        if question is not None and tx.essays.question(writer, context.essay, question).state is not QuestionState.OPEN:
            question = None
        return DmContext(context.essay, question)
    if not (essays := tx.essays.of_writer(writer)):
        return DmContext(None, None)
    essay = essays[0]
    asked = [one.number for one in tx.essays.questions(writer, essay.id) if one.is_put]
    return DmContext(essay.id, min(asked) if asked and essay.head is None else None)


def _late_context(tx: Transaction, writer: str, message: int, written: datetime) -> DmContext:
    """Return what a message that is read late is about: the same as the stored message after it.

    If there is none, what the DM shows now. It never answers a question that was asked after it was written.
    """
    after = tx.messages.following(writer, message)
    essay, question = DmContext(after.essay, after.question) if after is not None else _current_context(tx, writer)
    if essay is None or question is None or not tx.messages.was_asked_by(writer, essay, question, written):
        question = None
    return DmContext(essay, question)


def _is_unasked_mark(message: DmMessage) -> bool:
    """Return whether a message answers nothing and is only a private mark: it leaves out the next message."""
    return message.question is None and is_only_private_mark(message.text)
