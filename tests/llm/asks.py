"""One call of each port, for what must hold of all of them."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.workflow.models import Models, Opinion, Written
from tests.llm.conftest import DRAFT, NOTES, WRITER, Pieces
from tests.simulators.claude import ClaudeSimulator, Reply, Request, canned

Ask = Callable[[Models, Structure, Pieces], Awaitable[Written | Opinion]]


async def draft(models: Models, structure: Structure, on: Pieces) -> Written:
    return await models.drafter.draft(WRITER, structure, "Out", NOTES, on)


async def critique(models: Models, structure: Structure, on: Pieces) -> Opinion:
    return await models.critic.critique(WRITER, DRAFT, structure, (), on)


both = pytest.mark.parametrize("ask", [draft, critique])

GOOD_CRITIQUE = json.dumps(
    {
        "remarks": [
            {
                "quotation": "nobody asked me",
                "category": "Cliche",
                "severity": "GRAVE",
                "effect": "The reader cannot tell who should have asked.",
                "replacement": None,
                "question": "Who should have asked?",
            }
        ],
        "strengths": [{"quotation": "48,500", "why": "A number."}],
        "sections": [{"section": "missed", "covered": "thin", "remark": "One event, no person."}],
        "fix_first": "Say who should have asked.",
    }
)

Send = Callable[[Models, Structure, Note], Awaitable[object]]

ASKS: dict[str, Send] = {
    "place": lambda models, structure, note: models.interviewer.place(WRITER, structure, [NOTES[0], note]),
    "follow_up": lambda models, structure, note: models.interviewer.follow_up(
        WRITER, structure, structure.sections[0], [NOTES[0], note], [note.text]
    ),
    "draft": lambda models, structure, note: models.drafter.draft(
        WRITER, structure, note.text, [NOTES[0], note], Pieces()
    ),
    "finish": lambda models, structure, note: models.drafter.finish(
        WRITER, structure, note.text, [NOTES[0], note], note.text, ["gave-up"], Pieces()
    ),
    "revise": lambda models, structure, note: models.reviser.revise(
        WRITER, [NOTES[0], note], note.text, "What I missed", note.text, Pieces()
    ),
    "critique": lambda models, structure, note: models.critic.critique(
        WRITER, note.text, structure, [note.text], Pieces()
    ),
}
every_port = pytest.mark.parametrize("name", ASKS)


def reply_to(request: Request) -> Reply:
    """What the simulator makes up for any request, at once."""
    return replace(canned(request), thinking=None)


async def sent(claude: ClaudeSimulator, models: Models, structure: Structure, name: str, note: Note) -> Request:
    claude.responder = reply_to
    await ASKS[name](models, structure, note)
    return claude.requests[-1]
