"""/settings: what a server allows inside it, who may set that, and what becomes of what is gone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.discord_ui.interactions.responses import server_id
from bot.discord_ui.interactions.router import SERVER_ACTIONS
from bot.services.server_rules import ServerRules
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.panel_steps import answered, reads, with_notes
from tests.simulators.discord import Act, DiscordSimulator, Guild, Message, NotOfferedError, User

ROLES, CHANNELS = "Roles that may use the bot", "Channels for the bot"


async def settings(manager: User, guild: Guild) -> Message:
    """The panel of /settings."""
    return await (await manager.slash(guild, "settings")).message()


async def told(user: User, guild: Guild, command: str = "draft") -> str:
    """What somebody is shown who uses a command in the server's first channel."""
    return (await (await user.slash(guild, command)).message()).text


async def refused_with(user: User, act: Act, words: str) -> None:
    """Wait until what somebody did is answered by a message of its own with these words."""
    await user.sees(lambda _: any(words in one.text for one in act.messages))


def role(guild: Guild, name: str) -> int:
    return next(number for number, one in guild.roles.items() if one == name)


async def test_only_members_with_a_chosen_role_are_answered_in_the_server_and_everybody_in_the_dm(
    sim: DiscordSimulator, bot: Bot
) -> None:
    manager, writer, other = sim.user("manager"), sim.user("writer"), sim.user("other")
    guild = sim.guild("Writers", managers=(manager,), members=(writer, other), roles=("Author", "Reader"))
    elsewhere = sim.guild("Elsewhere")
    author = role(guild, "Author")
    guild.member_roles = {writer.id: {author}, other.id: {role(guild, "Reader")}}
    assert "Interview me" in await told(other, guild)
    panel = await settings(manager, guild)
    assert panel.ephemeral
    assert "**Roles:** every role." in panel.text
    await manager.choose(panel, ROLES, author)
    await manager.sees(reads(panel, f"**Roles:** <@&{author}>."))
    assert "Interview me" in await told(writer, guild)
    refused = await told(other, guild)
    assert "The rules of this server" in refused
    assert f"<@&{author}>" in refused
    assert "Ask whoever manages this server" in refused
    assert "Your data" in (await (await other.slash(guild, "mydata")).message()).text
    assert (await (await other.autocomplete(guild, "draft", "essay", "")).choices()) == []
    assert "Interview me" in await told(manager, guild)  # without any role
    assert "Interview me" in (await (await other.slash(other.dm, "draft")).message()).text
    assert "Interview me" in await told(other, elsewhere)
    await manager.click(panel, "Any role")
    await manager.sees(reads(panel, "**Roles:** every role."))
    assert "Interview me" in await told(other, guild)


async def test_a_panel_that_stood_before_is_refused_too(sim: DiscordSimulator, bot: Bot) -> None:
    manager, other = sim.user("manager"), sim.user("other")
    guild = sim.guild("Writers", managers=(manager,), members=(other,), roles=("Author",))
    panel = await (await other.slash(guild, "draft")).message()
    await manager.choose(await settings(manager, guild), ROLES, role(guild, "Author"))
    await answered(bot)
    await other.click(panel, "Interview me")
    await other.sees(lambda screen: "only certain roles" in screen.text)


async def test_the_bot_answers_only_in_the_chosen_channels(sim: DiscordSimulator, bot: Bot) -> None:
    manager, writer = sim.user("manager"), sim.user("writer")
    guild = sim.guild("Writers", managers=(manager,), members=(writer,), channels=("general", "essays"))
    essays = guild.channels[1]
    panel = await settings(manager, guild)
    await manager.choose(panel, CHANNELS, essays.id)
    await manager.sees(reads(panel, f"**Channels:** <#{essays.id}>."))
    assert f"the bot answers only in <#{essays.id}>" in await told(writer, guild)
    assert "Interview me" in (await (await writer.slash(essays, "draft")).message()).text
    assert "What this server allows" in await told(manager, guild, "settings")
    await manager.click(panel, "Any channel")
    await manager.sees(reads(panel, "**Channels:** every channel."))
    assert "Interview me" in await told(writer, guild)


async def test_a_thread_counts_as_its_channel(sim: DiscordSimulator, bot: Bot) -> None:
    manager, writer = sim.user("manager"), sim.user("writer")
    guild = sim.guild("Writers", managers=(manager,), members=(writer,), channels=("general", "essays"))
    essays = guild.channels[1]
    panel = await settings(manager, guild)
    await manager.choose(panel, CHANNELS, essays.id)
    await manager.sees(reads(panel, f"**Channels:** <#{essays.id}>."))
    allowed, other = sim.thread(essays, "of essays"), sim.thread(guild, "of general")
    assert "Interview me" in (await (await writer.slash(allowed, "draft")).message()).text
    assert "the bot answers only in" in (await (await writer.slash(other, "draft")).message()).text


async def test_a_channel_that_is_gone_is_shown_as_gone(sim: DiscordSimulator, bot: Bot) -> None:
    manager = sim.user("manager")
    guild = sim.guild("Writers", managers=(manager,), channels=("general", "old"))
    panel = await settings(manager, guild)
    await manager.choose(panel, CHANNELS, guild.general.id, guild.channels[1].id)
    await manager.sees(reads(panel, f"<#{guild.channels[1].id}>"))
    del guild.channels[1]
    panel = await settings(manager, guild)
    assert f"**Channels:** <#{guild.general.id}>, 1 channel that is gone." in panel.text


async def test_a_role_that_is_gone_is_shown_as_gone_and_lets_nobody_in_who_was_not(
    sim: DiscordSimulator, bot: Bot
) -> None:
    """It matters only once none is left: then those without a role stay out until it is set anew."""
    manager, writer, other = sim.user("manager"), sim.user("writer"), sim.user("other")
    guild = sim.guild("Writers", managers=(manager,), members=(writer, other), roles=("Author", "Editor"))
    author, editor = role(guild, "Author"), role(guild, "Editor")
    guild.member_roles = {writer.id: {author, editor}}
    panel = await settings(manager, guild)
    await manager.choose(panel, ROLES, author, editor)
    await manager.sees(reads(panel, f"<@&{editor}>"))
    del guild.roles[author]
    panel = await settings(manager, guild)
    assert f"**Roles:** <@&{editor}>, 1 role that is gone." in panel.text
    assert "Interview me" in await told(writer, guild)
    assert "only certain roles" in await told(other, guild)
    del guild.roles[editor]
    panel = await settings(manager, guild)
    assert "**Roles:** 2 roles that are gone. None is left, so only who manages the server is answered." in panel.text
    assert "only certain roles" in await told(writer, guild)
    sim.fail_next("GET", "/guilds/*/roles", 500, times=None)
    assert f"<@&{editor}>" in (await settings(manager, guild)).text  # Discord does not say what is gone
    sim.faults.clear()
    await manager.click(panel, "Any role")
    await manager.sees(reads(panel, "**Roles:** every role."))
    assert "Interview me" in await told(other, guild)


async def test_only_the_chosen_structures_are_offered(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    manager, writer = sim.user("manager"), sim.user("writer")
    guild = sim.guild("Writers", managers=(manager,), members=(writer,))
    panel = await settings(manager, guild)
    await manager.select(panel, "Structures on offer", "layoff", "promotion")
    await manager.sees(reads(panel, "Only these structures are offered now."))
    refused = await (await writer.slash(guild, "draft", structure="career-switch")).message()
    assert "The rules of this server do not offer" in refused.text
    begun = await (await writer.slash(guild, "draft")).message()
    menu = next(part for part in begun.parts if part["type"] == 3)
    assert {one["value"] for one in menu["options"]} == {"layoff", "promotion"}
    assert (await bot.essay(writer)).structure in ("layoff", "promotion")
    await writer.forge_click(begun, menu["custom_id"], "career-switch")
    await writer.sees(lambda screen: screen.text.count("The rules of this server do not offer") == 2)
    assert (await bot.essay(writer)).structure in ("layoff", "promotion")
    formless = await (await writer.slash(guild, "critique", structure="career-switch")).message()
    assert "The rules of this server do not offer" in formless.text  # before a form opens for a text
    in_dm = await (await writer.slash(writer.dm, "draft", structure="career-switch")).message()
    assert "Interview me" in in_dm.text
    await manager.click(panel, "All structures")
    await manager.sees(reads(panel, "**Structures:** all are offered."))


async def test_a_server_may_have_no_model_asked(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """There it is as if none were configured; a panel from before is refused, and the DM has its models."""
    manager, writer = sim.user("manager"), sim.user("writer")
    guild = sim.guild("Writers", managers=(manager,), members=(writer,))
    before = await with_notes(writer, guild)
    assert "Write draft" in before.buttons
    panel = await settings(manager, guild)
    await manager.click(panel, "Ask no model")
    await manager.sees(reads(panel, "none is asked in this server"))
    asked = len(models.asked)
    fresh = await (await writer.slash(guild, "draft")).message()
    assert "The rules of this server let no model be asked" in fresh.text
    assert "Set into a post" in fresh.buttons
    await writer.click(before, "Write draft")
    await writer.sees(lambda _: "version 1" in before.text)  # made of the notes
    await writer.forge_click(before, f"essay:v1:revise:{(await bot.essay(writer)).id}:1:")
    await writer.sees(lambda screen: "let no model be asked here" in screen.text)
    measured = await writer.slash(guild, "critique", text="I rebuilt the export service in March 2019. " * 12)
    assert "let no model be asked here" in (await measured.message()).text
    assert "so nothing costs anything" not in await told(writer, guild, "usage")
    assert len(models.asked) == asked
    in_dm = await (await writer.slash(writer.dm, "draft", title="The lift")).message()
    assert "let no model be asked" not in in_dm.text
    await manager.click(panel, "Let models be asked")
    await manager.sees(reads(panel, "**Models:** may be asked."))
    assert "let no model be asked" not in await told(writer, guild)


async def test_budgets_are_set_in_a_form_that_says_what_it_does_not_take(sim: DiscordSimulator, bot: Bot) -> None:
    manager = sim.user("manager")
    guild = sim.guild("Writers", managers=(manager,))
    panel = await settings(manager, guild)
    assert "**Budget a day:** none for the server, none for each member." in panel.text
    form = await (await manager.click(panel, "Budgets")).modal()
    await manager.submit(form, {"server": "$5", "member": "0,50"})
    await manager.sees(reads(panel, "**Budget a day:** $5 for the server, $0.50 for each member."))
    for wrong in ("much", "-1", "1e5", "1234567", "٣"):
        form = await (await manager.click(panel, "Budgets")).modal()
        act = await manager.submit(form, {"server": wrong})
        await refused_with(manager, act, "A budget is an amount in US dollars")
    form = await (await manager.click(panel, "Budgets")).modal()
    assert "0.50" in form.text
    await manager.submit(form, {"server": "", "member": "0"})
    await manager.sees(reads(panel, "**Budget a day:** none for the server, $0 for each member."))


@pytest.mark.parametrize("place", ["server", "dm"])
async def test_nobody_but_a_manager_sees_or_changes_the_rules(sim: DiscordSimulator, bot: Bot, place: str) -> None:
    """Every action there is, on the manager's own panel too; in a DM for the manager as well."""
    manager, stranger = sim.user("manager"), sim.user("stranger")
    guild = sim.guild("Writers", managers=(manager,), members=(stranger,), roles=("Author",))
    panel = await settings(manager, guild)
    await manager.click(panel, "Ask no model")
    await manager.sees(reads(panel, "none is asked in this server"))
    rules = await bot.client.dispatcher.services.servers.get(server_id(bot.secret, guild.id))
    with pytest.raises(NotOfferedError):
        await stranger.slash(guild, "settings")
    if place == "dm":
        stranger, panel = manager, await (await manager.slash(manager.dm, "help")).message()
    for action in SERVER_ACTIONS:
        for values in ((), (str(role(guild, "Author")),)):
            act = await stranger.forge_click(panel, f"server:v1:{action}:-:0:", *values)
            await refused_with(stranger, act, "Only whoever may manage this server")
    await answered(bot)
    assert await bot.store.read(lambda tx: tx.servers.rules(server_id(bot.secret, guild.id))) == rules


async def test_who_may_no_longer_manage_the_server_is_refused_on_their_old_panel(
    sim: DiscordSimulator, bot: Bot
) -> None:
    manager = sim.user("manager")
    guild = sim.guild("Writers", managers=(manager,))
    panel = await settings(manager, guild)
    guild.members[manager.id] &= ~(1 << 5)
    act = await manager.click(panel, "Ask no model")
    await refused_with(manager, act, "Only whoever may manage this server")
    assert (await bot.client.dispatcher.services.servers.get(server_id(bot.secret, guild.id))) == ServerRules()


async def test_rules_outlive_a_restart_and_name_neither_server_nor_role_in_the_database(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    manager, other = sim.user("manager"), sim.user("other")
    guild = sim.guild("Writers", managers=(manager,), members=(other,), roles=("Author",))
    author = role(guild, "Author")
    async with started(sim, tmp_path / "essays.db") as bot:
        await manager.choose(await settings(manager, guild), ROLES, author)
        await answered(bot)
    held = b"".join(map(Path.read_bytes, tmp_path.iterdir()))  # noqa: ASYNC240 - the bot has ended
    for number in (guild.id, author):
        assert str(number).encode() not in held
    async with started(sim, tmp_path / "essays.db") as bot:
        assert "only certain roles" in await told(other, guild)


async def test_damaged_rules_let_nobody_in_until_they_are_set_anew(sim: DiscordSimulator, tmp_path: Path) -> None:
    manager, other = sim.user("manager"), sim.user("other")
    guild = sim.guild("Writers", managers=(manager,), members=(other,))
    async with started(sim, tmp_path / "essays.db") as bot:
        await manager.click(await settings(manager, guild), "Ask no model")
        await answered(bot)
    with closing(sqlite3.connect(tmp_path / "essays.db")) as database, database:
        database.execute("UPDATE server_rules SET rules = X'00'")
    async with started(sim, tmp_path / "essays.db") as bot:
        assert "are damaged, so nobody is answered" in await told(other, guild)
        panel = await settings(manager, guild)
        assert "are damaged and cannot be read" in panel.text
        await manager.click(panel, "Any role" if "Any role" in panel.buttons else "Ask no model")
        await answered(bot)
        assert "Interview me" in await told(other, guild)
