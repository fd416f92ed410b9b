"""Essays into which an editor's faults were planted: half of them are marked; plain essays are left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.essay.measures import MeasureHit
from bot.essay.text.spans import Span
from tests.essay.measures.sample_texts import measured, raised

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


def marks(text: str) -> list[MeasureHit]:
    """The single places that are marked in a text."""
    found = [mark for key, result in measured(text).items() if key not in WIDE for mark in result.hits]
    return [mark for mark in found if mark.weight]


def is_marked(place: Span, found: list[MeasureHit]) -> bool:
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
def test_an_essay_without_faults_raises_one_measure_at_most_and_has_few_marks(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(raised(text)) <= 1, raised(text)
    assert len(marks(text)) <= 3, [mark.span.extract(text) for mark in marks(text)]


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
        ("questions", "Why did I stay so long? Because I was afraid of the letter."),
        ("not_but", "I hadn't lost a job. I had lost a climate."),
        ("not_but", "What I wanted wasn't a promotion; what I wanted was sleep."),
        ("not_but", "She was less interested in the cloth than in the noise it made."),
        ("tenses", "They came at nine and sat down. The clerk hands me a bag. I gave him the key. He left."),
        ("tenses", "They came at nine and sat down. An old man turns up with a box. I gave him tea. He left."),
        ("not_but", "My problem was never the work; it was the silence."),
        ("not_but", "It had nothing to do with courage and everything to do with rent."),
        ("not_but", "It was not so much a job as a sentence."),
        ("not_but", "No fanfare, no speeches, just a card."),
        ("vague", "Sales went up significantly."),
        ("vague", "Loads of people asked about the numbers."),
        ("unsourced", "These days nobody stays in one career for life."),
        ("unsourced", "Analysts have been saying for years that small growers cannot compete."),
        ("stock_phrases", "One door closes and another opens."),
        ("filler", "At the end of the day, it was a choice."),
    ],
)
def test_each_kind_of_fault_is_marked_with_a_note(kind: str, text: str) -> None:
    found = [mark for mark in measured(text)[kind].hits if mark.weight]
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
        "There was a note on it that said only: ask the caretaker.",
        "The labels said that they were a gift from the refinery.",
        "He found me on a ladder and told me that I was holding the drill wrongly.",
        "Each ewe had thought of the gate before I did.",
        "At the end of the day I locked the yard. At the end of the day shift we washed the floor.",
        "She passed me the last straw bale.",
        "My journey from Leeds to York took fifty minutes. I met him at the crossroads, at the bend in the road.",
        "He taught me that you hold the chisel low.",
        "The last chapter of the manual had a drawing of the pump. She turned the page.",
        "A ton of bricks came on the Monday. The rain came through the roof.",
        "I was on my feet for twelve hours. The soldiers on the quay made a mark on the wall with chalk.",
        "I drove across the country with Foster, the fitter, and we watched the road ahead.",
        "In the process of casting the metal shrinks.",
        "I think it was in May, probably in the last week.",
        "I think that the man who sold the mill to the brothers from Halifax in 1911 was perhaps a Quaker.",
        "He bit me that morning, not hard. She waited, not wishing to wake them. He left, not a minute ago.",
        "We came at six and stopped at noon. On wet days I turn the machine off. She paid me and left.",
        "I put up my hand, from habit, and Maureen said no. I took a boy, whom I had taught, and not well.",
        "It went on to the end. I was let alone, and I slept in peace. It had taken so long.",
        "I could not hear so much as a clock. What seemed a loaf, I saw, was really a brick.",
        "I was told to wait. Dr. Okafor's study of 2019 (Lagos) says that 38% do.",
    ],
)
def test_a_sentence_that_only_looks_like_a_fault_is_not_marked(text: str) -> None:
    assert marks(text) == []
    assert measured(text)["triads"].figures["triads"] == 0


def test_open_gaps_come_first_and_are_named() -> None:
    first = next(iter(measured("I left [NEED: when was it]. I got [NEED:\nhow much].\n").values()))
    assert (first.key, first.is_raised) == ("gaps", True)
    assert first.summary == "2 gaps are still open: when was it; how much."
    assert not next(iter(measured("I left in May.").values())).is_raised
