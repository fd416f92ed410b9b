"""What is counted while the program runs: plain numbers of this process, without a person in them.

Whoever does something calls ``add`` or ``observe``; ``ops/metrics_server.py`` reads the numbers in Prometheus' format.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field

ACTIVE_SECONDS = 3_600.0  # somebody who acted within this time is active
_MAX_PEOPLE = 100_000  # remembered at once, some 10 MB


@dataclass(eq=False)
class Counter:
    """A number for each combination of its labels' values; it only grows."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    values: dict[tuple[str, ...], float] = field(default_factory=dict)

    def add(self, *label_values: str, amount: float = 1) -> None:
        """Add an amount."""
        self.values[label_values] = self.values.get(label_values, 0) + amount


@dataclass(eq=False)
class Buckets:
    """How many values fell up to each bound and above the last, and their sum."""

    counts: list[int]
    sum: float = 0.0


@dataclass(eq=False)
class Histogram:
    """Durations in seconds, counted by how long they were, for each combination of its labels' values."""

    name: str
    help: str
    bounds: tuple[float, ...]
    labels: tuple[str, ...] = ()
    values: dict[tuple[str, ...], Buckets] = field(default_factory=dict)

    def observe(self, seconds: float, *label_values: str) -> None:
        """Count one duration."""
        found = self.values.setdefault(label_values, Buckets([0] * (len(self.bounds) + 1)))
        found.counts[bisect_left(self.bounds, seconds)] += 1
        found.sum += seconds


class ActivePeople:
    """How many people acted within the last hour. Their pseudonyms are kept in memory, and handed to nobody."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}  # the one who acted last comes last

    def add(self, writer: str) -> None:
        """Remember that somebody has just acted."""
        self._seen.pop(writer, None)
        self._seen[writer] = self._clock()
        if len(self._seen) > _MAX_PEOPLE:
            del self._seen[next(iter(self._seen))]

    def count(self) -> int:
        """Return how many are active."""
        since = self._clock() - ACTIVE_SECONDS
        return sum(seen > since for seen in list(self._seen.values()))


active_people = ActivePeople()
jobs_ended = Counter("essay_bot_jobs_ended", "Jobs that ended, by how they ended.", ("kind", "state"))
# Discord waits three seconds for the acknowledgement.
acknowledgement_seconds = Histogram(
    "essay_bot_acknowledgement_seconds",
    "From the arrival of an interaction to Discord's receipt of the first answer.",
    (0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
)
_WAIT_BOUNDS = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0, 300.0)
first_text_seconds = Histogram(
    "essay_bot_first_text_seconds",
    "From the start of a job, its wait in the queue included, to its first text.",
    _WAIT_BOUNDS,
    ("kind",),
)
model_first_text_seconds = Histogram(
    "essay_bot_model_first_text_seconds",
    "From the sending of a call to the first text of the model's answer.",
    _WAIT_BOUNDS,
    ("role",),
)
model_call_seconds = Histogram(
    "essay_bot_model_call_seconds", "From the sending of a call to its end.", _WAIT_BOUNDS, ("role",)
)
model_calls = Counter("essay_bot_model_calls", "Calls of models, by how they ended.", ("role", "outcome"))
model_tokens = Counter("essay_bot_model_tokens", "Tokens as they are billed.", ("role", "type"))
model_dollars = Counter("essay_bot_model_cost_dollars", "What calls of models cost.", ("role",))
rate_limits = Counter("essay_bot_rate_limits", "Answers that asked to wait (HTTP 429).", ("service",))
loop_stalls = Counter("essay_bot_event_loop_stalls", "Times that the event loop was late by 0.1 s or more.")
loop_stall_seconds = Counter("essay_bot_event_loop_stall_seconds", "By how much it was late then, in all.")

COUNTERS = (
    jobs_ended, model_calls, model_tokens, model_dollars, rate_limits, loop_stalls, loop_stall_seconds,
)  # fmt: skip
HISTOGRAMS = (acknowledgement_seconds, first_text_seconds, model_first_text_seconds, model_call_seconds)
