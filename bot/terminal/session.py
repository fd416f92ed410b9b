"""The session by keyboard: pick a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bot.errors import BadInput, BotError, JobRunning, ModelError, NothingToDo, UnknownStructure
from bot.essay import left_out
from bot.essay.essay import Essay, Note, Question, Version
from bot.essay.measures.base import counted
from bot.essay.naming import meant
from bot.essay.questions import STAYS_PRIVATE
from bot.essay.structures import find
from bot.essay.text.marks import is_marked, public_text
from bot.essay.text.words import has_words
from bot.terminal import WRITER, critique_view, outcomes, who_reads
from bot.terminal.at_work import AtWork
from bot.terminal.menu import Menu
from bot.terminal.on_screen import OnScreen
from bot.terminal.progress import at_most
from bot.terminal.prompts import Command, Left, agreed, ask, command, left
from bot.terminal.tools import Sitting
from bot.workflow.desk import HandedIn, joined_sentences
from bot.workflow.interview import Step
from bot.workflow.jobs import JobState

_HOW = """\
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

_NO_MODEL = "Career Essay Bot. No model is at work here: every word of the post will be your own."
_PICK = "Type its number, part of its name, or /quit. Nothing is lost by choosing: another essay can be begun any time."
_PASTE = "Paste notes, or press Enter for the questions; /quit leaves, and everything is stored."
_LISTED = 7  # essays offered to go on with; with what they say of themselves, half a screen
_MODEL = "Career Essay Bot. A model asks on where an answer leaves something open, and drafts from your answers alone."
_STATES = {True: "that is exported", False: "in progress"}
_AT_ANSWER = (Command.SKIP, Command.BACK, Command.UNDO)


class Session:
    """One sitting of one writer. Nothing of theirs is kept here: each step is stored before the next is asked for.

    Once a follow-up has failed for a reason that lasts, no more are asked for as long as the sitting does.
    """

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._tools = sitting.tools
        self._follows_up = True
        self._taken_back: dict[int, str] = {}  # answers, by their questions' numbers, to be typed anew

    def start(self, structure: str | None) -> None:
        """The whole session, from the choice of an essay to the end. Raises KeyboardInterrupt on Ctrl-C."""
        self._sitting.say(_MODEL if self._tools.with_model else _NO_MODEL)
        self._sitting.say(f"{who_reads(with_model=self._tools.with_model)}\n")
        with self._sitting.costing("This session"):
            self._start(structure)

    def _start(self, structure: str | None) -> None:
        essay = None
        try:
            essay, begun = self._chosen(structure)
            if begun and self._tools.with_model:  # which can sort a page of notes; without one their headings must
                self._paste(essay)
        except Left:
            self._sitting.say(left(essay.id) if essay is not None else "Nothing was begun.")
            return
        except EOFError:
            if essay is None:
                self._sitting.say("Nothing was begun.")
                return
        self._stay(essay)

    def go_on(self, essay: Essay) -> None:
        """Takes up an essay where it stands."""
        with self._sitting.costing("This session"):
            self._stay(essay)

    def _stay(self, essay: Essay) -> None:
        try:
            self._go_on(essay)
        except Left:
            self._sitting.say(left(essay.id))

    def _go_on(self, essay: Essay) -> None:
        left_off = self._left_off(essay)
        essay = self._sitting.run(self._tools.desk.open(WRITER, essay.id))  # what was left may be a version now
        if not left_off and essay.head is None:
            self._ask(essay, further=False)
        if essay.head is None and not self._make_post(essay):
            self._sitting.say(left(essay.id))
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

    def _chosen(self, structure: str | None) -> tuple[Essay, bool]:
        """The essay to work on, and whether it is a new one. Raises EOFError and Left where there is none."""
        essays = self._sitting.run(self._tools.desk.essays(WRITER))
        offered = [one for one in essays if structure in (None, one.structure)][:_LISTED]
        while True:
            if offered and (essay := self._old(offered)) is not None:
                return essay, False
            if (essay := self._begin(structure, back=bool(offered))) is not None:
                return essay, True

    def _old(self, offered: Sequence[Essay]) -> Essay | None:
        """The one of the writer's essays that they want to go on with; None for a new one. Raises Left."""
        if len(offered) == 1:
            self._sitting.say(f"You have an essay {_STATES[offered[0].is_exported]}: {self._about(offered[0])}.")
            return offered[0] if agreed(self._sitting, "Go on with it? [Y/n] ") else None
        self._sitting.say("Your essays, the last changed first:\n")
        for number, one in enumerate(offered, 1):
            self._sitting.say(f"{number:>2}  {self._about(one)}, {_STATES[one.is_exported].removeprefix('that is ')}")
        prompt = f"\nGo on with which? [1–{len(offered)}, Enter is 1; n begins a new one] "
        help_ = "Type a number, or n for a new one; /quit leaves. essay-bot essays lists all that you have."
        while True:
            try:
                typed = ask(self._sitting, prompt, help_, (Command.SKIP,))
            except EOFError:
                return None
            answer = typed.strip().lower()
            if isinstance(typed, Command) or answer in {"n", "no", "new"}:
                return None
            if answer in {"", "y", "yes"}:
                return offered[0]
            if len(places := meant(answer, [(one.id, one.title) for one in offered])) == 1:
                return offered[places[0]]
            self._sitting.warn(f"“{typed.strip()}” is not one of these. {help_}")

    def _about(self, essay: Essay) -> str:
        notes = ""
        if essay.structure in self._tools.desk.structures:
            progress = self._sitting.run(self._tools.interview.progress(WRITER, essay.id))
            notes = f"{progress.covered} of {progress.sections} sections with notes, "
        return f'"{essay.title}" ({essay.structure}), {notes}last changed {essay.changed:%Y-%m-%d}'

    def _begin(self, key: str | None, *, back: bool) -> Essay | None:
        """A new essay; None where the writer goes back to those that they have. Raises EOFError, Left."""
        structures = self._tools.desk.structures
        keys = list(structures)
        if key is None:
            self._sitting.say("What happened? Each of these structures works for one kind of career essay.\n")
            for number, structure in enumerate(structures.values(), 1):
                line = Text.assemble(f"{number:>2}  ", (structure.name, "bold"), f"  {structure.description}")
                self._sitting.screen.print(line)
        while key is None:
            asked = f"\nStructure [1–{len(keys)}, or its name]: "
            typed = ask(self._sitting, asked, _PICK, (Command.BACK,) if back else (), words=keys)
            if isinstance(typed, Command):
                return None
            try:
                key = find(structures, typed.strip()).key if typed.strip() else None
            except UnknownStructure as error:
                self._sitting.warn(str(error))
        return self._sitting.run(self._tools.desk.begin(WRITER, structures[key]))

    def _paste(self, essay: Essay) -> None:
        """The first choice: notes that are there already, or the interview."""
        self._sitting.say("\nPaste notes that you have, in one go, and press Enter; or press Enter to be interviewed.")
        text = ""
        while True:
            text = ask(self._sitting, "Notes: ", _PASTE, (Command.SKIP,), free=True, default=text)
            if isinstance(text, Command) or not text.strip() or self._hand_in(essay, text):
                return
            text = text if has_words([text]) else ""  # refused; it stands in the line again, to be cut or cleared

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
        page = HandedIn(())
        try:
            page = self._sitting.run(desk.hand_in_page(WRITER, essay.id, text))
            numbers = [note.number for note in page.notes]
            worst = self._sitting.run(self._tools.interview.sort_at_most(WRITER, essay.id, numbers))
            if worst is None:
                return page
            self._sitting.say(f"A model sorts them into the sections. {at_most(worst)} Ctrl-C leaves them as they are.")
            sorting = self._tools.interview.sort(WRITER, essay.id, numbers)
            placed = self._sitting.wait(sorting, "the model sorts your notes", "leaves the rest as they are")
            return HandedIn(placed.notes, joined_sentences(page.notice, placed.notice) or None)
        except ModelError as error:
            failed = f"The notes are stored; they could not be sorted into sections. {error.unassured}"
            return HandedIn(page.notes, joined_sentences(page.notice, failed))
        except KeyboardInterrupt:
            stored = self._sitting.run(desk.notes(WRITER, essay.id))[before:]
            if not stored:
                raise
            stopped = "The sorting was stopped. In the menu, sort goes on with it."
            return HandedIn(stored, joined_sentences(page.notice, stopped))

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
        if self._tools.desk.structure(essay).keeps_private(question.text):
            self._sitting.say(STAYS_PRIVATE)
        given = self._sitting.run(self._tools.interview.given(WRITER, essay.id, question))
        typed = self._taken_back.pop(question.number, "")
        if given is not None:
            typed = given.text
            out = " (left out, and stays so)" if given.left_out else ""
            kept = f"Your answer, note {given.number}{out}, stands in the line."
            self._sitting.say(f"{kept} Enter keeps it; what you make of it takes its place.")
        while True:
            line = ask(self._sitting, "Answer: ", _HOW, _AT_ANSWER, free=True, default=typed)
            try:
                if self._take(essay, question, given, line):
                    return
                typed = ""
            except BotError as error:
                self._sitting.warn(str(error))
                # No key brings an old line back, so what was typed stands in the line again.
                typed = line if has_words([line]) and not line.lower().startswith("/notes") else ""

    def _take(self, essay: Essay, question: Question, given: Note | None, line: str | Command) -> bool:
        """Does what the line says. False where the question stays open; ``given`` is the answer that there is."""
        if line is Command.BACK:
            return self._back(essay, question)
        if line is Command.UNDO:
            return self._undo(essay, question)
        if line is Command.SKIP or not line.strip():
            return self._skip(essay, question, given)
        interview = self._tools.interview
        first, rest = (*line.strip().split(None, 1), "", "")[:2]
        name = first.lower()  # a phone's keyboard begins a line with a capital
        if command(first) is not None:
            raise BadInput(f"{first} stands alone on its line. The question is still open.")
        if re.fullmatch(r"/[a-z]+\W*", name) and name != "/notes" and not is_marked(first):
            raise BadInput(f"There is no {first} here: /help shows what there is. The question is still open.")
        if name == "/notes":
            if rest.strip() in {"", "-"}:
                raise BadInput("Give the path of a file, as in: /notes page.md. The question is still open.")
            covered = self._hand_in(essay, self._sitting.read(str(Path(rest.strip()).expanduser())))
            if question.section not in covered:
                return False
            return self._skip(essay, question, given)
        # The command /private speaks of the whole answer: on a line of its own it covers all below it.
        if first.startswith("/") and is_marked(first) and "\n" in rest:
            line = f"{first}\n\n{rest}"
        if given is not None:
            change = self._sitting.run(interview.answer_anew(WRITER, essay.id, question, given, line))
            note = change.note
            self._sitting.say(f"Note {given.number} holds your new answer. {change.told}".strip())
        else:
            note = self._sitting.run(interview.answer(WRITER, essay.id, question, line))
        if note is not None and note.private:
            self._sitting.say(left_out.told([note]))
        return True

    def _skip(self, essay: Essay, question: Question, given: Note | None) -> bool:
        interview = self._tools.interview
        if given is not None:
            self._sitting.say("Your answer stays as it is.")
            self._sitting.run(interview.keep_answer(WRITER, essay.id, question))
        else:
            self._sitting.run(interview.skip(WRITER, essay.id, question))
        return True

    def _back(self, essay: Essay, question: Question) -> bool:
        """Whether there is a question before this one, which is put next then."""
        if self._sitting.run(self._tools.interview.go_back(WRITER, essay.id, question)) is None:
            self._sitting.warn("This is the first question: there is none before it.")
            return False
        return True

    def _undo(self, essay: Essay, question: Question) -> bool:
        """Whether there was an answer to take back, whose question is put again then."""
        taken = self._sitting.run(self._tools.interview.take_back(WRITER, essay.id, question))
        if taken is None:
            self._sitting.warn("Nothing was answered yet, so there is nothing to take back.")
            return False
        asked, note = taken
        again = note.text if not note.left_out or not public_text(note.text) else f"/private {note.text}"
        self._taken_back[asked.number] = again
        when = "below" if asked.number <= question.number else "when its question comes again"
        self._sitting.say(
            f"Taken back: note {note.number} is deleted, and its text stands in the line {when}.\n{again}"
        )
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
