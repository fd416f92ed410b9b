"""What is shown in columns or with an indentation keeps them where a window is too narrow for the line."""

from __future__ import annotations

import io

import pytest
from rich.console import RenderableType
from rich.text import Text

from bot.terminal.output import CommandList, ResponsiveTable, SafeConsole

HELP = """\
note TEXT          add a note; so does a paste of several lines
                   at any prompt
done               leave; everything is stored

A slash before a command
changes nothing."""
INDENTED = "1. felt nothing (feeling)\n     Your notes say how long it lasted, and nothing of what you felt.\n\nEnd."


def shown(what: RenderableType, columns: int) -> list[str]:
    screen = SafeConsole(file=io.StringIO(), width=columns)
    screen.print(what)
    assert isinstance(screen.file, io.StringIO)
    return [line.rstrip() for line in screen.file.getvalue().splitlines()]


def test_commands_stand_beside_what_they_do_and_above_it_in_a_narrow_window() -> None:
    assert shown(CommandList(HELP), 200) == [
        "note TEXT  add a note; so does a paste of several lines at any prompt",
        "done       leave; everything is stored",
        "",
        "A slash before a command changes nothing.",
    ]
    assert shown(CommandList(HELP.replace("several", "several very" + 5 * " long")), 72)[:2] == [
        "note TEXT  add a note; so does a paste of several very long long long",
        "           long long lines at any prompt",
    ]
    assert shown(CommandList(HELP), 40) == [
        "note TEXT",
        "  add a note; so does a paste of several",
        "  lines at any prompt",
        "done",
        "  leave; everything is stored",
        "",
        "A slash before a command changes",
        "nothing.",
    ]


@pytest.mark.parametrize("what", [INDENTED, Text(INDENTED)])
def test_a_wrapped_line_keeps_its_indentation(what: RenderableType) -> None:
    assert shown(what, 40) == [
        "1. felt nothing (feeling)",
        "     Your notes say how long it lasted,",
        "     and nothing of what you felt.",
        "",
        "End.",
    ]
    assert shown(what, 200) == INDENTED.splitlines()
    assert all(len(line) <= 20 for line in shown(what, 20))  # too few columns to indent in: wrapped as any line


def test_a_numbered_row_keeps_its_name_beside_the_number_in_a_narrow_window() -> None:
    sections = ResponsiveTable(("section", "heading", "words"), show_header=False)
    sections.add_row("6", "Who this move makes sense for, and for whom it does not", "6 words, no gaps")
    assert shown(sections, 40) == [
        "6  Who this move makes sense for, and",
        "   for whom it does not",
        "  6 words, no gaps",
    ]
