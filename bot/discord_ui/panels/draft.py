"""The text, a page at a time, with everything that can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from bot.discord_ui import pages
from bot.discord_ui.cards import Button, Card, CardPart, Menu, Option, Rule, Text, Tone, rows
from bot.discord_ui.forms import section_options
from bot.discord_ui.ids import Id
from bot.discord_ui.panels import endings
from bot.discord_ui.panels.common import counted, heading, notices, press, small, turning
from bot.discord_ui.state import State
from bot.essay.blind_spots import blind_spots
from bot.essay.essay import Origin, Version
from bot.essay.left_out import private_count
from bot.essay.text.gaps import gaps
from bot.essay.text.sections import Part
from bot.essay.text.spans import Span
from bot.workflow.desk import editable


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a text a writer is: the page and the section (the index that Desk.edit_section takes), None for none
    chosen yet."""

    page: int | None = None
    section: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a text: which one it is, of how many, what stands on it, and the section that is chosen there."""

    page: int
    pages: int
    text: str
    sections: tuple[tuple[int, Part], ...]
    section: int


@dataclass(frozen=True, slots=True)
class Layout:
    """The pages of a text and the sections that can be edited: the same for every page of it that is looked at."""

    pages: tuple[Span, ...]
    sections: tuple[tuple[int, Part], ...]


@lru_cache(maxsize=512)  # as many texts as have their claims remembered; state.py
def lay_out(text: str) -> Layout:
    """The layout of a text. Of a long one it takes up to a second."""
    return Layout(pages.pages(text), editable(text))


def leaf(text: str, spot: Spot, layout: Layout | None = None) -> Leaf:
    """The page for a spot, however wrong its numbers are: a page past the end is the last one.

    A section without a page leads to the page it begins on; a page without a section to the first that begins there.
    """
    layout = layout if layout is not None else lay_out(text)
    found, sections = layout.pages, layout.sections
    wanted = next((part for index, part in sections if index == spot.section), None)
    if spot.page is not None:
        page = min(spot.page, max(0, len(found) - 1))
    else:
        page = pages.page_of(found, wanted.start) if wanted else 0
    section = spot.section if wanted is not None and spot.section is not None else None
    if section is None:
        section = _section_on(found[page], sections) if found else 0
    shown = pages.shown(text, found[page]) if found else "The text is empty."
    return Leaf(page, max(1, len(found)), shown, sections, section)


def _section_on(page: Span, sections: tuple[tuple[int, Part], ...]) -> int:
    """The first section that begins on the page, else the one that goes on there."""
    begins = [index for index, part in sections if page.start <= part.start < page.end]
    before = [index for index, part in sections if part.start < page.start]
    return begins[0] if begins else before[-1] if before else 0


def draft(
    state: State,
    version: Version,
    spot: Spot,
    notice: str | None = None,
    beside: int | None = None,
    layout: Layout | None = None,
) -> Card:
    """The current version. ``beside`` is a version that was made from an older one and waits to be looked at."""
    essay, number = state.essay, state.number
    here = leaf(version.text, spot, layout)
    parts: list[CardPart] = [*notices(notice), heading(essay.title, "#"), Text(here.text), Rule()]
    parts.append(_facts(state, version, here))
    if beside is not None:
        parts.extend(
            rows(
                press(f"Show version {beside}", "look", essay.id, number, beside, tone=Tone.MAIN),
                press("Keep this one", "open", essay.id, number),
            )
        )
    if not version.info.complete:
        parts.extend(_unfinished(state))
    parts.extend(endings.ways(state))
    parts.extend(turning("page", essay.id, number, here.page, here.pages))
    if len(here.sections) > 1:
        parts.append(_sections(state, here))
    chosen = str(here.section)
    parts.extend(
        rows(
            press("Revise", "revise", essay.id, number, chosen, tone=Tone.MAIN) if state.with_model else None,
            press("Edit", "edit", essay.id, number, chosen),
            press("Critique", "critique", essay.id, number)
            if state.with_model
            else press("Measure", "measures", essay.id, number),
            press("Export", "export", essay.id, number),
        )
    )
    parts.append(_more(state))
    return Card(tuple(parts))


def _facts(state: State, version: Version, here: Leaf) -> Text:
    claims, missing = len(state.claims or ()), len(gaps(version.text))
    private = private_count(state.notes)
    return small(
        counted(version.info.words, "word"),
        f"version {version.info.number}",
        f"{counted(claims, 'claim')} your notes do not hold" if claims else None,
        "its claims are still being checked: “More” shows them" if state.claims is None else None,
        "“Unsupported claims” tells what cannot be seen in its language" if _is_half_seen(state, version) else None,
        f"{counted(missing, 'gap')} marked NEED" if missing else None,
        f"{counted(private, 'private passage')} not in it" if private else None,
        f"{counted(state.new_notes, 'newer note')} not in it" if state.new_notes else None,
        f"page {here.page + 1} of {here.pages}" if here.pages > 1 else None,
        "unfinished" if not version.info.complete else None,
        f"version {state.beside}, written last, waits beside it: More, History" if state.beside is not None else None,
        "AI-written from your notes" if state.by_model else "your own words, no model wrote any of it",
    )


def _is_half_seen(state: State, version: Version) -> bool:
    """Whether claims were looked for in a model's text that is in a language in which not all of them can be seen."""
    return state.by_model and state.claims is not None and bool(blind_spots(version.text))


def _unfinished(state: State) -> tuple[CardPart, ...]:
    essay, number = state.essay, state.number
    return rows(
        press("Continue", "finish", essay.id, number, tone=Tone.MAIN) if state.with_model else None,
        press("Start again", "write", essay.id, number) if state.with_model else None,
        press("Keep as it is", "keep", essay.id, number),
        press("Discard", "discard", essay.id, number),
    )


def _sections(state: State, here: Leaf) -> Menu:
    options = section_options(here.sections, here.section)
    return Menu(str(Id("essay", "section", state.essay.id, state.number)), "Go to a section", options)


def _more(state: State) -> Menu:
    history = state.history
    again = "Draft again" if state.with_model else "Add the newer notes"
    told = "from all notes; this version stays" if state.with_model else "each in its section, unchanged"
    offered = [
        Option("Undo", "undo", f"back to version {history.undo}") if history.undo is not None else None,
        Option("Redo", "redo", f"forward to version {history.redo}") if history.redo is not None else None,
        Option("History", "history", f"{counted(len(state.versions), 'version')}, none is ever lost"),
        Option("Unsupported claims", "claims", "numbers, dates, names, quotations, addresses not in your notes"),
        Option("Measures", "measures", "what can be counted in the text"),
        Option("Last critique", "critique-last", "where you left it") if state.critique else None,
        endings.kept(state),
        Option("Notes", "notes", f"{counted(len(state.notes), 'note')}; leave one out, or take it in again"),
        Option("Answer questions", "interview", "more material for the text"),
        Option(again, "write", told) if state.with_model or state.new_notes else None,
        Option("Rename", "rename", "give it another title"),
        Option("New essay", "new", "this one stays in /essays"),
    ]
    return Menu(
        str(Id("essay", "more", state.essay.id, state.number)),
        "More",
        tuple(option for option in offered if option is not None),
    )


def reading(state: State, version: Version, page: int, layout: Layout | None = None) -> Card:
    """A version that is not the current one, to be read and, if wanted, gone back to."""
    essay = state.essay
    here = leaf(version.text, Spot(page), layout)
    number = version.info.number
    parts: list[CardPart] = [
        heading(essay.title, "#"),
        Text(f"**Version {number}**, {said(version.info.origin)}; the current one is version {state.number}."),
        Text(here.text),
        Rule(),
        small(counted(version.info.words, "word"), f"page {here.page + 1} of {here.pages}" if here.pages > 1 else None),
        *turning("read", essay.id, state.number, here.page, here.pages, str(number)),
    ]
    back: Button = press("Back to the text", "open", essay.id, state.number)
    parts.extend(
        rows(
            press("Make it current", "go", essay.id, state.number, number, tone=Tone.MAIN),
            press("History", "history", essay.id, state.number),
            back,
        )
    )
    return Card(tuple(parts))


_SAID = {
    Origin.ASSEMBLED: "set from your notes",
    Origin.DRAFTED: "drafted by a model",
    Origin.REVISED: "revised by a model",
    Origin.EDITED: "edited by you",
    Origin.SUGGESTION: "with a suggestion applied",
    Origin.IMPORTED: "pasted by you",
}


def said(origin: Origin) -> str:
    """How a version came to be, in words."""
    return _SAID[origin]
