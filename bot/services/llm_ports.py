"""The ports to the models. If no model is configured, there are none.

A call may take minutes, and cancelling it ends the model's work at once. Every call may raise ModelError; what
``on_progress`` got before is then all that was written. A private note must never be passed: it raises ValueError.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.errors import ModelNotAllowed, NoModel
from bot.essay.critique import Category, CoverageLevel, Severity
from bot.essay.essay import Note, Question, SectionState
from bot.essay.structure import Structure
from bot.essay.support import NumberedSentence, SentenceSupport, UnsupportedPassage
from bot.services.request_context import current_rules


@dataclass(frozen=True, slots=True)
class ThinkingChunk:
    """A sign that the model is thinking. Its thoughts are not shown."""


@dataclass(frozen=True, slots=True)
class TextChunk:
    """A piece of text, to be appended to those before it."""

    text: str


ProgressCallback = Callable[[ThinkingChunk | TextChunk], None]
"""Called with each chunk as it arrives. It must return at once: a slow one holds up the stream."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost: nano-dollars (1e-9 USD), None if a price is unknown, and the tokens sent and written."""

    nano_usd: int | None
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class ModelText:
    """A text that a model wrote; ``is_truncated`` if it reached its token limit before the end."""

    text: str
    model: str
    is_truncated: bool
    cost: Cost


@dataclass(frozen=True, slots=True)
class Material:
    """What a model is given of one essay, without anything private.

    ``essay`` is the essay's id; the service may cache what repeats from call to call under it. ``notes`` are in order,
    without private passages. ``text`` is the post as it is, "" if there is none or the call does not need it.
    ``open_questions`` wait for an answer, ``declined_questions`` are never to be put again. ``base`` is the post as a
    model saw it last, "" for none: sent again as it was, it is read from the service's cache. ``voice`` holds texts
    that the writer wrote elsewhere: they show the drafter a manner, and are no source.
    """

    writer: str
    essay: str
    structure: Structure
    title: str
    notes: tuple[Note, ...]
    text: str = ""
    open_questions: tuple[str, ...] = ()
    declined_questions: tuple[str, ...] = ()
    base: str = ""
    voice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NextQuestion:
    """What the interviewer would ask, unchecked: the key of a section, and the question, None for none.

    ``states`` says by key how far each section is; a section that is not there was not judged.
    """

    section: str
    question: str | None
    states: Mapping[str, SectionState]


@dataclass(frozen=True, slots=True)
class RefusedQuestion:
    """A question that could not be put, and why, to go on after "because"."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RawTitle:
    """A title as the interviewer gave it, and the words in it that are the author's; both may be wrong."""

    title: str
    words: str


class Interviewer(Protocol):
    """Sorts notes into sections, asks the next question and proposes titles, with the fastest model."""

    async def place_notes(self, material: Material) -> Mapping[int, str]:
        """Return the section key of each of the notes that clearly belongs to one, by the note's number."""

    def max_place_notes_cost(self, material: Material) -> int:
        """Return the most that ``place_notes`` may cost, in nano-dollars, without a request. Raise UnknownPrice."""

    async def next_question(
        self,
        material: Material,
        asked: Sequence[Question],
        *,
        further: bool = False,
        refused: RefusedQuestion | None = None,
    ) -> NextQuestion:
        """Return the question that comes next, None if no section needs one.

        ``asked`` are the essay's questions so far, without those that a model may not see. With ``further`` the writer
        has asked for more. ``refused`` is what was proposed just before.
        """

    def max_next_question_cost(self, material: Material, asked: Sequence[Question]) -> int:
        """Return the most that ``next_question`` may cost, in nano-dollars, without a request. Raise UnknownPrice."""

    async def titles(self, material: Material) -> Sequence[RawTitle]:
        """Return titles for the post, around words of the notes."""

    def max_titles_cost(self, material: Material) -> int:
        """Return the most that ``titles`` may cost, in nano-dollars, without a request. Raise UnknownPrice."""


class Drafter(Protocol):
    """Writes the post from the notes.

    In this port and those below, ``max_…_cost`` returns the most that the call may cost, in nano-dollars. It sends
    nothing, and raises UnknownPrice as the call does. A call that fails before any text came is made once more.
    """

    async def draft(self, material: Material, on_progress: ProgressCallback) -> ModelText:
        """Return the post: what the model wrote, unchanged, which ``bot.essay.tagged_draft`` reads.

        The material's text is the draft that stands and is to be kept where the notes bring nothing new; "" for none.
        """

    def max_draft_cost(self, material: Material) -> int:
        """Return the most that ``draft`` may cost."""

    async def finish(self, material: Material, sections: Sequence[str], on_progress: ProgressCallback) -> ModelText:
        """Return only the sections with these keys, in order.

        They complete the material's text, a draft that was cut short.
        """

    def max_finish_cost(self, material: Material, sections: Sequence[str]) -> int:
        """Return the most that ``finish`` may cost."""


class Reviser(Protocol):
    """Rewrites one section, or one passage of it. It returns what the model wrote, unchanged, as the drafter does."""

    async def revise(
        self, material: Material, index: int, instruction: str, on_progress: ProgressCallback
    ) -> ModelText:
        """Return a new body for the section of the material's text with this index of ``split_sections``."""

    def max_revise_cost(self, material: Material, index: int, instruction: str) -> int:
        """Return the most that ``revise`` may cost."""

    async def fill(
        self, material: Material, heading: str, passage: str, note: int, on_progress: ProgressCallback
    ) -> ModelText:
        """Return a passage of the section under ``heading`` with what the note of this number answers worked in."""

    def max_fill_cost(self, material: Material, heading: str, passage: str, note: int) -> int:
        """Return the most that ``fill`` may cost."""


@dataclass(frozen=True, slots=True)
class RawFinding:
    """A finding as the critic gave it; its quotation may not be in the text.

    With ``is_cut`` the quoted words are to be taken out.
    """

    quotation: str
    category: Category
    severity: Severity
    effect: str
    replacement: str | None
    question: str | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class RawStrength:
    """A strength as the critic gave it."""

    quotation: str
    why: str


@dataclass(frozen=True, slots=True)
class RawCoverage:
    """How well the text covers one section of the structure, by its key."""

    section: str
    covered: CoverageLevel
    remark: str


@dataclass(frozen=True, slots=True)
class RawCritique:
    """A critique as the critic gave it, unchecked.

    ``fix_first_index`` is the index of the finding that ``fix_first`` is about, or None. ``malformed_count`` counts
    findings and strengths that could not be read. ``earlier_that_hold`` are numbers, counted from 1, of the earlier
    findings that the critic was told of; there may be no such finding. ``is_cut_off`` if the answer broke off, so that
    more may be missing.
    """

    fix_first: str
    findings: tuple[RawFinding, ...]
    strengths: tuple[RawStrength, ...]
    coverage: tuple[RawCoverage, ...]
    model: str
    cost: Cost
    fix_first_index: int | None = None
    malformed_count: int = 0
    earlier_that_hold: tuple[int, ...] = ()
    is_cut_off: bool = False


class Critic(Protocol):
    """Reads a text as an editor who does not know its author."""

    async def critique(
        self,
        writer: str,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        on_progress: ProgressCallback,
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> RawCritique:
        """Return a critique of the text.

        ``measured`` are facts counted in it, each with its places; ``earlier`` are findings of an earlier critique
        whose words still stand in it, each in a few sentences. ``essay`` is the essay that the text is of, whose notes
        the critic is shown too, and which is sent as its revisions were, to be read from the service's cache; None for
        a pasted text.

        The chunks given to ``on_progress`` are tagged, of use only to show that the model writes, and how much.
        """

    def max_critique_cost(
        self,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> int:
        """Return the most that ``critique`` may cost."""


@dataclass(frozen=True, slots=True)
class RawCheck:
    """A check as the checker gave it, unchecked. ``malformed_count`` counts items that could not be read."""

    supports: tuple[SentenceSupport, ...]
    unsupported: tuple[UnsupportedPassage, ...]
    model: str
    cost: Cost
    malformed_count: int = 0


class Checker(Protocol):
    """Holds the sentences of a post against the notes."""

    async def check(
        self,
        material: Material,
        sentences: Sequence[NumberedSentence],
        asked: Collection[int],
        on_progress: ProgressCallback,
    ) -> RawCheck:
        """Return what the checker says of the sentences with the numbers ``asked``, among those of the material's text.

        The chunks given to ``on_progress`` are JSON, of use only to show that the model writes, and how much.
        """

    def max_check_cost(self, material: Material, sentences: Sequence[NumberedSentence], asked: Collection[int]) -> int:
        """Return the most that ``check`` may cost."""


class ModelRole(StrEnum):
    """What a model is used for; each role but the last has its model in the settings."""

    WRITER = "writer"
    CRITIC = "critic"
    INTERVIEWER = "interviewer"
    CHECKER = "checker"
    WRITER_PLAYER = "writer-player"  # in essay-bot eval alone


@dataclass(frozen=True, slots=True)
class Models:
    """The ports, together or not at all. Only the checker may be missing: then nothing is checked by a model."""

    interviewer: Interviewer
    drafter: Drafter
    reviser: Reviser
    critic: Critic
    checker: Checker | None = None


def require_models(models: Models | None) -> Models:
    """Return the models. Raise NoModel if none is configured or wanted, or none may be asked where the request is."""
    if models is None or not current_rules().allows_model:
        raise no_model()
    return models


def no_model() -> NoModel:
    """Return the error that says why no model can be asked."""
    return NoModel() if current_rules().allows_model else ModelNotAllowed()


def why_no_model() -> str:
    """Return why no model can be asked, as the beginning of a sentence."""
    return (
        "No model is configured" if current_rules().allows_model else "The rules of this server let no model be asked"
    )


def require_checker(models: Models | None) -> Checker:
    """Return the checker. Raise NoModel if there is none."""
    checker = require_models(models).checker
    if checker is None:
        raise no_model()
    return checker
