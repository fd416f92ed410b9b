"""Says what is configured, what is missing or wrong, and what works all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from bot.terminal.output import ResponsiveTable

EXIT_WRONG_SETTING = 2
EXIT_CHECK_FAILED = 1


class CheckState(StrEnum):
    """How it stands with a piece; nothing can run while one is missing that is needed."""

    READY = "ready"
    NOT_SET = "not set"
    FAILED = "failed"
    MISSING = "missing"
    WRONG = "wrong"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One piece, its state, and what there is to say about it.

    ``so`` is a sentence on what can run, or cannot, because it is as it is; for the last line. ``blocks``: nothing can
    run in a terminal either.
    """

    name: str
    state: CheckState
    message: str
    consequence: str = ""
    blocks_everything: bool = False


def print_results(console: Console, results: Iterable[CheckResult]) -> int:
    """Prints how it stands with the pieces, and what can run.

    Returns the exit code: 2 where a setting is wrong, else 1 where something is missing or fails, else 0.
    """
    listing = ResponsiveTable(("piece", "state", "what there is to say"), show_header=False)
    found = list(results)
    for piece in found:
        listing.add_row(piece.name, piece.state.value, piece.message)
    console.print(listing)
    console.print(f"\n{_what_can_run(found)}")
    states = {piece.state for piece in found}
    if CheckState.WRONG in states:
        return EXIT_WRONG_SETTING
    return 0 if states <= {CheckState.READY, CheckState.NOT_SET, CheckState.HINT} else EXIT_CHECK_FAILED


def _what_can_run(results: Sequence[CheckResult]) -> str:
    blocked = any(piece.blocks_everything for piece in results)
    sentences = dict.fromkeys(
        piece.consequence for piece in results if piece.consequence
    )  # each once, however many pieces say it
    return " ".join([*([] if blocked else ["The program can run in a terminal."]), *sentences])
