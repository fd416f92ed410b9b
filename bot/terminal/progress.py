"""What is said while a model is at work, and of what that costs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from rich.console import Console
from rich.text import Text

from bot.essay.measures.base import counted
from bot.essay.text.words import count_words
from bot.workflow.jobs import Job, JobState, JobView, Phase
from bot.workflow.models import Cost
from bot.workflow.runner import JobRunner

T = TypeVar("T")

_AT_ONCE = 0.3  # seconds; nobody wonders about a shorter wait, and a line for each would only flicker
_NANO_A_CENT = 10_000_000


class _Teller(Protocol):
    def __call__(self, said: str) -> None: ...


async def follow(jobs: JobRunner, job: Job, screen: Console) -> Job:
    """Waits for the job's end and returns it as it ended, saying on the screen what it does meanwhile.

    Where the wait is cancelled (Ctrl-C), the job is stopped first, so that what came so far is kept.
    """
    try:
        with _telling(screen, "Ctrl-C stops it and keeps what came") as tell:
            async for view in jobs.watch(job.writer, job.id):
                if not view.job.state.ended:
                    tell(_said(view))
    except asyncio.CancelledError:
        await jobs.stop(job.writer, job.id)
        raise
    return await jobs.wait(job.writer, job.id)


async def waiting(step: Coroutine[Any, Any, T], screen: Console, said: str, way_out: str) -> T:
    """What a step returns in which a model may be asked, saying on the screen what is waited for if that takes long.

    ``way_out`` is what Ctrl-C does. Where the wait is cancelled, so is the step.
    """
    task = asyncio.ensure_future(step)
    try:
        done, _ = await asyncio.wait({task}, timeout=_AT_ONCE)
        if done:
            return task.result()
        with _telling(screen, f"Ctrl-C {way_out}") as tell:
            tell(said)
            return await task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextmanager
def _telling(screen: Console, way_out: str) -> Iterator[_Teller]:
    """On a terminal one line that changes and names the way out; else a line for each new thing to say."""
    if screen.is_terminal:
        with screen.status(Text("waiting")) as status:
            yield lambda said: status.update(Text.assemble(said, (f" ({way_out})", "dim")))
        return
    last = ""

    def tell(said: str) -> None:
        nonlocal last
        phase = said.split(",")[0]
        if phase != last:
            screen.print(said)
            last = phase

    yield tell


def _said(view: JobView) -> str:
    if view.place is not None:
        return f"waiting, place {view.place} in line"
    if view.job.state is JobState.QUEUED or view.phase is Phase.WAITING:
        return "waiting for the model"
    if view.phase is Phase.THINKING:
        return "the model is thinking"
    return f"writing, {counted(count_words(view.job.text), 'word')} so far"


def at_most(nano_usd: int) -> str:
    """What work may cost, as a sentence: in whole cents, rounded up."""
    if not nano_usd:
        return "It costs nothing, at the price that is set."
    return f"It may cost up to ${-(-nano_usd // _NANO_A_CENT) / 100:,.2f}."


def is_nothing(came_to: Cost) -> bool:
    """Whether calls cost nothing at all, as where none reached a model: then there is nothing to say of it."""
    return not (came_to.nano_usd or came_to.tokens_in or came_to.tokens_out)


def cost(came_to: Cost) -> str:
    """What calls came to, in dollars where the prices are known, and in tokens."""
    tokens = f"{came_to.tokens_in:,} tokens in, {came_to.tokens_out:,} out"
    if came_to.nano_usd is None:
        return f"{tokens}; the price is not known"
    return f"{dollars(came_to.nano_usd)} ({tokens})"


def dollars(nano_usd: int) -> str:
    """An amount in nano-dollars as a person reads it; small ones to a hundredth of a cent."""
    return f"${nano_usd / 1e9:,.2f}" if nano_usd >= 1_000_000_000 else f"${nano_usd / 1e9:,.4f}"
