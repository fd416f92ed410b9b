"""Draw the shape of an essay: four figures as SVG, for the report's page, and all of them as one PNG."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files

from markupsafe import Markup, escape

from bot.essay.shape import EVIDENCE, PLACE_KINDS, EssayShape, SectionShape
from bot.essay.text.words import count_noun

WIDTH = 340  # of a figure, in units that are pixels on a phone
_MAX_SECTIONS = 24  # drawn; the table holds all
_ROW = 36
_LABEL_CHARACTERS = 44  # of a heading above its bar; a letter twice as wide counts twice
_NAME_CHARACTERS = 20  # of a heading beside its row
_MARGIN = 16  # around the figures of the picture
_TITLE_HEIGHT = 26
_ZOOM = 2.0  # the picture is 1,440 pixels wide: sharp on a phone, and some 100 KB
_FONT = "Lato"
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2: Char

# Light only: Discord shows a picture on either of its themes.
_PICTURE_STYLE = """
text { font-family: Lato, sans-serif; font-size: 12px; fill: #1d2429; }
.dim { fill: #55626b; } text.small { font-size: 11px; } .title { font-size: 16px; }
.bar { fill: #4f6d7a; } .over { fill: #a8431f; } .band { fill: none; stroke: #55626b; stroke-width: 1; }
.line { stroke: #c3ccd2; stroke-width: 1; } .track { fill: #e9edf0; } .cell { fill: #4f6d7a; }
.place { fill: #a8431f; stroke: #ffffff; stroke-width: 1; }
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it shows in a sentence, its drawing, and its figures as a table with a heading for each column."""

    key: str
    title: str
    description: str
    svg: Markup
    height: int
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def draw_figures(shape: EssayShape) -> tuple[Figure, ...]:
    """Return the figures of a shape: lengths, evidence, rhythm, and places if there are any."""
    drawn = [_draw_lengths(shape), _draw_evidence(shape)]
    if shape.sentence_words:
        drawn.append(_draw_rhythm(shape))
    if shape.places:
        drawn.append(_draw_places(shape))
    return tuple(drawn)


def draw_picture(shape: EssayShape, title: str) -> bytes:
    """Return the figures in two columns as a PNG. It is some 100 KB, and takes some 50 ms."""
    import resvg_py  # some 3 MB, needed by nothing else

    columns: list[list[str]] = [[], []]
    heights = [0, 0]
    for figure in draw_figures(shape):
        at = heights.index(min(heights))
        x = _MARGIN + at * (WIDTH + 2 * _MARGIN)
        y = 2 * _MARGIN + _TITLE_HEIGHT + heights[at]
        heading = _tag("text", figure.title, x=x, y=y + 14, class_="title")
        drawing = _tag("svg", figure.svg, x=x, y=y + _TITLE_HEIGHT, width=WIDTH, height=figure.height)
        columns[at].append(heading + drawing)
        heights[at] += _TITLE_HEIGHT + figure.height + 2 * _MARGIN
    width, height = 2 * WIDTH + 4 * _MARGIN, 2 * _MARGIN + _TITLE_HEIGHT + max(heights)
    content = Markup("").join(
        (
            _tag("style", _PICTURE_STYLE),
            _tag("text", _shorten(title, 80), x=_MARGIN, y=_MARGIN + 14, class_="title"),
            *columns[0],
            *columns[1],
        )
    )
    svg = _tag("svg", content, xmlns="http://www.w3.org/2000/svg", width=width, height=height)
    with as_file(files("font_lato") / "files" / "Lato-Regular.ttf") as font:
        return bytes(
            resvg_py.svg_to_bytes(
                svg_string=str(svg),
                background="#ffffff",
                zoom=_ZOOM,
                font_files=[str(font)],
                font_family=_FONT,
                sans_serif_family=_FONT,
            )
        )


def _draw_lengths(shape: EssayShape) -> Figure:
    shown = shape.sections[:_MAX_SECTIONS]
    most = max((max(one.words, one.budget.high if one.budget else 0) for one in shown), default=0) or 1
    drawn: list[Markup] = []
    for number, section in enumerate(shown):
        y = number * _ROW
        drawn.append(_tag("text", _shorten(section.heading, _LABEL_CHARACTERS), x=0, y=y + 12))
        drawn.append(_tag("rect", x=0, y=y + 17, width=WIDTH, height=12, class_="track"))
        width = section.words / most * WIDTH
        if width:
            is_outside = section.budget is not None and section.words not in section.budget
            drawn.append(_tag("rect", x=0, y=y + 17, width=width, height=12, class_="over" if is_outside else "bar"))
        if section.budget is not None:
            low, high = (at / most * (WIDTH - 1) for at in (section.budget.low, section.budget.high))
            drawn.append(_tag("rect", x=low + 0.5, y=y + 15.5, width=max(1.0, high - low), height=15, class_="band"))
        said = f"{section.words:,} of {section.budget}" if section.budget else f"{section.words:,}"
        drawn.append(_tag("text", said, x=WIDTH, y=y + 12, class_="dim", text_anchor="end"))
    height = len(shown) * _ROW
    rows = tuple((one.heading, f"{one.words:,}", str(one.budget or "none")) for one in shape.sections)
    outside = sum(one.budget is not None and one.words not in one.budget for one in shape.sections)
    said = f"{shape.length} in {count_noun(len(shape.sections), 'section')}"
    frames = "; a frame is a section's budget" if shape.budget is not None else ""
    told = f", {outside} of them outside of their budgets" if outside else ""
    return _figure(
        "length",
        "Words by section",
        f"{said}{told}{frames}.{_left_out(shape.sections)}",
        drawn,
        height,
        ("Section", "Words", "Budget"),
        rows,
    )


def _draw_evidence(shape: EssayShape) -> Figure:
    shown = shape.sections[:_MAX_SECTIONS]
    left, step = 140, (WIDTH - 140) / len(EVIDENCE)
    drawn = [
        _tag("text", name, x=left + (column + 0.5) * step, y=12, class_="dim small", text_anchor="middle")
        for column, name in enumerate(("numbers", "names", "dates", "spoken"))
    ]
    most = [max((one.evidence[column] for one in shown), default=0) or 1 for column in range(len(EVIDENCE))]
    for number, section in enumerate(shown):
        y = 20 + number * 24
        drawn.append(_tag("text", _shorten(section.heading, _NAME_CHARACTERS), x=0, y=y + 15))
        for column, count in enumerate(section.evidence):
            x, part = left + column * step, count / most[column]
            drawn.append(_tag("rect", x=x + 1, y=y, width=step - 2, height=22, class_="track"))
            if count:
                drawn.append(_tag("rect", x=x + 1, y=y + 19, width=(step - 2) * part, height=3, class_="cell"))
            drawn.append(
                _tag(
                    "text",
                    f"{count:,}",
                    x=x + step / 2,
                    y=y + 14,
                    class_="" if count else "dim",
                    text_anchor="middle",
                )
            )
    rows = tuple((one.heading, *(f"{count:,}" for count in one.evidence)) for one in shape.sections)
    bare = sum(not any(one.evidence) for one in shape.sections if one.words)
    told = f" {count_noun(bare, 'section')} without any." if bare else ""
    return _figure(
        "evidence",
        "What could be checked",
        f"{shape.evidence}{told} Found by letters, as far as those tell.{_left_out(shape.sections)}",
        drawn,
        20 + len(shown) * 24,
        ("Section", *(f"{name.capitalize()}s" for name in EVIDENCE)),
        rows,
    )


def _draw_rhythm(shape: EssayShape) -> Figure:
    lengths, height = shape.sentence_words, 90
    most = max(lengths) or 1
    step = WIDTH / len(lengths)
    bars = " ".join(
        f"M{number * step:.2f} {height} V{height - length / most * (height - 6):.2f} "
        f"H{(number + 1) * step - min(1.0, step / 4):.2f} V{height} Z"
        for number, length in enumerate(lengths)
    )
    mean = height - shape.mean_sentence / most * (height - 6)
    drawn = [
        _tag("path", d=bars, class_="bar"),
        _tag("line", x1=0, x2=WIDTH, y1=mean, y2=mean, class_="line"),
        _tag("text", f"the longest: {most} words", x=0, y=height + 16, class_="dim"),
        _tag("text", f"the line: {shape.mean_sentence:.0f}", x=WIDTH, y=height + 16, class_="dim", text_anchor="end"),
    ]
    bounds = ((1, 5), (6, 10), (11, 15), (16, 20), (21, 30), (31, 10**9))
    rows = tuple(
        (f"{low} to {high} words" if high < 10**9 else f"{low} words and more", f"{count:,}")
        for low, high in bounds
        if (count := sum(low <= length <= high for length in lengths))
    )
    return _figure("rhythm", "Sentence by sentence", shape.rhythm, drawn, height + 20, ("Length", "Sentences"), rows)


def _draw_places(shape: EssayShape) -> Figure:
    kinds = [kind for kind in PLACE_KINDS if shape.count_places(kind)]
    left = 122
    width = WIDTH - left - 8
    drawn: list[Markup] = []
    height = len(kinds) * 26 + 2
    for at in shape.section_starts:
        x = left + at * width
        drawn.append(_tag("line", x1=x, x2=x, y1=0, y2=height, class_="line"))
    for row, kind in enumerate(kinds):
        y = row * 26 + 13
        drawn.append(_tag("text", f"{kind} {shape.count_places(kind)}", x=0, y=y + 4))
        drawn.append(_tag("line", x1=left, x2=left + width, y1=y, y2=y, class_="line"))
        drawn.extend(
            _tag("path", d=_SIGNS[kind](left + place.at * width, y), class_="place")
            for place in shape.places
            if place.kind == kind
        )
    rows = tuple((kind, f"{shape.count_places(kind):,}") for kind in kinds)
    by_section = tuple((one.heading, f"{one.findings:,}") for one in shape.sections if one.findings)
    drawn.append(_tag("text", "from the first word to the last", x=left, y=height + 14, class_="dim"))
    return _figure(
        "places",
        "Findings by place",
        f"{shape.findings} An upright line begins a section.",
        drawn,
        height + 20,
        ("Kind or section", "Findings"),
        rows + by_section,
    )


_SIGNS: Mapping[str, Callable[[float, float], str]] = {
    "grave": lambda x, y: f"M{x:.1f} {y - 8:.1f} l7 13 h-14 Z",
    "serious": lambda x, y: f"M{x:.1f} {y - 7:.1f} l7 7 l-7 7 l-7 -7 Z",
    "minor": lambda x, y: f"M{x - 5:.1f} {y:.1f} a5 5 0 1 0 10 0 a5 5 0 1 0 -10 0 Z",
    "not in the notes": lambda x, y: f"M{x - 5:.1f} {y - 5:.1f} h10 v10 h-10 Z",
}
"""A shape for each kind of place, so that no colour is needed to tell them apart."""


def _figure(
    key: str,
    title: str,
    description: str,
    drawn: Sequence[Markup],
    height: int,
    headings: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
) -> Figure:
    return Figure(key, title, description, Markup("").join(drawn), height, headings, rows)


def _left_out(sections: Sequence[SectionShape]) -> str:
    more = len(sections) - _MAX_SECTIONS
    return f" {count_noun(more, 'section')} more in the table." if more > 0 else ""


def _tag(name: str, content: str = "", /, **attributes: object) -> Markup:
    """Return an SVG element. A trailing underscore is cut off a name, any other becomes a hyphen."""
    written = Markup("").join(
        Markup(' {}="{}"').format(
            key.rstrip("_").replace("_", "-"), f"{value:.4g}" if isinstance(value, float) else value
        )
        for key, value in attributes.items()
        if value != ""
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, escape(content))


def _shorten(text: str, width: int) -> str:
    """Return the text on one line, cut to a width in letters; those of East Asian scripts are two wide.

    What XML does not allow, such as control characters, becomes U+FFFD.
    """
    line = _NO_XML.sub("\ufffd", " ".join(text.split()))
    total = 0
    for index, char in enumerate(line):
        total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
        if total > width:
            return line[: max(1, index - 1)].rstrip() + "…"
    return line
