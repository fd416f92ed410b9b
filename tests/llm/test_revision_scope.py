"""A revision names one part of the text in its request; the rest stands there as it was."""

from __future__ import annotations

import pytest

from bot.essay.structure import Structure
from bot.services.llm_ports import Models
from tests.llm.conftest import DRAFT, NOTES, TAG, ProgressLog, material
from tests.simulators.claude import ClaudeSimulator, Reply

TEXT = "An opening.\n\n" + DRAFT.replace("Tuesday.\n", "Tuesday.\n\n### The night\n\nRuth spoke at four.\n")


@pytest.mark.parametrize(("index", "heading"), [(0, None), (1, "What I missed"), (2, "The night")])
async def test_a_revision_request_marks_the_section_to_revise_alone(
    index: int, heading: str | None, claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure
) -> None:
    claude.script(Reply("<rewrite>Shorter.</rewrite>"))
    await models.reviser.revise(material(structure, NOTES, text=TEXT), index, "Shorter.", on)
    turn = claude.requests[0].last_user_text
    is_named = heading == "What I missed"  # by its key, which the structure gives with its heading
    assert turn.count(f'<heading id="{TAG}">') == (heading is not None and not is_named)
    assert (f'<heading id="{TAG}">\n{heading}\n</heading id="{TAG}">' in turn) is (heading == "The night")
    assert ("what stands before the first heading" in turn) is (heading is None)
    assert ("Rewrite the section missed, down to the next heading" in turn) is is_named
    assert turn.count("Ruth spoke at four.") == 1
