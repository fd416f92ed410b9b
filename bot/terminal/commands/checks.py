"""The words ``check``, ``vouch``, ``fix``, ``reword`` and ``sources``."""

from __future__ import annotations

from contextlib import suppress

from bot.errors import InvalidInput, NothingToDo
from bot.essay.support import UnsupportedPassage
from bot.services.checking import CheckedText
from bot.services.jobs.job import Job
from bot.terminal import LOCAL_WRITER, views
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView, parse_number
from bot.terminal.progress import max_cost_message


class CheckCommands:
    """Have each sentence of the post held against the notes, and do something about what no note holds."""

    def __init__(self, context: TerminalContext, essay: str, view: EssayView) -> None:
        self._context = context
        self._checking = context.services.checking
        self._essay_id = essay
        self._view = view
        self._jobs = EssayJobs(context, essay)

    def check(self, rest: str) -> None:
        """Judge what is not judged, or with ``again`` all, after saying the price; show what no note holds."""
        anew = rest.strip().lower() in ("again", "anew")
        self.follow()
        found = self._current()
        if found.check.unchecked or anew:
            with suppress(NothingToDo):  # where nothing in them can be judged
                self._jobs.confirm_and_run(
                    lambda: self._checking.plan_check(LOCAL_WRITER, self._essay_id, anew=anew),
                    offer="Each sentence is held against your notes. ",
                )
        self.show()

    def follow(self) -> None:
        """Wait for the check that follows a draft, if one is under way; Ctrl-C leaves the text not checked."""
        job = self._context.run(self._checking.wait_for_check(LOCAL_WRITER, self._essay_id))
        if job is None:
            return
        worst = self._context.run(self._checking.max_cost(LOCAL_WRITER, self._essay_id))
        cost = f" {max_cost_message(worst)}" if worst else ""
        self._context.say(f"Each sentence is held against your notes; Ctrl-C leaves that.{cost}")

        async def begun() -> Job:
            return job

        self._context.run_job(begun())

    def follow_and_show(self) -> None:
        """Wait for the check that follows a draft, and show what it came to."""
        self.follow()
        self.show()

    def follow_begun(self) -> None:
        """Wait for the check that is under way, and show what it came to; do nothing where none is."""
        if self._context.run(self._checking.wait_for_check(LOCAL_WRITER, self._essay_id)) is not None:
            self.follow_and_show()

    def show(self) -> None:
        """Show what no note holds, numbered."""
        self._context.screen.print(views.render_check(self._current()))

    def vouch(self, rest: str) -> None:
        """Vouch for the numbered passage: it becomes a note."""
        found = self._current()
        key = found.key(self._passage(found, rest, "vouch 2"))
        note = self._context.run(self._checking.keep(LOCAL_WRITER, self._essay_id, key))
        self._context.say(f"You vouch for it: it is note {note.number} now.")

    def fix(self, rest: str) -> None:
        """Put the mended sentence of the numbered passage, or of ``all``, in place."""
        found = self._current()
        if rest.strip().lower() == "all":
            made = self._context.run(self._checking.fix_all(LOCAL_WRITER, self._essay_id, found.version.info.number))
        else:
            key = found.key(self._passage(found, rest, "fix 2, or fix all"))
            made = self._context.run(self._checking.fix(LOCAL_WRITER, self._essay_id, key))
        self._view.show_change(made)
        self.follow_and_show()

    def reword(self, rest: str) -> None:
        """Put the writer's own words in place of the sentence of the numbered passage; none take it out."""
        number, _, sentence = rest.strip().partition(" ")
        found = self._current()
        key = found.key(self._passage(found, number, "reword 2 There were four of us."))
        self._view.show_change(self._context.run(self._checking.edit(LOCAL_WRITER, self._essay_id, key, sentence)))

    def sources(self, rest: str) -> None:
        """Show each paragraph, or the numbered one, beside the notes that it rests on."""
        found = self._current()
        if not found.check.is_checked:
            raise NothingToDo("The post is not checked yet: check does that. Nothing was changed.")
        if rest and not 1 <= parse_number(rest) <= len(found.paragraphs):
            raise InvalidInput(f"The post has {len(found.paragraphs)} paragraphs: give one of their numbers.")
        self._context.screen.print(views.render_sources(found, parse_number(rest) if rest else None))

    def _current(self) -> CheckedText:
        return self._context.run(self._checking.current(LOCAL_WRITER, self._essay_id))

    def _passage(self, found: CheckedText, wanted: str, example: str) -> UnsupportedPassage:
        """Return the open passage with this number. Raise InvalidInput with the ``example`` where there is none."""
        if not wanted:
            raise InvalidInput(f"Give the number of the passage, as in: {example}")
        number = parse_number(wanted)
        if not 1 <= number <= len(found.check.open):
            raise InvalidInput(f"There is no passage {wanted}: check lists them. Nothing was changed.")
        return found.check.open[number - 1]
