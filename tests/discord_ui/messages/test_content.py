"""What a message says beside its own words, and Discord's own signs in a text, put into words where it comes in."""

from __future__ import annotations

import pytest

from bot.discord_ui.messages.content import MentionNames, resolve_mentions
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.dm_steps import dm_messages_from_bot, everything, notes, question, said, talking
from tests.discord_ui.panel_steps import OPINION, reads, with_notes
from tests.simulators.discord import Attachment, DiscordSimulator

__all__ = ["talking"]  # a fixture

LONG = "I rebuilt the export service in March 2019 with two people, and errors went from 15% to 2%. " * 3
CONTAINER = {
    "type": 17,
    "components": [
        {"type": 10, "content": "It was a very big change for me."},
        {"type": 14},
        {
            "type": 9,
            "components": [{"type": 10, "content": LONG}],
            "accessory": {"type": 2, "style": 5, "label": "More", "url": "https://example.org"},
        },
    ],
}
EMBED = {
    "title": "What I missed",
    "description": LONG,
    "fields": [{"name": "Pay", "value": "It went from 61,000 to 48,500."}],
    "footer": {"text": "Written in Leeds."},
}


async def test_a_forwarded_message_is_an_answer_with_its_files(sim: DiscordSimulator, talking: Bot) -> None:
    user, other = sim.user("writer"), sim.user("other")
    guild = sim.guild("Writers", members=(user, other))
    panel = await question(user)
    first = await other.say(guild, "The lift at Mill Lane broke.", [Attachment("n.md", b"Bernie mended it in 2019.")])
    await user.forward(first, user.dm)
    await user.sees(reads(panel, "1 message, 6 words"))
    await user.sees(lambda screen: "1 note stored" in screen.text)
    assert sorted(await said(talking, user)) == ["Bernie mended it in 2019.", "The lift at Mill Lane broke."]
    assert not any("There was no text" in one.text for one in dm_messages_from_bot(sim, user))


@pytest.mark.parametrize(
    "payload",
    [{"embeds": [EMBED]}, {"components": [CONTAINER], "flags": 1 << 15}, {"content": LONG}],
    ids=["embed", "components", "content"],
)
async def test_a_forwarded_message_of_another_app_is_read(
    sim: DiscordSimulator, talking: Bot, payload: dict[str, object]
) -> None:
    user = sim.user("writer")
    guild = sim.guild("Writers", members=(user,))
    posted = await sim.posted_by_app(guild, **payload)
    await with_notes(user, user.dm)
    await user.forward(posted, user.dm)
    await user.sees(lambda screen: "1 note stored" in screen.text)
    stored = (await notes(talking, user))[-1].text
    assert LONG.strip() in stored
    if "embeds" in payload:
        for words in ("What I missed", "Pay\nIt went from 61,000 to 48,500.", "Written in Leeds."):
            assert words in stored


@pytest.mark.parametrize(
    "payload",
    [{"embeds": [EMBED]}, {"components": [CONTAINER], "flags": 1 << 15}],
    ids=["embed", "components"],
)
@pytest.mark.parametrize("forwarded", [False, True])
async def test_critique_this_reads_embeds_components_and_forwards(
    sim: DiscordSimulator, bot: Bot, models: Scripted, payload: dict[str, object], forwarded: bool
) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    target = await sim.posted_by_app(guild, **payload)
    sim.world.enter(user.account, guild.general)
    if forwarded:
        target = await user.forward(target, guild)
    models.script(OPINION)
    panel = await (await user.message_command("Critique this", target)).message()
    await user.sees(lambda _: "Critique:" in panel.text)
    assert "Make it my draft" not in panel.buttons


async def test_a_link_preview_made_by_discord_is_not_stored_as_the_writers_words(
    sim: DiscordSimulator, talking: Bot
) -> None:
    user = sim.user("writer")
    guild = sim.guild("Writers", members=(user,))
    posted = await user.say(guild, "I left. See https://example.org/a for why.")
    posted.embeds = [
        {"type": "article", "url": "https://example.org/a", "title": "A page", "description": "Its words."},
        {"type": "rich", "url": "https://example.org/a", "title": "A page", "description": "Its words."},
    ]
    await with_notes(user, user.dm)
    await user.forward(posted, user.dm)
    await user.sees(lambda screen: "1 note stored" in screen.text)
    assert (await notes(talking, user))[-1].text == "I left. See https://example.org/a for why."


async def test_discord_markup_in_a_dm_message_and_its_edit_becomes_words(sim: DiscordSimulator, talking: Bot) -> None:
    user, friend, away = sim.user("writer"), sim.user("Bernie"), 912_345_678_901_234_567
    panel = await question(user)
    written = f"I told <@{friend.id}> and <@!{away}> in <#{away}> on <t:1553947200:D>. ||It hurt.|| <:sad:{away}>"
    message = await user.say(user.dm, written)
    await user.sees(reads(panel, "1 message"))
    assert await everything(talking, user) == [
        "I told Bernie and a person in a channel on 30 March 2019 (UTC). It hurt. :sad:"
    ]
    await user.edit(message, f"I told <@{friend.id}> first, at <t:1553947200:R>.")
    await user.sees(reads(panel, "10 words"))
    assert await everything(talking, user) == ["I told Bernie first, at 30 March 2019, 12:00 UTC."]


async def test_no_discord_id_from_a_form_file_or_option_gets_into_the_text(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    sign = f"<@{user.id}>"
    panel = await with_notes(user, user.dm, f"## What I missed\n\n{sign} said it in 2019. A table: a || b || c.\n")
    form = await (await user.click(panel, "Paste notes")).modal()
    link = f"https://discord.com/users/{user.id}"
    await user.submit(form, {"paste1": f"||{sign} was right|| about <@&{user.id}>. {link}"})
    await user.sees(lambda _: "2 notes" in panel.text)
    stored = [note.text for note in await notes(plain, user)]
    assert stored == ["a person said it in 2019. A table: a || b || c.", "a person was right about a role. a person"]
    await user.slash(user.dm, "draft", title=f"For {sign}", essay=(await plain.essay(user)).id)
    await user.sees(lambda screen: "For a person" in screen.text)
    await user.click(panel, "Set into a post")
    await user.sees(lambda _: "version 1" in panel.text)
    assert str(user.id) not in await plain.text(user)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@1><@!2><@&3><#4>", "Ada Loveplacea persona role#quiet"),
        (r"\<@1> wrote", "Ada Loveplace wrote"),
        ("<t:0> <t:0:d> <t:0:R> <t:0:T> <t:-60:f>", "1 January 1970, 00:00 UTC 1 January 1970 (UTC) "
         "1 January 1970, 00:00 UTC 1 January 1970, 00:00 UTC 31 December 1969, 23:59 UTC"),
        ("<t:99999999999999>", "a time"),
        ("<:ok:12> <a:wave_2:34>", ":ok: :wave_2:"),
        ("</draft:5> </data export:6>", "/draft /data export"),
        ("<id:guide> <id:customize> <id:linked-roles:7> <id:other>",
         "Server Guide Channels & Roles Linked Roles a page of the server"),
        ("@everyone, come. @here: ada@here.com @everyoneelse",
         "everyone, come. everyone here: ada@here.com @everyoneelse"),
        ("||one|| and ||two\nlines||", "one and two\nlines"),
        ("`a || b || c` ```\n||x|| <@1>\n``` ||y||", "`a || b || c` ```\n||x|| Ada Loveplace\n``` y"),
        ("||<@1>||", "Ada Loveplace"),
        ("See https://discord.com/users/912345678901234567, <https://ptb.discord.com/channels/@me/912345678901234567>.",
         "See a person, a channel."),
        ("[this](https://discord.com/channels/912345678901234567/912345678901234567/912345678901234567) or "
         "https://discordapp.com/channels/912345678901234567/912345678901234567/912345678901234567",
         "this or a message"),
        ("https://cdn.discordapp.com/avatars/912345678901234567/a.png?size=64", "a link into Discord"),
        ("https://discord.com/developers/docs/intro [docs](https://support.discord.com/hc/en-us)",
         "https://discord.com/developers/docs/intro [docs](https://support.discord.com/hc/en-us)"),
        ("a < b, <https://x.org>, <b>, <t:>, <@>, 5 > 3 || 2", "a < b, <https://x.org>, <b>, <t:>, <@>, 5 > 3 || 2"),
    ],
)  # fmt: skip
def test_discord_markup_becomes_words_and_nothing_else_is_changed(text: str, words: str) -> None:
    assert resolve_mentions(text, MentionNames({1: "Ada Loveplace"}, {4: "quiet"})) == words


def test_many_backticks_and_bars_are_read_quickly() -> None:
    """Each is looked at a few times at most: of a pattern that tries every way this would not end."""
    for text in (
        "`" * 100_000,
        "`` ` " * 20_000,
        "||" * 50_001,
        "|| ` " * 20_000,
        "<@" * 50_000,
        "</" * 50_000,
        "[a](" * 50_000,
        "https://discord.com/" * 20_000,
    ):
        resolve_mentions(text)
