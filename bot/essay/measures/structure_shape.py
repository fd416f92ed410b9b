"""Measure the shape of the whole: words by section, endings, and open gaps."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.essay.matching import match_section
from bot.essay.measures.base import (
    MIN_WORDS,
    MeasureFigure,
    MeasureHit,
    MeasureResult,
    compile_words,
    drop_overlapping_hits,
)
from bot.essay.measures.phrases import load_phrases
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.parsed_text import NormalizedProse, ParsedText, ProseSentence
from bot.essay.text.sections import document_title
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, truncate

# A fifth either way is a matter of taste. Beyond that, a section holds another's material, or was hardly written.
_LEEWAY = 0.2


def section_words(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Compare the words of each section with its budget; without a structure, only count words.

    Text under the title or before the first heading counts for the first section, unless a heading names that. Text
    under a heading that names no section counts for the section before it.
    """
    if structure is None or not structure.sections:
        return MeasureResult({"words": parsed.word_count}, f"{count_noun(parsed.word_count, 'word')}.")
    matched = _match_sections(parsed, structure)
    own_headings = sum(part.level > 0 for part in parsed.sections) - (document_title(parsed.sections) is not None)
    if len(matched) * 2 < own_headings:
        return MeasureResult(
            {"words": parsed.word_count, "headings": own_headings, "of_the_structure": len(matched)},
            f"{count_noun(parsed.word_count, 'word')}; its headings are its own, so no budget is held against it.",
        )
    indices_by_section = _texts_by_section(parsed, structure, matched)
    figures: dict[str, MeasureFigure] = {"words": parsed.word_count, "budget": str(structure.budget)}
    hits: list[MeasureHit] = []
    missing: list[str] = []
    outside_budget: list[str] = []
    has_long = False
    for section in structure.sections:
        indices = indices_by_section.get(section.key, [])
        words = sum(parsed.count_section_words(index) for index in indices)
        figures[section.key] = words
        if not words:
            missing.append(section.heading)
        elif words < section.budget.low * (1 - _LEEWAY) or words > section.budget.high * (1 + _LEEWAY):
            outside_budget.append(section.heading)
            has_long = has_long or words > section.budget.high
            part = parsed.sections[indices[0]]
            span = Span(part.start, part.body_start) if part.heading_source else Span(part.start, part.end)
            hits.append(MeasureHit(span, f"{count_noun(words, 'word')}; the budget is {section.budget}"))
    figures["missing"] = len(missing)
    figures["outside"] = len(outside_budget)
    note = f"{count_noun(parsed.word_count, 'word')} for a budget of {structure.budget}"
    note += f"; far from its own: {', '.join(outside_budget)}" if outside_budget else ""
    note += f"; without words yet: {', '.join(missing)}" if missing else ""
    found = len(structure.sections) - len(missing)
    return MeasureResult(
        figures,
        note + ".",
        parsed.word_count >= MIN_WORDS and found > 1 and bool(outside_budget),
        "Cut the longest section first, and look whether what goes was the next section in disguise."
        if has_long
        else "Tell more in the shortest section first, or take it out.",
        tuple(hits),
    )


def _match_sections(parsed: ParsedText, structure: Structure) -> dict[int, Section]:
    """Return the sections that the headings name, by the index of the part; each is matched once."""
    matched: dict[int, Section] = {}
    matched_keys: set[str] = set()
    for index, part in enumerate(parsed.sections):
        section = match_section(structure, part.title) if part.level else None
        if section is not None and section.key not in matched_keys:
            matched[index] = section
            matched_keys.add(section.key)
    return matched


def _texts_by_section(parsed: ParsedText, structure: Structure, matched: Mapping[int, Section]) -> dict[str, list[int]]:
    """Return the indices of the parts that make up each section, by its key."""
    parts = parsed.sections
    title = document_title(parts)
    matched_keys = {section.key for section in matched.values()}
    indices_by_section: dict[str, list[int]] = {}
    first = structure.sections[0].key
    current: str | None = None
    seen_heading = False
    for index, part in enumerate(parts):
        is_title = part.level == 1 and not seen_heading and part.title == title
        seen_heading = seen_heading or part.level > 0
        if index in matched:
            current = matched[index].key
        elif part.level == 0 or is_title:
            current = first if first not in matched_keys else None
        if current is not None:
            indices_by_section.setdefault(current, []).append(index)
    return indices_by_section


# Patterns for the start of a paragraph begin with \A; punctuation or a conjunction may come first.
_ADDRESS = compile_words(
    r"\A\W*(?:(?:and|but|so|now) )?(?:if you(?:'re| are| came| have|'ve)?|to (?:anyone|everyone|those|whoever)|for"
    r" anyone)",
    r"(?<=[.!?] )(?:(?:and|but|so) )?if you(?:'re| are|'ve| have)",
)
_OUTLOOK = compile_words(
    "the (?:industry|market|world|field|future|profession|landscape) (?:is|will)|the future",
    "more (?:companies|people|teams|leaders)|years? ahead|going forward|what(?:'s| is) next for|who knows what",
)
_SUMMARY = compile_words(
    r"\A\W*(?:in the end|ultimately|in conclusion|to conclude|to sum up|in short|all in all|at the end of the day)",
    r"\A\W*(?:looking back|in hindsight|so what did i learn|the lesson|what i(?:'ve)? learned|the takeaway|the moral)",
    r"\A\W*so there you have it",
)
_SENTENCE = r"(?:\A\W*|(?<=[.!?] ))"
_VERDICT = compile_words(
    _SENTENCE + r"I(?:'m| am) (?:glad|grateful|proud|happy|at peace)",
    _SENTENCE + r"I (?:don't|do not) regret|" + _SENTENCE + "(?:I regret nothing|no regrets)",
    _SENTENCE + r"I(?:'d| would) do it (?:all )?again|" + _SENTENCE + "I wouldn't (?:change|trade)",
    _SENTENCE + r"It was (?:all )?worth (?:it|every)|" + _SENTENCE + "And that(?:'s| is) (?:enough|okay|what matters)",
    # "The category is real. The work is real."
    _SENTENCE + r"(?:The|My) [\w'’-]{1,30} (?:is|was) [\w'’-]{1,30}\. (?:The|My|This|That|It)",
)
_CALL = compile_words(
    "reach out|let me know|(?:send|drop) me a (?:note|message|line)|my (?:dms|inbox) (?:are|is)|i'd love to hear",
    "what about you|share (?:this|your)|follow me|get in touch|in the comments",
)
_QUESTION = re.compile(r"\b(?:you|your|we|us)\b[^.!?]{0,200}\?\W*\Z", re.IGNORECASE)
_ENDING_KINDS = (
    ("an address to the reader", _ADDRESS),
    ("an outlook", _OUTLOOK),
    ("a summary", _SUMMARY),
    ("a verdict", _VERDICT),
    ("a call", _CALL),
    ("a question to the reader", _QUESTION),
)
_MAX_LAST_PARAGRAPHS = 6
_MAX_LAST_SHARE = 0.3
_MAX_ENDING_KINDS = 2


def endings(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count the kinds of closing gesture in the last paragraphs, each of which would do as an ending."""
    prose = parsed.own_prose
    last = _last_paragraphs(prose)
    hits: list[MeasureHit] = []
    kinds: dict[str, None] = {}
    closing = last[0][0].span.start if last else 0
    farewells = [found for found in load_phrases("endings").find(prose) if found.span.start >= closing]
    for paragraph in last:
        start, end = paragraph[0].span.start, paragraph[-1].span.end
        farewells_here = [found for found in farewells if start <= found.span.start < end]
        hits += [
            MeasureHit(prose.source_span(found.span.start, found.span.end), found.phrase.note, found.phrase.weight)
            for found in farewells_here
        ]
        for kind, pattern in _ENDING_KINDS:
            if pattern.search(prose.text[start:end]):
                kinds.setdefault(kind)
                if not farewells_here:
                    hits.append(MeasureHit(prose.source_span(start, end), kind))
    if farewells:
        kinds.setdefault("a farewell")
    return MeasureResult(
        {"closing_gestures": len(kinds), "farewells": len(farewells)},
        f"{count_noun(len(kinds), 'kind')} of closing gesture in the last paragraphs"
        + (f": {', '.join(kinds)}." if kinds else "."),
        parsed.word_count >= MIN_WORDS and len(kinds) > _MAX_ENDING_KINDS,
        "It ends more than once. Stop at the first ending that is yours, and cut the others.",
        drop_overlapping_hits(hits),
    )


def _last_paragraphs(prose: NormalizedProse) -> list[tuple[ProseSentence, ...]]:
    """Return the paragraphs of the last section, at most six, within the last three tenths of the text."""
    if not prose.paragraphs:
        return []
    last = prose.paragraphs[-1][0].source.section_index
    from_here = prose.sentences[-1].span.end * (1 - _MAX_LAST_SHARE)
    tail = [
        paragraph
        for paragraph in prose.paragraphs[-_MAX_LAST_PARAGRAPHS:]
        if paragraph[0].source.section_index == last and paragraph[0].span.start >= from_here
    ]
    return tail or [prose.paragraphs[-1]]


_MAX_NAMED_GAPS = 5  # gaps named in the summary; the hits hold all of them
_MAX_GAP_CHARACTERS = 60  # of each gap that is named


def open_gaps(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Find every ``[NEED: …]`` in the text."""
    hits = tuple(MeasureHit(Span(*match.span()), "still to be written", 3) for match in GAP_REGEX.finditer(parsed.text))
    missing_texts = [
        truncate(" ".join(match.group()[len("[NEED:") : -1].split()), _MAX_GAP_CHARACTERS) or "?"
        for match in GAP_REGEX.finditer(parsed.text)
    ]
    more = f"; and {len(missing_texts) - _MAX_NAMED_GAPS} more" if len(missing_texts) > _MAX_NAMED_GAPS else ""
    named = f"{'; '.join(missing_texts[:_MAX_NAMED_GAPS])}{more}"
    return MeasureResult(
        {"gaps": len(hits)},
        f"{count_noun(len(hits), 'gap is', 'gaps are')} still open: {named}{'' if named.endswith(('?', '…')) else '.'}"
        if hits
        else "No gap is open.",
        bool(hits),
        "Fill these first: a reader stops at each of them.",
        hits,
    )
