"""Signatures of thinking blocks, and the rule for sending such blocks back.

For accounts made since 2026-08-31 (and on Fable 5.2 for all) a thinking block may come back only in the conversation it
was born in: with the same system prompt and the same turns before it. Leaving it out is always allowed.
"""

from __future__ import annotations

import hashlib
from typing import Any

from tests.simulators.claude.cache_blocks import Block, blocks_of
from tests.simulators.claude.errors import ApiError


class Signatures:
    """Every signature this server has issued, with what stood before it."""

    def __init__(self) -> None:
        self._issued: dict[str, str] = {}

    def issue(self, body: dict[str, Any]) -> str:
        """A signature for a thinking block in the answer to this request."""
        before = self._digest(blocks_of(body))
        signature = f"c2ln{len(self._issued):04d}{before[:24]}"
        self._issued[signature] = before
        return signature

    def check(self, body: dict[str, Any]) -> None:
        """Raises a ApiError for a thinking block that was not issued here, or whose conversation has been edited."""
        for message in body["messages"]:
            for part in message["content"] if isinstance(message["content"], list) else ():
                if part["type"] == "thinking" and part.get("signature") not in self._issued:
                    raise ApiError.invalid("messages: Invalid `signature` in `thinking` block")
        blocks = blocks_of(body)
        for number, block in enumerate(blocks):
            for signature, before in self._issued.items():
                if not block.cacheable and signature.encode() in block.content:
                    if self._digest(blocks[:number]) != before:
                        raise ApiError.invalid(
                            "messages: a `thinking` block came back after the turns before it changed"
                        )
                    break

    @staticmethod
    def _digest(blocks: list[Block]) -> str:
        digest = hashlib.sha256()
        for block in blocks:
            if block.level in ("system", "messages"):
                digest.update(len(block.content).to_bytes(8) + block.content)
        return digest.hexdigest()
