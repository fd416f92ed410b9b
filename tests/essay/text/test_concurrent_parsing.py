"""Texts that several people hand in at the same moment, right after the start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.essay.text import parsers
from bot.essay.text.commonmark import blocks
from bot.essay.text.plain import to_plain

THREADS, TIMES = 6, 30


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hasty")
def test_the_first_texts_of_a_process_are_read_whole_also_by_several_threads_at_once() -> None:
    """The parser puts its rules together at its first text."""
    together = Barrier(THREADS)

    def read(number: int) -> tuple[int, str]:
        together.wait()
        text = f"## A heading {number}\n\nSome *words* of it.\n\n- one\n- two\n"
        return len(blocks(text)), to_plain(text)

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(TIMES):
            parsers.block_parser.cache_clear()
            parsers.whole_parser.cache_clear()
            for number, (count, plain) in enumerate(threads.map(read, range(THREADS))):
                assert count == 3
                assert plain.split("\n")[0] == f"A heading {number}"
                assert "Some words of it." in plain
