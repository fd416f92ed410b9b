"""A piece of text in the writer's own editor."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from bot.errors import BadInput, BotError


@contextmanager
def edited(text: str) -> Iterator[str | None]:
    """The text as the writer left it in $VISUAL or $EDITOR, or None where the file was not changed.

    The file is removed only when the block has ended well: should what follows fail, the words typed are still in it,
    and the error says where. Raises BadInput where no editor can be started.
    """
    handle, name = tempfile.mkstemp(prefix="essay-section-", suffix=".md")
    path = Path(name)
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode())
    try:
        click.edit(filename=name)
        typed = path.read_bytes().decode("utf-8")
    except click.ClickException as error:
        path.unlink()
        raise BadInput(
            f"The editor could not be started ({error.message.rstrip('.')}): set EDITOR to one that is installed."
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The editor saved {path} in another encoding: save it as UTF-8. It is kept there.") from error
    try:
        yield None if typed == text else typed
    except BotError as error:
        error.args = (f"{error} What you typed is kept in {path}.",)
        raise
    path.unlink()
