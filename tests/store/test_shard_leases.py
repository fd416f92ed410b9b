"""Two processes never serve one shard: who is there first, who takes over, and who stops when it cannot renew."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import psycopg
import pytest

from bot.store import shard_leases
from bot.store.jobs import process_name
from bot.store.shard_leases import ShardLease, holder_name, is_certainly_gone
from tests.postgres_server import PostgresServer

pytestmark = pytest.mark.postgres

ROOT = Path(__file__).parents[2]
Lease = Callable[..., ShardLease]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases and pauses of a tenth of their length, so that a test takes seconds."""
    for name in ("LEASE_SECONDS", "_RENEW_SECONDS", "_STANDBY_SECONDS", "_RETRY_SECONDS", "CLOSE_SECONDS"):
        monkeypatch.setattr(shard_leases, name, getattr(shard_leases, name) / 10)


@pytest.fixture
def clean(postgres_url: str) -> str:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS _shard_leases, _identifies")
    return postgres_url


@pytest.fixture
async def lease(clean: str) -> AsyncIterator[Lease]:
    """Makes a lease of shards for a process of another machine, by a name; each is released at the end."""
    async with AsyncExitStack() as stack:

        def make(name: str, *shards: int, count: int = 4) -> ShardLease:
            made = ShardLease(clean, shards, count, f"elsewhere/{name}")
            stack.push_async_callback(made.release)
            return made

        yield make


async def within(seconds: float, waiting: asyncio.Future[None]) -> bool:
    done, _ = await asyncio.wait({waiting}, timeout=seconds)
    return bool(done)


async def test_a_second_process_waits_for_its_shards_and_takes_them_when_the_first_ends(lease: Lease) -> None:
    first, beside, second = lease("first", 0, 1), lease("beside", 2, 3), lease("second", 1)
    await first.acquire()
    await beside.acquire()  # other shards
    keeping = asyncio.create_task(first.keep())
    waiting = asyncio.create_task(second.acquire())
    assert not await within(2 * shard_leases.LEASE_SECONDS, waiting)  # as long as the first renews
    assert (first.is_held(), second.is_held()) == (True, False)
    keeping.cancel()
    await first.release()
    await asyncio.wait_for(waiting, 5)
    assert (first.is_held(), second.is_held()) == (False, True)


async def test_the_shards_of_a_process_that_says_nothing_fall_free_after_it_has_stopped(lease: Lease) -> None:
    first, second = lease("first", 0), lease("second", 0)
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    while not waiting.done():
        was_held = first.is_held()
        await asyncio.sleep(0.01)
    assert not was_held
    assert not first.is_held()
    await first.keep()  # ends at once, for it is too late
    assert not first.is_held()


async def test_a_process_whose_shards_were_taken_learns_of_it_when_it_renews(lease: Lease, clean: str) -> None:
    first = lease("first", 0)
    await first.acquire()
    with psycopg.connect(clean, autocommit=True) as connection:
        connection.execute("UPDATE _shard_leases SET holder = 'elsewhere/second'")
    await asyncio.wait_for(first.keep(), 5)
    assert not first.is_held()


async def test_processes_that_count_the_shards_differently_never_serve_at_once(lease: Lease) -> None:
    four, eight = lease("four", 0, count=4), lease("eight", 7, count=8)
    await four.acquire()
    waiting = asyncio.create_task(eight.acquire())
    assert not await within(4 * shard_leases._STANDBY_SECONDS, waiting) or not four.is_held()
    waiting.cancel()


async def test_the_shards_of_a_process_killed_on_this_machine_are_taken_at_once(
    clean: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long its lease would be: and a process that lives is not taken to be dead, nor one elsewhere."""
    monkeypatch.setattr(shard_leases, "LEASE_SECONDS", 3600)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    machine = holder_name().rpartition("/")[0]
    name = f"{machine}/{process_name(child.pid)}"
    killed, ours = ShardLease(clean, [0], 1, name), ShardLease(clean, [0], 1)
    await killed.acquire()
    waiting = asyncio.create_task(ours.acquire())
    try:
        assert not await within(4 * shard_leases._STANDBY_SECONDS, waiting)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        await asyncio.wait_for(waiting, 5)
    finally:
        child.kill()
        child.communicate()
        await killed.release()
        await ours.release()


def test_a_process_of_another_container_or_machine_is_never_taken_to_be_gone() -> None:
    boot, namespace, process = holder_name().split("/")
    dead = f"{2**22 - 1}-{boot[:8]}-1"  # no process has that number
    assert not is_certainly_gone(holder_name())
    assert is_certainly_gone(f"{boot}/{namespace}/{dead}")
    assert is_certainly_gone(f"{boot}/{namespace}/{process.rpartition('-')[0]}-1")  # its number was given anew
    assert not is_certainly_gone(f"{boot}/pid:[1]/{dead}")  # a container of this machine's
    assert not is_certainly_gone(f"{boot[:8]}-other/{namespace}/{dead}")  # another machine
    assert not is_certainly_gone(dead)


def test_two_containers_of_one_machine_do_not_take_each_other_for_gone() -> None:
    """Each is process 1, or has ended, in a PID namespace of its own."""
    inside = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c"]
    told = "from bot.store.shard_leases import *; import sys; print(holder_name())"
    try:
        first = subprocess.run([*inside, told], capture_output=True, text=True, check=False, cwd=ROOT)
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if first.returncode:
        pytest.skip("a PID namespace cannot be made here")
    name = first.stdout.strip()
    ask = f"from bot.store.shard_leases import *; print(is_certainly_gone({name!r}))"
    second = subprocess.run([*inside, ask], capture_output=True, text=True, check=True, cwd=ROOT)
    assert second.stdout.strip() == "False"
    assert not is_certainly_gone(name)


async def test_identifies_of_all_processes_keep_discords_distance(
    lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    first, second = lease("first", 0, 1), lease("second", 2, 3)
    await first.acquire()
    await second.acquire()
    monkeypatch.setattr(asyncio, "sleep", note)
    for one, shard in ((first, 0), (second, 2), (second, 3), (first, 1)):
        await one.wait_to_identify(shard, max_concurrency=2)
    monkeypatch.undo()
    assert [round(seconds) for seconds in waited] == [0, 5, 0, 5]  # 0 and 2 are of one bucket, 1 and 3 of the other


async def test_a_server_that_restarts_ends_no_lease_and_one_that_stays_away_ends_it_in_time(
    own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_leases, "LEASE_SECONDS", 10.0)
    ours = ShardLease(own_server.new_database(), [0], 1)
    await ours.acquire()
    keeping = asyncio.create_task(ours.keep())
    await asyncio.to_thread(own_server.stop)
    await asyncio.to_thread(own_server.start)
    assert not await within(2.0, keeping)
    assert ours.is_held()
    await asyncio.to_thread(own_server.stop, "immediate")
    await asyncio.wait_for(keeping, 20)
    assert ours.is_held()  # for as long as it takes to close the sessions
    await asyncio.to_thread(own_server.start)
    await asyncio.wait_for(ours.acquire(), 20)
    assert ours.is_held()
    await ours.release()
