"""Servers that imitate Claude badly: whatever they send ends in a sentence, and keeps what came before it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.errors import ModelError, NotClaude, RateLimited, RequestRefused, StreamBroken
from bot.essay.structure import Structure
from bot.services.llm_ports import Models, ModelText
from tests.llm.conftest import DRAFT, NOTES, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Events, HttpError, Reply, WebPage

MODEL = "claude-opus-5-5"
USAGE = {"input_tokens": 700, "output_tokens": 1}
LONE = "\ud83d"  # half of a character, as JSON can write it


def start(**message: Any) -> dict[str, Any]:
    given = {"id": "m", "type": "message", "role": "assistant", "model": MODEL, "content": [], "usage": USAGE}
    return {"type": "message_start", "message": given | message}


def end(**usage: Any) -> dict[str, Any]:
    return {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 40} | usage}


START = start()
BLOCK = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
TEXT = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": DRAFT}}
STOP = {"type": "message_stop"}


def events(*data: dict[str, Any] | str) -> Events:
    """A stream of these events; one that is a text is sent as it stands, under the name of a piece of text."""
    named = [("content_block_delta", one) if isinstance(one, str) else (one["type"], json.dumps(one)) for one in data]
    return Events(tuple(named))


def block(content: object) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": content}


def delta(content: object) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": content}


async def draft(models: Models, structure: Structure, on: ProgressLog) -> ModelText:
    return await models.drafter.draft(material(structure, NOTES), on)


OUT_OF_FORM = [
    block(None),
    {"type": "content_block_start", "index": 0},
    block(7),
    block({"text": "no kind"}),
    block({"type": ["text"]}),
    block({"type": "text", "text": 12345}),
    delta(None),
    {"type": "content_block_delta", "index": 0},
    delta([]),
    delta({"text": "no kind"}),
    delta({"type": "text_delta", "text": 12345}),
    delta({"type": "text_delta", "text": ["a"]}),
    {"type": "message_delta", "delta": {"stop_reason": 7}, "usage": {}},
    "[" * 50_000,
]


@pytest.mark.parametrize("odd", OUT_OF_FORM, ids=range(len(OUT_OF_FORM)))
async def test_a_malformed_event_is_reported_after_the_text_before_it_was_shown(
    odd: dict[str, Any] | str,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
) -> None:
    claude.script(events(START, BLOCK, TEXT, odd, end(), STOP))
    with pytest.raises(NotClaude, match="is not Claude's Messages API"):
        await draft(models, structure, on)
    assert on.text == DRAFT
    assert fake_sleep.taken == []
    (row,) = ledger.rows
    assert (row.stop_reason, row.is_estimated) == ("NotClaude", True)
    assert row.nano_usd


@pytest.mark.parametrize("odd", OUT_OF_FORM, ids=range(len(OUT_OF_FORM)))
async def test_a_malformed_first_event_costs_nothing(
    odd: dict[str, Any] | str,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    on: ProgressLog,
) -> None:
    claude.script(events(odd))
    with pytest.raises(NotClaude):
        await draft(models, structure, on)
    assert [row.nano_usd for row in ledger.rows] == [0]


async def test_a_malformed_event_in_a_question_is_not_claude(
    claude: ClaudeSimulator, models: Models, structure: Structure
) -> None:
    claude.script(events(START, block(None)))
    with pytest.raises(NotClaude):
        await models.interviewer.next_question(material(structure, NOTES[:1]), ())


@pytest.mark.parametrize("odd", ["null", "5", "[]", '"text"', "{}", '{"type": "rain"}', '{"type": 7}'])
async def test_an_event_of_an_unknown_kind_is_ignored(
    odd: str, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: ProgressLog
) -> None:
    """As the API's versioning page asks."""
    claude.script(events(odd, START, odd, BLOCK, TEXT, odd, end(), STOP))
    assert (await draft(models, structure, on)).text == DRAFT
    assert [(row.model, row.input_tokens, row.output_tokens) for row in ledger.rows] == [(MODEL, 700, 40)]


async def test_an_event_that_is_not_json_is_reported_as_a_broken_connection(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    claude.script(events(START, BLOCK, TEXT, '{"type": "content_block_del'))
    with pytest.raises(StreamBroken):
        await draft(models, structure, on)
    assert on.text == DRAFT


@pytest.mark.parametrize("name", [None, 7, ["x"], {}, "", "  ", "\n\x1b", True])
async def test_a_reply_without_a_model_name_is_attributed_to_the_requested_model(
    name: object, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: ProgressLog
) -> None:
    claude.script(events(start(model=name), BLOCK, TEXT, end(), STOP))
    assert (await draft(models, structure, on)).model == MODEL
    assert [row.model for row in ledger.rows] == [MODEL]


async def test_a_hostile_model_name_is_made_safe_to_store_and_show(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    claude.script(events(start(model=f"lla\x1b[2Jma{LONE}\n" + "3" * 5_000), BLOCK, TEXT, end(), STOP))
    model = (await draft(models, structure, on)).model
    assert model.startswith("lla[2Jma?3")
    assert len(model) == 100


ABSURD: list[object] = [None, 10.5, float("inf"), -1, -10_000_000, 10**19, 1_000_000, "many", [40], {}]


@pytest.mark.parametrize("count", ABSURD, ids=str)
@pytest.mark.parametrize("which", ["input_tokens", "output_tokens", "cache_read_input_tokens"])
async def test_an_impossible_token_count_is_ignored_and_estimated(
    which: str,
    count: object,
    claude: ClaudeSimulator,
    models: Models,
    structure: Structure,
    ledger: MemoryLedger,
    on: ProgressLog,
) -> None:
    """More tokens than there was room for, or than bytes were sent; none at all is estimated, a cache never."""
    start_counts = {name: given for name, given in {**USAGE, which: count}.items() if which != "output_tokens"}
    claude.script(events(start(usage=start_counts), BLOCK, TEXT, end(**{which: count}), STOP))
    assert (await draft(models, structure, on)).text == DRAFT
    (row,) = ledger.rows
    assert row.is_estimated is (which != "cache_read_input_tokens")
    assert 0 < row.input_tokens < 20_000
    assert row.cache_read_tokens == 0
    assert 0 < row.output_tokens < 16_000
    assert row.nano_usd is not None
    assert 0 < row.nano_usd <= (ledger.reservations[0].max_nano_usd or 0)


async def test_an_output_count_of_zero_for_a_text_is_replaced_by_an_estimate(
    claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: ProgressLog
) -> None:
    claude.script(events(START, BLOCK, TEXT, end(output_tokens=0), STOP))
    await draft(models, structure, on)
    assert [row.is_estimated for row in ledger.rows] == [True]
    assert ledger.rows[0].output_tokens > 20


@pytest.mark.parametrize("split", [5, [], {"ephemeral_1h_input_tokens": "x"}, {"ephemeral_5m_input_tokens": -5}])
async def test_a_cache_write_is_counted_once_whatever_its_breakdown_by_lifetime(
    split: object, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger, on: ProgressLog
) -> None:
    usage = USAGE | {"cache_creation_input_tokens": 600, "cache_creation": split}
    claude.script(events(start(usage=usage), BLOCK, TEXT, end(), STOP))
    await draft(models, structure, on)
    assert [(row.cache_write_tokens, row.is_estimated) for row in ledger.rows] == [(600, False)]


ERRORS = [
    ("5", "a fault of its own"),
    ('{"error": 5}', "a fault of its own"),
    ('{"error": {"type": ["overloaded_error"]}}', "a fault of its own"),
    ('{"error": {"type": "invalid_request_error", "message": 77}}', "refused the request, so"),
    ('{"error": {"type": "invalid_request_error", "message": ["a"], "details": 5}}', "refused the request, so"),
    ('{"error": {"type": "invalid_request_error", "message": "a \\ud83d b"}}', r"refused the request \(a \? b\)"),
]


@pytest.mark.parametrize(("data", "words"), ERRORS)
async def test_a_malformed_error_is_reported_by_what_is_certain_about_it(
    data: str, words: str, claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    error = ("error", data)
    claude.script(Events((*events(START, BLOCK, TEXT).events, error)))
    with pytest.raises(ModelError, match=words):
        await draft(models, structure, on)
    assert on.text == DRAFT


@pytest.mark.parametrize("wait", ["inf", "1e300", "nan", "soon", "-5"])
async def test_a_nonsensical_retry_after_is_not_shown(
    wait: str, claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    claude.script(HttpError(429, headers={"retry-after": wait}))
    with pytest.raises(RateLimited, match="try again in a few minutes"):
        await draft(models, structure, on)


async def test_the_next_call_after_a_bad_answer_works(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: ProgressLog
) -> None:
    claude.script(events(START, delta(None)), WebPage(), HttpError(400, message="no"), Reply(DRAFT))
    for kind in (NotClaude, NotClaude, RequestRefused):
        with pytest.raises(kind):
            await draft(models, structure, on)
    assert (await draft(models, structure, on)).text == DRAFT


CUT_PAGE = b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 900\r\n\r\n<html>"
OTHER_WRITING = b"HTTP/1.1 401 No\r\ncontent-type: text/plain; charset=utf-16\r\ncontent-length: 3\r\n\r\nabc"


@pytest.mark.parametrize(("page", "kind"), [(CUT_PAGE, StreamBroken), (OTHER_WRITING, NotClaude)])
async def test_an_unreadable_error_page_is_reported(
    page: bytes,
    kind: type[ModelError],
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    on: ProgressLog,
) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with ports(claude, ledger, fake_sleep, address=f"http://127.0.0.1:{port}") as models:
            with pytest.raises(kind):
                await draft(models, structure, on)
