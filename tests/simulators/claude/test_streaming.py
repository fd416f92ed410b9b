"""The Claude imitation, driven by the real SDK: streams, and every way a reply can break."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import pytest
from anthropic import AsyncAnthropic
from anthropic.lib.streaming import AsyncMessageStream

from tests.simulators.claude import (
    BadChunk,
    ClaudeSimulator,
    Close,
    Cut,
    Events,
    Gate,
    Pause,
    Reply,
    StreamError,
    Thinking,
    WebPage,
    tokens_in,
)
from tests.simulators.claude.conftest import DRAFT, OPUS, ask


async def read(stream: AsyncMessageStream[None], got: list[str]) -> None:
    async for text in stream.text_stream:
        got.append(text)


async def test_streamed_text_arrives_in_chunks_and_is_recorded(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT, chunk=13))
    got: list[str] = []
    async with client.messages.stream(**ask(system="Be plain.")) as stream:
        await read(stream, got)
        message = await stream.get_final_message()
    assert "".join(got) == DRAFT
    assert [len(piece) for piece in got] == [13] * 6 + [2]
    assert (message.stop_reason, message.model) == ("end_turn", OPUS)
    assert message.usage.output_tokens == tokens_in(DRAFT)
    request = await claude.requests[0].done()
    assert stream.request_id == request.request_id
    assert (request.system, request.messages, request.text_sent) == ("Be plain.", [("user", "My notes.")], DRAFT)
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert not request.disconnected


async def test_an_unstreamed_reply_is_one_message(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT, thinking=Thinking(tokens=50)))
    message = await client.messages.create(**ask())
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.usage.output_tokens_details is not None
    assert message.usage.output_tokens_details.thinking_tokens == 50
    assert message.usage.output_tokens == 50 + tokens_in(DRAFT)
    assert message._request_id == claude.requests[0].request_id


async def test_thinking_is_silent_until_its_gate_opens(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    gate = Gate()
    claude.script(Reply(DRAFT, thinking=Thinking(gate=gate)))
    seen: list[str] = []

    async def follow() -> None:
        async with client.messages.stream(**ask()) as stream:
            async for event in stream:
                seen.append(event.type)

    task = asyncio.create_task(follow())
    await gate.reached()
    assert claude.requests[0].text_sent == ""
    assert not task.done()
    gate.release()
    await task
    assert seen[:4] == ["message_start", "content_block_start", "content_block_delta", "signature"]
    assert "thinking" not in seen


async def test_summarized_thinking_shows_a_summary(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT, thinking=Thinking(summary="Sorting the notes.")))
    thinking: Any = {"type": "adaptive", "display": "summarized"}
    async with client.messages.stream(**ask(thinking=thinking)) as stream:
        message = await stream.get_final_message()
    assert message.content[0].type == "thinking"
    assert message.content[0].thinking == "Sorting the notes."


async def test_a_test_can_act_in_the_middle_of_a_reply(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(20, gate),)))
    got: list[str] = []
    async with client.messages.stream(**ask()) as stream:
        task = asyncio.create_task(read(stream, got))
        await gate.reached()
        assert claude.requests[0].text_sent == DRAFT[:20]
        gate.release()
        await task
    assert "".join(got) == DRAFT


async def test_a_client_that_disconnects_is_noticed(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    gate = Gate()
    claude.script(Reply(DRAFT, pauses=(Pause(20, gate),)))

    async def follow() -> None:
        async with client.messages.stream(**ask()) as stream:
            await read(stream, [])

    task = asyncio.create_task(follow())
    await gate.reached()
    task.cancel()
    request = await claude.requests[0].done()
    assert request.disconnected
    assert request.usage.output == tokens_in(DRAFT[:20])
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stall_ends_in_a_raw_read_timeout(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT, pauses=(Pause(20, Gate()),)))
    got: list[str] = []
    impatient = client.with_options(timeout=httpx2.Timeout(5, read=0.1))
    with pytest.raises(httpx2.ReadTimeout):
        async with impatient.messages.stream(**ask()) as stream:
            await read(stream, got)
    assert "".join(got) == DRAFT[:20]
    assert (await claude.requests[0].done()).disconnected


async def test_no_headers_in_time_is_an_api_timeout(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT, before_headers=Gate()))
    with pytest.raises(anthropic.APITimeoutError):
        await client.with_options(timeout=httpx2.Timeout(5, read=0.1)).messages.create(**ask())
    request = await claude.requests[0].done()
    assert (request.disconnected, request.status) == (True, None)


@pytest.mark.parametrize("ending", [Cut(30), BadChunk(30)])
async def test_a_cut_connection_and_broken_http_are_raw_protocol_errors(
    ending: Cut | BadChunk, claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, ending=ending))
    got: list[str] = []
    with pytest.raises(httpx2.RemoteProtocolError):
        async with client.messages.stream(**ask()) as stream:
            await read(stream, got)
    assert "".join(got) == DRAFT[:30]
    assert not (await claude.requests[0].done()).disconnected


async def test_a_stream_that_ends_early_but_cleanly_has_no_stop_reason(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, ending=Close(30)))
    async with client.messages.stream(**ask()) as stream:
        message = await stream.get_final_message()
    assert message.stop_reason is None
    assert message.content[0].type == "text"
    assert message.content[0].text == DRAFT[:30]


async def test_an_error_inside_a_stream_is_a_status_error_with_200(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, ending=StreamError(30)))
    got: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as caught:
        async with client.messages.stream(**ask()) as stream:
            await read(stream, got)
    assert (caught.value.status_code, caught.value.type) == (200, "overloaded_error")
    assert "".join(got) == DRAFT[:30]


@pytest.mark.parametrize("ending", [Cut(30), BadChunk(30), Close(30), StreamError(30)])
async def test_unstreamed_replies_can_break_too(
    ending: Cut | BadChunk | Close | StreamError, claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, ending=ending))
    expected: dict[type, type[Exception]] = {
        Cut: anthropic.APIConnectionError,
        BadChunk: anthropic.APIConnectionError,
        Close: json.JSONDecodeError,
        StreamError: anthropic.OverloadedError,
    }
    with pytest.raises(expected[type(ending)]):
        await client.messages.create(**ask())


async def test_a_stream_without_event_lines_is_empty_to_the_sdk(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, events_named=False))
    with pytest.raises(AssertionError):
        async with client.messages.stream(**ask()) as stream:
            await stream.get_final_message()


async def test_a_web_page_comes_back_as_a_string(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(WebPage(), WebPage())
    answer: object = await client.messages.create(**ask())
    assert isinstance(answer, str)
    with pytest.raises(AssertionError):
        async with client.messages.stream(**ask()) as stream:
            await stream.get_final_message()


async def test_scripted_raw_events_are_sent_unchanged_and_not_billed(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Events((("message_start", '{"type": "rain"}'), ("content_block_delta", "7"))))
    stream = await client.messages.create(**ask(), stream=True)
    rain, seven = [event async for event in stream]
    assert (rain.type, seven) == ("rain", 7)
    assert claude.billed().total == 0
