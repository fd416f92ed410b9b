"""Every setting is explained, and no secret is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.errors import BadSetting
from bot.settings import Settings, read_settings

ROOT = Path(__file__).parents[1]


def test_every_setting_is_explained_in_the_example_and_nothing_else_is() -> None:
    explained = re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert explained == [name.upper() for name in Settings.model_fields]


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_KEY", "hunter2")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hunter2")
    assert "hunter2" not in repr(Settings())


def test_a_password_in_the_address_of_the_service_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://someone:hunter2@localhost:8080/v1/")
    assert Settings().anthropic_base_url == "http://someone:hunter2@localhost:8080/v1"
    assert "hunter2" not in repr(Settings())


@pytest.mark.parametrize(
    "address",
    ["http://", "http://someone:hunter2", "http://[hunter2", "http://a host/hunter2", "http://host?key=hunter2"],
)
def test_what_is_no_address_is_refused_without_being_shown(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    with pytest.raises(BadSetting, match=r"ANTHROPIC_BASE_URL cannot be used: it must be an address such as") as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_a_secret_of_white_space_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "DATABASE_KEY", "DISCORD_TOKEN"):
        monkeypatch.setenv(name, " \t ")
    settings = read_settings()
    assert (settings.anthropic_api_key, settings.database_key, settings.discord_token) == (None, None, None)
    assert not settings.has_model


@pytest.mark.parametrize(
    ("address", "dialect"),
    [("https://api.anthropic.com/", "claude"), ("http://localhost:11434", "basic")],
)
def test_the_dialect_follows_the_address(monkeypatch: pytest.MonkeyPatch, address: str, dialect: str) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert Settings().dialect == dialect
    assert Settings().has_model == (dialect == "basic")
    monkeypatch.setenv("LLM_DIALECT", "claude")
    assert Settings().dialect == "claude"


@pytest.mark.parametrize("path", [".", "/", ".."])
def test_a_database_that_is_no_file_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", path)
    with pytest.raises(BadSetting, match=r"DATABASE_PATH.*it must name a file, such as \./essays\.db"):
        read_settings()
