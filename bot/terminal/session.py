"""The keyboard session: choose a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from rich.text import Text

from bot.errors import BotError, JobRunning, NothingToDo, UnknownStructure
from bot.essay.essay import Essay, Version
from bot.essay.matching import find_structure, match_names
from bot.essay.text.privacy_marks import has_words_besides_marks
from bot.services.jobs.job import JobState
from bot.terminal import LOCAL_WRITER, privacy_notice, progress, views
from bot.terminal.commands.checks import CheckCommands
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView
from bot.terminal.input_prompts import (
    PromptCommand,
    SessionLeft,
    ask,
    confirm_default_yes,
    number_range,
    session_left_message,
)
from bot.terminal.interview import KeyboardInterview
from bot.terminal.menu import EssayMenu

_INTRO_WITHOUT_MODEL = "Career Essay Bot. No model is at work here: every word of the post will be your own."
_STRUCTURE_HELP = (
    "Type its number, part of its name, or /quit. Nothing is lost by choosing: another essay can be begun any time."
)
_PASTE_HELP = "Paste notes, or press Enter for the questions; /quit leaves, and everything is stored."
_MAX_ESSAYS_OFFERED = 7  # essays offered to go on with; with what they say of themselves, half a screen
_INTRO_WITH_MODEL = "Career Essay Bot. A model chooses the questions, and drafts from your answers alone."
_EXPORT_STATES = {True: "that is exported", False: "in progress"}


class KeyboardSession:
    """One session of the writer at the terminal; each step is stored before the next is asked for."""

    def __init__(self, context: TerminalContext) -> None:
        self._context = context
        self._services = context.services
        self._interview = KeyboardInterview(context)

    def start(self, structure: str | None) -> None:
        """Run a whole session, from the choice of an essay to the end. Raise KeyboardInterrupt on Ctrl-C."""
        self._context.say(_INTRO_WITH_MODEL if self._services.has_model else _INTRO_WITHOUT_MODEL)
        self._context.say(privacy_notice(with_model=self._services.has_model))
        with self._context.report_cost("This session"):
            self._start(structure)

    def _start(self, structure: str | None) -> None:
        essay = None
        try:
            essay, begun = self._choose_essay(structure)
            if begun and self._services.has_model:  # a model can sort a page of notes into sections
                self._ask_for_notes(essay)
        except SessionLeft:
            self._context.say(session_left_message(essay.id) if essay is not None else "Nothing was begun.")
            return
        except EOFError:
            if essay is None:
                self._context.say("Nothing was begun.")
                return
        self._resume_until_left(essay)

    def resume(self, essay: Essay) -> None:
        """Go on with an essay where it was left. Raise KeyboardInterrupt on Ctrl-C."""
        with self._context.report_cost("This session"):
            self._resume_until_left(essay)

    def _resume_until_left(self, essay: Essay) -> None:
        self._context.add_note = partial(self._interview.add_notes, essay)
        try:
            self._resume(essay)
        except SessionLeft:
            self._context.say(session_left_message(essay.id))

    def _resume(self, essay: Essay) -> None:
        left_off = self._was_interrupted(essay)
        essay = self._context.run(
            self._services.essays.get_essay(LOCAL_WRITER, essay.id)
        )  # what was left may be a version now
        if not left_off and essay.head is None:
            self._interview.ask(essay, further=False)
        if essay.head is None and not self._make_post(essay):
            self._context.say(session_left_message(essay.id))
            return
        EssayMenu(self._context, essay, self._interview).run()

    def _was_interrupted(self, essay: Essay) -> bool:
        """Return whether the essay's last job was interrupted and nothing was done since, and say so.

        Also say if another session is running a job on it.
        """
        view = self._context.run(self._services.jobs.latest_job(LOCAL_WRITER, essay.id))
        if view is None:
            return False
        job, now = view.job, self._context.run(self._services.essays.get_essay(LOCAL_WRITER, essay.id))
        if not job.state.is_ended:
            self._context.warn(f"A {job.kind.label} of this essay is being written in another session of this program.")
        if job.state is not JobState.INTERRUPTED or (job.ended is not None and now.changed_at > job.ended):
            return False
        self._context.warn(progress.interrupted_job_message(job, now.head))
        return True

    def _choose_essay(self, structure: str | None) -> tuple[Essay, bool]:
        """Return the essay to work on, and whether it is new. Raise EOFError or SessionLeft where none is chosen."""
        essays = self._context.run(self._services.essays.list_essays(LOCAL_WRITER))
        offered = [one for one in essays if structure in (None, one.structure)][:_MAX_ESSAYS_OFFERED]
        while True:
            if offered and (essay := self._choose_existing_essay(offered)) is not None:
                return essay, False
            if (essay := self._begin_essay(structure, back=bool(offered))) is not None:
                return essay, True

    def _choose_existing_essay(self, offered: Sequence[Essay]) -> Essay | None:
        """Ask which essay to go on with; return None for a new one. Raise SessionLeft."""
        if len(offered) == 1:
            self._context.say(
                f"\nYou have an essay {_EXPORT_STATES[offered[0].is_exported]}: {self._describe_essay(offered[0])}."
            )
            return offered[0] if confirm_default_yes(self._context, "Go on with it? [Y/n] ") else None
        self._context.say("\nYour essays, the last changed first:\n")
        for number, one in enumerate(offered, 1):
            state = _EXPORT_STATES[one.is_exported].removeprefix("that is ")
            self._context.print_numbered(number, f"{self._describe_essay(one)}, {state}")
        prompt = f"\nGo on with which? [{number_range(len(offered))}, Enter is 1; n begins a new one] "
        help_ = "Type a number, or n for a new one; /quit leaves. essay-bot essays lists all that you have."
        while True:
            try:
                typed = ask(self._context, prompt, help_, (PromptCommand.SKIP,))
            except EOFError:
                return None
            answer = typed.strip().lower()
            if isinstance(typed, PromptCommand) or answer in {"n", "no", "new"}:
                return None
            if answer in {"", "y", "yes"}:
                return offered[0]
            if len(places := match_names(answer, [(one.id, one.title) for one in offered])) == 1:
                return offered[places[0]]
            self._context.warn(f"“{typed.strip()}” is not one of these. {help_}")

    def _describe_essay(self, essay: Essay) -> str:
        notes = ""
        if essay.structure in self._services.essays.structures:
            progress = self._context.run(self._services.interview.progress(LOCAL_WRITER, essay.id))
            notes = f"{progress.covered_sections} of {progress.total_sections} sections with notes, "
        return f'"{essay.title}" ({essay.structure}), {notes}last changed {essay.changed_at:%Y-%m-%d}'

    def _begin_essay(self, key: str | None, *, back: bool) -> Essay | None:
        """Create an essay; return None if the writer goes back to the list. Raise EOFError or SessionLeft."""
        structures = self._services.essays.structures
        keys = list(structures)
        if key is None:
            self._context.say("\nWhat happened? Each of these structures works for one kind of career essay.\n")
            for number, structure in enumerate(structures.values(), 1):
                described = Text.assemble((structure.name, "bold"), f"  {structure.description}")
                self._context.print_numbered(number, described)
        while key is None:
            asked = f"\nStructure [1–{len(keys)}, or its name]: "
            typed = ask(self._context, asked, _STRUCTURE_HELP, (PromptCommand.BACK,) if back else (), words=keys)
            if isinstance(typed, PromptCommand):
                return None
            if not typed.strip():
                self._context.say(_STRUCTURE_HELP)
                continue
            try:
                key = find_structure(structures, typed.strip()).key
            except UnknownStructure as error:
                self._context.warn(str(error))
        return self._context.run(self._services.essays.create_essay(LOCAL_WRITER, structures[key]))

    def _ask_for_notes(self, essay: Essay) -> None:
        """Ask for notes that exist already; an empty answer starts the interview."""
        self._context.say("\nPaste notes that you have, in one go, and press Enter; or press Enter to be interviewed.")
        text = ""
        while True:
            text = ask(self._context, "Notes: ", _PASTE_HELP, (PromptCommand.SKIP,), free_text=True, default=text)
            if not isinstance(text, PromptCommand):
                text = text.removeprefix("/note ")
            if isinstance(text, PromptCommand) or not text.strip() or self._interview.add_notes(essay, text):
                return
            # Refused: it becomes the next prompt's default, to be shortened.
            text = text if has_words_besides_marks(text) else ""

    def _make_post(self, essay: Essay) -> bool:
        """Make the first post and show it: a draft if the writer wants one, else the assembled notes.

        Return False if another session is writing it.
        """
        try:
            drafted = self._draft(essay) if self._services.has_model else None
        except JobRunning as error:
            self._context.warn(str(error))
            return False
        made = drafted or self._current_or_assembled_version(essay)
        view = EssayView(self._context, essay.id)
        if drafted is None or not self._context.progress_screen.is_terminal:  # else it was seen as it was written
            self._context.screen.print()
            view.show_post(made)
        if not made.info.origin.is_by_writer and self._services.checking.has_checker:
            self._context.screen.print()
            CheckCommands(self._context, essay.id, view).follow_and_show()
        elif not made.info.origin.is_by_writer:
            found = self._context.run(self._services.drafting.unsupported_claims(LOCAL_WRITER, essay.id, made))
            self._context.screen.print()
            self._context.screen.print(views.render_claims(found, made.text))
        return True

    def _draft(self, essay: Essay) -> Version | None:
        """Draft the post, whole or in part; return None if the writer says no or nothing came. Raise JobRunning."""
        opened = self._context.run(self._services.essays.get_essay(LOCAL_WRITER, essay.id))
        untitled = opened.title == self._services.essays.structure_of(opened).name
        titles = "titles suggests three titles from your own words first; " if untitled else ""
        work = EssayJobs(self._context, essay.id)
        work.release_interrupted()
        try:
            job = work.confirm_and_run(
                lambda: self._services.drafting.plan_draft(LOCAL_WRITER, essay.id),
                offer="\nA draft can be written now, from your notes alone. ",
                prompt=f"Enter has it written; {titles}n sets your notes into the structure as they stand: ",
                others={"titles": lambda: self._interview.suggest_titles(essay)},
            )
        except JobRunning:
            raise
        except BotError as error:
            self._context.warn(str(error))
            return None
        return work.resulting_version(job) if job is not None else None

    def _current_or_assembled_version(self, essay: Essay) -> Version:
        """Return the current version, or assemble the first from the notes."""
        try:
            return self._context.run(self._services.essays.current_version(LOCAL_WRITER, essay.id))
        except NothingToDo:
            if self._services.has_model:
                self._context.say("Your notes are set into the structure as they stand; no model wrote this version.")
            return self._context.run(self._services.essays.assemble_post(LOCAL_WRITER, essay.id))
