"""Says what is configured, what is missing or wrong, and what works all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console

from bot.terminal.listing import Listing

WRONG_SETTING = 2
FAULT = 1


class State(StrEnum):
    """How it stands with a piece; nothing can run while one is missing that is needed."""

    READY = "ready"
    NOT_SET = "not set"
    FAILED = "failed"
    MISSING = "missing"
    WRONG = "wrong"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, its state, and what there is to say about it.

    ``so`` is a sentence on what can run, or cannot, because it is as it is; for the last line. ``blocks``: nothing can
    run in a terminal either.
    """

    name: str
    state: State
    said: str
    so: str = ""
    blocks: bool = False


def show(screen: Console, pieces: Iterable[Piece]) -> int:
    """Prints how it stands with the pieces, and what can run.

    Returns the exit code: 2 where a setting is wrong, else 1 where something is missing or fails, else 0.
    """
    listing = Listing(("piece", "state", "what there is to say"), show_header=False)
    found = list(pieces)
    for piece in found:
        listing.add(piece.name, piece.state.value, piece.said)
    screen.print(listing)
    screen.print(f"\n{_what_can_run(found)}")
    states = {piece.state for piece in found}
    if State.WRONG in states:
        return WRONG_SETTING
    return 0 if states <= {State.READY, State.NOT_SET, State.HINT} else FAULT


def _what_can_run(pieces: Sequence[Piece]) -> str:
    blocked = any(piece.blocks for piece in pieces)
    sentences = dict.fromkeys(piece.so for piece in pieces if piece.so)  # each once, however many pieces say it
    return " ".join([*([] if blocked else ["The program can run in a terminal."]), *sentences])
