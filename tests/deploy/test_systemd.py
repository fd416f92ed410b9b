"""The unit is one that systemd takes; it shuts the bot off, leaves it time to store, and starts it after a crash."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.promises import ROOT, unit

FILE = ROOT / "deploy" / "essay-bot.service"
SERVICE = unit(FILE.read_text())["Service"]

# systemd's own measure of how much of a machine a service could reach, from 0 to 10; it calls up to 2 "OK".
MOST_EXPOSED = 2.0


@pytest.fixture
def analyze() -> str:
    if found := shutil.which("systemd-analyze"):
        return found
    pytest.skip("systemd-analyze is not installed")


def test_systemd_takes_the_unit(analyze: str, tmp_path: Path) -> None:
    """With a program that is there in the place of ours, for systemd looks whether it can be started."""
    copy = tmp_path / FILE.name
    program = SERVICE["ExecStart"][0].split()[0]
    copy.write_text(FILE.read_text().replace(program, "/bin/true"))
    ended = subprocess.run([analyze, "verify", str(copy)], capture_output=True, text=True, check=False)
    # Other units of the machine are read as well, and what is wrong with them is not ours.
    said = [line for line in ended.stderr.splitlines() if FILE.name in line]
    assert said == []


def test_systemd_finds_the_service_shut_off(analyze: str) -> None:
    ended = subprocess.run(
        [analyze, "security", "--offline=true", "--no-pager", str(FILE)], capture_output=True, text=True, check=False
    )
    if "unrecognized option" in ended.stderr:
        pytest.skip("this systemd-analyze looks only at units that run")
    found = re.search(r"Overall exposure level for essay-bot\.service: ([\d.]+)", ended.stdout)
    assert found, ended.stdout + ended.stderr
    assert float(found[1]) <= MOST_EXPOSED


def test_the_bot_is_not_root_and_writes_into_its_state_directory_alone() -> None:
    assert SERVICE["User"] == ["essay-bot"]
    assert SERVICE["ProtectSystem"] == ["strict"]
    assert "ReadWritePaths" not in SERVICE
    assert SERVICE["StateDirectory"] == ["essay-bot"]
    assert SERVICE["StateDirectoryMode"] == ["0700"]
    assert "DATABASE_PATH=/var/lib/essay-bot/essays.db" in SERVICE["Environment"][0].split()


def test_a_stop_leaves_time_to_store_and_a_crash_is_followed_by_a_start() -> None:
    assert SERVICE["ExecStart"] == ["/opt/essay-bot/bin/essay-bot run"]
    assert SERVICE["KillSignal"] == ["SIGTERM"]
    assert int(SERVICE["TimeoutStopSec"][0]) >= 10
    assert SERVICE["Restart"] == ["on-failure"]


def test_no_secret_stands_in_the_unit() -> None:
    assert SERVICE["EnvironmentFile"] == ["/etc/essay-bot/env"]
    assert not re.search(r"(KEY|TOKEN|SECRET)\s*=", FILE.read_text())
