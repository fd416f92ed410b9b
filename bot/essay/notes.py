"""Reads a page of rough notes into passages, each put under the section that a heading names, or under none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.essay.matching import is_named, match_section
from bot.essay.structure import Section, Structure
from bot.essay.text.commonmark import blocks, heading_level, items
from bot.essay.text.gaps import GAP, UNSORTED, written_words
from bot.essay.text.marks import is_mark_alone, is_marked, unmarked
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
    """What a page of notes held: the document's title, if it had one, and its passages in order."""

    title: str | None
    passages: tuple[Passage, ...]


def read_notes(text: str, structure: Structure, *, title_room: int = 200) -> Notes:
    """The passages of a page of notes, in Markdown or plain text.

    What stands under a heading that names a section (by key, heading or close to it) is one passage of that section,
    with the deeper headings inside it. What stands under any other heading is one passage without a place that keeps
    its heading. What stands under none comes block by block, so that each can be placed by itself. A document's title
    of at most ``title_room`` characters is taken off and given back as such; a longer one stays with what follows it,
    as does one that is marked. Gaps are nobody's notes and are passed over, as is what does not show; a page without a
    word holds no passages.

    A mark leaves out all that it may have been meant for: the item of a list or else the block that it stands in,
    wherever in it; in a heading all that stands under it, with the deeper headings; alone all that follows, up to a
    heading that is no deeper than the last one. It is taken off.
    """
    parts = _with_plain_headings(split(text), structure)
    document = title_of(parts)
    title = document if _is_markdown(parts) else None
    if title is not None and (
        len(title) > title_room or is_marked(title) or match_section(structure, title) is not None
    ):
        title = None
    passages: list[Passage] = []
    closed: int | None = None  # the level of the heading under which all is left out
    for heading, body in _stretches(parts, structure, title):
        level = heading.level if heading else 0
        if closed is not None and level <= closed:
            closed = None
        if closed is None and heading is not None and is_marked(heading.title):
            closed = level
        section = match_section(structure, unmarked(heading.title)) if heading else None
        if heading is None or heading.title == UNSORTED:  # ours, from a post that becomes notes again
            found, ended = _leave_out(Passage(body), level, everything=closed is not None)
            found = [part for passage in found for part in _by_block(passage)]
        else:
            whole = Passage(heading.heading_raw + body) if section is None else Passage(body, section.key)
            found, ended = _leave_out(whole, level, everything=closed is not None)
        passages += found
        closed = ended if closed is None else closed
        if not level or (heading is not None and heading.title == document):
            closed = None  # a title stands over everything, and was marked for itself
    seen = tuple(passage for passage in passages if shows(GAP.sub("", passage.text)))
    return Notes(title, seen if any(written_words(passage.text) for passage in seen) else ())


def answered(text: str, section: str | None = None, *, left_out: bool = False) -> Passage:
    """An answer as a passage: one note, left out whole where a mark stands anywhere in it, and without the marks."""
    return Passage(_trim(unmarked(text)), section, left_out or is_marked(text))


def _is_markdown(parts: tuple[Part, ...]) -> bool:
    """Whether the first heading is marked as one: the first line of a plain page may as well be its first note."""
    first = next((part.heading_raw for part in parts if part.level), "")
    return first.lstrip().startswith("#") or len(first.strip().splitlines()) > 1


def _with_plain_headings(parts: tuple[Part, ...], structure: Structure) -> tuple[Part, ...]:
    """The parts, cut further at lines that are a section's name and nothing else, in bold or with a colon.

    Joining them gives the same text.
    """
    found: list[Part] = []
    for part in parts:
        start, body = part, ""
        for line in part.body.splitlines(keepends=True):
            name = line.strip().strip("*_").rstrip(":").strip()
            if name and is_named(structure, unmarked(name)):
                found.append(replace(start, body=body))
                start, body = Part(line, 2, name, "", 0), ""
            else:
                body += line
        found.append(replace(start, body=body))
    return tuple(part for part in found if part.heading_raw or part.body)


def _stretches(parts: tuple[Part, ...], structure: Structure, title: str | None) -> Iterator[tuple[Part | None, str]]:
    """A heading with all that belongs to it; None where no heading speaks for the text.

    Under a section's heading, a deeper heading that names no section belongs to what is above it.
    """
    current: Part | None = None
    known: Section | None = None
    body = ""
    for part in parts:
        is_title = title is not None and part.title == title and part is next(p for p in parts if p.level)
        section = match_section(structure, unmarked(part.title)) if part.level else None
        if current is not None and known is not None and section is None and part.level > current.level:
            body += part.heading_raw + part.body
            continue
        if current is not None or body:
            yield current, body
        current = None if is_title or not part.level else part
        known, body = section, part.body
    yield current, body


def _leave_out(passage: Passage, level: int, *, everything: bool) -> tuple[list[Passage], int | None]:
    """The passage cut where a mark leaves a part of it out; without the marks and the blank lines around.

    ``level`` is that of the heading it stands under. Second comes the level of the heading under which all is left out
    at its end, None where nothing is.
    """
    if not is_marked(passage.text):
        return [replace(passage, text=_trim(passage.text), left_out=everything)], None
    found: list[Passage] = []
    run: list[str] = []
    inside, closed = level, None

    def end(*, out: bool) -> None:
        if run:
            found.append(replace(passage, text=_trim("".join(run)), left_out=out or everything))
            run.clear()

    for piece in (item for block in blocks(passage.text) for item in items(block)):
        depth = heading_level(piece)
        if depth and closed is not None and depth <= closed:
            end(out=True)
            closed = None
        inside = depth or inside
        if closed is None and is_marked(piece):
            end(out=False)
            run.append(unmarked(piece))
            if depth or is_mark_alone(piece):
                closed = inside
            else:
                end(out=True)
        else:
            run.append(unmarked(piece))
    end(out=closed is not None)
    return found, closed


def _by_block(passage: Passage) -> list[Passage]:
    """What is left out stays together: nobody has to place it."""
    return [passage] if passage.left_out else [replace(passage, text=_trim(one)) for one in blocks(passage.text)]


def _trim(text: str) -> str:
    """Without blank lines at the start and white space at the end; the first line keeps its indent."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()
