"""Long texts across the fields of a form: apart for editing, together again without a letter lost."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.discord_ui.cards import FIELD_CHARACTERS, FORM_PARTS
from bot.discord_ui.lengths import boundary, fitting, units
from bot.essay.text.lines import closes_sentence

EDIT_CHARACTERS = FORM_PARTS * FIELD_CHARACTERS  # the longest text that a form can be filled with
_ROOMY = 3_000  # a field filled to here still has room for a quarter as much again
_BLOCK = re.compile(r"\s*(?:#{1,6}\s|[-*+>]\s|\d{1,3}[.)]\s)")


@dataclass(frozen=True, slots=True)
class Apart:
    """A text in fields.

    ``seams`` are the blanks between them, one fewer than there are fields: they travel in no field, because a client
    may trim what is typed into one.
    """

    fields: tuple[str, ...]
    seams: tuple[str, ...]

    def together(self, filled: Sequence[str]) -> str:
        """The text again, from what the fields hold now; a field that was emptied takes its seam with it."""
        text = ""
        for number, field in enumerate(filled):
            if not field.strip():
                continue
            seam = self.seams[number - 1] if number and number - 1 < len(self.seams) else "\n\n"
            text += (seam if text else "") + field
        return text


def apart(text: str) -> Apart | None:
    """The text in as few fields as leave room to write, cut at paragraphs where that is possible, else at white space.

    None where it does not fit into the fields of one form. Joined with its seams it is the text.
    """
    count = min(FORM_PARTS, units(text) // _ROOMY + 1)
    fields: list[str] = []
    seams: list[str] = []
    rest = text
    while units(rest) > FIELD_CHARACTERS or (len(fields) + 1 < count and units(rest) > _ROOMY):
        left = count - len(fields)
        if left <= 1:
            return None
        # What is cut off here must leave no more than the other fields can hold.
        low = fitting(rest, max(0, units(rest) - (left - 1) * FIELD_CHARACTERS))
        wanted = fitting(rest, max(-(-units(rest) // left), 1))
        high = fitting(rest, FIELD_CHARACTERS)
        end, next_start = _seam(rest, low, min(wanted + 500, high), high)
        fields.append(rest[:end])
        seams.append(rest[end:next_start])
        rest = rest[next_start:]
    return Apart((*fields, rest), tuple(seams))


def _seam(text: str, low: int, near: int, high: int) -> tuple[int, int]:
    """Where a field ends and the next begins: the last blank line, line end or space that fits, else two characters."""
    blanks = [run for run in re.finditer(r"\s+", text[: high + 1]) if max(low, 1) <= run.start() and run.end() <= high]
    for limit in (near, high):
        within = [run for run in blanks if run.start() <= limit]
        for breaks in (2, 1, 0):
            if fitting_runs := [run for run in within if run.group().count("\n") >= breaks]:
                return fitting_runs[-1].start(), fitting_runs[-1].end()
    at = boundary(text, high)
    at = at if at >= max(low, 1) else high
    return at, at


def pasted(filled: Sequence[str]) -> str:
    """One text from what was pasted into several fields, in order, with nothing lost where they meet.

    Whoever pastes a long text cuts it wherever a field is full. So: a field filled to its last character, or blanks on
    either side of the seam, and the two are joined as they stand; behind a closed sentence or a heading, or before a
    heading, a list or a quotation, a blank line comes between; else a line break, which Markdown reads as a space and
    which keeps two notes apart.
    """
    text = ""
    last = ""
    for field in filled:
        if not field.strip():
            continue
        text += (_between(last, field) if text else "") + field
        last = field
    return text


def _between(before: str, after: str) -> str:
    if units(before) >= FIELD_CHARACTERS or before[-1].isspace() or after[0].isspace():
        return ""
    last_line = before.rsplit("\n", 1)[-1]
    if closes_sentence(before) or last_line.lstrip().startswith("#") or _BLOCK.match(after):
        return "\n\n"
    return "\n"
