"""Locks of Discord's messages among processes: who waits, and what a lost connection leaves."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence

import psycopg
import pytest

from bot.errors import StoreUnavailable
from bot.store.message_locks import PostgresMessageLocks

pytestmark = pytest.mark.postgres

MESSAGE, OTHER, JOB = 1_200_000_000_000_000_001, 1_200_000_000_000_000_002, 17
SHORTLY, PATIENCE = 0.3, 10.0  # seconds: to see that a lock is held, and that it comes free


@pytest.fixture
async def processes(postgres_url: str) -> AsyncIterator[tuple[PostgresMessageLocks, PostgresMessageLocks]]:
    both = PostgresMessageLocks(postgres_url, b"secret"), PostgresMessageLocks(postgres_url, b"secret")
    yield both
    for locks in both:
        await locks.close()


async def lose_connections(url: str) -> None:
    """End all sessions but this one, as a restart of the server does."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid != pg_backend_pid()"
        )


async def test_a_message_is_free_once_the_other_process_has_let_it_go(
    processes: tuple[PostgresMessageLocks, PostgresMessageLocks],
) -> None:
    worker, gateway = processes
    async with worker.hold(MESSAGE, 0.0):
        assert not await gateway.wait_until_free(MESSAGE, SHORTLY)
        assert await gateway.wait_until_free(OTHER, PATIENCE)
        waiting = asyncio.create_task(gateway.wait_until_free(MESSAGE, PATIENCE))
    assert await waiting
    async with worker.hold(MESSAGE, 0.0):  # who has waited does not keep it
        pass


async def test_a_request_that_was_given_up_keeps_its_message_until_it_can_no_longer_arrive(
    processes: tuple[PostgresMessageLocks, PostgresMessageLocks],
) -> None:
    worker, gateway = processes
    held = asyncio.Event()

    async def edit(late_seconds: float) -> None:
        async with worker.hold(MESSAGE, late_seconds):
            held.set()
            await asyncio.Event().wait()

    async def give_up(late_seconds: float) -> None:
        editing = asyncio.create_task(edit(late_seconds))
        await held.wait()
        editing.cancel()
        await asyncio.wait({editing})

    await give_up(0.1)
    assert await gateway.wait_until_free(MESSAGE, PATIENCE)
    held.clear()
    await give_up(600.0)
    assert not await gateway.wait_until_free(MESSAGE, SHORTLY)
    await worker.close()  # a process that ends leaves none
    assert await gateway.wait_until_free(MESSAGE, PATIENCE)


async def test_one_process_has_a_job_and_another_gets_it_once_that_one_is_gone(
    processes: tuple[PostgresMessageLocks, PostgresMessageLocks],
) -> None:
    first, second = processes
    assert await first.claim(JOB)
    assert not await second.claim(JOB)
    await first.give_back(JOB)
    assert await second.claim(JOB)
    await second.close()
    async with asyncio.timeout(PATIENCE):  # the server sees a moment later that the connection is closed
        while not await first.claim(JOB):
            pass


async def test_locks_go_on_after_the_connections_were_lost_and_claims_are_taken_anew(
    processes: tuple[PostgresMessageLocks, PostgresMessageLocks], postgres_url: str
) -> None:
    first, second = processes
    assert await first.claim(JOB)
    assert await second.wait_until_free(MESSAGE, PATIENCE)
    await lose_connections(postgres_url)
    async with first.hold(MESSAGE, 0.0):
        assert not await second.wait_until_free(MESSAGE, SHORTLY)
    assert not await second.claim(JOB)


async def test_jobs_that_end_while_the_claims_are_taken_anew_are_free_and_the_others_are_kept(
    processes: tuple[PostgresMessageLocks, PostgresMessageLocks], postgres_url: str
) -> None:
    first, second = processes
    jobs = list(range(300))
    for job in jobs:
        assert await first.claim(job)
    await lose_connections(postgres_url)
    connecting = asyncio.create_task(first.wait_until_free(MESSAGE, PATIENCE))
    ending = []
    while not connecting.done() and len(jobs) > 1:
        ending.append((jobs[0], asyncio.create_task(first.give_back(jobs.pop(0)))))
        await asyncio.sleep(0.001)  # so that some end before the claims are taken, some meanwhile, and some after
    assert await connecting
    await asyncio.gather(*(task for _, task in ending))
    assert all([await second.claim(job) for job, _ in ending])
    assert not any([await second.claim(job) for job in jobs])


async def test_a_process_that_hangs_in_an_edit_keeps_the_message_from_nobody_for_long(postgres_url: str) -> None:
    hung = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _HOLD, postgres_url, str(MESSAGE), stdout=asyncio.subprocess.PIPE
    )
    gateway = PostgresMessageLocks(postgres_url, b"secret")
    try:
        assert hung.stdout is not None
        async with asyncio.timeout(PATIENCE):
            assert await hung.stdout.readline() == b"held\n"
        assert not await gateway.wait_until_free(MESSAGE, 1.5 * IDLE)  # one that works keeps it
        os.kill(hung.pid, signal.SIGSTOP)
        assert await gateway.wait_until_free(MESSAGE, PATIENCE)
    finally:
        hung.kill()
        await hung.wait()
        await gateway.close()


IDLE = 2.0
_HOLD = f"""
import asyncio, sys
from bot.errors import StoreUnavailable
from bot.store.message_locks import PostgresMessageLocks

async def edit():
    async with PostgresMessageLocks(sys.argv[1], b"secret", {IDLE}).hold(int(sys.argv[2]), 0.0):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(edit())
"""


async def test_a_lock_that_nobody_waits_for_any_more_fails_in_silence_with_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    locks = PostgresMessageLocks("postgresql://nowhere.invalid/essays", b"secret")
    asked, lost = asyncio.Event(), asyncio.Event()

    async def fail(_: object) -> Sequence[bool]:
        asked.set()
        await lost.wait()
        raise StoreUnavailable("the database", "it was lost")

    monkeypatch.setattr(locks, "_answers", fail)
    untold: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: untold.append(context))
    waiting = asyncio.create_task(locks.wait_until_free(MESSAGE, PATIENCE))
    await asked.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    lost.set()
    await asyncio.wait(asyncio.all_tasks() - {asyncio.current_task()})
    gc.collect()
    assert untold == []
