"""PostgreSQL: its connections, the threads that use them, its errors, and the checks made before it is used.

Steps that write are read committed, and each begins by taking its owner's advisory lock, so that all it reads after
that is what the owner's step before it left. Steps that read see one moment. No step is ever tried again.
"""

from __future__ import annotations

import asyncio
import logging
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

import psycopg
from psycopg import errors, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from bot.errors import (
    DamagedDatabase,
    DatabaseServerAway,
    StoreBusy,
    StoreError,
    StoreFull,
    StoreUnavailable,
)
from bot.services.jobs.store_ports import JobQueueStore
from bot.store import postgres_schema
from bot.store.connection import Cursor, ForeignKey, Table, Values
from bot.store.database import NAMED_KEYS, EncryptedDatabase, KeyRing
from bot.store.encryption import DamagedCell, key_fingerprint
from bot.store.quota import Quota
from bot.store.sealed_columns import SEALED_COLUMNS
from bot.store.sql_store import SqlStore

log = logging.getLogger(__name__)

T = TypeVar("T")

_CONNECT_SECONDS = 5  # for a server on the same network, many times what it takes
_MIN_VERSION = 130000  # PostgreSQL 13, the oldest that its makers kept up in 2025
_PREPARED_QUERIES = 300  # there are some 150 of them
# A lock is held for the milliseconds of another's step; who waits longer is told so. A step of many rows, as of a
# person's whole data, takes seconds. A process that hangs within a step, or a machine that is gone, holds up its own
# writer for a minute. What was acknowledged is on the disk, also on a server that does not wait for it by itself.
_SESSION = """
    SET lock_timeout = '5s'; SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s';
    SET client_encoding = 'UTF8';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
    SELECT set_config('search_path',
        current_setting('search_path') || ', ' || quote_ident(current_schema() || '_queue'), false)
        WHERE current_schema() IS NOT NULL
"""
_ADDRESS_DEFAULTS = {
    "connect_timeout": _CONNECT_SECONDS,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# A connection that was used so lately is not tried before it is used again. A restart of the server takes longer.
_FRESH_SECONDS = 0.2
_VACUUM_SECONDS = 60.0
SCHEMA_OWNER = "schema"
_TEXT_TABLES = tuple(dict.fromkeys(column.table for column in SEALED_COLUMNS))


class PostgresStore(SqlStore):
    """The database on a server, its texts encrypted. See Store for what the methods promise."""

    database: DatabasePool

    def __init__(
        self,
        url: str,
        keys: str,
        now: Callable[[], datetime],
        quota: Quota | None = None,
        *,
        connections: int = 8,
        process: str | None = None,
    ) -> None:
        """Open the database at ``url``, make or migrate its schema, and enforce the ``quota``.

        ``keys`` is the value of DATABASE_KEY, and ``connections``, 2 or more, how many are used at most. ``process``
        is as for SqliteStore. Raise StoreError if the database cannot be used.
        """
        super().__init__(DatabasePool(url, keys, now, quota, connections), process)

    def queue(self, database: EncryptedDatabase) -> JobQueueStore:
        """See SqlStore."""
        from bot.store.job_queue import PostgresJobQueue  # it and its library are imported where jobs are queued

        assert isinstance(database, PostgresDatabase)
        return PostgresJobQueue(database)


_MARK = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|\?(?P<number>\d*)|(?<![:\w]):(?P<name>[a-z]\w*)")


@cache
def translate(query: str) -> tuple[bytes, bool]:
    """Return a query with marks as psycopg has them, and whether the values of numbered marks need names."""
    is_numbered = False

    def replace(found: re.Match[str]) -> str:
        nonlocal is_numbered
        if found["name"]:
            return f"%({found['name']})s"
        if found["number"]:
            is_numbered = True
            return f"%({found['number']})s"
        return "%s" if found[0] == "?" else found[0]

    return _MARK.sub(replace, query.replace("%", "%%")).encode(), is_numbered


class PostgresConnection:
    """See Connection. Statements outside of a transaction are committed one by one."""

    keep_rows = " FOR SHARE"
    lock_free_rows = " FOR UPDATE SKIP LOCKED"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.raw = connection

    def execute(self, query: str, values: Values = (), /) -> Cursor:
        """See Connection."""
        if not values:
            return self.raw.execute(query.encode())
        translated, is_numbered = translate(query)
        if is_numbered:
            values = {str(number): value for number, value in enumerate(values, 1)}
        return self.raw.execute(translated, values)

    def next_id(self, table: str) -> str:
        """See Connection."""
        return f"nextval(pg_get_serial_sequence('{table}', 'id'))"

    def tables(self) -> Sequence[Table]:
        """See Connection."""
        columns: dict[str, list[str]] = {}
        for table, column in self.raw.execute(_COLUMNS).fetchall():
            columns.setdefault(table, []).append(column)
        keys: dict[str, list[ForeignKey]] = {}
        for table, *key in self.raw.execute(_FOREIGN_KEYS).fetchall():
            keys.setdefault(table, []).append(ForeignKey(*key))
        return [
            Table(name, tuple(column for column in found if column != "rowid"), tuple(keys.get(name, ())))
            for name, found in columns.items()
            if not name.startswith("_")
        ]


_COLUMNS = """
    SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY c.oid, a.attnum
"""
_FOREIGN_KEYS = """
    SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text, b.attname,
        CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' ELSE 'NO ACTION' END
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
    WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace ORDER BY c.oid
"""


class PostgresDatabase(EncryptedDatabase):
    """One connection, while one thread has it."""

    db: PostgresConnection

    def __init__(
        self, connection: psycopg.Connection[Any], keys: KeyRing, quota: Quota | None, name: str, secret: bytes = b""
    ) -> None:
        """Use the connection; ``secret`` is for pseudonyms, b"" until ``begin_sealing``."""
        super().__init__(PostgresConnection(connection), keys, quota, name)
        self.pseudonym_secret = secret
        self.erases = False

    @contextmanager
    def transaction(self, owner: str) -> Iterator[PostgresConnection]:
        """See EncryptedDatabase. It begins, takes the lock and reads the keys by one message to the server."""
        with self._transaction(f"{self._begin_writing(owner)}; {NAMED_KEYS}", "COMMIT") as begun:
            self._take_keys(begun)
            yield self.db

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See EncryptedDatabase. It begins and reads the keys by one message to the server."""
        with self._reading(f"{_BEGIN_READING}; {NAMED_KEYS}") as begun:
            self._take_keys(begun)
            yield

    @contextmanager
    def writing(self, owner: str) -> Iterator[None]:
        """See EncryptedDatabase."""
        with self._transaction(self._begin_writing(owner), "COMMIT"):
            yield

    def _begin_writing(self, owner: str) -> str:
        lock = sql.SQL("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended({}, 0))").format(sql.Literal(owner))
        return lock.as_string(self.db.raw)

    def _take_keys(self, begun: psycopg.Cursor[Any]) -> None:
        """Take the keys that the database names, from the last result of ``begun``."""
        while begun.nextset():
            pass
        self.cipher = self.keys.cipher(tuple(row[0] for row in begun))

    @contextmanager
    def excluding(self) -> Iterator[None]:
        """See EncryptedDatabase: each transaction reads the keys first, which holds this one off to its end."""
        with self._transaction("BEGIN", "COMMIT"):
            self.db.raw.execute("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE")
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """See EncryptedDatabase."""
        with self._reading(_BEGIN_READING):
            yield

    @contextmanager
    def _reading(self, begin: str) -> Iterator[psycopg.Cursor[Any]]:
        try:
            with self._transaction(begin, "ROLLBACK") as begun:
                yield begun
        except errors.ReadOnlySqlTransaction as error:
            raise RuntimeError("a step that was handed to read has written: hand it to write") from error

    @contextmanager
    def _transaction(self, begin: str, end: str) -> Iterator[psycopg.Cursor[Any]]:
        """Hold a transaction that these statements begin and end; yield the cursor of ``begin``."""
        raw = self.db.raw
        try:
            yield raw.execute(begin.encode())
            done = raw.execute(end.encode()).statusmessage
        except BaseException:
            if not raw.closed and raw.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                raw.execute("ROLLBACK")
            raise
        if done != end:  # after a statement that failed COMMIT rolls back
            raise StoreUnavailable(self.name, "a statement failed, so the step was not stored")

    def erase_after_commit(self) -> None:
        """See EncryptedDatabase. DatabasePool.write looks at ``erases``."""
        self.erases = True

    def erase(self) -> bool:
        """See EncryptedDatabase. Deleted rows are given free; their bytes stay until others are written over them."""
        raw = self.db.raw
        raw.execute("SET statement_timeout = 0")
        tables = sql.SQL(", ").join(map(sql.Identifier, _TEXT_TABLES))
        raw.execute(sql.SQL("VACUUM {}").format(tables))
        return True


class _PooledConnection(psycopg.Connection[Any]):
    """A connection that is tried before it is used, unless it was used just before; ``used`` is by time.monotonic."""

    used = 0.0

    def check(self) -> None:
        """Raise psycopg.OperationalError if the connection is lost."""
        if time.monotonic() - self.used > _FRESH_SECONDS:
            ConnectionPool.check_connection(self)


class DatabasePool:
    """See DatabaseRunner. Steps run in threads, each with a connection of its own while it lasts.

    Writes leave one connection to the reads, for which clicks wait. The writes of one owner run in the order in which
    they were asked for, one after another, so that none waits in the server for another of the same process.
    """

    def __init__(self, url: str, keys: str, now: Callable[[], datetime], quota: Quota | None, connections: int) -> None:
        """Open the database. Raise StoreError."""
        self._name = describe_url(url)
        self._quota = quota
        self._keys = KeyRing(keys, self._name)
        self._url = url
        self._is_closed = False
        self._logged_damage: set[str] = set()
        self._vacuum = _Vacuum(self._give_free)
        with open_database(url, keys, now) as database:
            self._secret = database.pseudonym_secret
        self._pool: ConnectionPool[_PooledConnection] = ConnectionPool(
            conninfo(url),
            min_size=1,
            max_size=connections,
            open=True,
            configure=_configure,
            connection_class=_PooledConnection,
            check=_PooledConnection.check,
            name="store",
            **open_pool_options(),
        )
        self._readers = ThreadPoolExecutor(connections, "store-read")
        self._writers = _OwnerQueues(connections - 1)

    @property
    def pseudonym_secret(self) -> bytes:
        """See DatabaseRunner."""
        return self._secret

    async def run(self, work: Callable[[EncryptedDatabase], T]) -> T:
        """See DatabaseRunner."""

        def running(database: PostgresDatabase) -> T:
            database.follow_keys()
            return work(database)

        return await self._wait(self._readers.submit, running)

    async def read(self, step: Callable[[EncryptedDatabase], T]) -> T:
        """See DatabaseRunner."""

        def reading(database: PostgresDatabase) -> T:
            with database.snapshot():
                return step(database)

        return await self._wait(self._readers.submit, reading)

    async def write(self, owner: str, step: Callable[[EncryptedDatabase], T]) -> T:
        """See DatabaseRunner."""

        def writing(database: PostgresDatabase) -> T:
            with database.transaction(owner):
                result = step(database)
            if database.erases:
                self._vacuum.ask()
            return result

        return await self._wait(lambda work: self._writers.submit(owner, work), writing)

    async def _wait(self, submit: Callable[[Callable[[], T]], Future[T]], work: Callable[[PostgresDatabase], T]) -> T:
        if self._is_closed:
            raise StoreUnavailable(self._name, "it was closed")
        return await asyncio.shield(asyncio.wrap_future(submit(lambda: self._run(work))))

    def _run(self, work: Callable[[PostgresDatabase], T]) -> T:
        with translate_errors(self._name), self._pool.connection() as connection:
            database = PostgresDatabase(connection, self._keys, self._quota, self._name, self._secret)
            database.logged_damage = self._logged_damage
            try:
                return work(database)
            finally:
                connection.used = time.monotonic()

    def close(self) -> None:
        """See DatabaseRunner."""
        if self._is_closed:
            return
        self._is_closed = True
        self._writers.close()
        self._readers.shutdown()
        self._vacuum.close()
        self._pool.close()

    def _give_free(self) -> None:
        with connect(self._url) as connection:
            PostgresDatabase(connection, self._keys, None, self._name).erase()


class _OwnerQueues:
    """Threads that run the steps of one owner in the order in which they come, and those of several owners at once."""

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, "store-write")
        self._waiting: dict[str, deque[tuple[Future[Any], Callable[[], Any]]]] = {}
        self._changed = threading.Condition()

    def submit(self, owner: str, work: Callable[[], T]) -> Future[T]:
        """Run the work once all that the owner has asked for before is done."""
        waiting: Future[T] = Future()
        with self._changed:
            queue = self._waiting.setdefault(owner, deque())
            queue.append((waiting, work))
            if len(queue) == 1:
                self._threads.submit(self._run_next, owner)
        return waiting

    def _run_next(self, owner: str) -> None:
        waiting, work = self._waiting[owner][0]
        try:
            waiting.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to whoever asked
            waiting.set_exception(error)
        with self._changed:
            queue = self._waiting[owner]
            queue.popleft()
            if queue:
                self._threads.submit(self._run_next, owner)  # behind the other owners that wait
            else:
                del self._waiting[owner]
                self._changed.notify_all()

    def close(self) -> None:
        """Finish all that was asked for."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting)
        self._threads.shutdown()


class _Vacuum:
    """Has the server give free the rows that were deleted, some time after a deletion and when the store is closed."""

    def __init__(self, vacuum: Callable[[], None]) -> None:
        self._vacuum = vacuum
        self._lock = threading.Lock()  # held for a moment: whoever deletes something waits for it
        self._running = threading.Lock()
        self._timer: threading.Timer | None = None

    def ask(self) -> None:
        """Run it within _VACUUM_SECONDS, once for all that ask until then."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(_VACUUM_SECONDS, self._run)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Run it now if it was asked for, and wait for one that runs."""
        if self._timer is not None:
            self._timer.cancel()
        self._run()

    def _run(self) -> None:
        with self._running:
            with self._lock:
                if self._timer is None:
                    return
                self._timer = None
            try:
                self._vacuum()
            except psycopg.Error as error:  # the server's own vacuum comes later
                log.warning("rows that were deleted could not be given free: %s", type(error).__name__)


@contextmanager
def open_database(url: str, keys: str, now: Callable[[], datetime]) -> Iterator[PostgresDatabase]:
    """Yield a connection to the database, whose schema is made or migrated first. Raise StoreError."""
    name = describe_url(url)
    ring = KeyRing(keys, name)
    with translate_errors(name), connect(url) as connection:
        database = PostgresDatabase(connection, ring, None, name)
        with database.writing(SCHEMA_OWNER):
            postgres_schema.migrate(database.db, name, now())
        first = key_fingerprint(ring.given[0])
        with database.reading():
            is_sealing = database.named_keys()[:1] == (first,) and bool(database.sealed_secret())
        if is_sealing:
            with database.reading():
                database.load_secret()
        else:
            with database.excluding():
                ring.find(database.named_keys())
                database.begin_sealing(first, now())
        yield database


def check_server(url: str, keys: str) -> bool:
    """Check, without writing, that the database at ``url`` can be opened with ``keys``; return whether it has tables.

    Raise StoreError as PostgresStore does.
    """
    name = describe_url(url)
    ring = KeyRing(keys, name)
    with translate_errors(name), connect(url) as connection:
        database = PostgresDatabase(connection, ring, None, name)
        with database.reading():
            if not postgres_schema.exists(database.db, name):
                return False
            database.load_secret()
    return True


def describe_url(url: str) -> str:
    """Return the host and the database of an address, without the user and the password."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        return "DATABASE_URL"
    host, port = (parts.get(name) or "" for name in ("host", "port"))
    return f"postgresql://{host}{f':{port}' if port else ''}/{parts.get('dbname') or ''}"


@contextmanager
def connect(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Yield a connection of its own to a server that can be used. Raise StoreUnavailable, psycopg.Error."""
    name = describe_url(url)
    if name == "DATABASE_URL":
        raise StoreUnavailable(name, "it is not an address that can be read")
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        _configure(connection)
        if connection.info.server_version < _MIN_VERSION:
            raise StoreUnavailable(name, f"PostgreSQL {_MIN_VERSION // 10_000} or newer is needed")
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            raise StoreUnavailable(name, f"its encoding is {encoding}, and UTF8 is needed")
        yield connection


async def async_connect(url: str) -> psycopg.AsyncConnection[Any]:
    """Return a connection of its own for use in the event loop. Raise psycopg.Error."""
    connection = await psycopg.AsyncConnection.connect(conninfo(url), autocommit=True)
    await async_configure(connection)
    return connection


def conninfo(url: str) -> str:
    """Return the address with what makes a lost connection seen, where it does not say that itself."""
    return make_conninfo("", **{**_ADDRESS_DEFAULTS, **conninfo_to_dict(url)})


def open_pool_options() -> dict[str, Any]:
    """Return the options that all pools have."""
    # After an outage the next step connects at once, rather than when a pool's own tries come round to it.
    return {"timeout": _CONNECT_SECONDS, "reconnect_timeout": _CONNECT_SECONDS, "kwargs": {"autocommit": True}}


def _configure(connection: psycopg.Connection[Any]) -> None:
    connection.prepared_max = _PREPARED_QUERIES
    connection.execute(_SESSION)


async def async_configure(connection: psycopg.AsyncConnection[Any]) -> None:
    """Set up a connection for use in the event loop."""
    await connection.execute(_SESSION)


@contextmanager
def translate_errors(name: str) -> Iterator[None]:
    """Translate errors of the server, the network and the cipher into the errors that a person is shown."""
    try:
        yield
    except DamagedCell as error:
        raise DamagedDatabase(name) from error
    except PoolTimeout as error:
        raise DatabaseServerAway(name, str(error)) from error
    except psycopg.Error as error:
        raise _error_from_postgres(name, error) from error


_BUSY = ("55P03", "57014", "40P01", "40001")  # a lock or a statement took too long; a deadlock; a conflict
_FULL = ("53100", "53200")
_DAMAGED = ("XX001", "XX002")
# Connection lost, the server shutting down, starting up or out of connections: it comes back.
_AWAY_CLASSES, _AWAY = ("08",), ("57P01", "57P02", "57P03", "57P05", "53300", "25P03")


def _error_from_postgres(name: str, error: psycopg.Error) -> StoreError:
    """Return the error for a SQLSTATE (PostgreSQL's manual, appendix A)."""
    code = error.sqlstate
    if code in _BUSY:
        return StoreBusy(name)
    if code in _FULL:
        return StoreFull(name)
    if code in _DAMAGED:
        return DamagedDatabase(name)
    said = " ".join((error.diag.message_primary or str(error)).split())
    lost = code is None and isinstance(error, psycopg.OperationalError)
    if lost or (code is not None and (code[:2] in _AWAY_CLASSES or code in _AWAY)):
        return DatabaseServerAway(name, said)
    return StoreUnavailable(name, said or type(error).__name__)
