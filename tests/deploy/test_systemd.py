"""The unit is one that systemd takes; it shuts the bot off, leaves it time to store, and starts it after a crash."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.ops.single_instance import single_instance
from bot.store.sqlite import SqliteStore
from tests.deploy.deploy_files import ROOT, unit
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.redirect_bot import VARIABLE

FILE = ROOT / "deploy" / "essay-bot.service"
SERVICE = unit(FILE.read_text())["Service"]

# systemd's own measure of how much of a machine a service could reach, from 0 to 10; it calls up to 2 "OK".
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    if found := shutil.which("systemd-analyze"):
        return found
    pytest.skip("systemd-analyze is not installed")


def test_systemd_accepts_the_unit_file(analyze: str, tmp_path: Path) -> None:
    """With a program that is there in the place of ours, for systemd looks whether it can be started."""
    copy = tmp_path / FILE.name
    program = SERVICE["ExecStart"][0].split()[0]
    copy.write_text(FILE.read_text().replace(program, "/bin/true"))
    ended = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    # Other units of the machine are read as well, and what is wrong with them is not ours.
    said = [line for line in ended.stderr.splitlines() if FILE.name in line]
    assert said == []


def test_systemd_rates_the_exposure_of_the_service_as_low(analyze: str) -> None:
    ended = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(FILE)], capture_output=True, text=True, check=False
    )
    if "unrecognized option" in ended.stderr:
        pytest.skip("this systemd-analyze looks only at units that run")
    found = re.search(r"Overall exposure level for essay-bot\.service: ([\d.]+)", ended.stdout)
    assert found, ended.stdout + ended.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_service_is_not_root_and_writes_only_into_its_state_directory() -> None:
    assert SERVICE["User"] == ["essay-bot"]
    assert SERVICE["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in SERVICE
    assert SERVICE["StateDirectory"] == ["essay-bot"]
    assert SERVICE["StateDirectoryMode"] == ["0700"]
    assert "DATABASE_PATH=/var/lib/essay-bot/essays.db" in SERVICE["Environment"][0].split()


def test_a_stop_leaves_time_to_store_and_a_crash_is_followed_by_a_restart() -> None:
    assert SERVICE["ExecStart"] == ["/opt/essay-bot/bin/essay-bot run"]
    assert SERVICE["KillSignal"] == ["SIGTERM"]
    assert int(SERVICE["TimeoutStopSec"][0]) >= 10
    assert SERVICE["Restart"] == ["on-failure"]


def test_restarts_after_crashes_stay_below_discords_daily_session_limit() -> None:
    """Discord takes 1,000 sessions a day. A hundred are left for starts by hand and for lost connections."""
    assert 86_400 / int(SERVICE["RestartSec"][0]) <= 900


def test_systemd_keeps_restarting_the_bot_however_long_discord_is_unreachable() -> None:
    """Without a limit of ours systemd's default holds, five starts in ten seconds; RestartSec keeps them far apart."""
    whole = unit(FILE.read_text())
    assert not {"StartLimitIntervalSec", "StartLimitBurst"} & {*whole["Unit"], *whole["Service"]}
    assert 5 * int(SERVICE["RestartSec"][0]) > 10


@pytest.mark.parametrize("why", ["no token", "a refused token", "a lost key", "a second process", "no network"])
async def test_the_exit_code_prevents_a_restart_where_it_would_not_help(tmp_path: Path, why: str) -> None:
    """By the exit code of the process itself."""
    place, database = tmp_path / "place", tmp_path / "essays.db"
    place.mkdir()
    async with DiscordSimulator() as sim:
        told = {**sim.environment(place), "PYTHONPATH": f"{place}:{ROOT}", "DISCORD_TOKEN": sim.token}
        more = {
            "no token": {"DISCORD_TOKEN": ""},
            "a refused token": {"DISCORD_TOKEN": f"{sim.token}no"},
            "no network": {VARIABLE: "http://127.0.0.1:1"},  # where nothing listens
        }
        told |= {"DATABASE_PATH": str(database), "DATABASE_KEY": "", "ANTHROPIC_API_KEY": "", **more.get(why, {})}
        if why == "a lost key":
            SqliteStore(database, Fernet.generate_key().decode(), lambda: datetime.now(UTC)).close()
        held = single_instance(database) if why == "a second process" else nullcontext()
        with held:
            run = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"), cwd=tmp_path, env=told, stderr=asyncio.subprocess.PIPE
            )
            _, log = await asyncio.wait_for(run.communicate(), 30)
    assert SERVICE["RestartPreventExitStatus"] == ["2"]
    assert run.returncode == (75 if why == "no network" else 2), log.decode()


def test_the_unit_file_contains_no_secret() -> None:
    assert SERVICE["EnvironmentFile"] == ["/etc/essay-bot/env"]
    assert not re.search(r"(KEY|TOKEN|SECRET)\s*=", FILE.read_text())
