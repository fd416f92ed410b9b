"""Says what is configured, what is missing, and what each missing piece costs."""

from __future__ import annotations

from collections.abc import Iterable
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
    """One piece, its state, and what there is to say about it."""

    name: str
    state: State
    said: str


def show(screen: Console, pieces: Iterable[Piece]) -> bool:
    """Prints how it stands with the pieces; True where nothing is missing and nothing that was tried has failed."""
    table = Table(box=None, show_header=False, pad_edge=False)
    found = list(pieces)
    for piece in found:
        table.add_row(piece.name, piece.state.value, piece.said)
    screen.print(table)
    states = {piece.state for piece in found}
    runs = State.MISSING not in states
    screen.print(f"\n{'The program can run.' if runs else 'Nothing can run until what is missing is there.'}")
    return runs and State.FAILED not in states
