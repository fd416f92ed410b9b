"""A draft that is still to be written, wholly or in part, and how a model's sections are put into its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.essay.assembly import close_open_blocks
from bot.essay.matching import match_section
from bot.essay.structure import Section, Structure
from bot.essay.tagged_draft import ModelQuestion, TaggedDraft
from bot.essay.text.gaps import GAP_REGEX, format_gap
from bot.essay.text.markdown import ends_sentence
from bot.essay.text.sections import TextSection, join_sections, split_sections
from bot.essay.text.words import count_words

_BREAK = re.compile(r"\r\n?|\n")
_HEADING_MARKS = re.compile(r"^ {0,3}#{1,6}(?=[ \t]|$)")


@dataclass(frozen=True, slots=True)
class MergedDraft:
    """What stood of a draft with what a model wrote to it.

    ``unwritten`` are the keys of the sections that are still to be written, ``questions`` those gaps that the text does
    without, as questions.
    """

    text: str
    unwritten: tuple[str, ...] = ()
    questions: tuple[ModelQuestion, ...] = ()


@dataclass(frozen=True, slots=True)
class PartialDraft:
    """A text of which sections are still to be written: ``missing_keys``, or all where that is None."""

    structure: Structure
    text: str = ""
    missing: Collection[str] | None = None

    @property
    def missing_sections(self) -> tuple[Section, ...]:
        """The sections to be written, in the structure's order."""
        return tuple(each for each in self.structure.sections if self.missing is None or each.key in self.missing)

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
        self,
        reply: TaggedDraft,
        *,
        is_cut: bool = False,
        required: Collection[str] = (),
        asked: Collection[str] = (),
    ) -> MergedDraft | None:
        """Return the text with the missing sections out of a model's reply; None if that holds no word of them.

        What stands keeps every byte. The section that the reply broke off in has what came of it, and is still to be
        written, as are those behind it if the reply ``is_cut`` and those of ``required`` that it left out. Any other
        one that it left out holds the gap for the first of its questions that is not among ``asked``, those that were
        answered, skipped or declined; without such a question it stays out.
        """
        bodies = {key: body for key, body in reply.bodies.items() if count_words(body)}
        lacking = [section for section in self.missing_sections if section.key not in bodies]
        broken_key, broken_body = reply.open_section or (None, "")
        is_broken = count_words(broken_body) > 0 and any(section.key == broken_key for section in lacking)
        if len(lacking) == len(self.missing_sections) and not is_broken:
            return None
        ends_early = is_cut or reply.open_section is not None
        unwritten = [section.key for section in lacking if ends_early or section.key in required]
        found, questions = self._stretches(), list[ModelQuestion]()
        for section in self.missing_sections:
            if section.key in bodies:
                body, left = spare_gaps(bodies[section.key])
                questions += [ModelQuestion(section.key, question) for question in left]
                self._put(found, section, format_section(section, body))
            elif section.key == broken_key and is_broken:
                self._put(found, section, format_section(section, broken_body))
            elif section.key not in unwritten and (
                question := next((one for one in section.questions if one not in asked), None)
            ):
                self._put(found, section, format_section(section, format_gap(question)))
        text = _below_each_other([each.text for each in found if not each.is_vacant])
        return MergedDraft(text, tuple(unwritten), tuple(questions))

    def _stretches(self) -> list[_Stretch]:
        """The stretches of the text, those to be written vacant."""
        missing = self.missing_keys
        return [
            _Stretch(stretch.key) if stretch.key in missing else stretch
            for stretch in _stretches_of(self.text, self.structure)
            if stretch.text.strip()
        ]

    def _put(self, among: list[_Stretch], section: Section, text: str) -> None:
        """Put a section where the structure has it, at the place it had if that is right."""
        order = [each.key for each in self.structure.sections]
        sure = [(place, each.key) for place, each in enumerate(among) if each.key and not each.is_vacant]
        before = [place for place, key in sure if order.index(key) < order.index(section.key)]
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


def still_unwritten(unwritten: Sequence[str], before: str, after: str, structure: Structure) -> tuple[str, ...]:
    """Return those of the ``unwritten`` sections of a text that are so after an edit: what it changed is written."""
    if not unwritten:
        return ()
    old, new = _bodies(before, structure), _bodies(after, structure)
    return tuple(key for key in unwritten if not count_words(new.get(key, "")) or new.get(key) == old.get(key))


def guess_unwritten(text: str, structure: Structure) -> tuple[str, ...]:
    """Return the sections to be written of a text that broke off before that was stored with it.

    They are those without a word and, where no heading stands alone at the end, the last that the text has.
    """
    bodies = _bodies(text, structure)
    written = [key for key, body in bodies.items() if count_words(body)]
    if written and all(count_words(body) for body in bodies.values()):
        written.pop()
    return tuple(section.key for section in structure.sections if section.key not in written)


def _bodies(text: str, structure: Structure) -> Mapping[str, str]:
    """The sections that the text has a heading for, by key, in its order."""
    bodies: dict[str, str] = {}
    for stretch in _stretches_of(text, structure):
        if stretch.key is not None:
            bodies[stretch.key] = f"{bodies.get(stretch.key, '')}\n\n{stretch.body}".strip()
    return bodies


def _stretches_of(text: str, structure: Structure) -> list[_Stretch]:
    """The stretches that make up a text. A section ends at the next heading of its level, whatever that stands for."""
    parts = split_sections(text)
    heads = _named_sections(parts, structure)
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


def _named_sections(parts: Sequence[TextSection], structure: Structure) -> dict[int, Section]:
    """The parts, by index, that begin a section: headings of level 1 and 2 or, where none of those does, any."""
    found = {
        index: section
        for index, part in enumerate(parts)
        if part.level and (section := match_section(structure, part.title)) is not None
    }
    high = {index: section for index, section in found.items() if parts[index].level <= 2}
    return high or found


def _below_each_other(texts: Sequence[str]) -> str:
    """The texts with a blank line between, which is added where none is, as is the end of a block left open."""
    pieces = []
    for text in texts[:-1]:
        bare = text.rstrip()
        ended = close_open_blocks(bare)
        breaks = len(_BREAK.findall(text[len(bare) :]))
        pieces.append(f"{ended}\n\n" if ended != bare else text + "\n" * max(0, 2 - breaks))
    return "".join([*pieces, *texts[-1:]]).rstrip() + "\n"


def format_section(section: Section, body: str) -> str:
    """Return a section under its own heading, at level 2, with one line break at its end.

    Other headings of levels 1 and 2 become level 3 where they stand. Spaces at line ends and runs of blank lines go.
    """
    heading = f"## {section.heading}\n"
    # Read in its new place: what was no heading where it stood may be one behind other text.
    first, *others = split_sections(f"{heading}\n{tidy_whitespace(body)}")
    written = tidy_whitespace(first.body + "".join(demote_heading(part) + part.body for part in others))
    return close_open_blocks(f"{heading}\n{written}".rstrip()) + "\n"


def format_rewrite(text: str, index: int, rewrite: str) -> str:
    """Return a rewritten body for the part of ``text`` with this index, as a model wrote it.

    Other parts of the text stay where they are: from the first of their headings on, the rewrite is left out. Headings
    that are new and would begin a section become level 3. A block that it leaves open is ended.
    """
    taken = {part.title.casefold() for at, part in enumerate(split_sections(text)) if part.level and at != index}
    first, *others = split_sections(f"## here\n\n{tidy_whitespace(rewrite)}")
    kept = [first.body]
    for part in others:
        if part.title.casefold() in taken:
            break
        kept.append(demote_heading(part) + part.body)
    return close_open_blocks(tidy_whitespace("".join(kept)))


def demote_heading(part: TextSection) -> str:
    """Return a heading as it stands, but at level 3 where it would begin a section. Leave out one without a word."""
    if not part.level or part.level > 2:
        return part.heading_source
    lines = [line.strip() for line in _BREAK.split(part.heading_source.strip())]
    marked = _HEADING_MARKS.match(lines[0])
    content = lines[0][marked.end() :].strip() if marked else " ".join(lines[:-1])
    return f"### {content}\n" if content else ""


def tidy_whitespace(text: str) -> str:
    """Return the text without spaces at line ends, runs of blank lines, and blank lines at either end."""
    lines = [line.rstrip() for line in _BREAK.split(text)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def spare_gaps(body: str) -> tuple[str, tuple[str, ...]]:
    """Return a section's body with one gap at most, as far as it stands without the others, and those as questions.

    A gap that stands by itself between sentences is taken out. One inside a sentence stays: without it the sentence
    would be none.
    """
    gaps = list(GAP_REGEX.finditer(body))
    alone = [gap for gap in gaps if _stands_alone(body, gap)]
    if len(alone) == len(gaps):
        alone = alone[1:]
    for gap in reversed(alone):
        before, after = body[: gap.start()].rstrip(" \t"), body[gap.end() :].lstrip(" \t")
        body = f"{before} {after}" if before and after and before[-1] != "\n" and after[0] != "\n" else before + after
    return body, tuple(gap_question(gap.group()) for gap in alone)


def gap_question(gap: str) -> str:
    """Return what a gap asks."""
    return " ".join(gap[len("[NEED:") : -1].split())


def _stands_alone(body: str, gap: re.Match[str]) -> bool:
    before, after = body[: gap.start()].rstrip(" \t"), body[gap.end() :].lstrip(" \t")
    begins = not before or before[-1] == "\n" or ends_sentence(before) or before.endswith("]")
    ends = not after or after[0] in "\r\n[" or after[0].isupper()
    return begins and ends
