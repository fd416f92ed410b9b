"""Structured replies are found in whatever a model puts around them."""

from __future__ import annotations

import json

import pytest

from bot.errors import BadReply
from bot.llm.reply_schemas import (
    CritiqueSchema,
    NextQuestionSchema,
    PlacementsSchema,
    TitlesSchema,
    parse_reply,
    reply_schema,
)
from tests.simulators.claude.schema_rules import check_schema


@pytest.mark.parametrize("form", [CritiqueSchema, PlacementsSchema, NextQuestionSchema, TitlesSchema])
def test_the_service_accepts_every_schema(
    form: type[CritiqueSchema | PlacementsSchema | NextQuestionSchema | TitlesSchema],
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


REMARK = {"quotation": "a, ]", "category": "vague", "severity": "grave", "effect": "e"}


@pytest.mark.parametrize("form", [CritiqueSchema, PlacementsSchema, NextQuestionSchema, TitlesSchema])
def test_a_schema_holds_names_and_types_alone(form: type[CritiqueSchema]) -> None:
    text = json.dumps(reply_schema(form))
    for word in ('"title": "', "description", "default", "LAMP"):
        assert word not in text


def test_a_critique_schema_asks_for_every_field_but_few_are_mandatory_in_the_reply() -> None:
    schema = reply_schema(CritiqueSchema)
    lists = ["earlier_that_hold", "remarks", "strengths", "sections"]
    assert schema["required"] == [*lists, "fix_first_remark", "fix_first"]
    assert parse_reply(CritiqueSchema, json.dumps({"remarks": [REMARK]})).fix_first == ""


def test_a_malformed_remark_costs_itself_alone_and_keeps_its_place() -> None:
    said = {
        "remarks": [REMARK, {"quotation": "x"}, "nothing", REMARK],
        "strengths": [{"quotation": 3}, {"quotation": "b", "why": "c"}],
        "sections": "none",
        "fix_first_remark": "the fourth",
        "fix_first": None,
    }
    reply = parse_reply(CritiqueSchema, json.dumps(said))
    assert [remark is not None for remark in reply.remarks] == [True, False, False, True]
    assert [strength is not None for strength in reply.strengths] == [False, True]
    assert (reply.sections, reply.fix_first_remark, reply.fix_first) == ([], None, "")


@pytest.mark.parametrize("remarks", ["none", [3, 4], {"1": REMARK}, None])
def test_remarks_that_are_all_malformed_are_a_bad_reply(remarks: object) -> None:
    with pytest.raises(BadReply):
        parse_reply(CritiqueSchema, json.dumps({"remarks": remarks, "fix_first": "x"}))


def test_a_reply_one_level_inside_another_object_is_found() -> None:
    assert (
        len(parse_reply(CritiqueSchema, json.dumps({"critique": {"remarks": [REMARK], "fix_first": "x"}})).remarks) == 1
    )
    with pytest.raises(BadReply):
        parse_reply(CritiqueSchema, json.dumps({"a": {"b": {"remarks": [REMARK]}}}))


def test_a_trailing_comma_in_a_json_reply_is_accepted() -> None:
    text = f'Here: {{"remarks": [{json.dumps(REMARK)} ,\n], "fix_first": "x, }}",\n}} There.'
    reply = parse_reply(CritiqueSchema, text)
    assert [remark.quotation for remark in reply.remarks if remark] == ["a, ]"]
    assert reply.fix_first == "x, }"


def test_of_two_matching_objects_the_fuller_one_is_the_reply() -> None:
    full = json.dumps({"remarks": [REMARK, REMARK], "fix_first": "x"})
    assert len(parse_reply(CritiqueSchema, full + ' In short: {"remarks": [], "fix_first": "x"}').remarks) == 2


@pytest.mark.parametrize("text", ["{" + '"a\\' * 20_000, '{"remarks":[' + '{"a":1,' * 5_000, '{"a", ' * 5_000])
def test_a_reply_crafted_to_be_slow_is_parsed_quickly(text: str) -> None:
    with pytest.raises(BadReply):
        parse_reply(CritiqueSchema, text)
