"""The ports behind which a model works. Without a model they are absent, and the workflow says what cannot be done.

Every call may take minutes and can be cancelled at any await; it then ends the model's work at once. All raise
ModelError in one of its kinds; what ``on`` was given before that is all that was written. No port is ever given a note
that is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.essay.critique import Category, Covered, Severity
from bot.essay.essay import Note
from bot.essay.structure import Section, Structure


@dataclass(frozen=True, slots=True)
class ThinkingChunk:
    """The model thinks; nothing of it is shown."""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of text, to be put behind the pieces before it."""

    text: str


ProgressCallback = Callable[[ThinkingChunk | TextChunk], None]
"""Takes each piece as it comes. Must return at once: a slow one holds up the model's stream."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost: nano-dollars (1e-9 USD) where the prices are known, else None; tokens in and out in any case."""

    nano_usd: int | None
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class ModelText:
    """A text that a model wrote. ``cut`` is True where it ended before it was finished, for want of room."""

    text: str
    model: str
    is_truncated: bool
    cost: Cost


class Interviewer(Protocol):
    """Sorts notes and asks on. The fastest model."""

    async def place_notes(self, writer: str, structure: Structure, notes: Sequence[Note]) -> Mapping[int, str]:
        """The section key for each note, by the note's number, that clearly belongs to one; the rest are left out."""

    def max_place_notes_cost(self, structure: Structure, notes: Sequence[Note]) -> int:
        """The most that ``place`` may cost, in nano-dollars. Sends nothing. Raises UnknownPrice."""

    async def follow_up(
        self, writer: str, structure: Structure, section: Section, notes: Sequence[Note], asked: Sequence[str]
    ) -> str | None:
        """One question on the last of the section's ``notes``, an answer, that chases what is missing from it: a
        number, a name, a date, the words spoken, or the cost. None where nothing is worth asking.

        ``asked`` are the questions put so far, in the whole essay, but for those that a model may not see.
        """


class Drafter(Protocol):
    """Writes the post from the notes.

    Here as in the ports below, what ends in ``max_cost_message`` is what the same call may cost at most, in
    nano-dollars. It sends nothing, and raises UnknownPrice as the call does. A call that breaks before any text came is
    made once more.
    """

    async def draft(
        self, writer: str, structure: Structure, title: str, notes: Sequence[Note], on: ProgressCallback
    ) -> ModelText:
        """The whole post in Markdown, each section under its heading (level 2), in the structure's order.

        It is what the model wrote, piece for piece; ``bot.essay.replies.unfinished`` puts it into form.
        """

    def max_draft_cost(self, structure: Structure, title: str, notes: Sequence[Note]) -> int:
        """The most that ``draft`` may cost."""

    async def finish(
        self,
        writer: str,
        structure: Structure,
        title: str,
        notes: Sequence[Note],
        text: str,
        sections: Sequence[str],
        on: ProgressCallback,
    ) -> ModelText:
        """The sections with these keys alone, in order.

        They are to be put into ``text``, which is what stands of a draft that was cut short.
        """

    def max_finish_cost(
        self, structure: Structure, title: str, notes: Sequence[Note], text: str, sections: Sequence[str]
    ) -> int:
        """The most that ``finish`` may cost."""


class Reviser(Protocol):
    """Rewrites one section."""

    async def revise(
        self, writer: str, notes: Sequence[Note], text: str, index: int, instruction: str, on: ProgressCallback
    ) -> ModelText:
        """The new body of the part of ``text`` with this index, as ``split`` numbers them, without its heading.

        It holds words, unless it is cut.
        """

    def max_revise_cost(self, notes: Sequence[Note], text: str, index: int, instruction: str) -> int:
        """The most that ``revise`` may cost."""


@dataclass(frozen=True, slots=True)
class RawFinding:
    """A finding as the critic gave it: its quotation has not been looked for in the text yet."""

    quotation: str
    category: Category
    severity: Severity
    effect: str
    replacement: str | None
    question: str | None


@dataclass(frozen=True, slots=True)
class RawStrength:
    """A strength as the critic gave it."""

    quotation: str
    why: str


@dataclass(frozen=True, slots=True)
class RawCoverage:
    """What the critic says of one section of the structure, by its key."""

    section: str
    covered: Covered
    remark: str


@dataclass(frozen=True, slots=True)
class RawCritique:
    """All that the critic said, unchecked.

    ``fixes`` is the index of the remark that ``fix_first`` speaks of, None where it speaks of none that is there.
    ``misshapen`` counts remarks and praise that could not be read.
    """

    fix_first: str
    findings: tuple[RawFinding, ...]
    strengths: tuple[RawStrength, ...]
    coverage: tuple[RawCoverage, ...]
    model: str
    cost: Cost
    fix_first_index: int | None = None
    malformed_count: int = 0


class Critic(Protocol):
    """Reads a text as an editor who does not know its author."""

    async def critique(
        self, writer: str, text: str, structure: Structure | None, measured: Sequence[str], on: ProgressCallback
    ) -> RawCritique:
        """What an editor says of the text. ``measured`` are facts counted in it, a sentence each.

        ``on`` is told of thinking, and given pieces of no readable text: only that and how much was written is of use.
        """

    def max_critique_cost(self, text: str, structure: Structure | None, measured: Sequence[str]) -> int:
        """The most that ``critique`` may cost."""


class ModelRole(StrEnum):
    """What a model is used for; each role has its model in the settings."""

    WRITER = "writer"
    CRITIC = "critic"
    INTERVIEWER = "interviewer"


@dataclass(frozen=True, slots=True)
class Models:
    """The four ports, together or not at all."""

    interviewer: Interviewer
    drafter: Drafter
    reviser: Reviser
    critic: Critic
