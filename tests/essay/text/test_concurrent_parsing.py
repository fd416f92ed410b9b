"""Texts that several people hand in at the same moment, right after the start."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from bot.essay.text import markdown
from bot.essay.text.markdown import split_top_level_blocks
from bot.essay.text.plain_text import to_plain_text

THREADS, TIMES = 6, 30


@pytest.fixture
def frequent_thread_switches() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("frequent_thread_switches")
def test_several_threads_parsing_the_first_texts_of_a_process_at_once_read_them_whole() -> None:
    """The parser puts its rules together at its first text."""
    together = Barrier(THREADS)

    def read(number: int) -> tuple[int, str]:
        together.wait()
        text = f"## A heading {number}\n\nSome *words* of it.\n\n- one\n- two\n"
        return len(split_top_level_blocks(text)), to_plain_text(text)

    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(TIMES):
            markdown.block_parser.cache_clear()
            markdown.commonmark_parser.cache_clear()
            for number, (count, plain) in enumerate(threads.map(read, range(THREADS))):
                assert count == 3
                assert plain.split("\n")[0] == f"A heading {number}"
                assert "Some words of it." in plain
