"""The real process, killed and told to end: what came is kept, it ends in time, and its log tells nothing."""

from __future__ import annotations

import asyncio
import re
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from bot.services.checking import MAX_CONCURRENT_CHECKS
from tests.discord_ui.bot_process import COMMAND, ROOT, Runs, claude, respond, runs, started
from tests.discord_ui.conftest import DRAFT
from tests.discord_ui.story_steps import begun, choose, interview, paste, write
from tests.simulators.claude import Answer, ClaudeSimulator, Gate, Pause, Reply, Request
from tests.simulators.discord import DiscordSimulator

__all__ = ["Runs", "claude", "runs"]  # fixtures, and what other tests take from here

LINE = re.compile(r"\d{4}-\d\d-\d\d [\d:,]{12} (INFO|WARNING) (bot|discord)[\w.]*: \S.*")


async def test_forms_opened_before_a_kill_can_be_submitted_after_the_restart(sim: DiscordSimulator, runs: Runs) -> None:
    """A form that a process opened is handed in to the next one: an answer, and an edit of an older text."""
    user = sim.user("writer")
    one = await begun(user, user.dm)
    panel = one.panel
    await interview(one)
    form = await (await user.click(panel, "Answer")).modal()
    await runs.again()
    await user.submit(form, {"answer": one.answer})
    await user.sees(lambda _: "1 of 7" in panel.text)
    await write(one)
    await choose(one)
    form = await (await user.click(panel, "Edit")).modal()
    await runs.again()
    await user.submit(form, {"body0": "My pay went down by a fifth."})
    await user.sees(lambda _: "My pay went down by a fifth." in panel.text)


async def test_a_draft_interrupted_by_a_kill_keeps_its_text_and_goes_on(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    """What had come is a version, from which the next process goes on in the old panel."""
    user = sim.user("writer")
    one = await begun(user, user.dm)
    panel = one.panel
    await paste(one)
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(60, gate),)))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "I rebuilt the export service" in panel.text)  # what is shown is stored
    await runs.again()
    gate.release()
    await user.sees(lambda _: "version 2" in panel.text and "Keep as it is" not in panel.buttons)
    assert "I rebuilt the export service" in panel.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_sigterm_or_sigint_during_a_draft_exits_in_time_and_loses_nothing(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, number: signal.Signals
) -> None:
    """In the middle of a draft: the panel says so, the text is kept, and the process exits with 0."""
    user = sim.user("writer")
    one = await begun(user, user.dm)
    panel = one.panel
    await paste(one)
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(60, gate),)))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Writing the draft…" in panel.text)
    runs.send_signal(number)
    assert await runs.ended() == 0
    assert "The bot is being restarted. This goes on by itself." in panel.text
    assert "I rebuilt the" in panel.text
    gate.release()
    for secret in (sim.token, "I rebuilt", "61,000", "writer", "sk-simulated", str(user.id), "Traceback"):
        assert secret not in runs.log
    assert "essay write: done" in runs.log
    assert [line for line in runs.log.splitlines() if not LINE.fullmatch(line)] == []


def hold_checks(claude: ClaudeSimulator, gate: Gate) -> None:
    """Let every check wait at the gate."""

    def answer(request: Request) -> Answer:
        found = respond(request)
        if isinstance(found, Reply) and "unsupported" in str(request.schema):
            return replace(found, before_headers=gate)
        return found

    claude.responder = answer


async def test_sigterm_while_checks_run_and_wait_exits_in_time_and_they_go_on_after_the_start(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    """More essays than are checked at once: each keeps its draft, and is checked after the start."""
    held = Gate()
    hold_checks(claude, held)
    people = [sim.user(f"writer {number}") for number in range(MAX_CONCURRENT_CHECKS + 2)]
    writers = [await begun(user, user.dm) for user in people]
    for one in writers:
        await paste(one)
        await one.user.click(one.panel, "Write draft")
    for one in writers:
        await one.sees("version 1", "being checked against your notes")
    await held.reached(20)
    runs.send_signal(signal.SIGTERM)
    assert await runs.ended() == 0
    for one in writers:
        await one.sees("The bot is being restarted. This goes on by itself.", "not checked against your notes")
    held.release()
    await runs.start()
    for one in writers:
        await one.sees("every sentence rests on your notes")
    assert "Traceback" not in runs.log


async def test_after_a_kill_during_a_check_the_text_is_checked(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    """Without a click, wherever the bot can edit the message."""
    held = Gate()
    hold_checks(claude, held)
    user = sim.user("writer")
    one = await begun(user, user.dm)
    await paste(one)
    await user.click(one.panel, "Write draft")
    await one.sees("version 1", "being checked against your notes")
    await held.reached(20)
    await runs.again()
    held.release()
    await one.sees("version 1", "every sentence rests on your notes")


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", "DISCORD_TOKEN is missing."),
        ("MTIzNDU2Nzg5MDEyMzQ1Njc4.not.it", "Discord does not take it"),
        ("not.the.token", "is no bot token"),
    ],
)
async def test_a_missing_or_refused_token_is_reported_with_the_page_to_get_one(
    sim: DiscordSimulator, tmp_path: Path, token: str, words: str
) -> None:
    """In one line, the last one, with the page of the Developer Portal on which it is found."""
    place = tmp_path / "place"
    place.mkdir()
    more = {"DATABASE_PATH": str(tmp_path / "essays.db"), "DISCORD_TOKEN": token}
    environment = {**sim.environment(place), **more, "PYTHONPATH": f"{place}:{ROOT}"}
    run = await asyncio.create_subprocess_exec(*COMMAND, cwd=tmp_path, env=environment, stderr=asyncio.subprocess.PIPE)
    _, told = await run.communicate()
    last = told.decode().splitlines()[-1]
    assert words in last
    assert "https://discord.com/developers/applications > your application > Bot > Reset Token" in last
    assert "Traceback" not in told.decode()
    assert run.returncode == 2


async def test_a_token_reset_while_the_bot_runs_ends_it_with_an_explanation(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    """Discord then ends the connection for good; no start mends that, so the exit code is 2."""
    async with started(sim, claude, tmp_path) as run:
        sim.settings.token = "simulated.other.token"
        sim.gateway.drop()
        assert await asyncio.wait_for(run.wait(), 20) == 2
    log = (tmp_path / "run.log").read_text()
    assert "DISCORD_TOKEN" in log.splitlines()[-1]
    assert "Discord does not take it" in log.splitlines()[-1]
    assert "Traceback" not in log
