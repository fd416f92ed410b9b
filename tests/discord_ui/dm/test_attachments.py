"""Files in the DM: notes at once, sorted into sections afterwards, and told of as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bot.errors import Overloaded
from bot.services.llm_ports import Material
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.dm_steps import dm_messages_from_bot, notes, question, quick, said, talking
from tests.discord_ui.panel_steps import reads
from tests.services.fakes import Gate
from tests.simulators.discord import Attachment, DiscordSimulator

__all__ = ["talking"]  # a fixture

HEADED = b"## What I gave up and what I gained\n\nMy pay went from 61,000 to 48,500."
LOOSE = b"The export service was mine.\n\nI answer to one person now."


async def test_a_dm_attachment_becomes_notes_and_an_unreadable_one_is_told(sim: DiscordSimulator, talking: Bot) -> None:
    """Also where the notes stand, and what became of the rest of the message."""
    user = sim.user("writer")
    panel = await question(user)
    sim.gateway.duplicate_next("MESSAGE_CREATE", 1)
    await user.say(user.dm, "See my notes.", [Attachment("notes.md", HEADED), Attachment("photo.png", b"\x89PNG")])
    await user.sees(lambda screen: "1 note stored in “Career switch”, under “What I gave up and wh" in screen.text)
    wrong = (
        "photo.png is a picture, which is not read: copy its text into a .md or .txt file and give that. "
        "The rest of your message is stored."
    )
    await user.sees(lambda screen: wrong in screen.text)
    await user.sees(reads(panel, "1 message, 3 words"))
    (note,) = await notes(talking, user)
    assert note.text == "My pay went from 61,000 to 48,500."
    assert note.section is not None
    await user.say(user.dm, attachments=[Attachment("empty.txt", b"  ")])
    await user.sees(lambda screen: "empty.txt holds no words" in screen.text)
    assert "Nothing of your message was stored." in user.screen.text
    assert "Nothing was changed" not in user.screen.text


@pytest.mark.parametrize("words", ["\u200b", "\u3164", "\u2800 \u200b"])
async def test_invisible_characters_make_no_note_however_they_are_sent(
    sim: DiscordSimulator, talking: Bot, words: str
) -> None:
    """Pasted, answered in a form, in a file or as a message."""
    user = sim.user("writer")
    panel = await question(user)
    form = await (await user.click(panel, "Add a note")).modal()
    await user.submit(form, {"paste1": words})
    await user.sees(lambda screen: "There were no words in it" in screen.text)
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": words})
    await user.sees(lambda screen: "The answer holds no words" in screen.text)
    await user.say(user.dm, words)
    await user.sees(lambda screen: "There was no text in that message" in screen.text)
    await user.say(user.dm, "", [Attachment("notes.md", f"## What I missed\n\n{words}\n".encode())])
    await user.sees(lambda screen: "There are no words under the file's headings" in screen.text)
    assert await notes(talking, user) == ()


async def test_notes_from_a_dm_file_are_stored_and_announced_before_they_are_sorted(
    sim: DiscordSimulator, talking: Bot, models: Scripted
) -> None:
    """What could not be placed stays unplaced, and what was told of both is one message that keeps up."""
    user = sim.user("writer")
    panel = await question(user)
    key = "what-i-missed"
    models.script({1: key}, Overloaded())
    await user.say(user.dm, attachments=[Attachment("notes.md", LOOSE)])
    told = "2 notes stored in “Career switch”: 1 under “What I missed”, 1 under no section yet."
    await user.sees(lambda screen: told in screen.text)
    assert [note.section for note in await notes(talking, user)] == [key, None]
    await user.sees(reads(panel, "1 of"))
    await user.say(user.dm, attachments=[Attachment("more.md", b"Nobody told me.")])
    await user.sees(lambda screen: "they could not be sorted into sections" in screen.text)
    await user.sees(lambda screen: "3 notes stored in “Career switch”: 1 under “What I missed”, 2 under" in screen.text)
    assert [len(one.given["notes"]) for one in models.asked if one.what == "place"] == [2, 1]
    assert len(dm_messages_from_bot(sim, user)) == 3


@dataclass(eq=False)
class SlowSorter(Scripted):
    """An interviewer that takes its time to sort notes."""

    gate: Gate = field(default_factory=Gate)

    async def place_notes(self, material: Material) -> Mapping[int, str]:
        await self.gate.hold()
        return {note.number: "what-i-missed" for note in material.notes}


@pytest.mark.parametrize("deleted", [False, True])
async def test_slow_sorting_of_notes_delays_no_message_and_no_click(
    sim: DiscordSimulator, tmp_path: Path, deleted: bool
) -> None:
    """Neither what is told, nor clicks, nor other messages; and an essay that is deleted meanwhile is gone."""
    models = SlowSorter()
    async with started(sim, tmp_path / "essays.db", models) as bot:
        quick(bot)
        user = sim.user("writer")
        panel = await question(user)
        await user.say(user.dm, attachments=[Attachment("notes.md", LOOSE)])
        await models.gate.reached()
        await user.sees(lambda screen: "2 notes stored in “Career switch”, under no section yet." in screen.text)
        await user.say(user.dm, "It was loud.")
        await user.sees(reads(panel, "1 message"))
        await user.say(user.dm, attachments=[Attachment("more.md", b"Nobody told me.")])
        await user.sees(lambda screen: "3 notes stored in “Career switch”, under no section yet." in screen.text)
        await (await user.click(panel, "Skip")).acknowledged()
        await user.sees(reads(panel, "question 2"))
        expected = ["The export service was mine.", "I answer to one person now.", "Nobody told me.", "It was loud."]
        assert await said(bot, user) == expected
        if deleted:
            await bot.desk.delete_essay(bot.writer(user), (await bot.essay(user)).id)
        models.gate.release()
        await user.say(user.dm, "And on.")
        await user.sees(lambda screen: "1 message" in screen.text)
        if deleted:
            assert await said(bot, user) == ["And on."]
        else:
            await user.sees(reads(panel, "2 of"))
            assert [note.section for note in await notes(bot, user)] == ["what-i-missed"] * 3 + ["the-contradiction"]


async def test_stored_notes_are_announced_once_even_where_a_question_follows_below(
    sim: DiscordSimulator, talking: Bot
) -> None:
    """An edited message has what tells of notes shown anew; Next, meanwhile, puts a question below it."""
    user = sim.user("writer")
    panel = await question(user)
    message = await user.say(user.dm, "I left in May.")
    await user.say(user.dm, attachments=[Attachment("notes.md", HEADED)])
    await user.sees(lambda screen: "1 note stored in" in screen.text)
    teller = talking.client.dispatcher.dm_listener.notifier
    await teller.wait_until_idle(talking.writer(user))
    teller.notify_delay_seconds = 0.3  # so that Next comes before it
    await user.edit(message, "I left in the middle of May.")
    below = await (await user.click(panel, "Next")).followup()
    await teller.wait_until_idle(talking.writer(user))
    assert "question 2" in below.text
    assert user.screen.text.count("1 note stored in") == 1
