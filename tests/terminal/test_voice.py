"""The writer's own texts at the keyboard and as commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.terminal import LOCAL_WRITER
from tests.terminal.conftest import Ran
from tests.terminal.scripted_terminal import Terminal


def test_texts_are_added_listed_and_deleted_at_the_keyboard(terminal: Terminal, tmp_path: Path) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise of the shop, 14 people in one room.\n")
    file = tmp_path / "letter.md"
    file.write_text("It leaked, mind.\n")
    seen = terminal.resume_and_type(
        essay,
        "voice",
        f"voice add {file}",
        "voice",
        "voice delete 1",
        "voice delete 1",
        "voice x",
        "voice add -",
        "measures",
    )
    assert "There are no texts of yours yet: voice add FILE gives one." in seen
    assert "Stored as text 1: “It leaked, mind.”, 3 words." in seen
    assert "1  “It leaked, mind.”, 3 words\n" in seen
    assert "Text 1, “It leaked, mind.”, was deleted." in seen
    assert "There is no text 1 among yours any more" in seen
    assert seen.count("Type voice, voice add FILE or voice delete N") == 2  # standard input is the keyboard
    assert "Your own phrases: " in seen
    assert terminal.runner.run(terminal.room.services.voice.samples(LOCAL_WRITER)) == ()


def test_texts_are_added_listed_and_deleted_as_commands(essay_bot: Callable[..., Ran]) -> None:
    assert "Stored as text 1: “Mine.”" in essay_bot("voice", "add", "-", given="Mine.\n").err
    for words in (["voice"], ["voice", "list"]):
        assert essay_bot(*words).out.splitlines()[0] == "1  “Mine.”, 1 word"
    assert (essay_bot("voice", "add", "-", given=" \n").code, essay_bot("voice", "delete", "0").code) == (2, 2)
    assert essay_bot("voice", "delete", "1").code == 0
    assert "There is no text 1 among yours" in essay_bot("voice", "delete", "1").err
