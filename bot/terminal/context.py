"""Reads what a person types: a line, or a paste of several paragraphs as one answer."""

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

from bot.services.critiques import CritiqueService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.job import Job
from bot.services.jobs.runner import JobRunner
from bot.services.ledger import RecordingLedger, total_cost
from bot.terminal import LOCAL_WRITER, progress, signals

# A terminal without bracketed paste sends a paste as keystrokes, line ends included. A person cannot press another key
# so soon after Enter; a paste always goes on sooner.
_PASTE_SECONDS = 0.03


class Keyboard(Protocol):
    """Where answers come from."""

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        """What the person typed. ``words`` are completed on Tab.

        With ``recall`` the arrow up brings back what was typed with it before; without, nothing. Raises EOFError on
        Ctrl-D, KeyboardInterrupt on Ctrl-C or at the program's end.
        """


class TerminalKeyboard:
    """A line editor over the terminal, with completion and bracketed paste; lines may be of any length.

    Commands have a history. An answer has none, so that no key hands an old one in again.
    """

    def __init__(self) -> None:
        self._commands = _prompt_session(InMemoryHistory())
        self._answers = _prompt_session(DummyHistory())

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        """See Keyboard."""
        if signals.received_signal():  # while a model was asked, say: there is nobody to ask any more
            raise KeyboardInterrupt
        completer = WordCompleter(list(words)) if words else None
        session = self._commands if recall else self._answers
        columns = session.output.get_size().columns
        return session.prompt(_wrap_prompt(prompt, columns), default=default, completer=completer)


def _wrap_prompt(prompt: str, columns: int) -> str:
    """The prompt broken between words, where the terminal itself would break it inside of one."""
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
        reserve_space_for_menu=0,  # completions come below on Tab; until then no blank lines are held for them
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


# What the terminal's session works with, and how it runs the async workflow one step at a time.


T = TypeVar("T")


YES_OR_NO_HELP = "Type y for yes, or n for no."


def parse_yes_or_no(typed: str, *, enter: bool) -> bool | None:
    """What an answer says, of which ``enter`` is the one without a word; None where it says neither."""
    return {"": enter, "y": True, "yes": True, "n": False, "no": False}.get(typed.strip().lower())


@dataclass(frozen=True, slots=True)
class TerminalServices:
    """The parts of the workflow that a session uses; ``has_model`` says whether a model can be asked."""

    essays: EssayService
    interview: InterviewService
    drafting: DraftingService
    critiques: CritiqueService
    jobs: JobRunner
    ledger: RecordingLedger
    with_model: bool


@dataclass(frozen=True, slots=True)
class TerminalContext:
    """A person at a terminal: their tools, what they see and type, and the way to run a step of the workflow.

    ``screen`` shows what they asked for, ``beside`` how far a model is and what it cost. ``read`` gives the text in the
    file at a path; ``sources`` are the files from which all of it is read, which no export replaces. Between two steps
    no event loop runs, so that Ctrl-C works at a prompt as it does in any program.
    """

    services: TerminalServices
    runner: asyncio.Runner
    screen: Console
    progress_screen: Console
    keyboard: Keyboard
    read_file: Callable[[str], str]
    sources: Sequence[Path] = ()

    def run(self, step: Coroutine[Any, Any, T]) -> T:
        """What the step returns."""
        return self.runner.run(step)

    def run_with_status(self, step: Coroutine[Any, Any, T], status: str, ctrl_c_effect: str) -> T:
        """What a step returns in which a model may be asked; says what is waited for, and what Ctrl-C does.

        Raises KeyboardInterrupt on Ctrl-C, which ends the step.
        """
        return self.run(progress.wait_with_status(step, self.progress_screen, status, ctrl_c_effect))

    def say(self, text: str) -> None:
        """Prints a text as it stands."""
        self.screen.print(text)

    def warn(self, text: str) -> None:
        """Prints what a person should not overlook."""
        self.screen.print(text, style="yellow")

    def run_job(self, start: Coroutine[Any, Any, Job]) -> Job:
        """Starts a job, shows how far it is until its end, and says what it cost; returns it as it ended.

        Ctrl-C stops the job and nothing else; a signal that tells the program to end stops it and raises
        KeyboardInterrupt. Raises what starting it raises.
        """
        begun: list[Job] = []

        async def followed() -> Job:
            begun.append(await start)
            return await progress.follow_job(self.services.jobs, begun[0], self.progress_screen)

        with self.report_cost("It"):
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
        """Says at the end what ``what``, all that models did meanwhile, cost; nothing where that is nothing."""
        with self.services.ledger.record_settlements() as calls:
            try:
                yield
            finally:
                if not progress.is_zero_cost(came_to := total_cost(calls)):
                    self.progress_screen.print(f"{what} cost {progress.format_cost(came_to)}.")
