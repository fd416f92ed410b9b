"""A text that is still being written, page by page, at a cost that does not grow with the pages behind."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discord_ui import pages
from bot.discord_ui.balance import balanced, open_fence
from bot.discord_ui.lengths import octets, units
from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of a text: which one, of how many there are so far, and what stands on it, ready to be shown.

    ``words`` are those of the whole text so far; one that a page's end parts counts twice.
    """

    page: int
    pages: int
    text: str
    words: int


class Growing:
    """Turns each state of a growing text into the page to show: the one being written, or one that was asked for.

    Only the page being written is looked at anew. The pages behind it are as ``pages.pages`` cuts them, with what a cut
    left open closed, and a fence opened again.
    """

    def __init__(self) -> None:
        self._starts = [0]
        self._fences = [""]  # for each page, the marks of a fence that was open where it begins
        self._words = 0  # on the pages behind

    def sheet(self, text: str, wanted: int | None = None) -> Sheet:
        """The page ``wanted``, counted from 0; the one being written for None, and for one that is not there yet."""
        if len(text) < self._starts[-1]:  # it was begun again
            self._starts, self._fences, self._words = [0], [""], 0
        while not self._last_fits(text):
            tail = text[self._starts[-1] :]
            found = pages.pages(tail)
            if len(found) < 2:
                break
            full = found[0].of(tail)
            self._words += count_words(full)
            self._fences.append(open_fence(self._opened(full, -1)) or "")
            self._starts.append(self._starts[-1] + found[0].end)
        last = len(self._starts) - 1
        page = last if wanted is None else min(max(0, wanted), last)
        end = self._starts[page + 1] if page < last else len(text)
        shown = text[self._starts[page] : end].strip("\n").rstrip()
        words = self._words + count_words(text[self._starts[-1] :])
        return Sheet(page, last + 1, balanced(self._opened(shown, page)), words)

    def follows(self, text: str, wanted: int | None) -> int | None:
        """The page as ``sheet`` takes it; None, the one being written, where that is the one that was asked for."""
        return wanted if wanted is not None and wanted < self.sheet(text).pages - 1 else None

    def _opened(self, shown: str, page: int) -> str:
        fence = self._fences[page]
        return f"{fence}\n{shown}" if fence else shown

    def _last_fits(self, text: str) -> bool:
        tail = text[self._starts[-1] :]
        # A character is at most two units and four bytes, so that most tails need no counting.
        if len(tail) * 2 <= pages.PAGE_UNITS and len(tail) * 4 <= pages.PAGE_OCTETS:
            return True
        return units(tail) <= pages.PAGE_UNITS and octets(tail) <= pages.PAGE_OCTETS
