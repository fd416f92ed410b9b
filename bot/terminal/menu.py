"""What a writer does with a post in the terminal, one command a line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.errors import BadInput, BotError, NothingToDo, UnknownSection
from bot.essay.essay import Essay, Version
from bot.essay.export import LINKEDIN_CHARACTERS, file_name, to_markdown, to_text
from bot.terminal import views
from bot.terminal.editor import edited
from bot.terminal.keyboard import Keyboard
from bot.terminal.output import free_path, shown, write_file
from bot.workflow.critique import measured
from bot.workflow.desk import Desk, Edited, editable

_COMMANDS = """\
post               show the post
edit N             change section N in your editor
answer             more questions, the skipped ones first
measures           what was counted in the post, and why an editor cares
notes, notes N     list the notes; leave note N out, or take it in again
title TEXT         give the post a title
undo, redo         go back a version, or forward again
history            all versions
diff A B           what changed from version A to version B
go N               make version N the current one
export [FILE]      write the post as Markdown (a name that ends in .txt: as plain text)
done               leave; everything is stored"""


class Menu:
    """Takes commands until the writer leaves. Each reads the essay anew, so nothing here can be stale."""

    def __init__(
        self,
        desk: Desk,
        runner: asyncio.Runner,
        screen: Console,
        keyboard: Keyboard,
        essay: Essay,
        ask_more: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._run: Callable[[Coroutine[Any, Any, Any]], Any] = runner.run
        self._screen = screen
        self._keyboard = keyboard
        self._writer = essay.writer
        self._id = essay.id
        self._ask_more = ask_more
        self._doors: dict[str, Callable[[str], None]] = {
            "post": self._post,
            "edit": self._edit,
            "answer": self._answer,
            "measures": self._measures,
            "notes": self._notes,
            "title": self._title,
            "undo": self._undo,
            "redo": self._redo,
            "history": self._history,
            "diff": self._diff,
            "go": self._go,
            "export": self._export,
            "help": self._help,
        }

    def run(self) -> None:
        """Takes commands until done or Ctrl-D. Raises KeyboardInterrupt on Ctrl-C."""
        self._overview()
        while True:
            try:
                line = self._keyboard.ask("\nNext [help]: ", words=[*self._doors, "done"]).strip()
            except EOFError:
                line = "done"
            name, _, rest = line.partition(" ")
            name = name.lower()
            if name in {"done", "quit", "exit", "q"}:
                self._screen.print(f"Everything is stored as essay {self._id}. essay-bot try goes on with it.")
                return
            if not name:
                continue
            try:
                self._doors.get(name, self._unknown)(rest.strip())
            except BotError as error:
                self._screen.print(str(error), style="yellow", markup=False)

    def _current(self) -> Version:
        version: Version = self._run(self._desk.current(self._writer, self._id))
        return version

    def _overview(self) -> None:
        version = self._current()
        self._screen.print(f"\nVersion {version.info.number}: {views.summary(version.info.words, version.text)}.")
        self._screen.print(views.section_list(version.text))

    def _unknown(self, _: str) -> None:
        raise BadInput("There is no such command: help lists them. Nothing was changed.")

    def _help(self, _: str) -> None:
        self._screen.print(_COMMANDS, markup=False)

    def _post(self, _: str) -> None:
        essay = self._run(self._desk.open(self._writer, self._id))
        self._screen.print(views.post(essay.title, self._current().text, rich=self._screen.is_terminal))

    def _edit(self, rest: str) -> None:
        version = self._current()
        parts = editable(version.text)
        if not rest:
            self._overview()
            raise BadInput("Give the number of the section to change, as in: edit 2")
        number = _number(rest)
        if not 1 <= number <= len(parts):
            raise UnknownSection(rest)
        index, part = parts[number - 1]
        with edited(part.body.strip("\n") + "\n") as body:
            if body is None:
                self._screen.print("The editor was left without saving: nothing was changed.")
                return
            made = self._run(self._desk.edit_section(self._writer, self._id, version, index, body))
        self._tell_edited(made, version)

    def _tell_edited(self, made: Edited, before: Version) -> None:
        if not made.current:
            self._screen.print(
                f"The post had changed meanwhile: your text is stored as version {made.version.info.number} beside it."
            )
        elif made.version == before:
            self._screen.print("Nothing was changed.")
        else:
            self._overview()

    def _answer(self, _: str) -> None:
        self._ask_more()
        self._run(self._desk.post(self._writer, self._id))
        self._overview()

    def _measures(self, _: str) -> None:
        essay = self._run(self._desk.open(self._writer, self._id))
        self._screen.print(views.measures(measured(self._current().text, self._desk.structure(essay))))

    def _notes(self, rest: str) -> None:
        essay = self._run(self._desk.open(self._writer, self._id))
        found = self._run(self._desk.notes(self._writer, self._id))
        if not rest:
            self._screen.print(views.notes(found, self._desk.structure(essay)))
            return
        note = next((one for one in found if one.number == _number(rest)), None)
        if note is None:
            raise NothingToDo.no_note(_number(rest))
        self._run(self._desk.leave_out(self._writer, self._id, note.number, not note.left_out))
        version = self._run(self._desk.post(self._writer, self._id))
        state = "in the post again" if note.left_out else "left out: it stays stored"
        self._screen.print(f"Note {note.number} is {state}.")
        if not note.left_out and note.text in version.text:
            self._screen.print(
                "Its words still stand in the post, which you have edited: take them out there with edit."
            )

    def _title(self, rest: str) -> None:
        self._run(self._desk.rename(self._writer, self._id, rest))
        self._screen.print("The title is stored.")

    def _undo(self, _: str) -> None:
        self._run(self._desk.undo(self._writer, self._id))
        self._overview()

    def _redo(self, _: str) -> None:
        self._run(self._desk.redo(self._writer, self._id))
        self._overview()

    def _go(self, rest: str) -> None:
        self._run(self._desk.go_to(self._writer, self._id, _number(rest)))
        self._overview()

    def _history(self, _: str) -> None:
        essay = self._run(self._desk.open(self._writer, self._id))
        self._screen.print(views.history(self._run(self._desk.history(self._writer, self._id)), essay.head))

    def _diff(self, rest: str) -> None:
        numbers = [_number(word) for word in rest.split()]
        if not numbers:
            info = self._current().info
            if info.parent is None:
                raise NothingToDo.no_undo()
            numbers = [info.parent, info.number]
        if len(numbers) != 2:
            raise BadInput("Give two version numbers, as in: diff 1 2")
        found = self._run(self._desk.difference(self._writer, self._id, *numbers))
        self._screen.print(views.changes(found, rich=self._screen.is_terminal and not self._screen.no_color))

    def _export(self, rest: str) -> None:
        post = self._run(self._desk.export(self._writer, self._id))
        path = Path(rest).expanduser() if rest else free_path(Path.cwd(), file_name(post.title, ".md"))
        plain = path.suffix.lower() == ".txt"
        text = to_text(post) if plain else to_markdown(post)
        write_file(path, text, self._id)
        if plain and len(text) > LINKEDIN_CHARACTERS:
            self._screen.print(f"It has {len(text):,} characters; a LinkedIn post holds {LINKEDIN_CHARACTERS:,}.")
        self._screen.print(f"Exported to {shown(str(path))}", markup=False)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"{text or 'Nothing'} is no number: give one, as in: go 2")
    return int(text)
