"""How much of the writer's own voice a draft has kept: their phrases, their spelling, and no turns that all use."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.essay.measures.base import MIN_WORDS, Measure, per_thousand
from bot.essay.measures.phrases import load_word_list
from bot.essay.private_text import split_words, word_runs
from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.sections import split_sections
from bot.essay.text.words import count_noun

# In words. Two texts of different authors share a run of four now and then, and hardly ever one of six (see
# bot/essay/private_text.py); one of three is chance.
_PHRASE_WORDS = 4.0
_STOCK_MEASURES = ("not_but", "triads", "filler", "stock_phrases", "questions")
_MAX_NAMED_WORDS = 5


@dataclass(frozen=True, slots=True)
class OwnPhrases:
    """Runs of four words or more that notes and text have in common, in percent.

    ``kept`` is their share of the notes' words, ``share`` that of the text's.
    """

    kept: int
    share: int


@dataclass(frozen=True, slots=True)
class SpellingReport:
    """Whether a text spells as its notes do.

    ``dialect`` is "British" or "American", "" where the notes do not tell. ``changed`` are the words of the text that
    are spelled otherwise, ``kept`` and ``lost`` the notes' words of a dialect that stand in the text or do not.
    """

    dialect: str
    changed: tuple[str, ...]
    kept: tuple[str, ...]
    lost: tuple[str, ...]


def measure_own_phrases(text: str, notes: Sequence[str]) -> OwnPhrases | None:
    """Compare a post, without headings and gaps, with the notes; return None if either has no words."""
    post = split_words(_body(text))
    passages = [split_words(note) for note in notes]
    total = sum(map(len, passages))
    if not post or not total:
        return None
    runs = {run for words in passages for run, _, _ in word_runs(words, _PHRASE_WORDS)}
    common = {run for run, _, _ in word_runs(post, _PHRASE_WORDS)} & runs
    kept = sum(_covered(word_runs(words, _PHRASE_WORDS), common) for words in passages)
    return OwnPhrases(
        round(100 * kept / total), round(100 * _covered(word_runs(post, _PHRASE_WORDS), common) / len(post))
    )


def _covered(runs: Iterable[tuple[tuple[str, ...], int, int]], common: Collection[tuple[str, ...]]) -> int:
    """Count the words that are in one of the common runs."""
    return len({place for run, start, end in runs if run in common for place in range(start, end)})


def compare_spelling(text: str, notes: Sequence[str]) -> SpellingReport:
    """Compare the spelling of a post with that of its notes, by the words of wordlists/spelling.toml."""
    found, own = _english_words(_body(text)), _english_words("\n".join(notes))
    pairs, telling, dialect_words = _word_list()
    british = {word for word in own if telling.get(word) == "British"}
    american = {word for word in own if telling.get(word) == "American"}
    dialect = "" if bool(british) == bool(american) else "British" if british else "American"
    changed = {
        word
        for word in found - own
        if (pairs.get(word, frozenset()) & own)  # the same word, spelled the other way
        or (dialect and telling.get(word, dialect) != dialect)
    }
    marked = own & dialect_words
    return SpellingReport(dialect, tuple(sorted(changed)), tuple(sorted(marked & found)), tuple(sorted(marked - found)))


def describe_voice(text: str, notes: Sequence[str], measures: Sequence[Measure], words: int) -> tuple[str, ...]:
    """Say what a post has kept of its writer's voice, a sentence or two for each of the three; nothing without notes.

    ``measures`` are those of the post, which has so many ``words``. Of a language other than English only the phrases
    are told.
    """
    phrases = measure_own_phrases(text, notes)
    if phrases is None:
        return ()
    said = [
        f"Your own phrases: {phrases.kept} % of your notes' words stand in the text in runs of four or more, and make "
        f"up {phrases.share} % of it."
    ]
    count = count_stock_turns(measures)
    if count is not None:
        spelling = compare_spelling(text, notes)
        if sentence := _describe_spelling(spelling):
            said.append(f"Your spelling: {sentence}")
        rate = f", {per_thousand(count, words)} in a thousand words" if words >= MIN_WORDS else ""
        said.append(f"Stock turns: {count:,}{rate}.")
    return tuple(said)


def count_stock_turns(measures: Sequence[Measure]) -> int | None:
    """Count the stock turns that a text's measures found; None for a text in another language than English."""
    counted = [measure for measure in measures if measure.key in _STOCK_MEASURES and measure.was_measured]
    return sum(len(measure.hits) for measure in counted) if counted else None


def _describe_spelling(found: SpellingReport) -> str:
    said = []
    if found.changed:
        dialect = f", which are {found.dialect}" if found.dialect else ""
        said.append(f"not as in your notes{dialect}: {_listed(found.changed)}.")
    elif found.dialect:
        said.append(f"{found.dialect}, as in your notes.")
    if found.kept or found.lost:
        total = len(found.kept) + len(found.lost)
        gone = f" (not {_listed(found.lost)})" if found.lost else ""
        said.append(f"Of {count_noun(total, 'word')} of your dialect {len(found.kept)} kept{gone}.")
    return " ".join(said)


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _MAX_NAMED_WORDS} more" if len(words) > _MAX_NAMED_WORDS else ""
    return ", ".join(f"“{word}”" for word in words[:_MAX_NAMED_WORDS]) + more


def _body(text: str) -> str:
    return GAP_REGEX.sub(" ", "\n".join(part.body for part in split_sections(text)))


def _english_words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower().replace("’", "'")))


@lru_cache(maxsize=1)
def _word_list() -> tuple[dict[str, frozenset[str]], dict[str, str], frozenset[str]]:
    """Return the other spellings of each word, the dialect that a word tells of, and the words of the dialects."""
    data = load_word_list("spelling")
    common = {form for source in data["common"] for form in _forms(source)}
    pairs: dict[str, frozenset[str]] = {}
    telling: dict[str, str] = {}
    for source in data["pairs"]:
        british, american = (_forms(one) for one in source.split())
        for one, other in zip(british, american, strict=True):
            pairs[one] = pairs.get(one, frozenset()) | {other}
            pairs[other] = pairs.get(other, frozenset()) | {one}
            telling |= {one: "British"} if one not in common else {}
            telling |= {other: "American"} if other not in common and not _is_oxford(other) else {}
    return pairs, telling, frozenset(form for source in data["words"] for form in _forms(source))


def _forms(source: str) -> tuple[str, ...]:
    """Return a word, or for "word~" the word with its endings, in one order for every word."""
    word = source.removesuffix("~")
    if word == source:
        return (word,)
    stem = word.removesuffix("e")
    return (word, f"{word}s", f"{stem}ed", f"{stem}ing", f"{stem}er", f"{stem}ers")


def _is_oxford(word: str) -> bool:
    """Return whether a word is spelled in -ize, as many British writers do."""
    return re.search(r"iz(?:e|ing|ation)", word) is not None
