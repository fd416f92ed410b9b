"""The writer's desk: begin an essay, hand in notes, see the post, change it, go back, take it away."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.errors import (
    BadInput,
    DamagedText,
    LeftOutStands,
    MarkStands,
    NoSuchPlace,
    NothingToDo,
    StaysPrivate,
    StructureGone,
    UnknownEssay,
    UnknownSection,
)
from bot.essay.assemble import add_note, assemble
from bot.essay.diff import Change, diff
from bot.essay.essay import Essay, Note, Origin, Version, VersionInfo
from bot.essay.export import Post
from bot.essay.history import History
from bot.essay.left_out import Standing, standing
from bot.essay.left_out import told as told_private
from bot.essay.limits import Limits
from bot.essay.naming import meant
from bot.essay.notes import answered, read_notes
from bot.essay.structure import Structure
from bot.essay.text.decoding import typed
from bot.essay.text.importing import LeftOut, cut_comments, told
from bot.essay.text.marks import marked_line, public_text, says_something
from bot.essay.text.sections import Part, replace_body, split
from bot.essay.text.words import count_words, shows
from bot.services.offload import parse_in_worker
from bot.services.store_ports import AsyncEssayStore, Clock, IdFactory

MAX_TITLE_CHARACTERS = (
    200  # a headline that long is a paragraph; it must also fit a page's title and a file's front matter
)


@dataclass(frozen=True, slots=True)
class EditResult:
    """A version that was made, and whether the writer now looks at it.

    ``current`` is False where the text had changed meanwhile: the version then waits beside the newer one.
    ``removed_comments`` are the comments that were typed into it, which no reader and no model is to see.
    """

    version: Version
    is_current: bool
    removed_comments: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteChange:
    """What came of editing, moving or deleting a note.

    ``note`` is the note as it is now, None where it is gone. ``beside`` says that the note had changed meanwhile, so
    that what was typed is a note of its own. ``version`` is the version that follows the change. Where there is a text
    that does not, ``stays`` is True, and ``words`` are some that stand in it and that no note in use holds any more.
    ``privacy`` tells what of it is private, where that has changed.
    """

    note: Note | None
    is_separate_note: bool = False
    version: int | None = None
    text_unchanged: bool = False
    leftover_words: str | None = None
    privacy_message: str = ""

    @property
    def message(self) -> str:
        """What the writer is told about the note and the text; "" where there is nothing to tell."""
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


@dataclass(frozen=True, slots=True)
class AddedNotes:
    """The notes as they were stored and placed; ``notice`` says what was left out, and what a model could not do."""

    notes: tuple[Note, ...]
    notice: str | None = None


class EssayService:
    """All that a writer does with essays and without a model. Every step is stored before it is returned."""

    def __init__(
        self,
        store: AsyncEssayStore,
        structures: Mapping[str, Structure],
        clock: Clock,
        new_id: IdFactory,
        limits: Limits | None = None,
    ) -> None:
        self.structures = structures
        self.limits = limits if limits is not None else Limits()
        self._store = store
        self._clock = clock
        self._new_id = new_id

    async def create_essay(self, writer: str, structure: Structure, title: str | None = None) -> Essay:
        """A new essay; without a title it bears the structure's name until it is given one."""
        now = self._clock()
        essay = Essay(
            self._new_id(), writer, structure.key, validate_title(title or structure.name), None, None, now, now
        )
        await self._store.add_essay(essay)
        return essay

    async def list_essays(self, writer: str) -> tuple[Essay, ...]:
        """The writer's essays, the last changed first."""
        return await self._store.essays(writer)

    async def get_essay(self, writer: str, essay: str) -> Essay:
        """The essay with this id. Raises UnknownEssay."""
        return await self._store.essay(writer, essay)

    async def find_essay(self, writer: str, named: str) -> Essay:
        """The essay that a writer names by its id, the start of one, or its number in the list of their essays.

        Raises UnknownEssay, which lists those that may be meant where there are several.
        """
        found = await self.list_essays(writer)
        places = meant(named, [(essay.id,) for essay in found])
        if len(places) == 1:
            return found[places[0]]
        if places:
            raise UnknownEssay.several(named, [f"{found[place].id} ({found[place].title})" for place in places])
        raise UnknownEssay(named)

    def structure_of(self, essay: Essay) -> Structure:
        """The structure an essay is written in. Raises StructureGone where its file has gone."""
        if essay.structure not in self.structures:
            raise StructureGone(essay.structure)
        return self.structures[essay.structure]

    async def rename_essay(self, writer: str, essay: str, title: str) -> None:
        """Gives the essay another title. Raises BadInput for a blank or overlong one."""
        await self._store.rename_essay(writer, essay, validate_title(title), self._clock())

    async def change_structure(self, writer: str, essay: str, structure: Structure) -> None:
        """Puts an essay that holds nothing yet into another structure. Raises NothingToDo for one that holds something.

        A title that was the old structure's name becomes the new one's. Where the old one's file is gone, nobody can
        tell, and the title stays.
        """
        opened = await self.get_essay(writer, essay)
        old = self.structures.get(opened.structure)
        title = structure.name if old is not None and opened.title == old.name else opened.title
        await self._store.change_structure(writer, essay, structure.key, title, self._clock())

    async def delete_essay(self, writer: str, essay: str, *, if_empty: bool = False) -> None:
        """Removes an essay and all that belongs to it, for good; ``if_empty``, only one that nothing belongs to."""
        await self._store.delete_essay(writer, essay, self._clock(), if_empty=if_empty)

    async def add_notes(self, writer: str, essay: str, text: str) -> tuple[Note, ...]:
        """``add_note_page`` for a caller that says nothing of what was left out."""
        return (await self.add_note_page(writer, essay, text)).notes

    async def add_note_page(self, writer: str, essay: str, text: str) -> AddedNotes:
        """Stores a page of notes under the sections its headings name, and says what of it is no note.

        A document title on the page becomes the essay's, unless the writer gave one. Raises BadInput for a page that
        holds no words.
        """
        opened = await self.get_essay(writer, essay)
        structure = self.structure_of(opened)
        untitled = opened.title == structure.name
        room = MAX_TITLE_CHARACTERS if untitled else 0
        notes = await parse_in_worker(
            writer, len(text), read_notes, self.validate_page("The text", text), structure, title_room=room
        )
        if not notes.passages:
            raise BadInput(
                join_sentences(
                    "There are no words under the headings: write a few lines of notes and hand them in again.",
                    told(notes.left_out),
                )
            )
        self.limits.check_notes("The text", len(notes.passages))
        stored = await self._store.add_notes(writer, essay, notes.passages, self._clock(), title=notes.title)
        return AddedNotes(stored, told(notes.left_out))

    def validate_page(self, what: str, text: str) -> str:
        """A text that was handed in, which ``what`` names, as it is stored. Raises OverLimit, BadInput."""
        self.limits.check_page(what, text)
        return typed(text, what)

    async def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        """The essay's notes, in the order they came."""
        return await self._store.notes(writer, essay)

    async def assemble_post(self, writer: str, essay: str) -> Version:
        """The essay's text with every note in it but what is private, without a model.

        While nobody has changed the text it is set anew from all notes. After that only the notes that came since are
        added, each in its section, and every other byte stays.
        """
        opened = await self.get_essay(writer, essay)
        structure = self.structure_of(opened)
        notes = await self.notes(writer, essay)
        through = notes[-1].number if notes else 0
        head = await self._head_version(opened)
        if head is None or (await self._history(opened)).origins == {Origin.ASSEMBLED}:
            size = sum(len(note.text) for note in notes)
            text = await parse_in_worker(writer, size, assemble, structure, notes)
        else:
            newer = [note for note in notes if note.number > head.info.notes_through and not note.is_private]
            size = len(head.text) + sum(len(note.text) for note in newer)
            text = await parse_in_worker(writer, size, _insert_notes, head.text, structure, newer)
        if head is not None and text == head.text:
            return head
        self.limits.check_text(text)
        return await self._store.add_version(writer, essay, opened.head, Origin.ASSEMBLED, text, through, self._clock())

    async def include_note(self, writer: str, essay: str, note: int) -> Version | None:
        """Takes a note in again that was left out; returns the version it stands in now.

        None where a model wrote the current text: only drafting anew brings the note in. Raises NothingToDo, and
        StaysPrivate where a mark covers all of it, or where it answers a question whose answers stay private.
        """
        found = await self.note(writer, essay, note)
        structure = self.structures.get((await self.get_essay(writer, essay)).structure)
        if structure is not None and structure.keeps_private(found.question):
            raise StaysPrivate.answer(note)
        if not found.damaged and not public_text(found.text):
            raise StaysPrivate.marked(note)
        return await self._set_note_excluded(writer, essay, note, left_out=False)

    async def exclude_note(self, writer: str, essay: str, note: int) -> Version | None:
        """Leaves a note out; returns the version without it, None where the text is no longer set from notes alone.

        In such a text its words may still stand; as they may where the essay's structure is gone. Raises NothingToDo.
        """
        return await self._set_note_excluded(writer, essay, note, left_out=True)

    async def _set_note_excluded(self, writer: str, essay: str, number: int, *, left_out: bool) -> Version | None:
        await self._store.set_note_excluded(writer, essay, number, left_out, self._clock())
        opened = await self.get_essay(writer, essay)
        head = await self._head_version(opened)
        if head is None:
            return None
        if (structure := self.structures.get(opened.structure)) is None:
            return None  # the note is marked, which must not be told as a failure
        origins = (await self._history(opened)).origins
        if origins == {Origin.ASSEMBLED}:
            return await self.assemble_post(writer, essay)
        note = next(one for one in await self.notes(writer, essay) if one.number == number)
        if left_out or note.public in head.text or not all(origin.by_writer for origin in origins):
            return head if not left_out and note.public in head.text else None
        size = len(head.text) + len(note.text)
        text = await parse_in_worker(writer, size, add_note, head.text, structure, note)
        self.limits.check_text(text)
        return await self._store.add_version(
            writer, essay, opened.head, Origin.ASSEMBLED, text, head.info.notes_through, self._clock()
        )

    async def edit_note(
        self, writer: str, essay: str, number: int, text: str, *, seen: str, left_out: bool = False
    ) -> NoteChange:
        """Gives a note another text; its question and its section stay. ``seen`` is the fingerprint of the text before.

        Where the note has another text by now, or is gone, what was typed becomes a note of its own beside it. A note
        that was made of messages follows them no more. A passage is private for as long as a mark covers it; with
        ``removed_comments`` all of it is. Raises BadInput for a text without a word.
        """
        passage = answered(self.validate_page("The note", text), left_out=left_out)
        if not says_something(passage.text):
            raise BadInput("The note would be left without a word, so nothing was changed. To be rid of it, delete it.")
        notes = await self.notes(writer, essay)
        note = next((one for one in notes if one.number == number), None)
        if note is not None and note.text == passage.text and passage.left_out <= note.left_out:
            return NoteChange(note)
        if note is not None:
            passage = replace(passage, section=note.section, left_out=passage.left_out or note.left_out)
        if note is not None and note_fingerprint(note.text) == seen:
            made = await self._store.edit_note(writer, essay, note, passage, self._clock())
        elif same := next((one for one in notes if one.text == passage.text), None):  # the second of two clicks
            return NoteChange(same, is_separate_note=True)
        else:
            (made,) = await self._store.add_notes(writer, essay, [passage], self._clock())
        change = await self._refresh_after_note_change(writer, essay, note, made)
        before = note.private if note is not None else ()
        privacy = (told_private([made]) or "Nothing of it is private any more.") if made.private != before else ""
        return replace(change, privacy_message=privacy)

    async def is_private_question(self, writer: str, essay: str, question: int) -> bool:
        """Whether answers to the question with this number stay private."""
        structure = self.structures.get((await self.get_essay(writer, essay)).structure)
        asked = {one.number: one.text for one in await self._store.questions(writer, essay)}
        return structure is not None and structure.keeps_private(asked.get(question))

    async def refresh_assembled_text(self, writer: str, essay: str) -> int | None:
        """Sets a text anew that is set from notes alone, after they have changed; its new version's number, if any."""
        opened = await self.get_essay(writer, essay)
        head = await self._head_version(opened)
        if head is None or opened.structure not in self.structures:
            return None
        if (await self._history(opened)).origins != {Origin.ASSEMBLED}:
            return None
        version = (await self.assemble_post(writer, essay)).info.number
        return version if version != head.info.number else None

    async def move_note(self, writer: str, essay: str, number: int, section: str | None) -> NoteChange:
        """Puts a note into the section with this key, or into none. Raises NothingToDo, NoSuchPlace."""
        if section is not None:
            structure = self.structure_of(await self.get_essay(writer, essay))
            if structure.section(section) is None:
                raise NoSuchPlace(section, [one.heading for one in structure.sections])
        note = await self.note(writer, essay, number)
        if note.section == section:
            return NoteChange(note)
        await self._store.place_notes(writer, essay, {number: section}, self._clock())
        return await self._refresh_after_note_change(writer, essay, note, replace(note, section=section))

    async def delete_note(self, writer: str, essay: str, number: int) -> NoteChange:
        """Removes a note for good; versions of the text that hold its words keep them. Raises NothingToDo."""
        note = await self.note(writer, essay, number)
        await self._store.delete_note(writer, essay, number, self._clock())
        return await self._refresh_after_note_change(writer, essay, note, None)

    async def note(self, writer: str, essay: str, number: int) -> Note:
        """The note with this number. Raises NothingToDo."""
        found = next((one for one in await self.notes(writer, essay) if one.number == number), None)
        if found is None:
            raise NothingToDo.no_note(number)
        return found

    async def _refresh_after_note_change(
        self, writer: str, essay: str, before: Note | None, now: Note | None
    ) -> NoteChange:
        """Has the text follow a note that was changed, where it is set from notes alone."""
        beside = now is not None and (before is None or before.number != now.number)
        opened = await self.get_essay(writer, essay)
        head = await self._head_version(opened)
        if head is None:
            return NoteChange(now, beside)
        if opened.structure in self.structures and (await self._history(opened)).origins == {Origin.ASSEMBLED}:
            version = (await self.assemble_post(writer, essay)).info.number
            return NoteChange(now, beside, version if version != head.info.number else None)
        if all(note is None or note.is_private for note in (before, now)):
            return NoteChange(now, beside)  # no text was ever made from it
        gone = replace(before, left_out=True) if before is not None and not beside else None
        notes = [*([gone] if gone is not None else []), *await self.notes(writer, essay)]
        size = len(head.text) + sum(len(note.text) for note in notes)
        found = await parse_in_worker(writer, size, standing, head.text, notes)
        words = next((one.words for one in found if one.note is gone), None)
        return NoteChange(now, beside, text_unchanged=True, leftover_words=words)

    async def check_no_private_text(self, writer: str, essay: str, **parts: str) -> None:
        """Raises LeftOutStands where what is meant for a model holds words that are private in the notes, and
        MarkStands where it holds a passage that is marked itself.

        ``parts`` are what it would be given: ``text``, ``title``, ``instruction``. A title that nobody gave is not one.
        """
        notes = await self.notes(writer, essay)
        names = {structure.name for structure in self.structures.values()}
        for where, words in parts.items():
            if where == "title" and words in names:
                continue
            size = len(words) + sum(len(note.text) for note in notes)
            await parse_in_worker(writer, size, _check_no_private_text, where, words, notes)

    async def find_leak(self, writer: str, essay: str, number: int) -> Standing | None:
        """The private words of a note which stand in the current text all the same; None if none do."""
        head = await self._head_version(await self.get_essay(writer, essay))
        if head is None:
            return None
        notes = await self.notes(writer, essay)
        size = len(head.text) + sum(len(note.text) for note in notes)
        found = await parse_in_worker(writer, size, standing, head.text, notes)
        return next((one for one in found if one.note.number == number), None)

    async def current_version(self, writer: str, essay: str) -> Version:
        """The version that the writer is looking at. Raises NothingToDo before there is one, DamagedText."""
        opened = await self.get_essay(writer, essay)
        if opened.head is None:
            raise NothingToDo.no_text()
        return await self._store.version(writer, essay, opened.head)

    async def version(self, writer: str, essay: str, number: int) -> Version:
        """The version with this number, whether or not it is the current one. Raises UnknownVersion."""
        return await self._store.version(writer, essay, number)

    async def edit_section(self, writer: str, essay: str, seen: Version, index: int, body: str) -> EditResult:
        """A version like ``seen`` in which the part with this index holds ``body``; every other byte stays.

        What was typed is stored even where the text has changed since ``seen``: then as a version beside the newer
        one. Raises UnknownSection where the text has no such part.
        """
        page, comments = await parse_in_worker(writer, len(body), cut_comments, self.validate_page("The section", body))
        size = len(seen.text) + len(body)
        try:
            text = await parse_in_worker(writer, size, replace_body, seen.text, index, page)
        except IndexError:
            raise UnknownSection(str(index + 1)) from None
        return replace(await self._add_edited_version(writer, essay, seen, text), removed_comments=comments)

    async def edit_text(self, writer: str, essay: str, seen: Version, text: str) -> EditResult:
        """A version with ``text`` in place of the whole of ``seen``."""
        page, comments = await parse_in_worker(writer, len(text), cut_comments, self.validate_page("The text", text))
        return replace(await self._add_edited_version(writer, essay, seen, page), removed_comments=comments)

    async def _add_edited_version(self, writer: str, essay: str, seen: Version, text: str) -> EditResult:
        if text == seen.text:
            return EditResult(seen, is_current=True)
        self.limits.check_text(text)
        await parse_in_worker(writer, len(text), split, text)  # what is stored can be read in time
        made = await self._store.add_version(
            writer,
            essay,
            seen.info.number,
            Origin.EDITED,
            text,
            seen.info.notes_through,
            self._clock(),
            complete=seen.info.complete,
        )
        head = (await self.get_essay(writer, essay)).head
        return EditResult(made, is_current=head == made.info.number)

    async def undo(self, writer: str, essay: str) -> Version:
        """The version that the current one was made from, current again. Raises NothingToDo at a first version."""
        history = await self._history(await self.get_essay(writer, essay))
        if history.undo is None:
            raise NothingToDo.no_undo()
        return await self.go_to_version(writer, essay, history.undo)

    async def discard_version(self, writer: str, essay: str) -> int | None:
        """Goes back to what the current version was made from: a version's number, None for the notes alone.

        The version stays stored, and can be gone to. Raises NothingToDo where there is no version.
        """
        history = await self._history(await self.get_essay(writer, essay))
        if history.head is None:
            raise NothingToDo.no_undo()
        await self._store.move_head(writer, essay, history.undo, self._clock())
        return history.undo

    async def redo(self, writer: str, essay: str) -> Version:
        """The newest version made from the current one, current again. Raises NothingToDo where there is none."""
        history = await self._history(await self.get_essay(writer, essay))
        if history.head is None or history.redo is None:
            raise NothingToDo.no_redo()
        return await self.go_to_version(writer, essay, history.redo)

    async def go_to_version(self, writer: str, essay: str, number: int) -> Version:
        """The version with this number, current from now on. Raises UnknownVersion."""
        await self._store.move_head(writer, essay, number, self._clock())
        return await self._store.version(writer, essay, number)

    async def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        """All versions, in the order they were made."""
        return await self._store.versions(writer, essay)

    async def diff_versions(self, writer: str, essay: str, old: int, new: int) -> Sequence[Change]:
        """What changed from one version to another, word by word. Raises UnknownVersion."""
        before = await self._store.version(writer, essay, old)
        after = await self._store.version(writer, essay, new)
        return diff(before.text, after.text)

    async def export(self, writer: str, essay: str, number: int | None = None) -> Post:
        """The current version, or the one with this number, with all that an export tells about it.

        Raises NothingToDo before there is a version, UnknownVersion.
        """
        opened = await self.get_essay(writer, essay)
        wanted = self.current_version(writer, essay) if number is None else self.version(writer, essay, number)
        version = await wanted
        info = version.info
        origins = History(await self._store.versions(writer, essay), info.number).origins
        return Post(opened.title, version.text, info.number, opened.structure, info.created.date(), origins)

    async def mark_exported(self, writer: str, essay: str, post: Post) -> None:
        """Stores that the post has reached the writer. Call it after that: nothing else depends on it."""
        await self._store.mark_exported(writer, essay, post.version, self._clock())

    async def _head_version(self, essay: Essay) -> Version | None:
        """The current version; None before there is one, and where it is damaged."""
        try:
            return await self._store.version(essay.writer, essay.id, essay.head) if essay.head is not None else None
        except DamagedText:
            return None

    async def _history(self, essay: Essay) -> History:
        return History(await self._store.versions(essay.writer, essay.id), essay.head)


async def split_parts(text: str) -> tuple[Part, ...]:
    """The parts of a stored text, without holding up the event loop: from then on they are remembered."""
    return await asyncio.to_thread(split, text)


def _insert_notes(text: str, structure: Structure, notes: Sequence[Note]) -> str:
    for note in notes:
        text = add_note(text, structure, note)
    return text


def _check_no_private_text(where: str, words: str, notes: Sequence[Note]) -> None:
    """Raises MarkStands, LeftOutStands."""
    check_privacy_marks(where, words)
    if found := standing(words, notes):
        marked = not found[0].note.left_out
        numbers = [one.note.number for one in found if one.note.left_out is not marked]
        raise LeftOutStands(numbers, where, found[0].words, marked=marked)


def editable_parts(text: str) -> tuple[tuple[int, Part], ...]:
    """The parts of a text that hold a heading or a word, each with the index that ``edit_section`` takes."""
    return tuple((index, part) for index, part in enumerate(split(text)) if part.level or count_words(part.body))


def note_fingerprint(text: str) -> str:
    """Stands for a note's text where the text itself is too long, in a button say: 48 bits in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def validate_title(title: str) -> str:
    """A title as it is stored, on one line. Raises BadInput for one that is too long, or in which nothing shows."""
    line = " ".join(typed(title, "The title").split())
    if not shows(line):
        raise BadInput("The title is blank: give at least one letter or digit. Nothing was changed.")
    if len(line) > MAX_TITLE_CHARACTERS:
        raise BadInput(
            f"The title has {len(line)} characters: use at most {MAX_TITLE_CHARACTERS}. Nothing was changed."
        )
    return line


def check_privacy_marks(where: str, words: str) -> None:
    """Raises MarkStands for words meant for a model of which some are marked to be left out; ``where`` says what."""
    if (line := marked_line(words)) is not None:
        raise MarkStands(where, line)


def join_sentences(*sentences: str | None) -> str:
    """The sentences that there are, one after the other."""
    return " ".join(sentence for sentence in sentences if sentence)
