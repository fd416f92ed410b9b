"""Servers that would lead a call elsewhere, or never end: each ends in a sentence, and keeps what came before."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from contextlib import suppress
from typing import Any

import pytest

from bot.errors import Compressed, ModelError, NotClaude, Redirected, ServiceFault, TookTooLong, TooMuchSent
from bot.essay.structure import Structure
from bot.services.llm_ports import Models
from tests.llm.conftest import DRAFT, NOTES, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import Calling, every_port
from tests.llm.test_malformed_replies import BLOCK, START, TEXT, delta, draft, end
from tests.simulators.claude import ClaudeSimulator, Events, Flood, HttpError, Redirect

MEGABYTE = 1 << 20


def event(data: dict[str, Any]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()


def named(*data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((one["type"], json.dumps(one)) for one in data)


@every_port
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed_and_the_error_says_what_to_set(calling: Calling, status: int) -> None:
    async with ClaudeSimulator() as elsewhere:
        calling.claude.script(Redirect(f"{elsewhere.base_url}/v1/messages", status))
        with pytest.raises(Redirected, match=r"redirects to another address.*are not followed.*set ANTHROPIC_BASE_URL"):
            await calling.call(retries=2)
        assert elsewhere.requests == []
    assert len(calling.claude.requests) == 1
    assert [(row.stop_reason, row.nano_usd, row.is_estimated) for row in calling.ledger.rows] == [
        ("Redirected", 0, False)
    ]


@pytest.mark.parametrize("name", ["draft"])
async def test_a_redirect_on_the_same_host_is_not_followed_either(calling: Calling) -> None:
    calling.claude.script(Redirect("/v1/messages?again"), Redirect("/elsewhere", 302))
    for _ in range(2):
        with pytest.raises(Redirected):
            await calling.call()
    assert len(calling.claude.requests) == 2


FLOODS = {
    "pings": event({"type": "ping"}) * 500,
    "thinking": event(delta({"type": "thinking_delta", "thinking": "hm " * 200})) * 10,
    "thoughts that begin": event(
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    )
    * 50,
    "empty events": b"\n\n" * 20_000,
    "comments": b": keep on\n\n" * 2_000,
    "events of no known kind": event({"type": "rain"}) * 200,
    "a line that does not end": b"data: " + b"x" * 20_000,
    "an event that does not end": b"data: x\n" * 3_000,
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS)
async def test_an_endless_reply_is_cut_off_and_the_text_before_is_kept(
    flood: bytes,
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
) -> None:
    claude.script(Flood(flood, named(START, BLOCK, TEXT)))
    async with ports(claude, ledger, fake_sleep, total=60.0) as models:
        with pytest.raises(TooMuchSent, match=r"far more than there is room for in an answer.*stored"):
            await draft(models, structure, on)
        assert on.text == DRAFT
        assert (await claude.requests[0].done()).disconnected
    (row,) = ledger.rows
    assert (row.stop_reason, row.is_estimated, len(claude.requests)) == ("TooMuchSent", True, 1)
    assert row.output_tokens <= claude.requests[0].body["max_tokens"]


async def test_an_endless_text_is_cut_at_its_token_limit(
    claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: ProgressLog
) -> None:
    claude.script(Flood(event(delta({"type": "text_delta", "text": "and on " * 2_000})), named(START, BLOCK, TEXT)))
    with pytest.raises(TooMuchSent):
        await draft(models, structure, on)
    room = claude.requests[0].body["max_tokens"]
    assert on.text.startswith(DRAFT + "and on and on")
    assert 4 * room < len(on.text) <= 12 * room
    assert ledger.rows[0].output_tokens <= room


async def test_pings_do_not_hold_a_call_open_beyond_its_time(
    claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep, on: ProgressLog
) -> None:
    claude.script(Flood(event({"type": "ping"}), named(START, BLOCK, TEXT)))
    async with ports(claude, ledger, fake_sleep, total=2.0, silence=30.0) as models:
        with pytest.raises(TookTooLong):
            await draft(models, structure, on)
    assert on.text == DRAFT


PACKED = {
    "gzip": gzip.compress(bytes(64 * MEGABYTE)),
    "deflate": zlib.compress(bytes(64 * MEGABYTE)),
    "br": b"\xcf\xff\xff\x7f\xf8",
    "zstd": b"\x28\xb5\x2f\xfd",
    "identity, gzip": gzip.compress(bytes(64 * MEGABYTE)),
}


@pytest.mark.parametrize("encoding", PACKED)
async def test_a_compressed_reply_is_never_requested_nor_decompressed(
    encoding: str, either: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    either.script(Flood(PACKED[encoding], packed=encoding))
    async with ports(either, ledger, fake_sleep) as models:
        with pytest.raises(Compressed, match="compresses its answers though it is asked not to"):
            await models.drafter.draft(material(structure, NOTES), ProgressLog())
    assert either.requests[0].headers["Accept-Encoding"] == "identity"
    assert (await either.requests[0].done()).disconnected


@pytest.mark.parametrize("packed", [None, "gzip"])
@pytest.mark.parametrize("status", [400, 404, 500, 529])
async def test_an_endless_error_body_is_read_only_as_far_as_the_message_needs(
    status: int,
    packed: str | None,
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
) -> None:
    claude.script(Flood(PACKED["gzip"] if packed else b"{" * 10_000, status=status, packed=packed))
    async with ports(claude, ledger, fake_sleep) as models:
        with pytest.raises(ModelError) as told:
            await models.drafter.draft(material(structure, NOTES), ProgressLog())
        assert isinstance(told.value, ServiceFault) is (status >= 500)
        assert (await claude.requests[0].done()).disconnected
    assert [row.nano_usd for row in ledger.rows] == [0]


async def test_a_services_error_message_is_shown_without_invisible_characters(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(HttpError(400, message="wrong\x1b[2J \u202egnorw\u202c"))
    with pytest.raises(ModelError) as told:
        await models.drafter.draft(material(structure, NOTES), ProgressLog())
    assert "(wrong[2J gnorw)" in str(told.value)


async def test_an_answer_that_fills_its_room_in_single_characters_is_read_whole(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    """The most bytes that an honest answer has: one event a token, one token a character."""
    room = 4_000
    letters = [delta({"type": "text_delta", "text": "a"})] * room
    claude.script(Events(named(START, BLOCK, *letters, end(), {"type": "message_stop"})))
    written = await models.reviser.revise(material(structure, NOTES, text=DRAFT), 0, "Longer.", on)
    assert len(written.text) == room


@pytest.mark.parametrize("line", [b"X: " + b"x" * 1_000, b"X-Header: y\r\n" * 100, b"SSH-2.0-OpenSSH_9.6\r\n"])
async def test_endless_headers_and_what_is_no_http_are_not_claude(
    line: bytes, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not line.startswith(b"SSH"):
            writer.write(b"HTTP/1.1 200 OK\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(line)
                await writer.drain()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, ports(claude, ledger, fake_sleep, address=address) as models:
        with pytest.raises(NotClaude, match="is not Claude's Messages API"):
            await models.drafter.draft(material(structure, NOTES), ProgressLog())
    assert [row.nano_usd for row in ledger.rows] == [0]
