"""One call of each port, for what must hold of all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.essay.essay import Note, Question
from bot.essay.structure import Structure
from bot.essay.support import number_sentences
from bot.services.llm_ports import Models, require_checker
from tests.critique_replies import critique_tags, finding_tags
from tests.llm.conftest import DRAFT, NOTES, WRITER, FakeSleep, ProgressLog, material, ports
from tests.llm.memory_ledger import MemoryLedger
from tests.simulators.claude import ClaudeSimulator, Reply, Request, canned

GOOD_CRITIQUE = critique_tags(
    [
        finding_tags(
            "nobody asked me",
            "Cliche",
            "GRAVE",
            "The reader cannot tell who should have asked.",
            question="Who should have asked?",
        )
    ],
    strengths={"48,500": "A number."},
    sections=[("missed", "thin", "One event, no person.")],
    fix_first="Say who should have asked.",
)

Send = Callable[[Models, Structure, Note, ProgressLog], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Port:
    """A call of one port: how it is made with a note, which also stands for any other text, and a good reply to it.

    ``shows`` says whether its pieces are handed on while they come.
    """

    send: Send
    good: str
    shows: bool = True


PORTS: dict[str, Port] = {
    "check": Port(
        lambda models, structure, note, on: require_checker(models).check(
            material(structure, [NOTES[0], note], text=note.text), number_sentences(note.text), [1], on
        ),
        '{"sentences": [{"sentence": 1, "notes": [1]}], "unsupported": [], "mended": []}',
    ),
    "place": Port(
        lambda models, structure, note, _: models.interviewer.place_notes(material(structure, [NOTES[0], note])),
        '{"placements": [{"note": 1, "section": "missed"}]}',
        shows=False,
    ),
    "next_question": Port(
        lambda models, structure, note, _: models.interviewer.next_question(
            material(structure, [NOTES[0], note]), [Question(1, "missed", note.text)]
        ),
        '{"sections": [], "section": "missed", "question": "Who was in the room that day?"}',
        shows=False,
    ),
    "draft": Port(
        lambda models, structure, note, on: models.drafter.draft(
            material(structure, [NOTES[0], note], title=note.text), on
        ),
        DRAFT,
    ),
    "finish": Port(
        lambda models, structure, note, on: models.drafter.finish(
            material(structure, [NOTES[0], note], title=note.text, text=note.text), ["gave-up"], on
        ),
        "## What I gave up\n\nMy pay went from 61,000 to 48,500.\n",
    ),
    "revise": Port(
        lambda models, structure, note, on: models.reviser.revise(
            material(structure, [NOTES[0], note], text=note.text), 0, note.text, on
        ),
        "<rewrite>The build broke on a Tuesday, and nobody asked.</rewrite>",
    ),
    "fill": Port(
        lambda models, structure, note, on: models.reviser.fill(
            material(structure, [NOTES[0], note], text=note.text), note.text, note.text, note.number, on
        ),
        "<rewrite>The build broke on a Tuesday, and nobody asked.</rewrite>",
    ),
    "critique": Port(
        lambda models, structure, note, on: models.critic.critique(WRITER, note.text, structure, [note.text], on),
        GOOD_CRITIQUE,
    ),
}
every_port = pytest.mark.parametrize("name", PORTS)
every_port_that_shows = pytest.mark.parametrize("name", [name for name, port in PORTS.items() if port.shows])
every_port_that_does_not = pytest.mark.parametrize("name", [name for name, port in PORTS.items() if not port.shows])


@dataclass(eq=False)
class Calling:
    """One port over a simulator, and what came of calling it."""

    port: Port
    claude: ClaudeSimulator
    structure: Structure
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    fake_sleep: FakeSleep = field(default_factory=FakeSleep)
    on: ProgressLog = field(default_factory=ProgressLog)

    def under(self, **settings: Any) -> AbstractAsyncContextManager[Models]:
        """The ports with these settings."""
        return ports(self.claude, self.ledger, self.fake_sleep, **settings)

    async def call(self, **settings: Any) -> Any:
        """What the port gives, under these settings."""
        async with self.under(**settings) as models:
            return await self.port.send(models, self.structure, NOTES[1], self.on)

    @property
    def good(self) -> Reply:
        return Reply(self.port.good)


def reply_to(request: Request) -> Reply:
    """What the simulator makes up for any request, at once."""
    return replace(canned(request), thinking=None)


async def sent(claude: ClaudeSimulator, models: Models, structure: Structure, name: str, note: Note) -> Request:
    claude.responder = reply_to
    await PORTS[name].send(models, structure, note, ProgressLog())
    return claude.requests[-1]
