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
def test_front_matter_that_unfolds_into_gigabytes_is_read_as_text(essay_bot: Run, command: str) -> None:
    ran = essay_bot(command, case("yaml-aliases.md"), "--no-model")
    assert ran.code == 0, ran.err
    assert "Traceback" not in ran.err
