"""A finished post on its way to a person: as a file, or on standard output."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.errors import WouldOverwrite
from bot.essay.export import LINKEDIN_CHARACTERS, Post, file_name, to_markdown, to_text
from bot.streams import say
from bot.terminal.output import place_for, write_file, write_out


def hand_over(
    post: Post, essay: str, *, plain: bool, output: str | None, replace: bool = False, sources: Sequence[Path] = ()
) -> None:
    """Writes the post to the file, or to standard output for None and "-".

    Raises CannotWrite, ReaderGone, and WouldOverwrite as ``write_file`` does.
    """
    text = _text(post, plain=plain)
    if output is None or output == "-":
        write_out(text)
    else:
        write_file(Path(output).expanduser(), text, essay, replace=replace, sources=sources)
        say(f"Exported to {output}")


def put_beside(
    post: Post, essay: str, path: str | None, *, replace: bool = False, sources: Sequence[Path] = ()
) -> Path:
    """Writes the post to the path, else under a free name beside the person; returns where.

    A name that ends in .txt gets plain text. Raises CannotWrite, and WouldOverwrite as ``write_file`` does.
    """
    plain = path is not None and path.lower().endswith(".txt")
    text = _text(post, plain=plain)
    if path:
        place = Path(path).expanduser()
        write_file(place, text, essay, replace=replace, sources=sources)
        return place
    while not (place := place_for(file_name(post.title, ".md"), text)).exists():
        with suppress(WouldOverwrite):  # somebody else has just taken the name: the next one is looked for
            write_file(place, text, essay)
            break
    return place


def _text(post: Post, *, plain: bool) -> str:
    text = to_text(post) if plain else to_markdown(post)
    if plain and len(text) > LINKEDIN_CHARACTERS:
        say(f"It has {len(text):,} characters; a LinkedIn post holds {LINKEDIN_CHARACTERS:,}.")
    return text
