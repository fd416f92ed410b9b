"""Locks among processes on PostgreSQL: one connection of its own, whose session holds them (advisory locks).

They fall with the connection, so that a process which dies leaves none. The server ends a session that says nothing
for a while, so that a process which hangs loses its locks, too. Their numbers are keyed, and tell nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import psycopg

from bot.errors import StoreError, StoreUnavailable
from bot.store.postgres import async_connect, describe_url, translate_errors

log = logging.getLogger(__name__)

# Between two looks at a lock that another process holds. A session that waits for one lock can ask for no other.
_LOOK_SECONDS = 0.05
# After which a process that says nothing counts as hung: about when another takes over its jobs.
_IDLE_SECONDS = 10.0
_LOCK_AND_UNLOCK = (
    b"SELECT CASE WHEN is_lock THEN pg_try_advisory_lock(key) ELSE pg_advisory_unlock(key) END"
    b" FROM unnest(%s::bigint[], %s::boolean[]) AS asked(key, is_lock)"
)
_IDLE_TIMEOUT_VERSION = 140000  # PostgreSQL 14; on an older one a process that hangs keeps its locks until it ends


class PostgresMessageLocks:
    """See MessageLocks. One object's locks do not keep one another out."""

    def __init__(self, url: str, secret: bytes, idle_seconds: float = _IDLE_SECONDS) -> None:
        """Lock in the database at ``url``; ``secret`` is the store's, which keys the locks' numbers.

        They fall when this process has hung for ``idle_seconds``.
        """
        self._url = url
        self._idle_seconds = idle_seconds
        self._speaking: asyncio.Task[Any] | None = None
        self._name = describe_url(url)
        self._secret = secret
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._connecting = asyncio.Lock()
        self._claimed: set[int] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._asked: list[tuple[int, bool, asyncio.Future[bool]]] = []  # a lock, whether it is to be taken, the answer
        self._is_asking = False
        self._is_closed = False

    @asynccontextmanager
    async def hold(self, message_id: int, late_seconds: float) -> AsyncIterator[None]:
        """See MessageLocks."""
        key = self._message_key(message_id)
        await self._wait_for(key)
        late = 0.0
        try:
            yield
        except asyncio.CancelledError:
            late = late_seconds
            raise
        finally:
            unlocking = self._spawn(self._unlock(key, late))
            if not late:
                await asyncio.shield(unlocking)

    async def wait_until_free(self, message_id: int, seconds: float) -> bool:
        """See MessageLocks."""
        key = self._message_key(message_id)
        try:
            async with asyncio.timeout(seconds):
                await self._wait_for(key)
        except TimeoutError:
            return False
        except StoreError as error:
            log.info("a message's lock could not be looked at: %s", type(error).__name__)
            return False
        self._spawn(self._unlock(key))
        return True

    async def claim(self, job: int) -> bool:
        """See MessageLocks."""
        if job in self._claimed or not await self._lock(self._job_key(job)):
            return False
        self._claimed.add(job)
        return True

    async def give_back(self, job: int) -> None:
        """See MessageLocks."""
        self._claimed.discard(job)
        await asyncio.shield(self._spawn(self._unlock(self._job_key(job))))

    async def close(self) -> None:
        """Let all locks go."""
        self._is_closed = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    def _message_key(self, message_id: int) -> int:
        return self._key(f"message-lock:{message_id}")

    def _job_key(self, job: int) -> int:
        return self._key(f"job-panels-lock:{job}")

    def _key(self, name: str) -> int:
        digest = hmac.new(self._secret, name.encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:8], signed=True)

    async def _wait_for(self, key: int) -> None:
        while not await self._lock(key):  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(_LOOK_SECONDS)

    async def _lock(self, key: int) -> bool:
        """Take a lock, if nobody has it; what is taken when the caller has been cancelled is given back."""
        asking = self._spawn(self._ask(key, is_lock=True))
        try:
            return bool(await asyncio.shield(asking))
        except asyncio.CancelledError:
            self._spawn(self._undo(asking, key))
            raise

    async def _undo(self, asking: asyncio.Task[Any], key: int) -> None:
        with suppress(StoreError):  # then it was not taken, and nobody waits for the answer any more
            if await asking:
                await self._unlock(key)

    async def _unlock(self, key: int, late_seconds: float = 0.0) -> None:
        """Let a lock go; if that cannot be asked, the connection is lost, and the lock with it."""
        await asyncio.sleep(late_seconds)
        try:
            await self._ask(key, is_lock=False)
        except StoreError as error:
            log.info("a lock fell with the connection: %s", type(error).__name__)

    async def _ask(self, key: int, *, is_lock: bool) -> bool:
        """Take a lock or let it go; return what the server says. Raise StoreError."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._asked.append((key, is_lock, answer))
        if not self._is_asking:
            self._is_asking = True
            self._spawn(self._ask_all())
        return await answer

    async def _ask_all(self) -> None:
        """Ask the server for all that is wanted by now, in one message, until nothing more is."""
        while self._asked:
            asked, self._asked = self._asked, []
            try:
                answers = await self._answers([one[:2] for one in asked])
            except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it was
                for *_, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for (*_, answer), found in zip(asked, answers, strict=True):
                    if not answer.done():  # else whoever asked was cancelled, when the locks were closed
                        answer.set_result(found)
        self._is_asking = False

    async def _answers(self, asked: Sequence[tuple[int, bool]]) -> Sequence[bool]:
        """Ask the server; once more over a new connection if the one before was lost. Raise StoreError."""
        with translate_errors(self._name):
            try:
                return await self._execute(asked)
            except psycopg.OperationalError:
                return await self._execute(asked)

    async def _execute(self, asked: Sequence[tuple[int, bool]]) -> Sequence[bool]:
        connection = await self._connected()
        try:
            found = await connection.execute(_LOCK_AND_UNLOCK, [list(one) for one in zip(*asked, strict=True)])
            return [bool(answer) for (answer,) in await found.fetchall()]
        except psycopg.OperationalError:
            await connection.close()  # whatever it was, all locks are let go
            raise

    async def _connected(self) -> psycopg.AsyncConnection[Any]:
        """Return the connection; a new one takes the rights to jobs again that the last one had, if they are free."""
        async with self._connecting:
            if self._is_closed:
                raise StoreUnavailable(self._name, "it was closed")
            if self._connection is None or self._connection.closed:
                self._connection = await self._connect()
            return self._connection

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        connection = await async_connect(self._url)
        try:
            if connection.info.server_version >= _IDLE_TIMEOUT_VERSION:
                timeout = f"{self._idle_seconds * 1000:.0f}ms"
                await connection.execute("SELECT set_config('idle_session_timeout', %s, false)", [timeout])
                self._speaking = self._speaking or self._spawn(self._speak())
            for job in tuple(self._claimed):  # what is given back meanwhile is let go on this connection, too
                await connection.execute("SELECT pg_try_advisory_lock(%s)", [self._job_key(job)])
        except BaseException:
            await connection.close()  # half of the rights would be taken for all of them
            raise
        return connection

    async def _speak(self) -> None:
        """Say something time and again, so that the server knows that this process does not hang."""
        while True:
            await asyncio.sleep(self._idle_seconds / 4)
            try:
                await (await self._connected()).execute("SELECT 1")
            except (psycopg.Error, OSError) as error:  # the next time connects anew
                log.info("the connection for locks was lost: %s", type(error).__name__)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``work`` to its end even if whoever waits for it is cancelled."""
        task = asyncio.create_task(work, name="message-lock")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
