"""Ids that no panel gave: whatever a modified client sends, nobody reaches what is another's."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord_ui.interactions.custom_ids import CustomId, SubjectKind
from bot.discord_ui.interactions.router import CRITIQUE_ACTIONS, ESSAY_ACTIONS
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import answered, controls, criticised, drafted, with_notes
from tests.simulators.discord import Act, DiscordSimulator, Message, User

# The tables themselves, so that an action that is added is tried from then on.
ACTIONS: tuple[tuple[SubjectKind, str], ...] = (
    *(("essay", one) for one in ESSAY_ACTIONS),
    *(("critique", one) for one in CRITIQUE_ACTIONS),
)
OF_NOBODYS = {("essay", "essays"), ("critique", "pasted")}  # about no essay: each shows or takes what is one's own
SENTENCE = "was deleted or is not yours"


def dump_database(database: Path) -> list[str]:
    """All that is stored."""
    with closing(sqlite3.connect(database)) as reading:
        return list(reading.iterdump())


async def messages_after(bot: Bot, act: Act) -> list[Message]:
    """All messages that show what came of something, once that is over."""
    assert (await act.acknowledged()).kind != "modal", act.interaction.data
    await answered(bot)
    used = act.interaction.source
    return [*act.messages, *([used] if used is not None else [])]


Way = Callable[[User, Message, CustomId, str], Awaitable[Act]]


async def by_button(stranger: User, panel: Message, wanted: CustomId, essay: str) -> Act:
    return await stranger.forge_click(panel, str(wanted))


async def by_menu(stranger: User, panel: Message, wanted: CustomId, essay: str) -> Act:
    return await stranger.forge_click(panel, str(wanted), essay if wanted.action == "choose" else "1")


async def by_more(stranger: User, panel: Message, wanted: CustomId, essay: str) -> Act:
    """As an entry of the menu More, whose values are actions."""
    return await stranger.forge_click(
        panel, str(CustomId("essay", "more", wanted.subject, wanted.version)), wanted.action
    )


async def by_form(stranger: User, panel: Message, wanted: CustomId, essay: str) -> Act:
    """With the form of a command, under an id that it never had."""
    form = await (await stranger.slash(panel.channel, "critique")).modal()
    form.payload["custom_id"] = str(wanted)
    return await stranger.submit(form, {"paste1": "typed by a stranger"})


@pytest.mark.parametrize(
    ("way", "on_their_own"),
    [(by_button, True), (by_menu, True), (by_more, True), (by_form, True), (by_button, False), (by_menu, False)],
)
async def test_no_forged_action_reaches_another_writers_essay_or_critique(
    sim: DiscordSimulator, bot: Bot, models: Scripted, tmp_path: Path, way: Way, on_their_own: bool
) -> None:
    """Every action there is, with the ids of another's essay and critique: the same sentence each time, privately;
    nothing is stored, changed, shown or asked of a model."""
    sim.settings.rate_limits = False
    owner, stranger, guild = sim.user("owner"), sim.user("stranger"), sim.guild("Writers")
    panel = await drafted(owner, owner.dm, models)
    await criticised(owner, panel, models)
    critique = next(custom_id for custom_id, _ in controls(panel) if custom_id.startswith("critique:")).split(":")[3]
    essay = await bot.essay(owner)
    await with_notes(stranger, guild, "Mine alone.")
    await answered(bot)
    before, shown, asked = dump_database(tmp_path / "essays.db"), panel.text, len(models.asked)
    for kind, action in ACTIONS:
        if kind == "critique" and way is by_more:
            continue  # that menu's actions are an essay's
        wanted = CustomId(kind, action, essay.id if kind == "essay" else critique, essay.head, "1")
        on = await (await stranger.slash(guild, "help")).message() if on_their_own else panel
        act = await way(stranger, on, wanted, essay.id)
        seen = await messages_after(bot, act)
        if (kind, action) not in OF_NOBODYS:
            told = [one for one in seen if SENTENCE in one.text]
            assert told, (kind, action, [one.text for one in seen])
            assert all(one.ephemeral for one in told)
        typed = [one.files["typed.txt"] for one in seen if "typed.txt" in one.files]
        assert typed == [b"typed by a stranger"] * (way is by_form), (kind, action)
    assert "61,000" not in stranger.screen.text
    assert panel.text == shown
    assert dump_database(tmp_path / "essays.db") == before
    assert len(models.asked) == asked
