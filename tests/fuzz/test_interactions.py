"""Buttons, menus, entries of More and forms: every action of the router's tables, as a stranger and as an owner."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from bot.discord_ui.interactions.custom_ids import parse_custom_id
from bot.discord_ui.interactions.router import ACTION_TABLES, MORE_MENU, find_route
from tests.fuzz.examples import fuzz
from tests.fuzz.fuzzed_bot import FuzzedBot, Person
from tests.fuzz.hostile import attachments, custom_ids, texts
from tests.simulators.discord import Modal
from tests.simulators.discord.command_options import Uploader
from tests.simulators.discord.interactions import COMPONENT, SUBMIT

ACTIONS = [(kind, name) for kind, table in ACTION_TABLES.items() for name in table]
FORMS = [(kind, name) for kind, name in ACTIONS if ACTION_TABLES[kind][name].opens_form]
FIELDS = (
    *("paste1", "paste4", "answer", "answer2", "left-out", "body0", "body1", "instruction", "section", "title", "text"),
    *("feedback", "sentence", "file", "word", "server", "member", "no such field", "\x00", "x" * 100),
)
every_action = pytest.mark.parametrize(("kind", "action"), ACTIONS, ids=[f"{kind} {name}" for kind, name in ACTIONS])


async def try_door(fuzzed: FuzzedBot, person: Person, who: str, kind: str, action: str, data: st.DataObject) -> None:
    """Try one action in one of the four ways, with an id that may be the bystander's."""
    subjects = (*person.subjects, *person.subjects, *fuzzed.bystander.subjects)
    way = data.draw(
        st.sampled_from(["button", "menu", "form", "More"] if kind == "essay" else ["button", "menu", "form"])
    )
    custom_id = data.draw(custom_ids(kind, MORE_MENU if way == "More" else action, subjects))
    on = data.draw(st.sampled_from([person.panel, person.panel, fuzzed.bystander.panel]))
    door = f"{way}, {who}"
    if way == "form":
        sent = form_data(fuzzed, custom_id, data)
        await fuzzed.open(door, person, SUBMIT, sent, source=data.draw(st.sampled_from([None, on])))
        return
    about: dict[str, Any] = {"custom_id": custom_id, "component_type": 2 if way == "button" else 3, "id": 1}
    if way == "More":
        about["values"] = [action]
    elif way == "menu":
        known = [*subjects, "0", "1", "999999999", "", "short-one", str(fuzzed.guild.id), "9" * 20, "9" * 21]
        about["values"] = data.draw(st.lists(st.one_of(st.sampled_from(known), texts(100)), max_size=3))
    await fuzzed.open(door, person, COMPONENT, about, source=on)


def form_data(fuzzed: FuzzedBot, custom_id: str, data: st.DataObject) -> dict[str, Any]:
    """A form with fields that may be missing, too many, or of another kind than the action's own."""
    upload = Uploader(fuzzed.sim.world, fuzzed.guild.general)
    components = []
    for number, name in enumerate(data.draw(st.lists(st.sampled_from(FIELDS), max_size=5))):
        inside: dict[str, Any] = {"id": 2 * number + 2, "custom_id": name}
        what = data.draw(st.sampled_from(["text", "text", "text", "choice", "tick", "file", "nothing"]))
        if what == "text":
            inside |= {"type": 4, "value": data.draw(texts(4_000))}
        elif what == "choice":
            inside |= {"type": 3, "values": data.draw(st.lists(texts(100), max_size=2))}
        elif what == "tick":
            inside |= {"type": 23, "value": data.draw(st.booleans())}
        elif what == "file":
            inside |= {"type": 19, "values": [upload.resolve(data.draw(attachments()))]}
        else:
            inside |= {"type": 4, "value": None}
        components.append({"type": 18, "id": 2 * number + 1, "component": inside})
    found: dict[str, Any] = {"custom_id": custom_id, "components": components}
    return {**found, "resolved": {"attachments": upload.resolved}} if upload.resolved else found


@every_action
@fuzz(1)
def test_a_stranger_reaches_nothing_by_an_action(
    fuzzed: FuzzedBot, kind: str, action: str, data: st.DataObject
) -> None:
    async def example() -> None:
        person = await fuzzed.stranger()
        for _ in range(2):
            await try_door(fuzzed, person, "as a stranger", kind, action, data)
        await still_answers(fuzzed, person)

    fuzzed.run(example())


@every_action
@fuzz(1)
def test_an_owner_meets_no_bug_by_an_action(fuzzed: FuzzedBot, kind: str, action: str, data: st.DataObject) -> None:
    async def example() -> None:
        person = await owner_of(fuzzed, kind)
        if action.startswith(("share", "feedback")):
            await fuzzed.share(person)
        for _ in range(2):
            await try_door(fuzzed, person, "as an owner", kind, action, data)
        await still_answers(fuzzed, person)

    fuzzed.run(example())


async def owner_of(fuzzed: FuzzedBot, kind: str) -> Person:
    """Return somebody who has what such actions are about.

    An essay with its critique, a server that they manage, or the text of somebody else's in its thread.
    """
    made = {"server": fuzzed.manager, "share": fuzzed.reader}
    return await made.get(kind, fuzzed.owner)()


async def still_answers(fuzzed: FuzzedBot, person: Person) -> None:
    """The bot goes on: what was begun ends, and the next command is answered."""
    await fuzzed.settle()
    act = await person.user.slash(fuzzed.guild, "help")
    assert (await act.message()).text
    fuzzed.check("afterwards", person)


@pytest.mark.parametrize(("kind", "action"), FORMS, ids=[f"{kind} {name}" for kind, name in FORMS])
@fuzz(1)
def test_what_is_typed_into_a_form_is_stored_or_given_back(
    fuzzed: FuzzedBot, kind: str, action: str, data: st.DataObject
) -> None:
    async def example() -> None:
        person = await owner_of(fuzzed, kind)
        form = await opened(fuzzed, person, kind, action, data)
        if form is None:
            fuzzed.count("form that the bot opened", refused=True)
            return
        route = find_route(parse_custom_id(form.custom_id), "")
        typed: dict[str, object] = {}
        marks: list[str] = []
        for number, (_, part) in enumerate(form.fields):
            if part["type"] == 4:
                mark = f"k{fuzzed.counts.total()}x{number}k"
                most = max(0, (part.get("max_length", 4_000) - len(mark) - 2) // 2)
                typed[part["custom_id"]] = f"{data.draw(texts(most))} {mark} {data.draw(texts(most))}"
                marks.append(mark)
        shape = "subject" if data.draw(st.booleans()) else "version"
        if data.draw(st.booleans()):  # as on an old message
            parts = form.custom_id.split(":")
            parts[{"subject": 3, "version": 4}[shape]] = {"subject": fuzzed.bystander.subjects[0], "version": "7"}[
                shape
            ]
            form.payload["custom_id"] = ":".join(parts)
        for _, field in form.fields:
            if field["type"] == 19:
                field["required"] = False
        act = await person.user.submit(form, typed)
        await act.acknowledged()
        await fuzzed.bot.client.dispatcher.wait_until_idle()
        await fuzzed.settle()
        fuzzed.count("form that the bot opened")
        fuzzed.check("form that the bot opened", person, act.interaction, typed)
        if not route.action.is_personal:
            kept = await fuzzed.stored(person) + fuzzed.shown(person, act.interaction)
            for mark in marks:
                assert mark in kept, (form.custom_id, typed)

    fuzzed.run(example())


async def opened(fuzzed: FuzzedBot, person: Person, kind: str, action: str, data: st.DataObject) -> Modal | None:
    """The form that an action opens on something of the person's own, if it opens one."""
    subject = "-"
    if kind != "server":
        subject = person.subjects[0] if kind in ("essay", "share") else data.draw(st.sampled_from(person.subjects[1:]))
    argument = data.draw(st.sampled_from(["0", "1", "1.1"]))
    if action == "answer" and kind == "essay":
        await fuzzed.open(
            "button, as an owner",
            person,
            COMPONENT,
            {"custom_id": f"essay:v1:interview:{subject}:1:", "component_type": 2, "id": 1},
            source=person.panel,
        )
        await fuzzed.settle()
    about = {"custom_id": f"{kind}:v1:{action}:{subject}:1:{argument}", "component_type": 2, "id": 1}
    act = await fuzzed.open("button, as an owner", person, COMPONENT, about, source=person.panel)
    return act.interaction.modal
