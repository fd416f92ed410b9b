"""Commands, their suggestions and the menu of a message, as the command tree has them; and the files handed to them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from tests.fuzz.examples import fuzz
from tests.fuzz.fuzzed_bot import FuzzedBot, Person
from tests.fuzz.hostile import attachments, texts
from tests.simulators.discord import Message
from tests.simulators.discord.command_options import Uploader
from tests.simulators.discord.interactions import AUTOCOMPLETE, COMMAND

STRING, INTEGER, BOOLEAN, ATTACHMENT = 3, 4, 5, 11
MESSAGE_COMMAND = 3


def draw_value(fuzzed: FuzzedBot, upload: Uploader, option: dict[str, Any], person: Person, data: st.DataObject) -> Any:
    """A value for an option: of its own type, one of its choices, or what a modified client may send in its place."""
    if option["type"] == ATTACHMENT:
        return upload.resolve(data.draw(attachments()))
    if option["type"] == INTEGER:
        return data.draw(st.integers(-(2**53), 2**53))
    if option["type"] == BOOLEAN:
        return data.draw(st.booleans())
    subjects = [*person.subjects, *fuzzed.bystander.subjects]
    known = [*subjects, "Out", *(choice["value"] for choice in option.get("choices") or [])]
    return data.draw(st.one_of(st.sampled_from(known), texts(min(4_000, option.get("max_length") or 4_000))))


def options(fuzzed: FuzzedBot, command: dict[str, Any], person: Person, data: st.DataObject) -> dict[str, Any]:
    """A command's data with options that may be missing, in any order, or unknown."""
    upload = Uploader(fuzzed.sim.world, fuzzed.guild.general)
    declared = command["options"] or []
    chosen = (
        data.draw(st.lists(st.sampled_from(declared), unique_by=lambda one: one["name"], max_size=5))
        if declared
        else []
    )
    given = [
        {"name": one["name"], "type": one["type"], "value": draw_value(fuzzed, upload, one, person, data)}
        for one in chosen
    ]
    if data.draw(st.integers(0, 9)) == 0:
        given.append({"name": "nothing-of-ours", "type": STRING, "value": data.draw(texts(100))})
    found = {"id": command["id"], "name": command["name"], "type": command["type"], "options": given}
    return {**found, "resolved": {"attachments": upload.resolved}} if upload.resolved else found


@fuzz(10)
def test_every_command_answers_whatever_its_options(fuzzed: FuzzedBot, data: st.DataObject) -> None:
    async def example() -> None:
        person = await data.draw(st.sampled_from([fuzzed.stranger, fuzzed.owner, fuzzed.manager]))()
        for command in fuzzed.sim.commands.all():
            if command["type"] == MESSAGE_COMMAND:
                continue
            await fuzzed.open(f"/{command['name']}", person, COMMAND, options(fuzzed, command, person, data))
            for one in command["options"] or []:
                if one.get("autocomplete"):
                    typed = draw_value(fuzzed, Uploader(fuzzed.sim.world, fuzzed.guild.general), one, person, data)
                    focused = {"name": one["name"], "type": one["type"], "value": typed, "focused": True}
                    about = {key: command[key] for key in ("id", "name", "type")} | {"options": [focused]}
                    door = f"suggestions for {one['name']}: of /{command['name']}"
                    await fuzzed.open(door, person, AUTOCOMPLETE, about)
        await fuzzed.settle()
        fuzzed.check("commands, afterwards", person)

    fuzzed.run(example())


@fuzz(8)
def test_every_menu_of_a_message_answers_whatever_the_message(fuzzed: FuzzedBot, data: st.DataObject) -> None:
    async def example() -> None:
        person, author = await fuzzed.stranger(), await fuzzed.stranger()
        world, general = fuzzed.sim.world, fuzzed.guild.general
        for command in fuzzed.sim.commands.all():
            if command["type"] != MESSAGE_COMMAND:
                continue
            message = Message(world.clock.snowflake(), general, author.user.account, world.clock.isoformat())
            message.content = data.draw(texts(4_000))
            files = data.draw(st.lists(attachments(), max_size=2))
            message.uploads = [Uploader(world, general).store(one) for one in files]
            if data.draw(st.booleans()):
                field = {"name": data.draw(texts(200)), "value": data.draw(texts(900)), "inline": False}
                message.embeds = [{"type": "rich", "title": data.draw(texts(200)), "fields": [field]}]
            if data.draw(st.booleans()):
                message.snapshots = (message.snapshot(),)
            number = str(message.id)
            about = {key: command[key] for key in ("id", "name", "type")}
            about |= {"target_id": number, "resolved": {"messages": {number: message.payload()}}}
            await fuzzed.open(f"“{command['name']}”", person, COMMAND, about)
        await fuzzed.settle()
        fuzzed.check("a message's menu, afterwards", person)

    fuzzed.run(example())


@pytest.mark.parametrize("option", ["file", "notes"])
@fuzz(8)
def test_a_file_is_read_or_refused_in_a_sentence(fuzzed: FuzzedBot, option: str, data: st.DataObject) -> None:
    """Each file by itself, at every command that takes one of that name."""

    async def example() -> None:
        person = await fuzzed.stranger()
        for command in fuzzed.sim.commands.all():
            declared = {one["name"]: one for one in command["options"] or []}
            if option in declared:
                upload = Uploader(fuzzed.sim.world, fuzzed.guild.general)
                value = upload.resolve(data.draw(attachments()))
                about = {key: command[key] for key in ("id", "name", "type")}
                about |= {"options": [{"name": option, "type": ATTACHMENT, "value": value}]}
                about |= {"resolved": {"attachments": upload.resolved}}
                act = await fuzzed.open(f"a file for /{command['name']}", person, COMMAND, about)
                assert (await act.message()).text
        await fuzzed.settle()
        fuzzed.check("a file, afterwards", person)

    fuzzed.run(example())
