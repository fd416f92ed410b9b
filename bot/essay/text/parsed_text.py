"""Parse a text once, for all measures: its prose, sections, paragraphs, sentences and length, each on first use.

What is not prose becomes spaces, so that offsets stay the same. Words are searched for in normalized prose, which is
the same however lines are wrapped, words spaced and apostrophes typed; places found there lead back to the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Literal

from bot.essay.text.gaps import GAP_REGEX, count_written_words
from bot.essay.text.markdown import (
    MarkdownBlocks,
    ends_sentence,
    is_deliberate_break,
    is_wrapped,
    parse_blocks,
    starts_lowercase,
)
from bot.essay.text.sections import TextSection, split_parsed_sections, split_sections
from bot.essay.text.sentences import find_sentences, is_lowercase_style
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER, count_letters, count_noun, count_words

# Marks of width and direction, a soft hyphen, a byte order mark.
INVISIBLE_CHARACTERS = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_WORD_OR_SPACE = re.compile(rf"[\s{INVISIBLE_CHARACTERS}]+|[^\s{INVISIBLE_CHARACTERS}]+")
_WHITESPACE = re.compile(r"\s")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])[’ʼ＇](?=[^\W\d_])")


@dataclass(frozen=True, slots=True)
class ProseSentence:
    """A sentence of the normalized prose, and the sentence of the text that it is."""

    span: Span
    source: Sentence


class NormalizedProse:
    """Prose with one space between words and a blank line between paragraphs."""

    def __init__(self, prose: str, sentences: Iterable[Sentence]) -> None:
        self._starts: list[int] = []  # of each piece in this prose
        self._sources: list[int] = []  # the same in the text
        self._pieces: list[str] = []
        self._length = 0
        found: list[ProseSentence] = []
        paragraph: int | None = None
        for sentence in sentences:
            if paragraph is not None:
                self._add("\n\n" if sentence.paragraph_index != paragraph else " ", sentence.span.start)
            paragraph = sentence.paragraph_index
            start = self._length
            self._add_words(prose, sentence.span)
            found.append(ProseSentence(Span(start, self._length), sentence))
        self.text = "".join(self._pieces)
        self.sentences = tuple(found)
        self.paragraphs = tuple(_group_paragraphs(found))
        del self._pieces

    def _add(self, piece: str, source: int) -> None:
        self._starts.append(self._length)
        self._sources.append(source)
        self._pieces.append(piece)
        self._length += len(piece)

    def _add_words(self, prose: str, span: Span) -> None:
        text = _APOSTROPHE.sub("'", span.extract(prose))
        for match in _WORD_OR_SPACE.finditer(text):
            piece = match.group()
            if not _WHITESPACE.search(piece) and re.match(f"[{INVISIBLE_CHARACTERS}]", piece):
                continue
            self._add(" " if _WHITESPACE.search(piece) else piece, span.start + match.start())

    def source_span(self, start: int, end: int) -> Span:
        """Return where the characters from ``start`` to ``end`` of this prose are in the text; it must not be empty."""
        return Span(self._source_offset(start), self._source_offset(end - 1) + 1)

    def _source_offset(self, at: int) -> int:
        piece = bisect_right(self._starts, at) - 1
        return self._sources[piece] + at - self._starts[piece]


def _group_paragraphs(sentences: Iterable[ProseSentence]) -> Iterable[tuple[ProseSentence, ...]]:
    run: list[ProseSentence] = []
    for sentence in sentences:
        if run and sentence.source.paragraph_index != run[0].source.paragraph_index:
            yield tuple(run)
            run = []
        run.append(sentence)
    if run:
        yield tuple(run)


_RUN_OF_TICKS = re.compile(r"`+")
_PARAGRAPH_END = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)")
# Every repetition below is bounded, or stops at a character that the next attempt starts from: time stays linear.
_LINK = re.compile(
    r"(!?\[)([^\[\]]{0,500})(\](?:\([^()\n\r]{0,1000}(?:\([^()\n\r]{0,300}\)[^()\n\r]{0,300})?\)|\[[^\[\]]{0,200}\]))"
)
_DEFINITION = re.compile(r"^ {0,3}\[[^\[\]\n\r]{1,200}\]:[ \t]*\S[^\n\r]*", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,60}\]:?")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,300}>|<(?:https?://|mailto:)[^<>\s]{0,1000}>")
_EMPHASIS = re.compile(r"(?<!\w)[*_~]+(?=\S)|(?<=\S)[*_~]+(?!\w)|\*\*+")
_LINE_MARK = re.compile(r"(?:^|(?<=[\n\r]))[ \t]*(?:(?:>[ \t]?)+|[•‣◦⁃](?=\s))")
_ITEM_MARK = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+]|\d{1,9}[.)])(?=\s|$)(?:[ \t]+\[[ xX]\](?=\s))?")
_UNUSUAL_SPACE = re.compile(r"[\t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Characters without width beside white space or punctuation. Those inside a word separate nothing, and stay.
_DETACHED_INVISIBLE = re.compile(rf"(?:(?<=[^\w])|^)[{INVISIBLE_CHARACTERS}]+|[{INVISIBLE_CHARACTERS}]+(?=\s|$)")
_RULE = re.compile(r"^[ \t]*(?:[-*_=~|:+][ \t]*){3,}$")


def mask_non_prose(text: str, blocks: MarkdownBlocks, parts: Iterable[TextSection]) -> str:
    """Return the text with spaces for all that is not prose; its length and line breaks stay.

    That is headings, code, link targets, markup, tags, comments, front matter, gaps, unusual spaces, and characters
    without width unless they are inside a word.
    """
    stretches: list[tuple[int, int]] = [(part.start, part.body_start) for part in parts]
    lines = blocks.lines
    for first, end in chain(blocks.inner_headings, blocks.code_blocks, [(0, blocks.front_matter_line_count)]):
        if first < end:
            stretches.append((lines[first].start, lines[end - 1].next_start))
    for number, line in enumerate(lines):
        if _RULE.match(line.text):
            stretches.append((line.start, line.end))
        elif number in blocks.item_lines and (marker := _ITEM_MARK.match(line.text)):
            stretches.append((line.start, line.start + marker.end()))
    masked = _blank_out(text, stretches)
    masked = _blank_out(masked, _find_comments(masked))
    masked = _blank_out(masked, find_code_spans(masked))
    for pattern in (GAP_REGEX, _DEFINITION, _FOOTNOTE, _TAG):
        masked = _blank_out(masked, (match.span() for match in pattern.finditer(masked)))
    masked = _blank_out(masked, _find_link_markup(masked))
    for pattern in (_LINE_MARK, _EMPHASIS, _DETACHED_INVISIBLE, _UNUSUAL_SPACE):
        masked = _blank_out(masked, (match.span() for match in pattern.finditer(masked)))
    return masked


def _blank_out(text: str, stretches: Iterable[tuple[int, int]]) -> str:
    """Replace these stretches of the text with spaces, apart from their line breaks."""
    pieces: list[str] = []
    at = 0
    for start, end in sorted(stretches):
        if end <= at:
            continue
        start = max(start, at)
        pieces.append(text[at:start])
        pieces.append(re.sub(r"[^\n\r]", " ", text[start:end]))
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


def _find_comments(text: str) -> Iterable[tuple[int, int]]:
    start = text.find("<!--")
    while start >= 0:
        end = text.find("-->", start + 4)
        if end < 0:
            return  # an unclosed comment is shown as text by a renderer, and is text here
        yield start, end + 3
        start = text.find("<!--", end + 3)


def find_code_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield each run of backticks up to the next of the same length in the paragraph (CommonMark section 6.1)."""
    runs = [match.span() for match in _RUN_OF_TICKS.finditer(text)]
    if not runs:
        return
    limits = [match.start() for match in _PARAGRAPH_END.finditer(text)]
    following: dict[int, int] = {}
    partner: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        start, end = runs[number]
        if (later := following.get(end - start)) is not None:
            partner[number] = later
        following[end - start] = number
    limit = 0
    number = 0
    while number < len(runs):
        start = runs[number][0]
        while limit < len(limits) and limits[limit] < start:
            limit += 1
        closing = partner.get(number)
        if closing is not None and (limit == len(limits) or runs[closing][0] < limits[limit]):
            yield start, runs[closing][1]
            number = closing
        number += 1


def _find_link_markup(text: str) -> Iterable[tuple[int, int]]:
    for match in _LINK.finditer(text):
        if match.group(1) == "![":
            yield match.span()
        else:
            yield match.span(1)
            yield match.span(3)


ParagraphKind = Literal["prose", "item", "quote"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose; ``section_index`` is its section's.

    Its kind is "item" in a list and "quote" in a block quotation.
    """

    span: Span
    section_index: int
    kind: ParagraphKind
    line_width: int | None = None  # widest line in characters, where line breaks may end sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, with its length in words and the indices of its paragraph and section."""

    span: Span
    paragraph_index: int
    section_index: int
    word_count: int


class ParsedText:
    """A text and what is in it. All spans are code point offsets into both ``text`` and ``prose``."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def blocks(self) -> MarkdownBlocks:
        """Return the Markdown blocks of the text."""
        return parse_blocks(self.text)

    @cached_property
    def sections(self) -> tuple[TextSection, ...]:
        """Return the text split at its headings."""
        return split_parsed_sections(self.text, self.blocks)

    @cached_property
    def prose(self) -> str:
        """Return the text with spaces for all that is not prose; see ``mask_non_prose``."""
        return mask_non_prose(self.text, self.blocks, self.sections)

    @cached_property
    def word_count(self) -> int:
        """Count the words of the text apart from those in headings and gaps."""
        return sum(map(self.count_section_words, range(len(self.sections))))

    def count_section_words(self, index: int) -> int:
        """Count the words of one section, without its heading and gaps."""
        return count_written_words(self.sections[index].body)

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """Return the paragraphs in order; each list item is one."""
        lines = self.blocks.lines
        section_of_line = self._sections_by_line()
        found: list[Paragraph] = []
        run: list[int] = []
        for number, line in enumerate(lines):
            prose = self.prose[line.start : line.end]
            if not any(map(str.isalnum, prose)):
                found += self._split_paragraphs(run, section_of_line)
                run = []
                continue
            if run and (self._starts_block(number, run[-1]) or section_of_line[number] != section_of_line[run[-1]]):
                found += self._split_paragraphs(run, section_of_line)
                run = []
            run.append(number)
        found += self._split_paragraphs(run, section_of_line)
        return tuple(found)

    def _sections_by_line(self) -> list[int]:
        numbers: list[int] = []
        index = 0
        for line in self.blocks.lines:
            while index + 1 < len(self.sections) and self.sections[index + 1].start <= line.start:
                index += 1
            numbers.append(index)
        return numbers

    @cached_property
    def _quoted_lines(self) -> frozenset[int]:
        return frozenset(number for first, end in self.blocks.quote_blocks for number in range(first, end))

    def _line_kind(self, number: int) -> ParagraphKind:
        text = self.blocks.lines[number].text.lstrip()
        if number in self._quoted_lines or text.startswith(">"):
            return "quote"
        return "item" if number in self.blocks.item_lines or text.startswith(("•", "‣", "◦", "⁃")) else "prose"

    def _starts_block(self, number: int, previous: int) -> bool:
        kind = self._line_kind(number)
        return kind == "item" or (kind == "quote") != (self._line_kind(previous) == "quote")

    def _split_paragraphs(self, run: list[int], section_of_line: list[int]) -> list[Paragraph]:
        """Split a run of lines where a line ends a paragraph; if it is wrapped, only where one stops short."""
        if not run:
            return []
        texts = [self.blocks.lines[number].text for number in run]
        prose = [self.prose[self.blocks.lines[number].start : self.blocks.lines[number].end] for number in run]
        width = max(len(text.strip()) for text in prose)
        groups: list[list[int]] = [[run[0]]]
        wrapped = is_wrapped(texts)
        for at in range(1, len(run)):
            # In pasted text each line is a paragraph; in wrapped text one that stops short after a full stop ends one.
            closed = ends_sentence(prose[at - 1]) and not starts_lowercase(prose[at])
            if closed and (not wrapped or is_deliberate_break(prose[at - 1], prose[at], width)):
                groups.append([])
            groups[-1].append(run[at])
        kind = self._line_kind(run[0])
        lines = self.blocks.lines
        return [
            Paragraph(
                Span(lines[group[0]].start, lines[group[-1]].end),
                section_of_line[group[0]],
                kind,
                width if len(group) > 1 else None,
            )
            for group in groups
        ]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Return the sentences in order; none crosses a paragraph."""
        lower_case = is_lowercase_style(self.prose)
        return tuple(
            Sentence(span, index, paragraph.section_index, count_words(span.extract(self.prose)))
            for index, paragraph in enumerate(self.paragraphs)
            for span in find_sentences(self.prose, paragraph.span, lower_case=lower_case, width=paragraph.line_width)
        )

    @cached_property
    def own_prose(self) -> NormalizedProse:
        """Return the author's own prose, without block quotations."""
        own = (sentence for sentence in self.sentences if self.paragraphs[sentence.paragraph_index].kind != "quote")
        return NormalizedProse(self.prose, own)

    @cached_property
    def all_prose(self) -> NormalizedProse:
        """Return all of the prose, block quotations included."""
        return NormalizedProse(self.prose, self.sentences)


@dataclass(frozen=True, slots=True)
class TextSize:
    """The length of a text.

    ``character_count`` counts the letters of scripts without spaces, ``word_count`` the words of the rest.
    ``equivalent_words`` is how many words of a language with spaces both make.
    """

    word_count: int
    character_count: int
    equivalent_words: int

    def __str__(self) -> str:
        """Say what was counted: "3 words", or "3 words and 21,000 characters, as much as 10,503 words"."""
        if not self.character_count:
            return count_noun(self.word_count, "word")
        counted = count_noun(self.character_count, "character")
        both = f"{count_noun(self.word_count, 'word')} and {counted}" if self.word_count else counted
        return f"{both}, as much as {count_noun(self.equivalent_words, 'word')}"


def measure_text_size(text: str) -> TextSize:
    """Return the length of a text apart from its headings and gaps."""
    body = GAP_REGEX.sub(" ", "\n".join(part.body for part in split_sections(text)))
    return TextSize(
        count_words(UNSPACED_LETTER.sub(" ", body)), count_letters(UNSPACED_LETTER, body), count_words(body)
    )
