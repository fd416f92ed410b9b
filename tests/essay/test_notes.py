"""A page of rough notes becomes passages under the sections that its headings name."""

from __future__ import annotations

import pytest

from bot.essay.notes import NewNote, note_from_answer, parse_notes
from bot.essay.structure import Structure
from bot.essay.text.privacy_marks import public_text

UNSEEN = dict.fromkeys(map(ord, "\u2060\ufeff"))


def private(passage: NewNote) -> bool:
    """Whether a mark covers all of the passage."""
    return not public_text(passage.text)


def test_a_heading_that_names_a_section_by_key_heading_or_nearly_puts_notes_there(structure: Structure) -> None:
    page = "# missed\nThe workshop.\n\n## WHAT I GAVE UP!\nThe pension.\n\n## what i missed?\nAnd the noise.\n"
    assert parse_notes(page, structure).notes == (
        NewNote("The workshop.", "missed"),
        NewNote("The pension.", "gave-up"),
        NewNote("And the noise.", "missed"),
    )


def test_text_under_an_unknown_heading_is_kept_in_order_with_its_heading(structure: Structure) -> None:
    page = "Loose first.\n\nLoose second.\n\n## Cats\nOdd.\n\n## What I missed\nPlaced.\n\n## Dogs\n\nLast.\n"
    found = parse_notes(page, structure).notes
    assert [passage.section for passage in found] == [None, None, None, "missed", None]
    assert [passage.text for passage in found] == [
        "Loose first.",
        "Loose second.",
        "## Cats\nOdd.",
        "Placed.",
        "## Dogs\n\nLast.",
    ]


def test_a_deeper_heading_belongs_to_the_section_above_it(structure: Structure) -> None:
    page = "## What I missed\nFirst.\n\n### In numbers\nFourteen a week.\n"
    assert parse_notes(page, structure).notes == (NewNote("First.\n\n### In numbers\nFourteen a week.", "missed"),)


def test_plain_text_headings_are_understood_too(structure: Structure) -> None:
    page = "What I missed\nThe workshop was loud and I liked it.\nWhat I gave up\nA pension of 300 a month.\n"
    assert [passage.section for passage in parse_notes(page, structure).notes] == ["missed", "gave-up"]


@pytest.mark.parametrize("page", ["\u200b", "## What I missed\n\n…\n", "[NEED: a date]\n\n👍\n"])
def test_a_page_without_a_word_holds_no_notes(page: str, structure: Structure) -> None:
    assert parse_notes(page, structure).notes == ()


def test_a_passage_without_words_is_kept_beside_others_unless_it_is_invisible(structure: Structure) -> None:
    page = "👍\n\n\u200b\n\nLoose.\n\n## What I missed\n\u3164\n"
    assert [passage.text for passage in parse_notes(page, structure).notes] == ["👍", "Loose."]


def test_a_document_title_is_removed_from_the_notes_and_returned(structure: Structure) -> None:
    notes = parse_notes("# Out of the workshop\n\nLoose.\n\n## What I missed\nIt.\n", structure)
    assert notes.title == "Out of the workshop"
    assert [passage.text for passage in notes.notes] == ["Loose.", "It."]


def test_a_document_title_stays_in_the_notes_where_a_title_is_not_wanted(structure: Structure) -> None:
    notes = parse_notes("# Out of the workshop\n\nLoose.\n\n## What I missed\nIt.\n", structure, title_room=0)
    assert notes.title is None
    assert notes.notes[0].text == "# Out of the workshop\n\nLoose."


def test_a_single_heading_that_names_a_section_is_no_title(structure: Structure) -> None:
    notes = parse_notes("# What I missed\n\nIt.\n", structure)
    assert notes.title is None
    assert notes.notes == (NewNote("It.", "missed"),)


@pytest.mark.parametrize(
    "mark",
    [
        *("[leave out]", "[left out]", "[Private]", "[leave out]:", "[LEAVE OUT]", "[leave-out]", "\\[leave out\\]"),
        *("[leave\u00a0out]", "[leave  out]", "[\u2060private\ufeff]"),
        *("**[leave out]**", "[Please leave this out]", "[keep private]", "/private", "/PRIVATE", "/Private:"),
    ],
)
def test_a_passage_marked_private_is_excluded_and_its_neighbours_are_not(structure: Structure, mark: str) -> None:
    page = f"## What I missed\nBefore.\n\n{mark} The name of my boss.\n\nAfter.\n"
    assert parse_notes(page, structure).notes == (
        NewNote("Before.", "missed"),
        NewNote(f"{mark.translate(UNSEEN)} The name of my boss.", "missed"),
        NewNote("After.", "missed"),
    )


@pytest.mark.parametrize(
    ("page", "hidden", "shown"),
    [
        ("- [leave out] secret\n- fine\n  - nested", ["- [leave out] secret"], ["- fine\n  - nested"]),
        ("- fine\n- outer\n  - [private] secret\n- also", ["- outer\n  - [private] secret"], ["- fine", "- also"]),
        ("2. /private secret\n3. fine", ["2. /private secret"], ["3. fine"]),
        ("> [leave out] secret\n\nfine", ["> [leave out] secret"], ["fine"]),
        ("**[leave out] secret**\n\nfine", ["**[leave out] secret**"], ["fine"]),
        ("fine\n\nI liked it. [leave out] My boss drank.", ["I liked it. [leave out] My boss drank."], ["fine"]),
        ("one line\n[private] secret\nanother\n\nfine", ["one line\n[private] secret\nanother"], ["fine"]),
        ("My boss drank. [private]\n\nfine", ["My boss drank. [private]"], ["fine"]),
        ("-# /private Marcus\n\nfine", ["-# /private Marcus"], ["fine"]),
        ("||/private Marcus||\n\nfine", ["||/private Marcus||"], ["fine"]),
        ("\u2060/private Marcus drank.\n\nfine", ["/private Marcus drank."], ["fine"]),
        ("[private]: Marcus\n\nfine", ["[private]: Marcus"], ["fine"]),
        ("[Private: Marcus drank.]\n\nfine", ["[Private: Marcus drank.]"], ["fine"]),
        ("```\n[private] secret\n```\n\nfine", ["```\n[private] secret\n```"], ["fine"]),
        ("A [private](http://x.example) link, seen.", ["A [private](http://x.example) link, seen."], []),
        ("It is in /private/tmp, in a private room.", [], ["It is in /private/tmp, in a private room."]),
    ],
)
def test_a_private_mark_anywhere_excludes_its_list_item_or_block(
    structure: Structure, page: str, hidden: list[str], shown: list[str]
) -> None:
    found = parse_notes(page, structure).notes
    assert [passage.text for passage in found if private(passage)] == hidden
    assert [passage.text for passage in found if not private(passage)] == shown


def test_a_private_mark_alone_excludes_everything_up_to_the_next_heading(structure: Structure) -> None:
    page = (
        "Fine.\n\n[leave out]\n\nSecret.\n\nMore.\n\n## What I gave up\nPay.\n\n**[private]**\n\n### Night\n\nDark.\n"
    )
    assert parse_notes(page, structure).notes == (
        NewNote("Fine."),
        NewNote("[leave out]\n\nSecret.\n\nMore."),
        NewNote("Pay.", "gave-up"),
        NewNote("**[private]**\n\n### Night\n\nDark.", "gave-up"),
    )


@pytest.mark.parametrize(
    "heading", ["[leave out] What I missed", "What I missed [private]", "What I missed: [PRIVATE]"]
)
def test_a_private_mark_in_a_heading_excludes_everything_under_it(structure: Structure, heading: str) -> None:
    page = f"## {heading}\nOne.\n\nTwo.\n\n### Deeper\n\nThree.\n\n## What I gave up\nFour.\n"
    found = parse_notes(page, structure).notes
    assert [(passage.section, private(passage)) for passage in found] == [("missed", True), ("gave-up", False)]


def test_a_private_mark_in_a_heading_that_names_no_section_covers_its_subheadings(structure: Structure) -> None:
    page = "## [private] Family\n\nOne.\n\n### What I gave up\n\nTwo.\n\n## What I missed\n\nThree.\n"
    found = parse_notes(page, structure).notes
    assert [(passage.text.split()[-1], private(passage)) for passage in found] == [
        ("One.", True),
        ("Two.", True),
        ("Three.", False),
    ]


def test_a_private_mark_in_a_subheading_ends_at_the_next_subheading(structure: Structure) -> None:
    page = "## What I missed\nOne.\n\n### [private] The night\n\nTwo.\n\n#### Deep\n\nThree.\n\n### The day\n\nFour.\n"
    assert parse_notes(page, structure).notes == (
        NewNote("One.", "missed"),
        NewNote("### [private] The night\n\nTwo.\n\n#### Deep\n\nThree.", "missed"),
        NewNote("### The day\n\nFour.", "missed"),
    )


def test_a_private_mark_in_an_answer_is_kept_and_covers_its_paragraph_or_list_item() -> None:
    assert note_from_answer("We sold it.\n\n", "missed") == NewNote("We sold it.", "missed")
    for text in ("/PRIVATE My boss drank.", "[private] My boss drank.", "My boss drank. [leave out]"):
        assert note_from_answer(text, "missed") == NewNote(text, "missed")
        assert public_text(text) == ""
    assert (
        public_text(note_from_answer("One.\n\n/private Two.\n\n- three\n- [private] four\n").text) == "One.\n\n- three"
    )


def test_a_code_block_with_blank_lines_is_one_passage_and_each_item_of_a_list(structure: Structure) -> None:
    page = "- one\n\n- two\n\n```\na\n\nb\n```\n\n[ref]: http://x.example\n"
    found = parse_notes(page, structure).notes
    assert [passage.text for passage in found[:2]] == ["- one", "- two"]
    assert found[2].text.startswith("```\na\n\nb\n```")
    assert "[ref]: http://x.example" in "".join(passage.text for passage in found)


def test_headings_without_words_under_them_hold_no_notes(structure: Structure) -> None:
    assert parse_notes("## What I missed\n\n\n## What I gave up\n", structure).notes == ()


@pytest.mark.parametrize("line", ["What I missed:", "**What I missed**", "What I missed", "__missed__:"])
def test_a_line_that_is_a_sections_name_and_nothing_else_is_a_heading(structure: Structure, line: str) -> None:
    page = f"{line}\nthe post room, and 14 people\n\nWhat I gave up:\na pension\n"
    assert parse_notes(page, structure).notes == (
        NewNote("the post room, and 14 people", "missed"),
        NewNote("a pension", "gave-up"),
    )


def test_a_private_or_overlong_title_does_not_become_the_essays_title(structure: Structure) -> None:
    marked = parse_notes("# [private] My divorce\n\nShe left.\n\n## What I missed\nIt.\n", structure)
    assert marked.title is None
    assert [private(passage) for passage in marked.notes] == [True, False]
    long = parse_notes(f"# {'alpha ' * 60}OMEGA\n\n## What I missed\nIt.\n", structure)
    assert long.title is None
    assert "OMEGA" in long.notes[0].text


def test_an_exported_post_is_read_as_notes_without_its_gaps_and_headings(structure: Structure) -> None:
    post = "## What I missed\n\nIt.\n\n## What I gave up\n\n[NEED: What?]\n\n## Unsorted notes\n\nLoose.\n"
    assert parse_notes(post, structure).notes == (NewNote("It.", "missed"), NewNote("Loose."))


@pytest.mark.parametrize(
    ("heading", "said"),
    [
        ("## What I missed: the lift, fixed in March 2019 with Bernie", "the lift, fixed in March 2019 with Bernie"),
        ("## What I missed - in Lyon since 2020, at 48,500", "in Lyon since 2020, at 48,500"),
        ("# 2. WHAT I MISSED? The lift.", "The lift."),
        ("**What I missed:** the *lift*\n---", "the *lift*"),
        ("## missed – [the lift](https://lift.example)", "[the lift](https://lift.example)"),
        ("## What I missed in Lyon", "What I missed in Lyon"),
        ("## What I missed (a lot)", "What I missed (a lot)"),
        ("## What I misssed", "What I misssed"),
    ],
)
def test_words_in_a_heading_beyond_the_section_name_are_kept_as_a_note(
    structure: Structure, heading: str, said: str
) -> None:
    found = parse_notes(f"{heading}\n\nIt took two days.\n\n## What I gave up\n\nPay.\n", structure)
    assert found.notes == (
        NewNote(said, "missed"),
        NewNote("It took two days.", "missed"),
        NewNote("Pay.", "gave-up"),
    )
    assert found.title is None


def test_a_page_of_headings_with_words_of_their_own_holds_notes(structure: Structure) -> None:
    found = parse_notes("## What I missed: the lift\n\n## What I gave up [private]: Kim\n", structure)
    assert found.notes == (NewNote("the lift", "missed"), NewNote("[private]\n\nWhat I gave up Kim", "gave-up"))


def test_a_front_matter_title_is_the_document_title_and_the_same_heading_is_dropped(structure: Structure) -> None:
    page = "---\ntitle: Leaving\ntags: [a]\n---\n\n# Leaving\n\nIt. <!-- [private] -->\n\nFine.\n"
    found = parse_notes(page, structure)
    assert found.title == "Leaving"
    assert [passage.text for passage in found.notes] == ["It. [leave out]", "Fine."]
    kept = parse_notes("---\ntitle: Leaving\n---\n\nIt.\n", structure, title_room=0)
    assert [passage.text for passage in kept.notes] == ["# Leaving\n\nIt."]
