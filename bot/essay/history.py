"""Undo and redo over a tree of versions: nothing is ever removed, only the place one looks from moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.essay.essay import Origin, VersionInfo


@dataclass(frozen=True, slots=True)
class History:
    """The versions of one essay, by number, and the one that is looked at (``head``, None before the first)."""

    versions: Sequence[VersionInfo]
    head: int | None

    def _info(self, number: int | None) -> VersionInfo | None:
        return next((version for version in self.versions if version.number == number), None)

    @property
    def undo(self) -> int | None:
        """The version that undo goes to: the parent of the head. None at a first version."""
        head = self._info(self.head)
        return head.parent if head else None

    @property
    def redo(self) -> int | None:
        """The version that redo goes to: the newest made from the head. None where nothing was made from it."""
        return max((version.number for version in self.versions if version.parent == self.head), default=None)

    @property
    def lineage(self) -> tuple[VersionInfo, ...]:
        """The head and all it was made from, oldest first."""
        found: list[VersionInfo] = []
        at = self._info(self.head)
        while at is not None:
            found.append(at)
            at = self._info(at.parent)
        return tuple(reversed(found))

    @property
    def origins(self) -> frozenset[Origin]:
        """The origins of the head and of all it was made from."""
        return frozenset(version.origin for version in self.lineage)
