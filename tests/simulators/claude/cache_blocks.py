"""A request as the prompt cache sees it: blocks in the order tools, system, messages, with its breakpoints.

Source: Anthropic's prompt caching page. Blocks compare by exact bytes, so the order of keys in a tool matters; a string
counts as one text block and neighbouring messages of one role as one message, as the service merges them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Literal

from tests.simulators.claude.billing import tokens_in
from tests.simulators.claude.errors import ApiError

MOST_BREAKPOINTS = 4
TTLS = {"5m": 300.0, "1h": 3600.0}
"""How long an entry lives, in seconds from the start of the request that wrote or last used it."""

Level = Literal["tools", "system", "format", "messages"]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a request. `ttl` is set where it carries a breakpoint."""

    level: Level
    content: bytes
    tokens: int
    ttl: str | None = None
    cacheable: bool = True


def blocks_of(body: Body) -> list[Block]:
    """All blocks of a request, the automatic breakpoint of a top-level `cache_control` included.

    The schema of `output_config.format` is sent to the model as text, so it is billed; it stands between system and
    messages, which is why changing it leaves the system prompt cached and not the conversation.
    """
    blocks = [_block("tools", tool, "") for tool in body.get("tools") or ()]
    blocks += [_block("system", part, "") for part in _parts(body.get("system") or [])]
    form = (body.get("output_config") or {}).get("format")
    choice = body.get("tool_choice")
    if form is not None or choice is not None:
        text = json.dumps([form, choice], ensure_ascii=False)
        blocks.append(Block("format", text.encode(), tokens_in(text), cacheable=False))
    for message in body.get("messages") or ():
        blocks += [_block("messages", part, message["role"]) for part in _parts(message["content"])]
    if (automatic := body.get("cache_control")) is not None:
        last = max((number for number, block in enumerate(blocks) if block.cacheable), default=None)
        if last is not None and blocks[last].ttl is None:
            blocks[last] = replace(blocks[last], ttl=_ttl(automatic, "cache_control"))
    return blocks


def check_breakpoints(body: Body) -> None:
    """At most four, each of a known kind, no longer-lived one after a shorter-lived one."""
    explicit = [block for block in blocks_of(body | {"cache_control": None}) if block.ttl]
    if (automatic := body.get("cache_control")) is not None:
        ttl = _ttl(automatic, "cache_control")
        if len(explicit) >= MOST_BREAKPOINTS:
            raise ApiError.invalid(f"cache_control: there are already {MOST_BREAKPOINTS} blocks with cache_control")
        last = [block for block in blocks_of(body) if block.cacheable][-1]
        if last.ttl != ttl:
            raise ApiError.invalid("cache_control: the last block has a cache_control with another ttl")
    if len(explicit) > MOST_BREAKPOINTS:
        raise ApiError.invalid(
            f"A maximum of {MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {len(explicit)}."
        )
    ttls = [block.ttl for block in blocks_of(body) if block.ttl]
    if ttls != sorted(ttls):  # "1h" sorts before "5m"
        raise ApiError.invalid("cache_control.ttl: a '1h' block must not come after a '5m' block")


def _parts(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _block(level: Level, part: dict[str, Any], role: str) -> Block:
    bare = {key: value for key, value in part.items() if key != "cache_control"}
    text = json.dumps(bare, ensure_ascii=False)
    kind = part.get("type")
    control = part.get("cache_control")
    return Block(
        level,
        f"{level}/{role}/{text}".encode("utf-8", "surrogatepass"),
        tokens_in(part["text"] if kind == "text" else text),
        ttl=None if control is None else _ttl(control, f"{level}.cache_control"),
        cacheable=kind not in ("thinking", "redacted_thinking"),
    )


def _ttl(control: object, where: str) -> str:
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        raise ApiError.invalid(f"{where}.type: Input should be 'ephemeral'")
    if extra := sorted(set(control) - {"type", "ttl"}):
        raise ApiError.invalid(f"{where}.{extra[0]}: Extra inputs are not permitted")
    ttl = control.get("ttl", "5m")
    if ttl not in TTLS:
        raise ApiError.invalid(f"{where}.ttl: Input should be '5m' or '1h'")
    return str(ttl)
