"""Essays into which an editor's faults were planted: half of them are marked; plain essays are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.essay.measures import Mark
from bot.essay.text.spans import Span
from tests.essay.measures.samples import measured, raised

DATA = Path(__file__).parents[2] / "data"
FAULTY, HELD_OUT = DATA / "faulty", DATA / "faulty" / "held_out"
# What marks a whole section or counts figures of style cannot be said to have found the fault within.
WIDE = {"gaps", "section_words", "sentence_lengths", "bare_sections", "dashes", "triads"}


def faults(path: Path) -> list[tuple[str, Span]]:
    """The faults planted in an essay, each with its kind and its place."""
    text = path.read_text(encoding="utf-8")
    listed = path.with_suffix(".faults").read_text(encoding="utf-8").splitlines()
    planted = [line.split(": ", 1) for line in listed]
    assert all(text.count(words) == 1 for _, words in planted)
    return [(kind, Span(text.index(words), text.index(words) + len(words))) for kind, words in planted]


def marks(text: str) -> list[Mark]:
    """The single places that are marked in a text."""
    found = [mark for key, result in measured(text).items() if key not in WIDE for mark in result.spans]
    return [mark for mark in found if mark.weight]


def is_marked(place: Span, found: list[Mark]) -> bool:
    return any(mark.span.start < place.end and place.start < mark.span.end for mark in found)


@pytest.mark.parametrize("folder", [FAULTY, HELD_OUT], ids=["tuned", "held out"])
def test_more_than_half_of_the_planted_faults_are_marked(folder: Path) -> None:
    seen: dict[str, list[bool]] = {}
    for path in sorted(folder.glob("*.faults")):
        found = marks(path.with_suffix(".md").read_text(encoding="utf-8"))
        for kind, place in faults(path.with_suffix(".md")):
            seen.setdefault(kind, []).append(is_marked(place, found))
    planted = [one for kind in seen.values() for one in kind]
    assert len(planted) >= 45
    assert sum(planted) * 4 >= len(planted) * 3, {kind: f"{sum(held)} of {len(held)}" for kind, held in seen.items()}


def test_most_single_sentences_with_a_fault_are_marked() -> None:
    lines = (FAULTY / "sentences.txt").read_text(encoding="utf-8").splitlines()
    unseen = [line for line in lines if not marks(line)]
    assert len(unseen) * 10 <= len(lines), unseen


@pytest.mark.parametrize(
    "path", sorted([*(DATA / "plain").glob("*.md"), *(DATA / "essays").glob("*.md")]), ids=lambda path: path.stem
)
def test_an_essay_without_such_faults_raises_one_measure_at_most_and_has_few_places(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(raised(text)) <= 1, raised(text)
    assert len(marks(text)) <= 3, [mark.span.of(text) for mark in marks(text)]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("unsourced", "Research shows that people leave managers."),
        ("unsourced", "The world of work will never be the same."),
        ("endings", "If this helps one person, it was worth it."),
        ("endings", "Onwards."),
        ("stock_phrases", "It was a blessing in disguise."),
        ("stock_phrases", "I hit the ground running."),
        ("stock_phrases", "She was hitting the ground running."),
        ("stock_phrases", "It was an emotional whirlwind."),
        ("stock_phrases", "I stepped out of my comfort zone."),
        ("hedges", "It would perhaps be fair to say that I may have been somewhat hasty."),
        ("openers", "I lost my desk. I lost my badge. I lost my name on the door."),
        ("not_but", "I wasn't running a shop. I was raising a family."),
        ("not_but", "Not the money. Not the title. The mornings."),
        ("not_but", "What I wanted was not a raise. What I wanted was a door."),
        ("tenses", "He came in at nine and sat down. He asks me for the key. I gave it to him. He left."),
        ("stock_phrases", "I am a results-driven team player."),
        ("stock_phrases", "Everything happens for a reason."),
        ("vague", "Mistakes were made."),
        ("vague", "There were countless obstacles."),
        ("vague", "At some point it stopped."),
        ("filler", "There are moments in life when a door shuts."),
        ("filler", "In this post I will share what I learned."),
        ("questions", "Was I wrong? Was she? I do not know."),
    ],
)
def test_each_kind_of_fault_is_marked_with_a_note(kind: str, text: str) -> None:
    found = [mark for mark in measured(text)[kind].spans if mark.weight]
    assert found, text
    assert all(mark.note for mark in found)


@pytest.mark.parametrize(
    "text",
    [
        "They let me in for free.",
        "He asked which van, the red one or the blue one.",
        "I closed the door and took the wheel with both hands.",
        "She lost her keys. He found them. They laughed.",
        "My sister runs a shop. She asks me about it, and I tell her that I miss the till. It was open until nine.",
        "She said, “Everything happens for a reason.” I said nothing.",
        "I was told to wait. Dr. Okafor's study of 2019 (Lagos) says that 38% do.",
    ],
)
def test_what_only_looks_like_a_fault_is_left_alone(text: str) -> None:
    assert marks(text) == []
    assert measured(text)["triads"].figures["triads"] == 0


def test_open_gaps_come_first_and_are_named() -> None:
    first = next(iter(measured("I left [NEED: when was it]. I got [NEED:\nhow much].\n").values()))
    assert (first.key, first.raised) == ("gaps", True)
    assert first.summary == "2 gaps are still open: when was it; how much."
    assert not next(iter(measured("I left in May.").values())).raised
