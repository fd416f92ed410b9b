"""Every fault of the service under all that a model is used for: what is told, what is kept, what the page says."""

from __future__ import annotations

from itertools import groupby

import pytest

from tests.failures.failures_page import PAGE, page
from tests.failures.faults import faults
from tests.failures.run_faults import Outcome, outcomes
from tests.failures.work_kinds import WORKS, End

every_fault = pytest.mark.parametrize("name", [fault.name for fault in faults()])
Ran = dict[str, list[Outcome]]


@pytest.fixture(scope="module")
def outcomes_by_fault() -> Ran:
    """What came of each fault, by its name: an outcome for each work. They are run once for all tests."""
    return {name: list(of_fault) for name, of_fault in groupby(outcomes(), lambda one: one.fault.name)}


@every_fault
def test_no_fault_changes_stored_texts_or_leaves_a_call_unsettled(outcomes_by_fault: Ran, name: str) -> None:
    for one in outcomes_by_fault[name]:
        assert one.found.whole, one
        assert one.unsettled == 0, one


@every_fault
def test_every_fault_is_told_in_a_sentence_that_says_what_is_stored(outcomes_by_fault: Ran, name: str) -> None:
    for one in outcomes_by_fault[name]:
        if one.told is None:
            assert one.found.end is not End.NOTHING, one
            continue
        assert one.found.end is not End.DONE, one
        assert one.told[0].isupper(), one
        assert one.told.endswith("."), one
        assert "stored" in one.told, one
        assert "Something went wrong on our side" not in one.told, one
        assert "sk-" not in one.told, one


@every_fault
def test_a_second_try_fails_only_where_the_cause_lasts(outcomes_by_fault: Ran, name: str) -> None:
    for one in outcomes_by_fault[name]:
        assert (one.again is not None) is one.fault.under.lasting, one


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("The connection is cut in the middle of the text, each time", "part part - - - - -"),
        ("The connection is cut in the middle of the text, once", "part part - - - done done"),
        ("The connection is cut before any text, once", "done done done done done done done"),
        ("The room for the answer ends in the middle of the text", "part part - - - - -"),
        ("The model declines in the middle of the text", "- - - - - - -"),
        ("The model declines in prose", "- - - - - - -"),
        ("401: the key is refused", "- - - - - - -"),
        ("529: overload, twice", "done done done done done done done"),
        ("Our own budget is spent", "- - - - - - -"),
    ],
)
def test_each_fault_keeps_what_the_model_had_delivered(outcomes_by_fault: Ran, name: str, ends: str) -> None:
    found = [one.found.end for one in outcomes_by_fault[name]]
    assert found == [End.NOTHING if end == "-" else End(end) for end in ends.split()]


def test_every_fault_is_run_with_every_kind_of_work_it_can_affect(outcomes_by_fault: Ran) -> None:
    for fault in faults():
        assert [one.work for one in outcomes_by_fault[fault.name]] == [
            work for work in WORKS if work.has_form or not fault.form
        ]


def test_the_failures_page_is_up_to_date(outcomes_by_fault: Ran) -> None:
    """``python -m tests.failures --write`` makes it anew."""
    assert PAGE.read_text("utf-8") == page([one for of_fault in outcomes_by_fault.values() for one in of_fault])
