"""A text read once: its prose, parts, paragraphs and sentences, worked out on first use and shared by all measures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from bot.essay.text.flow import Flow
from bot.essay.text.gaps import written_words
from bot.essay.text.lines import breaks_early, closes_sentence, is_wrapped, starts_lower
from bot.essay.text.markdown import Blocks, blocks_of
from bot.essay.text.masking import mask
from bot.essay.text.sections import Part, split_blocks
from bot.essay.text.sentences import sentence_spans, writes_lower_case
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words

Kind = Literal["prose", "item", "quote"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of prose; ``part`` is its index among the parts. An item stands in a list, a quote behind ``>``."""

    span: Span
    part: int
    kind: Kind
    width: int | None = None  # widest line in characters, where line breaks may end sentences


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence; ``paragraph`` and ``part`` are indices among the reading's, ``words`` is its length in words."""

    span: Span
    paragraph: int
    part: int
    words: int


class Reading:
    """One text and what can be seen in it. All spans are code point offsets into ``text`` and into ``prose`` alike."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def blocks(self) -> Blocks:
        """The Markdown blocks of the text, by line."""
        return blocks_of(self.text)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """The text taken apart at its headings."""
        return split_blocks(self.text, self.blocks)

    @cached_property
    def prose(self) -> str:
        """The text with headings, code, link targets, marks, comments and ``[NEED: …]`` gaps as spaces; same length."""
        return mask(self.text, self.blocks, self.parts)

    @cached_property
    def words(self) -> int:
        """The words of the text; those in its headings and in its gaps are not counted."""
        return sum(map(self.part_words, range(len(self.parts))))

    def part_words(self, index: int) -> int:
        """The words of one part, without its heading and its gaps."""
        return written_words(self.parts[index].body)

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs in order; list items are paragraphs of their own."""
        lines = self.blocks.lines
        part_of_line = self._parts_by_line()
        found: list[Paragraph] = []
        run: list[int] = []
        for number, line in enumerate(lines):
            prose = self.prose[line.start : line.end]
            if not any(map(str.isalnum, prose)):
                found += self._paragraphs_of(run, part_of_line)
                run = []
                continue
            if run and (self._starts_block(number, run[-1]) or part_of_line[number] != part_of_line[run[-1]]):
                found += self._paragraphs_of(run, part_of_line)
                run = []
            run.append(number)
        found += self._paragraphs_of(run, part_of_line)
        return tuple(found)

    def _parts_by_line(self) -> list[int]:
        numbers: list[int] = []
        index = 0
        for line in self.blocks.lines:
            while index + 1 < len(self.parts) and self.parts[index + 1].start <= line.start:
                index += 1
            numbers.append(index)
        return numbers

    @cached_property
    def _quoted(self) -> frozenset[int]:
        return frozenset(number for first, end in self.blocks.quotes for number in range(first, end))

    def _kind(self, number: int) -> Kind:
        text = self.blocks.lines[number].text.lstrip()
        if number in self._quoted or text.startswith(">"):
            return "quote"
        return "item" if number in self.blocks.items or text.startswith(("•", "‣", "◦", "⁃")) else "prose"

    def _starts_block(self, number: int, previous: int) -> bool:
        kind = self._kind(number)
        return kind == "item" or (kind == "quote") != (self._kind(previous) == "quote")

    def _paragraphs_of(self, run: list[int], part_of_line: list[int]) -> list[Paragraph]:
        """One paragraph where a run of lines is wrapped; else one for each line that ends a sentence."""
        if not run:
            return []
        texts = [self.blocks.lines[number].text for number in run]
        prose = [self.prose[self.blocks.lines[number].start : self.blocks.lines[number].end] for number in run]
        width = max(len(text.strip()) for text in prose)
        groups: list[list[int]] = [[run[0]]]
        wrapped = is_wrapped(texts)
        for at in range(1, len(run)):
            # In pasted text each line is a paragraph. In wrapped text a line that stops short after a full stop is.
            closed = closes_sentence(prose[at - 1]) and not starts_lower(prose[at])
            if closed and (not wrapped or breaks_early(prose[at - 1], prose[at], width)):
                groups.append([])
            groups[-1].append(run[at])
        kind = self._kind(run[0])
        lines = self.blocks.lines
        return [
            Paragraph(
                Span(lines[group[0]].start, lines[group[-1]].end),
                part_of_line[group[0]],
                kind,
                width if len(group) > 1 else None,
            )
            for group in groups
        ]

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """The sentences in order; a sentence never crosses a paragraph."""
        lower_case = writes_lower_case(self.prose)
        return tuple(
            Sentence(span, index, paragraph.part, count_words(span.of(self.prose)))
            for index, paragraph in enumerate(self.paragraphs)
            for span in sentence_spans(self.prose, paragraph.span, lower_case=lower_case, width=paragraph.width)
        )

    @cached_property
    def flow(self) -> Flow:
        """What the author says, as a reader hears it: quoted blocks are left out."""
        own = (sentence for sentence in self.sentences if self.paragraphs[sentence.paragraph].kind != "quote")
        return Flow(self.prose, own)

    @cached_property
    def whole_flow(self) -> Flow:
        """All of the prose as a reader hears it, quoted blocks with it."""
        return Flow(self.prose, self.sentences)
