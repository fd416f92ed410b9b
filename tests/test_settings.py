"""Every setting is explained, and no secret is shown."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from bot.errors import InvalidSetting
from bot.settings import Settings, read_settings

ROOT = Path(__file__).parents[1]


def test_env_example_explains_every_setting_and_nothing_else() -> None:
    explained = re.findall(r"^([A-Z_]+)=$", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE)
    assert explained == [name.upper() for name in Settings.model_fields]


def test_secrets_are_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_KEY", "hunter2")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hunter2")
    assert "hunter2" not in repr(Settings())


def test_a_password_in_the_base_url_of_the_model_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://someone:hunter2@localhost:8080/v1/")
    assert Settings().anthropic_base_url == "http://someone:hunter2@localhost:8080/v1"
    assert "hunter2" not in repr(Settings())


@pytest.mark.parametrize(
    "address",
    ["http://", "http://someone:hunter2", "http://[hunter2", "http://a host/hunter2", "http://host?key=hunter2"],
)
def test_an_invalid_base_url_is_refused_without_being_shown(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    with pytest.raises(
        InvalidSetting, match=r"ANTHROPIC_BASE_URL cannot be used: it must be an address such as"
    ) as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_a_secret_of_only_white_space_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "DATABASE_KEY", "DISCORD_TOKEN"):
        monkeypatch.setenv(name, " \t ")
    settings = read_settings()
    assert (settings.anthropic_api_key, settings.database_key, settings.discord_token) == (None, None, None)
    assert not settings.has_model


@pytest.mark.parametrize(
    ("address", "dialect"),
    [("https://api.anthropic.com/", "claude"), ("http://localhost:11434", "basic")],
)
def test_the_dialect_follows_from_the_base_url_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch, address: str, dialect: str
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert Settings().dialect == dialect
    assert Settings().has_model == (dialect == "basic")
    monkeypatch.setenv("LLM_DIALECT", "claude")
    assert Settings().dialect == "claude"


@pytest.mark.parametrize("path", [".", "/", ".."])
def test_a_database_path_that_names_no_file_is_refused(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_PATH", path)
    with pytest.raises(InvalidSetting, match=r"DATABASE_PATH.*it must name a file, such as \./essays\.db"):
        read_settings()


@pytest.mark.parametrize(
    ("month", "day", "own", "share"),
    [
        ("50", "3", "", "10"),
        ("50", "3", "4.5", "4.5"),
        ("1", "3", "", "1"),
        ("10", "3", "", "3"),
        ("50", "3", "0", "0"),
    ],
)
def test_a_writers_monthly_budget_defaults_to_a_fifth_but_at_least_the_daily_budget(
    month: str, day: str, own: str, share: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUDGET_MONTH", month)
    monkeypatch.setenv("BUDGET_WRITER_DAY", day)
    monkeypatch.setenv("BUDGET_WRITER_MONTH", own)
    assert read_settings().writer_month_budget == Decimal(share)


def test_model_prices_are_read_whatever_characters_the_models_name_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PRICES", "llama3:8b=0/0, hf.co/x/y=z=0.25/1.5 big=3/15,")
    assert read_settings().model_prices == {
        "llama3:8b": (0, 0),
        "hf.co/x/y=z": (Decimal("0.25"), Decimal("1.5")),
        "big": (3, 15),
    }


@pytest.mark.parametrize(
    "prices", ["llama3", "llama3=", "llama3=0", "=0/0", "a=free/free", "a=-1/0", "a=1/2/3", "a=nan/0"]
)
def test_an_invalid_model_price_is_refused(prices: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_PRICES", prices)
    with pytest.raises(
        InvalidSetting, match=r"MODEL_PRICES cannot be used: it must hold models and their prices, such as"
    ):
        read_settings()


@pytest.mark.parametrize(
    ("address", "clear"),
    [
        ("https://api.anthropic.com", False),
        ("http://localhost:11434", False),
        ("http://127.0.0.1:8080/v1", False),
        ("http://127.9.9.9", False),
        ("http://[::1]:8080", False),
        ("http://models.localhost", False),
        ("http://192.168.0.7:11434", True),
        ("http://someone:secret@models.example", True),
        ("http://localhost.example", True),
    ],
)
def test_http_to_another_machine_counts_as_sent_in_clear(
    address: str, clear: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)
    assert read_settings().sends_unencrypted is clear


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BUDGET_MONTH", "ten", "it must be a number, such as 2.50"),
        ("BUDGET_MONTH", "nan", "it must be a number, such as 2.50"),
        ("BUDGET_WRITER_DAY", "-1", "it must be at least 0"),
        ("JOBS_AT_ONCE", "2.5", "it must be a whole number, such as 5"),
        ("JOBS_AT_ONCE", "9" * 5_000, "it must be a whole number, such as 5"),
        ("JOBS_PER_WRITER", "101", "it must be at most 100"),
        ("DISCORD_REQUESTS_PER_SECOND", "51", "it must be at most 50"),
        ("SHARD_COUNT", "0", "it must be at least 1"),
        ("ACCESS", "OPEN", "it must be 'listed' or 'open', written like that"),
        ("ACCESS_SERVERS", "123 456", "it must hold ids, which are numbers of 17 to 20 digits"),
        ("ANTHROPIC_API_KEY", "sk-ant-a b", "it holds characters that no key has"),
    ],
)
def test_an_invalid_setting_is_refused_with_a_plain_reason(
    name: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting) as caught:
        read_settings()
    assert f"The setting {name} cannot be used: {why}" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("mysql://someone:hunter2@localhost/essays", "an address such as postgresql://"),
        ("hunter2", "an address such as postgresql://"),
        ("postgresql://someone:hunter2@localhost", "an address such as postgresql://"),
        ("postgresql://someone:hunter2/x@localhost/essays", "characters such as"),
        ("postgresql://someone:12?hunter2@localhost/essays", "characters such as"),
    ],
)
def test_an_address_that_is_no_postgresql_is_refused_without_being_shown(
    address: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    with pytest.raises(InvalidSetting, match=reason) as told:
        read_settings()
    assert "hunter2" not in str(told.value)


def test_postgresql_needs_a_key_in_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://someone:hunter2@localhost/essays")
    assert "hunter2" not in repr(Settings())
    with pytest.raises(InvalidSetting, match="DATABASE_KEY"):
        read_settings()


def test_shards_are_read_as_numbers_and_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().shards == (0,)
    monkeypatch.setenv("SHARD_COUNT", "3")
    assert read_settings().shards == (0, 1, 2)
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/essays")
    monkeypatch.setenv("DATABASE_KEY", "k")
    monkeypatch.setenv("SHARD_COUNT", "12")
    monkeypatch.setenv("SHARD_IDS", "7, 0-3 2,11")
    assert read_settings().shards == (0, 1, 2, 3, 7, 11)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"SHARD_IDS": "0"}, "SHARD_COUNT must be set with it"),
        ({"SHARD_IDS": "0-4", "SHARD_COUNT": "4"}, "it names shard 4, and with SHARD_COUNT=4 the last is 3"),
        ({"SHARD_IDS": "0", "SHARD_COUNT": "4", "DATABASE_URL": ""}, "without DATABASE_URL there is one process"),
        ({"SHARD_IDS": "3-1", "SHARD_COUNT": "4"}, "it must hold numbers of shards, such as 0-3,7"),
        ({"SHARD_IDS": "all", "SHARD_COUNT": "4"}, "it must hold numbers of shards, such as 0-3,7"),
    ],
)
def test_shards_that_nobody_could_serve_are_refused(
    given: dict[str, str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"DATABASE_URL": "postgresql://localhost/essays", "DATABASE_KEY": "k", **given}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=f"SHARD_IDS cannot be used: {why}"):
        read_settings()


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:8080",
        "http://localhost/api/v9",
        "localhost:8080/api/v10",
        "http://me:hunter2@proxy/api/v10",
        "http://proxy/api/v10?a=b",
    ],
)
def test_a_proxy_for_discords_api_is_named_by_the_address_that_stands_for_discords_own(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_API_URL", "http://localhost:8080/api/v10/")
    assert read_settings().discord_api_url == "http://localhost:8080/api/v10"
    monkeypatch.setenv("DISCORD_API_URL", address)
    with pytest.raises(InvalidSetting, match="DISCORD_API_URL cannot be used: it must be an address that") as caught:
        read_settings()
    assert "hunter2" not in str(caught.value)


def test_what_has_no_effect_beside_the_other_settings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Settings().unused_settings == ()
    monkeypatch.setenv("DATABASE_CONNECTIONS", "4")
    assert "DATABASE_CONNECTIONS has no effect" in Settings().unused_settings[0]
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/essays")
    assert Settings().unused_settings == ()
    monkeypatch.setenv("DATABASE_PATH", "essays.db")
    assert "DATABASE_PATH holds no essay" in Settings().unused_settings[0]
