"""Messages: what Discord refuses is refused, with its status and code, and nothing changes."""

from collections.abc import AsyncIterator

import pytest

from tests.simulators.discord import DiscordSimulator, DmPolicy, Settings, Wire

MIB = 1024 * 1024
V2 = 1 << 15


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(Settings(rate_limits=False)) as simulator:
        yield simulator


@pytest.fixture
async def wire(sim: DiscordSimulator) -> AsyncIterator[Wire]:
    async with Wire(sim) as found:
        yield found


@pytest.fixture
def path(sim: DiscordSimulator) -> str:
    return f"/channels/{sim.guild('Writers').general.id}/messages"


def text(content: str) -> dict[str, object]:
    return {"type": 10, "content": content}


def button(**more: object) -> dict[str, object]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go", **more}


def row(*children: object) -> dict[str, object]:
    return {"type": 1, "components": list(children)}


def select(count: int = 2, **more: object) -> dict[str, object]:
    options = [{"label": f"Option {number}", "value": str(number)} for number in range(count)]
    return {"type": 3, "custom_id": "pick", "options": options, **more}


def v2(*components: object, **more: object) -> dict[str, object]:
    return {"flags": V2, "components": list(components), **more}


def embed(**more: object) -> dict[str, object]:
    return {"embeds": [{"title": "x", **more}]}


REFUSED: list[tuple[dict[str, object], tuple[str | int, ...], str]] = [
    ({"content": "x" * 2001}, ("content",), "BASE_TYPE_MAX_LENGTH"),
    ({"content": "𝒳" * 1001}, ("content",), "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "flags": 64}, ("flags",), "BASE_TYPE_FLAGS"),
    (embed(title="x" * 257), ("embeds", 0, "title"), "BASE_TYPE_MAX_LENGTH"),
    (embed(description="x" * 4097), ("embeds", 0, "description"), "BASE_TYPE_MAX_LENGTH"),
    (embed(footer={"text": "x" * 2049}), ("embeds", 0, "footer", "text"), "BASE_TYPE_MAX_LENGTH"),
    (embed(author={"name": "x" * 257}), ("embeds", 0, "author", "name"), "BASE_TYPE_MAX_LENGTH"),
    (embed(fields=[{"name": "n", "value": "v"}] * 26), ("embeds", 0, "fields"), "BASE_TYPE_MAX_LENGTH"),
    (embed(fields=[{"name": "n" * 257, "value": "v"}]), ("embeds", 0, "fields", 0, "name"), "BASE_TYPE_MAX_LENGTH"),
    (embed(fields=[{"name": "n", "value": ""}]), ("embeds", 0, "fields", 0, "value"), "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, ("embeds",), "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"title": "x"}] * 11}, ("embeds",), "BASE_TYPE_MAX_LENGTH"),
    (v2(text("x"), content="y"), ("content",), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_2"),
    (v2(text("x"), embeds=[{"title": "y"}]), ("embeds",), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_2"),
    ({"components": [text("x")]}, ("components", 0), "UNION_TYPE_CHOICES"),
    ({"content": "x", "components": [row(button())] * 6}, ("components",), "BASE_TYPE_MAX_LENGTH"),
    (v2(button()), ("components", 0), "UNION_TYPE_CHOICES"),
    (v2(*[text("x")] * 41), ("components",), "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED"),
    (
        v2({"type": 17, "components": [text("x")] * 38}, row(button())),
        ("components",),
        "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
    ),
    (v2(text("x" * 2001), text("x" * 2000)), ("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    (v2(text("😀" * 2001)), ("components",), "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED"),
    (v2(text("")), ("components", 0, "content"), "BASE_TYPE_BAD_LENGTH"),
    (v2(text(" \n")), ("components", 0, "content"), "BASE_TYPE_BAD_LENGTH"),
    (v2(text("x"), row()), ("components", 1, "components"), "BASE_TYPE_BAD_LENGTH"),
    (
        v2(row(*[button(custom_id=str(number)) for number in range(6)])),
        ("components", 0, "components"),
        "BASE_TYPE_BAD_LENGTH",
    ),
    (v2(row(button(), select())), ("components", 0, "components"), "BASE_TYPE_BAD_LENGTH"),
    (v2(row(button(), button())), ("components", 0, "components", 1, "custom_id"), "COMPONENT_CUSTOM_ID_DUPLICATED"),
    (v2(row(button(custom_id="x" * 101))), ("components", 0, "components", 0, "custom_id"), "BASE_TYPE_BAD_LENGTH"),
    (v2(row(button(custom_id=""))), ("components", 0, "components", 0, "custom_id"), "BASE_TYPE_BAD_LENGTH"),
    (v2(row(button(label="x" * 81))), ("components", 0, "components", 0, "label"), "BASE_TYPE_MAX_LENGTH"),
    (v2(row(button(label=None))), ("components", 0, "components", 0, "label"), "BUTTON_COMPONENT_LABEL_REQUIRED"),
    (v2(row(button(style=5))), ("components", 0, "components", 0, "url"), "BASE_TYPE_REQUIRED"),
    (
        v2(row(button(emoji={"name": "smile"}))),
        ("components", 0, "components", 0, "emoji", "name"),
        "BUTTON_COMPONENT_INVALID_EMOJI",
    ),
    (v2(row(select(26))), ("components", 0, "components", 0, "options"), "BASE_TYPE_BAD_LENGTH"),
    (v2(row(select(0))), ("components", 0, "components", 0, "options"), "BASE_TYPE_BAD_LENGTH"),
    (v2(row(select(placeholder="x" * 151))), ("components", 0, "components", 0, "placeholder"), "BASE_TYPE_MAX_LENGTH"),
    (v2(row(select(max_values=3))), ("components", 0, "components", 0, "max_values"), "SELECT_COMPONENT_MAX_VALUES"),
    (
        v2(row({"type": 3, "custom_id": "p", "options": [{"label": "a", "value": "1"}, {"label": "b", "value": "1"}]})),
        ("components", 0, "components", 0, "options", 1, "value"),
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    (v2({"type": 9, "components": [text("x")]}), ("components", 0, "accessory"), "UNION_TYPE_CHOICES"),
    (
        v2({"type": 9, "components": [text("x")] * 4, "accessory": button()}),
        ("components", 0, "components"),
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        v2({"type": 17, "components": [{"type": 17, "components": [text("x")]}]}),
        ("components", 0, "components", 0),
        "UNION_TYPE_CHOICES",
    ),
    (v2({"type": 12, "items": []}), ("components", 0, "items"), "BASE_TYPE_BAD_LENGTH"),
    (
        v2({"type": 13, "file": {"url": "https://cdn.example/essay.md"}}),
        ("components", 0, "file", "url"),
        "URL_TYPE_INVALID_SCHEME",
    ),
    (
        v2({"type": 13, "file": {"url": "attachment://essay.md"}}),
        ("components", 0, "file", "url"),
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    (v2({**text("x"), "id": 4}, {**text("y"), "id": 4}), ("components",), "COMPONENT_ID_DUPLICATED"),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        ("allowed_mentions",),
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ({"content": "x", "attachments": [{"id": 0, "filename": "a"}]}, ("attachments", 0, "id"), "ATTACHMENT_NOT_FOUND"),
]


@pytest.mark.parametrize(("payload", "where", "complaint"), REFUSED)
async def test_a_message_beyond_a_limit_is_refused_at_its_field(
    sim: DiscordSimulator,
    wire: Wire,
    path: str,
    payload: dict[str, object],
    where: tuple[str | int, ...],
    complaint: str,
) -> None:
    reply = await wire("POST", path, payload)
    assert reply.says == (400, 50035)
    assert reply.complaint(*where) == complaint
    assert sim.messages == []


@pytest.mark.parametrize(
    "payload",
    [
        {"content": "x" * 2000},
        embed(title="x" * 256, description="y" * 4096, footer={"text": "z" * 1648}),
        v2(*[text("x")] * 40),
        v2(text("x" * 4000)),
        v2(text("é" * 4000)),
        v2(row(button(label="x" * 80, custom_id="y" * 100))),
        v2(row(select(25, placeholder="x" * 150, max_values=25))),
        v2({"type": 9, "components": [text("x")] * 3, "accessory": button()}),
        v2({"type": 17, "components": [text("x"), {"type": 14}, row(button())], "accent_color": 0xFFFFFF}),
        {"content": "x", "components": [row(button(style=5, url="https://example.org", custom_id=None))]},
    ],
)
async def test_a_message_at_a_limit_is_accepted(wire: Wire, path: str, payload: dict[str, object]) -> None:
    assert (await wire("POST", path, payload)).status == 200


@pytest.mark.parametrize(
    "payload", [{}, {"content": ""}, {"content": " \n "}, {"flags": V2, "components": []}, {"embeds": []}]
)
async def test_an_empty_message_is_refused(wire: Wire, path: str, payload: dict[str, object]) -> None:
    assert (await wire("POST", path, payload)).says == (400, 50006)


async def test_discord_fails_on_too_many_bytes_before_its_limit_in_characters_is_reached(wire: Wire, path: str) -> None:
    """3386 characters of three bytes are 10158 bytes and pass; one more is answered with 500 (issue 8554)."""
    assert (await wire("POST", path, v2(text("書" * 3386)))).status == 200
    assert (await wire("POST", path, v2(text("書" * 3387)))).says == (500, 0)
    assert (await wire("POST", path, v2(text("書" * 1690), text("書" * 1693)))).says == (500, 0)


async def test_the_v2_flag_can_be_set_by_an_edit_and_never_removed(wire: Wire, path: str) -> None:
    plain = (await wire("POST", path, {"content": "before"})).body["id"]
    refused = await wire("PATCH", f"{path}/{plain}", v2(text("after")))
    assert refused.complaint("content") == "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_2"
    changed = await wire("PATCH", f"{path}/{plain}", v2(text("after"), content=None))
    assert (changed.status, changed.body["content"], changed.body["flags"]) == (200, "", V2)
    refused = await wire("PATCH", f"{path}/{plain}", {"flags": 0, "components": [row(button())]})
    assert refused.complaint("flags") == "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG"
    refused = await wire("PATCH", f"{path}/{plain}", {"content": "back"})
    assert refused.says == (400, 50035)
    assert (await wire("PATCH", f"{path}/{plain}", {"components": []})).says == (400, 50006)


async def test_components_come_back_with_integer_ids_in_reading_order(wire: Wire, path: str) -> None:
    sent = v2({"type": 17, "components": [{**text("x"), "id": 2}, row(button(), button(custom_id="b"))]})
    top = (await wire("POST", path, sent)).body["components"][0]
    assert (top["id"], top["components"][0]["id"]) == (1, 2)
    assert [one["id"] for one in top["components"][1]["components"]] == [4, 5]


async def test_files_of_a_message_can_be_added_shown_kept_and_removed(
    sim: DiscordSimulator, wire: Wire, path: str
) -> None:
    shown = v2(text("x"), {"type": 13, "file": {"url": "attachment://essay.md"}})
    sent = await wire("POST", path, shown, {"essay.md": b"# Essay", "hidden.txt": b"unseen"})
    message = sim.messages[0]
    assert message.text == "x\n[file essay.md]"
    assert message.files == {"essay.md": b"# Essay", "hidden.txt": b"unseen"}
    assert await wire.fetch(sent.body["attachments"][0]["url"]) == (200, b"# Essay")
    keep = {"attachments": [{"id": sent.body["attachments"][0]["id"]}]}
    await wire("PATCH", f"{path}/{message.id}", {**shown, **keep})
    assert list(message.files) == ["essay.md"]
    await wire("PATCH", f"{path}/{message.id}", {}, {"more.md": b"more"})
    assert list(message.files) == ["essay.md", "more.md"]


async def test_files_that_are_too_large_too_many_or_empty_are_refused(wire: Wire, path: str) -> None:
    assert (await wire("POST", path, {}, {"a": bytes(10 * MIB)})).status == 200
    assert (await wire("POST", path, {}, {"a": bytes(10 * MIB + 1)})).says == (413, 40005)
    assert (await wire("POST", path, {}, {name: bytes(9 * MIB) for name in "abc"})).says == (413, 40005)
    assert (await wire("POST", path, {}, {f"{number}": b"x" for number in range(11)})).says == (400, 50035)
    assert (await wire("POST", path, {"content": "x"}, {"a": b""})).says == (400, 50035)


async def test_a_file_is_renamed_as_discord_does_and_referenced_by_its_new_name(wire: Wire, path: str) -> None:
    def shown(name: str) -> dict[str, object]:
        return v2({"type": 13, "file": {"url": f"attachment://{name}"}})

    assert (await wire("POST", path, shown("my essay é.md"), {"my essay é.md": b"x"})).says == (400, 50035)
    sent = await wire("POST", path, shown("my_essay_.md"), {"my essay é.md": b"x"})
    assert (sent.body["attachments"][0]["filename"], sent.body["attachments"][0]["title"]) == (
        "my_essay_.md",
        "my essay é.md",
    )


async def test_a_file_removed_from_a_message_or_deleted_with_it_cannot_be_fetched(wire: Wire, path: str) -> None:
    sent = (await wire("POST", path, {"content": "x"}, {"a": b"1", "b": b"2"})).body
    first, second = (one["url"] for one in sent["attachments"])
    await wire("PATCH", f"{path}/{sent['id']}", {"attachments": [{"id": sent["attachments"][1]["id"]}]})
    assert [(await wire.fetch(url))[0] for url in (first, second)] == [404, 200]
    await wire("DELETE", f"{path}/{sent['id']}")
    assert (await wire.fetch(second))[0] == 404


async def test_a_file_url_stops_working_when_the_file_is_deleted_and_after_a_day(
    sim: DiscordSimulator, wire: Wire, path: str
) -> None:
    urls = [one["url"] for one in (await wire("POST", path, {}, {"a": b"1", "b": b"2"})).body["attachments"]]
    sim.delete_file(sim.messages[0].uploads[0])
    assert (await wire.fetch(urls[0]))[0] == 404
    assert (await wire.fetch(urls[1]))[0] == 200
    sim.clock.advance(25 * 3600)
    assert (await wire.fetch(urls[1]))[0] == 404


async def test_what_a_text_would_ping_is_recorded(sim: DiscordSimulator, wire: Wire, path: str) -> None:
    await wire("POST", path, {"content": "@everyone <@5>", "allowed_mentions": {"parse": []}})
    assert sim.pings == []
    await wire("POST", path, v2(text("@here <@5> <@6> <@&7>"), allowed_mentions={"parse": ["roles"], "users": ["6"]}))
    assert sim.pings == ["<@6>", "<@&7>"]
    await wire("POST", path, {"content": "@everyone"})
    assert sim.pings[-1] == "@everyone"


async def test_the_messages_of_a_channel_can_be_listed_by_limit_before_and_after(
    sim: DiscordSimulator, wire: Wire
) -> None:
    user = sim.user("writer")
    said = [await user.say(user.dm, f"line {number}") for number in range(5)]
    path = f"/channels/{user.dm.id}/messages"

    async def listed(query: str) -> list[str]:
        return [one["content"][-1] for one in (await wire("GET", path + query)).body]

    assert await listed("") == ["4", "3", "2", "1", "0"]
    assert await listed("?limit=2") == ["4", "3"]
    assert await listed(f"?after={said[1].id}&limit=2") == ["3", "2"]
    assert await listed(f"?before={said[1].id}") == ["0"]
    assert (await wire("GET", path + "?limit=101")).says == (400, 50035)


async def test_unreachable_channels_and_messages_are_refused_with_discords_error_codes(
    sim: DiscordSimulator, wire: Wire
) -> None:
    user, elsewhere = sim.user("writer"), sim.guild("Elsewhere", bot=False)
    said = await user.say(user.dm, "mine")
    dm = f"/channels/{user.dm.id}/messages"
    assert (await wire("POST", "/channels/1/messages", {"content": "x"})).says == (404, 10003)
    assert (await wire("POST", f"/channels/{elsewhere.general.id}/messages", {"content": "x"})).says == (403, 50001)
    assert (await wire("GET", f"{dm}/1")).says == (404, 10008)
    assert (await wire("PATCH", f"{dm}/{said.id}", {"content": "x"})).says == (403, 50005)
    assert (await wire("DELETE", f"{dm}/{said.id}")).says == (403, 50003)
    silent = sim.guild("Silent").general
    silent.writable = False
    assert (await wire("POST", f"/channels/{silent.id}/messages", {"content": "x"})).says == (403, 50013)
    own = (await wire("POST", dm, {"content": "x"})).body["id"]
    assert (await wire("DELETE", f"{dm}/{own}")).status == 204
    assert (await wire("GET", f"{dm}/{own}")).says == (404, 10008)
    assert (await wire("POST", dm, {"content": "x"}, token="wrong")).says == (401, 0)
    assert (await wire("POST", f"/channels/{silent.id}/threads", {"name": "x"})).says == (404, 0)


async def test_direct_messages_are_refused_where_the_user_has_closed_them(sim: DiscordSimulator, wire: Wire) -> None:
    async def reach(dms: DmPolicy, code: tuple[int, int], sending: tuple[int, int] | None) -> None:
        user = sim.user(f"reader, {dms}", dms=dms)
        assert (await wire("POST", "/users/@me/channels", {"recipient_id": str(user.id)})).says == code
        if sending:
            assert (await wire("POST", f"/channels/{user.dm.id}/messages", {"content": "x"})).says == sending

    await reach("closed", (400, 50007), (403, 50007))
    await reach("no mutual guild", (400, 50278), (403, 50278))
    await reach("too fast", (403, 40003), None)
    await reach("open", (200, 0), (200, 0))
    assert (await wire("POST", "/users/@me/channels", {"recipient_id": "5"})).says == (400, 50033)


async def test_a_repeated_nonce_gives_back_the_first_message(sim: DiscordSimulator, wire: Wire, path: str) -> None:
    sent = {"content": "x", "nonce": "7", "enforce_nonce": True}
    first, second = await wire("POST", path, sent), await wire("POST", path, sent)
    assert first.body["id"] == second.body["id"]
    assert len(sim.messages) == 1


async def test_malformed_request_bodies_are_refused_with_the_reason(
    sim: DiscordSimulator, wire: Wire, path: str
) -> None:
    assert (await wire("POST", path, {"content": "\ud800"})).status == 500
    async with wire.raw("POST", path, b"{", "application/json") as response:
        assert (response.status, (await response.json())["code"]) == (400, 50109)
    async with wire.raw("POST", path, b"x", "text/plain") as response:
        assert (response.status, (await response.json())["code"]) == (400, 50035)
        assert response.headers["Content-Type"] == "application/json"


async def test_automatic_moderation_refuses_sends_and_edits_in_servers(
    sim: DiscordSimulator, wire: Wire, path: str
) -> None:
    user = sim.user("writer")
    kept = (await wire("POST", path, {"content": "fine"})).body["id"]
    sim.automod(lambda text: "salary" in text)
    assert (await wire("POST", path, v2(text("my salary")))).says == (400, 200000)
    assert (await wire("PATCH", f"{path}/{kept}", {"content": "my salary"})).says == (400, 200000)
    assert (await wire("POST", f"/channels/{user.dm.id}/messages", {"content": "my salary"})).status == 200
    assert sim.messages[0].text == "fine"
