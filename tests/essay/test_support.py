"""What a checker says is used only where the sentences and the notes bear it out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.errors import InvalidInput
from bot.essay.essay import Note
from bot.essay.support import (
    Check,
    SentenceSupport,
    SupportKind,
    UnsupportedPassage,
    carry_over,
    describe_check,
    describe_counts,
    mend_sentence,
    merge_check,
    note_fingerprints,
    number_sentences,
    validate_check,
)

NOTES = (
    Note(1, "june 22: moved to the lab in leeds. 4 of us", section="missed"),
    Note(2, "pay went down, ravi said fine by me", section="gave-up"),
)
TEXT = """## What I missed

I moved to the lab in *Leeds* in June 2022. There were four of us, and I was
proud of it. [NEED: Who asked you?]

## What I gave up

My pay went down by a third. Ravi said it was fine by him.
"""
SENTENCES = number_sentences(TEXT)


def passage(sentence: int, words: str, mended: str | None = None) -> UnsupportedPassage:
    return UnsupportedPassage(sentence, words, SupportKind.FEELING, "No note says so.", 1, mended)


def test_sentences_are_numbered_with_their_places_and_without_headings_and_gaps() -> None:
    assert [(one.number, one.line) for one in SENTENCES] == [
        (1, "I moved to the lab in *Leeds* in June 2022."),
        (2, "There were four of us, and I was proud of it."),
        (3, "My pay went down by a third."),
        (4, "Ravi said it was fine by him."),
    ]
    assert [one.section_index for one in SENTENCES] == [0, 0, 1, 1]
    assert all(one.span.extract(TEXT) == one.text for one in SENTENCES)


def test_what_a_checker_says_is_kept_where_it_is_true() -> None:
    mended = "There were four of us, and [NEED: How did you feel?]"
    supports, unsupported, dropped = validate_check(
        [SentenceSupport(1, (1,)), SentenceSupport(2, (1, 1)), SentenceSupport(4, ())],
        [passage(2, "and I was proud of it", mended), passage(3, "by a third")],
        SENTENCES,
        NOTES,
    )
    assert supports == (SentenceSupport(1, (1,)), SentenceSupport(2, (1,)), SentenceSupport(4, ()))
    assert [(one.sentence, one.words, one.mended) for one in unsupported] == [
        (2, "and I was\nproud of it", mended),
        (3, "by a third", None),
    ]
    assert dropped == 0


@pytest.mark.parametrize(
    "bad",
    [
        passage(9_999, "proud"),
        passage(0, "proud"),
        passage(-1, "proud"),
        passage(1, "proud"),  # stands in another sentence
        passage(2, "delighted"),
        passage(2, ""),
        passage(2, "What I missed"),
    ],
)
def test_words_that_do_not_stand_in_that_sentence_are_dropped(bad: UnsupportedPassage) -> None:
    assert validate_check([], [bad], SENTENCES, NOTES) == ((), (), 1)


def test_notes_that_do_not_exist_and_repeats_are_left_out() -> None:
    supports, unsupported, dropped = validate_check(
        [
            SentenceSupport(1, (7, 1)),
            SentenceSupport(1, (2,)),
            SentenceSupport(3, (9_999,)),
            SentenceSupport(9_999, (1,)),
        ],
        [passage(2, "proud"), passage(2, "proud"), replace(passage(3, "a third"), nearest_note=40, vouched_by=1)],
        SENTENCES,
        NOTES,
    )
    assert supports == (SentenceSupport(1, (1,)),)
    assert [(one.sentence, one.nearest_note, one.vouched_by) for one in unsupported] == [(2, 1, None), (3, None, None)]
    assert dropped == 4


@pytest.mark.parametrize(
    ("mended", "kept"),
    [
        ("My pay went down.", True),
        ("My pay went down, and [NEED: by how much?]", True),
        ("My pay went down by 12%.", False),
        ("My pay went down in May 2019.", False),
        ("My pay went down, said Margaret.", False),
        ("My pay went down by a third.", False),  # as it was
        ("## My pay went down.", False),
        ("x" * 2_000, False),
    ],
)
def test_a_mended_sentence_brings_in_nothing_that_nobody_gave(mended: str, kept: bool) -> None:
    _, (found,), _ = validate_check([], [passage(3, "by a third", mended)], SENTENCES, NOTES)
    assert found.mended == (mended if kept else None)


def test_a_mended_sentence_of_which_nothing_is_left_takes_the_sentence_out() -> None:
    _, found, _ = validate_check([], [passage(2, "proud", "  "), passage(3, "by a third")], SENTENCES, NOTES)
    assert [one.mended for one in found] == ["", None]


def test_a_checker_that_follows_orders_in_a_note_shows_no_link_and_asks_for_no_secret() -> None:
    asking = replace(
        passage(3, "by a third", "My pay went down. [NEED: What is your password?]"), reason="Your password?"
    )
    linking = replace(
        passage(2, "proud", "See https://evil.example/x for it."), reason="See https://evil.example/x for why."
    )
    _, found, _ = validate_check([], [linking, asking], SENTENCES, NOTES)
    assert [(one.reason, one.mended) for one in found] == [("See evil.example/x for why.", None), ("", None)]


def checked() -> Check:
    supports = (SentenceSupport(1, (1,)), SentenceSupport(2, (1,)), SentenceSupport(3, (2,)), SentenceSupport(4, (2,)))
    fingerprints = note_fingerprints(NOTES)
    return Check(1, supports, (passage(2, "proud"), passage(3, "a third")), note_fingerprints=fingerprints)


def test_a_later_version_keeps_what_was_said_of_sentences_that_stand_unchanged() -> None:
    later = number_sentences("A new beginning came.\n\n" + TEXT.replace("by a third", "by half"))
    found = carry_over(checked(), SENTENCES, later, NOTES)
    assert [(one.sentence, one.words) for one in found.unsupported] == [(3, "proud")]
    assert [one.sentence for one in found.supports] == [2, 3, 5]
    assert found.unchecked == (1, 4)


TWINS = "I moved to Oslo. It took a year.\n\nI sold the flat. It took a year.\n"


@pytest.mark.parametrize(
    ("later", "found"),
    [
        (TWINS.replace("Oslo. It took a year.", "Oslo. It took months."), [(4, "a year", "second")]),
        (TWINS.replace("flat. It took a year.", "flat. It took months."), [(2, "a year", "first")]),
        (TWINS.replace("Oslo. It took a year.", "Oslo."), [(3, "a year", "second")]),
        ("I sold the flat. It took a year.\n\nI moved to Oslo. It took a year.\n", []),
        ("I left. It took a year.\n\nI stayed. It took a year.\n", [(4, "a year", "second")]),
        (f"It took a year. {TWINS}", [(3, "a year", "first"), (5, "a year", "second")]),
        ("I wept. It took a year. I laughed.\n", []),
        (TWINS, [(2, "a year", "first"), (4, "a year", "second")]),
    ],
)
def test_of_two_equal_sentences_each_keeps_its_own_finding_or_none(
    later: str, found: list[tuple[int, str, str]]
) -> None:
    passages = (replace(passage(2, "a year"), reason="first"), replace(passage(4, "a year"), reason="second"))
    check = Check(1, (), passages, note_fingerprints=note_fingerprints(NOTES))
    carried = carry_over(check, number_sentences(TWINS), number_sentences(later), NOTES)
    assert [(one.sentence, one.words, one.reason) for one in carried.unsupported] == found
    assert not {one.sentence for one in carried.unsupported} & set(carried.unchecked)


def test_of_two_equal_sentences_beside_one_another_the_one_left_is_not_checked() -> None:
    twins, left = number_sentences("I left. It hurt. It hurt. I wept."), number_sentences("I left. It hurt. I wept.")
    check = Check(1, (), (passage(2, "hurt"),), (), note_fingerprints=note_fingerprints(NOTES))
    assert 2 in carry_over(check, twins, left, NOTES).unchecked
    assert not carry_over(check, twins, left, NOTES).open


def test_a_sentence_whose_note_changed_or_went_is_judged_again_and_an_open_passage_stays_until_then() -> None:
    edited = (replace(NOTES[0], text="may 22: moved"), NOTES[1])
    found = carry_over(checked(), SENTENCES, SENTENCES, edited)
    assert found.unchecked == (1, 2, 3)
    assert [one.sentence for one in found.open] == [2, 3]
    assert carry_over(checked(), SENTENCES, SENTENCES, NOTES[:1]).unchecked == (2, 3, 4)
    assert carry_over(None, (), SENTENCES, NOTES).unchecked == (1, 2, 3, 4)


def test_what_the_writer_vouched_for_stays_vouched_while_its_note_is_there() -> None:
    vouched = replace(passage(2, "proud"), vouched_by=3)
    check = replace(checked(), unsupported=(vouched, passage(3, "a third")))
    note = Note(3, "I was proud of it")
    found = carry_over(check, SENTENCES, SENTENCES, (*NOTES, note))
    assert describe_counts(found) == "1 open, 1 vouched"
    assert found.unchecked == (3,)
    assert describe_counts(carry_over(check, SENTENCES, SENTENCES, NOTES)) == "2 open"


def test_what_was_asked_takes_the_place_of_what_stood_and_what_was_passed_over_stays_unchecked() -> None:
    standing = replace(checked(), unchecked=(2, 3))
    found = merge_check(standing, 2, {2, 3}, [SentenceSupport(2, (1, 2)), SentenceSupport(4, ())], [])
    assert found.version == 2
    assert found.notes_of(2) == (1, 2)
    assert found.notes_of(4) == (2,)
    assert [one.sentence for one in found.unsupported] == [3]
    assert found.unchecked == (3,)


def test_a_mended_sentence_changes_no_other_byte() -> None:
    assert mend_sentence(TEXT, SENTENCES[2], "My pay went down.") == TEXT.replace(" by a third", "")
    assert mend_sentence(TEXT, SENTENCES[2], "") == TEXT.replace("My pay went down by a third. ", "")
    assert mend_sentence(TEXT, SENTENCES[3], "") == TEXT.replace(" Ravi said it was fine by him.", "")


@pytest.mark.parametrize("mark", ["- ", "* ", "2. ", "> ", "  - [ ] "])
def test_a_list_item_or_quotation_whose_only_sentence_goes_is_taken_out(mark: str) -> None:
    """Of its mark alone Markdown would make a heading, or an empty item."""
    text = f"I did three things in that year:\n{mark}I won a prize.\n{mark}I lost my way.\n"
    won, lost = (one for one in number_sentences(text) if "three" not in one.line)
    assert mend_sentence(text, won, "") == text.replace(f"{mark}I won a prize.\n", "")
    assert mend_sentence(text.rstrip("\n"), lost, "") == text.replace(f"{mark}I lost my way.\n", "")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Then I left.\n\n**It took a year.**\n\nI wept.\n", "Then I left.\n\nI wept.\n"),
        ("*It took a year.* I wept.\n", "I wept.\n"),
        ("~~It took a year.~~ I wept.\n", "I wept.\n"),
        ("I left. [It took a year.](https://a.example/b_(c)) I wept.\n", "I left. I wept.\n"),
        ("I left it.\nIt took a year.\nI wept then.\n", "I left it.\nI wept then.\n"),
        ("> I left it.\r\n> It took a year.\r\n> I wept then.\r\n", "> I left it.\r\n> I wept then.\r\n"),
        ("It took\na year. I wept then.\n", "I wept then.\n"),
        ("- I left.\n\n  It took a year.\n\n  I wept.\n", "- I left.\n\n  I wept.\n"),
        ("- I left.\n  - It took a year.\n  - I wept.\n", "- I left.\n  - I wept.\n"),
        ("> I left.\n>\n> It took a year.\n\nI wept.\n", "> I left.\n\nI wept.\n"),
    ],
)
def test_a_sentence_goes_with_the_marks_and_the_line_that_it_fills(text: str, left: str) -> None:
    sentence = next(one for one in number_sentences(text) if "year" in one.line)
    assert mend_sentence(text, sentence, "") == left


@pytest.mark.parametrize(
    "text",
    [
        "| What | How |\n|---|---|\n| Oslo | It took a year. |\n",
        "- It took a year.\n  - I wept.\n",
        "- I left.\n\nIt took a year.\n\n    code\n",
        "I left.\nIt took a year.\n---\n",  # of one line and dashes Markdown makes a heading
    ],
)
def test_a_sentence_is_not_taken_out_where_what_stands_beside_it_would_change(text: str) -> None:
    sentence = next(one for one in number_sentences(text) if "year" in one.line)
    with pytest.raises(InvalidInput, match=r"edit the text yourself. Nothing was changed\.$"):
        mend_sentence(text, sentence, "")


def test_what_a_check_came_to_is_said() -> None:
    assert describe_check(checked(), 4) == "2 things that your notes do not hold."
    assert describe_check(replace(checked(), unsupported=()), 4).startswith("Every sentence rests on your notes")
    assert describe_check(Check(0, (), (), (1, 2), "The budget is used up."), 2) == (
        "Not checked against your notes. The budget is used up."
    )
    partly = describe_check(replace(checked(), unchecked=(4,)), 4)
    assert partly == "2 things that your notes do not hold. 1 sentence is not checked."
    everything = Check(1, (), tuple(passage(number, "x") for number in range(1, 6)))
    assert "may be its own fault" in describe_check(everything, 5)
    assert describe_check(Check(1, (), ()), 0) == "The text has no sentence to check yet."
