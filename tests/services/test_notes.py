"""What a writer does with single notes: edit, move, delete; and going back in the interview."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import InvalidInput, NothingToDo, UnknownTargetSection
from bot.essay.essay import Essay, QuestionState
from bot.essay.structure import Structure
from bot.services.dm_messages import DmMessageService
from bot.services.essays import EssayService
from bot.services.notes import NoteService, note_fingerprint
from bot.services.services import Services
from bot.store.sql_store import SqlStore
from tests.services.conftest import Clock, Room

pytestmark = pytest.mark.both_databases

NOTES = "Loose words.\n\n## What I missed\n\nThe noise of the presses in the hall.\n"


@pytest.fixture
async def essay(desk: EssayService, structure: Structure) -> Essay:
    made = await desk.create_essay("me", structure)
    await desk.add_notes("me", made.id, NOTES)
    return made


async def texts(desk: EssayService, essay: Essay) -> list[tuple[int, str, str | None]]:
    return [(note.number, note.text, note.section) for note in await desk.notes("me", essay.id)]


async def test_an_edited_note_keeps_its_place_and_a_text_set_from_notes_follows(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.assemble_post("me", essay.id)
    seen = (await desk.note("me", essay.id, 2)).text
    change = await notes.edit("me", essay.id, 2, "The quiet after it.\r\n", seen=note_fingerprint(seen))
    assert await texts(desk, essay) == [(1, "Loose words.", None), (2, "The quiet after it.", "missed")]
    assert (change.version, change.message) == (2, "The text follows: it is version 2 now.")
    assert "The quiet after it." in (await desk.current_version("me", essay.id)).text


@pytest.mark.parametrize("blank", ["", " \n", "[private]", "…"])
async def test_a_note_is_never_emptied_by_an_edit(
    desk: EssayService, notes: NoteService, essay: Essay, blank: str
) -> None:
    with pytest.raises(InvalidInput, match="To be rid of it, delete it"):
        await notes.edit("me", essay.id, 1, blank, seen=note_fingerprint("Loose words."))
    assert (await texts(desk, essay))[0] == (1, "Loose words.", None)


async def test_an_edit_of_a_note_that_changed_meanwhile_is_stored_once_as_a_new_note(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    seen = note_fingerprint("Loose words.")
    await notes.edit("me", essay.id, 1, "First.", seen=seen)
    for _ in range(2):
        change = await notes.edit("me", essay.id, 1, "Second.", seen=seen)
        assert change.message == "The note had changed meanwhile: what you typed is stored beside it, as note 3."
    await notes.delete("me", essay.id, 1)
    await notes.edit("me", essay.id, 1, "Third.", seen=seen)
    assert [(number, text) for number, text, _ in await texts(desk, essay)][1:] == [(3, "Second."), (4, "Third.")]


async def test_a_note_form_submitted_twice_changes_the_note_once(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    for _ in range(2):
        await notes.edit("me", essay.id, 1, "First.", seen=note_fingerprint("Loose words."))
    assert [text for _, text, _ in await texts(desk, essay)] == ["First.", "The noise of the presses in the hall."]


async def test_a_private_mark_typed_into_a_note_excludes_it(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.assemble_post("me", essay.id)
    await notes.edit("me", essay.id, 1, "[private] Loose words.", seen=note_fingerprint("Loose words."))
    assert (await desk.note("me", essay.id, 1)).is_private
    assert "Loose" not in (await desk.current_version("me", essay.id)).text


async def test_a_note_moves_to_another_section_and_to_none(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.assemble_post("me", essay.id)
    assert (await notes.move("me", essay.id, 1, "gave-up")).version == 2
    assert "## What I gave up\n\nLoose words." in (await desk.current_version("me", essay.id)).text
    await notes.move("me", essay.id, 2, None)
    assert [section for _, _, section in await texts(desk, essay)] == ["gave-up", None]
    with pytest.raises(UnknownTargetSection):
        await notes.move("me", essay.id, 2, "nowhere")


async def test_a_deleted_note_is_gone_and_no_other_note_ever_has_its_number(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    await desk.assemble_post("me", essay.id)
    assert (await notes.delete("me", essay.id, 2)).version == 2
    await desk.add_notes("me", essay.id, "Another.")
    assert await texts(desk, essay) == [(1, "Loose words.", None), (3, "Another.", None)]
    with pytest.raises(NothingToDo, match="There is no note 2"):
        await notes.delete("me", essay.id, 2)


async def test_a_text_edited_by_the_writer_is_kept_and_its_unsupported_words_are_reported(
    desk: EssayService, notes: NoteService, essay: Essay
) -> None:
    first = await desk.assemble_post("me", essay.id)
    edited = await desk.edit_text("me", essay.id, first, f"{first.text}\nMore.\n")
    change = await notes.delete("me", essay.id, 2)
    assert change.message == (
        "The text stays as it is, since it is no longer set from notes alone. Words that no note holds now still stand "
        "in it: “The noise of the presses in the hall”. Edit the text to take them out."
    )
    assert await desk.current_version("me", essay.id) == edited.version


@pytest.fixture
def talk(services: Services) -> DmMessageService:
    return services.dm_messages


async def test_an_edited_note_no_longer_follows_its_message_and_the_writer_is_told(
    desk: EssayService, notes: NoteService, essay: Essay, talk: DmMessageService
) -> None:
    heard = await talk.add_message("me", 901, "We sold it in May.")
    assert heard is not None
    assert heard.note == 3
    await notes.edit("me", essay.id, 3, "We sold it in June.", seen=note_fingerprint("We sold it in May."))
    changed = await talk.edit_message("me", 901, "We sold it in July.")
    assert changed is not None
    assert (changed.note, changed.note_detached) == (3, True)
    assert (await desk.note("me", essay.id, 3)).text == "We sold it in June."
    again = await talk.add_message("me", 901, "We sold it in July.")
    assert again is not None
    assert (again.note, again.is_new) == (3, False)


async def test_a_later_part_of_an_answer_that_was_edited_becomes_a_note_of_its_own(
    store: SqlStore, desk: EssayService, notes: NoteService, essay: Essay, talk: DmMessageService, clock: Clock
) -> None:
    at = clock()
    asked = await store.write(
        "me", lambda tx: tx.essays.add_question("me", essay.id, "gave-up", "What did it cost?", at)
    )
    await talk.set_context("me", essay.id, asked.number)
    await talk.add_message("me", 903, "Ten thousand.")
    between = clock()
    note = await talk.finish_answer("me", essay.id, asked.number)
    assert note is not None
    await talk.set_context("me", essay.id, None)
    await notes.edit("me", essay.id, note.number, "Twelve.", seen=note_fingerprint("Ten thousand."))
    late = await talk.add_message("me", 902, "And my evenings.", between)
    assert late is not None
    assert late.note == note.number + 1
    assert [(text, section) for _, text, section in await texts(desk, essay)][2:] == [
        ("Twelve.", "gave-up"),
        ("And my evenings.", "gave-up"),
    ]


async def test_going_back_reopens_the_question_and_a_new_answer_replaces_the_old_one(
    room: Room, structure: Structure
) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    interview = room.interview
    first = await interview.next_question("me", essay)
    assert first is not None
    note = await interview.add_answer("me", essay, first, "The noise.")
    second = await interview.next_question("me", essay)
    assert second is not None
    assert await interview.reopen_previous_question("me", essay, second) == first.__class__(
        first.number, first.section, first.text, QuestionState.ANSWERED
    )
    assert await interview.next_question("me", essay) == first
    assert await interview.last_answer("me", essay, first) == note
    await interview.replace_answer("me", essay, first, note, "The quiet.")
    assert [one.text for one in await room.desk.notes("me", essay)] == ["The quiet."]
    assert await interview.next_question("me", essay) == second
    assert await interview.reopen_previous_question("me", essay, first) is None
    assert room.models.asked == []


async def test_taking_back_the_last_answer_deletes_its_note_and_opens_its_question(
    room: Room, structure: Structure
) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    interview = room.interview
    first = await interview.next_question("me", essay)
    assert first is not None
    assert await interview.delete_answer("me", essay, first) is None
    note = await interview.add_answer("me", essay, first, "The noise.")
    await room.desk.add_notes("me", essay, "Loose words.")
    taken = await interview.delete_answer("me", essay, replace(first, number=2, text="Another?"))
    assert taken is not None
    assert taken[1] == note
    assert [one.text for one in await room.desk.notes("me", essay)] == ["Loose words."]
    assert await interview.next_question("me", essay) == first
