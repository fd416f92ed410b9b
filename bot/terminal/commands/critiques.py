"""The words ``critique``, ``findings``, ``apply``, ``reply`` and ``dismiss``."""

from __future__ import annotations

from bot.errors import NothingToDo
from bot.services.critiques import StoredCritique
from bot.services.jobs.job import JobState, PlannedJob
from bot.terminal import LOCAL_WRITER, progress, views
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView, parse_number


class CritiqueCommands:
    """Ask for a critique of the post, show the findings, and apply one."""

    def __init__(self, context: TerminalContext, essay: str, view: EssayView) -> None:
        self._context = context
        self._services = context.services
        self._essay_id = essay
        self._view = view
        self._jobs = EssayJobs(context, essay)

    def critique(self, _: str) -> None:
        """Ask a model for a critique, and show it."""
        version = self._view.current_version()

        async def plan() -> PlannedJob:
            return (await self._services.critiques.plan_essay_critique(LOCAL_WRITER, self._essay_id, version))[1]

        job = self._jobs.confirm_and_run(plan)
        if job is None:
            self._context.say("Nothing was begun.")
        elif job.state is JobState.DONE:
            self._show_critique(self._context.run(self._services.critiques.get(LOCAL_WRITER, job.argument)))
        else:
            self._context.warn(progress.job_end_message(job))

    def findings(self, rest: str) -> None:
        """Show the last critique; with ``all`` behind the word, the lesser findings too."""
        self._show_critique(self._last_critique(), show_all=rest.strip().lower() == "all")

    def reply(self, rest: str) -> None:
        """Answer the question of the finding with the number given: a note, with which its passage is rewritten."""
        number, _, typed = rest.partition(" ")
        critiqued, index = self._last_critique(), parse_number(number) - 1
        services, writer, seen = self._services, LOCAL_WRITER, self._view.current_version()
        answer = self._context.run(services.critiques.answer_finding(writer, critiqued.id, index, typed, seen))
        if not services.has_model or not answer.can_be_worked_in:
            self._context.say(answer.describe(with_model=services.has_model))
            return
        self._context.say(f"Your answer is note {answer.note.number}.")
        job = self._jobs.confirm_and_run(
            lambda: services.drafting.plan_fill(
                writer, self._essay_id, answer.note.number, answer.section or "", answer.passage
            ),
            "The passage is rewritten with it. ",
        )
        made = self._jobs.resulting_version(job) if job is not None else None
        if made is not None:
            self._view.show_change(made)

    def dismiss(self, rest: str) -> None:
        """Pass over the finding with the number given; the next critique does not raise it again."""
        critiqued, index = self._last_critique(), parse_number(rest) - 1
        self._context.run(self._services.critiques.dismiss_finding(LOCAL_WRITER, critiqued.id, index))
        self._context.say(f"Finding {index + 1} is dismissed.")

    def apply(self, rest: str) -> None:
        """Put the wording of the finding with the number given into the post, or take its words out."""
        critiqued, index = self._last_critique(), parse_number(rest) - 1
        applied = self._services.critiques.apply_finding(
            LOCAL_WRITER, critiqued.id, index, self._view.current_version()
        )
        self._view.show_change(self._context.run(applied))

    def _last_critique(self) -> StoredCritique:
        found = self._context.run(self._services.critiques.latest(LOCAL_WRITER, self._essay_id))
        if found is None:
            raise NothingToDo.no_critique()
        return found

    def _show_critique(self, critiqued: StoredCritique, *, show_all: bool = False) -> None:
        structure = self._services.essays.structures.get(critiqued.structure or "")
        if critiqued.critique is not None:
            self._context.screen.print(
                views.render_critique(
                    critiqued.critique,
                    structure,
                    critiqued.decisions,
                    show_all=show_all,
                    hint=": findings all shows them",
                )
            )
        if critiqued.version != self._view.current_version().info.number:
            self._context.say(f"These findings are about version {critiqued.version}; the text has changed since.")
