"""The rows of DM messages: sealed, in the order of their ids, apart by writer, and without a word once deleted."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from bot.errors import UnknownEssay
from bot.essay.essay import Essay
from bot.essay.matching import DEFAULT_STRUCTURE
from bot.essay.structure import Structure
from bot.services.dm_messages import DmChannel, DmMessageService, StoredMessage
from bot.services.essays import EssayService
from bot.services.notes import NoteService
from bot.services.store_ports import Transaction
from bot.store.database import EncryptedDatabase
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]
CHANNEL, FIRST, SECOND, THIRD = 812_345_678_901_234_567, 9 * 10**17 + 1, 9 * 10**17 + 2, 9 * 10**17 + 3


@pytest.fixture
def desk(store: SqlStore, structure: Structure, clock: Clock) -> EssayService:
    numbers = itertools.count(1)
    ours = replace(structure, key=DEFAULT_STRUCTURE)
    return join_services(store, ours, clock, lambda: f"essay-{next(numbers)}").essays


@pytest.fixture
def talk(store: SqlStore, structure: Structure, clock: Clock) -> DmMessageService:
    numbers = itertools.count(1)
    ours = replace(structure, key=DEFAULT_STRUCTURE)
    return join_services(store, ours, clock, lambda: f"new-{next(numbers)}").dm_messages


async def new_essay(desk: EssayService, *passages: str, writer: str = "me") -> Essay:
    """An essay with these notes."""
    essay = await desk.create_essay(writer, desk.structures[DEFAULT_STRUCTURE])
    for text in passages:
        await desk.add_notes(writer, essay.id, text)
    return essay


async def new_question(desk: EssayService, store: SqlStore, talk: DmMessageService, clock: Clock) -> tuple[str, int]:
    """An essay and the number of the question that stands before its writer."""
    essay, at = (await new_essay(desk)).id, clock()
    asked = await store.write("me", lambda tx: tx.essays.add_question("me", essay, "missed", "What was missing?", at))
    await talk.set_context("me", essay, asked.number)
    return essay, asked.number


async def waiting(talk: DmMessageService, writer: str, essay: str) -> list[tuple[int | None, str]]:
    """Return which question each message answers that waits to become a note, and its text."""
    return [(message.question, message.text) for message in await talk.pending_messages(writer, essay)]


async def heard(talk: DmMessageService, message: int, text: str, writer: str = "me") -> StoredMessage:
    """A message of which nothing was deleted."""
    found = await talk.add_message(writer, message, text)
    assert found is not None
    return found


def rows(database: Path, query: str) -> list[tuple[object, ...]]:
    opened = sqlite3.connect(database)
    try:
        return opened.execute(query).fetchall()
    finally:
        opened.close()


async def test_an_answer_holds_its_messages_in_the_order_of_their_ids_each_once(
    desk: EssayService, store: SqlStore, talk: DmMessageService, clock: Clock, database: Path
) -> None:
    """Also one that was overtaken on its way, and one that comes twice. The note has no text of its own."""
    essay, number = await new_question(desk, store, talk, clock)
    for message, text in ((THIRD, "three"), (FIRST, "one"), (SECOND, "two")):
        assert await heard(talk, message, text) == StoredMessage(essay, number, None, is_new=True)
    assert not (await heard(talk, FIRST, "one")).is_new
    assert await waiting(talk, "me", essay) == [(number, text) for text in ("one", "two", "three")]
    note = await talk.finish_answer("me", essay, number)
    assert note is not None
    assert note.text == "one\n\ntwo\n\nthree"
    assert await desk.notes("me", essay) == (note,)
    assert rows(database, "SELECT number, text FROM notes") == [(1, None)]


async def test_the_database_file_holds_no_readable_discord_id_or_message_text(
    store: SqlStore, talk: DmMessageService, database: Path
) -> None:
    await talk.add_message("me", FIRST, "The lift at Mill Lane", channel=CHANNEL)
    store.close()
    held = b"".join(path.read_bytes() for path in database.parent.glob("essays.db*"))
    for secret in (str(CHANNEL), str(FIRST), "Mill Lane"):
        assert secret.encode() not in held
    dump = "\n".join(sqlite3.connect(database).iterdump())
    for number in (CHANNEL, FIRST):
        assert str(number) not in dump
        assert f"{number:x}" not in dump.lower()


async def test_the_mark_of_a_dm_never_goes_back_and_outlives_the_process(
    store: SqlStore, talk: DmMessageService, clock: Clock, database: Path
) -> None:
    assert await talk.add_channel(DmChannel("me", CHANNEL, FIRST))
    assert not await talk.add_channel(DmChannel("me", CHANNEL, THIRD))
    assert await talk.channels() == (DmChannel("me", CHANNEL, FIRST),)
    await talk.set_last_read("me", THIRD)
    await talk.set_last_read("me", SECOND)
    await talk.set_last_read("somebody", SECOND)
    store.close()
    again = SqliteStore(database, None, clock)
    try:
        assert await again.read(lambda tx: tx.messages.channels()) == (DmChannel("me", CHANNEL, THIRD),)
    finally:
        again.close()


async def test_deleting_an_essay_deletes_its_messages_and_the_next_message_starts_a_new_essay(
    desk: EssayService, talk: DmMessageService
) -> None:
    begun = await heard(talk, FIRST, "one")
    await desk.delete_essay("me", begun.essay)
    next_ = await heard(talk, SECOND, "two")
    assert (next_.essay == begun.essay, next_.essay_created) == (False, True)
    assert await waiting(talk, "me", next_.essay) == [(None, "two")]
    assert await talk.edit_message("me", FIRST, "changed") is None


async def test_deleted_messages_stay_known_without_their_words_until_they_are_not_read_again(
    desk: EssayService, talk: DmMessageService, database: Path
) -> None:
    """However often the channel is read: nothing of a deleted essay comes back, neither as an essay nor in another."""
    for message in (FIRST, SECOND):
        begun = await talk.add_message("me", message, "The lift at Mill Lane", channel=CHANNEL)
    await talk.add_message("another", THIRD, "Mine")
    assert begun is not None
    await desk.delete_essay("me", begun.essay)
    for _ in range(2):
        for message in (FIRST, SECOND):
            assert await talk.add_message("me", message, "The lift at Mill Lane") is None
        other = await new_essay(desk)
    assert await talk.pending_messages("me", other.id) == ()
    forgotten = "SELECT count(*) FROM dm_messages WHERE writer = 'me' AND essay IS NULL AND text IS NULL"
    assert rows(database, forgotten) == [(2,)]
    await talk.set_last_read("me", FIRST)
    assert rows(database, forgotten) == [(1,)]
    assert rows(database, "SELECT count(*) FROM dm_messages WHERE writer = 'another'") == [(1,)]


async def test_a_message_whose_note_was_deleted_does_not_come_back(
    desk: EssayService, notes: NoteService, talk: DmMessageService
) -> None:
    essay = await new_essay(desk, "Before.")
    note = (await heard(talk, FIRST, "one")).note
    assert note == 2
    await notes.delete("me", essay.id, note)
    assert await talk.add_message("me", FIRST, "one") is None
    assert await talk.edit_message("me", FIRST, "changed") is None
    assert (await heard(talk, SECOND, "two")).note == 3


async def test_a_stranger_can_neither_read_nor_change_another_writers_messages(
    desk: EssayService, store: SqlStore, talk: DmMessageService
) -> None:
    mine = await heard(talk, FIRST, "one")
    assert await talk.edit_message("another", FIRST, "changed") is None
    await talk.set_context("another", mine.essay, None)
    for call in (
        talk.pending_messages("another", mine.essay),
        talk.finish_all_answers("another", mine.essay),
        talk.add_file(mine, "another", SECOND, 1, "x"),
    ):
        with pytest.raises(UnknownEssay):
            await call
    assert await store.read(lambda tx: tx.messages.context("another")) is None
    assert await waiting(talk, "me", mine.essay) == [(None, "one")]


def remember_member(name: str, tx: Transaction) -> None:
    tx.values.set(name, "now")


async def test_forgetting_a_writer_leaves_no_message_no_channel_and_no_membership(
    desk: EssayService, store: SqlStore, talk: DmMessageService, database: Path
) -> None:
    for writer in ("me", "another"):
        essay = await new_essay(desk, "Before.", writer=writer)
        await talk.add_message(writer, FIRST + len(writer), "one", channel=CHANNEL)
        await store.write(writer, partial(remember_member, f"member {writer} 7"))
    await store.write("me", lambda tx: tx.people.delete("me"))
    for table in ("dm_messages", "dm_channels", "essays"):
        assert rows(database, f"SELECT writer FROM {table}") == [("another",)]
    assert rows(database, "SELECT name FROM remembered") == [("member another 7",)]
    assert len(await desk.notes("another", essay.id)) == 2


async def test_only_the_marked_message_of_an_answer_is_private(
    desk: EssayService, store: SqlStore, talk: DmMessageService, clock: Clock
) -> None:
    essay, number = await new_question(desk, store, talk, clock)
    for message, text in ((FIRST, "We sold it."), (SECOND, "/Private My boss drank.")):
        await talk.add_message("me", message, text)
    note = await talk.finish_answer("me", essay, number)
    assert note is not None
    assert note.text == "We sold it.\n\n/Private My boss drank."
    assert (note.public_text, note.private_passages) == ("We sold it.", ("My boss drank.",))


@pytest.mark.parametrize("settled", [True, False], ids=["notes at once", "notes later"])
async def test_a_message_that_is_only_a_private_mark_excludes_the_next_message(
    desk: EssayService, talk: DmMessageService, settled: bool
) -> None:
    essay = await new_essay(desk, *(["Before."] if settled else []))
    for message, text in ((FIRST, "[leave out]"), (SECOND, "My boss drank."), (THIRD, "We sold it.")):
        await talk.add_message("me", message, text)
    await talk.finish_all_answers("me", essay.id)
    notes = [note for note in await desk.notes("me", essay.id) if note.text != "Before."]
    assert [(note.text, note.public_text) for note in notes] == [
        ("[leave out]\n\nMy boss drank.", ""),
        ("We sold it.", "We sold it."),
    ]


async def test_a_private_mark_edited_into_a_message_makes_it_private_until_it_is_removed(
    desk: EssayService, talk: DmMessageService
) -> None:
    essay = await new_essay(desk, "Before.")
    await talk.add_message("me", FIRST, "My boss drank.")
    await talk.edit_message("me", FIRST, "[private] My boss drank.")
    note = await desk.note("me", essay.id, 2)
    assert (note.text, note.public_text) == ("[private] My boss drank.", "")
    await talk.edit_message("me", FIRST, "[private] My boss drank a lot.")
    assert (await desk.note("me", essay.id, 2)).is_private
    await talk.edit_message("me", FIRST, "My boss drank a lot.")
    assert (await desk.note("me", essay.id, 2)).public_text == "My boss drank a lot."


async def test_a_note_that_was_left_out_stays_so_whatever_becomes_of_its_message(
    desk: EssayService, notes: NoteService, talk: DmMessageService
) -> None:
    essay = await new_essay(desk, "Before.")
    await talk.add_message("me", FIRST, "My boss drank.")
    await notes.exclude("me", essay.id, 2)
    await talk.edit_message("me", FIRST, "My boss drank a lot.")
    note = await desk.note("me", essay.id, 2)
    assert (note.text, note.public_text) == ("My boss drank a lot.", "")


def _damage(held: EncryptedDatabase, table: str, column: str, where: str) -> None:
    with held.transaction("me") as db:
        for number, cell in db.execute(f"SELECT rowid, {column} FROM {table} WHERE {where}").fetchall():
            db.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", [cell[:60] + b"A", number])


@pytest.mark.parametrize("column", ["channel", "last_read"])
async def test_a_damaged_channel_is_passed_over_until_its_writer_writes_again(
    store: SqlStore, talk: DmMessageService, column: str
) -> None:
    for writer in ("me", "you"):
        await talk.add_channel(DmChannel(writer, CHANNEL, FIRST))
    await store.database.run(lambda held: _damage(held, "dm_channels", column, "writer = 'me'"))
    assert await talk.channels() == (DmChannel("you", CHANNEL, FIRST),)
    assert await talk.add_channel(DmChannel("me", CHANNEL, SECOND))
    assert set(await talk.channels()) == {DmChannel("you", CHANNEL, FIRST), DmChannel("me", CHANNEL, SECOND)}
    await store.database.run(lambda held: _damage(held, "dm_channels", "last_read", "writer = 'me'"))
    await talk.set_last_read("me", THIRD)
    assert DmChannel("me", CHANNEL, THIRD) in await talk.channels()


async def test_a_message_whose_id_is_damaged_keeps_no_mark_from_being_stored(
    store: SqlStore, talk: DmMessageService
) -> None:
    """It stays known, is not stored twice, and becomes a note as the others do."""
    begun = await talk.add_message("me", FIRST, "one", channel=CHANNEL)
    await store.database.run(lambda held: _damage(held, "dm_messages", "id", "writer = 'me'"))
    await heard(talk, SECOND, "two")
    await talk.set_last_read("me", SECOND)
    assert await talk.channels() == (DmChannel("me", CHANNEL, SECOND),)
    assert not (await heard(talk, FIRST, "one")).is_new
    assert begun is not None
    assert [note.text for note in await talk.finish_all_answers("me", begun.essay)] == ["two", "one"]
    assert await talk.pending_messages("me", begun.essay) == ()


async def test_a_damaged_message_is_a_gap_in_the_note_which_is_left_out_until_it_is_mended(
    desk: EssayService, store: SqlStore, talk: DmMessageService, clock: Clock
) -> None:
    """It may have marked the others as private. They can still be edited, and a late one joins them."""
    essay, number = await new_question(desk, store, talk, clock)
    for message, text in ((FIRST, "one"), (SECOND, "two")):
        await talk.add_message("me", message, text)
    await talk.finish_answer("me", essay, number)
    await store.database.run(
        lambda held: _damage(held, "dm_messages", "text", "rowid = (SELECT min(rowid) FROM dm_messages)")
    )
    note = await desk.note("me", essay, 1)
    assert (note.text, note.public_text) == ("[NEED: a message that was damaged and cannot be read]\n\ntwo", "")
    await talk.edit_message("me", SECOND, "two and more")
    assert (await desk.note("me", essay, 1)).text.endswith("\n\ntwo and more")
    await talk.edit_message("me", FIRST, "one, again")
    note = await desk.note("me", essay, 1)
    assert (note.text, note.public_text) == ("one, again\n\ntwo and more", "one, again\n\ntwo and more")


async def test_an_attached_file_is_stored_only_once(desk: EssayService, talk: DmMessageService) -> None:
    essay = await new_essay(desk)
    found = await heard(talk, FIRST, "See the file.")
    page = "# A title\n\n## What I missed\n\none\n\n## What I gave up\n\ntwo\n"
    assert (await talk.add_file(found, "me", FIRST, 1, page)).notes == (1, 2)
    assert (await talk.add_file(found, "me", FIRST, 1, page)).notes == ()
    assert await talk.has_file("me", FIRST, 1)
    assert not await talk.has_file("me", FIRST, 2)
    assert not await talk.has_file("another", FIRST, 1)
    assert [note.text for note in await desk.notes("me", essay.id)] == ["one", "two"]
    assert (await desk.get_essay("me", essay.id)).title == "A title"


async def test_an_essay_with_messages_is_not_deleted_as_an_empty_one(
    desk: EssayService, talk: DmMessageService
) -> None:
    begun = await heard(talk, FIRST, "one")
    await desk.delete_essay("me", begun.essay, if_empty=True)
    assert await waiting(talk, "me", begun.essay) == [(None, "one")]
