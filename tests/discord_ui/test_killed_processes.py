"""kill -9 of two gateways and two workers at random moments, while people write: nothing is lost, doubled or mixed.

``KILLS_SEED`` repeats the choices of a run with the seed that it printed; ``KILLS`` sets how many kills the slow run
makes.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import psycopg
import pytest

from bot import bootstrap
from bot.discord_ui.interactions.dispatcher import FIRST_ANSWER_SECONDS
from bot.discord_ui.interactions.responses import writer_id
from bot.essay.export import read_export
from bot.services.snapshot import read_snapshot
from tests.discord_ui.bot_process import claude
from tests.discord_ui.several_processes import SHARDS, Processes, Supervised
from tests.discord_ui.story_steps import exported
from tests.discord_ui.test_killed_process import seed, sim
from tests.discord_ui.test_several_processes import database, processes
from tests.postgres_server import open_store
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request, canned
from tests.simulators.discord import (
    Act,
    Channel,
    DidNotRespondError,
    DiscordSimulator,
    Guild,
    Message,
    Modal,
    NotOfferedError,
    User,
)

__all__ = ["claude", "database", "processes", "seed", "sim"]  # fixtures

pytestmark = pytest.mark.postgres

WRITERS = 20
SECTIONS = ("The contradiction", "What I missed", "The label problem")
LINES = 8  # in each section
ALL_LINES = [f"Line {part}.{line}" for part in range(len(SECTIONS)) for line in range(LINES)]
CHARACTERS_A_SECOND = 400.0
BUDGET = 2.0  # USD a writer and day
LONG_BUDGET = 4.0  # for a run of some minutes: by its end some writers have used it up, and others have not
ANSWER_SECONDS = 30.0  # for what one click shows
DRAFT_SECONDS = 180.0  # with all the processes that may die in it
LOST_SECONDS = 5.0  # from a press to the kill that loses what came of it
STUCK_SECONDS = 40.0  # nothing has moved for so long: more than a takeover takes
GIVEN_UP = "ended four times in the middle of this"
DONE = ("The draft is done.", "What was missing is written.")


def respond(request: Request) -> Answer:
    """A post of three sections, whose every line says whose it is; some seconds long."""
    if request.schema is not None:
        names = set(request.schema.get("properties", {}))
        return canned(request) if "unsupported" in names else Reply('{"question": null, "placements": []}')
    (word,) = set(re.findall(r"\bw\d\d\b", request.last_user_text))
    text = "".join(
        f"## {title}\n\n{''.join(f'Line {part}.{line} is what {word} says. ' for line in range(LINES))}\n\n"
        for part, title in enumerate(SECTIONS)
    )
    return Reply(text, characters_per_second=CHARACTERS_A_SECOND)


@dataclass(eq=False)
class Happened:
    """What happened how often, and when gateways were killed, by the simulator's clock."""

    counts: Counter[str] = field(default_factory=Counter)
    gateway_kills: list[float] = field(default_factory=list)


@dataclass(eq=False)
class Person:
    """Somebody who adds a note and has a draft written, again and again, and remembers what they were shown.

    ``sent`` counts how often each note was handed in; ``confirmed`` are those whose form Discord closed as received.
    """

    user: User
    place: Channel | Guild
    word: str
    happened: Happened
    panel: Message | None = None
    sent: Counter[str] = field(default_factory=Counter)
    confirmed: set[str] = field(default_factory=set)
    drafts: int = 0
    is_out_of_money: bool = False

    async def live(self, over: asyncio.Event) -> None:
        await self.open()
        while not over.is_set() or not self.drafts:
            await self.add_note()
            if not self.is_out_of_money:
                await self.draft()
            else:
                await asyncio.sleep(1.0)  # a writer who thinks

    async def press(self, act: Callable[[], Awaitable[Act]]) -> Act:
        """Do it, and again each time that Discord shows that it has failed, as long as it is offered."""
        done = await act()
        while True:
            try:
                await done.acknowledged(ANSWER_SECONDS)
            except DidNotRespondError:
                self.happened.counts["pressed again, as Discord said that it had failed"] += 1
            else:
                return done
            try:
                done = await act()
            except NotOfferedError:  # it had been done
                return done

    def lost(self, act: Act) -> None:
        """Note that what Discord had taken was never done: the gateway must have been killed just then."""
        pressed = act.interaction.created
        assert any(pressed <= at <= pressed + LOST_SECONDS for at in self.happened.gateway_kills), self.word
        self.happened.counts["acknowledged, and lost with its gateway"] += 1

    async def open(self) -> Message:
        """A panel, by the command."""
        while True:
            done = await self.press(lambda: self.user.slash(self.place, "draft"))
            try:
                self.panel = await done.message(ANSWER_SECONDS)
            except AssertionError:
                self.lost(done)
            else:
                return self.panel

    async def shows(self, look: Callable[[Message], object], seconds: float = ANSWER_SECONDS) -> bool:
        """Wait until the panel is so; return whether it ever was."""
        panel = self.panel
        assert panel is not None
        try:
            await self.user.sees(lambda _: look(panel), seconds)
        except AssertionError:
            return False
        return True

    async def add_note(self) -> None:
        panel = self.panel or await self.open()
        words = f"Note {self.word} number {len(self.sent)}. It was a Tuesday."
        form = await self._form(panel)
        if form is None:
            return
        self.sent[words] += 1
        while True:
            done = await self.user.submit(form, {"paste1": words})
            try:
                received = await done.acknowledged(ANSWER_SECONDS)
                break
            except DidNotRespondError:  # the form is still open before them
                self.happened.counts["pressed again, as Discord said that it had failed"] += 1
                self.sent[words] += 1
        if received.latency < FIRST_ANSWER_SECONDS:
            self.confirmed.add(words)
        else:
            self.happened.counts["forms that took too long to be stored before they were acknowledged"] += 1
        if not await self.shows(lambda panel: "stored." in panel.text):
            self.lost(done)
            await self.open()

    async def _form(self, panel: Message) -> Modal | None:
        def open_form() -> Awaitable[Act]:
            button = next((one for one in ("Paste notes", "Add a note") if one in panel.buttons), None)
            return self.user.click(panel, button) if button else self.user.select(panel, "More", "Add a note")

        try:
            return await (await self.press(open_form)).modal(ANSWER_SECONDS)
        except (AssertionError, NotOfferedError) as error:  # such as one who is told that something else is shown
            self.happened.counts[f"no form: {str(error)[:60]}"] += 1
            await self.open()
            return None

    async def draft(self) -> None:
        """Ask for a draft, and wait until it is there whole, with no further click."""
        panel = await self.open()
        before, known = _version(panel), len(self._told())
        if "Write draft" in panel.buttons:
            done = await self.press(lambda: self.user.click(panel, "Write draft"))
        else:
            done = await self.press(lambda: self.user.select(panel, "More", "Draft again"))
        began = time.monotonic()
        while time.monotonic() - began < DRAFT_SECONDS:
            moved = panel.edited
            if await self.shows(lambda panel: _is_whole(panel, before) or panel.edited != moved, STUCK_SECONDS):  # noqa: B023 - it is called at once
                if "udget" in panel.text:
                    self.is_out_of_money = True
                    return
                if GIVEN_UP in panel.text and "Continue" in panel.buttons:
                    self.happened.counts["drafts in which four workers died, which Continue wrote"] += 1
                    await self._continue(panel)
                elif _is_whole(panel, before):
                    self.drafts += 1
                    self.happened.counts["drafts"] += 1
                    return
                continue
            panel = await self.open()
            if _is_whole(panel, before):
                if len(self._told()) > known:
                    self.happened.counts["drafts that were told of beside the message"] += 1
                else:
                    self.lost(done)
                self.drafts += 1
                return
            if GIVEN_UP in panel.text and "Continue" in panel.buttons:
                self.happened.counts["drafts in which four workers died, which /draft said first"] += 1
                await self._continue(panel)
                continue
            if "Stop" not in panel.buttons:
                self.lost(done)
                return
            self.happened.counts["drafts that stood still for too long"] += 1
        raise AssertionError(f"{self.word}: no draft after {DRAFT_SECONDS} s; the panel shows {panel.text!r}")

    async def _continue(self, panel: Message) -> None:
        await self.press(lambda: self.user.click(panel, "Continue"))

    async def export(self) -> str:
        """The text as it is handed over at the end, when nothing is killed any more."""
        handed = await exported(self.user, await self.open())
        (data,) = handed.files.values()
        return read_export(data.decode())[1]

    def _told(self) -> list[Message]:
        return [one for one in self.user.screen.messages if any(words in one.text for words in DONE)]


def _version(panel: Message) -> int:
    found = re.findall(r"version (\d+)", panel.text)
    return int(found[0]) if found else 0


def _is_whole(panel: Message, before: int) -> bool:
    """Whether a later version stands there, and nothing is left to be written."""
    later = _version(panel) > before and "Export" in panel.buttons
    return later and "Stop" not in panel.buttons and "Continue" not in panel.buttons


async def kill_and_start_again(processes: Processes, chance: random.Random, kills: int, happened: Happened) -> None:
    """Kill a random process that runs, time and again; start each again after a moment, as a supervisor would."""
    starting: set[asyncio.Task[None]] = set()
    running = dict.fromkeys(processes.all, True)

    async def again(one: Supervised) -> None:
        await asyncio.sleep(chance.uniform(0.0, 1.0))
        await one.start()
        running[one] = True

    for _ in range(kills):
        await asyncio.sleep(chance.uniform(0.3, 5.0))  # the moment of a kill is chosen by time, not by an event
        while not (alive := [one for one, runs in running.items() if runs]):
            await asyncio.wait(starting, return_when=asyncio.FIRST_COMPLETED)
        one = chance.choice(alive)
        running[one] = False
        happened.counts[f"kills of a {one.arguments[1]}"] += 1
        if one.shards:
            happened.gateway_kills.append(one.sim.clock.now())
        await one.end()
        task = asyncio.create_task(again(one))
        starting.add(task)
        task.add_done_callback(starting.discard)
    await asyncio.gather(*starting)


async def kill_at_random_moments(
    sim: DiscordSimulator,
    processes: Processes,
    claude: ClaudeSimulator,
    database: dict[str, str],
    kills: int,
    seed: int,
    writers: int,
    budget: float = BUDGET,
) -> Counter[str]:
    """Return what happened how often. ``budget`` is in USD a writer."""
    claude.responder = respond
    chance, happened = random.Random(seed), Happened()
    for one in processes.all:
        one.more["BUDGET_WRITER_DAY"] = str(budget)
        await one.start()
    server, elsewhere = sim.guild("Writers", shard=(1, SHARDS)), sim.guild("Elsewhere", bot=False)
    people = []
    for number in range(writers):
        user = sim.user(f"person {number}", installed=number % 5 == 4)
        place = elsewhere if number % 5 == 4 else server if number % 2 else user.dm
        people.append(Person(user, place, f"w{number:02}", happened))
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for person in people:
            group.create_task(person.live(over))
        await kill_and_start_again(processes, chance, kills, happened)
        over.set()
    await check(sim, processes, claude, database, people, happened, budget)
    return happened.counts


async def check(
    sim: DiscordSimulator,
    processes: Processes,
    claude: ClaudeSimulator,
    database: dict[str, str],
    people: list[Person],
    happened: Happened,
    budget: float,
) -> None:
    """Nothing is lost, doubled or mixed, nothing goes on, and no budget was passed."""
    handed = {person: await person.export() for person in people}
    store = open_store(database["DATABASE_URL"], bootstrap.utc_now)
    try:
        for person in people:
            writer = writer_id(store.pseudonym_secret, person.user.id)

            def read(tx, writer=writer):  # type: ignore[no-untyped-def]
                return [read_snapshot(tx, writer, essay.id) for essay in tx.essays.of_writer(writer)]

            (essay,) = await store.read(read)
            assert not essay.is_damaged
            stored = Counter(note.text for note in essay.notes)
            assert {words for words in person.confirmed if not stored[words]} == set(), "lost"
            assert {words: stored[words] for words in stored if stored[words] > person.sent[words]} == {}, "doubled"
            assert essay.version is not None
            assert handed[person].strip() == essay.version.text.strip()
            names, lines = (re.findall(one, essay.version.text) for one in (r"\bw\d\d\b", r"Line \d\.\d"))
            assert set(names) <= {person.word}, "mixed"
            assert max(Counter(lines).values(), default=0) <= 1, "doubled"
            # The last draft of one whose budget was used up may have been cut short: then it must not be called whole.
            if not person.is_out_of_money or essay.version.info.is_complete:
                assert set(lines) == set(ALL_LINES), "lost"
                happened.counts["writers whose last draft has every line"] += 1
            told = len(person._told())
            last = person.is_out_of_money  # their last draft may be whole, and its check what could not be paid for
            assert told <= person.drafts + last, (person.word, told, person.drafts)
    finally:
        store.close()
    with psycopg.connect(database["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM jobs WHERE ended = 0 AND kind <> 'check'").fetchone() == (0,)
        rows = connection.execute("SELECT sum(nano_usd) FROM calls GROUP BY writer").fetchall()
    spent = [float(nano) / 1e9 for (nano,) in rows]
    assert max(spent) <= budget
    assert round(claude.billed().total, 6) <= round(sum(spent), 6)
    happened.counts["writers whose budget was used up"] = sum(person.is_out_of_money for person in people)
    assert "Traceback" not in processes.log
    assert sim.gateway.double == []
    assert sim.gateway.hasty == []
    assert [one for one in sim.refused if one.code == 40060] == []


async def test_six_kills_of_processes_at_random_moments_lose_nothing(
    sim: DiscordSimulator, processes: Processes, claude: ClaudeSimulator, database: dict[str, str], seed: int
) -> None:
    await kill_at_random_moments(sim, processes, claude, database, 6, seed, writers=6)


@pytest.mark.slow
async def test_many_kills_of_processes_at_random_moments_lose_nothing(
    seed: int,
    sim: DiscordSimulator,
    processes: Processes,
    claude: ClaudeSimulator,
    database: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Several minutes, and so only by ``-m slow``."""
    kills, began = int(os.environ.get("KILLS", "100")), time.monotonic()
    tally = await kill_at_random_moments(sim, processes, claude, database, kills, seed, WRITERS, LONG_BUDGET)
    with capsys.disabled():
        print(f"{kills} kills in {time.monotonic() - began:.0f} s, with {WRITERS} writers, none of which lost anything")  # noqa: T201 - for docs/
        for what, count in sorted(tally.items()):
            print(f"  {what}: {count}")  # noqa: T201 - the same
