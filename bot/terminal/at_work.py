"""A model at work for a person at the keyboard: what it may cost, whether they want it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from bot.errors import JobRunning
from bot.essay.essay import Version
from bot.terminal import WRITER, outcomes
from bot.terminal.progress import at_most
from bot.terminal.prompts import agreed
from bot.terminal.tools import Sitting
from bot.workflow.jobs import Job, JobState
from bot.workflow.planned import Planned

Plan = Callable[[], Coroutine[Any, Any, Planned]]
"""Plans work, anew each time."""


class AtWork:
    """Has work done on one essay. None is begun before the person has seen what it may cost."""

    def __init__(self, sitting: Sitting, essay: str) -> None:
        self._sitting = sitting
        self._essay = essay

    def done(self, plan: Plan, offer: str = "", choice: str = "Enter begins it; n leaves it: ") -> Job | None:
        """The work, ended, where the person wanted it; None where they did not.

        ``offer`` is said before what it may cost, ``choice`` what Enter and what n do. Raises what planning and
        beginning it raise, JobRunning before the person is asked; Left.
        """
        last = self._sitting.run(self._sitting.tools.jobs.latest(WRITER, self._essay))
        if last is not None and not last.job.state.ended:
            raise JobRunning(last.job.kind.spoken, elsewhere=True)  # a sitting does one thing at a time
        planned = self._sitting.run(plan())
        self._sitting.say(f"{offer}{at_most(self._sitting.run(planned.at_most()))}")
        if not agreed(self._sitting, choice):
            return None

        async def start() -> Job:
            return await (await plan()).begin()  # the notes may have changed in another session meanwhile

        return self._sitting.follow(start())

    def made(self, job: Job) -> Version | None:
        """The version that an ended job made, if any; tells where it ended early, or stands beside the current text."""
        if job.state is not JobState.DONE:
            self._sitting.warn(outcomes.ended(job))
        if job.result is None:
            return None
        head = self._head()
        if head != job.result:
            self._sitting.warn(outcomes.moved_on(job.result, head))
        return self._sitting.run(self._sitting.tools.desk.version(WRITER, self._essay, job.result))

    def release(self) -> None:
        """Keeps, and tells of, what a session that has died since left of the essay."""
        job = self._sitting.run(self._sitting.tools.jobs.release(WRITER, self._essay))
        if job is not None:
            self._sitting.warn(outcomes.interrupted(job, self._head()))

    def _head(self) -> int | None:
        return self._sitting.run(self._sitting.tools.desk.open(WRITER, self._essay)).head
