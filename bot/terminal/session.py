"""The session by keyboard: pick a structure, answer questions one at a time, then work on the post."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from rich.console import Console
from rich.text import Text

from bot.errors import BotError, StoreError, UnknownStructure
from bot.essay.essay import Essay, Question
from bot.terminal import views
from bot.terminal.keyboard import Keyboard
from bot.terminal.menu import Menu
from bot.terminal.output import shown
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview

T = TypeVar("T")

WRITER = "local"

_HOW = """\
Enter skips a question; a paste of several paragraphs is one answer.
/private before an answer keeps it out of the post. /notes hands in a page of notes by its path.
Ctrl-D goes to the post at once. Every answer is stored as soon as you press Enter; Ctrl-C leaves, and the next
essay-bot try goes on from there."""


class Session:
    """One sitting of one writer. Keeps nothing itself: each step is in the store before the next is asked for."""

    def __init__(
        self,
        desk: Desk,
        interview: Interview,
        runner: asyncio.Runner,
        screen: Console,
        keyboard: Keyboard,
        read: Callable[[str], str],
    ) -> None:
        self._desk = desk
        self._interview = interview
        self._run: Callable[[Coroutine[Any, Any, Any]], Any] = runner.run
        self._runner = runner
        self._screen = screen
        self._keyboard = keyboard
        self._read = read

    def start(self, structure: str | None) -> None:
        """The whole session, from the choice of an essay to the end. Raises KeyboardInterrupt on Ctrl-C."""
        self._say("Career Essay Bot. No model is at work here: every word of the post will be your own.\n")
        essay = None if structure else self._unfinished()
        try:
            if essay is None:
                essay = self._begin(structure)
        except EOFError:
            self._say("Nothing was begun.")
            return
        self.go_on(essay)

    def go_on(self, essay: Essay) -> None:
        """Takes up an essay where it stands."""
        if essay.head is None:
            self._ask(essay, further=False)
            self._post(essay)
        Menu(
            self._desk, self._runner, self._screen, self._keyboard, essay, lambda: self._ask(essay, further=True)
        ).run()

    def _unfinished(self) -> Essay | None:
        latest = next((one for one in self._run(self._desk.essays(WRITER)) if not one.finished), None)
        if latest is None:
            return None
        progress = self._run(self._interview.progress(WRITER, latest.id))
        self._say(
            f'You have an essay in progress: "{shown(latest.title)}" ({latest.structure}), '
            f"{progress.covered} of {progress.sections} sections with notes, last changed {latest.changed:%Y-%m-%d}."
        )
        try:
            answer = self._keyboard.ask("Go on with it? [Y/n] ").strip().lower()
        except EOFError:
            answer = "n"
        return None if answer.startswith("n") else latest

    def _begin(self, key: str | None) -> Essay:
        structures = self._desk.structures
        keys = list(structures)
        if key is None:
            self._say("What happened? Each of these is a structure that works for one kind of career essay.\n")
            for number, structure in enumerate(structures.values(), 1):
                self._screen.print(
                    Text.assemble(f"{number:>2}  ", (structure.name, "bold"), f"  {structure.description}")
                )
        while key is None:
            answer = self._keyboard.ask(f"\nStructure [1–{len(keys)}, or its name]: ", words=keys).strip().lower()
            key = _picked(answer, keys)
            if key is None and answer:
                self._tell(UnknownStructure(answer, keys))
        begun: Essay = self._run(self._desk.begin(WRITER, structures[key]))
        return begun

    def _ask(self, essay: Essay, *, further: bool) -> None:
        """Questions one at a time until there is none left, or the writer has had enough."""
        if further:
            for question in self._run(self._interview.skipped(WRITER, essay.id)):
                self._run(self._interview.return_to(WRITER, essay.id, question))
        self._say(f"\n{_HOW}")
        while (question := self._next(essay, further)) is not None:
            try:
                self._put(essay, question)
            except EOFError:
                return
        if further:
            self._say("\nThat was the last question of this structure.")

    def _next(self, essay: Essay, further: bool) -> Question | None:
        found: Question | None = self._run(self._interview.next_question(WRITER, essay.id, further=further))
        return found

    def _put(self, essay: Essay, question: Question) -> None:
        section = self._desk.structure(essay).section(question.section)
        progress = self._run(self._interview.progress(WRITER, essay.id))
        self._screen.print()
        self._screen.print(
            Text(f"{section.heading if section else question.section}", style="bold"),
            Text(f"{progress.covered} of {progress.sections} sections have notes", style="dim"),
        )
        self._say(question.text)
        typed = ""
        while True:
            typed = self._keyboard.ask("Answer: ", default=typed)
            try:
                if self._take(essay, question, typed):
                    return
                typed = ""
            except BotError as error:
                self._tell(error)
                if not isinstance(error, StoreError):
                    typed = ""  # after a full disk what was typed stands in the line again; else it could not be used

    def _take(self, essay: Essay, question: Question, typed: str) -> bool:
        """Does what the line says. False where the question stays open."""
        command, _, rest = typed.strip().partition(" ")
        if not typed.strip():
            self._run(self._interview.skip(WRITER, essay.id, question))
        elif command == "/notes":
            found = self._run(self._desk.hand_in(WRITER, essay.id, self._read(rest.strip())))
            self._say(f"{len(found)} {'note' if len(found) == 1 else 'notes'} stored.")
            covered = {note.section for note in found}
            return question.section in covered and self._pass_over(essay, question)
        elif command == "/private":
            self._run(self._interview.answer(WRITER, essay.id, question, rest, left_out=True))
        else:
            self._run(self._interview.answer(WRITER, essay.id, question, typed))
        return True

    def _pass_over(self, essay: Essay, question: Question) -> bool:
        self._run(self._interview.skip(WRITER, essay.id, question))
        return True

    def _post(self, essay: Essay) -> None:
        version = self._run(self._desk.post(WRITER, essay.id))
        self._screen.print()
        self._screen.print(views.post(essay.title, version.text, rich=self._screen.is_terminal))

    def _say(self, text: str) -> None:
        self._screen.print(text, markup=False)

    def _tell(self, error: BotError) -> None:
        self._screen.print(str(error), style="yellow", markup=False)


def _picked(answer: str, keys: Sequence[str]) -> str | None:
    """The key that a number, a key or the start of one stands for."""
    if answer.isascii() and answer.isdigit():
        return keys[int(answer) - 1] if 1 <= int(answer) <= len(keys) else None
    fitting = [key for key in keys if key.startswith(answer.replace(" ", "-"))] if answer else []
    return fitting[0] if len(fitting) == 1 or answer in keys else None
