"""What a writer does with a post in the terminal, one command a line."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import BadInput, BotError, NothingToDo
from bot.essay.essay import Essay, Version
from bot.essay.export import open_points
from bot.essay.text.importing import told
from bot.terminal import WRITER, model_menu, views, who_reads
from bot.terminal.at_work import AtWork
from bot.terminal.editor import edited
from bot.terminal.handing_over import put_beside
from bot.terminal.model_menu import ModelMenu
from bot.terminal.notes_menu import COMMANDS, NotesMenu
from bot.terminal.on_screen import OnScreen, number
from bot.terminal.prompts import Command, Left, bare, left
from bot.terminal.tools import Sitting
from bot.workflow.desk import Edited, editable
from bot.workflow.measured import measured

_COMMANDS = f"""\
post, post N       show the post, or its version N
edit N             change section N in your editor
answer             more questions, the skipped ones first
measures           what was counted in the post, and why an editor cares
title TEXT         give the post a title
undo, redo         go back a version, or forward again
history            all versions
diff A B           what changed from version A to version B
go N               make version N the current one
export [FILE]      write the post as Markdown (a name that ends in .txt: as plain text);
                   with --force behind it, a FILE that is there is replaced
done               leave; everything is stored

{COMMANDS}

A slash before a command changes nothing: /help and help are the same."""

FORCE = "--force"


class Menu:
    """Takes commands until the writer leaves. Each reads the essay anew, so nothing here can be stale."""

    def __init__(self, sitting: Sitting, essay: Essay, ask_more: Callable[[], None]) -> None:
        self._sitting = sitting
        self._tools = sitting.tools
        self._desk = sitting.tools.desk
        self._id = essay.id
        self._ask_more = ask_more
        self._on_screen = OnScreen(sitting, essay.id)
        self._work = AtWork(sitting, essay.id)
        notes = NotesMenu(sitting, essay.id)
        self._doors: dict[str, Callable[[str], None]] = {
            "post": self._post,
            "edit": self._edit,
            "answer": self._answer,
            "measures": self._measures,
            "notes": notes.notes,
            "note": notes.notes,
            "title": self._title,
            "undo": self._undo,
            "redo": self._redo,
            "history": self._history,
            "diff": self._diff,
            "go": self._go,
            "export": self._export,
            "help": self._help,
            "skip": self._nothing_to_skip,
            "back": self._nowhere_back,
        }
        if self._tools.with_model:
            self._doors |= ModelMenu(sitting, essay.id, self._on_screen, lambda: notes.notes("")).doors

    def run(self) -> None:
        """Takes commands until done or Ctrl-D. Raises KeyboardInterrupt on Ctrl-C."""
        self._on_screen.overview()
        while True:
            try:
                words = [*(name for name in self._doors if name not in ("skip", "back")), "done"]
                line = self._sitting.keyboard.ask("\nNext [help]: ", words=words, recall=True).strip()
            except EOFError:
                line = "done"
            name, _, rest = line.partition(" ")
            name = name.lower().removeprefix("/")
            meant = bare(name) if not rest.strip() else None
            if meant in (Command.DONE, Command.QUIT):
                self._sitting.say(left(self._id))
                return
            name = meant.value if meant is not None else name
            if not name:
                continue
            try:
                self._work.release()
                self._doors.get(name, self._unknown)(rest.strip())
            except BotError as error:
                self._sitting.warn(str(error))

    def _unknown(self, _: str) -> None:
        raise BadInput("There is no such command: help lists them. Nothing was changed.")

    def _help(self, _: str) -> None:
        self._sitting.say(f"{_COMMANDS}\n\n{model_menu.COMMANDS}" if self._tools.with_model else _COMMANDS)
        self._sitting.say(f"\n{who_reads(with_model=self._tools.with_model)}")

    def _post(self, rest: str) -> None:
        version = self._on_screen.current()
        if rest:
            version = self._sitting.run(self._desk.version(WRITER, self._id, number(rest)))
        self._on_screen.post(version)

    def _edit(self, rest: str) -> None:
        version = self._on_screen.current()
        index = self._on_screen.part(version, rest, "edit 2")
        body = dict(editable(version.text))[index].body
        with edited(body.strip("\n") + "\n") as typed:
            if typed is None:
                self._sitting.say("The text was left as it was: nothing was changed.")
                return
            made = self._sitting.run(self._desk.edit_section(WRITER, self._id, version, index, typed))
        self._tell_edited(made, version)

    def _tell_edited(self, made: Edited, before: Version) -> None:
        if left_out := told(made.left_out, "text"):
            self._sitting.say(left_out)
        if not made.current:
            own = made.version.info.number
            self._sitting.warn(
                f"The post had changed meanwhile: your text is stored as version {own} beside it. go {own} leads there."
            )
        elif made.version == before:
            self._sitting.say("Nothing was changed.")
        else:
            self._on_screen.overview()

    def _answer(self, _: str) -> None:
        try:
            self._ask_more()
        except (Left, KeyboardInterrupt):
            self._set_in()
            raise
        if self._set_in():
            self._on_screen.overview()
        else:
            self._sitting.say("The answers are stored as notes: draft has the post written anew with them.")

    def _set_in(self) -> bool:
        """Sets new answers into the post; False where a model wrote it, which only another draft brings them into."""
        if self._tools.with_model and any(not info.origin.by_writer for info in self._on_screen.versions()):
            return False
        self._sitting.run(self._desk.post(WRITER, self._id))
        return True

    def _measures(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        found = measured(self._on_screen.current().text, self._desk.structure(essay))
        self._sitting.screen.print(views.measures(found))

    def _nothing_to_skip(self, _: str) -> None:
        raise BadInput("There is no question here to skip: help lists the commands. Nothing was changed.")

    def _nowhere_back(self, _: str) -> None:
        raise BadInput("Before this came the questions: answer puts more of them, undo takes the post a version back.")

    def _title(self, rest: str) -> None:
        self._sitting.run(self._desk.rename(WRITER, self._id, rest))
        self._sitting.say("The title is stored.")

    def _undo(self, _: str) -> None:
        self._sitting.run(self._desk.undo(WRITER, self._id))
        self._on_screen.overview()

    def _redo(self, _: str) -> None:
        self._sitting.run(self._desk.redo(WRITER, self._id))
        self._on_screen.overview()

    def _go(self, rest: str) -> None:
        self._sitting.run(self._desk.go_to(WRITER, self._id, number(rest)))
        self._on_screen.overview()

    def _history(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        self._sitting.screen.print(views.history(self._on_screen.versions(), essay.head))

    def _diff(self, rest: str) -> None:
        numbers = [number(word) for word in rest.split()]
        if not numbers:
            info = self._on_screen.current().info
            if info.parent is None:
                raise NothingToDo.no_undo()
            numbers = [info.parent, info.number]
        if len(numbers) != 2:
            raise BadInput("Give two version numbers, as in: diff 1 2")
        self._on_screen.difference(*numbers)

    def _export(self, rest: str) -> None:
        post = self._sitting.run(self._desk.export(WRITER, self._id))
        words = rest.split()
        replace = FORCE in (words[:1] + words[-1:])
        named = rest.removeprefix(FORCE).removesuffix(FORCE).strip() if replace else rest
        path = put_beside(post, self._id, named or None, replace=replace, sources=self._sitting.sources)
        self._sitting.run(self._desk.handed_over(WRITER, self._id, post))
        self._sitting.say(f"Exported to {path}")
        if points := open_points(post.text, self._sitting.run(self._desk.notes(WRITER, self._id))):
            self._sitting.say(points)
