"""Looks whether each piece of the program is there, and says what works without it. Nothing is written for that."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot import bootstrap
from bot.bootstrap import models_by_role
from bot.discord_ui import developer_portal
from bot.errors import BadKey, BotError
from bot.llm.base_url import redacted_url
from bot.network import check_tls, find_proxy, find_tls_errors
from bot.services.llm_ports import ModelRole
from bot.settings import LoadedSettings, Settings, load_settings
from bot.store.database import check_database
from bot.terminal import LOCAL_WRITER
from bot.terminal.diagnostics import CheckResult, CheckState
from bot.terminal.progress import format_cost

if TYPE_CHECKING:
    from bot.llm.factory import ClaudeModels

_LIVE_CHECK = "live call"
_NO_MODEL_CALLED = "No model was called."
_MIN_SQLITE = (3, 37, 0)  # the first with STRICT tables
_DISCORD_URL = "https://discord.com"
# What needs neither a setting nor a stored word.
_WORKS_REGARDLESS = "essay-bot structures, critique --no-model and try --demo work all the same"
_STORE_UNREACHABLE = f"Nothing that is stored can be reached until that is mended; {_WORKS_REGARDLESS}."
_WORKS_WITHOUT_MODEL = "All that needs no model works."


def run_checks(*, live: bool = False) -> Iterator[CheckResult]:
    """The pieces, each looked at when it is asked for; an error in one does not keep the next from it.

    ``live`` adds one tiny call to each model that is set.
    """
    reading = load_settings()
    settings = reading.settings
    yield from _check_settings(reading)
    yield _check_structures()
    yield _check_sqlite()
    yield _check_database(settings, reading)
    yield _check_model(settings)
    yield _check_discord(settings, reading)
    yield from _check_network(settings)
    if live:
        yield from asyncio.run(_check_live(settings))


def _check_settings(reading: LoadedSettings) -> Iterator[CheckResult]:
    read = (
        f"read from the environment and {reading.env_path}"
        if reading.env_path
        else "read from the environment; no .env here"
    )
    if not reading.problems:
        yield CheckResult("settings", CheckState.READY, read)
    else:
        yield CheckResult(
            "settings", CheckState.WRONG, f"{read}; what is wrong stands below, and the rest was looked at without it"
        )
    for fault in reading.problems:
        so = f"No command that reads the settings can run until what is wrong is mended; {_WORKS_REGARDLESS}."
        yield CheckResult(Path(fault.key).name, CheckState.WRONG, str(fault.error), so, blocks_everything=True)
    for hint in reading.hints:
        yield CheckResult(".env", CheckState.HINT, hint)


def _check_structures() -> CheckResult:
    try:
        found = bootstrap.load_structures()
    except BotError as error:
        so = "Nothing but essay-bot backup can run until the structures can be read. What is stored is safe."
        return CheckResult("structures", CheckState.MISSING, str(error), so, blocks_everything=True)
    return CheckResult("structures", CheckState.READY, f"{len(found)}: {', '.join(found)}")


def _check_sqlite() -> CheckResult:
    said = f"version {sqlite3.sqlite_version}; 3.37.0 or newer is needed to store essays"
    if sqlite3.sqlite_version_info >= _MIN_SQLITE:
        return CheckResult("SQLite", CheckState.READY, said)
    return CheckResult(
        "SQLite",
        CheckState.MISSING,
        said,
        f"Nothing can be stored with this SQLite; {_WORKS_REGARDLESS}.",
        blocks_everything=True,
    )


def _check_database(settings: Settings, reading: LoadedSettings) -> CheckResult:
    if any(fault.key in ("DATABASE_PATH", "DATABASE_KEY") for fault in reading.problems):
        return CheckResult("database", CheckState.FAILED, "not looked at: the setting that names it is wrong")
    path = settings.database_path
    try:
        there = check_database(path, settings.database_key.get_secret_value() if settings.database_key else None)
    except BotError as error:
        wrong = isinstance(error, BadKey) and error.where == "DATABASE_KEY"
        return CheckResult(
            "database",
            CheckState.WRONG if wrong else CheckState.FAILED,
            str(error),
            _STORE_UNREACHABLE,
            blocks_everything=True,
        )
    where = "DATABASE_KEY" if settings.database_key else f"{path}.key"
    kept = f"encrypted with the key in {where}: keep a copy of it, no essay opens without"
    if not there:
        return CheckResult("database", CheckState.READY, f"{path}, which the first essay makes, {kept}")
    return CheckResult("database", CheckState.READY, f"{path}, {kept}")


def _check_model(settings: Settings) -> CheckResult:
    if not settings.has_model:
        said = "ANTHROPIC_API_KEY: without it nothing is drafted, revised or critiqued; all else works"
        return CheckResult("model", CheckState.NOT_SET, said)
    names = models_by_role(settings)
    said = ", ".join(f"{name} as {role.value}" for role, name in names.items())
    said += f", at {redacted_url(settings.anthropic_base_url)}"
    said += (
        f"; at most ${settings.budget_writer_day:f} a writer a day, ${settings.writer_month_budget.normalize():f} "
        f"a writer a month, and ${settings.budget_month:f} a month in all"
    )
    if unpriced := bootstrap.unpriced_models(settings):
        free = ",".join(f"{name}=0/0" for name in unpriced)
        said += (
            f". No price is known of {', '.join(unpriced)}, so that no budget could hold, and no call is made: set it, "
            f"in dollars for a million tokens sent and written, or MODEL_PRICES={free} if it costs nothing"
        )
        return CheckResult(
            "model", CheckState.FAILED, said, "A model that is set is not called: its price is not known."
        )
    if settings.sends_unencrypted:
        key = "The key and the texts go" if settings.sends_secret else "The texts go"
        said += f". {key} over the network unencrypted, since ANTHROPIC_BASE_URL begins with http://: use https://"
    return CheckResult("model", CheckState.READY, said)


def _check_discord(settings: Settings, reading: LoadedSettings) -> CheckResult:
    if any(fault.key in ("DISCORD_TOKEN", "ACCESS", "ACCESS_SERVERS", "ACCESS_USERS") for fault in reading.problems):
        return CheckResult("Discord", CheckState.FAILED, "not looked at: a setting of its own is wrong")
    if settings.discord_token is None:
        said = f"DISCORD_TOKEN: without it nothing runs in Discord. It is found at {developer_portal.TOKEN_PAGE}"
        return CheckResult("Discord", CheckState.NOT_SET, said, "It cannot run in Discord: DISCORD_TOKEN is not set.")
    whom = "everybody" if settings.access == "open" else "the application's owner, ACCESS_SERVERS and ACCESS_USERS"
    found = developer_portal.application_id(settings.discord_token.get_secret_value())
    if found is None:
        said = f"{developer_portal.MALFORMED_TOKEN}. Copy it anew at {developer_portal.TOKEN_PAGE}"
        return CheckResult(
            "Discord", CheckState.WRONG, said, "It cannot run in Discord: DISCORD_TOKEN is no bot token."
        )
    links = (
        f"add it to a server: {developer_portal.server_install_url(found)} "
        f"or to your account: {developer_portal.user_install_url(found)}"
    )
    so = "It can run in Discord too, if Discord takes the token, which this does not ask."
    return CheckResult("Discord", CheckState.READY, f"answers {whom}; {links}", so)


def _check_network(settings: Settings) -> Iterator[CheckResult]:
    """Which proxy is used for what is reached over the network, and what is wrong with the way there."""
    wanted = {"the model": settings.anthropic_base_url} if settings.has_model else {}
    if settings.discord_token is not None:
        wanted["Discord"] = _DISCORD_URL
    so = "Neither Discord nor a model can be reached until that is mended; all else works in a terminal."
    for error in find_tls_errors():
        yield CheckResult("network", CheckState.WRONG, str(error), so)
    ways: dict[str, list[str]] = {}
    for what, address in wanted.items():
        try:
            proxy = find_proxy(address)
        except BotError as error:
            yield CheckResult("network", CheckState.WRONG, f"{what}: {error}", so)
            continue
        ways.setdefault(f"through the proxy {proxy.address}" if proxy else "directly", []).append(what)
    if ways:
        said = "; ".join(f"{' and '.join(what)} {way}" for way, what in ways.items())
        yield CheckResult("network", CheckState.READY, said)


async def _check_live(settings: Settings) -> list[CheckResult]:
    """What each of the models that are set says to one tiny call, all asked at once."""
    if not settings.has_model:
        return [
            CheckResult(_LIVE_CHECK, CheckState.FAILED, "no model is configured, so none was called", _NO_MODEL_CALLED)
        ]
    roles: dict[str, list[ModelRole]] = {}
    for role, model in models_by_role(settings).items():
        roles.setdefault(model, []).append(role)
    with _settings_with_database(settings) as place:
        try:
            check_tls()
            workshop = await bootstrap.build_services(place)
        except BotError as error:
            return [CheckResult(_LIVE_CHECK, CheckState.FAILED, f"{error} {_WORKS_WITHOUT_MODEL}", _NO_MODEL_CALLED)]
        try:
            assert workshop.claude is not None  # there is a model, and it was asked for
            return await asyncio.gather(*(_probe_model(workshop.claude, model, used) for model, used in roles.items()))
        finally:
            await workshop.close()


@contextmanager
def _settings_with_database(settings: Settings) -> Iterator[Settings]:
    """The settings as they are; where there is no database yet, with one that is gone afterwards."""
    if settings.database_path.exists():
        yield settings
        return
    with tempfile.TemporaryDirectory(prefix="essay-bot-check-") as folder:
        yield settings.model_copy(update={"database_path": Path(folder) / "essays.db", "database_key": None})


async def _probe_model(claude: ClaudeModels, model: str, roles: Sequence[ModelRole]) -> CheckResult:
    name = f"{model} ({', '.join(roles)})"
    try:
        answered = await claude.probe(LOCAL_WRITER, roles[0])
    except BotError as error:
        return CheckResult(
            _LIVE_CHECK,
            CheckState.FAILED,
            f"{name}: {error}",
            f"A model that is set cannot be used. {_WORKS_WITHOUT_MODEL}",
        )
    known_as = "" if answered.model == model else f" as {answered.model}"
    said = f"{name} answered{known_as} after {answered.milliseconds:,} ms, for {format_cost(answered.cost)}"
    return CheckResult(_LIVE_CHECK, CheckState.READY, said)
