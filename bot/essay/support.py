"""What each sentence of a version rests on: the notes that hold it, or the words that no note holds.

A checker is asked for both over numbered notes and numbered sentences. What it says is used only where the words stand
in that sentence and the notes exist.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from bot.errors import InvalidInput
from bot.essay.claims import NoteIndex
from bot.essay.cutting import cut_out
from bot.essay.essay import Note
from bot.essay.facts.addresses import defang_links
from bot.essay.quotation_search import QuotationFinder
from bot.essay.screening import asks_for_secret
from bot.essay.text.gaps import GAP_REGEX
from bot.essay.text.markdown_import import remove_comments
from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, count_words

_MAX_REASON_CHARACTERS = 400  # two sentences; more is an essay of the checker's own
_MAX_MENDED_CHARACTERS = 1_500
_MIN_SUSPECT_SENTENCES = 5  # a text of fewer sentences may well have something in each
_WORD = re.compile(r"\w[\w'’-]*")

REMOVE_SENTENCE = "take the sentence out"
"""What stands in the place of a mended sentence of which nothing is left."""


class SupportKind(StrEnum):
    """What sort of thing the notes do not hold. The values are stored, and shown."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    ROLE = "role"
    SCOPE = "scope"
    CAUSE = "cause"
    FEELING = "feeling"
    SPEECH = "speech"
    ORDER = "order"
    EVENT = "event"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class NumberedSentence:
    """A sentence of a version, numbered from 1. ``text`` is what stands at ``span``; the indices are those of its
    section and its paragraph.
    """

    number: int
    text: str
    span: Span
    section_index: int
    paragraph_index: int

    @property
    def line(self) -> str:
        """The sentence on one line, without comments."""
        return " ".join(remove_comments(self.text).split())


def number_sentences(text: str) -> tuple[NumberedSentence, ...]:
    """Return the sentences of a text in order, without headings, code and gaps that stand alone."""
    return tuple(
        NumberedSentence(
            number, sentence.span.extract(text), sentence.span, sentence.section_index, sentence.paragraph_index
        )
        for number, sentence in enumerate(ParsedText(text).sentences, 1)
    )


@dataclass(frozen=True, slots=True)
class SentenceSupport:
    """The numbers of the notes that a sentence rests on; none for a sentence that asserts nothing."""

    sentence: int
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UnsupportedPassage:
    """Words of a sentence that no note holds.

    ``mended`` is the whole sentence as the notes hold it, "" where nothing of it is left, and None where there is none.
    ``vouched_by`` is the number of the note by which the writer vouched for the words.
    """

    sentence: int
    words: str
    kind: SupportKind
    reason: str
    nearest_note: int | None = None
    mended: str | None = None
    vouched_by: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """What the check of a version came to.

    ``unchecked`` are the sentences that no checker has judged, and ``problem`` says why, "" for those that are new.
    ``note_fingerprints`` are those of the notes that were shown, by number.
    """

    version: int
    supports: tuple[SentenceSupport, ...]
    unsupported: tuple[UnsupportedPassage, ...]
    unchecked: tuple[int, ...] = ()
    problem: str = ""
    model: str | None = None
    created: datetime | None = None
    note_fingerprints: Mapping[int, str] = field(default_factory=dict)

    @property
    def open(self) -> tuple[UnsupportedPassage, ...]:
        """The passages for which nobody vouched."""
        return tuple(one for one in self.unsupported if one.vouched_by is None)

    @property
    def vouched(self) -> tuple[UnsupportedPassage, ...]:
        """The passages for which the writer vouched."""
        return tuple(one for one in self.unsupported if one.vouched_by is not None)

    @property
    def is_checked(self) -> bool:
        """Whether a checker has judged any sentence."""
        return bool(self.supports or self.unsupported)

    def notes_of(self, sentence: int) -> tuple[int, ...]:
        """Return the numbers of the notes that a sentence rests on."""
        return next((one.notes for one in self.supports if one.sentence == sentence), ())


def note_fingerprints(notes: Iterable[Note]) -> dict[int, str]:
    """Return what tells whether a note is still the same, by its number: 48 bits in hexadecimal."""
    return {note.number: hashlib.sha256(note.public_text.encode()).hexdigest()[:12] for note in notes}


def validate_check(
    supports: Sequence[SentenceSupport],
    unsupported: Sequence[UnsupportedPassage],
    sentences: Sequence[NumberedSentence],
    notes: Sequence[Note],
) -> tuple[tuple[SentenceSupport, ...], tuple[UnsupportedPassage, ...], int]:
    """Return what of a checker's answer the sentences and notes bear out, and how many items they do not.

    Words must stand in their sentence, and become those of the text. A note that does not exist is left out. Each
    sentence and each passage counts once. A mended sentence with a number, date, name or quotation that neither the
    notes nor the sentence hold is taken off, as is one that asks for a secret, and a reason that does. Nothing in a
    reason makes a link. A sentence with a passage that no note holds keeps the notes of the rest.
    """
    by_number = {sentence.number: sentence for sentence in sentences}
    known = {note.number for note in notes}
    texts = [note.public_text for note in notes]
    # What the notes hold is looked for only where a sentence was mended.
    is_mended = any(passage.mended for passage in unsupported)
    held, index = (_words(texts), NoteIndex(texts)) if is_mended else (set[str](), NoteIndex([]))
    found: dict[int, SentenceSupport] = {}
    passages: dict[tuple[int, str], UnsupportedPassage] = {}
    dropped = 0
    for one in supports:
        if one.sentence not in by_number or one.sentence in found:
            dropped += 1
            continue
        real = tuple(dict.fromkeys(number for number in one.notes if number in known))
        if one.notes and not real:  # it would seem to assert nothing
            dropped += 1
            continue
        found[one.sentence] = SentenceSupport(one.sentence, real)
    for passage in unsupported:
        sentence = by_number.get(passage.sentence)
        span = QuotationFinder(sentence.text).locate(passage.words) if sentence is not None else None
        if sentence is None or span is None or (sentence.number, span.extract(sentence.text)) in passages:
            dropped += 1
            continue
        words = span.extract(sentence.text)
        mended = _validate_mended(passage.mended, sentence, held, index)
        nearest = passage.nearest_note if passage.nearest_note in known else None
        reason = defang_links(" ".join(passage.reason.split())[:_MAX_REASON_CHARACTERS])
        passages[sentence.number, words] = replace(
            passage,
            words=words,
            reason="" if asks_for_secret(reason) else reason,
            nearest_note=nearest,
            mended=mended,
            vouched_by=None,
        )
    return tuple(found.values()), tuple(passages.values()), dropped


def _words(texts: Iterable[str]) -> set[str]:
    return {word.casefold().removesuffix("'s").removesuffix("’s") for text in texts for word in _WORD.findall(text)}


def _validate_mended(mended: str | None, sentence: NumberedSentence, held: set[str], index: NoteIndex) -> str | None:
    """Return a mended sentence on one line, "" where the sentence goes.

    Return None for none, and for one that brings in what nobody gave.
    """
    if mended is None:
        return None
    line = " ".join(mended.split())
    if not line:
        return ""
    if line == sentence.line or len(line) > _MAX_MENDED_CHARACTERS or line[0] in "#<>|`":
        return None
    if asks_for_secret(line) and not asks_for_secret(sentence.line):
        return None
    said = GAP_REGEX.sub(" ", line)
    own = NoteIndex([sentence.text])
    claimed = {claim.raw for claim in index.find_unsupported(said)}
    if claimed & {claim.raw for claim in own.find_unsupported(said)}:
        return None
    # A name is a word with a capital that does not begin the sentence. Where nouns have one, such as in German, more is
    # taken off than need be; the writer can still edit.
    names = [word for word in _WORD.findall(said)[1:] if any(map(str.isupper, word)) and len(word) > 1]
    return line if _words(names) <= held | _words([sentence.text]) else None


def carry_over(
    check: Check | None, before: Sequence[NumberedSentence], now: Sequence[NumberedSentence], notes: Sequence[Note]
) -> Check:
    """Return what an earlier check still says of a text: of each sentence whose words stand unchanged.

    A sentence stays supported while the notes that it rests on are the same. One with an open passage keeps it, and is
    to be judged once more where notes have changed; one for which the writer vouched is, where that note is gone. All
    other sentences are ``unchecked``, and so is one of several that are the same where nothing tells which it was. The
    version of the check that is returned is that of the earlier one, 0 for none.
    """
    if check is None:
        return Check(0, (), (), tuple(sentence.number for sentence in now))
    fingerprints = note_fingerprints(notes)
    moved = _pair_sentences(before, now)
    was_unchecked = set(check.unchecked)
    same_notes = fingerprints == dict(check.note_fingerprints)
    supports: list[SentenceSupport] = []
    passages: list[UnsupportedPassage] = []
    judged: set[int] = set()
    for one in check.supports:
        stands = all(
            number in fingerprints and fingerprints[number] == check.note_fingerprints.get(number)
            for number in one.notes
        )
        if one.sentence in moved and one.sentence not in was_unchecked and stands:
            supports.append(replace(one, sentence=moved[one.sentence]))
            judged.add(moved[one.sentence])
    for passage in check.unsupported:
        if passage.sentence not in moved:
            continue
        number = moved[passage.sentence]
        vouched_by = passage.vouched_by if passage.vouched_by in fingerprints else None
        passages.append(replace(passage, sentence=number, vouched_by=vouched_by))
        if passage.sentence not in was_unchecked and (vouched_by is not None or same_notes):
            judged.add(number)
        elif vouched_by is None:
            judged.discard(number)
    open_numbers = {passage.sentence for passage in passages if passage.vouched_by is None}
    if not same_notes:
        judged -= open_numbers
    return Check(
        version=check.version,
        supports=tuple(supports),
        unsupported=tuple(passages),
        unchecked=tuple(sentence.number for sentence in now if sentence.number not in judged),
        problem=check.problem,
        model=check.model,
        created=check.created,
        note_fingerprints=fingerprints,
    )


def _pair_sentences(before: Sequence[NumberedSentence], now: Sequence[NumberedSentence]) -> dict[int, int]:
    """Return the numbers that sentences have now by those that they had, of those that stand unchanged.

    A sentence that stands once in both texts is the same wherever it is. One of several that are the same is known by
    the sentences beside it (P. Heckel, 1978), and by none where those before and those behind it disagree.
    """
    old, new = [one.line for one in before], [one.line for one in now]
    old_counts, new_counts, places = Counter(old), Counter(new), {line: at for at, line in enumerate(new)}
    known = {at: places[line] for at, line in enumerate(old) if old_counts[line] == new_counts[line] == 1}
    claims = {
        *_follow({-1: -1, **known}, old, new, 1).items(),
        *_follow({len(old): len(new), **known}, old, new, -1).items(),
    }
    froms, tos = Counter(at for at, _ in claims), Counter(there for _, there in claims)
    return {
        before[at].number: now[there].number
        for at, there in claims
        if froms[at] == tos[there] == 1 and 0 <= at < len(old)
    }


def _follow(known: dict[int, int], old: Sequence[str], new: Sequence[str], step: int) -> dict[int, int]:
    """Return the pairs with those of equal lines that follow them, downwards with a ``step`` of 1, upwards with -1."""
    pairs, taken = dict(known), set(known.values())
    for at in range(len(old))[::step]:
        there = pairs[at - step] + step if at not in pairs and at - step in pairs else -1
        if 0 <= there < len(new) and there not in taken and old[at] == new[there]:
            pairs[at] = there
            taken.add(there)
    return pairs


def merge_check(
    standing: Check,
    version: int,
    asked: Collection[int],
    supports: Sequence[SentenceSupport],
    unsupported: Sequence[UnsupportedPassage],
) -> Check:
    """Return a check in which what was said of the ``asked`` sentences takes the place of what stood of them.

    A sentence that was asked and of which nothing was said stays unchecked, with what stood of it.
    """
    answered = {one.sentence for one in supports} | {one.sentence for one in unsupported}
    answered &= set(asked)
    return replace(
        standing,
        version=version,
        supports=tuple(
            sorted(
                [
                    *(one for one in standing.supports if one.sentence not in answered),
                    *(one for one in supports if one.sentence in answered),
                ],
                key=lambda one: one.sentence,
            )
        ),
        unsupported=tuple(
            sorted(
                [
                    *(one for one in standing.unsupported if one.sentence not in answered),
                    *(one for one in unsupported if one.sentence in answered),
                ],
                key=lambda one: one.sentence,
            )
        ),
        unchecked=tuple(number for number in standing.unchecked if number not in answered),
    )


def keep_vouched(check: Check, stored: Check | None) -> Check:
    """Return a check with what the writer has vouched for, in the ``stored`` one, while it was made."""
    vouched = {(one.sentence, one.words): one.vouched_by for one in stored.vouched} if stored is not None else {}
    if stored is None or not vouched:
        return check
    return replace(
        check,
        unsupported=tuple(
            replace(one, vouched_by=vouched.get((one.sentence, one.words), one.vouched_by)) for one in check.unsupported
        ),
        note_fingerprints={**stored.note_fingerprints, **check.note_fingerprints},
    )


def mend_sentence(text: str, sentence: NumberedSentence, mended: str) -> str:
    """Return the text with a sentence replaced; every other byte stays.

    With "" it goes as ``cut_out`` takes it out. Raise InvalidInput where that would change what stands beside it.
    """
    if mended:
        return text[: sentence.span.start] + mended + text[sentence.span.end :]
    left = cut_out(text, sentence.span)
    if left is None:
        raise InvalidInput(
            "Taking this sentence out would change what stands beside it, such as a list or a row of a table: edit "
            "the text yourself. Nothing was changed."
        )
    return left


def describe_check(check: Check, sentence_count: int) -> str:
    """Return what a check came to, in a sentence or two."""
    if not sentence_count:
        return "The text has no sentence to check yet."
    if not check.is_checked:
        return f"Not checked against your notes. {check.problem}".strip()
    said = []
    count = len(check.open)
    if count:
        said.append(f"{count_noun(count, 'thing')} that your notes do not hold.")
    if check.vouched:
        said.append(f"You vouch for {len(check.vouched)}.")
    marked = {passage.sentence for passage in check.unsupported}
    if len(marked) == sentence_count >= _MIN_SUSPECT_SENTENCES:
        said.append(
            "The checker marked every sentence, which may be its own fault: look at a few before you believe the rest."
        )
    if check.unchecked:
        are = "is" if len(check.unchecked) == 1 else "are"
        said.append(f"{count_noun(len(check.unchecked), 'sentence')} {are} not checked. {check.problem}".strip())
    elif not count:
        said.insert(0, "Every sentence rests on your notes, as far as the checker can tell.")
    return " ".join(said)


def describe_counts(check: Check) -> str:
    """Return how many passages are open and vouched for, such as "2 open, 1 vouched"; "" for neither."""
    parts = [f"{len(check.open)} open"] if check.open else []
    parts += [f"{len(check.vouched)} vouched"] if check.vouched else []
    return ", ".join(parts)


def has_words(sentence: NumberedSentence) -> bool:
    """Tell whether a sentence holds more than a gap or a comment."""
    return bool(count_words(GAP_REGEX.sub(" ", sentence.line)))
