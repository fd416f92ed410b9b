"""The report of what is stored: of an essay as it is now, of two versions, and the picture of a shape."""

from __future__ import annotations

import pytest

from bot.errors import NothingToDo, UnknownEssay, UnknownVersion
from bot.essay.structure import Structure
from tests.services.conftest import Room

HIDDEN = "My boss was paid off by the mayor."


async def test_the_report_of_an_essay_shows_its_text_and_what_changed_and_no_private_note(
    room: Room, structure: Structure
) -> None:
    essay = await room.essay_with_notes(structure, f"## What I missed\n\nThe noise.\n\n[private] {HIDDEN}\n")
    first = await room.desk.assemble_post("me", essay)
    await room.desk.edit_text("me", essay, first, first.text.replace("The noise.", "The noise of the shop."))
    found = await room.services.reports.of_essay("me", essay)
    assert found.name.endswith("-report.html")
    assert "The noise of the shop." in found.html
    assert "Version 1" in found.html
    assert HIDDEN not in found.html
    compared = await room.services.reports.compare("me", essay, 1, 2)
    assert "The noise of the shop.</ins>" in compared.html
    picture = await room.services.reports.picture("me", essay)
    assert picture.png.startswith(b"\x89PNG")
    assert "Words by section: What I missed: 5" in picture.description


async def test_what_there_is_no_text_for_is_said(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    with pytest.raises(NothingToDo):
        await room.services.reports.of_essay("me", essay)
    with pytest.raises(NothingToDo):
        await room.services.reports.picture("me", essay)
    await room.desk.assemble_post("me", essay)
    with pytest.raises(UnknownVersion):
        await room.services.reports.compare("me", essay, 1, 9)
    with pytest.raises(UnknownEssay):
        await room.services.reports.of_essay("you", essay)
