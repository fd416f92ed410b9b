"""The interview at the keyboard: ask one question at a time, and run commands typed in place of an answer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bot.errors import BotError, InvalidInput, JobRunning, ModelError
from bot.essay import private_text
from bot.essay.essay import Essay, Note, Question, QuestionOrigin
from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from bot.essay.text.privacy_marks import has_private_mark, has_words_besides_marks, public_text
from bot.essay.text.words import count_noun
from bot.services.essays import AddedNotes, join_sentences
from bot.services.jobs.job import JobState
from bot.terminal import LOCAL_WRITER
from bot.terminal.context import TerminalContext
from bot.terminal.essay_view import EssayView
from bot.terminal.input_prompts import NOTE_HELP, PromptCommand, SessionLeft, ask, number_range, parse_command
from bot.terminal.progress import describe_price, job_end_message, max_cost_message

_ANSWER_HELP = """\
Enter, /skip    skips the question
/another        exchanges the question for another one; it does not come back
/note TEXT      stores a note that nobody asked for; the question stays
/titles         suggests titles from your own words, if a model is at work
/private TEXT   an answer that stays out of the post and away from any model; [private] in a paragraph or list item
                does that to this one alone
/notes PATH     hands in a page of notes
/back           goes to the question before, with your answer to change
/undo           takes back your last answer: its note is deleted
/done, Ctrl-D   goes to the post at once
/quit, Ctrl-C   leaves; everything is stored
/help           shows this again
A paste of several paragraphs is one answer. Every answer is stored on Enter."""
_ANSWER_HINT = (
    "Type your answer and press Enter; Enter alone skips the question. /another exchanges it, /note TEXT adds what "
    "nobody asked for, /done goes to the post, /help lists the rest."
)
_TITLES_HELP = "Type the number of a title, or press Enter to keep yours."
_ANSWER_COMMANDS = (PromptCommand.SKIP, PromptCommand.BACK, PromptCommand.UNDO)


class KeyboardInterview:
    """Ask questions and store answers and notes.

    After a lasting error of a model, no more questions are asked of it.
    """

    def __init__(self, context: TerminalContext) -> None:
        self._context = context
        self._services = context.services
        self._asks_model = True
        self._has_told_help = False
        self._withdrawn_answers: dict[int, str] = {}  # answers, by their questions' numbers, to be typed anew

    def ask(self, essay: Essay, *, further: bool, with_help: bool = True) -> None:
        """Ask one question at a time until none is left or the writer stops. ``with_help`` says the commands."""
        if further:
            for question in self._context.run(self._services.interview.skipped_questions(LOCAL_WRITER, essay.id)):
                self._context.run(self._services.interview.reopen_question(LOCAL_WRITER, essay.id, question))
        if with_help:
            self._say_help()
        while True:
            following = self._next_question(essay, further=further)
            if following is None:
                break
            try:
                self._ask_question(essay, following)
            except EOFError:
                return
        if further:
            self._context.say("\nThat was the last question.")

    def _say_help(self) -> None:
        """Say what can be typed at a question: most of it once, and then how to see it again."""
        self._context.say("/help says what can be typed." if self._has_told_help else f"\n{_ANSWER_HINT}")
        self._has_told_help = True

    def answer_more(self, essay: Essay, view: EssayView) -> None:
        """Ask further questions, the skipped ones first, and add the answers to a post that no model wrote.

        Raise SessionLeft and KeyboardInterrupt, with the answers added.
        """
        left = self._context.run(self._services.interview.draft_questions(LOCAL_WRITER, essay.id))
        self._services.checking.hold(LOCAL_WRITER, essay.id)  # each answer changes the text, and would stop the check
        try:
            goes_on = self._answer_open(essay, left, view)
            worked_in = self._count_notes(essay)
            if goes_on:
                self.ask(essay, further=True, with_help=not left)
        except (SessionLeft, KeyboardInterrupt):
            self._add_answers_to_post(essay, view)
            raise
        finally:
            self._context.run(self._services.checking.release(LOCAL_WRITER, essay.id))
        if self._add_answers_to_post(essay, view):
            view.show_overview()
        elif not left or self._count_notes(essay) > worked_in:
            self._context.say("The answers are stored as notes: draft has the post written anew with them.")

    def _count_notes(self, essay: Essay) -> int:
        return len(self._context.run(self._services.essays.notes(LOCAL_WRITER, essay.id)))

    def _add_answers_to_post(self, essay: Essay, view: EssayView) -> bool:
        """Assemble the post anew with new answers; return False if a model wrote it, as only a draft can add them."""
        if self._services.has_model and any(not info.origin.is_by_writer for info in view.versions()):
            return False
        self._context.run(self._services.essays.assemble_post(LOCAL_WRITER, essay.id))
        return True

    def _answer_open(self, essay: Essay, left: Sequence[Question], view: EssayView) -> bool:
        """Ask what a draft left open and have each answer worked into its passage; return False if the writer stops."""
        if not left:
            return True
        self._context.say(
            f"\nThe draft left {count_noun(len(left), 'question')} open, which {'comes' if len(left) == 1 else 'come'} "
            "first. An answer is worked into its passage."
        )
        self._say_help()
        for question in left:
            try:
                self._ask_question(essay, question)
            except EOFError:
                return False
            note = self._context.run(self._services.interview.last_answer(LOCAL_WRITER, essay.id, question))
            if note is not None and not note.is_private and self._services.has_model:
                self._work_in(essay, question, note, view)
        return True

    def _work_in(self, essay: Essay, question: Question, note: Note, view: EssayView) -> None:
        """Have the passage rewritten that an answer belongs to, and show it. Ctrl-C leaves the text as it is."""
        try:
            planned = self._context.run(
                self._services.drafting.plan_fill(LOCAL_WRITER, essay.id, note.number, question.section, question.text)
            )
            self._context.say(self._context.run(describe_price(planned)))
            job = self._context.wait_for_job(planned.start())
        except BotError as error:
            self._context.warn(f"Note {note.number} is stored; it is not in the text yet. {error}")
            return
        if job.state is JobState.DONE and job.result is not None:
            self._context.say(f"Note {note.number} is worked in: version {job.result}.")
            made = self._context.run(self._services.essays.version(LOCAL_WRITER, essay.id, job.result))
            view.show_change(made, with_hint=False)
        else:
            self._context.warn(f"Note {note.number} is stored; it is not in the text yet. {job_end_message(job)}")

    def suggest_titles(self, essay: Essay, *, in_menu: bool = False) -> None:
        """Have a model suggest titles from the writer's own words, and give the essay the one that is chosen."""
        if not self._services.has_model:
            where = "" if in_menu else " in the menu"
            self._context.warn(f"No model is at work here to suggest titles: title TEXT{where} gives the post one.")
            return
        planned = self._context.run(self._services.interview.plan_titles(LOCAL_WRITER, essay.id))
        if planned is None:
            self._context.warn("There are no notes to make a title of yet.")
            return
        self._context.say(max_cost_message(self._context.run(planned.max_cost())))
        job = self._context.wait_for_job(planned.start())
        if job.state is not JobState.DONE:
            self._context.warn(job_end_message(job))
            return
        titles = self._context.run(self._services.interview.suggested_titles(LOCAL_WRITER, essay.id))
        for number, title in enumerate(titles, 1):
            self._context.say(f"{number}  {title}")
        try:
            typed = ask(
                self._context, f"Take which? [{number_range(len(titles))}, Enter keeps yours] ", _TITLES_HELP
            ).strip()
        except EOFError:
            return
        if typed.isascii() and typed.isdigit() and 0 < int(typed[:3]) <= len(titles):
            self._context.run(self._services.essays.rename_essay(LOCAL_WRITER, essay.id, titles[int(typed[:3]) - 1]))
            self._context.say("The title is stored.")
        else:
            self._context.say("Your title stays.")

    def _next_question(self, essay: Essay, *, further: bool) -> Question | None:
        """Return the next question, chosen by a model if possible. Ctrl-C goes on without it."""
        if self._asks_model:
            self._ask_model(essay, further=further)
        return self._context.run(self._services.interview.next_question(LOCAL_WRITER, essay.id, further=further))

    def _ask_model(self, essay: Essay, *, further: bool) -> None:
        errors: list[BotError] = []
        plan = self._services.interview.plan_question(LOCAL_WRITER, essay.id, further=further, on_error=errors.append)
        if (planned := self._context.run(plan)) is None:
            return
        try:
            job = self._context.wait_for_job(planned.start())
        except JobRunning:  # in another session, which nobody here waits for
            return
        if job.state is JobState.STOPPED:
            self._context.say("Passed over; your answer is stored.")
        elif job.error is not None:
            self._asks_model = not any(isinstance(error, ModelError) and error.is_lasting for error in errors)
            on = "" if self._asks_model else " From here on only the structure's own questions are put."
            self._context.warn(f"{job.error}{on}")

    def _ask_question(self, essay: Essay, question: Question) -> None:
        section = self._services.essays.structure_of(essay).find_section(question.section)
        progress = self._context.run(self._services.interview.progress(LOCAL_WRITER, essay.id))
        self._context.screen.print()
        self._context.screen.print(
            Text(f"{section.heading if section else question.section}", style="bold"),
            Text(f" {progress.covered_sections} of {progress.total_sections} sections have notes", style="dim"),
        )
        if progress.covered_sections and question.origin is not QuestionOrigin.DRAFT:
            self._context.screen.print(Text(f"A draft now: {progress.outlook.summary}", style="dim"))
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
                # Answers have no history, so a refused one becomes the default of the next prompt. A refused command
                # does not: what is typed behind it would be an answer.
                is_answer = not isinstance(line, PromptCommand) and has_words_besides_marks(line)
                typed = line if is_answer and not _is_command(line) else ""

    def _handle_answer(self, essay: Essay, question: Question, given: Note | None, line: str | PromptCommand) -> bool:
        """Handle a line; return False if the question stays open. ``given`` is its earlier answer, if there is one."""
        if question.origin is QuestionOrigin.DRAFT and line in (PromptCommand.BACK, PromptCommand.UNDO):
            self._context.warn(
                "What a draft left open is worked in at once, so there is no way back here: in the menu, undo takes "
                "the text back, and notes edit and notes delete are for the answer. The question is still open."
            )
            return False
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
        if name == "/another":
            self._context.run(interview.decline_question(LOCAL_WRITER, essay.id, question))
            return True
        if name == "/titles":
            self.suggest_titles(essay)
            return False
        if name == "/note":
            if not rest.strip():
                raise InvalidInput(f"{NOTE_HELP} The question is still open.")
            self.add_notes(essay, rest.strip())
            return False
        if name != "/notes" and _is_command(line):
            raise InvalidInput(f"There is no {first} here: /help shows what there is. The question is still open.")
        if name == "/notes":
            if rest.strip() in {"", "-"}:
                raise InvalidInput("Give the path of a file, as in: /notes page.md. The question is still open.")
            covered = self.add_notes(essay, self._context.read_file(str(Path(rest.strip()).expanduser())))
            if question.section not in covered:
                return False
            return self._skip_question(essay, question, given)
        # The command /private is about the whole answer: on a line of its own it covers all below it.
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

    def add_notes(self, essay: Essay, text: str) -> set[str | None]:
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
        if placed:
            self._say_places(essay, handed_in.notes)
        if told := private_text.describe_private(handed_in.notes):
            self._context.say(told)
        return {note.section for note in handed_in.notes}

    def _say_places(self, essay: Essay, notes: Sequence[Note]) -> None:
        """Say where notes were placed, by section."""
        structure = self._services.essays.structure_of(essay)
        counts = Counter(structure.find_section(note.section) for note in notes)
        for section, count in counts.items():
            self._context.say(f"  {count} under {section.heading if section else 'no section yet'}")

    def _store_and_sort_notes(self, essay: Essay, text: str) -> AddedNotes:
        """Store notes and ask a model to sort them.

        Ctrl-C stops the sorting; before anything is stored, it ends the session.
        """
        essays = self._services.essays
        page = self._context.run(essays.add_note_page(LOCAL_WRITER, essay.id, text))
        if not self._services.has_model:
            return page
        numbers = {note.number for note in page.notes}
        planned = self._context.run(self._services.interview.plan_placement(LOCAL_WRITER, essay.id, numbers))
        if planned is None:
            return page
        try:
            worst = self._context.run(planned.max_cost())
            what, left = (
                ("finds its section", "leaves it as it is")
                if len(page.notes) == 1
                else ("sorts them into the sections", "leaves them as they are")
            )
            self._context.say(f"A model {what}. {max_cost_message(worst)} Ctrl-C {left}.")
            job = self._context.wait_for_job(planned.start())
        except ModelError as error:
            failed = f"The notes are stored; they could not be sorted into sections. {error.message_without_assurance}"
            return AddedNotes(page.notes, join_sentences(page.notice, failed))
        stopped = "The sorting was stopped. In the menu, sort goes on with it."
        told = stopped if job.state is JobState.STOPPED else job.error
        stored = self._context.run(essays.notes(LOCAL_WRITER, essay.id))
        placed = tuple(note for note in stored if note.number in numbers)
        return AddedNotes(placed, join_sentences(page.notice, told) or None)


def _is_command(line: str) -> bool:
    """Return whether a line typed for an answer begins with a command. An answer may begin with /private."""
    first = line.split(None, 1)[0]
    return re.fullmatch(r"/[a-z]+\W*", first.lower()) is not None and not has_private_mark(first)
