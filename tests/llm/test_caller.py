"""What holds of every call: the cache is used, address and key are the ones that were given, nothing is logged."""

from __future__ import annotations

import logging

import pytest

from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.llm.prices import estimate_tokens
from bot.llm.stream import StreamState
from bot.services.llm_ports import Models
from tests.llm.conftest import NOTES, MemoryLedger, Naps, ports
from tests.llm.port_calls import every_port, sent
from tests.simulators.claude import ClaudeSimulator, tokens_in


@every_port
async def test_the_second_call_of_a_port_reads_its_system_text_from_the_cache(
    name: str, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger
) -> None:
    first = await sent(claude, models, structure, name, NOTES[1])
    second = await sent(claude, models, structure, name, Note(2, "Other words altogether.", None, "gave-up"))
    assert first.usage.write_1h == second.usage.read == tokens_in(first.system) > 512
    assert second.usage.write_1h == 0
    assert [row.cache_read_tokens for row in ledger.rows] == [0, second.usage.read]
    assert claude.used().write_5m == 0


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_an_address_may_be_written_with_or_without_its_version(
    ending: str, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, naps: Naps
) -> None:
    async with ports(claude, ledger, naps, address=claude.base_url + ending) as models:
        await sent(claude, models, structure, "draft", NOTES[1])


async def test_a_key_in_the_environment_is_not_sent_in_the_place_of_the_one_given(
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-somebody-elses")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    async with ports(claude, ledger, naps) as models:
        request = await sent(claude, models, structure, "draft", NOTES[1])
    assert "somebody" not in repr(dict(request.headers))


async def test_a_log_at_its_finest_holds_no_note(
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    naps: Naps,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "anthropic"):
        async with ports(claude, ledger, naps) as models:
            await sent(claude, models, structure, "draft", NOTES[1])
    assert caplog.records
    assert "61,000" not in caplog.text


def heard(*, start: dict[str, int] | None, end: dict[str, int] | None) -> StreamState:
    hearing = StreamState("a-local-model", "Five words are sent here.", 100, lambda: 0.0, None)
    hearing.handle_event({"type": "message_start", "message": {"model": "it", "usage": start}})
    hearing.handle_event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": end})
    return hearing


def test_counts_that_a_local_server_leaves_out_are_estimated() -> None:
    settlement = heard(start=None, end=None).settlement()
    assert settlement.is_estimated
    assert settlement.input_tokens == estimate_tokens("Five words are sent here.")
    assert settlement.model == "it"


def test_counts_that_come_only_at_the_end_are_taken_as_they_are() -> None:
    settlement = heard(start=None, end={"input_tokens": 70, "output_tokens": 30}).settlement()
    assert (settlement.input_tokens, settlement.output_tokens, settlement.is_estimated) == (70, 30, False)


def test_half_a_character_in_a_stream_does_not_reach_the_store() -> None:
    hearing = StreamState("it", "sent", 100, lambda: 0.0, None)
    delta = {"type": "text_delta", "text": "a\ud83d b"}
    hearing.handle_event({"type": "content_block_delta", "index": 0, "delta": delta})
    assert hearing.text == "a? b"


def test_a_cache_write_without_its_kind_is_for_an_hour() -> None:
    start = {"input_tokens": 10, "cache_creation_input_tokens": 600, "output_tokens": 1}
    assert heard(start=start, end={"output_tokens": 5}).tokens.cache_write_1h == 600
