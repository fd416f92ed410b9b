"""A model's reply, read for the sections it was to hold.

Of its prose nothing is dropped but what it says to the writer and not to the reader: ``asides`` says what counts as
that. A code fence and tags around the whole are no prose, nor is a title, since an essay has its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.essay.matching import match_section
from bot.essay.model_output.boilerplate import is_announcement, remove_announcement, remove_closing, unwrap
from bot.essay.model_output.headings import demote_heading, find_section_starts, mark_headings, tidy_whitespace
from bot.essay.structure import Section, Structure
from bot.essay.text.markdown import ends_sentence, parse_blocks
from bot.essay.text.sections import TextSection, split_sections
from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class ParsedDraft:
    """The bodies of the sections in a reply, by key, as the model wrote them.

    ``broken`` is the section that a reply cut short broke off in, and what it has of its body; None where a heading
    behind the last section had begun, and where the reply holds that section whole before.
    """

    bodies: Mapping[str, str]
    broken: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Outline:
    """A reply taken apart, and which of its parts begin which section."""

    text: str
    parts: tuple[TextSection, ...]
    heads: Mapping[int, Section]


def parse_draft(
    text: str, structure: Structure, wanted: Sequence[Section], *, cut: bool = False, given: Sequence[str] = ()
) -> ParsedDraft:
    """The reply of a model that was asked for the sections ``wanted``, at least one; ``cut`` if it broke off.

    What stands before the first heading belongs to the first section wanted where that has no heading of its own, else
    to the section it precedes. A heading that stands for no section belongs to the section it stands in. A section
    written twice has both bodies. What stands in one of the ``given`` texts is the writer's own, and never taken for
    something said to them.
    """
    bare = unwrap(text)
    outline = _outline(bare if cut else remove_closing(bare, given), structure, wanted, cut=cut)
    first = min(outline.heads, default=len(outline.parts))
    opening = _opening(outline, first, given)
    written: list[tuple[str, str]] = []
    for index, part in enumerate(outline.parts[first:], first):
        if index in outline.heads:
            written.append((outline.heads[index].key, part.body))
        else:
            key, body = written[-1]
            written[-1] = (key, f"{body}\n\n{part.heading_source}{part.body}")
    if opening:
        written = _opened(opening, written, [section.key for section in wanted])
    broken = None
    if cut and written:
        if (begun := _begun(outline, wanted)) is not None:
            key, body = written[-1]
            written[-1] = (key, body.removesuffix(begun.heading_source + begun.body))
        else:
            broken = written.pop()
    bodies = _join_bodies(written)
    return ParsedDraft(bodies, None if broken is not None and count_words(bodies.get(broken[0], "")) else broken)


def is_not_a_post(text: str, structure: Structure, keys: Iterable[str]) -> bool:
    """Whether a reply is none of what was asked for, the sections with these keys, but some other words to the writer.

    That is one without headings, or nearly, and with less than a third of the words that the shortest allowed text
    would have: models refuse and ask back in a few sentences, and a draft that only lost its headings is longer.
    Measured by its length, and not by what it says, since it may be said in any language.
    """
    wanted = [section for section in structure.sections if section.key in set(keys)]
    bare = unwrap(text)
    if count_words(bare) * 3 >= sum(section.budget.low for section in wanted):
        return False  # nearly every reply ends here, and is not taken apart for it
    outline = _outline(bare, structure, wanted, cut=False)
    headings = sum(1 for part in outline.parts if part.level)
    return not outline.heads and headings <= max(1, len(wanted) // 2)


def _outline(text: str, structure: Structure, wanted: Sequence[Section], *, cut: bool) -> _Outline:
    def name(title: str) -> str | None:
        section = match_section(structure, title)
        return section.key if section else None

    marked = mark_headings(text, name, bold=len(wanted), cut=cut)
    parts, is_markdown = split_sections(marked), bool(parse_blocks(marked).headings)
    return _Outline(marked, parts, find_section_starts(parts, structure, wanted, is_markdown=is_markdown, cut=cut))


def _opening(outline: _Outline, first: int, given: Sequence[str]) -> str:
    """What stands before the first section, in the parts before ``first``: without a title and announcements."""
    pieces: list[str] = []
    is_markdown, titled = bool(parse_blocks(outline.text).headings), False
    for part in outline.parts[:first]:
        if part.level == 1 and is_markdown and not titled:
            titled = True
        elif part.level and not is_announcement(part.title):
            pieces.append(part.heading_source + part.body)
            continue
        pieces.append(remove_announcement(part.body, given, leads_on=bool(outline.heads)))
    return "\n\n".join(piece for piece in pieces if piece.strip())


def _opened(opening: str, written: Sequence[tuple[str, str]], wanted: Sequence[str]) -> list[tuple[str, str]]:
    """The sections with what stands before the first of them."""
    if not written or (wanted[0] not in dict(written) and written[0][0] in wanted):
        return [(wanted[0], opening), *written]
    (key, body), *rest = written
    return [(key, f"{opening}\n\n{body}"), *rest]


def _begun(outline: _Outline, wanted: Sequence[Section]) -> TextSection | None:
    """The beginning of another section's heading that a reply broke off in, which proves the section before whole."""
    last = max(outline.heads, default=len(outline.parts))
    after = outline.parts[last + 1 :]
    if not after or not after[-1].level or after[-1].body.strip() or after[-1].level > outline.parts[last].level:
        return None
    written = {section.key for section in outline.heads.values()}
    more_to_come = any(section.key not in written for section in wanted)
    return after[-1] if more_to_come and ends_sentence(outline.text[: after[-1].start]) else None


def _join_bodies(written: Iterable[tuple[str, str]]) -> dict[str, str]:
    bodies: dict[str, list[str]] = {}
    for key, body in written:
        bodies.setdefault(key, []).append(body)
    return {key: "\n\n".join(texts) for key, texts in bodies.items()}


# A revised section as a model wrote it, read for the body of that one section.


def parse_revision(reply: str, text: str, index: int, given: Sequence[str] = ()) -> str:
    """The new body of part ``index`` of ``text`` (as ``split`` numbers them) out of a reply that was to hold it alone.

    A code fence around it, its heading, and a closing line to the writer are taken off. Other parts of the text, its
    subsections among them, stay where they are in the text: what the reply holds of them was not asked for and is left
    out. Headings that are new and would begin a section become level 3. ``given`` are the texts that the model was
    given to write from.
    """
    parts = split_sections(text)
    own = _plain(parts[index].title)
    others = {_plain(part.title) for part in parts if part.level} - {own, ""}

    def name(title: str) -> str | None:
        plain = _plain(title)
        return plain if plain and (plain == own or plain in others) else None

    bare = mark_headings(remove_closing(unwrap(reply, headed=False), given), name)
    if not parse_blocks(bare).headings:
        return _without_heading(tidy_whitespace(bare), own)
    written = split_sections(bare)
    begins = next((number for number, part in enumerate(written) if own and _plain(part.title) == own), None)
    kept: list[str] = []
    foreign = 0  # the level of the other part that we are in
    for number, part in enumerate(written):
        if begins is not None:
            if number <= begins:
                kept = [part.body]
                continue
            if part.level <= written[begins].level:
                break
        if foreign and part.level > foreign:
            continue
        foreign = part.level if _plain(part.title) in others else 0
        if not foreign:
            kept.append(demote_heading(part) + part.body)
    body = tidy_whitespace("".join(kept))
    return body if begins is not None else _without_heading(body, own)


def _without_heading(body: str, own: str) -> str:
    """The body without its heading, where that is a line of plain text above it."""
    first, _, rest = body.partition("\n\n")
    is_heading = bool(rest) and "\n" not in first and not ends_sentence(first) and _plain(first) == own
    return rest.lstrip("\n") if own and is_heading else body


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))
