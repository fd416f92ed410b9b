"""Every state of a text that is being written reads as it is meant, whichever letter it has come to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from bot.discord_ui.messages.pages import close_markdown

ESSAYS = sorted((Path(__file__).parents[2] / "data" / "essays").glob("*.md"))
MARKED = (
    "## What I *missed*\n\nIt was **the noise** and *the smell*, `code here`, “he said **no** to me” and more.\n\n"
    "> quoted *text* here\n\n```py\nx = 1 * 2\n```\n\nLast ***both*** line_with_underscores and 2 * 3 * 4.\n\n"
    "~~~\n`a\n~~~\n\nAnd `a * b` with **bold *and italic* in** it."
)


def words_a_reader_sees(text: str) -> str:
    """The text as Markdown shows it, its code left out."""
    html = MarkdownIt("commonmark").render(text)
    return re.sub(r"<[^>]+>", "", re.sub(r"<code[^>]*>.*?</code>", "", html, flags=re.DOTALL))


@pytest.mark.parametrize("text", [MARKED, *(path.read_text(encoding="utf-8") for path in ESSAYS)])
def test_a_text_cut_off_anywhere_shows_no_unclosed_markdown_mark(text: str) -> None:
    step = 1 if text is MARKED else 17
    for end in range(0, len(text) + 1, step):
        seen = words_a_reader_sees(close_markdown(text[:end]))
        assert not re.search(r"\*\*|(?<=\w)\*(?=\w)|“[^”]*\Z", seen), text[:end][-40:]


@pytest.mark.parametrize("text", [MARKED, "", "One line.", "A star * alone.\n\n- a\n- b\n", "snake_case and 2*3"])
def test_a_complete_text_is_left_unchanged(text: str) -> None:
    assert close_markdown(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("It was **the no", "It was **the no**"),
        ("It was **", "It was"),
        ("It was **the noise*", "It was **the noise**"),
        ("```py\nx = 1", "```py\nx = 1\n```"),
        ("a `cod", "a `cod`"),
        ("*one **two", "*one **two***"),
        ("Closed *here*.\n\nOpen *there", "Closed *here*.\n\nOpen *there*"),
        ("“he said", "“he said”"),
    ],
)
def test_unclosed_markdown_marks_are_closed(text: str, shown: str) -> None:
    assert close_markdown(text) == shown
