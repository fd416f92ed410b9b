"""Critiques as they are stored, and the port of where they live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.essay.critique import Critique


class Decision(StrEnum):
    """What a writer decided about a finding."""

    APPLIED = "applied"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Critiqued:
    """A critique as it is stored, with the text that it is about.

    ``essay`` and ``version`` say which version of which essay the text was, None for a text that was pasted. ``own`` is
    True where the writer handed the text in as theirs. ``critique`` is None until the critic has spoken; ``decisions``
    are by the finding's index.
    """

    id: str
    writer: str
    essay: str | None
    version: int | None
    structure: str | None
    title: str | None
    text: str
    own: bool
    critique: Critique | None
    decisions: dict[int, Decision]
    created: datetime


class CritiqueStore(Protocol):
    """Where critiques live. Calls raise UnknownCritique where the writer has no such critique."""

    async def add_critique(self, critiqued: Critiqued) -> None:
        """Stores a text that is to be critiqued."""

    async def remove_critique(self, writer: str, critique: str) -> None:
        """Removes a critique, with its text, that never began."""

    async def put_critique(self, writer: str, critique: str, found: Critique) -> None:
        """Stores what the critic said."""

    async def critiqued(self, writer: str, critique: str) -> Critiqued:
        """The critique with this id."""

    async def latest_critique(self, writer: str, essay: str) -> Critiqued | None:
        """The essay's last critique in which the critic has spoken."""

    async def pasted_critiques(self, writer: str, first: int, most: int) -> tuple[Sequence[Critiqued], int]:
        """The writer's critiques of texts that are no essay's, the last first: ``most`` from ``first`` on, and how many
        there are in all."""

    async def attach(self, writer: str, critique: str, essay: str, version: int) -> None:
        """Stores that the text which was critiqued is this version of this essay of the writer's."""

    async def decide(
        self, writer: str, critique: str, finding: int, decision: Decision, version: int | None, at: datetime
    ) -> None:
        """Stores what the writer decided about a finding, and the version that came of it."""
