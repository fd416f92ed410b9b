"""Draw the shape of an essay in letters, for a screen of 40 columns or more."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from bot.essay.shape import EVIDENCE, PLACE_KINDS, EssayShape, SectionShape
from bot.essay.text.words import count_noun
from bot.terminal.stdio import escape_control_characters

_MAX_WIDTH = 100  # of a bar and a line; wider ones are harder to compare
_STEPS = " ▁▂▃▄▅▆▇█"
_SIGNS = dict(zip(PLACE_KINDS, "▲◆●■", strict=True))


class ShapeView:
    """The sections' lengths and budgets, what in them could be checked, the rhythm, and where findings stand."""

    def __init__(self, shape: EssayShape) -> None:
        self._shape = shape

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width = min(options.max_width, _MAX_WIDTH)
        yield Text(f"Words by section: {self._shape.length}", style="bold")
        most = max((max(one.words, one.budget.high if one.budget else 0) for one in self._shape.sections), default=0)
        for section in self._shape.sections:
            yield from _render_section(section, most or 1, width)
        if self._shape.budget is not None:
            yield Text("[ and ] are the least and the most of a section's budget.", style="dim")
        yield Text(f"\nWhat could be checked: {self._shape.evidence}")
        yield Text("\nSentence by sentence", style="bold")
        yield from _render_rhythm(self._shape, width)
        if self._shape.places:
            yield Text(f"\nFindings by place, from the first word to the last: {self._shape.findings}", style="bold")
            for kind, sign in _SIGNS.items():
                if self._shape.count_places(kind):
                    yield Text(f"{_place_line(self._shape, kind, sign, width)}\n{sign} {kind}")


def _render_section(section: SectionShape, most: int, width: int) -> Iterator[Text]:
    """Yield a section's heading with its words, its bar, and what in it could be checked."""
    said = section.length
    heading = escape_control_characters(" ".join(section.heading.split()))
    if cell_len(heading) + 2 + len(said) <= width:
        yield Text(f"{set_cell_size(heading, width - len(said) - 2)}  {said}")
    else:
        yield Text(f"{heading}\n{said}")
    cells = ["█"] * round(section.words / most * (width - 1))
    cells += ["·"] * (width - len(cells))
    if section.budget is not None:
        for sign, words in (("[", section.budget.low), ("]", section.budget.high)):
            cells[min(width - 1, round(words / most * (width - 1)))] = sign
    outside = section.budget is not None and section.words not in section.budget
    yield Text("".join(cells), style="red" if outside else "cyan")
    counts = [count_noun(count, what) for count, what in zip(section.evidence, EVIDENCE, strict=True) if count]
    yield Text(f"  {', '.join(counts) or 'no number, name, date or spoken word'}", style="dim")


def _render_rhythm(shape: EssayShape, width: int) -> Iterator[Text]:
    """Yield a bar for each sentence, over as many lines as they need."""
    most = max(shape.sentence_words, default=0) or 1
    bars = "".join(_STEPS[max(1, round(length / most * 8))] for length in shape.sentence_words)
    for start in range(0, len(bars), width):
        yield Text(bars[start : start + width], style="cyan")
    yield Text(shape.rhythm, style="dim")


def _place_line(shape: EssayShape, kind: str, sign: str, width: int) -> str:
    cells = ["·"] * width
    for place in shape.places:
        if place.kind == kind:
            cells[min(width - 1, int(place.at * width))] = sign
    return "".join(cells)
