"""Structured replies are found in whatever a model puts around them."""

from __future__ import annotations

import json

import anthropic
import pytest

from bot.errors import BadReply
from bot.llm.reply_schemas import (
    CheckSchema,
    NextQuestionSchema,
    PlacementsSchema,
    TitlesSchema,
    parse_reply,
    reply_schema,
)
from tests.simulators.claude.schema_rules import check_schema


@pytest.mark.parametrize("form", [CheckSchema, PlacementsSchema, NextQuestionSchema, TitlesSchema])
def test_a_schema_is_what_the_sdk_would_make_of_it(form: type[CheckSchema]) -> None:
    sent = reply_schema(form)
    assert anthropic.transform_schema(sent) == sent


@pytest.mark.parametrize("form", [CheckSchema, PlacementsSchema, NextQuestionSchema, TitlesSchema])
def test_the_service_accepts_every_schema(
    form: type[CheckSchema | PlacementsSchema | NextQuestionSchema | TitlesSchema],
) -> None:
    check_schema(reply_schema(form))


@pytest.mark.parametrize(
    "text",
    [
        '{"question": "Why?"}',
        'Sure:\n```json\n{"question": "Why?"}\n```\nAnything else?',
        'I thought of {"question": "When?"} first, but: {"question": "Why?"}',
        'Braces { do not hurt } here. {"question": "Why?"} And {"other": 1} is not it.',
    ],
)
def test_the_last_object_that_fits_the_schema_is_the_reply(text: str) -> None:
    assert parse_reply(NextQuestionSchema, text).question == "Why?"


@pytest.mark.parametrize("text", ["", "Why?", '"Why?"', '{"question": "Why?"', '{"question": 3}', '[{"q": null}]'])
def test_a_text_without_a_fitting_object_is_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReply):
        parse_reply(NextQuestionSchema, text)


PASSAGE = {"sentence": 1, "words": "a, ]"}
SENTENCE = {"sentence": 1, "notes": [2]}


@pytest.mark.parametrize("form", [CheckSchema, PlacementsSchema, NextQuestionSchema, TitlesSchema])
def test_a_schema_holds_names_and_types_alone(form: type[CheckSchema]) -> None:
    text = json.dumps(reply_schema(form))
    for word in ('"title": "', "description", "default", "LAMP"):
        assert word not in text


def test_a_check_schema_asks_for_every_field_but_few_are_mandatory_in_the_reply() -> None:
    schema = reply_schema(CheckSchema)
    assert schema["required"] == ["sentences", "unsupported", "mended"]
    assert parse_reply(CheckSchema, json.dumps({"sentences": [SENTENCE]})).mended == []


def test_a_malformed_item_costs_itself_alone_and_keeps_its_place() -> None:
    said = {
        "sentences": [SENTENCE, {"notes": [1]}, "nothing", SENTENCE],
        "unsupported": [{"sentence": 3}, {**PASSAGE, "nearest_note": "the fourth", "reason": None}],
        "mended": "none",
    }
    reply = parse_reply(CheckSchema, json.dumps(said))
    assert [sentence is not None for sentence in reply.sentences] == [True, False, False, True]
    assert [passage is not None for passage in reply.unsupported] == [False, True]
    assert [(one.nearest_note, one.reason) for one in reply.unsupported if one] == [(None, "")]
    assert reply.mended == []


@pytest.mark.parametrize("sentences", ["none", [3, 4], {"1": SENTENCE}, None])
def test_items_that_are_all_malformed_are_a_bad_reply(sentences: object) -> None:
    with pytest.raises(BadReply):
        parse_reply(CheckSchema, json.dumps({"sentences": sentences, "mended": []}))


def test_a_reply_one_level_inside_another_object_is_found() -> None:
    assert len(parse_reply(CheckSchema, json.dumps({"check": {"sentences": [SENTENCE]}})).sentences) == 1
    with pytest.raises(BadReply):
        parse_reply(CheckSchema, json.dumps({"a": {"b": {"sentences": [SENTENCE]}}}))


def test_a_trailing_comma_in_a_json_reply_is_accepted() -> None:
    mended = json.dumps({"sentence": 1, "text": "x, }"})
    text = f'Here: {{"sentences": [], "unsupported": [{json.dumps(PASSAGE)} ,\n], "mended": [{mended}],\n}} There.'
    reply = parse_reply(CheckSchema, text)
    assert [passage.words for passage in reply.unsupported if passage] == ["a, ]"]
    assert [one.text for one in reply.mended if one] == ["x, }"]


def test_of_two_matching_objects_the_fuller_one_is_the_reply() -> None:
    full = json.dumps({"sentences": [SENTENCE, SENTENCE]})
    assert len(parse_reply(CheckSchema, full + ' In short: {"sentences": []}').sentences) == 2


@pytest.mark.parametrize("text", ["{" + '"a\\' * 20_000, '{"sentences":[' + '{"a":1,' * 5_000, '{"a", ' * 5_000])
def test_a_reply_crafted_to_be_slow_is_parsed_quickly(text: str) -> None:
    with pytest.raises(BadReply):
        parse_reply(CheckSchema, text)
