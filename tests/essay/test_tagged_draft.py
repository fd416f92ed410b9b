"""A reply between tags is read exactly: what stands outside is a remark, and nothing of it is lost."""

from __future__ import annotations

import timeit
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.tagged_draft import ModelQuestion, TaggedDraft, parse, read_rewrite, render
from tests.essay.sample_structure import STRUCTURE

FIRST = '<section key="missed">\nThe build broke.\n</section>'
SECOND = '<section key="steps">\nFirst a year of evenings.\n\nThen a month of days.\n</section>'
THIRD = '<section key="now">\nStill undecided.\n</section>'


def test_sections_are_read_by_their_keys() -> None:
    draft = parse(f"{FIRST}\n{SECOND}\n{THIRD}", STRUCTURE)
    assert draft.bodies == {
        "missed": "The build broke.",
        "steps": "First a year of evenings.\n\nThen a month of days.",
        "now": "Still undecided.",
    }
    assert draft == TaggedDraft(draft.bodies)


def test_what_stands_outside_is_a_remark() -> None:
    draft = parse(f"Sure, here it is.\n\n```xml\n{FIRST}\n```\nLet me know what to change.", STRUCTURE)
    assert draft.bodies == {"missed": "The build broke."}
    assert draft.remark == "Sure, here it is.\n\nLet me know what to change."


def test_a_long_run_of_letters_in_a_tag_is_read_once() -> None:
    """Four times the text takes four times as long; what reads it again from each letter, sixteen times."""
    raws = {size: f'<section key="missed" {"a" * size}>The build broke.</section>' for size in (10_000, 40_000)}
    times = {size: min(timeit.repeat(partial(parse, raw, STRUCTURE), number=1)) for size, raw in raws.items()}
    assert times[40_000] < 10 * times[10_000]
    assert parse(raws[10_000], STRUCTURE).bodies == {"missed": "The build broke."}


def test_an_empty_tag_takes_no_words() -> None:
    draft = parse(
        '<section key="missed"><question section="now"/>Real words.<fact/> And more.</section><section key="now"/>',
        STRUCTURE,
    )
    assert draft == TaggedDraft({"missed": "Real words. And more."})


def test_an_open_tag_is_the_section_to_continue() -> None:
    draft = parse(f'{FIRST}<section key="steps">\nFirst a ye', STRUCTURE)
    assert draft.bodies == {"missed": "The build broke."}
    assert draft.open_section == ("steps", "First a ye")


def test_a_question_and_a_fact_stand_beside_the_text_or_in_it() -> None:
    raw = (
        '<section key="missed">The build broke.<question>Who saw it?</question> I stayed.</section>'
        '<question section="now">What is\nopen?</question><question section="other">Where?</question>'
        "<fact>It was May.</fact><names kept=\"Anna, Tom\" out='Bell'/>"
    )
    draft = parse(raw, STRUCTURE)
    assert draft.bodies == {"missed": "The build broke. I stayed."}
    assert draft.questions == (
        ModelQuestion("missed", "Who saw it?"),
        ModelQuestion("now", "What is open?"),
        ModelQuestion(None, "Where?"),
    )
    assert draft.facts == ("It was May.",)
    assert (draft.names_kept, draft.names_out) == (("Anna", "Tom"), ("Bell",))


def test_of_a_section_that_comes_twice_the_first_counts() -> None:
    draft = parse(f'{FIRST}<section key="missed">It broke again.</section>', STRUCTURE)
    assert draft.bodies == {"missed": "The build broke."}
    assert draft.remark == "It broke again."


def test_nested_sections_are_told_apart() -> None:
    draft = parse('<section key="missed">One.<section key="now">Two.</section>Three.</section>', STRUCTURE)
    assert draft.bodies == {"missed": "One.", "now": "Two."}
    assert draft.remark == "Three."


@pytest.mark.parametrize("tag", ['<section key="lessons">', "<section>"])
def test_an_unknown_section_is_a_remark(tag: str) -> None:
    draft = parse(f"{FIRST}{tag}I learnt a lot.</section>", STRUCTURE)
    assert draft.bodies == {"missed": "The build broke."}
    assert draft.remark == "I learnt a lot."


def test_a_section_that_was_not_asked_for_is_a_remark() -> None:
    draft = parse(f"{FIRST}{THIRD}", STRUCTURE, ["now"])
    assert draft.bodies == {"now": "Still undecided."}
    assert draft.remark == "The build broke."


def test_a_section_may_be_named_by_its_heading_and_repeat_it() -> None:
    draft = parse("<section key='What I missed'>\n## What I missed\n\nThe build broke.\n</section>", STRUCTURE)
    assert draft.bodies == {"missed": "The build broke."}


def test_a_refusal_is_a_remark_and_nothing_else() -> None:
    assert parse("I cannot help with that.", STRUCTURE) == TaggedDraft(remark="I cannot help with that.")


def test_a_reply_of_200_000_characters_is_read() -> None:
    long = "word " * 40_000
    draft = parse(f'<section key="missed">{long}</section>' + "<section" * 1_000, STRUCTURE)
    assert draft.bodies["missed"].split() == long.split()


def test_markdown_headings_are_read_where_a_server_ignores_the_form() -> None:
    raw = (
        "Here it is.\n\n## What I missed\n\nThe build broke.\n\n### A night\n\nIn May.\n\n## Where I am now\n\nStill un"
    )
    assert parse(raw, STRUCTURE) == TaggedDraft(
        {"missed": "The build broke.\n\n### A night\n\nIn May.", "now": "Still un"}, remark="Here it is."
    )
    cut = parse(raw, STRUCTURE, is_cut=True)
    assert list(cut.bodies) == ["missed"]
    assert cut.open_section == ("now", "Still un")


def test_headings_in_other_words_are_not_guessed() -> None:
    raw = "## Lessons\n\nThe build broke."
    assert parse(raw, STRUCTURE) == TaggedDraft(remark=raw)


def test_a_stream_is_shown_under_headings_as_far_as_it_has_come() -> None:
    raw = f'{FIRST}\n<question section="now">What?</question>\n<section key="steps">\nFirst a year'
    assert render(raw, STRUCTURE) == (
        "## What I missed\n\nThe build broke.\n\n## What it actually looked like\n\nFirst a year\n"
    )


@pytest.mark.parametrize("begun", ["<", "<sec", "<section", '<section key="st', "</sect", '<names kept="An'])
def test_the_beginning_of_a_tag_is_never_shown(begun: str) -> None:
    assert render(FIRST + begun, STRUCTURE) == "## What I missed\n\nThe build broke.\n"
    assert render(begun, STRUCTURE) == ""


def test_a_stream_of_a_rewrite_is_shown_without_a_heading() -> None:
    assert render("<rewrite>\nThe build bro", STRUCTURE) == "The build bro"


def test_a_rewrite_is_read_with_what_was_told() -> None:
    raw = "Done.\n<rewrite>\n## What I missed\n\nIt broke in May.\n</rewrite><fact>It was May.</fact>"
    assert read_rewrite(raw, STRUCTURE, "What I missed") == TaggedDraft(
        rewrite="It broke in May.", facts=("It was May.",), remark="Done."
    )


def test_a_rewrite_that_broke_off_says_so() -> None:
    assert read_rewrite("<rewrite>It bro", STRUCTURE, "").is_rewrite_open


def test_of_two_rewrites_the_first_counts() -> None:
    draft = read_rewrite("<rewrite>One.</rewrite><rewrite>Two.</rewrite>", STRUCTURE, "")
    assert (draft.rewrite, draft.remark) == ("One.", "Two.")


def test_a_rewrite_without_tags_is_read_below_its_own_heading_alone() -> None:
    assert read_rewrite("## What I missed\n\nIt broke.", STRUCTURE, "What I missed").rewrite == "It broke."
    assert read_rewrite("I cannot do that.", STRUCTURE, "What I missed") == TaggedDraft(remark="I cannot do that.")


OLD = "The build broke on a Tuesday in May.\n\nNobody asked who had broken it, and I did not say."


@pytest.mark.parametrize(
    "raw",
    [
        "The build broke on a Tuesday.\n\nNobody asked who had broken it.\n",
        "The build broke on a Tuesday in May, at four in the morning.",
    ],
)
def test_a_rewrite_without_tags_is_the_whole_reply_if_each_paragraph_is_made_of_the_old_one(raw: str) -> None:
    assert read_rewrite(raw, STRUCTURE, "What I missed", OLD) == TaggedDraft(rewrite=raw.strip("\n"))


@pytest.mark.parametrize(
    "raw",
    [
        "I cannot do that.",
        "Who had broken it, and what did the others say to you about it?",
        "Here is a shorter version:\n\nThe build broke on a Tuesday in May.",
        "The build broke on a Tuesday in May.\n\nI left the rest out, as you wished.",
        "The build broke on a Tuesday in May.<fact>It broke.</fact>",
        "Tuesday",
        "",
    ],
)
def test_a_reply_without_tags_that_has_words_of_its_own_is_a_remark(raw: str) -> None:
    assert read_rewrite(raw, STRUCTURE, "What I missed", OLD).rewrite is None


PIECES = [
    FIRST,
    SECOND,
    '<section key="now">',
    "</section>",
    "<question>",
    "</question>",
    "<fact>",
    "<rewrite>",
    "one two",
]


@given(st.lists(st.sampled_from([*PIECES, "## What I missed\n", "\n", "<", "```\n"]), max_size=12))
def test_nothing_is_lost_whatever_the_tags(pieces: list[str]) -> None:
    raw = "".join(pieces)
    draft = parse(raw, STRUCTURE)
    kept = " ".join(
        [*draft.bodies.values(), *(draft.open_section or ()), draft.rewrite or "", draft.remark, *draft.facts]
        + [question.text for question in draft.questions]
    )
    assert kept.count("two") == raw.count("two")
    render(raw, STRUCTURE)
