"""The form that every section of a post has: what a model wrote is put into it. No word of a body is dropped."""

from __future__ import annotations

import re

from bot.essay.assemble import closed
from bot.essay.structure import Section
from bot.essay.text.sections import Part, split

_HEADING_MARKS = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)")
_BREAK = re.compile(r"\r\n?|\n")


def in_form(section: Section, body: str = "") -> str:
    """A section under its own heading, at level 2, with one line break at its end; without a body the heading alone.

    Other headings of levels 1 and 2 become level 3 where they stand. Spaces at line ends and runs of blank lines go.
    """
    heading = f"## {section.heading}\n"
    # Read in its new place: what was no heading where it stood may be one behind other text.
    first, *others = split(f"{heading}\n{tidy(body)}")
    written = tidy(first.body + "".join(demoted(part) + part.body for part in others))
    return closed(f"{heading}\n{written}".rstrip()) + "\n"


def demoted(part: Part) -> str:
    """A heading as it stands, but at level 3 where it would begin a section. One without a word is left out."""
    if not part.level or part.level > 2:
        return part.heading_raw
    lines = [line.strip() for line in _BREAK.split(part.heading_raw.strip())]
    marked = _HEADING_MARKS.match(lines[0])
    content = lines[0][marked.end() :].strip() if marked else " ".join(lines[:-1])
    return f"### {content}\n" if content else ""


def tidy(text: str) -> str:
    """Without spaces at line ends, runs of blank lines, and blank lines at either end."""
    lines = [line.rstrip() for line in _BREAK.split(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
