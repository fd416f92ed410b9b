"""Edit, move, delete, leave out or include one note. A text that is assembled from notes alone is updated."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import AlwaysPrivate, BotError, DamagedText, InvalidInput, TextNotUpdated, UnknownTargetSection
from bot.essay.assembly import insert_note
from bot.essay.essay import Note, Origin, Version
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.notes import NewNote, note_from_answer
from bot.essay.private_text import LeakedPassage, describe_private, find_leaks
from bot.essay.structure import Structure
from bot.essay.text.privacy_marks import has_words_besides_marks, public_text
from bot.services.essays import EssayService, add_passages
from bot.services.offload import parse_in_worker
from bot.services.snapshot import EssaySnapshot, read_snapshot, warm_privacy_cache
from bot.services.store_ports import Clock, Store, Transaction


@dataclass(frozen=True, slots=True)
class NoteChange:
    """The result of editing, moving or deleting a note.

    ``note`` is the note as it is now, None if it is gone. ``is_separate_note`` says that the note had changed
    meanwhile, so that what was typed became a note of its own. ``version`` is the new version of an assembled text. If
    there is a text that is not updated, ``text_unchanged`` is True, and ``leftover_words`` are some words in it that no
    note in use contains any more. ``privacy_message`` says what of the note is private, if that has changed.
    """

    note: Note | None
    is_separate_note: bool = False
    version: int | None = None
    text_unchanged: bool = False
    leftover_words: str | None = None
    privacy_message: str = ""

    @property
    def message(self) -> str:
        """The message about the note and the text; "" if there is nothing to say."""
        said = [self.privacy_message] if self.privacy_message else []
        if self.is_separate_note and self.note is not None:
            said.append(
                f"The note had changed meanwhile: what you typed is stored beside it, as note {self.note.number}."
            )
        if self.version is not None:
            said.append(f"The text follows: it is version {self.version} now.")
        if self.text_unchanged:
            said.append("The text stays as it is, since it is no longer set from notes alone.")
        if self.leftover_words is not None:
            said.append(
                f"Words that no note holds now still stand in it: “{self.leftover_words}”. "
                "Edit the text to take them out."
            )
        return " ".join(said)


@contextmanager
def telling_that_the_note_is_stored() -> Iterator[None]:
    """Raise TextNotUpdated in place of what keeps the text from following a note that is stored."""
    try:
        yield
    except BotError as error:
        raise TextNotUpdated(error) from error


class NoteService:
    """Change single notes. Every step is stored before it returns."""

    def __init__(self, essays: EssayService, store: Store, clock: Clock) -> None:
        self._essays = essays
        self._store = store
        self._clock = clock

    async def include(self, writer: str, essay: str, note: int) -> Version | None:
        """Take in a note again that was left out; return the version that contains it now.

        Return None if a model wrote the current text: only a new draft brings the note in. Raise NothingToDo, and
        AlwaysPrivate if a mark covers all of it, or if it answers a private question.
        """
        return await self._set_excluded(writer, essay, note, left_out=False)

    async def exclude(self, writer: str, essay: str, note: int) -> Version | None:
        """Leave a note out; return the version without it, None if the text is not assembled from notes alone.

        Such a text may still contain its words; so may the text of an essay whose structure is gone. Raise NothingToDo.
        """
        return await self._set_excluded(writer, essay, note, left_out=True)

    async def _set_excluded(self, writer: str, essay: str, number: int, *, left_out: bool) -> Version | None:
        at = self._clock()

        def step(tx: Transaction) -> EssaySnapshot:
            if not left_out:
                structure = self._essays.structures.get(tx.essays.get(writer, essay).structure)
                _check_may_be_included(tx.essays.note(writer, essay, number), structure)
            tx.essays.exclude_note(writer, essay, number, left_out, at)
            return read_snapshot(tx, writer, essay)

        now = await self._store.write(writer, step)
        await warm_privacy_cache(now.notes)
        head, structure, note = now.version, self._essays.structures.get(now.essay.structure), now.note(number)
        if head is None or structure is None or note is None:
            return None  # without its structure the text cannot be updated, but the note is left out all the same
        if now.is_assembled:
            with telling_that_the_note_is_stored():
                return await self._essays.assemble_snapshot(now)
        if left_out or note.public_text in head.text or not all(origin.is_by_writer for origin in now.history.origins):
            return head if not left_out and note.public_text in head.text else None
        size = len(head.text) + len(note.text)
        text = await parse_in_worker(writer, size, insert_note, head.text, structure, note)
        self._essays.limits.check_text(text)
        return await self._essays.add_version(
            writer, essay, now.essay.head, Origin.ASSEMBLED, text, head.info.last_note_number
        )

    async def edit(
        self, writer: str, essay: str, number: int, text: str, *, seen: str, left_out: bool = False
    ) -> NoteChange:
        """Give a note another text; its question and its section stay. ``seen`` is the fingerprint of the text before.

        If the note has another text by now, or is gone, what was typed becomes a note of its own. A note that was made
        of messages no longer follows them. A passage is private as long as a mark covers it; with ``left_out`` the
        whole note is. Raise InvalidInput for a text without a word.
        """
        passage = note_from_answer(self._essays.validate_page("The note", text), is_excluded=left_out)
        if not has_words_besides_marks(passage.text):
            raise InvalidInput(
                "The note would be left without a word, so nothing was changed. To be rid of it, delete it."
            )
        at = self._clock()

        def step(tx: Transaction) -> tuple[_EditedNote, EssaySnapshot]:
            edited = _edit_note(tx, writer, essay, number, passage, seen, at)
            return edited, read_snapshot(tx, writer, essay)

        edited, now = await self._store.write(writer, step)
        if not edited.is_stored:
            return NoteChange(edited.note, is_separate_note=edited.note.number != number)
        await warm_privacy_cache(now.notes)
        change = await self._follow_change(now, edited.before, edited.note)
        before = edited.before.private_passages if edited.before is not None else ()
        privacy = ""
        if edited.note.private_passages != before:
            privacy = describe_private([edited.note]) or "Nothing of it is private any more."
        return replace(change, privacy_message=privacy)

    async def move(self, writer: str, essay: str, number: int, section: str | None) -> NoteChange:
        """Put a note into the section with this key, or into none. Raise NothingToDo, UnknownTargetSection."""
        at = self._clock()

        def step(tx: Transaction) -> tuple[Note, EssaySnapshot | None]:
            if section is not None:
                structure = self._essays.structure_of(tx.essays.get(writer, essay))
                if structure.find_section(section) is None:
                    raise UnknownTargetSection(section, [one.heading for one in structure.sections])
            note = tx.essays.note(writer, essay, number)
            if note.section == section:
                return note, None
            tx.essays.place_notes(writer, essay, {number: section}, at)
            return note, read_snapshot(tx, writer, essay)

        note, now = await self._store.write(writer, step)
        if now is None:
            return NoteChange(note)
        await warm_privacy_cache(now.notes)
        return await self._follow_change(now, note, replace(note, section=section))

    async def delete(self, writer: str, essay: str, number: int) -> NoteChange:
        """Delete a note for good; versions of the text that contain its words keep them. Raise NothingToDo."""
        at = self._clock()

        def step(tx: Transaction) -> tuple[Note, EssaySnapshot]:
            note = tx.essays.note(writer, essay, number)
            tx.messages.delete_messages_of_note(writer, essay, number)
            tx.essays.delete_note(writer, essay, number, at)
            return note, read_snapshot(tx, writer, essay)

        note, now = await self._store.write(writer, step)
        await warm_privacy_cache(now.notes)
        return await self._follow_change(now, note, None)

    async def _follow_change(self, snapshot: EssaySnapshot, before: Note | None, note: Note | None) -> NoteChange:
        """Update a text that is assembled from notes alone when a note has changed; ``snapshot`` is read after that."""
        beside = note is not None and (before is None or before.number != note.number)
        head = snapshot.version
        if head is None:
            return NoteChange(note, beside)
        if snapshot.is_assembled and snapshot.essay.structure in self._essays.structures:
            with telling_that_the_note_is_stored():
                return NoteChange(note, beside, await self._essays.refresh_snapshot(snapshot))
        if all(one is None or one.is_private for one in (before, note)):
            return NoteChange(note, beside)  # no text was ever made from it
        gone = replace(before, is_excluded=True) if before is not None and not beside else None
        notes = [*([gone] if gone is not None else []), *snapshot.notes]
        size = len(head.text) + sum(len(one.text) for one in notes)
        found = await parse_in_worker(snapshot.essay.writer, size, find_leaks, head.text, notes)
        words = next((one.words for one in found if one.note is gone), None)
        return NoteChange(note, beside, text_unchanged=True, leftover_words=words)

    async def find_leak(self, writer: str, essay: str, number: int) -> LeakedPassage | None:
        """Return private words of a note that are in the current text all the same; None if there are none."""
        snapshot = await self._essays.snapshot(writer, essay)
        if snapshot.version is None:
            return None
        size = len(snapshot.version.text) + snapshot.notes_size
        found = await parse_in_worker(writer, size, find_leaks, snapshot.version.text, snapshot.notes)
        return next((one for one in found if one.note.number == number), None)


@dataclass(frozen=True, slots=True)
class _EditedNote:
    """The result of an edit: the note before, and the note now or the separate one; and whether anything was stored."""

    before: Note | None
    note: Note
    is_stored: bool = True


def _edit_note(
    tx: Transaction, writer: str, essay: str, number: int, passage: NewNote, seen: str, at: datetime
) -> _EditedNote:
    """Store the new text of a note; as a note of its own if the note is not as it was ``seen``."""
    notes = tx.essays.notes(writer, essay)
    note = next((one for one in notes if one.number == number), None)
    if note is not None and note.text == passage.text and passage.is_excluded <= note.is_excluded:
        return _EditedNote(note, note, is_stored=False)
    if note is not None:
        passage = replace(passage, section=note.section, is_excluded=passage.is_excluded or note.is_excluded)
    if note is not None and note_fingerprint(note.text) == seen:
        size = stored_bytes(passage.text)
        grown = max(0, size - stored_bytes(note.text))
        tx.quota.check_and_record(writer, essay, StorageIncrease(size, note_bytes=grown), at)
        edited = replace(note, text=passage.text, is_excluded=passage.is_excluded, is_damaged=False)
        tx.essays.update_note(writer, essay, edited, at)
        return _EditedNote(note, edited)
    if same := next((one for one in notes if one.text == passage.text), None):  # the second of two clicks
        return _EditedNote(note, same, is_stored=False)
    (made,) = add_passages(tx, writer, essay, [passage], at)
    return _EditedNote(note, made)


def _check_may_be_included(note: Note, structure: Structure | None) -> None:
    """Raise AlwaysPrivate or DamagedText if a note that was left out must stay left out."""
    if structure is not None and structure.is_private_question(note.question):
        raise AlwaysPrivate.answer(note.number)
    if note.is_damaged:
        raise DamagedText.note(note.number)
    if not public_text(note.text):
        raise AlwaysPrivate.marked(note.number)


def note_fingerprint(text: str) -> str:
    """Return 48 bits in hexadecimal that stand for a note's text where that is too long, as in a button."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
