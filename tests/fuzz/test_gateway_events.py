"""Events of the DM: written, edited and deleted, out of order, doubled, of strangers, and of nobody known."""

from __future__ import annotations

import asyncio
from typing import Any

from hypothesis import strategies as st

from bot.discord_ui.client import DiscordClient
from tests.discord_ui.dm_steps import wait_until_dms_are_read
from tests.fuzz.examples import fuzz
from tests.fuzz.fuzzed_bot import FuzzedBot, Person
from tests.fuzz.hostile import attachments, texts
from tests.services.fakes import PATIENCE
from tests.simulators.discord import Message
from tests.simulators.discord.command_options import Uploader
from tests.simulators.discord.json_types import DIRECT_MESSAGES

# By the method of discord.py's that hears of it. Of the rest nothing comes from a person.
EVENTS = {
    "on_message": "MESSAGE_CREATE",
    "on_raw_message_edit": "MESSAGE_UPDATE",
    "on_raw_message_delete": "MESSAGE_DELETE",
}
ELSEWHERE = {"on_interaction", "on_connect", "on_resumed", "on_disconnect"}  # the other modules here; the connection


def test_every_event_that_the_bot_hears_is_tried() -> None:
    assert {name for name in vars(DiscordClient) if name.startswith("on_")} == {*EVENTS, *ELSEWHERE}


def written(fuzzed: FuzzedBot, person: Person, data: st.DataObject, mark: str) -> Message:
    """A message in a person's DM, which Discord keeps."""
    world, dm = fuzzed.sim.world, person.user.dm
    message = Message(world.clock.snowflake(), dm, person.user.account, world.clock.isoformat())
    message.content = f"{data.draw(texts(900))} {mark} {data.draw(texts(900))}"
    if data.draw(st.integers(0, 4)) == 0:
        message.uploads = [Uploader(world, dm).store(data.draw(attachments()))]
    if data.draw(st.integers(0, 4)) == 0:
        message.embeds = [{"type": "rich", "title": data.draw(texts(200)), "description": data.draw(texts(900))}]
    world.remember(message)
    return message


def has_halves(text: str) -> bool:
    """Return whether the text has halves of characters, for which it is refused in a sentence."""
    return any("\ud800" <= sign <= "\udfff" for sign in text)


@fuzz(12)
def test_no_order_of_events_in_a_dm_loses_a_message_or_reaches_another(fuzzed: FuzzedBot, data: st.DataObject) -> None:
    async def example() -> None:
        person = await (fuzzed.owner() if data.draw(st.booleans()) else fuzzed.stranger())
        sent: list[Message] = []
        marks: dict[int, str] = {}
        unsure: set[int] = set()  # edited before they came, or deleted
        events: list[tuple[str, Message]] = []
        for number in range(data.draw(st.integers(1, 5))):
            mark = f"kept{number}kept"
            message = written(fuzzed, person, data, mark)
            sent.append(message)
            marks[message.id] = mark
            events.append(("MESSAGE_CREATE", message))
            for kind in data.draw(
                st.lists(st.sampled_from(["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE"]), max_size=3)
            ):
                events.append((kind, message))
        order = data.draw(st.permutations(events))
        await fuzzed.begin()
        known: set[int] = set()
        for kind, message in order:
            payload: dict[str, Any] = message.payload()
            if kind == "MESSAGE_UPDATE":
                message.content = f"{data.draw(texts(900))} {marks[message.id]} {data.draw(texts(900))}"
                message.edited = fuzzed.sim.world.clock.isoformat()
                payload = message.payload()
                if data.draw(st.integers(0, 5)) == 0:  # a preview of a link: nobody edited anything
                    payload["edited_timestamp"] = None
            elif kind == "MESSAGE_DELETE":
                payload = {"id": str(message.id), "channel_id": str(message.channel.id)}
                message.deleted = True
            else:
                known.add(message.id)
            if kind == "MESSAGE_DELETE" or message.id not in known or has_halves(payload.get("content", "")):
                unsure.add(message.id)
            fuzzed.models.drew = True  # this step is the test's own
            await fuzzed.sim.gateway.dispatch(kind, payload, DIRECT_MESSAGES)
            fuzzed.count(f"{kind}, {'as an owner' if person.subjects else 'as a stranger'}")
            wait = data.draw(st.booleans())
            fuzzed.models.drew = True
            if wait:
                await settle(fuzzed)
        await settle(fuzzed)
        fuzzed.check("events", person, None, order)
        kept = await fuzzed.stored(person) + fuzzed.shown(person)
        for message in sent:
            if message.id not in unsure:
                assert marks[message.id] in kept, message.content
        act = await person.user.slash(fuzzed.guild, "help")
        assert (await act.message()).text

    fuzzed.run(example())


@fuzz(12)
def test_events_of_nobody_known_change_nothing(fuzzed: FuzzedBot, data: st.DataObject) -> None:
    """In the bystander's DM, by others, by a bot, by a webhook; of messages that there never were."""

    async def example() -> None:
        person = await fuzzed.stranger()
        world = fuzzed.sim.world
        who = data.draw(st.sampled_from([person.user.account, world.bot, world.other_app]))
        for _ in range(3):
            message = Message(world.clock.snowflake(), fuzzed.bystander.user.dm, who, world.clock.isoformat())
            message.content = data.draw(texts(900))
            message.type = data.draw(st.sampled_from([0, 3, 6, 7, 19, 46]))
            kind = data.draw(st.sampled_from(list(EVENTS.values())))
            if data.draw(st.booleans()):
                message.edited = world.clock.isoformat()
            payload: dict[str, Any] = message.payload()
            if data.draw(st.booleans()):
                payload["webhook_id"] = "7"
            if kind == "MESSAGE_DELETE":
                payload = {"id": payload["id"], "channel_id": payload["channel_id"]}
            await fuzzed.begin()
            await fuzzed.sim.gateway.dispatch(kind, payload, DIRECT_MESSAGES)
            await settle(fuzzed)
            fuzzed.count(f"{kind}, of nobody known")
            fuzzed.check("events of nobody", person, None, payload)

    fuzzed.run(example())


async def settle(fuzzed: FuzzedBot) -> None:
    """Wait until what was sent has come, every DM has been served, and nothing runs."""
    (session,) = fuzzed.sim.gateway.connected
    async with asyncio.timeout(PATIENCE):
        while fuzzed.bot.client.ws.sequence != session.sequence:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
    for _ in range(3):  # discord.py hands each event on in a task of its own
        await asyncio.sleep(0)
    await wait_until_dms_are_read(fuzzed.bot)
    await fuzzed.settle()
