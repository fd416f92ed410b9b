"""The job store port over SQLite. A job's text is kept piece by piece, so that a flush costs what is new."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlite_utils import Database

from bot.errors import DamagedText, JobRunning, UnknownJob
from bot.essay.text.gaps import gap
from bot.store.database import SealedDatabase, StoreThread, kind_of, moment
from bot.store.processes import is_alive, this_process
from bot.workflow.jobs import Ending, Job, JobKind, JobState

_JOB = "SELECT id, writer, subject, kind, state, base, argument, error, result, created, changed FROM jobs"

_DAMAGED = f"\n\n{gap('a part of what was written, which is damaged')}\n\n"
_WHY_DAMAGED = "Why cannot be read any more."


class SqliteJobs:
    """Jobs in the store's file, their words sealed. See workflow.jobs.JobStore for what each method promises."""

    def __init__(self, thread: StoreThread, process: str | None = None) -> None:
        """``process`` names the process whose jobs these are: this one, unless a test stands in for another."""
        self._thread = thread
        self._process = process or this_process()

    async def add_job(
        self, writer: str, subject: str, kind: JobKind, base: int | None, argument: str, at: datetime
    ) -> Job:
        def work(database: SealedDatabase) -> Job:
            sealed, when = database.sealer.seal(argument), at.isoformat()
            ours = self._process
            values = [writer, subject, kind.value, JobState.QUEUED.value, base, sealed, ours, when, when]
            with database.writing() as db:
                try:
                    made = db.execute(
                        "INSERT INTO jobs"
                        " (writer, subject, kind, state, ended, base, argument, process, created, changed)"
                        " VALUES (?,?,?,?,0,?,?,?,?,?)",
                        values,
                    )
                except sqlite3.IntegrityError:  # the index that allows one open job a subject
                    row = db.execute(
                        "SELECT kind, process FROM jobs WHERE subject = ? AND ended = 0", [subject]
                    ).fetchone()
                    raise JobRunning(kind_of(JobKind, row[0], JobKind.DRAFT).spoken, elsewhere=row[1] != ours) from None
                number = int(made.lastrowid or 0)
            return Job(number, writer, subject, kind, JobState.QUEUED, base, argument, "", None, None, at)

        return await self._thread.run(work)

    async def begin_job(self, job: int, at: datetime) -> None:
        def work(database: SealedDatabase) -> None:
            with database.writing() as db:
                db.execute(
                    "UPDATE jobs SET state = ?, changed = ? WHERE id = ?",
                    [JobState.RUNNING.value, at.isoformat(), job],
                )

        await self._thread.run(work)

    async def append_text(self, pieces: Mapping[int, str]) -> None:
        def work(database: SealedDatabase) -> None:
            sealed = [value for job, text in pieces.items() for value in (job, database.sealer.seal(text))]
            with database.writing() as db:
                # In one statement: at the end of each, the busy event loop takes Python's one lock from this thread.
                # A job whose essay was deleted meanwhile has no row to write behind.
                db.execute(
                    f"WITH pieces (job, text) AS (VALUES {','.join(['(?, ?)'] * len(pieces))})"  # noqa: S608 - only marks
                    " INSERT INTO job_texts (job, text) SELECT pieces.job, pieces.text FROM pieces"
                    " JOIN jobs ON jobs.id = pieces.job WHERE jobs.ended = 0",
                    sealed,
                )

        await self._thread.run(work)

    async def drop_text(self, job: int) -> None:
        def work(database: SealedDatabase) -> None:
            with database.writing() as db:
                db.execute("DELETE FROM job_texts WHERE job = ?", [job])

        await self._thread.run(work)

    async def end_job(self, job: int, ending: Ending, at: datetime) -> None:
        def work(database: SealedDatabase) -> None:
            error = database.sealer.seal(ending.error) if ending.error is not None else None
            with database.writing() as db:
                db.execute(
                    "UPDATE jobs SET state = ?, ended = 1, error = ?, result = ?, changed = ? WHERE id = ?",
                    [ending.state.value, error, ending.result, at.isoformat(), job],
                )
                if ending.result is not None or ending.state is JobState.DONE:  # the text is a version now
                    db.execute("DELETE FROM job_texts WHERE job = ?", [job])

        await self._thread.run(work)

    async def job(self, writer: str, job: int) -> Job:
        def work(database: SealedDatabase) -> Job:
            row = database.db.execute(f"{_JOB} WHERE id = ? AND writer = ?", [job, writer]).fetchone()
            if row is None:
                raise UnknownJob(job)
            return _job(database, row)

        return await self._thread.run(work)

    async def latest_job(self, writer: str, subject: str) -> Job | None:
        def work(database: SealedDatabase) -> Job | None:
            row = database.db.execute(
                f"{_JOB} WHERE writer = ? AND subject = ? ORDER BY id DESC LIMIT 1", [writer, subject]
            ).fetchone()
            try:
                return _job(database, row) if row else None
            except DamagedText:  # there is nothing to say of it, and the essay is shown without
                return None

        return await self._thread.run(work)

    async def leftover_jobs(self, writer: str, subject: str) -> Sequence[int]:
        def work(database: SealedDatabase) -> Sequence[int]:
            rows = database.db.execute(
                "SELECT id FROM jobs WHERE writer = ? AND subject = ? AND ended = 1 AND result IS NULL AND state != ?"
                " AND kind != ? AND (kind = ? OR EXISTS (SELECT 1 FROM job_texts WHERE job = jobs.id))"
                " ORDER BY id DESC",
                [writer, subject, JobState.DONE.value, JobKind.CRITIQUE.value, JobKind.REVISION.value],
            ).fetchall()
            return tuple(number for (number,) in rows)

        return await self._thread.run(work)

    async def abandoned_jobs(self) -> Sequence[Job]:
        def work(database: SealedDatabase) -> Sequence[Job]:
            named = database.db.execute("SELECT DISTINCT process FROM jobs WHERE ended = 0").fetchall()
            gone = [name for (name,) in named if not is_alive(name, self._process)]
            found = []
            for name in gone:
                rows = database.db.execute(f"{_JOB} WHERE ended = 0 AND process = ? ORDER BY id", [name]).fetchall()
                found += [_job(database, row, whole=False) for row in rows]
            return found

        return await self._thread.run(work)


def delete_jobs(db: Database, writer: str, subject: str) -> None:
    """Removes the jobs on a subject with their texts, inside the caller's transaction."""
    db.execute("DELETE FROM jobs WHERE writer = ? AND subject = ?", [writer, subject])


def _job(database: SealedDatabase, row: Sequence[Any], *, whole: bool = True) -> Job:
    """A job, with a gap for each damaged piece of its text.

    Where what a revision or a critique was told is damaged, it raises DamagedText; not ``whole``, the job has no text
    then, so that it can be ended at least. The others need not know what they were told.
    """
    number, writer, subject, kind, state, base, argument, error, result, created, changed = row
    what, wanted = f"job {number}", kind_of(JobKind, kind, JobKind.DRAFT)
    stands = kind_of(JobState, state, JobState.FAILED)
    told = database.opened(argument, what)
    if told is None and wanted in (JobKind.DRAFT, JobKind.FINISH):
        told = ""
    if told is None and whole:
        raise DamagedText.job()
    pieces = database.db.execute("SELECT text FROM job_texts WHERE job = ? ORDER BY id", [number]).fetchall()
    return Job(
        number,
        writer,
        subject,
        wanted,
        stands,
        base,
        told or "",
        "".join(_piece(database, piece[0], what) for piece in pieces) if told is not None else "",
        (database.opened(error, what) or _WHY_DAMAGED) if error is not None else None,
        result,
        moment(created),
        moment(changed) if stands.ended else None,
    )


def _piece(database: SealedDatabase, sealed: bytes, what: str) -> str:
    text = database.opened(sealed, what)
    return _DAMAGED if text is None else text
