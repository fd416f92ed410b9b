"""kill -9 and SIGTERM in the middle of the story: nothing that was shown is lost, and every panel has a way on.

``KILLS_SEED`` repeats a run with the seed that it printed; ``KILLS`` sets how many kills the slow run makes.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest

from bot import bootstrap
from bot.discord_ui.interactions.responses import writer_id
from bot.essay.export import read_export
from bot.services.jobs.executor import MAX_KILLS
from bot.services.snapshot import read_snapshot
from bot.store.sqlite import SqliteStore
from tests.discord_ui.messages.test_job_panels import HEADING, paragraphs
from tests.discord_ui.panel_steps import reads
from tests.discord_ui.story_steps import exported
from tests.discord_ui.test_bot_process import Runs, claude, runs
from tests.simulators.claude import Answer, ClaudeSimulator, Gate, Pause, Reply, Request
from tests.simulators.discord import Channel, DiscordSimulator, Guild, Message, Settings, User

__all__ = ["claude", "runs"]  # fixtures

TEXT = HEADING + paragraphs(0, 12)


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSimulator]:
    """The loopback Discord, as everywhere; but what a kill leaves without an answer is no defect."""
    async with DiscordSimulator(Settings(rate_limits=False, identify_interval=0)) as simulator:
        simulator.point(monkeypatch)
        yield simulator
        assert simulator.pings == []


async def paste_notes(user: User, panel: Message, words: str) -> None:
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": words})
    await user.sees(lambda _: "stored." in panel.text)


async def drafting(claude: ClaudeSimulator, people: Sequence[User], gate: Gate) -> list[Message]:
    """For each of the people a panel that shows the beginning of a draft, whose rest waits at the gate."""
    panels = []
    for user in people:
        panels.append(await (await user.slash(user.dm, "draft")).message())
        await paste_notes(user, panels[-1], "My pay went from 61,000 to 48,500.")
    claude.script(*(Reply(TEXT, pauses=(Pause(500, gate),)) for _ in people))
    for user, panel in zip(people, panels, strict=True):
        await user.click(panel, "Write draft")
    for user, panel in zip(people, panels, strict=True):
        await user.sees(reads(panel, "n4."))
    return panels


SECTIONS = ("The contradiction", "What I missed", "The label problem")
WHOLE = "".join(f"## {title}\n\nThis is what part {number} says of it.\n\n" for number, title in enumerate(SECTIONS))


def hold_rest(claude: ClaudeSimulator, gate: Gate, *continuations: Gate) -> list[str]:
    """Let drafts wait at a gate with two sections finished, and return what is asked.

    The first continuation waits at the first of the other gates, and so on; all that come after at the last.
    """
    asked: list[str] = []
    left = list(continuations)

    def answer(request: Request) -> Answer:
        if request.schema is not None:
            return respond(request)
        asked.append(request.last_user_text)
        if "Write the sections that are still missing" in request.last_user_text:
            return Reply(WHOLE, before_headers=(left.pop(0) if len(left) > 1 else left[0]) if left else None)
        return Reply(WHOLE, pauses=(Pause(WHOLE.index("part 2"), gate),))

    claude.responder = answer
    return asked


async def half_drafted(user: User, place: Channel | Guild) -> Message:
    """A panel that shows a draft's first two sections."""
    panel = await (await user.slash(place, "draft")).message()
    await paste_notes(user, panel, "My pay went from 61,000 to 48,500.")
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "This is what part 1 says of it."))
    return panel


@pytest.mark.parametrize("in_dm", [True, False], ids=["in the DM", "in a server"])
async def test_after_a_kill_a_draft_goes_on_in_its_message_without_a_click(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, in_dm: bool
) -> None:
    """From its finished sections: in the DM by the channel, in a server by the token of the last click. A panel that
    shows something else by then stays as it is."""
    gate, rest = Gate(), Gate()
    asked = hold_rest(claude, gate, rest)
    user, other = sim.user("writer"), sim.user("left")
    server = sim.guild("Writers")
    panel, left = [await half_drafted(one, one.dm if in_dm else server) for one in (user, other)]
    stop = next(part["custom_id"] for part in left.parts if part.get("label") == "Stop")
    await other.forge_click(left, stop.replace(":stop:", ":notes:"))
    await other.sees(reads(left, "Open a note"))
    notes = left.text
    await (await other.slash(server, "essays")).message()  # which is read from the store, behind what the panel shows
    await runs.again()
    await user.sees(lambda _: "Stop" in panel.buttons and "Writing" in panel.text)
    rest.release()
    await user.sees(lambda _: "version 2" in panel.text and "Export" in panel.buttons)
    shown = await exported(user, panel)
    (data,) = shown.files.values()
    assert [read_export(data.decode())[1].count(f"part {number} says") for number in range(3)] == [1, 1, 1]
    assert "Continue" not in panel.buttons
    assert left.text == notes
    gone_on = [one for one in asked if "Write the sections that are still missing" in one]
    assert len(gone_on) == 2  # one a writer
    assert "Traceback" not in runs.log
    gate.release()


async def test_a_draft_in_whose_section_the_bot_died_four_times_is_offered_and_not_begun_again(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    gate, last, *rest = [Gate() for _ in range(MAX_KILLS + 2)]
    asked = hold_rest(claude, gate, *rest, last)
    user = sim.user("writer")
    panel = await half_drafted(user, user.dm)
    for continued in rest:
        await runs.again()
        await continued.reached(20)
        await user.sees(lambda _: "Stop" in panel.buttons and "Writing" in panel.text)
    await runs.again()
    await user.sees(reads(panel, "The bot ended four times in the middle of this"))
    assert "This is what part 1 says of it." in panel.text
    assert {"Continue", "Start again", "Keep as it is"} <= set(panel.buttons)
    count = len(asked)
    last.release()
    gate.release()
    await user.click(panel, "Continue")
    await user.sees(lambda _: "Export" in panel.buttons and "Continue" not in panel.buttons)
    assert len(asked) == count + 1


async def test_a_draft_that_was_asked_for_more_than_an_hour_ago_is_offered(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    """What the writer saw is kept, without a click; Continue, Start again and Keep as it is go on."""
    gate = Gate()
    user = sim.user("writer")
    (panel,) = await drafting(claude, (user,), gate)
    await runs.kill()
    with sqlite3.connect(runs.folder / "essays.db") as database:
        database.execute("UPDATE jobs SET created = '2026-01-01T00:00:00+00:00'")
    database.close()
    await runs.start()
    await user.sees(reads(panel, "The bot was restarted in the middle of it. What had come is kept."))
    assert {"Continue", "Start again", "Keep as it is", "Discard"} <= set(panel.buttons)
    assert "n4." in panel.text
    gate.release()
    claude.script(Reply(TEXT))
    await user.click(panel, "Start again")
    await user.sees(lambda _: "n11." in panel.text and "Export" in panel.buttons)


async def test_a_draft_goes_on_after_a_kill_only_as_far_as_the_budget_reaches(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    gate = Gate()
    hold_rest(claude, gate)
    user = sim.user("writer")
    panel = await half_drafted(user, user.dm)
    await runs.kill()
    runs.more["BUDGET_WRITER_DAY"] = "0.0001"
    await runs.start()
    await user.sees(lambda _: "budget" in panel.text and "Continue" in panel.buttons)
    assert "This is what part 1 says of it." in panel.text
    gate.release()


async def test_at_sigterm_each_panel_says_that_its_draft_goes_on_and_after_the_start_it_does(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator
) -> None:
    gate = Gate()
    hold_rest(claude, gate)
    people = [sim.user(name) for name in ("one", "two", "three")]
    panels = [await half_drafted(user, user.dm) for user in people]
    runs.send_signal(signal.SIGTERM)
    assert await runs.ended() == 0
    await sim.gateway.wait_disconnected()
    for panel in panels:
        assert "The bot is being restarted. This goes on by itself." in panel.text
        assert "This is what part 1 says of it." in panel.text
        assert {"Continue", "Start again", "Keep as it is"} <= set(panel.buttons)
    await runs.start()
    for user, panel in zip(people, panels, strict=True):
        await user.sees(lambda _, panel=panel: "version 2" in panel.text and "Continue" not in panel.buttons)  # type: ignore[misc]  # a default that holds the loop's value
    assert "Traceback" not in runs.log
    gate.release()


def respond(request: Request) -> Answer:
    """A model that writes for about a third of a second, and places notes in none of it."""
    if request.schema is not None:
        asks = "question" in request.schema.get("properties", {})
        return Reply('{"question": null}' if asks else '{"placements": []}')
    if "<rewrite>" in request.last_user_text:
        return Reply(f"<rewrite>{paragraphs(0, 3)}</rewrite>", characters_per_second=3_000)
    return Reply(TEXT, characters_per_second=3_000)


@dataclass(eq=False)
class RandomWriter:
    """A writer who goes on with whatever the panel offers, and remembers what it has shown."""

    sim: DiscordSimulator
    user: User
    chance: random.Random
    written: int = 0
    confirmed: list[str] = field(default_factory=list)
    turned: bool = False

    async def panel(self) -> Message:
        return await (await self.user.slash(self.user.dm, "draft")).message()

    async def act(self, panel: Message) -> None:
        """One thing that a person would do, without waiting for what comes of it."""
        self.turned = False
        offered = [one for one in ("Write draft", "Continue", "Start again", "Keep as it is") if one in panel.buttons]
        no_other = not offered and "More" not in str(panel.parts)
        may_paste = bool({"Paste notes", "Add a note"} & set(panel.buttons)) and self.chance.random() < 0.4
        if no_other or may_paste or not self.confirmed:
            await self.paste(panel)
        elif offered:
            await self.user.click(panel, self.chance.choice(offered))
        elif self.chance.random() < 0.2:
            self.turned = True
            await self.user.select(panel, "More", "New essay")
        elif "Revise" in panel.buttons and self.chance.random() < 0.4:
            form = await (await self.user.click(panel, "Revise")).modal()
            await self.user.submit(form, {"instruction": "Shorter."})
        else:
            await self.user.select(panel, "More", "Draft again")

    async def paste(self, panel: Message) -> None:
        self.written += 1
        words = f"Note m{self.written}. It was a Tuesday."
        button = "Paste notes" if "Paste notes" in panel.buttons else "Add a note"
        form = await (await self.user.click(panel, button)).modal()
        await self.user.submit(form, {"paste1": words})
        if self.chance.random() < 0.7:  # else the kill may come before it is stored: nobody was told that it is
            await self.user.sees(lambda _: "stored." in panel.text)
            self.confirmed.append(words)


def paragraphs_of(text: str) -> list[str]:
    return re.findall(r"This is paragraph n\d+\.", text)


@pytest.fixture
def seed(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> int:
    """The seed of a run, printed even where nothing fails."""
    if request.node.get_closest_marker("slow") and "slow" not in request.config.option.markexpr:
        pytest.skip("it takes minutes: -m slow")
    found = int(os.environ.get("KILLS_SEED") or random.SystemRandom().randrange(2**32))
    with capsys.disabled():
        print(f"\nKILLS_SEED={found}")  # noqa: T201 - a failure is repeated with it
    return found


async def kill_at_random_moments(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, kills: int, seed: int
) -> None:
    """Kills the bot so many times, each at a random moment of a random step."""
    claude.responder = respond
    chance = random.Random(seed)
    story = RandomWriter(sim, sim.user("writer"), chance)
    panel = await story.panel()
    while not story.confirmed:
        await story.paste(panel)
    for _ in range(kills):
        panel = await story.panel()
        await story.act(panel)
        await asyncio.sleep(chance.uniform(0, 0.8))  # the moment of a kill is chosen by time, not by an event
        runs.send_signal(signal.SIGKILL)
        assert await runs.ended() == -signal.SIGKILL
        await sim.gateway.wait_disconnected()
        left = panel.text
        await runs.start()
        again = await story.panel()
        await story.user.sees(lambda _, again=again: "Stop" not in again.buttons)  # type: ignore[misc]  # a default that holds the loop's value
        if "so far, all stored" in left:  # it was being written: all that was shown is there
            shown = paragraphs_of(left)
            if "Rewriting" not in left:
                assert set(shown) <= set(paragraphs_of(again.text)), (left, again.text)
                ways = {"Continue", "Start again", "Keep as it is"} <= set(again.buttons)
                assert ways == ("unfinished" in again.text), again.text  # else it ended before the kill came
        elif not story.turned and "version" in left and "version" in again.text:
            assert int(re.findall(r"version (\d+)", again.text)[0]) >= int(re.findall(r"version (\d+)", left)[0])
        assert "Something went wrong" not in again.text
    await check_nothing_was_lost(story, runs)
    assert "Traceback" not in runs.log


async def check_nothing_was_lost(story: RandomWriter, runs: Runs) -> None:
    """Every note that was confirmed is stored, once, and the screen of the next start equals the stored text."""
    runs.send_signal(signal.SIGKILL)
    await runs.ended()
    await runs.sim.gateway.wait_disconnected()
    store = SqliteStore(runs.folder / "essays.db", None, bootstrap.utc_now)  # no process has it open now
    try:
        writer = writer_id(store.pseudonym_secret, story.user.id)
        snapshots = await store.read(
            lambda tx: [read_snapshot(tx, writer, essay.id) for essay in tx.essays.of_writer(writer)]
        )
    finally:
        store.close()
    notes = [note.text for snapshot in snapshots for note in snapshot.notes]
    texts = {snapshot.version.text if snapshot.version is not None else "" for snapshot in snapshots}
    assert not any(snapshot.is_damaged for snapshot in snapshots)
    assert all(notes.count(words) == 1 for words in story.confirmed)
    await runs.start()
    panel = await story.panel()
    if "version" not in panel.text:
        return
    shown = panel.text
    handed = await exported(story.user, panel)
    (data,) = handed.files.values()
    body = read_export(data.decode())[1]
    assert body.strip() in {text.strip() for text in texts}
    assert all(line.strip() in shown for line in body.splitlines() if line.strip())


async def test_ten_kills_at_random_moments_lose_nothing(
    sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, seed: int
) -> None:
    await kill_at_random_moments(sim, runs, claude, 10, seed)


@pytest.mark.slow
async def test_many_kills_at_random_moments_lose_nothing(
    seed: int, sim: DiscordSimulator, runs: Runs, claude: ClaudeSimulator, capsys: pytest.CaptureFixture[str]
) -> None:
    """Several minutes, and so only by ``-m slow``."""
    kills, began = int(os.environ.get("KILLS", "200")), time.monotonic()
    await kill_at_random_moments(sim, runs, claude, kills, seed)
    with capsys.disabled():
        print(f"{kills} kills in {time.monotonic() - began:.0f} s, none of which lost anything")  # noqa: T201 - for docs/
