"""The three streams of the process, made usable before anything else; quick to import."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import CannotWrite, ReaderGone

STDOUT_NAME = "standard output"
_STDOUT_DESCRIPTOR = 1  # the descriptor, which stays where the stream over it is gone


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
        raise CannotWrite(STDOUT_NAME, "it is closed")
    if type(sys.stdout) is io.TextIOWrapper:
        sys.stdout = _Stdout.replacing(sys.stdout)


class _Stdout(io.TextIOWrapper):
    """Standard output that raises ReaderGone and CannotWrite in the place of an OSError."""

    @classmethod
    def replacing(cls, stream: io.TextIOWrapper) -> _Stdout:
        """Takes the place of a stream, which cannot be used after that."""
        kept = {"encoding": stream.encoding, "errors": stream.errors}
        line, through = stream.line_buffering, stream.write_through
        return cls(stream.detach(), **kept, line_buffering=line, write_through=through)

    def write(self, text: str) -> int:
        with translate_write_errors():
            return super().write(text)

    def flush(self) -> None:
        with translate_write_errors():
            super().flush()


@contextmanager
def translate_write_errors() -> Iterator[None]:
    """Around what writes to standard output: turns a closed pipe or a full disk into an error that is told."""
    try:
        yield
    except BrokenPipeError:
        redirect_to_devnull(_STDOUT_DESCRIPTOR)
        raise ReaderGone from None
    except OSError as error:
        redirect_to_devnull(_STDOUT_DESCRIPTOR)
        raise CannotWrite.refused(STDOUT_NAME, error) from error


def flush_streams() -> None:
    """Writes out what is still held back, so that the interpreter does not fail on it when it ends.

    Raises CannotWrite or ReaderGone where standard output does not take it.
    """
    try:
        sys.stderr.flush()
    except OSError:
        redirect_to_devnull(sys.stderr.fileno())
    with translate_write_errors():
        sys.stdout.flush()


def redirect_to_devnull(descriptor: int) -> None:
    """Lets whatever is still to be written there vanish."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, descriptor)
    os.close(nothing)


def print_stderr(sentence: str) -> None:
    """A sentence on standard error; dropped where that cannot be written, for there is nowhere left to say so."""
    with suppress(OSError):
        print(escape_control_characters(sentence), file=sys.stderr, flush=True)  # noqa: T201 - standard output is for what a program may read


def escape_control_characters(text: str) -> str:
    """The text with control characters made visible, so that no text, whoever wrote it, can drive the terminal."""
    return "".join(_visible_symbol(char) if _is_control(char) else char for char in text)


def _is_control(char: str) -> bool:
    return char not in "\n\t" and (ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0)


def _visible_symbol(char: str) -> str:
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\u2421" if char == "\x7f" else "\ufffd"
