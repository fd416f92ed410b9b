"""One essay on the screen: its text as it stands, its sections by number, and what changed in it."""

from __future__ import annotations

from bot.errors import BadInput, UnknownSection
from bot.essay.essay import Version, VersionInfo
from bot.terminal import WRITER, views
from bot.terminal.tools import Sitting
from bot.workflow.desk import editable


class OnScreen:
    """Shows an essay. Each step reads it anew, so nothing here can be stale."""

    def __init__(self, sitting: Sitting, essay: str) -> None:
        self._sitting = sitting
        self._desk = sitting.tools.desk
        self._id = essay

    def current(self) -> Version:
        """The current version."""
        return self._sitting.run(self._desk.current(WRITER, self._id))

    def versions(self) -> tuple[VersionInfo, ...]:
        """All versions, oldest first."""
        return self._sitting.run(self._desk.history(WRITER, self._id))

    def overview(self, version: Version | None = None) -> None:
        """Shows how long a version is, what is missing, and its sections by number; by default the current one's."""
        shown = version or self.current()
        state = "" if shown.info.complete else ", not complete: continue writes the rest"
        counted = views.summary(shown.info.words, shown.text)
        self._sitting.say(f"\nVersion {shown.info.number}: {counted}{state}.")
        self._sitting.screen.print(views.section_list(shown.text))

    def post(self, version: Version) -> None:
        """Shows a version as a reader would see it."""
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        screen = self._sitting.screen
        screen.print(views.post(essay.title, version.text, styled=screen.is_terminal))

    def difference(self, old: int, new: int) -> None:
        """Shows what changed from one version to another. Raises UnknownVersion."""
        found = self._sitting.run(self._desk.difference(WRITER, self._id, old, new))
        screen = self._sitting.screen
        screen.print(views.changes(found, styled=screen.is_terminal and not screen.no_color))

    def part(self, version: Version, wanted: str, example: str) -> int:
        """The index of the section that the writer gave by its number or heading.

        Raises UnknownSection, BadInput with the ``example`` for none given.
        """
        parts = editable(version.text)
        if not wanted:
            self.overview(version)
            raise BadInput(f"Give the number or the heading of the section, as in: {example}")
        if wanted.isascii() and wanted.isdigit():
            if 1 <= number(wanted) <= len(parts):
                return parts[number(wanted) - 1][0]
        elif found := [index for index, part in parts if part.title.casefold() == wanted.casefold()]:
            return found[0]
        raise UnknownSection(wanted)


def number(text: str) -> int:
    """A number as it was typed. Raises BadInput for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput(f"{text} is no number: give one, such as 2." if text else "Give a number behind it, such as 2.")
    return int(text)
