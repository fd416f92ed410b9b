"""Steps on one thread: in order, answered whatever comes of them, and done even where nobody waits any more."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from functools import partial

import pytest

from bot.store.worker_thread import WorkerThread


async def test_steps_run_in_order_in_one_thread_and_each_caller_gets_its_result_or_error() -> None:
    lane, done = WorkerThread("steps"), list[tuple[int, int]]()

    def step(number: int) -> int:
        done.append((number, threading.get_ident()))
        if number == 3:
            raise KeyError(number)
        return number

    found = await asyncio.gather(*(lane.run(partial(step, number)) for number in range(6)), return_exceptions=True)
    assert [repr(one) for one in found] == ["0", "1", "2", "KeyError(3)", "4", "5"]
    assert [number for number, _ in done] == list(range(6))
    assert {thread for _, thread in done} != {threading.get_ident()}
    assert len({thread for _, thread in done}) == 1
    lane.close()


async def test_a_step_whose_caller_was_cancelled_still_runs_and_the_next_one_completes() -> None:
    lane, go_on, done = WorkerThread("steps"), threading.Event(), list[str]()
    held, left = lane.run(go_on.wait), lane.run(lambda: done.append("left"))
    left.cancel()
    go_on.set()
    assert await held
    assert await lane.run(lambda: len(done)) == 1
    assert left.cancelled()
    lane.close()


def test_closing_waits_for_steps_submitted_before() -> None:
    lane, done = WorkerThread("steps"), list[int]()

    async def ask() -> None:
        for number in range(50):
            lane.run(partial(done.append, number)).cancel()

    asyncio.run(ask())  # its loop may be gone before the steps are done
    lane.close()
    assert done == list(range(50))


async def test_an_error_is_freed_after_it_was_raised_to_the_caller() -> None:
    class Held(Exception):
        pass

    def fail() -> None:
        raise Held

    lane = WorkerThread("steps")
    gc.disable()
    try:
        with pytest.raises(Held) as caught:
            await lane.run(fail)
        error = weakref.ref(caught.value)
        del caught
        await lane.run(lambda: None)
        assert error() is None
    finally:
        gc.enable()
    lane.close()
