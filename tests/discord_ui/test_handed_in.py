"""Files as people have them, through Discord: other dialects of Markdown, other formats, files made to do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.essay.notes import read_notes
from bot.essay.text.documents import read_document
from tests.discord_ui.conftest import Bot
from tests.simulators.discord import Attachment, DiscordSimulator

CASES = Path(__file__).parents[1] / "data" / "handed_in"


PAGES = ("rtf-notes.rtf", "article.html", "obsidian.md", "gdocs.md", "comments.md", "heading-tail.md")


def case(name: str) -> Attachment:
    return Attachment(name, (CASES / name).read_bytes())


async def test_front_matter_that_unfolds_into_gigabytes_stops_nobody(sim: DiscordSimulator, plain: Bot) -> None:
    """It is read as text, and what can be counted in it is shown."""
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "critique", file=case("yaml-aliases.md"))).message()
    assert "apart from headings" in answer.text


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
    read = read_notes(page.text, structure)
    assert [(note.text, note.section) for note in notes] == [(one.text, one.section) for one in read.passages]
    assert essay.title == (read.title or structure.name)
    assert bool(read.left_out) == ("Left out of the notes: " in answer.text)
    assert all(sentence.split(":")[1] in answer.text for sentence in page.notices)


async def test_a_damaged_word_document_is_refused_with_what_to_do(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "draft", notes=case("damaged.docx"))).message()
    assert "copy its text into a .md or .txt file" in answer.text
