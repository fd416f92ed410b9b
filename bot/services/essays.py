"""All that a writer does without a model: begin an essay, hand in notes, see and edit the post, undo, and export."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bot.errors import (
    InvalidInput,
    NothingToDo,
    PrivateMarkInText,
    PrivateNoteInText,
    StructureFileMissing,
    UnknownEssay,
    UnknownSection,
)
from bot.essay.assembly import assemble_post, insert_note
from bot.essay.diff import TextComparison, compare_texts
from bot.essay.essay import Essay, Note, Origin, Version, VersionHistory, VersionInfo
from bot.essay.export import ExportablePost, count_body_words
from bot.essay.limits import StorageIncrease, WriterLimits, stored_bytes
from bot.essay.matching import default_structure, match_names
from bot.essay.notes import NewNote, parse_notes
from bot.essay.partial_draft import guess_unwritten, still_unwritten
from bot.essay.private_text import find_leaks
from bot.essay.structure import Structure
from bot.essay.text.decoding import validate_typed_text
from bot.essay.text.markdown_import import RemovedItem, describe_removed, extract_comments
from bot.essay.text.privacy_marks import first_marked_line
from bot.essay.text.sections import TextSection, known_sections, replace_section_body, split_sections
from bot.essay.text.words import count_words, has_visible_text
from bot.services.jobs.job import Job
from bot.services.offload import in_thread, parse_in_worker
from bot.services.snapshot import EssayHead, EssaySnapshot, read_essay_head, read_snapshot, warm_privacy_cache
from bot.services.store_ports import Clock, IdFactory, Store, Transaction

# A headline that long is a paragraph; it must also fit a page's title and a file's front matter.
MAX_TITLE_CHARACTERS = 200

_BY_MODEL = (Origin.DRAFTED, Origin.REVISED)


@dataclass(frozen=True, slots=True)
class EditResult:
    """A version that was made, and whether it is now the current one.

    ``is_current`` is False if the text had changed meanwhile: the version then waits beside the newer one.
    ``removed_comments`` are the comments that were typed into it, which no reader and no model is to see.
    """

    version: Version
    is_current: bool
    removed_comments: tuple[RemovedItem, ...] = ()


class VersionStep(Protocol):
    """Store a version in a transaction, with another ``notes_through`` than was said before if that is given."""

    def __call__(self, tx: Transaction, notes_through: int = ..., /) -> Version: ...


@dataclass(frozen=True, slots=True)
class AddedNotes:
    """The notes as they were stored and placed; ``notice`` says what was left out, or what a model could not do."""

    notes: tuple[Note, ...]
    notice: str | None = None


class EssayService:
    """All that a writer does with essays without a model. Every step is stored before it returns.

    ``on_version`` is awaited with writer, essay and origin of each version that ``add_version`` made; it raises
    nothing.
    """

    def __init__(
        self,
        store: Store,
        structures: Mapping[str, Structure],
        clock: Clock,
        new_id: IdFactory,
        limits: WriterLimits | None = None,
    ) -> None:
        self.structures = structures
        self.limits = limits if limits is not None else WriterLimits()
        self._store = store
        self._clock = clock
        self._new_id = new_id
        self.on_version: Callable[[str, str, Origin], Awaitable[None]] | None = None

    async def create_essay(self, writer: str, structure: Structure, title: str | None = None) -> Essay:
        """Begin an essay; without a title it bears the structure's name until it is given one."""
        now = self._clock()
        named = validate_title(title or structure.name)
        essay = Essay(self._new_id(), writer, structure.key, named, None, None, now, now)
        await self._store.write(writer, lambda tx: add_essay(tx, essay))
        return essay

    async def get_or_create_empty(
        self, writer: str, structure: Structure, title: str | None = None, *, asked: bool = False
    ) -> Essay:
        """Return the essay changed last if it is untouched, so that two clicks do not make two, else a new one.

        One with a title of the writer's own is not untouched. ``asked`` says that the writer chose the structure: only
        then is an untouched essay changed to it. Raise InvalidInput for a title that cannot be used.
        """
        for essay in (await self.list_essays(writer))[:1]:
            fits = asked or structure.key in (essay.structure, default_structure(self.structures).key)
            if fits and await self._is_empty(essay):
                if title is not None:
                    await self.rename_essay(writer, essay.id, title)
                if asked and essay.structure != structure.key:
                    await self.change_structure(writer, essay.id, structure)
                return await self.get_essay(writer, essay.id)
        return await self.create_essay(writer, structure, title)

    async def _is_empty(self, essay: Essay) -> bool:
        structure = self.structures.get(essay.structure)
        if structure is None or essay.title != structure.name:
            return False
        snapshot = await self.snapshot(essay.writer, essay.id)
        return not (snapshot.notes or snapshot.questions or snapshot.versions or snapshot.pending_messages)

    async def latest(self, writer: str) -> tuple[Essay | None, Essay | None]:
        """Return the unfinished essay that something was last done with, and the essay that was finished last.

        Finished is one that was exported as it stands, and has had no new note, message or job since.
        """

        def read(tx: Transaction) -> list[tuple[Essay, Job | None]]:
            return [(essay, tx.jobs.latest(writer, essay.id)) for essay in tx.essays.of_writer(writer)]

        def last_activity(found: tuple[Essay, Job | None]) -> datetime:
            essay, job = found
            return max(essay.changed_at, job.created) if job is not None else essay.changed_at

        finished = None
        for essay, job in sorted(await self._store.read(read), key=last_activity, reverse=True):
            if not await self._is_finished(essay, job):
                return essay, finished
            finished = finished or essay
        return None, finished

    async def _is_finished(self, essay: Essay, job: Job | None) -> bool:
        if not essay.is_exported or (job is not None and (job.ended is None or job.ended > essay.changed_at)):
            return False
        snapshot = await self.snapshot(essay.writer, essay.id)
        through = next(one.last_note_number for one in snapshot.versions if one.number == essay.head)
        has_newer = any(note.number > through and not note.is_private for note in snapshot.notes)
        return not has_newer and not snapshot.pending_messages

    async def list_essays(self, writer: str) -> tuple[Essay, ...]:
        """Return the writer's essays, the last changed first."""
        return await self._store.read(lambda tx: tx.essays.of_writer(writer))

    async def get_essay(self, writer: str, essay: str) -> Essay:
        """Return the essay with this id. Raise UnknownEssay."""
        return await self._store.read(lambda tx: tx.essays.get(writer, essay))

    async def snapshot(self, writer: str, essay: str) -> EssaySnapshot:
        """Return all that is stored of an essay at one moment. Raise UnknownEssay."""
        found = await self._store.read(lambda tx: read_snapshot(tx, writer, essay))
        await warm_privacy_cache(found.notes)
        return found

    async def essay_head(self, writer: str, essay: str) -> EssayHead:
        """Return an essay with its current version and its last job, all at one moment. Raise UnknownEssay."""
        return await self._store.read(lambda tx: read_essay_head(tx, writer, essay))

    async def find_essay(self, writer: str, named: str) -> Essay:
        """Return the essay that a writer names by its id, the start of one, or its number in the list of their essays.

        Raise UnknownEssay, which lists those that may be meant if there are several.
        """
        found = await self.list_essays(writer)
        places = match_names(named, [(essay.id,) for essay in found])
        if len(places) == 1:
            return found[places[0]]
        if places:
            raise UnknownEssay.ambiguous(named, [f"{found[place].id} ({found[place].title})" for place in places])
        raise UnknownEssay.not_listed(named)

    def structure_of(self, essay: Essay) -> Structure:
        """Return the structure an essay is written in. Raise StructureFileMissing where its file has gone."""
        if essay.structure not in self.structures:
            raise StructureFileMissing(essay.structure)
        return self.structures[essay.structure]

    async def rename_essay(self, writer: str, essay: str, title: str) -> None:
        """Give the essay another title. Raise InvalidInput for a blank or overlong one."""
        named, now = validate_title(title), self._clock()

        def step(tx: Transaction) -> None:
            tx.quota.check_and_record(writer, essay, StorageIncrease(stored_bytes(named)), now)
            tx.essays.rename(writer, essay, named, now)

        await self._store.write(writer, step)

    async def change_structure(self, writer: str, essay: str, structure: Structure) -> None:
        """Give an essay without content another structure. Raise NothingToDo for one with content.

        A title that was the old structure's name becomes the new one's. If the old structure's file is gone, its name
        is not known, and the title stays.
        """
        now = self._clock()

        def step(tx: Transaction) -> None:
            opened = tx.essays.get(writer, essay)
            if tx.essays.has_content(writer, essay):  # which belongs to the old structure
                raise NothingToDo.structure_fixed()
            old = self.structures.get(opened.structure)
            tx.essays.set_structure(writer, essay, structure.key, now)
            if old is not None and opened.title == old.name:
                tx.essays.rename(writer, essay, structure.name, now)

        await self._store.write(writer, step)

    async def delete_essay(self, writer: str, essay: str, *, if_empty: bool = False) -> None:
        """Delete an essay and all that belongs to it, for good; with ``if_empty``, only an essay without content.

        A message that waits to become a note is content, too.
        """
        now = self._clock()

        def step(tx: Transaction) -> None:
            if if_empty and (tx.essays.has_content(writer, essay) or tx.messages.has_messages(writer, essay)):
                return
            tx.messages.record_essay_deletion(writer, essay, now)
            tx.essays.delete(writer, essay)

        await self._store.write(writer, step)

    async def add_notes(self, writer: str, essay: str, text: str) -> tuple[Note, ...]:
        """Call ``add_note_page``, for a caller that does not say what was left out."""
        return (await self.add_note_page(writer, essay, text)).notes

    async def add_note_page(self, writer: str, essay: str, text: str) -> AddedNotes:
        """Store a page of notes, each under the section that its heading names, and say what was left out.

        A document title on the page becomes the essay's title, unless the writer gave one. Raise InvalidInput for a
        page without words.
        """
        opened = await self.get_essay(writer, essay)
        structure = self.structure_of(opened)
        untitled = opened.title == structure.name
        room = MAX_TITLE_CHARACTERS if untitled else 0
        page = await parse_in_worker(
            writer, len(text), parse_notes, self.validate_page("The text", text), structure, title_room=room
        )
        if not page.notes:
            raise InvalidInput(
                join_sentences(
                    "There are no words under the headings: write a few lines of notes and hand them in again.",
                    describe_removed(page.removed),
                )
            )
        self.limits.check_note_count("The text", len(page.notes))
        now = self._clock()

        def step(tx: Transaction) -> tuple[Note, ...]:
            notes = add_passages(tx, writer, essay, page.notes, now)
            if page.title is not None:
                tx.essays.rename(writer, essay, page.title, now)
            return notes

        return AddedNotes(
            await warm_privacy_cache(await self._store.write(writer, step)), describe_removed(page.removed)
        )

    def validate_page(self, what: str, text: str) -> str:
        """Return a handed-in text, which ``what`` names, as it is stored. Raise LimitExceeded, InvalidInput."""
        self.limits.check_page(what, text)
        return validate_typed_text(text, what)

    async def notes(self, writer: str, essay: str) -> tuple[Note, ...]:
        """Return the essay's notes, in the order they came."""
        return await warm_privacy_cache(await self._store.read(lambda tx: tx.essays.notes(writer, essay)))

    async def note(self, writer: str, essay: str, number: int) -> Note:
        """Return the note with this number. Raise NothingToDo."""
        (found,) = await warm_privacy_cache((await self._store.read(lambda tx: tx.essays.note(writer, essay, number)),))
        return found

    async def assemble_post(self, writer: str, essay: str) -> Version:
        """Assemble the essay's text from all notes but the private ones, without a model.

        While nobody has changed the text, it is assembled anew from all notes. After that only newer notes are added,
        each in its section, and every other byte stays.
        """
        return await self.assemble_snapshot(await self.snapshot(writer, essay))

    async def assemble_snapshot(self, snapshot: EssaySnapshot) -> Version:
        """Do what ``assemble_post`` does, for an essay that was just read.

        If another change of the notes has made the text anew meanwhile, it is made of both.
        """
        made = await self._assemble_once(snapshot)
        while snapshot.is_assembled:
            snapshot = await self.snapshot(snapshot.essay.writer, snapshot.essay.id)
            if snapshot.version is None or snapshot.version.text == made.text:
                break
            made = await self._assemble_once(snapshot)
        return made

    async def _assemble_once(self, snapshot: EssaySnapshot) -> Version:
        essay, head = snapshot.essay, snapshot.version
        structure = self.structure_of(essay)
        if head is None or snapshot.is_assembled:
            text = await parse_in_worker(essay.writer, snapshot.notes_size, assemble_post, structure, snapshot.notes)
        else:
            newer = [
                note for note in snapshot.notes if note.number > head.info.last_note_number and not note.is_private
            ]
            size = len(head.text) + sum(len(note.text) for note in newer)
            text = await parse_in_worker(essay.writer, size, _insert_notes, head.text, structure, newer)
        if head is not None and text == head.text:
            return head
        self.limits.check_text(text)
        return await self.add_version(
            essay.writer,
            essay.id,
            essay.head,
            Origin.ASSEMBLED,
            text,
            snapshot.notes_through,
            is_limited=head is None or len(text) > len(head.text),  # words are taken out however much is stored
        )

    async def add_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        notes_through: int,
        *,
        complete: bool = True,
        model: str | None = None,
        unwritten: Sequence[str] = (),
        is_limited: bool = True,
        and_then: Callable[[Transaction, Version], None] | None = None,
    ) -> Version:
        """Store a text as a version; it becomes the head if ``parent`` still is, else it waits beside the head.

        ``and_then`` is called in the same transaction. A model's text is never limited, but by its cost.
        """
        step = await self.prepare_version(
            writer,
            essay,
            parent,
            origin,
            text,
            notes_through,
            complete=complete,
            model=model,
            unwritten=unwritten,
            is_limited=is_limited,
        )

        def store(tx: Transaction) -> Version:
            version = step(tx)
            if and_then is not None:
                and_then(tx, version)
            return version

        made = await self._store.write(writer, store)
        if self.on_version is not None:
            await self.on_version(writer, essay, origin)
        return made

    async def prepare_version(
        self,
        writer: str,
        essay: str,
        parent: int | None,
        origin: Origin,
        text: str,
        notes_through: int,
        *,
        complete: bool = True,
        model: str | None = None,
        unwritten: Sequence[str] = (),
        remark: str = "",
        is_limited: bool = True,
    ) -> VersionStep:
        """Return the step that stores a version as ``add_version`` does, for a transaction that stores more."""
        words = await parse_in_worker(writer, len(text), count_body_words, text)
        now = self._clock()

        def step(tx: Transaction, notes_through: int = notes_through, /) -> Version:
            if is_limited and origin not in _BY_MODEL:  # what a model writes is limited by its cost
                tx.quota.check_and_record(writer, essay, StorageIncrease(stored_bytes(text), versions=1), now)
            version = tx.essays.add_version(
                writer,
                essay,
                parent,
                origin,
                text,
                words,
                notes_through,
                now,
                complete=complete,
                model=model,
                unwritten=unwritten,
                remark=remark,
            )
            if tx.essays.get(writer, essay).head == parent:
                tx.essays.set_head(writer, essay, version.info.number, now)
            return version

        return step

    async def is_private_question(self, writer: str, essay: str, question: int) -> bool:
        """Return whether answers to the question with this number stay private."""

        def step(tx: Transaction) -> bool:
            structure = self.structures.get(tx.essays.get(writer, essay).structure)
            asked = {one.number: one.text for one in tx.essays.questions(writer, essay)}
            return structure is not None and structure.is_private_question(asked.get(question))

        return await self._store.read(step)

    async def refresh_assembled_text(self, writer: str, essay: str) -> int | None:
        """Assemble anew a text made from notes alone, after they have changed; return the new version's number.

        Return None if no new version was made.
        """
        return await self.refresh_snapshot(await self.snapshot(writer, essay))

    async def refresh_snapshot(self, snapshot: EssaySnapshot) -> int | None:
        """Do what ``refresh_assembled_text`` does, for an essay that was just read."""
        if snapshot.version is None or not snapshot.is_assembled or snapshot.essay.structure not in self.structures:
            return None
        number = (await self.assemble_snapshot(snapshot)).info.number
        return number if number != snapshot.version.info.number else None

    async def check_no_private_text(self, snapshot: EssaySnapshot, **parts: str) -> None:
        """Check that what is meant for a model holds nothing private.

        Raise PrivateNoteInText for words that are private in the notes, PrivateMarkInText for a marked passage.

        ``parts`` are what it would be given: ``text``, ``title``, ``instruction``. A title that nobody gave is not one.
        """
        names = {structure.name for structure in self.structures.values()}
        for where, words in parts.items():
            if where == "title" and words in names:
                continue
            size = len(words) + snapshot.notes_size
            await parse_in_worker(snapshot.essay.writer, size, _check_no_private_text, where, words, snapshot.notes)

    async def current_version(self, writer: str, essay: str) -> Version:
        """Return the version that the writer is looking at. Raise NothingToDo before there is one, DamagedText."""
        return await self._store.read(lambda tx: _current_version(tx, tx.essays.get(writer, essay)))

    async def version(self, writer: str, essay: str, number: int) -> Version:
        """Return the version with this number, whether or not it is the current one. Raise UnknownVersion."""
        return await self._store.read(lambda tx: tx.essays.version(writer, essay, number))

    async def edit_section(self, writer: str, essay: str, seen: Version, index: int, body: str) -> EditResult:
        """Make a version like ``seen`` in which the section at this index has the text ``body``, all else unchanged.

        What was typed is stored even if the text has changed since ``seen``: then as a version beside the newer one.
        Raise UnknownSection if the text has no such section.
        """
        page, comments = await parse_in_worker(
            writer, len(body), extract_comments, self.validate_page("The section", body)
        )
        size = len(seen.text) + len(body)
        try:
            text = await parse_in_worker(writer, size, replace_section_body, seen.text, index, page)
        except IndexError:
            raise UnknownSection(str(index + 1)) from None
        return replace(await self._add_edited_version(writer, essay, seen, text), removed_comments=comments)

    async def edit_text(self, writer: str, essay: str, seen: Version, text: str) -> EditResult:
        """Make a version with ``text`` in place of the whole of ``seen``."""
        page, comments = await parse_in_worker(
            writer, len(text), extract_comments, self.validate_page("The text", text)
        )
        return replace(await self._add_edited_version(writer, essay, seen, page), removed_comments=comments)

    async def _add_edited_version(self, writer: str, essay: str, seen: Version, text: str) -> EditResult:
        if text == seen.text:
            return EditResult(seen, is_current=True)
        self.limits.check_text(text)
        # A text that takes too long to read is refused before it is stored.
        await parse_in_worker(writer, len(text), split_sections, text)
        unwritten = await self.still_unwritten(writer, essay, seen, text)
        heads: list[int | None] = []
        made = await self.add_version(
            writer,
            essay,
            seen.info.number,
            Origin.EDITED,
            text,
            seen.info.last_note_number,
            complete=not unwritten,
            unwritten=unwritten,
            and_then=lambda tx, _: heads.append(tx.essays.get(writer, essay).head),
        )
        return EditResult(made, is_current=heads == [made.info.number])

    async def still_unwritten(self, writer: str, essay: str, seen: Version, text: str) -> tuple[str, ...]:
        """Return the sections that a text made from ``seen`` still lacks: one that it has changed is written."""
        if seen.info.is_complete:
            return ()
        structure = self.structures.get((await self.get_essay(writer, essay)).structure)
        if structure is None:
            return seen.info.unwritten
        unwritten = seen.info.unwritten or await in_thread(guess_unwritten, seen.text, structure)
        return await in_thread(still_unwritten, unwritten, seen.text, text, structure)

    async def undo(self, writer: str, essay: str) -> Version:
        """Go back to the version that the current one was made from. Raise NothingToDo at a first version."""
        at = self._clock()

        def step(tx: Transaction) -> Version:
            if (back := _history(tx, writer, essay).undo_version) is None:
                raise NothingToDo.no_undo()
            return _go_to(tx, writer, essay, back, at)

        return await self._store.write(writer, step)

    async def discard_version(self, writer: str, essay: str) -> int | None:
        """Go back to the version that the current one was made from; return its number, None if that is none.

        The version stays stored, and can be gone to. Raise NothingToDo if there is no version.
        """
        at = self._clock()

        def step(tx: Transaction) -> int | None:
            history = _history(tx, writer, essay)
            if history.head is None:
                raise NothingToDo.no_undo()
            tx.essays.set_head(writer, essay, history.undo_version, at)
            return history.undo_version

        return await self._store.write(writer, step)

    async def redo(self, writer: str, essay: str) -> Version:
        """Go to the newest version that was made from the current one. Raise NothingToDo."""
        at = self._clock()

        def step(tx: Transaction) -> Version:
            history = _history(tx, writer, essay)
            if history.head is None or history.redo_version is None:
                raise NothingToDo.no_redo()
            return _go_to(tx, writer, essay, history.redo_version, at)

        return await self._store.write(writer, step)

    async def go_to_version(self, writer: str, essay: str, number: int) -> Version:
        """Make the version with this number the current one. Raise UnknownVersion."""
        at = self._clock()
        return await self._store.write(writer, lambda tx: _go_to(tx, writer, essay, number, at))

    async def versions(self, writer: str, essay: str) -> tuple[VersionInfo, ...]:
        """Return all versions, in the order they were made."""
        return await self._store.read(lambda tx: tx.essays.versions(writer, essay))

    async def diff_versions(self, writer: str, essay: str, old: int, new: int) -> TextComparison:
        """Return what changed from one version to another, by sentence. Raise UnknownVersion."""
        before, after = await self._store.read(
            lambda tx: (tx.essays.version(writer, essay, old), tx.essays.version(writer, essay, new))
        )
        return await parse_in_worker(writer, len(before.text) + len(after.text), compare_texts, before.text, after.text)

    async def export(self, writer: str, essay: str, number: int | None = None) -> ExportablePost:
        """Return the current version, or the one with this number, with what an export says about it.

        Raise UnknownVersion, and NothingToDo before there is a version.
        """

        def step(tx: Transaction) -> ExportablePost:
            opened = tx.essays.get(writer, essay)
            version = _current_version(tx, opened) if number is None else tx.essays.version(writer, essay, number)
            info = version.info
            origins = VersionHistory(tx.essays.versions(writer, essay), info.number).origins
            return ExportablePost(
                opened.title, version.text, info.number, opened.structure, info.created_at.date(), origins
            )

        return await self._store.read(step)

    async def mark_exported(self, writer: str, essay: str, post: ExportablePost) -> None:
        """Record that the post has reached the writer. Call it last: nothing else depends on it."""
        at = self._clock()
        await self._store.write(writer, lambda tx: tx.essays.mark_exported(writer, essay, post.version, at))


def add_essay(tx: Transaction, essay: Essay) -> None:
    """Store a new essay. Raise LimitExceeded."""
    tx.quota.check_and_record(
        essay.writer, None, StorageIncrease(stored_bytes(essay.title), essays=1), essay.created_at
    )
    tx.essays.add(essay)


def add_passages(
    tx: Transaction, writer: str, essay: str, passages: Sequence[NewNote], at: datetime
) -> tuple[Note, ...]:
    """Store passages as notes, in order. Raise LimitExceeded, UnknownEssay."""
    size = stored_bytes(*(passage.text for passage in passages))
    tx.quota.check_and_record(writer, essay, StorageIncrease(size, notes=len(passages), note_bytes=size), at)
    return tuple(tx.essays.add_note(writer, essay, passage, at) for passage in passages)


def _history(tx: Transaction, writer: str, essay: str) -> VersionHistory:
    return VersionHistory(tx.essays.versions(writer, essay), tx.essays.get(writer, essay).head)


def _go_to(tx: Transaction, writer: str, essay: str, number: int, at: datetime) -> Version:
    tx.essays.set_head(writer, essay, number, at)
    return tx.essays.version(writer, essay, number)


def _current_version(tx: Transaction, essay: Essay) -> Version:
    if essay.head is None:
        raise NothingToDo.no_text()
    return tx.essays.version(essay.writer, essay.id, essay.head)


async def split_parts(text: str) -> tuple[TextSection, ...]:
    """Return the sections of a stored text. Those that are not known yet are found in a thread."""
    known = known_sections(text)
    return known if known is not None else await asyncio.to_thread(split_sections, text)


def _insert_notes(text: str, structure: Structure, notes: Sequence[Note]) -> str:
    for note in notes:
        text = insert_note(text, structure, note)
    return text


def _check_no_private_text(where: str, words: str, notes: Sequence[Note]) -> None:
    """Raise PrivateMarkInText or PrivateNoteInText if the words hold something private."""
    check_privacy_marks(where, words)
    if found := find_leaks(words, notes):
        marked = not found[0].note.is_excluded
        numbers = [one.note.number for one in found if one.note.is_excluded is not marked]
        raise PrivateNoteInText(numbers, where, found[0].words, marked=marked)


def editable_parts(text: str) -> tuple[tuple[int, TextSection], ...]:
    """Return the sections of a text that have a heading or a word, each with the index that ``edit_section`` takes."""
    return tuple(
        (index, part) for index, part in enumerate(split_sections(text)) if part.level or count_words(part.body)
    )


def validate_title(title: str) -> str:
    """Return a title as it is stored, on one line. Raise InvalidInput for one that is blank or too long."""
    line = " ".join(validate_typed_text(title, "The title").split())
    if not has_visible_text(line):
        raise InvalidInput("The title is blank: give at least one character that can be seen. Nothing was changed.")
    if len(line) > MAX_TITLE_CHARACTERS:
        raise InvalidInput(
            f"The title has {len(line)} characters: use at most {MAX_TITLE_CHARACTERS}. Nothing was changed."
        )
    return line


def check_privacy_marks(where: str, words: str) -> None:
    """Raise PrivateMarkInText if words meant for a model are marked private; ``where`` says what they are."""
    if (line := first_marked_line(words)) is not None:
        raise PrivateMarkInText(where, line)


def join_sentences(*sentences: str | None) -> str:
    """Join the sentences that are neither None nor empty."""
    return " ".join(sentence for sentence in sentences if sentence)
