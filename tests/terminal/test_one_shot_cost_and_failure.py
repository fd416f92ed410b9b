"""What a model may cost is said before it is called; a draft that fails adds nothing, and one cut short is told."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.terminal import LOCAL_WRITER
from tests.simulators.claude import Answer, ClaudeSimulator, Reply, Request
from tests.terminal.conftest import Ran
from tests.terminal.pty_processes import settings_for
from tests.terminal.scripted_terminal import END, Terminal

Run = Callable[..., Ran]
NOTES = "I fixed the press at four in the morning.\n\nMy manager said we have people for that.\n"


def cut_short(request: Request) -> Answer:
    if request.schema is not None:
        return Reply(json.dumps({"placements": []}))
    return Reply("## What I missed\n\nI fixed the press at four in the", stop_reason="max_tokens")


async def test_a_draft_cut_short_is_written_out_and_the_exit_code_is_not_0(essay_bot: Run, home: Path) -> None:
    (home / "n.md").write_text(NOTES)
    async with ClaudeSimulator(responder=cut_short) as claude:
        more = settings_for(claude.base_url) | {"ANTHROPIC_API_KEY": claude.key or ""}
        ran = await asyncio.to_thread(essay_bot, "draft", "n.md", more=more)
    assert ran.code == 1, ran.err
    assert "I fixed the press at four" in ran.out
    (essay,) = (line.split()[0] for line in essay_bot("essays").out.splitlines()[1:])
    assert f"The draft is not complete: essay-bot essays resume {essay} can have it continued." in ran.err
    sorting, drafting, checking = (match.start() for match in re.finditer(r"It may cost up to \$\d+\.\d\d\.", ran.err))
    assert ran.err.index("The model sorts the notes into the sections.") < sorting < drafting
    assert drafting < ran.err.index("The check that follows may cost up to $")
    assert drafting < ran.err.index("Each sentence is held against the notes.") < checking
    assert "Not checked against your notes." in ran.err  # of what the model said nothing was a check


@pytest.mark.parametrize("named", ["n.md", "-"])
def test_a_draft_that_fails_adds_no_essay_and_says_where_the_notes_are(essay_bot: Run, home: Path, named: str) -> None:
    (home / "n.md").write_text(NOTES)
    more = settings_for("http://127.0.0.1:9")
    ran = essay_bot("draft", named, given=NOTES, more=more)
    assert (ran.code, ran.out) == (2, "")
    assert "cannot be reached" in ran.err
    assert "No essay was added; the notes are where they came from." in ran.err
    assert "The notes could not be sorted into sections." in ran.err
    assert "The notes are stored" not in ran.err
    assert "stored" not in ran.err.splitlines()[-1]
    assert "You have no essays yet" in essay_bot("essays").err


def test_sorting_notes_states_its_maximum_cost_and_begins_only_after_yes(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nThe noise.\n")
    terminal.runner.run(terminal.room.desk.add_notes(LOCAL_WRITER, essay.id, "Loose words."))
    asked = len(terminal.room.models.asked)
    seen = terminal.resume_and_type(essay, "sort", "n")
    assert "It may cost up to $0.01.\nNothing was begun." in seen
    assert len(terminal.room.models.asked) == asked
    notes = terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))
    terminal.room.models.script({note.number: "missed" for note in notes})
    seen = terminal.resume_and_type(essay, "sort", "")
    assert "It may cost up to $0.01." in seen
    assert "there is nothing to sort" in terminal.resume_and_type(essay, "sort")


def test_pasting_notes_states_the_cost_of_sorting_before_a_model_is_called(terminal: Terminal) -> None:
    terminal.room.models.script({1: "missed"})
    terminal.types("Loose words.", END, "n")
    terminal.session().start("short-one")
    seen = terminal.stdout.getvalue()
    assert "A model finds its section. It may cost up to $0.01. Ctrl-C leaves it as it is." in seen
    assert "1 note stored, 1 under a section." in seen


def test_an_export_says_how_many_gaps_and_private_notes_there_are(essay_bot: Run, home: Path) -> None:
    (home / "n.md").write_text("## What I missed\n\nThe noise.\n\n[private] My boss cried.\n")
    ran = essay_bot("draft", "n.md", "-o", "out.md")
    assert "gaps to fill, marked [NEED: …]. 1 private passage is not in it." in ran.err
    ran = essay_bot("essays", "export", "1")
    assert "gaps to fill, marked [NEED: …]. 1 private passage is not in it." in ran.err
    assert "private note" not in ran.out
