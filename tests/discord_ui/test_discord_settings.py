"""The settings of the Discord door, and what is said where one is missing or wrong."""

from __future__ import annotations

import base64

import pytest

from bot.errors import InvalidSetting
from bot.ops.diagnostics import CheckState, run_checks
from bot.ops.run_discord import missing_settings
from bot.settings import read_settings


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a directory without .env, and with nothing set."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    for name in ("DISCORD_TOKEN", "ACCESS", "ACCESS_SERVERS", "ACCESS_USERS"):
        monkeypatch.delenv(name, raising=False)


def test_without_settings_only_the_owner_has_access_and_the_token_is_asked_for() -> None:
    settings = read_settings()
    assert (settings.access, settings.access_servers, settings.access_users) == ("listed", frozenset(), frozenset())
    (line,) = missing_settings(settings)
    assert "DISCORD_TOKEN is missing" in line
    assert "Bot > Reset Token" in line
    (piece,) = (one for one in run_checks() if one.name == "Discord")
    assert "client_id" not in piece.message


def test_ids_in_settings_may_be_separated_by_commas_or_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS_SERVERS", "123456789012345678, 223456789012345678")
    monkeypatch.setenv("ACCESS_USERS", "323456789012345678 ")
    settings = read_settings()
    assert settings.access_servers == {123456789012345678, 223456789012345678}
    assert settings.access_users == {323456789012345678}


@pytest.mark.parametrize(
    ("name", "value"), [("ACCESS_SERVERS", "my server"), ("ACCESS_USERS", "-5"), ("ACCESS", "everyone")]
)
def test_an_invalid_discord_setting_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidSetting, match=name):
        read_settings()


def test_the_invite_links_are_made_from_the_token_which_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    token = base64.b64encode(b"123456789012345678").decode() + ".secret.part"
    monkeypatch.setenv("DISCORD_TOKEN", token)
    settings = read_settings()
    assert list(missing_settings(settings)) == []
    (piece,) = (one for one in run_checks() if one.name == "Discord")
    assert piece.state is CheckState.READY
    assert piece.message.count("client_id=123456789012345678") == 2  # to a server, and to one's own account
    assert "secret" not in piece.message
    assert "secret" not in repr(settings)
