"""A writer's own texts: kept sealed and few, shown to whoever writes as manner, and to nobody who checks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bot.errors import InvalidInput, LimitExceeded
from bot.essay.structure import Structure
from bot.essay.voice import (
    EXCERPT_CHARACTERS,
    MAX_SAMPLE_CHARACTERS,
    MAX_VOICE_SAMPLES,
    VoiceSample,
    describe_sample,
)
from bot.services.jobs.job import Job
from bot.services.voice import VoiceService, sample_fingerprint
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, rewrites, says
from tests.store.test_database import stored_bytes

pytestmark = pytest.mark.both_databases

MINE = "# The kettle\n\nIt leaked, mind. I kept it anyway.\n\n[private] Aunt Rosa hated it.\n"
DRAFT = (
    '<section key="missed">\nThe noise of the shop, in May 2019.\n</section>\n'
    '<section key="gave-up">\nIt cost me 4,000 euros a year.\n</section>\n'
)


@pytest.fixture
def voice(room: Room) -> VoiceService:
    return room.services.voice


async def ended(room: Room, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await room.jobs.wait(job.writer, job.id)


def shown(room: Room) -> Sequence[tuple[str, ...]]:
    return [asked.given["voice"] for asked in room.models.asked if asked.what in ("draft", "revise")]


async def test_three_texts_are_kept_sealed_and_a_fourth_is_refused(
    room: Room, voice: VoiceService, database: Path
) -> None:
    added = await voice.add("me", f"{MINE}<!-- remember the lid -->\n")
    assert (added.sample, added.notice is not None) == (VoiceSample(1, MINE.rstrip()), True)
    assert (added.sample.name, "Rosa" in added.sample.excerpt) == ("The kettle", False)
    assert (await voice.add("me", MINE)).sample == added.sample  # a second click
    assert b"leaked" not in stored_bytes(database)
    for number in range(2, MAX_VOICE_SAMPLES + 1):
        await voice.add("me", f"Text {number}.")
    with pytest.raises(InvalidInput, match="There are 3 texts of yours already: delete one first"):
        await voice.add("me", "One more.")
    assert (await voice.add("you", "One more.")).sample.number == 1
    assert [sample.number for sample in await voice.samples("me")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no words"),
        (" \n\n[private]\n", "no words"),
        ("…!", "no words"),
        ("A word. " * (MAX_SAMPLE_CHARACTERS // 8 + 1), "hand in the part that sounds most like you"),
    ],
)
async def test_a_text_without_words_or_far_too_long_is_refused(voice: VoiceService, text: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        await voice.add("me", text)
    assert await voice.samples("me") == ()


async def test_what_a_page_may_hold_holds_for_a_sample(voice: VoiceService) -> None:
    with pytest.raises(LimitExceeded):
        await voice.add("me", "x" * 200_001)


async def test_a_deleted_sample_is_gone_and_a_button_of_it_deletes_no_other(
    voice: VoiceService, database: Path
) -> None:
    first = (await voice.add("me", "It leaked, mind.")).sample
    seen = sample_fingerprint(first)
    assert await voice.delete("me", 1, seen=seen) == first
    await voice.add("me", "Another altogether.")
    for writer, number, fingerprint in (("me", 1, seen), ("me", 2, None), ("you", 1, None)):
        with pytest.raises(InvalidInput, match=f"There is no text {number} among yours any more"):
            await voice.delete(writer, number, seen=fingerprint)
    assert [sample.text for sample in await voice.samples("me")] == ["Another altogether."]
    assert b"leaked" not in stored_bytes(database)


async def test_forgetting_a_writer_leaves_no_text_of_theirs(room: Room, voice: VoiceService) -> None:
    for writer in ("me", "you"):
        await voice.add(writer, MINE)
    await room.store.write("me", lambda tx: tx.people.delete("me"))
    assert [len(await voice.samples(writer)) for writer in ("me", "you")] == [0, 1]


async def test_a_damaged_sample_is_told_and_no_model_sees_it(room: Room, voice: VoiceService) -> None:
    await voice.add("me", MINE)
    await room.store.database.run(lambda opened: opened.db.execute("UPDATE voice_samples SET text = ?", [b"x"]))
    (sample,) = await voice.samples("me")
    assert (sample.is_damaged, sample.excerpt, describe_sample(sample)) == (True, "", "no model sees it")


async def test_a_draft_and_a_revision_are_shown_the_samples_without_what_is_private(
    room: Room, voice: VoiceService, structure: Structure
) -> None:
    await voice.add("me", MINE)
    await voice.add("me", "[private] All of this is for me alone.")
    await voice.add("you", "Not mine.")
    essay = await room.essay_with_notes(structure)
    room.models.script(says(DRAFT), rewrites("The noise of the shop, mind."))
    await ended(room, await room.writing.start_draft("me", essay))
    version = await room.desk.current_version("me", essay)
    await ended(room, await room.writing.start_revision("me", essay, version, 1, "As I would say it."))
    assert shown(room) == [("# The kettle\n\nIt leaked, mind. I kept it anyway.",)] * 2


async def test_a_sample_that_is_deleted_while_a_job_waits_or_holds_private_words_is_not_sent(
    room: Room, voice: VoiceService, structure: Structure
) -> None:
    secret = "Marcus Feld told me he would sack half of the team before Easter."
    await voice.add("me", "It leaked, mind.")
    await voice.add("me", f"I kept it. {secret}")
    essay = await room.essay_with_notes(structure, f"## What I missed\n\nThe shop.\n\n[private] {secret}\n")
    planned = await room.writing.plan_draft("me", essay)
    await voice.delete("me", 1)
    room.models.script(says(DRAFT))
    await ended(room, await planned.start())
    assert shown(room) == [()]


def test_a_long_sample_is_sent_up_to_the_end_of_a_sentence() -> None:
    sample = VoiceSample(1, "It leaked, mind. I kept it anyway.\n" * 300)
    assert EXCERPT_CHARACTERS - 60 < len(sample.excerpt) <= EXCERPT_CHARACTERS
    assert sample.excerpt.endswith(".")
    assert describe_sample(sample).startswith("2,100 words; a model is sent ")
    assert len(VoiceSample(1, "x" * 9_000).excerpt) <= EXCERPT_CHARACTERS
