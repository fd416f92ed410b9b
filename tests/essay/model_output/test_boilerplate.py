"""What a model says to the writer is taken off where that is plain; what an author may say to a reader stays."""

from __future__ import annotations

import pytest

from bot.essay.model_output.boilerplate import is_announcement, remove_announcement, remove_closing

ANNOUNCEMENTS = [
    "Here is the draft.",
    "Sure! Here’s your career essay:",
    "Certainly, happy to help. Here is the post, written from your notes, with gaps marked where they are silent.",
    "**Below is a revised version, based on what you told me:**",
    "Here are the remaining sections:",
    "Sure thing!",
]
OPENINGS = [
    "Here is the draft I never sent.",
    "Here is the text that ended it.",
    "Here is the essay of a man who left, unsigned.",
    "Of course. That was all she said.",
    "Sure, I was afraid.",
    "Here is what I took with me:",
    "This is the post that I was offered.",
]


@pytest.mark.parametrize("line", ANNOUNCEMENTS)
def test_a_models_announcement_is_recognised(line: str) -> None:
    assert is_announcement(line)
    assert remove_announcement(f"{line}\n\n---\n\nIt rained.", leads_on=True) == "It rained."


@pytest.mark.parametrize("line", OPENINGS)
def test_the_opening_line_of_an_essay_is_not_taken_for_an_announcement(line: str) -> None:
    assert not is_announcement(line)
    assert remove_announcement(line, leads_on=False) == line


@pytest.mark.parametrize(
    ("last", "goes"),
    [
        ("Hier kommt der Text, wie gewünscht:", True),
        ("以下が下書きです：", True),
        ("*Voici l'article :*", True),
        ("On 3 May it began:", False),
        ("Ruth dit « non » :", False),
        ("I had nothing left.\nOnly this:", False),
        ("word " * 41 + "end:", False),
    ],
)
def test_a_short_line_ending_in_a_colon_before_the_first_heading_is_an_announcement(last: str, goes: bool) -> None:
    assert (remove_announcement(f"Rain.\n\n{last}", leads_on=True) == "Rain.") is goes
    assert remove_announcement(f"{last}\n\nRain.", leads_on=True).endswith(f"{last.strip()}\n\nRain.")


TEXT = "## Where I am now\n\nStill undecided.\n"

CLOSINGS = [
    "I hope this helps! Let me know if you would like the tone changed, or more about the salary of 52,000 dollars.",
    "Let me know if you’d like any section expanded.",
    "Would you like me to shorten it?",
    "If you want, I can write a shorter version.",
    "Please feel free to adjust the wording.",
    "*Note: I left out the part about Marcus, as your notes call it private. Word count: 91.*",
    "I've marked gaps with [NEED: …] where your notes were silent.",
    "This draft keeps to your notes.",
    "Word count: 912",
    "(about 912 words)",
    "I can make another version if you like.\n\n---\n\n_Word count: ~900_",
]
ENDINGS = [
    "I hope this helps whoever stands where I stood.",
    "Let me know if you have been there too.",
    "Let me know what you think.",
    "Would you like to do the same?",
    "If you need to fill a gap in your CV, this is not for you.",
    "If you want a change of tone at work, I cannot help.",
    "Feel free to adjust your own plans.",
    "I'm happy to revise my opinion.",
    "I can adjust.",
    "I've left gaps in my CV, and nobody asks.",
    "I have written the draft of my notice four times.",
    "This section of the river is calm.",
    "Note: I left out the names of my colleagues.",
    "*Names are changed.*",
    "It took 912 words.",
    "---",
]


@pytest.mark.parametrize("said", CLOSINGS)
def test_a_models_closing_remark_to_the_writer_is_removed(said: str) -> None:
    for between in ("\n", "\n---\n\n", "\n* * *\n\n"):
        assert remove_closing(f"{TEXT}{between}{said}\n").rstrip() == TEXT.rstrip()
    assert remove_closing(f"{said}\n\n{TEXT}") == f"{said}\n\n{TEXT}"


@pytest.mark.parametrize("said", ENDINGS)
def test_the_ending_of_an_essay_is_not_removed_as_a_closing_remark(said: str) -> None:
    assert remove_closing(f"{TEXT}\n{said}\n") == f"{TEXT}\n{said}\n"


def test_a_closing_remark_that_the_notes_hold_is_kept() -> None:
    said = "If you want, I can write another version."
    text = f"{TEXT}\n{said}\n"
    assert remove_closing(text, ["That was all he offered: if you want, I can write another version."]) == text
