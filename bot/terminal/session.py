"""The keyboard session: choose a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bot.errors import BotError, InvalidInput, JobRunning, ModelError, NothingToDo, UnknownStructure
from bot.essay import private_text
from bot.essay.essay import Essay, Note, Question, Version
from bot.essay.matching import find_structure, match_names
from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from bot.essay.text.privacy_marks import has_private_mark, public_text
from bot.essay.text.words import count_noun, has_words
from bot.services.essays import AddedNotes, join_sentences
from bot.services.jobs.job import JobState
from bot.terminal import LOCAL_WRITER, privacy_notice, progress, views
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayJobs, EssayView
from bot.terminal.input_prompts import (
    PromptCommand,
    SessionLeft,
    ask,
    confirm_default_yes,
    parse_command,
    session_left_message,
)
from bot.terminal.menu import EssayMenu
from bot.terminal.progress import max_cost_message

_ANSWER_HELP = """\
Enter, /skip    skips the question
/private TEXT   an answer that stays out of the post and away from any model;
                [private] in a paragraph or list item does that to this one alone
/notes PATH     hands in a page of notes
/back           goes to the question before, with your answer to change
/undo           takes back your last answer: its note is deleted
/done, Ctrl-D   goes to the post at once
/quit, Ctrl-C   leaves; everything is stored
/help           shows this again
A paste of several paragraphs is one answer. Every answer is stored on Enter."""

_INTRO_WITHOUT_MODEL = "Career Essay Bot. No model is at work here: every word of the post will be your own."
_STRUCTURE_HELP = (
    "Type its number, part of its name, or /quit. Nothing is lost by choosing: another essay can be begun any time."
)
_PASTE_HELP = "Paste notes, or press Enter for the questions; /quit leaves, and everything is stored."
_MAX_ESSAYS_OFFERED = 7  # essays offered to go on with; with what they say of themselves, half a screen
_INTRO_WITH_MODEL = (
    "Career Essay Bot. A model asks on where an answer leaves something open, and drafts from your answers alone."
)
_EXPORT_STATES = {True: "that is exported", False: "in progress"}
_ANSWER_COMMANDS = (PromptCommand.SKIP, PromptCommand.BACK, PromptCommand.UNDO)


class KeyboardSession:
    """One session of the writer at the terminal; each step is stored before the next is asked for.

    After a lasting error of a model, no more follow-up questions are asked for in this session.
    """

    def __init__(self, context: TerminalContext) -> None:
        self._context = context
        self._services = context.services
        self._asks_follow_ups = True
        self._withdrawn_answers: dict[int, str] = {}  # answers, by their questions' numbers, to be typed anew

    def start(self, structure: str | None) -> None:
        """Run a whole session, from the choice of an essay to the end. Raise KeyboardInterrupt on Ctrl-C."""
        self._context.say(_INTRO_WITH_MODEL if self._services.has_model else _INTRO_WITHOUT_MODEL)
        self._context.say(f"{privacy_notice(with_model=self._services.has_model)}\n")
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
            self._interview(essay, further=False)
        if essay.head is None and not self._make_post(essay):
            self._context.say(session_left_message(essay.id))
            return
        EssayMenu(self._context, essay, lambda: self._interview(essay, further=True)).run()

    def _was_interrupted(self, essay: Essay) -> bool:
        """Whether the essay's last job was interrupted and nothing was done since; say so, or that one is running."""
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
                f"You have an essay {_EXPORT_STATES[offered[0].is_exported]}: {self._describe_essay(offered[0])}."
            )
            return offered[0] if confirm_default_yes(self._context, "Go on with it? [Y/n] ") else None
        self._context.say("Your essays, the last changed first:\n")
        for number, one in enumerate(offered, 1):
            self._context.say(
                f"{number:>2}  {self._describe_essay(one)}, {_EXPORT_STATES[one.is_exported].removeprefix('that is ')}"
            )
        prompt = f"\nGo on with which? [1–{len(offered)}, Enter is 1; n begins a new one] "
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
            self._context.say("What happened? Each of these structures works for one kind of career essay.\n")
            for number, structure in enumerate(structures.values(), 1):
                line = Text.assemble(f"{number:>2}  ", (structure.name, "bold"), f"  {structure.description}")
                self._context.screen.print(line)
        while key is None:
            asked = f"\nStructure [1–{len(keys)}, or its name]: "
            typed = ask(self._context, asked, _STRUCTURE_HELP, (PromptCommand.BACK,) if back else (), words=keys)
            if isinstance(typed, PromptCommand):
                return None
            try:
                key = find_structure(structures, typed.strip()).key if typed.strip() else None
            except UnknownStructure as error:
                self._context.warn(str(error))
        return self._context.run(self._services.essays.create_essay(LOCAL_WRITER, structures[key]))

    def _ask_for_notes(self, essay: Essay) -> None:
        """Ask for notes that exist already; an empty answer starts the interview."""
        self._context.say("\nPaste notes that you have, in one go, and press Enter; or press Enter to be interviewed.")
        text = ""
        while True:
            text = ask(self._context, "Notes: ", _PASTE_HELP, (PromptCommand.SKIP,), free_text=True, default=text)
            if isinstance(text, PromptCommand) or not text.strip() or self._add_notes(essay, text):
                return
            text = text if has_words([text]) else ""  # refused; it stands in the line again, to be cut or cleared

    def _add_notes(self, essay: Essay, text: str) -> set[str | None]:
        """Store notes and say where they went; return the sections of these notes."""
        try:
            handed_in = self._store_and_sort_notes(essay, text)
        except BotError as error:
            self._context.warn(str(error))
            return set()
        if handed_in.notice:
            self._context.warn(handed_in.notice)
        placed = sum(note.section is not None for note in handed_in.notes)
        self._context.say(f"{count_noun(len(handed_in.notes), 'note')} stored, {placed} under a section.")
        if told := private_text.describe_private(handed_in.notes):
            self._context.say(told)
        return {note.section for note in handed_in.notes}

    def _store_and_sort_notes(self, essay: Essay, text: str) -> AddedNotes:
        """Store notes and have a model sort them. Ctrl-C stops the sorting; before anything is stored, the session."""
        desk = self._services.essays
        page = self._context.run(desk.add_note_page(LOCAL_WRITER, essay.id, text))
        if not self._services.has_model:
            return page
        numbers = {note.number for note in page.notes}
        planned = self._context.run(self._services.interview.plan_placement(LOCAL_WRITER, essay.id, numbers))
        if planned is None:
            return page
        try:
            worst = self._context.run(planned.max_cost())
            self._context.say(
                f"A model sorts them into the sections. {max_cost_message(worst)} Ctrl-C leaves them as they are."
            )
            job = self._context.wait_for_job(planned.start())
        except ModelError as error:
            failed = f"The notes are stored; they could not be sorted into sections. {error.message_without_assurance}"
            return AddedNotes(page.notes, join_sentences(page.notice, failed))
        stopped = "The sorting was stopped. In the menu, sort goes on with it."
        told = stopped if job.state is JobState.STOPPED else job.error
        stored = self._context.run(desk.notes(LOCAL_WRITER, essay.id))
        placed = tuple(note for note in stored if note.number in numbers)
        return AddedNotes(placed, join_sentences(page.notice, told) or None)

    def _interview(self, essay: Essay, *, further: bool) -> None:
        """Ask questions one at a time until there are none left or the writer stops."""
        if further:
            for question in self._context.run(self._services.interview.skipped_questions(LOCAL_WRITER, essay.id)):
                self._context.run(self._services.interview.reopen_question(LOCAL_WRITER, essay.id, question))
        self._context.say(f"\n{_ANSWER_HELP}")
        while True:
            following = self._next_question(essay, further=further)
            if following is None:
                break
            try:
                self._ask_question(essay, following)
            except EOFError:
                return
        if further:
            self._context.say("\nThat was the last question of this structure.")

    def _next_question(self, essay: Essay, *, further: bool) -> Question | None:
        """Return the next question, and warn of an error of the model. Ctrl-C skips the follow-up."""
        if self._asks_follow_ups:
            self._ask_for_follow_up(essay, further=further)
        return self._context.run(self._services.interview.next_question(LOCAL_WRITER, essay.id, further=further))

    def _ask_for_follow_up(self, essay: Essay, *, further: bool) -> None:
        errors: list[ModelError] = []
        plan = self._services.interview.plan_follow_up(LOCAL_WRITER, essay.id, further=further, on_error=errors.append)
        if (planned := self._context.run(plan)) is None:
            return
        try:
            job = self._context.wait_for_job(planned.start())
        except JobRunning:  # in another session, which nobody here waits for
            return
        if job.state is JobState.STOPPED:
            self._context.say("Passed over; your answer is stored.")
        elif job.error is not None:
            self._asks_follow_ups = not any(error.is_lasting for error in errors)
            on = "" if self._asks_follow_ups else " From here on only the structure's own questions are put."
            self._context.warn(f"{job.error}{on}")

    def _ask_question(self, essay: Essay, question: Question) -> None:
        section = self._services.essays.structure_of(essay).find_section(question.section)
        progress = self._context.run(self._services.interview.progress(LOCAL_WRITER, essay.id))
        self._context.screen.print()
        self._context.screen.print(
            Text(f"{section.heading if section else question.section}", style="bold"),
            Text(f" {progress.covered_sections} of {progress.total_sections} sections have notes", style="dim"),
        )
        self._context.say(question.text)
        if self._services.essays.structure_of(essay).is_private_question(question.text):
            self._context.say(PRIVATE_ANSWER_NOTICE)
        given = self._context.run(self._services.interview.last_answer(LOCAL_WRITER, essay.id, question))
        typed = self._withdrawn_answers.pop(question.number, "")
        if given is not None:
            typed = given.text
            out = " (left out, and stays so)" if given.is_excluded else ""
            kept = f"Your answer, note {given.number}{out}, stands in the line."
            self._context.say(f"{kept} Enter keeps it; what you make of it takes its place.")
        while True:
            line = ask(self._context, "Answer: ", _ANSWER_HELP, _ANSWER_COMMANDS, free_text=True, default=typed)
            try:
                if self._handle_answer(essay, question, given, line):
                    return
                typed = ""
            except BotError as error:
                self._context.warn(str(error))
                # Answers have no history, so what was typed becomes the default of the next prompt.
                typed = line if has_words([line]) and not line.lower().startswith("/notes") else ""

    def _handle_answer(self, essay: Essay, question: Question, given: Note | None, line: str | PromptCommand) -> bool:
        """Handle a line; return False if the question stays open. ``given`` is its earlier answer, if there is one."""
        if line is PromptCommand.BACK:
            return self._go_back(essay, question)
        if line is PromptCommand.UNDO:
            return self._withdraw_answer(essay, question)
        if line is PromptCommand.SKIP or not line.strip():
            return self._skip_question(essay, question, given)
        interview = self._services.interview
        first, rest = (*line.strip().split(None, 1), "", "")[:2]
        name = first.lower()  # a phone's keyboard begins a line with a capital
        if parse_command(first) is not None:
            raise InvalidInput(f"{first} stands alone on its line. The question is still open.")
        if re.fullmatch(r"/[a-z]+\W*", name) and name != "/notes" and not has_private_mark(first):
            raise InvalidInput(f"There is no {first} here: /help shows what there is. The question is still open.")
        if name == "/notes":
            if rest.strip() in {"", "-"}:
                raise InvalidInput("Give the path of a file, as in: /notes page.md. The question is still open.")
            covered = self._add_notes(essay, self._context.read_file(str(Path(rest.strip()).expanduser())))
            if question.section not in covered:
                return False
            return self._skip_question(essay, question, given)
        # The command /private speaks of the whole answer: on a line of its own it covers all below it.
        if first.startswith("/") and has_private_mark(first) and "\n" in rest:
            line = f"{first}\n\n{rest}"
        if given is not None:
            change = self._context.run(interview.replace_answer(LOCAL_WRITER, essay.id, question, given, line))
            note = change.note
            self._context.say(f"Note {given.number} holds your new answer. {change.message}".strip())
        else:
            note = self._context.run(interview.add_answer(LOCAL_WRITER, essay.id, question, line))
        if note is not None and note.private_passages:
            self._context.say(private_text.describe_private([note]))
        return True

    def _skip_question(self, essay: Essay, question: Question, given: Note | None) -> bool:
        interview = self._services.interview
        if given is not None:
            self._context.say("Your answer stays as it is.")
            self._context.run(interview.close_question(LOCAL_WRITER, essay.id, question))
        else:
            self._context.run(interview.skip_question(LOCAL_WRITER, essay.id, question))
        return True

    def _go_back(self, essay: Essay, question: Question) -> bool:
        """Reopen the question before this one; return False if there is none."""
        if (
            self._context.run(self._services.interview.reopen_previous_question(LOCAL_WRITER, essay.id, question))
            is None
        ):
            self._context.warn("This is the first question: there is none before it.")
            return False
        return True

    def _withdraw_answer(self, essay: Essay, question: Question) -> bool:
        """Delete the last answer and reopen its question; return False if there is no answer."""
        taken = self._context.run(self._services.interview.delete_answer(LOCAL_WRITER, essay.id, question))
        if taken is None:
            self._context.warn("Nothing was answered yet, so there is nothing to take back.")
            return False
        asked, note = taken
        again = note.text if not note.is_excluded or not public_text(note.text) else f"/private {note.text}"
        self._withdrawn_answers[asked.number] = again
        when = "below" if asked.number <= question.number else "when its question comes again"
        self._context.say(
            f"Taken back: note {note.number} is deleted, and its text stands in the line {when}.\n{again}"
        )
        return True

    def _make_post(self, essay: Essay) -> bool:
        """Make the first post and show it: a draft if the writer wants one, else the notes as they are.

        Return False if another session is writing it.
        """
        try:
            made = self._draft(essay) if self._services.has_model else None
        except JobRunning as error:
            self._context.warn(str(error))
            return False
        made = made or self._current_or_assembled_version(essay)
        self._context.screen.print()
        EssayView(self._context, essay.id).show_post(made)
        if not made.info.origin.is_by_writer:
            found = self._context.run(self._services.drafting.unsupported_claims(LOCAL_WRITER, essay.id, made))
            self._context.screen.print()
            self._context.screen.print(views.render_claims(found, made.text))
        return True

    def _draft(self, essay: Essay) -> Version | None:
        """Draft the post, whole or in part; return None if the writer says no or nothing came. Raise JobRunning."""
        work = EssayJobs(self._context, essay.id)
        work.release_interrupted()
        try:
            job = work.confirm_and_run(
                lambda: self._services.drafting.plan_draft(LOCAL_WRITER, essay.id),
                offer="\nA draft can be written now, from your notes alone. ",
                prompt="Enter has it written; n sets your notes into the structure as they stand: ",
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
