"""The settings of the Discord door, and what is said where one is missing or wrong."""

from __future__ import annotations

import asyncio
import base64

import discord
import pytest
from cryptography.fernet import Fernet

from bot.errors import InvalidSetting
from bot.ops.diagnostics import CheckState, run_checks
from bot.ops.run_discord import http_options, missing_settings
from bot.settings import Role, read_settings
from tests.simulators.discord import DiscordSimulator


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In a directory without .env, and with nothing set."""
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))
    for name in ("DISCORD_TOKEN", "ACCESS", "ACCESS_SERVERS", "ACCESS_USERS", "DATABASE_URL"):
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


def _of_processes(role: Role) -> list[tuple[CheckState, str]]:
    return [(one.state, one.message) for one in run_checks(role) if one.name == "processes"]


def test_a_gateway_and_a_worker_need_postgresql_and_a_worker_has_no_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", base64.b64encode(b"123456789012345678").decode() + ".secret.part")
    assert list(missing_settings(read_settings())) == []
    assert _of_processes(Role.ALL) == []
    for role in (Role.GATEWAY, Role.WORKER):
        (line,) = missing_settings(read_settings(), role)
        assert f"--role {role} needs DATABASE_URL" in line
        assert (CheckState.WRONG, line) in _of_processes(role)
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost:1/essays")
    monkeypatch.setenv("DATABASE_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("SHARD_COUNT", "8")
    monkeypatch.setenv("SHARD_IDS", "0-2")
    assert list(missing_settings(read_settings(), Role.GATEWAY)) == []
    (line,) = missing_settings(read_settings(), Role.WORKER)
    assert "SHARD_IDS is set, and a worker serves no shard" in line


def test_check_says_what_a_process_does_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost:1/essays")
    monkeypatch.setenv("DATABASE_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("SHARD_COUNT", "8")
    (said, hint) = _of_processes(Role.GATEWAY)
    assert said[1].startswith("a gateway of 8 shards of 8. Whether a worker runs")
    assert hint[0] is CheckState.HINT
    assert "50 requests a second, all processes together" in hint[1]
    monkeypatch.setenv("DISCORD_REQUESTS_PER_SECOND", "20")
    assert _of_processes(Role.WORKER) == [
        (
            CheckState.READY,
            "a worker: it drafts and critiques, and holds no session of Discord's, with at most 20 of the 50 requests "
            "a second that Discord allows the token",
        )
    ]


async def test_a_process_sends_no_more_than_its_share_and_answers_to_clicks_are_not_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may send one a second: each of those that count waits a second longer than the one before it."""
    async with DiscordSimulator() as sim:
        monkeypatch.setattr(discord.http.Route, "BASE", "https://discord.invalid/api/v10")
        monkeypatch.setenv("DISCORD_API_URL", f"{sim.address}/api/v10")
        monkeypatch.setenv("DISCORD_REQUESTS_PER_SECOND", "1")
        waited: list[float] = []

        async def sleep(seconds: float) -> None:
            if seconds:
                waited.append(seconds)

        monkeypatch.setattr(asyncio, "sleep", sleep)
        async with discord.Client(intents=discord.Intents.none(), **http_options(read_settings())) as client:
            await client.login(sim.token)
            for _ in range(3):
                await client.fetch_user(sim.owner.id)
            hook = discord.Webhook.partial(sim.world.bot.id, "unknown", client=client)
            with pytest.raises(discord.HTTPException):  # no such interaction
                await hook.send("nobody asked")
        assert [round(seconds) for seconds in waited] == [1, 2, 3, 4]  # the login is two requests
