"""Messages in the store: each once, in the order of their ids, sealed, and gone with their essay."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from bot.errors import DamagedText, UnknownEssay
from bot.essay.essay import Essay
from bot.essay.notes import Passage
from bot.services.dm_messages import DmChannel, PendingMessage
from bot.store.database import EncryptedDatabase
from bot.store.dm_messages import SqliteDmMessageStore
from bot.store.sqlite import SqliteStore

Clock = Callable[[], datetime]
CHANNEL, FIRST, SECOND, THIRD = (
    812_345_678_901_234_567,
    900_000_000_000_000_001,
    900_000_000_000_000_002,
    9 * 10**17 + 3,
)


@pytest.fixture
def talk(store: SqliteStore) -> SqliteDmMessageStore:
    return SqliteDmMessageStore(store.thread)


def essay(clock: Clock, name: str = "essay-1", writer: str = "me") -> Essay:
    now = clock()
    return Essay(name, writer, "short-one", "Short one", None, None, now, now)


async def asked(store: SqliteStore, clock: Clock, name: str = "essay-1") -> int:
    await store.add_essay(essay(clock, name))
    return (await store.add_question("me", name, "missed", "What was missing?", clock())).number


async def test_pieces_stand_in_the_order_of_their_messages_however_they_came(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    """A message that overtook another on its way is put behind it; one that comes twice is stored once."""
    number = await asked(store, clock)
    for message, text in ((THIRD, "three"), (FIRST, "one"), (SECOND, "two"), (FIRST, "one")):
        heard = await talk.add_message(message, text, essay(clock, "not-used"), clock())
        assert heard is not None
        assert (heard.essay, heard.question, heard.note) == ("essay-1", number, None)
    assert heard is not None
    assert not heard.is_new
    assert await talk.pending_messages("me", "essay-1") == tuple(
        PendingMessage(number, text) for text in ("one", "two", "three")
    )
    (note,) = await talk.make_notes("me", "essay-1", number, clock())
    assert note.text == "one\n\ntwo\n\nthree"
    assert await talk.make_notes("me", "essay-1", number, clock()) == ()
    assert len(await store.essays("me")) == 1


async def test_nothing_that_discord_gave_or_a_person_wrote_stands_readable_in_the_file(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    await talk.add_message(FIRST, "The lift at Mill Lane", essay(clock), clock())
    await talk.add_channel("me", CHANNEL, FIRST)
    store.close()
    held = b"".join(path.read_bytes() for path in database.parent.glob("essays.db*"))
    for secret in (str(CHANNEL), str(FIRST), "Mill Lane"):
        assert secret.encode() not in held
    dump = "\n".join(sqlite3.connect(database).iterdump())
    for number in (CHANNEL, FIRST):
        assert str(number) not in dump
        assert f"{number:x}" not in dump.lower()


async def test_a_mark_never_goes_back_and_outlives_the_process(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    assert await talk.add_channel("me", CHANNEL, FIRST)
    assert not await talk.add_channel("me", CHANNEL, THIRD)
    assert await talk.channels() == (DmChannel("me", CHANNEL, FIRST),)
    await talk.set_last_read("me", THIRD, clock())
    await talk.set_last_read("me", SECOND, clock())
    await talk.set_last_read("somebody", SECOND, clock())
    store.close()
    again = SqliteStore(database, None, clock)
    assert await SqliteDmMessageStore(again.thread).channels() == (DmChannel("me", CHANNEL, THIRD),)
    again.close()


async def test_a_deleted_essay_takes_its_messages_along_and_the_next_goes_elsewhere(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    await talk.add_message(FIRST, "one", essay(clock), clock())
    await store.delete_essay("me", "essay-1", clock())
    heard = await talk.add_message(SECOND, "two", essay(clock, "essay-2"), clock())
    assert heard is not None
    assert (heard.essay, heard.essay_created) == ("essay-2", True)
    assert await talk.pending_messages("me", "essay-2") == (PendingMessage(None, "two"),)
    assert await talk.edit_message("me", FIRST, "changed", clock()) is None


async def test_what_was_heard_stays_known_without_its_words_until_it_is_not_read_again(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    """However often the channel is read: nothing of a deleted essay comes back, neither as an essay nor in another."""
    await talk.add_channel("me", CHANNEL, FIRST - 1)
    for message in (FIRST, SECOND):
        await talk.add_message(message, "The lift at Mill Lane", essay(clock), clock())
    await talk.add_message(THIRD, "Mine", essay(clock, "other", "another"), clock())
    for name in (None, "essay-2"):
        await store.delete_essay("me", "essay-1", clock()) if name is None else await store.add_essay(
            essay(clock, name)
        )
        for message in (FIRST, SECOND):
            assert await talk.add_message(message, "The lift at Mill Lane", essay(clock, "new"), clock()) is None
    assert [found.id for found in await store.essays("me")] == ["essay-2"]
    assert await talk.pending_messages("me", "essay-2") == ()
    rows = sqlite3.connect(database)
    await talk.set_last_read("me", FIRST, clock())
    assert rows.execute("SELECT count(*) FROM heard WHERE writer = 'me'").fetchone() == (1,)
    await talk.delete_writer("me")
    assert rows.execute("SELECT writer FROM heard").fetchall() == [("another",)]


async def test_a_database_of_the_release_before_knows_what_it_heard(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    await talk.add_message(FIRST, "one", essay(clock), clock())
    store.close()
    older = sqlite3.connect(database)
    older.executescript("DROP TABLE heard; DELETE FROM _sqlite_migrations WHERE name = '0005_heard';")
    older.close()
    again = SqliteStore(database, None, clock)
    try:
        await again.delete_essay("me", "essay-1", clock())
        assert await SqliteDmMessageStore(again.thread).add_message(FIRST, "one", essay(clock, "new"), clock()) is None
    finally:
        again.close()


async def test_nobody_changes_or_reads_what_somebody_else_wrote(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    await talk.add_message(FIRST, "one", essay(clock), clock())
    assert await talk.edit_message("another", FIRST, "changed", clock()) is None
    await talk.set_context("another", "essay-1", None, clock())
    with pytest.raises(UnknownEssay):
        await talk.pending_messages("another", "essay-1")
    with pytest.raises(UnknownEssay):
        await talk.make_notes("another", "essay-1", None, clock())
    with pytest.raises(UnknownEssay):
        await talk.add_file("another", "essay-1", SECOND, 1, [Passage("x")], None, clock())
    assert await talk.pending_messages("me", "essay-1") == (PendingMessage(None, "one"),)


async def test_a_file_is_stored_once(store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock) -> None:
    await talk.add_message(FIRST, "", essay(clock), clock())
    passages = [Passage("one", "missed"), Passage("two")]
    for made in ((1, 2), ()):
        assert await talk.add_file("me", "essay-1", FIRST, 1, passages, "A title", clock()) == made
    assert await talk.has_file(FIRST, 1)
    assert not await talk.has_file(FIRST, 2)
    assert [note.text for note in await store.notes("me", "essay-1")] == ["one", "two"]
    assert (await store.essay("me", "essay-1")).title == "A title"


async def test_forgetting_a_person_leaves_no_message_and_no_channel(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    await talk.add_message(FIRST, "one", essay(clock), clock())
    await talk.add_channel("me", CHANNEL, FIRST)
    await talk.delete_writer("me")
    assert await talk.channels() == ()
    assert await talk.pending_messages("me", "essay-1") == ()
    rows = sqlite3.connect(database).execute(
        "SELECT (SELECT count(*) FROM pieces), (SELECT count(*) FROM conversations), (SELECT count(*) FROM heard),"
        " (SELECT count(*) FROM turns)"
    )
    assert rows.fetchone() == (0, 0, 0, 0)


async def test_a_marked_message_of_an_answer_is_private_and_the_others_are_not(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    number = await asked(store, clock)
    for message, text in ((FIRST, "We sold it."), (SECOND, "/Private My boss drank.")):
        await talk.add_message(message, text, essay(clock, "not-used"), clock())
    (note,) = await talk.make_notes("me", "essay-1", number, clock())
    assert note.text == "We sold it.\n\n/Private My boss drank."
    assert (note.public, note.private) == ("We sold it.", ("My boss drank.",))


@pytest.mark.parametrize("settled", [True, False], ids=["notes at once", "notes later"])
async def test_a_message_that_is_a_mark_alone_leaves_out_the_next_one(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, settled: bool
) -> None:
    await store.add_essay(essay(clock))
    if settled:
        await store.add_notes("me", "essay-1", [Passage("Before.")], clock())
    for message, text in ((FIRST, "[leave out]"), (SECOND, "My boss drank."), (THIRD, "We sold it.")):
        await talk.add_message(message, text, essay(clock, "not-used"), clock())
    await talk.make_notes("me", "essay-1", None, clock())
    notes = [note for note in await store.notes("me", "essay-1") if note.text != "Before."]
    assert [(note.text, note.public) for note in notes] == [
        ("[leave out]\n\nMy boss drank.", ""),
        ("We sold it.", "We sold it."),
    ]


async def test_a_mark_put_into_a_message_later_makes_it_private_for_as_long_as_it_stands_there(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    await store.add_essay(essay(clock))
    await store.add_notes("me", "essay-1", [Passage("Before.")], clock())
    await talk.add_message(FIRST, "My boss drank.", essay(clock, "not-used"), clock())
    await talk.edit_message("me", FIRST, "[private] My boss drank.", clock())
    note = (await store.notes("me", "essay-1"))[1]
    assert (note.text, note.public) == ("[private] My boss drank.", "")
    await store.set_note_excluded("me", "essay-1", note.number, False, clock())
    await talk.edit_message("me", FIRST, "[private] My boss drank a lot.", clock())
    assert (await store.notes("me", "essay-1"))[1].is_private
    await talk.edit_message("me", FIRST, "My boss drank a lot.", clock())
    assert (await store.notes("me", "essay-1"))[1].public == "My boss drank a lot."


async def test_a_note_that_the_release_before_left_out_stays_so_whatever_becomes_of_its_message(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    """It took the mark off the note, and left the whole note out."""
    await store.add_essay(essay(clock))
    await store.add_notes("me", "essay-1", [Passage("Before.")], clock())
    await talk.add_message(FIRST, "[private] My boss drank.\n\nWe sold it.", essay(clock, "not-used"), clock())
    before = (await store.notes("me", "essay-1"))[1]
    passage = Passage("My boss drank.\n\nWe sold it.", left_out=True)
    sealed = store.thread
    await sealed.run(
        lambda database: database.db.execute(
            "UPDATE notes SET text = ?, left_out = 1 WHERE number = 2", [database.cipher.encrypt(passage.text)]
        )
    )
    note = (await store.notes("me", "essay-1"))[1]
    assert (note.text, note.public) == (passage.text, "")
    await talk.edit_message("me", FIRST, "My boss drank a lot.", clock())
    note = (await store.notes("me", "essay-1"))[1]
    assert (note.number, note.text, note.public) == (before.number, "My boss drank a lot.", "")


async def test_what_stood_before_somebody_when_the_release_before_ended_stands_there_still(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    """Also for a message that was written after it was asked and is read late. Whose DM is known is as it was: nobody
    else is taken for met."""
    number = await asked(store, clock)
    await store.add_essay(essay(clock, "newer"))
    await talk.add_channel("known", CHANNEL, FIRST)
    before = clock()
    store.close()
    older = sqlite3.connect(database)
    older.executescript(f"""
        DROP TABLE turns; DROP TABLE gone; DELETE FROM _sqlite_migrations WHERE name = '0006_turns';
        ALTER TABLE conversations ADD COLUMN essay TEXT REFERENCES essays (id) ON DELETE SET NULL;
        ALTER TABLE conversations ADD COLUMN question INTEGER;
        CREATE INDEX conversations_by_essay ON conversations (essay);
        INSERT INTO conversations VALUES ('me', NULL, NULL, 'essay-1', {number}), ('nobody', NULL, NULL, NULL, NULL);
    """)
    older.close()
    again = SqliteStore(database, None, clock)
    talk = SqliteDmMessageStore(again.thread)
    try:
        for message, written in ((FIRST, before), (SECOND, None)):
            heard = await talk.add_message(message, "It was loud.", essay(clock, "not-used"), clock(), written)
            assert heard is not None
            assert (heard.essay, heard.question, heard.note) == ("essay-1", number, None)
        assert await talk.channels() == (DmChannel("known", CHANNEL, FIRST),)
        await again.delete_essay("me", "newer", clock())
        assert sqlite3.connect(database).execute("SELECT * FROM gone").fetchall() == []
        assert await talk.add_channel("me", CHANNEL, SECOND)
        assert DmChannel("me", CHANNEL, SECOND) in await talk.channels()
    finally:
        again.close()


async def test_what_a_message_read_late_needs_is_kept_only_for_as_long_as_one_may_come(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, database: Path
) -> None:
    """The ids of deleted essays, and what stood before somebody; those of a writer without a DM not at all."""
    await talk.add_channel("me", CHANNEL, FIRST)
    for writer in ("me", "another"):
        for name in ("one", "two"):
            await store.add_essay(essay(clock, f"{writer}-{name}", writer))
            await talk.set_context(writer, f"{writer}-{name}", None, clock())
        await store.delete_essay(writer, f"{writer}-one", clock())
    rows = sqlite3.connect(database)
    turns = "SELECT essay FROM turns WHERE writer = 'me'"
    assert rows.execute("SELECT essay FROM gone").fetchall() == [("me-one",)]
    assert rows.execute(turns).fetchall() == [("me-one",), ("me-two",)]
    await talk.set_last_read("me", THIRD, clock())
    assert rows.execute("SELECT essay FROM gone").fetchall() == []
    assert rows.execute(turns).fetchall() == [("me-two",)]
    await talk.delete_writer("me")
    assert rows.execute("SELECT DISTINCT writer FROM turns").fetchall() == [("another",)]


def _damage(held: EncryptedDatabase, table: str, column: str, writer: str) -> None:
    query = f"UPDATE {table} SET {column} = cast(substr({column}, 1, 60) || 'A' AS BLOB) WHERE writer = ?"
    with held.transaction() as db:
        db.execute(query, [writer])


@pytest.mark.parametrize("column", ["channel", "read"])
async def test_a_damaged_channel_is_passed_over_until_its_writer_is_met_again(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock, column: str
) -> None:
    for writer in ("me", "you"):
        await talk.add_channel(writer, CHANNEL, FIRST)
    await store.thread.run(lambda held: _damage(held, "conversations", column, "me"))
    assert await talk.channels() == (DmChannel("you", CHANNEL, FIRST),)
    assert await talk.add_channel("me", CHANNEL, SECOND)
    assert set(await talk.channels()) == {DmChannel("you", CHANNEL, FIRST), DmChannel("me", CHANNEL, SECOND)}
    await store.thread.run(lambda held: _damage(held, "conversations", "read", "me"))
    await talk.set_last_read("me", THIRD, clock())
    assert DmChannel("me", CHANNEL, THIRD) in await talk.channels()


async def test_a_damaged_id_of_what_was_heard_keeps_no_mark_from_being_stored(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    """What was heard stays known: it is not stored twice."""
    await talk.add_message(FIRST, "one", essay(clock), clock())
    await talk.add_channel("me", CHANNEL, FIRST - 1)
    await store.thread.run(lambda held: _damage(held, "heard", "id", "me"))
    await talk.add_message(SECOND, "two", essay(clock), clock())
    await talk.set_last_read("me", SECOND, clock())
    assert await talk.channels() == (DmChannel("me", CHANNEL, SECOND),)
    again = await talk.add_message(FIRST, "one", essay(clock), clock())
    assert again is not None
    assert not again.is_new


async def test_a_damaged_message_is_a_gap_in_the_note_and_the_others_are_kept(
    store: SqliteStore, talk: SqliteDmMessageStore, clock: Clock
) -> None:
    """An edit of another one leaves the note as it is, and says why; one that comes late is a note of its own."""
    number = await asked(store, clock)
    for message, text in ((FIRST, "one"), (SECOND, "two")):
        await talk.add_message(message, text, essay(clock), clock())

    def damage(held: EncryptedDatabase) -> None:
        key = held.db.execute("SELECT message FROM pieces ORDER BY rowid LIMIT 1").fetchone()[0]
        with held.transaction() as db:
            db.execute("UPDATE pieces SET text = cast('x' AS BLOB) WHERE message = ?", [key])

    await store.thread.run(damage)
    (note,) = await talk.make_notes("me", "essay-1", number, clock())
    assert note.text == "[NEED: a message that was damaged and cannot be read]\n\ntwo"
    with pytest.raises(DamagedText, match="edit the note"):
        await talk.edit_message("me", SECOND, "two and more", clock())
    assert (await store.notes("me", "essay-1"))[0].text == note.text
    heard = await talk.add_message(THIRD, "late", essay(clock), clock(), clock())
    assert heard is not None
    assert (await store.notes("me", "essay-1"))[0] == note
    changed = await talk.edit_message("me", FIRST, "one, again", clock())
    assert changed is not None
    assert (await store.notes("me", "essay-1"))[0].text.startswith("one, again\n\ntwo")
