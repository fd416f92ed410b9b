"""Forms: what Discord refuses in them, and what a person can fill in and send."""

from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import Attachment, DiscordSimulator, NotOfferedError, User, Wire


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator() as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        await found.register({"name": "draft"})
        yield found


@pytest.fixture
def user(sim: DiscordSimulator) -> User:
    return sim.user("writer")


def modal(*components: object, **more: object) -> dict[str, object]:
    field = {"type": 18, "label": "Draft", "component": {"type": 4, "custom_id": "body", "style": 2}}
    return {"custom_id": "form", "title": "Form", "components": list(components or [field]), **more}


def label(component: dict[str, object], **more: object) -> dict[str, object]:
    return {"type": 18, "label": "Field", "component": {"custom_id": "f", **component}, **more}


@pytest.mark.parametrize(
    ("data", "where", "complaint"),
    [
        (modal(title="x" * 46), ("title",), "BASE_TYPE_BAD_LENGTH"),
        (modal(custom_id="x" * 101), ("custom_id",), "BASE_TYPE_BAD_LENGTH"),
        (modal(components=[]), ("components",), "BASE_TYPE_BAD_LENGTH"),
        (
            modal(*[label({"type": 4, "style": 1, "custom_id": str(n)}) for n in range(6)]),
            ("components",),
            "BASE_TYPE_BAD_LENGTH",
        ),
        (modal(label({"type": 4, "style": 1}, label="x" * 46)), ("components", 0, "label"), "BASE_TYPE_BAD_LENGTH"),
        (
            modal(label({"type": 4, "style": 1}, description="x" * 101)),
            ("components", 0, "description"),
            "BASE_TYPE_MAX_LENGTH",
        ),
        (modal(label({"type": 4, "style": 3})), ("components", 0, "component", "style"), "BASE_TYPE_CHOICES"),
        (
            modal(label({"type": 4, "style": 1, "value": "x" * 4001})),
            ("components", 0, "component", "value"),
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            modal(label({"type": 4, "style": 1, "max_length": 4001})),
            ("components", 0, "component", "max_length"),
            "NUMBER_TYPE_MAX",
        ),
        (
            modal(label({"type": 4, "style": 1, "placeholder": "x" * 101})),
            ("components", 0, "component", "placeholder"),
            "BASE_TYPE_MAX_LENGTH",
        ),
        (
            modal(label({"type": 4, "style": 1, "disabled": True})),
            ("components", 0, "component", "disabled"),
            "COMPONENT_DISABLED_IN_MODAL",
        ),
        (
            modal(label({"type": 4, "style": 1}), label({"type": 4, "style": 1})),
            ("components", 1, "component", "custom_id"),
            "COMPONENT_CUSTOM_ID_DUPLICATED",
        ),
        (
            modal(label({"type": 19, "max_values": 11})),
            ("components", 0, "component", "max_values"),
            "NUMBER_TYPE_MAX",
        ),
        (
            modal(label({"type": 19, "min_values": 0})),
            ("components", 0, "component", "min_values"),
            "COMPONENT_MIN_VALUES_REQUIRED",
        ),
        (
            modal(label({"type": 21, "options": [{"label": "a", "value": "a"}]})),
            ("components", 0, "component", "options"),
            "BASE_TYPE_BAD_LENGTH",
        ),
        (modal(label({"type": 2, "style": 1})), ("components", 0, "component"), "UNION_TYPE_CHOICES"),
        (modal({"type": 4, "custom_id": "x", "style": 1}), ("components", 0), "UNION_TYPE_CHOICES"),
    ],
)
async def test_a_form_beyond_a_limit_is_refused(
    wire: Wire, user: User, data: dict[str, object], where: tuple[str | int, ...], complaint: str
) -> None:
    act = await user.slash(user.dm, "draft")
    reply = await wire.answer(act, 9, data)
    assert reply.says == (400, 50035)
    assert reply.complaint("data", *where) == complaint
    assert user.screen.modal is None


async def test_every_kind_of_field_is_filled_as_the_client_would(wire: Wire, user: User) -> None:
    options = [{"label": "Plain", "value": "p"}, {"label": "Warm", "value": "w"}]
    parts = [
        label({"type": 4, "style": 2, "custom_id": "text", "min_length": 2, "max_length": 5}, label="Text"),
        label({"type": 21, "custom_id": "radio", "options": options}, label="Radio"),
        label({"type": 22, "custom_id": "boxes", "options": options, "required": False}, label="Boxes"),
        label({"type": 23, "custom_id": "box"}, label="Box"),
        label({"type": 19, "custom_id": "file", "required": False}, label="File"),
    ]
    act = await user.slash(user.dm, "draft")
    assert (await wire.answer(act, 9, modal(*parts))).status == 200
    form = await act.modal()
    for wrong in (
        {"Text": "x"},
        {"Text": "123456"},
        {"Text": "1234"},
        {"Text": "1234", "Radio": "Loud"},
        {"Tone": "x"},
    ):
        with pytest.raises(NotOfferedError):
            await user.submit(form, wrong)
    two = {"Text": "1234", "Radio": "Warm", "File": [Attachment("a", b"1"), Attachment("b", b"2")]}
    with pytest.raises(NotOfferedError):
        await user.submit(form, two)
    act = await user.submit(form, {**two, "File": [Attachment("a", b"1")], "Boxes": ["Plain", "w"], "box": True})
    sent = [one["component"] for one in act.interaction.data["components"]]
    assert [one.get("value", one.get("values")) for one in sent[:4]] == ["1234", "w", ["p", "w"], True]
    assert list(act.interaction.data["resolved"]["attachments"]) == sent[4]["values"]
    assert user.screen.modal is form
    await wire.answer(act, 4, {"content": "thanks"})
    assert user.screen.modal is None


async def test_a_form_that_is_not_answered_stays_open(sim: DiscordSimulator, wire: Wire, user: User) -> None:
    opener = await user.slash(user.dm, "draft")
    await wire.answer(opener, 9, modal())
    form = await opener.modal()
    with pytest.raises(NotOfferedError, match="does not take 0 characters"):
        await user.submit(form)
    await user.submit(form, {"Draft": "text"})
    sim.clock.advance(4)
    assert user.screen.notices == ("Something went wrong. Try again.",)
    again = await user.submit(form, {"Draft": "text"})
    assert (await wire.answer(again, 4, {"content": "got it"})).status == 200
