"""An unmodified discord.py bot is driven through every feature, as people would use it."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import (
    Attachment,
    DidNotRespondError,
    DiscordSimulator,
    NotOfferedError,
    Settings,
    running,
)
from tests.simulators.discord.sample_bot import SampleBot


@pytest.fixture
async def sim(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DiscordSimulator]:
    # The long job edits without a pause, so limits are off here; test_discord_limits.py has them on.
    async with DiscordSimulator(Settings(ack_deadline=0.6, rate_limits=False, identify_interval=0)) as simulator:
        simulator.point(monkeypatch)
        yield simulator


@pytest.fixture
async def bot(sim: DiscordSimulator) -> AsyncIterator[SampleBot]:
    sample = SampleBot()
    async with running(sample, sim):
        yield sample


async def test_a_long_command_is_acknowledged_shown_in_steps_and_followed_by_a_file(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    """The writer sees "is thinking", two interim states, the finished panel and a file, and nothing pings."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    notes = Attachment("notes.txt", b"I left on a Tuesday. @everyone")
    act = await user.slash(guild.general, "draft", structure="layoff", words=120, notes=notes)
    acknowledgement = await act.acknowledged()
    assert acknowledgement.kind == "deferred"
    assert 0 < acknowledgement.latency < 0.6
    await user.sees(lambda screen: "layoff of 120 words from I left on a Tuesday." in screen.text)
    file = await act.followup(1)
    assert file.files == {"essay.md": notes.data}
    message = await act.message()
    assert message.ephemeral
    assert message.buttons == ["Edit", "Again", "Later", "Export"]
    states = [moment.text.splitlines()[0] for moment in sim.timeline.states(message.id)]
    assert states == ["is thinking…", "thinking layoff", "writing layoff", states[-1]]
    assert sim.pings == []
    assert message.allowed_mentions == {"parse": []}


async def test_autocomplete_suggestions_come_while_an_option_is_typed(sim: DiscordSimulator, bot: SampleBot) -> None:
    user = sim.user("writer")
    act = await user.autocomplete(user.dm, "draft", "structure", "car")
    assert [one["value"] for one in await act.choices()] == ["career change"]


async def test_the_client_refuses_what_a_person_could_not_enter(sim: DiscordSimulator, bot: SampleBot) -> None:
    user = sim.user("writer")
    with pytest.raises(NotOfferedError, match="needs"):
        await user.slash(user.dm, "draft")
    with pytest.raises(NotOfferedError, match="does not take 10"):
        await user.slash(user.dm, "draft", structure="x", words=10)
    with pytest.raises(NotOfferedError, match="takes a file"):
        await user.slash(user.dm, "draft", structure="x", notes="text")
    with pytest.raises(NotOfferedError, match="no command 'essay'"):
        await user.slash(user.dm, "essay")
    with pytest.raises(NotOfferedError, match="installed neither here"):
        await user.slash(sim.guild("Elsewhere", bot=False), "panel")


async def test_buttons_and_selects_change_the_message_they_stand_on(sim: DiscordSimulator, bot: SampleBot) -> None:
    user = sim.user("writer")
    message = await (await user.slash(user.dm, "panel")).message()
    assert "empty" in message.text
    act = await user.click(message, "Again")
    assert (await act.acknowledged()).kind == "update"
    assert "empty again" in message.text
    await (await user.select(message, "Structure", "Promotion")).acknowledged()
    assert message.text.startswith("promotion")
    act = await user.click(message, "panel:later")
    assert (await act.acknowledged()).kind == "deferred update"
    await user.sees(lambda screen: "done later" in screen.text)
    assert message.text.startswith("later")
    assert bot.clicked == ["panel:again", "panel:structure", "panel:later"]


async def test_a_form_opens_prefilled_and_brings_back_text_choices_and_files(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    user = sim.user("writer")
    message = await (await user.slash(user.dm, "panel")).message()
    modal = await (await user.click(message, "Edit")).modal()
    assert user.screen.modal is modal
    assert "Write as you speak." in modal.text
    assert modal.fields[0][1]["value"] == "empty"
    with pytest.raises(NotOfferedError, match="does not take 1 characters"):
        await user.submit(modal, {"Draft": "x"})
    filled = {"Draft": "new text", "tone": ["Warm"], "Files": [Attachment("a.md", b"# A"), Attachment("b.md", b"# B")]}
    act = await user.submit(modal, filled)
    assert (await act.acknowledged()).kind == "update"
    assert message.text.startswith("new text / warm / a.md: # A / b.md: # B")
    assert user.screen.modal is None


async def test_a_form_that_opens_from_a_command_answers_with_a_new_message(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    user = sim.user("writer")
    modal = await (await user.slash(user.dm, "form")).modal()
    message = await (await user.submit(modal)).message()
    assert message.text == "old text"
    with pytest.raises(NotOfferedError, match="not open"):
        await user.submit(modal)


async def test_a_message_command_brings_its_target_message_without_the_content_intent(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    user, author, guild = sim.user("writer"), sim.user("other author"), sim.guild("Writers")
    target = await author.say(guild, "Nine years, then one call.", [Attachment("more.txt", b"And more.")])
    with pytest.raises(NotOfferedError, match="does not see"):
        await user.message_command("Critique this", target)
    await (await user.slash(guild, "panel")).acknowledged()
    message = await (await user.message_command("Critique this", target)).message()
    assert message.text == "7 words by other_author"
    assert bot.heard == []


async def test_only_the_invoker_sees_an_ephemeral_answer(sim: DiscordSimulator, bot: SampleBot) -> None:
    user, other = sim.user("writer"), sim.user("passer-by")
    guild = sim.guild("Writers", members=(other,))
    message = await (await user.slash(guild, "panel")).message()
    act = await user.click(message, "Export")
    export = await act.message()
    assert "[file essay.md]" in export.text
    assert export in user.screen.messages
    assert export not in other.screen.messages
    assert message in other.screen.messages
    with pytest.raises(NotOfferedError, match="does not see"):
        await other.click(export, "Edit")
    await (await other.click(message, "Again")).acknowledged()
    assert "empty again" in user.screen.text
    user.restart_client()
    assert export not in user.screen.messages
    second = await (await user.click(message, "Export")).message()
    await user.delete(second)
    assert second not in user.screen.messages
    with pytest.raises(NotOfferedError, match="not a message of writer"):
        await user.delete(message)


async def test_a_forged_click_reaches_the_bot_and_may_stay_unanswered(sim: DiscordSimulator, bot: SampleBot) -> None:
    user, other = sim.user("writer"), sim.user("intruder")
    message = await (await user.slash(user.dm, "panel")).message()
    act = await other.forge_click(message, "panel:delete-everything")
    assert await act.no_response() == "The application did not respond"
    assert bot.clicked == ["panel:delete-everything"]


async def test_a_command_that_is_never_answered_shows_the_application_did_not_respond(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    user = sim.user("writer")
    act = await user.slash(user.dm, "silent")
    with pytest.raises(DidNotRespondError):
        await act.acknowledged()
    assert user.screen.notices == ("The application did not respond",)
    assert [one.seen_by for one in sim.timeline.unanswered()] == [("writer",)]


async def test_direct_messages_reach_the_bot_with_files_and_edits(sim: DiscordSimulator, bot: SampleBot) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    await user.say(guild, "a server message needs an intent the bot does not have")
    first = await user.say(user.dm, "hello", [Attachment("a.txt", b"12345")])
    await user.sees(lambda screen: "heard hello a.txt=5" in screen.text)
    await user.edit(first, "hello again")
    await user.say(user.dm, "last")
    await user.sees(lambda screen: "heard last" in screen.text)
    assert bot.heard == ["hello", "edited hello again", "last"]


async def test_a_server_without_the_app_takes_five_followups_and_may_force_them_ephemeral(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    user = sim.user("writer", installed=True)
    open_place, strict_place = sim.guild("Open", bot=False), sim.guild("Strict", bot=False, external_apps=False)
    act = await user.slash(open_place, "chain")
    await user.sees(lambda screen: "stopped by 40094" in screen.text)
    assert len(act.messages) == 6
    assert not act.messages[0].ephemeral
    assert act.interaction.owners == {"1": str(user.id)}
    assert (await (await user.slash(strict_place, "panel")).message()).ephemeral
    private = sim.private(user, sim.user("friend"))
    assert not (await (await user.slash(private, "panel")).message()).ephemeral
    assert sim.pings == []


async def test_a_subcommand_is_used_by_its_two_names(sim: DiscordSimulator, bot: SampleBot) -> None:
    user = sim.user("writer")
    message = await (await user.slash(user.dm, "data export", kind="notes")).message()
    assert message.text == "exported notes\n[file data.json]"


async def test_an_unchanged_definition_is_synced_once(sim: DiscordSimulator, bot: SampleBot) -> None:
    await bot.sync_if_changed()
    assert [one.changed for one in sim.syncs] == [True]
    assert "Critique this" in sim.syncs[0].names
    await bot.tree.sync()
    assert [one.changed for one in sim.syncs] == [True, False]


async def test_two_running_bots_both_get_an_interaction_and_one_answer_counts(
    sim: DiscordSimulator, bot: SampleBot
) -> None:
    """As while one process replaces another: the person sees one panel."""
    user = sim.user("writer")
    async with running(SampleBot(), sim):
        assert len(sim.gateway.connected) == 2
        await (await user.slash(user.dm, "panel")).message()
        await sim.timeline.until(lambda: sim.refused, 5, lambda: "only one bot answered")
    assert [one.code for one in sim.refused] == [40060]
    assert len(user.screen.at(user.dm).messages) == 1
    assert user.screen.at(sim.guild("Writers")).text == ""


async def test_names_of_people_are_unique(sim: DiscordSimulator) -> None:
    sim.user("writer")
    with pytest.raises(ValueError, match="already a person"):
        sim.user("writer")


async def test_two_people_are_served_at_the_same_time(sim: DiscordSimulator, bot: SampleBot) -> None:
    people = [sim.user(f"writer {number}") for number in range(8)]
    acts = await asyncio.gather(*(one.slash(one.dm, "panel") for one in people))
    messages = await asyncio.gather(*(act.message() for act in acts))
    assert len({one.channel.id for one in messages}) == 8
    assert len(sim.timeline.latencies()) == 8
    assert sim.violations == []
