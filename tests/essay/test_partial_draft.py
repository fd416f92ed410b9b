"""A draft that broke off keeps what was finished, byte for byte, and what the writer did to it since."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.partial_draft import (
    PartialDraft,
    format_rewrite,
    format_section,
    guess_unwritten,
    spare_gaps,
    still_unwritten,
)
from bot.essay.tagged_draft import ModelQuestion, parse
from bot.essay.text.gaps import find_gaps
from bot.essay.text.sections import split_sections
from tests.essay.sample_structure import FIRST, GOOD, HEADINGS, KEYS, SECOND, STRUCTURE, THIRD, headings

NEW = PartialDraft(STRUCTURE)
BODIES = [text.partition("\n\n")[2] for text in (FIRST, SECOND, THIRD)]
TAGGED = "".join(f'<section key="{key}">\n{body}</section>\n' for key, body in zip(KEYS, BODIES, strict=True))


def merged(
    raw: str, draft: PartialDraft = NEW, *, cut: bool = False, required: tuple[str, ...] = ()
) -> tuple[str, tuple[str, ...]]:
    """The text that comes of a reply, and the sections that are still to be written."""
    found = draft.merge(parse(raw, STRUCTURE, draft.missing_keys, is_cut=cut), is_cut=cut, required=required)
    return (found.text, found.unwritten) if found else ("", draft.missing_keys)


@pytest.mark.parametrize("raw", [TAGGED, GOOD, "Sure.\n\n" + GOOD, f"```markdown\n{GOOD}```"])
def test_a_whole_draft_is_put_under_the_structures_headings(raw: str) -> None:
    assert merged(raw) == (GOOD, ())


@pytest.mark.parametrize("place", range(0, len(TAGGED), 3))
def test_wherever_a_draft_is_cut_only_whole_sections_count_as_written(place: int) -> None:
    text, unwritten = merged(TAGGED[:place], cut=True)
    whole = KEYS[: len(KEYS) - len(unwritten)]
    assert unwritten == KEYS[len(whole) :]
    draft = PartialDraft(STRUCTURE, text, unwritten)
    assert GOOD.startswith(draft.finished_text.rstrip())
    assert headings(draft.finished_text) == [(2, heading) for heading in HEADINGS[: len(whole)]]
    if unwritten:
        assert merged(TAGGED, draft) == (GOOD, ())


def test_the_section_that_broke_off_is_shown_and_written_again() -> None:
    text, unwritten = merged(
        '<section key="missed">The build broke.</section><section key="steps">First a ye', cut=True
    )
    assert text == f"{FIRST}\n## What it actually looked like\n\nFirst a ye\n"
    assert unwritten == ("steps", "now")


def test_an_open_tag_is_to_be_continued_even_if_the_model_says_that_it_is_done() -> None:
    assert merged(TAGGED.removesuffix("</section>\n"))[1] == ("now",)


def test_a_section_that_was_left_out_holds_the_gap_for_its_first_question() -> None:
    text, unwritten = merged('<section key="missed">The build broke.</section>')
    assert unwritten == ()
    assert headings(text) == [(2, heading) for heading in HEADINGS]
    assert find_gaps(text) == ("[NEED: Which steps?]", "[NEED: What is open?]")


def test_a_section_that_was_left_out_asks_nothing_that_was_answered_skipped_or_declined() -> None:
    """It asks the next of its questions; without one it stays out."""
    missed, steps, now = STRUCTURE.sections
    two = replace(STRUCTURE, sections=(missed, replace(steps, questions=("Which steps?", "Which failed?")), now))
    reply = parse('<section key="missed">The build broke.</section>', two)
    found = PartialDraft(two).merge(reply, asked={"Which steps?", "What is open?"})
    assert found is not None
    assert find_gaps(found.text) == ("[NEED: Which failed?]",)
    assert headings(found.text) == [(2, heading) for heading in HEADINGS[:2]]
    assert found.unwritten == ()


def test_a_section_that_is_required_is_still_to_be_written_and_goes_between_the_others() -> None:
    draft = PartialDraft(STRUCTURE, FIRST, ("steps", "now"))
    text, unwritten = merged(TAGGED[TAGGED.index('<section key="now') :], draft, required=("steps", "now"))
    assert (text, unwritten) == (f"{FIRST}\n{THIRD}", ("steps",))
    assert merged(TAGGED, PartialDraft(STRUCTURE, text, unwritten)) == (GOOD, ())


@pytest.mark.parametrize(
    "raw", ["I cannot help with that.", "## Lessons\n\nI learnt.", '<section key="now"> *** </section>', ""]
)
def test_a_reply_without_a_word_of_what_was_asked_for_makes_no_text(raw: str) -> None:
    assert NEW.merge(parse(raw, STRUCTURE)) is None


def test_what_stands_keeps_every_byte_around_what_is_written() -> None:
    mine = "A line of mine.\r\n\n## What I missed\n\nMine,  as I typed it.\n\n## Thanks\n\nTo Ruth.\n"
    text, unwritten = merged(TAGGED, PartialDraft(STRUCTURE, mine, ("steps", "now")))
    assert unwritten == ()
    assert text == mine.replace("## Thanks", f"{SECOND}\n{THIRD}\n## Thanks")


def test_an_unclosed_block_of_the_writer_swallows_no_continuation() -> None:
    text, _ = merged(TAGGED, PartialDraft(STRUCTURE, "## What I missed\n\n```\nmake all\n", ("steps", "now")))
    assert [title for _, title in headings(text)] == list(HEADINGS)


def test_what_the_writer_changed_is_written_and_all_else_is_not() -> None:
    broken = f"{FIRST}\n## What it actually looked like\n\nFirst a ye\n"
    unwritten = ("steps", "now")
    assert still_unwritten(unwritten, broken, broken.replace("The build", "A build"), STRUCTURE) == unwritten
    assert still_unwritten(unwritten, broken, broken.replace("a ye", "a year."), STRUCTURE) == ("now",)
    assert still_unwritten(unwritten, broken, FIRST, STRUCTURE) == unwritten
    assert still_unwritten(unwritten, broken, f"{broken}\n{THIRD}", STRUCTURE) == ("steps",)
    assert still_unwritten((), broken, FIRST, STRUCTURE) == ()


def test_a_text_that_broke_off_before_that_was_stored_is_looked_at() -> None:
    assert guess_unwritten(f"{FIRST}\n## What it actually looked like\n\nFirst a ye\n", STRUCTURE) == ("steps", "now")
    assert guess_unwritten(f"{FIRST}\n{SECOND}\n## Where I am now\n", STRUCTURE) == ("now",)


def test_other_headings_stay_as_text_at_level_three() -> None:
    section = STRUCTURE.sections[1]
    assert format_section(section, "## The **first** year\n\nA year") == (
        "## What it actually looked like\n\n### The **first** year\n\nA year\n"
    )
    bold = format_section(section, "**The night**\n\nFirst a")
    assert bold == "## What it actually looked like\n\n**The night**\n\nFirst a\n"


def test_a_block_left_open_in_a_section_is_closed() -> None:
    text, _ = merged('<section key="missed">```\nmake all</section>')
    assert headings(text) == [(2, heading) for heading in HEADINGS]


NIGHT = FIRST + "\n### The night\n\nRuth spoke at four.\n\n" + THIRD


@pytest.mark.parametrize(
    "rewrite",
    [
        "It broke.",
        "It broke.\n\n### The night\n\nRuth spoke at five.",
        "It broke.\n\n## Where I am now\n\nOut.",
    ],
)
def test_a_rewrite_neither_duplicates_nor_loses_what_stands_below_it(rewrite: str) -> None:
    assert format_rewrite(NIGHT, 0, rewrite) == "It broke."


@pytest.mark.parametrize("opened", ["```\ncode", "<!-- a note"])
def test_a_block_that_a_rewrite_leaves_open_swallows_no_section(opened: str) -> None:
    body = format_rewrite(NIGHT, 0, f"New words.\n\n{opened}")
    assert body.startswith(f"New words.\n\n{opened}\n")
    assert [part.title for part in split_sections(f"## One\n\n{body}\n\n## Two\n\nMore.\n")] == ["One", "Two"]


def test_a_new_heading_in_a_rewrite_begins_no_section() -> None:
    assert format_rewrite(NIGHT, 0, "It broke.\n\n## Before\n\nAll ran.") == "It broke.\n\n### Before\n\nAll ran."


@pytest.mark.parametrize(
    ("body", "spared", "asked"),
    [
        ("One. [NEED: When?] Two.", "One. [NEED: When?] Two.", ()),
        ("One. [NEED: When?] Two. [NEED: Who?]", "One. [NEED: When?] Two.", ("Who?",)),
        ("One.\n\n[NEED: When?]\n\n[NEED: Who?]\n\nTwo.", "One.\n\n[NEED: When?]\n\n\n\nTwo.", ("Who?",)),
        ("On [NEED: which day?] I left. [NEED: Who?]", "On [NEED: which day?] I left.", ("Who?",)),
        ("On [NEED: which day?] I left [NEED: what?].", "On [NEED: which day?] I left [NEED: what?].", ()),
    ],
)
def test_a_section_has_one_gap_as_far_as_it_stands_without_the_others(
    body: str, spared: str, asked: tuple[str, ...]
) -> None:
    assert tuple(part.rstrip() for part in spare_gaps(body)[:1]) == (spared,)
    assert spare_gaps(body)[1] == asked


def test_a_gap_that_was_spared_goes_on_as_a_question_of_its_section() -> None:
    found = NEW.merge(parse('<section key="missed">[NEED: When?]\n\nIt broke.\n\n[NEED: Who?]</section>', STRUCTURE))
    assert found is not None
    assert found.questions == (ModelQuestion("missed", "Who?"),)


LINE = st.one_of(
    st.sampled_from([f"## {heading}" for heading in HEADINGS]),
    st.sampled_from(["# A title", "## Something else", "### Deeper", "", "   ", "---", "==="]),
    st.sampled_from(["```", "~~~", "- an item", "> said", "    code", "[NEED: What?]", "<!-- note"]),
    st.text(alphabet="abc é.?!#*-_`<>\t ", max_size=30),
)


@given(st.lists(LINE, max_size=14).map("\n".join))
def test_every_draft_comes_out_with_each_section_once_in_order(body: str) -> None:
    text, _ = merged(f'<section key="steps">{body}</section>')
    if text:
        assert [title for level, title in headings(text) if level == 2] == list(HEADINGS)
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert split_sections(text)[0].title == HEADINGS[0]
