"""Writes docs/measures.md from the table of measures. Run it with ``python docs/measures.py`` after a change to one."""

from __future__ import annotations

from pathlib import Path

from bot.essay.measures import MEASURES

_HEAD = """\
# What is counted in a text

Every measure points at the places it speaks of. It is raised only where a text goes past its threshold, and most good
prose raises none: a measure that speaks too often is not read. Those marked English say nothing about a text in another
language.

"""


def document() -> str:
    """The page, in Markdown."""
    rows = []
    for row in MEASURES:
        language = ", English" if row.english_only else ""
        rows.append(
            f"## {row.name} (`{row.key}`{language})\n\n{row.why}\n\n"
            f"- Raised when: {row.threshold}\n- Source: {row.source}\n"
        )
    return _HEAD + "\n".join(rows)


if __name__ == "__main__":
    Path(__file__).with_suffix(".md").write_text(document(), encoding="utf-8")
