"""Check what is configured and what is missing, and what works without it. Nothing is written."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from bot import bootstrap
from bot.bootstrap import models_by_role
from bot.discord_ui import developer_portal
from bot.errors import BotError, InvalidEncryptionKey
from bot.essay.text.words import count_noun
from bot.llm.base_url import redacted_url
from bot.network import check_tls, find_proxy, find_tls_errors
from bot.services.llm_ports import ModelRole
from bot.settings import LoadedSettings, Role, Settings, load_settings
from bot.store.sqlite import check_database
from bot.terminal import LOCAL_WRITER
from bot.terminal.progress import format_cost

if TYPE_CHECKING:
    from bot.llm.factory import ClaudeModels

_LIVE_CHECK = "live call"
_NO_MODEL_CALLED = "No model was called."
_MIN_SQLITE = (3, 37, 0)  # the first with STRICT tables
_DISCORD_URL = "https://discord.com"
# These need neither settings nor a database.
_WORKS_REGARDLESS = "essay-bot structures, critique --no-model and try --demo work all the same"
_STORE_UNREACHABLE = f"Nothing that is stored can be reached until that is mended; {_WORKS_REGARDLESS}."
_WORKS_WITHOUT_MODEL = "All that needs no model works."


class CheckState(StrEnum):
    """The state of one part of the program."""

    READY = "ready"
    NOT_SET = "not set"
    FAILED = "failed"
    MISSING = "missing"
    WRONG = "wrong"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One part, its state, and a message on it.

    ``consequence`` is a sentence for the summary on what can or cannot run because of it. ``blocks_everything``:
    nothing can run in a terminal either.
    """

    name: str
    state: CheckState
    message: str
    consequence: str = ""
    blocks_everything: bool = False


def run_checks(role: Role = Role.ALL, *, live: bool = False) -> Iterator[CheckResult]:
    """Check one part after another, for a process of this role, and yield the results; an error does not stop the rest.

    ``live`` also makes one tiny call to each configured model.
    """
    reading = load_settings()
    settings = reading.settings
    yield from _check_settings(reading)
    yield _check_structures()
    yield _check_sqlite()
    yield _check_database(settings, reading)
    yield _check_model(settings)
    yield _check_discord(settings, reading)
    yield from _check_processes(settings, reading, role)
    yield from _check_network(settings)
    if live:
        yield from asyncio.run(_check_live(settings))


def _check_settings(reading: LoadedSettings) -> Iterator[CheckResult]:
    if reading.env_path is None:
        read = "read from the environment; no .env here or beside the database"
    elif os.access(reading.env_path, os.R_OK):
        read = f"read from the environment and {reading.env_path}"
    else:
        read = "read from the environment alone"
    if not reading.problems:
        yield CheckResult("settings", CheckState.READY, read)
    else:
        yield CheckResult(
            "settings", CheckState.WRONG, f"{read}; what is wrong stands below, and the rest was looked at without it"
        )
    for problem in reading.problems:
        consequence = f"No command that reads the settings can run until what is wrong is mended; {_WORKS_REGARDLESS}."
        yield CheckResult(
            Path(problem.key).name, CheckState.WRONG, str(problem.error), consequence, blocks_everything=True
        )
    for unused in reading.settings.unused_settings:
        yield CheckResult("settings", CheckState.HINT, unused)
    for hint in reading.hints:
        yield CheckResult(".env", CheckState.HINT, hint)


def _check_structures() -> CheckResult:
    try:
        found = bootstrap.load_structures()
    except BotError as error:
        consequence = "Nothing but essay-bot backup can run until the structures can be read. What is stored is safe."
        return CheckResult("structures", CheckState.MISSING, str(error), consequence, blocks_everything=True)
    return CheckResult("structures", CheckState.READY, f"{len(found)}: {', '.join(found)}")


def _check_sqlite() -> CheckResult:
    message = f"version {sqlite3.sqlite_version}; 3.37.0 or newer is needed to store essays"
    if sqlite3.sqlite_version_info >= _MIN_SQLITE:
        return CheckResult("SQLite", CheckState.READY, message)
    return CheckResult(
        "SQLite",
        CheckState.MISSING,
        message,
        f"Nothing can be stored with this SQLite; {_WORKS_REGARDLESS}.",
        blocks_everything=True,
    )


def _check_database(settings: Settings, reading: LoadedSettings) -> CheckResult:
    if any(problem.key in ("DATABASE_PATH", "DATABASE_KEY", "DATABASE_URL") for problem in reading.problems):
        return CheckResult("database", CheckState.FAILED, "not looked at: the setting that names it is wrong")
    path: Path | str = settings.database_path
    key = settings.database_key.get_secret_value() if settings.database_key else None
    try:
        if settings.database_url is not None and key is not None:
            postgres, url = bootstrap.import_postgres(), settings.database_url.get_secret_value()
            path, exists = postgres.describe_url(url), postgres.check_server(url, key)
        else:
            exists = check_database(settings.database_path, key)
    except BotError as error:
        wrong = isinstance(error, InvalidEncryptionKey) and error.location == "DATABASE_KEY"
        return CheckResult(
            "database",
            CheckState.WRONG if wrong else CheckState.FAILED,
            str(error),
            _STORE_UNREACHABLE,
            blocks_everything=True,
        )
    where = "DATABASE_KEY" if settings.database_key else f"{path}.key"
    kept = f"encrypted with the key in {where}: keep a copy of it, no essay opens without it"
    if not exists:
        return CheckResult("database", CheckState.READY, f"{path}, which the first essay makes, {kept}")
    return CheckResult("database", CheckState.READY, f"{path}, {kept}")


def _check_model(settings: Settings) -> CheckResult:
    if not settings.has_model:
        message = "ANTHROPIC_API_KEY: without it nothing is drafted, revised or critiqued; all else works"
        return CheckResult("model", CheckState.NOT_SET, message)
    names = models_by_role(settings)
    message = ", ".join(f"{name} as {role.value}" for role, name in names.items())
    message += f", at {redacted_url(settings.anthropic_base_url)}"
    message += (
        f"; at most ${settings.budget_writer_day:f} a writer a day, ${settings.writer_month_budget.normalize():f} "
        f"a writer a month, and ${settings.budget_month:f} a month in all"
    )
    if unpriced := bootstrap.unpriced_models(settings):
        free = ",".join(f"{name}=0/0" for name in unpriced)
        message += (
            f". The price of {', '.join(unpriced)} is not known, so no budget can be kept, and no call is made: set "
            f"it, in dollars for a million tokens sent and written, or MODEL_PRICES={free} if it costs nothing"
        )
        return CheckResult(
            "model", CheckState.FAILED, message, "A model that is set is not called: its price is not known."
        )
    if settings.sends_unencrypted:
        key = "The key and the texts go" if settings.sends_secret else "The texts go"
        message += f". {key} over the network unencrypted, since ANTHROPIC_BASE_URL begins with http://: use https://"
    return CheckResult("model", CheckState.READY, message)


def _check_discord(settings: Settings, reading: LoadedSettings) -> CheckResult:
    if any(
        problem.key in ("DISCORD_TOKEN", "ACCESS", "ACCESS_SERVERS", "ACCESS_USERS") for problem in reading.problems
    ):
        return CheckResult("Discord", CheckState.FAILED, "not looked at: a setting of its own is wrong")
    if settings.discord_token is None:
        message = f"DISCORD_TOKEN: without it nothing runs in Discord. It is found at {developer_portal.TOKEN_PAGE}"
        return CheckResult(
            "Discord", CheckState.NOT_SET, message, "The bot cannot run in Discord: DISCORD_TOKEN is not set."
        )
    whom = "everybody" if settings.access == "open" else "the application's owner, ACCESS_SERVERS and ACCESS_USERS"
    found = developer_portal.application_id(settings.discord_token.get_secret_value())
    if found is None:
        message = f"{developer_portal.MALFORMED_TOKEN}. Copy it anew at {developer_portal.TOKEN_PAGE}"
        return CheckResult(
            "Discord", CheckState.WRONG, message, "The bot cannot run in Discord: DISCORD_TOKEN is no bot token."
        )
    links = (
        f"add it to a server: {developer_portal.server_install_url(found)} "
        f"or to your account: {developer_portal.user_install_url(found)}"
    )
    consequence = "The bot can run in Discord too, if Discord takes the token, which this does not ask."
    return CheckResult("Discord", CheckState.READY, f"answers {whom}; {links}", consequence)


def _check_processes(settings: Settings, reading: LoadedSettings, role: Role) -> Iterator[CheckResult]:
    """Yield what this process does beside others, and what of the settings does not go with that."""
    if any(problem.key in ("SHARD_COUNT", "SHARD_IDS") for problem in reading.problems):
        yield CheckResult("processes", CheckState.FAILED, "not looked at: a setting of the shards is wrong")
        return
    for wrong in settings.wrong_for_role(role):
        yield CheckResult("processes", CheckState.WRONG, wrong, "The bot cannot run in this role until that is mended.")
    share = settings.discord_requests_per_second
    most = f", with at most {share} of the 50 requests a second that Discord allows the token" if share else ""
    shards = f"{count_noun(len(settings.shards), 'shard')} of {settings.shard_count}" if settings.shard_count else ""
    if role is Role.WORKER:
        message = f"a worker: it drafts and critiques, and holds no session of Discord's{most}"
    elif role is Role.GATEWAY:
        message = (
            f"a gateway{f' of {shards}' if shards else ''}{most}. Whether a worker runs, without which nothing is "
            "drafted, revised or critiqued, cannot be seen from here"
        )
    elif shards or most:
        message = f"everything in one process{f', for {shards}' if shards else ''}{most}"
    else:
        return
    yield CheckResult("processes", CheckState.READY, message)
    if role is not Role.ALL and not share and settings.discord_api_url is None:
        hint = (
            "Discord allows the token 50 requests a second, all processes together: give each its share by "
            "DISCORD_REQUESTS_PER_SECOND, or all one proxy by DISCORD_API_URL."
        )
        yield CheckResult("processes", CheckState.HINT, hint)


def _check_network(settings: Settings) -> Iterator[CheckResult]:
    """Yield which proxy is used for the model and for Discord, and what is wrong with certificates and proxies."""
    addresses = {"the model": settings.anthropic_base_url} if settings.has_model else {}
    if settings.discord_token is not None:
        addresses["Discord"] = settings.discord_api_url or _DISCORD_URL
    consequence = "Neither Discord nor a model can be reached until that is mended; all else works in a terminal."
    tls_errors = list(find_tls_errors())
    for error in tls_errors:
        yield CheckResult("network", CheckState.WRONG, str(error), consequence)
    routes: dict[str, list[str]] = {}
    for what, address in addresses.items():
        try:
            proxy = find_proxy(address)
        except BotError as error:
            yield CheckResult("network", CheckState.WRONG, f"{what}: {error}", consequence)
            continue
        routes.setdefault(f"through the proxy {proxy.address}" if proxy else "directly", []).append(what)
    if routes and not tls_errors:
        message = "; ".join(f"{' and '.join(what)} {route}" for route, what in routes.items())
        yield CheckResult("network", CheckState.READY, message)


async def _check_live(settings: Settings) -> list[CheckResult]:
    """Make one tiny call to each configured model, all at once."""
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
            services = bootstrap.build_services(place, with_model=False)
            try:
                claude = bootstrap.build_claude(place, services.ledger, services.pseudonym_secret)
                try:
                    return await asyncio.gather(*(_probe_model(claude, model, used) for model, used in roles.items()))
                finally:
                    await claude.close()
            finally:
                await services.close()
        except BotError as error:
            return [CheckResult(_LIVE_CHECK, CheckState.FAILED, f"{error} {_WORKS_WITHOUT_MODEL}", _NO_MODEL_CALLED)]


@contextmanager
def _settings_with_database(settings: Settings) -> Iterator[Settings]:
    """Yield the settings, with a temporary database if there is none yet."""
    if settings.database_url is not None or settings.database_path.exists():
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
    message = f"{name} answered{known_as} after {answered.milliseconds:,} ms, for {format_cost(answered.cost)}"
    return CheckResult(_LIVE_CHECK, CheckState.READY, message)
