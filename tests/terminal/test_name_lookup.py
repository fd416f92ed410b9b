"""What a person names is found by its name, its number or a start of it, the same everywhere; and ids are never cut."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from bot.essay.matching import match_names
from bot.services.essays import EssayService
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import Person
from tests.terminal.scripted_terminal import Terminal

Run = Callable[..., Ran]


@pytest.mark.parametrize(
    ("typed", "places"),
    [
        ("layoff", (1,)),
        ("Layoff ", (1,)),
        ("First year as a manager", (0,)),
        ("first_year", (0,)),
        ("2", (1,)),
        ("l", (1, 2)),
        ("2x", (3,)),
        ("9", ()),
        ("", ()),
        ("?", ()),
    ],
)
def test_a_choice_is_found_by_its_name_its_number_or_the_start_of_its_name(typed: str, places: tuple[int, ...]) -> None:
    names = [("first-year-manager", "First year as a manager"), ("layoff", "Layoff"), ("leaving", "Leaving"), ("2xyz",)]
    assert match_names(typed, names) == places


@pytest.mark.parametrize("named", ["Layoff", "layoff", "LAYOFF", "5", "lay"])
def test_every_command_accepts_the_same_ways_to_name_a_structure(essay_bot: Run, named: str) -> None:
    assert "\nlayoff" in essay_bot("structures").out
    assert essay_bot("structures", named).out == essay_bot("structures", "layoff").out
    ran = essay_bot("draft", "-", "-s", named, given="Words.")
    assert 'in the structure "layoff"' in ran.err
    assert essay_bot("critique", "-", "--json", "-s", named, given="Words.").out.count('"structure": "layoff"') == 1


def test_an_ambiguous_name_is_asked_about(essay_bot: Run) -> None:
    ran = essay_bot("draft", "-", "-s", "l", given="Words.")
    assert (ran.code, "l may mean layoff or leaving" in ran.err) == (2, True)


def test_an_essay_is_named_by_its_number_or_the_start_of_its_id(essay_bot: Run) -> None:
    for words in ("First words.", "Second words."):
        essay_bot("draft", "-", given=words)
    second, first = (line.split()[0] for line in essay_bot("essays").out.splitlines()[1:])
    assert "First words." in essay_bot("essays", "export", "2").out
    assert "Second words." in essay_bot("essays", "export", second[:6].upper()).out
    assert essay_bot("essays", "delete", first[:6], "--yes").code == 0
    assert "Second words." in essay_bot("essays", "export", "1").out
    assert "needs a terminal" in essay_bot("essays", "resume", "1").err


async def test_essays_that_begin_alike_are_listed(desk: EssayService, structure: object) -> None:
    for _ in range(2):
        await desk.create_essay("w", desk.structures["short-one"])  # with the ids essay-1 and essay-2
    assert (await desk.find_essay("w", "essay-2")).id == "essay-2"
    with pytest.raises(Exception, match=r"Several essays begin with ess: essay-2 \(Short one\), essay-1 \(Short one\)"):
        await desk.find_essay("w", "ess")
    with pytest.raises(Exception, match="You have no essay nope"):
        await desk.find_essay("w", "nope")


def test_every_table_is_readable_at_40_columns(
    start_in_terminal: Callable[..., Person], essay_bot: Run, home: Path
) -> None:
    title = "A title of some length that has to go over more than one line in so narrow a window"
    essay_bot("draft", "-", "-t", title, given="## What I missed\n\nThe noise.\n")
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    for arguments, words in (
        (["essays"], [essay, "number: 1", *title.split()]),
        (["structures"], ["career-switch", "first-year-manager", "return-or-relocation", "\nlayoff  5"]),
        (["check"], ["settings", "Discord", "https://discord.com/developers/ap"]),
        (["usage"], ["No model was called"]),
    ):
        person = start_in_terminal(*arguments)
        person.child.setwinsize(50, 40)
        person.child.expect(pexpect.EOF)
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", person.child.before or "")
        for word in words:
            assert word in shown, shown
        assert all(len(line.rstrip()) <= 40 for line in shown.splitlines()), shown


def test_yes_or_no_is_asked_again_until_it_is_said(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    seen = terminal.resume_and_type(essay, "draft", "maybe", "sure", "n")
    assert seen.count("Type y for yes, or n for no.") == 2
    assert "Nothing was begun." in seen
    assert terminal.room.models.asked == []


@pytest.mark.parametrize("command", ["go", "edit", "apply"])
def test_a_command_without_its_number_asks_for_it(terminal: Terminal, command: str) -> None:
    seen = terminal.resume_and_type(terminal.essay("## What I missed\n\nThe noise.\n"), command)
    assert "Nothing is no number" not in seen
    assert "number" in seen or "There is no critique" in seen


def test_a_count_of_one_is_followed_by_the_singular(essay_bot: Run) -> None:
    ran = essay_bot("critique", "-", "--all", given="## What I missed\n\nNoise.\n")
    assert "1 word apart from headings" in ran.out
    assert not re.search(r"\b1 (words|sentences|notes|sections|places|days|gaps)\b", ran.out)
    assert "in the last day." in essay_bot("usage", "--days", "1").out


def test_the_notice_on_encryption_also_says_who_can_read_the_texts(terminal: Terminal, essay_bot: Run) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    said = "holds the key. When a model is asked, the text that it works on is sent to the model's service."
    assert said in terminal.resume_and_type(essay, "help")
    terminal.session().start("short-one")
    assert said in terminal.stdout.getvalue().split("Career Essay Bot.")[1]
    assert said in " ".join(essay_bot("--help").out.split())


def test_a_whole_session_is_readable_at_40_columns(
    start_in_terminal: Callable[..., Person], home: Path, essay_bot: Run
) -> None:
    """From the choice of a structure to a second look: no line is cut or broken inside a word, nor is any id."""
    person = start_in_terminal("try", COLUMNS="40")
    person.child.setwinsize(40, 40)
    person.child.expect_exact("its name]:")
    seen = []
    for line, words in (
        ("Layoff", "sections have notes"),
        ("Deborah rang at nine and let me go.", "had that day?"),
        ("skip", "instead:"),
        ("/skip", "send in"),
        ("/done", "gaps still to"),
        ("help", "holds the key"),
        ("notes all", "nine and let me go."),
        ("notes move 1 2", "version 2"),
        ("history", "origin: assembled"),
        ("title Out of the depot", "The title is stored"),
        ("export", "gaps to fill"),
        ("/quit", pexpect.EOF),
    ):
        person.types(line)
        person.child.expect(re.escape(words) if isinstance(words, str) else words)
        seen.append(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", person.child.before or ""))
    essay = essay_bot("essays").out.splitlines()[1].split()[0]
    assert f"essay-bot essays resume {essay}" in " ".join(seen[-1].split())
    assert "or did you mean\n/skip?" in seen[2]
    assert "Deborah rang at nine and let me go." in (home / "out-of-the-depot.md").read_text()
    assert "Deborah rang" in essay_bot("essays", "export", essay[:6]).out
