"""What one writer may keep, in an essay, in all, in a minute and in a day: held by the store, through a restart too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import LimitExceeded
from bot.essay.essay import Essay, Origin
from bot.essay.limits import ROW_BYTES, WriterLimits
from bot.essay.matching import DEFAULT_STRUCTURE
from bot.essay.notes import NewNote
from bot.essay.structure import Structure
from bot.services.critiques import StoredCritique
from bot.services.dm_messages import DmMessageService
from bot.services.essays import EssayService
from bot.store.critiques import SqliteCritiqueStore
from bot.store.quota import Quota
from bot.store.sqlite import SqliteStore

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FEW = WriterLimits(
    essay_bytes=5_000,
    essay_notes=4,
    essay_versions=2,
    writer_essays=2,
    writer_bytes=12_000,
    minute_bytes=4_000,
    day_bytes=10_000,
)
LONG = "x" * 1_000
Open = Callable[[], SqliteStore]


@pytest.fixture
def opened(database: Path) -> Iterator[Open]:
    stores: list[SqliteStore] = []

    def open_() -> SqliteStore:
        stores.append(SqliteStore(database, None, lambda: NOON, Quota(FEW, exempt_writers={"local"})))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


def essay(name: str, writer: str = "me", at: datetime = NOON) -> Essay:
    return Essay(name, writer, "short-one", "Short", None, None, at, at)


async def stored(store: SqliteStore, name: str = "one") -> int:
    """How many notes the essay holds."""
    return len(await store.notes("me", name))


async def test_input_over_the_per_minute_limit_is_refused_whole_and_accepted_a_minute_later(opened: Open) -> None:
    store = opened()
    await store.add_essay(essay("one"))
    await store.add_notes("me", "one", [NewNote(LONG)] * 2, NOON)
    with pytest.raises(LimitExceeded, match="4 kB a minute"):
        await store.add_notes("me", "one", [NewNote(LONG)] * 2, NOON + timedelta(seconds=59))
    assert await stored(store) == 2
    await store.add_notes("me", "one", [NewNote(LONG)], NOON + timedelta(seconds=60))
    assert await stored(store) == 3


async def test_the_daily_limit_survives_a_restart_and_ends_after_a_day(opened: Open) -> None:
    store = opened()
    await store.add_essay(essay("one"))
    await store.add_essay(essay("two"))
    for minute in range(1, 8):
        at = NOON + timedelta(minutes=minute)
        await store.add_notes("me", "one" if minute < 5 else "two", [NewNote(LONG)], at)
    store.close()
    store = opened()
    with pytest.raises(LimitExceeded, match="10 kB a day"):
        await store.add_version("me", "one", None, Origin.EDITED, LONG, 0, NOON + timedelta(hours=23))
    await store.add_version("me", "one", None, Origin.EDITED, LONG, 0, NOON + timedelta(hours=25))
    assert len(await store.versions("me", "one")) == 1


async def test_total_storage_is_limited_and_deleting_frees_room(opened: Open) -> None:
    store = opened()
    for name in ("one", "two"):
        await store.add_essay(essay(name))
    for day in (1, 2, 3, 4):
        name = ("one", "two")[day % 2]
        await store.add_version("me", name, None, Origin.EDITED, LONG * 2 + LONG[:500], 0, NOON + timedelta(day))
    with pytest.raises(LimitExceeded, match="keep more than 12 kB"):
        await store.add_notes("me", "two", [NewNote(LONG * 3)], NOON + timedelta(9))
    await store.delete_essay("me", "one", NOON + timedelta(9))
    await store.add_notes("me", "two", [NewNote(LONG * 3)], NOON + timedelta(9))
    assert await stored(store, "two") == 1


async def test_the_limits_per_essay_and_on_the_number_of_essays_are_enforced(opened: Open) -> None:
    store = opened()
    await store.add_essay(essay("one"))
    await store.add_essay(essay("two"))
    with pytest.raises(LimitExceeded, match="You have 2 essays"):
        await store.add_essay(essay("three"))
    await store.add_notes("me", "one", [NewNote("a")] * 4, NOON)
    with pytest.raises(LimitExceeded, match="4 notes, and this would add 1"):
        await store.add_notes("me", "one", [NewNote("a")], NOON)
    for number in (1, 2):
        await store.add_version("me", "two", None, Origin.EDITED, f"{number}", 0, NOON)
    with pytest.raises(LimitExceeded, match="2 versions"):
        await store.add_version("me", "two", None, Origin.EDITED, "3", 0, NOON)


async def test_text_written_by_a_model_is_never_refused_by_a_limit(opened: Open) -> None:
    store = opened()
    await store.add_essay(essay("one"))
    for number in range(4):
        await store.add_version("me", "one", number or None, Origin.DRAFTED, LONG * 6, 0, NOON, model="some")
    assert len(await store.versions("me", "one")) == 4


async def test_limits_apply_per_writer_and_the_local_writer_has_none(opened: Open) -> None:
    store = opened()
    for writer in ("me", "you", "local"):
        await store.add_essay(essay(f"of-{writer}", writer))
    await store.add_notes("me", "of-me", [NewNote(LONG)] * 3, NOON)
    with pytest.raises(LimitExceeded):
        await store.add_notes("me", "of-me", [NewNote(LONG)], NOON)
    await store.add_notes("you", "of-you", [NewNote(LONG)], NOON)
    await store.add_notes("local", "of-local", [NewNote(LONG)] * 40, NOON)
    assert len(await store.notes("local", "of-local")) == 40


def talking(store: SqliteStore, structure: Structure) -> DmMessageService:
    """Messages at noon; an essay that is begun for one is called "new"."""
    desk = EssayService(
        store, {DEFAULT_STRUCTURE: replace(structure, key=DEFAULT_STRUCTURE)}, lambda: NOON, lambda: "new"
    )
    return DmMessageService(desk, store, lambda: NOON, lambda: "new")


async def test_messages_files_edits_and_pasted_texts_count_towards_the_limits(
    opened: Open, structure: Structure
) -> None:
    store = opened()
    talk, critiques = talking(store, structure), SqliteCritiqueStore(store.thread)
    heard = await talk.add_message("me", 1, LONG)
    assert heard is not None
    assert heard.essay_created
    await talk.edit_message("me", 1, LONG + "!")
    await talk.add_file(heard, "me", 2, 1, "a")
    with pytest.raises(LimitExceeded):
        await talk.edit_message("me", 1, LONG * 2)
    with pytest.raises(LimitExceeded):
        await talk.add_message("me", 3, LONG * 2)
    with pytest.raises(LimitExceeded):
        await talk.add_file(heard, "me", 4, 1, LONG * 2)
    with pytest.raises(LimitExceeded):
        await critiques.add_critique(StoredCritique("c", "me", None, None, None, None, LONG * 2, True, None, {}, NOON))
    assert [piece.text for piece in await talk.pending_messages("me", "new")] == [LONG + "!"]
    assert not await talk.has_file("me", 4, 1)


async def test_a_message_read_late_counts_for_the_minute_in_which_it_was_written(
    opened: Open, structure: Structure
) -> None:
    """Else whoever wrote much while the bot was away would lose what the bot could not take in one minute."""
    store = opened()
    talk = talking(store, structure)
    await store.add_essay(essay("one", at=NOON - timedelta(days=2)))
    await talk.set_context("me", "one", None)
    for number in range(1, 5):
        written = NOON - timedelta(minutes=number)
        assert await talk.add_message("me", number, LONG + str(number), written) is not None
    assert len(await talk.pending_messages("me", "one")) == 4
    assert 4 * (len(LONG) + ROW_BYTES) > FEW.minute_bytes


async def test_the_words_of_a_note_that_is_made_of_messages_count_once(opened: Open, structure: Structure) -> None:
    """In the essay and in all, before and after they have become a note."""
    store = opened()
    talk = talking(store, structure)
    heard = await talk.add_message("me", 1, LONG)
    assert heard is not None
    await talk.finish_all_answers("me", "new")
    assert await stored(store, "new") == 1
    for text in (LONG, LONG, "x" * 400):
        at = NOON + timedelta(hours=len(text))
        await store.add_notes("me", "new", [NewNote(text)], at)
    with pytest.raises(LimitExceeded, match="notes"):
        await talk.edit_message("me", 1, LONG * 3)
    assert (await store.notes("me", "new"))[0].text == LONG
