"""A revision rewrites one part of the text: in the request, in what is taken of the answer, and in the text."""

from __future__ import annotations

import pytest

from bot.essay.structure import Structure
from bot.essay.text.sections import replace_section_body
from bot.services.llm_ports import Models
from tests.llm.conftest import DRAFT, NOTES, TAG, ProgressLog, material
from tests.simulators.claude import ClaudeSimulator, Reply

TEXT = "An opening.\n\n" + DRAFT.replace("Tuesday.\n", "Tuesday.\n\n### The night\n\nRuth spoke at four.\n")


@pytest.mark.parametrize(
    ("index", "heading", "passage"),
    [
        (0, None, "An opening."),
        (1, "What I missed", "The build broke on a Tuesday."),
        (2, "The night", "Ruth spoke at four."),
    ],
)
async def test_a_revision_request_marks_the_section_to_revise_alone(
    index: int,
    heading: str | None,
    passage: str,
    claude: ClaudeSimulator,
    models: Models,
    on: ProgressLog,
    structure: Structure,
) -> None:
    claude.script(Reply("Shorter."))
    revised = await models.reviser.revise(material(structure, NOTES, text=TEXT), index, "Shorter.", on)
    turn = claude.requests[0].last_user_text
    assert f'<passage id="{TAG}">\n{passage}\n</passage id="{TAG}">' in turn
    assert (f'<heading id="{TAG}">\n{heading}\n</heading id="{TAG}">' in turn) is (heading is not None)
    assert ("what stands before the first heading" in turn) is (heading is None)
    assert replace_section_body(TEXT, index, revised.text) == TEXT.replace(passage, "Shorter.")


@pytest.mark.parametrize(
    "said",
    [
        "## What I missed\n\nIt broke.\n\n### The night\n\nRuth spoke at five.\n",
        "Here is the revised section:\n\nIt broke.\n\nLet me know if you would like the tone changed.",
        "```markdown\nIt broke.\n\n### The night\n\nRuth spoke at five.\n```",
        f'<passage id="{TAG}">\nIt broke.\n</passage id="{TAG}">',
    ],
)
async def test_what_a_revision_holds_beside_its_section_is_dropped(
    said: str, claude: ClaudeSimulator, models: Models, on: ProgressLog, structure: Structure
) -> None:
    claude.script(Reply(said))
    revised = await models.reviser.revise(material(structure, NOTES, text=TEXT), 1, "Shorter.", on)
    assert replace_section_body(TEXT, 1, revised.text) == TEXT.replace("The build broke on a Tuesday.", "It broke.")
