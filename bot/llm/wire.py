"""The form of structured replies, and reading it out of what a model really sent.

Nothing here sets limits that pydantic would enforce: the service cannot hold a model to them, and one long sentence
would cost the whole reply. Limits stand in the prompts and are applied afterwards.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Any, TypeVar

import anthropic
from pydantic import BaseModel, BeforeValidator, ValidationError

from bot.errors import BadReply
from bot.essay.critique import Category, Covered, Severity

Reply = TypeVar("Reply", bound=BaseModel)


def _folded(value: object) -> str:
    """A word without case and accents: models vary both, whatever the schema says."""
    bare = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(char for char in bare if not unicodedata.combining(char)).strip()


def _category(value: object) -> Category:
    """The least telling category for a label of the model's own: people agree on a fault's place, seldom on its name
    (LAMP, arXiv 2409.14509), so a finding is not lost for its label.
    """
    return next((category for category in Category if _folded(category) == _folded(value)), Category.UNCLEAR)


def _severity(value: object) -> Severity:
    """The middle one for a word that is none of ours: it is neither put first nor lost at the end."""
    return next((severity for severity in Severity if severity == _folded(value)), Severity.SERIOUS)


def _covered(value: object) -> Covered:
    """The middle one for a word that is none of ours."""
    return next((covered for covered in Covered if covered == _folded(value)), Covered.THIN)


class WirePlacement(BaseModel):
    note: int
    section: str


class WirePlacements(BaseModel):
    """Where notes belong."""

    placements: list[WirePlacement]


class WireQuestion(BaseModel):
    """One question, or none. It must be said which: without that, any object at all would be a reply."""

    question: str | None


class WireRemark(BaseModel):
    quotation: str
    category: Annotated[Category, BeforeValidator(_category)]
    severity: Annotated[Severity, BeforeValidator(_severity)]
    effect: str
    replacement: str | None = None
    question: str | None = None


class WireStrength(BaseModel):
    quotation: str
    why: str


class WireSection(BaseModel):
    section: str
    covered: Annotated[Covered, BeforeValidator(_covered)]
    remark: str = ""


class WireCritique(BaseModel):
    """A critique. What is to be fixed first comes last, when everything has been weighed."""

    remarks: list[WireRemark]
    strengths: list[WireStrength] = []
    sections: list[WireSection] = []
    fix_first: str


def schema_of(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a reply, as the service takes it."""
    return anthropic.transform_schema(form)


def schema_text(form: type[BaseModel]) -> str:
    """The JSON schema of a reply as it is written into a prompt, for servers that take no schema."""
    return json.dumps(schema_of(form), ensure_ascii=False)


def parsed(form: type[Reply], text: str) -> Reply:
    """The reply that a model sent: the last JSON object in its text that has the form.

    Raises BadReply where there is none.
    """
    for value in reversed(list(_objects(text))):
        try:
            return form.model_validate(value)
        except ValidationError:
            continue
    raise BadReply.misshapen()


def _objects(text: str) -> Iterator[object]:
    """Every JSON object in a text that is not inside another, in order."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except ValueError:
            at = text.find("{", at + 1)
        except RecursionError:
            return  # nested far deeper than any reply of ours; looking on would take seconds
        else:
            yield value
            at = text.find("{", end)
