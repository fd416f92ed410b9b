"""Notes are sorted batch by batch: what one batch came to is stored, whatever becomes of the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from bot.errors import BadReply, KeyRefused, NoModel
from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.services.interview import InterviewService
from bot.services.llm_ports import Material
from bot.services.note_placement import MAX_CALLS_PER_JOB, MAX_CHARACTERS_PER_CALL, MAX_NOTES_PER_CALL, batch_notes
from tests.services.conftest import Room

pytestmark = pytest.mark.both_databases


def page(count: int) -> str:
    return "".join(f"Note number {n} of many.\n\n" for n in range(1, count + 1))


def all_to(section: str, numbers: Sequence[int] | range) -> Mapping[int, str]:
    return dict.fromkeys(numbers, section)


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return (await room.desk.create_essay("me", structure)).id


async def sections(room: Room, essay: str) -> list[str | None]:
    return [note.section for note in await room.desk.notes("me", essay)]


async def test_hundreds_of_short_notes_are_all_sorted(room: Room, essay: str) -> None:
    room.models.script(*[all_to("missed", range(1, 591))] * 6)
    handed = await room.interview.add_notes("me", essay, page(590))
    assert handed.notice is None
    assert [note.section for note in handed.notes] == ["missed"] * 590
    sent = [[note.number for note in asked.given["notes"]] for asked in room.models.asked]
    assert [number for batch in sent for number in batch] == list(range(1, 591))
    assert max(map(len, sent)) == MAX_NOTES_PER_CALL


async def test_one_step_makes_few_calls_and_says_what_is_left(room: Room, essay: str) -> None:
    await room.desk.add_notes("me", essay, page(400))
    await room.desk.add_notes("me", essay, page(300))
    room.models.script(*[all_to("missed", range(1, 701))] * 7)
    first = await room.interview.place_notes("me", essay)
    assert len(room.models.asked) == MAX_CALLS_PER_JOB
    assert first.notice == "600 notes were looked at, 100 are left: sort once more for those."
    assert (await room.interview.place_notes("me", essay)).notice is None
    assert await sections(room, essay) == ["missed"] * 700


async def test_a_batch_that_fails_is_told_and_the_rest_goes_on(room: Room, essay: str) -> None:
    room.models.script(all_to("missed", range(1, 101)), BadReply.truncated(), all_to("gave-up", range(201, 251)))
    handed = await room.interview.add_notes("me", essay, page(250))
    assert handed.notice == (
        "The notes are stored; 100 of 250 could not be sorted into sections. "
        f"{BadReply.truncated().message_without_assurance}"
    )
    assert await sections(room, essay) == ["missed"] * 100 + [None] * 100 + ["gave-up"] * 50
    assert await room.desk.notes("me", essay) == handed.notes


async def test_a_fault_that_every_batch_would_meet_ends_the_sorting(room: Room, essay: str) -> None:
    room.models.script(all_to("missed", range(1, 101)), KeyRefused.invalid())
    handed = await room.interview.add_notes("me", essay, page(350))
    assert handed.notice is not None
    assert handed.notice.startswith("The notes are stored; 250 of 350 could not be sorted into sections. The service")
    assert await sections(room, essay) == ["missed"] * 100 + [None] * 250


async def test_notes_without_a_section_can_be_sorted_later_and_the_others_stay(room: Room, essay: str) -> None:
    await room.desk.add_notes("me", essay, "An older note.\n\n[private] Never mind.\n\n## What I gave up\n\nPay.\n")
    await room.desk.add_notes("me", essay, "A newer note.\n")
    room.models.script({1: "missed", 2: "missed", 3: "missed"})
    handed = await room.interview.place_notes("me", essay)
    assert [(note.number, note.section) for note in handed.notes] == [(1, "missed"), (4, None)]
    assert [note.number for note in room.models.asked[0].given["notes"]] == [1, 4]
    assert await sections(room, essay) == ["missed", None, "gave-up", None]


async def test_sorting_where_every_note_has_a_section_calls_no_model(room: Room, essay: str) -> None:
    await room.desk.add_notes("me", essay, "## What I gave up\n\nPay.\n")
    assert (await room.interview.place_notes("me", essay)).notes == ()
    assert room.models.asked == []


async def test_without_a_model_notes_cannot_be_sorted(
    interview: InterviewService, structure: Structure, room: Room
) -> None:
    essay = (await room.desk.create_essay("me", structure)).id
    with pytest.raises(NoModel):
        await interview.plan_placement("me", essay)


async def test_what_is_left_out_or_placed_while_a_batch_is_under_way_is_not_sent_or_moved(
    room: Room, essay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = room.models.place_notes

    async def slowly(material: Material) -> Mapping[int, str]:
        if material.notes[0].number == 1:
            await room.notes.exclude("me", essay, 150)
            moved, now = {2: "gave-up", 151: "gave-up"}, room.clock()
            await room.store.write("me", lambda tx: tx.essays.place_notes("me", essay, moved, now))
        return await place(material)

    monkeypatch.setattr(room.models, "place_notes", slowly)
    room.models.script(*[all_to("missed", range(1, 201))] * 2)
    await room.interview.add_notes("me", essay, page(200))
    found = await sections(room, essay)
    assert (found[0], found[1], found[148], found[149], found[150]) == ("missed", "gave-up", "missed", None, "gave-up")
    sent = [note.number for note in room.models.asked[1].given["notes"]]
    assert sent == [*range(101, 150), *range(152, 201)]


def test_a_batch_holds_only_so_many_characters_and_a_long_note_goes_alone() -> None:
    half = MAX_CHARACTERS_PER_CALL // 2
    notes = [Note(n, "x" * size) for n, size in enumerate((half, half, 1, 3 * half, 5, 6), start=1)]
    assert [[note.number for note in batch] for batch in batch_notes(notes)] == [[1, 2], [3], [4], [5, 6]]
