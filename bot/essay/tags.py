"""Read the tags that models answer in: exact names, attributes in quotation marks, and text between them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

# Each run of letters and of spaces is read once: however long they are, no time is lost over them.
_ATTRIBUTE = re.compile(
    r"(?<![a-z])(?P<name>[a-z]++)\s*+=\s*+(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)')", re.IGNORECASE
)
_MOST_NAME_CHARACTERS = 20  # of a tag that has only begun


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, by its name in small letters. ``is_closing`` for one that begins with a slash, ``is_empty`` for one that
    ends with it."""

    name: str
    attributes: Mapping[str, str]
    is_closing: bool = False
    is_empty: bool = False


class TagReader:
    """Finds the tags of these names. Whatever else is in angle brackets is text."""

    def __init__(self, *names: str) -> None:
        known = "|".join(names)
        self._tag = re.compile(
            rf"<(?P<close>/?)(?P<name>{known})\b(?P<attributes>[^<>]*?)(?P<empty>/?)>", re.IGNORECASE
        )
        # A tag that has only begun, at the end of what has come so far.
        self._begun = re.compile(rf"</?(?:[a-z_]{{0,{_MOST_NAME_CHARACTERS}}}|(?:{known})\b[^<>]*)\Z", re.IGNORECASE)

    def read(self, raw: str) -> Iterator[str | Tag]:
        """Yield the tags and the texts between them, in order; a text may be empty."""
        at = 0
        for found in self._tag.finditer(raw):
            yield raw[at : found.start()]
            yield Tag(
                found["name"].lower(),
                {
                    one["name"].lower(): one["double"] or one["single"] or ""
                    for one in _ATTRIBUTE.finditer(found["attributes"])
                },
                bool(found["close"]),
                bool(found["empty"]),
            )
            at = found.end()
        yield raw[at:]

    def is_in(self, raw: str) -> bool:
        """Return whether the text holds such a tag."""
        return self._tag.search(raw) is not None

    def remove(self, raw: str, by: str = "") -> str:
        """Return the text with ``by`` in place of each tag."""
        return self._tag.sub(by, raw)

    def remove_begun(self, raw: str) -> str:
        """Return the text without what may be the beginning of a tag at its end."""
        return self._begun.sub("", raw)
