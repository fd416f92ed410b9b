"""The shape of the whole: words by section, and where it ends."""

from __future__ import annotations

import re

from bot.essay.matching import match_section
from bot.essay.measures.base import FEWEST_WORDS, Figure, Mark, Outcome, any_of, counted, without_overlaps
from bot.essay.structure import Section, Structure
from bot.essay.text.reading import Paragraph, Reading
from bot.essay.text.sections import title_of
from bot.essay.text.spans import Span

# A fifth either way is a matter of taste; beyond it a section has swallowed another or was never written.
_LEEWAY = 0.2


def section_words(reading: Reading, structure: Structure | None) -> Outcome:
    """Words by section against the budget; without a structure the count alone.

    What stands under the title, or before the first heading, is the opening: it counts for the first section unless a
    heading of its own does. A heading that names no section belongs to the section before it.
    """
    if structure is None or not structure.sections:
        return Outcome({"words": reading.words}, f"{counted(reading.words, 'word')}.")
    places = _places(reading, structure)
    figures: dict[str, Figure] = {"words": reading.words, "budget": str(structure.budget)}
    marks: list[Mark] = []
    missing: list[str] = []
    outside: list[str] = []
    for section in structure.sections:
        indices = places.get(section.key, [])
        words = sum(reading.part_words(index) for index in indices)
        figures[section.key] = words
        if not words:
            missing.append(section.heading)
        elif words < section.budget.low * (1 - _LEEWAY) or words > section.budget.high * (1 + _LEEWAY):
            outside.append(section.heading)
            part = reading.parts[indices[0]]
            span = Span(part.start, part.body_start) if part.heading_raw else Span(part.start, part.end)
            marks.append(Mark(span, f"{counted(words, 'word')}; the budget is {section.budget}"))
    figures["missing"] = len(missing)
    figures["outside"] = len(outside)
    note = f"{counted(reading.words, 'word')} for a budget of {structure.budget}"
    note += f"; far from its own: {', '.join(outside)}" if outside else ""
    note += f"; not found: {', '.join(missing)}" if missing else ""
    found = len(structure.sections) - len(missing)
    return Outcome(
        figures,
        note + ".",
        reading.words >= FEWEST_WORDS and found > 1 and bool(outside),
        "Cut the longest section first, and look whether what goes was the next section in disguise.",
        tuple(marks),
    )


def _places(reading: Reading, structure: Structure) -> dict[str, list[int]]:
    """The parts that make up each section, by its key."""
    parts = reading.parts
    title = title_of(parts)
    matched: dict[int, Section] = {}
    taken: set[str] = set()
    for index, part in enumerate(parts):
        section = match_section(structure, part.title) if part.level else None
        if section is not None and section.key not in taken:
            matched[index] = section
            taken.add(section.key)
    places: dict[str, list[int]] = {}
    first = structure.sections[0].key
    current: str | None = None
    seen_heading = False
    for index, part in enumerate(parts):
        is_title = part.level == 1 and not seen_heading and part.title == title
        seen_heading = seen_heading or part.level > 0
        if index in matched:
            current = matched[index].key
        elif part.level == 0 or is_title:
            current = first if first not in taken else None
        if current is not None:
            places.setdefault(current, []).append(index)
    return places


# What is looked for at the start of a paragraph begins with \A and may stand behind a mark or a joining word.
_ADDRESS = any_of(
    r"\A\W*(?:(?:and|but|so|now) )?(?:if you(?:'re| are| came| have|'ve)?|to (?:anyone|everyone|those|whoever)|for"
    r" anyone)",
    r"(?<=[.!?] )(?:(?:and|but|so) )?if you(?:'re| are|'ve| have)",
)
_OUTLOOK = any_of(
    "the (?:industry|market|world|field|future|profession|landscape) (?:is|will)|the future",
    "more (?:companies|people|teams|leaders)|years? ahead|going forward|what(?:'s| is) next for|who knows what",
)
_SUMMARY = any_of(
    r"\A\W*(?:in the end|ultimately|in conclusion|to conclude|to sum up|in short|all in all|at the end of the day)",
    r"\A\W*(?:looking back|in hindsight|so what did i learn|the lesson|what i(?:'ve)? learned|the takeaway|the moral)",
    r"\A\W*so there you have it",
)
_SENTENCE = r"(?:\A\W*|(?<=[.!?] ))"
_VERDICT = any_of(
    _SENTENCE + r"I(?:'m| am) (?:glad|grateful|proud|happy|at peace)",
    _SENTENCE + r"I (?:don't|do not) regret|" + _SENTENCE + "(?:I regret nothing|no regrets)",
    _SENTENCE + r"I(?:'d| would) do it (?:all )?again|" + _SENTENCE + "I wouldn't (?:change|trade)",
    _SENTENCE + r"It was (?:all )?worth (?:it|every)|" + _SENTENCE + "And that(?:'s| is) (?:enough|okay|what matters)",
    # "The category is real. The work is real."
    _SENTENCE + r"(?:The|My) [\w'’-]{1,30} (?:is|was) [\w'’-]{1,30}\. (?:The|My|This|That|It)",
)
_CALL = any_of(
    "reach out|let me know|(?:send|drop) me a (?:note|message|line)|my (?:dms|inbox) (?:are|is)|i'd love to hear",
    "what about you|share (?:this|your)|follow me|get in touch|in the comments",
)
_QUESTION = re.compile(r"\b(?:you|your|we|us)\b[^.!?]{0,200}\?\W*\Z", re.IGNORECASE)
_KINDS = (
    ("an address to the reader", _ADDRESS),
    ("an outlook", _OUTLOOK),
    ("a summary", _SUMMARY),
    ("a verdict", _VERDICT),
    ("a call", _CALL),
    ("a question to the reader", _QUESTION),
)
_LAST_PARAGRAPHS = 6
_LAST_SHARE = 0.3
_MOST_KINDS = 2


def endings(reading: Reading, structure: Structure | None) -> Outcome:
    """Closing gestures among the last paragraphs: each kind would do as an ending."""
    marks: list[Mark] = []
    kinds: dict[str, None] = {}
    for paragraph in _last(reading):
        text = paragraph.span.of(reading.prose)
        for kind, pattern in _KINDS:
            if pattern.search(text):
                kinds.setdefault(kind)
                marks.append(Mark(paragraph.span, kind))
    return Outcome(
        {"closing_gestures": len(kinds)},
        f"{counted(len(kinds), 'kind')} of closing gesture in the last paragraphs"
        + (f": {', '.join(kinds)}." if kinds else "."),
        reading.words >= FEWEST_WORDS and len(kinds) > _MOST_KINDS,
        "It ends more than once. Stop at the first ending that is yours, and cut the others.",
        without_overlaps(marks),
    )


def _last(reading: Reading) -> list[Paragraph]:
    """The paragraphs of the last section, at most six and at most the last three tenths of the text."""
    if not reading.paragraphs:
        return []
    last = reading.paragraphs[-1].part
    from_here = reading.paragraphs[-1].span.end - int(
        _LAST_SHARE * (reading.paragraphs[-1].span.end - reading.paragraphs[0].span.start)
    )
    tail = [p for p in reading.paragraphs[-_LAST_PARAGRAPHS:] if p.part == last and p.span.start >= from_here]
    return tail or [reading.paragraphs[-1]]
