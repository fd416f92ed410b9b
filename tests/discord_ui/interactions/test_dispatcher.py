"""Who is answered, where panels go, what Discord is told of, and what is said when it refuses."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.discord_ui.access import AccessRules
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.panel_steps import controls, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator

LISTED = AccessRules(everyone=False, guild_ids=frozenset(), user_ids=frozenset())


async def test_by_default_only_the_owner_is_answered(sim: DiscordSimulator, tmp_path: Path) -> None:
    """A refusal is private, stores nothing, and says whom to ask; so does one to a click on another's panel."""
    async with started(sim, tmp_path / "essays.db", access=LISTED) as bot:
        owner, other = sim.owner, sim.user("other")
        guild = sim.guild("Writers", members=(other,))
        panel = await (await owner.slash(owner.dm, "draft")).message()
        assert "Interview me" in panel.buttons
        said = await other.say(guild, "A text that somebody wrote in a channel one day, for all to read.")
        for act in (
            await other.slash(guild, "draft"),
            await other.slash(guild, "critique"),
            await other.slash(guild, "help"),
            await other.message_command("Critique this", said),
            await other.forge_click(panel, next(custom_id for custom_id, _ in controls(panel))),
        ):
            answer = await act.message()
            assert "This bot answers only the people and servers" in answer.text
            assert f"Ask <@{owner.id}>" in answer.text
            assert answer.ephemeral
        assert await (await other.autocomplete(guild, "draft", "essay", "")).choices() == []
        assert await bot.desk.list_essays(bot.writer(other)) == ()


async def test_users_and_servers_listed_in_the_settings_are_answered(sim: DiscordSimulator, tmp_path: Path) -> None:
    listed, member = sim.user("listed"), sim.user("member")
    guild, elsewhere = sim.guild("Writers"), sim.guild("Elsewhere")
    access = AccessRules(everyone=False, guild_ids=frozenset({guild.id}), user_ids=frozenset({listed.id}))
    async with started(sim, tmp_path / "essays.db", access=access):
        assert "Interview me" in (await (await listed.slash(listed.dm, "draft")).message()).buttons
        assert "Interview me" in (await (await member.slash(guild, "draft")).message()).buttons
        refused = await (await member.slash(elsewhere, "draft")).message()
        assert "This bot answers only" in refused.text


async def test_continue_in_dm_moves_a_panel_into_the_dm(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """From the server to the DM, where it is an ordinary message; what is left behind leads there. So with work under
    way."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    panel = await (await user.slash(guild, "draft")).message()
    assert panel.buttons[0] == "Continue in DM"
    await user.click(panel, "Continue in DM")
    await user.sees(lambda _: "Continued in your DM" in panel.text)
    moved = user.screen.at(user.dm).last
    assert moved is not None
    assert not moved.ephemeral
    assert "Continue in DM" not in moved.buttons
    await user.click(moved, "Interview me")
    await user.sees(reads(moved, "[Answer]"))

    panel = await with_notes(user, guild)
    gate = Gate()
    models.script(says("## What I missed\n\nAll of it.\n", gate))
    move = next(custom_id for custom_id, _ in controls(panel) if ":dm:" in custom_id)
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.forge_click(panel, move)
    await user.sees(lambda _: "Continued in your DM" in panel.text)
    moved = user.screen.at(user.dm).last
    assert moved is not None
    assert "Stop" in moved.buttons
    gate.release()
    await user.sees(reads(moved, "All of it."))


async def test_commands_are_synced_only_when_they_changed(sim: DiscordSimulator, tmp_path: Path) -> None:
    for _ in range(2):
        async with started(sim, tmp_path / "essays.db"):
            pass
    assert len(sim.syncs) == 1
    assert sorted(sim.syncs[0].names) == sorted(
        ["draft", "critique", "export", "essays", "voice", "mydata", "usage", "settings", "help", "Critique this"]
    )
    for command in sim.commands.all():
        # /settings is about a server: there is none to set in a DM, or where the bot was not added.
        assert command["integration_types"] == ([0] if command["name"] == "settings" else [0, 1])
        assert command["contexts"] == ([0] if command["name"] == "settings" else [0, 1, 2])


async def test_the_bot_asks_only_for_the_direct_messages_intent(sim: DiscordSimulator, plain: Bot) -> None:
    assert plain.client.intents.value == 1 << 12
    assert plain.client.persistent_views == []


async def test_a_draft_that_automod_refuses_in_a_server_is_shown_in_the_dm(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The panel cannot show it in the server; it is stored, and the DM shows it."""
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    sim.automod(lambda text: "rebuilt" in text)
    models.script(says("## What I missed\n\nI rebuilt it.\n"))
    await (await user.click(panel, "Write draft")).acknowledged()
    await user.sees(lambda _: "Discord refused to show this" in panel.text)
    act = await user.slash(user.dm, "draft")
    assert "I rebuilt it." in (await act.message()).text


async def test_a_panel_edit_that_discord_refuses_is_told_to_the_writer(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    sim.fail_next("PATCH", "/webhooks/*/messages/@original", 403, 200000)
    answer = await (await user.click(panel, "Set into a post")).followup()
    assert "Discord refused to show this" in answer.text


async def test_typed_text_is_stored_although_acknowledging_its_form_failed(sim: DiscordSimulator, plain: Bot) -> None:
    """Discord answers the acknowledgement of a form with 404: what was typed is stored all the same."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    form = await (await user.click(panel, "Paste notes")).modal()
    sim.settings.ack_deadline = 0.5
    sim.fail_next("POST", "/interactions/*/*/callback", 404, 10062)
    act = await user.submit(form, {"paste1": "This was typed for a long time."})
    assert await act.no_response() == "Something went wrong. Try again."
    notes = await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)
    assert notes[-1].text == "This was typed for a long time."
    sim.timeline.moments[:] = [one for one in sim.timeline.moments if one.kind != "no response"]  # the one wanted here


async def test_typed_text_is_stored_before_discord_is_told_that_its_form_was_received(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """So a bot that is killed just after Discord has closed the form has lost nothing."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    form = await (await user.click(panel, "Paste notes")).modal()
    acknowledgement = sim.faults.hold("POST", "/interactions/*/*/callback")
    act = await user.submit(form, {"paste1": "This was typed for a long time."})
    await sim.timeline.until(lambda: acknowledgement.used, 10.0, lambda: "nothing was acknowledged")
    notes = await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)
    assert notes[-1].text == "This was typed for a long time."
    acknowledgement.release()
    await act.acknowledged()
    await user.sees(reads(panel, "stored."))


async def test_usage_shows_the_budget_and_help_shows_the_commands(sim: DiscordSimulator, bot: Bot) -> None:
    user = sim.user("writer")
    usage = await (await user.slash(user.dm, "usage")).message()
    assert "Today: **$0.00** of $3.00; $3.00 left." in usage.text
    assert "/critique" in (await (await user.slash(user.dm, "help")).message()).text


async def test_a_critique_without_a_model_shows_the_measures(sim: DiscordSimulator, plain: Bot) -> None:
    """The sentence that no model is configured, and the measures; nothing of it is stored."""
    user = sim.user("writer")
    form = await (await user.slash(user.dm, "critique")).modal()
    text = "It was not the work, but the rain. It was not the pay, but the walk. " * 20
    answer = await (await user.submit(form, {"paste1": text, "paste2": "The end of it."})).message()
    assert "No model is configured" in answer.text
    assert "apart from headings" in answer.text
    assert answer.buttons == []


async def test_a_critique_without_a_model_lists_gaps_and_places_worth_a_look(sim: DiscordSimulator, plain: Bot) -> None:
    """Gaps first, and places of measures that are not raised."""
    user = sim.user("writer")
    form = await (await user.slash(user.dm, "critique")).modal()
    text = "Research shows that I was late. [NEED: when] I drove van 14 from Leeds to Ely and Ola kept the log. " * 3
    answer = await (await user.submit(form, {"paste1": text})).message()
    assert "3 gaps are still open: when" in answer.text
    assert "Places worth a look" in answer.text or "Trends and opinions" in answer.text
    assert "> Research shows (authority without a source" in answer.text


async def test_the_log_names_each_operation_and_nothing_private(
    sim: DiscordSimulator, bot: Bot, models: Scripted, caplog: pytest.LogCaptureFixture
) -> None:
    """One line an operation: what, how it ended, milliseconds, the start of an essay's id."""
    caplog.set_level(logging.INFO)
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    await user.forge_click(panel, "nonsense")
    await user.sees(lambda screen: "belongs to no panel" in screen.text)
    await (await user.slash(user.dm, "draft", notes=Attachment("x.pdf", b"%PDF"))).message()
    essay = await bot.essay(user)
    lines = [record.getMessage() for record in caplog.records if record.name == "bot.discord"]
    assert any(line.startswith("essay write: done, ") and line.endswith(essay.id[:4]) for line in lines)
    assert any(line.startswith("unknown id: UnknownCustomId") for line in lines)
    assert any(line.startswith("/draft: UnsupportedFileType") for line in lines)
    everything = "\n".join(record.getMessage() for record in caplog.records)
    for secret in (essay.id, str(user.id), user.name, sim.token, "61,000", "rebuilt", "x.pdf", essay.title):
        assert secret not in everything


async def test_an_unexpected_error_is_told_and_logged_without_its_message(
    sim: DiscordSimulator, plain: Bot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody thought of, which may carry a writer's words: the person is told, the log has the place."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)

    words = " ".join(("my", "secret", "notes"))

    async def fails(*_: object) -> object:
        raise ValueError(words)

    monkeypatch.setattr(plain.desk, "notes", fails)
    answer = await (await user.click(panel, "Set into a post")).followup()
    assert "Something went wrong on our side" in answer.text
    assert "ValueError" in caplog.text
    assert "Traceback" in caplog.text
    assert words not in caplog.text


async def test_mentions_in_a_text_ping_nobody(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """By an answer to a click, by an edit at the end of a job, in the DM, and in the file's message."""
    user = sim.user("writer")
    call = f"@everyone and @here, said <@{user.id}>."
    panel = await with_notes(user, sim.guild("Writers"), f"## What I missed\n\n{call}\n")
    models.script(says(f"## What I missed\n\n{call}\n"))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: call in panel.text and "Export" in panel.buttons)
    form = await (await user.select(panel, "More", "Rename")).modal()
    await user.submit(form, {"Title": "@everyone"})
    await user.sees(reads(panel, "# everyone"))
    again = await (await user.slash(user.dm, "draft")).message()
    assert call in again.text
    await (await user.click(panel, "Export")).followup()
    assert sim.pings == []
