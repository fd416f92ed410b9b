"""Everything that code can measure in an essay: one table, with a small function for each row.

A measure earns its place by being right on real essays and quiet on good ones. No measure is a grade, and none says who
or what wrote the text.
"""

from __future__ import annotations

from bot.essay.measures.base import (
    Measure,
    MeasureDefinition,
    MeasureFigure,
    MeasureHit,
    MeasureResult,
    describe_other_language,
)
from bot.essay.measures.figures_of_speech import dashes, not_but, triads
from bot.essay.measures.phrases import filler, hedges, stock_phrases, vague
from bot.essay.measures.sentences import openers, questions, sentence_lengths, tenses
from bot.essay.measures.specificity import bare_sections, unsourced
from bot.essay.measures.structure_shape import endings, open_gaps, section_words
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import ParsedText

__all__ = ["MEASURES", "Measure", "MeasureDefinition", "MeasureFigure", "MeasureHit", "measure_all"]

_HOUSE = (
    "house rule, set so that a reference essay with the fault is caught and well-made essays in eight manners are not"
)

MEASURES: tuple[MeasureDefinition, ...] = (
    MeasureDefinition(
        "gaps",
        "Open gaps",
        "What is marked as missing is missing, whatever else is good.",
        "one [NEED: …] in the text",
        "house rule: a gap is asked for, never filled",
        open_gaps,
        english_only=False,
    ),
    MeasureDefinition(
        "section_words",
        "Words by section",
        "A section far over its budget usually holds two; one far under it was not written yet.",
        "a section more than a fifth outside its own budget, where half of the headings are the structure's",
        "the budgets of the structure; the leeway of a fifth is a house rule",
        section_words,
        english_only=False,
    ),
    MeasureDefinition(
        "sentence_lengths",
        "Sentence lengths",
        "Sentences of one length put a reader to sleep, whatever they say.",
        "a spread under a third of the mean, or two runs of seven sentences within three words (one a 1,000 words)",
        f"{_HOUSE}; the advice to vary lengths is Gary Provost's, 100 Ways to Improve Your Writing",
        sentence_lengths,
        english_only=False,
    ),
    MeasureDefinition(
        "openers",
        "Repeated openers",
        "The same first word again and again is heard before the sentence is.",
        "two runs of three sentences with one first word (five for I, the, it …) and 1.5 in a thousand words, or"
        " one of seven",
        _HOUSE,
        openers,
        english_only=False,
    ),
    MeasureDefinition(
        "bare_sections",
        "Sections without a number or a name",
        "A reader believes what could be checked, and remembers who was there.",
        "a third of the words in sections of 80 words or more that hold no number, name, date or speech",
        f"{_HOUSE}; half of the reference essay stands in such sections",
        bare_sections,
    ),
    MeasureDefinition(
        "not_but",
        "Turns of the kind “not X but Y”",
        "Once it corrects a belief; as a habit it makes every sentence argue with somebody who is not there.",
        "three or more, and five in a thousand words",
        f"{_HOUSE}; the reference essay has ten in a thousand",
        not_but,
    ),
    MeasureDefinition(
        "triads",
        "Lists of three",
        "Three items sound complete whether they are or not, and the third is often there for the sound.",
        "six or more, and nine in a thousand words",
        _HOUSE,
        triads,
    ),
    MeasureDefinition(
        "dashes",
        "Dashes",
        "A dash raises the voice; many of them and nothing is raised.",
        "five or more, and eight in a thousand words",
        f"{_HOUSE}; the reference essay has thirteen in a thousand",
        dashes,
        english_only=False,
    ),
    MeasureDefinition(
        "filler",
        "Filler",
        "Announcing that something is honest or worth noting takes the place of the thing.",
        "three phrases and 2.5 in a thousand words, four with announcements and five in a thousand, or six adverbs of"
        " the “really” kind and ten in a thousand",
        f"{_HOUSE}; the phrases are those of wordlists/filler.toml, each list with its source, and the rule is Strunk's"
        " “Omit needless words”, The Elements of Style",
        filler,
    ),
    MeasureDefinition(
        "stock_phrases",
        "Stock phrases",
        "A phrase that everybody uses tells a reader that nobody looked.",
        "four or more, and four in a thousand words",
        "the phrases are proselint's (clichés, jargon, hedges, redundancy) and those of wordlists/stock_phrases.toml,"
        " each list with its source; the threshold is a house rule",
        stock_phrases,
    ),
    MeasureDefinition(
        "hedges",
        "Stacked hedges",
        "One hedge is honest; a second takes back the first, and the reader is left with nothing said.",
        "three or more such sentences, and three in a thousand words",
        "the hedges are Ken Hyland's, Metadiscourse (2005); what is a stack is a house rule",
        hedges,
    ),
    MeasureDefinition(
        "vague",
        "Vague amounts, times and doers",
        "“Countless”, “at some point” and “mistakes were made” stand where a number, a date or a person could.",
        "eight or more, and twelve in a thousand words",
        "the phrases of wordlists/vague.toml, each list with its source; the threshold is a house rule",
        vague,
    ),
    MeasureDefinition(
        "tenses",
        "Tense that slips",
        "A sentence in the present among others in the past makes a reader go back to see what was missed.",
        "three or more, and three in a thousand words",
        "house rule; tense is one of the kinds of editors' corrections in LAMP (arXiv 2409.14509)",
        tenses,
    ),
    MeasureDefinition(
        "questions",
        "Questions put to nobody",
        "A writer who asks and answers leaves a reader nothing to do.",
        "three chains or more, and three in a thousand words",
        "house rule",
        questions,
    ),
    MeasureDefinition(
        "unsourced",
        "Trends and opinions nobody stands behind",
        "“More companies are” asks a reader to take the writer's word where a name would have done.",
        "three or more; two in a text under 500 words",
        f"{_HOUSE}; the phrases are those of wordlists/unsourced.toml, after Wikipedia's manual of style, “Words to"
        " watch: unsupported attributions”",
        unsourced,
    ),
    MeasureDefinition(
        "endings",
        "Endings",
        "The second ending takes back what the first one left with the reader.",
        "three kinds of closing gesture among the last paragraphs",
        _HOUSE,
        endings,
    ),
)


def measure_all(parsed: ParsedText, structure: Structure | None = None) -> tuple[Measure, ...]:
    """Return every measure of the table, in its order. Those that look for English words need an English text."""
    other_language = describe_other_language(parsed)
    return tuple(_run_measure(definition, parsed, structure, other_language) for definition in MEASURES)


def _run_measure(
    definition: MeasureDefinition, parsed: ParsedText, structure: Structure | None, other_language: str | None
) -> Measure:
    was_measured = not definition.english_only or other_language is None
    if not was_measured:
        result = MeasureResult({}, f"Not measured: this looks for English words{other_language}.")
    else:
        result = definition.function(parsed, structure)
    return Measure(
        key=definition.key,
        name=definition.name,
        figures=result.figures,
        summary=result.summary,
        is_raised=result.is_raised,
        advice=result.advice,
        why=definition.why,
        threshold=definition.threshold,
        source=definition.source,
        hits=result.hits,
        was_measured=was_measured,
    )
