"""How the work of reading and measuring grows with a text, for odd texts that trip up careless patterns."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.timing import medians
from bot.essay.claims import find_unsupported_claims
from bot.essay.facts import names
from bot.essay.measures import measure_all
from bot.essay.quotation_search import locate
from bot.essay.tags import TagReader
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.sections import split_sections
from bot.llm.prompts import neutralize_tags

UNITS = [
    *(",", '"', "“", "'", "a", "not ", "a, not ", "it's not ", "not just a ", "a, ", "— ", ". ", ". . ", "!?", "("),
    *("[", "](", "`", "*", "_", "<", "<!--", "> ", "- ", "# a\n", "a\n=\n", "x\n", "Hx\n\n", "two ", "1,000,", "1."),
    *("10–", "A ", "A. ", "May ", "in today's ", "more companies ", "studies show ", "Aa of ", "less a ", "you "),
    *("[NEED: ", "|", "1. a\n", "’", "A’", "a.m. ", " ", "a=", "a =", "a<!--"),
]
_TAGS = TagReader("section")
TIMES = 4
ALLOWED = 8.0  # four times the text may take four times as long; quadratic work would take sixteen times
SHORT = 10_000
SHOWN = 5
RUNS = 3


def everything(text: str) -> None:
    """All that is read, measured, checked and looked for in a text."""
    reading = ParsedText(text)
    measure_all(reading)
    names(text)
    split_sections(text)
    find_unsupported_claims(text, [text[: len(text) // 2]])
    locate(text, text[: len(text) // 3] + " x y")
    remove_comments(text)
    neutralize_tags(f"<{text}")
    list(_TAGS.read(f"<section {text.replace('<', '')}>"))


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's collector, which goes through all that was ever imported while whichever text is read."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run() -> None:
    """Prints the texts whose work grows fastest."""
    grown: dict[str, float] = {}
    for unit in UNITS:
        texts = {name: (unit * size)[:size] + "b" for name, size in (("short", SHORT), ("long", SHORT * TIMES))}
        with uncollected():
            times = medians({name: lambda text=text: everything(text) for name, text in texts.items()}, RUNS)  # type: ignore[misc]  # mypy does not infer a lambda's defaults
        grown[unit] = times["long"] / times["short"]
    print(f"  {TIMES} times the characters, {len(UNITS)} odd texts; the fastest growing (at most {ALLOWED:.0f} times):")
    for unit, ratio in sorted(grown.items(), key=lambda item: -item[1])[:SHOWN]:
        print(f"  {unit!r:20} {ratio:4.1f} times as long")
