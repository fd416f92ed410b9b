"""Split a text at its headings, and put it together again without changing a byte.

A text without Markdown headings may have plain ones: short lines of their own without closing punctuation. Pasted
essays often lose their markup and blank lines, so such a heading is told by its surroundings from a wrapped line, a
line of verse, a list, a salutation and a signature.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.essay.text.markdown import (
    MarkdownBlocks,
    ends_sentence,
    is_deliberate_break,
    is_wrapped,
    parse_blocks,
    starts_lowercase,
)
from bot.essay.text.privacy_marks import remove_private_marks

# The longest headings of real essays have a dozen words; 90 characters hold these, and no paragraph.
_MAX_HEADING_WORDS = 14
_MAX_HEADING_CHARACTERS = 90
_UNFINISHED_ENDINGS = tuple(",:;—–-.!?…")
_LIST_ITEM = re.compile(
    r"\s*(?:[-*+•‣◦–—>|]|\(?\w{1,3}[.)](?:\s|$)|\[|/|\d{1,2}[:.h]\d\d\b)"
)  # bullets, "1.", "(a)", [gaps], /commands, times in a log
_SALUTATION = re.compile(r"(?:dear|hi|hello|hey|to whom)\b", re.IGNORECASE)
_SIGN_OFF = re.compile(
    r"(?:(?:yours|best|kind|kindest|warm|warmest|many|with|all my|all the|lots of)\b[\w ]*"
    r"\b(?:yours|regards|wishes|best|love|thanks|truly|faithfully|sincerely|ever)|yours|best|regards|love|cheers|thanks"
    r"|thank you|sincerely|respectfully|faithfully)",
    re.IGNORECASE,
)
# "2019", "2019–2021", "2019/20"
_YEARS = re.compile(r"(?:1[89]|20)\d\d(?:\s?[-–—/]\s?(?:(?:1[89]|20)\d\d|\d\d|today|now))?:?", re.IGNORECASE)
_QUESTION = re.compile(r"[^.!?…]{3,}\?")
_MAX_QUESTION_WORDS = 10
# A question, or two headings in a row, must have at least so many words below: fewer are verse, a list, or an answer in
# one line.
_MIN_BODY_WORDS = 12
_DATELINE = re.compile(
    r"(?:.{0,60}\b(?:1[89]|20)\d\d|.{0,60}\b\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}|.{0,60}\b[A-Z][a-z]{2,8}\s+\d{1,2})$"
)


@dataclass(frozen=True, slots=True)
class PlainHeading:
    """A heading without markup, by the number of its line: level 1 is the document's title, level 2 any other."""

    line: int
    level: int


def _looks_like_heading(text: str) -> bool:
    stripped = remove_private_marks(text).strip()  # a mark at its end makes no heading of a sentence
    return (
        0 < len(stripped) <= _MAX_HEADING_CHARACTERS
        and len(stripped.split()) <= _MAX_HEADING_WORDS
        and any(map(str.isalpha, stripped))
        and not starts_lowercase(stripped)
        and not stripped.rstrip("\"”’'»)]*_").endswith(_UNFINISHED_ENDINGS)
        and not stripped.endswith(_UNFINISHED_ENDINGS)
        and not _LIST_ITEM.match(text)
        and not text.startswith(("    ", "\t"))
        and "://" not in stripped
        and not _SALUTATION.match(stripped)
        and not _SIGN_OFF.fullmatch(stripped)
    )


def _is_years(text: str) -> bool:
    return _YEARS.fullmatch(text.strip()) is not None


def _is_question(text: str) -> bool:
    """Return whether a line is a single question that may be a heading."""
    stripped = remove_private_marks(text).strip()
    return (
        _QUESTION.fullmatch(stripped) is not None
        and len(stripped.split()) <= _MAX_QUESTION_WORDS
        and not stripped.startswith(('"', "“", "‘", "'", "«", "„"))
        and _looks_like_heading(stripped[:-1])
    )


def _nonblank_runs(texts: list[str | None]) -> list[tuple[int, int]]:
    """Return the half-open ranges of consecutive lines that are not blank."""
    runs: list[tuple[int, int]] = []
    start: int | None = None
    for number, text in enumerate([*texts, None]):
        if text is not None and start is None:
            start = number
        elif text is None and start is not None:
            runs.append((start, number))
            start = None
    return runs


def find_plain_headings(blocks: MarkdownBlocks) -> tuple[PlainHeading, ...]:
    """Return the headings of a text without markup, in order; each is followed by something else."""
    lines = blocks.lines
    # A line without a letter or digit ("***") separates like a blank one.
    texts: list[str | None] = [line.text if any(map(str.isalnum, line.text)) else None for line in lines]
    texts[: blocks.front_matter_line_count] = [None] * blocks.front_matter_line_count
    code = {number for first, end in (*blocks.code_blocks, *blocks.html_blocks) for number in range(first, end)}
    heading_like = {
        number
        for number, text in enumerate(texts)
        if text and number not in code and (_looks_like_heading(text) or _is_years(text) or _is_question(text))
    }
    candidates: set[int] = set()
    previous = ""
    for first, end in _nonblank_runs(texts):
        run = [lines[number].text for number in range(first, end)]
        wrapped = is_wrapped([text for number, text in enumerate(run, first) if number not in heading_like])
        width = max(map(len, run))
        for number in range(first, end):
            if number in heading_like:
                title_above = number - 1 == first and candidates == {first}
                if (
                    _previous_is_finished(previous, run[number - first], width, tight=number > first, wrapped=wrapped)
                    or (title_above and not wrapped)
                ) and _next_starts_anew(run, number - first, width):
                    candidates.add(number)
            previous = lines[number].text
    return _drop_headings_without_body(candidates, texts)


def _previous_is_finished(previous: str, text: str, width: int, *, tight: bool, wrapped: bool) -> bool:
    """Return whether the line before is finished, so that ``text`` can be a heading.

    ``tight`` says that no blank line is between them.
    """
    ended = previous.strip()
    if _SIGN_OFF.fullmatch(ended) or ended.endswith((",", ":", ";", "—", "–")):
        return False
    if not tight:
        return True
    if not (ends_sentence(previous) or _is_years(previous) or _LIST_ITEM.match(previous)):
        return False
    return not wrapped or is_deliberate_break(previous, text, width)


def _next_starts_anew(run: list[str], at: int, width: int) -> bool:
    """Return whether the next line starts anew after a deliberate break, so that this one can be a heading."""
    if at + 1 == len(run):
        return True
    return not starts_lowercase(run[at + 1]) and is_deliberate_break(run[at], run[at + 1], width)


def _drop_headings_without_body(candidates: set[int], texts: list[str | None]) -> tuple[PlainHeading, ...]:
    """Drop candidates that are next to each other (verse, lists) or at the end (a signature)."""
    written = [number for number, text in enumerate(texts) if text is not None]
    chosen: list[PlainHeading] = []
    at = 0
    while at < len(written):
        end = at
        while end < len(written) and written[end] in candidates:
            end += 1
        group = written[at:end]
        if not group:
            at += 1
            continue
        if end < len(written):
            chosen += _choose_from_group(group, texts, opening=at == 0, body=written[end])
        at = end
    # A single question or year is no heading: a writer asks, or dates a letter.
    alone = len(chosen) == 1 and _is_weak_heading(texts[chosen[0].line] or "")
    return () if alone else tuple(chosen)


def _is_weak_heading(text: str) -> bool:
    return _is_years(text) or _is_question(text)


def _choose_from_group(group: list[int], texts: list[str | None], *, opening: bool, body: int) -> list[PlainHeading]:
    lines = [texts[number] or "" for number in group]
    has_body = _count_words_below(texts, body) >= _MIN_BODY_WORDS
    if (_is_question(lines[-1]) and not has_body) or (len(group) > 1 and all(map(_is_years, lines))):
        return []
    if not opening:
        if len(group) == 1:
            return [PlainHeading(group[0], 2)]
        apart = group[1] - group[0] > 1 or _is_years(lines[0])
        return [PlainHeading(number, 2) for number in group] if len(group) == 2 and apart and has_body else []
    if _SALUTATION.match((texts[body] or "").strip()) and _DATELINE.match(lines[0].strip()):
        return []
    first = PlainHeading(group[0], 2 if _is_weak_heading(lines[0]) else 1)
    if len(group) == 1:
        return [first]
    byline = len(group) == 3 and lines[1].strip().lower().startswith("by ")
    if len(group) == 2 or byline:
        return [first, PlainHeading(group[-1], 2)]
    apart = all(later - earlier > 1 for earlier, later in pairwise(group))
    return [first, *(PlainHeading(number, 2) for number in group[1:])] if len(group) == 3 and apart and has_body else []


def _count_words_below(texts: list[str | None], body: int) -> int:
    """Count the words of the paragraph that begins on the line ``body``, as far as they matter."""
    words = 0
    for text in texts[body : body + _MIN_BODY_WORDS]:
        if text is None:
            break
        words += len(text.split())
    return words


_MARKUP_IN_HEADING = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)|[*`~]+|(?<!\w)_+|_+(?!\w)")


@dataclass(frozen=True, slots=True)
class TextSection:
    """A heading with what follows it, or what precedes the first heading.

    ``heading_source`` is the heading as it was written, with its line break; ``title`` is the heading as a reader sees
    it. Before the first heading both are "", and ``level`` is 0. A plain-text heading has level 1 if it is the
    document's title, else 2. ``start`` is the section's offset in the text, in code points.
    """

    heading_source: str
    level: int
    title: str
    body: str
    start: int

    @property
    def body_start(self) -> int:
        """Return where the body starts in the text, in code points."""
        return self.start + len(self.heading_source)

    @property
    def end(self) -> int:
        """Return where the section ends in the text, in code points."""
        return self.body_start + len(self.body)


# A text is split again for each of its pages, forms, menus and counts; so many long texts take some 10 MB.
_MAX_KNOWN_TEXTS = 512
_known_sections: OrderedDict[str, tuple[TextSection, ...]] = OrderedDict()
_known_sections_lock = threading.Lock()


def split_sections(text: str) -> tuple[TextSection, ...]:
    """Split the text at its headings. Joining the sections gives it back; an empty text has none.

    The headings are the Markdown headings outside code, lists and quotations, or else the plain ones.
    """
    if (known := known_sections(text)) is not None:
        return known
    found = split_parsed_sections(text, parse_blocks(text))
    with _known_sections_lock:
        _known_sections[text] = found
        while len(_known_sections) > _MAX_KNOWN_TEXTS:
            _known_sections.popitem(last=False)
    return found


def known_sections(text: str) -> tuple[TextSection, ...] | None:
    """Return the sections of a text that was split a short time ago, and None for any other, without splitting it."""
    with _known_sections_lock:
        if text in _known_sections:
            _known_sections.move_to_end(text)
        return _known_sections.get(text)


def split_parsed_sections(text: str, blocks: MarkdownBlocks) -> tuple[TextSection, ...]:
    """Split a text whose blocks are parsed already, as ``split_sections`` does."""
    lines = blocks.lines
    found = [(h.first_line, h.end_line, h.level, heading_text(h.source)) for h in blocks.headings] or [
        (h.line, h.line + 1, h.level, heading_text(lines[h.line].text)) for h in find_plain_headings(blocks)
    ]
    starts = [lines[first].start for first, *_ in found]
    parts = []
    before = text[: starts[0]] if found else text
    if before:
        parts.append(TextSection("", 0, "", before, 0))
    for (_, end, level, title), start, following in zip(found, starts, [*starts, len(text)][1:], strict=True):
        body_start = lines[end - 1].next_start
        parts.append(TextSection(text[start:body_start], level, title, text[body_start:following], start))
    return tuple(parts)


def join_sections(parts: Sequence[TextSection]) -> str:
    """Return the text that the sections make up."""
    return "".join(part.heading_source + part.body for part in parts)


def heading_text(heading: str) -> str:
    """Return a heading as a reader sees it: on one line, without emphasis, code marks and link targets."""
    return " ".join(_MARKUP_IN_HEADING.sub(lambda match: match.group(1) or "", heading).split())


def document_title(parts: Sequence[TextSection]) -> str | None:
    """Return the first heading if it is the only one of level 1, else None."""
    headings = [part for part in parts if part.level]
    if headings and headings[0].level == 1 and all(part.level > 1 for part in headings[1:]):
        return headings[0].title
    return None


def replace_section_body(text: str, index: int, new_body: str) -> str:
    """Return the text with a new body for the section ``index`` of ``split_sections``; every other byte stays.

    So does the white space around the body. Where there was none, a blank line is added, with the line breaks of the
    text. Raises IndexError if there is no such section.
    """
    parts = split_sections(text)
    if not 0 <= index < len(parts):
        raise IndexError(f"the text has {len(parts)} parts, so there is no part {index}")
    part = parts[index]
    last = index == len(parts) - 1
    newline = next(iter(re.findall(r"\r\n?|\n", text)), "\n")
    old = part.body
    lead = old[: len(old) - len(old.lstrip("\r\n"))]
    trail = old[len(old.rstrip()) :]
    content = new_body.strip("\r\n")
    if not content.strip():
        body = lead
    elif not old.strip():
        glue = "" if part.heading_source[-1:] in ("\n", "\r", "") else newline
        body = f"{glue}{newline if part.heading_source else ''}{content}{newline}{'' if last else newline}"
    else:
        body = lead + content + trail
        if not last and _needs_blank_line(parts[index + 1]) and trail.count(newline) < 2:
            body = lead + content + newline * 2
    return text[: part.body_start] + body + text[part.end :]


def _needs_blank_line(following: TextSection) -> bool:
    """Return whether the next heading is underlined, and would take in a paragraph directly above it."""
    below = re.split(r"\r\n?|\n", following.heading_source + following.body, maxsplit=2)[1:]
    return bool(below) and bool(re.fullmatch(r"=+|-+", below[0].strip()))
