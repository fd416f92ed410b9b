"""The bot, shut off as the unit shuts it off, does all that it does otherwise."""

from __future__ import annotations

import ctypes
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.bot_scenario import respond, settings, story
from tests.deploy.deploy_files import ROOT
from tests.deploy.seccomp import LIBRARY
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import DiscordSimulator, process

UNIT = ROOT / "deploy" / "essay-bot.service"


@pytest.fixture
def filters() -> None:
    """Skips where the unit's filter cannot be applied."""
    if not shutil.which("systemd-analyze"):
        pytest.skip("systemd-analyze is not installed")
    try:
        ctypes.CDLL(LIBRARY)
    except OSError:
        pytest.skip("libseccomp is not installed")


@pytest.mark.usefixtures("filters")
async def test_a_draft_is_written_and_its_claims_found_under_the_units_system_call_filter(tmp_path: Path) -> None:
    """With the process for slow work beside the bot; and the bot ends as it should when it is told to."""
    place, log = tmp_path / "place", tmp_path / "log"
    place.mkdir()
    async with ClaudeSimulator(responder=respond) as claude, DiscordSimulator() as sim:
        more = {
            "PYTHONPATH": f"{place}:{ROOT}",
            "DATABASE_PATH": str(tmp_path / "essays.db"),
            **settings(claude, sim),
        }
        run = f'exec "$0" -m tests.deploy.seccomp {UNIT} "$0" -m bot run 2>{log}'
        async with process(sim, ("/bin/sh", "-c", run, sys.executable), place, more, cwd=tmp_path) as bot:
            await story(sim)
            asked = [sys.executable, "-m", "bot", "check", "--running"]
            said = subprocess.run(asked, cwd=tmp_path, env=more, capture_output=True, text=True, check=False)
            assert (said.returncode, said.stderr) == (0, "")
            bot.send_signal(signal.SIGTERM)
            assert await bot.wait() == 0
    assert not re.search("Traceback|WARNING|ERROR", log.read_text().replace("WARNING discord", ""))
