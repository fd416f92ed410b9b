"""A text that is being written, before the writer's eyes: page by page, stored first, in its own time, and its end."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.discord_ui.messages.editor import EditTiming
from bot.errors import BotError
from bot.services.llm_ports import ThinkingChunk
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.panel_steps import reads, with_notes
from tests.services.fakes import Gate, RecordingJobs, opinion, says
from tests.simulators.discord import DiscordSimulator, Message, Moment, Screen

HEADING = "## What I missed\n\n"
AGREED_SECONDS = 1.2  # what is promised; EDIT_SECONDS must not be less


def paragraphs(first: int, last: int) -> str:
    """A paragraph of some 80 characters for each number, which stands in it and nowhere else."""
    return "".join(
        f"This is paragraph n{number}. It holds nothing else that anybody could want to read.\n\n"
        for number in range(first, last)
    )


def numbers(text: str) -> list[int]:
    """The numbers of the paragraphs in a text."""
    return [int(found) for found in re.findall(r"\bn(\d+)\b", text)]


def edits(sim: DiscordSimulator, panel: Message) -> list[Moment]:
    return [one for one in sim.timeline.states(panel.id) if one.kind == "edited"]


def told(times: int) -> Callable[[Screen], bool]:
    """Whether somebody was told so many times that their draft is done."""
    return lambda screen: screen.text.count("The draft is done.") == times


async def test_the_page_being_written_is_shown_and_earlier_pages_can_be_read_meanwhile(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """◀ and ▶ lead through what there is so far; an earlier page stays before the eyes, the last one follows again."""
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    gates = [Gate() for _ in range(4)]
    pieces = [part for at, gate in enumerate(gates) for part in (paragraphs(at * 50, at * 50 + 50), gate)]
    models.script(says(HEADING, *pieces))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n49." in panel.text)
    assert "◀" in panel.buttons  # 50 paragraphs are a little more than a page
    gates[0].release()
    await user.sees(lambda _: "n99." in panel.text)
    assert "n0." not in panel.text
    here, count = _page(panel)
    assert here == count >= 2
    for _ in range(count - 1):
        page = _page(panel)[0]
        await user.click(panel, "◀")
        await user.sees(reads(panel, f"page {page - 1} of"))
    assert numbers(panel.text)[0] == 0
    gates[1].release()  # the text grows behind the page that is being read
    await user.sees(lambda _: _page(panel)[1] > count)
    assert _page(panel)[0] == 1
    assert numbers(panel.text)[0] == 0
    while _page(panel)[0] < _page(panel)[1]:
        page = _page(panel)[0]
        await user.click(panel, "▶")
        await user.sees(reads(panel, f"page {page + 1} of"))
    assert "n149." in panel.text
    gates[2].release()
    await user.sees(lambda _: "n199." in panel.text)
    gates[3].release()
    await user.sees(lambda _: "version 1" in panel.text)
    assert "n199." in panel.text  # it stays on the page that is being read
    await user.sees(lambda screen: "The draft is done." in screen.text)
    await user.click(panel, "First page")
    await user.sees(reads(panel, "page 1 of"))
    assert numbers(panel.text)[0] == 0
    assert "First page" not in panel.buttons


def _page(panel: Message) -> tuple[int, int]:
    found = re.search(r"page (\d+) of (\d+) so far", panel.text)
    assert found, panel.text
    return int(found[1]), int(found[2])


async def test_draft_text_is_stored_before_it_is_shown(sim: DiscordSimulator, tmp_path: Path, models: Scripted) -> None:
    """Whenever a paragraph comes before the writer's eyes, the store has it."""
    async with started(sim, tmp_path / "essays.db", models, keeping=RecordingJobs) as bot:
        store = bot.jobs._store
        assert isinstance(store, RecordingJobs)
        sim.settings.rate_limits = False  # each paragraph is to be seen, however fast they come
        add = sim.timeline.add

        def recorded(kind: Any, seen_by: tuple[str, ...], text: str = "", **more: Any) -> None:
            if kind == "edited":
                store.events.append(("seen", text))
            add(kind, seen_by, text, **more)

        sim.timeline.add = recorded  # type: ignore[method-assign]  # what is seen goes into the record of what is stored
        user = sim.user("writer")
        panel = await with_notes(user, user.dm)
        gates = [Gate() for _ in range(12)]
        models.script(
            says(HEADING, *(part for at, gate in enumerate(gates) for part in (paragraphs(at, at + 1), gate)))
        )
        await user.click(panel, "Write draft")
        for at, gate in enumerate(gates):
            await user.sees(reads(panel, f"n{at}."))
            gate.release()
        await user.sees(lambda _: "version 1" in panel.text)
        stored, checked = "", 0
        for what, told in store.events:
            if what == "stored":
                stored += "".join(told.values())
            elif what == "ended":
                break  # from here on it is the version that is shown
            else:
                assert set(numbers(told)) <= set(numbers(stored))
                checked += len(numbers(told))
        assert checked >= 12


async def test_the_first_and_the_last_text_of_a_draft_are_shown_at_once_and_edits_between_are_spaced_out(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted
) -> None:
    """At least 1.2 seconds between two edits, however fast the model is; but the text that came first is shown at once,
    and so is the end, because Discord takes five edits in five seconds."""
    assert EditTiming().interval >= AGREED_SECONDS
    async with started(sim, tmp_path / "essays.db", models, timing=EditTiming()):
        user = sim.user("writer")
        panel = await with_notes(user, sim.guild("Writers"))
        before = len(edits(sim, panel))
        gates = [Gate() for _ in range(2)]
        models.script(
            says(HEADING, *(part for at, gate in enumerate(gates) for part in (paragraphs(at, at + 1), gate)))
        )
        await user.click(panel, "Write draft")
        for at, gate in enumerate(gates):  # the model goes on the moment that the writer sees what it wrote
            await user.sees(reads(panel, f"n{at}."))
            gate.release()
        await user.sees(lambda _: "version 1" in panel.text)
        answer, *live = edits(sim, panel)[before:]
        assert live[0].at - answer.at < AGREED_SECONDS / 2
        assert "n0." in live[0].text
        assert len(live) == 3
        assert all(later.at - earlier.at >= AGREED_SECONDS for earlier, later in pairwise(live[:-1]))
        assert live[-1].at - live[-2].at < AGREED_SECONDS / 2


async def test_edits_come_less_often_when_discord_is_slow(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted
) -> None:
    """Where an edit takes 0.15 s, the next begins no sooner than as long again after its answer; so none overlap."""
    async with started(sim, tmp_path / "essays.db", models, timing=EditTiming(interval=0.05)):
        sim.settings.rate_limits = False  # the pauses here are shorter than Discord's limit would have them
        user = sim.user("writer")
        panel = await with_notes(user, user.dm)
        gates = [Gate() for _ in range(3)]
        models.script(
            says(HEADING, *(part for at, gate in enumerate(gates) for part in (paragraphs(at, at + 1), gate)))
        )
        sim.settings.latency = 0.15
        await user.click(panel, "Write draft")
        for at, gate in enumerate(gates):
            await user.sees(reads(panel, f"n{at}."))
            if at < 2:
                gate.release()
        shown = [one for one in edits(sim, panel) if numbers(one.text)]
        assert len(shown) == 3
        assert all(later.at - earlier.at >= 2 * 0.15 - 0.02 for earlier, later in pairwise(shown))
        sim.settings.latency = 0.0
        gates[2].release()
        await user.sees(lambda _: "version 1" in panel.text)


async def test_thinking_is_shown_with_the_time_it_has_taken(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """By Discord's own clock, so that it goes on without an edit."""
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(says(ThinkingChunk(), gate, HEADING, paragraphs(0, 1)))
    before = sim.clock.now()
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Thinking… begun <t:" in panel.text)
    found = re.search(r"<t:(\d+):R>", panel.text)
    assert found
    assert int(before) <= int(found[1]) <= sim.clock.now()
    gate.release()
    await user.sees(lambda _: "version 1" in panel.text)


async def test_one_persons_hanging_edit_delays_nobody_else(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    slow, quick = sim.user("slow"), sim.user("quick")
    panels = [await with_notes(user, user.dm) for user in (slow, quick)]
    gates = [[Gate(), Gate()] for _ in range(2)]
    for one in gates:
        models.script(says(HEADING, paragraphs(0, 1), one[0], paragraphs(1, 2), one[1]))
    act = await slow.click(panels[0], "Write draft")
    await slow.sees(lambda _: "n0." in panels[0].text)
    await quick.click(panels[1], "Write draft")
    await quick.sees(lambda _: "n0." in panels[1].text)
    hanging = sim.delay("PATCH", f"/webhooks/*/{act.interaction.token}/messages/@original", 3600)
    gates[0][0].release()
    await sim.timeline.until(lambda: hanging.used, 5, lambda: "the slow edit did not come")
    gates[1][0].release()
    await quick.sees(lambda _: "n1." in panels[1].text)
    gates[1][1].release()
    await quick.sees(lambda _: "version 1" in panels[1].text)
    assert "n1." not in panels[0].text
    # The slow one is not lost either: a click brings another token, and with it the text.
    await slow.click(panels[0], "Stop")
    await slow.sees(lambda _: "n1." in panels[0].text and "Keep as it is" in panels[0].buttons)


async def test_a_page_turn_is_not_undone_by_an_edit_already_on_its_way(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The edit from before the click arrives after it: the page that was asked for comes back by itself."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate, last = Gate(), Gate()
    models.script(says(HEADING, paragraphs(0, 60), gate, paragraphs(60, 61), last))
    act = await user.click(panel, "Write draft")
    await user.sees(lambda _: "n59." in panel.text)
    late = sim.delay("PATCH", f"/webhooks/*/{act.interaction.token}/messages/@original", 0.3, times=1)
    gate.release()
    await sim.timeline.until(lambda: late.used, 5, lambda: "no edit is on its way")
    await user.click(panel, "◀")
    await user.sees(lambda _: "page 1 of" in panel.text)
    await sim.timeline.until(
        lambda: any("n60." in one.text for one in edits(sim, panel)) or None, 5, lambda: "it did not arrive"
    )
    await user.sees(lambda _: "page 1 of" in panel.text)
    last.release()
    await user.sees(lambda _: "version 1" in panel.text)


@pytest.mark.parametrize("installed", [False, True])
async def test_the_end_of_each_draft_is_announced_once_in_its_own_message(
    sim: DiscordSimulator, bot: Bot, models: Scripted, installed: bool
) -> None:
    """Each end of work is told once; in a user install, where five is the most, no click leads to more than one."""
    user = sim.user("writer", installed=installed)
    place = sim.guild("Writers", bot=not installed)
    panel = await with_notes(user, place)
    acts = []
    for version in range(1, 8):
        models.script(says(HEADING, paragraphs(version, version + 1)))
        acts.append(
            await (user.click(panel, "Write draft") if version == 1 else user.select(panel, "More", "Draft again"))
        )
        await user.sees(reads(panel, f"version {version}"))
        await user.sees(told(version))
    assert [act.interaction.followups for act in acts] == [1] * 7
    assert all(one.ephemeral for one in sim.messages)
    assert sim.refused == []


async def test_a_failed_draft_is_announced_and_a_stopped_one_is_not(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """What broke off is told like what is done; what the writer stopped needs no telling."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(says(HEADING, paragraphs(0, 1), gate))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "n0." in panel.text)
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Keep as it is" in panel.buttons)
    models.script(says(HEADING, paragraphs(1, 2), error=ModelTooSlow()))
    await user.click(panel, "Start again")
    await user.sees(lambda screen: "The panel above says why." in screen.text)
    assert "it took too long" in panel.text
    models.script(opinion())
    await user.click(panel, "Critique")
    await user.sees(lambda screen: "The critique is done." in screen.text)
    assert user.screen.text.count("is done.") == 1


class ModelTooSlow(BotError):
    """A model that took too long."""

    def __init__(self) -> None:
        super().__init__("The model stopped: it took too long. What had come is stored.")


SCRIPTS = {
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈🧑🏽‍🚀 🇬🇧🇫🇷 ",
    "right to left": "كتبتُ هذا النص في يومٍ طويل، ולא שכחתי דבר. ",
    "Chinese": "我在二〇一九年三月重建了导出服务。错误从百分之十五降到百分之二。",
    "marks upon marks": "z̷̢̛a͜l̴͝g̸o̵ ",
    "no blank at all": "𝔞𝔟𝔠",
    "Markdown": "*one **two** three* `four` “five” ",
}


@pytest.mark.parametrize("name", SCRIPTS)
async def test_discord_accepts_every_edit_of_a_growing_draft_in_any_script(
    sim: DiscordSimulator, bot: Bot, models: Scripted, name: str
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    script = SCRIPTS[name]
    sim.settings.rate_limits = False  # each state is to be seen, however fast they come
    part = script * (1_100 // len(script))
    gates = [Gate() for _ in range(8)]
    models.script(says(HEADING, *(one for at, gate in enumerate(gates) for one in (f"{part} n{at}. ", gate))))
    await user.click(panel, "Write draft")
    for at, gate in enumerate(gates):
        await user.sees(reads(panel, f"n{at}."))
        gate.release()
    await user.sees(lambda _: "version 1" in panel.text)
    assert sim.refused == []
