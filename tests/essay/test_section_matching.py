"""A heading finds its section by key, by name, or close to it, and otherwise nothing."""

from __future__ import annotations

import pytest

from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure, WordBudget


def structure(*headings: str) -> Structure:
    sections = tuple(Section(h.lower().replace(" ", "-"), h, "purpose", WordBudget(80, 200), ()) for h in headings)
    return Structure("kind", "Name", "description", sections)


SWITCH = structure(
    "The contradiction",
    "What I missed",
    "The label problem",
    "What it actually looked like",
    "What I gave up and what I gained",
    "Who this move makes sense for",
    "Where I am now",
)


@pytest.mark.parametrize(
    ("title", "heading"),
    [
        ("What I missed", "What I missed"),
        ("WHAT I MISSED:", "What I missed"),
        ("what-i-missed", "What I missed"),
        ("what i gave up / gained", "What I gave up and what I gained"),
        ("What I Gave Up & What I Gained", "What I gave up and what I gained"),
        ("What I Gave Up", "What I gave up and what I gained"),
        ("What the Transition Actually Looked Like", "What it actually looked like"),
        ("2. The lable problem", "The label problem"),
        ("The problem with labels", "The label problem"),
        ("Where am I now?", "Where I am now"),
        ("Where I am", "Where I am now"),
        ("What I missed about building", "What I missed"),
        ("Contradictions", "The contradiction"),
    ],
)
def test_a_heading_close_to_a_section_finds_it(title: str, heading: str) -> None:
    found = match_section(SWITCH, title)
    assert found is not None
    assert found.heading == heading


@pytest.mark.parametrize(
    "title",
    [
        "",
        "???",
        "What",
        "now",
        "What I misjudged",
        "The budget problem",
        "Acknowledgements",
        "Who should decline",
        "What it cost",
    ],
)
def test_an_unrelated_heading_finds_nothing(title: str) -> None:
    assert match_section(SWITCH, title) is None


def test_short_headings_that_look_alike_are_not_confused() -> None:
    promotion = structure("The no", "What changed", "It is what it is")
    assert match_section(promotion, "The now") is None
    assert match_section(promotion, "What changed and what did not") == promotion.sections[1]
    assert match_section(promotion, "It is what it is") == promotion.sections[2]
    assert match_section(structure("—"), "The no") is None
