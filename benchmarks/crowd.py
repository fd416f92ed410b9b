"""A thousand people who write at once while two hundred click: what each waits, and what it costs.

The bot's processes, the loopback model and the loopback Discord with the people are all processes of their own on this
machine's cores: a request to Discord takes 80 ms, the model writes 600 characters a second for each draft. Both
simulators are measured like the bot, so that it can be told whether a figure is the bot's or theirs. ``CROWD`` in the
environment sets another number of writers.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bot_process import LATENCY_SECONDS, LOG_LINES, ROOT, notes_of, page_shown, until
from benchmarks.crowd_model import CHARACTERS, Record, read_records
from benchmarks.discord_load import PAUSE_SECONDS, Person, click_about, in_turn, same, share
from benchmarks.event_loop_probe import Sample, install, samples
from benchmarks.process_tree import Usage, usage_of
from tests.postgres_server import KEY, PostgresServer, find_programs
from tests.simulators.discord import DidNotRespondError, DiscordSimulator, Moment, Settings

WRITERS = int(os.environ.get("CROWD", "1000"))
CLICKERS, AT_ONCE = 200, 200
WITHIN_SECONDS = 15.0  # all have pressed by then, and no draft has ended
PATIENCE = 900.0
STALL_SECONDS = 0.2
ALLOWED_A_SECOND = 50  # requests by the bot's token that Discord allows; each process has its share
SAMPLE_SECONDS = 1.0
READ_IN_FULL = 100  # writers who turn every page and export at the end
SEED = 14


@dataclass(frozen=True, slots=True)
class Program:
    """A process that is measured: what it is, its number, and its probe's file."""

    name: str
    pid: int
    probe: Path | None = None


@dataclass(eq=False)
class Machine:
    """Everything that runs, and what each used when ``mark`` was called."""

    sim: DiscordSimulator
    bots: list[Program]
    others: list[Program]
    postgres: PostgresServer | None = None
    most_memory: Counter[str] = field(default_factory=Counter)

    def usage(self) -> dict[str, Usage]:
        """What each uses with its children; those of this process, which has started all others, are its own."""
        programs = (*self.bots, *self.others)
        return {one.name: usage_of(one.pid, with_children=one.pid != os.getpid()) for one in programs}

    async def watch_memory(self) -> None:
        """Note the most that each holds, with its children, until cancelled."""
        while True:
            for name, used in self.usage().items():
                self.most_memory[name] = max(self.most_memory[name], used.memory)
            await asyncio.sleep(SAMPLE_SECONDS)


@asynccontextmanager
async def _running(
    name: str, command: Sequence[str], folder: Path, more: Mapping[str, str], *, probed: bool = True
) -> AsyncIterator[tuple[Program, asyncio.subprocess.Process]]:
    """Start a program with the probe in it; end it at the end, in order. Its log is shown if something fails."""
    log = folder / f"{name}.log"
    probe = folder / f"{name}.probe"
    path = f"{folder / 'probing'}:{ROOT}" if probed else str(ROOT)
    environment = {**more, "PYTHONPATH": path, **({"LOAD_PROBE": str(probe)} if probed else {})}
    with log.open("wb") as out:
        started = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment, stdout=asyncio.subprocess.PIPE, stderr=out
        )
    try:
        yield Program(name, started.pid, probe if probed else None), started
    except BaseException:
        print(name, *log.read_text(encoding="utf-8").splitlines()[-LOG_LINES:], sep="\n", file=sys.stderr)
        raise
    finally:
        with suppress(ProcessLookupError):
            started.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                await started.communicate()
        except TimeoutError:
            started.kill()
            await started.wait()


@asynccontextmanager
async def machine(folder: Path, roles: Sequence[Mapping[str, str]], *, on_postgres: bool) -> AsyncIterator[Machine]:
    """Start the simulators and a bot process for each of ``roles``, which says its command's options and environment.

    Returns once as many sessions of the gateway are there as roles that hold one. The model's records are in the folder
    as ``records`` once this has ended.
    """
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(DiscordSimulator(Settings(latency=LATENCY_SECONDS)))
        place = folder / "probing"
        place.mkdir()
        base = sim.environment(place)
        install(place, folder / "none")
        command = (sys.executable, "-m", "benchmarks.crowd_model", str(WRITERS), str(folder / "records"))
        model, started = await stack.enter_async_context(_running("model", command, folder, base))
        assert started.stdout is not None
        address = (await started.stdout.readline()).decode().strip()
        others, postgres = [Program("Discord and the people", os.getpid()), model], None
        more = {
            **base,
            "DISCORD_TOKEN": sim.token,
            "ACCESS": "open",
            "ANTHROPIC_API_KEY": "sk-simulated",
            "ANTHROPIC_BASE_URL": address,
            "LLM_DIALECT": "claude",
            "JOBS_AT_ONCE": str(AT_ONCE),
            "PYTHONDONTWRITEBYTECODE": "",  # modules are compiled once, as an installation does
            "BUDGET_WRITER_DAY": "1000000",
            "BUDGET_MONTH": "1000000",
        }
        if on_postgres:
            postgres = await asyncio.to_thread(_start_postgres)
            stack.callback(postgres.remove)
            others.append(Program("PostgreSQL", int((postgres.data / "postmaster.pid").read_text().split()[0])))
            more |= {"DATABASE_URL": postgres.new_database(), "DATABASE_KEY": KEY}
        bots = []
        for role in roles:
            name, options = role["name"], role.get("options", "").split()
            settings = {key: value for key, value in role.items() if key.isupper()}
            (folder / name).mkdir()
            settings["DATABASE_PATH"] = str(
                folder / name / "essays.db"
            )  # with PostgreSQL only its sign of life is there
            start = (sys.executable, "-m", "bot", "run", *options)
            before = sim.gateway.connected
            bot, _ = await stack.enter_async_context(_running(name, start, folder, {**more, **settings}))
            bots.append(bot)
            if "worker" not in options:
                await sim.gateway.wait_connected(60, besides=before)
        yield Machine(sim, bots, others, postgres)


def _start_postgres() -> PostgresServer:
    """Start a server that waits for the disk, as one in use does."""
    programs = find_programs()
    if programs is None:
        sys.exit("There is no PostgreSQL: install Debian's package postgresql.")
    settings = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "256MB"}
    return PostgresServer.start_new(programs, **settings)


async def _arrive(on: Machine, numbers: Sequence[int], *, drafted: bool) -> list[Person]:
    """People with notes and, if wanted, a post that the model gives at once."""

    async def one(number: int) -> Person:
        user = on.sim.user(f"person {number}")
        panel = await (await user.slash(user.dm, "draft", notes=notes_of(number))).message(PATIENCE)
        await until(user, lambda: "stored." in panel.text, "the notes are not stored", panel=panel)
        if drafted:
            await user.click(panel, "Write draft")
            await until(user, lambda: "Export" in panel.buttons, "no draft", panel=panel)
        return Person(number, user, panel)

    return await in_turn([one(number) for number in numbers])


@dataclass(eq=False)
class Lateness:
    """How late this process's own event loop was, which serves Discord and the people: the worst of each quarter.

    Its ``worst`` are in seconds, one for each quarter of a second.
    """

    worst: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        loop = asyncio.get_running_loop()
        line, worst = loop.time() + 0.25, 0.0
        while True:
            due = loop.time() + 0.01
            await asyncio.sleep(0.01)
            now = loop.time()
            worst = max(worst, now - due)
            if now >= line:
                self.worst.append(worst)
                line, worst = now + 0.25, 0.0


@dataclass(eq=False)
class Found:
    """What one run came to; times in seconds since 1970."""

    writers: list[Person]
    began: float
    drafted: float
    acknowledged: list[float]
    unheard: int
    before: dict[str, Usage]
    after: dict[str, Usage]
    commits: int
    pressed: dict[int, float]
    lateness: Lateness
    whole: int
    notices: int


async def _write(person: Person, wait: float, pressed: dict[int, float]) -> None:
    await asyncio.sleep(wait)
    pressed[person.number] = time.time()
    while True:
        act = await person.user.click(person.panel, "Write draft")
        with suppress(DidNotRespondError):  # they press again
            await act.acknowledged(PATIENCE)
            break
    await until(
        person.user,
        lambda: "Export" in person.panel.buttons,
        "the draft does not come to its end",
        PATIENCE,
        panel=person.panel,
    )


async def crowd(on: Machine) -> Found:
    """Let them all come, write and click."""
    clickers = await _arrive(on, range(WRITERS + 1, WRITERS + CLICKERS + 1), drafted=True)
    writers = await _arrive(on, range(1, WRITERS + 1), drafted=False)
    print(f"  {len(writers) + len(clickers)} people are there", flush=True)
    gc.collect()
    gc.freeze()
    gc.disable()  # a collection over all that was ever seen would stop Discord
    await asyncio.sleep(2.0)
    chance, over, pressed, lateness = random.Random(SEED), asyncio.Event(), dict[int, float](), Lateness()
    began, heard, notices = time.time(), len(on.sim.timeline.latencies()), len(on.sim.timeline.unanswered())
    before, committed = on.usage(), _commits(on, 0.0)
    watching = [asyncio.create_task(one) for one in (on.watch_memory(), lateness.watch())]
    clicking = [asyncio.create_task(click_about(one, random.Random(chance.random()), over)) for one in clickers]
    await asyncio.gather(*(_write(one, chance.uniform(0, WITHIN_SECONDS), pressed) for one in writers))
    drafted, after = time.time(), on.usage()
    commits = _commits(on, drafted) - committed
    over.set()
    unheard = sum(await asyncio.gather(*clicking))
    acknowledged = on.sim.timeline.latencies()[heard:]
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    gc.enable()
    await asyncio.sleep(5.0)  # checks that are under way, and the messages that say it is done
    whole = sum(await in_turn([same(one) for one in chance.sample(writers, min(READ_IN_FULL, len(writers)))]))
    unanswered = len(on.sim.timeline.unanswered()) - notices
    return Found(
        writers, began, drafted, acknowledged, unheard, before, after, commits, pressed, lateness, whole, unanswered
    )


def _commits(on: Machine, at: float) -> int:
    """How many commits there were so far: PostgreSQL's own count, or the probe's on SQLite."""
    if on.postgres is not None:
        import psycopg

        with psycopg.connect(on.postgres.url("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT sum(xact_commit) FROM pg_stat_database").fetchone()
            assert row is not None
            return int(row[0])
    return sum(_samples(one, 0.0, at or time.time())[-1].commits for one in on.bots)


def _samples(program: Program, start: float, end: float) -> list[Sample]:
    assert program.probe is not None
    return samples(program.probe, start, end)


def report(on: Machine, found: Found, records: Sequence[Record]) -> None:
    """Print what a run came to. The machine has ended by now."""
    drafts = {one.who: one for one in records if one.is_draft and one.finished and one.who <= WRITERS}
    # A draft that another worker went on with, or that was begun anew, has several requests, and no times of its own.
    whole = [one for one in found.writers if one.number in drafts]
    waits = sorted(drafts[one.number].asked - found.pressed[one.number] for one in whole)
    states: defaultdict[int | None, list[Moment]] = defaultdict(list)
    edits = 0
    for moment in on.sim.timeline.of("edited"):
        if moment.at >= found.began:
            states[moment.message_id].append(moment)
            edits += moment.at <= found.drafted
    first, last = [], []
    for person in whole:
        draft, seen = drafts[person.number], states[person.panel.id]
        assert draft.first_text is not None
        assert draft.last_text is not None
        first.append(next(one.at for one in seen if page_shown(one.payload or {})) - draft.first_text)
        last.append(next(one.at for one in seen if "[Export]" in one.text) - draft.last_text)
    ended = sorted(one.last_text or 0.0 for one in drafts.values())
    most = max(sum(a.asked <= one.asked < (a.last_text or 0.0) for a in drafts.values()) for one in drafts.values())
    took, count = found.drafted - found.began, len(found.writers)
    cpu = {name: found.after[name].cpu - used.cpu for name, used in found.before.items()}
    bots = sum(cpu[one.name] for one in on.bots)
    print(f"  {count:,} press within {WITHIN_SECONDS:.0f} s for {CHARACTERS:,} characters, at most {most} at a time")
    print(f"  all drafts there after {took:.0f} s (the model's last text after {ended[-1] - found.began:.0f} s)")
    if count > len(whole):
        print(f"  drafts of several requests, left out below: {count - len(whole)}")
    print(f"  {CLICKERS} others click, {PAUSE_SECONDS[0]:.0f} to {PAUSE_SECONDS[1]:.0f} s after each answer")
    heard = found.acknowledged
    print(f"  acknowledged {len(heard):,} acts: {_spread(heard)}; not in time: {found.notices}")
    print(f"  429s: {len(on.sim.violations)}; other refusals: {len(on.sim.refused) - len(on.sim.violations)}")
    for program in on.bots:
        within = _samples(program, found.began, found.drafted)
        late = [one.late for one in within]
        print(
            f"  {program.name}: event loop late by at most {max(late) * 1000:.0f} ms, worst of a quarter second: "
            f"median {share(late, 50) * 1000:.0f} ms, 99 % {share(late, 99) * 1000:.0f}; "
            f"over {STALL_SECONDS * 1000:.0f} ms: "
            f"{sum(one > STALL_SECONDS for one in late)} of {len(late)}"
        )
    late = found.lateness.worst
    print(
        f"  Discord's own event loop: at most {max(late) * 1000:.0f} ms, median {share(late, 50) * 1000:.0f} ms, over "
        f"{STALL_SECONDS * 1000:.0f} ms: {sum(one > STALL_SECONDS for one in late)} of {len(late)}"
    )
    print(f"  pressed to model asked, queue included: {_spread(waits)}")
    print(f"  model's first text to first seen: {_spread(first)}")
    print(f"  model's last text to last seen: {_spread(last)}")
    each = bots / count * 1000
    print(f"  a draft: {each:.0f} ms of the bot's CPU, {found.commits / count:.1f} commits, clicks included")
    print(f"  messages edited: {edits:,}, {edits / took:.0f} a second")
    total = sum(cpu.values())
    for name, spent in cpu.items():
        part = f"{spent / took:.0%} of a core, {spent / total:.0%} of all"
        waited = found.after[name].waited - found.before[name].waited
        memory = on.most_memory[name] >> 20
        print(f"  {name}: {spent:.0f} s of CPU, {part}; waited {waited:.0f} s for a core; {memory} MiB at most")
    print(f"  checked to the last page against their export: {found.whole} of {min(READ_IN_FULL, count)} drafts")


def _spread(seconds: Sequence[float]) -> str:
    return (
        f"50 % {share(seconds, 50):.2f} s, 95 % {share(seconds, 95):.2f} s, 99 % {share(seconds, 99):.2f} s, "
        f"most {max(seconds):.2f} s"
    )


def _run(roles: Sequence[Mapping[str, str]], *, on_postgres: bool) -> None:
    async def measure(folder: Path) -> tuple[Machine, Found]:
        async with machine(folder, roles, on_postgres=on_postgres) as on:
            return on, await crowd(on)

    with tempfile.TemporaryDirectory() as name:
        print(f"  {os.cpu_count()} cores carry all of it; load before: {os.getloadavg()[0]:.1f}", flush=True)
        on, found = asyncio.run(measure(Path(name)))
        report(on, found, read_records(Path(name) / "records"))


def run() -> None:
    """One process on SQLite."""
    _run([{"name": "bot"}], on_postgres=False)


def run_on_postgres() -> None:
    """Two gateways and two workers on PostgreSQL."""
    gateways = [
        {"name": f"gateway {shard}", "options": "--role gateway", "SHARD_COUNT": "2", "SHARD_IDS": str(shard)}
        for shard in range(2)
    ]
    workers = [{"name": f"worker {number}", "options": "--role worker"} for number in range(1, 3)]
    for role in (*gateways, *workers):
        role["DISCORD_REQUESTS_PER_SECOND"] = str(ALLOWED_A_SECOND // len((*gateways, *workers)))
    _run([*gateways, *workers], on_postgres=True)
