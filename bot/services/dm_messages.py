"""A conversation, message by message: what is written is stored at once, and becomes the writer's notes.

A message is known by its id, a number that grows with time. While a question stands before the writer, each message is
a piece of its answer; the pieces in the order of their ids, with a blank line between, are the note once the answer
ends. Without a question a message is a note by itself. In an essay that holds nothing it waits, because a note would
fix the essay's structure before the writer has chosen it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.errors import BadInput
from bot.essay.essay import Essay, Note
from bot.essay.notes import Passage, read_notes
from bot.essay.structures import usual
from bot.essay.text.importing import told
from bot.services.essays import MAX_TITLE_CHARACTERS, EssayService, join_sentences
from bot.services.offload import parse_in_worker
from bot.services.store_ports import Clock, IdFactory


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that waits to become a note, or part of one. ``question`` is the number of the one it answers."""

    question: int | None
    text: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """Where a message went.

    ``question`` is the number of the one it is a piece of the answer to; ``note`` the number of the note that holds it,
    None while it waits. ``new`` is False where it had been heard before; ``begun`` whether an essay was begun for it.
    """

    essay: str
    question: int | None
    note: int | None
    is_new: bool
    essay_created: bool = False


@dataclass(frozen=True, slots=True)
class StoredFile:
    """The numbers of the notes that a file has made; ``notice`` says what of it is no note."""

    notes: tuple[int, ...]
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class MessageChange:
    """Where the new text of a message went.

    ``note`` is the number of the note that the message is part of, None while it waits. ``made`` says that the change
    has made it; ``kept`` that the note keeps its text, because no word would be left in it; ``apart`` that it does
    because the writer has edited the note itself. ``marks`` says that a mark stood in the message or does now, and so
    that something of the note may have become private, or public; ``version`` is that of a text which follows for it.
    """

    essay: str
    note: int | None
    note_created: bool = False
    note_unchanged: bool = False
    note_detached: bool = False
    privacy_may_change: bool = False
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DmChannel:
    """A writer's channel, and the id of the last message such that neither it nor one before it need be read again."""

    writer: str
    id: int
    last_read: int


class DmMessageStore(Protocol):
    """Where conversations live. Every call is one transaction; all raise StoreError where the store cannot be used."""

    async def add_message(
        self, message: int, text: str, new: Essay, at: datetime, written: datetime | None = None
    ) -> StoredMessage | None:
        """Stores a message of the writer of ``new``, unless it is stored; in ``new`` where they have no essay.

        One that is read late was ``written`` at that time: it goes to what stood before the writer then, and a message
        of an answer that has ended since becomes part of its note. None, and nothing, where its essay has been deleted
        since, whether it was heard before or is only now.
        """

    async def add_file(
        self,
        writer: str,
        essay: str,
        message: int,
        part: int,
        passages: Sequence[Passage],
        title: str | None,
        at: datetime,
    ) -> tuple[int, ...]:
        """Stores what a file of a message held as notes, unless it is stored; returns the numbers of the new ones.

        ``part`` counts the message's files from 1. Raises UnknownEssay.
        """

    async def has_file(self, message: int, part: int) -> bool:
        """Whether what a file of a message held is stored."""

    async def edit_message(self, writer: str, message: int, text: str, at: datetime) -> MessageChange | None:
        """Gives a stored message another text, and the note it is part of.

        None where it is not stored, or had this text before. A note that would be left without a word stays as it is,
        as does one that the writer has edited itself.
        """

    async def make_notes(self, writer: str, essay: str, question: int | None, at: datetime) -> tuple[Note, ...]:
        """Makes notes of what waits: the answer to this question; with None, all there is. Raises UnknownEssay.

        What holds no words goes on waiting.
        """

    async def set_context(self, writer: str, essay: str, question: int | None, at: datetime) -> None:
        """Stores what stands before the writer; an answer to anything else ends."""

    async def pending_messages(self, writer: str, essay: str) -> tuple[PendingMessage, ...]:
        """What waits in an essay, in order. Raises UnknownEssay."""

    async def channels(self) -> tuple[DmChannel, ...]:
        """Every channel that is known."""

    async def add_channel(self, writer: str, channel: int, read: int) -> bool:
        """Stores a writer's channel, and behind which message to read it; False, and nothing, where it is known."""

    async def set_last_read(self, writer: str, read: int, until: datetime) -> None:
        """Stores up to which message, written at ``until``, a writer's channel need not be read again.

        It never goes back. That a message behind it was heard stays known, whatever becomes of its words.
        """

    async def delete_writer(self, writer: str) -> None:
        """Removes the writer's conversation with all its pieces, and which messages were heard. Their notes stay."""


class DmMessageService:
    """What a writer says outside of every form."""

    def __init__(self, essays: EssayService, store: DmMessageStore, clock: Clock, new_id: IdFactory) -> None:
        self.store = store
        self._essays = essays
        self._clock = clock
        self._new_id = new_id

    async def add_message(
        self, writer: str, message: int, text: str, written: datetime | None = None
    ) -> StoredMessage | None:
        """Stores a message, once however often it is heard. It goes to what stands before the writer.

        Where nothing does, to their last changed essay; where there is none, to a new one. With ``written``, a time in
        UTC, it is read late: it goes to what stood there then, and never to a question that was put later. None where
        its essay has been deleted since: then nothing of it comes back. Raises BadInput for what is no text in UTF-8.
        """
        words, now, structure = (
            self._essays.validate_page("Your message", text),
            self._clock(),
            usual(self._essays.structures),
        )
        new = Essay(self._new_id(), writer, structure.key, structure.name, None, None, now, now)
        return await self.store.add_message(message, words, new, now, written)

    async def add_file(self, heard: StoredMessage, writer: str, message: int, part: int, text: str) -> StoredFile:
        """Stores what a file of a message held as notes, each under the section that its heading names; their numbers.

        What answers a question whose answers stay private is left out. None of them where they had been stored before.
        ``heard`` is what became of the message. Raises BadInput for a page without words, UnknownEssay.
        """
        opened = await self._essays.get_essay(writer, heard.essay)
        structure = self._essays.structure_of(opened)
        room = MAX_TITLE_CHARACTERS if opened.title == structure.name else 0
        page = self._essays.validate_page("The file", text)
        notes = await parse_in_worker(writer, len(text), read_notes, page, structure, title_room=room)
        if not notes.passages:
            raise BadInput(
                join_sentences(
                    "There are no words under the file's headings: write a few lines and send it again.",
                    told(notes.left_out),
                )
            )
        self._essays.limits.check_notes("The file", len(notes.passages))
        passages = notes.passages
        if heard.question is not None and await self._essays.is_private_question(writer, heard.essay, heard.question):
            passages = tuple(replace(passage, left_out=True) for passage in passages)
        new = await self.store.add_file(writer, heard.essay, message, part, passages, notes.title, self._clock())
        return StoredFile(new, told(notes.left_out) if new else None)

    async def edit_message(self, writer: str, message: int, text: str) -> MessageChange | None:
        """Takes over a message's new text, also into the note it has become.

        Versions stay as they were made; but where a passage may have become private or public, a text that is set from
        notes alone follows. None where nothing has changed by it, as where the message was never heard. Raises
        BadInput.
        """
        changed = await self.store.edit_message(
            writer, message, self._essays.validate_page("Your message", text), self._clock()
        )
        if changed is None or not changed.privacy_may_change:
            return changed
        return replace(changed, version=await self._essays.refresh_assembled_text(writer, changed.essay))

    async def finish_answer(self, writer: str, essay: str, question: int) -> Note | None:
        """Ends the answer to a question; the note it has become, None where nothing had been said.

        Raises BadInput for an answer without a word, which stays and can be added to.
        """
        ended = await self.store.make_notes(writer, essay, question, self._clock())
        if ended:
            return ended[0]
        if any(piece.question == question for piece in await self.store.pending_messages(writer, essay)):
            raise BadInput("The answer holds no words yet: write some, or skip the question. It is still open.")
        return None

    async def finish_all_answers(self, writer: str, essay: str) -> tuple[Note, ...]:
        """Ends every answer in an essay, before something is made of its notes."""
        return await self.store.make_notes(writer, essay, None, self._clock())

    async def set_context(self, writer: str, essay: str, question: int | None) -> None:
        """What stands before the writer from now on: a question of an essay, or something else of it."""
        await self.store.set_context(writer, essay, question, self._clock())

    async def pending_messages(self, writer: str, essay: str) -> tuple[PendingMessage, ...]:
        """What waits in an essay to become notes, in order."""
        return await self.store.pending_messages(writer, essay)


def join_messages(pieces: Sequence[str]) -> str:
    """The pieces of an answer as one text. Nothing else is done to them; what is empty is passed over."""
    return "\n\n".join(piece for piece in pieces if piece)
