"""What the bot takes on one small machine: to start, in memory, and of a writer's time, each beside what limits it.

Everything shares the machine's cores: the bot, the loopback Discord (80 ms a request), the loopback model (600
characters a second for each reply), the people, and the least of bots that the start is held against.
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bot_process import (
    LATENCY_SECONDS,
    ROOT,
    Stage,
    draft_of,
    stage,
    states,
    until,
    with_notes,
)
from benchmarks.discord_peer import SHORT, reply
from benchmarks.process_tree import Usage, usage_of
from tests.simulators.discord import DiscordSimulator, Message, Settings, User, process

STARTS = 5
CROWDS = {20: 2.0, 100: 2.0}  # people, and the seconds within which they press
IDLE_SECONDS = 5.0
SAMPLE_SECONDS = 0.25
AT_A_TIME = 16  # people who arrive at once while nothing is measured
COMMITS = 200
SEED = 14
BUCKET = "5 edits in 5 s"  # Discord's limit on one message's edits, see EditTiming


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, what it may be at most, and the physical limit that it is held against."""

    what: str
    found: str
    rule: str
    limit: str


async def _start(command: Sequence[str], folder: Path) -> tuple[float, int]:
    """Start a bot, and return the seconds until Discord has it online, and its resident bytes a second later."""
    async with DiscordSimulator(Settings(latency=LATENCY_SECONDS)) as sim:
        place = folder / "place"
        place.mkdir(exist_ok=True)
        more = {
            "DISCORD_TOKEN": sim.token,
            "ACCESS": "open",
            "DATABASE_PATH": str(folder / "essays.db"),
            "ANTHROPIC_API_KEY": "sk-simulated",
            "ANTHROPIC_BASE_URL": "http://127.0.0.1:9",
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "",  # modules are compiled once, as an installation does
        }
        log = ("/bin/sh", "-c", 'exec "$0" "$@" 2>/dev/null', *command)
        began = time.perf_counter()
        async with process(sim, log, place, {**more, "PYTHONPATH": f"{place}:{ROOT}"}, cwd=folder) as started:
            took = time.perf_counter() - began
            await asyncio.sleep(1.0)
            return took, usage_of(started.pid).memory


async def _starts() -> list[Figure]:
    """Start the bot, the least of bots with the SDK of its model, and the least without, in turns."""
    bots = {
        "ours": (sys.executable, "-m", "bot", "run"),
        "sdk": (sys.executable, "-m", "benchmarks.minimal_bot", "sdk"),
        "alone": (sys.executable, "-m", "benchmarks.minimal_bot"),
    }
    times: dict[str, list[float]] = {name: [] for name in bots}
    memory: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as name:
        for number in range(STARTS + 1):
            for bot, command in bots.items():
                took, memory[bot] = await _start(command, Path(name))
                if number:  # the first compiles, registers the commands and makes the database
                    times[bot].append(took)
    least = {bot: min(taken) for bot, taken in times.items()}
    middle = {bot: statistics.median(taken) for bot, taken in times.items()}
    return [
        Figure(
            f"start to online, best and median of {STARTS}",
            f"{least['ours']:.2f} / {middle['ours']:.2f} s",
            f"{least['sdk']:.2f} / {middle['sdk']:.2f} s: the least bot with the model's SDK",
            f"{least['alone']:.2f} / {middle['alone']:.2f} s: discord.py alone",
        ),
        Figure(
            "memory after the start",
            _mib(memory["ours"]),
            "110 MiB",
            f"{_mib(memory['alone'])}: discord.py alone; {_mib(memory['sdk'])} with the SDK",
        ),
    ]


@dataclass(slots=True)
class _Peak:
    """The most that the bot's processes held while ``watch`` ran, and how many they were then."""

    memory: int = 0
    processes: int = 0

    async def watch(self, pid: int) -> None:
        while True:
            found = usage_of(pid)
            if found.memory > self.memory:
                self.memory, self.processes = found.memory, found.processes
            await asyncio.sleep(SAMPLE_SECONDS)


async def _crowd(on: Stage, first: int, people: int, within: float) -> list[Figure]:
    """Let so many people press "Write draft" within so many seconds, each in their DM, for 3,000 characters.

    With 2 seconds all of them write at once: a reply takes 5.
    """
    who = f"{people} writers{'' if within else ' in one moment'}"
    chance = random.Random(SEED)
    turn = asyncio.Semaphore(AT_A_TIME)

    async def arrive(number: int) -> tuple[User, Message]:
        async with turn:
            user = on.sim.user(f"person {number}")
            on.answers[number] = reply(draft_of(SHORT, number))
            return user, await with_notes(user, number)

    numbers = range(first, first + people)
    there = dict(zip(numbers, await asyncio.gather(*map(arrive, numbers)), strict=True))
    await asyncio.sleep(2.0)
    clicked: dict[int, float] = {}
    began, before = time.time(), usage_of(on.pid)

    async def ask(number: int) -> None:
        user, panel = there[number]
        await asyncio.sleep(chance.uniform(0.0, within))
        clicked[number] = time.time()
        await user.click(panel, "Write draft")
        await until(user, lambda: "version 1" in panel.text, "the draft does not come to its end", panel=panel)

    async def check(number: int) -> None:
        user, panel = there[number]
        await until(
            user, lambda: "rests on your notes" in panel.text, "the check does not come to its end", panel=panel
        )

    peak = _Peak()
    watching = asyncio.create_task(peak.watch(on.pid))
    await asyncio.gather(*map(ask, numbers))
    written = usage_of(on.pid)
    await asyncio.gather(*map(check, numbers))
    checked = usage_of(on.pid)
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    drafts = on.drafts()
    asked = [on.asked_at[one] - clicked[one] for one in numbers]
    seen = {one: states(on, there[one][1], began) for one in numbers}
    shown = [seen[one][0].at - (drafts[one].first_text_at or 0.0) for one in numbers]
    final = [
        next(each.at for each in seen[one] if "version 1" in each.text) - (drafts[one].last_text_at or 0.0)
        for one in numbers
    ]
    found = [
        Figure(f"{who}: click to model asked", _spread(asked), "p50 0.3, p95 0.8 s", "a commit and the CPU of a click"),
        Figure(
            f"{who}: model's last text to final panel",
            _spread(final),
            "p50 0.4 s",
            f"{BUCKET}; {LATENCY_SECONDS * 1000:.0f} ms a request",
        ),
        Figure(
            f"{who}: CPU a reply of {SHORT:,} characters",
            f"{_each(before, written, people):.0f} ms, {_each(before, checked, people):.0f} with its check",
            "50 ms",
            f"{statistics.mean(map(len, seen.values())):.1f} panels a reply, checked once",
        ),
        Figure(
            f"{who}: memory at most",
            f"{_mib(peak.memory)} in {_processes(peak.processes)}",
            "150 MiB" if people == max(CROWDS) else "",
            "",
        ),
    ]
    text = Figure(f"{who}: model's first text to seen", _spread(shown), "", "the model's own stream")
    return [found[0], text, *found[1:]]


def _each(before: Usage, after: Usage, people: int) -> float:
    return (after.cpu - before.cpu) * 1000 / people


def _spread(seconds: Sequence[float]) -> str:
    ordered = sorted(seconds)
    return f"p50 {statistics.median(ordered):.2f}, p95 {ordered[len(ordered) * 95 // 100]:.2f} s"


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"


def _commit_seconds(folder: Path) -> float:
    """Return what one commit takes here, as the store makes them: a write-ahead log, each commit on the disk."""
    with sqlite3.connect(folder / "commits.db", isolation_level=None) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE rows (text)")
        began = time.perf_counter()
        for _ in range(COMMITS):
            db.execute("INSERT INTO rows VALUES (randomblob(300))")
        return (time.perf_counter() - began) / COMMITS


async def measure() -> list[Figure]:
    """Return all figures. Raise AssertionError where one of the steps never comes to its end."""
    found = await _starts()
    async with AsyncExitStack() as stack:
        on = await stack.enter_async_context(stage(at_once=max(CROWDS)))
        await asyncio.sleep(IDLE_SECONDS)
        idle = usage_of(on.pid)
        found.append(Figure("memory idle", f"{_mib(idle.memory)} in {_processes(idle.processes)}", "110 MiB", ""))
        for place, (people, within) in enumerate(CROWDS.items()):
            found += await _crowd(on, 1_000 * (place + 1), people, within)
        found += await _crowd(on, 10_000, max(CROWDS), 0.0)
    with tempfile.TemporaryDirectory() as name:
        seconds = _commit_seconds(Path(name))
    found.append(Figure("a commit on this disk", f"{seconds * 1000:.2f} ms", "", "fsync"))
    return found


def run() -> None:
    """Print the figures, with the load of the machine: what else runs makes each of them worse."""
    print(f"  load of the machine before: {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores")
    for one in asyncio.run(measure()):
        print(f"  {one.what}: {one.found}")
        if one.rule or one.limit:
            print(f"      to reach: {one.rule or 'none set'}; held against: {one.limit or 'no limit but its own'}")
