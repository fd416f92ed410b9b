"""Reads a page of rough notes into passages, each put under the section that a heading names, or under none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bot.essay.commonmark import blocks
from bot.essay.gaps import GAP, UNSORTED
from bot.essay.matching import is_named, match_section
from bot.essay.sections import Part, split, title_of
from bot.essay.structure import Section, Structure

# How a writer marks a passage that must stand in no post and reach no model, at its start or in its heading.
_LEFT_OUT = re.compile(r"\s*\[(?:leave out|left out|private)\][ \t]*:?[ \t]*\n?", re.IGNORECASE)


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
    its heading. What stands under none comes block by block, so that each can be placed by itself. ``[leave out]`` at
    the start of a passage or in its heading marks it left out. A document's title of at most ``title_room`` characters
    is taken off and given back as such; a longer one stays with what follows it, as does one that is marked left out.
    Gaps are nobody's notes and are passed over.
    """
    parts = _with_plain_headings(split(text), structure)
    title = title_of(parts) if _is_markdown(parts) else None
    if title is not None and (
        len(title) > title_room or _LEFT_OUT.match(title) or match_section(structure, title) is not None
    ):
        title = None
    passages: list[Passage] = []
    for heading, body in _stretches(parts, structure, title):
        section = match_section(structure, _unmarked(heading.title)) if heading else None
        if heading is None or heading.title == UNSORTED:  # ours, from a post that becomes notes again
            found = [Passage(block) for block in blocks(body)]
        elif section is None:
            found = [Passage(heading.heading_raw + body)]
        else:
            found = [Passage(body, section.key)]
        marked = heading is not None and _LEFT_OUT.match(heading.title) is not None
        passages.extend(passage for one in found for passage in _leave_out(one, everything=marked))
    return Notes(title, tuple(passage for passage in passages if GAP.sub("", passage.text).strip()))


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
            if name and is_named(structure, _unmarked(name)):
                found.append(replace(start, body=body))
                start, body = Part(line, 2, name, "", 0), ""
            else:
                body += line
        found.append(replace(start, body=body))
    return tuple(part for part in found if part.heading_raw or part.body)


def _unmarked(title: str) -> str:
    return _LEFT_OUT.sub("", title, count=1)


def _stretches(parts: tuple[Part, ...], structure: Structure, title: str | None) -> Iterator[tuple[Part | None, str]]:
    """A heading with all that belongs to it; None where no heading speaks for the text.

    Under a section's heading, a deeper heading that names no section belongs to what is above it.
    """
    current: Part | None = None
    known: Section | None = None
    body = ""
    for part in parts:
        is_title = title is not None and part.title == title and part is next(p for p in parts if p.level)
        section = match_section(structure, _unmarked(part.title)) if part.level else None
        if current is not None and known is not None and section is None and part.level > current.level:
            body += part.heading_raw + part.body
            continue
        if current is not None or body:
            yield current, body
        current = None if is_title or not part.level else part
        known, body = section, part.body
    yield current, body


def _leave_out(passage: Passage, *, everything: bool) -> Iterator[Passage]:
    """The passage cut where a block of it is marked left out; without the marks and the blank lines around."""
    run: list[str] = []
    for block in blocks(passage.text):
        if mark := _LEFT_OUT.match(block):
            if run:
                yield replace(passage, text=_trim("".join(run)), left_out=everything)
            run = []
            yield replace(passage, text=_trim(block[mark.end() :]), left_out=True)
        else:
            run.append(block)
    if run:
        yield replace(passage, text=_trim("".join(run)), left_out=everything)


def _trim(text: str) -> str:
    """Without blank lines at the start and white space at the end; the first line keeps its indent."""
    return re.sub(r"\A(?:[ \t]*\n)+", "", text).rstrip()
