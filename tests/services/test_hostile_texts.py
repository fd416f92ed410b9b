"""Whatever text is handed in, it is stored, or refused in a sentence; and it can be set, edited and exported after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from bot.errors import InvalidInput
from bot.essay.export import export_markdown, export_plain_text, read_export
from bot.essay.structure import Structure
from bot.services.essays import EssayService
from tests.hostile_texts import worst_texts

TEXTS = worst_texts(1_500)


@pytest.mark.parametrize("name", TEXTS)
async def test_a_hostile_text_is_stored_and_exported_unchanged_or_refused_with_a_message(
    desk: EssayService, structure: Structure, clock: Callable[[], datetime], name: str
) -> None:
    text = TEXTS[name]
    essay = await desk.create_essay("me", structure)
    try:
        notes = await desk.add_notes("me", essay.id, text)
    except InvalidInput:
        assert await desk.notes("me", essay.id) == ()
        return
    assert notes
    assert all(note.text for note in notes)
    version = await desk.assemble_post("me", essay.id)
    assert all(note.public_text in version.text for note in notes)
    edited = await desk.edit_section("me", essay.id, version, 0, text)
    post = await desk.export("me", essay.id, edited.version.info.number)
    assert read_export(export_markdown(post))[1] == edited.version.text
    assert export_plain_text(post).startswith(post.title)
