"""An editor's critique of a text: findings that quote it, strengths, coverage of the structure, what to fix first."""

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
    """The kinds of fault that expert editors marked most (LAMP, arXiv 2409.14509), and those of a career essay."""

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
    """One criticism.

    ``span`` is where ``quotation`` is in the text, ``effect`` what the words do to a reader. Either ``replacement``
    holds words to put there, which are never empty, or ``question`` asks the writer for what only they know. Critiques
    stored before this was checked may have both or neither.
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
    """What works: words quoted from the text, and why they do."""

    quotation: str
    span: Span
    why: str


class CoverageLevel(StrEnum):
    """How well a text does what a section of the structure is for."""

    YES = "covered"
    THIN = "thin"
    NO = "missing"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How well the text covers one section, given by its key, with a short remark."""

    section: str
    covered: CoverageLevel
    remark: str


@dataclass(frozen=True, slots=True)
class Critique:
    """The findings on one text, the gravest first and at most MAX_FINDINGS.

    ``fix_first`` is the one thing to do before all others, and is about one of the findings. ``model`` is the model
    that wrote the critique. The counts say what was dropped or changed:

    - ``dropped``: findings and strengths whose quotation is not in the text or shows nothing;
    - ``held_back``: findings beyond MAX_FINDINGS;
    - ``repeated``: findings on words that one at least as grave quotes;
    - ``misshapen``: findings and strengths that could not be read;
    - ``reworded``: findings in which a sentence of ours replaces one of the critic's that brought in new facts.
    """

    fix_first: str
    findings: tuple[Finding, ...]
    strengths: tuple[Strength, ...]
    coverage: tuple[Coverage, ...]
    dropped: int
    held_back: int
    model: str
    repeated: int = 0  # these three are missing from critiques stored before they were counted
    misshapen: int = 0
    reworded: int = 0
