"""Says what is configured, what is missing, and what each missing piece costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rich.console import Console
from rich.table import Table


class State(StrEnum):
    """How it stands with a piece; nothing can run while one is missing that is needed."""

    READY = "ready"
    NOT_SET = "not set"
    FAILED = "failed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece, its state, and what there is to say about it.

    ``so`` is a sentence on what can run, or cannot, because it is as it is; for the last line.
    """

    name: str
    state: State
    said: str
    so: str = ""


def show(screen: Console, pieces: Iterable[Piece]) -> bool:
    """Prints how it stands with the pieces, and what can run; True where nothing is missing and nothing is wrong."""
    table = Table(box=None, show_header=False, pad_edge=False)
    found = list(pieces)
    for piece in found:
        table.add_row(piece.name, piece.state.value, piece.said)
    screen.print(table)
    screen.print(f"\n{_what_can_run(found)}")
    return {piece.state for piece in found} <= {State.READY, State.NOT_SET}


def _what_can_run(pieces: Sequence[Piece]) -> str:
    if any(piece.state is State.MISSING for piece in pieces):
        return "Nothing can run until what is missing is there."
    sentences = dict.fromkeys(piece.so for piece in pieces if piece.so)  # each once, however many pieces say it
    return " ".join(["The program can run in a terminal.", *sentences])
