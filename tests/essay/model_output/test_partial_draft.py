"""A draft that broke off keeps what was finished, byte for byte, and what the writer did to it since."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.essay import Origin
from bot.essay.replies.unfinished import Unfinished, unfinished
from bot.essay.text.gaps import gaps
from tests.essay.sample_structure import FIRST, GOOD, HEADINGS, KEYS, SECOND, STRUCTURE, THIRD, headings

NEW = Unfinished(STRUCTURE)


def cut(reply: str, draft: Unfinished = NEW) -> str:
    """The text that comes of a reply cut short; "" where none does."""
    joined = draft.joined(reply, cut=True)
    return joined.text if joined else ""


def after(*steps: tuple[Origin, str] | str) -> Unfinished:
    """The draft after these steps; those without an origin are drafted."""
    return unfinished([(Origin.DRAFTED, step) if isinstance(step, str) else step for step in steps], STRUCTURE)


def edited(text: str) -> tuple[Origin, str]:
    return Origin.EDITED, text


@pytest.mark.parametrize("place", range(len(GOOD)))
def test_wherever_a_draft_is_cut_only_whole_sections_stand(place: int) -> None:
    draft = after(cut(GOOD[:place]) or "\n")
    assert GOOD.startswith(draft.done.rstrip())
    whole = len(KEYS) - len(draft.keys)
    assert draft.keys == KEYS[whole:]
    assert headings(draft.done) == [(2, heading) for heading in HEADINGS[:whole]]


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
def test_a_draft_cut_short_is_stored_in_form(reply: str, text: str) -> None:
    joined = NEW.joined(reply, cut=True)
    assert joined is not None
    assert (joined.text, joined.complete) == (text, text == GOOD)


def test_a_heading_that_had_begun_ends_the_section_before_it() -> None:
    assert after(cut(f"{FIRST}\n## Wh")).keys == ("steps", "now")
    assert after(cut(f"{FIRST}\n### Tues")).keys == KEYS
    assert after(cut(f"{FIRST.strip()} It\n\n## Wh")).keys == KEYS
    assert after(cut(GOOD + "\n## Last wor")).keys == ("now",)


def test_a_reply_without_a_word_of_what_was_asked_for_changes_nothing() -> None:
    assert NEW.joined("## What I missed\n\n***\n") is None
    assert cut("# Out\n\n## What I") == ""
    draft = after(cut(f"{FIRST}\n{SECOND[:-12]}"))
    assert draft.joined(FIRST) is draft.joined(FIRST, cut=True) is draft.joined("---") is None
    assert Unfinished(STRUCTURE, GOOD, frozenset(KEYS)).joined("More.") is None


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
def test_what_is_written_behind_joins_without_a_seam(more: str) -> None:
    joined = after(BROKEN).joined(more)
    assert joined is not None
    assert (joined.text, joined.complete) == (GOOD, True)


@given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.sampled_from(["broke", "was red"]))
def test_a_continuation_that_begins_again_from_the_top_never_makes_a_section_stand_twice(
    first: int, second: int, word: str
) -> None:
    draft = after(cut(GOOD[:first]) or "\n")
    again = cut(GOOD.replace("broke", word)[:second], draft)
    titles = [title for _, title in headings(again)]
    assert len(set(titles)) == len(titles)
    if again:
        assert again.startswith(draft.done.rstrip())
        later = after(draft.text, again)
        assert later.done.startswith(draft.done.rstrip())
        joined = later.joined(GOOD) if later.todo else None
        assert joined is None or joined.text.replace("was red", "broke") == GOOD


BY_HAND = BROKEN.rstrip() + " evenings, and Ruth signed.\n"


def test_a_section_completed_by_hand_is_finished_and_the_rest_is_written_around_it() -> None:
    draft = after(BROKEN, edited(BY_HAND))
    assert (draft.keys, draft.done) == (("now",), BY_HAND)
    joined = draft.joined(GOOD)
    assert joined is not None
    assert joined.text == f"{BY_HAND}\n{THIRD}"


def test_a_section_revised_since_is_finished_but_not_one_with_a_suggestion_or_a_note_in_it() -> None:
    assert after(BROKEN, (Origin.REVISED, BY_HAND)).keys == ("now",)
    assert after(BROKEN, (Origin.SUGGESTION, BY_HAND)).keys == ("steps", "now")
    assert after(BROKEN, (Origin.ASSEMBLED, BY_HAND)).keys == ("steps", "now")


def test_an_edit_elsewhere_leaves_the_broken_section_to_be_written_and_is_shown() -> None:
    draft = after(BROKEN, edited(BROKEN.replace("The build", "Our  build")))
    assert (draft.keys, draft.done) == (("steps", "now"), FIRST.replace("The build", "Our  build"))


def test_a_later_section_written_by_hand_stays_behind_those_before_it() -> None:
    mine = "## Where I am now\n\nMine,  as I typed it.\r\n\r\n* * *\n"
    draft = after(BROKEN, edited(f"{BROKEN}\n{mine}"))
    assert (draft.keys, draft.done) == (("steps",), f"{FIRST}\n{mine}")
    again = cut(f"{SECOND.strip()} And", draft)
    assert again == f"{FIRST}\n{SECOND.strip()} And\n\n{mine}"
    later = after(BROKEN, edited(f"{BROKEN}\n{mine}"), again)
    assert later.keys == ("steps",)
    joined = later.joined(SECOND)
    assert joined is not None
    assert (joined.text, joined.complete) == (f"{FIRST}\n{SECOND}\n{mine}", True)


def test_a_section_of_the_writers_own_and_one_taken_out_stay_so() -> None:
    own = f"A line of mine.\n\n{BROKEN}\n## Thanks\n\nTo Ruth.\n"
    joined = after(BROKEN, edited(own)).joined(GOOD)
    assert joined is not None
    assert joined.text == f"A line of mine.\n\n{FIRST}\n{SECOND}\n{THIRD}\n## Thanks\n\nTo Ruth.\n"
    without = after(BROKEN, edited(BROKEN.removeprefix(FIRST + "\n")))
    assert without.keys == ("steps", "now")
    rest = without.joined(GOOD)
    assert rest is not None
    assert rest.text == f"{SECOND}\n{THIRD}"
    assert after(BROKEN, edited(FIRST)).keys == ("steps", "now")


def test_a_block_that_the_writer_left_open_swallows_nothing() -> None:
    draft = after(BROKEN, edited(BROKEN.replace("The build broke.", "```\nmake all")))
    joined = draft.joined(GOOD)
    assert joined is not None
    assert [title for _, title in headings(joined.text)] == list(HEADINGS)


def test_a_draft_begun_anew_is_read_by_itself() -> None:
    anew = cut(f"{FIRST.replace('broke', 'fell')}\n## Wh")
    assert after(BROKEN, edited(BY_HAND), anew).keys == ("steps", "now")


def test_sections_that_a_continuation_leaves_out_are_written_next_or_stay_a_gap() -> None:
    draft = after(BROKEN)
    noted = draft.joined(SECOND, noted=["now"])
    assert noted is not None
    assert (noted.text, noted.complete) == (f"{FIRST}\n{SECOND}\n## Where I am now\n", False)
    later = after(BROKEN, noted.text)
    assert (later.keys, later.done) == (("now",), f"{FIRST}\n{SECOND}")
    rest = later.joined(THIRD)
    assert rest is not None
    assert rest.text == GOOD
    open_ = draft.joined(SECOND, noted=["steps"])
    assert open_ is not None
    assert (open_.complete, gaps(open_.text)) == (True, ("[NEED: What is open?]",))


def test_a_section_left_out_between_others_is_written_alone() -> None:
    between = after(BROKEN).joined(THIRD, noted=["steps", "now"])
    assert between is not None
    assert between.text == f"{FIRST}\n## What it actually looked like\n\n{THIRD}"
    draft = after(BROKEN, between.text)
    assert (draft.keys, draft.done) == (("steps",), f"{FIRST}\n{THIRD}")
    again = cut(SECOND[:-12], draft)
    assert again == f"{FIRST}\n{SECOND[:-12]}\n\n{THIRD}"
    assert after(BROKEN, between.text, again).keys == ("steps",)
