"""Jobs of several processes over one PostgreSQL: begun in one, run in another, stopped from anywhere."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import psycopg
import pytest

from bot.errors import StoreError
from bot.services.jobs import queued_runner
from bot.services.jobs.job import Job, JobKind, JobState
from bot.services.personal_data import WriterMark
from bot.services.store_ports import Transaction
from bot.store.jobs import current_process_name, process_name
from bot.store.shard_leases import holder_name
from bot.store.sql_store import SqlStore
from tests.postgres_server import PostgresServer, find_programs, open_store
from tests.services.conftest import Clock
from tests.services.fake_work import Piece, begin, in_time
from tests.services.fakes import PATIENCE, Gate, seen_until
from tests.services.jobs.queue_steps import ScriptedRunner, Works, open_runner

pytestmark = pytest.mark.postgres


@pytest.fixture
def store(postgres_url: str, clock: Clock) -> Iterator[SqlStore]:
    opened = open_store(postgres_url, clock)
    yield opened
    opened.close()


@pytest.fixture
async def gateway(postgres_url: str, store: SqlStore, clock: Clock, works: Works) -> AsyncIterator[ScriptedRunner]:
    opened = await open_runner(postgres_url, store, clock, works, is_worker=False)
    yield opened
    await opened.close()


@pytest.fixture
async def worker(postgres_url: str, store: SqlStore, clock: Clock, works: Works) -> AsyncIterator[ScriptedRunner]:
    opened = await open_runner(postgres_url, store, clock, works)
    yield opened
    await opened.close()


@pytest.fixture
def works() -> Works:
    return {}


async def test_a_job_of_one_process_runs_in_another_which_has_its_text_and_tells_its_end(
    gateway: ScriptedRunner, worker: ScriptedRunner
) -> None:
    gate = Gate()
    job, _ = await begin(gateway, "One. ", gate)
    assert job.state is JobState.QUEUED
    await gate.reached()
    assert not gateway.counts()
    assert worker.counts() == {(JobKind.DRAFT, JobState.RUNNING): 1}
    gate.release()
    assert (await in_time(gateway, job)).state is JobState.DONE


async def test_stop_in_one_process_ends_a_job_that_runs_in_another(
    gateway: ScriptedRunner, worker: ScriptedRunner
) -> None:
    gate = Gate()
    work = Piece(("One. ", gate), keeps=7)
    job = await gateway.start("me", "s", JobKind.DRAFT, work)
    await gate.reached()
    stopped = await gateway.stop("me", job.id)
    assert (stopped.state, stopped.result, work.kept) == (JobState.STOPPED, 7, ["One. "])
    assert await gateway.running_job("me", "s") is None


async def test_stop_of_a_job_that_no_worker_has_begun_ends_it_at_once(gateway: ScriptedRunner) -> None:
    job, work = await begin(gateway, "never")
    stopped = await gateway.stop("me", job.id)
    assert (stopped.state, stopped.text, work.kept) == (JobState.STOPPED, "", [])
    again, _ = await begin(gateway)
    view = await gateway.latest_job("me", "s")
    assert view is not None
    assert (view.job.id, view.job.state) == (again.id, JobState.QUEUED)


async def test_a_worker_counts_the_jobs_that_wait_for_any(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    worker = await open_runner(postgres_url, store, clock, works, max_running=1)
    gate = Gate()
    await begin(gateway, gate, subject="1", who="one")
    await gate.reached()
    for who in ("two", "three"):
        await begin(gateway, subject=who, who=who)
    await worker.recover_lost()
    assert worker.counts() == {(JobKind.DRAFT, JobState.RUNNING): 1, (JobKind.DRAFT, JobState.QUEUED): 2}
    gate.release()
    await worker.close()


async def test_a_question_gives_way_to_a_draft_that_is_begun_in_another_process(
    gateway: ScriptedRunner, worker: ScriptedRunner
) -> None:
    gate = Gate()
    question = await gateway.start("me", "s", JobKind.QUESTION, Piece((gate,)), argument="1")
    await gate.reached()
    draft, _ = await begin(worker)
    assert (await in_time(gateway, draft)).state is JobState.DONE
    assert (await in_time(gateway, question)).state is JobState.INTERRUPTED


async def test_a_worker_goes_on_with_what_a_killed_one_had_and_who_waits_gets_the_end_of_that(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    work = Piece(keeps=3)
    job = await gateway.start("me", "s", JobKind.DRAFT, work)
    await run_and_die(postgres_url, store, job, "Half. ")
    waiting = asyncio.create_task(in_time(gateway, job))
    sweeper = await open_runner(postgres_url, store, clock, works, is_worker=False, stalled_seconds=0.0)
    (found,) = await sweeper.recover_lost()
    assert (found.id, found.state, found.kills, found.result) == (job.id, JobState.INTERRUPTED, 1, 3)
    assert work.kept == ["Half. "]
    assert await sweeper.recover_lost() == ()
    follower = await sweeper.start("me", "s", JobKind.FINISH, Piece(), follows=found)
    await sweeper.close()
    assert not waiting.done()
    worker = await open_runner(postgres_url, store, clock, works)
    ended = await waiting
    assert (ended.id, ended.state) == (follower.id, JobState.DONE)
    await worker.close()


async def test_what_a_killed_process_of_this_machine_had_is_known_at_once_and_what_one_that_runs_has_stays(
    gateway: ScriptedRunner, store: SqlStore, postgres_url: str
) -> None:
    """Its last heartbeat was just now, and the runner has just reached the database."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        name = holder_name().replace(current_process_name(), str(process_name(other.pid)))
        job, _ = await begin(gateway)
        await run_and_die(postgres_url, store, job, "Half. ", name)
        assert await gateway.recover_lost() == ()
        other.kill()
    (found,) = await gateway.recover_lost()
    assert (found.id, found.state, found.kills) == (job.id, JobState.INTERRUPTED, 1)


async def test_stop_of_a_job_whose_worker_was_killed_is_kept_until_another_worker_finds_it(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    job, _ = await begin(gateway)
    await run_and_die(postgres_url, store, job, "Half. ")
    stopping = asyncio.create_task(gateway.stop("me", job.id))
    sweeper = await open_runner(postgres_url, store, clock, works, is_worker=False, stalled_seconds=0.0)
    await asyncio.to_thread(_until_cancelled, postgres_url)
    await sweeper.recover_lost()
    async with asyncio.timeout(PATIENCE):
        assert (await stopping).state is JobState.STOPPED
    await sweeper.close()


async def test_a_heartbeat_that_is_late_because_the_database_was_away_costs_no_job(
    gateway: ScriptedRunner, store: SqlStore, postgres_url: str
) -> None:
    """The runner has just reached the database, so it does not know yet who has died."""
    job, _ = await begin(gateway)
    await run_and_die(postgres_url, store, job, "Half. ")
    assert await gateway.recover_lost() == ()
    running = await gateway.running_job("me", "s")
    assert running is not None
    assert running.state is JobState.RUNNING


async def test_a_database_server_that_hung_costs_no_job_of_a_worker_that_could_not_tell_it_that_it_lives(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    hanging = _HangingStore(store)
    sweeper = await open_runner(
        postgres_url, cast(SqlStore, hanging), clock, works, is_worker=False, stalled_seconds=0.2
    )
    assert await sweeper.recover_lost() == ()
    job, _ = await begin(gateway)
    await run_and_die(postgres_url, store, job, "Half. ")
    await asyncio.sleep(0.2)  # by now it knows the server for long enough
    hanging.seconds = 0.2
    assert await sweeper.recover_lost() == ()
    hanging.seconds = 0.0
    await sweeper.close()


@dataclass
class _HangingStore:
    """A store whose server takes so many seconds to answer."""

    store: SqlStore
    seconds: float = 0.0

    async def read(self, step: Callable[[Transaction], Any]) -> Any:
        await asyncio.sleep(self.seconds)
        return await self.store.read(step)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)


async def test_jobs_go_on_though_the_whole_queue_is_lost(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    job, _ = await begin(gateway)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public_queue CASCADE")
    other = await open_runner(postgres_url, store, clock, works)
    (found,) = await other.recover_lost()
    assert (found.id, found.state, found.kills) == (job.id, JobState.INTERRUPTED, 0)
    follower = await other.start("me", "s", JobKind.DRAFT, Piece(), follows=found)
    assert (await in_time(gateway, job)).id == follower.id
    await other.close()


async def test_a_worker_that_is_told_to_end_interrupts_its_jobs_and_leaves_the_queue_to_others(
    gateway: ScriptedRunner, store: SqlStore, clock: Clock, postgres_url: str, works: Works
) -> None:
    worker = await open_runner(postgres_url, store, clock, works, max_running=1)
    gate = Gate()
    first, work = await begin(gateway, "One. ", gate)
    await gate.reached()
    second, _ = await begin(gateway, subject="t", who="you")
    async with asyncio.timeout(PATIENCE):
        await worker.close()
    assert worker.is_closing
    ended = await store.read(lambda tx: tx.jobs.get("me", first.id))
    assert (ended.state, ended.kills, work.kept) == (JobState.INTERRUPTED, 0, ["One. "])
    assert (await gateway.running_job("you", "t")) is not None
    follower = await worker.start("me", "s", JobKind.DRAFT, Piece(), follows=ended)
    other = await open_runner(postgres_url, store, clock, works)
    assert (await in_time(gateway, second)).state is JobState.DONE
    assert (await in_time(gateway, first)).id == follower.id
    await other.close()


async def test_deleting_somebodys_data_ends_their_jobs_in_every_process_and_drops_their_text(
    gateway: ScriptedRunner, worker: ScriptedRunner, store: SqlStore, clock: Clock
) -> None:
    gates = [Gate() for _ in range(2)]
    running = await gateway.start("me", "1", JobKind.DRAFT, Piece(("One. ", gates[0]), keeps=7))
    await seen_until(worker, "me", running.id, "One.")
    waiting = await gateway.start("me", "2", JobKind.DRAFT, Piece(("Two. ",)))
    other = await gateway.start("you", "3", JobKind.DRAFT, Piece((gates[1],)))
    await gates[1].reached()
    await store.write("me", lambda tx: tx.people.mark("me", WriterMark.DELETING, clock()))
    async with asyncio.timeout(PATIENCE):
        await gateway.drop_all("me")
    ended = [await store.read(lambda tx, job=job: tx.jobs.get("me", job.id)) for job in (running, waiting)]  # type: ignore[misc]  # a default that holds the loop's value
    assert [(job.state, job.result, job.text) for job in ended] == [(JobState.STOPPED, None, "")] * 2
    gates[1].release()
    assert (await in_time(gateway, other)).state is JobState.DONE


async def test_stop_of_a_job_whose_worker_was_killed_ends_it_though_there_is_no_other_worker(
    gateway: ScriptedRunner, store: SqlStore, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queued_runner, "_TAKEOVER_SECONDS", 0.1)
    work = Piece(keeps=3)
    job = await gateway.start("me", "s", JobKind.DRAFT, work)
    await run_and_die(postgres_url, store, job, "Half. ")
    async with asyncio.timeout(PATIENCE):
        stopped = await gateway.stop("me", job.id)
    assert (stopped.state, stopped.result, work.kept) == (JobState.STOPPED, 3, ["Half. "])


async def test_a_database_server_that_restarts_ends_no_job_and_new_ones_are_taken(clock: Clock) -> None:
    if (programs := find_programs()) is None:
        pytest.skip("there is no PostgreSQL: install Debian's package postgresql")
    server = PostgresServer.start_new(programs)
    try:
        url, works = server.new_database(), Works()
        store = open_store(url, clock)
        worker = await open_runner(url, store, clock, works)
        gate, early = Gate(), Gate()
        job = await worker.start("me", "s", JobKind.QUESTION, Piece((gate,)))
        done_meanwhile = await worker.start("me", "t", JobKind.DRAFT, Piece(("One. ", early), result=7))
        await gate.reached()
        await early.reached()
        await asyncio.to_thread(server.stop)
        early.release()
        with pytest.raises(StoreError):
            await worker.recover_lost()
        await asyncio.to_thread(server.start)
        gate.release()
        assert (await in_time(worker, job)).state is JobState.DONE
        ended = await in_time(worker, done_meanwhile)
        assert (ended.state, ended.result) == (JobState.DONE, 7)
        assert (await in_time(worker, (await begin(worker))[0])).state is JobState.DONE
        await worker.close()
        store.close()
    finally:
        server.remove()


async def run_and_die(url: str, store: SqlStore, job: Job, text: str, process: str | None = None) -> None:
    """Leave a job as a worker does that takes it, writes some text, and is killed: by default one of some other machine
    an hour ago, else the ``process`` of this name just now."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path TO public_queue")
        query = (
            "INSERT INTO procrastinate_workers (process, last_heartbeat) VALUES (%s, now() - %s::interval) RETURNING id"
        )
        row = connection.execute(query, [process, "1 hour" if process is None else "0"]).fetchone()
        assert row is not None
        connection.execute("SELECT procrastinate_fetch_job_v2(NULL, %s)", row)
    await store.write(job.writer, lambda tx: tx.jobs.mark_running(job.id, job.created))
    await store.write("texts", lambda tx: tx.jobs.append_text({job.id: text}))


def _until_cancelled(url: str) -> None:
    """Wait until an end was asked for of a job that a worker has."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET search_path TO public_queue")
        while connection.execute("SELECT 1 FROM procrastinate_jobs WHERE abort_requested").fetchone() is None:
            time.sleep(0.01)
