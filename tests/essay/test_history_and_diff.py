"""Undo, redo, and what changed from one version to another."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.essay.diff import TextChange, changed_passages, diff_words
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


def shown(old: str, new: str) -> list[str]:
    """What is shown of a change, a paragraph each, with what was put in."""
    return "".join(change.new for change in changed_passages(diff_words(old, new))).split("\n\n")


def test_of_a_change_the_paragraphs_around_it_are_shown_and_the_rest_is_left_out() -> None:
    old = "## One\n\nFirst here.\n\nI left in May.\n\nThird.\n\n## Two\n\nFourth.\n\nSo it was.\n"
    assert shown(old, old.replace("May", "June")) == ["…", "I left in June.", "…"]
    assert shown(old, old.replace("May", "June").replace("So", "Thus")) == [
        "…",
        "I left in June.",
        "…",
        "Thus it was.\n",
    ]
    assert shown(old, old.replace("May", "June").replace("Third", "3rd")) == ["…", "I left in June.", "3rd.", "…"]
    assert shown("I left in May.", "I left in June.") == ["I left in June."]
    assert shown(old, old) == old.split("\n\n")


@given(st.text("ab \n", max_size=40), st.text("ab \n", max_size=40))
def test_every_change_is_shown(old: str, new: str) -> None:
    changes = diff_words(old, new)
    changed = [change for change in changes if not change.is_unchanged]
    assert [change for change in changed_passages(changes) if not change.is_unchanged] == changed


@given(st.text(), st.text())
def test_a_diff_holds_the_whole_of_both_texts(old: str, new: str) -> None:
    changes = diff_words(old, new)
    assert "".join(change.old for change in changes) == old
    assert "".join(change.new for change in changes) == new
