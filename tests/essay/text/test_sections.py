"""A text comes apart at its headings and goes together again unchanged."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.essay.text.sections import document_title, join_sections, replace_section_body, split_sections

PIECES = (
    *("# One", "Two\n===", "three\n---", "```", "~~~", "- # item", "> # quote", "---\ntitle: x\n---\n", "<!-- # x"),
    *("\r\n", "\r", "\n", "\n\n", "\x00", "\u2028", "***", "-->", "    # code"),
    *("A plain line", "A sentence that ends.", "Dear Anna,"),
)
AWKWARD = st.text(alphabet='aB #=-`>*.,:!"_~[]()<\t\x00\r\n\u2028\x0c—') | st.lists(st.sampled_from(PIECES)).map(
    "".join
)

# Same traps as a post copied out of an editor: no blank lines, no markup, straight and curly quotation marks.
PASTED = """From Nurse to Ward Planner: Why I Moved
For nine years my badge said Staff Nurse and I was good at it.
Then I started counting what the rota did to us. It wasn't the work.
What I Missed
"Staff Nurse" means different things on different wards. On ours it meant 12-hour shifts.
I kept a notebook. She called it “the ledger.”
What I Gave Up, and What I Gained
The honest answer: sleep came back, friends did not.
That sounds small. It isn't.
"""


def titles(text: str) -> list[str]:
    return [part.title for part in split_sections(text) if part.level]


@given(AWKWARD | st.text())
@example("# A\r\rb\x00\n\u2028# c\n==")
@example("```\n# never closed")
@example("---\na: b\n---")
def test_splitting_a_text_into_sections_and_joining_them_changes_no_byte(text: str) -> None:
    parts = split_sections(text)
    assert join_sections(parts) == text
    assert all(text[part.start : part.end] == part.heading_source + part.body for part in parts)
    assert all(part.heading_source and part.title == part.title.strip() for part in parts if part.level)
    assert all(not part.heading_source and part.start == 0 for part in parts if not part.level)


def test_markdown_headings_split_a_text_and_keep_their_line_breaks() -> None:
    text = "before\r\n\r\n# One *two* `three`\r\n\r\nbody\r\n\r\nFour\r\n----\r\nfive ## no\r\n## [Six](http://a.b) ##"
    parts = split_sections(text)
    assert [(part.level, part.title) for part in parts] == [(0, ""), (1, "One two three"), (2, "Four"), (2, "Six")]
    assert parts[1].heading_source == "# One *two* `three`\r\n"
    assert parts[2].heading_source == "Four\r\n----\r\n"
    assert parts[1].body == "\r\nbody\r\n\r\n"


@pytest.mark.parametrize(
    "text",
    [
        "```\n# no\n```\n",
        "> # no\n",
        "- # no\n",
        "    # no\n",
        "<!--\n# no\n-->\n",
        "#no\n",
        "a\nb\n---\nc.\n",
        "~~~\n# open\n",
    ],
)
def test_a_line_that_only_looks_like_a_heading_splits_nothing(text: str) -> None:
    assert titles(text) == []
    assert titles("# Yes\n\n" + text) == ["Yes"]


def test_front_matter_is_not_taken_for_a_heading() -> None:
    assert titles("---\ntitle: A post\n---\n\n# Real\n\ntext") == ["Real"]
    assert titles("---\n\ntext\n") == []


def test_a_pasted_text_without_blank_lines_or_markup_is_split_at_its_short_lines() -> None:
    parts = split_sections(PASTED)
    assert [(part.level, part.title) for part in parts] == [
        (1, "From Nurse to Ward Planner: Why I Moved"),
        (2, "What I Missed"),
        (2, "What I Gave Up, and What I Gained"),
    ]
    assert document_title(parts) == "From Nurse to Ward Planner: Why I Moved"


@pytest.mark.parametrize(
    "text",
    [
        "I worked there for three years.\nThen the company was sold to a big\nfirm and everything changed for\nall.\n",
        "I worked there three years in the end.\nNobody ever asked me to go with them to\nMicrosoft until they did.\n",
        "Dear Anna,\n\nYou asked me why I left. It is long.\n\nYours,\nMarta\n\nP.S. I kept the keys.\n",
        "I left. You know why.\n\nBest wishes\n\nMarta\n",
        "It was spring.\n\nTwo roads diverged in a yellow wood\nAnd sorry I could not travel both\n\nThen I left.\n",
        "We bought food.\n\nMilk\n\nEggs\n\nBread\n\nThen I went home.\n",
        "I tried three.\n- Go\n- Rust\n- C\nThen I stopped.\n",
        "Warsaw, 12 May 2019\n\nDear Anna,\n\nI left. It was good.\n",
        "She wrote:\n\nNo budget this year\n\nSo I left. Fine.\n",
        "09:00 Standup\n09:15 Coffee\n10:00 The long meeting about everything that we had not done, in one room.\n",
        "I left.\n\n[NEED: when was it]\n\nThen I came back.\n",
        "and then nothing\n\nI waited. It rained.\n",
        "I left.\n\n```\nSome Code\n```\n\nThen I came back.\n",
    ],
)  # fmt: skip
def test_wrapped_lines_lists_verse_salutations_and_signatures_are_not_headings(text: str) -> None:
    assert titles(text) == []


BODY = "I had been at the depot for six years and knew every van by the sound of its door. Nobody asked.\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Why did I leave?\n\n{BODY}\nWhat did it cost?\n\n{BODY}", ["Why did I leave?", "What did it cost?"]),
        (f"My Move\n\n{BODY}\nWhy did I leave?\n{BODY}", ["My Move", "Why did I leave?"]),
        (f"2019\n\n{BODY}\n2020–2021\n\n{BODY}", ["2019", "2020–2021"]),
        (f"Two Vans\n\n{BODY}\nPart Two\n\nThe Yard\n\n{BODY}", ["Two Vans", "Part Two", "The Yard"]),
        (f"Two Vans\n\n{BODY}\n2019\nThe Yard\n{BODY}", ["Two Vans", "2019", "The Yard"]),
        (f"Two Vans\n\nPart One\n\nThe Yard\n\n{BODY}", ["Two Vans", "Part One", "The Yard"]),
    ],
)
def test_questions_years_and_stacked_headings_split_a_plain_text(text: str, expected: list[str]) -> None:
    assert titles(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{BODY}\nWas I sure?\n\nNo.\n\n{BODY}",
        f"{BODY}\n“Why did you leave?”\n\n{BODY}",
        f"{BODY}\nWho knows? Who cares?\n\n{BODY}",
        f"{BODY}\nWhat would you have done?\n\n{BODY}",
        "2019\n2020\n2021\nwere the years.\n",
        f"{BODY}\nMilk\n\nEggs\n\nThen home.\n",
    ],
)
def test_a_question_in_passing_or_a_list_of_years_does_not_split_a_text(text: str) -> None:
    assert titles(text) == []


def test_plain_headings_are_found_in_hard_wrapped_text() -> None:
    text = (
        "What I Missed\nI came into product from engineering. I'd spent three years\n"
        "writing applications for clients.\nWhat I Gained\nI got a lot.\n"
    )
    assert titles(text) == ["What I Missed", "What I Gained"]


def test_a_title_may_be_followed_by_a_byline_and_a_heading() -> None:
    assert titles("My Move\n\nBy Someone\n\nThe Start\n\nIt was May. Good.\n") == ["My Move", "The Start"]
    assert titles("My Move\nThe Start\nIt was May and I had been there for years.\n") == ["My Move", "The Start"]


def test_the_title_is_a_single_first_heading_of_level_one() -> None:
    assert document_title(split_sections("# T\n\n## a\n\nb")) == "T"
    assert document_title(split_sections("# T\n\n# a\n\nb")) is None
    assert document_title(split_sections("## T\n\ntext")) is None
    assert document_title(split_sections("no heading here.")) is None
    assert document_title(split_sections("")) is None


def test_replacing_a_body_changes_that_part_alone() -> None:
    text = "# A\n\nold\n\n# B\n\nkept  \n"
    assert replace_section_body(text, 0, "new\n\n\n") == "# A\n\nnew\n\n# B\n\nkept  \n"
    assert replace_section_body(text, 1, "last") == "# A\n\nold\n\n# B\n\nlast  \n"
    assert replace_section_body(PASTED, 1, "I missed the quiet.").count("\n") == PASTED.count("\n") - 1


@pytest.mark.parametrize(
    ("text", "index", "body", "expected"),
    [
        ("# A\n\n# B\n\nb", 0, "new", "# A\n\nnew\n\n# B\n\nb"),
        ("# A", 0, "new", "# A\n\nnew\n"),
        ("# A\r\n# B\r\n", 0, "new", "# A\r\n\r\nnew\r\n\r\n# B\r\n"),
        ("# A\n\nold\n\n# B\n", 0, " ", "# A\n\n# B\n"),
        ("```\nx\n```\nB\n===\n", 0, "prose", "prose\n\nB\n===\n"),
        ("- x\nB\n===\ntext.\n", 0, "prose.", "prose.\n\nB\n===\ntext.\n"),
        ("old", 0, "new", "new"),
        ("\n\n# A\n", 0, "new", "new\n\n# A\n"),
    ],
)
def test_a_blank_line_separates_a_new_body_from_its_headings(text: str, index: int, body: str, expected: str) -> None:
    assert replace_section_body(text, index, body) == expected


@given(st.lists(st.sampled_from(["# A\n", "text.\n", "\n", "B\n===\n", "\r\n"])).map("".join), st.data())
def test_replacing_leaves_the_other_parts_as_they_were(text: str, data: st.DataObject) -> None:
    parts = split_sections(text)
    if not parts:
        return
    index = data.draw(st.integers(0, len(parts) - 1))
    changed = split_sections(replace_section_body(text, index, "Another paragraph, plain."))
    others = [part.heading_source + part.body for number, part in enumerate(parts) if number != index]
    assert [part.heading_source + part.body for number, part in enumerate(changed) if number != index] == others
    assert changed[index].body.strip() == "Another paragraph, plain."


@given(AWKWARD, st.data())
def test_replacing_changes_no_byte_outside_the_body(text: str, data: st.DataObject) -> None:
    parts = split_sections(text)
    if not parts:
        return
    part = parts[data.draw(st.integers(0, len(parts) - 1))]
    changed = replace_section_body(text, parts.index(part), "New.")
    assert changed.startswith(text[: part.body_start])
    assert changed.endswith(text[part.end :])
    assert changed[part.body_start : len(changed) - len(text[part.end :])].strip() == "New."


@pytest.mark.parametrize("index", [-1, 1])
def test_a_part_that_does_not_exist_is_refused(index: int) -> None:
    with pytest.raises(IndexError, match="1 parts"):
        replace_section_body("# A\n", index, "x")
