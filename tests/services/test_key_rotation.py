"""The key is replaced while a job is under way: the job goes on, and all that it stores is under the new one."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.essay.structure import Structure
from bot.services.jobs.job import JobState
from bot.store.encryption import key_fingerprint, read_key_file
from bot.store.rotation import rotate_key
from tests.services.conftest import Room
from tests.services.fakes import Gate, says, seen_until
from tests.services.test_drafting import DRAFT, ended
from tests.store.sealed_story import opened_cells, sealed_cells

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def essay(room: Room, structure: Structure) -> str:
    return await room.essay_with_notes(structure)


async def test_a_draft_under_way_goes_on_under_the_new_key(room: Room, essay: str, database: Path) -> None:
    gate, begun = Gate(), DRAFT[:30]
    room.models.script(says(begun, gate, DRAFT[30:]))
    job = await room.writing.start_draft("me", essay)
    await gate.reached()
    await seen_until(room.jobs, "me", job.id, begun)
    await asyncio.to_thread(rotate_key, database, None, room.clock)
    assert (await room.store.read(lambda tx: tx.jobs.get("me", job.id))).text == begun
    gate.release()
    assert (await ended(room, job)).state is JobState.DONE
    assert (await room.desk.current_version("me", essay)).text == DRAFT
    (key,) = await asyncio.to_thread(read_key_file, database.with_name("essays.db.key")) or ()
    headers = {sealed[:5] for sealed in (await room.store.database.read(sealed_cells)).values()}
    assert headers == {b"\x01" + bytes.fromhex(key_fingerprint(key))}
    assert None not in (await room.store.database.read(opened_cells)).values()
