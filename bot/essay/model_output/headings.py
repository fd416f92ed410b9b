"""Find which headings of a model's reply stand for which sections, and give each section the form that a post has.

No word of a section's body is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.essay.assembly import close_open_blocks
from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure
from bot.essay.text.markdown import Line, MarkdownBlocks, parse_blocks
from bot.essay.text.sections import TextSection, heading_text, split_sections
from bot.essay.text.words import count_words

HeadingNamer = Callable[[str], str | None]
"""What a heading names, in a word of ours; None where it names nothing."""

# A mark that nobody sees, a space too many or a quotation sign in front of the # is enough to hide a heading.
_HIDDEN = re.compile(r"[^\w#＃\n]{0,8}(?P<marks>[#＃]{1,6})(?P<space>\s*)(?P<title>[^#＃\s].*)")
_BOLD = re.compile(
    r"[\ufeff\u200b\u2060]*(?:\d{1,2}[.)]\s*)?(?P<mark>\*{2,3}|__)(?P<title>(?:(?!(?P=mark)).)+)(?P=mark)\s?[:：]?\s?\\?"
)
_FEWEST_PLAIN = 2  # one or two short lines on their own are as often spoken words as headings
_FENCED = re.compile(r"\s*(?:`{3,}|~{3,})")


def mark_headings(text: str, name: HeadingNamer, *, bold: int = 0, cut: bool = False) -> str:
    """The text with Markdown headings for those that only meant to be, where ``name`` knows them.

    Such are headings hidden by a stray character or by what stands above them, and lines all in bold that name what
    no heading does. Where there are no headings but ``bold`` lines in bold (as many at most, if the text is cut
    short), all of those are.
    """
    blocks = parse_blocks(text)
    taken = {line for heading in blocks.headings for line in range(heading.first_line, heading.end_line)}
    named = {found: heading.level for heading in blocks.headings if (found := name(heading_text(heading.source)))}
    level = min(named.values(), default=2)
    free = [(number, line) for number, line in _outside_code(blocks) if number not in taken]
    lines_in_bold = {
        number: heading_text(match["title"]) for number, line in free if (match := _BOLD.fullmatch(line.text.strip()))
    }
    count = len(lines_in_bold)
    is_bare = not named and [heading.level for heading in blocks.headings] in ([], [1])  # but for a title
    all_bold = is_bare and 1 < count <= bold and (cut or count == bold)
    marked: dict[int, str] = {}
    for number, line in free:
        hidden = _HIDDEN.fullmatch(line.text)
        title = hidden["title"].rstrip().rstrip("#＃").rstrip() if hidden else ""
        if hidden and (len(hidden["marks"]) > 1 or hidden["space"]) and name(title):
            marked[number] = f"\n{'#' * len(hidden['marks'])} {title}"
        elif number in lines_in_bold:
            found = name(lines_in_bold[number])
            if all_bold or (found and found not in named):
                marked[number] = f"\n{'#' * level} {lines_in_bold[number]}"
                if found:
                    named[found] = level
    if not marked:
        return text
    return "".join(
        marked.get(number, line.text) + text[line.end : line.next_start] for number, line in enumerate(blocks.lines)
    )


def _outside_code(blocks: MarkdownBlocks) -> Iterator[tuple[int, Line]]:
    """The lines that do not stand in a code fence. Indented code is none: four spaces are soon there."""
    fenced = {
        number
        for first, end in blocks.code_blocks
        if _FENCED.match(blocks.lines[first].text)
        for number in range(first, end)
    }
    return ((number, line) for number, line in enumerate(blocks.lines) if number not in fenced)


def find_named_sections(parts: Sequence[TextSection], structure: Structure) -> dict[int, Section]:
    """The parts, by index, that begin a section: headings of level 1 and 2 or, where none of those does, any."""
    found = {
        index: section
        for index, part in enumerate(parts)
        if part.level and (section := match_section(structure, part.title)) is not None
    }
    high = {index: section for index, section in found.items() if parts[index].level <= 2}
    return high or found


def find_section_starts(
    parts: Sequence[TextSection],
    structure: Structure,
    wanted: Sequence[Section],
    *,
    is_markdown: bool,
    cut: bool = False,
) -> Mapping[int, Section]:
    """The parts, by index, that begin a section in a reply that was to hold the sections ``wanted``.

    Headings that name none stand for the sections by their place, where a reply has as many of one level as there are
    sections, and none of them names another. In a reply that is cut short they stand for the first ones.
    """
    by_name = find_named_sections(parts, structure)
    for sections in (wanted, structure.sections):
        for level, group in _levels(parts, is_markdown=is_markdown):
            # One heading alone may as well stand inside a section that was written without its own.
            if len(group) == 1 and (level > 2 or any(count_words(part.body) for part in parts[: group[0]])):
                continue
            begun = cut and is_markdown and sections is wanted
            if found := _by_place(group, sections, by_name, begun=begun):
                return found
    return by_name


def _levels(parts: Sequence[TextSection], *, is_markdown: bool) -> Iterator[tuple[int, list[int]]]:
    """Levels, the second first, and the headings of each: those may be meant alike. In plain text all are of one."""
    if not is_markdown:
        plain = [index for index, part in enumerate(parts) if part.level]
        if len(plain) > _FEWEST_PLAIN:
            yield 2, plain
        return
    for level in (2, 1, 3, 4, 5, 6):
        yield level, [index for index, part in enumerate(parts) if part.level == level]


def _by_place(
    group: Sequence[int], sections: Sequence[Section], by_name: Mapping[int, Section], *, begun: bool
) -> dict[int, Section] | None:
    as_many = len(group) == len(sections) or (begun and not by_name and len(group) < len(sections))
    placed = dict(zip(group, sections, strict=False))
    if not group or not as_many or any(placed.get(index) != section for index, section in by_name.items()):
        return None
    return placed


_HEADING_MARKS = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)")
_BREAK = re.compile(r"\r\n?|\n")


def format_section(section: Section, body: str = "") -> str:
    """A section under its own heading, at level 2, with one line break at its end; without a body the heading alone.

    Other headings of levels 1 and 2 become level 3 where they stand. Spaces at line ends and runs of blank lines go.
    """
    heading = f"## {section.heading}\n"
    # Read in its new place: what was no heading where it stood may be one behind other text.
    first, *others = split_sections(f"{heading}\n{tidy_whitespace(body)}")
    written = tidy_whitespace(first.body + "".join(demote_heading(part) + part.body for part in others))
    return close_open_blocks(f"{heading}\n{written}".rstrip()) + "\n"


def demote_heading(part: TextSection) -> str:
    """A heading as it stands, but at level 3 where it would begin a section. One without a word is left out."""
    if not part.level or part.level > 2:
        return part.heading_source
    lines = [line.strip() for line in _BREAK.split(part.heading_source.strip())]
    marked = _HEADING_MARKS.match(lines[0])
    content = lines[0][marked.end() :].strip() if marked else " ".join(lines[:-1])
    return f"### {content}\n" if content else ""


def tidy_whitespace(text: str) -> str:
    """Without spaces at line ends, runs of blank lines, and blank lines at either end."""
    lines = [line.rstrip() for line in _BREAK.split(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
