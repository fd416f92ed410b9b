"""Read the corpora: texts whose inventions and faults are known. tests/corpora/README.md says what they hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import InvalidInput
from bot.essay.critique import Category
from bot.essay.essay import Note
from bot.essay.structure import Structure
from bot.essay.support import SupportKind
from bot.essay.text.spans import Span
from bot.llm.writer_player import FactSheet

_HELD_OUT = "held_out"
_MAX_FILE_BYTES = 200_000  # ten times the largest there is
_Text = Annotated[str, Field(min_length=1)]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Form = TypeVar("Form", bound=_Form)


class _SectionText(_Form):
    section: _Text
    text: _Text


class _SectionFact(_Form):
    section: _Text
    fact: _Text


class _InterviewFile(_Form):
    structure: _Text
    language: _Text
    manner: _Text
    beginning: _Text
    facts: Annotated[tuple[_SectionFact, ...], Field(min_length=1)]


class _Planted(_Form):
    kind: SupportKind
    find: _Text
    replace: _Text
    quote: _Text


class _CheckFile(_Form):
    structure: _Text
    language: _Text
    notes: tuple[_SectionText, ...]
    draft: _Text
    planted: tuple[_Planted, ...]


class _Fault(_Form):
    category: Category
    quote: _Text
    why: _Text


class _CritiqueFile(_Form):
    structure: str | None
    language: _Text
    text: _Text
    faults: tuple[_Fault, ...]


@dataclass(frozen=True, slots=True)
class Invention:
    """Words that were planted in a draft, and where they stand in it."""

    kind: SupportKind
    span: Span


@dataclass(frozen=True, slots=True)
class InterviewCase:
    """A writer to be played, and the key of the section to which each fact of the sheet belongs."""

    name: str
    structure: Structure
    sheet: FactSheet
    sections: tuple[str, ...]

    @property
    def facts_page(self) -> str:
        """All facts as a page of notes, under the headings of their sections."""
        told = [
            (
                section.heading,
                [fact for key, fact in zip(self.sections, self.sheet.facts, strict=True) if key == section.key],
            )
            for section in self.structure.sections
        ]
        return "\n\n".join(
            "\n".join([f"## {heading}", "", *(f"- {' '.join(fact.split())}" for fact in facts)])
            for heading, facts in told
            if facts
        )


@dataclass(frozen=True, slots=True)
class CheckCase:
    """Notes, a draft that is faithful to them, and the same draft with inventions planted in it."""

    name: str
    structure: Structure
    notes: tuple[Note, ...]
    faithful: str
    planted: str
    inventions: tuple[Invention, ...]


@dataclass(frozen=True, slots=True)
class CritiqueCase:
    """An essay and where its faults stand; none in a good one. ``structure`` is None for a text of no set kind."""

    name: str
    structure: Structure | None
    text: str
    faults: tuple[Span, ...]


def find_corpora(given: Path | None) -> Path:
    """Return the folder of the corpora: the given one, or that of a clone. Raise InvalidInput where there is none."""
    folder = given or Path(__file__).resolve().parents[2] / "tests" / "corpora"
    if not folder.is_dir():
        raise InvalidInput(
            "There are no corpora here: they are in tests/corpora of the program's repository, and not in a wheel. "
            "Name the folder with --corpus. Nothing was measured."
        )
    return folder


def read_interview_cases(
    corpora: Path, structures: Mapping[str, Structure], *, held_out: bool
) -> tuple[InterviewCase, ...]:
    """Read the note sets of ``interviews/``, or those kept aside. Raise InvalidInput as ``read_check_cases`` does."""
    return tuple(_interview_case(path, structures) for path in _files(corpora / "interviews", held_out=held_out))


def read_check_cases(corpora: Path, structures: Mapping[str, Structure], *, held_out: bool) -> tuple[CheckCase, ...]:
    """Read the drafts of ``checks/``, or those kept aside. Raise InvalidInput, with the file, for one that is wrong."""
    return tuple(_check_case(path, structures) for path in _files(corpora / "checks", held_out=held_out))


def read_critique_cases(
    corpora: Path, structures: Mapping[str, Structure], *, held_out: bool
) -> tuple[CritiqueCase, ...]:
    """Read the essays of ``critiques/``, or those kept aside. Raise InvalidInput as ``read_check_cases`` does."""
    return tuple(_critique_case(path, structures) for path in _files(corpora / "critiques", held_out=held_out))


def _files(folder: Path, *, held_out: bool) -> Iterator[Path]:
    yield from sorted((folder / _HELD_OUT if held_out else folder).glob("*.yaml"))


def _read(path: Path, form: type[Form]) -> Form:
    try:
        data = path.read_bytes()
        if len(data) > _MAX_FILE_BYTES:
            raise _wrong(path, f"it has {len(data):,} bytes, and {_MAX_FILE_BYTES:,} can be read")
        return form.model_validate(yaml.safe_load(data))
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _wrong(path, "it is no YAML in UTF-8") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise _wrong(path, f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None


def _wrong(path: Path, why: str) -> InvalidInput:
    return InvalidInput(f"{path.name} cannot be used: {why}. Nothing was measured.")


def _structure(path: Path, key: str, structures: Mapping[str, Structure]) -> Structure:
    if key not in structures:
        raise _wrong(path, f"there is no structure {key!r}")
    return structures[key]


def _find_once(path: Path, words: str, text: str) -> Span:
    """Return where words stand in a text. Raise InvalidInput unless they stand there once."""
    if (count := text.count(words)) != 1:
        raise _wrong(path, f"{words!r} stands {count} times in the text, and not once")
    start = text.index(words)
    return Span(start, start + len(words))


def _check_sections(path: Path, structure: Structure, keys: Iterable[str]) -> None:
    for key in keys:
        if structure.find_section(key) is None:
            raise _wrong(path, f"{structure.key} has no section {key!r}")


def _interview_case(path: Path, structures: Mapping[str, Structure]) -> InterviewCase:
    read = _read(path, _InterviewFile)
    structure = _structure(path, read.structure, structures)
    sections = tuple(each.section for each in read.facts)
    _check_sections(path, structure, sections)
    sheet = FactSheet(read.manner, read.beginning, tuple(each.fact for each in read.facts))
    return InterviewCase(path.stem, structure, sheet, sections)


def _check_case(path: Path, structures: Mapping[str, Structure]) -> CheckCase:
    read = _read(path, _CheckFile)
    structure = _structure(path, read.structure, structures)
    _check_sections(path, structure, (note.section for note in read.notes))
    found = [(_find_once(path, one.find, read.draft), one) for one in read.planted]
    places = sorted(found, key=lambda each: each[0].start)
    text, inventions, end = "", list[Invention](), 0
    for span, one in places:
        if span.start < end:
            raise _wrong(path, f"{one.find!r} overlaps what is planted before it")
        quoted = _find_once(path, one.quote, one.replace)
        text += read.draft[end : span.start]
        inventions.append(Invention(one.kind, Span(len(text) + quoted.start, len(text) + quoted.end)))
        text += one.replace
        end = span.end
    notes = tuple(Note(number, note.text, section=note.section) for number, note in enumerate(read.notes, 1))
    return CheckCase(path.stem, structure, notes, read.draft, text + read.draft[end:], tuple(inventions))


def _critique_case(path: Path, structures: Mapping[str, Structure]) -> CritiqueCase:
    read = _read(path, _CritiqueFile)
    structure = _structure(path, read.structure, structures) if read.structure else None
    return CritiqueCase(
        path.stem, structure, read.text, tuple(_find_once(path, fault.quote, read.text) for fault in read.faults)
    )
