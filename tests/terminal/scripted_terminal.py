"""A whole session in this process: the real workflow and store, models that say what is scripted, typed lines."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.essay.essay import Essay, Origin, Version
from bot.essay.structure import Structure
from bot.services.jobs.job import JobKind
from bot.services.services import Services
from bot.store.jobs import process_name
from bot.terminal import LOCAL_WRITER
from bot.terminal.context import TerminalContext
from bot.terminal.output import SafeConsole
from bot.terminal.session import KeyboardSession
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, Gate, StoredJobs

END = EOFError()
"""Ctrl-D, where a line is typed."""
Line = str | EOFError | Callable[[], str]
"""What is typed; a function first lets something happen."""


class Output(io.StringIO):
    """What a screen has shown, which can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    def write(self, text: str) -> int:
        written = super().write(text)
        for loop, news in self._waiting:
            loop.call_soon_threadsafe(news.set)  # rich draws a line that changes from a thread of its own
        return written

    async def until(self, words: str) -> None:
        """Returns once the words have been shown."""
        waiting = asyncio.get_running_loop(), asyncio.Event()
        self._waiting.append(waiting)
        async with asyncio.timeout(PATIENCE):
            while words not in self.getvalue():
                waiting[1].clear()
                await waiting[1].wait()
        self._waiting.remove(waiting)


@dataclass(eq=False)
class Lines:
    """A keyboard on which these lines are typed; then Ctrl-D.

    ``asked`` are the prompts, as they came; ``offered`` what stood in the line at each.
    """

    lines: deque[Line]
    asked: list[str] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        self.asked.append(prompt)
        self.offered.append(default)
        line = self.lines.popleft() if self.lines else END
        if isinstance(line, EOFError):
            raise line
        return line() if callable(line) else line


class Terminal:
    """A person at a terminal over a room."""

    def __init__(self, room: Room, structure: Structure, runner: asyncio.Runner) -> None:
        self.room = room
        self.structure = structure
        self.runner = runner
        self.keyboard = Lines(deque())
        self.stdout, self.stderr = Output(), Output()
        self.screen = SafeConsole(file=self.stdout, width=2_000)
        self.beside = SafeConsole(file=self.stderr, width=2_000)
        runner.run(room.jobs.open(room.writing.work_for))  # as the program does before anything else

    def essay(self, *versions: str) -> Essay:
        """An essay of the person's with a page of notes, and texts set from it, each made from the one before."""
        essay = self.runner.run(self.room.essay_with_notes(self.structure, writer=LOCAL_WRITER))
        for text in versions:
            self.runner.run(self.change(essay, text))
        return self.opened(essay)

    def opened(self, essay: str) -> Essay:
        return self.runner.run(self.room.desk.get_essay(LOCAL_WRITER, essay))

    async def change(self, essay: str, text: str) -> None:
        """Another text, as another session makes it."""
        head = (await self.room.desk.get_essay(LOCAL_WRITER, essay)).head
        await self.room.desk.add_version(LOCAL_WRITER, essay, head, Origin.EDITED, text, 2)

    def text(self, essay: Essay) -> Version:
        return self.runner.run(self.room.desk.current_version(LOCAL_WRITER, essay.id))

    def types(self, *lines: Line) -> None:
        """The person will type these lines, and then end what asks for more."""
        self.keyboard.lines.extend(lines)

    def resume_and_type(self, essay: Essay, *lines: Line) -> str:
        """Takes up an essay, types the lines, and leaves; what standard output showed of that."""
        before = len(self.stdout.getvalue())
        self.types(*lines)
        self.session().resume(self.opened(essay.id))
        return self.stdout.getvalue()[before:]

    def session(self) -> KeyboardSession:
        return KeyboardSession(
            TerminalContext(self.tools, self.runner, self.screen, self.beside, self.keyboard, _read_file)
        )

    @property
    def tools(self) -> Services:
        return self.room.services

    def add_unfinished_job(self, essay: Essay, kind: JobKind, text: str, process: str) -> None:
        """A job on the essay that another process has begun, and what came of it so far."""

        async def begin() -> None:
            theirs = StoredJobs(self.room.store, process)
            job = await theirs.add_job(LOCAL_WRITER, essay.id, kind, essay.head, "", self.room.clock())
            await theirs.append_text({job.id: text})

        self.runner.run(begin())

    async def presses_ctrl_c(self) -> None:
        """Presses it, and waits for what comes of it."""
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()


def another_living_process() -> str:
    """The name of a process that is there and is not this one."""
    name = process_name(os.getppid())
    assert name is not None, "the tests run where processes can be told apart"
    return name


def _read_file(path: str) -> str:
    return Path(path).read_text()


class CallbackGate(Gate):
    """A place in a reply at which something else happens."""

    def __init__(self, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._happens = happens

    async def hold(self) -> None:
        await self._happens()
