"""Open a text in the writer's editor, and lose nothing that was typed there."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bot.errors import BotError, InvalidInput
from bot.terminal.stdio import print_stderr


@contextmanager
def edit_in_editor(text: str) -> Iterator[str | None]:
    """Open the text in $VISUAL or $EDITOR and yield it as the writer saved it, or None if it was not changed.

    The file is removed only when the block ends without an error: if the editor, the block or the program fails, the
    words typed are still in it, and the person is told where. Raise InvalidInput if no editor can be started.
    """
    handle, name = tempfile.mkstemp(prefix="essay-section-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
    try:
        click.edit(filename=name)
        typed = path.read_bytes().decode("utf-8")
        yield None if typed == text else typed
    except click.ClickException as error:
        raise InvalidInput(_editor_failed_message(error, _kept_file_message(path, text))) from error
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"The editor saved {path} in another encoding: save it as UTF-8. It is kept there."
        ) from error
    except KeyboardInterrupt:
        print_stderr(_kept_file_message(path, text))
        raise
    except BotError as error:
        error.args = (f"{error} {_kept_file_message(path, text)}".strip(),)
        raise
    path.unlink()


def _editor_failed_message(error: click.ClickException, kept: str) -> str:
    if kept:
        return f"The editor ended with an error. {kept}"
    return f"The editor could not be used ({error.message.rstrip('.')}): set EDITOR to one that works. Nothing changed."


def _kept_file_message(path: Path, before: str) -> str:
    """Say where typed words are kept; remove the file and return "" if nothing was typed."""
    if path.read_bytes() == before.encode():
        path.unlink()
        return ""
    return f"What you typed is kept in {path}."
