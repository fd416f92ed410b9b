"""Looks whether each piece of the program is there, and says what its absence costs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot import app
from bot.app import models_by_role
from bot.discord_ui import portal
from bot.errors import BotError
from bot.llm.prices import price_of
from bot.settings import Settings, read_settings
from bot.terminal import WRITER
from bot.terminal.check import Piece, State
from bot.terminal.progress import cost
from bot.workflow.models import Role

if TYPE_CHECKING:
    from bot.llm.build import Claude

_LIVE = "live call"
_NOT_CALLED = "No model was called."
_SQLITE_WITH_STRICT = (3, 37, 0)  # the first with STRICT tables


def checkup(*, live: bool = False) -> Iterator[Piece]:
    """The pieces, each looked at when it is asked for; an error in one does not keep the next from it.

    ``live`` adds one tiny call to each model that is set.
    """
    try:
        settings = read_settings()
    except BotError as error:
        yield Piece("settings", State.MISSING, str(error))
        return
    yield Piece("settings", State.READY, "read from the environment and .env")
    yield _structures()
    yield _sqlite()
    yield _database(settings)
    yield _model(settings)
    yield _discord(settings)
    if live:
        yield from asyncio.run(_live(settings))


def _structures() -> Piece:
    try:
        found = app.catalogue()
    except BotError as error:
        return Piece("structures", State.MISSING, str(error))
    return Piece("structures", State.READY, f"{len(found)}: {', '.join(found)}")


def _sqlite() -> Piece:
    said = f"version {sqlite3.sqlite_version}; 3.37.0 or newer is needed to store essays"
    state = State.READY if sqlite3.sqlite_version_info >= _SQLITE_WITH_STRICT else State.MISSING
    return Piece("SQLite", state, said)


def _database(settings: Settings) -> Piece:
    async def opened_and_closed() -> None:
        await (await app.open_workshop(settings, with_model=False)).close()

    try:
        asyncio.run(opened_and_closed())
    except BotError as error:
        return Piece("database", State.MISSING, str(error))
    where = "DATABASE_KEY" if settings.database_key else f"{settings.database_path}.key"
    said = f"{settings.database_path}, encrypted with the key in {where}: keep a copy of it, no essay opens without"
    return Piece("database", State.READY, said)


def _model(settings: Settings) -> Piece:
    if not settings.has_model:
        said = "ANTHROPIC_API_KEY: without it nothing is drafted, revised or critiqued; all else works"
        return Piece("model", State.NOT_SET, said)
    names = models_by_role(settings)
    said = ", ".join(f"{name} as {role.value}" for role, name in names.items())
    if unpriced := [name for name in dict.fromkeys(names.values()) if price_of(name) is None]:
        said += f"; no price is known for {', '.join(unpriced)}, so the budgets do not hold for it"
    said += f"; at most ${settings.budget_writer_day} a writer a day and ${settings.budget_month} a month"
    return Piece("model", State.READY, said)


def _discord(settings: Settings) -> Piece:
    if settings.discord_token is None:
        said = f"DISCORD_TOKEN: without it nothing runs in Discord. It is found at {portal.TOKEN_PAGE}"
        return Piece("Discord", State.NOT_SET, said, "It cannot run in Discord: DISCORD_TOKEN is not set.")
    whom = "everybody" if settings.access == "open" else "the application's owner, ACCESS_SERVERS and ACCESS_USERS"
    found = portal.application_id(settings.discord_token.get_secret_value())
    if found is None:
        said = f"DISCORD_TOKEN is no bot token; copy it anew at {portal.TOKEN_PAGE}"
        return Piece("Discord", State.FAILED, said, "It cannot run in Discord: DISCORD_TOKEN is no bot token.")
    links = f"add it to a server: {portal.server_link(found)} or to your account: {portal.account_link(found)}"
    so = "It can run in Discord too, if Discord takes the token, which this does not ask."
    return Piece("Discord", State.READY, f"answers {whom}; {links}", so)


async def _live(settings: Settings) -> list[Piece]:
    """What each of the models that are set says to one tiny call, all asked at once."""
    if not settings.has_model:
        return [Piece(_LIVE, State.FAILED, "no model is configured, so none was called", _NOT_CALLED)]
    roles: dict[str, list[Role]] = {}
    for role, model in models_by_role(settings).items():
        roles.setdefault(model, []).append(role)
    try:
        workshop = await app.open_workshop(settings)
    except BotError as error:
        return [Piece(_LIVE, State.FAILED, str(error), _NOT_CALLED)]
    try:
        assert workshop.claude is not None  # there is a model, and it was asked for
        return await asyncio.gather(*(_asked(workshop.claude, model, used) for model, used in roles.items()))
    finally:
        await workshop.close()


async def _asked(claude: Claude, model: str, roles: Sequence[Role]) -> Piece:
    name = f"{model} ({', '.join(roles)})"
    try:
        answered = await claude.probe(WRITER, roles[0])
    except BotError as error:
        return Piece(_LIVE, State.FAILED, f"{name}: {error}", "A model that is set cannot be used.")
    known_as = "" if answered.model == model else f" as {answered.model}"
    said = f"{name} answered{known_as} after {answered.milliseconds:,} ms, for {cost(answered.cost)}"
    return Piece(_LIVE, State.READY, said)
