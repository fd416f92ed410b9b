"""Of a revision only the body of the one section that was asked for is taken; its subsections are sections too."""

from __future__ import annotations

import pytest

from bot.essay.replies.revised import section_body
from bot.essay.text.sections import replace_body
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
    assert section_body(reply, GOOD, 0) == BODY


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
def test_what_belongs_to_the_section_stays(body: str) -> None:
    assert section_body(body, GOOD, 0) == body


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
def test_a_subsection_is_neither_written_twice_nor_lost(reply: str) -> None:
    revised = replace_body(NIGHT, 0, section_body(reply, NIGHT, 0))
    assert revised == NIGHT.replace("The build broke.", "It broke.")


@pytest.mark.parametrize(
    "reply", ["At five.", "### The night\n\nAt five.", "## What I missed\n\nNo.\n\n### The night\n\nAt five."]
)
def test_a_subsection_is_revised_by_itself(reply: str) -> None:
    assert replace_body(NIGHT, 1, section_body(reply, NIGHT, 1)) == NIGHT.replace("Ruth spoke at four.", "At five.")


def test_what_stands_before_the_first_heading_is_revised_without_the_sections() -> None:
    text = f"A line.\n\n{GOOD}"
    assert section_body("Another line.", text, 0) == "Another line."
    assert section_body(f"Another line.\n\n{GOOD}", text, 0) == "Another line."
