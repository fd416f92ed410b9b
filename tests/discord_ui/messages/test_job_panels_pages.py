"""The pages of a growing text, at every length of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.discord_ui.messages import pages
from bot.discord_ui.messages.pages import StreamPager, close_markdown
from bot.discord_ui.messages.text_limits import utf8_length, utf16_length

ESSAYS = sorted((Path(__file__).parents[2] / "data" / "essays").glob("*.md"))
PARTS = [
    "I left the bank. ",
    "\n\n",
    "\n",
    "## Heading\n\n",
    "- item\n",
    "> said\n",
    "```\ncode\n",
    "事業を辞めた。",
    " " * 900,
]
SLACK = 40  # characters that closing, or opening again, what a cut left open may add


@pytest.mark.parametrize("path", ESSAYS, ids=lambda path: path.stem)
def test_every_page_of_a_growing_text_fits_the_limits_and_closes_its_markdown(path: Path) -> None:
    text = path.read_text(encoding="utf-8") * 2
    growing = StreamPager()
    for end in range(1, len(text), 211):
        now = text[:end]
        if not now.strip():
            continue
        last = growing.page_at(now)
        assert last.page == last.pages - 1
        for page in range(last.pages):
            sheet = growing.page_at(now, page)
            assert sheet.text == close_markdown(sheet.text)
            assert utf16_length(sheet.text) <= pages.MAX_PAGE_UNITS + SLACK
            assert utf8_length(sheet.text) <= pages.MAX_PAGE_BYTES + SLACK


@given(
    st.lists(st.sampled_from([part * 20 for part in PARTS]), min_size=5, max_size=80).map("".join),
    st.lists(st.integers(1, 20_000), max_size=30),
)
@example("a" + " " * 30_000 + "b" * 5_000, [])
def test_a_text_has_the_same_pages_in_however_many_pieces_it_comes(text: str, ends: list[int]) -> None:
    growing = StreamPager()
    for end in sorted(ends):
        growing.page_at(text[:end])
    count = growing.page_at(text).pages
    assert [growing.page_at(text, page) for page in range(count)] == [
        StreamPager().page_at(text, page) for page in range(count)
    ]


def test_a_text_that_comes_at_once_is_cut_as_a_whole_one_is() -> None:
    text = "".join(f"This is sentence {number} of the text. {'So it went on. ' * 9}\n\n" for number in range(400))
    growing = StreamPager()
    count = growing.page_at(text).pages
    shown = [growing.page_at(text, page).text for page in range(count)]
    assert shown == [span.extract(text).strip() for span in pages.paginate(text)]


def test_a_code_fence_that_fills_pages_is_closed_and_reopened_on_each() -> None:
    code = "```python\n" + "".join(f"x{number} = {number} * 2\n" for number in range(600)) + "```\n\nAnd so on."
    growing = StreamPager()
    count = growing.page_at(code).pages
    assert count > 2
    for page in range(count - 1):
        lines = growing.page_at(code, page).text.splitlines()
        assert lines[0].startswith("```")
        assert lines[-1] == "```"
    assert growing.page_at(code).text.startswith("```\n")
    assert growing.page_at(code).text.endswith("```\n\nAnd so on.")


def test_a_growing_text_that_starts_over_is_back_on_its_first_page() -> None:
    growing = StreamPager()
    assert growing.page_at("A sentence of six words here. " * 300).pages > 1
    assert growing.page_at("Anew.").pages == 1
