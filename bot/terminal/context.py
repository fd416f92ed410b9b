"""What a session works with: the keyboard, the screens, the services, and a runner for their async steps."""

from __future__ import annotations

import asyncio
import select
import sys
import textwrap
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import DummyHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle
from rich.console import Console
from rich.text import Text

from bot.services.jobs.job import Job
from bot.services.ledger import total_cost
from bot.services.services import Services
from bot.terminal import LOCAL_WRITER, progress, signals
from bot.terminal.output import wrap_hanging
from bot.terminal.stdio import escape_control_characters

T = TypeVar("T")

# A terminal without bracketed paste sends a paste as keystrokes. Within this time after Enter nobody presses another
# key, and a paste always goes on.
_PASTE_SECONDS = 0.03


class Keyboard(Protocol):
    """The source of answers."""

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        """Return what the person typed. ``words`` are completed on Tab.

        With ``recall``, the up arrow brings back lines typed with it before. Raise EOFError on Ctrl-D,
        KeyboardInterrupt on Ctrl-C or when the program is told to end.
        """


class TerminalKeyboard:
    """Read lines with prompt_toolkit: completion, bracketed paste, any length.

    Commands have a history. Answers have none, so that no key submits an old one again.
    """

    def __init__(self) -> None:
        self._commands = _prompt_session(InMemoryHistory())
        self._answers = _prompt_session(DummyHistory())

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        """See Keyboard.ask."""
        if signals.received_signal():  # it came while no prompt was open; nobody is there to answer
            raise KeyboardInterrupt
        completer = WordCompleter(list(words)) if words else None
        session = self._commands if recall else self._answers
        columns = session.output.get_size().columns
        return session.prompt(_wrap_prompt(prompt, columns), default=default, completer=completer)


def _wrap_prompt(prompt: str, columns: int) -> str:
    """Wrap the prompt between words, where the terminal would break it inside one."""
    lines = prompt.split("\n")
    end = prompt[len(prompt.rstrip()) :]
    return "\n".join(textwrap.fill(line, columns - 1, drop_whitespace=True) for line in lines).rstrip() + end


def _prompt_session(history: History) -> PromptSession[str]:
    return PromptSession(
        key_bindings=_key_bindings(),
        history=history,
        multiline=False,
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        reserve_space_for_menu=0,  # no blank lines below the prompt for completions
    )


def _key_bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        if event.key_processor.input_queue or select.select([sys.stdin], [], [], _PASTE_SECONDS)[0]:
            event.current_buffer.insert_text("\n")
        else:
            event.current_buffer.validate_and_handle()

    return bindings


YES_OR_NO_HELP = "Type y for yes, or n for no."


def parse_yes_or_no(typed: str, *, enter: bool) -> bool | None:
    """Parse an answer; ``enter`` is what an empty one means. Return None for anything but yes and no."""
    return {"": enter, "y": True, "yes": True, "n": False, "no": False}.get(typed.strip().lower())


@dataclass(slots=True)
class TerminalContext:
    """The services, the screens and the keyboard of a session, and the way to run an async step from it.

    ``screen`` shows what was asked for, ``progress_screen`` the progress and cost of a model. ``read_file`` returns
    the text of the file at a path; ``sources`` are files that are read from, which no export replaces. ``add_note``,
    which is set while an essay is open, stores as notes what is pasted, or typed behind ``note``, where one of a few
    words is asked for. Between two steps no event loop runs, so that Ctrl-C works at a prompt as in any program.
    """

    services: Services
    runner: asyncio.Runner
    screen: Console
    progress_screen: Console
    keyboard: Keyboard
    read_file: Callable[[str], str]
    sources: Sequence[Path] = ()
    add_note: Callable[[str], object] | None = None

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        """Run the step and return its result."""
        return self.runner.run(step)

    def say(self, text: str) -> None:
        """Print a text as it is, without markup."""
        self.screen.print(text)

    def warn(self, text: str) -> None:
        """Print a text that should be noticed."""
        self.screen.print(text, style="yellow")

    def print_numbered(self, number: int, item: str | Text) -> None:
        """Print an item of a list behind its number; where it is wrapped, nothing stands below the number."""
        text = Text(escape_control_characters(item)) if isinstance(item, str) else item
        line = Text.assemble(f"{number:>2}  ", text)
        self.screen.print(wrap_hanging(line, 4, self.screen, self.screen.width))

    def run_job(self, start: Coroutine[Any, Any, Job]) -> Job:
        """Start a job, show its progress and its cost, and return it as it ended.

        Ctrl-C stops the job and nothing else; a signal that tells the program to end stops it and raises
        KeyboardInterrupt. Raise what ``start`` raises.
        """
        with self.report_cost("It"):
            return self.wait_for_job(start)

    def wait_for_job(self, start: Coroutine[Any, Any, Job]) -> Job:
        """Do what ``run_job`` does, but say nothing about the cost."""
        begun: list[Job] = []

        async def followed() -> Job:
            begun.append(await start)
            return await progress.follow_job(self.services, begun[0], self.progress_screen)

        try:
            return self.run(followed())
        except KeyboardInterrupt:
            if not begun:
                raise
            job = self.run(self.services.jobs.wait(LOCAL_WRITER, begun[0].id))
            if signals.received_signal():
                raise
            return job

    @contextmanager
    def report_cost(self, what: str) -> Iterator[None]:
        """Say at the end what the model calls inside the block cost, if anything; ``what`` is the subject."""
        with self.services.ledger.record_settlements() as calls:
            try:
                yield
            finally:
                if not progress.is_zero_cost(came_to := total_cost(calls)):
                    self.progress_screen.print(f"{what} cost {progress.format_cost(came_to)}.")
