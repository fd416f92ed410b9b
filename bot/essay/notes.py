"""Read a page of rough notes into notes, each under the section that a heading names, or under none."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.essay.matching import extra_heading_text, is_section_name, match_section
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import GAP_REGEX, UNSORTED_HEADING, count_written_words
from bot.essay.text.markdown import (
    Line,
    block_parser,
    parse_blocks,
    split_blocks_with_levels,
    split_lines,
    split_top_level_blocks,
)
from bot.essay.text.markdown_import import RemovedItem, RemovedKind, import_markdown
from bot.essay.text.privacy_marks import (
    PRIVATE_MARK,
    has_private_mark,
    public_text,
    remove_private_marks,
    split_at_private_marks,
    trim_blank_lines,
)
from bot.essay.text.sections import TextSection, document_title, split_sections
from bot.essay.text.words import has_visible_text

_MAX_LIST_LINES = 40  # a longer list is data, and one note


@dataclass(frozen=True, slots=True)
class NewNote:
    """A note without a number yet: the words as they were handed in, without the blank lines around them."""

    text: str
    section: str | None = None
    is_excluded: bool = False


@dataclass(frozen=True, slots=True)
class ParsedNotes:
    """What a page of notes held: the document's title (None without one), the notes in order, what was left out."""

    title: str | None
    notes: tuple[NewNote, ...]
    removed: tuple[RemovedItem, ...] = ()


def parse_notes(text: str, structure: Structure, *, title_room: int = 200) -> ParsedNotes:
    """Read a page of notes in Markdown of any dialect or plain text.

    - A heading that names a section (by key, heading or close to it) makes one note of what is under it, deeper
      headings included. If the heading says more than the section's name, that is a note before it.
    - Any other heading makes one note without a section, which keeps the heading.
    - What is under no heading becomes one note for each block, list item and line of a plain list, so that each can be
      placed by itself.
    - The document's title is returned as such if it has at most ``title_room`` characters and no private mark.
      Otherwise it stays with what follows it.
    - What a private mark covers is a note of its own that bears the mark, as typed, or in front if the mark was
      elsewhere, for example in a heading.
    - Gaps and what cannot be seen are left out, and a page without a word holds no notes.

    Every other word of the page is in a note, in the title or in ``removed``.
    """
    page = import_markdown(text)
    front_matter_title = page.title if page.title is not None and _can_be_title(page.title, title_room) else None
    shown = page.text if front_matter_title is not None or page.title is None else f"# {page.title}\n\n{page.text}"
    parts = _split_at_section_names(split_sections(shown), structure)
    document = document_title(parts)
    title_section = _find_title_section(parts, structure, document, front_matter_title, title_room)
    passages: list[NewNote] = []
    private_level: int | None = None  # the level of the heading under which all is private
    for heading, section, body in _group_by_heading(parts, structure, title_section):
        level = heading.level if heading else 0
        if private_level is not None and level <= private_level:
            private_level = None
        if private_level is None and heading is not None and has_private_mark(heading.title):
            private_level = level
        if heading is None or heading.title == UNSORTED_HEADING:  # made by assemble_post: the post becomes notes again
            found, level_at_end = _split_private(NewNote(body), level, everything=private_level is not None)
            found = [part for passage in found for part in _split_into_blocks(passage)]
        else:
            if section is not None and (
                extra_text := extra_heading_text(section, remove_private_marks(_heading_source_line(heading)))
            ):
                passages.append(NewNote(_with_private_mark(extra_text, private=private_level is not None), section.key))
            whole = NewNote(heading.heading_source + body) if section is None else NewNote(body, section.key)
            found, level_at_end = _split_private(whole, level, everything=private_level is not None)
        passages += found
        private_level = level_at_end if private_level is None else private_level
        if not level or (heading is not None and heading.title == document):
            private_level = None  # a mark in the document's title is for the title alone
    seen = tuple(passage for passage in passages if _has_visible_content(passage.text))
    if not any(count_written_words(remove_private_marks(passage.text)) for passage in seen):
        seen = ()
    passed_over = [
        RemovedItem(RemovedKind.GAP, gap)
        for passage in passages
        if not (seen and _has_visible_content(passage.text))
        for gap in GAP_REGEX.findall(passage.text)
    ]
    return ParsedNotes(
        front_matter_title if front_matter_title is not None or title_section is None else title_section.title,
        seen,
        (*page.removed, *passed_over),
    )


def join_messages(texts: Sequence[str]) -> str:
    """Return the text of a note made of messages: theirs in order, with a blank line between."""
    return trim_blank_lines("\n\n".join(text for text in texts if text))


def note_from_answer(text: str, section: str | None = None, *, is_excluded: bool = False) -> NewNote:
    """Return an answer as one note, with its private marks."""
    return NewNote(trim_blank_lines(text), section, is_excluded)


def _can_be_title(title: str, room: int) -> bool:
    return len(title) <= room and not has_private_mark(title)


def _find_title_section(
    parts: Sequence[TextSection], structure: Structure, document: str | None, front_matter_title: str | None, room: int
) -> TextSection | None:
    """Return the part whose heading is the title and is to be taken off, or None.

    It repeats ``front_matter_title`` if there is one; otherwise it is the document's own title.
    """
    first = next((part for part in parts if part.level), None)
    if first is None or not _is_markdown_heading(first):
        return None
    if front_matter_title is not None:
        return first if first.level == 1 and _folded_words(first.title) == _folded_words(front_matter_title) else None
    if document is None or not _can_be_title(document, room) or match_section(structure, document) is not None:
        return None
    shown = set(_folded_words(document))
    # A title with a link in it is none: its address would be lost.
    return first if all(token in shown for token in _folded_words(_heading_source_line(first))) else None


def _is_markdown_heading(first: TextSection) -> bool:
    """Return whether a heading is marked as one: the first line of plain text may as well be the first note."""
    return first.heading_source.lstrip().startswith("#") or len(first.heading_source.strip().splitlines()) > 1


def _folded_words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _heading_source_line(heading: TextSection) -> str:
    """Return a heading as it was written, on one line, without the marks that make it one."""
    lines = heading.heading_source.strip().splitlines()
    if len(lines) > 1 and not lines[-1].strip().strip("=-"):
        lines.pop()
    line = " ".join(line.strip() for line in lines)
    if heading.heading_source.lstrip().startswith("#"):
        line = re.sub(r"\s#+\Z", "", line.lstrip("#").strip())
    return line.strip()


def _split_at_section_names(parts: tuple[TextSection, ...], structure: Structure) -> tuple[TextSection, ...]:
    """Split the parts further at lines that are a section's name and nothing else, in bold or with a colon.

    Joining the parts gives the same text.
    """
    found: list[TextSection] = []
    for part in parts:
        start, at = part, 0
        for line, name in _find_section_name_lines(part.body, structure):
            found.append(replace(start, body=part.body[at : line.start]))
            start, at = TextSection(part.body[line.start : line.next_start], 2, name, "", 0), line.next_start
        found.append(replace(start, body=part.body[at:]))
    return tuple(part for part in found if part.heading_source or part.body)


def _find_section_name_lines(body: str, structure: Structure) -> list[tuple[Line, str]]:
    """Return the lines outside code that are a section's name and nothing else, with that name."""
    named: list[tuple[int, Line, str]] = []
    for number, line in enumerate(split_lines(body)):
        name = line.text.strip().strip("*_").rstrip(":").strip()
        if name and is_section_name(structure, remove_private_marks(name)):
            named.append((number, line, name))
    if not named:
        return []
    code = {number for first, end in parse_blocks(body).code_blocks for number in range(first, end)}
    return [(line, name) for number, line, name in named if number not in code]


def _group_by_heading(
    parts: Sequence[TextSection], structure: Structure, title_section: TextSection | None
) -> Iterator[tuple[TextSection | None, Section | None, str]]:
    """Yield each heading with its section and all that belongs to it; the heading is None where there is none.

    Under a section's heading, a deeper heading that names no section belongs to that section.
    """
    current: TextSection | None = None
    known: Section | None = None
    body: list[str] = []
    for part in parts:
        section = (
            match_section(structure, remove_private_marks(part.title))
            if part.level and part is not title_section
            else None
        )
        deeper = current is not None and part.level > current.level and part is not title_section
        if known is not None and section is None and deeper:
            body += [part.heading_source, part.body]
            continue
        if current is not None or body:
            yield current, known, "".join(body)
        current = None if part is title_section or not part.level else part
        known, body = section, [part.body]
    yield current, known, "".join(body)


def _split_private(passage: NewNote, level: int, *, everything: bool) -> tuple[list[NewNote], int | None]:
    """Split a note where a private mark begins or ends to cover it, and trim the blank lines around the parts.

    ``level`` is the level of the heading above it; ``everything`` says that all of it is private anyway. Second comes
    the level of the heading under which all is private from its end on, or None.
    """
    parts, private_level = split_at_private_marks(passage.text, level)
    found = [
        replace(passage, text=_with_private_mark(trim_blank_lines(part.text), private=part.is_private or everything))
        for part in parts
        if part.text.strip() or len(parts) == 1
    ]
    return found, private_level


def _with_private_mark(text: str, *, private: bool) -> str:
    """Return the text with a mark in front if it is to be private and is not so by marks of its own."""
    return f"{PRIVATE_MARK}\n\n{text}" if private and _has_visible_content(text) and public_text(text) else text


def _has_visible_content(text: str) -> bool:
    """Return whether anything of the text can be seen besides its private marks and gaps."""
    return has_visible_text(GAP_REGEX.sub("", remove_private_marks(text)))


def _split_into_blocks(passage: NewNote) -> list[NewNote]:
    """Split a note into its blocks, a list into its items, and a plain list into its lines.

    A private one stays whole: nobody has to place it.
    """
    if has_private_mark(passage.text):
        return [passage]
    return [
        replace(passage, text=trim_blank_lines(part))
        for block in split_top_level_blocks(passage.text)
        for part in _split_list(block)
    ]


def _split_list(block: str) -> tuple[str, ...]:
    """Return the items of a list, or the lines of a plain one; a block that is neither stays whole.

    Lines are a plain list if no width explains where they end: a text that was wrapped would have taken the next
    line's first word up.
    """
    items = tuple(piece for piece, _ in split_blocks_with_levels(block))
    if len(items) > 1:
        return items if len(items) <= _MAX_LIST_LINES else (block,)
    lines = block.splitlines()
    filled = [line.strip() for line in lines if line.strip()]
    if not 1 < len(filled) <= _MAX_LIST_LINES or not _is_paragraph(block):
        return (block,)
    width = max(map(len, filled))
    own_breaks = any(
        len(line) + 1 + len(following.split()[0]) <= width for line, following in itertools.pairwise(filled)
    )
    return tuple(filled) if own_breaks else (block,)


def _is_paragraph(block: str) -> bool:
    blocks = block_parser().parse(block)  # none for the definitions of links, which show nothing
    return bool(blocks) and blocks[0].type == "paragraph_open"
