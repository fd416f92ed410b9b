"""Joins the room: the four ports over one client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.llm.base_url import redacted_url
from bot.llm.caller import Dialect, ModelCaller, ServiceConfig
from bot.llm.client import create_client
from bot.llm.critic import ClaudeCritic
from bot.llm.drafter import ClaudeDrafter, ClaudeReviser
from bot.llm.interviewer import ClaudeInterviewer
from bot.llm.prices import NO_PRICES, Price
from bot.llm.prompts import MAX_CALL_SECONDS, TagFactory, random_tag, read_json_instruction, read_prompts
from bot.services.ledger import Ledger
from bot.services.llm_ports import Cost, ModelRole, Models
from bot.services.store_ports import Clock

# A model that thinks sends nothing but pings; how often is not documented, and four minutes is beyond any seen.
SILENCE_TIMEOUT_SECONDS = 240.0
MAX_RETRIES = 2  # the SDK's own default


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """That a model answered: which, after how many milliseconds in all, and at what cost."""

    model: str
    milliseconds: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class ClaudeModels:
    """The ports, and the one client behind them, which ``close`` ends.

    ``probe`` makes the smallest call there is to the model of a role, on a writer's account, and raises ModelError as
    the ports do.
    """

    ports: Models
    probe: Callable[[str, ModelRole], Awaitable[ProbeResult]]
    close: Callable[[], Awaitable[None]]


def build_models(
    *,
    api_key: str,
    base_url: str,
    dialect: Dialect,
    models: Mapping[ModelRole, str],
    prompts: Path,
    ledger: Ledger,
    clock: Clock,
    secret: bytes,
    prices: Mapping[str, Price] = NO_PRICES,
    silence: float = SILENCE_TIMEOUT_SECONDS,
    total: float = MAX_CALL_SECONDS,
    retries: int = MAX_RETRIES,
    proxy: str | None = None,
    new_tag: TagFactory = random_tag,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ClaudeModels:
    """The ports over the service at ``base_url``, spoken to in ``dialect``; nothing is sent yet.

    ``models`` are model ids, one for each role, ``prices`` those that were set for models, by their ids; ``prompts`` is
    the directory of the prompt files; ``secret`` keys the pseudonyms under which the service knows writers.
    ``silence`` is how many seconds nothing may come from the service, ``total`` how many one call may take whatever its
    prompt says; ``retries`` how often a request refused in passing is sent again. ``proxy`` is the URL of the proxy to
    go through. A server that takes no key is given any. Must be called in the event loop that makes the calls.

    Raises BadPromptFile.
    """
    said = read_prompts(prompts)
    service = ServiceConfig(
        redacted_url(base_url), dialect, models, prices, read_json_instruction(prompts), secret, silence, total
    )
    client = create_client(api_key, base_url, silence=silence, retries=retries, proxy=proxy)
    caller = ModelCaller(client, service, ledger, clock, new_tag=new_tag, timer=timer, sleep=sleep)
    ports = Models(
        interviewer=ClaudeInterviewer(caller, said["place.md"], said["follow_up.md"]),
        drafter=ClaudeDrafter(caller, said["draft.md"], said["finish.md"]),
        reviser=ClaudeReviser(caller, said["revise.md"]),
        critic=ClaudeCritic(caller, said["critique.md"]),
    )

    async def probe(writer: str, role: ModelRole) -> ProbeResult:
        began = timer()
        answer = await caller.call(writer, replace(said["probe.md"], role=role), {})
        return ProbeResult(answer.model, round(1000 * (timer() - began)), answer.cost)

    return ClaudeModels(ports, probe, caller.close)
