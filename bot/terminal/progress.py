"""Watches a job and says on standard error how far it is."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console

from bot.essay.words import count_words
from bot.workflow.jobs import Job, JobState, JobView, Phase
from bot.workflow.runner import JobRunner
from bot.workflow.spending import UsageRow


class _Teller(Protocol):
    def __call__(self, said: str) -> None: ...


async def follow(jobs: JobRunner, job: Job, screen: Console) -> Job:
    """Waits for the job's end and returns it as it ended, saying on the screen what it does meanwhile.

    Where the wait is cancelled (Ctrl-C), the job is stopped first, so that what came so far is kept.
    """
    try:
        with _telling(screen) as tell:
            async for view in jobs.watch(job.writer, job.id):
                if not view.job.state.ended:
                    tell(_said(view))
    except asyncio.CancelledError:
        await jobs.stop(job.writer, job.id)
        raise
    return await jobs.wait(job.writer, job.id)


@contextmanager
def _telling(screen: Console) -> Iterator[_Teller]:
    """On a terminal one line that changes; else a line for each new thing to say."""
    if screen.is_terminal:
        with screen.status("waiting") as status:
            yield lambda said: status.update(said)
        return
    last = ""

    def tell(said: str) -> None:
        nonlocal last
        phase = said.split(",")[0]
        if phase != last:
            screen.print(said, markup=False)
            last = phase

    yield tell


def _said(view: JobView) -> str:
    if view.place is not None:
        return f"waiting, place {view.place} in line"
    if view.job.state is JobState.QUEUED or view.phase is Phase.WAITING:
        return "waiting for the model"
    if view.phase is Phase.THINKING:
        return "the model is thinking"
    return f"writing, {count_words(view.job.text):,} words so far"


def cost(rows: list[UsageRow]) -> str:
    """What calls came to, in dollars where the price is known, and in tokens."""
    nano = sum(row.nano_usd for row in rows)
    tokens_in = sum(row.input_tokens + row.cache_read_tokens for row in rows)
    tokens_out = sum(row.output_tokens for row in rows)
    tokens = f"{tokens_in:,} tokens in, {tokens_out:,} out"
    if all(row.unpriced == row.calls for row in rows):
        return f"{tokens}; no price is known for this model"
    return f"{dollars(nano)} ({tokens})"


def dollars(nano_usd: int) -> str:
    """An amount in nano-dollars as a person reads it; small ones to a hundredth of a cent."""
    return f"${nano_usd / 1e9:,.2f}" if nano_usd >= 1_000_000_000 else f"${nano_usd / 1e9:,.4f}"
