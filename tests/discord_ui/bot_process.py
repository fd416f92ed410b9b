"""The bot as a process of its own, ``python -m bot run``, before the loopback Discord and Claude."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TextIO

import pytest

from tests.critique_replies import critique_tags, finding_tags
from tests.discord_ui.conftest import DRAFT
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request, canned
from tests.simulators.discord import DiscordSimulator, Session

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "bot", "run")
# Imports everything once, the models' SDK too, which is some seconds of work, and then makes a process of the bot for
# each line it is given: its environment, its folder, its log, a named pipe, the arguments. Into the pipe it writes the
# process's number, and later its exit code. It ends with the tests, when nobody is left to give it a line.
MAKER = """
import json, os, sys, bot.cli.main, bot.ops.run_discord, bot.llm.factory, bot.llm.sdk
for line in sys.stdin:
    more, folder, log, pipe, arguments = json.loads(line)
    if not os.fork():
        if not (child := os.fork()):
            break
        with open(pipe, "w") as told:
            print(child, file=told, flush=True)
            print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=told, flush=True)
        os._exit(0)
else:
    sys.exit()
os.environ.clear()
os.environ.update(more)
os.chdir(folder)
for stream, name in ((0, os.devnull), (1, os.devnull), (2, log)):
    os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), stream)
customise = os.path.join(more["PYTHONPATH"].split(os.pathsep)[0], "sitecustomize.py")  # as Python does at a start
exec(compile(open(customise).read(), customise, "exec"))
sys.argv = ["essay-bot", "run", *arguments]
from bot.__main__ import main
main()
"""
CRITIQUE = critique_tags(
    [
        finding_tags(
            "It was a very big change for me.",
            "vague",
            "grave",
            "The reader cannot tell what changed.",
            replacement="I answer to one person now.",
        )
    ],
    fix_first="Say what changed.",
)


def respond(request: Request) -> Answer:
    """What the model says to each of the bot's prompts, told apart by what they ask for.

    A draft names the place of the export service that the notes name, if they do.
    """
    if request.schema is not None:
        names = set(request.schema.get("properties", {}))
        if "unsupported" in names:
            return canned(request)  # every sentence rests on the first note
        return Reply(json.dumps({"question": None} if "question" in names else {"placements": []}))
    if "<finding " in request.last_user_text:
        return Reply(CRITIQUE)
    if "Shorter." in request.last_user_text:
        return Reply("<rewrite>My pay went from 61,000 to 48,500.</rewrite>")
    named = re.search(r"the export service( at \w+)", request.last_user_text)
    return Reply(DRAFT.replace("the export service", f"the export service{named[1] if named else ''}"))


@cache
def maker() -> subprocess.Popen[bytes]:
    """The process that makes the others, one for all tests."""
    return subprocess.Popen(
        [sys.executable, "-c", MAKER],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        bufsize=0,
    )


@dataclass(eq=False)
class Runs:
    """The bot in a process of its own, which a test can kill and start again. ``more`` is its environment.

    Several at once each have a folder of their own, and start one after another: so it is known whose a session is.

    Attributes:
        arguments: what follows ``essay-bot run``.
        shards: the shards that it serves; none for a worker.
        sessions: those of its last start, once it is connected.
    """

    sim: DiscordSimulator
    folder: Path
    more: dict[str, str]
    arguments: tuple[str, ...] = ()
    shards: tuple[int, ...] = (0,)
    sessions: list[Session] = field(default_factory=list)
    starts: int = 0
    child: int = 0
    _told: TextIO | None = None

    @property
    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    async def start(self, *, connects: bool = True) -> None:
        """Starts it, and waits until it is connected, unless it is not to be, as one whose shards another serves."""
        self.starts += 1
        before = self.sim.gateway.connected
        pipe = self.folder / f"{self.starts:02}.pipe"
        os.mkfifo(pipe)
        job = [self.more, str(self.folder), str(pipe.with_suffix(".log")), str(pipe), self.arguments]
        stdin = maker().stdin
        assert stdin is not None
        stdin.write(f"{json.dumps(job)}\n".encode())
        self._told = await asyncio.to_thread(pipe.open)
        self.child = await self._number()
        self.sessions = []
        if connects and self.shards:
            await self.sim.gateway.wait_shards(*self.shards, timeout=30, besides=before)
            self.sessions = [one for one in self.sim.gateway.connected if one not in before]

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.child, number)

    async def ended(self) -> int:
        """The exit code of the process, once it has ended: within the ten seconds that operators' tools give it."""
        code = await asyncio.wait_for(self._number(), 10)
        assert self._told is not None
        self._told.close()
        self.child = 0
        return code

    async def kill(self) -> None:
        """kill -9, until nothing is left of it."""
        self.send_signal(signal.SIGKILL)
        assert await self.ended() == -signal.SIGKILL
        await self.sim.gateway.wait_disconnected(of=self.sessions)

    async def again(self) -> None:
        """kill -9, and a new start."""
        await self.kill()
        await self.start()

    async def _number(self) -> int:
        assert self._told is not None
        return int(await asyncio.to_thread(self._told.readline))


def environment(sim: DiscordSimulator, claude: ClaudeSimulator, folder: Path) -> dict[str, str]:
    """What the process is started with; its database is ``essays.db`` in the folder.

    The libraries are asked to log everything they can, which must not show.
    """
    place = folder / "place"
    place.mkdir()
    return {
        **sim.environment(place),
        "PYTHONPATH": f"{place}:{ROOT}",
        "DISCORD_TOKEN": sim.token,
        "ACCESS": "open",
        "DATABASE_PATH": str(folder / "essays.db"),
        "ANTHROPIC_API_KEY": claude.key or "",
        "ANTHROPIC_BASE_URL": claude.base_url,
        "ANTHROPIC_LOG": "debug",
        "LLM_DIALECT": "claude",
    }


@asynccontextmanager
async def started(
    sim: DiscordSimulator, claude: ClaudeSimulator, folder: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command itself, connected; its log is ``run.log`` in the folder. Whatever is left of it is killed."""
    before = sim.gateway.connected
    with (folder / "run.log").open("wb") as log:
        run = await asyncio.create_subprocess_exec(
            *COMMAND, cwd=folder, env=environment(sim, claude, folder), stderr=log
        )
    try:
        await sim.gateway.wait_connected(30, besides=before)
        yield run
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator(responder=respond) as model:
        yield model


@pytest.fixture
async def runs(sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path) -> AsyncIterator[Runs]:
    made = Runs(sim, tmp_path, environment(sim, claude, tmp_path))
    try:
        await made.start()
        yield made
    finally:
        if made.child:
            made.send_signal(signal.SIGKILL)
            await made.ended()
