"""Interactions: one answer, in time, of an allowed kind; then a token that lives fifteen minutes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import Act, DiscordSimulator, NotOfferedError, Settings, User, Wire

V2 = 1 << 15
PANEL = {
    "content": "panel",
    "components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}],
}


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(rate_limits=False)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        option = {"name": "topic", "description": "x", "type": 3, "autocomplete": True}
        await found.register({"name": "draft", "options": [option]}, {"name": "Critique", "type": 3, "description": ""})
        yield found


@pytest.fixture
def user(sim: DiscordSimulator) -> User:
    return sim.user("writer")


def modal(*components: object, **more: object) -> dict[str, object]:
    field = {"type": 18, "label": "Draft", "component": {"type": 4, "custom_id": "body", "style": 2}}
    return {"custom_id": "form", "title": "Form", "components": list(components or [field]), **more}


async def clicked(wire: Wire, user: User) -> Act:
    """A click on a panel in the user's DM."""
    act = await user.slash(user.dm, "draft")
    assert (await wire.answer(act, 4, dict(PANEL))).status == 200
    return await user.click(await act.message(), "Go")


async def test_an_interaction_is_answered_once(wire: Wire, user: User) -> None:
    act = await user.slash(user.dm, "draft")
    first = await wire.answer(act, 4, {"content": "hello"})
    assert first.status == 200
    assert first.body["interaction"]["response_message_id"] == first.body["resource"]["message"]["id"]
    assert (await wire.answer(act, 4, {"content": "again"})).says == (400, 40060)
    assert user.screen.text == "hello"


async def test_two_answers_at_once_are_one_answer(
    sim: DiscordSimulator, wire: Wire, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even while the first is still being announced to a slow gateway."""

    async def slow(*event: object, **more: object) -> None:
        await asyncio.sleep(0.02)

    act = await user.slash(user.dm, "draft")
    monkeypatch.setattr(sim.gateway, "dispatch", slow)
    replies = await asyncio.gather(*(wire.answer(act, 4, {"content": str(number)}) for number in range(5)))
    assert sorted(one.code for one in replies) == [0, 40060, 40060, 40060, 40060]
    assert len(sim.messages) == 1


async def test_a_refused_answer_leaves_the_interaction_open(wire: Wire, user: User) -> None:
    act = await user.slash(user.dm, "draft")
    reply = await wire.answer(act, 4, {"content": "x" * 2001})
    assert reply.says == (400, 50035)
    assert reply.complaint("data", "content") == "BASE_TYPE_MAX_LENGTH"
    assert (await wire.answer(act, 4, {"content": "short"})).status == 200


async def test_after_three_seconds_the_token_is_void_and_the_person_is_told(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    act = await user.slash(user.dm, "draft")
    sim.clock.advance(3.1)
    assert (await wire.answer(act, 4, {"content": "late"})).says == (404, 10062)
    assert (await wire.hook(act, "POST", payload={"content": "late"})).says == (404, 10015)
    assert user.screen.notices == ("The application did not respond",)
    assert (await wire("POST", "/interactions/1/unknown/callback", {"type": 5})).says == (404, 10062)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        ("command", {4, 5, 9}),
        ("component", {4, 5, 6, 7, 9}),
        ("typing", {8}),
        ("form", {4, 5}),
        ("form on a panel", {4, 5, 6, 7}),
    ],
)
async def test_each_kind_of_interaction_takes_its_own_kinds_of_answer(
    wire: Wire, user: User, kind: str, allowed: set[int]
) -> None:
    async def fresh() -> Act:
        if kind == "typing":
            return await user.autocomplete(user.dm, "draft", "topic", "b")
        opener = (
            await clicked(wire, user)
            if kind in ("component", "form on a panel")
            else await user.slash(user.dm, "draft")
        )
        if not kind.startswith("form"):
            return opener
        assert (await wire.answer(opener, 9, modal())).status == 200
        return await user.submit(await opener.modal(), {"Draft": "text"})

    data: dict[int, dict[str, object] | None] = {8: {"choices": []}, 9: modal(), 6: None, 5: None}
    for answer in range(4, 10):
        reply = await wire.answer(await fresh(), answer, data.get(answer, {"content": "x"}))
        assert reply.says == ((200, 0) if answer in allowed else (400, 50035)), answer


async def test_a_deferred_answer_shows_thinking_until_it_is_edited(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    """Flags but EPHEMERAL are ignored at the defer, so the edit must bring the V2 flag itself."""
    act = await user.slash(sim.guild("Writers"), "draft")
    reply = await wire.answer(act, 5, {"flags": 64 | V2})
    assert reply.body["interaction"]["response_message_loading"] is True
    assert "message" not in reply.body["resource"]
    assert user.screen.text == "is thinking…"
    shown = {"components": [{"type": 10, "content": "done"}]}
    refused = await wire.hook(act, "PATCH", "/messages/@original", shown)
    assert refused.complaint("components", 0) == "UNION_TYPE_CHOICES"
    edited = await wire.hook(act, "PATCH", "/messages/@original", {**shown, "flags": V2})
    assert edited.body["flags"] == V2 | 64
    assert user.screen.text == "done"


async def test_the_first_followup_of_a_defer_fills_the_loading_message(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    act = await user.slash(user.dm, "draft")
    await wire.answer(act, 5)
    await wire.hook(act, "POST", payload={"content": "filled", "flags": 64})
    assert [(one.text, one.ephemeral) for one in sim.messages] == [("filled", False)]
    assert len(sim.interactions.deprecated) == 1


async def test_ephemeral_messages_do_not_exist_on_channel_routes(sim: DiscordSimulator, wire: Wire, user: User) -> None:
    place = sim.guild("Writers").general
    act = await user.slash(place, "draft")
    sent = await wire.answer(act, 4, {"content": "secret", "flags": 64})
    number = sent.body["resource"]["message"]["id"]
    for method in ("GET", "PATCH", "DELETE"):
        assert (await wire(method, f"/channels/{place.id}/messages/{number}", {"content": "x"})).says == (404, 10008)
    assert (await wire("GET", f"/channels/{place.id}/messages")).body == []
    assert (await wire.hook(act, "GET", "/messages/@original")).body["content"] == "secret"
    assert (await wire.hook(act, "PATCH", f"/messages/{number}", {"content": "new"})).status == 200
    assert (await wire.hook(act, "DELETE", "/messages/@original")).status == 204
    assert user.screen.text == ""


async def test_a_token_reaches_its_own_messages_alone(wire: Wire, user: User) -> None:
    first, second = await user.slash(user.dm, "draft"), await user.slash(user.dm, "draft")
    number = (await wire.answer(first, 4, {"content": "first"})).body["resource"]["message"]["id"]
    await wire.answer(second, 4, {"content": "second"})
    follow = (await wire.hook(second, "POST", payload={"content": "more"})).body["id"]
    assert (await wire.hook(second, "PATCH", f"/messages/{number}", {"content": "x"})).says == (404, 10008)
    assert (await wire.hook(second, "PATCH", f"/messages/{follow}", {"content": "changed"})).status == 200
    assert (await wire.hook(second, "DELETE", f"/messages/{follow}")).status == 204
    assert (await wire.hook(second, "GET", f"/messages/{follow}")).says == (404, 10008)
    assert (await wire("GET", f"/webhooks/1/{first.interaction.token}/messages/@original")).says == (404, 10015)


async def test_only_the_callback_can_give_the_first_response(wire: Wire, user: User) -> None:
    act = await user.slash(user.dm, "draft")
    assert (await wire.hook(act, "POST", payload={"content": "x"})).says == (404, 10015)
    await wire.answer(act, 9, modal())
    assert (await wire.hook(act, "GET", "/messages/@original")).says == (404, 10008)


async def test_a_token_dies_after_fifteen_minutes_and_a_click_brings_a_new_one(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    act = await user.slash(sim.guild("Writers"), "draft")
    await wire.answer(act, 4, {**PANEL, "flags": 64})
    message = await act.message()
    sim.clock.advance(899)
    assert (await wire.hook(act, "PATCH", "/messages/@original", {"content": "in time"})).status == 200
    sim.clock.advance(1)
    assert (await wire.hook(act, "PATCH", "/messages/@original", {"content": "late"})).says == (401, 50027)
    assert (await wire.hook(act, "POST", payload={"content": "late"})).says == (401, 50027)
    again = await user.click(message, "Go")
    assert (await wire.answer(again, 7, {"content": "revived"})).status == 200
    assert message.content == "revived"
    assert message.ephemeral


async def test_a_deferred_answer_that_never_comes_is_told_to_the_person(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    act = await user.slash(user.dm, "draft")
    await wire.answer(act, 5)
    sim.clock.advance(900)
    assert user.screen.notices == ("The application did not respond",)


async def test_an_update_defers_quietly_and_edits_the_message_of_the_click(wire: Wire, user: User) -> None:
    act = await clicked(wire, user)
    await wire.answer(act, 6)
    assert user.screen.text.startswith("panel")
    await wire.hook(act, "PATCH", "/messages/@original", {"content": "changed", "components": []})
    assert user.screen.text == "changed"


async def test_a_click_carries_the_whole_message_with_integer_ids(
    sim: DiscordSimulator, wire: Wire, user: User
) -> None:
    socket = await wire.connect()
    await socket.identify(sim.token)
    assert (await socket.next())["t"] == "READY"
    act = await clicked(wire, user)
    events = [await socket.next(), await socket.next()]
    click = events[1]["d"]
    assert click["data"] == {"custom_id": "go", "component_type": 2, "id": 2}
    assert click["message"]["components"][0]["components"][0]["custom_id"] == "go"
    assert click["context"] == 1
    assert click["authorizing_integration_owners"] == {"0": "0"}
    assert "member" not in click
    assert click["user"]["id"] == str(user.id)
    assert act.interaction.id == int(click["id"])
    await socket.close()


async def test_a_disabled_button_and_a_link_cannot_be_pressed(wire: Wire, user: User) -> None:
    off = {"type": 2, "style": 1, "label": "Off", "custom_id": "off", "disabled": True}
    link = {"type": 2, "style": 5, "label": "Link", "url": "https://example.org"}
    act = await user.slash(user.dm, "draft")
    await wire.answer(act, 4, {"content": "x", "components": [{"type": 1, "components": [off, link]}]})
    message = await act.message()
    assert message.text == "x\n[Off, disabled] [Link]"
    for name in ("Off", "Link", "Missing"):
        with pytest.raises(NotOfferedError):
            await user.click(message, name)


async def test_callbacks_and_followups_take_files(wire: Wire, user: User) -> None:
    act = await user.slash(user.dm, "draft")
    shown = {"flags": V2, "components": [{"type": 13, "file": {"url": "attachment://a.md"}}]}
    assert (await wire.answer(act, 4, shown, {"a.md": b"A"})).status == 200
    await wire.hook(act, "POST", payload={"content": "b"}, files={"b.md": b"B"})
    assert [one.files for one in act.messages] == [{"a.md": b"A"}, {"b.md": b"B"}]


async def test_a_server_without_the_app_takes_five_followups(sim: DiscordSimulator, wire: Wire) -> None:
    user = sim.user("writer", installed=True)
    act = await user.slash(sim.guild("Elsewhere", bot=False), "draft")
    await wire.answer(act, 4, {"content": "x"})
    replies = [await wire.hook(act, "POST", payload={"content": "x"}) for _ in range(6)]
    assert [one.says for one in replies] == [(200, 0)] * 5 + [(400, 40094)]
    assert (await wire.hook(act, "PATCH", "/messages/@original", {"content": "y"})).status == 200


@pytest.mark.parametrize(
    "choices",
    [
        [{"name": str(number), "value": str(number)} for number in range(26)],
        [{"name": "", "value": "x"}],
        [{"name": "x" * 101, "value": "x"}],
        [{"name": "x", "value": "x" * 101}],
        [{"name": "x", "value": 1}],
    ],
)
async def test_suggestions_beyond_a_limit_are_refused(wire: Wire, user: User, choices: list[object]) -> None:
    act = await user.autocomplete(user.dm, "draft", "topic", "b")
    assert (await wire.answer(act, 8, {"choices": choices})).says == (400, 50035)
