"""A finished post on its way to a person: as a file, or on standard output."""

from __future__ import annotations

from pathlib import Path

from bot.essay.export import LINKEDIN_CHARACTERS, Post, file_name, to_markdown, to_text
from bot.streams import say
from bot.terminal.output import place_for, write_file, write_out


def hand_over(post: Post, essay: str, *, plain: bool, output: str | None) -> None:
    """Writes the post to the file, or to standard output for None and "-". Raises CannotWrite, ReaderGone."""
    text = _text(post, plain=plain)
    if output is None or output == "-":
        write_out(text)
    else:
        write_file(Path(output).expanduser(), text, essay)
        say(f"Exported to {output}")


def put_beside(post: Post, essay: str, path: str | None) -> Path:
    """Writes the post to the path, else under a free name beside the person; returns where. Raises CannotWrite.

    A name that ends in .txt gets plain text.
    """
    plain = path is not None and path.lower().endswith(".txt")
    text = _text(post, plain=plain)
    place = Path(path).expanduser() if path else place_for(file_name(post.title, ".md"), text)
    write_file(place, text, essay)
    return place


def _text(post: Post, *, plain: bool) -> str:
    text = to_text(post) if plain else to_markdown(post)
    if plain and len(text) > LINKEDIN_CHARACTERS:
        say(f"It has {len(text):,} characters; a LinkedIn post holds {LINKEDIN_CHARACTERS:,}.")
    return text
