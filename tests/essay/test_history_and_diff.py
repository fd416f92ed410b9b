"""Undo, redo, and what changed from one version to another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay import diff
from bot.essay.diff import TextChange, WordRun, compare_texts, diff_words
from bot.essay.essay import Origin, VersionHistory, VersionInfo


def info(number: int, parent: int | None, origin: Origin = Origin.EDITED) -> VersionInfo:
    return VersionInfo(number, parent, origin, 0, 0, datetime(2026, 11, 23, tzinfo=UTC))


def test_undo_goes_to_the_parent_version_and_redo_to_its_newest_child() -> None:
    versions = [info(1, None, Origin.ASSEMBLED), info(2, 1), info(3, 1), info(4, 2)]
    assert VersionHistory(versions, 4).undo_version == 2
    assert VersionHistory(versions, 1).undo_version is None
    assert VersionHistory(versions, 1).redo_version == 3
    assert VersionHistory(versions, 4).redo_version is None
    assert VersionHistory(versions, 4).origins == {Origin.ASSEMBLED, Origin.EDITED}
    assert VersionHistory(versions, 3).lineage == (versions[0], versions[2])


def test_without_a_version_there_is_nothing_to_undo_or_redo() -> None:
    empty = VersionHistory([], None)
    assert (empty.undo_version, empty.redo_version, empty.lineage) == (None, None, ())


def test_a_changed_word_is_shown_alone() -> None:
    assert diff_words("I left in May.", "I left in June.") == (
        TextChange("I left in ", "I left in "),
        TextChange("May.", "June."),
    )


def marked(old: str, new: str) -> list[tuple[str, str]]:
    """The sentences that changed, before and after, with the words that differ in brackets where they are marked."""

    def side(runs: Sequence[WordRun], line: str) -> str:
        return "".join(f"[{run.text}]" if run.is_changed else run.text for run in runs).replace(" ]", "] ") or line

    found = compare_texts(old, new).changes
    return [(side(one.old_words, one.old_line), side(one.new_words, one.new_line)) for one in found]


def test_a_sentence_of_which_most_words_stand_is_shown_before_and_after_with_those_that_changed_marked() -> None:
    old = "I led a team. I left in May because of the noise. It was over.\n"
    new = "I led a team. I left in June because of the rain there. It was over.\n"
    assert marked(old, new) == [
        ("I left in [May] because of the [noise.]", "I left in [June] because of the [rain there.]")
    ]


def test_a_rewritten_sentence_is_shown_whole_before_and_whole_after() -> None:
    old = "## Then\n\n[NEED: How many people did you lead?] I left in May.\n"
    new = "## Then\n\nIt was my team of four. I left in May.\n"
    assert marked(old, new) == [("[NEED: How many people did you lead?]", ""), ("", "It was my team of four.")]


def test_headings_items_and_code_are_compared_line_by_line() -> None:
    old = "## One\n\n- first item\n- second item here\n\n```\nmake all\n```\n"
    new = "## Two\n\n- first item\n- second item there\n\n```\nmake all\nmake test\n```\n"
    assert marked(old, new) == [
        ("## [One]", "## [Two]"),
        ("- second item [here]", "- second item [there]"),
        ("", "make test"),
    ]


def test_a_text_without_spaces_is_compared_letter_by_letter() -> None:
    old, new = "我在五月离开了公司。很安静。", "我在六月离开了公司。很安静。"
    assert marked(old, new) == [("我在[五]月离开了公司。", "我在[六]月离开了公司。")]


def test_lines_that_were_only_wrapped_anew_did_not_change() -> None:
    assert compare_texts("I left\nin May.\n", "I left in\nMay.\n\n").describe() == "No sentence differs."


def test_a_change_names_its_paragraph_and_leaves_the_others_alone() -> None:
    old = "## One\n\nFirst here.\n\nI left in May.\n\nThird.\n"
    found = compare_texts(old, old.replace("May", "June"))
    assert [[one.new_line for one in paragraph] for paragraph in found.changed_paragraphs] == [["I left in June."]]
    assert len(found.paragraphs) == 4
    assert found.describe() == "By sentence: 1 changed."


@given(st.text("ab. \n#-*[]NED:好。", max_size=60), st.text("ab. \n#-*[]NED:好。", max_size=60))
def test_a_comparison_by_sentence_holds_the_whole_of_both_texts(old: str, new: str) -> None:
    found = [one for paragraph in compare_texts(old, new).paragraphs for one in paragraph]
    assert "".join(one.old for one in found) == old
    assert "".join(one.new for one in found) == new
    assert all(one.old_words and one.new_words for one in found if one.words)


@given(st.text(), st.text())
def test_a_diff_holds_the_whole_of_both_texts(old: str, new: str) -> None:
    changes = diff_words(old, new)
    assert "".join(change.old for change in changes) == old
    assert "".join(change.new for change in changes) == new


@given(st.text("ab \n\t"), st.text("ab \n\t"))
def test_a_diff_of_long_texts_holds_the_whole_of_both(old: str, new: str) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(diff, "_MAX_WORD_PAIRS", 0)
        changes = diff_words(old, new)
    assert "".join(change.old for change in changes) == old
    assert "".join(change.new for change in changes) == new
    assert all(one.is_unchanged != other.is_unchanged for one, other in pairwise(changes))


def test_words_changed_near_both_ends_of_a_long_text_are_shown_alone() -> None:
    lines = [f"In the year {number} I left shop {number}.\n\n" for number in range(1_500)]
    old, new = "".join(lines), "".join(lines).replace("shop 1.", "bank 1.").replace("shop 1498.", "bank 1498.")
    assert [(one.old, one.new) for one in diff_words(old, new) if not one.is_unchanged] == [("shop", "bank")] * 2
