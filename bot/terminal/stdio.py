"""Standard input, output and error, prepared before anything else; quick to import."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.errors import ExportFailed, OutputClosed

STDOUT_NAME = "standard output"
_STDOUT_DESCRIPTOR = 1  # the descriptor stays where the stream over it is gone


def prepare_streams() -> None:
    """Replace closed streams by /dev/null, and write characters that a stream cannot encode as question marks.

    From here on sys.stdout raises ExportFailed and OutputClosed itself, so that they are told apart from other
    OSErrors. Raise ExportFailed if standard output is closed.
    """
    closed = sys.stdout is None
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - open as long as the process is
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    if closed:
        raise ExportFailed(STDOUT_NAME, "it is closed")
    if type(sys.stdout) is io.TextIOWrapper:
        sys.stdout = _Stdout.replacing(sys.stdout)


class _Stdout(io.TextIOWrapper):
    """Standard output that raises OutputClosed and ExportFailed instead of an OSError."""

    @classmethod
    def replacing(cls, stream: io.TextIOWrapper) -> _Stdout:
        """Take over the buffer of a stream, which cannot be used after that."""
        options = {"encoding": stream.encoding, "errors": stream.errors}
        line, through = stream.line_buffering, stream.write_through
        return cls(stream.detach(), **options, line_buffering=line, write_through=through)

    def write(self, text: str) -> int:
        with translate_write_errors():
            return super().write(text)

    def flush(self) -> None:
        with translate_write_errors():
            super().flush()


@contextmanager
def translate_write_errors() -> Iterator[None]:
    """Raise OutputClosed for a closed pipe and ExportFailed for another OSError inside the block."""
    try:
        yield
    except BrokenPipeError:
        redirect_to_devnull(_STDOUT_DESCRIPTOR)
        raise OutputClosed from None
    except OSError as error:
        redirect_to_devnull(_STDOUT_DESCRIPTOR)
        raise ExportFailed.from_os_error(STDOUT_NAME, error) from error


def flush_streams() -> None:
    """Flush both streams, so that the interpreter does not fail to do so at its end.

    Raise ExportFailed or OutputClosed for standard output; errors of standard error are ignored.
    """
    try:
        sys.stderr.flush()
    except OSError:
        redirect_to_devnull(sys.stderr.fileno())
    with translate_write_errors():
        sys.stdout.flush()


def redirect_to_devnull(descriptor: int) -> None:
    """Discard whatever is still written to the descriptor."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, descriptor)
    os.close(devnull)


def print_stderr(sentence: str) -> None:
    """Print a sentence on standard error; ignore it if that cannot be written."""
    with suppress(OSError):
        print(escape_control_characters(sentence), file=sys.stderr, flush=True)  # noqa: T201 - standard output is for other programs


def escape_control_characters(text: str) -> str:
    """Replace control characters by visible symbols, so that no text can control the terminal."""
    return "".join(_visible_symbol(char) if _is_control(char) else char for char in text)


def _is_control(char: str) -> bool:
    return char not in "\n\t" and (ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0)


def _visible_symbol(char: str) -> str:
    return chr(0x2400 + ord(char)) if ord(char) < 0x20 else "\u2421" if char == "\x7f" else "\ufffd"
