"""What a writer does with an essay, over a real store: every step is there when the essay is opened again."""

from __future__ import annotations

import pytest

from bot.errors import InvalidInput, NothingToDo, UnknownEssay, UnknownSection, UnknownStructure, UnknownVersion
from bot.essay.essay import Essay, Origin
from bot.essay.structure import Structure
from bot.services.essays import MAX_TITLE_CHARACTERS, EssayService, editable_parts
from bot.services.notes import NoteService
from bot.store.sql_store import SqlStore

pytestmark = pytest.mark.both_databases

NOTES = "# Out\n\nLoose words.\n\n## What I missed\n\nThe noise.\n"


@pytest.fixture
async def essay(desk: EssayService, structure: Structure) -> Essay:
    return await desk.create_essay("me", structure)


async def test_notes_become_a_post_with_a_gap_for_every_open_question(desk: EssayService, essay: Essay) -> None:
    notes = await desk.add_notes("me", essay.id, NOTES)
    version = await desk.assemble_post("me", essay.id)
    assert [note.number for note in notes] == [1, 2]
    assert (version.info.number, version.info.origin, version.info.parent) == (1, Origin.ASSEMBLED, None)
    assert version.text == (
        "## What I missed\n\nThe noise.\n\n## What I gave up\n\n[NEED: What did it cost?]\n\n"
        "## Unsorted notes\n\nLoose words.\n"
    )
    assert (await desk.get_essay("me", essay.id)).title == "Out"
    assert await desk.current_version("me", essay.id) == version


async def test_a_title_that_the_writer_gave_is_not_replaced_by_the_notes(
    desk: EssayService, structure: Structure
) -> None:
    essay = await desk.create_essay("me", structure, "Mine")
    await desk.add_notes("me", essay.id, NOTES)
    assert (await desk.get_essay("me", essay.id)).title == "Mine"
    assert "# Out" in (await desk.assemble_post("me", essay.id)).text


async def test_assembling_a_post_again_without_a_change_makes_no_new_version(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    assert await desk.assemble_post("me", essay.id) == first
    assert len(await desk.versions("me", essay.id)) == 1


async def test_an_edited_section_is_a_new_version_and_no_other_byte_changes(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    index, part = editable_parts(first.text)[1]
    assert part.title == "What I gave up"
    edited = await desk.edit_section("me", essay.id, first, index, "A pension.\r\n")
    assert edited.is_current
    assert edited.version.text == first.text.replace("[NEED: What did it cost?]", "A pension.")
    assert (edited.version.info.origin, edited.version.info.parent) == (Origin.EDITED, 1)


async def test_an_edit_that_changes_nothing_makes_no_version(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    edited = await desk.edit_text("me", essay.id, first, first.text)
    assert edited.version == first
    assert len(await desk.versions("me", essay.id)) == 1


async def test_a_section_that_is_not_there_cannot_be_edited(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    for index in (-1, 3):
        with pytest.raises(UnknownSection):
            await desk.edit_section("me", essay.id, first, index, "x")


async def test_an_edit_of_an_older_version_is_kept_beside_the_newer_one(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    newer = await desk.edit_text("me", essay.id, first, "Newer.\n")
    late = await desk.edit_text("me", essay.id, first, "Late.\n")
    assert (newer.is_current, late.is_current) == (True, False)
    assert (await desk.current_version("me", essay.id)).text == "Newer.\n"
    assert (await desk.go_to_version("me", essay.id, late.version.info.number)).text == "Late.\n"


async def test_undo_and_redo_walk_the_versions_and_lose_none(desk: EssayService, essay: Essay) -> None:
    with pytest.raises(NothingToDo, match="nothing to undo"):
        await desk.undo("me", essay.id)
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    with pytest.raises(NothingToDo, match="nothing to redo"):
        await desk.redo("me", essay.id)
    second = (await desk.edit_text("me", essay.id, first, "Second.\n")).version
    assert await desk.undo("me", essay.id) == first
    assert await desk.redo("me", essay.id) == second
    await desk.undo("me", essay.id)
    third = (await desk.edit_text("me", essay.id, first, "Third.\n")).version
    await desk.undo("me", essay.id)
    assert await desk.redo("me", essay.id) == third
    assert [info.number for info in await desk.versions("me", essay.id)] == [1, 2, 3]
    changes = await desk.diff_versions("me", essay.id, 2, 3)
    assert [(one.old_line, one.new_line) for one in changes.changes] == [("Second.", ""), ("", "Third.")]


async def test_notes_that_come_after_an_edit_are_added_and_the_edit_stays(desk: EssayService, essay: Essay) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    edited = await desk.edit_text("me", essay.id, first, first.text.replace("The noise.", "The noise, edited."))
    await desk.add_notes("me", essay.id, "## What I gave up\n\nA pension.\n")
    grown = await desk.assemble_post("me", essay.id)
    assert grown.text == edited.version.text.replace("[NEED: What did it cost?]", "A pension.")
    assert await desk.assemble_post("me", essay.id) == grown


async def test_a_note_left_out_leaves_the_post_and_can_come_back(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    await notes.exclude("me", essay.id, 2)
    assert "The noise." not in (await desk.assemble_post("me", essay.id)).text
    await notes.include("me", essay.id, 2)
    assert (await desk.assemble_post("me", essay.id)).text == first.text
    with pytest.raises(NothingToDo, match="There is no note 9"):
        await notes.exclude("me", essay.id, 9)


async def test_notes_without_words_are_refused_and_nothing_is_stored(desk: EssayService, essay: Essay) -> None:
    with pytest.raises(InvalidInput, match="no words under the headings"):
        await desk.add_notes("me", essay.id, "## What I missed\n")
    assert await desk.notes("me", essay.id) == ()


async def test_a_title_must_be_seen_and_fit_a_line(desk: EssayService, essay: Essay) -> None:
    await desk.rename_essay("me", essay.id, "  Two\nlines ")
    assert (await desk.get_essay("me", essay.id)).title == "Two lines"
    with pytest.raises(InvalidInput, match="give at least one character that can be seen"):
        await desk.rename_essay("me", essay.id, "\u200b")
    for title in (" \n", "x" * (MAX_TITLE_CHARACTERS + 1)):
        with pytest.raises(InvalidInput, match="Nothing was changed"):
            await desk.rename_essay("me", essay.id, title)
    await desk.rename_essay("me", essay.id, "?!")
    assert (await desk.get_essay("me", essay.id)).title == "?!"


async def test_an_export_is_the_current_text_and_marks_the_essay_finished(desk: EssayService, essay: Essay) -> None:
    with pytest.raises(NothingToDo, match="There is no post yet"):
        await desk.export("me", essay.id)
    await desk.add_notes("me", essay.id, NOTES)
    version = await desk.assemble_post("me", essay.id)
    assert not (await desk.get_essay("me", essay.id)).is_exported
    post = await desk.export("me", essay.id)
    assert not (await desk.get_essay("me", essay.id)).is_exported
    await desk.mark_exported("me", essay.id, post)
    assert (post.text, post.title, post.structure) == (version.text, "Out", "short-one")
    assert (await desk.get_essay("me", essay.id)).is_exported
    await desk.edit_text("me", essay.id, version, "More.\n")
    assert not (await desk.get_essay("me", essay.id)).is_exported


async def test_essays_are_listed_the_last_changed_first_and_a_deleted_one_is_gone(
    desk: EssayService, structure: Structure
) -> None:
    one, two = await desk.create_essay("me", structure), await desk.create_essay("me", structure)
    await desk.add_notes("me", one.id, NOTES)
    assert [essay.id for essay in await desk.list_essays("me")] == [one.id, two.id]
    await desk.delete_essay("me", one.id)
    assert [essay.id for essay in await desk.list_essays("me")] == [two.id]
    with pytest.raises(UnknownEssay):
        await desk.get_essay("me", one.id)


async def test_nobody_sees_or_touches_the_essay_of_another(
    desk: EssayService, notes: NoteService, essay: Essay, store: SqlStore
) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    version = await desk.assemble_post("me", essay.id)
    attempts = [
        desk.get_essay("you", essay.id),
        desk.notes("you", essay.id),
        desk.add_notes("you", essay.id, NOTES),
        notes.exclude("you", essay.id, 1),
        desk.assemble_post("you", essay.id),
        desk.current_version("you", essay.id),
        desk.edit_text("you", essay.id, version, "Mine now."),
        desk.undo("you", essay.id),
        desk.redo("you", essay.id),
        desk.go_to_version("you", essay.id, 1),
        desk.versions("you", essay.id),
        desk.diff_versions("you", essay.id, 1, 1),
        desk.export("you", essay.id),
        desk.rename_essay("you", essay.id, "Mine"),
        desk.delete_essay("you", essay.id),
        store.read(lambda tx: tx.essays.questions("you", essay.id)),
        desk.version("you", essay.id, 1),
    ]
    for attempt in attempts:
        with pytest.raises(UnknownEssay):
            await attempt
    assert await desk.list_essays("you") == ()
    assert await desk.current_version("me", essay.id) == version


async def test_a_missing_version_is_reported(desk: EssayService, essay: Essay) -> None:
    with pytest.raises(UnknownVersion, match="There is no version 7"):
        await desk.go_to_version("me", essay.id, 7)


async def test_an_essay_whose_structure_file_has_gone_says_so(desk: EssayService, essay: Essay) -> None:
    desk.structures = {}
    with pytest.raises(UnknownStructure, match="short-one"):
        await desk.assemble_post("me", essay.id)


async def test_a_note_taken_in_after_an_edit_comes_into_the_text(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.add_notes("me", essay.id, NOTES)
    first = await desk.assemble_post("me", essay.id)
    await notes.exclude("me", essay.id, 2)
    without = await desk.current_version("me", essay.id)
    assert "The noise." not in without.text
    await desk.edit_text("me", essay.id, without, without.text + "\nBy hand.\n")
    back = await notes.include("me", essay.id, 2)
    assert back is not None
    assert "The noise." in back.text
    assert "By hand." in back.text
    assert await notes.exclude("me", essay.id, 2) is None
    assert "The noise." in (await desk.current_version("me", essay.id)).text
    assert first.text != back.text
