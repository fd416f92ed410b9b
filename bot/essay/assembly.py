"""Put notes, unchanged, under the sections of a structure: a post that no model wrote."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.essay.essay import Note
from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import UNSORTED_HEADING, format_gap
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.sections import replace_section_body, split_sections
from bot.essay.text.words import has_visible_text

# What ends an HTML block that a note left open (CommonMark 0.31, 4.6). A code fence is ended by its own marks (4.5).
_HTML_BLOCK_ENDS = ("-->", "?>", "]]>", ">", "</pre>", "</script>", "</style>", "</textarea>")
_FENCE = re.compile(r"`{3,}|~{3,}")


def assemble_post(structure: Structure, notes: Sequence[Note]) -> str:
    """Return the post in Markdown: every note under its section's heading, without private passages and comments.

    A section without a note holds the gap for its first question. Unsorted notes come last, in order, under "Unsorted
    notes". An essay's title is no part of its text.
    """
    placed = [public for note in notes if (public := _public_note(note)) is not None]
    texts = [_format_section(section.heading, _section_body(section, placed)) for section in structure.sections]
    if unsorted := [note.text for note in placed if structure.find_section(note.section) is None]:
        texts.append(_format_section(UNSORTED_HEADING, _join_paragraphs(unsorted)))
    return "\n".join(texts)


def insert_note(text: str, structure: Structure, note: Note) -> str:
    """Return the text with one more note in it; every other byte stays.

    The note replaces the gap for its question, or the only gap of a section that holds nothing else. Otherwise it comes
    last in its section, which is added at the end if the text has no such section.
    """
    public = _public_note(note)
    if public is None:
        return text
    note = public
    section = structure.find_section(note.section)
    parts = split_sections(text)
    for index, part in enumerate(parts):
        is_place = match_section(structure, part.title) == section if section else part.title == UNSORTED_HEADING
        if part.level and is_place:
            return replace_section_body(text, index, _body_with_note(part.body, section, note))
    separation = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
    return (
        text
        + separation
        + _format_section(section.heading if section else UNSORTED_HEADING, close_open_blocks(note.text) + "\n")
    )


def _public_note(note: Note) -> Note | None:
    """Return the note without its private passages and comments, or None if nothing else of it can be seen.

    Private passages go first, because a mark may be in a comment.
    """
    if note.is_private:
        return None
    text = remove_comments(note.public_text)
    if text == note.text:
        return note
    return replace(note, text=text.strip("\n")) if has_visible_text(text) else None


def _section_body(section: Section, notes: Sequence[Note]) -> str:
    texts = [note.text for note in notes if note.section == section.key]
    return _join_paragraphs(texts) if texts else format_gap(section.questions[0]) + "\n"


def _body_with_note(body: str, section: Section | None, note: Note) -> str:
    added = close_open_blocks(note.text)
    asked = [format_gap(question) for question in (note.question, *(section.questions if section else ())) if question]
    first = format_gap(note.question) if note.question else None
    if first and first in body:
        return body.replace(first, added, 1)
    if body.strip() in asked:
        return body.replace(body.strip(), added, 1)
    return (body.rstrip() + "\n\n" if body.strip() else "\n") + added + "\n"


def _format_section(heading: str, body: str) -> str:
    return f"## {heading}\n\n{body}"


def _join_paragraphs(texts: Sequence[str]) -> str:
    return "\n\n".join(close_open_blocks(text) for text in texts) + "\n"


def close_open_blocks(text: str) -> str:
    """Return the text, followed by the end of a block that it left open, which would swallow the next heading."""
    if "<" not in text and not _FENCE.search(text):
        return text
    for closer in ("", *dict.fromkeys(_FENCE.findall(text)), *_HTML_BLOCK_ENDS):
        ended = f"{text}\n{closer}" if closer else text
        # Try it between headings, where it will be: at the very top, three dashes would open front matter.
        if split_sections(f"## above\n\n{ended}\n\n## below\n")[-1].title == "below":
            return ended
    return text
