"""What the terminal's session works with, and how it runs the async workflow one step at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from rich.console import Console

from bot.terminal import WRITER, progress
from bot.terminal.keyboard import Keyboard
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.jobs import Job
from bot.workflow.ports import Clock
from bot.workflow.runner import JobRunner
from bot.workflow.spending import Ledger
from bot.workflow.writing import Writing

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """The parts of the workflow that a session uses; ``with_model`` says whether a model can be asked."""

    desk: Desk
    interview: Interview
    writing: Writing
    criticism: Criticism
    jobs: JobRunner
    ledger: Ledger
    clock: Clock
    with_model: bool


@dataclass(frozen=True, slots=True)
class Sitting:
    """A person at a terminal: their tools, what they see and type, and the way to run a step of the workflow.

    ``read`` gives the text in the file at a path. Between two steps no event loop runs, so that Ctrl-C works at a
    prompt as it does in any program.
    """

    tools: Tools
    runner: asyncio.Runner
    screen: Console
    keyboard: Keyboard
    read: Callable[[str], str]

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        """What the step returns."""
        return self.runner.run(step)

    def say(self, text: str) -> None:
        """Prints a text as it stands."""
        self.screen.print(text, markup=False)

    def warn(self, text: str) -> None:
        """Prints what a person should not overlook."""
        self.screen.print(text, style="yellow", markup=False)

    def follow(self, essay: str, start: Coroutine[Any, Any, Job]) -> Job:
        """Starts a job on the essay, shows how far it is until its end, and says what it cost.

        Ctrl-C stops the job and nothing else. Raises what starting it raises.
        """
        began = self.tools.clock()
        try:
            job = self.run(self._followed(start))
        except KeyboardInterrupt:
            latest = self.run(self.tools.jobs.latest(WRITER, essay))
            if latest is None or not latest.job.state.ended:
                raise
            job = latest.job
        rows = self.run(self.tools.ledger.usage(began, WRITER))
        if rows:
            self.say(f"It cost {progress.cost(list(rows))}.")
        return job

    async def _followed(self, start: Coroutine[Any, Any, Job]) -> Job:
        return await progress.follow(self.tools.jobs, await start, self.screen)
