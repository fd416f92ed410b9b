"""What a job does: the work that a JobRunner is given, and what the work is given in turn."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

from bot.workflow.models import On

T = TypeVar("T")


Report = On
"""Given to running work: takes its pieces. They are stored at the next flush, and shown after that."""


class Work(Protocol):
    """What a job does, and what becomes of its text when it ends early."""

    async def run(self, report: Report) -> int | None:
        """Does it; returns the number of the version it made, if it made one."""

    async def keep(self, text: str) -> int | None:
        """Keeps what came before the work ended early, as a version whose number is returned, or not at all (None)."""


async def whole(step: Coroutine[Any, Any, T]) -> T:
    """What the step returns, even where the job is stopped meanwhile.

    For the step that stores a result: it would happen all the same, and the job would be taken for one without a result
    and have its text kept a second time.
    """
    task = asyncio.ensure_future(step)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task
