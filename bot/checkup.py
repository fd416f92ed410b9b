"""Looks whether each piece of the program is there, and says what its absence costs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator

from bot import app
from bot.errors import BotError
from bot.settings import Settings, read_settings
from bot.terminal.check import Finding

_SQLITE_WITH_STRICT = (3, 37, 0)  # the first with STRICT tables


def checkup() -> Iterator[Finding]:
    """The findings, each made when it is asked for; an error in one does not keep the next from being made."""
    try:
        settings = read_settings()
    except BotError as error:
        yield Finding("settings", there=False, needed=True, said=str(error))
        return
    yield Finding("settings", there=True, needed=True, said="read from the environment and .env")
    yield _structures()
    yield _sqlite()
    yield _database(settings)


def _structures() -> Finding:
    try:
        found = app.catalogue()
    except BotError as error:
        return Finding("structures", there=False, needed=True, said=str(error))
    return Finding("structures", there=True, needed=True, said=f"{len(found)}: {', '.join(found)}")


def _sqlite() -> Finding:
    said = f"version {sqlite3.sqlite_version}; 3.37.0 or newer is needed to store essays"
    return Finding("SQLite", there=sqlite3.sqlite_version_info >= _SQLITE_WITH_STRICT, needed=True, said=said)


def _database(settings: Settings) -> Finding:
    async def opened_and_closed() -> None:
        await (await app.open_workshop(settings, with_model=False)).close()

    try:
        asyncio.run(opened_and_closed())
    except BotError as error:
        return Finding("database", there=False, needed=True, said=str(error))
    where = "DATABASE_KEY" if settings.database_key else f"{settings.database_path}.key"
    said = f"{settings.database_path}, encrypted with the key in {where}: keep a copy of it, no essay opens without"
    return Finding("database", there=True, needed=True, said=said)
