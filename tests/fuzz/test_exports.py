"""Exports read back: as they were written byte for byte, and whatever has become of them since."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from bot.essay.essay import Origin
from bot.essay.export import ExportablePost, export_markdown, export_plain_text, read_export
from tests.fuzz.examples import fuzz
from tests.fuzz.hostile import mutated, texts


def post(text: str, title: str) -> ExportablePost:
    return ExportablePost(title, text, 1, "short-one", date(2026, 11, 23), frozenset({Origin.ASSEMBLED}))


@fuzz(150)
def test_an_export_is_read_back_byte_for_byte(data: st.DataObject) -> None:
    text, title = (_stored(data.draw(texts(most))) for most in (4_000, 200))
    fields, body = read_export(export_markdown(post(text, title or "Out")))
    assert body == text
    assert set(fields) >= {"words", "tags"}
    assert export_plain_text(post(text, title))


@fuzz(150)
def test_a_mutated_export_is_read_as_fields_and_the_rest_or_as_text(data: st.DataObject) -> None:
    whole = export_markdown(post("## What I missed\n\nThe lift was loud.\n", "Out"))
    text = data.draw(mutated(whole))
    fields, body = read_export(text)
    assert text.endswith(body)
    if not fields:
        assert body in (text, text[len(text) - len(body) :])
    for key in ("title", "structure"):
        assert isinstance(fields.get(key, ""), str)


def _stored(text: str) -> str:
    """The text as it can be stored: without halves of characters, and with the line ends of a text that was read."""
    return text.encode("utf-8", "replace").decode().replace("\r", "\n").replace("\x00", "")
