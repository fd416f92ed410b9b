"""Which numbers, dates, names, quotations and addresses of a text the notes hold, and which they do not."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.essay.essay import Note
from bot.essay.specifics import (
    Specific,
    SpecificKind,
    is_generic,
    name_value,
    quotation_value,
    specifics,
    unlinked,
    without_inner,
)
from bot.essay.specifics.german import forms
from bot.essay.text.languages import Language, language
from bot.essay.text.reading import Reading
from bot.essay.text.scripts import UNSPACED
from bot.essay.text.sections import split
from bot.essay.text.spans import Span

# Headings above this level are the structure's own. A model may write one below it, and in it what nobody noted.
_LAST_OF_THE_STRUCTURE = 2
# Korean writes particles onto the word.
_HANGUL = re.compile("[\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Claim:
    """A number, date, name, quotation or address in a text, its sentence, and whether the notes hold it too.

    ``removed_comments`` says that only a note which is left out holds it. ``times`` is how often the text makes the
    claim, where repeats are one.
    """

    kind: SpecificKind
    span: Span
    raw: str
    sentence: Span
    supported: bool
    left_out: bool = False
    times: int = 1

    @property
    def name(self) -> str:
        """What it is, with how often the text makes it, and whether a note that is left out holds it.

        An address is told without what would make a link of it.
        """
        told = [f"{self.times} times"] if self.times > 1 else []
        told += ["only a note that is left out holds it"] if self.left_out else []
        return f"{self.kind}: {unlinked(self.raw)}" + (f" ({'; '.join(told)})" if told else "")


class Noted:
    """What notes vouch for, read once: claims of many texts can be held against it.

    Notes that are left out vouch for nothing; a claim that only they hold is told apart.
    """

    def __init__(self, notes: Sequence[str], left_out: Sequence[str] = ()) -> None:
        self._notes = _Held(notes)
        self._left_out = _Held(left_out)

    def claims(self, text: str) -> tuple[Claim, ...]:
        """See the function of this name."""
        return tuple(claim for claim, _ in self._read(text))

    def unsupported(self, text: str) -> tuple[Claim, ...]:
        """See the function of this name."""
        first: dict[tuple[SpecificKind, str], Claim] = {}
        known: dict[str, tuple[SpecificKind, str]] = {}
        for claim, specific in self._read(text):
            if claim.supported:
                continue
            key = (claim.kind, specific.value)
            if claim.kind == "name":
                key = known.get(specific.value, key)
            if key in first:
                first[key] = replace(first[key], times=first[key].times + 1)
                continue
            first[key] = claim
            if claim.kind == "name":
                known.update((part, key) for part in specific.vouches if part not in known)
        return tuple(first.values())

    def _read(self, text: str) -> list[tuple[Claim, Specific]]:
        reading, spoken = Reading(text), language(text, self._notes.spoken)
        sentences = sorted(sentence.span for sentence in reading.sentences)
        held = specifics(without_headings(text), spoken)
        counted = [specific.span for specific in held if specific.kind in ("number", "date")]
        # "Fourteen" at a sentence's start and the EUR of "EUR 40" are numbers, and names of nothing.
        apart = {specific.span for specific in without_inner(held, counted)}
        found = []
        for specific in held:
            if specific.kind == "name" and (is_generic(specific) or specific.span not in apart):
                continue
            at = bisect_right(sentences, specific.span.start, key=_start) - 1
            sentence = sentences[at] if at >= 0 and specific.span.start < sentences[at].end else specific.span
            supported = self._notes.hold(specific, spoken)
            left_out = not supported and self._left_out.hold(specific, spoken)
            claim = Claim(specific.kind, specific.span, specific.raw, sentence, supported, left_out)
            found.append((claim, specific))
        return found


def claims(text: str, notes: Sequence[str]) -> tuple[Claim, ...]:
    """Every claim of the text apart from the headings of its sections, in order.

    A claim is supported where a note holds the same value in whatever writing ("fifteen per cent" holds "15%"). For a
    name or a quotation it is enough that its words stand together in a note: people note names in lower case and speech
    without marks. A word such as a job title, which names nobody, is no claim.
    """
    return Noted(notes).claims(text)


def unsupported(text: str, notes: Sequence[str], left_out: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The claims that no note holds, each once: where it stands first, with how often it stands.

    A part of a name that stood before, "Feld" after "Markus Feld", is the same claim.
    """
    return Noted(notes, left_out).unsupported(text)


def unsupported_in(text: str, notes: Sequence[Note], title: str) -> tuple[Claim, ...]:
    """The claims of an essay's text that neither its title nor a note in use holds."""
    used = [note.public for note in notes if not note.is_private]
    return unsupported(text, [*used, title], [passage for note in notes for passage in note.private])


def without_headings(text: str) -> str:
    """The text with the headings of its sections as spaces, so that every offset stays."""
    return "".join(
        (re.sub(r"[^\r\n]", " ", part.heading_raw) if part.level <= _LAST_OF_THE_STRUCTURE else part.heading_raw)
        + part.body
        for part in split(text)
    )


def _start(span: Span) -> int:
    return span.start


class _Held:
    """What some notes hold."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._texts = notes
        self.spoken = language("\n".join(notes))
        self._vouched: dict[Language, frozenset[str]] = {}
        self._phrases = _Phrases(notes)

    def hold(self, specific: Specific, spoken: Language) -> bool:
        """Whether they hold a claim of a text in this language."""
        if not specific.values.isdisjoint(self._values(spoken)):
            return True
        if specific.kind not in ("name", "quotation"):
            return False
        words = _plain_words(specific.raw)
        return self._phrases.hold(words) or (spoken == "de" and len(words) == 1 and self._phrases.hold_form(words[0]))

    def _values(self, spoken: Language) -> frozenset[str]:
        """What the notes vouch for, read in their language and in this one: a short note does not show its own."""
        if spoken not in self._vouched:
            self._vouched[spoken] = frozenset(
                value
                for note in self._texts
                for known in {spoken, self.spoken}
                for specific in specifics(note, known)
                for value in specific.vouches
            )
        return self._vouched[spoken]


class _Phrases:
    """The words of the notes, by the pairs that they stand in: looking a phrase up costs the same among many notes."""

    def __init__(self, notes: Sequence[str]) -> None:
        self._words: list[str] = []
        for note in notes:
            self._words += [*_plain_words(note), ""]  # no phrase runs from one note into the next
        self._places: dict[tuple[str, ...], list[int]] = {}
        for at, pair in enumerate(zip(self._words, [*self._words[1:], ""], strict=False)):
            self._places.setdefault(pair, []).append(at)
            self._places.setdefault(pair[:1], []).append(at)
        self._run = "".join(word or "\n" for word in self._words)
        self._forms: frozenset[str] | None = None

    def hold(self, phrase: list[str]) -> bool:
        """Whether the words stand together in a note; in a script that puts no space between them, the characters."""
        if not phrase:
            return False
        if UNSPACED.search(phrase[0]) or _HANGUL.search(phrase[0]):
            return "".join(phrase) in self._run
        places = self._places.get(tuple(phrase[:2]), ())
        return any(self._words[at : at + len(phrase)] == phrase for at in places)

    def hold_form(self, noun: str) -> bool:
        """Whether a German noun stands in a note, in whatever case and number."""
        if self._forms is None:
            self._forms = frozenset(form for word in set(self._words) for form in forms(word))
        return not forms(noun).isdisjoint(self._forms)


def _plain_words(text: str) -> list[str]:
    """The words alone, with case, accents, punctuation and line ends set aside."""
    folded = name_value(quotation_value(text))
    return "".join(char if char.isalnum() else " " for char in folded).split()
