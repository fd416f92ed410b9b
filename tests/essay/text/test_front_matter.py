"""Front matter from anybody is a flat table of short values, or it is text."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.essay.text.front_matter import MAX_FRONT_MATTER_CHARACTERS, read_front_matter

ALIASES = Path(__file__).parents[2] / "data" / "handed_in" / "yaml-aliases.md"


@pytest.mark.parametrize(
    "text",
    [
        ALIASES.read_text(),
        "---\na: &a x\n---\n",
        "---\na: !!python/object/apply:os.getcwd []\n---\n",
        "---\na: !private x\n---\n",
        "---\na: {b: {c: d}}\n---\n",
        "---\na: [[b]]\n---\n",
        "---\n? [a]\n: b\n---\n",
        "---\n- a\n---\n",
        f"---\na: {'[' * 4000}\n---\n",
        f"---\na: {'x' * 501}\n---\n",
        f"---\n{'a: b' + chr(10)}{'b: c' + chr(10) * MAX_FRONT_MATTER_CHARACTERS}---\n",
        "---\na: b\n--- c\n---\n",
        "---\na: 2024-02-31\n---\n",
        '---\na: "\\ud800"\n---\n',
        "---\n\nA rule above.\n\n---\n",
        "---\na: b\n",
    ],
)
def test_front_matter_that_is_nested_long_or_unsafe_is_read_as_text(text: str) -> None:
    assert read_front_matter(text) is None


def test_front_matter_of_short_values_and_lists_is_read() -> None:
    found = read_front_matter("---\ntitle: Leaving\ntags: [a, 'b']\nyear: 2019\n---\nText.")
    assert found is not None
    assert found.fields == {"title": "Leaving", "tags": ["a", "b"], "year": 2019}
    assert found.title == "Leaving"


@pytest.mark.parametrize("title", ["[a]", "true", "''", f"'{'x' * 201}'", "'\\u200b'"])
def test_a_front_matter_title_that_is_not_one_short_line_is_ignored(title: str) -> None:
    found = read_front_matter(f"---\ntitle: {title}\n---\nText.")
    assert found is not None
    assert found.title is None or "\\" in title
