"""What one writer may keep, in an essay, in all, in a minute and in a day: held by the store, through a restart too."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import LimitExceeded
from bot.essay.essay import Essay, Note, Origin
from bot.essay.limits import ROW_BYTES, WriterLimits
from bot.essay.matching import DEFAULT_STRUCTURE
from bot.essay.notes import NewNote
from bot.essay.structure import Structure
from bot.services import essays
from bot.services.essays import EssayService
from bot.services.services import Services
from bot.services.sharing import Feedback, FeedbackKind
from bot.store.quota import Quota
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services
from tests.services.fakes import FakeModels

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
Open = Callable[[], SqlStore]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    stores: list[SqlStore] = []
    quota = Quota(FEW, exempt_writers={"local"})
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None

    def open_() -> SqlStore:
        if url is not None:
            from tests.postgres_server import open_store  # the driver is imported by tests that use it

            stores.append(open_store(url, lambda: NOON, quota))
        else:
            stores.append(SqliteStore(tmp_path / "essays.db", None, lambda: NOON, quota))
        return stores[-1]

    yield open_
    for store in stores:
        store.close()


async def add_essay(store: SqlStore, name: str, writer: str = "me", at: datetime = NOON) -> None:
    essay = Essay(name, writer, "short-one", "Short", None, None, at, at)
    await store.write(writer, lambda tx: essays.add_essay(tx, essay))


async def add_notes(store: SqlStore, essay: str, *texts: str, at: datetime = NOON, writer: str = "me") -> None:
    passages = [NewNote(text) for text in texts]
    await store.write(writer, lambda tx: essays.add_passages(tx, writer, essay, passages, at))


async def notes(store: SqlStore, essay: str = "one", writer: str = "me") -> tuple[Note, ...]:
    return await store.read(lambda tx: tx.essays.notes(writer, essay))


def desk(store: SqlStore, at: datetime = NOON) -> EssayService:
    """What a writer does at one moment with essays that are there."""
    return join_services(store, None, lambda: at).essays


async def test_input_over_the_per_minute_limit_is_refused_whole_and_accepted_a_minute_later(opened: Open) -> None:
    store = opened()
    await add_essay(store, "one")
    await add_notes(store, "one", LONG, LONG)
    with pytest.raises(LimitExceeded, match="4 kB a minute"):
        await add_notes(store, "one", LONG, LONG, at=NOON + timedelta(seconds=59))
    assert len(await notes(store)) == 2
    await add_notes(store, "one", LONG, at=NOON + timedelta(seconds=60))
    assert len(await notes(store)) == 3


async def test_the_daily_limit_survives_a_restart_and_ends_after_a_day(opened: Open) -> None:
    store = opened()
    await add_essay(store, "one")
    await add_essay(store, "two")
    for minute in range(1, 8):
        await add_notes(store, "one" if minute < 5 else "two", LONG, at=NOON + timedelta(minutes=minute))
    store.close()
    store = opened()
    with pytest.raises(LimitExceeded, match="10 kB a day"):
        await desk(store, NOON + timedelta(hours=23)).add_version("me", "one", None, Origin.EDITED, LONG, 0)
    await desk(store, NOON + timedelta(hours=25)).add_version("me", "one", None, Origin.EDITED, LONG, 0)
    assert len(await desk(store).versions("me", "one")) == 1


async def test_what_others_say_counts_towards_the_size_of_the_essay_until_it_is_deleted(opened: Open) -> None:
    store = opened()
    await add_essay(store, "one")
    said = [Feedback(0, 1, FeedbackKind.READER, LONG, number, NOON) for number in range(3)]
    for item in said:
        await store.write("me", lambda tx, item=item: tx.sharing.add_feedback("me", "one", item))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
    with pytest.raises(LimitExceeded, match="5 kB"):
        await add_notes(store, "one", LONG, LONG)
    await store.write("me", lambda tx: tx.sharing.delete_feedback("me", "one", [1, 2, 3]))
    await add_notes(store, "one", LONG, LONG)


async def test_total_storage_is_limited_and_deleting_frees_room(opened: Open) -> None:
    store = opened()
    for name in ("one", "two"):
        await add_essay(store, name)
    for day in (1, 2, 3, 4):
        name, text = ("one", "two")[day % 2], LONG * 2 + LONG[:500]
        await desk(store, NOON + timedelta(day)).add_version("me", name, None, Origin.EDITED, text, 0)
    with pytest.raises(LimitExceeded, match="keep more than 12 kB"):
        await add_notes(store, "two", LONG * 3, at=NOON + timedelta(9))
    await desk(store, NOON + timedelta(9)).delete_essay("me", "one")
    await add_notes(store, "two", LONG * 3, at=NOON + timedelta(9))
    assert len(await notes(store, "two")) == 1


async def test_the_limits_per_essay_and_on_the_number_of_essays_are_enforced(opened: Open) -> None:
    store = opened()
    await add_essay(store, "one")
    await add_essay(store, "two")
    with pytest.raises(LimitExceeded, match="You have 2 essays"):
        await add_essay(store, "three")
    await add_notes(store, "one", *"aaaa")
    with pytest.raises(LimitExceeded, match="4 notes, and this would add 1"):
        await add_notes(store, "one", "a")
    for number in (1, 2):
        await desk(store).add_version("me", "two", None, Origin.EDITED, f"{number}", 0)
    with pytest.raises(LimitExceeded, match="2 versions"):
        await desk(store).add_version("me", "two", None, Origin.EDITED, "3", 0)


async def test_text_written_by_a_model_is_never_refused_by_a_limit(opened: Open) -> None:
    store = opened()
    await add_essay(store, "one")
    for number in range(4):
        await desk(store).add_version("me", "one", number or None, Origin.DRAFTED, LONG * 6, 0, model="some")
    assert len(await desk(store).versions("me", "one")) == 4


async def test_limits_apply_per_writer_and_the_local_writer_has_none(opened: Open) -> None:
    store = opened()
    for writer in ("me", "you", "local"):
        await add_essay(store, f"of-{writer}", writer)
    await add_notes(store, "of-me", LONG, LONG, LONG)
    with pytest.raises(LimitExceeded):
        await add_notes(store, "of-me", LONG)
    await add_notes(store, "of-you", LONG, writer="you")
    await add_notes(store, "of-local", *[LONG] * 40, writer="local")
    assert len(await notes(store, "of-local", "local")) == 40


def services(store: SqlStore, structure: Structure) -> Services:
    """All services at noon; what is begun in them is called "new"."""
    ours = replace(structure, key=DEFAULT_STRUCTURE)
    return join_services(store, ours, lambda: NOON, lambda: "new", models=FakeModels().ports)


async def test_messages_files_edits_and_pasted_texts_count_towards_the_limits(
    opened: Open, structure: Structure
) -> None:
    joined = services(opened(), structure)
    talk = joined.dm_messages
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
        await joined.critiques.start_text_critique("me", "x " * len(LONG), None, own=True)
    assert [piece.text for piece in await talk.pending_messages("me", "new")] == [LONG + "!"]
    assert not await talk.has_file("me", 4, 1)


async def test_a_message_read_late_counts_for_the_minute_in_which_it_was_written(
    opened: Open, structure: Structure
) -> None:
    """Else whoever wrote much while the bot was away would lose what the bot could not take in one minute."""
    store = opened()
    talk = services(store, structure).dm_messages
    await add_essay(store, "one", at=NOON - timedelta(days=2))
    await talk.set_context("me", "one", None)
    for number in range(1, 5):
        written = NOON - timedelta(minutes=number)
        assert await talk.add_message("me", number, LONG + str(number), written) is not None
    assert len(await talk.pending_messages("me", "one")) == 4
    assert 4 * (len(LONG) + ROW_BYTES) > FEW.minute_bytes


async def test_the_words_of_a_note_that_is_made_of_messages_count_once(opened: Open, structure: Structure) -> None:
    """In the essay and in all, before and after they have become a note."""
    store = opened()
    talk = services(store, structure).dm_messages
    heard = await talk.add_message("me", 1, LONG)
    assert heard is not None
    await talk.finish_all_answers("me", "new")
    assert len(await notes(store, "new")) == 1
    for text in (LONG, LONG, "x" * 400):
        await add_notes(store, "new", text, at=NOON + timedelta(hours=len(text)))
    with pytest.raises(LimitExceeded, match="notes"):
        await talk.edit_message("me", 1, LONG * 3)
    assert (await notes(store, "new"))[0].text == LONG
