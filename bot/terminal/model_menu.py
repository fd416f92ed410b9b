"""The commands of the menu for which a model is asked."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import BadInput, NothingToDo
from bot.essay.essay import Version
from bot.terminal import WRITER, critique_view, outcomes
from bot.terminal.at_work import AtWork, Plan
from bot.terminal.on_screen import OnScreen, number
from bot.terminal.progress import at_most
from bot.terminal.prompts import agreed
from bot.terminal.tools import Sitting
from bot.workflow.critiqued import Critiqued
from bot.workflow.jobs import JobKind, JobState
from bot.workflow.planned import Planned

COMMANDS = """\
draft              have the post drafted anew from the notes
continue           have the missing sections of a draft cut short written
keep               take a draft cut short for complete
again              begin once more what was stopped, failed or interrupted
sort               have the notes without a section sorted
revise N WHAT      have section N rewritten, as in: revise 2 make it shorter
critique           an editor's findings, in a new critique
findings           the last critique once more
apply N            put the wording of its finding N into the post
claims             what your notes do not hold: numbers, dates, names, quotations, addresses

What costs money says first how much at most. Ctrl-C stops it, and keeps what came."""


class ModelMenu:
    """What a writer can have a model do with a post."""

    def __init__(self, sitting: Sitting, essay: str, on_screen: OnScreen, show_notes: Callable[[], None]) -> None:
        self._sitting = sitting
        self._tools = sitting.tools
        self._id = essay
        self._on_screen = on_screen
        self._work = AtWork(sitting, essay)
        self._show_notes = show_notes
        self.doors: dict[str, Callable[[str], None]] = {
            "draft": self._draft,
            "continue": self._continue,
            "keep": self._keep,
            "again": self._again,
            "sort": self._sort,
            "revise": self._revise,
            "critique": self._critique,
            "findings": self._findings,
            "apply": self._apply,
            "claims": self._claims,
        }

    def _draft(self, _: str) -> None:
        self._write(lambda: self._tools.writing.to_draft(WRITER, self._id))

    def _continue(self, _: str) -> None:
        self._write(lambda: self._tools.writing.to_finish(WRITER, self._id))

    def _revise(self, rest: str) -> None:
        version = self._on_screen.current()
        wanted, _, instruction = rest.partition(" ")
        index = self._on_screen.part(version, wanted, "revise 2 make it shorter")
        self._write(lambda: self._tools.writing.to_revise(WRITER, self._id, version, index, instruction))

    def _write(self, plan: Plan) -> None:
        """Has something written, and shows what came of it, whether or not it is the current text."""
        job = self._work.done(plan)
        if job is None:
            self._sitting.say("Nothing was begun.")
            return
        made = self._work.made(job)
        if made is None:
            self._on_screen.overview()
            return
        if job.kind is JobKind.REVISION:
            self._show_change(made)
        if job.state is JobState.DONE:
            self._show_claims(made)
        if job.kind is not JobKind.REVISION:
            self._on_screen.overview(made)

    def _keep(self, _: str) -> None:
        self._sitting.run(self._tools.writing.keep_as_it_is(WRITER, self._id))
        self._on_screen.overview()

    def _again(self, _: str) -> None:
        view = self._sitting.run(self._tools.jobs.latest(WRITER, self._id))
        if view is None or view.job.state is JobState.DONE:
            raise BadInput("Nothing was left undone here. Nothing was changed.")
        left = view.job
        if left.kind is JobKind.CRITIQUE:
            self._critique("")
        else:
            self._write(lambda: self._tools.writing.to_do_again(WRITER, left))

    def _sort(self, _: str) -> None:
        worst = self._sitting.run(self._tools.interview.sort_at_most(WRITER, self._id))
        if worst is None:
            self._sitting.say("Every note that a model may see has a section: there is nothing to sort.")
            return
        self._sitting.say(at_most(worst))
        if not agreed(self._sitting, "Enter begins it; n leaves it: "):
            self._sitting.say("Nothing was begun.")
            return
        try:
            sorting = self._tools.interview.sort(WRITER, self._id)
            sorted_ = self._sitting.wait(sorting, "the model sorts your notes", "leaves the rest as they are")
        except KeyboardInterrupt:
            self._sitting.warn("The sorting was stopped. What had been sorted stays so, and every note is stored.")
        else:
            if sorted_.notice:
                self._sitting.warn(sorted_.notice)
        self._show_notes()

    def _critique(self, _: str) -> None:
        version = self._on_screen.current()

        async def plan() -> Planned:
            return (await self._tools.criticism.to_critique(WRITER, self._id, version))[1]

        job = self._work.done(plan)
        if job is None:
            self._sitting.say("Nothing was begun.")
        elif job.state is JobState.DONE:
            self._show_critique(self._sitting.run(self._tools.criticism.read(WRITER, job.argument)))
        else:
            self._sitting.warn(outcomes.ended(job))

    def _findings(self, _: str) -> None:
        self._show_critique(self._last_critique())

    def _apply(self, rest: str) -> None:
        critiqued, index = self._last_critique(), number(rest) - 1
        applied = self._tools.criticism.apply(WRITER, critiqued.id, index, self._on_screen.current())
        self._show_change(self._sitting.run(applied))

    def _last_critique(self) -> Critiqued:
        found = self._sitting.run(self._tools.criticism.latest(WRITER, self._id))
        if found is None:
            raise NothingToDo.no_critique()
        return found

    def _show_critique(self, critiqued: Critiqued) -> None:
        structure = self._tools.desk.structures.get(critiqued.structure or "")
        if critiqued.critique is not None:
            self._sitting.screen.print(critique_view.critique(critiqued.critique, structure))
        if critiqued.version != self._on_screen.current().info.number:
            self._sitting.say(f"These findings are about version {critiqued.version}; the text has changed since.")

    def _claims(self, _: str) -> None:
        self._show_claims(self._on_screen.current())

    def _show_change(self, made: Version) -> None:
        if made.info.parent is not None:
            self._on_screen.difference(made.info.parent, made.info.number)

    def _show_claims(self, version: Version) -> None:
        found = self._sitting.run(self._tools.writing.unsupported(WRITER, self._id, version))
        self._sitting.screen.print(critique_view.claims(found, version.text))
