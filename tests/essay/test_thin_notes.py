"""Thin notes are split into items and lines, so that each can be placed by itself."""

from __future__ import annotations

import pytest

from bot.essay.notes import parse_notes
from bot.essay.structure import Structure

FIVE_LINES = """quit in june 22
pay 61k -> 48.5k
my boss said "you will be back by christmas" and laughed
learned rust at night
still no title i like"""
WRAPPED = """In June 2022 I told my manager that I would leave, which she had not
expected, and she asked me whether I would at least stay until the end
of the quarter. I said that I would not."""
VERSE = "She said nothing for a while.\nI did not either.\n"


@pytest.mark.parametrize(
    ("page", "notes"),
    [
        (FIVE_LINES, FIVE_LINES.splitlines()),
        (
            "- quit in june\n- pay down\n  by a fifth\n- rust\n",
            ["- quit in june", "- pay down\n  by a fifth", "- rust"],
        ),
        ("1. quit\n2. rust\n", ["1. quit", "2. rust"]),
        (WRAPPED, [WRAPPED]),
        (f"{WRAPPED}\n\n{FIVE_LINES}", [WRAPPED, *FIVE_LINES.splitlines()]),
        (VERSE, [VERSE.rstrip()]),
        ("One line.\n", ["One line."]),
        ("```\na = 1\nb = 2, and more\n```\n", ["```\na = 1\nb = 2, and more\n```"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", ["| a | b |\n|---|---|\n| 1 | 2 |"]),
        (
            "[private] my boss drank\nand so did i, more than he\n",
            ["[private] my boss drank\nand so did i, more than he"],
        ),
    ],
)
def test_each_item_and_each_line_of_a_list_is_a_note(page: str, notes: list[str], structure: Structure) -> None:
    assert [note.text for note in parse_notes(page, structure).notes] == notes


def test_a_list_of_data_stays_one_note(structure: Structure) -> None:
    page = "\n".join(f"- row {number}" for number in range(41))
    assert len(parse_notes(page, structure).notes) == 1


def test_under_a_sections_heading_a_list_stays_together(structure: Structure) -> None:
    (note,) = parse_notes("## What I missed\n\n- the noise\n- the smell\n", structure).notes
    assert (note.text, note.section) == ("- the noise\n- the smell", "missed")
