"""The queue of jobs on PostgreSQL: procrastinate's, in a schema of its own beside the store's tables.

Nothing in it is the truth: the table ``jobs`` is. Where an entry is lost, or the whole schema, a job is left
that nobody runs; a worker finds it and goes on with it.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import timedelta
from functools import cache, partial
from importlib.metadata import version
from typing import Any, TypeVar

import psycopg
from procrastinate import App, JobContext
from procrastinate.connector import Notify
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job as Entry
from procrastinate.manager import JobManager
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.schema import SchemaManager
from procrastinate.sync_psycopg_connector import SyncPsycopgConnector
from procrastinate.worker import Worker

from bot.services.jobs.job import Job, JobKind
from bot.services.jobs.queued_runner import RunEntry
from bot.services.jobs.store_ports import LostEntry, QueueState
from bot.store.connection import marks
from bot.store.database import KeyRing
from bot.store.notifications import Listener, Notifications
from bot.store.postgres import (
    SCHEMA_OWNER,
    PostgresDatabase,
    async_configure,
    connect,
    conninfo,
    describe_url,
    open_pool_options,
    translate_errors,
)
from bot.store.shard_leases import holder_name, is_certainly_gone

log = logging.getLogger(__name__)

T = TypeVar("T")

_TASK = "run_job"
_FAIR, _BESIDE = "jobs", "beside"  # those that give way wait for none, so they have a queue to themselves
_BESIDE_CONCURRENCY = 1_000  # they are calls of a second or two, and limited by the model's service
HEARTBEAT_SECONDS = 2.0
_POLL_SECONDS = 2.0  # for what was told while the connection was away
_RETRY_SECONDS = 0.5
_LOOK_FOR_JOBS = '{"type": "job_inserted", "job_id": 0}'  # what procrastinate tells; for what may have been missed
_FORGET_WORKER_SECONDS = 3_600.0  # the row of a dead one; a paused process finds its own again
_CONNECTIONS = 3


class PostgresJobQueue:
    """See JobQueueStore."""

    def __init__(self, database: PostgresDatabase) -> None:
        self._database = database
        self._db = database.db

    def defer(self, job: Job, slots: int, busy: int) -> None:
        lock = None if job.kind.gives_way else self._free_slot(job.writer, slots)
        entry = Entry(
            id=None,
            queue=_BESIDE if job.kind.gives_way else _FAIR,
            lock=lock,
            queueing_lock=None,
            task_name=_TASK,
            priority=-busy,
            task_kwargs={"job": job.id},
        )
        number = _manager().defer_job(entry, connection=self._db.raw).id
        self._db.execute("UPDATE jobs SET entry = ? WHERE id = ?", [number, job.id])

    def _free_slot(self, writer: str, slots: int) -> str:
        """Return the lock of the writer's slot with the fewest jobs."""
        secret = self._database.pseudonym_secret
        names = [
            hmac.new(secret, f"job-slot:{writer}:{slot}".encode(), hashlib.sha256).hexdigest()[:32]
            for slot in range(slots)
        ]
        query = (
            f"SELECT lock, count(*) FROM procrastinate_jobs WHERE lock IN ({marks(names)})"  # noqa: S608 - only marks
            " AND status IN ('todo', 'doing') GROUP BY lock"
        )
        taken: dict[str, int] = dict(self._db.execute(query, names).fetchall())
        return min(names, key=lambda name: taken.get(name, 0))

    def cancel(self, job: int) -> QueueState:
        row = self._db.execute("SELECT entry FROM jobs WHERE id = ?", [job]).fetchone()
        if row is None or row[0] is None:
            return QueueState.GONE
        if _manager().cancel_job_by_id(row[0], delete_job=True, connection=self._db.raw):
            return QueueState.WAITING
        if _manager().cancel_job_by_id(row[0], abort=True, connection=self._db.raw):
            return QueueState.RUNNING
        return QueueState.GONE

    def places(self, jobs: Collection[int]) -> Mapping[int, int]:
        found = self._db.execute(
            "SELECT (args->>'job')::bigint FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ?"
            " ORDER BY priority DESC, id",
            [_FAIR],
        ).fetchall()
        return {job: place for place, (job,) in enumerate(found, 1) if job in jobs}

    def waiting(self) -> Mapping[JobKind, int]:
        found = self._db.execute(
            "SELECT kind, count(*) FROM jobs JOIN procrastinate_jobs e ON e.id = entry"
            " WHERE e.status = 'todo' GROUP BY kind"
        ).fetchall()
        return {JobKind(kind): count for kind, count in found}

    def lost(self, seconds: float, exempt_writer: str) -> Sequence[LostEntry]:
        working = self._db.execute(
            "SELECT DISTINCT w.process FROM procrastinate_workers w JOIN procrastinate_jobs e ON e.worker_id = w.id"
            " WHERE w.process IS NOT NULL"
        ).fetchall()
        gone = [process for (process,) in working if is_certainly_gone(process)]
        held = self._db.execute(
            f"{_HELD} AND (w.id IS NULL OR w.process = ANY(?) OR w.last_heartbeat < now() - ?::interval)",
            [gone, gone, timedelta(seconds=seconds)],
        ).fetchall()
        without = self._db.execute(
            "SELECT id FROM jobs WHERE ended = 0 AND writer != ?"
            " AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs e WHERE e.id = entry AND e.status IN ('todo', 'doing'))",
            [exempt_writer],
        ).fetchall()
        return [*(LostEntry(*row) for row in held), *(LostEntry(number, None) for (number,) in without)]

    def held_by(self, workers: Collection[int]) -> Sequence[LostEntry]:
        query = f"{_HELD} AND e.worker_id IN ({marks(workers)})"
        return [LostEntry(*row) for row in self._db.execute(query, [[], *workers]).fetchall()]

    def discard(self, entry: int) -> None:
        self._db.execute("DELETE FROM procrastinate_jobs WHERE id = ?", [entry])


_HELD = (
    "SELECT (e.args->>'job')::bigint, e.id, e.abort_requested, e.worker_id, w.process = ANY(?) IS TRUE"
    " FROM procrastinate_jobs e LEFT JOIN procrastinate_workers w ON w.id = e.worker_id WHERE e.status = 'doing'"
)
_PROCESS = "essay_bot.process"  # the connection's own setting; a worker's row holds it


@cache
def _manager() -> JobManager:
    """Return what writes entries over connections that it is given, and never opens one."""
    return JobManager(SyncPsycopgConnector())


def open_queue(url: str, keys: str) -> JobQueue:
    """Return this process's part in the queue; make its tables where there are none. Raise StoreError."""
    name = describe_url(url)
    with translate_errors(name), connect(url) as connection:
        database = PostgresDatabase(connection, KeyRing(keys, name), None, name)
        with database.writing(SCHEMA_OWNER):
            _make_schema(database)
    return JobQueue(url, Notifications(url))


def _make_schema(database: PostgresDatabase) -> None:
    """Make procrastinate's tables within a transaction, anew if they are another version's: nothing there is needed."""
    wanted, raw = f"procrastinate {version('procrastinate')}, workers with their process", database.db.raw
    schema = str(database.db.execute("SELECT current_schema() || '_queue'").fetchone()[0])
    query = "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = ?"
    row = database.db.execute(query, [schema]).fetchone()
    if row is not None and row[0] == wanted:
        return
    name = psycopg.sql.Identifier(schema)
    raw.execute(psycopg.sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(name))
    raw.execute(psycopg.sql.SQL("CREATE SCHEMA {}").format(name))
    raw.execute(psycopg.sql.SQL("SET LOCAL search_path TO {}").format(name))
    raw.execute(SchemaManager.get_schema())
    process = f"ALTER TABLE procrastinate_workers ADD COLUMN process TEXT DEFAULT current_setting('{_PROCESS}', true)"
    raw.execute(process.encode())
    raw.execute(psycopg.sql.SQL("COMMENT ON SCHEMA {} IS {}").format(name, wanted))


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    """Set up a connection by which workers are registered, with the name of this process."""
    await async_configure(connection)
    await connection.execute("SELECT set_config(%s, %s, false)", [_PROCESS, holder_name()])


class JobQueue:
    """One process's part in the queue: the loops that take jobs out of it, and what the database tells meanwhile."""

    def __init__(self, url: str, notifications: Notifications, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        self.notifications = notifications
        self._heartbeat_seconds = heartbeat_seconds
        self._connector = _PatientConnector(
            notifications,
            conninfo=conninfo(url),
            min_size=1,
            max_size=_CONNECTIONS,
            configure=_configure,
            **open_pool_options(),
        )
        self._app = App(connector=self._connector)
        self._workers: dict[str, Worker] = {}
        self._loops: list[asyncio.Task[None]] = []
        self._is_stopping = False

    async def start(self, channel: str, listener: Listener) -> None:
        """See JobQueue of the services."""
        self.notifications.subscribe(channel, listener)
        await self.notifications.start()

    @property
    def workers(self) -> Collection[int]:
        """The numbers by which the queue knows this process's loops."""
        return [one.worker_id for one in self._workers.values() if one.worker_id is not None]

    async def work(self, run: RunEntry, concurrency: int) -> None:
        """Begin to take jobs out of the queue, at most ``concurrency`` at once beside those that give way."""

        @self._app.task(name=_TASK, pass_context=True)
        async def run_job(context: JobContext, job: int) -> None:
            await run(job, lambda: context.abort_reason() is AbortReason.USER_REQUEST)

        await self._app.open_async()
        for queue, at_once in ((_FAIR, concurrency), (_BESIDE, _BESIDE_CONCURRENCY)):
            self._loops.append(asyncio.create_task(self._loop(queue, at_once), name=f"worker-{queue}"))

    async def _loop(self, queue: str, concurrency: int) -> None:
        while not self._is_stopping:
            worker = self._workers[queue] = Worker(
                self._app,
                queues=[queue],
                name=queue,
                concurrency=concurrency,
                fetch_job_polling_interval=_POLL_SECONDS,
                abort_job_polling_interval=_POLL_SECONDS,
                shutdown_graceful_timeout=0,
                delete_jobs="always",
                install_signal_handlers=False,
                update_heartbeat_interval=self._heartbeat_seconds,
                stalled_worker_timeout=_FORGET_WORKER_SECONDS,
            )
            try:
                await worker.run()  # type: ignore[no-untyped-call]  # procrastinate's, which is typed but for this
            except ConnectorException as error:  # such as a queue that another process has made anew
                log.warning("a worker's loop begins anew: %s", type(error.__cause__ or error).__name__)
            except Exception:  # nobody awaits it, and without it no job would be taken any more
                log.exception("a worker's loop failed by a bug, and begins anew")
            await asyncio.sleep(_RETRY_SECONDS)

    async def stop_working(self) -> None:
        """Take no more jobs, and cancel those that run here; return when they have ended."""
        self._is_stopping = True
        self._connector.is_patient = False  # else it could not end while the server is away
        for loop in self._loops:
            loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops.clear()

    async def close(self) -> None:
        """Stop working and close all connections."""
        await self.stop_working()
        await self._app.close_async()
        await self.notifications.close()


class _PatientConnector(PsycopgConnector):
    """Tries again for as long as the server is away, so that its restart ends no loop, and no job with it."""

    def __init__(self, notifications: Notifications, **options: Any) -> None:
        super().__init__(**options)
        self._notifications = notifications
        self.is_patient = True

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        await self._again(lambda: super(_PatientConnector, self).execute_query_async(query, **arguments))

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        return await self._again(lambda: super(_PatientConnector, self).execute_query_one_async(query, **arguments))

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        return await self._again(lambda: super(_PatientConnector, self).execute_query_all_async(query, **arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Have the process's one connection listen, and never return."""
        tasks: set[asyncio.Task[None]] = set()

        def tell(channel: str, payload: str | None) -> None:
            task = asyncio.ensure_future(on_notification(channel=channel, payload=payload or _LOOK_FOR_JOBS))
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        with ExitStack() as stack:
            for channel in channels:
                stack.enter_context(self._notifications.listening(channel, partial(tell, channel)))
            await asyncio.Event().wait()

    async def _again(self, ask: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await ask()
            except ConnectorException as error:
                # Two loops that ask at one moment may both choose the last job of a slot; the second asks again.
                again = isinstance(error.__cause__, psycopg.OperationalError | psycopg.errors.UniqueViolation)
                if not (again and self.is_patient):
                    raise
            await asyncio.sleep(_RETRY_SECONDS)
