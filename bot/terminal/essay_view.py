"""Show an essay on the screen, and run jobs on it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from bot.errors import InvalidInput, JobRunning, UnknownSection
from bot.essay.diff import TextComparison
from bot.essay.essay import Version, VersionInfo
from bot.services.essays import editable_parts
from bot.services.jobs.job import Job, JobState, PlannedJob
from bot.terminal import LOCAL_WRITER, progress, views
from bot.terminal.context import TerminalContext
from bot.terminal.input_prompts import confirm_default_yes
from bot.terminal.progress import describe_price

PlanJob = Callable[[], Coroutine[Any, Any, PlannedJob]]
"""Plan a job, anew at each call."""


class EssayView:
    """Show an essay: its text, its sections by number, and changes. Each method reads it anew."""

    def __init__(self, context: TerminalContext, essay: str) -> None:
        self._context = context
        self._essays = context.services.essays
        self._essay_id = essay

    def current_version(self) -> Version:
        """Return the current version. Raise NothingToDo if there is none."""
        return self._context.run(self._essays.current_version(LOCAL_WRITER, self._essay_id))

    def versions(self) -> tuple[VersionInfo, ...]:
        """Return all versions, oldest first."""
        return self._context.run(self._essays.versions(LOCAL_WRITER, self._essay_id))

    def show_overview(self, version: Version | None = None) -> None:
        """Show the length, gaps and numbered sections of a version, by default the current one, and what is open."""
        shown = version or self.current_version()
        state = "" if shown.info.is_complete else ", not complete: continue writes the rest"
        counted = views.word_summary(shown.info.word_count, shown.text)
        self._context.say(f"\nVersion {shown.info.number}: {counted}{state}.")
        self._context.screen.print(views.section_table(shown.text))
        left = len(self._context.run(self._context.services.interview.draft_questions(LOCAL_WRITER, self._essay_id)))
        if left:
            are = "question is" if left == 1 else "questions are"
            self._context.say(f"{left} {are} open: answer puts {'it' if left == 1 else 'them'}.")
        self.show_remark(shown)

    def show_remark(self, version: Version) -> None:
        """Show what the model that wrote a version said beside the text, if it said anything."""
        if version.remark:
            self._context.screen.print(views.render_remark(version.remark))

    def show_post(self, version: Version) -> None:
        """Show a version as a reader would see it."""
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        screen = self._context.screen
        screen.print(views.render_post(essay.title, version.text, styled=screen.is_terminal))

    def show_diff(self, old: int, new: int) -> None:
        """Show the whole of a version with what changed from another one to it. Raise UnknownVersion."""
        self._print_comparison(self._compare(old, new))

    def show_change(self, made: Version, *, with_hint: bool = True) -> None:
        """Show the paragraphs that changed from the version that ``made`` was made from, and how to see the whole."""
        if (old := made.info.parent) is None:
            return
        found = self._compare(old, made.info.number)
        self._print_comparison(found, whole=False)
        if with_hint and len(found.changed_paragraphs) < len(found.paragraphs):
            self._context.say(f"diff {old} {made.info.number} shows the whole post with it.")

    def _compare(self, old: int, new: int) -> TextComparison:
        return self._context.run(self._essays.diff_versions(LOCAL_WRITER, self._essay_id, old, new))

    def _print_comparison(self, found: TextComparison, *, whole: bool = True) -> None:
        screen = self._context.screen
        screen.print(views.render_diff(found, styled=screen.is_terminal and not screen.no_color, whole=whole))

    def section_index(self, version: Version, wanted: str, example: str) -> int:
        """Return the index of a section given by its number or heading.

        Raise UnknownSection, and InvalidInput with the ``example`` if none is given.
        """
        parts = editable_parts(version.text)
        if not wanted:
            self.show_overview(version)
            raise InvalidInput(f"Give the number or the heading of the section, as in: {example}")
        if wanted.isascii() and wanted.isdigit():
            if 1 <= parse_number(wanted) <= len(parts):
                return parts[parse_number(wanted) - 1][0]
        elif found := [index for index, part in parts if part.title.casefold() == wanted.casefold()]:
            return found[0]
        raise UnknownSection(wanted)


def parse_number(text: str) -> int:
    """Parse a number of up to nine digits. Raise InvalidInput for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise InvalidInput(
            f"{text} is no number: give one, such as 2." if text else "Give a number behind it, such as 2."
        )
    return int(text)


class EssayJobs:
    """Run jobs on one essay; the person sees what a job may cost before it begins."""

    def __init__(self, context: TerminalContext, essay: str) -> None:
        self._context = context
        self._essay_id = essay

    def confirm_and_run(
        self,
        plan: PlanJob,
        offer: str = "",
        prompt: str = "Enter begins it; n leaves it: ",
        others: Mapping[str, Callable[[], object]] | None = None,
    ) -> Job | None:
        """Say what a job may cost, ask, run it and return it ended; return None if the person says no.

        ``offer`` is printed before the cost, ``prompt`` asks; ``others`` are as in ``confirm_default_yes``. Raise
        JobRunning before asking, SessionLeft, and what planning and starting raise.
        """
        last = self._context.run(self._context.services.jobs.latest_job(LOCAL_WRITER, self._essay_id))
        if last is not None and not last.job.state.is_ended:
            raise JobRunning(last.job.kind.label, in_other_process=True)  # this session runs one job at a time
        planned = self._context.run(plan())
        self._context.say(f"{offer}{self._context.run(describe_price(planned))}")
        if not confirm_default_yes(self._context, prompt, others):
            return None

        async def start() -> Job:
            return await (await plan()).start()  # the notes may have changed in another session meanwhile

        return self._context.run_job(start())

    def resulting_version(self, job: Job) -> Version | None:
        """Return the version that an ended job made, if any; warn if the job ended early or it is not current."""
        if job.state is not JobState.DONE:
            self._context.warn(progress.job_end_message(job))
        if job.result is None:
            return None
        head = self._head_number()
        if head != job.result:
            self._context.warn(progress.newer_version_message(job.result, head))
        return self._context.run(self._context.services.essays.version(LOCAL_WRITER, self._essay_id, job.result))

    def release_interrupted(self) -> None:
        """Keep what a killed session has left of a job on the essay, and say so."""
        job = self._context.run(self._context.services.jobs.release_abandoned(LOCAL_WRITER, self._essay_id))
        if job is not None:
            self._context.warn(progress.interrupted_job_message(job, self._head_number()))

    def _head_number(self) -> int | None:
        return self._context.run(self._context.services.essays.get_essay(LOCAL_WRITER, self._essay_id)).head
