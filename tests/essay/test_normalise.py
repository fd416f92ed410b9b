"""Drafts are put into form without losing a word, and a draft cut short keeps what it had finished."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.gaps import gaps
from bot.essay.normalise import (
    CHATTER_WORDS,
    continued,
    finished,
    is_no_post,
    normalise,
    section_body,
    unfinished,
    unwritten,
)
from bot.essay.sections import split
from bot.essay.structure import Section, Structure, WordBudget

STRUCTURE = Structure(
    "three",
    "Three",
    "Three sections.",
    (
        Section("missed", "What I missed", "Say it.", WordBudget(5, 20), ("What was missing?",)),
        Section("steps", "What it actually looked like", "Say it.", WordBudget(5, 20), ("Which steps?",)),
        Section("now", "Where I am now", "Say it.", WordBudget(5, 20), ("What is open?",)),
    ),
)
GOOD = """\
## What I missed

The build broke.

## What it actually looked like

First a year of evenings.

## Where I am now

Still undecided.
"""
KEYS = tuple(section.key for section in STRUCTURE.sections)


def headings(text: str) -> list[tuple[int, str]]:
    return [(part.level, part.title) for part in split(text) if part.level]


def words(text: str) -> Counter[str]:
    return Counter(run for run in text.split() if any(map(str.isalnum, run)))


def test_a_draft_in_form_stays_as_it_is() -> None:
    assert normalise(GOOD, STRUCTURE) == GOOD


@pytest.mark.parametrize(
    "odd",
    [
        f"```markdown\n{GOOD}```\n",
        f"~~~~\n{GOOD}~~~~",
        f"Here is the draft, from your notes alone:\n\n{GOOD}",
        f"Here it is:\n\n```md\n{GOOD}```\n\nLet me know what you think.",
        f"```markdown\n{GOOD}",
        f"# Out\n\n{GOOD}",
        GOOD.replace("## ", "# "),
        GOOD.replace("## ", "#### "),
        GOOD.replace("## What I missed", "What I missed\n-------------"),
        GOOD.replace("What I missed", "**What I Missed:**"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("\n\n", "  \n \n\n\n").rstrip(),
        "## Where I am now\n\nStill undecided.\n\n" + GOOD.split("## Where")[0],
    ],
)
def test_what_a_model_does_to_the_form_is_undone(odd: str) -> None:
    assert normalise(odd, STRUCTURE) == GOOD


def test_missing_and_empty_sections_hold_the_gap_for_their_first_question() -> None:
    text = normalise("## Where I am now\n\n## What I missed\n\nThe build broke.", STRUCTURE)
    assert headings(text) == [(2, section.heading) for section in STRUCTURE.sections]
    assert gaps(text) == ("[NEED: Which steps?]", "[NEED: What is open?]")


def test_other_headings_stay_as_text_at_level_three() -> None:
    text = normalise(GOOD.replace("First a year", "## The **first** year\n\nA year"), STRUCTURE)
    assert "## What it actually looked like\n\n### The **first** year\n\nA year of evenings.\n" in text


def test_words_before_the_first_section_that_are_more_than_chatter_are_kept() -> None:
    opening = "word " * (CHATTER_WORDS + 1)
    assert normalise(opening + "\n\n" + GOOD, STRUCTURE).startswith(
        f"## What I missed\n\n{opening.strip()}\n\nThe build"
    )
    assert "A line under the title." in normalise(f"# Out\n\nA line under the title.\n\n{GOOD}", STRUCTURE)


def test_a_draft_without_a_heading_becomes_the_first_section() -> None:
    assert normalise("Just this.", STRUCTURE).startswith("## What I missed\n\nJust this.\n\n## What it")


def test_a_section_written_twice_is_kept_whole() -> None:
    text = normalise(GOOD + "\n## What I missed\n\nAnd the lunches.\n", STRUCTURE)
    assert "The build broke.\n\nAnd the lunches.\n" in text


def test_a_fence_inside_a_section_is_left_alone_and_closed_where_it_swallows_the_rest() -> None:
    inside = GOOD.replace("The build broke.", "```\nmake all\n```")
    assert normalise(inside, STRUCTURE) == inside
    open_ended = normalise("## What I missed\n\n```\nmake all", STRUCTURE)
    assert headings(open_ended) == [(2, section.heading) for section in STRUCTURE.sections]


line = st.one_of(
    st.sampled_from([f"## {section.heading}" for section in STRUCTURE.sections]),
    st.sampled_from(
        ["# A title", "## Something else", "### Deeper", "", "", "   ", "Here is the draft:", "---", "==="]
    ),
    st.sampled_from(["```", "```markdown", "~~~", "- an item", "> said", "    code", "[NEED: What?]", "<!-- note"]),
    st.text(alphabet="abc é.?!#*-_`<>\t ", max_size=30),
)
draft = st.one_of(st.lists(line, max_size=14).map("\n".join), st.text(max_size=120))
clean_line = st.sampled_from(
    [
        *(f"## {section.heading}" for section in STRUCTURE.sections),
        "## Else",
        "### Deeper",
        "",
        "One. Two.",
        "- item",
        "It",
    ]
)
clean_draft = st.lists(clean_line, max_size=14).map("\n".join)


@given(draft)
def test_every_draft_comes_out_with_each_section_once_in_order(text: str) -> None:
    result = normalise(text, STRUCTURE)
    assert [title for level, title in headings(result) if level == 2] == [s.heading for s in STRUCTURE.sections]
    assert result.endswith("\n")
    assert not result.endswith("\n\n")
    assert "\n\n\n" not in result


@given(draft)
def test_no_word_of_a_body_is_dropped(text: str) -> None:
    """A body is what stands under a heading; what stands before the first may be chatter."""
    bodies = Counter[str]()
    before_fence = re.split("```|~~~", text)[0]
    if before_fence == text or re.search(
        r"^#{1,6}[ \t]", before_fence, re.MULTILINE
    ):  # else the fence may be around the whole
        for part in split(text):
            if part.level or not headings(text):
                bodies += words(part.body)
    assert not bodies - words(normalise(text, STRUCTURE))


@given(clean_draft)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalise(text, STRUCTURE)
    assert normalise(once, STRUCTURE) == once


def test_a_draft_cut_in_a_sentence_has_to_write_that_section_anew() -> None:
    cut = GOOD[: GOOD.index("of evenings")]
    assert unfinished(cut, STRUCTURE) == ("steps", "now")
    assert finished(cut, STRUCTURE) == "## What I missed\n\nThe build broke.\n"


def test_a_draft_cut_after_a_sentence_may_have_had_more_to_say() -> None:
    assert unfinished("## What I missed\n\nThe build broke.\n", STRUCTURE) == KEYS
    assert unfinished(GOOD, STRUCTURE) == ("now",)


@pytest.mark.parametrize("begun", ["## What it act", "## Wh", "##", "## What it actually looked like", "#"])
def test_a_heading_that_had_begun_ends_the_section_before_it(begun: str) -> None:
    cut = f"## What I missed\n\nThe build broke.\n\n{begun}"
    assert unfinished(cut, STRUCTURE) == ("steps", "now")
    assert finished(cut, STRUCTURE) == "## What I missed\n\nThe build broke.\n"


def test_a_heading_of_the_models_own_does_not_end_the_section_it_stands_in() -> None:
    cut = "## What I missed\n\nThe build broke.\n\n### Tues"
    assert unfinished(cut, STRUCTURE) == KEYS
    assert unfinished("## What I missed\n\nThe build\n\n## Wh", STRUCTURE) == KEYS


def test_a_cut_draft_always_lacks_a_section() -> None:
    assert unfinished(GOOD + "\n## Last wor", STRUCTURE) == ("now",)
    assert unfinished(GOOD + "\n## What I missed\n\nAnd the", STRUCTURE) == ("now",)


def test_a_draft_cut_inside_its_fence_or_chatter_is_read_all_the_same() -> None:
    assert unfinished("```markdown\n" + GOOD[:-10], STRUCTURE) == ("now",)
    assert unfinished("Here is the", STRUCTURE) == KEYS
    assert finished("Here is the", STRUCTURE) == finished("", STRUCTURE) == ""


def test_what_is_written_behind_joins_without_a_seam() -> None:
    cut = GOOD[: GOOD.index("of evenings")]
    more = (
        "Here are the rest:\n\n```markdown\n## What I missed\n\nStale.\n\n" + GOOD[GOOD.index("## What it") :] + "```"
    )
    assert continued(finished(cut, STRUCTURE), more, STRUCTURE) == GOOD


@given(draft, st.data())
def test_finished_and_unfinished_sections_are_all_sections_once(text: str, data: st.DataObject) -> None:
    cut = text[: data.draw(st.integers(0, len(text)))]
    stands, rest = finished(cut, STRUCTURE), unfinished(cut, STRUCTURE)
    begun = [key for key in KEYS if key not in rest]
    assert rest
    assert not words(stands) - words(cut)
    assert stands == "" or stands.endswith("\n")
    assert bool(begun) <= bool(stands)
    more = "\n\n".join(f"## {each.heading}\n\nNew {each.key}." for each in STRUCTURE.sections if each.key in rest)
    joined = continued(stands, more, STRUCTURE)
    assert all(f"New {key}." in joined for key in rest if rest != KEYS[-1:])


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_wherever_a_draft_is_cut_only_whole_sections_stand(place: int) -> None:
    stands = finished(GOOD[:place], STRUCTURE)
    assert GOOD.startswith(stands.rstrip())
    whole = len(KEYS) - len(unfinished(GOOD[:place], STRUCTURE))
    assert headings(stands) == headings(GOOD)[:whole]
    assert all(body in stands for body in ("broke.", "evenings.", "undecided.")[:whole])


BODY = "The build broke.\n\n### Tuesday\n\nNobody asked."


@pytest.mark.parametrize(
    "text",
    [
        BODY,
        f"\n\n{BODY}\n\n\n",
        f"## What I missed\n\n{BODY}",
        f"# what i missed:\n\n{BODY}",
        f"```markdown\n{BODY}\n```",
        f"```\n## What I missed\n\n{BODY}\n```\n",
        f"Here is the section:\n\n## What I missed\n\n{BODY}\n\n## Where I am now\n\nNot asked for.",
        BODY.replace("###", "##"),
    ],
)
def test_a_revised_section_is_its_body_alone(text: str) -> None:
    assert section_body(text, "What I missed") == BODY


def test_code_in_a_revised_section_stays_code() -> None:
    for body in (
        "It said:\n\n```\nmake: *** Error 2\n```\n\nThat was all.",
        "```\nmake: *** Error 2\n```\n\nThat was all it said.",
        "```\nmake\n```\n\nand\n\n```\nmake clean\n```",
    ):
        assert section_body(body, "What I missed") == body


OTHERS = [section.heading for section in STRUCTURE.sections]


def test_other_sections_are_left_out_of_a_revised_one_that_has_no_heading() -> None:
    other = "## Where I am now\n\nNot asked for.\n\n### Deeper\n\nNor this.\n"
    assert section_body(other, "What I missed", OTHERS) == ""
    assert section_body(f"{BODY}\n\n{other}", "What I missed", OTHERS) == BODY
    assert (
        section_body(f"{other}\n## Tuesday\n\nNobody asked.", "What I missed", OTHERS) == "### Tuesday\n\nNobody asked."
    )


def test_sections_that_a_continuation_lacks_are_known_and_written_next() -> None:
    done = "## What I missed\n\nThe build broke.\n"
    more = "## What it actually looked like\n\nFirst a year of evenings.\n"
    assert unwritten(more, KEYS[1:], STRUCTURE) == ("now",)
    assert unwritten(more, ["steps"], STRUCTURE) == unwritten(GOOD, KEYS, STRUCTURE) == ()
    joined = continued(done, more, STRUCTURE, ["now"])
    assert joined == GOOD.replace("Still undecided.\n", "").rstrip() + "\n"
    assert (unfinished(joined, STRUCTURE), gaps(joined)) == (("now",), ())
    assert continued(finished(joined, STRUCTURE), GOOD[GOOD.index("## Where") :], STRUCTURE) == GOOD


def test_a_section_between_that_was_left_out_is_written_before_those_behind_it() -> None:
    joined = continued("## What I missed\n\nThe build broke.\n", GOOD[GOOD.index("## Where") :], STRUCTURE, ["steps"])
    assert "## What it actually looked like\n\n## Where I am now\n\nStill undecided.\n" in joined
    assert unfinished(joined, STRUCTURE) == ("steps", "now")
    assert finished(joined, STRUCTURE) == "## What I missed\n\nThe build broke.\n"


def test_a_few_words_without_a_heading_are_no_post() -> None:
    """The least that the three sections allow is fifteen words."""
    assert is_no_post("I am sorry, no.", STRUCTURE, KEYS)
    assert not is_no_post("I am sorry, but no.", STRUCTURE, KEYS)
    assert not is_no_post("## Where I am now\n\nOut.", STRUCTURE, KEYS)
    assert not is_no_post("I cannot.", STRUCTURE, ["now"])
    assert is_no_post("No.", STRUCTURE, ["now"])
