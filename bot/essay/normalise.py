"""A draft as a model wrote it, put into the form that every post has. No word of a section's body is ever dropped."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise

from bot.essay.assemble import closed
from bot.essay.gaps import gap
from bot.essay.lines import closes_sentence
from bot.essay.markdown import blocks_of
from bot.essay.matching import match_section
from bot.essay.sections import Part, split
from bot.essay.structure import Section, Structure
from bot.essay.words import count_words

# What a model says before it begins ("Here is the draft, from your notes alone:") is a sentence or two; more is text.
CHATTER_WORDS = 40

_FENCE = re.compile(r"^[ \t]*(?P<marks>`{3,}|~{3,})[ \t]*(?P<kind>markdown|md)?[ \t]*$", re.MULTILINE | re.IGNORECASE)
_HEADING_MARKS = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)", re.MULTILINE)
_BREAK = re.compile(r"\r\n?|\n")


def normalise(text: str, structure: Structure) -> str:
    """The draft with the structure's sections in its order, each under its own heading at level 2.

    Taken off: a code fence around the whole, a few words before the first heading, a title. Other headings of levels 1
    and 2 become level 3 where they stand. A section that is missing or empty holds the gap for its first question.
    Spaces at line ends and runs of blank lines go; the text ends with one line break.
    """
    return _composed(_bodies(text, structure), structure)


def continued(done: str, more: str, structure: Structure, lacking: Collection[str] = ()) -> str:
    """``finished`` text and the sections written to stand behind it, normalised as one.

    What ``more`` holds of a section that ``done`` has already was not asked for and is left out. The sections with the
    keys in ``lacking`` have their heading alone, and no gap: they are still to be written, which ``finished`` and
    ``unfinished`` see by that.
    """
    return _composed(_bodies(more, structure) | _bodies(done, structure), structure, lacking)


def unwritten(more: str, keys: Collection[str], structure: Structure) -> tuple[str, ...]:
    """Those of the sections with these keys, in the structure's order, of which a continuation holds not a word."""
    bodies = _bodies(more, structure)
    return tuple(
        section.key
        for section in structure.sections
        if section.key in keys and not count_words(bodies.get(section.key, ""))
    )


def is_no_post(text: str, structure: Structure, keys: Collection[str]) -> bool:
    """Whether a reply is none of what was asked for, the sections with these keys, but some other words to the writer.

    That is one without any of the structure's headings and with less than a third of the words that the shortest
    allowed text would have: models refuse and ask back in a few sentences, and a draft that only lost its headings is
    longer. Measured in words, and not by what it says, since it may be said in any language.
    """
    least = sum(section.budget.low for section in structure.sections if section.key in keys)
    bare = _unwrapped(text)
    return not _heads(split(bare), structure) and count_words(bare) * 3 < least


def finished(text: str, structure: Structure) -> str:
    """The part of a draft cut short that stands: all before the section in which it broke off.

    That is the last one begun, unless it ends a sentence and the beginning of another heading follows it; or an earlier
    one that has its heading alone.
    """
    bare = _unwrapped(text)
    parts = split(bare)
    heads = _heads(parts, structure)
    if not heads:
        return ""
    for begins, ends in pairwise(sorted(heads)):
        if not any(count_words(part.body) for part in parts[begins:ends]):
            kept = bare[: parts[begins].start].rstrip()
            return kept + "\n" if kept and begins != min(heads) else ""
    last = parts[max(heads)]
    after = parts[max(heads) + 1 :]
    if after and after[-1].level and not after[-1].body.strip():
        before = bare[: after[-1].start].rstrip()
        more_to_come = len({section.key for section in heads.values()}) < len(structure.sections)
        if more_to_come and after[-1].level <= last.level and closes_sentence(before):
            return before + "\n"
    kept = bare[: last.start].rstrip()
    return kept + "\n" if kept and min(heads) != max(heads) else ""


def unfinished(text: str, structure: Structure) -> tuple[str, ...]:
    """The keys of the sections that ``finished`` leaves to be written, in the structure's order; at least one.

    Where every section stands, because the draft broke off in one that it had written before, that is the last.
    """
    done = _bodies(finished(text, structure), structure)
    return tuple(section.key for section in structure.sections if section.key not in done) or (
        structure.sections[-1].key,
    )


def section_body(text: str, heading: str, others: Collection[str] = ()) -> str:
    """The body of one section as a model wrote it: without a code fence around it and without the section's heading.

    Where other sections were written as well, they are left out: they were not asked for. Without the heading, all of
    the text but the sections with the headings ``others`` is the body, and headings in it that would begin a section
    become level 3.
    """
    bare = _unwrapped(text, headed=False)
    parts = split(bare) if blocks_of(bare).headings else ()
    for index, part in enumerate(parts):
        if part.level and _plain(part.title) == _plain(heading):
            inside = [part.body]
            for deeper in parts[index + 1 :]:
                if deeper.level <= part.level:
                    break
                inside.append(deeper.heading_raw + deeper.body)
            return _tidy("".join(inside))
    if not parts:
        return _tidy(bare)
    foreign = [_plain(other) for other in others]
    kept: list[str] = []
    left_out = 0  # the level of the other section that we are in
    for part in parts:
        if left_out and part.level > left_out:
            continue
        left_out = part.level if part.level and _plain(part.title) in foreign else 0
        if not left_out:
            kept.append(_demoted(part) + part.body)
    return _tidy("".join(kept))


def _composed(bodies: Mapping[str, str], structure: Structure, lacking: Collection[str] = ()) -> str:
    sections = []
    for section in structure.sections:
        heading = f"## {section.heading}\n\n"
        # Read in its new place: what was no heading where it stood may be one behind other text.
        first, *others = split(heading + _tidy(bodies.get(section.key, "")))
        body = _tidy(first.body + "".join(_demoted(part) + part.body for part in others))
        if not body:
            body = "" if section.key in lacking else gap(section.questions[0])
        sections.append(f"{closed((heading + body).rstrip())}\n")
    return "\n".join(sections)


def _bodies(text: str, structure: Structure) -> dict[str, str]:
    """The body of every section that a draft has, by its key. What belongs to no section goes to the first there is."""
    bare = _unwrapped(text)
    parts = split(bare)
    heads = _heads(parts, structure)
    is_markdown = bool(blocks_of(bare).headings)
    bodies: dict[str, list[str]] = {}
    before: list[str] = []
    current = before
    titled = False
    for index, part in enumerate(parts):
        if index in heads:
            current = bodies.setdefault(heads[index].key, [])
            current.append(part.body)
        elif current is before and part.level == 1 and is_markdown and not titled:
            titled = True
            current.append(part.body)
        elif part.level:
            current.append(part.heading_raw + part.body)
        elif not (heads and count_words(part.body) <= CHATTER_WORDS):
            current.append(part.body)
    joined = {key: "\n\n".join(texts) for key, texts in bodies.items()}
    if any(piece.strip() for piece in before):
        first = next(iter(joined), structure.sections[0].key)
        joined[first] = "\n\n".join([*before, joined.get(first, "")])
    return joined


def _heads(parts: Sequence[Part], structure: Structure) -> dict[int, Section]:
    """The parts, by index, that begin a section: headings of level 1 and 2 or, where none of those does, any."""
    named = {
        index: section
        for index, part in enumerate(parts)
        if part.level and (section := match_section(structure, part.title)) is not None
    }
    high = {index: section for index, section in named.items() if parts[index].level <= 2}
    return high or named


def _demoted(part: Part) -> str:
    """A heading as it stands, but at level 3 where it would begin a section. One without a word is left out."""
    if not part.level or part.level > 2:
        return part.heading_raw
    lines = [line.strip() for line in _BREAK.split(part.heading_raw.strip())]
    marked = _HEADING_MARKS.match(lines[0])
    content = lines[0][marked.end() :].strip() if marked else " ".join(lines[:-1])
    return f"### {content}\n" if content else ""


def _unwrapped(text: str, *, headed: bool = True) -> str:
    """The text out of a code fence around the whole of it, and without the few words outside; cut short or not.

    With ``headed`` a fence is taken for one around the whole where headings stand in it; else where it is the only one
    and either says that Markdown is in it or has nothing outside.
    """
    opening = _FENCE.search(text)
    if opening is None:
        return text
    outside, inner = text[: opening.start()], text[opening.end() :]
    if count_words(outside) > CHATTER_WORDS or _HEADING_MARKS.search(outside):
        return text
    marks = re.compile(rf"^[ \t]*{re.escape(opening['marks'])}[^\n]*$", re.MULTILINE)
    fences = list(marks.finditer(inner))
    if headed and not _HEADING_MARKS.search(inner):
        return text
    if not headed and (
        len(fences) != 1 or not (opening["kind"] or _HEADING_MARKS.search(inner) or not outside.strip())
    ):
        return text
    if len(fences) % 2 == 0:
        return inner  # all that is closed was opened inside: the fence around the whole was never closed
    after = inner[fences[-1].end() :]
    if count_words(after) > (CHATTER_WORDS if headed or opening["kind"] else 0) or _HEADING_MARKS.search(after):
        return text
    return inner[: fences[-1].start()]


def _tidy(text: str) -> str:
    """Without spaces at line ends, runs of blank lines, and blank lines at either end."""
    lines = [line.rstrip() for line in _BREAK.split(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def _plain(title: str) -> list[str]:
    return re.findall(r"\w+", title.casefold())
