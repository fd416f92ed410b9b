"""What is stored of one person: say it, hand it over, delete it; and what the host may do about a person."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from bot.errors import BeingDeleted, Blocked, InvalidInput, SharingError
from bot.essay.essay import Essay, Note
from bot.essay.export import export_file_name, notes_to_markdown
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.offload import in_slow_thread
from bot.services.sharing import SharingService
from bot.services.store_ports import Clock, Store, Transaction

if TYPE_CHECKING:  # which import this module
    from bot.services.jobs.runner import JobRunner

log = logging.getLogger(__name__)

EXPORT_NAME = "my-essay-bot-data"
DELETE_WORD = "delete"
"""What a person types to have everything deleted."""
WHAT_ELSE_HOLDS_IT = (
    "Not reached by it: backups that the host made before, what the model's service keeps of what it was sent, "
    "what Discord has of your messages, and files that you took away."
)
_OTHER_PROCESS_SECONDS = 60.0  # a terminal does not look for the mark; what its job comes to is not stored then
_POLL_SECONDS = 0.2
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same data gives the same bytes
_ZIP_END_BYTES = 22  # of a zip file without an entry


class WriterMark(StrEnum):
    """What stands beside a writer. The values are stored in the database."""

    BLOCKED = "blocked"
    DELETING = "deleting"


class HostAction(StrEnum):
    """What the host did about a person. The values are stored in the database."""

    SHOW = "show"
    EXPORT = "export"
    DELETE = "delete"
    BLOCK = "block"
    UNBLOCK = "unblock"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that the host did about a person, without any text."""

    at: datetime
    action: HostAction
    writer: str


@dataclass(frozen=True, slots=True)
class StoredTable:
    """Rows of one table, opened: by column, what is JSON taken apart."""

    name: str
    rows: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """How much is stored of a person: rows by table, the marks beside them, and how many jobs have not ended."""

    counts: Mapping[str, int]
    marks: frozenset[WriterMark]
    open_jobs: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing is stored of the person but what the host has noted."""
        return not self.counts.keys() - {"audit_log", "writer_marks"}

    def describe(self) -> str:
        """Return what there is in words, as "2 essays, 5 versions"; "" for nothing."""
        named = [(table, count) for table, count in self.counts.items() if table in _NOUNS]
        return ", ".join(count_noun(count, *_NOUNS[table]) for table, count in named)


@dataclass(frozen=True, slots=True)
class Deletion:
    """How the deletion of a person's data went.

    ``is_done`` is False while it waits for the bot, which first takes down what they shared in Discord. ``left`` says
    what may still stand there, None for nothing.
    """

    is_done: bool = True
    left: str | None = None


@dataclass(frozen=True, slots=True)
class ExportPart:
    """A zip file that opens by itself; ``number`` counts from 1, and the last part is marked."""

    number: int
    is_last: bool
    data: bytes

    @property
    def name(self) -> str:
        """The file's name: without a number if it is the only part."""
        return f"{EXPORT_NAME}.zip" if self.is_last and self.number == 1 else f"{EXPORT_NAME}-{self.number}.zip"


_NOUNS: Mapping[str, tuple[str, str]] = {
    "essays": ("essay", "essays"),
    "versions": ("version", "versions"),
    "notes": ("note", "notes"),
    "questions": ("question", "questions"),
    "dm_messages": ("message in the DM", "messages in the DM"),
    "critiques": ("critique", "critiques"),
    "voice_samples": ("text of your own for /voice", "texts of your own for /voice"),
    "shares": ("text shared for feedback", "texts shared for feedback"),
    "feedback": ("thing said about them", "things said about them"),
    "calls": ("call of a model", "calls of models"),
}
TABLE_DESCRIPTIONS: Mapping[str, str] = {
    "essays": "each essay: its title, structure and times",
    "notes": "your notes; a note without a text is made of the messages with its number",
    "questions": "what you were asked, by whom, and whether you answered",
    "versions": "each version of a text: where it is from, its words, and which model wrote it and said what beside it",
    "support": "for each sentence of a version, the notes it rests on, and what no note holds",
    "section_states": "how far the interviewer saw each section",
    "essay_warnings": "when you were warned that an essay is about to be deleted",
    "suggested_titles": "titles that a model suggested",
    "jobs": "what you asked a model for, how it ended, its instructions, and in which server by a pseudonym",
    "job_texts": "what a model had written when it was stopped",
    "job_panels": "that a message in Discord shows a job",
    "critiques": "critiques with their findings",
    "decisions": "what you decided about each finding",
    "dm_messages": "your messages in the DM, with Discord's ids; one without a text was deleted",
    "dm_channels": "your DM with the bot, and how far it was read",
    "voice_samples": "your own texts that show a model how you write",
    "shares": "where a text of yours was posted for feedback, by Discord's ids, and whether it was taken down",
    "feedback": "what others said about a text that you shared, without who they are, and what you answered",
    "calls": "each call of a model: when, what for, tokens, and its cost in billionths of a US dollar (nano_usd)",
    "stored": "how many bytes you stored in each minute, counted from 1970",
    "remembered": "that you were seen in a server that the bot answers, without its name",
    "writer_marks": "that you are blocked, or that your data is being deleted",
    "audit_log": "what the host did about your data, and when",
}
"""What each table with something of a person holds, for the README of an export."""

# Columns whose text is a file of its own, and the file's name by the row.
_FILES: Mapping[tuple[str, str], Callable[[Mapping[str, Any]], str]] = {
    ("versions", "text"): lambda row: f"versions/{row['number']:04}.md",
    ("critiques", "text"): lambda row: f"critiques/{row['id']}.md",
    ("voice_samples", "text"): lambda row: f"own-texts/{row['number']}.md",
}


class PersonalDataService:
    """Show, hand over and delete everything that is stored of one writer."""

    def __init__(
        self,
        store: Store,
        jobs: JobRunner,
        structures: Mapping[str, Structure],
        clock: Clock,
        sharing: SharingService,
    ) -> None:
        self._store = store
        self._jobs = jobs
        self._sharing = sharing
        self._structures = structures
        self._clock = clock
        self._exporting: set[str] = set()
        self.on_deleted: Callable[[str], None] | None = None
        """Called with a writer whose data was deleted, so that a user interface forgets them too."""

    async def summary(self, writer: str) -> PersonSummary:
        """Count what is stored of a writer."""
        return await self._store.read(
            lambda tx: PersonSummary(tx.people.counts(writer), tx.people.marks(writer), tx.jobs.count_open(writer))
        )

    async def writers_beginning_with(self, start: str) -> Sequence[str]:
        """Return the writers of whom anything is stored and whose pseudonym begins so, in order."""
        return await self._store.read(lambda tx: tx.people.beginning_with(start))

    async def check_served(self, writer: str) -> None:
        """Raise Blocked if the host has blocked the writer, BeingDeleted while their data is deleted."""
        await self._store.read(lambda tx: check_served(tx, writer))

    async def export(self, writer: str, max_bytes: int | None = None) -> AsyncGenerator[ExportPart]:
        """Yield everything that is stored of a writer as zip files of at most ``max_bytes``, one after another.

        They are divided between essays, and within an essay only where it is larger than a whole part. A file that is
        larger by itself is not divided: its part is larger than ``max_bytes``. No more than one part and one essay are
        held in memory. Raise InvalidInput while another export of the writer's is under way; close the generator if it
        is not run to its end.
        """
        if writer in self._exporting:
            raise InvalidInput("Your data is being put together already: wait until it has come. Nothing was changed.")
        self._exporting.add(writer)
        try:
            parts = _Parts(max_bytes)
            essays = await self._store.read(lambda tx: tx.essays.of_writer(writer))
            for number, essay in enumerate(sorted(essays, key=lambda one: (one.created_at, one.id)), 1):
                folder = f"essays/{number:03}-{export_file_name(essay.title, '')}"
                read = await self._store.read(lambda tx, essay=essay: _read_essay(tx, writer, essay))  # type: ignore[misc]  # a default that holds the loop's value
                if read is None:  # deleted meanwhile
                    continue
                files = await in_slow_thread(_essay_files, folder, essay, self._structures, *read)
                for part in await in_slow_thread(parts.add, files):
                    yield part
            others = await self._store.read(lambda tx: tx.people.rows(writer, None))
            for group in await in_slow_thread(_other_files, others):
                for part in await in_slow_thread(parts.add, group):
                    yield part
            yield await in_slow_thread(parts.end)
        finally:
            self._exporting.discard(writer)

    async def delete(self, writer: str, *, leave_shared: bool = False) -> Deletion:
        """Delete everything that is stored of a writer, after stopping their jobs. Nobody else's data is touched.

        What they shared in Discord is taken down first, unless ``leave_shared``. Raise SharingError, with nothing
        deleted, while Discord has a fault; in a process without Discord the bot is left to do it all.

        A mark is stored first, so that nothing new of theirs is stored meanwhile, and that ``finish_deletions`` goes on
        after a kill. Another process that runs a job of theirs, as the bot does, sees the mark and stops it, which is
        waited for. That the writer is blocked, and what the host did about them, stays; and for the rest of the month
        what they have spent, so that a deletion renews no budget.
        """
        now, left, waits = self._clock(), None, False
        if not leave_shared and await self._sharing.standing(writer):
            waits = self._sharing.threads is None
            left = None if waits else await self._sharing.take_down_before_deletion(writer)
        await self._store.write(writer, lambda tx: tx.people.mark(writer, WriterMark.DELETING, now))
        if waits:
            return Deletion(is_done=False)
        later = await self._delete_marked(writer, leave_shared=leave_shared)  # what was shared before the mark stood
        return Deletion(left=left or later)

    async def _delete_marked(self, writer: str, *, leave_shared: bool = False) -> str | None:
        """Delete everything of a writer for as long as the mark stands: what they begin after that is not touched.

        Return what may still stand in Discord. Raise SharingError.
        """
        left = None if leave_shared else await self._sharing.take_down_before_deletion(writer)
        await self._jobs.drop_all(writer)
        with suppress(TimeoutError):
            async with asyncio.timeout(_OTHER_PROCESS_SECONDS):
                while await self._store.read(lambda tx: tx.jobs.run_elsewhere(writer)):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(_POLL_SECONDS)

        now = self._clock()

        def delete(tx: Transaction) -> None:
            if WriterMark.DELETING in tx.people.marks(writer):
                spent = tx.ledger.spending(writer, now)
                tx.people.delete(writer)
                tx.ledger.keep_spending(writer, spent, now)

        await self._store.write(writer, delete)
        await self._store.write(writer, lambda tx: tx.people.unmark(writer, WriterMark.DELETING))
        if self.on_deleted is not None:
            self.on_deleted(writer)
        return left

    async def has_erased(self) -> bool:
        """Return whether nothing that this process deleted, of anybody, is left in the log beside SQLite's file."""
        return await self._store.read(lambda tx: tx.people.has_erased())

    async def finish_deletions(self, is_ours: Callable[[str], bool] = lambda _: True) -> int:
        """Go on with the deletions that another process has begun, or was killed in; return how many were done.

        ``is_ours`` says whether this process serves a writer. What cannot be taken down in Discord yet waits for the
        next call.
        """
        left = await self._store.read(lambda tx: tx.people.marked(WriterMark.DELETING))
        done = 0
        for writer in left:
            if not is_ours(writer):
                continue
            try:
                if await self._delete_marked(writer) is not None:
                    log.warning("a text of somebody whose data is deleted may still stand in Discord")
            except SharingError as error:
                log.info("a deletion waits for what stands in Discord: %s", type(error).__name__)
                continue
            done += 1
        return done

    async def delete_critique(self, writer: str, critique: str) -> None:
        """Delete a critique with its text, after stopping its job. Raise UnknownCritique."""
        if (job := await self._jobs.running_job(writer, critique)) is not None:
            await self._jobs.stop(writer, job.id)
        await self._store.write(writer, lambda tx: tx.critiques.delete(writer, critique))

    async def set_blocked(self, writer: str, blocked: bool) -> None:
        """Block a writer, or take that back. It holds at once, in a running bot too."""
        now = self._clock()

        def step(tx: Transaction) -> None:
            if blocked:
                tx.people.mark(writer, WriterMark.BLOCKED, now)
            else:
                tx.people.unmark(writer, WriterMark.BLOCKED)

        await self._store.write(writer, step)

    async def record(self, action: HostAction, writer: str) -> None:
        """Write down what the host does about a writer."""
        now = self._clock()
        await self._store.write(writer, lambda tx: tx.people.record(action, writer, now))

    async def audit_log(self) -> tuple[AuditEntry, ...]:
        """Return what the host did about people, oldest first."""
        return await self._store.read(lambda tx: tuple(tx.people.audit_log()))


def check_served(tx: Transaction, writer: str) -> None:
    """Raise Blocked or BeingDeleted if nothing may be done for the writer now."""
    marks = tx.people.marks(writer)
    if WriterMark.DELETING in marks:
        raise BeingDeleted
    if WriterMark.BLOCKED in marks:
        raise Blocked


def _read_essay(tx: Transaction, writer: str, essay: Essay) -> tuple[Sequence[StoredTable], Sequence[Note]] | None:
    tables = tx.people.rows(writer, essay.id)
    return (tables, tx.essays.notes(writer, essay.id)) if tables else None


_Files = Sequence[tuple[str, bytes]]


def _essay_files(
    folder: str,
    essay: Essay,
    structures: Mapping[str, Structure],
    tables: Sequence[StoredTable],
    notes: Sequence[Note],
) -> _Files:
    """Return the files of one essay: its notes as Markdown, each text, and all rows as JSON."""
    shown = notes_to_markdown(essay.title, structures.get(essay.structure), notes)
    return (
        (f"{folder}/notes.md", _encode(shown)),
        *_table_files(folder, f"{folder}/essay.json", tables),
    )


def _other_files(tables: Sequence[StoredTable]) -> list[_Files]:
    """Return the files of what belongs to no essay, the calls of models in one of their own."""
    calls = [table for table in tables if table.name == "calls"]
    rest = [table for table in tables if table.name != "calls"]
    found = [_table_files("", "other.json", rest)] if rest else []
    return [*found, *([_table_files("", "calls.json", calls)] if calls else [])]


def _table_files(folder: str, name: str, tables: Sequence[StoredTable]) -> _Files:
    """Return a JSON file of all rows, and a file for each long text, which the JSON names in its place."""
    files: list[tuple[str, bytes]] = []
    shown: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        rows = shown.setdefault(table.name, [])
        for row in table.rows:
            cells = dict(row)
            for (of_table, column), name_file in _FILES.items():
                if of_table == table.name and cells.get(column) is not None:
                    path = str(PurePosixPath(folder, name_file(row)))
                    files.append((path, _encode(cells[column])))
                    cells[column] = {"file": path}
            rows.append(cells)
    return (*files, (name, _encode(json.dumps(shown, ensure_ascii=False, indent=1) + "\n")))


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


class _Parts:
    """Zip files that are filled one after another, each of at most ``max_bytes``."""

    def __init__(self, max_bytes: int | None) -> None:
        self._max_bytes = max_bytes
        self._number = 0
        self._files: list[tuple[str, bytes]] = []
        self._size = 0

    def add(self, files: _Files) -> list[ExportPart]:
        """Add files that belong together; return the parts that are full now."""
        readme = self._readme_size
        size = _zipped_size(files)
        if self._max_bytes is None or self._size + size + readme <= self._max_bytes:
            self._files += files
            self._size += size
            return []
        full = [self._close()] if self._files else []
        if size + readme <= self._max_bytes or len(files) == 1:
            self._files, self._size = list(files), size
            return full
        for file in files:
            full += self.add([file])
        return full

    def end(self) -> ExportPart:
        """Return the last part."""
        return self._close(is_last=True)

    @property
    def _readme_size(self) -> int:
        return _zipped_size([("README.md", _encode(readme_text(99)))]) + _ZIP_END_BYTES

    def _close(self, *, is_last: bool = False) -> ExportPart:
        self._number += 1
        alone = is_last and self._number == 1
        data = _zip([("README.md", _encode(readme_text(None if alone else self._number))), *self._files])
        self._files, self._size = [], 0
        return ExportPart(self._number, is_last, data)


def readme_text(part: int | None) -> str:
    """Return the README of an export, or of its part with that number."""
    tables = "\n".join(f"- `{name}`: {what}." for name, what in TABLE_DESCRIPTIONS.items())
    division = (
        f"\nThis is part {part}. All parts together are everything; each opens alone.\n" if part is not None else ""
    )
    return f"""# What Career Essay Bot has stored about you
{division}
- `essays/`: a folder for each essay. `versions/` holds every version of its text, byte for byte as it is stored;
  `notes.md` your notes; `critiques/` the texts that were critiqued; `essay.json` everything else that belongs to it.
- `critiques/`: texts that you had critiqued without an essay, yours or others'.
- `own-texts/`: your own texts that show a model how you write.
- `calls.json`: each call of a model, with its cost. `other.json`: all else.

In the JSON files each name is a table of the database, with its rows:

{tables}

Times are UTC. In the database your words, titles and Discord's ids are encrypted; here they are not, so keep
this file as you would keep a diary. Not in it is what the model's service, Discord or the host's backups may hold.
"""


def _zip(files: _Files) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, data)
    return made.getvalue()


def _zipped_size(files: _Files) -> int:
    """Return by how many bytes the files make a zip file larger."""
    return len(_zip(files)) - _ZIP_END_BYTES
