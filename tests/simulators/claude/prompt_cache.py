"""The prompt cache: what a request reads, what it writes, and when that becomes readable.

Source: Anthropic's prompt caching page. Writes happen only at breakpoints and only of prefixes with at least the
model's minimum; a read checks 20 positions back from each breakpoint, the breakpoint itself being the first. The page
says that another effort or thinking setting loses the messages always, and system and tools on some models: here it
loses all, the dearer reading.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tests.simulators.claude.billing import Usage
from tests.simulators.claude.cache_blocks import TTLS, Block, Body, blocks_of
from tests.simulators.claude.models import Model

LOOKBACK = 20


@dataclass(slots=True)
class Entry:
    """One cached prefix; mutable because every use moves its end of life."""

    ttl: str
    expires: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What one request takes from the cache, and what it will leave there once its response begins."""

    usage: Usage
    started: float
    used: tuple[str, ...]
    writes: tuple[tuple[str, str], ...]


def setting_of(body: Body, model: Model) -> str:
    """What beside the blocks must be equal for a hit. A default written out equals the default left out."""
    effort = (body.get("output_config") or {}).get("effort") or model.default_effort
    thinking = (body.get("thinking") or {}).get("type", "adaptive")
    return f"{effort}/{thinking}/{body.get('speed') or 'standard'}"


def _chain(seed: str, blocks: list[Block]) -> list[str]:
    digest, chain = hashlib.sha256(seed.encode()), []
    for block in blocks:
        digest.update(len(block.content).to_bytes(8) + block.content)
        chain.append(digest.hexdigest())
    return chain


class PromptCache:
    """The caches of one workspace."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._fingerprints: dict[str, tuple[str, str, str, str, list[str], int]] = {}

    def plan(self, body: Body, model: Model, now: float) -> Plan:
        """Reads the cache for a request that starts at `now` (seconds); changes nothing."""
        blocks = blocks_of(body)
        chain = _chain(f"{model.id}/{setting_of(body, model)}", blocks)
        totals = [sum(block.tokens for block in blocks[: number + 1]) for number in range(len(blocks))]
        marks = [number for number, block in enumerate(blocks) if block.ttl]
        hits = {
            number
            for mark in marks
            for number in range(max(0, mark - LOOKBACK + 1), mark + 1)
            if (entry := self._entries.get(chain[number])) and entry.expires > now
        }
        reached = max(hits, default=-1)
        read = counted = totals[reached] if hits else 0
        written, writes = {"5m": 0, "1h": 0}, []
        for mark in marks:
            ttl = blocks[mark].ttl or ""
            if mark > reached and totals[mark] >= model.cache_minimum:
                written[ttl] += totals[mark] - counted
                counted = totals[mark]
                writes.append((chain[mark], ttl))
        total = totals[-1] if totals else 0
        usage = Usage(input=total - counted, write_5m=written["5m"], write_1h=written["1h"], read=read)
        used = tuple(chain[number] for number in sorted(hits) if number in marks or number == reached)
        return Plan(usage, now, used, tuple(writes))

    def commit(self, plan: Plan) -> None:
        """The response has begun: what was used lives on, what was written can be read."""
        for key in plan.used:
            entry = self._entries[key]
            entry.expires = max(entry.expires, plan.started + TTLS[entry.ttl])
        for key, ttl in plan.writes:
            self._entries[key] = Entry(ttl, plan.started + TTLS[ttl])

    def remember(self, message_id: str, body: Body, model: Model, usage: Usage) -> None:
        """Keeps the fingerprint of an answered request for `diagnose`."""
        self._fingerprints[message_id] = (*self._fingerprint(body, model), usage.total_input)

    def diagnose(self, body: Body, model: Model) -> dict[str, Any] | None:
        """`diagnostics` of the reply: why the prefix of the request named there cannot be reused, None if it can."""
        previous_id = (body.get("diagnostics") or {}).get("previous_message_id")
        if previous_id is None:
            return None
        if (previous := self._fingerprints.get(previous_id)) is None:
            return {"cache_miss_reason": {"type": "previous_message_not_found"}}
        now = self._fingerprint(body, model)
        for number, kind in enumerate(("model_changed", "tools_changed", "system_changed")):
            if previous[number] != now[number]:
                return {"cache_miss_reason": {"type": kind, "cache_missed_input_tokens": previous[-1]}}
        if previous[3] != now[3]:
            return {"cache_miss_reason": {"type": "unavailable"}}
        if now[4][: len(previous[4])] != previous[4]:
            return {"cache_miss_reason": {"type": "messages_changed", "cache_missed_input_tokens": previous[-1]}}
        return None

    @staticmethod
    def _fingerprint(body: Body, model: Model) -> tuple[str, str, str, str, list[str]]:
        blocks = blocks_of(body)
        tools, system = (
            "".join(_chain("", [block for block in blocks if block.level == level])[-1:])
            for level in ("tools", "system")
        )
        form = json.dumps([(body.get("output_config") or {}).get("format"), body.get("tool_choice")])
        messages = _chain("", [block for block in blocks if block.level == "messages"])
        return model.id, tools, system, f"{setting_of(body, model)}/{form}", messages
