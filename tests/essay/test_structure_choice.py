"""The structure that a page of notes was written for is seen by its headings."""

from __future__ import annotations

from dataclasses import replace

from bot.essay.structure import Structure
from bot.essay.structures import DEFAULT, fitting


def test_the_structure_that_most_headings_name_is_chosen(structure: Structure) -> None:
    other = replace(structure, key="other", sections=structure.sections[:1])
    default = replace(structure, key=DEFAULT, sections=structure.sections[1:])
    known = {DEFAULT: default, "other": other, structure.key: structure}
    assert fitting("## What I missed\nx\n## What I gave up\ny\n", known) is structure
    assert fitting("## What I missed\nx\n", known) is other


def test_without_a_telling_heading_the_default_is_chosen(structure: Structure) -> None:
    default = replace(structure, key=DEFAULT)
    assert fitting("Only words.", {structure.key: structure, DEFAULT: default}) is default
