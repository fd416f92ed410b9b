"""The form of structured replies, and reading it out of what a model really sent.

Nothing here sets limits that pydantic would enforce: the service cannot hold a model to them, and one long sentence
would cost the whole reply. Limits stand in the prompts and are applied afterwards.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, TypeVar

import anthropic
from pydantic import BaseModel, BeforeValidator, ValidationError

from bot.errors import BadReply
from bot.essay.critique import Category, Covered, Severity
from bot.essay.text.invisible import visible
from bot.llm.prompts import replace_surrogates

Reply = TypeVar("Reply", bound=BaseModel)

# A comma behind the last item of a list or an object, which JSON has not. Strings are passed over whole, one that is
# never closed to the end of the text, so that the time stays linear.
_TRAILING_COMMA = re.compile(r'(?P<text>"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z))|,(?P<end>\s*+[}\]])', re.DOTALL)


def _normalize_word(value: object) -> str:
    """A word without case and accents: models vary both, whatever the schema says."""
    bare = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(char for char in bare if not unicodedata.combining(char)).strip()


def _parse_category(value: object) -> Category:
    """The least telling category for a label of the model's own: people agree on a fault's place, seldom on its name
    (LAMP, arXiv 2409.14509), so a finding is not lost for its label.
    """
    return next(
        (category for category in Category if _normalize_word(category) == _normalize_word(value)), Category.UNCLEAR
    )


def _parse_severity(value: object) -> Severity:
    """The middle one for a word that is none of ours: it is neither put first nor lost at the end."""
    return next((severity for severity in Severity if severity == _normalize_word(value)), Severity.SERIOUS)


def _parse_covered(value: object) -> Covered:
    """The middle one for a word that is none of ours."""
    return next((covered for covered in Covered if covered == _normalize_word(value)), Covered.THIN)


def _lenient_list(form: type[BaseModel], *, needed: bool) -> BeforeValidator:
    """Takes the items of a list one by one, so that one out of form does not cost the whole reply, which is paid for.

    An item out of form becomes None: its place in the list stays, since other fields count by it. Where a list is
    ``needed``, what is no list or holds nothing in form stays as it is, and is refused; else it is an empty list.
    """

    def fit(item: object) -> BaseModel | None:
        try:
            return form.model_validate(item)
        except ValidationError:
            return None

    def each(value: object) -> object:
        items = [fit(item) for item in value] if isinstance(value, list) else []
        if needed and not any(items) and value != []:
            return value
        return items

    return BeforeValidator(each)


def _string_or_empty(value: object) -> str:
    """A text, empty for anything else: a closing remark out of form does not cost the findings."""
    return value if isinstance(value, str) else ""


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# None of what follows has a docstring: it would travel in the schema. What a field means stands in the prompts.


class PlacementSchema(BaseModel):
    note: int
    section: str


class PlacementsSchema(BaseModel):
    placements: Annotated[list[PlacementSchema | None], _lenient_list(PlacementSchema, needed=True)]


class QuestionSchema(BaseModel):
    question: str | None  # without a default: else any object at all would be a reply


class FindingSchema(BaseModel):
    quotation: str
    category: Annotated[Category, BeforeValidator(_parse_category)]
    severity: Annotated[Severity, BeforeValidator(_parse_severity)]
    effect: str
    replacement: str | None = None
    question: str | None = None


class StrengthSchema(BaseModel):
    quotation: str
    why: str


class CoverageSchema(BaseModel):
    section: str
    covered: Annotated[Covered, BeforeValidator(_parse_covered)]
    remark: str = ""


class CritiqueSchema(BaseModel):
    remarks: Annotated[list[FindingSchema | None], _lenient_list(FindingSchema, needed=True)]
    strengths: Annotated[list[StrengthSchema | None], _lenient_list(StrengthSchema, needed=False)] = []
    sections: Annotated[list[CoverageSchema | None], _lenient_list(CoverageSchema, needed=False)] = []
    # What is to be fixed first comes last, when everything has been weighed; it is one of the remarks, counted from 1.
    fix_first_remark: Annotated[int | None, BeforeValidator(_int_or_none)] = None
    fix_first: Annotated[str, BeforeValidator(_string_or_empty)] = ""


@cache  # pydantic takes milliseconds to make one, which every call would take from the event loop
def reply_schema(form: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a reply, as the service takes it: names and types alone, every field required.

    What a class is called, and what stands beside its fields, is said to no model; what is missing is still read.
    """
    schema: dict[str, Any] = _strip_annotations(
        anthropic.transform_schema(_strip_annotations(form.model_json_schema()))
    )
    return schema


def _strip_annotations(schema: Any) -> Any:
    """A schema without its titles, descriptions and defaults, and without null among the items of a list."""
    if isinstance(schema, list):
        return [_strip_annotations(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):  # what stands there are names of ours
            found[key] = {name: _strip_annotations(part) for name, part in value.items()}
        elif key == "items":
            found[key] = _strip_annotations(value["anyOf"][0] if "anyOf" in value else value)
        elif key not in ("title", "description", "default"):
            found[key] = _strip_annotations(value)
    if "properties" in found:
        found["required"] = list(found["properties"])
    return found


def reply_schema_text(form: type[BaseModel]) -> str:
    """The JSON schema of a reply as it is written into a prompt, for servers that take no schema."""
    return json.dumps(reply_schema(form), ensure_ascii=False)


def parse_reply(form: type[Reply], text: str) -> Reply:
    """The reply that a model sent: of the JSON objects in its text that have the form, the one that says most.

    Of those that say as much it is the last, which a model arrives at. An object that has the form may stand one level
    inside another, and a comma may stand behind a last item. Raises BadReply where there is none.
    """
    mended = _TRAILING_COMMA.sub(lambda found: found["text"] or found["end"], text[max(0, text.find("{")) :])
    objects = [*_json_objects(text), *(_json_objects(mended) if mended != text else ())]
    fitting = [reply for value in objects for reply in _matching_replies(form, value)]
    if not fitting:
        raise BadReply.misshapen()
    return max(reversed(fitting), key=lambda reply: _count_values(reply.model_dump()))


def _matching_replies(form: type[Reply], value: object) -> Iterator[Reply]:
    """The value as a reply or, where it is none, what it holds that is one."""
    try:
        yield form.model_validate(value)
    except ValidationError:
        for inner in value.values() if isinstance(value, dict) else ():
            if isinstance(inner, dict):
                with suppress(ValidationError):
                    yield form.model_validate(inner)


def _count_values(value: object) -> int:
    """How many single values there are in a reply."""
    if isinstance(value, dict):
        return sum(map(_count_values, value.values()))
    return sum(map(_count_values, value)) if isinstance(value, list) else 1


def _json_objects(text: str) -> Iterator[object]:
    """Every JSON object in a text that is not inside another, in order."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
            value = _visible_value(value)
        except ValueError:
            at = text.find("{", at + 1)
        except RecursionError:
            return  # nested far deeper than any reply of ours; looking on would take seconds
        else:
            yield value
            at = text.find("{", end)


def _visible_value(value: object) -> object:
    """A value with its texts as they show: what was written as an escape (\\u202e) has not been looked at yet."""
    if isinstance(value, str):
        return visible(replace_surrogates(value))
    if isinstance(value, dict):
        return {key: _visible_value(each) for key, each in value.items()}
    return [_visible_value(each) for each in value] if isinstance(value, list) else value
