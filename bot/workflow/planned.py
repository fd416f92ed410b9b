"""Work that is ready to begin, so that a writer can be told before it does what it may cost."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from bot.workflow.jobs import Job


@dataclass(frozen=True, slots=True)
class Planned:
    """Work that has been checked and not begun, over the essay as it was then: after a wait for a person, plan anew,
    since a note may have been left out meanwhile. Nothing of it is stored, and it may be dropped.

    ``at_most`` gives what it may cost at most, in nano-dollars, and raises UnknownPrice. ``begin`` begins it, and
    raises JobRunning, TooManyJobs or ShuttingDown, and Outdated where another version is current than when it was
    planned.
    """

    at_most: Callable[[], Coroutine[Any, Any, int]]
    begin: Callable[[], Coroutine[Any, Any, Job]]
