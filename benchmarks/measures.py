"""How long measuring an essay takes, and how that grows with its length."""

from __future__ import annotations

from pathlib import Path

from benchmarks.timing import medians
from bot.essay.text.words import count_words
from bot.essay.text_report import measure_text

RUNS = 7
WORDS = 1_200
ALLOWED_MS = 150
ALLOWED_GROWTH = 12  # for ten times the words
ESSAYS = Path(__file__).parent.parent / "tests" / "data" / "essays"


def text_of(words: int) -> str:
    """Paragraphs of the essays in tests/data, over and over, until there are so many words."""
    paragraphs = [block for path in sorted(ESSAYS.glob("*.md")) for block in path.read_text("utf-8").split("\n\n")]
    chosen: list[str] = []
    total = 0
    while total < words:
        block = paragraphs[len(chosen) % len(paragraphs)]
        chosen.append(block)
        total += count_words(block)
    return "\n\n".join(chosen) + "\n"


def run() -> None:
    """Prints the time for an essay and for a text ten times as long, and the ratio."""
    short, long = text_of(WORDS), text_of(10 * WORDS)
    times = medians({"short": lambda: measure_text(short), "long": lambda: measure_text(long)}, RUNS)
    print(f"  {count_words(short):>6,} words {times['short'] * 1000:6.0f} ms (at most {ALLOWED_MS})")
    print(f"  {count_words(long):>6,} words {times['long'] * 1000:6.0f} ms")
    print(f"  ten times the words take {times['long'] / times['short']:.1f} times as long (at most {ALLOWED_GROWTH})")
