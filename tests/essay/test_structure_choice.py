"""The structure that a page of notes was written for is seen by its headings."""

from __future__ import annotations

from dataclasses import replace

from bot.essay.matching import DEFAULT_STRUCTURE, best_structure
from bot.essay.structure import Structure


def test_the_structure_that_most_headings_name_is_chosen(structure: Structure) -> None:
    other = replace(structure, key="other", sections=structure.sections[:1])
    default = replace(structure, key=DEFAULT_STRUCTURE, sections=structure.sections[1:])
    known = {DEFAULT_STRUCTURE: default, "other": other, structure.key: structure}
    assert best_structure("## What I missed\nx\n## What I gave up\ny\n", known) is structure
    assert best_structure("## What I missed\nx\n", known) is other


def test_without_a_heading_of_any_structure_the_default_is_chosen(structure: Structure) -> None:
    default = replace(structure, key=DEFAULT_STRUCTURE)
    assert best_structure("Only words.", {structure.key: structure, DEFAULT_STRUCTURE: default}) is default
