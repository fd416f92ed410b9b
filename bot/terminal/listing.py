"""A table that stays readable in a narrow window, where each row is told over several lines, with nothing cut."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

_NARROW = 72  # below this a table of several columns breaks its words apart


class Listing:
    """Rows under headings; without ``show_header`` the headings are not shown in a wide window either.

    The first column tells the rows apart and is never broken. ``right`` are the columns that stand to the right.
    """

    def __init__(self, headings: Sequence[str], *, right: Sequence[str] = (), show_header: bool = True) -> None:
        self._headings = headings
        self._right = right
        self._show_header = show_header
        self._rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        """Adds a row."""
        self._rows.append(cells)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = self._table()
        wide = Measurement.get(console, options.update(width=100_000), table).maximum
        if wide <= options.max_width or options.max_width >= _NARROW:
            yield table
            return
        for row in self._rows:
            yield Text(row[0], style="bold", overflow="fold")
            for heading, cell in zip(self._headings[1:], row[1:], strict=True):
                if cell:
                    said = f"{heading}: {cell}" if heading and self._show_header else cell
                    yield Padding(Text(said, overflow="fold"), (0, 0, 0, 2))

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=self._show_header)
        for index, heading in enumerate(self._headings):
            table.add_column(
                heading, justify="right" if heading in self._right else "left", no_wrap=not index, overflow="fold"
            )
        for row in self._rows:
            table.add_row(*row)
        return table
