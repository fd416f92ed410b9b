"""A text shared as a thread: asked first, posted once, its replies gathered and answered, and taken down."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from bot.services.sharing import MAX_FEEDBACK_COUNT, FeedbackKind
from tests.discord_ui.bot_process import Runs, claude, runs  # noqa: F401 - fixtures
from tests.discord_ui.conftest import DRAFT, Bot, Scripted, started
from tests.discord_ui.messages.test_discord_faults import hasty  # noqa: F401 - a fixture
from tests.discord_ui.panel_steps import SECTION, answered, drafted, reads, with_notes
from tests.simulators.discord import Channel, DiscordSimulator, Guild, Message, User
from tests.simulators.discord.models import (
    CREATE_PUBLIC_THREADS,
    FORUM,
    MANAGE_THREADS,
    NEWS,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    VIEW_CHANNEL,
)

WHERE = "Choose a channel"


async def asked(writer: User, guild: Guild, models: Scripted | None) -> Message:
    """The panel that asks before anything is posted."""
    panel = await drafted(writer, guild, models)
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "Share for feedback"))
    return panel


async def shared(sim: DiscordSimulator, writer: User, guild: Guild, models: Scripted | None) -> tuple[Message, Channel]:
    """The panel after sharing, and the thread."""
    panel = await asked(writer, guild, models)
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))
    (thread,) = sim.threads(guild)
    return panel, thread


async def look(writer: User, panel: Message, words: str) -> None:
    await writer.click(panel, "Look again")
    await writer.sees(reads(panel, words))


def posted(sim: DiscordSimulator, place: Channel) -> list[Message]:
    """What the bot has posted in a place for everybody."""
    return [
        one
        for one in place.messages
        if one.author is sim.world.bot and not one.deleted and not one.ephemeral and one.type in (0, 19)
    ]


async def test_a_text_is_posted_as_a_thread_only_after_the_writer_has_confirmed_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel = await asked(writer, guild, models)
    assert panel.ephemeral
    assert posted(sim, guild.general) == []
    for said in ("the whole post", "of version 1, in 1 message", f"a thread in <#{guild.general.id}>", "none; the bot"):
        assert said in panel.text
    assert "everybody who can see" in panel.text
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))
    (opening,) = posted(sim, guild.general)
    (thread,) = sim.threads(guild)
    (text,) = posted(sim, thread)
    assert thread.id == opening.id
    assert "Its writer asks for feedback" in opening.text
    assert "61,000" not in opening.text
    assert "My pay went from 61,000 to 48,500" in text.text
    assert text.buttons == ["Give feedback"]
    assert reader.screen.at(thread).text.count("61,000") == 1
    assert f"Shared in <#{thread.id}>" in panel.text


async def test_one_section_is_shared_under_the_writers_name_where_they_choose(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers", channels=("general", "essays"))
    essays = guild.channels[1]
    panel = await asked(writer, guild, models)
    await writer.select(panel, "What to share", SECTION)
    await writer.sees(reads(panel, f"the section “{SECTION}”"))
    await writer.select(panel, WHERE, "#essays")
    await writer.sees(reads(panel, f"a thread in <#{essays.id}>"))
    await writer.click(panel, "With my name")
    await writer.sees(reads(panel, f"<@{writer.id}>, without a ping"))
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))
    (opening,) = posted(sim, essays)
    (thread,) = sim.threads(essays)
    assert f"<@{writer.id}> asks for feedback" in opening.text
    assert SECTION in opening.text
    whole = "\n".join(one.text for one in posted(sim, thread))
    assert "61,000" in whole
    assert "export service" not in whole
    assert posted(sim, guild.general) == []


async def test_what_is_open_in_the_text_is_said_before_it_is_shared_and_what_is_private_is_not_posted(
    sim: DiscordSimulator, plain: Bot
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    text = f"{DRAFT}\n\n[NEED: who told you?]\n\n[private] The name of my chief.\n\n<!-- a comment -->\n"
    panel = await drafted(writer, guild, None, text)
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "**Open in it:**"))
    assert "gap" in panel.text
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))
    (thread,) = sim.threads(guild)
    whole = "\n".join(one.text for one in posted(sim, thread))
    assert "who told you?" in whole
    assert "my chief" not in whole
    assert "a comment" not in whole


async def test_a_section_under_a_mark_that_stands_above_it_is_not_posted(sim: DiscordSimulator, plain: Bot) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await drafted(writer, guild, None)
    form = await (await writer.click(panel, "Edit")).modal()
    await writer.submit(form, {"body0": "I rebuilt it.\n\n[private]\n\n### What the boss said\n\nHe shouted."})
    await writer.sees(reads(panel, "version 2"))
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "the whole post"))
    await writer.select(panel, "What to share", "What the boss said")
    await writer.sees(reads(panel, "the section “What the boss said”"))
    await writer.click(panel, "Share now")
    await writer.sees(lambda screen: "There are no words in it, so nothing was posted." in screen.text)
    assert sim.threads(guild) == []


async def test_what_stands_before_the_first_heading_is_a_section_too(sim: DiscordSimulator, plain: Bot) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await drafted(writer, guild, None)
    form = await (await writer.click(panel, "Edit")).modal()
    await writer.submit(form, {"body0": "x"})
    await writer.sees(reads(panel, "version 2"))
    essay, name = await plain.essay(writer), plain.writer(writer)
    seen = await plain.desk.current_version(name, essay.id)
    await plain.desk.edit_text(name, essay.id, seen, f"Words before all headings.\n\n{DRAFT}")
    panel = await (await writer.slash(guild, "draft")).message()
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "the whole post"))
    menu = next(part for part in panel.parts if part.get("placeholder") == "What to share")
    await writer.select(panel, "What to share", menu["options"][1]["value"])
    await writer.sees(reads(panel, "What:** the section"))
    assert "4 words of version 3" in panel.text


async def test_two_clicks_at_once_post_once(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await asked(writer, guild, models)
    first, second = await writer.click(panel, "Share now"), await writer.click(panel, "Share now")
    await first.acknowledged()
    await second.acknowledged()
    await answered(bot)
    assert len(posted(sim, guild.general)) == 1
    assert len(sim.threads(guild)) == 1
    assert "Shared in" in panel.text


async def test_a_long_text_stands_in_several_messages_and_pings_nobody(sim: DiscordSimulator, plain: Bot) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    text = "## What I missed\n\n" + "\n\n".join(
        f"Paragraph {number} @everyone and <@{writer.id}>. " + "The lift was loud. " * 30 for number in range(14)
    )
    panel = await drafted(writer, guild, None, text)
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "Share for feedback"))
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))
    (thread,) = sim.threads(guild)
    pieces = posted(sim, thread)
    assert len(pieces) > 2
    whole = "\n".join(one.text for one in pieces)
    assert all(f"Paragraph {number} " in whole for number in range(14))
    assert [one.buttons for one in pieces[:-1]] == [[]] * (len(pieces) - 1)


async def test_only_channels_where_writer_and_bot_may_begin_a_thread_are_offered(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, manager = sim.user("writer"), sim.user("manager")
    names = ("general", "mute-bot", "no-threads", "not-yours", "forum", "news", "unseen", "not-allowed")
    guild = sim.guild("Writers", channels=names, managers=(manager,))
    by_name = {one.name: one for one in guild.channels}
    robot = sim.world.bot.id
    by_name["mute-bot"].denied = {robot: SEND_MESSAGES}
    by_name["no-threads"].denied = {0: CREATE_PUBLIC_THREADS}
    by_name["not-yours"].denied = {writer.id: SEND_MESSAGES_IN_THREADS}
    by_name["unseen"].denied = {robot: VIEW_CHANNEL}
    by_name["forum"].type, by_name["news"].type = FORUM, NEWS
    settings = await (await manager.slash(guild, "settings")).message()
    await manager.choose(settings, "Channels for the bot", *(one.id for one in guild.channels[:-1]))
    await manager.sees(reads(settings, f"<#{guild.general.id}>"))
    panel = await asked(writer, guild, models)
    menu = next(part for part in panel.parts if part["type"] == 3 and part["placeholder"] == WHERE)
    assert [one["label"] for one in menu["options"]] == ["#general", "#news"]
    forged = menu["custom_id"]
    await writer.forge_click(panel, forged, str(by_name["not-yours"].id))
    await writer.sees(reads(panel, "choose a channel"))
    assert "Share now" not in panel.buttons
    for channel in guild.channels:
        assert posted(sim, channel) == []


async def test_without_any_such_channel_the_permissions_that_are_missing_are_named(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    guild.general.denied = {sim.world.bot.id: CREATE_PUBLIC_THREADS}
    panel = await drafted(writer, guild, models)
    await writer.select(panel, "More", "Share")
    await writer.sees(lambda screen: "Create Public Threads" in screen.text)
    assert "Nothing was posted." in writer.screen.text
    assert posted(sim, guild.general) == []


async def test_in_a_dm_and_where_the_bot_is_no_member_nothing_can_be_shared(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer", installed=True)
    panel = await drafted(writer, writer.dm, models)
    menu = next(part for part in panel.parts if part.get("placeholder") == "More")
    assert "Share" not in [one["label"] for one in menu["options"]]
    await writer.forge_click(panel, f"essay:v1:share:{(await bot.essay(writer)).id}:1:")
    await writer.sees(lambda screen: "Sharing is done in a server" in screen.text)
    elsewhere = sim.guild("Elsewhere", bot=False)
    there = await (await writer.slash(elsewhere, "draft")).message()
    await writer.select(there, "More", "Share")
    await writer.sees(lambda screen: "is not in the server any more" in screen.text)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("code", "status", "says"),
    [
        (50013, 403, "needs View Channel"),
        (160006, 400, "as many open threads as Discord allows"),
        (50001, 403, "may not see that channel"),
        (0, 500, "Discord had a fault"),
    ],
)
async def test_a_thread_that_may_not_be_made_leaves_nothing_and_a_sentence(
    sim: DiscordSimulator, bot: Bot, models: Scripted, code: int, status: int, says: str
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await asked(writer, guild, models)
    sim.fail_next("POST", "/channels/*/messages/*/threads", status, code or None, times=None)
    await writer.click(panel, "Share now")
    await writer.sees(lambda screen: says in screen.text)
    assert "The essay is stored as it was." in writer.screen.text
    assert posted(sim, guild.general) == []
    sim.faults.clear()
    await writer.click(panel, "Share now")
    await writer.sees(reads(panel, "It stands in"))


async def test_words_that_automod_blocks_are_not_left_half_posted(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    guild.bot_permissions = MANAGE_THREADS
    panel = await asked(writer, guild, models)
    sim.automod(lambda text: "Give feedback" in text)
    await writer.click(panel, "Share now")
    await writer.sees(lambda screen: "AutoMod blocks words in it" in screen.text)
    assert posted(sim, guild.general) == []
    assert sim.threads(guild) == []


@pytest.mark.usefixtures("hasty")
async def test_what_cannot_be_removed_after_a_fault_is_told_and_taken_down_later(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await asked(writer, guild, models)
    sim.fail_next("POST", "/channels/*/messages/*/threads", 403, 50013)
    sim.fail_next("DELETE", "/channels/*/messages/*", 500, times=None)
    await writer.click(panel, "Share now")
    await writer.sees(lambda screen: "could not be removed now" in screen.text)
    sim.faults.clear()
    assert len(posted(sim, guild.general)) == 1
    panel = await (await writer.slash(guild, "draft")).message()
    await writer.select(panel, "More", "Feedback")
    await writer.sees(reads(panel, "the bot was stopped in it"))
    await writer.click(panel, "Take down")
    await writer.sees(reads(panel, "Take it down"))
    await writer.click(panel, "Take it down")
    await writer.sees(reads(panel, "It is taken down"))
    assert posted(sim, guild.general) == []


async def test_replies_are_gathered_as_discord_gives_them_and_those_withheld_are_counted(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader = sim.user("writer"), sim.user("Quillfeather")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    await reader.say(thread, "Words that nobody gives the bot.")
    await reader.say(thread, "The end is **weak**, @everyone.", reply_to=posted(sim, thread)[0])
    await reader.say(thread, f"<@{sim.world.bot.id}> ask <@{reader.id}> about the pay. " + "Long. " * 600, nitro=True)
    await writer.say(thread, f"<@{sim.world.bot.id}> My own words.")
    await look(writer, panel, "The end is")
    assert "\\*\\*weak\\*\\*, everyone" in panel.text
    assert "1 message in the thread cannot be read by the bot" in panel.text
    assert "Message Content Intent" in panel.text
    assert "My own words" not in panel.text
    assert "Quillfeather" not in panel.text
    pages = panel.text
    while "▶" in panel.buttons:
        before = panel.text
        await writer.click(panel, "▶")
        await writer.sees(lambda _, before=before: panel.text != before)  # type: ignore[misc]
        pages += panel.text
    quoted = "".join(line for line in pages.splitlines() if line.startswith("> "))
    assert quoted.count("Long.") == 600
    sim.settings.message_content = True
    panel = await (await writer.slash(guild, "draft")).message()
    await writer.select(panel, "More", "Feedback")
    await writer.sees(reads(panel, "Words that nobody gives the bot."))
    assert "cannot be read" not in panel.text


async def test_a_reply_that_is_changed_or_deleted_in_discord_is_so_at_the_next_look(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    one, two = await reader.say(thread, "The first is loud."), await reader.say(thread, "The second is quiet.")
    await look(writer, panel, "The second is quiet.")
    await reader.edit(one, "The first is louder.")
    await reader.delete(two)
    await look(writer, panel, "The first is louder.")
    assert "quiet" not in panel.text
    essay = await bot.essay(writer)
    stored = await bot.store.read(lambda tx: tx.sharing.feedback(bot.writer(writer), essay.id))
    assert [(item.kind, item.text) for item in stored] == [(FeedbackKind.READER, "The first is louder.")]


async def give(bot: Bot, reader: User, text: Message, words: str) -> None:
    form = await (await reader.click(text, "Give feedback")).modal()
    assert "kept for the writer without your name" in form.text
    await reader.submit(form, {"feedback": words})
    await reader.sees(lambda screen: words[:20] in screen.at(text.channel).text)
    await answered(bot)


async def test_a_reader_gives_feedback_by_a_form_and_takes_it_back(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader, other = sim.user("writer"), sim.user("reader"), sim.user("other")
    guild = sim.guild("Writers", members=(reader, other))
    panel, thread = await shared(sim, writer, guild, models)
    (text,) = posted(sim, thread)
    await give(bot, reader, text, "I would cut the last line. <@1400000000000000001>")
    assert "I would cut the last line" in other.screen.at(thread).text
    said = posted(sim, thread)[-1]
    assert f"<@{reader.id}> says" in said.text
    await look(writer, panel, "I would cut the last line. a person")
    assert str(reader.id) not in panel.text
    await other.click(said, "Take back")
    await other.sees(lambda screen: "Only whoever wrote this can take it back" in screen.text)
    await reader.click(said, "Take back")
    await other.sees(lambda _: "taken back" in said.text)
    assert "last line" not in said.text
    await look(writer, panel, "Nobody has said anything yet.")


async def test_somebody_who_was_blocked_since_gives_no_feedback_and_can_take_theirs_back(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    _, thread = await shared(sim, writer, guild, models)
    (text,) = posted(sim, thread)
    await give(bot, reader, text, "Words that I regret.")
    await bot.client.dispatcher.services.personal_data.set_blocked(bot.writer(reader), True)
    await reader.click(text, "Give feedback")
    await reader.sees(lambda screen: "has blocked you" in screen.text)
    said = posted(sim, thread)[-1]
    await reader.click(said, "Take back")
    await reader.sees(lambda _: "taken back" in said.text)
    essay = await bot.essay(writer)
    assert await bot.store.read(lambda tx: tx.sharing.feedback(bot.writer(writer), essay.id)) == ()
    assert await bot.store.read(lambda tx: tx.people.counts(bot.writer(reader))) == {"writer_marks": 1}


async def test_feedback_that_automod_blocks_is_given_back_and_kept_nowhere(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    _, thread = await shared(sim, writer, guild, models)
    sim.automod(lambda text: "blocked" in text)
    form = await (await reader.click(posted(sim, thread)[0], "Give feedback")).modal()
    act = await reader.submit(form, {"feedback": "A word that is blocked."})
    await reader.sees(lambda _: any("Discord did not take it" in one.text for one in act.messages))
    assert act.messages[-1].files["typed.txt"] == b"A word that is blocked."
    essay = await bot.essay(writer)
    assert await bot.store.read(lambda tx: tx.sharing.feedback(bot.writer(writer), essay.id)) == ()


async def test_what_was_gathered_stays_when_the_host_switches_the_intent_off(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    await reader.say(thread, "It is read while it can be.")
    await look(writer, panel, "It is read while it can be.")
    sim.settings.message_content = False
    await look(writer, panel, "1 message in the thread cannot be read by the bot")
    assert "It is read while it can be." in panel.text


async def test_feedback_by_the_form_is_stored_before_the_writer_looks(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    await give(bot, reader, posted(sim, thread)[0], "Whose errors?")
    await answered(bot)
    sim.world.delete_thread(thread)
    await look(writer, panel, "Whose errors?")
    assert "The thread is gone in Discord" in panel.text
    assert "Take down" not in panel.buttons


@pytest.mark.parametrize("who", ["the writer", "somebody muted", "somebody elsewhere", "after it was taken down"])
async def test_a_readers_button_refuses_whoever_may_not_use_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted, who: str
) -> None:
    writer, reader = sim.user("writer"), sim.user("reader")
    guild, elsewhere = sim.guild("Writers", members=(reader,)), sim.guild("Elsewhere", members=(reader,))
    _, thread = await shared(sim, writer, guild, models)
    (text,) = posted(sim, thread)
    essay = await bot.essay(writer)
    person, on = (writer if who == "the writer" else reader), text
    if who == "somebody muted":
        guild.general.denied = {reader.id: SEND_MESSAGES_IN_THREADS}
    if who == "somebody elsewhere":
        on = await (await reader.slash(elsewhere, "help")).message()
    if who == "after it was taken down":
        await bot.client.dispatcher.services.sharing.take_down(bot.writer(writer), essay.id)
    await person.forge_click(on, f"share:v1:give:{essay.id}:0:1")
    words = {
        "the writer": "This text is yours",
        "somebody muted": "You may not write in this thread",
        "somebody elsewhere": "no longer shared",
        "after it was taken down": "no longer shared",
    }
    await person.sees(lambda screen: words[who] in screen.text)


async def test_a_stranger_reaches_nothing_of_a_shared_essay_by_its_buttons(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer, stranger = sim.user("writer"), sim.user("stranger")
    guild = sim.guild("Writers", members=(stranger,))
    _, thread = await shared(sim, writer, guild, models)
    essay = (await bot.essay(writer)).id
    for action in ("share", "share-what", "share-where", "share-post", "share-down", "feedback", "feedback-delete"):
        act = await stranger.forge_click(posted(sim, thread)[0], f"essay:v1:{action}:{essay}:1:yes")
        await stranger.sees(lambda _, act=act: any("is not yours" in one.text for one in act.messages))  # type: ignore[misc]
    assert len(posted(sim, thread)) == 1


async def test_the_writers_answer_stands_in_the_thread_as_a_reply(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    said = await reader.say(thread, "Whose errors were they?")
    await look(writer, panel, "Whose errors were they?")
    form = await (await writer.select(panel, "Answer one", str(said.id))).modal()
    await writer.submit(form, {"answer": "Mine, @everyone."})
    await writer.sees(reads(panel, "**You answered**"))
    answer = posted(sim, thread)[-1]
    assert "The writer answers:" in answer.text
    assert "Mine" in answer.text
    assert answer.reference is not None
    assert answer.reference["message_id"] == str(said.id)


async def test_an_answer_that_discord_refuses_is_given_back_and_not_shown_as_sent(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    said = await reader.say(thread, "Whose errors were they?")
    await look(writer, panel, "Whose errors were they?")
    thread.locked = thread.archived = True
    form = await (await writer.select(panel, "Answer one", str(said.id))).modal()
    act = await writer.submit(form, {"answer": "They were mine."})
    await writer.sees(lambda _: any("The thread was closed by somebody" in one.text for one in act.messages))
    assert act.messages[-1].files["typed.txt"] == b"They were mine."
    essay = await bot.essay(writer)
    stored = await bot.store.read(lambda tx: tx.sharing.feedback(bot.writer(writer), essay.id))
    assert [one.kind for one in stored] == [FeedbackKind.READER]


async def confirm_take_down(writer: User, panel: Message, words: str) -> None:
    await writer.click(panel, "Take down")
    await writer.sees(reads(panel, "Take it down"))
    await writer.click(panel, "Take it down")
    await writer.sees(reads(panel, words))


@pytest.mark.parametrize("may_delete", [True, False])
async def test_taking_down_removes_the_text_and_keeps_what_was_said_until_the_writer_deletes_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted, may_delete: bool
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    guild.bot_permissions = MANAGE_THREADS if may_delete else 0
    panel, thread = await shared(sim, writer, guild, models)
    await reader.say(thread, "Said after the last look.")
    await confirm_take_down(writer, panel, "It is taken down")
    assert posted(sim, guild.general) == []
    assert posted(sim, thread) == []
    assert (sim.threads(guild) == []) is may_delete
    assert may_delete or thread.archived
    assert ("the thread is deleted" in panel.text) is may_delete
    assert "Said after the last look." in panel.text
    await writer.click(panel, "Delete all of it")
    await writer.sees(reads(panel, "for good"))
    await writer.click(panel, "Delete for good")
    await writer.sees(reads(panel, "Nobody has said anything yet."))
    await writer.click(panel, "Back")
    await writer.sees(reads(panel, "[More:"))
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "Share for feedback"))


async def test_a_bot_that_was_put_out_of_the_server_says_that_the_text_may_still_stand_there(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    await shared(sim, writer, guild, models)
    guild.bot = False
    in_dm = await (await writer.slash(writer.dm, "draft")).message()
    await writer.select(in_dm, "More", "Feedback")
    await writer.sees(reads(in_dm, "is not in the server any more"))
    await confirm_take_down(writer, in_dm, "may still stand there: ask whoever manages the server")


@pytest.mark.usefixtures("hasty")
async def test_deleting_the_essay_takes_it_down(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    _, thread = await shared(sim, writer, guild, models)
    panel = await (await writer.slash(guild, "essays")).message()
    await writer.select(panel, "Choose an essay", (await bot.essay(writer)).id)
    await writer.sees(lambda _: "Delete" in panel.buttons)
    await writer.click(panel, "Delete")
    await writer.sees(reads(panel, "is taken down too"))
    await writer.click(panel, "Yes, delete it")
    await writer.sees(reads(panel, "Delete it for good?"))
    sim.fail_next("DELETE", "/channels/*", 500, times=None)
    await writer.click(panel, "Delete for good")
    await writer.sees(lambda screen: "Discord had a fault" in screen.text)
    assert await bot.essay(writer)
    sim.faults.clear()
    await writer.click(panel, "Delete for good")
    await writer.sees(reads(panel, "It is deleted."))
    assert posted(sim, thread) == []
    assert posted(sim, guild.general) == []


async def test_deleting_all_of_ones_data_takes_it_down_and_an_export_names_no_reader(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("Quillfeather")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    await reader.say(thread, "The pay is well told.")
    await look(writer, panel, "The pay is well told.")
    data = await (await writer.slash(guild, "mydata")).message()
    assert "1 text shared for feedback, 1 thing said about them" in data.text
    act = await writer.click(data, "Download everything")
    await writer.sees(lambda _: any(one.files for one in act.messages))
    (held,) = next(one.files for one in act.messages if one.files).values()
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        name = next(one for one in archive.namelist() if one.endswith("essay.json"))
        rows = json.loads(archive.read(name))
        assert b"feedback: what others said" in archive.read("README.md").replace(b"`", b"").replace(b"*", b"")
    assert rows["feedback"][0]["text"] == "The pay is well told."
    assert rows["shares"][0]["place"]["thread"] == thread.id
    assert str(reader.id) not in json.dumps(rows)
    assert "Quillfeather" not in json.dumps(rows)
    await writer.click(data, "Delete everything")
    await writer.sees(reads(data, "It cannot be brought back"))
    form = await (await writer.click(data, "Go on to delete")).modal()
    await writer.submit(form, {"word": "delete"})
    await writer.sees(reads(data, "Everything is deleted"))
    assert posted(sim, thread) == []
    assert await bot.store.read(lambda tx: tx.people.counts(bot.writer(writer))) == {}


async def test_a_flood_is_bounded_and_keeps_neither_bot_nor_writer_from_working(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    sim.settings.message_content, sim.settings.rate_limits = True, False
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    panel, thread = await shared(sim, writer, guild, models)
    for number in range(MAX_FEEDBACK_COUNT + 330):
        await reader.say(thread, f"Flood {number}")
    await look(writer, panel, "found no room here")
    assert "the thread has more messages than are read" in panel.text
    essay = await bot.essay(writer)
    stored = await bot.store.read(lambda tx: tx.sharing.feedback(bot.writer(writer), essay.id))
    assert len(stored) == MAX_FEEDBACK_COUNT
    await reader.click(posted(sim, thread)[0], "Give feedback")
    await reader.sees(lambda screen: "As much was said about this text as the bot gathers" in screen.text)
    await bot.desk.add_notes(bot.writer(writer), essay.id, "The writer goes on writing.")


async def test_what_others_say_is_sealed_and_no_word_of_it_is_in_the_database_file(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    sim.settings.message_content = True
    writer, reader = sim.user("writer"), sim.user("reader")
    guild = sim.guild("Writers", members=(reader,))
    async with started(sim, tmp_path / "essays.db") as bot:
        panel, thread = await shared(sim, writer, guild, None)
        said = await reader.say(thread, "Quillfeather was here.")
        await look(writer, panel, "Quillfeather was here.")
        await answered(bot)
    held = b"".join(map(Path.read_bytes, tmp_path.iterdir()))  # noqa: ASYNC240 - the bot has ended
    for word in ("Quillfeather", str(thread.id), str(guild.general.id), str(said.id), str(reader.id)):
        assert word.encode() not in held
    async with started(sim, tmp_path / "essays.db") as bot:
        panel = await (await writer.slash(writer.dm, "draft")).message()
        await writer.select(panel, "More", "Feedback")
        await writer.sees(reads(panel, "Quillfeather was here."))


@pytest.mark.parametrize("path", ["/channels/*/messages/*/threads", "/channels/*/messages"])
async def test_a_share_that_was_cut_short_by_a_kill_is_told_and_can_be_cleared(
    sim: DiscordSimulator,
    runs: Runs,  # noqa: F811 - the fixture
    path: str,
) -> None:
    """Killed while the thread is begun, and while the text is posted: the opening message's id was stored before."""
    writer = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await with_notes(writer, guild)
    await writer.click(panel, "Write draft")
    await writer.sees(reads(panel, "every sentence rests on your notes"))
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "Share for feedback"))
    held = sim.faults.hold("POST", "/channels/*/messages/*/threads")
    await writer.click(panel, "Share now")
    await writer.sees(lambda _: held.spent)
    if path.endswith("messages"):
        begun, held = held, sim.faults.hold("POST", path)
        begun.release()
        await writer.sees(lambda _: held.spent)
    await runs.again()
    held.release()
    panel = await (await writer.slash(guild, "draft")).message()
    await writer.select(panel, "More", "Share")
    await writer.sees(reads(panel, "the bot was stopped in it"))
    await confirm_take_down(writer, panel, "It is taken down")
    assert posted(sim, guild.general) == []
