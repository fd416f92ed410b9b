"""The page docs/failures.md: what faults of a model do to each piece of work, made by running them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.failures.run_faults import Outcome
from tests.failures.work_kinds import WORKS, Ask, End, Place, Work

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"
# Two works have no job: what they could not do is told in passing, behind a sentence that says what is safe.
NOTICES: Mapping[type[Work], str] = {
    Place: "The notes are stored; they could not be sorted into sections.",
    Ask: "Your answers are stored; the structure's own question comes next.",
}
_SAFE = " Everything is stored; "
_CELLS = {End.DONE: "done", End.PART: "part", End.NOTHING: "–", None: ""}
_MENDED = "Nothing: the call is made again by itself, and what was asked for comes."

_HEAD = """# What happens when a model fails

Every line was made by a run: a loopback server that imitates Claude failed in this way under each of the seven things
that a model is used for, through the SDK, the ports, the jobs and the store. `python -m tests.failures --write` makes
the page anew; a test compares it with a run. ADDRESS is the address of the service in the settings, MODEL the name of
the model, ID the service's own number of the request, AMOUNT the most that the call may cost. The waits are as long as
in use, on a clock that leaps while nothing happens.

In every one of these runs the notes and all texts that were there before were there afterwards, to the byte; no call
was left in the ledger at its worst cost; and where the cause had gone, the same could be asked for again at once.

## What is kept

| | done | part | – |
|---|---|---|---|
"""

_FAULTS = """
"Continue" has the model write what is missing. Half a revision, half a check and half a critique are of no use, and
are not shown. "Checked" means by the check that follows by itself.
Sorting and questions show nothing while they are written, so that a call which broke off in the middle of its text is
made once more for them.

## What is told

Sorting tells it in passing. It begins with "{place}"
and goes on as in the table, without "Everything is stored". A question begins with
"{ask}" and goes on with what happened, without advice, since that
question is there already.

{head}
{rule}
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    kept = "".join(_kept(work, [one for one in outcomes if one.work is work]) for work in WORKS)
    columns = ["fault", "what is told", *(work.column for work in WORKS)]
    between = _FAULTS.format(
        place=NOTICES[Place], ask=NOTICES[Ask], head=_row(columns), rule="|---" * len(columns) + "|"
    )
    rows = (list(of_fault) for _, of_fault in groupby(outcomes, lambda one: one.fault.name))
    return _HEAD + kept + between + "".join(_row(_cells(row)) + "\n" for row in rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _kept(work: type[Work], outcomes: Sequence[Outcome]) -> str:
    """What is kept of one work at each of its ends; it must be the same whatever the fault."""
    cells = []
    for end in (End.DONE, End.PART, End.NOTHING):
        found = {one.found.kept for one in outcomes if one.found.end is end}
        assert len(found) <= 1, f"{work.name}: {found}"
        cells.append(next(iter(found), ""))
    return _row([work.name, *cells]) + "\n"


def _cells(outcomes: Sequence[Outcome]) -> list[str]:
    """The row of one fault. The first work's sentence stands for all that share it, another with those that tell it."""
    told: dict[str, list[str]] = {}
    for one in outcomes:
        if one.found.end is not End.DONE:
            sentence = next((other for other in told if _as_told(one.work, other) == one.sees), one.sees)
            told.setdefault(sentence, []).append(one.work.name)
    first, *others = told.items() or [(_MENDED, [])]
    said = " ".join([first[0], *(f"For {_and(works)}: {sentence}" for sentence, works in others)])
    ends = {one.work: one.found.end for one in outcomes}
    return [outcomes[0].fault.name, said, *(_CELLS[ends.get(work)] for work in WORKS)]


def _as_told(work: type[Work], sentence: str) -> str:
    """A sentence of a job's as this work tells it."""
    if work not in NOTICES:
        return sentence
    happened, _, advice = sentence.partition(_SAFE)
    parts = [NOTICES[work], happened, *([advice[:1].upper() + advice[1:]] if work is Place else [])]
    return " ".join(parts)


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
