"""Every setting there is, typed, read once from the environment and .env. The environment wins over the file."""

from __future__ import annotations

from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import BadSetting

DIRECTORY = "career-essay-bot"


def default_database() -> Path:
    """essays.db in the directory where this system keeps a user's program data."""
    return Path(platformdirs.user_data_dir(DIRECTORY, appauthor=False)) / "essays.db"


class Settings(BaseSettings):
    """The settings by name; .env.example says what each may hold and what its absence costs."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True)

    database_path: Path = Field(default_factory=default_database)
    database_key: SecretStr | None = None


def read_settings() -> Settings:
    """The settings as they stand now.

    Raises BadSetting, naming the key and never a secret's value, for the first that cannot be used.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        raise BadSetting(str(first["loc"][0]).upper(), first["msg"].lower()) from None
    except UnicodeDecodeError:
        raise BadSetting(".env", "the file is not UTF-8 text") from None
    path = settings.database_path.expanduser()
    return settings.model_copy(update={"database_path": path})
