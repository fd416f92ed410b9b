"""The rules of POST /v1/messages: `check` returns for a request the service would take, else raises its ApiError.

Sources: the API reference, migration guide 2026-10-21, thinking, effort, tool use and mid-conversation system message
pages; the SDK's types for what fields exist. Messages of errors are worded here, since the service's own may change.
"""

from __future__ import annotations

import re
from typing import Any

from tests.simulators.claude.cache_blocks import check_breakpoints
from tests.simulators.claude.errors import ApiError
from tests.simulators.claude.message_rules import check_messages, check_system
from tests.simulators.claude.models import EFFORTS, EFFORTS_WITHOUT_THINKING, MAX_OUTPUT_TOKENS, Model
from tests.simulators.claude.schema_rules import check_schema

BODY_LIMIT = 32_000_000
"""Bytes. The page says 32 MB; the smaller reading of it."""

MOST_METADATA_CHARACTERS = 256
COUNT_FIELDS = frozenset(
    {"cache_control", "messages", "model", "output_config", "speed", "system", "thinking", "tool_choice", "tools"}
)
CREATE_FIELDS = COUNT_FIELDS | {
    *("container", "diagnostics", "inference_geo", "max_tokens", "metadata", "service_tier", "stop_sequences", "stream")
}
BASIC_FIELDS = frozenset({"model", "max_tokens", "system", "messages", "stream"})
SAMPLING = ("temperature", "top_p", "top_k")

Body = dict[str, Any]


def check(body: Body, models: dict[str, Model], *, counting: bool) -> None:
    """The Claude dialect. `models` are those that can be called; `counting` for POST /v1/messages/count_tokens."""
    for name in SAMPLING:
        if name in body:
            raise ApiError.invalid(f"{name}: not supported since API version 2026-10-21, not even at its default")
    only(body, COUNT_FIELDS if counting else CREATE_FIELDS, "")
    if not isinstance(body.get("model"), str):
        raise ApiError.invalid("model: Field required")
    if not counting:
        check_max_tokens(body)
    if (model := models.get(body["model"])) is None:
        raise ApiError.unknown(f"model: {body['model']}")
    effort = _check_output_config(body.get("output_config"), model)
    _check_thinking(body.get("thinking"), effort, model)
    _check_tools(body, model)
    _check_small_fields(body)
    check_system(body.get("system"))
    check_messages(body.get("messages"))
    check_breakpoints(body)


def check_basic(body: Body) -> None:
    """The dialect of a local server, on purpose narrower than any real one, so that tests show nothing else is sent."""
    only(body, BASIC_FIELDS, "")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise ApiError.invalid("model: Field required")
    check_max_tokens(body)
    _check_flag(body, "stream")
    if not isinstance(body.get("system", ""), str):
        raise ApiError.invalid("system: only a string is accepted here")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError.invalid("messages: at least one message is required")
    for number, message in enumerate(messages):
        where = f"messages.{number}"
        if not isinstance(message, dict):
            raise ApiError.invalid(f"{where}: a message is an object")
        only(message, {"role", "content"}, f"{where}.")
        if message.get("role") not in ("user", "assistant"):
            raise ApiError.invalid(f"{where}.role: only user and assistant are accepted here")
        if not isinstance(message.get("content"), str):
            raise ApiError.invalid(f"{where}.content: only a string is accepted here")


def only(value: dict[str, Any], allowed: frozenset[str] | set[str], where: str) -> None:
    """Raises a ApiError naming the first field that is not allowed."""
    if extra := sorted(set(value) - allowed):
        raise ApiError.invalid(f"{where}{extra[0]}: Extra inputs are not permitted")


def check_max_tokens(body: Body) -> None:
    """An integer from 0 (fill the cache, write nothing) to the most any model writes."""
    limit = body.get("max_tokens")
    if limit is None:
        raise ApiError.invalid("max_tokens: Field required")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise ApiError.invalid("max_tokens: Input should be an integer of 0 or more")
    if limit > MAX_OUTPUT_TOKENS:
        raise ApiError.invalid(f"max_tokens: {limit} > {MAX_OUTPUT_TOKENS}, the most output tokens of {body['model']}")


def _check_flag(body: Body, name: str) -> None:
    if not isinstance(body.get(name, False), bool):
        raise ApiError.invalid(f"{name}: Input should be true or false")


def _check_output_config(config: object, model: Model) -> str:
    if config is None:
        return model.default_effort
    if not isinstance(config, dict):
        raise ApiError.invalid("output_config: Input should be an object")
    only(config, {"effort", "format"}, "output_config.")
    effort = config.get("effort") or model.default_effort
    if effort not in EFFORTS:
        raise ApiError.invalid(f"output_config.effort: Input should be one of {', '.join(EFFORTS)}")
    if (form := config.get("format")) is not None:
        if not isinstance(form, dict) or form.get("type") != "json_schema":
            raise ApiError.invalid("output_config.format.type: Input should be 'json_schema'")
        only(form, {"type", "schema"}, "output_config.format.")
        check_schema(form.get("schema"))
    return str(effort)


def _check_thinking(thinking: object, effort: str, model: Model) -> None:
    if thinking is None:
        return
    kind = thinking.get("type") if isinstance(thinking, dict) else None
    if not isinstance(thinking, dict) or kind not in ("adaptive", "between_tools", "disabled", "enabled"):
        raise ApiError.invalid("thinking.type: Input should be adaptive, between_tools, disabled or enabled")
    if kind not in model.thinking_types:
        raise ApiError.invalid(f'thinking.type: "{kind}" is not supported for {model.id}')
    only(thinking, {"type", "display"} if kind == "adaptive" else {"type"}, "thinking.")
    if thinking.get("display") not in (None, "summarized", "omitted"):
        raise ApiError.invalid("thinking.display: Input should be summarized or omitted")
    if kind == model.thinking_off and effort not in EFFORTS_WITHOUT_THINKING:
        raise ApiError.invalid(f"output_config.effort: {effort} is not available with thinking off")


def _check_tools(body: Body, model: Model) -> None:
    tools, choice = body.get("tools", []), body.get("tool_choice")
    if not isinstance(tools, list):
        raise ApiError.invalid("tools: Input should be a list")
    for number, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise ApiError.invalid(f"tools.{number}.name: Field required")
        if tool.get("type") in (None, "custom") and not isinstance(tool.get("input_schema"), dict):
            raise ApiError.invalid(f"tools.{number}.input_schema: Field required")
    if choice is None:
        return
    if not isinstance(choice, dict) or choice.get("type") not in ("auto", "any", "tool", "none"):
        raise ApiError.invalid("tool_choice.type: Input should be auto, any, tool or none")
    if not tools and choice["type"] != "none":
        raise ApiError.invalid("tool_choice: may only be given together with tools")
    if choice["type"] in ("any", "tool") and not model.forced_tools:
        raise ApiError.invalid(f"tool_choice.type: {choice['type']} is not supported for {model.id}")


def _check_small_fields(body: Body) -> None:
    _check_flag(body, "stream")
    metadata = body.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ApiError.invalid("metadata: Input should be an object")
    only(metadata, {"user_id"}, "metadata.")
    user = metadata.get("user_id") or ""
    if not isinstance(user, str) or len(user) > MOST_METADATA_CHARACTERS:
        raise ApiError.invalid(f"metadata.user_id: a string of at most {MOST_METADATA_CHARACTERS} characters")
    if re.fullmatch(r"\S+@\S+\.\S+|\+?[\d ()-]{9,}", user) and not user.isdigit():
        raise ApiError.invalid("metadata.user_id: looks like an address or a telephone number; use an opaque id")
    if body.get("service_tier", "auto") not in ("auto", "standard_only"):
        raise ApiError.invalid("service_tier: Input should be auto or standard_only")
    if body.get("speed") not in (None, "standard"):
        raise ApiError.invalid("speed: fast needs a beta header that this imitation does not know")
    stops = body.get("stop_sequences", [])
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop.strip() for stop in stops):
        raise ApiError.invalid("stop_sequences: each stop sequence must contain non-whitespace")
    diagnostics = body.get("diagnostics")
    if diagnostics is not None:
        if not isinstance(diagnostics, dict):
            raise ApiError.invalid("diagnostics: Input should be an object")
        only(diagnostics, {"previous_message_id"}, "diagnostics.")
