"""Says what is configured, what is missing, and what each missing piece costs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece: whether it is there, whether anything can run without it, and what there is to say about it."""

    piece: str
    there: bool
    needed: bool
    said: str


def show(screen: Console, findings: Iterable[Finding]) -> bool:
    """Prints the findings; True where nothing that is needed is missing."""
    table = Table(box=None, show_header=False, pad_edge=False)
    found = list(findings)
    for finding in found:
        state = "ready" if finding.there else "MISSING" if finding.needed else "not set"
        table.add_row(finding.piece, state, finding.said)
    screen.print(table)
    runs = all(finding.there or not finding.needed for finding in found)
    screen.print(f"\n{'The program can run.' if runs else 'Nothing can run until what is missing is there.'}")
    return runs
