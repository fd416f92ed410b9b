"""An editor's critique of a text: findings that quote it, strengths, coverage of the structure, what to fix first."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import NothingToDo
from bot.essay.cutting import cut_out
from bot.essay.text.spans import Span

FINDINGS_SHOWN_FIRST = 7  # writers act on few, well-placed remarks; the rest is shown when it is asked for


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


class Action(StrEnum):
    """What a finding wants done with the words that it quotes."""

    REPLACE = "replace"
    CUT = "cut"
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Finding:
    """One criticism.

    ``span`` is where ``quotation`` is in the text, ``effect`` what the words do to a reader, ``section`` the heading
    that they stand under, "" for none. ``replacement`` holds words to put there, which are never empty; with ``is_cut``
    the words are to be taken out; else ``question`` asks the writer for what only they know. ``is_earlier`` if an
    earlier critique of the essay made the finding, and it still holds.
    """

    quotation: str
    span: Span
    category: Category
    severity: Severity
    effect: str
    replacement: str | None = None
    question: str | None = None
    is_cut: bool = False  # these three are missing from critiques stored before there were any
    section: str = ""
    is_earlier: bool = False

    @property
    def action(self) -> Action | None:
        """Return what is to be done; None where the finding offers nothing."""
        if self.replacement is not None:
            return Action.REPLACE
        if self.is_cut:
            return Action.CUT
        return Action.ASK if self.question else None


class EarlierState(StrEnum):
    """What has become of a finding of an earlier critique."""

    FIXED = "fixed"  # its words are gone
    SETTLED = "no longer a fault"  # its words stand, and the critic objects to them no more
    DISMISSED = "dismissed"  # its words stand, and the writer passed it over
    STILL_THERE = "still there"


@dataclass(frozen=True, slots=True)
class EarlierFinding:
    """A finding of the essay's critique before this one, and what has become of it.

    ``span`` is where its words are in the text now, None where they are gone.
    """

    quotation: str
    category: Category
    severity: Severity
    effect: str
    state: EarlierState
    span: Span | None = None  # missing from critiques stored before there was one


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
    """The findings on one text, the gravest first.

    ``fix_first`` is the one thing to do before all others, and is about one of the findings. ``model`` is the model
    that wrote the critique. ``earlier`` are the findings of the essay's critique before this one; those that are still
    there are among ``findings`` too. ``is_cut_off`` if the model's answer broke off, so that more may be missing. The
    counts say what was dropped or changed:

    - ``dropped``: findings and strengths whose quotation is not in the text or shows nothing, or of which nothing was
      left;
    - ``held_back``: lesser findings, which critiques of earlier programs did not keep;
    - ``repeated``: findings that say once more what another says;
    - ``misshapen``: findings and strengths that could not be read;
    - ``reworded``: findings in which a sentence of ours replaces one of the critic's that quoted what nobody wrote;
    - ``stripped``: findings without the wording or question that came with them, since it brought in a fact.
    """

    fix_first: str
    findings: tuple[Finding, ...]
    strengths: tuple[Strength, ...]
    coverage: tuple[Coverage, ...]
    dropped: int
    held_back: int
    model: str
    repeated: int = 0  # these are missing from critiques stored before they were counted
    misshapen: int = 0
    reworded: int = 0
    stripped: int = 0
    earlier: tuple[EarlierFinding, ...] = ()
    is_cut_off: bool = False

    @property
    def has_grave(self) -> bool:
        """Return whether a finding is grave."""
        return any(finding.severity is Severity.GRAVE for finding in self.findings)

    def overlapping(self, index: int) -> tuple[int, ...]:
        """Return the indices of the findings on words that the one with this index quotes too."""
        span = self.findings[index].span
        return tuple(
            number
            for number, other in enumerate(self.findings)
            if number != index and span.start < other.span.end and other.span.start < span.end
        )

    def label(self, index: int) -> str:
        """Return "still there" or "new" for the finding with this index, "" where there was no earlier critique."""
        if not self.earlier:
            return ""
        return EarlierState.STILL_THERE.value if self.findings[index].is_earlier else "new"

    def describe_earlier(self) -> str:
        """Say in a sentence what has become of the earlier findings, or return "" if there were none."""
        if not self.earlier:
            return ""
        counts = [(state.value, sum(one.state is state for one in self.earlier)) for state in EarlierState]
        told = [f"{count} {what}" for what, count in counts if count]
        new = sum(not finding.is_earlier for finding in self.findings)
        return f"Since the last critique: {', '.join([*told, f'{new} new'])}."


def describe_outcome(critique: Critique) -> str:
    """Say in a sentence that the critique broke off, or that nothing, or nothing grave, was found, or return ""."""
    if critique.is_cut_off:
        return "The critique broke off: there may be more to find, which asking again may bring."
    if not critique.findings:
        lost = critique.dropped or critique.misshapen
        return "No finding could be shown; why is said below." if lost else "The editor found nothing to object to."
    if critique.has_grave:
        return ""
    return "Nothing grave was found: what follows would make the text better, and it can stand without."


def cut_words(text: str, span: Span) -> str:
    """Return the text without the words at ``span`` and without what would be left of them, as ``cut_out`` does.

    Raise NothingToDo where that would change what stands beside them.
    """
    left = cut_out(text, span)
    if left is None:
        raise NothingToDo(
            "Taking these words out would change what stands beside them, such as a list or a row of a table: edit "
            "the text yourself. Nothing was changed."
        )
    return left
