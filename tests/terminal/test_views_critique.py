"""A critique in the terminal says what is left out and why, each in its own words."""

from __future__ import annotations

from dataclasses import replace

from bot.essay.critique import (
    Category,
    Coverage,
    CoverageLevel,
    Critique,
    EarlierFinding,
    EarlierState,
    Finding,
    Severity,
    Strength,
)
from bot.essay.text.spans import Span
from bot.terminal import views

FINDING = Finding("so it goes", Span(0, 10), Category.VAGUE, Severity.GRAVE, "Nobody can tell.", None, "Who?")
FOUND = Critique(
    "Say who.",
    (FINDING,),
    (),
    (Coverage("missed", CoverageLevel.THIN, ""),),
    1,
    2,
    "a-model",
    repeated=3,
    misshapen=4,
    reworded=5,
)


def test_the_critique_footer_counts_omitted_findings_by_reason() -> None:
    assert views.critique_footer(FOUND) == (
        "Written by a-model. 1 dropped, because the words they quote are not in the text, or say nothing. 3 left out, "
        "because a finding as grave or graver quotes the same words. 4 left out, because the model sent them out of "
        "form. 5 told in our words, because the model's brought in what nobody wrote. 2 lesser ones held back."
    )


def test_a_section_without_a_remark_is_shown_without_a_colon() -> None:
    assert "thin     missed\n" in views.render_critique(FOUND, None).plain


def test_addresses_in_a_critique_are_shown_so_that_no_terminal_makes_links_of_them() -> None:
    """Not in the words that are quoted either, nor of critiques that were stored before this was looked at."""
    linked = "see https://evil.example/x or www.evil.example"
    finding = Finding(linked, Span(0, 10), Category.VAGUE, Severity.GRAVE, linked, linked, linked)
    strength = Strength(linked, Span(0, 10), linked)
    coverage = Coverage("missed", CoverageLevel.THIN, linked)
    shown = views.render_critique(Critique(linked, (finding,), (strength,), (coverage,), 0, 0, "m"), None).plain
    assert shown.count("see evil.example/x or evil.example") == 8
    assert "https://" not in shown
    assert "www." not in shown


def test_the_gravest_findings_are_shown_with_their_sections_and_the_rest_when_asked_for() -> None:
    cut = replace(FINDING, severity=Severity.SERIOUS, question=None, is_cut=True, section="What I missed")
    many = replace(FOUND, findings=(cut, *[replace(FINDING, span=Span(20, 30), severity=Severity.MINOR)] * 8))
    shown = views.render_critique(many, None, hint=": findings all shows them").plain
    assert "1. vague, serious, in What I missed\n   Take out: so it goes\n" in shown
    assert "Nothing grave was found" in shown
    assert "\n7. " in shown
    assert "\n8. " not in shown
    assert "2 lesser findings more: findings all shows them." in shown
    assert "On words of 3, 4, 5, 6, 7, 8, 9 too" in shown
    everything = views.render_critique(many, None, show_all=True).plain
    assert "\n9. " in everything
    assert "lesser finding" not in everything
    fields = views.critique_json(many)["findings"]
    assert [one["action"] for one in fields] == ["cut", *["ask"] * 8]
    assert fields[1]["overlaps"] == [3, 4, 5, 6, 7, 8, 9]


def test_a_second_critique_says_what_became_of_the_first() -> None:
    gone = EarlierFinding("in those days", Category.VAGUE, Severity.MINOR, "When?", EarlierState.FIXED)
    still = EarlierFinding("so it goes", Category.VAGUE, Severity.GRAVE, "Who?", EarlierState.STILL_THERE)
    found = replace(FOUND, findings=(replace(FINDING, is_earlier=True), FINDING), earlier=(gone, still))
    shown = views.render_critique(found, None).plain
    assert "Since the last critique: 1 fixed, 1 still there, 1 new.\n   fixed: in those days\n" in shown
    assert "1. vague, grave, still there\n" in shown
    assert "2. vague, grave, new\n" in shown
