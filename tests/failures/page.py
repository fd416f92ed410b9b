"""The page docs/failures.md: the table of faults, made by running them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.failures.stack import Outcome

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"
_HEAD = """# What happens when a draft fails

Each row was made by a run: a loopback server that imitates Claude failed in this way under a draft of an essay with two
notes, and the row says what the person saw and what was stored afterwards. `python -m tests.failures --write` makes the
page anew; a test compares it with a run. ADDRESS is the address of the service in the settings, ID the service's own
number of the request; the waits that end in a sentence are seconds here and minutes in use. Where the cause had gone,
the next draft could be begun at once.

| fault | what the person sees | what is kept |
|---|---|---|
"""


def page(outcomes: Sequence[Outcome]) -> str:
    """The whole page."""
    return _HEAD + "".join(f"| {one.case.fault} | {one.sees} | {one.kept} |\n" for one in outcomes)
