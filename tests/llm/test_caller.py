"""What holds of every call: the cache is used, address and key are the ones that were given, nothing is logged."""

from __future__ import annotations

import logging

import pytest

from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.llm.prices import estimate_tokens
from bot.llm.stream import Answer
from bot.services.llm_ports import Models
from tests.llm.conftest import DRAFT, NOTES, FakeSleep, ProgressLog, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.llm.port_calls import every_port, sent
from tests.llm.test_malformed_replies import BLOCK, STOP, TEXT, draft, end, events, start
from tests.simulators.claude import ClaudeSimulator, tokens_in


@every_port
async def test_the_second_call_of_a_port_reads_the_preface_from_the_cache(
    name: str, claude: ClaudeSimulator, models: Models, structure: Structure, ledger: MemoryLedger
) -> None:
    first = await sent(claude, models, structure, name, NOTES[1])
    second = await sent(claude, models, structure, name, Note(2, "Other words altogether.", None, "gave-up"))
    assert first.usage.write_5m >= tokens_in(first.system) > 512
    assert first.usage.write_1h == second.usage.write_1h == 0
    assert second.usage.read >= tokens_in(first.system)  # and the material that is the same in both
    assert [row.cache_read_tokens for row in ledger.rows] == [0, second.usage.read]


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
async def test_a_base_url_may_be_given_with_or_without_its_version_path(
    ending: str, claude: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    async with ports(claude, ledger, fake_sleep, address=claude.base_url + ending) as models:
        await sent(claude, models, structure, "draft", NOTES[1])


async def test_the_configured_key_is_sent_and_not_another_from_the_environment(
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-somebody-elses")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "token-of-somebody")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    async with ports(claude, ledger, fake_sleep) as models:
        request = await sent(claude, models, structure, "draft", NOTES[1])
    assert "somebody" not in repr(dict(request.headers))


async def test_the_debug_log_holds_no_word_of_a_note(
    claude: ClaudeSimulator,
    structure: Structure,
    ledger: MemoryLedger,
    fake_sleep: FakeSleep,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "anthropic"):
        async with ports(claude, ledger, fake_sleep) as models:
            await sent(claude, models, structure, "draft", NOTES[1])
    assert caplog.records
    assert "61,000" not in caplog.text


async def test_token_counts_missing_from_a_local_server_are_estimated(
    local: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    local.script(events(start(model="it", usage=None), BLOCK, TEXT, end(output_tokens=None), STOP))
    async with ports(local, ledger, fake_sleep) as models:
        await draft(models, structure, ProgressLog())
    (row,), (request,) = ledger.rows, local.requests
    assert (row.model, row.is_estimated) == ("it", True)
    assert row.input_tokens == estimate_tokens(f"{request.system}\n\n{request.last_user_text}")
    assert row.output_tokens == estimate_tokens(DRAFT)


async def test_token_counts_that_come_only_at_the_end_are_used(
    local: ClaudeSimulator, structure: Structure, ledger: MemoryLedger, fake_sleep: FakeSleep
) -> None:
    local.script(events(start(usage=None), BLOCK, TEXT, end(input_tokens=70, output_tokens=30), STOP))
    async with ports(local, ledger, fake_sleep) as models:
        await draft(models, structure, ProgressLog())
    assert [(row.input_tokens, row.output_tokens, row.is_estimated) for row in ledger.rows] == [(70, 30, False)]


def test_an_unpaired_surrogate_in_a_stream_does_not_reach_the_store() -> None:
    answer = Answer(100, 100, None)
    delta = {"type": "text_delta", "text": "a\ud83d b"}
    answer.add_event({"type": "content_block_delta", "index": 0, "delta": delta})
    assert str(answer.text) == "a? b"


def test_a_cache_write_of_unstated_lifetime_counts_as_a_one_hour_write() -> None:
    answer = Answer(1_000, 100, None)
    usage = {"input_tokens": 10, "cache_creation_input_tokens": 600, "output_tokens": 1}
    answer.add_event({"type": "message_start", "message": {"usage": usage}})
    answer.add_event({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 5}})
    assert answer.usage().cache_write_1h == 600
