"""A draft that is not finished: which sections of it stand, and what a model's reply adds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.essay.assembly import close_open_blocks
from bot.essay.essay import Origin
from bot.essay.model_output.headings import find_named_sections, format_section, tidy_whitespace
from bot.essay.model_output.reply_parsing import parse_draft
from bot.essay.structure import Section, Structure
from bot.essay.text.gaps import format_gap
from bot.essay.text.sections import join_sections, split_sections
from bot.essay.text.words import count_words

_BREAK = re.compile(r"\r\n?|\n")


@dataclass(frozen=True, slots=True)
class MergedDraft:
    """What stood of a draft and what a model wrote to it. ``complete`` if no section is still to be written."""

    text: str
    is_complete: bool


@dataclass(frozen=True, slots=True)
class PartialDraft:
    """A draft that is still to be written; by itself, one of which nothing is there yet.

    ``stands`` are the keys of the sections that are finished, and ``omitted_keys`` of those that the writer took out
    with their headings: they are not written anew.
    """

    structure: Structure
    text: str = ""
    finished_keys: frozenset[str] = frozenset()
    omitted_keys: frozenset[str] = frozenset()

    @property
    def missing_sections(self) -> tuple[Section, ...]:
        """The sections to be written, in the structure's order."""
        settled = self.finished_keys | self.omitted_keys
        return tuple(section for section in self.structure.sections if section.key not in settled)

    @property
    def missing_keys(self) -> tuple[str, ...]:
        """The keys of the sections to be written."""
        return tuple(section.key for section in self.missing_sections)

    @property
    def finished_text(self) -> str:
        """What stands of the text, every section as it stands there."""
        kept = "".join(stretch.text for stretch in self._stretches() if not stretch.is_vacant)
        return kept.rstrip() + "\n" if kept.strip() else ""

    def merge(
        self, reply: str, *, cut: bool = False, noted: Collection[str] = (), given: Sequence[str] = ()
    ) -> MergedDraft | None:
        """The text with the sections ``todo`` out of a model's reply; None where the reply holds no word of them.

        What stands keeps every byte, and what the reply holds of it was not asked for and is left out. A section that
        is missing from a reply that was ``cut`` is still to be written, and so is one that the model left out although
        notes tell of it (its key is ``noted``). Another one holds the gap for its first question. ``given`` are the
        texts that the model was given to write from.

        Of what is still to be written the text has the section that broke off, behind all that the reply finished, or
        else a heading alone: ``unfinished`` sees by that which sections stand.
        """
        if not self.missing_sections:
            return None
        read = parse_draft(reply, self.structure, self.missing_sections, cut=cut, given=given)
        bodies = {key: body for key, body in read.bodies.items() if count_words(body)}
        lacking = [section for section in self.missing_sections if section.key not in bodies]
        broken = [section for section in lacking if read.broken and section.key == read.broken[0]]
        broken_off = read.broken[1] if read.broken and broken and count_words(read.broken[1]) else ""
        if len(lacking) == len(self.missing_sections) and not broken_off:
            return None
        found = self._stretches()
        for section in self.missing_sections:
            if section.key in bodies:
                self._put(found, section, format_section(section, bodies[section.key]))
        if cut:
            still = broken if broken_off else lacking[:1]
        else:
            still = [section for section in lacking if section.key in noted]
        for section in lacking:
            if section in still:
                self._put(found, section, format_section(section, broken_off), behind=bodies if broken_off else ())
            elif not cut:
                self._put(found, section, format_section(section, format_gap(section.questions[0])))
        return MergedDraft(
            _below_each_other([each.text for each in found if not each.is_vacant]), is_complete=not still
        )

    def _stretches(self) -> list[_Stretch]:
        """The stretches of the text, those that do not stand vacant."""
        return [
            stretch if stretch.key is None or stretch.key in self.finished_keys else _Stretch(stretch.key)
            for stretch in _stretches_of(self.text, self.structure)
            if stretch.text.strip()
        ]

    def _put(self, among: list[_Stretch], section: Section, text: str, behind: Collection[str] = ()) -> None:
        """Puts a section where the structure has it, at the place it had if that is right; ``behind`` these, by key."""
        order = [each.key for each in self.structure.sections]
        sure = [(place, each.key) for place, each in enumerate(among) if each.key and not each.is_vacant]
        before = [place for place, key in sure if order.index(key) < order.index(section.key) or key in behind]
        after = [place for place, key in sure if order.index(key) > order.index(section.key)]
        first = before[-1] + 1 if before else 0
        last = next((place for place in after if place >= first), len(among))
        held = [place for place in range(first, last) if among[place].key == section.key]
        if not before and not held:
            first = last
        among.insert(held[0] if held else first, _Stretch(section.key, text))


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of a text: a section of the structure, or what belongs to none (``key`` is None).

    ``text`` is all of it as it stands, "" where it is vacant: taken out, or not written yet. ``body`` is the text
    without its heading and without what of its white space nobody sees.
    """

    key: str | None
    text: str = ""
    body: str = ""

    @property
    def is_vacant(self) -> bool:
        return not self.text


def find_partial_draft(steps: Iterable[tuple[Origin, str]], structure: Structure) -> PartialDraft:
    """What stands of a draft that was cut short, by its history since: how each version came to be, and its text.

    The first is the draft as a model left it. Of the sections that a model brings, all stand but the last one, in which
    it broke off; where one is a heading alone, all others stand. Those that the writer changed afterwards, or had
    revised, stand as they are now.
    """
    stands = frozenset[str]()
    away = frozenset[str]()
    before: dict[str, str] | None = None
    for origin, text in steps:
        now = _bodies(text, structure)
        written = {key for key, body in now.items() if count_words(body)}
        if before is None or origin is Origin.DRAFTED:
            stands = frozenset(key for key in stands if before and now.get(key) == before[key])
            new = [key for key in now if key not in stands]
            stands |= written.intersection(new if any(key not in written for key in new) else new[:-1])
        else:
            if origin in (Origin.EDITED, Origin.REVISED):
                away |= stands.difference(now)
                stands |= {key for key in written if now[key] != before.get(key)}
            stands &= written
        away = away.difference(now)
        before = now
        last = text
    return PartialDraft(structure, last, stands, away)


def _bodies(text: str, structure: Structure) -> dict[str, str]:
    """The sections that the text has a heading for, by key, in its order."""
    bodies: dict[str, str] = {}
    for stretch in _stretches_of(text, structure):
        if stretch.key is not None:
            bodies[stretch.key] = f"{bodies.get(stretch.key, '')}\n\n{stretch.body}".strip()
    return bodies


def _stretches_of(text: str, structure: Structure) -> list[_Stretch]:
    """The stretches that make up a text. A section ends at the next heading of its level, whatever that stands for."""
    parts = split_sections(text)
    heads = find_named_sections(parts, structure)
    begins: list[int] = []
    for index, part in enumerate(parts):
        if index in heads or not begins or 0 < part.level <= parts[begins[-1]].level:
            begins.append(index)
    found: list[_Stretch] = []
    for begin, end in pairwise([*begins, len(parts)]):
        heading, text = parts[begin].heading_source, join_sections(parts[begin:end])
        found.append(
            _Stretch(heads[begin].key if begin in heads else None, text, tidy_whitespace(text.removeprefix(heading)))
        )
    return found


def _below_each_other(texts: Sequence[str]) -> str:
    """The texts with a blank line between, which is added where none is, as is the end of a block left open."""
    pieces = []
    for text in texts[:-1]:
        bare = text.rstrip()
        ended = close_open_blocks(bare)
        breaks = len(_BREAK.findall(text[len(bare) :]))
        pieces.append(f"{ended}\n\n" if ended != bare else text + "\n" * max(0, 2 - breaks))
    return "".join([*pieces, *texts[-1:]]).rstrip() + "\n"
