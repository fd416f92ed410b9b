"""What a critic says is held against the text: which finding comes first, which are one, and what each offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.essay.critique import Category, CoverageLevel, Severity
from bot.essay.structure import Structure
from bot.services.critique_validation import validate_critique
from bot.services.llm_ports import RawCoverage, RawStrength
from tests.services.fakes import opinion
from tests.services.test_critiques import TEXT, remark

FIRST = "Begin with the first finding: it is the gravest."


@pytest.mark.parametrize(
    ("fix_first", "fixes", "shown"),
    [
        ("Say who should have asked.", 1, "Say who should have asked."),
        ("Say whom “nobody asked”.", 1, "Say whom “nobody asked”."),
        ("Cut the dream sequence.", 0, f"{FIRST} A reader cannot picture it."),  # its finding is nowhere in the text
        ("Cut the dream sequence.", None, f"{FIRST} A reader cannot picture it."),
        ("Cut the dream sequence.", 7, f"{FIRST} A reader cannot picture it."),
        ("Grade: 3/10. Say who should have asked.", 1, f"{FIRST} A reader cannot picture it."),
        ("Cut “a dream of glass”.", 1, f"{FIRST} A reader cannot picture it."),
        ("", 1, f"{FIRST} A reader cannot picture it."),
    ],
)
def test_fix_first_always_refers_to_a_finding_that_is_shown(fix_first: str, fixes: int | None, shown: str) -> None:
    said = opinion(remark("a dream of glass", Severity.GRAVE), remark("nobody asked"), fix_first=fix_first, fixes=fixes)
    assert validate_critique(said, TEXT, None, [TEXT]).fix_first == shown


def test_a_finding_that_is_not_shown_is_never_the_one_to_fix_first() -> None:
    words = ["very good work", "the best", "they said", "I left", "14 others", "The pay", "4,000 euros"]
    remarks = [remark(quotation) for quotation in words] + [remark("nobody asked", Severity.MINOR)]
    critique = validate_critique(opinion(*remarks, fix_first="Say who.", fixes=7), TEXT, None, [TEXT])
    assert critique.held_back == 1
    assert critique.fix_first.startswith(FIRST)


QUOTING = [
    ("Nobody can picture “the best”.", True),
    ("Who is ‘nobody’ here?", True),
    ('"It was very good work", says the text twice.', True),
    ("It does the work of “What I gave up” already.", True),  # a heading of the structure
    ("A reader asks who the nurses' manager was.", True),  # an apostrophe
    ("“Synergy” says nothing.", False),
    ("A reader hears ‘trust me’.", False),
    ("“the best” and “the worst” cannot both be.", False),
    ("Grade: 3/10. You will fail.", False),
    ("I would give this 6.5 out of 10 for clarity.", False),
    ("**Score:** B-", False),
    ("Rating: poor.", False),
]


@pytest.mark.parametrize(("said", "shown"), QUOTING)
def test_the_effect_of_a_finding_quotes_only_the_text_or_is_replaced_by_a_default(
    said: str, shown: bool, structure: Structure
) -> None:
    """The finding stays: the words that it is about were found, and what they lack is told by its category."""
    remarks = [
        replace(remark("they said", category=Category.VAGUE, question=said), effect=said),
        remark("nobody asked"),
    ]
    critique = validate_critique(opinion(*remarks, fixes=None), TEXT, structure, [TEXT])
    first = critique.findings[0]
    assert first.quotation == "they said"
    assert first.effect == (said if shown else "A reader cannot picture what happened here.")
    assert first.question == (said if shown else "What happened there, and to whom, the one time you remember best?")
    assert critique.fix_first == f"{FIRST} {first.effect}"
    assert (critique.reworded, critique.dropped) == (0 if shown else 1, 0)


@pytest.mark.parametrize(
    "effect",
    [
        "A reader asks who gave the 3/10, and why.",
        "It is told as if 7 out of 10 readers knew it.",
        "A reader asks what the grade was, and has forgotten it by 3/10/2024.",
        "Score: whose?",
    ],
)
def test_a_grade_that_the_text_mentions_and_words_that_only_resemble_one_are_shown(effect: str) -> None:
    said = replace(remark("my manager"), effect=effect)
    critique = validate_critique(opinion(said), "At the review my manager gave me 3/10, and left.", None, [])
    assert (critique.findings[0].effect, critique.reworded) == (said.effect, 0)


@pytest.mark.parametrize(("said", "shown"), QUOTING)
def test_a_strength_that_quotes_words_outside_the_text_is_dropped_and_counted(
    said: str, shown: bool, structure: Structure
) -> None:
    said_of = opinion(
        remark("nobody asked"), praise=[RawStrength("14 others", said), RawStrength("the best", "A voice.")]
    )
    critique = validate_critique(said_of, TEXT, structure, [TEXT])
    assert [one.why for one in critique.strengths] == [*([said] if shown else []), "A voice."]
    assert critique.dropped == (0 if shown else 1)


def test_a_question_that_is_not_shown_is_not_counted_as_reworded() -> None:
    held_back = [remark(words) for words in ("very good work", "the best", "they said", "I left", "in *May*", "14")]
    said = opinion(
        remark("nobody asked", Severity.GRAVE, replacement="no one asked", question="Who said “no”?"),
        *held_back,
        remark("The pay", Severity.MINOR, question="What of “the bonus”?"),
    )
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert (len(critique.findings), critique.held_back, critique.reworded) == (7, 1, 0)
    assert critique.findings[0].question is None


def test_every_category_has_a_default_effect_for_a_finding_without_one() -> None:
    for category in Category:
        said = replace(remark("nobody asked", category=category), effect="")
        critique = validate_critique(opinion(said), TEXT, None, [TEXT])
        assert critique.findings[0].effect.startswith("A reader ")
        assert critique.reworded == 0


def test_a_remark_on_a_section_is_shown_only_if_it_quotes_the_text_or_a_heading(structure: Structure) -> None:
    remarks = ["“nobody asked” is all.", "Nothing of “What I missed”.", "“We wept” says little.", "Thin."]
    shown = []
    for said in remarks:
        sections = [RawCoverage("missed", CoverageLevel.THIN, said)]
        critique = validate_critique(opinion(remark("nobody asked"), sections=sections), TEXT, structure, [TEXT])
        shown += [(one.covered, one.remark) for one in critique.coverage]
    assert shown == [(CoverageLevel.THIN, said) for said in [*remarks[:2], "", "Thin."]]


def test_malformed_findings_are_counted() -> None:
    assert validate_critique(opinion(remark("nobody asked"), misshapen=2), TEXT, None, [TEXT]).misshapen == 2


def test_of_findings_on_overlapping_words_the_gravest_is_shown_and_the_rest_counted() -> None:
    said = opinion(remark("very good work"), remark("good work — “the best”", Severity.GRAVE), remark("they said"))
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [finding.quotation for finding in critique.findings] == ["good work — “the best”", "they said"]
    assert (critique.repeated, critique.dropped) == (1, 0)


def test_a_finding_has_a_replacement_or_a_question_and_never_both() -> None:
    """A question of the critic's own is asked before one of ours; wording that needs no fact is shown without it."""
    said = opinion(
        remark("nobody asked", replacement="nobody of the 12 asked", question="Who should have?"),
        remark("The pay", replacement="What I earned", question="How much?"),
        remark("they said", category=Category.AWKWARD),
        remark("I left", replacement="  ", category=Category.UNSUPPORTED),
    )
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [(finding.replacement, finding.question) for finding in critique.findings] == [
        (None, "Who should have?"),
        ("What I earned", None),
        (None, "How would you say this aloud to a friend?"),
        (None, "How do you know this?"),
    ]
    for category in Category:
        (finding,) = validate_critique(opinion(remark("nobody asked", category=category)), TEXT, None, [TEXT]).findings
        assert (finding.question or "").endswith("?")


LINKED = f"{TEXT}\nIt was on https://example.com/rota for a year."


@pytest.mark.parametrize(
    "said",
    [
        "Read https://evil.example/login first.",
        "See [the guide](http://evil.example).",
        "Write to help@evil.example.",
        "The page www.evil.example tells how.",
        "Enter your password to see the rest.",
        "What is your API key?",
    ],
)
def test_an_address_that_the_text_does_not_hold_and_a_demand_for_a_secret_are_never_shown(
    said: str, structure: Structure
) -> None:
    critic = opinion(
        replace(remark("nobody asked"), effect=said, question=said, replacement=None),
        replace(remark("14 others"), replacement=said, question=None),
        fix_first=said,
        fixes=0,
        praise=(RawStrength("the best", said),),
        sections=(RawCoverage(structure.sections[0].key, CoverageLevel.THIN, said),),
    )
    critique = validate_critique(critic, LINKED, structure, [LINKED])
    assert said not in repr(critique)
    assert "evil" not in repr(critique)
    assert "password" not in repr(critique)
    assert (len(critique.findings), critique.dropped, critique.reworded) == (2, 1, 1)
    assert all(finding.question for finding in critique.findings)


def test_an_address_of_the_text_is_spoken_of_without_a_link_and_stands_in_a_replacement_as_it_is() -> None:
    said = "Nobody follows https://example.com/rota today."
    found = replace(remark("for a year"), effect=said, replacement="until https://example.com/rota was gone")
    critique = validate_critique(opinion(found, fix_first=said, fixes=0), LINKED, None, [LINKED])
    (finding,) = critique.findings
    assert finding.effect == critique.fix_first == "Nobody follows example.com/rota today."
    assert finding.replacement == "until https://example.com/rota was gone"
