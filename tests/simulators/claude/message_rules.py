"""The rules for `system` and `messages`.

Neighbouring messages of one role are merged by the service, so they are allowed. A `role: system` message in the
middle follows a user turn (or an assistant turn that ends in a server tool's use), is not next to another, and comes
last or before an assistant turn: mid-conversation system messages page. No model here takes a prefill.
"""

from __future__ import annotations

from typing import Any

from tests.simulators.claude.errors import ApiError

BLOCK_FIELDS = {
    "text": {"text", "citations", "cache_control"},
    "thinking": {"thinking", "signature"},  # no cache_control: the service refuses it here
    "redacted_thinking": {"data"},
    "image": {"source", "cache_control"},
    "document": {"source", "title", "context", "citations", "cache_control"},
    "tool_use": {"id", "name", "input", "caller", "cache_control"},
    "tool_result": {"tool_use_id", "content", "is_error", "cache_control"},
    "server_tool_use": {"id", "name", "input", "caller", "cache_control"},
}
"""The fields of each kind of block beside `type`, from the SDK's *_block_param.py. Other kinds are not imitated."""

BLOCKS_OF_ROLE = {
    "user": {"text", "image", "document", "tool_result"},
    "assistant": {"text", "thinking", "redacted_thinking", "tool_use", "server_tool_use"},
    "system": {"text"},
}


def check_system(system: object) -> None:
    """A string, or text blocks none of which is empty."""
    if system is None or isinstance(system, str):
        return
    if not isinstance(system, list):
        raise ApiError.invalid("system: Input should be a string or a list of text blocks")
    for number, block in enumerate(system):
        _check_block(block, {"text"}, f"system.{number}")


def check_messages(messages: object) -> None:
    """Raises the ApiError for a conversation the service would not continue."""
    if not isinstance(messages, list) or not messages:
        raise ApiError.invalid("messages: at least one message is required")
    for number, message in enumerate(messages):
        _check_message(message, f"messages.{number}")
    roles = [message["role"] for message in messages]
    if roles[0] != "user":
        raise ApiError.invalid('messages: first message must use the "user" role')
    for number, role in enumerate(roles):
        if role == "system":
            _check_placement(messages, number)
    if roles[-1] == "assistant":
        raise ApiError.invalid("messages: this model does not support prefill; the last message must be the user's")


def _check_placement(messages: list[dict[str, Any]], number: int) -> None:
    before = messages[number - 1]
    ends_in_server_tool = isinstance(before["content"], list) and before["content"][-1]["type"] == "server_tool_use"
    if before["role"] != "user" and not (before["role"] == "assistant" and ends_in_server_tool):
        raise ApiError.invalid(f"messages.{number}: a system message must follow a user message")
    if number + 1 < len(messages) and messages[number + 1]["role"] != "assistant":
        raise ApiError.invalid(f"messages.{number}: a system message must come last or before an assistant message")


def _check_message(message: object, where: str) -> None:
    if not isinstance(message, dict) or message.get("role") not in BLOCKS_OF_ROLE:
        raise ApiError.invalid(f"{where}.role: Input should be user, assistant or system")
    if extra := sorted(set(message) - {"role", "content"}):
        raise ApiError.invalid(f"{where}.{extra[0]}: Extra inputs are not permitted")
    content = message.get("content")
    if isinstance(content, str):
        _check_text(content, f"{where}.content")
    elif isinstance(content, list) and content:
        for number, block in enumerate(content):
            _check_block(block, BLOCKS_OF_ROLE[message["role"]], f"{where}.content.{number}")
    else:
        raise ApiError.invalid(f"{where}: messages must have non-empty content")


def _check_block(block: object, kinds: set[str], where: str) -> None:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(block, dict) or kind not in kinds:
        raise ApiError.invalid(f"{where}.type: Input should be one of {', '.join(sorted(kinds))}")
    if extra := sorted(set(block) - BLOCK_FIELDS[str(kind)] - {"type"}):
        raise ApiError.invalid(f"{where}.{kind}.{extra[0]}: Extra inputs are not permitted")
    if kind == "text":
        _check_text(block.get("text"), where)


def _check_text(text: object, where: str) -> None:
    if not isinstance(text, str):
        raise ApiError.invalid(f"{where}.text: Field required")
    if not text:
        raise ApiError.invalid(f"{where}: text content blocks must be non-empty")
    if not text.strip():
        raise ApiError.invalid(f"{where}: text content blocks must contain non-whitespace text")
