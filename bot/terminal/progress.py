"""Show the progress of jobs and model calls, and say how they ended and what they cost."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import takewhile
from typing import Protocol

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.text import Text

from bot.essay.structure import Structure
from bot.essay.tagged_draft import render, without_tags
from bot.essay.text.words import count_noun, count_words
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView, PlannedJob
from bot.services.llm_ports import Cost
from bot.services.services import Services
from bot.terminal.stdio import escape_control_characters

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
_MAX_HELD_CHARACTERS = 40  # of a word that may go on; Chinese has no space to wait for
_PART = re.compile(r"\n|[^\S\n]+|\S+")


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


async def follow_job(services: Services, job: Job, screen: Console) -> Job:
    """Show the job's progress until it ends, and return it as it ended.

    The text of a draft, continuation or revision appears as it is stored. When cancelled, as on Ctrl-C, stop the job
    first, so that its text so far is kept.
    """
    jobs = services.jobs
    try:
        if job.kind.gives_way:  # it is mostly over before anybody wonders
            with suppress(TimeoutError):
                async with asyncio.timeout(_SHOW_AFTER_SECONDS):
                    return await jobs.wait(job.writer, job.id)
        await _show_progress(services, job, screen)
    except asyncio.CancelledError:
        await jobs.stop(job.writer, job.id)
        raise
    return await jobs.wait(job.writer, job.id)


async def _show_progress(services: Services, job: Job, screen: Console) -> None:
    ctrl_c_effect = f"Ctrl-C {_CTRL_C_EFFECTS.get(job.kind, 'stops it and keeps what came')}"
    structure = await _structure_of(services, job) if job.kind.shows_text else None
    with TextStream(screen) as stream, ExitStack() as waiting:
        tell = waiting.enter_context(_status_line(screen, ctrl_c_effect))
        async for view in services.jobs.watch(job.writer, job.id):
            if structure is not None and view.job.text:
                if not stream.has_begun:
                    waiting.close()  # the line that says what is awaited is gone for good: it would run into the text
                    screen.print(Text(f"{ctrl_c_effect}.\n" if screen.is_terminal else "", style="dim"))
                stream.show(render(view.job.text, structure), is_whole=view.job.state.is_ended)
            elif not view.job.state.is_ended:
                tell(_status_text(view))


async def _structure_of(services: Services, job: Job) -> Structure | None:
    essay = await services.essays.get_essay(job.writer, job.subject)
    return services.essays.structures.get(essay.structure)


class TextStream:
    """Print a text that grows: each word once, when it is whole, on lines as wide as the screen is then.

    Nothing on the screen is changed again. Where the text turns out to be another one, it goes on from the beginning of
    the line from which it differs, after a blank line. Use it as a context manager, which ends the last line.
    """

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._printed = ""
        self._column = 0
        self._spaces = ""  # between the last word and the next, if that stands on the same line
        self.has_begun = False

    def __enter__(self) -> TextStream:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._column:
            self._screen.print()

    def show(self, text: str, *, is_whole: bool) -> None:
        """Print what has come since the last call, but for a word or heading that may go on, unless it ``is_whole``."""
        self.has_begun = True
        text = re.sub(r"\n{3,}", "\n\n", escape_control_characters(text.replace("\r\n", "\n"))).strip("\n")
        ready = text if is_whole else _without_unfinished(text)
        if self._printed.startswith(ready):
            return
        if not ready.startswith(self._printed):
            same = takewhile(lambda pair: pair[0] == pair[1], zip(self._printed, ready, strict=False))
            self._printed = ready[: ready.rfind("\n", 0, sum(1 for _ in same)) + 1]
            self._print("\n\n" if self._column else "\n")
        self._print(ready[len(self._printed) :])
        self._printed = ready

    def _print(self, text: str) -> None:
        columns, pieces = self._screen.width, list[str]()
        for part in _PART.findall(text):
            if part == "\n":
                pieces.append(part)
                self._column, self._spaces = 0, ""
            elif part.isspace():
                self._spaces = part.replace("\t", "    ")
            else:
                width = cell_len(part)
                if self._column and self._column + len(self._spaces) + width > columns:
                    pieces.append("\n")
                    self._column, self._spaces = 0, ""
                lines = chop_cells(part, columns) if width > columns else [part]
                pieces += (self._spaces, "\n".join(lines))
                before = self._column + len(self._spaces) if len(lines) == 1 else 0
                self._column, self._spaces = before + cell_len(lines[-1]), ""
        self._screen.print(Text("".join(pieces)), end="", soft_wrap=True)


def _without_unfinished(text: str) -> str:
    """Return a text without its last word, or its last line if that is a heading, since either may go on."""
    line = text[text.rfind("\n") + 1 :]
    if line.startswith("#"):
        return text[: len(text) - len(line)].rstrip()
    word = re.search(r"\S*\Z", text)
    held = len(word.group()) if word is not None else 0
    return text[: len(text) - held].rstrip() if held <= _MAX_HELD_CHARACTERS else text


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
