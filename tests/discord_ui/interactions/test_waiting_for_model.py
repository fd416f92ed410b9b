"""While a model is asked nothing else of the writer waits: what they type is stored and shown, and they can go on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bot.errors import StoreFull
from bot.store.essays import SqlEssays
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.dm_steps import notes, question, quick
from tests.discord_ui.panel_steps import answered, drafted, reads
from tests.services.fakes import Gate
from tests.simulators.discord import Attachment, Channel, DiscordSimulator, Guild, Message, User

LOOSE = b"It was loud there.\n\nI left in May."
FOLLOW_UP = "How many people was that?"


def answer_once_open(gate: Gate, answer: Any) -> Callable[[], Coroutine[Any, Any, Any]]:
    """What a model says once the gate is open."""

    async def come() -> Any:
        await gate.hold()
        return answer

    return come


async def asking(user: User, place: Channel | Guild, models: Scripted, answer: Any = FOLLOW_UP) -> tuple[Message, Gate]:
    """A panel whose first question was answered, and the model thinks about the answer until the gate is open."""
    panel = await (await user.slash(place, "draft", title="Asked")).message()
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "question 1"))
    gate = Gate()
    models.script(answer_once_open(gate, answer))
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "I rebuilt the export service."})
    await gate.reached()
    return panel, gate


async def test_a_writer_can_do_everything_else_while_the_model_thinks_about_an_answer(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """An edit and a paste in another essay, a file handed in to a third, and a message in the DM."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    quick(bot)
    other = await drafted(user, guild, models)
    panel, gate = await asking(user, guild, models)
    form = await (await user.click(other, "Edit")).modal()
    await user.submit(form, {"body0": "I typed this for ten minutes."})
    await user.sees(reads(other, "version 2"))
    form = await (await user.click(other, "Revise")).modal()
    assert form is not None
    await user.sees(reads(panel, "Reading your answers…"))
    await user.click(panel, "Show the essay")
    await user.sees(reads(panel, "1 note so far"))
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": NOTES})
    await user.sees(reads(panel, "2 notes stored."))
    third = await (
        await user.slash(guild, "draft", title="A third", notes=Attachment("n.md", NOTES.encode()))
    ).message()
    await user.sees(reads(third, "2 notes stored."))
    await user.say(user.dm, "It took nine weeks.")
    await user.sees(lambda screen: "1 note stored in “A third”" in screen.text)
    gate.release()
    await answered(bot)
    assert "2 notes stored." in panel.text  # the writer has gone on there: what the model found waits


@pytest.mark.parametrize("way", ["answer", "paste", "/draft"])
async def test_stopping_the_bot_while_a_model_thinks_updates_the_panel_and_keeps_the_notes(
    sim: DiscordSimulator, bot: Bot, models: Scripted, way: str
) -> None:
    """It says that all is stored and goes on from there."""
    user, guild = sim.user("writer"), sim.guild("Writers")
    gate = Gate()
    if way == "answer":
        panel, gate = await asking(user, guild, models)
    elif way == "paste":
        panel = await (await user.slash(guild, "draft")).message()
        form = await (await user.click(panel, "Paste notes")).modal()
        models.script(answer_once_open(gate, {}))
        await user.submit(form, {"paste1": LOOSE.decode()})
    else:
        models.script(answer_once_open(gate, {}))
        act = await user.slash(guild, "draft", notes=Attachment("n.md", LOOSE))
        panel = await act.message()
    await gate.reached()
    await user.sees(reads(panel, "Reading your"))
    await bot.client.dispatcher.close(2.0)
    await bot.jobs.close()
    await bot.client.dispatcher.job_panels.wait_until_done(10.0)
    assert "The bot is being restarted" in panel.text
    assert ("question 2" if way == "answer" else "2 notes stored.") in panel.text
    assert len(await notes(bot, user)) == (1 if way == "answer" else 2)


@pytest.mark.parametrize("in_dm", [True, False])
async def test_dont_wait_shows_the_next_question_instead_of_the_follow_up(
    sim: DiscordSimulator, bot: Bot, models: Scripted, in_dm: bool
) -> None:
    """The next question comes at once, once, and what the model would have asked is not put."""
    user = sim.user("writer")
    if in_dm:
        panel, gate = await question(user), Gate()
        models.script(answer_once_open(gate, FOLLOW_UP))
        await user.say(user.dm, "I rebuilt the export service.")
        await user.click(panel, "Next")
        await gate.reached()
        await user.sees(lambda screen: "Reading your answers…" in screen.text)
        panel = user.screen.messages[-1]  # the answered question stays above, as a record
    else:
        panel, gate = await asking(user, sim.guild("Writers"), models)
    await user.sees(reads(panel, "Reading your answers…"))
    assert panel.buttons == ["Don’t wait", "Write draft", "Show the essay"]
    await user.click(panel, "Don’t wait")
    await user.sees(lambda screen: "question 2" in screen.text)
    gate.release()
    await answered(bot)
    assert user.screen.text.count("question 2") == 1
    assert FOLLOW_UP not in user.screen.text
    asked = await bot.client.dispatcher.services.interview.asked_questions(bot.writer(user), (await bot.essay(user)).id)
    assert len(asked) == 2


async def test_returning_while_the_model_thinks_waits_for_the_same_follow_up(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gate = await asking(user, sim.guild("Writers"), models)
    await user.sees(reads(panel, "Reading your answers…"))
    await user.click(panel, "Show the essay")
    await user.sees(reads(panel, "Go on asking"))
    await user.click(panel, "Go on asking")
    await user.sees(reads(panel, "Reading your answers…"))
    gate.release()
    await user.sees(reads(panel, FOLLOW_UP))
    assert [one.what for one in models.asked] == ["next_question"]


async def test_a_late_follow_up_takes_no_dm_message_meant_for_another_essay(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """In the DM the writer has begun another essay meanwhile: what they write goes to that one's question."""
    user = sim.user("writer")
    quick(bot)
    _, gate = await asking(user, user.dm, models)
    other = await (await user.slash(user.dm, "draft", title="Another")).message()
    await user.click(other, "Interview me")
    await user.sees(reads(other, "question 1"))
    gate.release()
    await user.sees(lambda screen: FOLLOW_UP in screen.text)
    await user.say(user.dm, "It was loud.")
    await user.sees(lambda screen: "1 message" in screen.text)
    essays = {one.title: one.id for one in await bot.desk.list_essays(bot.writer(user))}
    talk = bot.client.dispatcher.services.dm_messages
    assert [one.text for one in await talk.pending_messages(bot.writer(user), essays["Another"])] == ["It was loud."]
    assert await talk.pending_messages(bot.writer(user), essays["Asked"]) == ()


async def test_an_essay_deleted_while_the_model_thinks_of_a_follow_up_stays_deleted(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel, gate = await asking(user, sim.guild("Writers"), models)
    await bot.desk.delete_essay(bot.writer(user), (await bot.essay(user)).id)
    gate.release()
    await user.sees(reads(panel, "This essay was deleted"))
    assert await bot.desk.list_essays(bot.writer(user)) == ()


async def test_a_full_disk_after_a_follow_up_was_asked_for_is_told_and_the_panel_stops_waiting(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = sim.user("writer")
    panel, gate = await asking(user, sim.guild("Writers"), models)
    await user.sees(reads(panel, "Reading your answers…"))

    def fails(*_: object) -> None:
        raise StoreFull(Path("essays.db"))

    with monkeypatch.context() as broken:
        broken.setattr(SqlEssays, "questions", fails)
        gate.release()
        await user.sees(reads(panel, "The bot's disk is full"))
    await user.click(panel, "Show the essay")
    await user.sees(reads(panel, "1 note so far"))
