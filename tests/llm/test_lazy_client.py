"""The SDK is imported when a model is first asked; a fault then is over once it is."""

from __future__ import annotations

import ssl

import pytest

from bot.llm import client
from bot.llm.client import Dialect, LazyClient, ServiceConfig


async def test_a_client_that_could_not_be_made_is_made_at_the_next_call(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        if not made:
            made.append(ssl.create_default_context())
            raise OSError(24, "Too many open files")
        return made[0]

    monkeypatch.setattr(client, "_import_sdk", make)
    lazy = LazyClient(ServiceConfig("http://127.0.0.1:9", "sk-test", Dialect.CLAUDE, {}, b"secret"))
    with pytest.raises(OSError, match="Too many open files"):
        await lazy.get()
    assert await lazy.get() is await lazy.get()
    await lazy.close()
