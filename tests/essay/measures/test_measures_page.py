"""The page about the measures says what the table says."""

from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs"


def test_the_documentation_of_measures_equals_what_the_code_generates() -> None:
    made = runpy.run_path(str(DOCS / "measures.py"))["document"]()
    assert made == (DOCS / "measures.md").read_text(encoding="utf-8")
