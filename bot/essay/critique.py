"""What an editor says of a text: findings that quote it, strengths, coverage of the structure, what to fix first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.essay.text.spans import Span

MAX_FINDINGS = 7  # writers act on few, well-placed remarks; long lists are dismissed whole


class Severity(StrEnum):
    """How much a fault costs the reader, the gravest first."""

    GRAVE = "grave"
    SERIOUS = "serious"
    MINOR = "minor"


class Category(StrEnum):
    """Kinds of fault: those expert editors marked most (LAMP, arXiv 2409.14509), and those of a career essay."""

    VAGUE = "vague"
    UNSUPPORTED = "unsupported"
    STRUCTURE = "structure"
    NEEDLESS = "needless"
    CLICHE = "cliché"
    AWKWARD = "awkward"
    OVERWRITTEN = "overwritten"
    UNCLEAR = "unclear"
    FLATTERING = "flattering"


@dataclass(frozen=True, slots=True)
class Finding:
    """One criticism. ``span`` is where ``quotation`` stands in the text; ``effect`` is what the words do to a reader.

    Either ``replacement`` holds words to put there, or ``question`` asks the writer for what only they know. Critiques
    stored before that was checked may have both or neither. ``replacement`` is never empty: to take words out, it gives
    back what remains.
    """

    quotation: str
    span: Span
    category: Category
    severity: Severity
    effect: str
    replacement: str | None = None
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Strength:
    """What works: words that stand in the text, and why they do."""

    quotation: str
    span: Span
    why: str


class CoverageLevel(StrEnum):
    """Whether a text does what a section of the structure is for."""

    YES = "covered"
    THIN = "thin"
    NO = "missing"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far the text does what one section (by key) is for, in a few words."""

    section: str
    covered: CoverageLevel
    remark: str


@dataclass(frozen=True, slots=True)
class Critique:
    """The findings on one text, the gravest first and at most FINDINGS_SHOWN.

    ``fix_first`` is the one thing to do before all others, and speaks of one of the findings. ``dropped`` counts
    remarks whose quotation is nowhere in the text or is no evidence, ``held_back`` those beyond the number shown,
    ``repeated`` those on words that a finding as grave or graver quotes, ``misshapen`` those that could not be read,
    ``reworded`` findings in which a sentence of ours stands, because the critic's own brought in what nobody wrote;
    ``model`` is the model that wrote it.
    """

    fix_first: str
    findings: tuple[Finding, ...]
    strengths: tuple[Strength, ...]
    coverage: tuple[Coverage, ...]
    dropped: int
    held_back: int
    model: str
    repeated: int = 0  # the last three are missing from critiques stored before they were counted
    misshapen: int = 0
    reworded: int = 0
