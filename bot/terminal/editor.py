"""A piece of text in the writer's own editor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bot.errors import BadInput, BotError
from bot.streams import say


@contextmanager
def edited(text: str) -> Iterator[str | None]:
    """The text as the writer left it in $VISUAL or $EDITOR, or None where the file was not changed.

    The file is removed only when the block has ended well: should the editor, what follows, or the whole program fail,
    the words typed are still in it, and it is said where. Raises BadInput where no editor can be started.
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
        raise BadInput(_failed(error, _kept(path, text))) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The editor saved {path} in another encoding: save it as UTF-8. It is kept there.") from error
    except KeyboardInterrupt:
        say(_kept(path, text))
        raise
    except BotError as error:
        error.args = (f"{error} {_kept(path, text)}".strip(),)
        raise
    path.unlink()


def _failed(error: click.ClickException, kept: str) -> str:
    if kept:
        return f"The editor ended with an error. {kept}"
    return f"The editor could not be used ({error.message.rstrip('.')}): set EDITOR to one that works. Nothing changed."


def _kept(path: Path, before: str) -> str:
    """Says where typed words are kept; removes the file, and says nothing, where none were typed."""
    if path.read_bytes() == before.encode():
        path.unlink()
        return ""
    return f"What you typed is kept in {path}."
