"""A draft that broke off keeps what was finished, byte for byte, and what the writer did to it since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.essay import Origin
from bot.essay.model_output.partial_draft import PartialDraft, find_partial_draft
from bot.essay.text.gaps import find_gaps
from tests.essay.sample_structure import FIRST, GOOD, HEADINGS, KEYS, SECOND, STRUCTURE, THIRD, headings

NEW = PartialDraft(STRUCTURE)


def cut(reply: str, draft: PartialDraft = NEW) -> str:
    """The text that comes of a reply cut short; "" where none does."""
    joined = draft.merge(reply, cut=True)
    return joined.text if joined else ""


def after(*steps: tuple[Origin, str] | str) -> PartialDraft:
    """The draft after these steps; those without an origin are drafted."""
    return find_partial_draft([(Origin.DRAFTED, step) if isinstance(step, str) else step for step in steps], STRUCTURE)


def edited(text: str) -> tuple[Origin, str]:
    return Origin.EDITED, text


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_wherever_a_draft_is_cut_only_whole_sections_count_as_done(place: int) -> None:
    draft = after(cut(GOOD[:place]) or "\n")
    assert GOOD.startswith(draft.finished_text.rstrip())
    whole = len(KEYS) - len(draft.missing_keys)
    assert draft.missing_keys == KEYS[whole:]
    assert headings(draft.finished_text) == [(2, heading) for heading in HEADINGS[:whole]]


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        ("## What I missed\n\nThe build broke.\n", "## What I missed\n\nThe build broke.\n"),
        ("Here is the draft:\n\n```markdown\n# Out\n\n## What I missed\n\nThe bui", "## What I missed\n\nThe bui\n"),
        (f"# {HEADINGS[0]}\n\nThe build broke.\n\n# What it act", f"{FIRST}\n## What it actually looked like\n"),
        (f"{FIRST}\n## Wh", f"{FIRST}\n## What it actually looked like\n"),
        (f"{FIRST}\n### Tues", f"{FIRST}\n### Tues\n"),
        (f"{FIRST.strip()} It\n\n## Wh", f"{FIRST.strip()} It\n\n### Wh\n"),
        ("The bui", "## What I missed\n\nThe bui\n"),
        ("## Was mir fehlte\n\nDer Bau.\n\n## Wie es war\n\nEin", f"{FIRST.replace('The build broke', 'Der Bau')}\n## "
         "What it actually looked like\n\nEin\n"),
        (f"{THIRD}\n{FIRST}\n{SECOND[:-12]}", f"{FIRST}\n{THIRD}\n{SECOND[:-12]}\n"),
        (f"{GOOD}\n## What I missed\n\nThe build ag", GOOD),
        ("## What I missed\n\n## Where I am now\n\nStill", "## Where I am now\n\nStill\n"),
    ],
)  # fmt: skip
def test_a_draft_cut_short_is_stored_in_the_format_of_the_structure(reply: str, text: str) -> None:
    joined = NEW.merge(reply, cut=True)
    assert joined is not None
    assert (joined.text, joined.is_complete) == (text, text == GOOD)


def test_a_half_written_heading_completes_the_section_before_it() -> None:
    assert after(cut(f"{FIRST}\n## Wh")).missing_keys == ("steps", "now")
    assert after(cut(f"{FIRST}\n### Tues")).missing_keys == KEYS
    assert after(cut(f"{FIRST.strip()} It\n\n## Wh")).missing_keys == KEYS
    assert after(cut(GOOD + "\n## Last wor")).missing_keys == ("now",)


def test_a_continuation_without_any_missing_section_changes_nothing() -> None:
    assert NEW.merge("## What I missed\n\n***\n") is None
    assert cut("# Out\n\n## What I") == ""
    draft = after(cut(f"{FIRST}\n{SECOND[:-12]}"))
    assert draft.merge(FIRST) is draft.merge(FIRST, cut=True) is draft.merge("---") is None
    assert PartialDraft(STRUCTURE, GOOD, frozenset(KEYS)).merge("More.") is None


BROKEN = cut(f"{FIRST}\n{SECOND[:-12]}")


@pytest.mark.parametrize(
    "more",
    [
        f"{SECOND}\n{THIRD}",
        f"Here is the rest:\n\n```markdown\n## What I missed\n\nStale.\n\n{SECOND}\n{THIRD}```",
        GOOD.replace("broke", "was red"),
        f"First a year of evenings.\n\n{THIRD}",
        "## Wie es war\n\nFirst a year of evenings.\n\n## Wo ich stehe\n\nStill undecided.\n",
        "## Eins\n\nStale.\n\n## Zwei\n\nFirst a year of evenings.\n\n## Drei\n\nStill undecided.\n",
        f"{THIRD}\n{SECOND}",
    ],
)
def test_a_continuation_in_any_form_is_merged_into_one_whole_draft(more: str) -> None:
    joined = after(BROKEN).merge(more)
    assert joined is not None
    assert (joined.text, joined.is_complete) == (GOOD, True)


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.sampled_from(["broke", "was red"]))
def test_a_continuation_that_starts_over_from_the_top_duplicates_no_section(first: int, second: int, word: str) -> None:
    draft = after(cut(GOOD[:first]) or "\n")
    again = cut(GOOD.replace("broke", word)[:second], draft)
    titles = [title for _, title in headings(again)]
    assert len(set(titles)) == len(titles)
    if again:
        assert again.startswith(draft.finished_text.rstrip())
        later = after(draft.text, again)
        assert later.finished_text.startswith(draft.finished_text.rstrip())
        joined = later.merge(GOOD) if later.missing_sections else None
        assert joined is None or joined.text.replace("was red", "broke") == GOOD


BY_HAND = BROKEN.rstrip() + " evenings, and Ruth signed.\n"


def test_a_section_completed_by_hand_is_finished_and_the_rest_is_written_around_it() -> None:
    draft = after(BROKEN, edited(BY_HAND))
    assert (draft.missing_keys, draft.finished_text) == (("now",), BY_HAND)
    joined = draft.merge(GOOD)
    assert joined is not None
    assert joined.text == f"{BY_HAND}\n{THIRD}"


def test_a_revised_section_counts_as_done_but_one_with_an_applied_suggestion_or_note_does_not() -> None:
    assert after(BROKEN, (Origin.REVISED, BY_HAND)).missing_keys == ("now",)
    assert after(BROKEN, (Origin.SUGGESTION, BY_HAND)).missing_keys == ("steps", "now")
    assert after(BROKEN, (Origin.ASSEMBLED, BY_HAND)).missing_keys == ("steps", "now")


def test_an_edit_of_another_section_is_shown_and_the_cut_section_is_still_to_be_written() -> None:
    draft = after(BROKEN, edited(BROKEN.replace("The build", "Our  build")))
    assert (draft.missing_keys, draft.finished_text) == (("steps", "now"), FIRST.replace("The build", "Our  build"))


def test_a_later_section_written_by_hand_keeps_its_place_after_the_missing_ones() -> None:
    mine = "## Where I am now\n\nMine,  as I typed it.\r\n\r\n* * *\n"
    draft = after(BROKEN, edited(f"{BROKEN}\n{mine}"))
    assert (draft.missing_keys, draft.finished_text) == (("steps",), f"{FIRST}\n{mine}")
    again = cut(f"{SECOND.strip()} And", draft)
    assert again == f"{FIRST}\n{SECOND.strip()} And\n\n{mine}"
    later = after(BROKEN, edited(f"{BROKEN}\n{mine}"), again)
    assert later.missing_keys == ("steps",)
    joined = later.merge(SECOND)
    assert joined is not None
    assert (joined.text, joined.is_complete) == (f"{FIRST}\n{SECOND}\n{mine}", True)


def test_a_section_the_writer_added_stays_and_one_the_writer_removed_stays_removed() -> None:
    own = f"A line of mine.\n\n{BROKEN}\n## Thanks\n\nTo Ruth.\n"
    joined = after(BROKEN, edited(own)).merge(GOOD)
    assert joined is not None
    assert joined.text == f"A line of mine.\n\n{FIRST}\n{SECOND}\n{THIRD}\n## Thanks\n\nTo Ruth.\n"
    without = after(BROKEN, edited(BROKEN.removeprefix(FIRST + "\n")))
    assert without.missing_keys == ("steps", "now")
    rest = without.merge(GOOD)
    assert rest is not None
    assert rest.text == f"{SECOND}\n{THIRD}"
    assert after(BROKEN, edited(FIRST)).missing_keys == ("steps", "now")


def test_an_unclosed_block_of_the_writer_swallows_no_continuation() -> None:
    draft = after(BROKEN, edited(BROKEN.replace("The build broke.", "```\nmake all")))
    joined = draft.merge(GOOD)
    assert joined is not None
    assert [title for _, title in headings(joined.text)] == list(HEADINGS)


def test_a_new_draft_is_read_without_regard_to_the_earlier_one() -> None:
    anew = cut(f"{FIRST.replace('broke', 'fell')}\n## Wh")
    assert after(BROKEN, edited(BY_HAND), anew).missing_keys == ("steps", "now")


def test_sections_that_a_continuation_leaves_out_are_written_next_or_stay_a_gap() -> None:
    draft = after(BROKEN)
    noted = draft.merge(SECOND, noted=["now"])
    assert noted is not None
    assert (noted.text, noted.is_complete) == (f"{FIRST}\n{SECOND}\n## Where I am now\n", False)
    later = after(BROKEN, noted.text)
    assert (later.missing_keys, later.finished_text) == (("now",), f"{FIRST}\n{SECOND}")
    rest = later.merge(THIRD)
    assert rest is not None
    assert rest.text == GOOD
    open_ = draft.merge(SECOND, noted=["steps"])
    assert open_ is not None
    assert (open_.is_complete, find_gaps(open_.text)) == (True, ("[NEED: What is open?]",))


def test_a_section_left_out_between_others_is_written_alone() -> None:
    between = after(BROKEN).merge(THIRD, noted=["steps", "now"])
    assert between is not None
    assert between.text == f"{FIRST}\n## What it actually looked like\n\n{THIRD}"
    draft = after(BROKEN, between.text)
    assert (draft.missing_keys, draft.finished_text) == (("steps",), f"{FIRST}\n{THIRD}")
    again = cut(SECOND[:-12], draft)
    assert again == f"{FIRST}\n{SECOND[:-12]}\n\n{THIRD}"
    assert after(BROKEN, between.text, again).missing_keys == ("steps",)
