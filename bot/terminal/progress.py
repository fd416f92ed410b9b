"""Show the progress of jobs and model calls, and say how they ended and what they cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Protocol

from rich.console import Console
from rich.text import Text

from bot.essay.tagged_draft import without_tags
from bot.essay.text.words import count_noun, count_words
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView, PlannedJob
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import Cost

_SHOW_AFTER_SECONDS = 0.3  # a status line for a shorter wait would only flicker
_STATUS_TEXTS = {
    JobKind.QUESTION: "the model reads your answers",
    JobKind.PLACEMENT: "the model sorts your notes",
    JobKind.TITLES: "the model looks for titles",
    JobKind.CHECK: "each sentence is held against your notes",
}
_CTRL_C_EFFECTS = {
    JobKind.QUESTION: "goes on with the structure's own question",
    JobKind.TITLES: "leaves the title as it is",
    JobKind.PLACEMENT: "leaves the rest as they are",
    JobKind.CHECK: "leaves the text not checked",
}
_NANO_USD_PER_CENT = 10_000_000


def job_end_message(job: Job) -> str:
    """Say why a job did not finish and what is kept of it."""
    why = job.error or f"The {job.kind.label} was {job.state.value} before its end."
    return why if job.result is None else f"{why} What came is version {job.result}."


def newer_version_message(version: int, head: int | None) -> str:
    """Say that the current text is not the version that was just made, and how to reach both."""
    told = f"This is version {version}. The essay has changed since that was begun, and"
    if head is None:
        return f"{told} has no current text: go {version} makes this one current."
    return (
        f"{told} its current text is version {head}: diff {head} {version} shows how they differ, go {version} makes "
        "this one current, history lists all."
    )


def interrupted_job_message(job: Job, head: int | None) -> str:
    """Say that a job was interrupted, what is kept of it, and how to start it again."""
    said = f"A {job.kind.label} was interrupted."
    if job.result is None:
        said += " The essay is as it was before."
    elif job.result == head:
        said += f" What came is version {job.result}."
    else:
        said += f" What came is version {job.result}, beside the current text: go {job.result} leads there."
    return said if head is None else f'{said} The command "again" begins it once more.'


class _ShowStatus(Protocol):
    def __call__(self, said: str) -> None: ...


async def follow_job(jobs: JobRunner, job: Job, screen: Console) -> Job:
    """Show the job's progress until it ends, and return it as it ended.

    When cancelled, as on Ctrl-C, stop the job first, so that its text so far is kept.
    """
    try:
        if job.kind.gives_way:  # it is mostly over before anybody wonders
            with suppress(TimeoutError):
                async with asyncio.timeout(_SHOW_AFTER_SECONDS):
                    return await jobs.wait(job.writer, job.id)
        with _status_line(screen, f"Ctrl-C {_CTRL_C_EFFECTS.get(job.kind, 'stops it and keeps what came')}") as tell:
            async for view in jobs.watch(job.writer, job.id):
                if not view.job.state.is_ended:
                    tell(_status_text(view))
    except asyncio.CancelledError:
        await jobs.stop(job.writer, job.id)
        raise
    return await jobs.wait(job.writer, job.id)


@contextmanager
def _status_line(screen: Console, ctrl_c_effect: str) -> Iterator[_ShowStatus]:
    """Yield a function that shows a status: on one line of a terminal, else a new line for each new phase."""
    if screen.is_terminal:
        with screen.status(Text("waiting")) as status:
            yield lambda said: status.update(Text.assemble(said, (f" ({ctrl_c_effect})", "dim")))
        return
    last = ""

    def tell(said: str) -> None:
        nonlocal last
        phase = said.split(",")[0]
        if phase != last:
            screen.print(said)
            last = phase

    yield tell


def _status_text(view: JobView) -> str:
    if view.job.kind in _STATUS_TEXTS:
        return _STATUS_TEXTS[view.job.kind]
    if view.queue_position is not None:
        return f"waiting, place {view.queue_position} in line"
    if view.job.state is JobState.QUEUED or view.phase is JobPhase.WAITING:
        return "waiting for the model"
    if view.phase is JobPhase.THINKING:
        return "the model is thinking"
    return f"writing, {count_noun(count_words(without_tags(view.job.text)), 'word')} so far"


def max_cost_message(nano_usd: int) -> str:
    """Say what work may cost at most, in whole cents, rounded up."""
    if not nano_usd:
        return "It costs nothing, at the price that is set."
    return f"It may cost up to {_dollars_rounded_up(nano_usd)}."


async def describe_price(planned: PlannedJob) -> str:
    """Say what a job may cost at most, and the check that follows it by itself."""
    said = max_cost_message(await planned.max_cost())
    check = await planned.max_check_cost() if planned.max_check_cost is not None else 0
    return f"{said} The check that follows may cost up to {_dollars_rounded_up(check)}." if check else said


def _dollars_rounded_up(nano_usd: int) -> str:
    return f"${-(-nano_usd // _NANO_USD_PER_CENT) / 100:,.2f}"


def is_zero_cost(total: Cost) -> bool:
    """Return whether calls cost nothing at all, as if none reached a model."""
    return not (total.nano_usd or total.input_tokens or total.output_tokens)


def format_cost(total: Cost) -> str:
    """Format the cost of calls, in tokens, and in dollars if the price is known."""
    tokens = f"{total.input_tokens:,} tokens in, {total.output_tokens:,} out"
    if total.nano_usd is None:
        return f"{tokens}; the price is not known"
    return f"{format_dollars(total.nano_usd)} ({tokens})"


def format_dollars(nano_usd: int) -> str:
    """Format an amount in nano-dollars; below a dollar to a hundredth of a cent."""
    return f"${nano_usd / 1e9:,.2f}" if nano_usd >= 1_000_000_000 else f"${nano_usd / 1e9:,.4f}"
