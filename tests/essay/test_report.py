"""What stands in a report: each remark beside its words, the notes of each paragraph, and nothing that is private."""

from __future__ import annotations

from dataclasses import replace

from bot.essay.claims import find_unsupported_claims
from bot.essay.report import EssayReport, RemarkKind, build_report
from tests.essay.sample_report import CRITIQUE, NOTES, SOURCE, TEXT


def beside(report: EssayReport) -> dict[str, list[str]]:
    """The signs of the remarks beside each block that has any, by how the block begins."""
    return {
        "".join(run.text for run in one.block.runs)[:12]: [remark.sign for remark in one.remarks]
        for one in report.blocks
        if one.remarks
    }


def marked(report: EssayReport, key: str) -> str:
    return "".join(run.text for one in report.blocks for run in one.block.runs if key in run.marks)


def test_findings_and_words_that_no_note_holds_stand_beside_their_paragraph_with_the_reason() -> None:
    report = build_report(SOURCE)
    assert beside(report) == {"I missed the": ["1", "N1"], "It cost me 4": ["2", "V1", "3"]}
    assert marked(report, "f1") == "the noise"
    assert marked(report, "n1") == "and I loved it"
    told = {key: (one.title, one.lines) for key, one in report.remarks.items()}
    assert told["f1"] == (
        "Finding 1: vague, grave, new",
        (("", "A reader stops here."), ("Question", "What did it sound like?")),
    )
    assert told["f2"][0] == "Finding 2: awkward, minor, new, dismissed"
    assert told["f3"] == (
        "Finding 3: needless, serious, still there",
        (("", "A reader stops here."), ("Take out", "That was that.")),
    )
    assert told["n1"] == (
        "N1: not in your notes, feeling",
        (("", "No note says so."), ("", "Nearest is note 1."), ("As your notes hold it", "There were 14 people.")),
    )
    assert told["v1"][1] == (("", "No reason is noted."), ("", "You vouch for it in note 2."))


def test_each_paragraph_names_the_notes_it_rests_on_and_how_much_of_it_is_not_checked() -> None:
    report = build_report(SOURCE)
    assert [(one.notes, one.unchecked) for one in report.blocks] == [((), 0), ((1,), 0), ((), 0), ((2,), 1)]
    assert report.notes == NOTES
    assert "1 thing that your notes do not hold. You vouch for 1. 1 sentence is not checked." in report.summary


def test_what_changed_since_the_version_before_is_in_the_report() -> None:
    report = build_report(SOURCE)
    assert report.comparison is not None
    assert report.comparison.describe() == "By sentence: 1 changed, 1 put in."
    assert report.compared_with == "Version 1"


def test_findings_follow_their_words_into_a_newer_text_and_those_on_words_that_are_gone_are_listed() -> None:
    newer = TEXT.replace("## What I missed\n", "## What I missed\n\nFirst of all, this.\n").replace(
        "That was that.", ""
    )
    report = build_report(replace(SOURCE, text=newer, check=None))
    assert marked(report, "f1") == "the noise"
    assert [remark.sign for remark in report.unplaced] == ["3"]


def test_without_a_critique_the_places_that_were_counted_are_marked() -> None:
    text = "## One\n\nIn conclusion, [NEED: what did it cost?] At the end of the day it was over.\n"
    report = build_report(replace(SOURCE, text=text, critique=None, check=None, before=None))
    assert "[NEED: what did it cost?]" in [one.quotation for one in report.remarks.values()]
    assert {one.kind for one in report.remarks.values()} == {RemarkKind.COUNTED}
    assert "1 gap is still to fill." in report.summary


def test_without_a_checker_what_letters_do_not_find_is_marked_and_said_to_be_no_more() -> None:
    claims = find_unsupported_claims(TEXT, ["14 people"])
    report = build_report(replace(SOURCE, critique=None, check=None, claims=claims, before=None))
    assert [one.quotation for one in report.remarks.values() if one.kind is RemarkKind.UNSUPPORTED] == ["4,000 euros"]
    assert any("By letters only" in said for one in report.remarks.values() for _, said in one.lines)
    assert any("compares by letters only" in said for said in report.summary)


def test_comments_and_passages_marked_private_stand_nowhere_in_a_report() -> None:
    secret = "My boss was paid off by the mayor."
    text = f"{TEXT}\n[private] {secret}\n\n<!-- {secret} -->\n\nThe end of it all.\n"
    found = replace(CRITIQUE.findings[0], quotation=secret)
    at = text.index(secret)
    critique = replace(CRITIQUE, findings=(replace(found, span=type(found.span)(at, at + len(secret))),))
    report = build_report(
        replace(SOURCE, text=text, critique=critique, critiqued_text=text, check=None, before=text + "And more.\n")
    )
    assert secret not in repr(report)
    assert "The end of it all." in repr(report.blocks)
