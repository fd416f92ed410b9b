"""Files as people have them, through Discord: other dialects of Markdown, other formats, files made to do harm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.essay.notes import parse_notes
from bot.essay.text.documents import read_document
from tests.discord_ui.conftest import Bot
from tests.essay.text.test_documents import NOISE, paragraph, word
from tests.simulators.discord import Attachment, DiscordSimulator

CASES = Path(__file__).parents[2] / "data" / "handed_in"
PAGES = (
    "rtf-notes.rtf",
    "article.html",
    "obsidian.md",
    "gdocs.md",
    "comments.md",
    "heading-tail.md",
    "u2028-heading.md",
    "zh-essay.md",
    "zwsp.md",
    "notes-app.md",
)
WRAPPED = Path(__file__).parents[2] / "data" / "wrapping"
LINE = "I left the bank in March 2019."


def sample_file(name: str) -> Attachment:
    return Attachment(name, (CASES / name).read_bytes())


async def test_front_matter_with_exploding_yaml_aliases_is_read_as_plain_text(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """It is read as text, and what can be counted in it is shown."""
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "critique", file=sample_file("yaml-aliases.md"))).message()
    assert "apart from headings" in answer.text


@pytest.mark.parametrize("text", ["# a\n\n" * 301, "<!-- only this -->\n"], ids=["too much", "no words"])
async def test_refused_notes_leave_no_essay_behind(sim: DiscordSimulator, plain: Bot, text: str) -> None:
    user = sim.user("writer")
    for options in ({}, {"title": "Leaving the bank"}, {"structure": "layoff"}):
        await (await user.slash(user.dm, "draft", notes=Attachment("n.md", text.encode()), **options)).message()
        assert await plain.desk.list_essays(plain.writer(user)) == ()


@pytest.mark.parametrize("name", PAGES)
async def test_a_file_gives_the_same_notes_as_in_the_terminal(sim: DiscordSimulator, plain: Bot, name: str) -> None:
    """Whatever it is called, also in what is said of it."""
    user = sim.user("writer")
    data = (CASES / name).read_bytes()
    page = read_document(data, name)
    answer = await (
        await user.slash(user.dm, "draft", notes=Attachment("notes.bin", data), structure="career-switch")
    ).message()
    structure = plain.desk.structures["career-switch"]
    essay = await plain.essay(user)
    notes = await plain.desk.notes(plain.writer(user), essay.id)
    read = parse_notes(page.text, structure)
    assert [(note.text, note.section) for note in notes] == [(one.text, one.section) for one in read.notes]
    assert essay.title == (read.title or structure.name)
    assert bool(read.removed) == ("Left out of the notes: " in answer.text)
    assert all(sentence.split(":")[1] in answer.text for sentence in page.notices)


async def test_a_damaged_word_document_is_refused_with_advice(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "draft", notes=sample_file("damaged.docx"))).message()
    assert "copy its text into a .md or .txt file" in answer.text


async def test_a_critique_counts_the_same_however_the_lines_of_a_file_are_wrapped(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    names = ("wrap-72.md", "wrap-one-line.md")
    files = [Attachment("post.md", (WRAPPED / name).read_bytes()) for name in names]
    answers = [await (await user.slash(user.dm, "critique", file=file)).message() for file in files]
    wrapped, one_line = (answer.text for answer in answers)
    assert "8 filler phrases" in wrapped
    assert " ".join(wrapped.split()) == " ".join(one_line.split())


async def test_a_critique_counts_the_words_of_an_essay_in_chinese(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    letters = sum("\u4e00" <= sign <= "\u9fff" for sign in (CASES / "zh-essay.md").read_text())
    answer = await (await user.slash(user.dm, "critique", file=sample_file("zh-essay.md"))).message()
    found = re.search(r"([\d,]+) words apart from headings", answer.text)
    assert found is not None
    assert letters / 2 <= int(found[1].replace(",", "")) <= letters / 1.5


@pytest.mark.parametrize("command", ["draft", "critique"])
async def test_a_word_document_with_a_picture_of_three_megabytes_is_read(
    sim: DiscordSimulator, plain: Bot, command: str
) -> None:
    user = sim.user("writer")
    file = Attachment("notes.docx", word(paragraph(LINE) * 20, picture=NOISE))
    option = {"notes": file, "structure": "career-switch"} if command == "draft" else {"file": file}
    answer = await (await user.slash(user.dm, command, **option)).message()
    assert "notes.docx is a Word document" in answer.text.replace("\\", "")
    if command == "draft":
        essay = await plain.essay(user)
        notes = await plain.desk.notes(plain.writer(user), essay.id)
        assert [note.text for note in notes] == [LINE] * 20


async def test_a_large_file_of_an_unsupported_type_is_refused(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "draft", notes=Attachment("notes.docx", b"%PDF-1.7 " + NOISE))).message()
    assert "is a PDF, which is not read" in answer.text
