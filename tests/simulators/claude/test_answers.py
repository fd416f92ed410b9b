"""The Claude imitation, driven by the real SDK: errors, refusals, limits, structured replies, scripts."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Literal

import anthropic
import pydantic
import pytest
from anthropic import AsyncAnthropic

from tests.simulators.claude import (
    ClaudeSimulator,
    Dropped,
    HttpError,
    Refusal,
    Reply,
    Request,
    Thinking,
    canned,
    spend_limit,
)
from tests.simulators.claude.conftest import DRAFT, ask


@pytest.mark.parametrize(
    ("status", "kind", "error"),
    [
        (400, anthropic.BadRequestError, "invalid_request_error"),
        (401, anthropic.AuthenticationError, "authentication_error"),
        (402, anthropic.PaymentRequiredError, "billing_error"),
        (403, anthropic.PermissionDeniedError, "permission_error"),
        (404, anthropic.NotFoundError, "not_found_error"),
        (413, anthropic.ContentTooLargeError, "request_too_large"),
        (429, anthropic.RateLimitError, "rate_limit_error"),
        (500, anthropic.InternalServerError, "api_error"),
        (503, anthropic.ServiceUnavailableError, "api_error"),
        (504, anthropic.GatewayTimeoutError, "timeout_error"),
        (529, anthropic.OverloadedError, "overloaded_error"),
    ],
)
@pytest.mark.parametrize("streamed", [True, False])
async def test_each_http_status_raises_its_own_sdk_error(
    status: int,
    kind: type[anthropic.APIStatusError],
    error: str,
    streamed: bool,
    claude: ClaudeSimulator,
    client: AsyncAnthropic,
) -> None:
    claude.script(HttpError(status))
    with pytest.raises(kind) as caught:
        await client.messages.create(**ask(), stream=streamed)
    assert (caught.value.status_code, caught.value.type) == (status, error)
    assert caught.value.request_id == claude.requests[0].request_id
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["request_id"] == claude.requests[0].request_id
    assert claude.billed().total == 0


async def test_an_enforced_spend_limit_raises_its_own_error_class(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(spend_limit())
    with pytest.raises(anthropic.RateLimitError) as caught:
        await client.messages.create(**ask())
    assert type(caught.value).__name__ == "EnforcedSpendLimitReachedError"
    assert caught.value.error_code == "enforced_spend_limit_reached"
    assert "retry-after" not in caught.value.response.headers


async def test_each_retry_of_the_sdk_takes_the_next_scripted_answer(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(HttpError(429, retry_after=0.05), Dropped(), Reply(DRAFT))
    async with client.with_options(max_retries=2).messages.stream(**ask()) as stream:
        message = await stream.get_final_message()
    assert message.stop_reason == "end_turn"
    assert [request.retry for request in claude.requests] == [0, 1, 2]


async def test_a_dropped_connection_is_a_connection_error(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Dropped())
    with pytest.raises(anthropic.APIConnectionError):
        await client.messages.create(**ask())


@pytest.mark.parametrize("after", [0, 30])
async def test_a_refusal_before_any_output_is_free_and_a_later_one_is_billed(
    after: int, claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply(DRAFT, ending=Refusal(after, category="bio")))
    async with client.messages.stream(**ask()) as stream:
        message = await stream.get_final_message()
    assert message.stop_reason == "refusal"
    assert message.stop_details is not None
    assert message.stop_details.category == "bio"
    assert "".join(block.text for block in message.content if block.type == "text") == DRAFT[:after]
    await claude.requests[0].done()
    assert message.usage.input_tokens > 0
    assert (claude.billed().total > 0) is bool(after)


async def test_max_tokens_truncates_the_reply(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT), Reply(DRAFT, thinking=Thinking(tokens=500)), Reply(""))
    short = await client.messages.create(**ask(max_tokens=10))
    assert short.stop_reason == "max_tokens"
    assert short.content[0].type == "text"
    assert DRAFT.startswith(short.content[0].text)
    assert short.usage.output_tokens <= 10
    only_thought = await client.messages.create(**ask(max_tokens=100))
    assert [block.type for block in only_thought.content] == ["thinking"]
    assert (only_thought.stop_reason, only_thought.usage.output_tokens) == ("max_tokens", 100)
    empty = await client.messages.create(**ask())
    assert (empty.content, empty.stop_reason, empty.usage.output_tokens) == ([], "end_turn", 1)


async def test_a_stop_sequence_ends_the_text(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply(DRAFT))
    message = await client.messages.create(**ask(stop_sequences=["money"]))
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "money")


class Finding(pydantic.BaseModel):
    quote: str
    severity: Literal["low", "high"]


class Critique(pydantic.BaseModel):
    findings: list[Finding]
    note: str | None = None


async def test_structured_replies_parse_and_broken_ones_do_not(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(
        Reply('{"findings": [{"quote": "about money", "severity": "low"}], "note": null}', thinking=Thinking()),
        Reply('{"findings": [{"quote": "about mo'),
    )
    parsed = await client.messages.parse(**ask(output_format=Critique))
    assert parsed.parsed_output is not None
    assert parsed.parsed_output.findings[0].quote == "about money"
    assert claude.requests[0].schema == anthropic.transform_schema(Critique)
    with pytest.raises(pydantic.ValidationError):
        await client.messages.parse(**ask(output_format=Critique))


async def test_an_unscripted_request_fails_the_test(client: AsyncAnthropic, claude: ClaudeSimulator) -> None:
    with pytest.raises(anthropic.InternalServerError):
        await client.with_options(max_retries=2).messages.create(**ask())
    assert len(claude.requests) == 1, "the SDK is told not to retry it"
    with pytest.raises(AssertionError, match=r"no answer for: request 1 to claude-opus-5-5: 'My notes\.'"):
        await claude.close()
    claude.unexpected.clear()


async def test_a_responder_chooses_its_reply_by_the_request(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.responder = lambda request: Reply("A question?" if "interview" in request.system else "A draft.")
    claude.script(Reply("Scripted answers come first."))
    said = [await client.messages.create(**ask(system=system)) for system in ("interview", "interview", "draft")]
    assert [block.text for message in said for block in message.content if block.type == "text"] == [
        "Scripted answers come first.",
        "A question?",
        "A draft.",
    ]


async def test_waiting_for_a_request_needs_no_sleep(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply("one"), Reply("two"))
    waiting = asyncio.create_task(claude.wait_for_request(2))
    await client.messages.create(**ask())
    assert not waiting.done()
    await client.messages.create(**ask(system="second"))
    assert (await waiting).system == "second"
    with pytest.raises(AssertionError, match="request 3 did not come"):
        await claude.wait_for_request(3, within=0.01)


async def test_a_paced_reply_keeps_its_characters_per_second(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply("x" * 100, characters_per_second=500, chunk=10))
    began = time.monotonic()
    async with client.messages.stream(**ask()) as stream:
        await stream.get_final_message()
    assert 0.19 <= time.monotonic() - began < 1.0


async def test_canned_replies_quote_the_user_and_fit_the_schema(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    notes = "I left the bank in May. The new work paid half of it. I slept better than in years."

    def quick(request: Request) -> Reply:
        return Reply(canned(request).text)

    claude.responder = quick
    essay = ask(messages=[{"role": "user", "content": f"<draft>\n{notes}\n</draft>"}])
    critique = await client.messages.parse(**essay, output_format=Critique)
    assert critique.parsed_output is not None
    assert all(finding.quote in notes for finding in critique.parsed_output.findings)
    draft = await client.messages.create(**essay | {"max_tokens": 16000})
    assert draft.content[0].type == "text"
    assert draft.content[0].text.startswith('<section key="')
    assert "The new work paid half of it." in draft.content[0].text
    question = await client.messages.create(**essay, system="Ask one question about the notes.")
    assert question.content[0].type == "text"
    assert question.content[0].text.endswith("?")


async def test_closing_reports_unscripted_requests_without_hiding_the_tests_own_failure() -> None:
    async def fail_inside() -> None:
        async with ClaudeSimulator() as claude:
            claude.unexpected.append("request 1")
            raise KeyError("the test's own failure")

    with pytest.raises(KeyError) as caught:
        await fail_inside()
    assert caught.value.__notes__ == ["the Claude simulator had no answer for: request 1"]


async def test_a_responder_that_raises_fails_the_test(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    def confused(request: Request) -> Reply:
        raise LookupError(f"nothing for {request.model}")

    claude.responder = confused
    with pytest.raises(anthropic.InternalServerError):
        await client.with_options(max_retries=2).messages.create(**ask())
    assert claude.unexpected == ["request 1: the responder raised LookupError('nothing for claude-opus-5-5')"]
    claude.unexpected.clear()


async def test_the_claude_simulator_runs_as_a_program() -> None:
    """`python -m tests.simulators.claude` prints its address, answers, and says at the end what it would have cost."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.simulators.claude", "--port", "0", "--speed", "10000"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert process.stdout is not None
    try:
        address = (await process.stdout.readline()).decode().strip()
        async with (
            AsyncAnthropic(api_key="sk-simulated", base_url=address, max_retries=0) as client,
            client.messages.stream(**ask(system="Ask one question.")) as stream,
        ):
            assert (await stream.get_final_text()).endswith("?")
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = await process.communicate()
    assert process.returncode == 0
    assert "1 requests, $0.0" in rest.decode()
