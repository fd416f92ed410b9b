"""Reads a page of rough notes into passages, each put under the section that a heading names, or under none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.essay.matching import is_named, match_section, said_beyond
from bot.essay.structure import Section, Structure
from bot.essay.text.commonmark import blocks
from bot.essay.text.gaps import GAP, UNSORTED, written_words
from bot.essay.text.importing import Kind, LeftOut, import_markdown
from bot.essay.text.lines import Line, lines_of
from bot.essay.text.markdown import blocks_of
from bot.essay.text.marks import MARK, is_marked, public_text, stretches, trimmed, unmarked
from bot.essay.text.sections import Part, split, title_of
from bot.essay.text.words import shows


@dataclass(frozen=True, slots=True)
class Passage:
    """A note that has no number yet: words as they were handed in, without the blank lines around them."""

    text: str
    section: str | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Notes:
    """What a page of notes held: the document's title, if it had one, its passages in order, and what is in neither."""

    title: str | None
    passages: tuple[Passage, ...]
    left_out: tuple[LeftOut, ...] = ()


def read_notes(text: str, structure: Structure, *, title_room: int = 200) -> Notes:
    """The passages of a page of notes, in Markdown of any dialect or plain text.

    What stands under a heading that names a section (by key, heading or close to it) is one passage of that section,
    with the deeper headings inside it. What the heading says beyond the section's name is a passage before it. What
    stands under any other heading is one passage without a place that keeps its heading. What stands under none comes
    block by block, so that each can be placed by itself. A document's title of at most ``title_room`` characters is
    taken off and given back as such; a longer one stays with what follows it, as does one that is marked. Gaps are
    nobody's notes and are passed over, as is what does not show; a page without a word holds no passages. Every other
    word stands in a passage, in the title, or in what was left out.

    What a mark covers is a passage of its own, which bears the mark: as it was typed, or put in front where the mark
    stands elsewhere, in a heading say.
    """
    page = import_markdown(text)
    given = page.title if page.title is not None and _is_title(page.title, title_room) else None
    shown = page.text if given is not None or page.title is None else f"# {page.title}\n\n{page.text}"
    parts = _with_plain_headings(split(shown), structure)
    document = title_of(parts)
    taken = _title_part(parts, structure, document, given, title_room)
    passages: list[Passage] = []
    closed: int | None = None  # the level of the heading under which all is left out
    for heading, section, body in _stretches(parts, structure, taken):
        level = heading.level if heading else 0
        if closed is not None and level <= closed:
            closed = None
        if closed is None and heading is not None and is_marked(heading.title):
            closed = level
        if heading is None or heading.title == UNSORTED:  # ours, from a post that becomes notes again
            found, ended = _leave_out(Passage(body), level, everything=closed is not None)
            found = [part for passage in found for part in _by_block(passage)]
        else:
            if section is not None and (beyond := said_beyond(section, unmarked(_source(heading)))):
                passages.append(Passage(_kept(beyond, private=closed is not None), section.key))
            whole = Passage(heading.heading_raw + body) if section is None else Passage(body, section.key)
            found, ended = _leave_out(whole, level, everything=closed is not None)
        passages += found
        closed = ended if closed is None else closed
        if not level or (heading is not None and heading.title == document):
            closed = None  # a title stands over everything, and was marked for itself
    seen = tuple(passage for passage in passages if _shows(passage.text))
    passed_over = [
        LeftOut(Kind.GAP, gap) for passage in passages if not _shows(passage.text) for gap in GAP.findall(passage.text)
    ]
    return Notes(
        given if given is not None or taken is None else taken.title,
        seen if any(written_words(unmarked(passage.text)) for passage in seen) else (),
        (*page.left_out, *passed_over),
    )


def join_messages(texts: Sequence[str]) -> str:
    """Return the text of a note that is made of messages: theirs in order, with a blank line between."""
    return trimmed("\n\n".join(text for text in texts if text))


def answered(text: str, section: str | None = None, *, left_out: bool = False) -> Passage:
    """An answer as a passage: one note, with its marks."""
    return Passage(trimmed(text), section, left_out)


def _is_title(title: str, room: int) -> bool:
    return len(title) <= room and not is_marked(title)


def _title_part(
    parts: Sequence[Part], structure: Structure, document: str | None, given: str | None, room: int
) -> Part | None:
    """The part whose heading is taken off: it says the title that is given, or else is the document's own title."""
    first = next((part for part in parts if part.level), None)
    if first is None or not _is_markdown(first):
        return None
    if given is not None:
        return first if first.level == 1 and _tokens(first.title) == _tokens(given) else None
    if document is None or not _is_title(document, room) or match_section(structure, document) is not None:
        return None
    shown = set(_tokens(document))
    return first if all(token in shown for token in _tokens(_source(first))) else None  # a link's address is no title


def _is_markdown(first: Part) -> bool:
    """Whether the first heading is marked as one: the first line of a plain page may as well be its first note."""
    return first.heading_raw.lstrip().startswith("#") or len(first.heading_raw.strip().splitlines()) > 1


def _tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _source(heading: Part) -> str:
    """A heading as it was written, on one line, without the signs that make it one."""
    lines = heading.heading_raw.strip().splitlines()
    if len(lines) > 1 and not lines[-1].strip().strip("=-"):
        lines.pop()
    line = " ".join(line.strip() for line in lines)
    if heading.heading_raw.lstrip().startswith("#"):
        line = re.sub(r"\s#+\Z", "", line.lstrip("#").strip())
    return line.strip()


def _with_plain_headings(parts: tuple[Part, ...], structure: Structure) -> tuple[Part, ...]:
    """The parts, cut further at lines that are a section's name and nothing else, in bold or with a colon.

    Joining them gives the same text.
    """
    found: list[Part] = []
    for part in parts:
        start, at = part, 0
        for line, name in _named_lines(part.body, structure):
            found.append(replace(start, body=part.body[at : line.start]))
            start, at = Part(part.body[line.start : line.next], 2, name, "", 0), line.next
        found.append(replace(start, body=part.body[at:]))
    return tuple(part for part in found if part.heading_raw or part.body)


def _named_lines(body: str, structure: Structure) -> list[tuple[Line, str]]:
    """The lines outside code that are a section's name and nothing else, with the name."""
    named: list[tuple[int, Line, str]] = []
    for number, line in enumerate(lines_of(body)):
        name = line.text.strip().strip("*_").rstrip(":").strip()
        if name and is_named(structure, unmarked(name)):
            named.append((number, line, name))
    if not named:
        return []
    code = {number for first, end in blocks_of(body).code for number in range(first, end)}
    return [(line, name) for number, line, name in named if number not in code]


def _stretches(
    parts: Sequence[Part], structure: Structure, taken: Part | None
) -> Iterator[tuple[Part | None, Section | None, str]]:
    """A heading with its section and all that belongs to it; None where no heading speaks for the text.

    Under a section's heading, a deeper heading that names no section belongs to what is above it.
    """
    current: Part | None = None
    known: Section | None = None
    body: list[str] = []
    for part in parts:
        section = match_section(structure, unmarked(part.title)) if part.level and part is not taken else None
        deeper = current is not None and part.level > current.level and part is not taken
        if known is not None and section is None and deeper:
            body += [part.heading_raw, part.body]
            continue
        if current is not None or body:
            yield current, known, "".join(body)
        current = None if part is taken or not part.level else part
        known, body = section, [part.body]
    yield current, known, "".join(body)


def _leave_out(passage: Passage, level: int, *, everything: bool) -> tuple[list[Passage], int | None]:
    """The passage cut where a mark begins or ends to cover it, without the blank lines around.

    ``level`` is that of the heading it stands under. Second comes the level of the heading under which all is private
    at its end, None where nothing is.
    """
    parts, closed = stretches(passage.text, level)
    found = [
        replace(passage, text=_kept(trimmed(part.text), private=part.private or everything))
        for part in parts
        if part.text.strip() or len(parts) == 1
    ]
    return found, closed


def _kept(text: str, *, private: bool) -> str:
    """The text, with a mark in front where it is ``private`` and no mark of its own covers all of it."""
    return f"{MARK}\n\n{text}" if private and _shows(text) and public_text(text) else text


def _shows(text: str) -> bool:
    """Whether anything of the text shows besides its marks and gaps."""
    return shows(GAP.sub("", unmarked(text)))


def _by_block(passage: Passage) -> list[Passage]:
    """What is private stays together: nobody has to place it."""
    if is_marked(passage.text):
        return [passage]
    return [replace(passage, text=trimmed(one)) for one in blocks(passage.text)]
