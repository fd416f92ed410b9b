"""Other processes can tell whether a bot serves a database, from the heartbeat file that it writes."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.discord_ui.gateway_state import GatewayState
from bot.ops.health import (
    HEARTBEAT_SECONDS,
    STALE_AFTER,
    Health,
    Heartbeat,
    check_health,
    heartbeat_path,
    read_heartbeat,
)

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def move(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "essays.db"


@pytest.fixture
def heart(database: Path, clock: Clock) -> Heartbeat:
    return Heartbeat(database, clock)


def test_a_connected_bot_with_a_recent_heartbeat_is_healthy(database: Path, clock: Clock, heart: Heartbeat) -> None:
    heart.write(GatewayState.CONNECTED)
    clock.move(HEARTBEAT_SECONDS)
    heart.write(GatewayState.CONNECTED)
    found = check_health(database, clock.now)
    assert found == Health(
        True,
        f"The bot with the process number {os.getpid()} has served {database} since 2026-11-23 09:00:00 UTC and is "
        "connected to Discord.",
    )


def test_before_the_first_heartbeat_and_after_a_clean_stop_no_bot_is_reported(
    database: Path, clock: Clock, heart: Heartbeat
) -> None:
    absent = Health(False, f"No bot is serving {database}: there is no essays.db.running beside it. Start the bot.")
    assert check_health(database, clock.now) == absent
    heart.write(GatewayState.CONNECTED)
    heart.stop()
    assert list(database.parent.iterdir()) == []
    heart.write(GatewayState.CONNECTED)  # one that was under way while the bot stopped
    heart.stop()
    assert check_health(database, clock.now) == absent


def test_a_bot_that_hangs_is_unhealthy_a_minute_after_its_last_heartbeat(
    database: Path, clock: Clock, heart: Heartbeat
) -> None:
    heart.write(GatewayState.CONNECTED)
    clock.move(STALE_AFTER.total_seconds())
    assert check_health(database, clock.now).is_healthy
    clock.move(1)
    found = check_health(database, clock.now)
    assert not found.is_healthy
    assert "has given no sign of life since 2026-11-23 09:00:00 UTC" in found.message
    assert not check_health(database, START - STALE_AFTER - timedelta(seconds=1)).is_healthy  # the clock was set back


@pytest.mark.parametrize(
    ("gateway", "said"),
    [(GatewayState.CONNECTING, "has not reached Discord yet"), (GatewayState.LOST, "has lost Discord")],
)
def test_a_bot_without_discord_is_unhealthy_and_the_sentence_says_since_when(
    database: Path, clock: Clock, heart: Heartbeat, gateway: GatewayState, said: str
) -> None:
    heart.write(GatewayState.CONNECTED)
    for _ in range(3):
        clock.move(HEARTBEAT_SECONDS)
        heart.write(gateway)
    found = check_health(database, clock.now)
    assert not found.is_healthy
    assert f"{said}: it has been trying since 2026-11-23 09:00:15 UTC" in found.message


def test_a_bot_that_stands_by_for_another_is_healthy(database: Path, clock: Clock, heart: Heartbeat) -> None:
    heart.write(GatewayState.STANDING_BY)
    clock.move(HEARTBEAT_SECONDS)
    heart.write(GatewayState.STANDING_BY)
    found = check_health(database, clock.now)
    assert found.is_healthy
    assert "has been standing by since 2026-11-23 09:00:00 UTC: another one serves its shards" in found.message


def test_a_killed_bot_is_reported_at_once(database: Path, clock: Clock, heart: Heartbeat) -> None:
    heart.write(GatewayState.CONNECTED)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    sign = json.loads(heart.path.read_text())
    heart.path.write_text(json.dumps({**sign, "pid": gone.pid}))
    found = check_health(database, clock.now)
    assert not found.is_healthy
    assert "was killed: its last sign of life was at 2026-11-23 09:00:00 UTC" in found.message
    # In a container the same number is another process, so only time can tell.
    heart.path.write_text(json.dumps({**sign, "pid": gone.pid, "processes": "pid:[1]"}))
    assert check_health(database, clock.now).is_healthy


def test_only_the_owner_can_read_the_heartbeat_file_and_no_other_file_is_left(database: Path, heart: Heartbeat) -> None:
    heart.write(GatewayState.CONNECTING)
    heart.write(GatewayState.CONNECTED)
    assert list(database.parent.iterdir()) == [heartbeat_path(database)]
    assert stat.S_IMODE(heart.path.stat().st_mode) == 0o600


def test_a_stopping_bot_leaves_the_heartbeat_file_of_its_successor(
    database: Path, clock: Clock, heart: Heartbeat
) -> None:
    heart.write(GatewayState.CONNECTED)
    clock.move(1)
    successor = Heartbeat(database, clock)
    successor.write(GatewayState.CONNECTED)
    heart.stop()
    assert check_health(database, clock.now).is_healthy
    assert read_heartbeat(successor.path) is not None


def test_a_heartbeat_file_that_cannot_be_written_is_logged_and_the_bot_goes_on(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    heart = Heartbeat(tmp_path / "absent" / "essays.db", clock)
    heart.write(GatewayState.CONNECTED)
    assert "cannot be written: No such file or directory" in caplog.text
    heart.stop()


@pytest.mark.parametrize("text", ["", "{}", "[]", "no json", '{"pid": "x"}'])
def test_a_malformed_heartbeat_file_is_reported(database: Path, clock: Clock, heart: Heartbeat, text: str) -> None:
    heart.path.write_text(text)
    found = check_health(database, clock.now)
    assert not found.is_healthy
    assert "is not as the bot writes it" in found.message
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors are among them
        read_heartbeat(heart.path)


def check_running(database: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "check", "--running"],
        env={**os.environ, "DATABASE_PATH": str(database), **more},
        capture_output=True,
        text=True,
        check=False,
    )


def test_check_running_exits_with_0_for_a_healthy_bot_and_else_with_1_and_a_sentence(database: Path) -> None:
    heart = Heartbeat(database, lambda: datetime.now(UTC))
    heart.write(GatewayState.CONNECTED)
    well = check_running(database)
    assert (well.returncode, well.stderr) == (0, "")
    assert "is connected to Discord" in well.stdout
    heart.stop()
    absent = check_running(database)
    assert (absent.returncode, absent.stdout) == (1, "")
    assert absent.stderr.startswith("No bot is serving")
    refused = check_running(Path(), DATABASE_PATH="", JOBS_AT_ONCE="many")
    assert refused.returncode == 1
    assert refused.stderr.startswith("The setting JOBS_AT_ONCE cannot be used")
    assert not database.exists()  # to ask is not to make one


def test_check_running_imports_no_heavy_library(database: Path) -> None:
    """A container runs it every half minute, on the same two cores as the bot."""
    asked = (
        "import sys; from bot.cli.main import cli; cli.main(['check', '--running'], standalone_mode=False)\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "DATABASE_PATH": str(database)},
        capture_output=True,
        text=True,
        check=True,
    )
    imported = set(ended.stdout.split())
    heavy = {"discord", "anthropic", "pydantic", "pydantic_settings", "sqlite3", "sqlite_utils", "cryptography", "rich"}
    assert {"bot", "click"} <= imported
    assert not imported & (heavy | {"asyncio", "jinja2", "yaml"})
