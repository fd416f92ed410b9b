"""A draft appears word by word as it is stored, on a terminal and where the output goes into a file."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from bot.terminal.output import SafeConsole
from bot.terminal.progress import TextStream
from tests.services.fakes import says
from tests.terminal.pty_processes import Person, settings_for, simulated_claude_process
from tests.terminal.scripted_terminal import CallbackGate, Terminal
from tests.terminal.test_cli_with_model import NOTES

TEXT = "## What I missed\n\nThe noise of the shop, and the people in it, every day.\n\n- one\n  - two\n\nThe end"


def streamed(states: Iterable[str], columns: int, last: str) -> str:
    shown = io.StringIO()
    with TextStream(SafeConsole(file=shown, width=columns)) as stream:
        for text in states:
            stream.show(text, is_whole=False)
        stream.show(last, is_whole=True)
    return shown.getvalue()


def letter_by_letter(text: str) -> list[str]:
    return [text[:length] for length in range(1, len(text))]


@pytest.mark.parametrize("columns", [20, 40, 60, 80, 120])
def test_a_text_that_comes_letter_by_letter_is_wrapped_between_words_and_loses_none(columns: int) -> None:
    seen = streamed(letter_by_letter(TEXT), columns, TEXT)
    assert seen.split() == TEXT.split()
    assert max(map(len, seen.splitlines())) <= columns
    assert "\x1b" not in seen


def test_a_text_in_a_file_is_not_wrapped() -> None:
    assert streamed(letter_by_letter(TEXT), 10_000, TEXT) == f"{TEXT}\n"


def test_chinese_without_a_space_appears_before_its_sentence_ends_and_is_wrapped_by_columns() -> None:
    shown = io.StringIO()
    sentence = "我们决定离开这座城市去乡下开一家小书店" * 4
    with TextStream(SafeConsole(file=shown, width=40)) as stream:
        stream.show(sentence, is_whole=False)
        assert sentence[:20] in shown.getvalue()
    assert max(map(len, shown.getvalue().splitlines())) <= 20  # each sign is two columns wide
    assert shown.getvalue().replace("\n", "") == sentence


def test_what_turns_out_to_be_no_part_of_the_post_is_followed_by_the_post_whole() -> None:
    seen = streamed(["Here is the draft that you asked for."], 80, "## What I missed\n\nThe noise.")
    assert seen == "Here is the draft that you asked\n\n## What I missed\n\nThe noise.\n"


def test_a_control_character_of_a_model_reaches_no_terminal() -> None:
    assert streamed([], 80, "red \x1b[31m") == "red ␛[31m\n"


def test_text_appears_while_the_model_writes(terminal: Terminal) -> None:
    essay = terminal.essay()

    async def look() -> None:
        await terminal.stderr.until("The noise was")

    terminal.room.models.script(says("## What I missed\n\nThe noise was loud", CallbackGate(look), " enough.\n"))
    terminal.resume_and_type(essay, "")
    assert "## What I missed\n\nThe noise was loud enough.\n" in terminal.stderr.getvalue()


def test_ctrl_c_ends_the_line_and_keeps_what_came(terminal: Terminal) -> None:
    essay = terminal.essay()
    terminal.room.models.script(says("## What I missed\n\nThe noise was lo", CallbackGate(terminal.presses_ctrl_c)))
    assert "The draft was stopped before its end. What came is version 1." in terminal.resume_and_type(essay, "")
    assert terminal.text(essay).text.endswith("The noise was lo\n")


def test_a_draft_streams_into_a_window_of_40_columns_without_redrawing(
    start_in_terminal: Callable[..., Person], home: Path
) -> None:
    (home / "notes.md").write_text(NOTES)
    with simulated_claude_process(speed=4_000) as address:
        person = start_in_terminal("draft", "notes.md", "-o", "post.md", **settings_for(address))
        person.child.setwinsize(50, 40)
        person.sees("keeps what came.")
        person.sees("Each sentence is held")
        streamed_part = person.child.before
        assert person.leaves() == 0
    assert streamed_part is not None
    lines = re.sub(r"^.*?(?=## )", "", streamed_part, flags=re.DOTALL).split("\r\n")
    assert "\x1b" not in "".join(lines)
    assert max(map(len, lines)) <= 40
    body = (home / "post.md").read_text().split("---\n", 2)[2]
    assert body.split() == " ".join(lines).split()
