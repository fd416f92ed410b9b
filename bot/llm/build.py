"""Joins the room: the four ports over one client."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bot.llm.address import shown_address
from bot.llm.caller import Caller, Dialect, Service
from bot.llm.client import connect
from bot.llm.critic import ClaudeCritic
from bot.llm.drafter import ClaudeDrafter
from bot.llm.interviewer import ClaudeInterviewer
from bot.llm.prices import NONE_SET, Price
from bot.llm.prompts import MOST_SECONDS, read_json_only, read_prompts
from bot.llm.reviser import ClaudeReviser
from bot.llm.tagged import NewTag
from bot.workflow.models import Cost, Models, Role
from bot.workflow.ports import Clock
from bot.workflow.spending import Ledger

# A model that thinks sends nothing but pings; how often is not documented, and four minutes is beyond any seen.
SILENCE_SECONDS = 240.0
RETRIES = 2  # the SDK's own default


@dataclass(frozen=True, slots=True)
class Answered:
    """That a model answered: which, after how many milliseconds in all, and at what cost."""

    model: str
    milliseconds: int
    cost: Cost


@dataclass(frozen=True, slots=True)
class Claude:
    """The ports, and the one client behind them, which ``close`` ends.

    ``probe`` makes the smallest call there is to the model of a role, on a writer's account, and raises ModelError as
    the ports do.
    """

    models: Models
    probe: Callable[[str, Role], Awaitable[Answered]]
    close: Callable[[], Awaitable[None]]


def _new_tag() -> str:
    return secrets.token_hex(6)


def make_models(
    *,
    api_key: str,
    base_url: str,
    dialect: Dialect,
    models: Mapping[Role, str],
    prompts: Path,
    ledger: Ledger,
    clock: Clock,
    secret: bytes,
    prices: Mapping[str, Price] = NONE_SET,
    silence: float = SILENCE_SECONDS,
    total: float = MOST_SECONDS,
    retries: int = RETRIES,
    proxy: str | None = None,
    new_tag: NewTag = _new_tag,
    timer: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Claude:
    """The ports over the service at ``base_url``, spoken to in ``dialect``; nothing is sent yet.

    ``models`` are model ids, one for each role, ``prices`` those that were set for models, by their ids; ``prompts`` is
    the directory of the prompt files; ``secret`` keys the pseudonyms under which the service knows writers.
    ``silence`` is how many seconds nothing may come from the service, ``total`` how many one call may take whatever its
    prompt says; ``retries`` how often a request refused in passing is sent again. ``proxy`` is the URL of the proxy to
    go through. A server that takes no key is given any. Must be called in the event loop that makes the calls.

    Raises BadPromptFile.
    """
    said = read_prompts(prompts)
    service = Service(shown_address(base_url), dialect, models, prices, secret, silence, total)
    client = connect(api_key, base_url, silence=silence, retries=retries, proxy=proxy)
    asks_json = read_json_only(prompts)
    caller = Caller(client, service, ledger, clock, asks_json=asks_json, new_tag=new_tag, timer=timer, sleep=sleep)
    ports = Models(
        interviewer=ClaudeInterviewer(caller, said["place.md"], said["follow_up.md"]),
        drafter=ClaudeDrafter(caller, said["draft.md"], said["finish.md"]),
        reviser=ClaudeReviser(caller, said["revise.md"]),
        critic=ClaudeCritic(caller, said["critique.md"]),
    )

    async def probe(writer: str, role: Role) -> Answered:
        began = timer()
        answer = await caller.call(writer, replace(said["probe.md"], role=role), {})
        return Answered(answer.model, round(1000 * (timer() - began)), answer.cost)

    return Claude(ports, probe, caller.close)
