"""Texts are cut into pages and fields without a letter lost or a character broken."""

from __future__ import annotations

import unicodedata
from itertools import accumulate

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.discord_ui.messages import pages
from bot.discord_ui.messages.text_limits import (
    escape_markdown,
    fitting_end,
    grapheme_boundary,
    one_line,
    shorten,
    utf8_length,
    utf16_length,
)
from bot.discord_ui.panels.forms import MAX_FORM_TEXT_LENGTH, join_pasted_fields, split_into_fields
from tests.discord_ui.conftest import DRAFT

FAMILY = "👨‍👩‍👧‍👦"
THUMB = "👍🏽"
FLAG = "🇳🇬"
E_ACUTE = "e\u0301"
HEBREW = "שָׁלוֹם"
ARABIC = "السَّلَامُ عَلَيْكُمْ"
PLAIN = ["I", "left", "the", "bank.", "\n\n", "\n", " ", "## Heading\n\n", "- item\n", "```\ncode\n```\n", "a" * 50]
OTHER = [FAMILY, THUMB, FLAG, E_ACUTE, HEBREW, ARABIC, "事業を辞めた。", "\r\n", "\t", "> said\n", "한국어"]
WORDS = st.sampled_from([*PLAIN, *OTHER])
TEXTS = st.lists(WORDS, max_size=400).map("".join)


def broken(text: str, at: int) -> bool:
    """Whether a cut here parts what a reader takes for one character."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    return (
        unicodedata.combining(after) > 0
        or "\u200d" in (before, after)
        or 0x1F3FB <= ord(after) <= 0x1F3FF
        or (before == "\r" and after == "\n")
    )


@pytest.mark.parametrize("character", [FAMILY, THUMB, FLAG, E_ACUTE, "\r\n", "각", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"])
def test_no_cut_falls_inside_a_character(character: str) -> None:
    text = "ab" + character + "cd"
    inside = range(3, 2 + len(character))
    assert [grapheme_boundary(text, at) for at in inside] == [2] * len(inside)
    assert grapheme_boundary(text, 2) == 2
    assert grapheme_boundary(text, 2 + len(character)) == 2 + len(character)


def test_a_row_of_flag_emoji_is_cut_only_between_two_flags() -> None:
    text = FLAG * 3
    assert [grapheme_boundary(text, at) for at in range(1, 6)] == [0, 2, 2, 4, 4]


def test_text_length_is_counted_as_discord_may_count_it() -> None:
    assert utf16_length("a") == 1
    assert utf16_length("👍") == 2
    assert fitting_end("👍👍👍", 5) == 2
    assert fitting_end("éé", 10, max_bytes=3) == 1


@given(st.text(), st.integers(2, 60))
def test_a_shortened_text_is_never_longer_than_asked(text: str, most: int) -> None:
    assert utf16_length(shorten(text, most)) <= most
    assert utf16_length(one_line(text, most)) <= most
    assert "\n" not in one_line(text, most)


def test_a_text_is_shortened_at_a_word() -> None:
    assert shorten("I left the bank in March", 14) == "I left the…"
    assert shorten("short", 14) == "short"


def test_discord_markup_in_a_plain_text_is_escaped() -> None:
    assert escape_markdown("*bold* <@1> # x") == r"\*bold\* \<@1\> \# x"


@settings(max_examples=60)
@example("I" * 283 + "\n```\n" + "a" * 40 + "\n```\n")
@example("left" * 40 + "\n```\n" + "a" * 400 + "\n```\n")
@given(TEXTS)
def test_pages_joined_are_the_text_and_each_fits_the_limits(text: str) -> None:
    """Joined they are the text, byte for byte; each shows something, within the room it has; no character is broken."""
    found = pages.paginate(text, 300, 500)
    assert "".join(page.extract(text) for page in found) == (text if text.strip() else "")
    for page in found:
        shown = pages.render_page(text, page)
        assert shown.strip()
        assert utf16_length(shown) <= 300
        assert utf8_length(shown) <= 500
        assert not broken(text, page.start)


def test_a_page_ends_at_a_paragraph_and_never_with_a_heading() -> None:
    paragraph = "One sentence of it. " * 9
    text = f"{paragraph.strip()}\n\n## A heading\n\n{paragraph.strip()}\n"
    first, second = pages.paginate(text, 240, 1_000)
    assert pages.render_page(text, first) == paragraph.strip()
    assert pages.render_page(text, second).startswith("## A heading")


def test_a_paragraph_longer_than_a_page_is_cut_at_a_sentence_or_a_word() -> None:
    text = "This is a sentence. " * 100
    for page in pages.paginate(text, 300, 1_000)[:-1]:
        assert pages.render_page(text, page).endswith(".")
    text = "word " * 500
    assert all(pages.render_page(text, page).endswith("word") for page in pages.paginate(text, 300, 1_000))


def test_a_code_block_that_fits_a_page_is_not_cut() -> None:
    code = "```\n" + "line\n\n" * 20 + "```\n"
    text = "Before it. " * 15 + "\n\n" + code
    first, second = pages.paginate(text, 250, 1_000)
    assert pages.render_page(text, second) == code.strip()
    assert "```" not in first.extract(text)


def test_a_character_with_thousands_of_combining_marks_is_paged_without_hanging() -> None:
    text = "e" + "\u0301" * 5_000
    found = pages.paginate(text, 300, 700)
    assert "".join(page.extract(text) for page in found) == text


def test_the_page_that_holds_a_position_of_the_text_is_found() -> None:
    text = "a" * 1_000
    found = pages.paginate(text, 316, 1_000)
    assert [pages.page_number_at(found, place) for place in (0, 299, 300, 999, 5_000)] == [0, 0, 1, 3, 3]
    assert pages.paginate(" \n ") == ()


@settings(max_examples=60)
@given(TEXTS, st.integers(1, 12))
def test_a_text_split_into_form_fields_joins_back_to_itself(text: str, times: int) -> None:
    text = (text * times).strip("\r\n")
    found = split_into_fields(text)
    if found is None:
        assert utf16_length(text) > MAX_FORM_TEXT_LENGTH - 200
        return
    assert found.join(found.fields) == text or not text.strip()
    assert len(found.fields) <= 5
    assert all(utf16_length(field) <= 4_000 for field in found.fields)
    ends = accumulate(len(field + seam) for field, seam in zip(found.fields, found.separators, strict=False))
    assert not any(broken(text, end) for end in ends)


def test_twenty_thousand_characters_fit_five_form_fields_and_more_do_not() -> None:
    text = "x" * 20_000
    found = split_into_fields(text)
    assert found is not None
    assert [len(field) for field in found.fields] == [4_000] * 5
    assert found.join(found.fields) == text
    assert split_into_fields("x" * 20_001) is None
    prose = ("Seven words stand in this one sentence. " * 500)[:19_900].strip()
    found = split_into_fields(prose)
    assert found is not None
    assert found.join(found.fields) == prose


def test_text_added_to_a_form_field_stays_in_its_place_and_an_emptied_field_disappears() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "Word. " * 120 for number in range(12)).strip()
    found = split_into_fields(text)
    assert found is not None
    assert len(found.fields) > 2
    changed = [found.fields[0] + " Added.", *found.fields[1:]]
    assert found.join(changed) == text.replace(found.fields[0], found.fields[0] + " Added.")
    assert found.join([found.fields[0], "", *found.fields[2:]]).count("\n\n\n") == 0


@pytest.mark.parametrize(
    ("fields", "joined"),
    [
        (["I left.", "Then I came back.", "", ""], "I left.\n\nThen I came back."),
        (["I left because", "of the rain."], "I left because\nof the rain."),
        (["- one", "- two"], "- one\n\n- two"),
        (["## What I missed", "The building."], "## What I missed\n\nThe building."),
        (["one ", "two"], "one two"),
        (["one", "\n\ntwo"], "one\n\ntwo"),
        (["x" * 4_000, "yz"], "x" * 4_000 + "yz"),
        (["", "only this"], "only this"),
        (["", " "], ""),
    ],
)
def test_a_paste_across_form_fields_loses_nothing_where_they_meet(fields: list[str], joined: str) -> None:
    assert join_pasted_fields(fields) == joined


@given(st.lists(st.text(max_size=50), max_size=4))
def test_every_pasted_field_is_kept_in_order(fields: list[str]) -> None:
    assert join_pasted_fields(fields).split() == "".join(join_pasted_fields(fields)).split()
    joined = join_pasted_fields(fields)
    at = 0
    for field in fields:
        if field.strip():
            at = joined.index(field, at) + len(field)


@pytest.mark.parametrize(
    ("text", "size", "wanted"),
    [
        (
            "Begin.\n\nIt was **bold and it *went on* for long** here, and a *stray.\n",
            30,
            ["Begin.\n\nIt was **bold and it**", "***went on* for long** here,", "and a *stray."],
        ),
        ("> It was **bold\n> and went on** for long.\n", 28, ["> It was **bold**", "> **and went on** for long."]),
        ("```py\none = 1\n\ntwo = 2\n```\n\nThe end.\n", 22, ["```py\none = 1\n```", "```\ntwo = 2\n```\n\nThe end."]),
        (DRAFT, 500, [DRAFT.strip()]),
    ],
    ids=["bold", "in a quotation", "a fence", "nothing cut"],
)
def test_markdown_marks_split_by_a_page_break_are_closed_and_reopened(text: str, size: int, wanted: list[str]) -> None:
    """Only what is shown: the pages themselves are the text. A mark that nothing closes stays as it is."""
    found = pages.paginate(text, size + pages.MARK_UNITS, 2_000)
    assert "".join(page.extract(text) for page in found) == text
    assert [pages.render_page(text, page) for page in found] == wanted
