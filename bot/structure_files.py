"""Read the structures in prompts/structures/. An invalid file is reported with its name, the line and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import yaml

from bot.errors import InvalidStructureFile
from bot.essay.matching import find_structure
from bot.essay.structure import Section, Structure, WordBudget

KEY_REGEX = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
MAX_KEY_LENGTH = 32  # a key may be part of a custom id of at most 100 characters
MAX_NAME_LENGTH = 40
MAX_DESCRIPTION_LENGTH = 100  # what a line of a Discord menu holds
MAX_HEADING_LENGTH = 80
MAX_QUESTION_LENGTH = 300
MAX_SECTIONS = 12  # more than a reader, or one screen of buttons, can take


def prompts_directory() -> Path:
    """Return where the prompts are: inside the package if it was installed from a wheel, else beside it."""
    inside = Path(__file__).parent / "prompts"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "prompts"


@dataclass(frozen=True, slots=True)
class StructureCatalogue(Mapping[str, Structure]):
    """The structures by key, in the order of their keys."""

    structures: Mapping[str, Structure]

    def __getitem__(self, key: str) -> Structure:
        return self.structures[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.structures)

    def __len__(self) -> int:
        return len(self.structures)

    def find(self, key: str) -> Structure:
        """Return the structure that a person names; see ``bot.essay.matching.find_structure``."""
        return find_structure(self.structures, key)


def read_structures(directory: Path) -> StructureCatalogue:
    """Read every structure in a directory of YAML files; a file's name is its structure's key.

    Raise InvalidStructureFile for the first file that cannot be used.
    """
    files = sorted(directory.glob("*.yaml"))
    for path in directory.glob("*.yml"):
        raise InvalidStructureFile(path, 1, "structures end in .yaml", "give the file that ending")
    if not files:
        raise InvalidStructureFile(directory, 1, "there is no structure here", "put one .yaml file a structure into it")
    return StructureCatalogue({path.stem: read_structure(path) for path in files})


def read_structure(path: Path) -> Structure:
    """Read the structure in one file. Raise InvalidStructureFile, which says the file, the line and what to do."""
    return _StructureFileParser(path).parse()


class _StructureFileParser:
    """Parse one file; it keeps the path so that every error can name it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _raise_invalid(self, node: yaml.Node | int, wrong: str, mend: str) -> NoReturn:
        line = node if isinstance(node, int) else node.start_mark.line + 1
        raise InvalidStructureFile(self._path, line, wrong, mend)

    def parse(self) -> Structure:
        if not KEY_REGEX.fullmatch(self._path.stem) or len(self._path.stem) > MAX_KEY_LENGTH:
            self._raise_invalid(
                1, "the file's name is the structure's key", "use lower case letters, digits and hyphens"
            )
        fields = self._parse_fields(self._parse_root(), ("name", "description", "sections"))
        listed = self._parse_sequence(fields["sections"], "sections", 1, MAX_SECTIONS)
        sections: list[Section] = []
        for node in listed:
            section = self._parse_section(node)
            if any(section.key == other.key for other in sections):
                self._raise_invalid(node, f"the key {section.key} stands twice", "give each section a key of its own")
            sections.append(section)
        return Structure(
            key=self._path.stem,
            name=self._parse_text(fields["name"], "name", MAX_NAME_LENGTH),
            description=self._parse_text(fields["description"], "description", MAX_DESCRIPTION_LENGTH),
            sections=tuple(sections),
        )

    def _parse_root(self) -> yaml.Node:
        try:
            text = self._path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            self._raise_invalid(line, "the file is not UTF-8", "save it as UTF-8")
        except OSError as error:
            self._raise_invalid(1, f"the file cannot be read ({error.strerror})", "check its permissions")
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._raise_invalid(mark.line + 1 if mark else 1, f"this is not YAML ({error.problem})", "mend the line")
        except RecursionError:
            self._raise_invalid(
                1, "brackets stand in brackets without end", "close them, or put the text in quotation marks"
            )
        except yaml.YAMLError as error:
            self._raise_invalid(1, f"this is not YAML ({str(error).splitlines()[0]})", "save it as plain text")
        if root is None:
            self._raise_invalid(1, "the file is empty", "write name, description and sections into it")
        return root

    def _parse_fields(self, node: yaml.Node, names: tuple[str, ...]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._raise_invalid(node, "this is no mapping", f"write it as {', '.join(f'{name}: …' for name in names)}")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._raise_invalid(key, "a field's name is no word", f"the fields are {', '.join(names)}")
            if key.value not in names:
                self._raise_invalid(key, f"{key.value} is not a field here", f"the fields are {', '.join(names)}")
            if key.value in found:
                self._raise_invalid(key, f"{key.value} stands twice", "keep one of them")
            found[key.value] = value
        for name in names:
            if name not in found:
                self._raise_invalid(node, f"{name} is missing", f"add {name}: …")
        return found

    def _parse_sequence(self, node: yaml.Node, name: str, least: int, most: int) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self._raise_invalid(node, f"{name} is no list", "begin each entry with a dash")
        if not least <= len(node.value) <= most:
            self._raise_invalid(node, f"{name} has {len(node.value)} entries", f"give from {least} to {most}")
        return list(node.value)

    def _parse_text(self, node: yaml.Node, name: str, most: int) -> str:
        if not isinstance(node, yaml.ScalarNode):
            self._raise_invalid(node, f"{name} is no text", f'write {name}: "…" on one line')
        text = " ".join(node.value.split())
        if not text:
            self._raise_invalid(node, f"{name} is empty", "write it")
        if len(text) > most:
            self._raise_invalid(node, f"{name} has {len(text)} characters", f"use at most {most}")
        return text

    def _parse_section(self, node: yaml.Node) -> Section:
        fields = self._parse_fields(node, ("key", "heading", "purpose", "words", "questions"))
        key = self._parse_text(fields["key"], "key", MAX_KEY_LENGTH)
        if not KEY_REGEX.fullmatch(key):
            self._raise_invalid(fields["key"], f"{key} is no key", "use lower case letters, digits and hyphens")
        questions = [self._parse_question(one) for one in self._parse_sequence(fields["questions"], "questions", 1, 6)]
        if questions[0][1]:
            self._raise_invalid(
                fields["questions"], "the first question is private", "put one first that a post may answer"
            )
        return Section(
            key=key,
            heading=self._parse_text(fields["heading"], "heading", MAX_HEADING_LENGTH),
            purpose=self._parse_text(fields["purpose"], "purpose", 600),
            budget=self._parse_budget(fields["words"]),
            questions=tuple(text for text, _ in questions),
            private_questions=frozenset(text for text, private in questions if private),
        )

    def _parse_question(self, node: yaml.Node) -> tuple[str, bool]:
        """Return a question's text, and whether its answers stay private.

        It is written as its text, or as ``{ask: …, private: true}``.
        """
        if not isinstance(node, yaml.MappingNode):
            return self._parse_text(node, "question", MAX_QUESTION_LENGTH), False
        fields = self._parse_fields(node, ("ask", "private"))
        private = fields["private"]
        if not isinstance(private, yaml.ScalarNode) or private.value not in ("true", "false"):
            self._raise_invalid(private, "private is true or false", "write private: true, or the question alone")
        return self._parse_text(fields["ask"], "question", MAX_QUESTION_LENGTH), private.value == "true"

    def _parse_budget(self, node: yaml.Node) -> WordBudget:
        ends = self._parse_sequence(node, "words", 2, 2)
        numbers = [end.value if isinstance(end, yaml.ScalarNode) else "" for end in ends]
        if not all(re.fullmatch(r"[0-9]{1,5}", number) for number in numbers):
            self._raise_invalid(node, "words are two whole numbers", "write words: [120, 200]")
        low, high = (int(number) for number in numbers)
        if not 0 < low <= high:
            self._raise_invalid(node, f"the budget goes from {low} to {high}", "give the lower number first, from 1 up")
        return WordBudget(low, high)
