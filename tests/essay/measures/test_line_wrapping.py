"""What is counted is what a reader sees: not how the lines are wrapped, the words spaced, or whom the author quotes."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.essay.measures import sample_texts
from tests.essay.measures.sample_texts import measured

DATA = Path(__file__).parents[2] / "data"
WRAPPED = (DATA / "wrapping" / "wrap-72.md").read_text(encoding="utf-8")
ONE_LINE = (DATA / "wrapping" / "wrap-one-line.md").read_text(encoding="utf-8")
FAULTY = "\n\n".join(
    (DATA / "faulty" / f"{name}.md").read_text(encoding="utf-8") for name in ("laid-off", "two-vans", "nine-plumbers")
)
TEXTS = [
    ONE_LINE,
    sample_texts.STOCK + sample_texts.PLAIN,
    sample_texts.TRIADS + sample_texts.TURNS,
    sample_texts.DASHES + sample_texts.TRENDS,
    FAULTY,
]


def figures(text: str) -> dict[str, dict[str, object]]:
    return {key: dict(result.figures) for key, result in measured(text).items()}


def rewrapped(text: str, width: int, end: str) -> str:
    paragraphs = text.split("\n\n")
    return "\n\n".join(
        paragraph
        if paragraph.startswith("#")
        else end.join(textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False))
        for paragraph in paragraphs
    )


def test_a_wrapped_text_counts_as_the_same_text_in_one_line() -> None:
    assert figures(WRAPPED) == figures(ONE_LINE)
    assert measured(WRAPPED)["filler"].figures["phrases"] == 8
    assert measured(WRAPPED)["stock_phrases"].figures["phrases"] == 4


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(" ", "\u00a0", id="no-break"),
        pytest.param(" ", "  ", id="double"),
        pytest.param(" ", "\t", id="tab"),
        pytest.param("\n", "\r\n", id="crlf"),
        pytest.param(" ", "\u202f", id="narrow"),
        pytest.param("'", "’", id="curly"),
        pytest.param(" ", " \u200b", id="zero width"),
        pytest.param(". ", ".\u200b ", id="zero width after a stop"),
    ],
)
def test_spaces_line_ends_and_apostrophes_of_any_kind_change_no_count(text: str, old: str, new: str) -> None:
    plain = "\n\n".join(" ".join(line.split()) for line in text.split("\n\n"))
    heads = "\n\n".join(p if p.startswith("#") else p.replace(old, new) for p in plain.split("\n\n"))
    changed = plain.replace(old, new) if old == "\n" else heads
    assert figures(changed) == figures(plain)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize(("width", "end"), [(72, "\n"), (40, "\n"), (60, "  \n"), (66, "\r\n")])
def test_rewrapping_lines_to_any_width_changes_no_count(text: str, width: int, end: str) -> None:
    plain = "\n\n".join(" ".join(line.split()) for line in text.split("\n\n"))
    assert figures(rewrapped(plain, width, end)) == figures(plain)


def test_the_span_of_a_mark_quotes_the_text_exactly() -> None:
    text = "I left.  Needless\u00a0to\n\u200bsay, it was “cold”."
    assert [mark.span.extract(text) for mark in measured(text)["filler"].hits] == ["Needless\u00a0to\n\u200bsay"]


def test_a_quoted_block_is_not_the_authors_prose_but_its_words_count() -> None:
    quoted = (DATA / "wrapping" / "blockquote.md").read_text(encoding="utf-8")
    results = measured(quoted)
    assert (results["filler"].figures["phrases"], results["stock_phrases"].figures["phrases"]) == (0, 0)
    own = quoted.replace("> ", "")
    assert measured(own)["filler"].figures["phrases"] == 6
    assert results["section_words"].figures == measured(own)["section_words"].figures
    lazy = quoted.replace("needless to say, ", "needless\nto say, ")
    assert measured(lazy)["filler"].figures["phrases"] == 0


def test_zero_width_characters_neither_end_a_sentence_nor_hide_its_end() -> None:
    seen = measured((DATA / "wrapping" / "zwsp.md").read_text(encoding="utf-8"))["sentence_lengths"].figures
    assert (seen["sentences"], seen["longest"]) == (24, 6)
