"""A finished post as a file: Markdown with front matter, or plain text; and back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml
from slugify import slugify

from bot.essay.essay import Note, Origin
from bot.essay.left_out import private_count
from bot.essay.measures.base import counted
from bot.essay.text.commonmark import blocks
from bot.essay.text.front_matter import front_matter, short_line
from bot.essay.text.gaps import GAP, gaps, written_words
from bot.essay.text.importing import without_comments
from bot.essay.text.marks import is_marked, private_passages, public_text
from bot.essay.text.plain import to_plain, words_alone
from bot.essay.text.sections import split
from bot.essay.text.words import shortened

LINKEDIN_CHARACTERS = 3_000  # what one LinkedIn post holds, by LinkedIn's help pages
_DESCRIPTION_CHARACTERS = 160  # about what a search engine shows of a page's description
_NAME_CHARACTERS = 60  # leaves room for a suffix and a path on every file system
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True, slots=True)
class Post:
    """A version about to be handed over.

    ``text`` is the stored text of the version with that number, ``structure`` a structure's key, ``day`` the day (UTC)
    on which the version was made, ``origins`` those of the version and of all it was made from.
    """

    title: str
    text: str
    version: int
    structure: str
    day: date
    origins: frozenset[Origin]


def to_markdown(post: Post) -> str:
    """The post with YAML front matter; what follows the front matter is the stored text, byte for byte."""
    fields: dict[str, Any] = {
        "title": post.title,
        "date": post.day,
        "description": description(post.text),
        "tags": ["career", post.structure],
        "structure": post.structure,
        "words": words_apart_from_headings(post.text),
        "written_by": written_by(post.origins),
    }
    front = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{front}---\n\n{post.text}"


def to_text(post: Post) -> str:
    """The post for places that take no Markdown: the title, then the text without its markup.

    Comments and passages that are marked to be left out stand in no text for readers.
    """
    return f"{post.title}\n\n{to_plain(public_text(without_comments(post.text)))}"


def read_export(text: str) -> tuple[Mapping[str, Any], str]:
    """The front matter and the body of an export; no front matter and the whole text where there is none.

    The body is what ``to_markdown`` was given, byte for byte. A title and a structure are short strings if they are
    there at all.
    """
    found = front_matter(text)
    if found is None:
        return {}, text
    fields = dict(found.fields)
    for key in ("title", "structure"):
        value = fields.pop(key, None)
        if short_line(value) is not None or isinstance(value, str):
            fields[key] = str(value)
    return fields, text[found.end :].removeprefix("\n")


def written_by(origins: frozenset[Origin]) -> str:
    """Who wrote the words, for the front matter: said plainly, whether a model had a part in it or none had."""
    if all(origin.by_writer for origin in origins):
        return "the writer alone; no language model wrote any of it"
    return "the writer and a language model, from the writer's own notes"


def description(text: str) -> str:
    """The start of the first paragraph without a gap or a mark to leave it out; empty where there is none.

    It is cut at a word and freed of markup and comments.
    """
    for part in split(without_comments(text)):
        for block in blocks(part.body):
            if is_marked(block):
                continue
            plain = words_alone(block)
            if written_words(plain) and not GAP.search(block):
                return shortened(plain, _DESCRIPTION_CHARACTERS)
    return ""


def open_points(text: str, notes: Sequence[Note]) -> str:
    """What is to be said beside an export of the text: its gaps and the private passages; "" where there are none."""
    missing, private, marked = len(gaps(text)), private_count(notes), len(private_passages(text))
    said = []
    if missing:
        said.append(f"It has {counted(missing, 'gap')} to fill, marked [NEED: …].")
    if private:
        said.append(f"{counted(private, 'private passage')} {'is' if private == 1 else 'are'} not in it.")
    if marked:
        are, them = ("is", "it") if marked == 1 else ("are", "them")
        said.append(
            f"{counted(marked, 'passage')} of the text itself {are} marked private: a file of Markdown holds {them}, "
            "one of plain text does not."
        )
    return " ".join(said)


def words_apart_from_headings(text: str) -> int:
    """The words of a text; those in its headings and in its gaps are not counted."""
    return sum(written_words(part.body) for part in split(text))


def file_name(title: str, suffix: str) -> str:
    """A file name that is safe on every system: lower-case ASCII, digits and hyphens from the title, and the suffix."""
    name = slugify(title, max_length=_NAME_CHARACTERS, word_boundary=True) or "essay"
    return f"{name}-essay{suffix}" if name in _RESERVED else f"{name}{suffix}"
