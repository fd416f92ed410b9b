"""Write a version as a file, Markdown with front matter or plain text, and read it back.

Also write all notes of an essay as one page of Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

from bot.essay.essay import Note, Origin
from bot.essay.private_text import count_private_passages, describe_privacy
from bot.essay.structure import Structure
from bot.essay.text.front_matter import as_short_line, read_front_matter
from bot.essay.text.gaps import GAP_REGEX, UNSORTED_HEADING, count_written_words, find_gaps
from bot.essay.text.markdown import split_top_level_blocks
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.plain_text import to_plain_text, to_single_line
from bot.essay.text.privacy_marks import has_private_mark, private_passages, public_text
from bot.essay.text.sections import split_sections
from bot.essay.text.words import count_noun, truncate

MAX_LINKEDIN_CHARACTERS = 3_000  # what one LinkedIn post holds; docs/export.md names the sources
_MAX_DESCRIPTION_CHARACTERS = 160  # about what a search engine shows of a page's description
_MAX_FILE_NAME_CHARACTERS = 60  # leaves room for a suffix and a path on every file system
_RESERVED_FILE_NAMES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


@dataclass(frozen=True, slots=True)
class ExportablePost:
    """A version to be exported.

    ``text`` is the stored text of the version with that number, ``structure`` a structure's key, ``day`` the day (UTC)
    on which the version was made. ``origins`` are those of the version and of its ancestors.
    """

    title: str
    text: str
    version: int
    structure: str
    day: date
    origins: frozenset[Origin]


def export_markdown(post: ExportablePost) -> str:
    """Return the post with YAML front matter, followed by the stored text byte for byte."""
    fields: dict[str, Any] = {
        "title": post.title,
        "date": post.day,
        "description": extract_description(post.text),
        "tags": ["career", post.structure],
        "structure": post.structure,
        "words": count_body_words(post.text),
        "written_by": describe_authorship(post.origins),
    }
    front = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=10_000)
    return f"---\n{front}---\n\n{post.text}"


def export_plain_text(post: ExportablePost) -> str:
    """Return the title and the text without its markup, for places that take no Markdown.

    Comments and private passages are left out.
    """
    return f"{post.title}\n\n{to_plain_text(public_text(remove_comments(post.text)))}"


def shareable_text(text: str) -> str:
    """Return a text as others may read it in Discord: without comments and what is marked private."""
    return public_text(remove_comments(text)).strip()


def shareable_section(text: str, start: int, end: int) -> str:
    """Return the part of a text as others may read it; "" where a mark or comment that begins before it covers it."""
    part = shareable_text(text[start:end])
    return part if part in shareable_text(text) else ""


def read_export(text: str) -> tuple[Mapping[str, Any], str]:
    """Return the front matter and the body of an export, or no fields and the whole text if there is no front matter.

    The body is what ``export_markdown`` was given, byte for byte. ``title`` and ``structure``, if present, are strings.
    """
    found = read_front_matter(text)
    if found is None:
        return {}, text
    fields = dict(found.fields)
    for key in ("title", "structure"):
        value = fields.pop(key, None)
        if as_short_line(value) is not None or isinstance(value, str):
            fields[key] = str(value)
    return fields, text[found.end :].removeprefix("\n")


def describe_authorship(origins: frozenset[Origin]) -> str:
    """Say, for the front matter, who wrote the words, and whether a model had a part in them."""
    if all(origin.is_by_writer for origin in origins):
        return "the writer alone; no language model wrote any of it"
    return "the writer and a language model, from the writer's own notes"


def extract_description(text: str) -> str:
    """Return the start of the first paragraph that has words and neither a gap nor a private mark; "" if none has.

    Markup and comments are removed, and the text is shortened at a word.
    """
    for part in split_sections(remove_comments(text)):
        for block in split_top_level_blocks(part.body):
            if has_private_mark(block):
                continue
            plain = to_single_line(block)
            if count_written_words(plain) and not GAP_REGEX.search(block):
                return truncate(plain, _MAX_DESCRIPTION_CHARACTERS)
    return ""


def describe_open_points(text: str, notes: Sequence[Note]) -> str:
    """Say how many gaps and private passages an export of the text has or leaves out; return "" if there are none."""
    missing, private, marked = len(find_gaps(text)), count_private_passages(notes), len(private_passages(text))
    sentences = []
    if missing:
        sentences.append(f"It has {count_noun(missing, 'gap')} to fill, marked [NEED: …].")
    if private:
        sentences.append(f"{count_noun(private, 'private passage')} {'is' if private == 1 else 'are'} not in it.")
    if marked:
        are, them = ("is", "it") if marked == 1 else ("are", "them")
        sentences.append(
            f"{count_noun(marked, 'passage')} of the text itself {are} marked private: the Markdown file contains "
            f"{them}, a file for any other place does not."
        )
    return " ".join(sentences)


def count_body_words(text: str) -> int:
    """Count the words of a text apart from those in headings and gaps."""
    return sum(count_written_words(part.body) for part in split_sections(text))


def export_file_name(title: str, suffix: str) -> str:
    """Return a file name that is safe on every system: the title in lower-case ASCII with hyphens, and the suffix."""
    from slugify import slugify  # here, because its tables are large and only an export needs them

    name = slugify(title, max_length=_MAX_FILE_NAME_CHARACTERS, word_boundary=True) or "essay"
    return f"{name}-essay{suffix}" if name in _RESERVED_FILE_NAMES else f"{name}{suffix}"


def notes_to_markdown(title: str, structure: Structure | None, notes: Sequence[Note]) -> str:
    """Return the notes under their sections' headings, each with its number, its question and what in it is private.

    Notes without a section come last. Without a structure no note has a section. A note's text is as it is stored.
    """
    sections = structure.sections if structure is not None else ()
    notes_by_heading = [(one.heading, [note for note in notes if note.section == one.key]) for one in sections]
    keys = {one.key for one in sections}
    notes_by_heading.append((UNSORTED_HEADING, [note for note in notes if note.section not in keys]))
    parts = [f"# {title}: notes"]
    for heading, section_notes in notes_by_heading:
        if section_notes:
            parts.append(f"## {heading}")
            parts.extend(_format_note(note) for note in section_notes)
    if not notes:
        parts.append("There are no notes yet.")
    return "\n\n".join(parts) + "\n"


def _format_note(note: Note) -> str:
    state = describe_privacy(note)
    head = f"### Note {note.number}{f', {state}' if state else ''}"
    question = f"\n\n> {' '.join(note.question.split())}" if note.question else ""
    return f"{head}{question}\n\n{note.text}"
