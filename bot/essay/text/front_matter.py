"""YAML front matter from strangers, read in bounded time and memory as a flat mapping of short values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import yaml

from bot.essay.text.words import has_visible_text

MAX_FRONT_MATTER_CHARACTERS = 4_096  # far more than a title, tags and dates need
MAX_VALUE_CHARACTERS = 500
_OPENING = re.compile(r"\ufeff?---[ \t]*\n(?=[^\s#-])")
_PROPERTIES_OPENING = re.compile(r"\s{0,100}---[ \t]*\n(?=\w)")
_MAX_PROPERTIES_CHARACTERS = 20_000
_PROPERTY = re.compile(r"([^\W\d][\w.-]{0,60}):((?:[ \t].*)?)")
_CONTINUATION = re.compile(r"[ \t]+\S|-(?:[ \t]|$)|[\])}]")
_CLOSING = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.MULTILINE)

YamlScalar = str | int | float | bool | date | datetime | None
YamlValue = YamlScalar | list[YamlScalar]
_MAX_TITLE_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The properties at the top of a text, and where the text behind them starts, in code points."""

    fields: Mapping[str, YamlValue]
    end: int

    @property
    def title(self) -> str | None:
        """Return the title if it is a short line, else None."""
        return as_short_line(next((value for name, value in self.fields.items() if name.casefold() == "title"), None))


def read_front_matter(text: str) -> FrontMatter | None:
    """Read the front matter at the top of a text with LF line ends; return None if there is none.

    It is a mapping of names to short scalars or lists of them, of at most MAX_FRONT_MATTER_CHARACTERS. Anything else
    (aliases, anchors, tags, deeper nesting, an impossible date) is no front matter, and stays part of the text.
    """
    opening = _OPENING.match(text)
    if opening is None:
        return None
    closing = _CLOSING.search(text, opening.end(), opening.end() + MAX_FRONT_MATTER_CHARACTERS)
    if closing is None:
        return None
    fields = read_flat_yaml(text[opening.end() : closing.start()])
    return None if fields is None else FrontMatter(fields, closing.end())


def read_properties(text: str) -> FrontMatter | None:
    """Read the properties at the top of a text if they are not valid YAML but look like properties; else None.

    Each line is ``name: value`` or continues the one before, and none is blank. Only the title's value is read.
    """
    opening = _PROPERTIES_OPENING.match(text)
    closing = _CLOSING.search(text, opening.end(), opening.end() + _MAX_PROPERTIES_CHARACTERS) if opening else None
    if opening is None or closing is None:
        return None
    fields: dict[str, YamlValue] = {}
    for number, line in enumerate(text[opening.end() : closing.start()].removesuffix("\n").split("\n")):
        if (match := _PROPERTY.fullmatch(line)) is None:
            if not number or not _CONTINUATION.match(line):
                return None
            continue
        name, value = match[1], match[2].strip()
        if value.startswith(("&", "*")):
            return None
        if name.casefold() == "title":
            read = read_flat_yaml(line)
            fields[name] = read[name] if read and name in read else _parse_property_value(value)
    return FrontMatter(fields, closing.end())


def _parse_property_value(value: str) -> str | None:
    """Return the value that a person meant by what is no YAML; None if it begins with a sign of YAML's syntax."""
    return None if value.startswith(tuple("!|>{[%@`")) else value.strip("\"'")


def read_flat_yaml(text: str) -> Mapping[str, YamlValue] | None:
    """Read YAML that is a flat mapping; return None for any other, of which nothing is constructed."""
    if len(text) > MAX_FRONT_MATTER_CHARACTERS:
        return None
    try:
        return _parse_mapping(text)
    except (yaml.YAMLError, ValueError):  # ValueError: a date that does not exist
        return None


def _parse_mapping(text: str) -> Mapping[str, YamlValue] | None:
    loader = yaml.SafeLoader("")
    fields: dict[str, YamlValue] = {}
    name: str | None = None
    items: list[YamlScalar] | None = None
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            return None
        if isinstance(event, yaml.NodeEvent) and (event.anchor is not None or getattr(event, "tag", None) is not None):
            return None
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                return None
        if isinstance(event, yaml.MappingStartEvent):
            depth += 1
            if depth > 1:
                return None
        elif isinstance(event, yaml.SequenceStartEvent):
            if depth != 1 or name is None or items is not None:
                return None
            items = []
        elif isinstance(event, yaml.SequenceEndEvent):
            assert name is not None
            assert items is not None
            fields[name], name, items = items, None, None
        elif isinstance(event, yaml.ScalarEvent):
            if depth != 1 or len(event.value) > MAX_VALUE_CHARACTERS or not _is_storable(event.value):
                return None
            if name is None:
                name = event.value
                continue
            value = _parse_scalar(loader, event)
            if items is not None:
                items.append(value)
            else:
                fields[name], name = value, None
    return fields if depth else None


def _is_storable(value: str) -> bool:
    """Return whether a value can be encoded: an escape in YAML can make half of a surrogate pair."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def _parse_scalar(loader: yaml.SafeLoader, event: yaml.ScalarEvent) -> YamlScalar:
    tag: str = loader.resolve(yaml.ScalarNode, event.value, event.implicit)  # type: ignore[no-untyped-call]
    value: YamlScalar = loader.construct_object(yaml.ScalarNode(tag, event.value))
    return value


def as_short_line(value: object) -> str | None:
    """Return a value as one line if it has at most 200 characters, else None."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | date):
        return None
    line = " ".join(str(value).split())
    return line if 0 < len(line) <= _MAX_TITLE_CHARACTERS and has_visible_text(line) else None
