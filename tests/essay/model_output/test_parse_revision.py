"""Of a revision only the body of the one section that was asked for is taken; its subsections are sections too."""

from __future__ import annotations

import pytest

from bot.essay.model_output.reply_parsing import parse_revision
from bot.essay.text.sections import replace_section_body
from tests.essay.sample_structure import GOOD

BODY = "The build broke.\n\n### Tuesday\n\nNobody asked."


@pytest.mark.parametrize(
    "reply",
    [
        BODY,
        f"\n\n{BODY}\n\n\n",
        f"## What I missed\n\n{BODY}",
        f"# what i missed:\n\n{BODY}",
        f"**What I missed**\n\n{BODY}",
        f"\ufeff## What I missed\n\n{BODY}",
        f"What I missed\n\n{BODY}",
        f'<passage id="x">\n## What I missed\n\n{BODY}\n</passage id="x">',
        f"```markdown\n{BODY}\n```",
        f"```\n## What I missed\n\n{BODY}\n```\n",
        f"Here is the section:\n\n## What I missed\n\n{BODY}\n\n## Where I am now\n\nNot asked for.",
        f"{BODY}\n\n## Where I am now\n\nNot asked for.\n\n### Deeper\n\nNor this.",
        f"## Where I am now\n\nNot asked for.\n\n## What I missed\n\n{BODY}",
        f"## What I missed\n\n{BODY}\n\nLet me know if you would like the tone changed.",
        BODY.replace("###", "##"),
    ],
)
def test_a_revised_section_is_its_body_alone(reply: str) -> None:
    assert parse_revision(reply, GOOD, 0) == BODY


@pytest.mark.parametrize(
    "body",
    [
        "It said:\n\n```\nmake: *** Error 2\n```\n\nThat was all.",
        "```\nmake: *** Error 2\n```\n\nThat was all it said.",
        "```\nmake\n```\n\nand\n\n```\nmake clean\n```",
        "What I missed\nwas the noise.",
        "What I missed.\n\nThe noise.",
        "Let me know if you have been there.",
    ],
)
def test_lines_that_belong_to_the_revised_section_are_kept(body: str) -> None:
    assert parse_revision(body, GOOD, 0) == body


NIGHT = GOOD.replace("The build broke.\n", "The build broke.\n\n### The night\n\nRuth spoke at four.\n")


@pytest.mark.parametrize(
    "reply",
    [
        "It broke.",
        "It broke.\n\n### The night\n\nRuth spoke at five.",
        "## What I missed\n\nIt broke.\n\n### The night\n\nRuth spoke at five.\n\n#### Deeper\n\nMore.",
        "## What I missed\n\nIt broke.\n\n## The night\n\nRuth spoke at five.\n\n## Where I am now\n\nOut.",
    ],
)
def test_revising_a_section_neither_duplicates_nor_loses_its_subsection(reply: str) -> None:
    revised = replace_section_body(NIGHT, 0, parse_revision(reply, NIGHT, 0))
    assert revised == NIGHT.replace("The build broke.", "It broke.")


@pytest.mark.parametrize(
    "reply", ["At five.", "### The night\n\nAt five.", "## What I missed\n\nNo.\n\n### The night\n\nAt five."]
)
def test_a_subsection_is_revised_by_itself(reply: str) -> None:
    assert replace_section_body(NIGHT, 1, parse_revision(reply, NIGHT, 1)) == NIGHT.replace(
        "Ruth spoke at four.", "At five."
    )


def test_revising_the_text_before_the_first_heading_ignores_sections_in_the_reply() -> None:
    text = f"A line.\n\n{GOOD}"
    assert parse_revision("Another line.", text, 0) == "Another line."
    assert parse_revision(f"Another line.\n\n{GOOD}", text, 0) == "Another line."
