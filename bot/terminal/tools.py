"""What the terminal's session works with, and how it runs the async workflow one step at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from bot import told_to_end
from bot.terminal import WRITER, progress
from bot.terminal.keyboard import Keyboard
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.jobs import Job
from bot.workflow.runner import JobRunner
from bot.workflow.spending import CountingLedger, cost_of
from bot.workflow.writing import Writing

T = TypeVar("T")


YES_OR_NO = "Type y for yes, or n for no."


def yes_or_no(typed: str, *, enter: bool) -> bool | None:
    """What an answer says, of which ``enter`` is the one without a word; None where it says neither."""
    return {"": enter, "y": True, "yes": True, "n": False, "no": False}.get(typed.strip().lower())


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts of the workflow that a session uses; ``with_model`` says whether a model can be asked."""

    desk: Desk
    interview: Interview
    writing: Writing
    criticism: Criticism
    jobs: JobRunner
    ledger: CountingLedger
    with_model: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """A person at a terminal: their tools, what they see and type, and the way to run a step of the workflow.

    ``screen`` shows what they asked for, ``beside`` how far a model is and what it cost. ``read`` gives the text in the
    file at a path; ``sources`` are the files from which all of it is read, which no export replaces. Between two steps
    no event loop runs, so that Ctrl-C works at a prompt as it does in any program.
    """

    tools: Tools
    runner: asyncio.Runner
    screen: Console
    beside: Console
    keyboard: Keyboard
    read: Callable[[str], str]
    sources: Sequence[Path] = ()

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        """What the step returns."""
        return self.runner.run(step)

    def wait(self, step: Coroutine[Any, Any, T], said: str, way_out: str) -> T:
        """What a step returns in which a model may be asked; says what is waited for, and what Ctrl-C does.

        Raises KeyboardInterrupt on Ctrl-C, which ends the step.
        """
        return self.run(progress.waiting(step, self.beside, said, way_out))

    def say(self, text: str) -> None:
        """Prints a text as it stands."""
        self.screen.print(text)

    def warn(self, text: str) -> None:
        """Prints what a person should not overlook."""
        self.screen.print(text, style="yellow")

    def follow(self, start: Coroutine[Any, Any, Job]) -> Job:
        """Starts a job, shows how far it is until its end, and says what it cost; returns it as it ended.

        Ctrl-C stops the job and nothing else; a signal that tells the program to end stops it and raises
        KeyboardInterrupt. Raises what starting it raises.
        """
        begun: list[Job] = []

        async def followed() -> Job:
            begun.append(await start)
            return await progress.follow(self.tools.jobs, begun[0], self.beside)

        with self.costing("It"):
            try:
                return self.run(followed())
            except KeyboardInterrupt:
                if not begun:
                    raise
                job = self.run(self.tools.jobs.wait(WRITER, begun[0].id))
                if told_to_end.received():
                    raise
                return job

    @contextmanager
    def costing(self, what: str) -> Iterator[None]:
        """Says at the end what ``what``, all that models did meanwhile, cost; nothing where that is nothing."""
        with self.tools.ledger.counting() as calls:
            try:
                yield
            finally:
                if not progress.is_nothing(came_to := cost_of(calls)):
                    self.beside.print(f"{what} cost {progress.cost(came_to)}.")
