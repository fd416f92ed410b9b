"""The DM as a conversation: what is written there is stored at once, once, and told of lightly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.essay.essay import QuestionState
from bot.services.llm_ports import Material, NextQuestion
from tests.discord_ui.conftest import OPEN, Bot, Scripted, started
from tests.discord_ui.dm_steps import dm_messages_from_bot, notes, question, quick, said, talking
from tests.discord_ui.panel_steps import reads
from tests.services.fakes import PATIENCE, Gate, says
from tests.simulators.discord import DiscordSimulator

__all__ = ["talking"]  # a fixture


async def test_several_dm_messages_become_one_note_when_next_is_pressed(sim: DiscordSimulator, talking: Bot) -> None:
    """The panel counts along without a word from the bot; Next puts the next question below what was written."""
    user = sim.user("writer")
    panel = await question(user)
    sim.gateway.duplicate_next("MESSAGE_CREATE", 2)
    for text in ("I rebuilt the export service.", "In March 2019.", "Errors went from 15% to 2%."):
        await user.say(user.dm, text)
    await user.sees(reads(panel, "3 messages, 14 words, all stored"))
    assert "> Errors went from 15% to 2%." in panel.text
    assert dm_messages_from_bot(sim, user) == [panel]
    assert await notes(talking, user) == ()
    act = await user.click(panel, "Next")
    below = await act.followup()
    (note,) = await notes(talking, user)
    assert note.text == "I rebuilt the export service.\n\nIn March 2019.\n\nErrors went from 15% to 2%."
    assert "question 2" in below.text
    await user.sees(reads(panel, "Answered: note 1, 14 words"))
    assert panel.buttons == []
    await user.say(user.dm, "Nobody told me.")
    await user.sees(reads(below, "1 message, 3 words"))
    assert dm_messages_from_bot(sim, user) == [panel, below]


async def test_next_pressed_twice_or_without_an_answer_makes_no_extra_note(sim: DiscordSimulator, talking: Bot) -> None:
    user = sim.user("writer")
    panel = await question(user)
    await user.click(panel, "Next")
    await user.sees(reads(panel, "There is no answer yet"))
    await user.say(user.dm, "It was loud.")
    await user.sees(reads(panel, "1 message"))
    button = next(part["custom_id"] for part in panel.parts if part.get("label") == "Next")
    first, second = await user.forge_click(panel, button), await user.forge_click(panel, button)
    await first.followup()
    await second.acknowledged()
    await user.sees(lambda _: all("Reading" not in one.text for one in dm_messages_from_bot(sim, user)))
    assert [note.text for note in await notes(talking, user)] == ["It was loud."]


async def test_dm_messages_of_a_writer_without_an_essay_bring_the_first_panel_once(
    sim: DiscordSimulator, talking: Bot
) -> None:
    """However much they write at once; what they wrote is notes as soon as they go on."""
    user = sim.user("writer")
    for text in ("Hello", "I changed jobs in May.", "My pay went down."):
        await user.say(user.dm, text)
    await user.sees(lambda screen: "You wrote 3 messages" in screen.text)
    (panel,) = dm_messages_from_bot(sim, user)
    assert "What happened?" in panel.text
    assert {"Interview me", "Paste notes", "Write draft"} <= set(panel.buttons)
    await user.say(user.dm, "I answer to one person.")
    await user.sees(reads(panel, "You wrote 4 messages"))
    await user.select(panel, "What happened?", "layoff")
    await user.sees(lambda _: "*Layoff" in panel.text)
    assert "You wrote 4 messages" in panel.text
    assert (await talking.essay(user)).structure == "layoff"
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Next" in panel.buttons)
    texts = ["Hello", "I changed jobs in May.", "My pay went down.", "I answer to one person."]
    assert [note.text for note in await notes(talking, user)] == texts


async def test_editing_a_dm_message_updates_its_note_and_no_version(sim: DiscordSimulator, talking: Bot) -> None:
    """Which is told, in one message that keeps up; without a word left for the note, it keeps those it had."""
    user = sim.user("writer")
    panel = await question(user)
    message = await user.say(user.dm, "I left in May.")
    later = await user.say(user.dm, "It was loud.")
    await user.sees(reads(panel, "2 messages, 7 words"))
    await user.edit(message, "I left in the middle of May.")
    await user.sees(reads(panel, "2 messages, 10 words"))
    below = await (await user.click(panel, "Next")).followup()
    await user.edit(message, "I left in  *March*.")
    await user.sees(lambda screen: "You edited note 1 of “Career switch”." in screen.text)
    await user.say(user.dm, "An answer to the next.")
    await user.sees(reads(below, "1 message"))
    assert [note.text for note in await notes(talking, user)] == ["I left in  *March*.\n\nIt was loud."]
    before = (await talking.desk.assemble_post(talking.writer(user), (await talking.essay(user)).id)).text
    await user.edit(message, "…")
    await user.sees(lambda screen: "You edited note 1 of “Career switch”; the text is as it was." in screen.text)
    told = dm_messages_from_bot(sim, user)
    assert [note.text for note in await notes(talking, user)] == ["…\n\nIt was loud."]
    await user.edit(later, "👍")
    await user.sees(lambda screen: "Your message holds no words now: note 1 keeps its own." in screen.text)
    assert [note.text for note in await notes(talking, user)] == ["…\n\nIt was loud."]
    assert len(dm_messages_from_bot(sim, user)) == len(told) + 1
    assert await talking.text(user) == before


@pytest.mark.parametrize(
    ("button", "shows"), [("Skip", "question 2"), ("Write draft", "version 1"), ("Add a note", "1 note stored")]
)
async def test_leaving_a_question_keeps_the_answer_written_so_far(
    sim: DiscordSimulator, talking: Bot, models: Scripted, button: str, shows: str
) -> None:
    """Skip, and Write draft, which uses it: what was said is a note first. With pasted notes it goes on waiting."""
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "It was loud.")
    await user.say(user.dm, "Nobody listened.")
    await user.sees(reads(panel, "2 messages"))
    if button == "Write draft":
        models.script(says("## What I missed\n\nIt was loud. Nobody listened.\n"))
    act = await user.click(panel, button)
    if button == "Add a note":
        await user.submit(await act.modal(), {"paste1": "My pay went down."})
    await user.sees(reads(panel, shows))
    joined = "It was loud.\n\nNobody listened."
    if button == "Add a note":
        assert await said(talking, user) == ["My pay went down.", "It was loud.", "Nobody listened."]
    else:
        assert [note.text for note in await notes(talking, user)] == [joined]
        if button == "Write draft":
            assert repr(joined) in next(one for one in models.asked if one.what == "draft")
            await user.say(user.dm, "One more thing.")
            await user.sees(lambda screen: "1 note stored in" in screen.text)
            assert [note.text for note in await notes(talking, user)] == [joined, "One more thing."]


async def test_dm_messages_sent_while_a_draft_is_written_become_notes(
    sim: DiscordSimulator, talking: Bot, models: Scripted
) -> None:
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "It was loud.")
    await user.sees(reads(panel, "1 message"))
    gate = Gate()
    models.script(says("## What I missed\n\n", gate, "It was loud.\n"))
    await user.click(panel, "Write draft")
    await gate.reached()
    for text in ("First.", "Second."):
        await user.say(user.dm, text)
    await user.sees(lambda screen: "2 notes stored in" in screen.text)
    gate.release()
    await user.sees(reads(panel, "version 1"))
    assert [note.text for note in await notes(talking, user)] == ["It was loud.", "First.", "Second."]


@dataclass(eq=False)
class SlowInterviewer(Scripted):
    """An interviewer that thinks until the test lets it go on."""

    gate: Gate = field(default_factory=Gate)

    async def next_question(self, material: Material, *given: Any, **more: Any) -> NextQuestion:
        await self.gate.hold()
        return NextQuestion(material.structure.sections[0].key, "Who noticed first?", {})


async def test_the_dm_says_what_is_waited_for_while_the_model_thinks_and_stores_new_messages(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    models = SlowInterviewer()
    async with started(sim, tmp_path / "essays.db", models) as bot:
        quick(bot)
        user = sim.user("writer")
        panel = await question(user)
        await user.say(user.dm, "It was loud.")
        await user.sees(reads(panel, "1 message"))
        await user.click(panel, "Next")
        await models.gate.reached()
        await user.sees(lambda screen: "Reading your answers…" in screen.text)
        await user.say(user.dm, "I forgot: since 2019.")
        async with asyncio.timeout(PATIENCE):
            while len(await said(bot, user)) < 2:  # noqa: ASYNC110 - nothing is shown before the interviewer has thought
                await asyncio.sleep(0.01)
        models.gate.release()
        await user.sees(lambda screen: "Who noticed first?" in screen.text)
        assert await said(bot, user) == ["It was loud.", "I forgot: since 2019."]


async def test_the_bot_ignores_its_own_messages_and_those_in_servers(sim: DiscordSimulator, talking: Bot) -> None:
    """Its own messages, also the ephemeral ones, come back to it as events; so do edits of them."""
    user = sim.user("writer")
    guild = sim.guild("Writers")
    panel = await (await user.slash(guild, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    assert "Next" not in panel.buttons
    await user.say(guild, "Not for the bot.")
    await user.say(user.dm, "For the bot.")
    await user.sees(lambda screen: "1 message, 3 words" in screen.at(user.dm).text)
    assert await said(talking, user) == ["For the bot."]
    assert len(await talking.desk.list_essays(talking.writer(user))) == 1


async def test_a_person_without_access_is_told_once_in_the_dm_and_nothing_is_stored(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    async with started(sim, tmp_path / "essays.db", access=replace(OPEN, everyone=False)) as bot:
        user = sim.user("stranger")
        for text in ("Hello", "Is anybody there?"):
            await user.say(user.dm, text)
        await user.sees(lambda screen: "not among them" in screen.text)
        await sim.owner.say(sim.owner.dm, "Hello")
        await sim.owner.sees(lambda screen: "You wrote 1 message" in screen.text)
        assert len(dm_messages_from_bot(sim, user)) == 1
        assert await bot.desk.list_essays(bot.writer(user)) == ()


async def test_a_question_stays_open_until_next_however_many_messages_come(sim: DiscordSimulator, talking: Bot) -> None:
    user = sim.user("writer")
    panel = await question(user)
    for number in range(7):
        await user.say(user.dm, f"Piece {number}.")
    await user.sees(lambda screen: "7 messages" in screen.text)
    assert (
        len(dm_messages_from_bot(sim, user)) == 2
    )  # the panel was posted anew below: it would be off a phone's screen
    assert panel is not dm_messages_from_bot(sim, user)[1]
    essay = await talking.essay(user)
    asked = await talking.client.dispatcher.services.interview.asked_questions(talking.writer(user), essay.id)
    assert [one.state for one in asked] == [QuestionState.OPEN]


async def test_what_was_written_before_the_interview_is_placed_line_by_line_and_stands_before_the_interviewer(
    sim: DiscordSimulator, talking: Bot, models: Scripted
) -> None:
    """A message with a private mark stays whole, and is not placed. An edit of a divided message changes no note."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    lines = await user.say(user.dm, "I left in May.\nThe export service was mine, and nobody else knew how it worked.")
    hidden = "My pay was 61,000.\n\n[private] Nobody else knows that."
    await user.say(user.dm, hidden)
    await user.sees(reads(panel, "You wrote 2 messages. All are stored, and each becomes a note when you go on."))
    asked = NextQuestion("what-i-missed", "When was the export service yours?", {})
    models.script({1: "what-i-missed"}, asked)
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "When was the export service yours?"))
    assert "placed: " in panel.text
    assert [(note.text, note.section) for note in await notes(talking, user)] == [
        ("I left in May.", "what-i-missed"),
        (hidden, None),
        ("The export service was mine, and nobody else knew how it worked.", None),
    ]
    (given,) = [one.given for one in models.asked if one.what == "next_question"]
    assert "The export service was mine, and nobody else knew how it worked." in [note.text for note in given["notes"]]
    await user.edit(lines, "I left in June.")
    await user.sees(lambda screen: "text of its own" in screen.text)
    assert (await notes(talking, user))[0].text == "I left in May."
