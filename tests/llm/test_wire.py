"""Structured replies are found in whatever a model puts around them."""

from __future__ import annotations

import pytest

from bot.errors import BadReply
from bot.llm.wire import WireCritique, WirePlacements, WireQuestion, parsed, schema_of
from tests.simulators.claude.schemas import check_schema


@pytest.mark.parametrize("form", [WireCritique, WirePlacements, WireQuestion])
def test_the_service_takes_every_schema(form: type[WireCritique | WirePlacements | WireQuestion]) -> None:
    check_schema(schema_of(form))


@pytest.mark.parametrize(
    "text",
    [
        '{"question": "Why?"}',
        'Sure:\n```json\n{"question": "Why?"}\n```\nAnything else?',
        'I thought of {"question": "When?"} first, but: {"question": "Why?"}',
        'Braces { do not hurt } here. {"question": "Why?"} And {"other": 1} is not it.',
    ],
)
def test_the_last_object_that_has_the_form_is_the_reply(text: str) -> None:
    assert parsed(WireQuestion, text).question == "Why?"


@pytest.mark.parametrize("text", ["", "Why?", '"Why?"', '{"question": "Why?"', '{"question": 3}', '[{"q": null}]'])
def test_a_text_without_the_form_is_a_bad_reply(text: str) -> None:
    with pytest.raises(BadReply):
        parsed(WireQuestion, text)
