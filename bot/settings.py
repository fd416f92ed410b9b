"""Read the settings from the environment and .env.

The environment wins over the file. A .env may have any Unicode encoding, and every line that cannot be used is
reported.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import SplitResult, urlsplit

import platformdirs
from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import InvalidSetting
from bot.essay.limits import WriterLimits
from bot.files import is_any_of

# The first match counts: the mark of UTF-32 begins like that of UTF-16.
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENV_FILE_VARIABLE = "ESSAY_BOT_ENV_FILE"  # names the file to read instead of .env; --env-file sets it
_MIN_SIMILARITY = 0.8  # of difflib's ratio: joins DISCORD_TOKN to DISCORD_TOKEN, and no setting to another


@dataclass(frozen=True, slots=True)
class EnvFile:
    """The content of a .env file: its values by lower-case name.

    ``problems`` are lines that cannot be used, ``hints`` what may be a slip; each in a few words, with its line.
    """

    path: Path
    values: Mapping[str, str]
    problems: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def read_env_file(path: Path, known: Collection[str]) -> EnvFile | None:
    """Read a .env file; return None if there is none. ``known`` are the settings' names in lower case."""
    try:
        if stat.S_ISFIFO(path.stat().st_mode):  # reading would wait until something is written into it
            return EnvFile(path, {}, ("it is a named pipe and no regular file: put a file with the settings there",))
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return EnvFile(path, {}, (f"the file cannot be read ({(error.strerror or str(error)).lower()})",))
    encoding = next((name for sign, name in _BYTE_ORDER_MARKS if data.startswith(sign)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return EnvFile(path, {}, (f"line {line} is not UTF-8 text: save the file as UTF-8",))
    if "\0" in text:
        return EnvFile(path, {}, ("the file is not UTF-8 text: save it as UTF-8",))
    return _parse_env(path, text, known)


def _parse_env(path: Path, text: str, known: Collection[str]) -> EnvFile:
    problems: list[str] = []
    hints: list[str] = []
    good: list[str] = []
    seen: set[str] = set()
    for binding in parse_stream(io.StringIO(text)):
        line = _binding_line(binding)
        name = (binding.key or "").lower()
        if binding.error:
            problems.append(f"line {line} cannot be read: write it as NAME=value, and close every quotation mark")
            continue
        if name in known and binding.value is None:
            problems.append(f"line {line} names {binding.key} and gives it no value: write {binding.key}=value")
            continue
        if name in known and binding.value and len(binding.value.splitlines()) > 1:
            problems.append(
                f"the value of {binding.key} in line {line} goes over several lines: close its quotation mark"
            )
            continue
        good.append(binding.original.string)
        if not name:
            continue
        if name in seen:
            hints.append(f"{binding.key} stands twice, in line {line} again: the last one counts")
        elif name not in known and (close := get_close_matches(name, known, 1, _MIN_SIMILARITY)):
            hints.append(f"{binding.key} in line {line} is no setting: {close[0].upper()} is one")
        seen.add(name)
    values = dotenv_values(stream=io.StringIO("".join(good)))
    given = {name.lower(): value for name, value in values.items() if value}
    return EnvFile(path, given, tuple(problems), tuple(hints))


def _binding_line(binding: Binding) -> int:
    """Return the line on which a binding begins; the parser counts blank lines before it as part of it."""
    before = binding.original.string[: len(binding.original.string) - len(binding.original.string.lstrip())]
    return binding.original.line + before.count("\n")


DATA_DIRECTORY = "career-essay-bot"
_PRICE_PAIR = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)/(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
_WRITERS_PER_BUDGET = 5  # that can write for a whole month before the bot's budget is spent, where no share is set
ANTHROPIC_URL = "https://api.anthropic.com"
_SHARDS = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?", re.ASCII)
_MAX_SHARDS = 10_000  # of 2,500 servers each: more servers than there are
DISCORD_API_PATH = "/api/v10"  # the version of Discord's API that discord.py speaks


class Role(StrEnum):
    """What a process of the bot does: everything, or a part of it beside others on one PostgreSQL database."""

    ALL = "all"
    GATEWAY = "gateway"  # holds Discord's sessions, answers, and hands jobs over
    WORKER = "worker"  # runs jobs, and edits messages by Discord's HTTP API


def default_database() -> Path:
    """Return the path of essays.db in the system's directory for a user's program data."""
    return Path(platformdirs.user_data_dir(DATA_DIRECTORY, appauthor=False)) / "essays.db"


class Settings(BaseSettings):
    """All settings, typed; .env.example says what each may be and what does not work without it."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    database_path: Path = Field(default_factory=default_database)
    database_key: SecretStr | None = None
    database_url: SecretStr | None = None  # a password stands in it
    # Each is a thread that competes with the event loop for Python's global lock: with eight, a gateway whose machine
    # was full acknowledged one act in twenty too late, with three one in eight hundred (docs/performance.md).
    database_connections: int = Field(default=3, ge=2, le=100)

    discord_token: SecretStr | None = None
    access: Literal["listed", "open"] = "listed"
    access_servers: Annotated[frozenset[int], NoDecode] = frozenset()
    access_users: Annotated[frozenset[int], NoDecode] = frozenset()

    shard_count: int | None = Field(default=None, ge=1, le=_MAX_SHARDS)
    shard_ids: Annotated[tuple[int, ...], NoDecode] = ()
    discord_api_url: str | None = None
    discord_requests_per_second: int | None = Field(default=None, ge=1, le=50)  # Discord allows a token 50

    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str = Field(default=ANTHROPIC_URL, repr=False)  # a name and a password may stand in it
    llm_dialect: Literal["claude", "basic"] | None = None
    model_writer: str = "claude-opus-5-5"
    model_critic: str = "claude-opus-5-5"
    model_interviewer: str = "claude-haiku-5-5"
    model_checker: str = "claude-opus-5-5"

    # Dollars. A draft costs some 0.15, and its worst case, which must fit, some 0.40.
    model_prices: Annotated[Mapping[str, tuple[Decimal, Decimal]], NoDecode] = {}

    budget_writer_day: Decimal = Field(default=Decimal(3), ge=0)
    budget_writer_month: Decimal | None = Field(default=None, ge=0)
    budget_month: Decimal = Field(default=Decimal(50), ge=0)
    log_format: Literal["text", "json"] = "text"
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)

    # Days after which an essay that nobody touches is deleted: at least twice as long as the warnings before that take.
    retention_days: int | None = Field(default=None, ge=28, le=36_500)

    jobs_at_once: int = Field(default=8, ge=1, le=1_000)
    jobs_per_writer: int = Field(default=2, ge=1, le=100)

    # What one writer may hand in at once, and keep; the terminal's own writer is held to a page's and a text's.
    limit_page_characters: int = Field(default=WriterLimits().page_characters, ge=1_000)
    limit_page_lines: int = Field(default=WriterLimits().page_lines, ge=100)
    limit_page_headings: int = Field(default=WriterLimits().page_headings, ge=20)
    limit_page_notes: int = Field(default=WriterLimits().page_notes, ge=20)
    limit_essay_kilobytes: int = Field(default=WriterLimits().essay_bytes // 1_000, ge=10)
    limit_essay_notes: int = Field(default=WriterLimits().essay_notes, ge=20)
    limit_essay_versions: int = Field(default=WriterLimits().essay_versions, ge=20)
    limit_writer_essays: int = Field(default=WriterLimits().writer_essays, ge=1)
    limit_writer_megabytes: int = Field(default=WriterLimits().writer_bytes // 1_000_000, ge=1)
    limit_minute_kilobytes: int = Field(default=WriterLimits().minute_bytes // 1_000, ge=10)
    limit_day_megabytes: int = Field(default=WriterLimits().day_bytes // 1_000_000, ge=1)

    @property
    def limits(self) -> WriterLimits:
        """The limits on what one writer may hand in and keep."""
        return WriterLimits(
            page_characters=self.limit_page_characters,
            page_lines=self.limit_page_lines,
            page_headings=self.limit_page_headings,
            page_notes=self.limit_page_notes,
            essay_bytes=self.limit_essay_kilobytes * 1_000,
            essay_notes=self.limit_essay_notes,
            essay_versions=self.limit_essay_versions,
            writer_essays=self.limit_writer_essays,
            writer_bytes=self.limit_writer_megabytes * 1_000_000,
            minute_bytes=self.limit_minute_kilobytes * 1_000,
            day_bytes=self.limit_day_megabytes * 1_000_000,
        )

    @property
    def writer_month_budget(self) -> Decimal:
        """What one writer may spend in a month; by default a fifth of all, but no less than in a day."""
        if self.budget_writer_month is not None:
            return self.budget_writer_month
        return min(self.budget_month, max(self.budget_month / _WRITERS_PER_BUDGET, self.budget_writer_day))

    @property
    def has_model(self) -> bool:
        """Whether a model is configured: by a key, or by another address, which may need none."""
        return self.anthropic_api_key is not None or self.anthropic_base_url != ANTHROPIC_URL

    @property
    def dialect(self) -> Literal["claude", "basic"]:
        """The configured dialect; by default claude for Anthropic's own address and basic for any other."""
        return self.llm_dialect or ("claude" if self.anthropic_base_url == ANTHROPIC_URL else "basic")

    @property
    def sends_secret(self) -> bool:
        """Whether a key, or a password in the address, is sent to the model's service."""
        return self.anthropic_api_key is not None or "@" in urlsplit(self.anthropic_base_url).netloc

    @property
    def sends_unencrypted(self) -> bool:
        """Whether others on the network can read along: http:// to another machine."""
        parts = urlsplit(self.anthropic_base_url)
        return parts.scheme == "http" and not _is_loopback_host(parts.hostname or "")

    @property
    def shards(self) -> tuple[int, ...]:
        """The numbers of the shards that a gateway of these settings serves."""
        return self.shard_ids or tuple(range(self.shard_count or 1))

    def shard_of(self, guild: int | None) -> int:
        """Return the shard that is sent what happens in a server, by its id; for None, in DMs.

        Discord's documentation has the formula ("Sharding").
        """
        return (guild >> 22) % (self.shard_count or 1) if guild is not None else 0

    @field_validator("database_path")
    @classmethod
    def _check_database_path(cls, value: Path) -> Path:
        if value.name in ("", ".."):
            raise ValueError("it must name a file, such as ./essays.db")
        return value

    @field_validator("database_url")
    @classmethod
    def _check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_database_url(value.get_secret_value())
        return value

    def wrong_for_role(self, role: Role) -> Iterator[str]:
        """Yield a sentence for each setting that does not go with this role of a process."""
        if role is not Role.ALL and self.database_url is None:
            yield (
                f"--role {role} needs DATABASE_URL, since several processes of the bot share a database of "
                "PostgreSQL's. Without it one process does everything: leave --role out."
            )
        if role is Role.WORKER and self.shard_ids:
            yield "SHARD_IDS is set, and a worker serves no shard of Discord's: leave it out of the worker's settings."

    @property
    def unused_settings(self) -> tuple[str, ...]:
        """What is set and has no effect beside the other settings, a sentence each."""
        if self.database_url is None:
            unused = "database_connections" in self.model_fields_set
            return ("DATABASE_CONNECTIONS has no effect without DATABASE_URL.",) if unused else ()
        if "database_path" in self.model_fields_set:
            return (
                "DATABASE_PATH holds no essay while DATABASE_URL is set: the bot's sign of life alone is beside it.",
            )
        return ()

    @field_validator("anthropic_api_key", "database_key", "database_url", "discord_token", mode="before")
    @classmethod
    def _none_if_blank(cls, value: object) -> object:
        """Treat a secret of white space as unset, as env_ignore_empty does an empty one."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("anthropic_api_key")
    @classmethod
    def _check_api_key(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value is not None else ""
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("it holds characters that no key has; copy it again")
        return value

    @field_validator("access_servers", "access_users", mode="before")
    @classmethod
    def _parse_ids(cls, value: object) -> object:
        """Parse ids separated by commas or spaces."""
        if not isinstance(value, str):
            return value
        parts = value.replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() and 17 <= len(part) <= 20 for part in parts):
            raise ValueError("it must hold ids, which are numbers of 17 to 20 digits, with commas between them")
        return frozenset(map(int, parts))

    @field_validator("shard_ids", mode="before")
    @classmethod
    def _parse_shards(cls, value: object) -> object:
        """Parse numbers and ranges of shards, separated by commas or spaces."""
        if not isinstance(value, str):
            return value
        found: set[int] = set()
        for part in value.replace(",", " ").split():
            ends = _SHARDS.fullmatch(part)
            first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (1, 0)
            if first > last:
                raise ValueError("it must hold numbers of shards, such as 0-3,7: the first shard is 0")
            found.update(range(first, last + 1))
        return tuple(sorted(found))

    @field_validator("discord_api_url")
    @classmethod
    def _check_api_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = _split_address(value)
        is_api = parts is not None and parts.scheme in ("http", "https") and parts.path.rstrip("/") == DISCORD_API_PATH
        if parts is None or not is_api or "@" in parts.netloc:  # a request has one name, which is the bot's token
            raise ValueError(
                f"it must be an address that stands for https://discord.com{DISCORD_API_PATH}, such as "
                f"http://localhost:8080{DISCORD_API_PATH}"
            )
        return value.rstrip("/")

    @field_validator("model_prices", mode="before")
    @classmethod
    def _parse_prices(cls, value: object) -> object:
        """Parse models with prices, separated by commas or spaces; a model's name may hold = and /."""
        if not isinstance(value, str):
            return value
        found = {}
        for part in value.replace(",", " ").split():
            model, _, prices = part.rpartition("=")
            sums = _PRICE_PAIR.fullmatch(prices)
            if not model or sums is None:
                raise ValueError("it must hold models and their prices, such as llama3=0/0 or my-model=3/15")
            found[model] = (Decimal(sums[1]), Decimal(sums[2]))
        return found

    @field_validator("anthropic_base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        if _split_address(value) is None:
            raise ValueError("it must be an address such as http://localhost:11434, without ? or # in it")
        return value.rstrip("/")


def _split_address(value: str) -> SplitResult | None:
    """Return the parts of a web address without ? and #, None if it is none."""
    try:
        parts = urlsplit(value)
        sound = bool(parts.hostname) and parts.port != 0 and value.isprintable() and " " not in value
    except ValueError:  # its words may hold what stands where a port should, which may be a password
        return None
    return parts if sound and not parts.query and not parts.fragment else None


def check_database_url(value: str) -> None:
    """Raise ValueError, without the address in it, unless this is the address of a PostgreSQL database."""
    try:
        parts = urlsplit(value)
        sound = value.isprintable() and " " not in value and parts.port != 0
    except ValueError:  # its words may hold what stands where a port should, which may be a password
        sound = False
    if not sound or parts.fragment or "@" in parts.path + parts.query:
        raise ValueError(
            "it cannot be read: in the user and the password, characters such as / ? # @ : and % are written as "
            "%2F %3F %23 %40 %3A and %25"
        )
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError("it must be an address such as postgresql://user:password@host/database")


def _is_loopback_host(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """A setting, or a file, that cannot be used, why, and the ``source`` it came from."""

    key: str
    reason: str
    source: str | None = None

    @property
    def error(self) -> InvalidSetting:
        """The problem as an error."""
        return InvalidSetting(self.key, self.reason, self.source)


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings, with the default in place of each that has one of the ``problems``.

    ``env_path`` is the .env that was read, or the file named instead of it, None if there is none; ``hints`` are what
    in it may be a slip.
    """

    settings: Settings
    problems: tuple[SettingProblem, ...]
    env_path: Path | None
    hints: tuple[str, ...]


def _plain_reason(error: ErrorDetails) -> str:
    """Say why a value cannot be used, in words for people who do not program."""
    if said := _REASONS.get(error["type"]):
        return f"it must be {said.format(**error.get('ctx', {}))}"
    why = error["msg"].removeprefix("Value error, ")
    return why[:1].lower() + why[1:]


_REASONS = {
    "decimal_parsing": "a number, such as 2.50",
    "finite_number": "a number, such as 2.50",
    "int_parsing": "a whole number, such as 5",
    "int_parsing_size": "a whole number, such as 5",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}, written like that",
}


def _env_file_places() -> list[Path]:
    """Return where a .env is looked for, in order: here, and beside the database that is used without one."""
    stated = os.environ.get("DATABASE_PATH")
    places = [(Path(stated).expanduser() if stated else default_database()).parent / ".env"]
    with suppress(FileNotFoundError):  # the current directory is gone
        places.insert(0, Path.cwd() / ".env")
    return places


def _find_env_file(known: Collection[str]) -> EnvFile | None:
    """Read the file that ENV_FILE_VARIABLE names, else the first .env there is; return None if there is none."""
    if named := os.environ.get(ENV_FILE_VARIABLE):
        path = Path(named).expanduser()
        with suppress(FileNotFoundError):  # the current directory is gone
            path = path.absolute()
        return read_env_file(path, known) or EnvFile(path, {}, ("there is no such file: name the one you mean",))
    found = [file for path in _env_file_places() if (file := read_env_file(path, known)) is not None]
    if len(found) < 2 or is_any_of(found[0].path, [found[1].path]):
        return found[0] if found else None
    unread = f"{found[1].path} is there too, and is not read: one file counts, and this is {found[0].path}"
    return replace(found[0], hints=(*found[0].hints, unread))


def load_settings() -> LoadedSettings:
    """Read all settings, also if some of them cannot be used.

    A .env is read from the current directory, else from beside the database; or the file that ENV_FILE_VARIABLE names.
    """
    names = Settings.model_fields
    found = _find_env_file(names)
    problems = [SettingProblem(str(found.path), problem) for problem in found.problems] if found else []
    in_environment = {name.lower() for name, value in os.environ.items() if value}
    given = {name: value for name, value in found.values.items() if name in names} if found else {}
    values: dict[str, Any] = {name: value for name, value in given.items() if name not in in_environment}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for one in error.errors(include_input=False):
            name, why = str(one["loc"][0]), _plain_reason(one)
            where = str(found.path) if found and name in values else "the environment"
            problems.append(SettingProblem(name.upper(), why, where))
            values[name] = names[name].get_default(call_default_factory=True)
        settings = Settings(**values)
    if settings.database_url is not None and settings.database_key is None:
        reason = (
            "it must be set with DATABASE_URL, for every process that uses that database: there is no key file there"
        )
        problems.append(SettingProblem("DATABASE_KEY", reason))
    if settings.shard_ids and (reason := _why_no_shards(settings)):
        problems.append(SettingProblem("SHARD_IDS", reason))
    path = settings.database_path.expanduser()
    if path != settings.database_path:
        settings = settings.model_copy(update={"database_path": path})
    return LoadedSettings(
        settings,
        tuple(problems),
        found.path if found else None,
        found.hints if found else (),
    )


def _why_no_shards(settings: Settings) -> str:
    """Return why these numbers of shards cannot be used beside the other settings, "" if they can."""
    if settings.shard_count is None:
        return "SHARD_COUNT must be set with it: how many shards there are in all, in each gateway alike"
    if beyond := [number for number in settings.shard_ids if number >= settings.shard_count]:
        last = settings.shard_count - 1
        return f"it names shard {beyond[0]}, and with SHARD_COUNT={settings.shard_count} the last is {last}"
    if settings.database_url is None and len(settings.shard_ids) < settings.shard_count:
        return (
            "without DATABASE_URL there is one process, and nobody would serve the other shards: leave it out, or set "
            "DATABASE_URL"
        )
    return ""


def read_settings() -> Settings:
    """Read all settings. Raise InvalidSetting for the first that cannot be used, without the value of a secret."""
    reading = load_settings()
    for problem in reading.problems:
        raise problem.error
    return reading.settings
