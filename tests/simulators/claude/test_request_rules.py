"""The Claude imitation turns away what the service turns away, and takes what it takes."""

from __future__ import annotations

from typing import Any

import anthropic
import pydantic
import pytest
from anthropic import AsyncAnthropic

from tests.simulators.claude import ClaudeSimulator, Reply, Thinking
from tests.simulators.claude.conftest import OPUS, ask

SONNET, HAIKU, FABLE = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-fable-5-2"
USER: dict[str, Any] = {"role": "user", "content": "Notes."}
SAID: dict[str, Any] = {"role": "assistant", "content": "A question?"}
RULE: dict[str, Any] = {"role": "system", "content": "From now on, one question at a time."}
FORGED = {"type": "thinking", "thinking": "", "signature": "made up"}
LONG = {"type": "ephemeral", "ttl": "1h"}
SHORT = {"type": "ephemeral"}
TOOL = {"name": "look", "input_schema": {"type": "object"}}


def block(text: str = "Notes.", **more: Any) -> dict[str, Any]:
    return {"type": "text", "text": text} | more


def schema(**properties: Any) -> dict[str, Any]:
    """A request's output_config asking for an object with these properties, all required."""
    shape = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {"format": {"type": "json_schema", "schema": shape}}


def bare(shape: dict[str, Any]) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": shape}}


def object_of(count: int, part: dict[str, Any]) -> dict[str, Any]:
    properties = {f"p{number}": part for number in range(count)}
    return bare({"type": "object", "properties": properties, "additionalProperties": False})


RECURSIVE = {
    "$defs": {
        "Node": {
            "type": "object",
            "properties": {"next": {"$ref": "#/$defs/Node"}},
            "required": ["next"],
            "additionalProperties": False,
        }
    },
    "$ref": "#/$defs/Node",
}

REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"surprise": 1}, "surprise: Extra inputs"),
    ({"temperature": 1.0}, "temperature"),
    ({"top_p": 1.0}, "top_p"),
    ({"top_k": 5}, "top_k"),
    ({"max_tokens": None}, "max_tokens: Field required"),
    ({"max_tokens": 128_001}, "max_tokens: 128001 > 128000"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"metadata": {"name": "x"}}, "metadata.name"),
    ({"metadata": {"user_id": "someone@example.org"}}, "metadata.user_id"),
    ({"stop_sequences": [" "]}, "stop_sequences"),
    # thinking and effort
    ({"thinking": {"type": "disabled"}}, "disabled"),
    ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "enabled"),
    ({"thinking": {"type": "between_tools"}}, "between_tools"),
    ({"model": FABLE, "thinking": {"type": "disabled"}}, "disabled"),
    ({"model": SONNET, "thinking": {"type": "disabled"}}, "disabled"),
    ({"model": SONNET, "thinking": {"type": "between_tools"}, "output_config": {"effort": "xhigh"}}, "effort"),
    ({"model": HAIKU, "thinking": {"type": "between_tools"}}, "between_tools"),
    ({"model": HAIKU, "thinking": {"type": "disabled"}, "output_config": {"effort": "max"}}, "effort"),
    ({"thinking": {"type": "adaptive", "display": "all"}}, "thinking.display"),
    ({"output_config": {"effort": "extreme"}}, "output_config.effort"),
    ({"output_config": {"length": "short"}}, "output_config.length"),
    # tools
    ({"tools": [TOOL], "tool_choice": {"type": "any"}}, "tool_choice"),
    ({"model": SONNET, "tools": [TOOL], "tool_choice": {"type": "tool", "name": "look"}}, "tool_choice"),
    ({"tool_choice": {"type": "auto"}}, "tool_choice"),
    # conversation
    ({"messages": []}, "at least one message"),
    ({"messages": [USER, SAID]}, "prefill"),
    ({"messages": [SAID, USER]}, "first message"),
    ({"messages": [RULE, USER]}, "first message"),
    ({"messages": [USER, SAID, RULE]}, "must follow a user message"),
    ({"messages": [USER, RULE, USER]}, "last or before an assistant"),
    ({"messages": [USER, RULE, RULE]}, "last or before an assistant"),
    ({"messages": [USER | {"cache_control": SHORT}]}, "messages.0.cache_control"),
    ({"messages": [USER | {"content": ""}]}, "non-empty"),
    ({"messages": [USER | {"content": "  \n"}]}, "non-whitespace"),
    ({"messages": [USER | {"content": []}]}, "non-empty"),
    ({"messages": [USER | {"content": [block("")]}]}, "non-empty"),
    ({"messages": [USER | {"content": [block(colour="red")]}]}, "colour"),
    ({"system": [block("")]}, "non-empty"),
    ({"messages": [USER, SAID | {"content": [FORGED]}, USER]}, "signature"),
    # where breakpoints may be
    ({"system": [block(cache_control=SHORT)] * 5}, "maximum of 4"),
    ({"system": [block(cache_control=SHORT)] * 4, "cache_control": SHORT}, "already 4"),
    ({"system": [block(cache_control=SHORT), block(cache_control=LONG)]}, "must not come after"),
    ({"system": [block(cache_control=SHORT)], "cache_control": LONG}, "must not come after"),
    ({"messages": [USER | {"content": [block(cache_control=LONG)]}], "cache_control": SHORT}, "another ttl"),
    ({"system": [block(cache_control={"type": "ephemeral", "ttl": "2h"})]}, "ttl"),
    ({"system": [block(cache_control={"type": "lasting"})]}, "cache_control.type"),
    # schemas
    ({"output_config": schema(score={"type": "integer", "minimum": 1})}, "minimum"),
    ({"output_config": schema(name={"type": "string", "maxLength": 9})}, "maxLength"),
    ({"output_config": schema(names={"type": "array", "items": {"type": "string"}, "minItems": 2})}, "minItems"),
    ({"output_config": schema(names={"type": "array", "items": {"type": "string"}, "maxItems": 2})}, "maxItems"),
    ({"output_config": schema(when={"type": "string", "format": "password"})}, "password"),
    ({"output_config": schema(one={"oneOf": [{"type": "string"}]})}, "oneOf"),
    ({"output_config": schema(part={"$ref": "https://example.org/part.json"})}, "does not name a part"),
    ({"output_config": schema(kind={"enum": [["a"]]})}, "enum"),
    ({"output_config": bare({"type": "object", "properties": {}})}, "additionalProperties"),
    ({"output_config": bare(RECURSIVE)}, "recursive"),
    ({"output_config": object_of(25, {"type": "string"})}, "25 optional"),
    ({"output_config": schema(**{f"p{n}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for n in range(17)})},
     "17 properties with a union"),
]  # fmt: skip

TAKEN: list[dict[str, Any]] = [
    {"max_tokens": 128_000},
    {"metadata": {"user_id": "5f2b9c" * 8}},
    {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
    {"model": SONNET, "thinking": {"type": "between_tools"}, "output_config": {"effort": "high"}},
    {"model": HAIKU, "thinking": {"type": "disabled"}, "output_config": {"effort": "low"}},
    {"model": HAIKU, "tools": [TOOL], "tool_choice": {"type": "any"}},
    {"messages": [USER, USER, SAID, SAID, USER]},
    {"messages": [USER, RULE]},
    {"messages": [USER, RULE, SAID, USER]},
    {"system": [block(cache_control=LONG), block(cache_control=SHORT)] , "cache_control": SHORT},
    {"output_config": object_of(24, {"type": "string"})},
    {"output_config": schema(**{f"p{n}": {"anyOf": [{"type": "string"}, {"type": "null"}]} for n in range(16)})},
    {"output_config": schema(names={"type": "array", "items": {"type": "string", "format": "date"}, "minItems": 1})},
]  # fmt: skip


def wire(changes: dict[str, Any]) -> dict[str, Any]:
    """A body as it goes over the wire; a change to None leaves the field out."""
    return {key: value for key, value in ask(**changes).items() if value is not None}


async def send(client: AsyncAnthropic, body: dict[str, Any]) -> object:
    """Past the SDK's own checks, so that the server's are what is tested."""
    return await client.post("/v1/messages", body=body, cast_to=object)


def connected(local: ClaudeSimulator) -> AsyncAnthropic:
    """A client of a local server, which takes any token."""
    return AsyncAnthropic(auth_token="any", base_url=local.base_url, max_retries=0)


@pytest.mark.parametrize(("changes", "words"), REFUSED, ids=[f"{n}-{words}" for n, (_, words) in enumerate(REFUSED)])
async def test_a_request_that_breaks_a_rule_gets_a_400_naming_the_rule(
    changes: dict[str, Any], words: str, claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        await send(client, wire(changes))
    assert caught.value.type == "invalid_request_error"
    assert words in (caught.value.api_message or "")
    assert [request.error for request in claude.refused] == [caught.value.api_message]
    assert claude.billed().total == 0


@pytest.mark.parametrize("changes", TAKEN, ids=range(len(TAKEN)))
async def test_a_request_within_the_rules_is_answered(
    changes: dict[str, Any], claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply("Yes."))
    await send(client, wire(changes))
    assert claude.refused == []


async def test_a_refused_request_takes_no_scripted_answer(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    claude.script(Reply("Yes."))
    with pytest.raises(anthropic.BadRequestError):
        await send(client, wire({"temperature": 0.5}))
    assert claude.remaining == 1


async def test_a_pydantic_model_passes_as_the_sdk_sends_it(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    class Part(pydantic.BaseModel):
        score: int = pydantic.Field(ge=1, le=5)
        note: str | None = None

    class Whole(pydantic.BaseModel):
        parts: list[Part] = pydantic.Field(min_length=1, max_length=9)

    claude.script(Reply('{"parts": [{"score": 3}]}'))
    parsed = await client.messages.parse(**ask(output_format=Whole))
    assert parsed.parsed_output == Whole(parts=[Part(score=3)])


async def test_a_thinking_block_is_accepted_only_in_its_own_conversation(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.script(Reply("A question?", thinking=Thinking()), Reply("Another?"))
    first = await client.messages.create(**ask(messages=[USER], system="Ask."))
    said = [part.model_dump(include={"type", "thinking", "signature", "text"}) for part in first.content]
    turns = [USER, {"role": "assistant", "content": said}, USER]
    await send(client, wire({"messages": turns, "system": "Ask."}))
    with pytest.raises(anthropic.BadRequestError, match="after the turns before it changed"):
        await send(client, wire({"messages": turns, "system": "Ask better."}))


async def test_wrong_keys_unknown_models_and_huge_bodies_are_refused(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    with pytest.raises(anthropic.AuthenticationError):
        await client.with_options(api_key="sk-wrong").messages.create(**ask())
    with pytest.raises(anthropic.NotFoundError) as caught:
        await client.messages.create(**ask(model="claude-opus-9"))
    assert caught.value.type == "not_found_error"
    with pytest.raises(anthropic.ContentTooLargeError):
        await client.messages.create(**ask(messages=[{"role": "user", "content": "x" * 32_000_000}]))


async def test_a_models_card_says_what_its_rules_enforce(claude: ClaudeSimulator, client: AsyncAnthropic) -> None:
    card = await client.models.retrieve(SONNET)
    assert (card.id, card.lifecycle, card.retires_at, card.max_tokens) == (SONNET, "active", None, 128_000)
    assert card.capabilities is not None
    assert card.capabilities.thinking.types.between_tools.supported
    assert not card.capabilities.thinking.types.disabled.supported
    assert card.capabilities.effort.max.supported
    assert card.capabilities.structured_outputs.supported
    assert claude.looked_up == [SONNET]
    assert [model.id async for model in client.models.list()] == [FABLE, OPUS, SONNET, HAIKU]
    with pytest.raises(anthropic.NotFoundError):
        await client.models.retrieve("claude-opus-9")


async def test_a_retired_model_keeps_its_card_and_answers_no_requests(
    claude: ClaudeSimulator, client: AsyncAnthropic
) -> None:
    claude.set_lifecycle(OPUS, "retired", retires_at="2027-09-22T00:00:00Z")
    card = await client.models.retrieve(OPUS)
    assert card.lifecycle == "retired"
    assert card.retires_at is not None
    assert card.retires_at.year == 2027
    with pytest.raises(anthropic.NotFoundError):
        await client.messages.create(**ask())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"output_config": {"effort": "low"}}, "output_config"),
        ({"thinking": {"type": "adaptive"}}, "thinking"),
        ({"cache_control": SHORT}, "cache_control"),
        ({"metadata": {"user_id": "x"}}, "metadata"),
        ({"temperature": 0.5}, "temperature"),
        ({"system": [block()]}, "system: only a string"),
        ({"messages": [RULE]}, "messages.0.role"),
        ({"messages": [USER | {"content": [block()]}]}, "messages.0.content"),
        ({"max_tokens": None}, "max_tokens"),
    ],
)
async def test_the_basic_dialect_refuses_what_it_does_not_know_by_name(changes: dict[str, Any], words: str) -> None:
    async with ClaudeSimulator(basic=True, key=None) as local, connected(local) as client:
        with pytest.raises(anthropic.BadRequestError, match=words):
            await send(client, wire({"model": "a-local-model"} | changes))


async def test_the_basic_dialect_streams_text_without_caching_and_may_wrap_json_in_prose() -> None:
    async with ClaudeSimulator(basic=True, key=None, wrap_json=True) as local, connected(local) as client:
        local.script(Reply("A draft."), Reply('{"verdict": "revise"}'))
        async with client.messages.stream(**ask(model="a-local-model", system="Be plain.")) as stream:
            draft = await stream.get_final_message()
        assert draft.usage.input_tokens > 0
        assert draft.usage.output_tokens == 4
        assert (draft.usage.cache_read_input_tokens, draft.usage.cache_creation) == (None, None)
        wrapped = await client.messages.create(**ask(model="a-local-model"))
        assert wrapped.content[0].type == "text"
        assert wrapped.content[0].text.startswith("Sure, here is the JSON:")
        assert '{"verdict": "revise"}' in wrapped.content[0].text
        with pytest.raises(anthropic.NotFoundError):
            await client.messages.count_tokens(model="a-local-model", messages=ask()["messages"])
        assert local.billed().total == 0
