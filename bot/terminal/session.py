"""The session by keyboard: pick a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

import re
from pathlib import Path

from rich.text import Text

from bot.errors import BadInput, BotError, JobRunning, NothingToDo, StoreError, UnknownStructure
from bot.essay import left_out
from bot.essay.essay import Essay, Question, Version
from bot.essay.measures.base import counted
from bot.essay.structures import find
from bot.essay.text.marks import is_marked
from bot.terminal import WRITER, critique_view, outcomes
from bot.terminal.at_work import AtWork
from bot.terminal.menu import Menu
from bot.terminal.on_screen import OnScreen
from bot.terminal.tools import Sitting
from bot.workflow.desk import HandedIn
from bot.workflow.interview import Step
from bot.workflow.jobs import JobState

_HOW = """\
Enter           skips the question
/private TEXT   an answer that stays out of the post and away from any model
/notes PATH     hands in a page of notes
Ctrl-D          goes to the post at once
Ctrl-C          leaves; the next essay-bot try goes on from there
A paste of several paragraphs is one answer. Every answer is stored on Enter."""

_NO_MODEL = "Career Essay Bot. No model is at work here: every word of the post will be your own.\n"
_MODEL = (
    "Career Essay Bot. A model asks on where an answer leaves something open, and drafts from your answers alone.\n"
)


class Session:
    """One sitting of one writer. Nothing of theirs is kept here: each step is stored before the next is asked for.

    Once a follow-up has failed for a reason that lasts, no more are asked for as long as the sitting does.
    """

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._tools = sitting.tools
        self._follows_up = True

    def start(self, structure: str | None) -> None:
        """The whole session, from the choice of an essay to the end. Raises KeyboardInterrupt on Ctrl-C."""
        self._sitting.say(_MODEL if self._tools.with_model else _NO_MODEL)
        with self._sitting.costing("This session"):
            self._start(structure)

    def _start(self, structure: str | None) -> None:
        essay = self._unfinished(structure)
        try:
            if essay is None:
                essay = self._begin(structure)
                if self._tools.with_model:  # which can sort a page of notes; without one their headings must
                    self._paste(essay)
        except EOFError:
            if essay is None:
                self._sitting.say("Nothing was begun.")
                return
        self._go_on(essay)

    def go_on(self, essay: Essay) -> None:
        """Takes up an essay where it stands."""
        with self._sitting.costing("This session"):
            self._go_on(essay)

    def _go_on(self, essay: Essay) -> None:
        left_off = self._left_off(essay)
        essay = self._sitting.run(self._tools.desk.open(WRITER, essay.id))  # what was left may be a version now
        if not left_off and essay.head is None:
            self._ask(essay, further=False)
        if essay.head is None and not self._make_post(essay):
            self._sitting.say(f"Everything is stored as essay {essay.id}. essay-bot try goes on with it.")
            return
        Menu(self._sitting, essay, lambda: self._ask(essay, further=True)).run()

    def _left_off(self, essay: Essay) -> bool:
        """Whether the essay's last job was interrupted and nothing has been done since; says so, or that one runs."""
        view = self._sitting.run(self._tools.jobs.latest(WRITER, essay.id))
        if view is None:
            return False
        job, now = view.job, self._sitting.run(self._tools.desk.open(WRITER, essay.id))
        if not job.state.ended:
            self._sitting.warn(
                f"A {job.kind.spoken} of this essay is being written in another session of this program."
            )
        if job.state is not JobState.INTERRUPTED or (job.ended is not None and now.changed > job.ended):
            return False
        self._sitting.warn(outcomes.interrupted(job, now.head))
        return True

    def _unfinished(self, structure: str | None) -> Essay | None:
        """The essay last worked on and not exported, of that structure if one is given, if the writer wants it."""
        essays = self._sitting.run(self._tools.desk.essays(WRITER))
        wanted = [one for one in essays if not one.is_exported and structure in (None, one.structure)]
        latest = wanted[0] if wanted else None
        if latest is None:
            return None
        progress = self._sitting.run(self._tools.interview.progress(WRITER, latest.id))
        self._sitting.say(
            f'You have an essay in progress: "{latest.title}" ({latest.structure}), '
            f"{progress.covered} of {progress.sections} sections with notes, last changed {latest.changed:%Y-%m-%d}."
        )
        return latest if self._sitting.yes("Go on with it? [Y/n] ") else None

    def _begin(self, key: str | None) -> Essay:
        structures = self._tools.desk.structures
        keys = list(structures)
        if key is None:
            self._sitting.say("What happened? Each of these structures works for one kind of career essay.\n")
            for number, structure in enumerate(structures.values(), 1):
                line = Text.assemble(f"{number:>2}  ", (structure.name, "bold"), f"  {structure.description}")
                self._sitting.screen.print(line)
        while key is None:
            asked = f"\nStructure [1–{len(keys)}, or its name]: "
            answer = self._sitting.keyboard.ask(asked, words=keys).strip()
            try:
                key = find(structures, answer).key if answer else None
            except UnknownStructure as error:
                self._sitting.warn(str(error))
        return self._sitting.run(self._tools.desk.begin(WRITER, structures[key]))

    def _paste(self, essay: Essay) -> None:
        """The first choice: notes that are there already, or the interview."""
        self._sitting.say("\nPaste notes that you have, in one go, and press Enter; or press Enter to be interviewed.")
        text = self._sitting.keyboard.ask("Notes: ")
        if text.strip():
            self._hand_in(essay, text)

    def _hand_in(self, essay: Essay, text: str) -> set[str | None]:
        """Stores notes and says where they went; returns the sections that have some now."""
        try:
            handed_in = self._handed_in(essay, text)
        except BotError as error:
            self._sitting.warn(str(error))
            return set()
        if handed_in.notice:
            self._sitting.warn(handed_in.notice)
        placed = sum(note.section is not None for note in handed_in.notes)
        self._sitting.say(f"{counted(len(handed_in.notes), 'note')} stored, {placed} under a section.")
        if told := left_out.told(handed_in.notes):
            self._sitting.say(told)
        return {note.section for note in handed_in.notes}

    def _handed_in(self, essay: Essay, text: str) -> HandedIn:
        """Stores notes and has them sorted. Ctrl-C ends the sorting; it leaves the session where nothing is stored."""
        desk = self._tools.desk
        before = len(self._sitting.run(desk.notes(WRITER, essay.id)))
        handing_in = self._tools.interview.hand_in(WRITER, essay.id, text)
        try:
            return self._sitting.wait(handing_in, "the model sorts your notes", "leaves the rest as they are")
        except KeyboardInterrupt:
            stored = self._sitting.run(desk.notes(WRITER, essay.id))[before:]
            if not stored:
                raise
            return HandedIn(stored, "The sorting was stopped. In the menu, sort goes on with it.")

    def _ask(self, essay: Essay, *, further: bool) -> None:
        """Questions one at a time until there is none left, or the writer has had enough."""
        if further:
            for question in self._sitting.run(self._tools.interview.skipped(WRITER, essay.id)):
                self._sitting.run(self._tools.interview.return_to(WRITER, essay.id, question))
        self._sitting.say(f"\n{_HOW}")
        while True:
            step = self._next(essay, further=further)
            if step.question is None:
                break
            try:
                self._put(essay, step.question)
            except EOFError:
                return
        if further:
            self._sitting.say("\nThat was the last question of this structure.")

    def _next(self, essay: Essay, *, further: bool) -> Step:
        """The next step of the interview; says what a model could not do. Ctrl-C passes over a follow-up."""
        interview = self._tools.interview
        finding = interview.next_question(WRITER, essay.id, further=further, follow_up=self._follows_up)
        try:
            step = self._sitting.wait(finding, "the model reads your answer", "goes on without a question on it")
        except KeyboardInterrupt:
            self._sitting.say("Passed over; your answer is stored.")
            without = interview.next_question(WRITER, essay.id, further=further, follow_up=False)
            return self._sitting.run(without)
        if step.notice:
            self._follows_up = not step.lasting
            on = " From here on only the structure's own questions are put." if step.lasting else ""
            self._sitting.warn(f"{step.notice}{on}")
        return step

    def _put(self, essay: Essay, question: Question) -> None:
        section = self._tools.desk.structure(essay).section(question.section)
        progress = self._sitting.run(self._tools.interview.progress(WRITER, essay.id))
        self._sitting.screen.print()
        self._sitting.screen.print(
            Text(f"{section.heading if section else question.section}", style="bold"),
            Text(f" {progress.covered} of {progress.sections} sections have notes", style="dim"),
        )
        self._sitting.say(question.text)
        typed = ""
        while True:
            typed = self._sitting.keyboard.ask("Answer: ", default=typed)
            try:
                if self._take(essay, question, typed):
                    return
                typed = ""
            except BotError as error:
                self._sitting.warn(str(error))
                if not isinstance(error, StoreError):
                    typed = ""  # after a full disk what was typed stands in the line again; else it could not be used

    def _take(self, essay: Essay, question: Question, typed: str) -> bool:
        """Does what the line says. False where the question stays open."""
        interview = self._tools.interview
        first, rest = (*typed.strip().split(None, 1), "", "")[:2]
        command = first.lower()  # a phone's keyboard begins a line with a capital
        if not typed.strip():
            self._sitting.run(interview.skip(WRITER, essay.id, question))
        elif re.fullmatch(r"/[a-z]+\W*", command) and command != "/notes" and not is_marked(first):
            raise BadInput(f"There is no {first} here, only /notes and /private. The question is still open.")
        elif command == "/notes":
            if rest.strip() in {"", "-"}:
                raise BadInput("Give the path of a file, as in: /notes page.md. The question is still open.")
            covered = self._hand_in(essay, self._sitting.read(str(Path(rest.strip()).expanduser())))
            if question.section not in covered:
                return False
            self._sitting.run(interview.skip(WRITER, essay.id, question))
        else:
            note = self._sitting.run(interview.answer(WRITER, essay.id, question, typed))
            if note.left_out:
                self._sitting.say(left_out.told([note]))
        return True

    def _make_post(self, essay: Essay) -> bool:
        """Makes the first post and shows it: a draft where the writer wants one, else the notes as they stand.

        False where another session is writing it.
        """
        try:
            made = self._drafted(essay) if self._tools.with_model else None
        except JobRunning as error:
            self._sitting.warn(str(error))
            return False
        made = made or self._as_it_stands(essay)
        self._sitting.screen.print()
        OnScreen(self._sitting, essay.id).post(made)
        if not made.info.origin.by_writer:
            found = self._sitting.run(self._tools.writing.unsupported(WRITER, essay.id, made))
            self._sitting.screen.print()
            self._sitting.screen.print(critique_view.claims(found, made.text))
        return True

    def _drafted(self, essay: Essay) -> Version | None:
        """A draft, or what came of one; None where the writer wants none, or nothing came. Raises JobRunning."""
        work = AtWork(self._sitting, essay.id)
        work.release()
        try:
            job = work.done(
                lambda: self._tools.writing.to_draft(WRITER, essay.id),
                offer="\nA draft can be written now, from your notes alone. ",
                choice="Enter has it written; n sets your notes into the structure as they stand: ",
            )
        except JobRunning:
            raise
        except BotError as error:
            self._sitting.warn(str(error))
            return None
        return work.made(job) if job is not None else None

    def _as_it_stands(self, essay: Essay) -> Version:
        """The text that there is; without one, the notes, set into the structure."""
        try:
            return self._sitting.run(self._tools.desk.current(WRITER, essay.id))
        except NothingToDo:
            if self._tools.with_model:
                self._sitting.say("Your notes are set into the structure as they stand; no model wrote this version.")
            return self._sitting.run(self._tools.desk.post(WRITER, essay.id))
