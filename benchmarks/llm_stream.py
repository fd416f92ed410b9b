"""CPU of one answer of 9,000 characters while 200 are streamed: by the caller, and by each of the SDK's own ways.

All use one client as the bot makes it, and a loopback model in a process of its own, which writes 600 characters a
second in pieces of 24. The caller reserves, filters and settles besides; the SDK's ways only hand each piece on.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import Any

import anthropic

from bot.llm.caller import ModelCaller
from bot.llm.client import Dialect, LazyClient, ServiceConfig
from bot.llm.prompts import read_prompts
from bot.services.ledger import Ledger
from bot.services.llm_ports import ModelRole, TextChunk, ThinkingChunk
from bot.structure_files import prompts_directory
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply

STREAMS = 200
CHARACTERS = 9_000
CHARACTERS_PER_SECOND = 600.0
ROUNDS = 2
MODEL = "claude-opus-5-5"
KEY = "sk-simulated"

OnText = Callable[[str], None]
Way = Callable[[OnText], Awaitable[None]]


def serve(address: Connection) -> None:
    """Run the model until the process is ended; send its address."""
    answer = Reply("word " * (CHARACTERS // 5), characters_per_second=CHARACTERS_PER_SECOND)

    async def run_simulator() -> None:
        async with ClaudeSimulator(key=KEY, responder=lambda _: answer) as claude:
            address.send(claude.base_url)
            await asyncio.Event().wait()

    with suppress(KeyboardInterrupt):
        asyncio.run(run_simulator())


def ways(
    lazy: LazyClient, client: anthropic.AsyncAnthropic, service: ServiceConfig, ledger: Ledger
) -> Mapping[str, Way]:
    """Return the ways to stream one answer."""
    caller = ModelCaller(lazy, service, ledger, lambda: datetime.now(UTC))
    prompt = replace(read_prompts(prompts_directory())["probe.md"], max_tokens=16_000)
    request: dict[str, Any] = {
        "model": MODEL,
        "max_tokens": 16_000,
        "messages": [{"role": "user", "content": "Answer."}],
    }

    async def call(on_text: OnText) -> None:
        def on_progress(chunk: TextChunk | ThinkingChunk) -> None:
            if isinstance(chunk, TextChunk):
                on_text(chunk.text)

        await caller.call("a-writer", "", prompt, {}, on_progress=on_progress)

    async def create(on_text: OnText) -> None:
        async with await client.messages.create(**request, stream=True) as stream:
            async for event in stream:
                if event.type == "content_block_delta" and event.delta.type == "text_delta":
                    on_text(event.delta.text)

    async def stream(on_text: OnText) -> None:
        async with client.messages.stream(**request) as stream:
            async for event in stream:
                if event.type == "text":
                    on_text(event.text)
            await stream.get_final_message()

    return {"the caller": call, "messages.create(stream=True)": create, "messages.stream()": stream}


async def measure_all(address: str) -> Mapping[str, list[float]]:
    """Return the CPU milliseconds of one answer by each way, in each round after one that does not count."""
    found: dict[str, list[float]] = {}
    ledger = MemoryLedger()
    service = ServiceConfig(address, KEY, Dialect.CLAUDE, dict.fromkeys(ModelRole, MODEL), b"secret", max_retries=0)
    lazy = LazyClient(service)
    async with await lazy.get() as client:
        for number in range(ROUNDS + 1):
            for name, way in ways(lazy, client, service, ledger).items():
                answers: list[list[str]] = [[] for _ in range(STREAMS if number else 1)]
                began = time.process_time()
                await asyncio.gather(*(way(answer.append) for answer in answers))
                if number:
                    found.setdefault(name, []).append((time.process_time() - began) * 1_000 / STREAMS)
                assert {sum(map(len, answer)) for answer in answers} == {CHARACTERS}
    assert {row.stop_reason for row in ledger.rows} == {"end_turn"}
    return found


def run() -> None:
    """Print the CPU of each way, and how it compares to the caller's."""
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    server.start()
    try:
        found = asyncio.run(measure_all(here.recv()))
    finally:
        server.terminate()
        server.join()
    ours = min(found["the caller"])
    for name, taken in found.items():
        print(f"  {name:30} {min(taken):5.1f} ms an answer, {min(taken) / ours:.2f} of the caller's")
