"""The schemas of structured replies, and parsing what a model sent in fact.

No schema has limits that pydantic would enforce: the service cannot hold a model to them, and one long sentence would
cost the whole reply. Limits stand in the prompts, and are applied afterwards.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ValidationError

from bot.errors import BadReply
from bot.essay.essay import SectionState
from bot.essay.support import SupportKind
from bot.essay.text.decoding import remove_invisible
from bot.llm.prompts import replace_surrogates

Reply = TypeVar("Reply", bound=BaseModel)

# A comma behind the last item of a list or an object, which JSON does not allow. Strings are skipped whole, an unclosed
# one to the end of the text, so that the time stays linear.
_TRAILING_COMMA = re.compile(r'(?P<text>"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z))|,(?P<end>\s*+[}\]])', re.DOTALL)


def normalize_word(value: object) -> str:
    """Return a word without case and accents: models vary both, whatever the schema says."""
    bare = unicodedata.normalize("NFKD", str(value)).casefold()
    return "".join(char for char in bare if not unicodedata.combining(char)).strip()


def _parse_support_kind(value: object) -> SupportKind:
    """Return what sort of thing is not held, the vaguest for a label of the model's own."""
    return next((kind for kind in SupportKind if kind == normalize_word(value)), SupportKind.OTHER)


def _integers(value: object) -> list[int]:
    """Return the whole numbers of a list; a malformed one does not cost the others."""
    items = value if isinstance(value, list) else []
    return [item for item in items if isinstance(item, int) and not isinstance(item, bool)]


def _parse_section_state(value: object) -> SectionState:
    """Return how far a section is, thin for an unknown word: it is neither left out nor taken for done."""
    return next((state for state in SectionState if state == normalize_word(value)), SectionState.THIN)


def _lenient_list(schema: type[BaseModel], *, needed: bool) -> BeforeValidator:
    """Validate the items of a list one by one, so that a malformed one does not cost the whole reply.

    A malformed item becomes None, since other fields refer to items by position. What is no list, or holds no valid
    item, is left to be refused where the list is ``needed``, else it becomes an empty list.
    """

    def fit(item: object) -> BaseModel | None:
        try:
            return schema.model_validate(item)
        except ValidationError:
            return None

    def each(value: object) -> object:
        items = [fit(item) for item in value] if isinstance(value, list) else []
        if needed and not any(items) and value != []:
            return value
        return items

    return BeforeValidator(each)


def _string_or_empty(value: object) -> str:
    """Return a text, "" for anything else: a malformed closing remark does not cost the findings."""
    return value if isinstance(value, str) else ""


def _int_or_none(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


# The schemas have no docstrings, which would be sent with them. What a field means stands in the prompts.


class PlacementSchema(BaseModel):
    note: int
    section: str


class PlacementsSchema(BaseModel):
    placements: Annotated[list[PlacementSchema | None], _lenient_list(PlacementSchema, needed=True)]


class SectionStateSchema(BaseModel):
    section: str
    state: Annotated[SectionState, BeforeValidator(_parse_section_state)]


class NextQuestionSchema(BaseModel):
    sections: Annotated[list[SectionStateSchema | None], _lenient_list(SectionStateSchema, needed=False)] = []
    section: Annotated[str, BeforeValidator(_string_or_empty)] = ""
    question: str | None  # without a default: else any object at all would be a reply


class TitleSchema(BaseModel):
    title: str
    words: str


class TitlesSchema(BaseModel):
    titles: Annotated[list[TitleSchema | None], _lenient_list(TitleSchema, needed=True)]


class SentenceSchema(BaseModel):
    sentence: int
    notes: Annotated[list[int], BeforeValidator(_integers)]


class UnsupportedSchema(BaseModel):
    sentence: int
    words: str
    kind: Annotated[SupportKind, BeforeValidator(_parse_support_kind)] = SupportKind.OTHER
    reason: Annotated[str, BeforeValidator(_string_or_empty)] = ""
    nearest_note: Annotated[int | None, BeforeValidator(_int_or_none)] = None


class MendedSchema(BaseModel):
    sentence: int
    text: str


class CheckSchema(BaseModel):
    sentences: Annotated[list[SentenceSchema | None], _lenient_list(SentenceSchema, needed=True)]
    unsupported: Annotated[list[UnsupportedSchema | None], _lenient_list(UnsupportedSchema, needed=False)] = []
    mended: Annotated[list[MendedSchema | None], _lenient_list(MendedSchema, needed=False)] = []


class ToldFactSchema(BaseModel):
    fact: int
    words: str


class PlayedAnswerSchema(BaseModel):
    answer: str
    told: Annotated[list[ToldFactSchema | None], _lenient_list(ToldFactSchema, needed=False)] = []


@cache  # pydantic takes milliseconds for one, which would hold up the event loop in every call
def reply_schema(schema: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a reply as the service takes it: names and types alone, every field required.

    A reply that lacks fields with a default is accepted all the same.
    """
    sent: dict[str, Any] = _as_sent(schema.model_json_schema())
    return sent


def _as_sent(schema: Any) -> Any:
    """Return a schema without titles, descriptions and defaults, and without null among the items of a list.

    Of what the service asks for, ``anthropic.transform_schema`` adds the same (a test compares them); here it is done
    without the SDK, since costs are reckoned with the schemas long before a model is asked.
    """
    if isinstance(schema, list):
        return [_as_sent(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found: dict[str, Any] = {}
    for key, value in schema.items():
        if key in ("properties", "$defs"):  # maps names of ours to schemas
            found[key] = {name: _as_sent(part) for name, part in value.items()}
        elif key == "items":
            found[key] = _as_sent(value["anyOf"][0] if "anyOf" in value else value)
        elif key not in ("title", "description", "default") and not (key == "type" and "enum" in schema):
            found[key] = _as_sent(value)
    if "properties" in found:
        found["additionalProperties"] = False
        found["required"] = list(found["properties"])
    return found


def reply_schema_text(schema: type[BaseModel]) -> str:
    """Return the JSON schema of a reply as text, to be put into a prompt."""
    return json.dumps(reply_schema(schema), ensure_ascii=False)


def parse_reply(schema: type[Reply], text: str) -> Reply:
    """Return the reply in a model's text: of the JSON objects that fit the schema, the one with the most values.

    Of several such it is the last, which the model arrived at. It may stand one level inside another object, and have a
    comma behind a last item. Raise BadReply where there is none.
    """
    mended = _TRAILING_COMMA.sub(lambda found: found["text"] or found["end"], text[max(0, text.find("{")) :])
    objects = [*_json_objects(text), *(_json_objects(mended) if mended != text else ())]
    fitting = [reply for value in objects for reply in _matching_replies(schema, value)]
    if not fitting:
        raise BadReply.invalid_format()
    return max(reversed(fitting), key=lambda reply: _count_values(reply.model_dump()))


def _matching_replies(schema: type[Reply], value: object) -> Iterator[Reply]:
    """Yield the value as a reply or, where it is none, those of its values that are."""
    try:
        yield schema.model_validate(value)
    except ValidationError:
        for inner in value.values() if isinstance(value, dict) else ():
            if isinstance(inner, dict):
                with suppress(ValidationError):
                    yield schema.model_validate(inner)


def _count_values(value: object) -> int:
    """Return how many single values a reply has."""
    if isinstance(value, dict):
        return sum(map(_count_values, value.values()))
    return sum(map(_count_values, value)) if isinstance(value, list) else 1


def _json_objects(text: str) -> Iterator[object]:
    """Yield every JSON object in a text that is not inside another, in order."""
    decoder = json.JSONDecoder()
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
            value = _visible_value(value)
        except ValueError:
            at = text.find("{", at + 1)
        except RecursionError:
            return  # nested far deeper than any reply; searching on would take seconds
        else:
            yield value
            at = text.find("{", end)


def _visible_value(value: object) -> object:
    """Return a value whose texts have no invisible characters; those written as escapes (\\u202e) are still there."""
    if isinstance(value, str):
        return remove_invisible(replace_surrogates(value))
    if isinstance(value, dict):
        return {key: _visible_value(each) for key, each in value.items()}
    return [_visible_value(each) for each in value] if isinstance(value, list) else value
