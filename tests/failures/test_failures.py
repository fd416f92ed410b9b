"""Every fault of the service under a draft, through the whole stack: what is told, what is kept, what the page says."""

from __future__ import annotations

import pytest

from bot.workflow.jobs import JobState
from tests.failures.cases import DRAFT, SOME, cases
from tests.failures.page import PAGE, page
from tests.failures.stack import NOTES, Outcome, run

_OUTCOMES: dict[str, Outcome] = {}
NAMES = [case.fault for case in cases()]


async def outcome_of(name: str) -> Outcome:
    """The outcome of a fault, which is run once for all tests."""
    if name not in _OUTCOMES:
        _OUTCOMES[name] = await run(next(case for case in cases() if case.fault == name))
    return _OUTCOMES[name]


@pytest.mark.parametrize("name", NAMES)
async def test_the_notes_are_as_they_were_and_what_was_shown_is_kept(name: str) -> None:
    outcome = await outcome_of(name)
    assert [note.text for note in outcome.notes] == [
        "The build broke on a Tuesday.",
        "My pay went from 61,000 to 48,500.",
    ]
    assert all(note.text in NOTES for note in outcome.notes)
    for version in outcome.versions:
        if version.info.complete:
            assert version.text == DRAFT
        else:
            assert DRAFT.startswith(version.text.strip())
            assert len(version.text) >= SOME
    assert len(outcome.versions) <= 1
    assert outcome.job.result == (1 if outcome.versions else None)
    assert outcome.unsettled == 0


@pytest.mark.parametrize("name", NAMES)
async def test_the_person_is_told_in_whole_sentences_what_is_safe(name: str) -> None:
    outcome = await outcome_of(name)
    if outcome.job.state is JobState.DONE:
        assert outcome.job.error is None
        assert outcome.versions
        return
    assert outcome.job.state is JobState.FAILED
    assert outcome.job.error is not None
    assert outcome.job.error[0].isupper()
    assert outcome.job.error.endswith(".")
    assert "stored" in outcome.job.error
    assert "Something went wrong on our side" not in outcome.job.error
    assert "sk-" not in outcome.job.error


@pytest.mark.parametrize("name", NAMES)
async def test_the_next_draft_can_be_begun_at_once(name: str) -> None:
    outcome = await outcome_of(name)
    lasting = outcome.case.key is not None or outcome.case.nobody or outcome.case.budget != "100"
    assert outcome.next_state is (JobState.FAILED if lasting else JobState.DONE)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("The connection is cut in the middle of the text", "All notes; version 1, incomplete: what came."),
        ("The connection is cut before any text, once", "All notes; version 1, complete."),
        ("The model declines in the middle of the text", "All notes."),
        ("The room for the answer ends in the middle of the text", "All notes; version 1, incomplete: what came."),
        ("401: the key is refused", "All notes."),
        ("Our own budget is spent", "All notes."),
    ],
)
async def test_what_is_kept_follows_from_what_came(name: str, kept: str) -> None:
    assert (await outcome_of(name)).kept == kept


async def test_the_page_says_what_a_run_shows() -> None:
    """``python -m tests.failures --write`` makes it anew."""
    assert PAGE.read_text("utf-8") == page([await outcome_of(name) for name in NAMES])
