"""What a call may cost at most is known before it is made: it is what is then reserved for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.essay.structure import Structure
from bot.services.llm_ports import Models
from tests.llm.conftest import NOTES, material
from tests.llm.port_calls import PORTS, Calling
from tests.simulators.claude import ClaudeSimulator

NOTE = NOTES[1]
AT_MOST: dict[str, Callable[[Models, Structure], int | None]] = {
    "draft": lambda models, structure: models.drafter.max_draft_cost(material(structure, NOTES, title=NOTE.text)),
    "finish": lambda models, structure: models.drafter.max_finish_cost(
        material(structure, NOTES, title=NOTE.text, text=NOTE.text), ["gave-up"]
    ),
    "revise": lambda models, structure: models.reviser.max_revise_cost(
        material(structure, NOTES, text=NOTE.text), 0, NOTE.text
    ),
    "fill": lambda models, structure: models.reviser.max_fill_cost(
        material(structure, NOTES, text=NOTE.text), NOTE.text, NOTE.text, NOTE.number
    ),
    "critique": lambda models, structure: models.critic.max_critique_cost(NOTE.text, structure, [NOTE.text]),
}


@pytest.mark.parametrize("name", AT_MOST)
async def test_max_cost_is_what_a_call_reserves_and_sends_nothing(
    either: ClaudeSimulator, structure: Structure, name: str
) -> None:
    calling = Calling(PORTS[name], either, structure)
    async with calling.under() as models:
        known = AT_MOST[name](models, structure)
        assert either.requests == []
        either.script(calling.good)
        await calling.port.send(models, structure, NOTE, calling.on)
    (reservation,) = calling.ledger.reservations
    if either.basic:
        assert known == reservation.max_nano_usd == 0
    else:
        assert known == reservation.max_nano_usd != 0
