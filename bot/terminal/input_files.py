"""Read text from a file or standard input.

It is not part of stdio.py, which every command imports, because reading documents needs more modules.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from bot.errors import UnreadableText
from bot.essay.text.documents import MAX_FILE_BYTES, read_document
from bot.terminal.stdio import print_stderr

STDIN_NAME = "standard input"


@dataclass(frozen=True, slots=True)
class InputText:
    """A text that was read; ``notice`` says what the person should know about how, None for nothing."""

    text: str
    notice: str | None


def read_input(path: str) -> InputText:
    """Read the file, or standard input for ``-``, as a document. Raise UnreadableText."""
    name = STDIN_NAME if path == "-" else path
    found = read_document(_read_bytes(path, name), name)
    notices = list(found.notices)
    if found.guessed_encoding:
        notices.append(
            f"{name} is not UTF-8; it was read as {found.guessed_encoding}. "
            "If letters look wrong, save it as UTF-8 and run the command again."
        )
    return InputText(found.text, " ".join(notices) or None)


def _read_bytes(path: str, name: str) -> bytes:
    # Read one byte more than the limit, to know a text that is too long from one that just fits.
    try:
        if path == "-":
            if sys.stdin.isatty():
                print_stderr("Type or paste the text; Ctrl-D on a line of its own ends it, Ctrl-C gives it up.")
            return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise UnreadableText.missing(name) from None
    except IsADirectoryError:
        raise UnreadableText.directory(name) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableText.access_denied(name, reason.lower()) from None
