"""Reads what a person types: a line, or a paste of several paragraphs as one answer."""

from __future__ import annotations

import select
import sys
import textwrap
from collections.abc import Sequence
from typing import Protocol

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.history import DummyHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings
from prompt_toolkit.key_binding.key_processor import KeyPressEvent
from prompt_toolkit.shortcuts import CompleteStyle

from bot import told_to_end

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
        self._commands = _session(InMemoryHistory())
        self._answers = _session(DummyHistory())

    def ask(self, prompt: str, default: str = "", words: Sequence[str] = (), *, recall: bool = False) -> str:
        """See Keyboard."""
        if told_to_end.received():  # while a model was asked, say: there is nobody to ask any more
            raise KeyboardInterrupt
        completer = WordCompleter(list(words)) if words else None
        session = self._commands if recall else self._answers
        columns = session.output.get_size().columns
        return session.prompt(_wrapped(prompt, columns), default=default, completer=completer)


def _wrapped(prompt: str, columns: int) -> str:
    """The prompt broken between words, where the terminal itself would break it inside of one."""
    lines = prompt.split("\n")
    end = prompt[len(prompt.rstrip()) :]
    return "\n".join(textwrap.fill(line, columns - 1, drop_whitespace=True) for line in lines).rstrip() + end


def _session(history: History) -> PromptSession[str]:
    return PromptSession(
        key_bindings=_bindings(),
        history=history,
        multiline=False,
        complete_while_typing=False,
        complete_style=CompleteStyle.READLINE_LIKE,
        reserve_space_for_menu=0,  # completions come below on Tab; until then no blank lines are held for them
    )


def _bindings() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        if event.key_processor.input_queue or select.select([sys.stdin], [], [], _PASTE_SECONDS)[0]:
            event.current_buffer.insert_text("\n")
        else:
            event.current_buffer.validate_and_handle()

    return bindings
