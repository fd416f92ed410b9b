"""The real process: killed between any two steps it goes on, told to end it ends in time, and its log tells nothing."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.essay.export import read_export
from tests.discord_ui.conftest import DRAFT
from tests.simulators.claude import Answer, ClaudeSimulator, Gate, Pause, Reply, Request
from tests.simulators.discord import DiscordSimulator, Message, User

ROOT = Path(__file__).parents[2]
RUN = (
    "import asyncio; from bot.serving import configure_logging, run_discord; from bot.settings import read_settings; "
    "configure_logging(); asyncio.run(run_discord(read_settings()))"
)
# Imports everything once, which takes two seconds, and then makes a process of the bot for each line it is given.
MAKER = """
import os, sys, bot.serving, bot.llm.build
for number, log in enumerate(sys.stdin):
    if not (child := os.fork()):
        for stream, name in ((0, os.devnull), (1, os.devnull), (2, log.strip())):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), stream)
        break
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
"""
ANSWER = "I rebuilt the export service in March 2019. Errors went from 15% to 2%."
CRITIQUE = {
    "fix_first": "Say what changed.",
    "remarks": [
        {
            "quotation": "It was a very big change for me.",
            "category": "vague",
            "severity": "grave",
            "effect": "The reader cannot tell what changed.",
            "replacement": "I answer to one person now.",
            "question": None,
        }
    ],
    "strengths": [],
    "sections": [],
}


def respond(request: Request) -> Answer:
    """What the model says to each of the bot's prompts, told apart by what they ask for."""
    if request.schema is not None:
        names = set(request.schema.get("properties", {}))
        if "remarks" in names:
            return Reply(json.dumps(CRITIQUE))
        return Reply(json.dumps({"question": None} if "question" in names else {"placements": []}))
    if "Shorter." in request.last_user_text:
        return Reply("My pay went from 61,000 to 48,500.")
    return Reply(DRAFT)


@dataclass(eq=False)
class Runs:
    """The bot in a process of its own, which a test can kill and start again. ``code`` is how the last one ended."""

    sim: DiscordSimulator
    folder: Path
    maker: asyncio.subprocess.Process
    starts: int = 0
    child: int = 0

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    async def start(self) -> None:
        assert self.maker.stdin is not None
        self.starts += 1
        before = self.sim.gateway.connected
        self.maker.stdin.write(f"{self.folder / f'{self.starts:02}.log'}\n".encode())
        self.child = await self._number()
        await self.sim.gateway.wait_connected(30, besides=before)

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.child, number)

    async def ended(self) -> int:
        """The exit code of the process, once it has ended."""
        code = await asyncio.wait_for(self._number(), 10)
        self.child = 0
        return code

    async def again(self) -> None:
        """kill -9, and a new start."""
        self.send_signal(signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL
        await self.sim.gateway.wait_disconnected()
        await self.start()

    async def _number(self) -> int:
        assert self.maker.stdout is not None
        return int(await self.maker.stdout.readline())


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator(responder=respond) as model:
        yield model


@pytest.fixture
async def runs(sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path) -> AsyncIterator[Runs]:
    environment = {
        "DISCORD_TOKEN": sim.token,
        "ACCESS": "open",
        "DATABASE_PATH": str(tmp_path / "essays.db"),
        "ANTHROPIC_API_KEY": claude.key or "",
        "ANTHROPIC_BASE_URL": claude.base_url,
        "LLM_DIALECT": "claude",
    }
    place = tmp_path / "place"
    place.mkdir()
    maker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", MAKER + RUN),
        cwd=tmp_path,
        env={**sim.environment(place), **environment, "PYTHONPATH": f"{place}:{ROOT}"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    made = Runs(sim, tmp_path, maker)
    try:
        await made.start()
        yield made
    finally:
        if made.child:
            made.send_signal(signal.SIGKILL)
        maker.kill()
        await maker.wait()


Step = Callable[[User, Message], Awaitable[None]]


async def interview(user: User, panel: Message) -> None:
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)


async def answer(user: User, panel: Message) -> None:
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": ANSWER})
    await user.sees(lambda _: "1 of 7" in panel.text)


async def paste(user: User, panel: Message) -> None:
    form = await (await user.click(panel, "Paste notes")).modal()
    words = "My pay went from 61,000 to 48,500. I answer to one person now."
    await user.submit(form, {"paste1": f"## What I gave up and what I gained\n\n{words}"})
    await user.sees(lambda _: "1 note stored." in panel.text)


async def write(user: User, panel: Message) -> None:
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "version 1" in panel.text)


async def choose(user: User, panel: Message) -> None:
    await user.select(panel, "Go to a section", "What I gave up and what I gained")
    await user.sees(lambda _: "*What I gave up and what I gained*" in panel.text)


async def revise(user: User, panel: Message) -> None:
    form = await (await user.click(panel, "Revise")).modal()
    await user.submit(form, {"instruction": "Shorter."})
    await user.sees(lambda _: "version 2" in panel.text)


async def undo(user: User, panel: Message) -> None:
    await user.select(panel, "More", "Undo")
    await user.sees(lambda _: "very big change" in panel.text)


async def critique(user: User, panel: Message) -> None:
    await user.click(panel, "Critique")
    await user.sees(lambda _: "Fix this first" in panel.text)


async def following(user: User, panel: Message) -> None:
    await user.click(panel, "Next")
    await user.sees(lambda _: "Apply" in panel.buttons)


async def apply(user: User, panel: Message) -> None:
    await user.click(panel, "Apply")
    await user.sees(lambda _: "Applied: it is version 3" in panel.text)


async def back(user: User, panel: Message) -> None:
    await user.click(panel, "Back to the text")
    await user.sees(lambda _: "Export" in panel.buttons)


STORY: tuple[Step, ...] = (
    interview, answer, paste, write, choose, revise, undo, critique, following, apply, back
)  # fmt: skip


async def test_killed_between_any_two_steps_it_goes_on(sim: DiscordSimulator, runs: Runs) -> None:
    """kill -9 and a new start between every two steps of the story: every button, form and text is still there."""
    user = sim.user("writer")
    panel = await (await user.slash(sim.guild("Writers"), "draft")).message()
    for step in STORY:
        await runs.again()
        await step(user, panel)
    assert "I answer to one person now." in panel.text
    await runs.again()
    handed = await (await user.click(panel, "Export")).followup()
    (data,) = handed.files.values()
    body = read_export(data.decode())[1]
    assert ANSWER in body
    assert "very big change" not in body
    assert [one.changed for one in sim.syncs] == [True]
    assert sim.gateway.identifies == len(STORY) + 2


async def test_forms_that_were_open_at_a_kill_are_still_taken(sim: DiscordSimulator, runs: Runs) -> None:
    """A form that a process opened is handed in to the next one: an answer, and an edit of an older text."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await interview(user, panel)
    form = await (await user.click(panel, "Answer")).modal()
    await runs.again()
    await user.submit(form, {"answer": ANSWER})
    await user.sees(lambda _: "1 of 7" in panel.text)
    await write(user, panel)
    await choose(user, panel)
    form = await (await user.click(panel, "Edit")).modal()
    await runs.again()
    await user.submit(form, {"body0": "My pay went down by a fifth."})
    await user.sees(lambda _: "My pay went down by a fifth." in panel.text)


async def test_killed_in_the_middle_of_a_draft_it_keeps_what_came(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    """What had come is a version marked unfinished; the old panel offers to continue, begin again or keep it."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await paste(user, panel)
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(60, gate),)))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Writing the draft…" in panel.text)
    await asyncio.sleep(1.0)  # two flushes: what is stored is what a kill leaves
    await runs.again()
    gate.release()
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    assert "I rebuilt the export service" in panel.text
    assert {"Continue", "Start again"} <= set(panel.buttons)
    await user.click(panel, "Continue")
    await user.sees(lambda _: "version 2" in panel.text and "Keep as it is" not in panel.buttons)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_told_to_end_it_ends_in_time_and_loses_nothing(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, number: signal.Signals
) -> None:
    """In the middle of a draft: the panel says so, the text is kept, and the process exits with 0."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await paste(user, panel)
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(60, gate),)))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Writing the draft…" in panel.text)
    began = time.monotonic()
    runs.send_signal(number)
    assert await runs.ended() == 0
    assert time.monotonic() - began < 10
    assert "The bot was restarted in the middle of it" in panel.text
    assert "I rebuilt the" in panel.text
    gate.release()
    for secret in (sim.token, "I rebuilt", "61,000", "writer", "sk-simulated", str(user.id), "Traceback"):
        assert secret not in runs.log
    assert "essay write: done" in runs.log


async def test_a_missing_or_refused_token_is_told_with_its_page(sim: DiscordSimulator, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    for token, words in (("", "it is missing"), ("not.the.token", "Discord does not take it")):
        more = {"DATABASE_PATH": str(tmp_path / "essays.db"), "DISCORD_TOKEN": token}
        environment = {**sim.environment(place), **more, "PYTHONPATH": f"{place}:{ROOT}"}
        run = await asyncio.create_subprocess_exec(
            sys.executable, "-c", RUN, cwd=tmp_path, env=environment, stderr=asyncio.subprocess.PIPE
        )
        _, told = await run.communicate()
        assert words in told.decode()
        assert "Reset Token" in told.decode()
        assert run.returncode == 1
