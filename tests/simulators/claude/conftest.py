"""Fixtures for the tests of the imitation itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic

from tests.simulators.claude import ClaudeSimulator

OPUS = "claude-opus-5-5"
DRAFT = "I thought the move was about money. It was about who I would become if I stayed."


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would send even loopback requests through a proxy named in the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator() as running:
        yield running


@pytest.fixture
async def client(claude: ClaudeSimulator) -> AsyncIterator[AsyncAnthropic]:
    async with AsyncAnthropic(api_key=claude.key, base_url=claude.base_url, max_retries=0) as connected:
        yield connected


def ask(**changes: Any) -> dict[str, Any]:
    """The arguments of a plain request, changed."""
    return {"model": OPUS, "max_tokens": 2000, "messages": [{"role": "user", "content": "My notes."}]} | changes
