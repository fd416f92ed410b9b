"""How much of bot/ takes part in one draft, one critique and one message in the DM, and how large bot/ is.

The bot is joined as the program joins it, in this process, between a loopback Discord and a loopback Claude. What a
person before has caused, and what is loaded but once, is over when the counting begins. With FLOW_MODULES=1 in the
environment the modules that took part are listed as well, and the modules that only one other imports.
"""

from __future__ import annotations

import ast
import asyncio
import dis
import inspect
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import pytest
from pydantic import SecretStr

from benchmarks.bot_process import until
from bot.bootstrap import build_services
from bot.ops.run_discord import make_client
from bot.settings import Settings
from bot.store.sql_store import SqlStore
from tests.simulators.claude import ClaudeSimulator, Reply, Request, canned
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User, running

ROOT = Path(__file__).parent.parent
BOT = ROOT / "bot"
STORE_CALLS = {SqlStore.read.__code__, SqlStore.write.__code__}  # each runs one step
QUIET_SECONDS = 3.0  # longer than the bot waits before it tells of a message, and than it lies between two edits
SMALL_LINES = 60  # a smaller module that only one other imports belongs into that one
LISTED = bool(os.environ.get("FLOW_MODULES"))
PEOPLE = ("Birch Street", "Mill Lane")  # where each of them worked; the second is counted
NOTES = """## What I missed

I rebuilt the export service at {place} in March 2019. Errors went from 15% to 2%. Nobody there asked who used it.

## What I gave up and what I gained

My pay went from 61,000 to 48,500. I answer to one person now, and I know the name of everybody whom I work for.
"""


@dataclass(eq=False)
class Counted:
    """What was called between two moments: the modules with their calls, and the methods that went to the store."""

    calls: Counter[str] = field(default_factory=Counter)
    store: Counter[str] = field(default_factory=Counter)

    def without(self, room: str) -> Counter[str]:
        """The modules outside one package."""
        return Counter({name: count for name, count in self.calls.items() if not name.startswith(f"{room}.")})


class Probe:
    """Hears of every call of a function of bot/, in every thread that begins after it."""

    def __init__(self) -> None:
        self.last = time.monotonic()
        self._called: list[tuple[str, str | None]] = []  # the module, and the method where it is a call to the store

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and (name := module_of(frame.f_code)) and frame.f_lasti <= beginning(frame.f_code):
            self.last = time.monotonic()
            self._called.append((name, frame.f_code.co_qualname if frame.f_code in STORE_CALLS else None))

    async def quiet(self) -> None:
        """Returns when no function of bot/ has been called for QUIET_SECONDS."""
        while (left := self.last + QUIET_SECONDS - time.monotonic()) > 0:  # noqa: ASYNC110 - calls come too often to wake it
            await asyncio.sleep(left)

    async def count(self, act: Callable[[], Awaitable[None]]) -> Counted:
        """What is called from the act until all is quiet."""
        await self.quiet()
        self._called.clear()
        await act()
        await self.quiet()
        calls = Counter(name for name, _ in self._called)
        return Counted(calls, Counter(method for _, method in self._called if method is not None))


@contextmanager
def probing() -> Iterator[Probe]:
    """A probe in this thread and in those that begin meanwhile."""
    probe = Probe()
    threading.setprofile(probe)
    sys.setprofile(probe)
    try:
        yield probe
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


@cache
def module_of(code: CodeType) -> str | None:
    """The module of a function of bot/; None for other code, the bodies of modules and classes, and comprehensions."""
    path = Path(code.co_filename)
    inside = path.is_relative_to(BOT) and code.co_flags & inspect.CO_OPTIMIZED
    if not inside or code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
        return None
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def beginning(code: CodeType) -> int:
    """The offset at which a function begins; a coroutine or a generator that goes on is entered further down."""
    return next((one.offset for one in dis.get_instructions(code) if one.opname == "RESUME" and one.arg == 0), 0)


@asynccontextmanager
async def bot(sim: DiscordSimulator, claude: ClaudeSimulator, folder: Path) -> AsyncIterator[None]:
    """The bot, connected."""
    settings = Settings(
        database_path=folder / "essays.db",
        database_key=None,
        access="open",
        anthropic_api_key=SecretStr(claude.key or ""),
        anthropic_base_url=claude.base_url,
        llm_dialect="claude",
    )
    workshop = build_services(settings)
    try:
        async with running(make_client(workshop, settings), sim):
            yield
    finally:
        await workshop.close()


async def interviewed(user: User) -> Message:
    """A panel in the DM that shows a question."""
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await until(user, lambda: "Next" in panel.buttons, "no question", panel=panel)
    return panel


async def counted(probe: Probe, sim: DiscordSimulator, place: str) -> dict[str, Counted]:
    """What a draft, a critique and a message in the DM come to, for somebody who worked at the place."""
    writer, speaker = sim.user(f"writer of {place}"), sim.user(f"speaker of {place}")
    notes = Attachment("notes.md", NOTES.format(place=place).encode())
    panel = await (await writer.slash(writer.dm, "draft", notes=notes)).message()
    await until(writer, lambda: "stored." in panel.text, "the notes are not stored", panel=panel)
    question = await interviewed(speaker)

    async def draft() -> None:
        await writer.click(panel, "Write draft")
        await until(writer, lambda: "version 1" in panel.text, "no draft", panel=panel)

    async def critique() -> None:
        await writer.click(panel, "Critique")
        await until(writer, lambda: "Fix this first" in panel.text, "no critique", panel=panel)

    async def say() -> None:
        await speaker.say(speaker.dm, f"I rebuilt the export service at {place}.")
        await until(speaker, lambda: "1 message" in question.text, "no count of messages", panel=question)

    steps = {"draft": draft, "critique": critique, "DM message": say}
    return {name: await probe.count(step) for name, step in steps.items()}


def at_once(request: Request) -> Reply:
    """A canned answer whose text comes in one piece, so that it does not depend on time how often it is stored."""
    answer = canned(request)
    return replace(answer, chunk=len(answer.text))


async def flow() -> dict[str, Counted]:
    """The counts of the last of PEOPLE."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch, probing() as probe:
        async with ClaudeSimulator(responder=at_once) as claude, DiscordSimulator() as sim:
            sim.point(patch)
            async with bot(sim, claude, Path(name)):
                for place in PEOPLE:
                    found = await counted(probe, sim, place)
            return found


def lines(path: Path) -> int:
    """The lines of a file."""
    return len(path.read_text("utf-8").splitlines())


def is_bare(path: Path) -> bool:
    """Whether a file holds no code, at most a docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    return len(tree.body) == (ast.get_docstring(tree) is not None)


def size() -> None:
    """Prints how large bot/ and tests/ are, and how many modules only one other imports."""
    import grimp  # comes with the extra dev; the other benchmarks run without it

    modules = [path for path in BOT.rglob("*.py") if path.name != "__init__.py" or not is_bare(path)]
    print(f"  bot/: {len(modules)} modules, {sum(map(lines, modules)):,} lines")
    print(f"  tests/: {sum(map(lines, (ROOT / 'tests').rglob('*.py'))):,} lines")
    graph = grimp.build_graph("bot", cache_dir=None)
    of_one: dict[str, tuple[int, str]] = {}
    for path in sorted(modules):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if len(importers := graph.find_modules_that_directly_import(name)) == 1:
            of_one[name] = (lines(path), next(iter(importers)))
    small = sum(length < SMALL_LINES for length, _ in of_one.values())
    print(f"  imported by exactly one other: {len(of_one)} modules, {small} of them under {SMALL_LINES} lines")
    if LISTED:
        for name, (length, importer) in of_one.items():
            print(f"    {name} ({length} lines) by {importer}")


def run() -> None:
    """Prints the size, then what each of the three comes to."""
    size()
    print(f"  {'':12}{'modules':>8} {'without llm':>11} {'calls':>7} {'without llm':>11} {'store calls':>11}")
    found = asyncio.run(flow())
    for name, one in found.items():
        rest = one.without("bot.llm")
        print(
            f"  {name:12}{len(one.calls):8} {len(rest):11} {one.calls.total():7,} {rest.total():11,} "
            f"{one.store.total():11}"
        )
    for name, one in found.items():
        methods = ", ".join(f"{method} {count}" for method, count in sorted(one.store.items()))
        print(f"  store calls of a {name}: {methods}")
        if LISTED:
            for module, count in sorted(one.calls.items()):
                print(f"    {module} {count}")
