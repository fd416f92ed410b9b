"""Jobs, the messages that show them, and whether the process that a job belongs to still runs.

A job's text is stored piece by piece, so that each flush writes only what is new.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from bot.errors import DamagedText, JobRunning, UnknownJob
from bot.essay.text.gaps import format_gap
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState
from bot.services.jobs.store_ports import PanelEditor, StoredPanel
from bot.store.connection import Connection, marks
from bot.store.database import EncryptedDatabase, parse_enum, parse_time
from bot.store.sealed_columns import JOB_ARGUMENT, JOB_ERROR, JOB_PANEL_ADDRESS, JOB_PIECE, new_revision

_STATE_FIELD, _START_TIME_FIELD = 0, 19  # fields 3 and 22 of /proc/PID/stat, counted after the process's name
_DEAD_STATES = (b"Z", b"X")  # ended, and not yet taken note of by its parent


@cache
def current_process_name() -> str:
    """Return a name for this process that no other has, even one that gets its number later."""
    return process_name(os.getpid()) or f"{os.getpid()}-{secrets.token_hex(4)}"


def process_name(number: int) -> str | None:
    """Return the name of the process with that number, made of the number, the boot and the start time.

    Return None if no such process runs, or if the system does not tell: only Linux does, in /proc.
    """
    try:
        stat = Path(f"/proc/{number}/stat").read_bytes()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()  # the process's own name may hold anything
    return None if fields[_STATE_FIELD] in _DEAD_STATES else f"{number}-{boot[:8]}-{fields[_START_TIME_FIELD].decode()}"


def is_process_alive(process: str, ours: str) -> bool:
    """Return whether the process with that name still runs on this machine; ``ours`` is this process's name."""
    if process == ours:
        return True
    number = int(process.split("-")[0])
    if number == os.getpid():
        return False
    if process_name(os.getpid()) is not None:  # the system tells processes with one number apart
        return process_name(number) == process
    try:
        os.kill(number, 0)  # signal 0 only asks
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, and there
        return True
    return True


_JOB = (
    "SELECT id, writer, subject, kind, state, base, argument, error, result, created, changed, revision,"
    " server, kills FROM jobs"
)
_WORKERS_JOB = f"{_JOB} WHERE id IN (SELECT job FROM job_panels WHERE editor != ?)"  # noqa: S608 - a constant

YIELDING_KINDS = tuple(kind.value for kind in JobKind if kind.gives_way)
"""The kinds of jobs that give way, as they are stored: a panel shows the job before them."""

_DAMAGED_PIECE = f"\n\n{format_gap('a part of what was written, which is damaged')}\n\n"
_DAMAGED_ERROR = "Why cannot be read any more."


class SqlJobs:
    """The jobs of one database, with their text in pieces. See JobStore."""

    def __init__(self, database: EncryptedDatabase, process: str) -> None:
        """Store new jobs as those of the ``process`` with that name."""
        self._database = database
        self._db = database.db
        self._seal = database.seal
        self._process = process

    def add(
        self,
        writer: str,
        subject: str,
        kind: JobKind,
        base: int | None,
        argument: str,
        at: datetime,
        *,
        running: bool = False,
        server: str | None = None,
        kills: int = 0,
    ) -> Job:
        state = JobState.RUNNING if running else JobState.QUEUED
        when, ours = at.isoformat(), self._process
        number = int(self._db.execute(f"SELECT {self._db.next_id('jobs')}").fetchone()[0])
        sealed = self._seal(JOB_ARGUMENT.place(writer, number), argument)
        stored = self._db.execute(
            "INSERT INTO jobs (id, writer, subject, kind, state, ended, base, argument, process, created, changed,"
            " server, kills) VALUES (?,?,?,?,?,0,?,?,?,?,?,?,?) ON CONFLICT (subject) WHERE ended = 0 DO NOTHING",
            [number, writer, subject, kind.value, state.value, base, sealed, ours, when, when, server, kills],
        )
        if not stored.rowcount:  # one open job a subject
            query = "SELECT kind, process, entry FROM jobs WHERE subject = ? AND ended = 0"
            row = self._db.execute(query, [subject]).fetchone()
            other = parse_enum(JobKind, row[0], JobKind.DRAFT)
            raise JobRunning(other.label, in_other_process=row[2] is None and row[1] != ours)
        return Job(number, writer, subject, kind, state, base, argument, "", None, None, at, None, server, kills)

    def mark_running(self, job: int, at: datetime) -> None:
        values = [JobState.RUNNING.value, at.isoformat(), job]
        self._db.execute("UPDATE jobs SET state = ?, changed = ? WHERE id = ? AND ended = 0", values)

    def append_text(self, pieces: Mapping[int, str]) -> Collection[int]:
        # In two statements: at the end of each, the busy event loop takes Python's one lock from this thread.
        # A job whose essay was deleted meanwhile has no row any more.
        rows = self._db.execute(
            f"SELECT {self._db.next_id('job_texts')}, id, writer FROM jobs"  # noqa: S608 - made of what is ours
            f" WHERE ended = 0 AND id IN ({marks(pieces)}) ORDER BY id{self._db.keep_rows}",
            list(pieces),
        ).fetchall()
        values: list[object] = []
        for number, job, writer in rows:
            revision = new_revision()
            place = JOB_PIECE.place(writer, job, number, revision=revision)
            values += [number, job, self._seal(place, pieces[job]), revision]
        if rows:
            each = ",".join(["(?,?,?,?)"] * len(rows))
            self._db.execute(f"INSERT INTO job_texts (id, job, text, revision) VALUES {each}", values)  # noqa: S608 - only marks
        return {job for _, job, _ in rows}

    def delete_text(self, job: int) -> None:
        self._db.execute("DELETE FROM job_texts WHERE job = ?", [job])

    def ended_outcome(self, job: int) -> JobOutcome | None:
        row = self._db.execute("SELECT ended, writer, state, error, result, revision FROM jobs WHERE id = ?", [job])
        if (found := row.fetchone()) is None:
            return JobOutcome(JobState.STOPPED)
        ended, writer, state, error, result, revision = found
        if not ended:
            return None
        stands = parse_enum(JobState, state, JobState.FAILED)
        return JobOutcome(stands, _read_error(self._database, writer, job, error, revision), result)

    def end(self, job: int, outcome: JobOutcome, at: datetime) -> None:
        revision, error = new_revision(), None
        if outcome.error is not None:
            row = self._db.execute("SELECT writer FROM jobs WHERE id = ?", [job]).fetchone()
            if row is None:  # the essay was deleted meanwhile
                return
            error = self._seal(JOB_ERROR.place(row[0], job, revision=revision), outcome.error)
        self._db.execute(
            "UPDATE jobs SET state = ?, ended = 1, error = ?, revision = ?, result = ?, changed = ? WHERE id = ?",
            [outcome.state.value, error, revision, outcome.result, at.isoformat(), job],
        )
        if outcome.result is not None or outcome.state is JobState.DONE:  # the text is a version now
            self.delete_text(job)

    def get(self, writer: str, job: int) -> Job:
        row = self._db.execute(f"{_JOB} WHERE id = ? AND writer = ?", [job, writer]).fetchone()
        if row is None:
            raise UnknownJob(job)
        return _read_job(self._database, row)

    def unended(self, job: int) -> Job | None:
        row = self._db.execute(f"{_JOB} WHERE id = ? AND ended = 0", [job]).fetchone()
        return _read_job(self._database, row, whole=False) if row else None

    def unended_on(self, writer: str, subject: str) -> Job | None:
        row = self._db.execute(f"{_JOB} WHERE writer = ? AND subject = ? AND ended = 0", [writer, subject]).fetchone()
        return _read_job(self._database, row, whole=False, with_text=False) if row else None

    def unended_of(self, writer: str) -> Sequence[Job]:
        rows = self._db.execute(f"{_JOB} WHERE writer = ? AND ended = 0 ORDER BY id", [writer]).fetchall()
        return [_read_job(self._database, row, whole=False, with_text=False) for row in rows]

    def last_of_kind(self, writer: str, subject: str, kind: JobKind) -> Job | None:
        query = f"{_JOB} WHERE writer = ? AND subject = ? AND kind = ? ORDER BY id DESC LIMIT 1"
        row = self._db.execute(query, [writer, subject, kind.value]).fetchone()
        return _read_job(self._database, row, whole=False, with_text=False) if row else None

    def next_on(self, writer: str, subject: str, job: int) -> Job | None:
        query = f"{_JOB} WHERE writer = ? AND subject = ? AND id > ? ORDER BY id LIMIT 1"
        row = self._db.execute(query, [writer, subject, job]).fetchone()
        return _read_job(self._database, row, whole=False, with_text=False) if row else None

    def end_open(self, writer: str, subject: str, kinds: Collection[JobKind], state: JobState, at: datetime) -> None:
        which = f"writer = ? AND subject = ? AND ended = 0 AND kind IN ({marks(kinds)})"
        query = f"UPDATE jobs SET state = ?, ended = 1, changed = ? WHERE {which}"  # noqa: S608 - from the line above
        self._db.execute(query, [state.value, at.isoformat(), writer, subject, *[kind.value for kind in kinds]])

    def record_kill(self, job: int) -> None:
        self._db.execute("UPDATE jobs SET kills = kills + 1 WHERE id = ?", [job])

    def mark_told(self, job: int) -> None:
        self._db.execute("UPDATE jobs SET told = 1 WHERE id = ?", [job])

    def is_told(self, job: int) -> bool:
        row = self._db.execute("SELECT told FROM jobs WHERE id = ?", [job]).fetchone()
        return row is not None and bool(row[0])

    def latest(self, writer: str, subject: str) -> Job | None:
        condition = f"writer = ? AND subject = ? AND kind NOT IN ({marks(YIELDING_KINDS)})"
        query = f"{_JOB} WHERE {condition} ORDER BY id DESC LIMIT 1"
        row = self._db.execute(query, [writer, subject, *YIELDING_KINDS]).fetchone()
        try:
            return _read_job(self._database, row) if row else None
        except DamagedText:  # there is nothing to say of it, and the essay is shown without
            return None

    def leftovers(self, writer: str, subject: str) -> Sequence[int]:
        rows = self._db.execute(
            "SELECT id FROM jobs WHERE writer = ? AND subject = ? AND ended = 1 AND result IS NULL AND state != ?"
            " AND kind != ? AND (kind = ? OR EXISTS (SELECT 1 FROM job_texts WHERE job = jobs.id))"
            " ORDER BY id DESC",
            [writer, subject, JobState.DONE.value, JobKind.CRITIQUE.value, JobKind.REVISION.value],
        ).fetchall()
        return tuple(number for (number,) in rows)

    def count_open(self, writer: str) -> int:
        query = "SELECT count(*) FROM jobs WHERE writer = ? AND ended = 0"
        return int(self._db.execute(query, [writer]).fetchone()[0])

    def run_elsewhere(self, writer: str) -> bool:
        query = "SELECT DISTINCT process, entry FROM jobs WHERE writer = ? AND ended = 0"
        named = self._db.execute(query, [writer]).fetchall()
        return any(
            entry is not None or (name != self._process and is_process_alive(name, self._process))
            for name, entry in named
        )

    def abandoned(self) -> Sequence[Job]:
        unqueued = "ended = 0 AND entry IS NULL"
        named = self._db.execute(f"SELECT DISTINCT process FROM jobs WHERE {unqueued}").fetchall()  # noqa: S608 - a constant
        found: list[Job] = []
        for name in [name for (name,) in named if not is_process_alive(name, self._process)]:
            rows = self._db.execute(f"{_JOB} WHERE {unqueued} AND process = ? ORDER BY id", [name]).fetchall()
            found += [_read_job(self._database, row, whole=False) for row in rows]
        return found

    def interrupted(self, since: datetime) -> Sequence[Job]:
        # The state stands in the query, as in the index that it goes through.
        rows = self._db.execute(
            f"{_JOB} WHERE state = 'interrupted' AND created >= ? AND NOT EXISTS (SELECT 1 FROM jobs AS later"  # noqa: S608 - a constant
            " WHERE later.writer = jobs.writer AND later.subject = jobs.subject AND later.id > jobs.id) ORDER BY id",
            [since.isoformat()],
        ).fetchall()
        return [_read_job(self._database, row, whole=False) for row in rows]


class SqlJobPanels:
    """The messages that show jobs, with encrypted addresses and keyed pseudonyms of their ids. See JobPanelStore."""

    def __init__(self, database: EncryptedDatabase) -> None:
        self._database = database
        self._db = database.db

    def save(
        self,
        job: int,
        message_id: int,
        address: str,
        editor: PanelEditor = PanelEditor.GATEWAY,
        *,
        only_new: bool = False,
    ) -> None:
        message = self._pseudonym(message_id)
        query = "SELECT 1 FROM job_panels WHERE job = ? AND message = ?"
        if only_new and self._db.execute(query, [job, message]).fetchone() is not None:
            return
        row = self._db.execute("SELECT writer FROM jobs WHERE id = ?", [job]).fetchone()
        if row is not None:  # else the essay was deleted meanwhile
            self._save(row[0], job, message, address, editor.value)

    def _save(self, writer: str, job: int, message: str, address: str, editor: str) -> None:
        revision = new_revision()
        sealed = self._database.seal(JOB_PANEL_ADDRESS.place(writer, job, message, revision=revision), address)
        # Rows are in the order of their use.
        self._db.execute("DELETE FROM job_panels WHERE job = ? AND message = ?", [job, message])
        self._db.execute(
            "INSERT INTO job_panels (job, message, address, revision, editor) VALUES (?,?,?,?,?)",
            [job, message, sealed, revision, editor],
        )

    def leave(self, message_id: int, address: str) -> Sequence[int]:
        message = self._pseudonym(message_id)
        rows = self._db.execute(
            "SELECT job, writer, editor FROM job_panels JOIN jobs ON jobs.id = job WHERE message = ?"
            " ORDER BY job_panels.rowid",
            [message],
        ).fetchall()
        for job, writer, _ in rows:
            self._save(writer, job, message, address, PanelEditor.NOBODY.value)
        return [job for job, _, editor in rows if editor == PanelEditor.WORKER.value]

    def take_up(self, message_id: int, jobs: Collection[int]) -> None:
        query = f"UPDATE job_panels SET editor = ? WHERE message = ? AND job IN ({marks(jobs)})"  # noqa: S608 - only marks
        self._db.execute(query, [PanelEditor.WORKER.value, self._pseudonym(message_id), *jobs])

    def delete(self, job: int, message_id: int | None = None) -> None:
        if message_id is None:
            self._db.execute("DELETE FROM job_panels WHERE job = ? AND editor = ?", [job, PanelEditor.GATEWAY.value])
        else:
            values = [job, self._pseudonym(message_id)]
            self._db.execute("DELETE FROM job_panels WHERE job = ? AND message = ?", values)

    def delete_revisions(self, job: int, revisions: Collection[int]) -> None:
        query = f"DELETE FROM job_panels WHERE job = ? AND revision IN ({marks(revisions)})"  # noqa: S608 - only marks
        self._db.execute(query, [job, *revisions])
        if not self.of(job):  # what is damaged shows nothing any more
            self._db.execute("DELETE FROM job_panels WHERE job = ?", [job])

    def move(self, job: int, to: int, *, of_workers: bool = False) -> None:
        query = "SELECT message, address, revision, editor FROM job_panels WHERE job = ? AND editor != ? ORDER BY rowid"
        kept = PanelEditor.GATEWAY.value if of_workers else ""
        rows = self._db.execute(query, [job, kept]).fetchall()
        row = self._db.execute("SELECT writer FROM jobs WHERE id = ?", [job]).fetchone()
        for message, sealed, revision, editor in rows:
            address = self._open(row[0], job, message, sealed, revision)
            if address is not None:
                self._save(row[0], to, message, address, editor)
        self._db.execute("DELETE FROM job_panels WHERE job = ? AND editor != ?", [job, kept])

    def revision(self, job: int, message_id: int) -> int | None:
        row = self._db.execute(
            "SELECT revision FROM job_panels WHERE job = ? AND message = ? AND editor = ?",
            [job, self._pseudonym(message_id), PanelEditor.WORKER.value],
        ).fetchone()
        return int(row[0]) if row is not None else None

    def of(self, job: int) -> Sequence[StoredPanel]:
        row = self._db.execute("SELECT writer FROM jobs WHERE id = ?", [job]).fetchone()
        if row is None:  # the essay was deleted meanwhile
            return []
        query = "SELECT message, address, revision, editor FROM job_panels WHERE job = ? ORDER BY rowid"
        found = (self._read(row[0], job, *one) for one in self._db.execute(query, [job]).fetchall())
        return [panel for panel in found if panel is not None]

    def all(self) -> Sequence[tuple[Job, StoredPanel]]:
        query = "SELECT job, message, address, revision, editor FROM job_panels ORDER BY rowid"
        found: list[tuple[Job, StoredPanel]] = []
        for number, *one in self._db.execute(query).fetchall():
            row = self._db.execute(f"{_JOB} WHERE id = ?", [number]).fetchone()
            panel = self._read(row[1], number, *one)
            if panel is not None:
                found.append((_read_job(self._database, row, whole=False), panel))
        return found

    def left_to_workers(self, waiting: int) -> Sequence[Job]:
        values = [PanelEditor.GATEWAY.value, *YIELDING_KINDS]
        ended = f"{_WORKERS_JOB} AND (ended = 1 OR kind IN ({marks(YIELDING_KINDS)}))"
        queued = f"{_WORKERS_JOB} AND state = 'queued' AND kind NOT IN ({marks(YIELDING_KINDS)}) ORDER BY id LIMIT ?"
        rows = self._db.execute(ended, values).fetchall() + self._db.execute(queued, [*values, waiting]).fetchall()
        return [_read_job(self._database, row, whole=False, with_text=False) for row in rows]

    def ended(self, job: int) -> Job | None:
        query = f"{_WORKERS_JOB} AND ended = 1 AND id = ?"
        row = self._db.execute(query, [PanelEditor.GATEWAY.value, job]).fetchone()
        return _read_job(self._database, row, whole=False, with_text=False) if row is not None else None

    def _read(
        self, writer: str, job: int, message: str, sealed: bytes, revision: int, editor: str
    ) -> StoredPanel | None:
        address = self._open(writer, job, message, sealed, revision)
        if address is None:
            return None
        return StoredPanel(address, parse_enum(PanelEditor, editor, PanelEditor.NOBODY), revision)

    def _open(self, writer: str, job: int, message: str, sealed: bytes, revision: int) -> str | None:
        place = JOB_PANEL_ADDRESS.place(writer, job, message, revision=revision)
        return self._database.open_or_none(place, sealed, f"where job {job} is shown")

    def _pseudonym(self, message_id: int) -> str:
        said = f"job-panel:{message_id}".encode()
        return hmac.new(self._database.pseudonym_secret, said, hashlib.sha256).hexdigest()[:32]


def delete_jobs(db: Connection, writer: str, subject: str) -> None:
    """Delete the jobs on a subject with their texts."""
    db.execute("DELETE FROM jobs WHERE writer = ? AND subject = ?", [writer, subject])


def _read_job(database: EncryptedDatabase, row: Sequence[Any], *, whole: bool = True, with_text: bool = True) -> Job:
    """Return a job from its row, with a gap for each damaged piece of its text.

    If the argument of a revision or a critique is damaged, raise DamagedText; with ``whole`` False return the job
    without text instead, so that it can at least be ended. Other kinds need no argument.
    """
    number, writer, subject, kind, state, base, argument, error, result, created, changed, revision, server, kills = row
    what, wanted = f"job {number}", parse_enum(JobKind, kind, JobKind.DRAFT)
    stands = parse_enum(JobState, state, JobState.FAILED)
    told = database.open_or_none(JOB_ARGUMENT.place(writer, number), argument, what)
    if told is None and wanted in (JobKind.DRAFT, JobKind.FINISH):
        told = ""
    if told is None and whole:
        raise DamagedText.job()
    return Job(
        number,
        writer,
        subject,
        wanted,
        stands,
        base,
        told or "",
        _read_text(database, writer, number, what) if with_text and told is not None else "",
        _read_error(database, writer, number, error, revision),
        result,
        parse_time(created),
        parse_time(changed) if stands.is_ended else None,
        server,
        kills,
    )


def _read_error(database: EncryptedDatabase, writer: str, job: int, sealed: bytes | None, revision: int) -> str | None:
    if sealed is None:
        return None
    place = JOB_ERROR.place(writer, job, revision=revision)
    return database.open_or_none(place, sealed, f"job {job}") or _DAMAGED_ERROR


def _read_text(database: EncryptedDatabase, writer: str, job: int, what: str) -> str:
    rows = database.db.execute("SELECT id, text, revision FROM job_texts WHERE job = ? ORDER BY id", [job]).fetchall()
    pieces = (
        database.open_or_none(JOB_PIECE.place(writer, job, number, revision=revision), sealed, what)
        for number, sealed, revision in rows
    )
    return "".join(_DAMAGED_PIECE if piece is None else piece for piece in pieces)
