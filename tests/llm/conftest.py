"""What the tests of the model room share: the loopback Claude, a ledger in memory, the ports over both."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.llm.client import Dialect, ServiceConfig
from bot.llm.factory import build_models
from bot.llm.prices import Price, custom_price
from bot.llm.prompts import block_tag, read_prompts
from bot.services.ledger import Ledger
from bot.services.llm_ports import Material, ModelRole, Models, TextChunk, ThinkingChunk
from bot.structure_files import prompts_directory
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator

if TYPE_CHECKING:
    from tests.llm.port_calls import Calling

WRITER = "writer-4711"
ESSAY = "essay-1"
IDS = {
    ModelRole.WRITER: "claude-opus-5-5",
    ModelRole.CRITIC: "claude-opus-5-5",
    ModelRole.INTERVIEWER: "claude-haiku-5-5",
    ModelRole.CHECKER: "claude-opus-5-5",
}
LOCAL = dict.fromkeys(ModelRole, "a-local-model")
FREE = {"a-local-model": custom_price(Decimal(0), Decimal(0))}
SECRET = b"a secret for tests"
TAG = block_tag(SECRET, ESSAY)
NOTES = (
    Note(1, "The build broke on a Tuesday and nobody asked me.", "What was missing?", "missed"),
    Note(2, "My pay went from 61,000 to 48,500.", "What did it cost?", "gave-up"),
)
DRAFT = "## What I missed\n\nThe build broke on a Tuesday.\n\n## What I gave up\n\nMy pay went from 61,000 to 48,500.\n"


def material(structure: Structure, notes: Sequence[Note], *, title: str = "Out", text: str = "") -> Material:
    """What a port is given of an essay."""
    return Material(WRITER, ESSAY, structure, title, tuple(notes), text)


@dataclass(eq=False)
class ProgressLog:
    """An ``on_progress`` that keeps the chunks it is given."""

    got: list[ThinkingChunk | TextChunk] = field(default_factory=list)

    def __call__(self, chunk: ThinkingChunk | TextChunk) -> None:
        self.got.append(chunk)

    @property
    def text(self) -> str:
        return "".join(chunk.text for chunk in self.got if isinstance(chunk, TextChunk))

    @property
    def thoughts(self) -> int:
        return sum(isinstance(chunk, ThinkingChunk) for chunk in self.got)


@dataclass(eq=False)
class FakeSleep:
    """A sleep that returns at once and records its seconds in ``taken``."""

    taken: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)


@asynccontextmanager
async def ports(
    claude: ClaudeSimulator,
    ledger: Ledger,
    fake_sleep: FakeSleep,
    *,
    address: str | None = None,
    key: str | None = None,
    retries: int = 0,
    silence: float = 5.0,
    total: float = 10.0,
    prompts: Path | None = None,
    prices: Mapping[str, Price] = FREE,
) -> AsyncIterator[Models]:
    """The ports over a simulator, in the dialect it speaks."""
    service = ServiceConfig(
        base_url=address or claude.base_url,
        api_key=key or claude.key or "any",
        dialect=Dialect.BASIC if claude.basic else Dialect.CLAUDE,
        models=LOCAL if claude.basic else IDS,
        pseudonym_secret=SECRET,
        prices=prices,
        silence_seconds=silence,
        total_seconds=total,
        max_retries=retries,
    )
    made = build_models(
        service,
        prompts or prompts_directory(),
        ledger,
        lambda: datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
        timer=map(float, itertools.count()).__next__,
        sleep=fake_sleep,
    )
    try:
        yield made.ports
    finally:
        await made.close()


@pytest.fixture(scope="session", autouse=True)
def _prompts_read_once() -> Iterator[None]:
    """Compiling the prompts anew for each test would take a third of the time of all of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.llm.factory.read_prompts", cache(read_prompts))
        yield


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK would send even loopback requests through a proxy named in the environment."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def fake_sleep() -> FakeSleep:
    return FakeSleep()


@pytest.fixture
def on() -> ProgressLog:
    return ProgressLog()


@pytest.fixture
async def claude() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator() as running:
        yield running
        assert running.refused == [], "the service refused a request of ours"


@pytest.fixture
async def local() -> AsyncIterator[ClaudeSimulator]:
    async with ClaudeSimulator(basic=True, key=None, wrap_json=True) as running:
        yield running
        assert running.refused == [], "the local server refused a request of ours"


@pytest.fixture(params=["claude", "basic"])
async def either(request: pytest.FixtureRequest) -> AsyncIterator[ClaudeSimulator]:
    """A server of each dialect in turn."""
    basic = request.param == "basic"
    async with ClaudeSimulator(basic=basic, wrap_json=basic, key=None if basic else "sk-simulated") as running:
        yield running
        assert running.refused == [], "the service refused a request of ours"


@pytest.fixture
async def models(claude: ClaudeSimulator, ledger: MemoryLedger, fake_sleep: FakeSleep) -> AsyncIterator[Models]:
    async with ports(claude, ledger, fake_sleep) as made:
        yield made


@pytest.fixture
def calling(name: str, claude: ClaudeSimulator, structure: Structure) -> Calling:
    """The port with this name, over a simulator."""
    from tests.llm.port_calls import PORTS, Calling  # which is made of what stands here

    return Calling(PORTS[name], claude, structure)
