"""The session by keyboard: pick a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from bot.errors import BadInput, BotError, NothingToDo, StoreError, UnknownStructure
from bot.essay.essay import Essay, Question
from bot.terminal import WRITER, critique_view, views
from bot.terminal.drafting import ended
from bot.terminal.menu import Menu
from bot.terminal.output import shown
from bot.terminal.tools import Sitting
from bot.workflow.jobs import Job, JobState

_HOW = """\
Enter skips a question; a paste of several paragraphs is one answer.
/private before an answer keeps it out of the post and from any model. /notes PATH hands in a page of notes.
Ctrl-D goes to the post at once. Every answer is stored as soon as you press Enter; Ctrl-C leaves, and the next
essay-bot try goes on from there."""

_NO_MODEL = "Career Essay Bot. No model is at work here: every word of the post will be your own.\n"
_MODEL = (
    "Career Essay Bot. A model asks on where an answer leaves something open, and drafts from your answers alone.\n"
)


class Session:
    """One sitting of one writer. Keeps nothing itself: each step is in the store before the next is asked for."""

    def __init__(self, sitting: Sitting) -> None:
        self._sitting = sitting
        self._tools = sitting.tools

    def start(self, structure: str | None) -> None:
        """The whole session, from the choice of an essay to the end. Raises KeyboardInterrupt on Ctrl-C."""
        self._sitting.say(_MODEL if self._tools.with_model else _NO_MODEL)
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
        self.go_on(essay)

    def go_on(self, essay: Essay) -> None:
        """Takes up an essay where it stands."""
        left = self._interrupted(essay)
        if essay.head is None and left is None:
            self._ask(essay, further=False)
        if essay.head is None:
            self._make_post(essay)
        Menu(self._sitting, essay, lambda: self._ask(essay, further=True)).run()

    def _interrupted(self, essay: Essay) -> Job | None:
        """The essay's last job, where it was interrupted and nothing has been done since; says so."""
        view = self._sitting.run(self._tools.jobs.latest(WRITER, essay.id))
        if (
            view is None
            or view.job.state is not JobState.INTERRUPTED
            or essay.head
            not in (
                view.job.base,
                view.job.result,
            )
        ):
            return None
        job = view.job
        kept = f"What came is version {job.result}." if job.result else "The essay is as it was before."
        offer = "In the menu, again begins it once more." if essay.head is not None else "It is begun once more now."
        self._sitting.warn(f"A {job.kind.value} was interrupted. {kept} {offer}")
        return job

    def _unfinished(self, structure: str | None) -> Essay | None:
        """The essay last worked on and not exported, of that structure if one is given, if the writer wants it."""
        essays = self._sitting.run(self._tools.desk.essays(WRITER))
        wanted = [one for one in essays if not one.is_exported and structure in (None, one.structure)]
        latest = wanted[0] if wanted else None
        if latest is None:
            return None
        progress = self._sitting.run(self._tools.interview.progress(WRITER, latest.id))
        self._sitting.say(
            f'You have an essay in progress: "{shown(latest.title)}" ({latest.structure}), '
            f"{progress.covered} of {progress.sections} sections with notes, last changed {latest.changed:%Y-%m-%d}."
        )
        try:
            answer = self._sitting.keyboard.ask("Go on with it? [Y/n] ").strip().lower()
        except EOFError:
            answer = "n"
        return None if answer.startswith("n") else latest

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
            answer = self._sitting.keyboard.ask(asked, words=keys).strip().lower()
            key = _picked(answer, keys)
            if key is None and answer:
                self._sitting.warn(str(UnknownStructure(answer, keys)))
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
            handed_in = self._sitting.run(self._tools.interview.hand_in(WRITER, essay.id, text))
        except BotError as error:
            self._sitting.warn(str(error))
            return set()
        if handed_in.notice:
            self._sitting.warn(handed_in.notice)
        placed = sum(note.section is not None for note in handed_in.notes)
        count = len(handed_in.notes)
        self._sitting.say(f"{count} {'note' if count == 1 else 'notes'} stored, {placed} under a section.")
        return {note.section for note in handed_in.notes}

    def _ask(self, essay: Essay, *, further: bool) -> None:
        """Questions one at a time until there is none left, or the writer has had enough."""
        if further:
            for question in self._sitting.run(self._tools.interview.skipped(WRITER, essay.id)):
                self._sitting.run(self._tools.interview.return_to(WRITER, essay.id, question))
        self._sitting.say(f"\n{_HOW}")
        while True:
            step = self._sitting.run(self._tools.interview.next_question(WRITER, essay.id, further=further))
            if step.notice:
                self._sitting.warn(step.notice)
            if step.question is None:
                break
            try:
                self._put(essay, step.question)
            except EOFError:
                return
        if further:
            self._sitting.say("\nThat was the last question of this structure.")

    def _put(self, essay: Essay, question: Question) -> None:
        section = self._tools.desk.structure(essay).section(question.section)
        progress = self._sitting.run(self._tools.interview.progress(WRITER, essay.id))
        self._sitting.screen.print()
        self._sitting.screen.print(
            Text(f"{section.heading if section else question.section}", style="bold"),
            Text(f" {progress.covered} of {progress.sections} sections have notes", style="dim"),
        )
        self._sitting.say(shown(question.text))
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
        command, rest = (*typed.strip().split(None, 1), "", "")[:2]
        if not typed.strip():
            self._sitting.run(interview.skip(WRITER, essay.id, question))
        elif re.fullmatch(r"/[a-z]+", command) and command not in {"/notes", "/private"}:
            raise BadInput(f"There is no {command} here, only /notes and /private. The question is still open.")
        elif command == "/notes":
            if rest.strip() in {"", "-"}:
                raise BadInput("Give the path of a file, as in: /notes page.md. The question is still open.")
            covered = self._hand_in(essay, self._sitting.read(str(Path(rest.strip()).expanduser())))
            if question.section not in covered:
                return False
            self._sitting.run(interview.skip(WRITER, essay.id, question))
        elif command == "/private":
            self._sitting.run(interview.answer(WRITER, essay.id, question, rest, left_out=True))
        else:
            self._sitting.run(interview.answer(WRITER, essay.id, question, typed))
        return True

    def _make_post(self, essay: Essay) -> None:
        """Has the post drafted or, without a model or where it fails, sets the notes as they stand; and shows it."""
        if self._tools.with_model:
            try:
                job = self._sitting.follow(essay.id, self._tools.writing.draft(WRITER, essay.id))
                if job.state is not JobState.DONE:
                    self._sitting.warn(ended(job))
            except BotError as error:
                self._sitting.warn(str(error))
        try:
            version = self._sitting.run(self._tools.desk.current(WRITER, essay.id))
        except NothingToDo:
            if self._tools.with_model:
                self._sitting.say("Your notes are set into the structure as they stand; no model wrote this version.")
            version = self._sitting.run(self._tools.desk.post(WRITER, essay.id))
        opened = self._sitting.run(self._tools.desk.open(WRITER, essay.id))
        self._sitting.screen.print()
        self._sitting.screen.print(views.post(opened.title, version.text, styled=self._sitting.screen.is_terminal))
        if not version.info.origin.by_writer:
            found = self._sitting.run(self._tools.writing.unsupported(WRITER, essay.id, version))
            self._sitting.screen.print()
            self._sitting.screen.print(critique_view.claims(found, version.text))


def _picked(answer: str, keys: Sequence[str]) -> str | None:
    """The key that a number, a key or the start of one stands for."""
    if answer.isascii() and answer.isdigit():
        return keys[int(answer) - 1] if 1 <= int(answer) <= len(keys) else None
    fitting = [key for key in keys if key.startswith(answer.replace(" ", "-"))] if answer else []
    return fitting[0] if len(fitting) == 1 or answer in keys else None
