"""At the keyboard: what is marked stays private until its mark goes, and so does what answers a private question."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.essay.essay import Essay, Note
from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from bot.essay.structure import Section, Structure, WordBudget
from bot.services.notes import note_fingerprint
from bot.terminal import LOCAL_WRITER
from tests.terminal.scripted_terminal import END, Terminal

SECRET = "What should not be public?"
ANSWER = "We sold the press.\n\n[private] My boss drank at noon.\n\n- Kim stayed\n- [leave out] Ola was paid off"


@pytest.fixture
def structure() -> Structure:
    """One section with a question whose answers stay private."""
    questions = ("What was missing?", SECRET)
    missed = Section("missed", "What I missed", "Say it.", WordBudget(5, 20), questions, frozenset({SECRET}))
    gave = Section("gave-up", "What I gave up", "Say it too.", WordBudget(5, 20), ("What did it cost?",))
    return Structure("short-one", "Short one", "Two sections, for tests.", (missed, gave))


def begun(terminal: Terminal) -> Essay:
    terminal.room.models.script(*[None] * 9)  # on whatever is answered there is nothing more to ask
    return terminal.runner.run(terminal.room.desk.create_essay(LOCAL_WRITER, terminal.structure))


def notes(terminal: Terminal, essay: Essay) -> tuple[Note, ...]:
    return terminal.runner.run(terminal.room.desk.notes(LOCAL_WRITER, essay.id))


def test_marked_passages_of_an_answer_are_private_and_the_rest_of_it_is_used(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the export goes
    essay = begun(terminal)
    seen = terminal.resume_and_type(
        essay, ANSWER, "Money.", END, "n", "notes", "notes 1", "notes out 1", "notes in 1", "export"
    )
    assert "2 passages are left out: they stay stored, stand in no post, and no model sees them." in seen
    assert "2 passages private" in seen
    assert "[private] My boss drank at noon." in seen
    assert "2 private passages are not in it." in seen
    assert terminal.text(essay).text.startswith("## What I missed\n\nWe sold the press.\n\n- Kim stayed\n")
    assert notes(terminal, essay)[0].text == ANSWER
    asked = " ".join(str(one) for one in terminal.room.models.asked)
    assert "We sold the press." in asked
    for secret in ("drank", "paid off"):
        assert secret not in asked


def test_no_model_is_sent_a_text_that_still_holds_private_words(terminal: Terminal) -> None:
    essay = terminal.essay("## What I missed\n\nMy boss drank at noon, every day.\n")
    page = "## What I missed\n\nIt was loud.\n\n[private] My boss drank at noon, every day.\n"
    terminal.runner.run(terminal.room.desk.add_notes(LOCAL_WRITER, essay.id, page))
    seen = terminal.resume_and_type(essay, "revise 1 shorter")
    told = "holds a private passage, and these words of it stand in the text: “My boss drank at noon, every day”."
    assert told in seen
    assert "Edit them out first, or take its mark away in the note." in seen
    assert terminal.room.models.asked == []


def test_including_a_private_note_explains_how_and_removing_its_mark_publishes_it(terminal: Terminal) -> None:
    essay = begun(terminal)
    seen = terminal.resume_and_type(essay, "/private My boss drank.\n\nAnd Ola too.", "Money.", END, "n", "notes in 1")
    assert "Note 1 is marked [private]: edit it and take the mark away to use it." in seen
    (note, _) = notes(terminal, essay)
    assert note.private_passages == ("My boss drank.\n\nAnd Ola too.",)
    assert "drank" not in terminal.text(essay).text
    editing = terminal.room.notes.edit
    changing = editing(
        LOCAL_WRITER, essay.id, 1, "My boss drank.\n\n[private] And Ola too.", seen=note_fingerprint(note.text)
    )
    change = terminal.runner.run(changing)
    assert change.message.startswith("1 passage is left out: it stays stored")
    assert "My boss drank." in terminal.text(essay).text
    assert "Ola" not in terminal.text(essay).text
    stamp = note_fingerprint("My boss drank.\n\n[private] And Ola too.")
    change = terminal.runner.run(editing(LOCAL_WRITER, essay.id, 1, "[private] My boss drank.", seen=stamp))
    assert "drank" not in terminal.text(essay).text


def test_an_answer_to_a_private_question_stays_private_and_the_question_says_so(terminal: Terminal) -> None:
    essay = begun(terminal)
    told = terminal.resume_and_type(
        essay, "Noise.", "Money.", END, "n", "answer", "Marcus drank.", "", "notes in 3", "notes 3"
    )
    assert told.count(PRIVATE_ANSWER_NOTICE) == 1
    assert f"{SECRET}\n{PRIVATE_ANSWER_NOTICE}" in told
    assert "Note 3 answers a question about what should stay private, so it stays so." in told
    note = notes(terminal, essay)[2]
    assert (note.text, note.question, note.public_text) == ("Marcus drank.", SECRET, "")
    text = terminal.text(essay).text
    assert "Marcus" not in text
    assert SECRET not in text
    assert "Marcus" not in " ".join(str(one) for one in terminal.room.models.asked)


def test_a_changed_or_skipped_answer_to_a_private_question_stays_private_too(terminal: Terminal) -> None:
    essay = begun(terminal)
    terminal.resume_and_type(essay, "Noise.", "Money.", END, "n", "answer", "/skip", "answer", "Marcus.", END)
    assert [note.is_private for note in notes(terminal, essay)] == [False, False, True]
    question = replace(terminal.runner.run(terminal.room.interview.asked_questions(LOCAL_WRITER, essay.id))[2])
    note = notes(terminal, essay)[2]
    anew = terminal.room.interview.replace_answer(LOCAL_WRITER, essay.id, question, note, "Marcus, and Ola.")
    assert terminal.runner.run(anew).note == replace(note, text="Marcus, and Ola.")
    terminal.runner.run(terminal.room.notes.delete(LOCAL_WRITER, essay.id, 3))
    late = terminal.runner.run(
        terminal.room.interview.replace_answer(LOCAL_WRITER, essay.id, question, note, "Marcus again.")
    )
    assert late.note is not None
    assert late.note.is_private
