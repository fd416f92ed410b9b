"""Messages that a worker edits while a gateway answers clicks on them, over one PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from bot.discord_ui.messages import gateway_panels
from bot.essay.support import SentenceSupport, SupportKind, UnsupportedPassage
from bot.services.jobs.store_ports import PanelEditor
from bot.services.llm_ports import RawCheck
from tests.discord_ui.conftest import ClockAhead, Scripted
from tests.discord_ui.dm_steps import QUICK
from tests.discord_ui.messages.gateway_and_workers import GatewayProcess, WorkerProcess, gateway, worker
from tests.discord_ui.messages.test_job_panels import HEADING, numbers, paragraphs, told
from tests.discord_ui.panel_steps import reads, with_notes
from tests.services.fakes import COST, MODEL, Gate, says
from tests.simulators.discord import DiscordSimulator, Message, User
from tests.simulators.discord.fault_injection import Fault

pytestmark = pytest.mark.postgres

EDITS = "/webhooks/*/messages/@original"
LIFETIME = 900.0  # of a token in seconds, Discord's


@pytest.fixture
async def front(sim: DiscordSimulator, postgres_url: str, models: Scripted) -> AsyncIterator[GatewayProcess]:
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    async with gateway(sim, postgres_url, models.ports) as process:
        yield process


@pytest.fixture
async def back(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, front: GatewayProcess
) -> AsyncIterator[WorkerProcess]:
    async with worker(sim, postgres_url, models.ports) as process:
        yield process


async def begun(user: User, panel: Message, models: Scripted, *gates: Gate) -> None:
    """A draft whose first paragraph is shown; each gate lets another come."""
    pieces = [part for at, gate in enumerate(gates) for part in (paragraphs(at, at + 1), gate)]
    models.script(says(HEADING, *pieces, paragraphs(len(gates), len(gates) + 1)))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "n0."))


@pytest.mark.usefixtures("front", "back")
@pytest.mark.parametrize("in_dm", [True, False], ids=["in the DM", "in a server"])
async def test_a_worker_shows_a_draft_as_it_grows_and_its_end_and_tells_of_it_once(
    sim: DiscordSimulator, models: Scripted, in_dm: bool
) -> None:
    user, gates = sim.user("writer"), [Gate(), Gate()]
    panel = await with_notes(user, user.dm if in_dm else sim.guild("Writers"))
    await begun(user, panel, models, *gates)
    gates[0].release()
    await user.sees(reads(panel, "n1."))
    gates[1].release()
    await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))
    assert numbers(panel.text) == [0, 1, 2]
    assert "Export" in panel.buttons


def button(panel: Message, action: str) -> str:
    """Return the custom id of a button for the essay of a draft that is being written, which need not be there."""
    stop: str = next(part["custom_id"] for part in panel.parts if part.get("label") == "Stop")
    return stop.replace(":stop:", f":{action}:")


async def open_notes(user: User, panel: Message) -> None:
    """Press, in the middle of a draft, what shows something else in its message."""
    await user.forge_click(panel, button(panel, "notes"))


async def hold_edit(sim: DiscordSimulator, gate: Gate) -> Fault:
    """Let the next text come, and keep the worker's edit with it on its way to Discord."""
    held = sim.hold("PATCH", EDITS)
    gate.release()
    await sim.timeline.until(lambda: held.used, 5, lambda: "no edit is on its way")
    return held


@pytest.mark.usefixtures("front", "back")
async def test_what_a_click_shows_waits_for_an_edit_under_way_and_is_not_overwritten_by_a_later_one(
    sim: DiscordSimulator, models: Scripted
) -> None:
    user, gates = sim.user("writer"), [Gate(), Gate()]
    panel = await with_notes(user, sim.guild("Writers"))
    await begun(user, panel, models, *gates)
    held = await hold_edit(sim, gates[0])
    await open_notes(user, panel)
    held.release()
    await user.sees(reads(panel, "Open a note"))
    states = [one.text for one in sim.timeline.states(panel.id)]
    assert "n1." in states[-2]
    notes = panel.text
    gates[1].release()
    await user.sees(told(1))  # beside it
    assert panel.text == notes


async def test_a_wait_that_a_click_has_ended_takes_nothing_from_the_draft_that_its_message_shows_by_now(
    sim: DiscordSimulator, models: Scripted, front: GatewayProcess, back: WorkerProcess
) -> None:
    user, placing, writing = sim.user("writer"), Gate(), Gate()
    panel = await (await user.slash(user.dm, "draft")).message()
    models.script(placing.hold, says(HEADING, paragraphs(0, 1), writing, paragraphs(1, 2)))
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": "I left on a Tuesday.\n\nMy pay went down."})
    await user.sees(reads(panel, "stored."))
    await placing.reached()
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "n0."))
    draft, store = (await front.latest_job(user)).job, front.services.store
    wait = draft.id - 1
    (row,) = await store.read(lambda tx: tx.job_panels.of(draft.id))
    left = PanelEditor.NOBODY  # as the click has left it, until the gateway deletes it
    await store.write(draft.writer, lambda tx: tx.job_panels.save(wait, panel.id, row.address, left))
    await back.panels.sweep()
    shown = f"panels-of-job-{draft.id}"
    await asyncio.gather(*(task for task in back.panels._job_tasks if task.get_name() != shown))
    writing.release()
    await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))


@pytest.mark.usefixtures("back")
async def test_a_draft_that_ends_the_wait_for_notes_to_be_placed_is_told_of_once_and_shown_in_both_messages(
    sim: DiscordSimulator, models: Scripted, front: GatewayProcess
) -> None:
    """The gateway shows the wait, and hands the message over where a draft takes its place."""
    user, placing, writing = sim.user("writer"), Gate(), Gate()
    waiting = await (await user.slash(user.dm, "draft")).message()
    models.script(placing.hold, says(HEADING, paragraphs(0, 1), writing, paragraphs(1, 2)))
    form = await (await user.click(waiting, "Paste notes")).modal()
    await user.submit(form, {"paste1": "I left on a Tuesday.\n\nMy pay went down."})
    await user.sees(reads(waiting, "stored."))
    await placing.reached()
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text and "n0." in waiting.text)
    writing.release()
    await user.sees(lambda screen: "version 1" in panel.text and "version 1" in waiting.text and told(1)(screen))
    await front.client.dispatcher.job_panels.wait_until_done(5.0)
    assert told(1)(user.screen)


async def test_a_click_does_not_wait_for_a_worker_that_hangs_and_is_shown_again_after_its_late_edit(
    sim: DiscordSimulator, models: Scripted, front: GatewayProcess, back: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_panels, "RELEASE_SECONDS", 0.1)
    back.timing.outdated_timeout = back.timing.late_arrival = 60.0
    user, gates = sim.user("writer"), [Gate(), Gate()]
    panel = await with_notes(user, sim.guild("Writers"))
    await begun(user, panel, models, *gates)
    held = await hold_edit(sim, gates[0])
    await open_notes(user, panel)
    await user.sees(reads(panel, "Open a note"))
    notes = panel.text
    held.release()
    await user.sees(reads(panel, "n1."))
    await user.sees(reads(panel, "Open a note"))
    gates[1].release()
    await user.sees(told(1))
    assert panel.text == notes


@pytest.mark.usefixtures("front", "back")
async def test_the_page_that_is_being_read_stays_while_a_worker_goes_on_with_the_text(
    sim: DiscordSimulator, models: Scripted
) -> None:
    user, gate = sim.user("writer"), Gate()
    panel = await with_notes(user, sim.guild("Writers"))
    rest = Gate()
    models.script(says(HEADING, paragraphs(0, 50), gate, paragraphs(50, 100), rest, paragraphs(100, 150)))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "page 2 of 2"))
    await user.click(panel, "◀")
    await user.sees(reads(panel, "page 1 of 2"))
    gate.release()
    await user.sees(reads(panel, "page 1 of 3"))
    assert numbers(panel.text)[0] == 0
    rest.release()
    await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))
    assert numbers(panel.text)[0] == 0


@pytest.mark.usefixtures("front")
async def test_clicks_are_answered_while_no_worker_runs_and_the_first_that_comes_goes_on(
    sim: DiscordSimulator, postgres_url: str, models: Scripted
) -> None:
    user, other = sim.user("writer"), sim.user("other")
    server = sim.guild("Writers")
    panels = [await with_notes(one, server) for one in (user, other)]
    for one, panel in zip((user, other), panels, strict=True):
        await one.click(panel, "Write draft")
        await one.sees(reads(panel, "Stop"))
    await open_notes(other, panels[1])
    await other.sees(reads(panels[1], "Open a note"))
    notes = panels[1].text
    models.script(*(says(HEADING, paragraphs(0, 1)) for _ in panels))
    async with worker(sim, postgres_url, models.ports):
        await user.sees(lambda screen: "version 1" in panels[0].text and told(1)(screen))
        await other.sees(told(1))
    assert panels[1].text == notes


async def test_another_worker_goes_on_in_the_messages_of_one_that_ended_but_not_where_a_click_came_between(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, front: GatewayProcess
) -> None:
    user, other = sim.user("writer"), sim.user("other")
    server, gates, rest = sim.guild("Writers"), [Gate(), Gate()], Gate()
    async with worker(sim, postgres_url, models.ports) as first:
        panels = [await with_notes(one, server) for one in (user, other)]
        for one, panel, gate in zip((user, other), panels, gates, strict=True):
            await begun(one, panel, models, gate)
        models.script(*(says(rest, HEADING, paragraphs(5, 6)) for _ in panels))
        notes_button = button(panels[1], "notes")
        await first.end()
        await user.sees(reads(panels[0], "The bot is being restarted. This goes on by itself."))
        await other.forge_click(panels[1], notes_button)
        await other.sees(reads(panels[1], "Open a note"))
        notes = panels[1].text
        async with worker(sim, postgres_url, models.ports):
            await user.sees(lambda _: "Stop" in panels[0].buttons and "restarted" not in panels[0].text)
            rest.release()
            await user.sees(lambda _: "version 2" in panels[0].text)
            for one in (user, other):
                await one.sees(lambda screen: screen.text.count("The text is not finished yet") == 1)
    assert panels[1].text == notes


@pytest.mark.parametrize("untold", [True, False], ids=["before it was shown", "after it was told"])
async def test_another_worker_shows_and_tells_the_end_that_one_which_died_did_not(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, front: GatewayProcess, untold: bool
) -> None:
    user, gates = sim.user("writer"), [Gate(), Gate()]
    async with worker(sim, postgres_url, models.ports) as first:
        panel = await with_notes(user, user.dm)
        await begun(user, panel, models, *gates)
        if untold:
            await hold_edit(sim, gates[0])
        gates[0].release()
        gates[1].release()
        job = (await front.latest_job(user)).job
        await front.services.jobs.wait(job.writer, job.id)
        if not untold:
            await user.sees(told(1))
        await first.die()
        async with worker(sim, postgres_url, models.ports, at_work=False) as second:
            await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))
            await second.panels.sweep()
            await second.panels.wait_until_done(10.0)
            assert not await second.services.store.read(lambda tx: tx.job_panels.of(job.id))
    assert told(1)(user.screen)


@pytest.mark.usefixtures("front", "back")
async def test_a_draft_that_ends_before_its_message_shows_it_is_told_of_once_and_then_shown(
    sim: DiscordSimulator, models: Scripted
) -> None:
    """As where the gateway dies before Discord has its card."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(says(HEADING, paragraphs(0, 1), gate))
    held = sim.hold("PATCH", EDITS)
    await user.click(panel, "Write draft")
    await sim.timeline.until(lambda: held.used, 5, lambda: "no card is on its way")
    gate.release()
    await user.sees(told(1))
    assert "version 1" not in panel.text
    held.release()
    await user.sees(reads(panel, "version 1"))
    await sim.timeline.until(lambda: "Export" in panel.buttons, 5, lambda: panel.text)
    assert told(1)(user.screen)


@pytest.mark.usefixtures("front")
async def test_a_message_handed_over_just_as_its_worker_lets_go_of_the_draft_shows_the_end_all_the_same(
    sim: DiscordSimulator, models: Scripted, back: WorkerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker reads that it is to show the message when it no longer does so; then it takes the job up once more."""
    letting_go, may_let_go, give_back = list[int](), asyncio.Event(), back.locks.give_back
    user = sim.user("writer")

    async def held_back(job: int) -> None:
        if told(1)(user.screen):
            letting_go.append(job)
            sim.timeline.pulse()
            await may_let_go.wait()
        await give_back(job)

    panel = await with_notes(user, user.dm)
    monkeypatch.setattr(back.locks, "give_back", held_back)
    models.script(says(HEADING, paragraphs(0, 1)))
    held = sim.hold("PATCH", EDITS)
    await user.click(panel, "Write draft")
    await sim.timeline.until(lambda: held.used, 5, lambda: "no card is on its way")
    await sim.timeline.until(lambda: letting_go, 5, lambda: "the worker goes on showing the draft")
    held.release()
    await user.sees(reads(panel, "Writing the draft"))
    job, editors = letting_go[0], set[PanelEditor]()
    while PanelEditor.WORKER not in editors:
        editors = {row.editor for row in await back.services.store.read(lambda tx: tx.job_panels.of(job))}
    back.panels.on_notified(f"{job} 1")
    await asyncio.gather(*(task for task in back.panels._tasks() if task.get_name().startswith("reading")))
    may_let_go.set()
    await user.sees(reads(panel, "version 1"))
    await sim.timeline.until(lambda: "Export" in panel.buttons, 5, lambda: panel.text)
    assert told(1)(user.screen)


async def test_a_click_with_a_new_token_brings_back_a_message_whose_token_had_expired(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, clock: ClockAhead
) -> None:
    sim.settings.rate_limits = False
    user, gates = sim.user("writer"), [Gate(), Gate()]
    async with gateway(sim, postgres_url, models.ports, clock), worker(sim, postgres_url, models.ports, clock):
        panel = await with_notes(user, sim.guild("Writers"))
        await begun(user, panel, models, *gates)
        sim.clock.advance(LIFETIME)
        clock.ahead = timedelta(seconds=LIFETIME)
        shown = panel.text
        gates[0].release()
        await user.slash(user.dm, "help")
        assert panel.text == shown
        await user.forge_click(panel, button(panel, "open"))
        await user.sees(reads(panel, "n1."))
        gates[1].release()
        await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))


async def test_a_gateway_that_starts_knows_which_messages_are_a_workers(
    sim: DiscordSimulator, postgres_url: str, models: Scripted
) -> None:
    sim.settings.rate_limits = False
    user, gates = sim.user("writer"), [Gate(), Gate()]
    async with AsyncExitStack() as stack:
        async with gateway(sim, postgres_url, models.ports):
            await stack.enter_async_context(worker(sim, postgres_url, models.ports))
            panel = await with_notes(user, sim.guild("Writers"))
            await begun(user, panel, models, *gates)
        async with gateway(sim, postgres_url, models.ports):
            held = await hold_edit(sim, gates[0])
            await open_notes(user, panel)
            held.release()
            await user.sees(reads(panel, "Open a note"))
            notes = panel.text
            gates[1].release()
            await user.sees(told(1))
            assert panel.text == notes


async def test_notes_added_after_a_workers_draft_are_told_of_below_its_end(
    sim: DiscordSimulator, models: Scripted, front: GatewayProcess, back: WorkerProcess
) -> None:
    front.client.dispatcher.dm_listener.notifier.notify_delay_seconds = QUICK
    user, gate = sim.user("writer"), Gate()
    panel = await with_notes(user, user.dm)
    await begun(user, panel, models, gate)
    await user.say(user.dm, "While it is written: the notice was of 21 March.")
    await user.sees(lambda screen: "1 note stored in" in screen.text)
    gate.release()
    await user.sees(told(1))
    await user.say(user.dm, "And after it: I was paid to the end of May.")
    await user.sees(lambda screen: screen.messages[-1].text.count("1 note stored in") == 1)


def held_check(gate: Gate) -> Callable[[], Awaitable[RawCheck]]:
    """An answer of the checker that waits at the gate and then finds one passage."""
    passage = UnsupportedPassage(1, "and I loved it", SupportKind.FEELING, "No note says so.", 1, "It was loud.")

    async def check() -> RawCheck:
        await gate.hold()
        return RawCheck((SentenceSupport(1, (1,)),), (passage,), MODEL, COST)

    return check


async def check_ends(user: User, panel: Message, checking: Gate, reading_on: bool) -> None:
    """Let the check end: its message shows what it found, or what a click has shown there, if somebody reads on."""
    if reading_on:
        await user.select(panel, "More", "Notes")
        await user.sees(reads(panel, "Open a note"))
    before = panel.text
    checking.release()
    if not reading_on:
        await user.sees(lambda _: "Check (1)" in panel.buttons)
        return
    posted = await (await user.slash(user.dm, "draft")).message()
    await user.sees(lambda _: "Check (1)" in posted.buttons)
    assert panel.text == before


@pytest.mark.parametrize("reading_on", [False, True], ids=["the text", "something else by then"])
async def test_the_check_that_follows_a_workers_draft_is_shown_where_the_draft_is(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, reading_on: bool
) -> None:
    sim.settings.rate_limits = False
    user, checking = sim.user("writer"), Gate()
    models.script(says(f"{HEADING}It was loud and I loved it.\n"), held_check(checking))
    ports = models.checking_ports
    async with gateway(sim, postgres_url, ports), worker(sim, postgres_url, ports):
        panel = await with_notes(user, sim.guild("Writers"))
        await user.click(panel, "Write draft")
        await checking.reached()
        await user.sees(lambda screen: "version 1" in panel.text and told(1)(screen))
        await check_ends(user, panel, checking, reading_on)


@pytest.mark.parametrize("reading_on", [False, True], ids=["the text", "something else by then"])
async def test_what_one_gateway_posts_in_a_dm_that_another_serves_is_a_workers_to_edit_and_clicks_there_win(
    sim: DiscordSimulator, postgres_url: str, models: Scripted, reading_on: bool
) -> None:
    sim.settings.rate_limits = False
    user, checking = sim.user("writer"), Gate()
    models.script(says(f"{HEADING}It was loud and I loved it.\n"), held_check(checking))
    ports = models.checking_ports
    async with AsyncExitStack() as stack:
        of_dms, _ = [
            await stack.enter_async_context(gateway(sim, postgres_url, ports, shard=shard, shards=2))
            for shard in (0, 1)
        ]
        await stack.enter_async_context(worker(sim, postgres_url, ports))
        panel = await with_notes(user, sim.guild("Writers", shard=(1, 2)))
        await user.click(panel, "Write draft")
        await checking.reached()
        await user.sees(reads(panel, "version 1"))
        essay = next(part["custom_id"] for part in panel.parts if part.get("label") == "Revise").split(":")[3]
        await user.forge_click(panel, f"essay:v1:dm:{essay}:0:end")  # as under what is told beside a panel
        await user.sees(lambda _: "version 1" not in panel.text)
        (moved,) = user.dm.messages
        assert "version 1" in moved.text
        async with asyncio.timeout(10):  # sooner than any person could press a button
            while not of_dms.client.dispatcher.job_panels.is_shown_elsewhere(moved.id):  # noqa: ASYNC110 - it is told by no event
                await asyncio.sleep(0.01)
        await check_ends(user, moved, checking, reading_on)
