"""Compare two texts: by sentence, for a person to read, and by word, to find passages again."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rapidfuzz.distance import LCSseq, MatchingBlock, Postfix, Prefix

from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import UNSPACED_LETTER

_WORD_OR_SPACE = re.compile(rf"\s+|{UNSPACED_LETTER.pattern}|(?:(?!{UNSPACED_LETTER.pattern})\S)+")
_LINE = re.compile(r"[^\n]*\n\s*|[^\n]+")  # with all white space behind it, so that no word or space is cut
_BLANK_LINE_BEHIND = re.compile(r"(?:\r\n?|\n)[ \t]*(?:\r\n?|\n)\s*\Z")
_SPACES = re.compile(r"\s+")
_PUNCTUATION = ".,;:!?…\"“”‘’'()[]*_"
_MIN_SHARE = 0.5  # of the words: with fewer, what was marked in a sentence would be more than what was not
_MAX_COMPARED = 2_000_000  # pairs of sentences, in some two seconds; so many have two essays of 20,000 words
_MAX_WORD_PAIRS = 100_000_000  # in some 12 MB; so many have two texts of 5,000 words
_MAX_SHIFT = 50  # sentences; one that moved further among others that changed was taken out and put in


@dataclass(frozen=True, slots=True)
class TextChange:
    """A run of text that stayed, was taken out, was put in or was replaced.

    ``old == new`` if it stayed, ``new`` is "" if it was taken out, and ``old`` is "" if it was put in.
    """

    old: str
    new: str

    @property
    def is_unchanged(self) -> bool:
        """Return whether the text stayed."""
        return self.old == self.new


@dataclass(frozen=True, slots=True)
class WordRun:
    """Words of a sentence that changed; ``is_changed`` marks those that are only in it, or only in the other one."""

    text: str
    is_changed: bool


@dataclass(frozen=True, slots=True)
class SentenceChange:
    """A sentence, or a line such as a heading, as it was and as it is, with the white space behind it.

    ``new`` is "" if it was taken out, ``old`` is "" if it was put in. ``words`` are the changes inside it, where at
    least half of its words stand; else there are none, and the two are best read one after the other.
    """

    old: str
    new: str
    words: tuple[TextChange, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Return whether the words stayed; the white space may differ."""
        return self.old.split() == self.new.split()

    @property
    def old_line(self) -> str:
        """The sentence as it was, on one line."""
        return " ".join(self.old.split())

    @property
    def new_line(self) -> str:
        """The sentence as it is, on one line."""
        return " ".join(self.new.split())

    @property
    def old_words(self) -> tuple[WordRun, ...]:
        """What stood, on one line, with what is gone marked."""
        return _on_one_line(WordRun(change.old, not change.is_unchanged) for change in self.words)

    @property
    def new_words(self) -> tuple[WordRun, ...]:
        """What stands, on one line, with what was put in marked."""
        return _on_one_line(WordRun(change.new, not change.is_unchanged) for change in self.words)


Paragraph = tuple[SentenceChange, ...]


@dataclass(frozen=True, slots=True)
class TextComparison:
    """Two texts compared by sentence, in paragraphs. All ``old`` joined are the old text, all ``new`` the new one."""

    paragraphs: tuple[Paragraph, ...]

    @property
    def changes(self) -> tuple[SentenceChange, ...]:
        """The sentences that changed, in order."""
        return tuple(one for paragraph in self.paragraphs for one in paragraph if not one.is_unchanged)

    @property
    def changed_paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs in which a sentence changed, in order."""
        return tuple(paragraph for paragraph in self.paragraphs if not is_unchanged(paragraph))

    def describe(self) -> str:
        """Say in a sentence how many sentences changed."""
        kinds = [(bool(one.old.strip()), bool(one.new.strip())) for one in self.changes]
        counts = [
            (sum(one == (True, True) for one in kinds), "changed"),
            (sum(one == (True, False) for one in kinds), "taken out"),
            (sum(one == (False, True) for one in kinds), "put in"),
        ]
        if not kinds:
            return "No sentence differs."
        told = [f"{count:,} {what}" for count, what in counts if count]
        return f"By sentence: {', '.join(told)}."


def is_unchanged(paragraph: Paragraph) -> bool:
    """Return whether every sentence of a paragraph stayed."""
    return all(one.is_unchanged for one in paragraph)


def compare_texts(old: str, new: str) -> TextComparison:
    """Compare two texts by sentence.

    Sentences that are the same are aligned first. Between them, two sentences of which at least half of the words are
    the same are one that was changed; any other was taken out, or put in.
    """
    before, after = _split_into_sentences(old), _split_into_sentences(new)
    keys = [[" ".join(one.split()) for one in sentences] for sentences in (before, after)]
    changes: list[SentenceChange] = []
    old_at = new_at = 0
    for same in (*LCSseq.editops(*keys).as_matching_blocks(), MatchingBlock(len(before), len(after), 0)):
        changes.extend(_match_changed(before[old_at : same.a], after[new_at : same.b]))
        old_at, new_at = same.a + same.size, same.b + same.size
        changes.extend(map(SentenceChange, before[same.a : old_at], after[same.b : new_at]))
    return TextComparison(tuple(_group_paragraphs(changes)))


def _split_into_sentences(text: str) -> list[str]:
    """Split a text into sentences, and what is none into lines, each with the white space behind it."""
    parsed = ParsedText(text)
    starts = set[int]()
    inside: list[Span] = []
    previous_end = 0
    for span in (one.span for one in parsed.sentences):
        start = span.start
        while start > previous_end and not text[start - 1].isspace():  # emphasis and quotation marks belong to it
            start -= 1
        line_start = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
        marks_only = line_start >= previous_end and not any(map(str.isalnum, text[line_start:start]))
        starts.add(line_start if marks_only else start)
        inside.append(Span(start, span.end))
        previous_end = span.end
    ends = [one.end for one in inside]
    for line in parsed.blocks.lines:
        at = bisect_right(ends, line.start)
        if at == len(inside) or line.start <= inside[at].start:
            starts.add(line.start)
    starts.update(_gap_starts(text, inside))
    found: list[str] = []
    for start, end in pairwise(sorted(starts | {0, len(text)})):
        piece = text[start:end]
        if found and (not piece.strip() or not found[-1].strip()):
            found[-1] += piece
        else:
            found.append(piece)
    return found


def _gap_starts(text: str, inside: Sequence[Span]) -> Iterator[int]:
    """Yield where gaps begin that stand in no sentence."""
    ends = [one.end for one in inside]
    for match in GAP_REGEX.finditer(text):
        at = bisect_right(ends, match.start())
        if at == len(inside) or match.start() <= inside[at].start:
            yield match.start()


def _match_changed(gone: Sequence[str], come: Sequence[str]) -> Iterator[SentenceChange]:
    """Yield what became of the sentences between two that stayed, in order."""
    old = new = 0
    for first, second in [*_find_pairs(gone, come), (len(gone), len(come))]:
        yield from (SentenceChange(one, "") for one in gone[old:first])
        yield from (SentenceChange("", one) for one in come[new:second])
        if first < len(gone):
            yield SentenceChange(gone[first], come[second], _join_over_spaces(diff_words(gone[first], come[second])))
        old, new = first + 1, second + 1


def _join_over_spaces(changes: Sequence[TextChange]) -> tuple[TextChange, ...]:
    """Return the changes with those between which only a space stayed as one."""
    found: list[TextChange] = []
    for change in changes:
        while len(found) > 1 and not change.is_unchanged and not found[-1].old.strip() and found[-1].is_unchanged:
            space, before = found.pop(), found.pop()
            change = TextChange(before.old + space.old + change.old, before.new + space.new + change.new)
        found.append(change)
    return tuple(found)


def _find_pairs(gone: Sequence[str], come: Sequence[str]) -> list[tuple[int, int]]:
    """Return which sentences were changed into which, by index, in order: those that share the most words in all."""
    if not gone or not come or len(gone) * len(come) > _MAX_COMPARED:
        return []
    old, new = [_words(one) for one in gone], [_words(one) for one in come]
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]  # what the first so many of each share at most
    shared: dict[tuple[int, int], float] = {}
    for i in range(1, len(old) + 1):
        middle = i * len(new) // len(old)
        for j in range(1, len(new) + 1):
            best[i][j] = max(best[i - 1][j], best[i][j - 1])
            if abs(j - middle) <= _MAX_SHIFT and (share := _shared_words(old[i - 1], new[j - 1])) >= _MIN_SHARE:
                shared[i, j] = share
                best[i][j] = max(best[i][j], best[i - 1][j - 1] + share)
    pairs: list[tuple[int, int]] = []
    i, j = len(old), len(new)
    while i and j:
        if best[i][j] == best[i - 1][j]:
            i -= 1
        elif best[i][j] == best[i][j - 1]:
            j -= 1
        else:
            i, j = i - 1, j - 1
            pairs.append((i, j))
    return pairs[::-1]


def _words(sentence: str) -> list[str]:
    return [word.strip(_PUNCTUATION) or word for word in _WORD_OR_SPACE.findall(sentence) if not word.isspace()]


def _shared_words(old: list[str], new: list[str]) -> float:
    """Return which part of the words of the longer sentence the other one has too, in the same order."""
    longest = max(len(old), len(new))
    if len(set(old) & set(new)) < _MIN_SHARE * len(set(old if len(old) == longest else new)) / 2:
        return 0.0  # far from it: do not compare their order
    return LCSseq.similarity(old, new) / longest


def _group_paragraphs(changes: Sequence[SentenceChange]) -> Iterator[Paragraph]:
    """Yield the sentences by paragraph; where a break was put in or taken out, it makes none."""
    run: list[SentenceChange] = []
    for change in changes:
        run.append(change)
        if all(_BLANK_LINE_BEHIND.search(text) for text in (change.old, change.new) if text):
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)


def _on_one_line(runs: Iterable[WordRun]) -> tuple[WordRun, ...]:
    """Return the runs with single spaces and none at the ends."""
    found: list[WordRun] = []
    for run in runs:
        text = _SPACES.sub(" ", run.text)
        if not found or found[-1].text.endswith(" "):
            text = text.lstrip()
        if text:
            found.append(replace(run, text=text))
    if found and not found[-1].text.strip():
        found.pop()
    if found:
        found[-1] = replace(found[-1], text=found[-1].text.rstrip())
    return tuple(found)


def diff_words(old: str, new: str) -> tuple[TextChange, ...]:
    """Return the changes from ``old`` to ``new``, in order.

    They follow a longest common subsequence of words, with runs of white space as words of their own; in long texts one
    of lines first, and one of words where lines changed, since the memory grows with the product of both lengths.
    Joining every change's ``old`` gives the old text, joining every ``new`` the new one.
    """
    before, after = _WORD_OR_SPACE.findall(old), _WORD_OR_SPACE.findall(new)
    if len(before) * len(after) <= _MAX_WORD_PAIRS:
        return tuple(_diff_pieces(before, after))
    changes: list[TextChange] = []
    for lines in _diff_pieces(_LINE.findall(old), _LINE.findall(new)):
        if lines.is_unchanged:
            _append_change(changes, lines)
            continue
        for change in _diff_pieces(_WORD_OR_SPACE.findall(lines.old), _WORD_OR_SPACE.findall(lines.new)):
            _append_change(changes, change)
    return tuple(changes)


def _diff_pieces(before: Sequence[str], after: Sequence[str]) -> list[TextChange]:
    """Return the changes between two texts that are cut into pieces, in order."""
    changes: list[TextChange] = []
    for step in LCSseq.opcodes(before, after):
        change = TextChange(
            "".join(before[step.src_start : step.src_end]), "".join(after[step.dest_start : step.dest_end])
        )
        _append_change(changes, change)
    return changes


def _append_change(changes: list[TextChange], change: TextChange) -> None:
    """Append a change; join it to the last one if both stayed, or neither."""
    if changes and change.is_unchanged == changes[-1].is_unchanged:
        last = changes.pop()
        change = TextChange(last.old + change.old, last.new + change.new)
    changes.append(change)


def find_moved_span(old: str, new: str, span: Span) -> Span | None:
    """Return where the words at ``span`` of ``old`` are in ``new``, or None if they were changed or removed."""
    return find_moved_spans(old, new, [span])[0]


def find_moved_spans(old: str, new: str, spans: Sequence[Span]) -> tuple[Span | None, ...]:
    """Do as ``find_moved_span`` for several spans; the texts are compared once."""
    runs = tuple(_unchanged_runs(old, new))
    return tuple(_find_in_runs(old, new, span, runs) for span in spans)


def _find_in_runs(old: str, new: str, span: Span, runs: Sequence[tuple[int, int, int]]) -> Span | None:
    words = span.extract(old)
    for start, end, moved in runs:
        if start <= span.start and span.end <= end:
            at = moved + span.start - start
            return Span(at, at + len(words))
    # An edit beside the words can break up a run that is still there. Take it only if it is unique in both texts: of
    # two, the one that was meant may be gone.
    if old.count(words) == 1 and new.count(words) == 1:
        return Span(new.index(words), new.index(words) + len(words))
    return None


def _unchanged_runs(old: str, new: str) -> Iterator[tuple[int, int, int]]:
    """Yield the start and end in ``old`` of each run of letters that stayed, and where it starts in ``new``.

    A changed run counts as unchanged as far as its old and its new letters begin or end alike.
    """
    before = after = 0
    run: tuple[int, int, int] | None = None
    for change in diff_words(old, new):
        head = Prefix.similarity(change.old, change.new)
        tail = 0 if change.is_unchanged else Postfix.similarity(change.old[head:], change.new[head:])
        run = (run[0], before + head, run[2]) if run is not None else (before, before + head, after)
        before += len(change.old)
        after += len(change.new)
        if not change.is_unchanged:
            yield run
            run = (before - tail, before, after - tail)
    if run is not None:
        yield run
