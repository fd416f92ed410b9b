"""Who serves which of Discord's shards, in PostgreSQL: one process a shard, and identifies one after another.

A lease ends at a time by the server's clock. Its holder counts from before it asked, by a clock of its own, so that it
stops before the lease ends, however long the server's answer took and however the machines' clocks differ. The tables
hold nothing that must be kept, and are made where they are missing.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from bot.errors import StoreError
from bot.store.jobs import current_process_name, is_process_alive, process_name
from bot.store.postgres import conninfo, describe_url, translate_errors

log = logging.getLogger(__name__)

LEASE_SECONDS = 15.0  # after which a process on another machine that says nothing is taken to be gone
_RENEW_SECONDS = 3.0  # so that a server may be away for twelve seconds
_RETRY_SECONDS = 1.0
_SERVER_MILLISECONDS = 6_000  # after which a server that confirms nothing counts as away
_STANDBY_SECONDS = 2.0  # between two looks of a process that waits for its shards
CLOSE_SECONDS = 2.0  # before the end, by which the sessions are closed
_IDENTIFY_SECONDS = 5.25  # Discord's five ("Session Start Limit"), and what the way there may differ by

_TABLES = """
    CREATE TABLE IF NOT EXISTS _shard_leases (
        shard INTEGER PRIMARY KEY, shards INTEGER NOT NULL, holder TEXT NOT NULL, ends DOUBLE PRECISION NOT NULL
    );
    CREATE TABLE IF NOT EXISTS _identifies (bucket INTEGER PRIMARY KEY, next DOUBLE PRECISION NOT NULL)
"""
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('shard leases', 0))"
_NOW = "extract(epoch FROM clock_timestamp())"
# Two counts divide the servers differently, so a process with another count is in the way with each of its shards.
_OTHERS = f"""
    SELECT DISTINCT holder FROM _shard_leases
    WHERE holder <> %s AND ends > {_NOW} AND (shard = ANY(%s) OR shards <> %s)
"""  # noqa: S608 - a constant
_TAKE = f"""
    INSERT INTO _shard_leases (shard, shards, holder, ends)
    SELECT one, %s, %s, {_NOW} + %s FROM unnest(%s::int[]) AS one
    ON CONFLICT (shard) DO UPDATE SET shards = excluded.shards, holder = excluded.holder, ends = excluded.ends
"""  # noqa: S608 - a constant
_RENEW = f"UPDATE _shard_leases SET ends = {_NOW} + %s WHERE holder = %s AND shard = ANY(%s)"  # noqa: S608 - a constant
_IDENTIFY = f"""
    INSERT INTO _identifies AS old (bucket, next) VALUES (%s, {_NOW} + %s)
    ON CONFLICT (bucket) DO UPDATE SET next = greatest(old.next, {_NOW}) + %s RETURNING next - %s - {_NOW}
"""  # noqa: S608 - a constant

# On Linux it goes on while the machine sleeps, in which another process may have taken the shards.
_now = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic


def holder_name() -> str:
    """Return a name for this process that no other has on any machine, nor in another container on this one."""
    return f"{_machine()}/{current_process_name()}"


def is_certainly_gone(holder: str) -> bool:
    """Return whether the process with that name has ended; False if it is one of another machine or container."""
    machine, _, process = holder.rpartition("/")
    if not machine or machine != _machine() or process_name(os.getpid()) is None:
        return False
    return not is_process_alive(process, current_process_name())


def _machine() -> str:
    """Return the boot and the PID namespace that process numbers belong to, "" where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    except OSError:  # not Linux
        return ""


class ShardLease:
    """The right of this process to serve some shards: all of them or none."""

    def __init__(self, url: str, shards: Sequence[int], count: int, holder: str | None = None) -> None:
        """Ask for these ``shards`` of ``count``, as ``holder``, which is this process unless a test names another."""
        self._url = url
        self._name = describe_url(url)
        self._shards, self._count = sorted(shards), count
        self._holder = holder or holder_name()
        self._ends = 0.0  # by _now
        self._held = asyncio.Event()
        self._connection: AsyncConnection[Any] | None = None
        self._using = asyncio.Lock()

    def is_held(self) -> bool:
        """Return whether this process may serve the shards now."""
        return _now() < self._ends

    async def wait_until_held(self) -> None:
        """Wait until this process may serve the shards."""
        while not self.is_held():
            self._held.clear()
            await self._held.wait()

    async def acquire(self, on_wait: Callable[[], None] | None = None) -> None:
        """Wait until nobody else has one of the shards, and take them. A server that is away is waited for.

        ``on_wait`` is called if somebody has one.
        """
        told = False
        while True:
            asked = _now()
            try:
                others = await self._take()
            except StoreError as error:
                log.warning("whether the shards are free cannot be asked: %s", type(error).__name__)
            else:
                if not others:
                    self._hold_since(asked)
                    return
                if not told:
                    log.info("another process serves these shards: this one stands by, and serves them once it is gone")
                    told = True
                    if on_wait is not None:
                        on_wait()
            await asyncio.sleep(_STANDBY_SECONDS)

    async def keep(self) -> None:
        """Renew the lease for as long as that succeeds; return CLOSE_SECONDS before it ends, or when it is lost."""
        pause = _RENEW_SECONDS
        while (left := self._ends - CLOSE_SECONDS - _now()) > 0:
            await asyncio.sleep(min(left, pause))
            asked = _now()
            renewing = asyncio.create_task(self._renew(), name="shard-lease")
            # Not a timeout, which would wait for a server that says nothing to confirm that it has given up.
            await asyncio.wait({renewing}, timeout=max(0.0, self._ends - CLOSE_SECONDS - asked))
            if not renewing.done():
                renewing.cancel()
                return
            renewed = renewing.result()
            if renewed is False:
                self._ends = 0.0
                return
            if renewed:
                self._hold_since(asked)
            pause = _RENEW_SECONDS if renewed else _RETRY_SECONDS

    async def _renew(self) -> bool | None:
        """Return whether the lease is still this process's, None if the server does not say."""
        try:
            return await self._run(_RENEW, [LEASE_SECONDS, self._holder, self._shards]) == len(self._shards)
        except StoreError as error:
            log.warning("the lease of the shards is not renewed: %s", type(error).__name__)
            return None

    async def wait_to_identify(self, shard: int, max_concurrency: int) -> None:
        """Wait for this shard's turn among all processes, and until the lease is held.

        ``max_concurrency`` is Discord's, of GET /gateway/bot. A server that is away is waited for.
        """
        values = [shard % max_concurrency, _IDENTIFY_SECONDS, _IDENTIFY_SECONDS, _IDENTIFY_SECONDS]
        while True:
            await self.wait_until_held()
            try:
                seconds = await self._run_value(_IDENTIFY, values)
            except StoreError as error:
                log.warning("when a shard may identify cannot be asked: %s", type(error).__name__)
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            await asyncio.sleep(max(0.0, seconds))
            if self.is_held():
                return

    async def release(self) -> None:
        """Let another process have the shards at once, and close the connection. Raise nothing."""
        self._ends = 0.0
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_RETRY_SECONDS):
                await self._run("DELETE FROM _shard_leases WHERE holder = %s", [self._holder])
        await self._close()

    def _hold_since(self, asked: float) -> None:
        self._ends = asked + LEASE_SECONDS
        self._held.set()

    async def _take(self) -> list[str]:
        """Take the shards if nobody else has them; return who has. Raise StoreError."""
        async with self._using:
            with translate_errors(self._name):
                try:
                    connection = await self._connected()
                    async with connection.transaction():
                        await connection.execute(_LOCK)
                        found = await connection.execute(_OTHERS, [self._holder, self._shards, self._count])
                        others = [str(name) for (name,) in await found.fetchall()]
                        gone = [name for name in others if is_certainly_gone(name)]
                        await connection.execute("DELETE FROM _shard_leases WHERE holder = ANY(%s)", [gone])
                        if len(gone) < len(others):
                            return others
                        await connection.execute(_TAKE, [self._count, self._holder, LEASE_SECONDS, self._shards])
                        return []
                except BaseException:
                    await self._close()
                    raise

    async def _run(self, query: str, values: Iterable[object]) -> int:
        """Run a statement; return how many rows it changed. Raise StoreError."""
        async with self._using:
            return (await self._execute(query, values)).rowcount

    async def _run_value(self, query: str, values: Iterable[object]) -> float:
        """Run a statement; return the number in its one row. Raise StoreError."""
        async with self._using:
            row = await (await self._execute(query, values)).fetchone()
            assert row is not None
            return float(row[0])

    async def _execute(self, query: str, values: Iterable[object]) -> psycopg.AsyncCursor[Any]:
        with translate_errors(self._name):
            try:
                return await (await self._connected()).execute(query.encode(), list(values))
            except BaseException:  # a timeout too, after which the connection is in the middle of something
                await self._close()
                raise

    async def _connected(self) -> AsyncConnection[Any]:
        """Return a connection of this lease's own, so that no step of the store is in its way."""
        if self._connection is None:
            address = make_conninfo(conninfo(self._url), tcp_user_timeout=_SERVER_MILLISECONDS)
            opened = await AsyncConnection.connect(address, autocommit=True)
            try:
                await opened.execute("SET lock_timeout = '3s'; SET statement_timeout = '5s'")
                async with opened.transaction():
                    await opened.execute(_LOCK)  # two that make a table at once fail, whether or not it is there
                    await opened.execute(_TABLES)
            except BaseException:
                await opened.close()
                raise
            self._connection = opened
        return self._connection

    async def _close(self) -> None:
        closing, self._connection = self._connection, None
        if closing is not None:
            await closing.close()
