"""Every setting there is, typed, read once from the environment and .env. The environment wins over the file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.env_file import read_env_file
from bot.errors import BadSetting
from bot.essay.limits import Limits

DIRECTORY = "career-essay-bot"
_PRICE = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)/(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
_WRITERS = 5  # that can write for a whole month before the bot's budget is spent, where no share is set
ANTHROPIC = "https://api.anthropic.com"


def default_database() -> Path:
    """essays.db in the directory where this system keeps a user's program data."""
    return Path(platformdirs.user_data_dir(DIRECTORY, appauthor=False)) / "essays.db"


class Settings(BaseSettings):
    """The settings by name; .env.example says what each may hold and what its absence costs."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    database_path: Path = Field(default_factory=default_database)
    database_key: SecretStr | None = None

    discord_token: SecretStr | None = None
    access: Literal["listed", "open"] = "listed"
    access_servers: Annotated[frozenset[int], NoDecode] = frozenset()
    access_users: Annotated[frozenset[int], NoDecode] = frozenset()

    anthropic_api_key: SecretStr | None = None
    anthropic_base_url: str = Field(default=ANTHROPIC, repr=False)  # a name and a password may stand in it
    llm_dialect: Literal["claude", "basic"] | None = None
    model_writer: str = "claude-opus-5-5"
    model_critic: str = "claude-opus-5-5"
    model_interviewer: str = "claude-haiku-5-5"

    # Dollars. A draft costs some 0.15, and its worst case, which must fit, some 0.40.
    model_prices: Annotated[Mapping[str, tuple[Decimal, Decimal]], NoDecode] = {}

    budget_writer_day: Decimal = Field(default=Decimal(3), ge=0)
    budget_writer_month: Decimal | None = Field(default=None, ge=0)
    budget_month: Decimal = Field(default=Decimal(50), ge=0)
    jobs_at_once: int = Field(default=8, ge=1, le=1_000)
    jobs_per_writer: int = Field(default=2, ge=1, le=100)

    # What one writer may hand in at once, and keep; the terminal's own writer is held to a page's and a text's.
    limit_page_characters: int = Field(default=Limits().page_characters, ge=1_000)
    limit_page_lines: int = Field(default=Limits().page_lines, ge=100)
    limit_page_headings: int = Field(default=Limits().page_headings, ge=20)
    limit_page_notes: int = Field(default=Limits().page_notes, ge=20)
    limit_essay_kilobytes: int = Field(default=Limits().essay_bytes // 1_000, ge=10)
    limit_essay_notes: int = Field(default=Limits().essay_notes, ge=20)
    limit_essay_versions: int = Field(default=Limits().essay_versions, ge=20)
    limit_writer_essays: int = Field(default=Limits().writer_essays, ge=1)
    limit_writer_megabytes: int = Field(default=Limits().writer_bytes // 1_000_000, ge=1)
    limit_minute_kilobytes: int = Field(default=Limits().minute_bytes // 1_000, ge=10)
    limit_day_megabytes: int = Field(default=Limits().day_bytes // 1_000_000, ge=1)

    @property
    def limits(self) -> Limits:
        """What one writer may hand in and keep."""
        return Limits(
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
    def writer_month(self) -> Decimal:
        """What one writer may spend in a month; where nothing is set, a fifth of all, but no less than in a day."""
        if self.budget_writer_month is not None:
            return self.budget_writer_month
        return min(self.budget_month, max(self.budget_month / _WRITERS, self.budget_writer_day))

    @property
    def has_model(self) -> bool:
        """Whether a model can be asked: with a key, or at an address of one's own, which may need none."""
        return self.anthropic_api_key is not None or self.anthropic_base_url != ANTHROPIC

    @property
    def dialect(self) -> Literal["claude", "basic"]:
        """The dialect that was set; else claude for Anthropic's own address and basic for any other."""
        return self.llm_dialect or ("claude" if self.anthropic_base_url == ANTHROPIC else "basic")

    @property
    def sends_a_secret(self) -> bool:
        """Whether a key, or a password in the address, is sent to the model's service."""
        return self.anthropic_api_key is not None or "@" in urlsplit(self.anthropic_base_url).netloc

    @property
    def sends_in_clear(self) -> bool:
        """Whether the network between here and the model can read along: http:// to another machine."""
        parts = urlsplit(self.anthropic_base_url)
        return parts.scheme == "http" and not _is_this_machine(parts.hostname or "")

    @field_validator("database_path")
    @classmethod
    def _names_a_file(cls, value: Path) -> Path:
        if value.name in ("", ".."):
            raise ValueError("it must name a file, such as ./essays.db")
        return value

    @field_validator("anthropic_api_key", "database_key", "discord_token", mode="before")
    @classmethod
    def _absent_if_blank(cls, value: object) -> object:
        """Nothing for a secret of white space alone, as env_ignore_empty has it for an empty one."""
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("anthropic_api_key")
    @classmethod
    def _fits_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        key = value.get_secret_value() if value is not None else ""
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ValueError("it holds characters that no key has; copy it again")
        return value

    @field_validator("access_servers", "access_users", mode="before")
    @classmethod
    def _are_ids(cls, value: object) -> object:
        """Ids with commas or spaces between them."""
        if not isinstance(value, str):
            return value
        parts = value.replace(",", " ").split()
        if not all(part.isascii() and part.isdigit() and 17 <= len(part) <= 20 for part in parts):
            raise ValueError("it must hold ids, which are numbers of 17 to 20 digits, with commas between them")
        return frozenset(map(int, parts))

    @field_validator("model_prices", mode="before")
    @classmethod
    def _are_prices(cls, value: object) -> object:
        """Models with their prices, with commas or spaces between them; a model's name may hold = and /."""
        if not isinstance(value, str):
            return value
        found = {}
        for part in value.replace(",", " ").split():
            model, _, prices = part.rpartition("=")
            sums = _PRICE.fullmatch(prices)
            if not model or sums is None:
                raise ValueError("it must hold models and their prices, such as llama3=0/0 or my-model=3/15")
            found[model] = (Decimal(sums[1]), Decimal(sums[2]))
        return found

    @field_validator("anthropic_base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must begin with http:// or https://")
        try:
            parts = urlsplit(value)
            sound = bool(parts.hostname) and parts.port != 0 and value.isprintable() and " " not in value
        except ValueError:  # its words may hold what stands where a port should, which may be a password
            sound = False
        if not sound or parts.query or parts.fragment:
            raise ValueError("it must be an address such as http://localhost:11434, without ? or # in it")
        return value.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


@dataclass(frozen=True, slots=True)
class Fault:
    """A setting that cannot be used, by name, and why; ``where`` it came from. The name of a file is one too."""

    key: str
    why: str
    where: str | None = None

    @property
    def error(self) -> BadSetting:
        """The error that says so."""
        return BadSetting(self.key, self.why, self.where)


@dataclass(frozen=True, slots=True)
class Reading:
    """The settings as they stand, with the default in the place of each of the ``faults``.

    ``file`` is the .env that was read, None where there is none; ``hints`` are what in it may be a slip.
    """

    settings: Settings
    faults: tuple[Fault, ...]
    file: Path | None
    hints: tuple[str, ...]


def _plainly(error: ErrorDetails) -> str:
    """Why a value cannot be used, in words for somebody who is no programmer."""
    if said := _MUST_BE.get(error["type"]):
        return f"it must be {said.format(**error.get('ctx', {}))}"
    why = error["msg"].removeprefix("Value error, ")
    return why[:1].lower() + why[1:]


_MUST_BE = {
    "decimal_parsing": "a number, such as 2.50",
    "finite_number": "a number, such as 2.50",
    "int_parsing": "a whole number, such as 5",
    "int_parsing_size": "a whole number, such as 5",
    "greater_than_equal": "at least {ge}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}, written like that",
}


def look_at_settings() -> Reading:
    """Reads all settings, also where some of them cannot be used. A .env counts in the current directory alone."""
    names = Settings.model_fields
    try:
        found = read_env_file(Path.cwd() / ".env", names)
    except FileNotFoundError:  # the current directory is gone
        found = None
    faults = [Fault(str(found.path), fault) for fault in found.faults] if found else []
    in_environment = {name.lower() for name, value in os.environ.items() if value}
    given = {name: value for name, value in found.values.items() if name in names} if found else {}
    values: dict[str, Any] = {name: value for name, value in given.items() if name not in in_environment}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        for one in error.errors(include_input=False):
            name, why = str(one["loc"][0]), _plainly(one)
            where = str(found.path) if found and name in values else "the environment"
            faults.append(Fault(name.upper(), why, where))
            values[name] = names[name].get_default(call_default_factory=True)
        settings = Settings(**values)
    path = settings.database_path.expanduser()
    return Reading(
        settings.model_copy(update={"database_path": path}),
        tuple(faults),
        found.path if found else None,
        found.hints if found else (),
    )


def read_settings() -> Settings:
    """The settings as they stand now.

    Raises BadSetting, naming the key and never a secret's value, for the first that cannot be used.
    """
    reading = look_at_settings()
    for fault in reading.faults:
        raise fault.error
    return reading.settings
