"""Timing by the median of many runs, taken in turns so that a busy moment of the machine meets every contender."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter


def medians(contenders: Mapping[str, Callable[[], object]], runs: int) -> dict[str, float]:
    """The median time of each contender in seconds, after one run of each that does not count."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(runs + 1):
        for name, contender in contenders.items():
            start = perf_counter()
            contender()
            if number:
                times[name].append(perf_counter() - start)
    return {name: median(taken) for name, taken in times.items()}
