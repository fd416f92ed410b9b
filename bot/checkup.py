"""Looks whether each piece of the program is there, and says what works without it. Nothing is written for that."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import app
from bot.app import models_by_role
from bot.discord_ui import portal
from bot.errors import BadKey, BotError
from bot.llm.address import shown_address
from bot.network import check_tls, proxy_for, tls_faults
from bot.settings import Reading, Settings, look_at_settings
from bot.store.database import look_over
from bot.terminal import WRITER
from bot.terminal.check import Piece, State
from bot.terminal.progress import cost
from bot.workflow.models import Role

if TYPE_CHECKING:
    from bot.llm.build import Claude

_LIVE = "live call"
_NOT_CALLED = "No model was called."
_SQLITE_WITH_STRICT = (3, 37, 0)  # the first with STRICT tables
_DISCORD = "https://discord.com"
# What needs neither a setting nor a stored word.
_WITHOUT_ALL = "essay-bot structures, critique --no-model and try --demo work all the same"
_NOTHING_STORED = f"Nothing that is stored can be reached until that is mended; {_WITHOUT_ALL}."
_WITHOUT_MODEL = "All that needs no model works."


def checkup(*, live: bool = False) -> Iterator[Piece]:
    """The pieces, each looked at when it is asked for; an error in one does not keep the next from it.

    ``live`` adds one tiny call to each model that is set.
    """
    reading = look_at_settings()
    settings = reading.settings
    yield from _settings(reading)
    yield _structures()
    yield _sqlite()
    yield _database(settings, reading)
    yield _model(settings)
    yield _discord(settings, reading)
    yield from _network(settings)
    if live:
        yield from asyncio.run(_live(settings))


def _settings(reading: Reading) -> Iterator[Piece]:
    read = (
        f"read from the environment and {reading.file}" if reading.file else "read from the environment; no .env here"
    )
    if not reading.faults:
        yield Piece("settings", State.READY, read)
    else:
        yield Piece(
            "settings", State.WRONG, f"{read}; what is wrong stands below, and the rest was looked at without it"
        )
    for fault in reading.faults:
        so = f"No command that reads the settings can run until what is wrong is mended; {_WITHOUT_ALL}."
        yield Piece(Path(fault.key).name, State.WRONG, str(fault.error), so, blocks=True)
    for hint in reading.hints:
        yield Piece(".env", State.HINT, hint)


def _structures() -> Piece:
    try:
        found = app.catalogue()
    except BotError as error:
        so = "Nothing but essay-bot backup can run until the structures can be read. What is stored is safe."
        return Piece("structures", State.MISSING, str(error), so, blocks=True)
    return Piece("structures", State.READY, f"{len(found)}: {', '.join(found)}")


def _sqlite() -> Piece:
    said = f"version {sqlite3.sqlite_version}; 3.37.0 or newer is needed to store essays"
    if sqlite3.sqlite_version_info >= _SQLITE_WITH_STRICT:
        return Piece("SQLite", State.READY, said)
    return Piece("SQLite", State.MISSING, said, f"Nothing can be stored with this SQLite; {_WITHOUT_ALL}.", blocks=True)


def _database(settings: Settings, reading: Reading) -> Piece:
    if any(fault.key in ("DATABASE_PATH", "DATABASE_KEY") for fault in reading.faults):
        return Piece("database", State.FAILED, "not looked at: the setting that names it is wrong")
    path = settings.database_path
    try:
        there = look_over(path, settings.database_key.get_secret_value() if settings.database_key else None)
    except BotError as error:
        wrong = isinstance(error, BadKey) and error.where == "DATABASE_KEY"
        return Piece("database", State.WRONG if wrong else State.FAILED, str(error), _NOTHING_STORED, blocks=True)
    where = "DATABASE_KEY" if settings.database_key else f"{path}.key"
    kept = f"encrypted with the key in {where}: keep a copy of it, no essay opens without"
    if not there:
        return Piece("database", State.READY, f"{path}, which the first essay makes, {kept}")
    return Piece("database", State.READY, f"{path}, {kept}")


def _model(settings: Settings) -> Piece:
    if not settings.has_model:
        said = "ANTHROPIC_API_KEY: without it nothing is drafted, revised or critiqued; all else works"
        return Piece("model", State.NOT_SET, said)
    names = models_by_role(settings)
    said = ", ".join(f"{name} as {role.value}" for role, name in names.items())
    said += f", at {shown_address(settings.anthropic_base_url)}"
    said += (
        f"; at most ${settings.budget_writer_day:f} a writer a day, ${settings.writer_month.normalize():f} a writer a "
        f"month, and ${settings.budget_month:f} a month in all"
    )
    if unpriced := app.unpriced_models(settings):
        free = ",".join(f"{name}=0/0" for name in unpriced)
        said += (
            f". No price is known of {', '.join(unpriced)}, so that no budget could hold, and no call is made: set it, "
            f"in dollars for a million tokens sent and written, or MODEL_PRICES={free} if it costs nothing"
        )
        return Piece("model", State.FAILED, said, "A model that is set is not called: its price is not known.")
    if settings.sends_in_clear:
        key = "The key and the texts go" if settings.sends_a_secret else "The texts go"
        said += f". {key} over the network unencrypted, since ANTHROPIC_BASE_URL begins with http://: use https://"
    return Piece("model", State.READY, said)


def _discord(settings: Settings, reading: Reading) -> Piece:
    if any(fault.key in ("DISCORD_TOKEN", "ACCESS", "ACCESS_SERVERS", "ACCESS_USERS") for fault in reading.faults):
        return Piece("Discord", State.FAILED, "not looked at: a setting of its own is wrong")
    if settings.discord_token is None:
        said = f"DISCORD_TOKEN: without it nothing runs in Discord. It is found at {portal.TOKEN_PAGE}"
        return Piece("Discord", State.NOT_SET, said, "It cannot run in Discord: DISCORD_TOKEN is not set.")
    whom = "everybody" if settings.access == "open" else "the application's owner, ACCESS_SERVERS and ACCESS_USERS"
    found = portal.application_id(settings.discord_token.get_secret_value())
    if found is None:
        said = f"{portal.MALFORMED}. Copy it anew at {portal.TOKEN_PAGE}"
        return Piece("Discord", State.WRONG, said, "It cannot run in Discord: DISCORD_TOKEN is no bot token.")
    links = f"add it to a server: {portal.server_link(found)} or to your account: {portal.account_link(found)}"
    so = "It can run in Discord too, if Discord takes the token, which this does not ask."
    return Piece("Discord", State.READY, f"answers {whom}; {links}", so)


def _network(settings: Settings) -> Iterator[Piece]:
    """Which proxy is used for what is reached over the network, and what is wrong with the way there."""
    wanted = {"the model": settings.anthropic_base_url} if settings.has_model else {}
    if settings.discord_token is not None:
        wanted["Discord"] = _DISCORD
    so = "Neither Discord nor a model can be reached until that is mended; all else works in a terminal."
    for error in tls_faults():
        yield Piece("network", State.WRONG, str(error), so)
    ways: dict[str, list[str]] = {}
    for what, address in wanted.items():
        try:
            proxy = proxy_for(address)
        except BotError as error:
            yield Piece("network", State.WRONG, f"{what}: {error}", so)
            continue
        ways.setdefault(f"through the proxy {proxy.address}" if proxy else "directly", []).append(what)
    if ways:
        said = "; ".join(f"{' and '.join(what)} {way}" for way, what in ways.items())
        yield Piece("network", State.READY, said)


async def _live(settings: Settings) -> list[Piece]:
    """What each of the models that are set says to one tiny call, all asked at once."""
    if not settings.has_model:
        return [Piece(_LIVE, State.FAILED, "no model is configured, so none was called", _NOT_CALLED)]
    roles: dict[str, list[Role]] = {}
    for role, model in models_by_role(settings).items():
        roles.setdefault(model, []).append(role)
    with _somewhere(settings) as place:
        try:
            check_tls()
            workshop = await app.open_workshop(place)
        except BotError as error:
            return [Piece(_LIVE, State.FAILED, f"{error} {_WITHOUT_MODEL}", _NOT_CALLED)]
        try:
            assert workshop.claude is not None  # there is a model, and it was asked for
            return await asyncio.gather(*(_asked(workshop.claude, model, used) for model, used in roles.items()))
        finally:
            await workshop.close()


@contextmanager
def _somewhere(settings: Settings) -> Iterator[Settings]:
    """The settings as they are; where there is no database yet, with one that is gone afterwards."""
    if settings.database_path.exists():
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="essay-bot-check-") as folder:
        yield settings.model_copy(update={"database_path": Path(folder) / "essays.db", "database_key": None})


async def _asked(claude: Claude, model: str, roles: Sequence[Role]) -> Piece:
    name = f"{model} ({', '.join(roles)})"
    try:
        answered = await claude.probe(WRITER, roles[0])
    except BotError as error:
        return Piece(_LIVE, State.FAILED, f"{name}: {error}", f"A model that is set cannot be used. {_WITHOUT_MODEL}")
    known_as = "" if answered.model == model else f" as {answered.model}"
    said = f"{name} answered{known_as} after {answered.milliseconds:,} ms, for {cost(answered.cost)}"
    return Piece(_LIVE, State.READY, said)
