"""Draw docs/pictures/discord-*.svg: what a writer sees in Discord, from the payloads that the bot itself makes.

Run it with ``python docs/pictures/discord_panels.py`` after a change to the panels. The look is a sober likeness;
nothing is fetched, and the words are set in whatever plain font the reader's system has.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from bot.bootstrap import load_structures
from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.components import to_view
from bot.discord_ui.panels.cards import Card
from bot.discord_ui.panels.critiques import critique_card
from bot.discord_ui.panels.drafts import DraftPosition, draft_card
from bot.discord_ui.panels.essay_state import EssayState
from bot.discord_ui.panels.interview import question_card
from bot.discord_ui.panels.start import start_card
from bot.essay.claims import find_unsupported_claims
from bot.essay.critique import Category, Critique, Finding, Severity
from bot.essay.essay import Essay, Note, Origin, Question, QuestionState, Version, VersionInfo
from bot.essay.export import count_body_words
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.services.critiques import StoredCritique

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STRUCTURE = load_structures()["career-switch"]
SERVER = InteractionContext(is_bot_dm=False, guild_id=1)
NOTES = (
    "Tuesday, 7 May 2024: I wrote release notes for a feature I had not touched. My title said Senior Engineer.",
    "The export service. I rebuilt it in 2019; errors went from 15% to 2%. That I would do again.",
    "Pay went from 61,000 to 48,500. I answer to one person now, and she answers the phone.",
)
DRAFT = """## The contradiction

On Tuesday, 7 May 2024 I wrote release notes for a feature I had not touched. My title said Senior Engineer.

## What I missed

I rebuilt the export service in 2019, and errors went from 15% to 2%. That I would do again. By 2023 nobody asked me \
to build anything.

## What I gave up and what I gained

My pay went from 61,000 to 48,500. I answer to one person now, and she answers the phone. It was a very big change.

[NEED: Whom did you tell not to do what you did?]
"""
VAGUE = "It was a very big change."

WIDTH, PADDING, BODY = 640, 16, 552  # pixels: the picture, its margin, the text of a card
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
BACK, PANEL, WORDS, DIM, LINE = "#313338", "#2b2d31", "#dbdee1", "#949ba4", "#4e5058"
BUTTONS = {1: "#5865f2", 2: "#4e5058", 4: "#da373c"}
# Widths of Helvetica in thousandths of its size (Adobe's font metrics), from the space on.
_WIDTHS = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 "
    "278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 "
    "611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 "
    "556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
WIDTHS = {chr(32 + place): int(width) for place, width in enumerate(_WIDTHS.split())}


@dataclass(frozen=True, slots=True)
class Style:
    """How a line is set: its size and the height it takes, in pixels."""

    size: float
    height: float
    colour: str = WORDS
    bold: bool = False


STYLES = {
    "# ": Style(24, 38, bold=True),
    "### ": Style(18, 30, bold=True),
    "## ": Style(20, 34, bold=True),
    "-# ": Style(12.5, 20, DIM),
}
PLAIN = Style(15, 22)


def states() -> Mapping[str, Card]:
    """Return the panels to be drawn, by name."""
    essay = Essay("sample", "sample", STRUCTURE.key, STRUCTURE.name, None, None, NOW, NOW)
    empty = EssayState(
        essay=essay,
        notes=(),
        questions=(),
        version=None,
        versions=(),
        job=None,
        leftover_jobs=(),
        critique=None,
        pending_messages=(),
        dm_context=None,
        check=None,
        section_states={},
        suggested_titles=(),
        voice=(),
        structure=STRUCTURE,
        running_job=None,
        has_model=True,
    )
    keys = ("the-contradiction", "what-i-missed", "gave-up-and-gained")
    notes = tuple(Note(number, text, None, key) for number, (text, key) in enumerate(zip(NOTES, keys, strict=True), 1))
    question = Question(3, "the-label", STRUCTURE.sections[2].questions[0], QuestionState.OPEN)
    asking = replace(empty, essay=replace(essay, title="The rain"), notes=notes[:2], questions=(question,))
    info = VersionInfo(2, 1, Origin.DRAFTED, count_body_words(DRAFT), 3, NOW, model="a model")
    version = Version(info, DRAFT)
    versions = (replace(info, number=1, parent=None), info)
    claims = find_unsupported_claims(DRAFT, NOTES)
    written = replace(
        asking, essay=replace(asking.essay, head=2), notes=notes, version=version, versions=versions, claims=claims
    )
    at = DRAFT.index(VAGUE)
    finding = Finding(
        VAGUE,
        Span(at, at + len(VAGUE)),
        Category.VAGUE,
        Severity.GRAVE,
        "The reader has just been given two exact things, and is then told that they were big.",
        "Those two sentences are the whole change.",
        section=next(part.title for part in reversed(split_sections(DRAFT)) if part.start < at),
    )
    others = (finding, replace(finding, span=Span(0, 1)))
    found = Critique("Cut the sentence that only says it was big.", others, (), (), 1, 0, "a model")
    about = StoredCritique("sample", "sample", "sample", 2, STRUCTURE.key, "The rain", DRAFT, True, found, {}, NOW)
    return {
        "first": start_card(empty, load_structures(), SERVER),
        "interview": question_card(asking, question),
        "draft": draft_card(written, version, DraftPosition(0)),
        "finding": critique_card(about, found, STRUCTURE, 1, 2, applicable=True),
    }


class Picture:
    """One message, drawn from top to bottom."""

    def __init__(self) -> None:
        self._drawn: list[str] = []
        self._y = float(PADDING)

    def message(self, components: Iterable[Mapping[str, Any]]) -> str:
        """Draw a message with these components, seen by its owner alone, as SVG."""
        self._header()
        for component in components:
            top, before = self._y, len(self._drawn)
            self._y += PADDING
            for part in component["components"]:
                self._part(part)
            self._y += PADDING - 8
            accent = f"#{component['accent_color']:06x}"
            height = self._y - top
            box = f'<rect x="{PADDING + 40}" y="{top}" width="{BODY + 24}" height="{height}" rx="8" fill="{PANEL}"/>'
            bar = f'<rect x="{PADDING + 40}" y="{top}" width="4" height="{height}" rx="2" fill="{accent}"/>'
            self._drawn[before:before] = [box, bar]
        self._y += 8
        self._text(PADDING + 40, "Only you can see this · Dismiss message", Style(12.5, 20, DIM))
        height = self._y + PADDING - 8
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" '
            f'viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONT}">'
        )
        return "\n".join([head, f'<rect width="100%" height="100%" fill="{BACK}"/>', *self._drawn, "</svg>\n"])

    def _header(self) -> None:
        x, y = PADDING, self._y
        self._drawn.append(f'<circle cx="{x + 16}" cy="{y + 16}" r="16" fill="#4f6d7a"/>')
        self._drawn.append(f'<text x="{x + 16}" y="{y + 22}" font-size="16" fill="#fff" text-anchor="middle">E</text>')
        name = "Career Essay Bot"
        self._drawn.append(
            f'<text x="{x + 40}" y="{y + 14}" font-size="15" font-weight="bold" fill="#f2f3f5">{name}</text>'
        )
        tag = x + 40 + _width(name, 15) + 8
        self._drawn.append(f'<rect x="{tag}" y="{y + 1}" width="32" height="16" rx="3" fill="#5865f2"/>')
        self._drawn.append(
            f'<text x="{tag + 16}" y="{y + 13}" font-size="10.5" fill="#fff" text-anchor="middle">APP</text>'
        )
        self._y += 26

    def _part(self, part: Mapping[str, Any]) -> None:
        match part["type"]:
            case 10:
                self._markdown(part["content"])
            case 14:
                x = PADDING + 56
                self._drawn.append(
                    f'<line x1="{x}" y1="{self._y}" x2="{x + BODY - 8}" y2="{self._y}" stroke="{LINE}"/>'
                )
                self._y += 10
            case 1 if part["components"][0]["type"] == 3:
                self._menu(part["components"][0])
            case 1:
                self._buttons(part["components"])

    def _markdown(self, content: str) -> None:
        for line in content.split("\n"):
            style, left, words = PLAIN, PADDING + 56, line
            for mark, found in STYLES.items():
                if line.startswith(mark):
                    style, words = found, line.removeprefix(mark)
            if line.startswith("> "):
                words, left = line.removeprefix("> "), left + 14
            top = self._y
            if not words.strip():
                self._y += 8
                continue
            for piece in _wrapped(words, style, BODY - 16 - (left - PADDING - 56)):
                self._text(left, piece, style)
            if line.startswith("> "):
                bar = f'<rect x="{left - 14}" y="{top}" width="4" height="{self._y - top}" rx="2" fill="{LINE}"/>'
                self._drawn.append(bar)
        self._y += 6

    def _text(self, x: float, words: str, style: Style) -> None:
        spans, bold = [], style.bold
        for number, run in enumerate(words.replace("\\", "").split("**")):
            heavy = bold or number % 2 == 1
            weight = ' font-weight="bold"' if heavy else ""
            spans.append(f"<tspan{weight}>{escape(run)}</tspan>")
        y = self._y + style.height * 0.72
        self._drawn.append(
            f'<text x="{x}" y="{y:.1f}" font-size="{style.size}" fill="{style.colour}" xml:space="preserve">'
            f"{''.join(spans)}</text>"
        )
        self._y += style.height

    def _buttons(self, buttons: Iterable[Mapping[str, Any]]) -> None:
        x = float(PADDING + 56)
        for button in buttons:
            width = _width(button["label"], 14) + 32
            faded = ' opacity="0.5"' if button.get("disabled") else ""
            self._drawn.append(
                f'<g{faded}><rect x="{x}" y="{self._y}" width="{width:.0f}" height="34" rx="8" '
                f'fill="{BUTTONS[button["style"]]}"/><text x="{x + width / 2:.0f}" y="{self._y + 22}" font-size="14" '
                f'fill="#fff" text-anchor="middle">{escape(button["label"])}</text></g>'
            )
            x += width + 8
        self._y += 42

    def _menu(self, menu: Mapping[str, Any]) -> None:
        x = PADDING + 56
        chosen = next((option["label"] for option in menu["options"] if option.get("default")), None)
        self._drawn.append(
            f'<rect x="{x}" y="{self._y}" width="400" height="38" rx="8" fill="#1e1f22" stroke="{LINE}"/>'
            f'<text x="{x + 12}" y="{self._y + 24}" font-size="15" fill="{WORDS if chosen else DIM}">'
            f"{escape(chosen or menu['placeholder'])}</text>"
            f'<path d="M {x + 374} {self._y + 16} l 6 6 l 6 -6" stroke="{DIM}" stroke-width="2" fill="none"/>'
        )
        self._y += 46


def _width(text: str, size: float) -> float:
    """Return how wide the text is in pixels at most: other plain fonts are up to a fifth wider than Helvetica."""
    return sum(WIDTHS.get(char, 600) for char in text) * size / 1000 * 1.2


def _wrapped(words: str, style: Style, room: float) -> Iterable[str]:
    """Break the words into lines that fit, closing and opening again a bold run in which a line ends."""
    line = ""
    for word in words.split(" "):
        wanted = f"{line} {word}" if line else word
        if line and _width(wanted.replace("**", "").replace("\\", ""), style.size) > room:
            open_here = line.count("**") % 2 == 1
            yield line + ("**" if open_here else "")
            line = ("**" if open_here else "") + word
        else:
            line = wanted
    yield line


async def main() -> None:
    """Write the pictures beside this file."""
    for name, card in states().items():
        components: list[Mapping[str, Any]] = to_view(card).to_components()  # type: ignore[no-untyped-call]
        (HERE / f"discord-{name}.svg").write_text(Picture().message(components), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(main())
