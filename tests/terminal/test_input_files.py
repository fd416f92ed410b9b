"""Files as people have them: other dialects of Markdown, other formats, other scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.essay.export import read_export
from tests.terminal.conftest import Ran

Run = Callable[..., Ran]
CASES = Path(__file__).parents[1] / "data" / "handed_in"


def case(name: str) -> str:
    return str(CASES / name)


def test_the_words_of_an_essay_in_chinese_are_counted_in_front_matter_and_measures(essay_bot: Run) -> None:
    letters = sum("\u4e00" <= char <= "\u9fff" for char in (CASES / "zh-essay.md").read_text())
    measured = json.loads(essay_bot("critique", case("zh-essay.md"), "--no-model", "--json").out)
    drafted = read_export(essay_bot("draft", case("zh-essay.md"), "--no-model").out)[0]
    for words in (measured["words"], drafted["words"]):
        assert letters / 2 <= words <= letters / 1.5


def test_zero_width_spaces_change_nothing_that_is_counted(essay_bot: Run, home: Path) -> None:
    (home / "plain.md").write_text((CASES / "zwsp.md").read_text().replace("\u200b", ""))
    plain, spaced = (essay_bot("critique", path, "--no-model", "--json") for path in ("plain.md", case("zwsp.md")))
    assert "\u200b" in (CASES / "zwsp.md").read_text()
    assert plain.code == spaced.code == 0
    assert plain.out == spaced.out


@pytest.mark.parametrize("command", ["critique", "draft"])
def test_front_matter_that_expands_to_gigabytes_is_read_as_text(essay_bot: Run, command: str) -> None:
    ran = essay_bot(command, case("yaml-aliases.md"), "--no-model")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err


def test_words_in_a_heading_beyond_the_section_name_become_a_note_in_the_post(essay_bot: Run) -> None:
    post = essay_bot("draft", case("heading-tail.md"), "--no-model", "-s", "career-switch").out
    assert "the lift at Mill Lane, fixed in March 2019 with Bernie\n\nIt took two days." in post
    assert "in Lyon since 2020, at 48,500\n\nI answer to one person." in post


def test_a_line_separator_ends_a_heading(essay_bot: Run) -> None:
    post = essay_bot("draft", case("u2028-heading.md"), "--no-model", "-s", "career-switch").out
    assert "## What I missed\n\nI fixed the lift at Mill Lane in March 2019.\n\nIt took two days." in post


def test_a_page_from_obsidian_is_read_as_its_writer_sees_it(essay_bot: Run) -> None:
    ran = essay_bot("draft", case("obsidian.md"), "--no-model")
    assert read_export(ran.out)[0]["title"] == "Leaving the bank"
    for kept in ("see my review.", "Aside\n\nMy pay went from 61,000 to 48,500.", "I answer to one person now."):
        assert kept in ran.out
    for gone in ("quitting", "2026-03-02", "[[", "[!note]", "%%", "Kim", "==", "#career"):
        assert gone not in ran.out
    for told in ("front matter (aliases, tags, created)", "do not publish: Kim said I was slow", "#career"):
        assert told in ran.err


def test_a_page_from_google_docs_is_read_as_its_writer_sees_it(essay_bot: Run) -> None:
    ran = essay_bot("draft", case("gdocs.md"), "--no-model")
    assert read_export(ran.out)[0]["title"] == "Leaving the bank"
    assert "I left the bank in March 2019. My pay went from 61,000 to 48,500." in ran.out
    assert "1. I answer to one person now - Kim." in ran.out
    for gone in ("\\", "{#", "data:", "image1", "**"):
        assert gone not in ran.out
    assert "1 picture" in ran.err


@pytest.mark.parametrize("kind", ["markdown", "text"])
def test_comments_in_the_notes_are_omitted_from_an_export(essay_bot: Run, kind: str) -> None:
    ran = essay_bot("draft", case("comments.md"), "--no-model", "--format", kind)
    for gone in ("<!--", "affair", "check the month", "[["):
        assert gone not in ran.out
    for kept in ("I left the bank in March 2019.", "See my review and this.", "| 2019 | 48,500 |", "[ ] ask Kim"):
        assert kept in ran.out
    assert "[^1]: The note & more text." in ran.out
    assert "2 comments" in ran.err


def test_a_critique_reads_a_page_as_its_writer_sees_it(essay_bot: Run) -> None:
    ran = essay_bot("critique", case("obsidian.md"), "--no-model", "--json")
    assert (
        json.loads(ran.out)["words"]
        == len(["I", "left", "the", "bank", "in", "March", "see", "my", "review", "Aside"]) + 14
    )
    assert "1 comment" in ran.err


@pytest.mark.parametrize("name", ["rtf-notes.rtf", "article.html"])
@pytest.mark.parametrize("command", ["draft", "critique"])
def test_the_type_of_a_file_is_recognised_by_its_content(essay_bot: Run, home: Path, name: str, command: str) -> None:
    (home / "notes.md").write_bytes((CASES / name).read_bytes())
    ran = essay_bot(command, "notes.md", "--no-model")
    assert ran.code == 0
    assert "notes.md is " in ran.err
    assert "rtf1" not in ran.out
    assert "<p>" not in ran.out


def test_a_damaged_word_document_is_refused_with_what_to_do(essay_bot: Run) -> None:
    ran = essay_bot("draft", case("damaged.docx"), "--no-model")
    assert ran.code != 0
    assert "copy its text into a .md or .txt file" in ran.err


@pytest.mark.parametrize("kind", ["markdown", "text"])
def test_markup_of_a_notes_app_is_omitted_from_an_export(essay_bot: Run, kind: str) -> None:
    ran = essay_bot("draft", case("notes-app.md"), "--no-model", "-s", "career-switch", "--format", kind)
    post = ran.out.split("\n---\n", 1)[-1]
    for gone in (
        "<",
        "{",
        "[[",
        "~" if kind == "text" else "[!",
        "a1b2",
        "4f2a",
        "Untitled",
        "ask Kim",
        "LIST",
        "Home",
    ):
        assert gone not in post
    for kept in (
        "My pay went from 61,000",
        "The lift\n",
        "and the stairs",
        "Kim’s page, 2019 review",
        "Go.\nand went.",
        "It stuck in March.",
    ):
        assert kept in post
    for told in ("front matter (up)", "1 picture (“Untitled”)", "1 comment (“ask Kim first”)", "1 query of Obsidian"):
        assert told in ran.err
