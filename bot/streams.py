"""The three streams of the process, made usable before anything else; quick to import."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import CannotWrite, ReaderGone

STANDARD_OUTPUT = "standard output"
_STDOUT = 1  # the descriptor, which stays where the stream over it is gone


def prepare_streams() -> None:
    """What was closed reads and writes nothing; a sign that a stream cannot write becomes a question mark.

    Standard output says itself from here on that it cannot be written, so that no other error of the system is taken
    for that. Raises CannotWrite where it is closed.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open as long as the process is
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if closed:
        raise CannotWrite(STANDARD_OUTPUT, "it is closed")
    if type(sys.stdout) is io.TextIOWrapper:
        sys.stdout = _Output.over(sys.stdout)


class _Output(io.TextIOWrapper):
    """Standard output that raises ReaderGone and CannotWrite in the place of an OSError."""

    @classmethod
    def over(cls, stream: io.TextIOWrapper) -> _Output:
        """Takes the place of a stream, which cannot be used after that."""
        kept = {"encoding": stream.encoding, "errors": stream.errors}
        line, through = stream.line_buffering, stream.write_through
        return cls(stream.detach(), **kept, line_buffering=line, write_through=through)

    def write(self, text: str) -> int:
        with writing_out():
            return super().write(text)

    def flush(self) -> None:
        with writing_out():
            super().flush()


@contextmanager
def writing_out() -> Iterator[None]:
    """Around what writes to standard output: turns a closed pipe or a full disk into an error that is told."""
    try:
        yield
    except BrokenPipeError:
        point_at_nothing(_STDOUT)
        raise ReaderGone from None
    except OSError as error:
        point_at_nothing(_STDOUT)
        raise CannotWrite.refused(STANDARD_OUTPUT, error) from error


def finish_streams() -> None:
    """Writes out what is still held back, so that the interpreter does not fail on it when it ends.

    Raises CannotWrite or ReaderGone where standard output does not take it.
    """
    try:
        sys.stderr.flush()
    except OSError:
        point_at_nothing(sys.stderr.fileno())
    with writing_out():
        sys.stdout.flush()


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
