"""Whatever fault the model has while a text is written: the writer is told, and what came is on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import discord.webhook.async_
import pytest

from bot import bootstrap
from bot.discord_ui.interactions.responses import server_id
from bot.services.ledger import UsageKey
from bot.services.server_rules import ServerRules
from tests.discord_ui.bot_with_claude import served
from tests.discord_ui.conftest import Bot
from tests.discord_ui.messages.test_discord_faults import AsyncioWithInstantSleep
from tests.discord_ui.messages.test_job_panels import HEADING, paragraphs
from tests.discord_ui.panel_steps import with_notes
from tests.simulators.claude import Answer, ClaudeSimulator, Cut, Gate, HttpError, Pause, Refusal, Reply, StreamError
from tests.simulators.discord import DiscordSimulator, Message, User

TEXT = HEADING + paragraphs(0, 60)
STARTED = datetime(2020, 1, 1, tzinfo=UTC)  # before every call
CUT = 3_000  # characters after which the model breaks off


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator() as model:
        yield model


def _nothing_to_place(model: ClaudeSimulator) -> None:
    model.responder = lambda _: Reply('{"placements": []}')


async def drafting(user: User, sim: DiscordSimulator, claude: ClaudeSimulator, *answers: Answer) -> Message:
    """A panel on which a draft was just begun."""
    _nothing_to_place(claude)
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    panel = await with_notes(user, sim.guild("Writers"))
    claude.script(*answers)
    await user.click(panel, "Write draft")
    return panel


# What the service does, what the writer is told, and how many characters of the text are kept.
FAULTS: dict[str, tuple[Callable[[], Answer], str, int]] = {
    "overloaded": (lambda: HttpError(529), "service is overloaded", 0),
    "overloaded in the middle": (lambda: Reply(TEXT, ending=StreamError(CUT)), "service is overloaded", CUT),
    "a fault of the service": (lambda: HttpError(500), "fault of its own", 0),
    "cut at 3,000 characters": (lambda: Reply(TEXT, ending=Cut(CUT)), "connection to the model broke", CUT),
    "stalled": (lambda: Reply(TEXT, pauses=(Pause(CUT, Gate()),)), "Nothing came from the model for", CUT),
    "declined": (lambda: Reply(TEXT, ending=Refusal()), "declined", 0),
    "declined in the middle": (lambda: Reply(TEXT, ending=Refusal(CUT)), "declined", 0),
    "no room left": (lambda: Reply(TEXT[:CUT], "max_tokens"), "ended before all of it was written", CUT),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_model_error_is_told_and_the_partial_draft_is_shown(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, name: str
) -> None:
    answer, words, kept = FAULTS[name]
    async with served(sim, claude, tmp_path) as bot:
        user = sim.user("writer")
        panel = await drafting(user, sim, claude, answer())
        await user.sees(lambda screen: "broke off." in screen.text or "not finished yet" in screen.text)
        assert words in panel.text
        assert "stored" in user.screen.text
        if not kept:
            assert "n0." not in panel.text
            assert {"Write draft", "Without a model"} <= set(panel.buttons)
        else:
            await check_stored_and_shown(user, panel, bot, TEXT[:kept])
            assert {"Continue", "Start again", "Keep as it is"} <= set(panel.buttons)
        claude.script(Reply(TEXT))
        await user.click(panel, "Start again" if kept else "Write draft")  # nothing stands in the way of another try
        await user.sees(lambda _: "unfinished" not in panel.text and "First page" in panel.buttons)
        await turn_to_first_page(user, panel)
        assert "n0." in panel.text


async def check_stored_and_shown(user: User, panel: Message, bot: Bot, came: str) -> None:
    """The stored text holds all that came, and the pages of the panel, one after another, are the stored text."""
    text = await bot.text(user)
    assert text.strip() == came.strip()
    await turn_to_first_page(user, panel)
    shown = [panel.text]
    while "▶" in panel.buttons and (await turn_to_next_page(user, panel)):
        shown.append(panel.text)
    for line in text.splitlines():
        assert not line.strip() or any(line.strip() in page for page in shown), line


async def turn_to_first_page(user: User, panel: Message) -> None:
    """Turns back from the page that was read when the draft ended."""
    if "First page" in panel.buttons:
        await user.click(panel, "First page")
        await user.sees(lambda _: "First page" not in panel.buttons)


async def turn_to_next_page(user: User, panel: Message) -> bool:
    """Turns to the next page; False at the last."""
    button = next(part for part in panel.parts if part.get("label") == "▶")
    if button.get("disabled"):
        return False
    before = panel.text
    await user.click(panel, "▶")
    await user.sees(lambda _: panel.text != before)
    return True


async def test_a_spent_budget_is_told_and_a_draft_can_be_made_without_a_model(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    async with served(sim, claude, tmp_path, budget="0.01"):
        user = sim.user("writer")
        panel = await drafting(user, sim, claude)
        await user.sees(lambda screen: "broke off." in screen.text)
        assert "budget" in panel.text
        assert {"Write draft", "Without a model"} <= set(panel.buttons)
        await user.click(panel, "Without a model")
        await user.sees(lambda _: "version 1" in panel.text)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (ServerRules(day_budget=Decimal("0.01")), "This server's budget for today is $0.01"),
        (ServerRules(member_day_budget=Decimal("0.01")), "Your budget for today in this server is $0.01"),
        (ServerRules(allows_model=False), "let no model be asked here"),
    ],
    ids=["server", "member", "no model"],
)
async def test_what_a_server_allows_holds_for_its_calls_and_not_in_the_dm(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, rules: ServerRules, words: str
) -> None:
    """Also for work that is begun when the rules change: they are looked at before each call."""
    async with served(sim, claude, tmp_path) as bot:
        user, guild = sim.user("writer"), sim.guild("Writers")
        _nothing_to_place(claude)
        sim.settings.rate_limits = False
        panel = await with_notes(user, guild)
        server = server_id(bot.secret, guild.id)
        await bot.store.write(f"server {server}", lambda tx: tx.servers.set_rules(server, rules, bootstrap.utc_now()))
        await user.click(panel, "Write draft")
        await user.sees(lambda _: words in panel.text)
        assert "manages th" in panel.text  # whom to ask
        await user.click(panel, "Continue in DM")
        await user.sees(lambda screen: "Continued in your DM" in panel.text and screen.at(user.dm).last)
        moved = user.screen.at(user.dm).last
        assert moved is not None
        claude.script(Reply(TEXT))
        await user.click(moved, "Write draft")
        await user.sees(lambda _: "version 1" in moved.text)
        calls = await bot.store.read(lambda tx: tx.ledger.usage_by(STARTED, UsageKey.SERVER))
        assert {one.key for one in calls} <= {None, server}
        assert {(one.key, one.calls) for one in calls if one.key is None} == {(None, 1)}


async def test_a_draft_survives_several_discord_and_model_errors_at_once(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model cut at 3,000 characters; an edit that meets a 500, one a 429, one AutoMod; a token dead at second 20.

    At the end, and after the one click that a dead token needs, the screen equals the stored text; what the writer was
    told on the way, and when, is on the timeline.
    """
    monkeypatch.setattr(discord.webhook.async_, "asyncio", AsyncioWithInstantSleep())  # its pause before it tries again
    async with served(sim, claude, tmp_path, silence=10.0) as bot:
        user = sim.user("writer")
        sim.settings.token_lifetime = 20
        gates = [Gate() for _ in range(5)]
        pauses = tuple(Pause(400 * (at + 1), gate) for at, gate in enumerate(gates))
        panel = await drafting(user, sim, claude, Reply(TEXT, pauses=pauses, ending=Cut(CUT), chunk=40))
        shown = "/webhooks/*/messages/@original"

        async def goes_on(at: int) -> None:
            await gates[at].reached()
            before = len(sim.served)
            gates[at].release()
            await sim.timeline.until(lambda: len(sim.served) > before, 10, lambda: "no edit came")

        await user.sees(lambda _: "n3." in panel.text)
        error = sim.fail_next("PATCH", shown, 500)
        await goes_on(0)
        await user.sees(lambda _: "n8." in panel.text)
        limited = sim.fail_next("PATCH", shown, 429, retry_after=0.05)
        await goes_on(1)
        await user.sees(lambda _: "n13." in panel.text)
        blocked = [True]
        sim.automod(lambda text: "n18." in text and blocked[0])
        await goes_on(2)
        await user.sees(lambda _: "Discord refused to show this" in panel.text)
        blocked[0] = False
        await gates[3].reached()
        sim.clock.advance(20)
        gates[3].release()
        await gates[4].reached()
        gates[4].release()
        essay = await bot.essay(user)
        job = await bot.jobs.latest_job(bot.writer(user), essay.id)
        assert job is not None
        ended = await bot.jobs.wait(bot.writer(user), job.job.id)
        await bot.client.dispatcher.job_panels.wait_until_done(
            30
        )  # after the refusal the panel is patient, and meets the dead token later
        assert (error.used, limited.used) == (1, 1)
        assert [one.code for one in sim.refused if one.code in (200000, 50027)] == [200000, 50027]
        assert ended.error is not None
        await user.click(panel, "Stop")
        await user.sees(lambda _: "Continue" in panel.buttons)
        assert ended.error in panel.text
        await check_stored_and_shown(user, panel, bot, TEXT[:CUT])
        told = [one.text for one in sim.timeline.states(panel.id)]
        for words in ("Writing the draft…", "all stored", "Discord refused to show this", ended.error):
            assert any(words in text for text in told), words
