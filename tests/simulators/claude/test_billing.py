"""The Claude imitation counts tokens, caches prefixes and bills as the documentation says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from anthropic.types import Message
from hypothesis import given
from hypothesis import strategies as st

from tests.simulators.claude import Bill, ClaudeSimulator, Gate, Refusal, Reply, Thinking, Usage, fit, tokens_in
from tests.simulators.claude.conftest import OPUS, ask

GUIDE = "Write plainly and say what happened first. " * 50
"""350 words, 630 tokens: above the cache's minimum."""

HOUR: Any = {"type": "ephemeral", "ttl": "1h"}
MINUTES: Any = {"type": "ephemeral"}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def claude(clock: Clock) -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator(clock=clock, responder=lambda _: Reply("Yes, I see.")) as running:
        yield running


def guide(control: Any = HOUR, text: str = GUIDE) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text, "cache_control": control}]


def turn(text: str, control: Any = None) -> dict[str, Any]:
    part = {"type": "text", "text": text} | ({"cache_control": control} if control else {})
    return {"role": "user", "content": [part]}


def cached(message: Message) -> tuple[int, int]:
    """Tokens written to and read from the cache."""
    usage = message.usage
    assert usage.cache_creation_input_tokens is not None
    assert usage.cache_read_input_tokens is not None
    return usage.cache_creation_input_tokens, usage.cache_read_input_tokens


def test_a_text_counts_as_1_8_tokens_a_word() -> None:
    assert tokens_in(GUIDE) == 630
    assert tokens_in("one") == 2
    assert tokens_in("") == 0


@given(st.text(alphabet="ab \n", max_size=200), st.integers(0, 100))
def test_fitting_keeps_the_longest_beginning_within_the_limit(text: str, limit: int) -> None:
    kept = fit(text, limit)
    assert text.startswith(kept)
    assert tokens_in(kept) <= limit
    longer = [text[: word.end()] for word in re.finditer(r"\S+", text) if word.end() > len(kept)]
    assert all(tokens_in(beginning) > limit for beginning in longer)


def test_costs_follow_the_price_table() -> None:
    """The worked example: 25 in, 300 written for an hour, 900 read, 57 out on Opus 5.5 is $0.00382."""
    assert Usage(input=25, write_1h=300, read=900, output=57).cost(OPUS).total == pytest.approx(0.00382)
    assert Usage(input=100_000, output=1000).cost("claude-haiku-5-5") == Bill(0.01, 0.0005)
    assert Usage(read=100_001, output=1000).cost("claude-haiku-5-5").output == pytest.approx(0.0025)
    assert Usage(input=1000).cost("a-local-model").total == 0


async def test_a_second_request_reads_the_prompt_cache_that_the_first_wrote(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    first = await client.messages.create(**ask(system=guide()))
    second = await client.messages.create(**ask(system=guide(), messages=[turn("Other notes.")]))
    assert (cached(first), cached(second)) == ((630, 0), (0, 630))
    assert first.usage.cache_creation is not None
    assert first.usage.cache_creation.ephemeral_1h_input_tokens == 630
    assert second.usage.input_tokens == tokens_in("Other notes.")
    output = 2 * tokens_in("Yes, I see.")
    bill = claude.billed()
    assert bill.output == pytest.approx(output * 20 / 1e6)
    sent = first.usage.input_tokens + second.usage.input_tokens
    assert bill.input == pytest.approx((sent * 4 + 630 * 8 + 630 * 0.20) / 1e6)
    assert claude.used().total_input == sent + 1260


async def test_a_short_prefix_is_silently_not_cached(client: AsyncAnthropic) -> None:
    short = guide(text="Write plainly. " * 100)
    for _ in range(2):
        assert cached(await client.messages.create(**ask(system=short))) == (0, 0)


async def test_cache_entries_expire_and_each_use_renews_them(clock: Clock, client: AsyncAnthropic) -> None:
    request = ask(system=guide(MINUTES))
    assert cached(await client.messages.create(**request)) == (630, 0)
    for _ in range(3):
        clock.now += 290
        assert cached(await client.messages.create(**request)) == (0, 630)
    clock.now += 301
    assert cached(await client.messages.create(**request)) == (630, 0)


@pytest.mark.parametrize(
    ("change", "survives"),
    [
        ({}, 2),
        ({"output_config": {"effort": "medium"}}, 2),
        ({"thinking": {"type": "adaptive"}}, 2),
        ({"output_config": {"format": {"type": "json_schema", "schema": {"type": "string"}}}}, 1),
        ({"output_config": {"effort": "high"}}, 0),
        ({"model": "claude-sonnet-5-5"}, 0),
        ({"system": guide(text="P.S. " + GUIDE)}, 0),
    ],
    ids=["nothing", "default effort said", "default thinking said", "format", "effort", "model", "system"],
)
async def test_a_changed_request_reads_only_its_unchanged_prefix_from_the_cache(
    change: dict[str, Any], survives: int, client: AsyncAnthropic
) -> None:
    """2: all is still cached; 1: the system prompt is, the conversation is not; 0: nothing is."""
    notes = "I left in May. " * 20
    request = ask(system=guide(), messages=[turn(notes, MINUTES)])
    await client.messages.create(**request)
    _, read = cached(await client.messages.create(**request | change))
    assert read == (0, 630, 630 + tokens_in(notes))[survives]


async def test_another_thinking_mode_misses_the_cache(client: AsyncAnthropic) -> None:
    request = ask(model="claude-sonnet-5-5", system=guide())
    await client.messages.create(**request)
    between: Any = {"type": "between_tools"}
    assert cached(await client.messages.create(**request, thinking=between)) == (630, 0)


async def test_a_growing_conversation_is_cached_from_its_automatic_breakpoint(client: AsyncAnthropic) -> None:
    turns: list[dict[str, Any]] = [turn("I left in May. " * 10)]
    first = await client.messages.create(**ask(system=guide(), messages=turns, cache_control=MINUTES))
    assert first.usage.cache_creation is not None
    assert first.usage.cache_creation.ephemeral_5m_input_tokens == tokens_in("I left in May. " * 10)
    assert first.usage.cache_creation.ephemeral_1h_input_tokens == 630
    turns += [{"role": "assistant", "content": "Why then?"}, turn("Because of the reorganisation.")]
    second = await client.messages.create(**ask(system=guide(), messages=turns, cache_control=MINUTES))
    assert cached(second) == (
        tokens_in("Why then?") + tokens_in("Because of the reorganisation."),
        630 + tokens_in("I left in May. " * 10),
    )
    assert second.usage.input_tokens == 0


@pytest.mark.parametrize(("added", "found"), [(19, True), (20, False)])
async def test_cache_reads_look_back_twenty_blocks(added: int, found: bool, client: AsyncAnthropic) -> None:
    start = [turn(GUIDE)]
    more = [turn(f"Note {number}.") for number in range(added)]
    await client.messages.create(**ask(messages=start, cache_control=MINUTES))
    _, read = cached(await client.messages.create(**ask(messages=start + more, cache_control=MINUTES)))
    assert read == (630 if found else 0)


async def test_parallel_requests_before_the_cache_is_readable_each_pay_the_write(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    """An entry can be read only once the first response has begun."""
    gate = Gate()
    claude.script(Reply("One.", before_headers=gate), Reply("Two."), Reply("Three."))
    slow = asyncio.create_task(client.messages.create(**ask(system=guide())))
    await gate.reached()
    assert cached(await client.messages.create(**ask(system=guide()))) == (630, 0)
    gate.release()
    assert cached(await slow) == (630, 0)
    assert cached(await client.messages.create(**ask(system=guide()))) == (0, 630)


async def test_a_warm_up_request_writes_the_cache_and_returns_no_text(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    warm = await client.messages.create(**ask(max_tokens=0, system=guide(), messages=[turn("warmup")]))
    assert (warm.content, warm.stop_reason, warm.usage.output_tokens) == ([], "max_tokens", 0)
    assert claude.billed().output == 0
    assert cached(await client.messages.create(**ask(system=guide()))) == (0, 630)


async def test_thinking_is_billed_as_output_even_when_omitted(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply("Done.", thinking=Thinking(tokens=900)), Reply("x", ending=Refusal()))
    await client.messages.create(**ask())
    assert claude.billed().output == pytest.approx((900 + tokens_in("Done.")) * 20 / 1e6)
    before = claude.billed()
    await client.messages.create(**ask())
    assert claude.billed() == before, "a refusal before any output is free"


async def test_counting_tokens_is_free_and_agrees_with_the_bill(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    system: Any = guide()
    messages: Any = [turn("My notes.")]
    counted = await client.messages.count_tokens(model=OPUS, system=system, messages=messages)
    assert counted.input_tokens == 630 + tokens_in("My notes.")
    assert (len(claude.counted), claude.requests, claude.billed().total) == (1, [], 0)
    message = await client.messages.create(**ask(system=system, messages=messages))
    assert message.usage.input_tokens + cached(message)[0] == counted.input_tokens


async def test_diagnostics_name_what_missed_the_cache(client: AsyncAnthropic) -> None:
    async def reason(previous: str | None, **changes: Any) -> tuple[str, str | None]:
        diagnostics: Any = {"previous_message_id": previous}
        async with client.messages.stream(**ask(system=guide(), diagnostics=diagnostics) | changes) as stream:
            message = await stream.get_final_message()
        miss = message.diagnostics.cache_miss_reason if message.diagnostics else None
        return message.id, miss.type if miss else None

    first, nothing = await reason(None)
    assert nothing is None
    assert (await reason(first))[1] is None
    assert (await reason(first, messages=[turn("My notes."), turn("More.")]))[1] is None
    assert (await reason("msg_of_another_day"))[1] == "previous_message_not_found"
    assert (await reason(first, model="claude-sonnet-5-5"))[1] == "model_changed"
    assert (await reason(first, system="Short."))[1] == "system_changed"
    assert (await reason(first, messages=[turn("Others.")]))[1] == "messages_changed"
    assert (await reason(first, output_config={"effort": "low"}))[1] == "unavailable"
