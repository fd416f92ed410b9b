"""No writer sees or changes what is another's."""

from __future__ import annotations

import asyncio

from bot.discord_ui.interactions.custom_ids import CustomId
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, controls, criticised, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User


async def _try_every_control(sim: DiscordSimulator, stranger: User, panel: Message) -> int:
    """Lets a stranger use everything on the panel; they are told each time whose it is not, and nothing opens."""
    before, count = panel.text, 0
    for custom_id, values in controls(panel):
        act = await stranger.forge_click(panel, custom_id, *values)
        kind = (await act.acknowledged()).kind  # where a form was to open, a sentence comes in its place
        answer = await (act.message() if kind == "message" else act.followup())
        assert "was deleted or is not yours" in answer.text, (custom_id, answer.text)
        assert answer.ephemeral
        count += 1
    assert panel.text == before
    return count


async def test_a_stranger_can_use_no_control_of_another_writers_panels(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """First screen, notes, interview, running, text, history, notes, claims, critique, essays: none of it is theirs."""
    sim.settings.rate_limits = False
    owner, stranger = sim.user("owner"), sim.user("stranger")
    panel = await (await owner.slash(owner.dm, "draft")).message()
    count = await _try_every_control(sim, stranger, panel)
    await owner.click(panel, "Interview me")
    await owner.sees(lambda _: "Skip" in panel.buttons)
    count += await _try_every_control(sim, stranger, panel)
    await owner.click(panel, "Skip")
    await owner.sees(lambda _: "question 2" in panel.text)
    panel = await with_notes(owner, owner.dm)
    gate = Gate()
    models.script(says("## What I missed\n\nNothing.\n", gate))
    await owner.click(panel, "Write draft")
    await gate.reached()
    await owner.sees(lambda _: "Stop" in panel.buttons and "Nothing." in panel.text)
    count += await _try_every_control(sim, stranger, panel)
    await owner.click(panel, "Stop")
    await owner.sees(lambda _: "Keep as it is" in panel.buttons)
    count += await _try_every_control(sim, stranger, panel)
    panel = await drafted_again(owner, panel, models)
    for entry, seen in (
        ("History", "Read a version"),
        ("Notes", "Open a note"),
        ("Unsupported claims", "### Unsupported claims"),
    ):
        await owner.select(panel, "More", entry)
        await owner.sees(reads(panel, seen))
        count += await _try_every_control(sim, stranger, panel)
        await owner.click(panel, "Back")
        await owner.sees(lambda _: "Export" in panel.buttons)
    await criticised(owner, panel, models)
    count += await _try_every_control(sim, stranger, panel)
    await owner.click(panel, "Next")
    await owner.sees(lambda _: "Dismiss" in panel.buttons)
    count += await _try_every_control(sim, stranger, panel)
    listed = await (await owner.slash(owner.dm, "essays")).message()
    count += await _try_every_control(sim, stranger, listed)
    await owner.select(listed, "Choose an essay", (await bot.essay(owner)).id)
    await owner.sees(lambda _: "Rename" in listed.buttons)
    for custom_id, values in controls(listed):
        if ":essays:" not in custom_id:  # that one is everybody's: it shows each their own
            act = await stranger.forge_click(listed, custom_id, *values)
            kind = (await act.acknowledged()).kind
            answer = await (act.message() if kind == "message" else act.followup())
            assert "was deleted or is not yours" in answer.text
    assert count > 45
    assert await bot.desk.list_essays(bot.writer(stranger)) == ()


async def drafted_again(user: User, panel: Message, models: Scripted) -> Message:
    """A text with something in it for every menu."""
    models.script(says("## What I missed\n\nI rebuilt it with Ada Byron in 2011. It was a very big change for me.\n"))
    await user.click(panel, "Start again")
    await user.sees(lambda _: "Ada Byron" in panel.text and "Export" in panel.buttons)
    return panel


async def test_a_panel_in_a_server_is_seen_by_its_owner_alone(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    other = sim.user("other")
    guild = sim.guild("Writers", members=(other,))
    owner = sim.user("owner")
    panel = await drafted(owner, guild, models)
    handed = await (await owner.click(panel, "Export")).followup()
    for message in (panel, handed, await (await owner.slash(guild, "essays")).message()):
        assert message.ephemeral
    assert other.screen.messages == ()


async def test_the_texts_of_two_writers_at_once_are_never_mixed(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Interleaved step by step in one server: each ends with the words of their own notes."""
    guild = sim.guild("Writers")
    names = ("Alder", "Birch")
    users = [sim.user(name) for name in names]
    panels = await asyncio.gather(
        *(
            with_notes(user, guild, f"## What I missed\n\nThe team at {name} had nine people.\n")
            for user, name in zip(users, names, strict=True)
        )
    )
    gates = [Gate(), Gate()]
    for user, panel, name, gate in zip(users, panels, names, gates, strict=True):
        models.script(says(f"## What I missed\n\n{name} was small: ", gate, f"the team at {name} had nine people.\n"))
        await user.click(panel, "Write draft")
        await gate.reached()
    for gate in reversed(gates):
        gate.release()
    for user, panel, name, other in zip(users, panels, names, reversed(names), strict=True):
        await user.sees(reads(panel, f"{name} was small: the team at {name}"))
        await user.sees(reads(panel, "version 1"))
        assert other not in await bot.text(user)
        assert other not in user.screen.text
        asked = [one for one in models.asked if one.given.get("writer") == bot.writer(user)]
        assert asked
        assert not any(f"at {other}" in one for one in asked)


async def test_another_writers_essay_cannot_be_opened_by_a_command_option(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    owner, stranger = sim.user("owner"), sim.user("stranger")
    await with_notes(owner, owner.dm)
    essay = await bot.essay(owner)
    for command in ("draft", "export"):
        for wanted in (essay.id, essay.title):
            answer = await (await stranger.slash(stranger.dm, command, essay=wanted)).message()
            assert "You have no essay of that name" in answer.text
        act = await stranger.autocomplete(stranger.dm, command, "essay", "")
        assert await act.choices() == []
        act = await owner.autocomplete(owner.dm, command, "essay", essay.title[:4])
        assert [one["value"] for one in await act.choices()] == [essay.id]


async def test_another_persons_message_can_be_critiqued_but_not_adopted_as_a_draft(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    author, reader = sim.user("author"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    said = await author.say(guild, "A long paste.", attachments=[Attachment("message.txt", (NOTES * 2).encode())])
    models.script(OPINION)
    panel = await (await reader.message_command("Critique this", said)).message()
    await reader.sees(lambda _: "Critique:" in panel.text and "Next" in panel.buttons)
    assert panel.ephemeral
    assert "Make it my draft" not in panel.buttons
    critique = next(custom_id for custom_id, _ in controls(panel)).split(":")[3]
    answer = await (await reader.forge_click(panel, str(CustomId("critique", "adopt", critique)))).followup()
    assert "Only a text that you pasted yourself can become your draft" in answer.text
