"""Notes are set, unchanged, under the sections of the structure."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.essay.assembly import assemble_post, insert_note
from bot.essay.essay import Note
from bot.essay.structure import Section, Structure, WordBudget
from bot.essay.text.gaps import UNSORTED_HEADING
from bot.essay.text.sections import split_sections


def headings(text: str) -> list[str]:
    return [part.title for part in split_sections(text) if part.level]


def test_notes_are_placed_under_their_section_and_an_empty_section_holds_a_gap(
    structure: Structure,
) -> None:
    notes = [Note(1, "The noise.", section="missed"), Note(2, "And *the* smell.", section="missed")]
    assert assemble_post(structure, notes) == (
        "## What I missed\n\nThe noise.\n\nAnd *the* smell.\n\n## What I gave up\n\n[NEED: What did it cost?]\n"
    )


def test_notes_without_a_section_come_last_in_order_and_excluded_notes_are_omitted(structure: Structure) -> None:
    notes = [
        Note(1, "First."),
        Note(2, "Secret.", is_excluded=True),
        Note(3, "Third.", section="gone"),
        Note(4, "x" * 9),
    ]
    text = assemble_post(structure, notes)
    assert text.endswith(f"\n## {UNSORTED_HEADING}\n\nFirst.\n\nThird.\n\nxxxxxxxxx\n")
    assert "Secret" not in text


def test_a_note_with_an_unclosed_block_swallows_no_heading(structure: Structure) -> None:
    for opened in ("```\ncode", "~~~~\ncode", "<script>\nx", "<pre>\ny"):
        text = assemble_post(structure, [Note(1, opened, section="missed")])
        assert headings(text) == ["What I missed", "What I gave up"], opened
        assert opened in text


PROSE = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), min_size=1).filter(str.strip)


@given(texts=st.lists(PROSE, max_size=4), places=st.lists(st.sampled_from(["a", "b", None]), min_size=4, max_size=4))
def test_the_post_holds_the_writers_notes_character_for_character(texts: list[str], places: list[str | None]) -> None:
    assume("%%" not in "".join(texts) and "<!--" not in "".join(texts))  # a comment is for nobody's eyes
    sections = tuple(Section(key, f"Part {key}", "Say.", WordBudget(1, 9), (f"Why {key}?",)) for key in "ab")
    notes = [Note(n, text, section=place) for n, (text, place) in enumerate(zip(texts, places, strict=False), 1)]
    post = assemble_post(Structure("s", "S", "S.", sections), notes)
    for note in notes:
        assert note.text in post


def test_a_new_note_takes_the_place_of_the_gap_for_its_question_and_nothing_else_changes(structure: Structure) -> None:
    text = "## What I missed\n\nEdited by hand.\n\n## What I gave up\n\n[NEED: What did it cost?]\n"
    added = insert_note(text, structure, Note(1, "Two years.", "What did it cost?", "gave-up"))
    assert added == text.replace("[NEED: What did it cost?]", "Two years.")


def test_a_new_note_comes_last_in_a_section_that_has_text(structure: Structure) -> None:
    text = "## What I missed\n\nBy hand.\n\n## What I gave up\n\nMoney.\n"
    added = insert_note(text, structure, Note(1, "The noise.", "Since when?", "missed"))
    assert added == "## What I missed\n\nBy hand.\n\nThe noise.\n\n## What I gave up\n\nMoney.\n"


def test_a_note_for_a_removed_section_adds_the_section_again_at_the_end(structure: Structure) -> None:
    text = "## What I missed\n\nBy hand."
    added = insert_note(text, structure, Note(1, "Money.", None, "gave-up"))
    assert added == "## What I missed\n\nBy hand.\n\n## What I gave up\n\nMoney.\n"
    assert insert_note("", structure, Note(1, "Loose.")) == f"## {UNSORTED_HEADING}\n\nLoose.\n"


def test_a_comment_in_a_note_is_omitted_from_the_post(structure: Structure) -> None:
    notes = [Note(1, "The noise. <!-- Kim's idea -->", section="missed"), Note(2, "<!-- aside", section="gave-up")]
    text = assemble_post(structure, notes)
    assert "## What I missed\n\nThe noise.\n" in text
    assert "Kim" not in text
    assert "aside" not in text
    assert "Kim" not in insert_note("", structure, notes[0])
