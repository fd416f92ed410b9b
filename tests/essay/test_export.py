"""A finished post as a file, and back again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.essay import Origin
from bot.essay.export import (
    ExportablePost,
    export_file_name,
    export_markdown,
    export_plain_text,
    extract_description,
    read_export,
)

TEXT = "## What I missed\n\n[NEED: What?]\n\nThe *noise* of the [workshop](https://x.example), and 14 people.\n"


def a_post(text: str = TEXT, title: str = "Out: of the workshop", *origins: Origin) -> ExportablePost:
    return ExportablePost(title, text, 1, "career-switch", date(2026, 11, 23), frozenset(origins or {Origin.ASSEMBLED}))


def test_the_front_matter_states_what_the_post_is_and_who_wrote_it() -> None:
    fields, body = read_export(export_markdown(a_post()))
    assert body == TEXT
    assert fields == {
        "title": "Out: of the workshop",
        "date": date(2026, 11, 23),
        "description": "The noise of the workshop (https://x.example), and 14 people.",
        "tags": ["career", "career-switch"],
        "structure": "career-switch",
        "words": 8,
        "written_by": "the writer alone; no language model wrote any of it",
    }


def test_the_export_of_a_post_with_model_text_says_so() -> None:
    fields, _ = read_export(export_markdown(a_post(TEXT, "T", Origin.DRAFTED, Origin.EDITED)))
    assert fields["written_by"] == "the writer and a language model, from the writer's own notes"


@given(
    st.text(st.characters(blacklist_categories=["Cs"])), st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))
)
def test_reading_an_export_back_gives_the_same_body_and_title(body: str, title: str) -> None:
    fields, back = read_export(export_markdown(a_post(body, title)))
    assert back == body
    assert fields["title"] == title


@pytest.mark.parametrize(
    "text",
    [
        "---\n\nTwo rules\n\n---\n",
        "---\na: [\n---\nx",
        "---",
        "",
        "--- \nno",
        f"---\na: {'[' * 5000}\n---\nx",
        "---\ndate: 2024-02-31\n---\n\nhello",
    ],
)
def test_a_text_that_only_looks_like_front_matter_stays_whole(text: str) -> None:
    assert read_export(text) == ({}, text)


def test_the_description_is_cut_at_a_word() -> None:
    fields, _ = read_export(export_markdown(a_post("A sentence of words, " * 30)))
    assert len(fields["description"]) <= 160
    assert fields["description"].endswith("words…") or fields["description"].endswith("sentence…")


def test_plain_text_keeps_every_word_and_drops_the_markup() -> None:
    text = (
        "## A *heading*\n\n**Bold** and `code` and ![a picture](p.png).\nNext line.\\\nBroken.\n\n"
        "1. one\n2. two\n   - inner\n\n> quoted\n> twice\n\n```\nx = 1\n```\n\n<https://x.example>\n\n***\n\n"
        "    indented\n"
    )
    assert export_plain_text(a_post(text, "T")) == (
        "T\n\nA heading\n\nBold and code and a picture.\nNext line.\nBroken.\n\n"
        "1. one\n2. two\n   - inner\n\n> quoted\n> twice\n\nx = 1\n\nhttps://x.example\n\n* * *\n\nindented\n"
    )


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Out of the Workshop: why, and how?", "out-of-the-workshop-why-and-how.md"),
        ("../../etc/passwd", "etc-passwd.md"),
        ("転職", "zhuan-zhi.md"),
        ("☺", "essay.md"),
        ("CON", "con-essay.md"),
        ("word " * 40, "word-word-word-word-word-word-word-word-word-word-word-word.md"),
    ],
)
def test_the_file_name_is_safe_everywhere(title: str, name: str) -> None:
    assert export_file_name(title, ".md") == name


def test_no_comment_and_no_marked_passage_stands_in_plain_text_or_description() -> None:
    text = (
        "## What I missed\n\n<!-- private: the affair -->\n\n[private] Kim was slow.\n\n"
        "The noise <!-- check --> of it.\n\n"
        "%% ask Ola %%\n\n- one\n- [leave out] two\n\n## Where [private] I am\n\nLyon.\n\n## Who\n\nYou.\n\n"
        "```\n<!-- code -->\n```\n"
    )
    plain = export_plain_text(a_post(text))
    for hidden in ("affair", "Kim", "check", "Ola", "two", "Lyon", "private", "leave out"):
        assert hidden not in plain
    for shown in ("What I missed", "The noise of it.", "one", "Who", "You.", "<!-- code -->"):
        assert shown in plain
    assert extract_description(text) == "The noise of it."


def test_plain_text_keeps_footnotes_tables_and_tasks() -> None:
    plain = export_plain_text(
        a_post("Here.[^1]\n\n[^1]: Word\n\n| a | b |\n|---|---|\n| c | d |\n\n- [ ] Kim\n- [x] Ola\n")
    )
    for words in ("Here.[^1]", "[^1]: Word", "| c | d |", "[ ] Kim", "[x] Ola"):
        assert words in plain


def test_plain_text_holds_no_tag_no_rule_of_a_table_and_no_sign_of_words_struck_out() -> None:
    text = (
        "The <b>lift</b><br>and ~~the~~ stairs <T> 2 < 3.\n\n<details>\n<summary>Gate</summary>\n\n"
        "It stuck.\n\n</details>\n\n| a | b |\n|:--|--:|\n| c \\| d | [Kim](mailto:kim@a.example) |\n"
    )
    assert export_plain_text(a_post(text, "T")) == (
        "T\n\nThe lift\nand the stairs <T> 2 < 3.\n\nGate\n\nIt stuck.\n\n| a | b |\n| c | d | Kim (kim@a.example) |\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- [ ] ask Kim[^1]\n- [x] 2 things\n", "ask Kim 2 things"),
        ("> She said no, <i>twice</i>.\n", "She said no, twice."),
        ("| year | pay |\n|---|---|\n| 2018 | 61,000 |\n", "year, pay 2018, 61,000"),
        ("* * *\n\n![The lift](https://a.example) ~~stuck~~.\n", "The lift stuck."),
    ],
)
def test_the_description_is_words_alone(text: str, words: str) -> None:
    assert extract_description(text) == words
