"""Measuring takes time in proportion to the text, whatever the text is.

What is compared is a ratio of processor times, never a time with a limit: a slow machine is slow in both.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from bot.essay.measures import measure
from bot.essay.reading import Reading
from bot.essay.sections import split
from bot.essay.specifics import specifics
from tests.essay.measures.samples import PLAIN

UNITS = [
    *(",", '"', "“", "'", "a", "not ", "a, not ", "it's not ", "not just a ", "a, ", "— ", ". ", ". . ", "!?", "("),
    *("[", "](", "`", "*", "_", "<", "<!--", "> ", "- ", "# a\n", "a\n=\n", "x\n", "Hx\n\n", "two ", "1,000,", "1."),
    *("10–", "A ", "A. ", "May ", "in today's ", "more companies ", "studies show ", "Aa of ", "less a ", "you "),
    *("[NEED: ", "|", "1. a\n", "’", "A’", "a.m. "),
]
# Four times the text may take four times as long; quadratic work would take sixteen times. Eight tells them apart.
TIMES = 4
ALLOWED = 8.0
SHORT = 5_000
# Below this a ratio is noise: garbage collection alone takes as long.
STEADY_SECONDS = 0.02


def least_time(work: Callable[[str], object], text: str) -> float:
    """The lesser of two runs: what else the machine does can only add."""
    times = []
    for _ in range(2):
        start = time.process_time()
        work(text)
        times.append(time.process_time() - start)
    return min(times)


def everything(text: str) -> None:
    """All that is read and measured in a text."""
    reading = Reading(text)
    measure(reading)
    specifics(text)
    split(text)


@pytest.mark.parametrize("unit", UNITS)
def test_work_grows_no_faster_than_an_odd_text(unit: str) -> None:
    short = (unit * SHORT)[:SHORT] + "b"
    long = (unit * SHORT * TIMES)[: SHORT * TIMES] + "b"
    everything(short)
    assert least_time(everything, long) <= ALLOWED * max(least_time(everything, short), STEADY_SECONDS)


def test_ten_times_the_essay_takes_ten_times_the_work() -> None:
    short = PLAIN * 4
    everything(short)
    # Twelve times is what is promised; a shared machine is given three more.
    assert least_time(everything, short * 10) <= 15 * least_time(everything, short)
