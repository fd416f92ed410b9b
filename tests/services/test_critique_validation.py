"""What a critic says is held against the text: which finding comes first, which are one, and what each offers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.essay.critique import Action, Category, CoverageLevel, Severity
from bot.essay.structure import Structure
from bot.services.critique_validation import find_earlier, validate_critique
from bot.services.llm_ports import RawCoverage, RawStrength
from tests.services.fakes import opinion
from tests.services.test_critiques import TEXT, remark

FIRST = "Begin with the first finding."


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


def test_the_finding_to_fix_first_may_be_any_that_is_kept() -> None:
    words = ["very good work", "the best", "they said", "I left", "14 others", "The pay", "4,000 euros"]
    remarks = [remark(quotation) for quotation in words] + [remark("nobody asked", Severity.MINOR)]
    critique = validate_critique(opinion(*remarks, fix_first="Say who.", fixes=7), TEXT, None, [TEXT])
    assert (len(critique.findings), critique.held_back, critique.fix_first) == (8, 0, "Say who.")


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
def test_what_a_finding_says_quotes_only_the_text_or_is_not_shown(said: str, shown: bool, structure: Structure) -> None:
    """Where wording is left, its category tells what the words lack; where nothing is left, it is dropped."""
    remarks = [
        replace(remark("they said", category=Category.VAGUE, question=said), effect=said),
        replace(remark("I left", replacement="I went"), effect=said),
    ]
    critique = validate_critique(opinion(*remarks, fixes=None), TEXT, structure, [TEXT])
    assert [(one.effect, one.replacement, one.question) for one in critique.findings] == [
        *([(said, None, said)] if shown else []),
        (said if shown else "A reader cannot picture what happened here.", "I went", None),
    ]
    assert critique.fix_first == f"{FIRST} {critique.findings[0].effect}"
    assert (critique.reworded, critique.dropped) == ((0, 0) if shown else (1, 1))


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


def test_a_question_is_never_replaced_and_one_with_a_made_up_fact_is_left_off() -> None:
    asked = {
        "very good work": "Who said so, and what happened that day?",
        "the best": "Which one of them was it, in March?",  # a month and "one" are no inventions
        "I left": "What did Maria say on that Tuesday?",
        "The pay": "Was it 4,500 euros?",
        "nobody asked": "Who said “no”?",
    }
    said = opinion(*(remark(words, question=question) for words, question in asked.items()))
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [one.question for one in critique.findings] == [*list(asked.values())[:3], None, None]
    assert (critique.stripped, critique.reworded, critique.dropped) == (2, 0, 0)


def test_every_category_has_a_default_effect_for_a_finding_without_one() -> None:
    for category in Category:
        said = replace(remark("nobody asked", category=category, question="Who?"), effect="")
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


def test_findings_on_overlapping_words_are_all_kept_and_know_of_each_other() -> None:
    said = opinion(remark("very good work"), remark("good work — “the best”", Severity.GRAVE), remark("they said"))
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [one.quotation for one in critique.findings] == ["good work — “the best”", "very good work", "they said"]
    assert [critique.overlapping(index) for index in range(3)] == [(1,), (0,), ()]
    assert (critique.repeated, critique.dropped) == (0, 0)


def test_a_finding_has_one_action_and_a_question_takes_the_place_of_wording_that_invents() -> None:
    said = opinion(
        remark("nobody asked", replacement="nobody of the 12 asked", question="Who should have?"),
        remark("The pay", replacement="What I earned", question="How much?"),
        remark("they said", category=Category.AWKWARD),
        remark("I left", replacement="  ", category=Category.UNSUPPORTED),
        replace(remark("in *May*", replacement="then", question="When?"), is_cut=True),
    )
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [(one.action, one.replacement, one.question) for one in critique.findings] == [
        (Action.ASK, None, "Who should have?"),
        (Action.REPLACE, "What I earned", None),
        (None, None, None),
        (None, None, None),
        (Action.CUT, None, None),
    ]


def test_a_finding_names_the_section_that_its_words_stand_in() -> None:
    text = f"# Leaving\n\nIt was a zoo.\n\n{TEXT}"
    said = opinion(remark("a zoo"), remark("they said"), remark("nobody asked"))
    critique = validate_critique(said, text, None, [text])
    assert [one.section for one in critique.findings] == ["", "What I missed", "What I gave up"]


@pytest.mark.parametrize(
    ("quotation", "taken"),
    [
        ("I left in May, with 14 others.\n\n## What I gave up\n\nIt was very good work too.", True),
        ("It was very good work — … with 14 others.", True),
        ("“the best”, they said. [...] very good work too.", True),
        ("with 14 others. … It was very good work —", False),  # the wrong way round
        ("It was very good … with 14 others.", False),  # its first words stand twice
        ("they … others", False),  # too short to be known
        ("It was very good work — … I left … 14 others", False),
    ],
)
def test_a_cut_may_reach_across_paragraphs_and_be_quoted_by_its_ends(quotation: str, taken: bool) -> None:
    said = opinion(replace(remark(quotation), is_cut=True))
    critique = validate_critique(said, TEXT, None, [TEXT])
    assert [one.is_cut for one in critique.findings] == [True] * taken
    assert all(one.quotation == one.span.extract(TEXT) for one in critique.findings)
    assert critique.dropped == (not taken)


def test_earlier_findings_are_fixed_still_there_settled_or_dismissed_whatever_the_critic_counts() -> None:
    old = validate_critique(
        opinion(*(remark(words) for words in ("the best", "they said", "I left", "The pay", "nobody asked"))),
        TEXT,
        None,
        [TEXT],
    ).findings
    new = TEXT.replace("“the best”", "fine").replace("It was very good work too. ", "")
    earlier = find_earlier(TEXT, new, old, frozenset({4}))
    assert [told.endswith("set this aside.") for told in earlier.describe()] == [False, False, False, True]
    said = opinion(remark("I left"), remark("nobody asked"), remark("14 others", Severity.GRAVE), hold=[1, 4, 0, 9_999])
    critique = validate_critique(said, new, None, [new], earlier)
    assert [one.state.name for one in critique.earlier] == [
        "FIXED",
        "STILL_THERE",
        "STILL_THERE",
        "SETTLED",
        "DISMISSED",
    ]
    assert [(one.quotation, critique.label(at)) for at, one in enumerate(critique.findings)] == [
        ("14 others", "new"),
        ("they said", "still there"),
        ("I left", "still there"),  # the critic did not count it, and made it again
    ]
    assert all(one.quotation == one.span.extract(new) for one in critique.findings)
    assert critique.repeated == 1  # what the writer passed over is not raised again
    assert critique.describe_earlier() == (
        "Since the last critique: 1 fixed, 1 no longer a fault, 1 dismissed, 2 still there, 1 new."
    )


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
    assert [finding.quotation for finding in critique.findings] == ["14 others"]
    assert critique.findings[0].action is None
    assert (critique.dropped, critique.stripped) == (2, 1)


def test_an_address_of_the_text_is_spoken_of_without_a_link_and_stands_in_a_replacement_as_it_is() -> None:
    said = "Nobody follows https://example.com/rota today."
    found = replace(remark("for a year"), effect=said, replacement="until https://example.com/rota was gone")
    critique = validate_critique(opinion(found, fix_first=said, fixes=0), LINKED, None, [LINKED])
    (finding,) = critique.findings
    assert finding.effect == critique.fix_first == "Nobody follows example.com/rota today."
    assert finding.replacement == "until https://example.com/rota was gone"
