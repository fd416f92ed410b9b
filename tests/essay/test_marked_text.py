"""A text as a page shows it: its blocks and styles, with marks on exactly the words that they were put on."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from bot.essay.marked_text import Block, Mark, Run, lay_out
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span


def laid_out(text: str, *marked: str) -> tuple[Block, ...]:
    """The blocks of a text with a mark, called by its words, on each of these."""
    marks = [Mark(Span(text.index(words), text.index(words) + len(words)), words) for words in marked]
    return lay_out(ParsedText(text), marks)


def runs(block: Block) -> Iterator[Run]:
    yield from block.runs
    for row in block.rows:
        for cell in row:
            yield from cell


def words_under(blocks: tuple[Block, ...], key: str) -> str:
    return "".join(run.text for block in blocks for run in runs(block) if key in run.marks)


def test_a_mark_is_on_the_words_that_a_reader_sees_whatever_markup_is_in_them() -> None:
    blocks = laid_out("I said *so* & left.\n", "said *so* & l")
    assert words_under(blocks, "said *so* & l") == "said so & l"
    assert [run.text for run in blocks[0].runs if "emphasis" in run.styles] == ["so"]


def test_escaped_signs_stand_under_a_mark_as_they_are_read() -> None:
    assert words_under(laid_out("Five \\* six &amp; seven.\n", "\\* six &amp;"), "\\* six &amp;") == "* six &"


def test_every_kind_of_block_is_told_apart() -> None:
    text = (
        "# Head\n\nOne.\n\n> Said.\n\n- item\n  - inner\n\n2. second\n\n```\ncode here\n```\n\n| a | b |\n|---|---|\n"
        "| c | d |\n\n---\n\n<b>raw</b>\n"
    )
    found = [(one.kind, one.level, one.marker, one.is_quoted) for one in laid_out(text)]
    assert found == [
        ("heading", 1, "", False),
        ("paragraph", 0, "", False),
        ("paragraph", 0, "", True),
        ("item", 1, "•", False),
        ("item", 2, "•", False),
        ("item", 1, "2.", False),
        ("code", 0, "", False),
        ("table", 0, "", False),
        ("rule", 0, "", False),
        ("paragraph", 0, "", False),
    ]


def test_marks_reach_into_tables_code_quotations_and_over_several_blocks() -> None:
    text = "> First said.\n\n| a | b c |\n|---|---|\n| d | e |\n\n```\nmake it so\n```\n\nLast.\n"
    blocks = laid_out(text, "First", "b c", "make it", "so\n```\n\nLa")
    assert words_under(blocks, "b c") == "b c"
    assert words_under(blocks, "make it") == "make it"
    assert words_under(blocks, "so\n```\n\nLa") == "so\nLa"
    assert [one.begins for one in blocks] == [("First",), ("b c",), ("make it", "so\n```\n\nLa"), ()]


def test_a_link_shows_where_it_leads_and_a_picture_what_it_is_of() -> None:
    (block,) = laid_out("See [the post](https://a.example/x_y) and ![a *shop*](shop.png) there.\n", "there")
    assert "".join(run.text for run in block.runs) == (
        "See the post (https://a.example/x_y) and [picture: a *shop*] there."
    )
    assert words_under((block,), "there") == "there"


def test_lines_of_a_pasted_text_are_paragraphs_and_headings_as_they_are_elsewhere() -> None:
    text = "My Title\nFirst para here ends.\nSecond para is here.\nThe Third\nThe last one of them stands here.\n"
    assert [(one.kind, one.span.extract(text).strip()) for one in laid_out(text)] == [
        ("heading", "My Title"),
        ("paragraph", "First para here ends."),
        ("paragraph", "Second para is here."),
        ("heading", "The Third"),
        ("paragraph", "The last one of them stands here."),
    ]


def test_a_remark_on_nothing_that_is_shown_stands_at_the_block_before_it() -> None:
    blocks = laid_out("One.\n\n[x]: https://a.example\n\nTwo.\n", "[x]: https")
    assert blocks[0].begins == ("[x]: https",)
    assert blocks[0].runs[-1] == Run("", ends=("[x]: https",))


@given(
    st.text("ab *_`[]()!<>\\&;|#-1.\n\r\"'> \t好=~\x00", max_size=60),
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=4),
)
def test_every_mark_begins_and_ends_once_in_any_text(text: str, places: list[tuple[int, int]]) -> None:
    marks = [
        Mark(Span(start, min(start + length, len(text))), f"m{index}")
        for index, (start, length) in enumerate(places)
        if start < len(text)
    ]
    blocks = lay_out(ParsedText(text), marks)
    if blocks:
        keys = sorted(mark.key for mark in marks)
        assert sorted(key for block in blocks for key in block.begins) == keys
        assert sorted(key for block in blocks for run in runs(block) for key in run.ends) == keys


@given(st.lists(st.sampled_from(["word", "*em*", "**st**", "`code`", "x.", "\n\n", "- "]), max_size=30))
def test_what_is_marked_are_letters_of_the_text_at_that_place(pieces: list[str]) -> None:
    text = " ".join(pieces)
    start, end = len(text) // 4, len(text) // 2
    if start < end:
        shown = words_under(lay_out(ParsedText(text), [Mark(Span(start, end), "m")]), "m")
        letters = [char for char in shown if char.isalpha()]
        assert letters == [char for char in text[start:end] if char.isalpha()]
