"""What is PostgreSQL's own: several processes on one database, a server that goes and comes, its schema."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

import psycopg
import pytest
from psycopg import errors

from bot.bootstrap import import_postgres
from bot.errors import (
    DamagedDatabase,
    DatabaseServerAway,
    EncryptionKeyMissing,
    ForeignDatabase,
    JobRunning,
    NewerDatabase,
    OverBudget,
    PostgresDriverMissing,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from bot.essay.essay import Essay
from bot.essay.notes import NewNote
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobState
from bot.services.jobs.store_ports import PanelEditor
from bot.services.ledger import Budgets, RecordingLedger, Reservation
from bot.services.llm_ports import ModelRole
from bot.services.store_ports import Transaction
from bot.store.encryption import generate_key, key_fingerprint
from bot.store.postgres import (
    PostgresConnection,
    PostgresStore,
    _Vacuum,
    check_server,
    describe_url,
    open_database,
    translate,
    translate_errors,
)
from bot.store.rotation import rotate
from bot.store.sqlite import SqliteConnection, SqliteStore
from tests.postgres_server import KEY, PostgresServer, find_programs, open_store
from tests.store.sealed_story import fill, opened_cells, sealed_cells

pytestmark = pytest.mark.postgres

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CENT = 10_000_000  # nano-dollars


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.fixture
def stores(url: str) -> Iterator[tuple[PostgresStore, PostgresStore]]:
    """Two processes that serve one database."""
    both = tuple(PostgresStore(url, KEY, lambda: NOON, connections=4, process=f"{n}-x-1") for n in (999_998, 999_999))
    yield both[0], both[1]
    for store in both:
        store.close()


def essay(writer: str = "me", name: str = "one") -> Essay:
    return Essay(name, writer, "layoff", "A title", None, None, NOON, NOON)


async def test_budgets_are_never_passed_by_processes_that_reserve_at_once(
    stores: tuple[PostgresStore, PostgresStore],
) -> None:
    budgets = Budgets(Decimal(100), Decimal(1), Decimal(100))
    ledgers = [RecordingLedger(store, budgets) for store in stores]

    async def reserve(number: int) -> bool:
        call = Reservation(f"w{number}", ModelRole.WRITER, "big", "draft.md", "abc", 9 * CENT)
        try:
            await ledgers[number % 2].reserve(call, NOON)
        except OverBudget:
            return False
        return True

    allowed = await asyncio.gather(*(reserve(number) for number in range(40)))
    assert sum(allowed) == 11
    assert (await ledgers[0].spending("w1", NOON)).month == 99 * CENT


async def test_of_two_starts_on_one_essay_in_two_processes_one_wins(
    stores: tuple[PostgresStore, PostgresStore],
) -> None:
    await stores[0].write("me", lambda tx: tx.essays.add(essay()))

    async def start(number: int) -> Job | None:
        def step(tx: Transaction) -> Job:
            return tx.jobs.add("me", "one", JobKind.DRAFT, None, "", NOON)

        try:
            return await stores[number % 2].write("me", step)
        except JobRunning:
            return None

    found = [job for job in await asyncio.gather(*(start(number) for number in range(8))) if job is not None]
    assert len(found) == 1
    assert (await stores[1].read(lambda tx: tx.jobs.latest("me", "one"))) == found[0]


async def test_notes_of_one_writer_from_two_processes_at_once_get_different_numbers(
    stores: tuple[PostgresStore, PostgresStore],
) -> None:
    await stores[0].write("me", lambda tx: tx.essays.add(essay()))

    async def add(number: int) -> int:
        note = await stores[number % 2].write(
            "me", lambda tx: tx.essays.add_note("me", "one", NewNote(f"Note {number}."), NOON)
        )
        return note.number

    assert sorted(await asyncio.gather(*(add(number) for number in range(30)))) == list(range(1, 31))
    notes = await stores[0].read(lambda tx: tx.essays.notes("me", "one"))
    assert {note.text for note in notes} == {f"Note {number}." for number in range(30)}


async def test_the_writes_of_one_owner_are_done_in_the_order_in_which_they_were_asked_for(
    stores: tuple[PostgresStore, PostgresStore],
) -> None:
    def step(number: int, tx: Transaction) -> None:
        tx.values.set("order", f"{tx.values.get('order') or ''}{number} ")

    await asyncio.gather(*(stores[0].write("me", lambda tx, n=n: step(n, tx)) for n in range(30)))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
    assert await stores[0].read(lambda tx: tx.values.get("order")) == "".join(f"{n} " for n in range(30))


async def test_what_a_click_reads_waits_for_no_write(url: str) -> None:
    store = PostgresStore(url, KEY, lambda: NOON, connections=2)
    begun, released = threading.Event(), threading.Event()

    def slow(tx: Transaction) -> None:
        begun.set()
        assert released.wait(30)

    writes = [asyncio.ensure_future(store.write(f"w{n}", slow)) for n in range(5)]
    await asyncio.to_thread(begun.wait, 10)
    assert await store.read(lambda tx: tx.values.get("anything")) is None
    released.set()
    await asyncio.gather(*writes)
    store.close()


async def test_a_write_behind_another_process_that_hangs_is_told_that_the_database_is_busy(
    stores: tuple[PostgresStore, PostgresStore], url: str
) -> None:
    await stores[0].write("me", lambda tx: tx.values.set("name", "before"))
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtextextended('me', 0))")
        with pytest.raises(StoreBusy, match="try again in a moment"):
            await stores[0].write("me", lambda tx: tx.values.set("name", "after"))
        await stores[0].write("you", lambda tx: tx.values.set("of you", "stored"))
    assert await stores[1].read(lambda tx: (tx.values.get("name"), tx.values.get("of you"))) == ("before", "stored")


async def test_text_of_a_job_whose_essay_is_deleted_in_another_process_keeps_no_others_from_being_stored(
    stores: tuple[PostgresStore, PostgresStore],
) -> None:
    jobs = []
    for name in ("one", "two"):
        await stores[0].write("me", lambda tx, name=name: tx.essays.add(essay(name=name)))  # type: ignore[misc]  # mypy does not infer a lambda's defaults
        jobs.append(
            await stores[0].write("me", lambda tx, name=name: tx.jobs.add("me", name, JobKind.DRAFT, None, "", NOON))  # type: ignore[misc]
        )
    deleting, deleted = threading.Event(), threading.Event()

    def delete(tx: Transaction) -> None:
        tx.essays.delete("me", "one")
        deleting.set()
        assert deleted.wait(30)

    other = asyncio.ensure_future(stores[1].write("me", delete))
    await asyncio.to_thread(deleting.wait, 10)
    flush = asyncio.ensure_future(
        stores[0].write("job texts", lambda tx: tx.jobs.append_text({job.id: "Words." for job in jobs}))
    )
    await stores[0].write("else", lambda tx: None)
    deleted.set()
    await asyncio.gather(other, flush)
    assert (await stores[0].read(lambda tx: tx.jobs.get("me", jobs[1].id))).text == "Words."


async def test_a_flush_that_is_under_way_leaves_no_text_with_a_job_that_ends_meanwhile(
    stores: tuple[PostgresStore, PostgresStore], url: str
) -> None:
    await stores[0].write("me", lambda tx: tx.essays.add(essay()))
    job = await stores[0].write("me", lambda tx: tx.jobs.add("me", "one", JobKind.DRAFT, None, "", NOON))
    appended, go_on = threading.Event(), threading.Event()

    def flush(tx: Transaction) -> None:
        tx.jobs.append_text({job.id: "Words."})
        appended.set()
        assert go_on.wait(30)

    flushing = asyncio.ensure_future(stores[0].write("job texts", flush))
    await asyncio.to_thread(appended.wait, 10)
    ending = asyncio.ensure_future(
        stores[1].write("me", lambda tx: tx.jobs.end(job.id, JobOutcome(JobState.STOPPED, None, 1), NOON))
    )
    with psycopg.connect(url, autocommit=True) as server:
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        is_waiting = 0
        while not ending.done() and not is_waiting:
            ((is_waiting,),) = (await asyncio.to_thread(server.execute, waiting)).fetchall()
    go_on.set()
    await asyncio.gather(flushing, ending)
    assert (await stores[0].read(lambda tx: tx.jobs.get("me", job.id))).text == ""


@pytest.fixture
async def own_server() -> AsyncIterator[PostgresServer]:
    """A server that a test may stop."""
    programs = find_programs()
    assert programs is not None
    server = await asyncio.to_thread(PostgresServer.start_new, programs)
    yield server
    await asyncio.to_thread(server.remove)


async def test_a_server_that_goes_is_told_of_kindly_and_used_again_when_it_is_back(
    postgres_server: PostgresServer, own_server: PostgresServer
) -> None:
    store = open_store(own_server.new_database(), lambda: NOON)
    await store.write("me", lambda tx: tx.values.set("name", "acknowledged"))
    await asyncio.to_thread(own_server.stop, "immediate")
    for step in (
        store.read(lambda tx: tx.values.get("name")),
        store.write("me", lambda tx: tx.values.set("name", "x")),
    ):
        with pytest.raises(DatabaseServerAway, match="goes on by itself") as told:
            await step
        assert "Try again in a moment" in told.value.public_message
        assert told.value.is_temporary
    await asyncio.to_thread(own_server.start)
    for _ in range(30):
        try:
            assert await store.read(lambda tx: tx.values.get("name")) == "acknowledged"
            break
        except DatabaseServerAway:  # the pool waits a little longer after each attempt
            continue
    else:
        pytest.fail("the store does not come back")
    await store.write("me", lambda tx: tx.values.set("name", "after"))
    store.close()


def rename_first(writer: str, title: str, tx: Transaction) -> None:
    tx.essays.rename(writer, tx.essays.of_writer(writer)[0].id, title, NOON)


async def test_a_key_is_replaced_while_two_processes_write(postgres_server: PostgresServer) -> None:
    url, new = postgres_server.new_database(), generate_key().decode()
    old = open_store(url, lambda: NOON)
    for number in range(20):
        await old.write(f"w{number}", lambda tx, n=number: fill(tx, f"w{n}", NOON))  # type: ignore[misc]
    before = await old.database.read(opened_cells)
    old.close()
    both = [PostgresStore(url, f"{new},{KEY}", lambda: NOON, connections=4) for _ in range(2)]
    stopped = asyncio.Event()

    async def go_on(number: int) -> int:
        count = 0
        while not stopped.is_set():
            count += 1
            await both[number % 2].write(f"w{number}", partial(rename_first, f"w{number}", f"Title {count}"))
        return count

    def replace_key() -> tuple[str, int]:
        with open_database(url, f"{new},{KEY}", lambda: NOON) as database:
            done = rotate(database, lambda: NOON, from_setting=True)
        return done.sealing, done.emptied

    writing = [asyncio.ensure_future(go_on(number)) for number in range(4)]
    assert await asyncio.to_thread(replace_key) == (key_fingerprint(new.encode()), 0)
    stopped.set()
    assert all(await asyncio.gather(*writing))
    for store in both:
        store.close()
    with pytest.raises(EncryptionKeyMissing, match="not in DATABASE_KEY"):
        open_store(url, lambda: NOON)
    only = PostgresStore(url, new, lambda: NOON)
    after = await only.database.read(opened_cells)
    headers = {sealed[1:5].hex() for sealed in (await only.database.read(sealed_cells)).values()}
    only.close()
    assert headers == {key_fingerprint(new.encode())}
    assert before.keys() == after.keys()
    assert {cell for cell in before if before[cell] != after[cell]} <= {cell for cell in before if cell[1] == "title"}
    assert None not in after.values()


def test_the_tables_are_those_of_sqlite(url: str, tmp_path: Path) -> None:
    """By name, column, kind, what may be missing, what is one of its kind, and what refers to what."""
    open_store(url, lambda: NOON).close()
    SqliteStore(tmp_path / "essays.db", None, lambda: NOON).close()
    opened = sqlite3.connect(tmp_path / "essays.db")
    with psycopg.connect(url, autocommit=True) as connection:
        ours, theirs = SqliteConnection(opened).tables(), PostgresConnection(connection).tables()
        assert {table.name for table in ours} == {table.name for table in theirs}
        kinds = {"INTEGER": "bigint", "TEXT": "text", "BLOB": "bytea"}
        for table in ours:
            there = next(one for one in theirs if one.name == table.name)
            assert set(there.foreign_keys) == set(table.foreign_keys)
            columns = opened.execute(f"SELECT name, type, \"notnull\" OR pk FROM pragma_table_info('{table.name}')")
            found = connection.execute(
                "SELECT column_name, data_type, is_nullable = 'NO', collation_name FROM information_schema.columns"
                " WHERE table_name = %s AND table_schema = current_schema() AND column_name <> 'rowid'",
                [table.name],
            ).fetchall()
            expected = {
                (name, kinds[kind], bool(needed), "C" if kind == "TEXT" else None) for name, kind, needed in columns
            }
            assert set(found) == expected, table.name
            unique = {
                tuple(name for (name,) in opened.execute(f"SELECT name FROM pragma_index_info('{index}')"))
                for (index,) in opened.execute(f"SELECT name FROM pragma_index_list('{table.name}') WHERE \"unique\"")
            }
            primary = opened.execute(
                f"SELECT name FROM pragma_table_info('{table.name}') WHERE pk ORDER BY pk"
            ).fetchall()
            unique.add(tuple(name for (name,) in primary))
            indexes = connection.execute(
                "SELECT array(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(n, o)"
                " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n ORDER BY o)"
                " FROM pg_index i WHERE i.indisunique AND i.indrelid = %s::regclass",
                [table.name],
            ).fetchall()
            assert {tuple(names) for (names,) in indexes} - {("rowid",)} == unique, table.name
    opened.close()


async def test_a_database_of_another_program_or_a_newer_release_or_without_its_key_is_refused(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.new_database()
    assert not check_server(url, KEY)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE customers (id int)")
        for attempt in (lambda: check_server(url, KEY), lambda: open_store(url, lambda: NOON)):
            with pytest.raises(ForeignDatabase, match="DATABASE_URL to an empty database"):
                attempt()
        connection.execute("DROP TABLE customers")
        open_store(url, lambda: NOON).close()
        assert check_server(url, KEY)
        with pytest.raises(EncryptionKeyMissing, match="not in DATABASE_KEY: put it back there"):
            check_server(url, generate_key().decode())
        connection.execute("INSERT INTO _schema_steps VALUES ('9999_later', 'then')")
        with pytest.raises(NewerDatabase):
            open_store(url, lambda: NOON)


async def test_processes_that_open_a_new_database_at_once_all_use_it(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    stores = await asyncio.gather(*(asyncio.to_thread(open_store, url, lambda: NOON) for _ in range(4)))
    assert len({store.pseudonym_secret for store in stores}) == 1
    for store in stores:
        store.close()


@pytest.mark.parametrize(
    "url",
    ["postgresql://someone:s3cret@127.0.0.1:1/essays", "postgresql://someone@127.0.0.1:1/essays?password=s3cret"],
)
def test_no_error_holds_the_password(url: str, caplog: pytest.LogCaptureFixture) -> None:
    assert describe_url(url) == "postgresql://127.0.0.1:1/essays"
    with pytest.raises(StoreUnavailable, match=r"postgresql://127.0.0.1:1/essays") as told:
        open_store(url, lambda: NOON)
    cause = told.value.__cause__
    assert "s3cret" not in f"{told.value} {told.value!r} {cause} {cause!r} {caplog.text}"


@pytest.mark.parametrize(
    ("query", "translated"),
    [
        ("SELECT 1 WHERE a = ? AND b LIKE 'x?%'", b"SELECT 1 WHERE a = %s AND b LIKE 'x?%%'"),
        ("SELECT ?2, ?1, ?2", b"SELECT %(2)s, %(1)s, %(2)s"),
        ("SELECT ':no' || :writer", b"SELECT ':no' || %(writer)s"),
        ("SELECT 'it''s ?', \"a?\", ?", b"SELECT 'it''s ?', \"a?\", %s"),
    ],
)
def test_marks_are_translated_and_what_is_quoted_is_left_alone(query: str, translated: bytes) -> None:
    assert translate(query)[0] == translated


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (errors.DiskFull, StoreFull),
        (errors.LockNotAvailable, StoreBusy),
        (errors.QueryCanceled, StoreBusy),
        (errors.DeadlockDetected, StoreBusy),
        (errors.DataCorrupted, DamagedDatabase),
        (errors.AdminShutdown, DatabaseServerAway),
        (errors.TooManyConnections, DatabaseServerAway),
        (errors.ConnectionFailure, DatabaseServerAway),
        (errors.InsufficientPrivilege, StoreUnavailable),
    ],
)
def test_what_the_server_says_is_told_as_of_any_database(said: type[psycopg.Error], told: type[StoreError]) -> None:
    with pytest.raises(told, match="postgresql://here/essays"), translate_errors("postgresql://here/essays"):
        raise said("for a reason")


def test_without_the_driver_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import bot.store

    monkeypatch.delattr(bot.store, "postgres")
    monkeypatch.delitem(sys.modules, "bot.store.postgres")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(PostgresDriverMissing, match=r"^The address .*career-essay-bot\[postgres\]"):
        import_postgres()


def test_what_is_deleted_while_rows_are_given_free_waits_for_nothing() -> None:
    begun, over, asked = threading.Event(), threading.Event(), threading.Event()
    times: list[None] = []

    def vacuum() -> None:
        times.append(None)
        begun.set()
        over.wait()

    def delete_more() -> None:
        vacuums.ask()
        asked.set()

    vacuums = _Vacuum(vacuum)
    vacuums.ask()
    closing = threading.Thread(target=vacuums.close)
    closing.start()
    begun.wait()
    threading.Thread(target=delete_more).start()
    is_free = asked.wait(10.0)
    over.set()
    closing.join()
    vacuums.close()
    assert (is_free, len(times)) == (True, 2)


async def test_the_room_of_deleted_rows_is_given_free(postgres_server: PostgresServer) -> None:
    url = postgres_server.new_database()
    store = open_store(url, lambda: NOON)
    await store.write("ann", lambda tx: fill(tx, "ann", NOON))
    await store.write("ann", lambda tx: tx.people.delete("ann"))
    store.close()
    with psycopg.connect(url) as connection:
        query = "SELECT relname FROM pg_stat_user_tables WHERE vacuum_count > 0"
        vacuumed = {name for (name,) in connection.execute(query)}
    assert {"essays", "notes", "versions", "jobs", "job_texts", "dm_messages"} <= vacuumed


async def test_a_damaged_text_is_logged_once(url: str, caplog: pytest.LogCaptureFixture) -> None:
    store = open_store(url, lambda: NOON)
    await store.write("me", lambda tx: tx.essays.add(essay()))
    await store.database.run(lambda opened: opened.db.execute("UPDATE essays SET title = ?", [b"x"]))
    for _ in range(3):
        await store.read(lambda tx: tx.essays.of_writer("me"))
    store.close()
    assert [record.message for record in caplog.records if "is damaged" in record.message] == [
        "the title of essay one is damaged and cannot be read; all else can"
    ]


async def test_a_change_of_where_a_job_is_shown_is_told_with_whether_the_job_has_ended(
    url: str, stores: tuple[PostgresStore, PostgresStore]
) -> None:
    def add(tx: Transaction) -> int:
        job = tx.jobs.add("me", "one", JobKind.DRAFT, None, "", NOON).id
        tx.job_panels.save(job, 1, "address", PanelEditor.WORKER)
        return job

    def end(tx: Transaction) -> None:
        tx.jobs.end(job, JobOutcome(JobState.DONE), NOON)
        tx.job_panels.leave(1, "another address")

    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as listening:
        await listening.execute("LISTEN job_panels")
        job = await stores[0].write("me", add)
        await stores[1].write("me", end)
        told = [one.payload async for one in listening.notifies(stop_after=2, timeout=10)]
    assert told == [f"{job} 0", f"{job} 1"]
