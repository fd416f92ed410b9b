"""Build what services/llm_ports.py asks for, the interviewer and the others, over one client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.llm.caller import ModelCaller
from bot.llm.checker import ClaudeChecker
from bot.llm.client import LazyClient, ServiceConfig
from bot.llm.critic import ClaudeCritic
from bot.llm.drafter import ClaudeDrafter, ClaudeReviser
from bot.llm.interviewer import ClaudeInterviewer
from bot.llm.prompts import read_prompts
from bot.llm.writer_player import ClaudeWriterPlayer
from bot.services.ledger import Ledger
from bot.services.llm_ports import Cost, ModelRole, Models
from bot.services.store_ports import Clock


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """Which model answered a probe, after how many milliseconds, and at what cost."""

    model: str
    milliseconds: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class ClaudeModels:
    """The ports, and ``close``, which ends the one client behind them.

    ``probe`` makes a smallest call to the model of a role, charged to a writer. It raises ModelError as the ports do.
    ``writer_player`` is for ``essay-bot eval``. ``load`` begins to import the SDK, which is otherwise imported with the
    first call, and returns at once.
    """

    ports: Models
    writer_player: ClaudeWriterPlayer
    probe: Callable[[str, ModelRole], Awaitable[ProbeResult]]
    load: Callable[[], None]
    close: Callable[[], Coroutine[Any, Any, None]]


def build_models(
    service: ServiceConfig,
    prompts: Path,
    ledger: Ledger,
    clock: Clock,
    *,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ClaudeModels:
    """Return the ports over a service. Send nothing yet. Raise InvalidPromptFile.

    ``prompts`` is the directory of the prompt files.
    """
    prompt = read_prompts(prompts)
    client = LazyClient(service)
    caller = ModelCaller(client, service, ledger, clock, timer=timer, sleep=sleep)
    ports = Models(
        interviewer=ClaudeInterviewer(caller, prompt["place.md"], prompt["next_question.md"], prompt["titles.md"]),
        drafter=ClaudeDrafter(caller, prompt["draft.md"], prompt["finish.md"]),
        reviser=ClaudeReviser(caller, prompt["revise.md"], prompt["fill.md"]),
        critic=ClaudeCritic(caller, prompt["critique.md"]),
        checker=ClaudeChecker(caller, prompt["check.md"]),
    )

    async def probe(writer: str, role: ModelRole) -> ProbeResult:
        began = timer()
        answer = await caller.call(writer, "", replace(prompt["probe.md"], role=role), {})
        return ProbeResult(answer.model, round(1000 * (timer() - began)), answer.cost)

    return ClaudeModels(ports, ClaudeWriterPlayer(caller, prompt["play_writer.md"]), probe, client.load, caller.close)
