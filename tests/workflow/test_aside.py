"""Work beside the event loop: in a process of its own where there is one, done in any case, and not done twice."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading

import pytest

from bot.workflow.aside import Remembered, aside, aside_slowly, in_a_process


async def test_slow_work_goes_to_another_process_for_as_long_as_there_is_one() -> None:
    with in_a_process():
        elsewhere = await aside_slowly(os.getpid)
    assert elsewhere != os.getpid()
    assert await aside_slowly(os.getpid) == os.getpid()


async def test_slow_work_is_done_even_if_its_process_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    with in_a_process():
        os.kill(await aside_slowly(os.getpid), signal.SIGKILL)
        with caplog.at_level(logging.ERROR):
            found = [await aside_slowly(abs, -number) for number in range(3)]
    assert found == [0, 1, 2]
    assert "the process for slow work ended by itself" in caplog.text


async def test_quick_work_never_holds_the_loop() -> None:
    assert await aside(threading.get_ident) != threading.get_ident()


async def test_what_was_found_lately_is_not_looked_for_again() -> None:
    asked: list[str] = []

    def look(word: str) -> str:
        asked.append(word)
        return word.upper()

    remembered = Remembered(look, 2)
    assert [await remembered(word) for word in ("one", "two", "one", "three", "two", "one")] == [
        *("ONE", "TWO", "ONE", "THREE", "TWO", "ONE")
    ]
    assert asked == ["one", "two", "three", "two", "one"]  # the second was pushed out by the third, which was newer


async def test_how_many_wait_is_known() -> None:
    go_on = threading.Event()
    remembered = Remembered(lambda number: go_on.wait() and number, 2)
    waiting = [asyncio.create_task(remembered(number)) for number in range(5)]
    await asyncio.sleep(0)
    assert remembered.waiting == 5
    go_on.set()
    assert await asyncio.gather(*waiting) == list(range(5))
    assert remembered.waiting == 0
