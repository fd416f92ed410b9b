"""What a mark covers stands in no post and reaches no model, whatever is written around it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.essay.assembly import assemble_post, insert_note
from bot.essay.essay import Note
from bot.essay.notes import note_from_answer, parse_notes
from bot.essay.private_text import describe_privacy, describe_private
from bot.essay.questions import notes_for_model
from bot.essay.text.privacy_marks import private_passages, public_text
from tests.essay.sample_structure import STRUCTURE

MARKS = ["[private]", "[leave out]", "**[Private]**", "\\[leave out\\]", "[keep private]:"]
# "@" becomes a word that stands nowhere else, "§" such a word with a mark before or behind it.
BLOCKS = [
    "@ @.",
    "§.",
    "- @\n- §\n- @",
    "1. §\n2. @",
    "> § and\n> @",
    "```\n@\n§\n```",
    "@\n§\n@",
    "- @\n\n  §\n- @",
    "|§|\n",
]
HEADINGS = ["## @", "### §", "#### @", "## §", "## What I missed", "## Where I am now §", "@\n---"]


@dataclass(frozen=True)
class Page:
    """A page, the words on it that a mark covers by the rule as it is told to writers, and the others."""

    text: str
    private: frozenset[str]
    public: frozenset[str]


@st.composite
def pages(draw: st.DrawFn, *, any_heading_ends: bool) -> Page:
    """A page; a mark alone that stands before every heading ends at the first one, or where nothing ends it."""
    numbers, private, public, blocks = count(), set[str](), set[str](), list[str]()
    inside, closed = 0, None
    for template in draw(st.lists(st.sampled_from([*BLOCKS, *HEADINGS, "MARK"]), min_size=1, max_size=7)):
        mark = draw(st.sampled_from(MARKS))
        before = draw(st.booleans())
        level = len(template) - len(template.lstrip("#")) or (2 if template.endswith("---") else 0)
        if level and closed is not None and level <= closed:
            closed = None
        inside = level or inside
        if level and "§" in template and closed is None:
            closed = level
        if template == "MARK":
            closed = (inside or (6 if any_heading_ends else 0)) if closed is None else closed
            blocks.append(mark)
            continue
        pieces = re.split(r"(?m)(?=^(?:- |\d\. ))", template)
        written = []
        for piece in pieces:
            hidden = closed is not None or "§" in piece
            for _ in range(piece.count("@") + piece.count("§")):
                word = f"w{next(numbers)}q"
                (private if hidden else public).add(word)
                sign = min(index for index in (piece.find("@"), piece.find("§")) if index >= 0)
                shown = word if piece[sign] == "@" else f"{mark} {word}" if before else f"{word} {mark}"
                piece = piece[:sign] + shown + piece[sign + 1 :]
            written.append(piece)
        blocks.append("".join(written))
    return Page("\n\n".join(blocks) + "\n", frozenset(private), frozenset(public))


def words(text: str) -> set[str]:
    return set(re.findall(r"w\d+q", text))


@example(Page("w1q.\n\n[keep private]: w2q\n", frozenset({"w2q"}), frozenset({"w1q"})))
@given(pages(any_heading_ends=False))
def test_the_public_text_of_an_answer_holds_every_word_but_the_private_ones(page: Page) -> None:
    note = Note(1, note_from_answer(page.text).text, "What was missing?", "missed")
    sent = notes_for_model(STRUCTURE, [note])
    outside = [assemble_post(STRUCTURE, [note]), insert_note("", STRUCTURE, note), *(one.text for one in sent)]
    for text in outside:
        assert not words(text) & page.private
    assert words(note.public_text) == page.public
    assert words(" ".join(note.private_passages)) == page.private
    assert words(note.text) == page.public | page.private


@given(pages(any_heading_ends=True))
def test_the_public_notes_of_a_page_hold_no_private_word_and_private_words_are_stored(page: Page) -> None:
    found = parse_notes(page.text, STRUCTURE)
    notes = [Note(number, one.text, None, one.section, one.is_excluded) for number, one in enumerate(found.notes, 1)]
    outside = [
        assemble_post(STRUCTURE, notes),
        *(one.text for one in notes_for_model(STRUCTURE, notes)),
        found.title or "",
    ]
    for text in outside:
        assert not words(text) & page.private
    if notes:
        assert words(" ".join(note.text for note in notes)) >= page.private
        assert words(outside[0]) | words(outside[-1]) == page.public


@given(st.text(alphabet="ab #->`~*[]()_|:.\n1/privateleaveout<!>", max_size=80))
@example("[\n\nprivate]\n\nb")
@example("[\n\n[private] a\n\nprivate]\n\nb")
@example("[private]: a\n\nb")
@example("A b.\n\n[keep private]: a\n")
@example("[private]")
def test_the_public_part_of_any_text_holds_no_private_mark_and_no_new_word(text: str) -> None:
    left = public_text(text)
    assert public_text(left) == left
    assert set(left.split()) <= set(text.split())
    if left != text:
        assert private_passages(text) or not left


@pytest.mark.parametrize(
    ("text", "public", "state"),
    [
        ("We sold it.\n\n[private] My boss drank.", "We sold it.", "1 passage private"),
        ("We sold it.\n\nMy boss drank. [private]\n\nIn May.", "We sold it.\n\nIn May.", "1 passage private"),
        ("- [private] a\n- b\n- [leave out] c", "- b", "2 passages private"),
        ("Fine.\n\n[private]\n\nOne.\n\nTwo.", "Fine.", "1 passage private"),
        ("[private] One.\n\n[private] Two.", "", "private"),
        ("Fine.\n\n```\n[private] x = 1\n```\n\n> quoted\n> [private]", "Fine.", "2 passages private"),
        ("It is in /private/tmp.", "It is in /private/tmp.", ""),
    ],
)
def test_a_private_mark_covers_its_paragraph_or_list_item_and_is_counted(text: str, public: str, state: str) -> None:
    note = Note(1, text)
    assert note.public_text == public
    assert describe_privacy(note) == state


def test_the_numbers_of_excluded_notes_and_passages_are_stated() -> None:
    notes = [Note(1, "a", is_excluded=True), Note(2, "Fine.\n\n[private] b"), Note(3, "[private] c"), Note(4, "d")]
    assert describe_private(notes) == (
        "2 notes and 1 passage are left out: they stay stored, stand in no post, and no model sees them."
    )
    assert (
        describe_private(notes[1:2])
        == "1 passage is left out: it stays stored, stands in no post, and no model sees it."
    )
    assert describe_private(notes[3:]) == ""
