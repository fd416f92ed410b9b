"""Work beside the event loop: in a process of its own where there is one, done in any case, and not done twice."""

from __future__ import annotations

import asyncio
import itertools
import logging
import multiprocessing
import os
import signal
import threading
import time

import pytest

from bot.errors import ParsingTimedOut
from bot.services import offload
from bot.services.offload import (
    THREAD_MAX_CHARACTERS,
    AsyncLRUCache,
    in_background,
    in_slow_thread,
    in_thread,
    in_worker,
    parse_in_worker,
    worker_processes,
)


async def test_slow_work_goes_to_another_process_for_as_long_as_there_is_one() -> None:
    with worker_processes():
        elsewhere = await in_worker(os.getpid)
    assert elsewhere != os.getpid()
    assert await in_worker(os.getpid) == os.getpid()


async def test_quick_work_does_not_wait_for_slow_work_in_a_thread() -> None:
    over = threading.Event()
    slow = asyncio.create_task(in_slow_thread(over.wait, 60))
    assert await in_thread(abs, -1) == 1
    assert not slow.done()
    over.set()
    assert await slow


async def test_a_process_starts_with_the_first_work_and_ends_when_there_was_none_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offload, "WORKER_IDLE_SECONDS", 0.01)
    before = {one.pid for one in multiprocessing.active_children()}
    with worker_processes():
        assert {one.pid for one in multiprocessing.active_children()} == before
        first = await in_worker(os.getpid)
        await ended(first)
        assert await in_worker(os.getpid) not in (first, os.getpid())


async def ended(process: int) -> None:
    """Wait until a child has ended."""
    gone, descriptor = asyncio.Event(), os.pidfd_open(process)
    asyncio.get_running_loop().add_reader(descriptor, gone.set)
    try:
        async with asyncio.timeout(10):
            await gone.wait()
    finally:
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)


async def test_short_work_that_nobody_waits_for_needs_no_process() -> None:
    with worker_processes():
        assert await in_background(THREAD_MAX_CHARACTERS, os.getpid) == os.getpid()
        assert await in_background(THREAD_MAX_CHARACTERS + 1, os.getpid) != os.getpid()


async def test_slow_work_is_done_even_if_its_process_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    with worker_processes():
        os.kill(await in_worker(os.getpid), signal.SIGKILL)
        with caplog.at_level(logging.WARNING):
            found = [await in_worker(abs, -number) for number in range(3)]
        elsewhere = await in_worker(os.getpid)
    assert found == [0, 1, 2]
    assert elsewhere != os.getpid()
    assert "the process for slow work ended by itself" in caplog.text


async def test_work_that_takes_too_long_is_ended_and_what_waits_behind_it_is_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offload, "WORKER_TIMEOUT_SECONDS", 0.2)
    with worker_processes():
        before = await in_worker(os.getpid)
        endless = asyncio.create_task(in_worker(time.sleep, 3600))
        behind = asyncio.create_task(in_worker(os.getpid))
        with pytest.raises(ParsingTimedOut, match="nothing was changed"):
            await endless
        assert await behind not in (before, os.getpid())


async def test_work_is_ended_by_the_time_of_a_core_that_it_uses_not_by_how_long_it_waits_for_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(offload, "WORKER_CPU_SECONDS", 0.2)
    with worker_processes():
        await in_worker(time.sleep, 0.5)
        with pytest.raises(ParsingTimedOut, match="nothing was changed"):
            await in_worker(sum, itertools.repeat(1))
        await in_worker(time.sleep, 0.5)
        assert await in_worker(abs, -1) == 1


async def test_work_that_takes_too_much_memory_is_ended() -> None:
    with worker_processes():
        with pytest.raises(ParsingTimedOut):
            await in_worker(bytearray, 8 << 30)
        assert await in_worker(abs, -1) == 1


async def test_an_error_of_the_work_itself_comes_back_as_it_is() -> None:
    with worker_processes(), pytest.raises(ValueError, match="invalid literal"):
        await in_worker(int, "a")


async def test_one_writers_long_texts_are_read_one_at_a_time_and_others_between_them() -> None:
    done: list[str] = []

    async def read(writer: str) -> None:
        await parse_in_worker(writer, THREAD_MAX_CHARACTERS + 1, abs, -1)
        done.append(writer)

    async with asyncio.TaskGroup() as group:
        for writer in ("a", "a", "a", "b"):
            group.create_task(read(writer))
    assert done.index("b") < 2


async def test_a_long_text_is_read_in_another_process_and_not_behind_what_panels_ask_for() -> None:
    with worker_processes():
        reading = await parse_in_worker("a", THREAD_MAX_CHARACTERS + 1, os.getpid)
        looking = await in_worker(os.getpid)
    assert len({reading, looking, os.getpid()}) == 3


async def test_quick_work_runs_outside_the_event_loop_thread() -> None:
    assert await in_thread(threading.get_ident) != threading.get_ident()


async def test_a_recent_result_is_cached() -> None:
    asked: list[str] = []

    def look(word: str) -> str:
        asked.append(word)
        return word.upper()

    remembered = AsyncLRUCache(look, 2)
    assert [await remembered(word) for word in ("one", "two", "one", "three", "two", "one")] == [
        *("ONE", "TWO", "ONE", "THREE", "TWO", "ONE")
    ]
    assert asked == ["one", "two", "three", "two", "one"]  # the second was pushed out by the third, which was newer


async def test_the_cache_counts_its_waiting_callers() -> None:
    go_on = threading.Event()
    remembered = AsyncLRUCache(lambda number: go_on.wait() and number, 2)
    waiting = [asyncio.create_task(remembered(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert remembered.waiting_count == 5
    go_on.set()
    assert await asyncio.gather(*waiting) == list(range(5))
    assert remembered.waiting_count == 0


async def test_simultaneous_callers_of_the_same_key_share_one_computation() -> None:
    asked: list[int] = []

    def look(number: int) -> int:
        asked.append(number)
        return number

    remembered = AsyncLRUCache(look, 2)
    assert await asyncio.gather(*(remembered(1) for _ in range(5))) == [1] * 5
    assert asked == [1]


async def test_a_timeout_is_cached_and_the_slow_work_is_not_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else each look at such a text would hold up everybody else's."""
    monkeypatch.setattr(offload, "WORKER_TIMEOUT_SECONDS", 0.2)
    remembered = AsyncLRUCache(time.sleep, 2)
    with worker_processes():
        with pytest.raises(ParsingTimedOut):
            await remembered(3600)
        ended = await in_worker(os.getpid)
        with pytest.raises(ParsingTimedOut):
            await remembered(3600)
        assert await in_worker(os.getpid) == ended
