"""The words ``draft``, ``continue``, ``keep``, ``again`` and ``revise``."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import InvalidInput
from bot.essay.essay import Version
from bot.services.jobs.job import JobKind, JobState
from bot.terminal import LOCAL_WRITER, views
from bot.terminal.commands.checks import CheckCommands
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView, PlanJob


class DraftCommands:
    """Ask a model to write the post or a part of it. ``critique`` makes a critique, which ``again`` may repeat."""

    def __init__(self, context: TerminalContext, essay: str, view: EssayView, critique: Callable[[str], None]) -> None:
        self._context = context
        self._services = context.services
        self._essay_id = essay
        self._view = view
        self._jobs = EssayJobs(context, essay)
        self._critique = critique
        self._checks = CheckCommands(context, essay, view)

    def draft(self, _: str) -> None:
        """Ask a model to draft the post anew from the notes."""
        self._run_writing_job(lambda: self._services.drafting.plan_draft(LOCAL_WRITER, self._essay_id))

    def continue_draft(self, _: str) -> None:
        """Ask a model to write the missing sections of a draft that was cut short."""
        self._run_writing_job(lambda: self._services.drafting.plan_finish(LOCAL_WRITER, self._essay_id))

    def revise(self, rest: str) -> None:
        """Ask a model to rewrite a section as the line says, such as: 2 make it shorter."""
        version = self._view.current_version()
        wanted, _, instruction = rest.partition(" ")
        index = self._view.section_index(version, wanted, "revise 2 make it shorter")
        self._run_writing_job(
            lambda: self._services.drafting.plan_revision(LOCAL_WRITER, self._essay_id, version, index, instruction)
        )

    def _run_writing_job(self, plan: PlanJob) -> None:
        """Run a writing job, and show what it made, whether or not it is the current text."""
        job = self._jobs.confirm_and_run(plan)
        if job is None:
            self._context.say("Nothing was begun.")
            return
        made = self._jobs.resulting_version(job)
        if made is None:
            self._view.show_overview()
            return
        if job.kind is JobKind.REVISION:
            self._view.show_change(made)
            self._view.show_remark(made)
        if job.state is JobState.DONE and self._services.checking.has_checker:
            self._checks.follow_and_show()
        elif job.state is JobState.DONE:
            self._show_claims(made)
        if job.kind is not JobKind.REVISION:
            self._view.show_overview(made)

    def keep(self, _: str) -> None:
        """Mark a draft that was cut short as complete."""
        self._context.run(self._services.drafting.mark_complete(LOCAL_WRITER, self._essay_id))
        self._view.show_overview()

    def again(self, _: str) -> None:
        """Start the last job again, if it was stopped, failed or was interrupted."""
        view = self._context.run(self._services.jobs.latest_job(LOCAL_WRITER, self._essay_id))
        if view is None or view.job.state is JobState.DONE:
            raise InvalidInput("Nothing was left undone here. Nothing was changed.")
        left = view.job
        if left.kind is JobKind.CRITIQUE:
            self._critique("")
        else:
            self._run_writing_job(lambda: self._services.drafting.plan_retry(LOCAL_WRITER, left))

    def _show_claims(self, version: Version) -> None:
        found = self._context.run(self._services.drafting.unsupported_claims(LOCAL_WRITER, self._essay_id, version))
        self._context.screen.print(views.render_claims(found, version.text))
