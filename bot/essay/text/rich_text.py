"""The words of RTF, by a library that is handed what it can tell apart.

The library passes over footnotes and text boxes, ends a paragraph as it ends a line, and makes an emoji two halves. Its
patterns for links and for the table of fonts take time out of all proportion, so it is handed neither as they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from striprtf.striprtf import rtf_to_text

from bot.essay.text.decoding import with_line_feeds
from bot.essay.text.words import count_words

_MOST_SIGNS = 1_000_000  # control words and braces; a second's work
_SIGN = re.compile(r"\\bin(\d{1,9}) ?|\\([A-Za-z]{1,32})(-?\d{1,10})? ?|(\\\r?\n)|\\.|[{}]", re.DOTALL)
_PAGE_EDGES = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_PARAGRAPH_END = "\\par\\par "
_INSTEAD = {"par": _PARAGRAPH_END, "cell": "\\tab ", "nestcell": "\\tab ", "nestrow": "\\line "}
_LINK = re.compile(r'HYPERLINK\s{1,9}"((?:https?|mailto):[^"\s{}\\]{1,2000})"', re.IGNORECASE)
_BULLET = re.compile(r"^(?:[•◦▪‣⁃∙·-]|(\d{1,3}[.)]))\t+")
_BETWEEN_ITEMS = re.compile(r"^((?:-|\d{1,3}[.)]) .*)\n\n(?=(?:-|\d{1,3}[.)]) )", re.MULTILINE)


class TooMuch(Exception):
    """An RTF of more signs, or of more words, than are read."""


@dataclass(slots=True)
class RichText:
    """The words of an RTF with LF line ends, and how much of it is not among them."""

    text: str
    pictures: int
    comments: int
    page_edges: int


@dataclass(slots=True)
class _Taken:
    """A source as the library is to see it, while it is made. ``groups`` are those set apart: the kind and the text."""

    pieces: list[str] = field(default_factory=list)
    groups: list[tuple[str, list[str]]] = field(default_factory=list)
    pictures: int = 0
    comments: int = 0


def read_rich_text(source: str, most: int) -> RichText:
    """Read an RTF. Raises TooMuch where more than ``most`` characters are left of it without its pictures."""
    taken = _taken(source, most)
    notes = ["".join(group) for kind, group in taken.groups if kind == "footnote"]
    boxes = ["".join(group) for kind, group in taken.groups if kind == "shptxt"]
    edges = {"".join(group) for kind, group in taken.groups if kind in _PAGE_EDGES}
    edges = {_words(f"{{{edge}}}").strip() for edge in edges}
    behind = [f"{_PARAGRAPH_END}{{{box}}}" for box in boxes]
    behind += [f"{_PARAGRAPH_END}{{[^{number}]: {note}}}" for number, note in enumerate(notes, 1)]
    text = _words("".join([*taken.pieces, *behind, "}"]))
    lines = (_BULLET.sub(lambda match: f"{match[1] or '-'} ", line.strip(" \t")) for line in text.split("\n"))
    text = _BETWEEN_ITEMS.sub(r"\1\n", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n")
    return RichText(text, taken.pictures, taken.comments, sum(count_words(edge) > 0 for edge in edges))


def _words(source: str) -> str:
    text = str(rtf_to_text(source, errors="replace"))  # type: ignore[no-untyped-call]
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")  # emoji come as two halves
    return with_line_feeds(whole.replace("\x00", ""))


def _taken(source: str, most: int) -> _Taken:
    """The source without the brace that ends it and without its pictures, what stands beside the text set apart."""
    taken = _Taken()
    into = taken.pieces
    depth = at = signs = kept = notes = 0
    skipped: int | None = None  # the depth of the group that is passed over
    apart: int | None = None  # the depth of the group that is set apart
    asked: int | None = None  # where the instruction of a field begins, which is passed over
    link, linked = "", 0  # the address of a link, and the depth of the group of its words
    fonts: dict[str, str] | None = None  # the character set of each font, of a table that is passed over
    font: str | None = None
    while (sign := _SIGN.search(source, at)) is not None:
        signs += 1
        before, at = source[at : sign.start()], sign.end()
        size, word, number, ended_line = sign[1], sign[2], sign[3], sign[4]
        if skipped is None:
            into.append(before)
            kept += len(before) + len(sign.group())
        if signs > _MOST_SIGNS or kept > most:
            raise TooMuch
        if size is not None:
            at += int(size)
            if skipped is None:
                into.append("{}")  # or what stands before and behind would be read as one word
            continue
        instead = _PARAGRAPH_END if ended_line else _INSTEAD.get(word, sign.group())
        if sign.group() == "{":
            depth += 1
        elif sign.group() == "}":
            depth -= 1
            if skipped is not None and depth < skipped:
                skipped = None
                if asked is not None:
                    found = _LINK.search(source, asked, sign.start())
                    link, asked = found[1] if found is not None else "", None
                if fonts is not None:
                    into += [f"\\f{name}\\fcharset{charset} x;" for name, charset in fonts.items()]
                    fonts = None
            if linked and depth < linked:
                into.append(f" ({link})")
                kept += len(link)
                link, linked = "", 0
            if apart is not None and depth < apart:
                apart, into = None, taken.pieces
            if depth <= 0:
                return taken
        elif skipped is None and word == "pict":
            taken.pictures += 1
            skipped, instead = depth, ""
        elif skipped is None and word is not None and word.lower() == "fldinst":  # the library reads it in either case
            skipped, asked, instead = depth, at, ""
        elif skipped is None and word == "fldrslt" and link:
            linked = depth
        elif skipped is None and word == "fonttbl":
            into.append(sign.group())
            skipped, fonts = depth, {}
        elif fonts is not None and word == "f":
            font = number
        elif fonts is not None and word == "fcharset" and font is not None and number is not None:
            fonts[font], font = number.lstrip("-"), None
        elif skipped is None and word == "annotation":
            taken.comments += 1
        elif skipped is None and apart is None and word in ("footnote", "shptxt", *_PAGE_EDGES):
            if word == "footnote":
                notes += 1
                into.append(f" [^{notes}]")
            apart, into, instead = depth, [], ""
            taken.groups.append((word, into))
        if skipped is None:
            into.append(instead)
    if skipped is None:
        into.append(source[at:])
        kept += len(source) - at
    if kept > most:
        raise TooMuch
    return taken
