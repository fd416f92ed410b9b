"""The three streams of the process, made usable before anything else; quick to import."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from pathlib import Path

from bot.errors import CannotWrite


def prepare_streams() -> None:
    """What was closed reads and writes nothing; a sign that a stream cannot write becomes a question mark.

    Raises CannotWrite where standard output is closed.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open as long as the process is
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if closed:
        raise CannotWrite("standard output", "it is closed")


def finish_streams() -> None:
    """Writes out what is still held back, so that the interpreter does not fail on it when it ends.

    Raises CannotWrite where standard output does not take it.
    """
    refused: OSError | None = None
    for stream in (sys.stderr, sys.stdout):
        try:
            stream.flush()
        except OSError as error:
            point_at_nothing(stream.fileno())
            refused = error if stream is sys.stdout else refused
    if refused is not None:
        raise CannotWrite("standard output", (refused.strerror or str(refused)).lower())


def point_at_nothing(descriptor: int) -> None:
    """Lets whatever is still to be written there vanish."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def say(sentence: str) -> None:
    """A sentence on standard error; dropped where that cannot be written, for there is nowhere left to say so."""
    with suppress(OSError):
        print(shown(sentence), file=sys.stderr, flush=True)  # noqa: T201 - standard output is for what a program may read


def shown(text: str) -> str:
    """The text with control characters made visible, so that no text, whoever wrote it, can drive the terminal."""
    return "".join(_visible(char) if _is_control(char) else char for char in text)


def _is_control(char: str) -> bool:
    return char not in "\n\t" and (ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0)


def _visible(char: str) -> str:
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\u2421" if char == "\x7f" else "\ufffd"
