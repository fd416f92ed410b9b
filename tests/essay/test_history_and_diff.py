"""Undo, redo, and what changed from one version to another."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.essay.diff import Change, diff
from bot.essay.essay import Origin, VersionInfo
from bot.essay.history import History


def info(number: int, parent: int | None, origin: Origin = Origin.EDITED) -> VersionInfo:
    return VersionInfo(number, parent, origin, 0, 0, datetime(2026, 11, 23, tzinfo=UTC))


def test_undo_goes_to_the_parent_and_redo_to_the_newest_made_from_here() -> None:
    versions = [info(1, None, Origin.ASSEMBLED), info(2, 1), info(3, 1), info(4, 2)]
    assert History(versions, 4).undo == 2
    assert History(versions, 1).undo is None
    assert History(versions, 1).redo == 3
    assert History(versions, 4).redo is None
    assert History(versions, 4).origins == {Origin.ASSEMBLED, Origin.EDITED}
    assert History(versions, 3).lineage == (versions[0], versions[2])


def test_before_there_is_a_version_there_is_nothing_to_undo_or_redo() -> None:
    empty = History([], None)
    assert (empty.undo, empty.redo, empty.lineage) == (None, None, ())


def test_a_changed_word_is_shown_alone() -> None:
    assert diff("I left in May.", "I left in June.") == (Change("I left in ", "I left in "), Change("May.", "June."))


@given(st.text(), st.text())
def test_a_difference_holds_both_texts_whole(old: str, new: str) -> None:
    changes = diff(old, new)
    assert "".join(change.old for change in changes) == old
    assert "".join(change.new for change in changes) == new
