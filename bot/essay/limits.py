"""How much one writer may hand in and keep: more than an honest writer needs, and little enough for the machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.errors import LimitExceeded

ROW_BYTES = 200
"""The bytes that each stored row counts as, besides those of its words."""

# Lines that a Markdown parser may take for a heading, or for the rule under one.
_POSSIBLE_HEADING = re.compile(r"^ {0,3}(?:#{1,6}(?![^ \t\n])|=+[ \t]*$|-+[ \t]*$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class StorageIncrease:
    """What is about to be stored, in bytes of UTF-8 with ROW_BYTES more for each row.

    ``note_bytes`` are those by which the essay's notes grow.
    """

    bytes: int = 0
    essays: int = 0
    notes: int = 0
    versions: int = 0
    note_bytes: int = 0


@dataclass(frozen=True, slots=True)
class StorageUsage:
    """What is stored already.

    ``bytes`` and ``essays`` are the writer's totals, ``essay_…`` count the essay concerned, and ``minute_bytes`` and
    ``day_bytes`` are what the writer stored within the last minute and day.
    """

    bytes: int = 0
    essays: int = 0
    essay_bytes: int = 0
    essay_notes: int = 0
    essay_versions: int = 0
    minute_bytes: int = 0
    day_bytes: int = 0


@dataclass(frozen=True, slots=True)
class WriterLimits:
    """The most that a writer may hand in at once (a page) or keep in an essay or in all.

    Pages are checked before anything parses them, so the checks call no parser.
    """

    page_characters: int = 200_000  # some 33,000 words, or a hundred pages of a book
    page_lines: int = 5_000  # that are not blank
    page_headings: int = 300
    page_notes: int = 600
    essay_bytes: int = 500_000
    essay_notes: int = 1_000
    essay_versions: int = 1_000
    writer_essays: int = 200
    writer_bytes: int = 20_000_000
    minute_bytes: int = 1_000_000
    day_bytes: int = 10_000_000

    def check_page(self, what: str, text: str) -> None:
        """Raise LimitExceeded if a text has too many characters, lines or headings.

        ``what`` names the text and begins the error's sentence.
        """
        self._check_size(
            what, text, self.page_characters, self.page_lines, self.page_headings, error=LimitExceeded.page
        )

    def check_text(self, text: str) -> None:
        """Raise LimitExceeded if a version has more lines or headings than two pages may have."""
        most = self.essay_bytes, 2 * self.page_lines, 2 * self.page_headings
        self._check_size("The text", text, *most, error=LimitExceeded.text)

    def check_note_count(self, what: str, count: int) -> None:
        """Raise LimitExceeded if a page would become more than ``page_notes`` notes."""
        if count > self.page_notes:
            raise LimitExceeded.page(what, count, "separate notes", self.page_notes)

    @staticmethod
    def _check_size(
        what: str,
        text: str,
        characters: int,
        lines: int,
        headings: int,
        *,
        error: Callable[[str, int, str, int], LimitExceeded],
    ) -> None:
        if (count := len(text)) > characters:
            raise error(what, count, "characters", characters)
        if (count := sum(not line.isspace() for line in text.splitlines() if line)) > lines:
            raise error(what, count, "lines", lines)
        if (count := len(_POSSIBLE_HEADING.findall(text))) > headings:
            raise error(what, count, "lines that are or underline headings", headings)

    def check_increase(self, usage: StorageUsage, adding: StorageIncrease) -> None:
        """Raise LimitExceeded if storing it would exceed a limit of the essay, the writer, a minute or a day."""
        if adding.essays and usage.essays + adding.essays > self.writer_essays:
            raise LimitExceeded.essays(self.writer_essays)
        if adding.notes and usage.essay_notes + adding.notes > self.essay_notes:
            raise LimitExceeded.essay(usage.essay_notes, adding.notes, "notes", self.essay_notes)
        if adding.versions and usage.essay_versions + adding.versions > self.essay_versions:
            raise LimitExceeded.essay(usage.essay_versions, adding.versions, "versions", self.essay_versions)
        if adding.note_bytes and usage.essay_bytes + adding.note_bytes > self.essay_bytes:
            raise LimitExceeded.essay_size(_format_kilobytes(self.essay_bytes))
        if adding.versions and adding.bytes > self.essay_bytes:
            raise LimitExceeded.text_size(_format_kilobytes(self.essay_bytes))
        if usage.bytes + adding.bytes > self.writer_bytes:
            raise LimitExceeded.writer_size(_format_kilobytes(self.writer_bytes))
        if usage.day_bytes + adding.bytes > self.day_bytes:
            raise LimitExceeded.rate("a day", _format_kilobytes(self.day_bytes), "tomorrow")
        if usage.minute_bytes + adding.bytes > self.minute_bytes:
            raise LimitExceeded.rate("a minute", _format_kilobytes(self.minute_bytes), "in a minute")


def stored_bytes(*texts: str) -> int:
    """Return the bytes that rows holding these texts count as."""
    return sum(len(text.encode("utf-8", "surrogatepass")) + ROW_BYTES for text in texts)


def _format_kilobytes(count: int) -> str:
    return f"{count // 1_000:,} kB"
