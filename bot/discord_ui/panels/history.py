"""The versions, the claims that nothing supports, and what was counted."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.cards import MENU_OPTIONS, Card, CardPart, Menu, Option, Text, rows
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.panels.common import counted, heading, press, quoted, small, turning
from bot.discord_ui.panels.draft import said
from bot.discord_ui.state import State
from bot.essay.blind_spots import assurance, unseen
from bot.essay.essay import VersionInfo
from bot.essay.measures import Mark
from bot.workflow.measured import Measured

_CLAIMS = 6  # on a page: each with its sentence, as much as a page of text
_MEASURES = 5
_PLACES = 6  # single places worth a look, below the measures


def history(state: State, page: int) -> Card:
    """All versions, the newest first, with a menu to read one."""
    essay, number = state.essay, state.number
    newest = tuple(reversed(state.versions))
    count = max(1, -(-len(newest) // MENU_OPTIONS))
    page = min(page, count - 1)
    here = newest[page * MENU_OPTIONS : (page + 1) * MENU_OPTIONS]
    lines = "\n".join(_line(info, current=info.number == essay.head) for info in here)
    parts: list[CardPart] = [heading(essay.title), Text(lines or "There is no version yet.")]
    if here:
        options = tuple(
            Option(f"Version {info.number}", str(info.number), f"{said(info.origin)}, {counted(info.words, 'word')}")
            for info in here
        )
        parts.append(Menu(str(Id("essay", "look", essay.id, number)), "Read a version", options))
    parts.append(small(counted(len(newest), "version"), "going back loses none of them"))
    parts.extend(turning("history", essay.id, number, page, count))
    parts.extend(rows(press("Back", "open", essay.id, number)))
    return Card(tuple(parts))


def _line(info: VersionInfo, *, current: bool) -> str:
    of = f" from {info.parent}" if info.parent is not None else ""
    unfinished = "" if info.complete else ", unfinished"
    told = f"{said(info.origin)}{of}, {counted(info.words, 'word')}, {info.created:%d %b %H:%M} UTC{unfinished}"
    return f"**{info.number}** {told}{' · **current**' if current else ''}"


def claims(state: State, page: int) -> Card:
    """What the text claims and no note holds, each with its sentence."""
    essay, number = state.essay, state.number
    text = state.version.text if state.version else ""
    found = state.claims or ()
    count = max(1, -(-len(found) // _CLAIMS))
    page = min(page, count - 1)
    parts: list[CardPart] = [heading("Unsupported claims")]
    if not state.notes:
        parts.append(Text("There are no notes to hold the text against: paste the material it was made from."))
    elif not found:
        parts.append(Text(assurance(text)))
    else:
        parts.append(Text("Not found in your notes. Check each; take it out, or add a note that holds it."))
        parts.extend(
            Text(f"**{plain(one_line(claim.name, 130))}**\n{quoted(one_line(claim.sentence.of(text), 320))}")
            for claim in found[page * _CLAIMS : (page + 1) * _CLAIMS]
        )
        parts.extend([small(told)] if (told := unseen(text)) else [])
        parts.append(small(counted(len(found), "claim"), f"page {page + 1} of {count}"))
    parts.extend(turning("claims", essay.id, number, page, count))
    parts.extend(rows(press("Paste notes", "paste", essay.id, number), press("Back", "open", essay.id, number)))
    return Card(tuple(parts))


def measures(
    title: str, found: Measured, page: int, subject: str | None, version: int, notice: str | None = None
) -> Card:
    """What was counted in a text; ``subject`` is its essay, None for a text that is stored nowhere.

    An essay's measures come by pages. Those of a text that is stored nowhere, which no button could lead back to, come
    all at once, without examples where there are many.
    """
    raised = found.raised
    count = max(1, -(-len(raised) // _MEASURES)) if subject else 1
    page = min(page, count - 1)
    here = raised[page * _MEASURES : (page + 1) * _MEASURES] if subject else raised
    brief = len(here) > _MEASURES
    parts: list[CardPart] = [heading(title)]
    if notice:
        parts.append(Text(notice))
    parts.append(
        Text(f"{counted(found.words, 'word')} apart from headings, {counted(len(found.sections), 'section')}.")
    )
    for one in here:
        examples = (plain(one_line(mark.span.of(found.text).lstrip("# "), 120)) for mark in one.telling)
        example = None if brief else next(examples, None)
        seen = f"\n> {example}" if example else ""
        parts.append(
            Text(
                f"**{plain(one.name)}**: {plain(one_line(one.summary, 100 if brief else 160))}\n"
                f"{plain(one_line(one.advice, 100 if brief else 200))}{seen}"
            )
        )
    if not_taken := found.not_taken:
        parts.append(Text(not_taken))
    if not raised:
        parts.append(Text("No measure has anything to say about the whole."))
    if page == count - 1 and (places := found.worth_a_look):
        parts.append(Text(_worth_a_look(places, found.text)))
    quiet = sum(one.taken and not one.raised for one in found.measures)
    parts.append(
        small(
            f"{counted(len(raised), 'measure')} raised, {quiet} quiet",
            f"page {page + 1} of {count}" if count > 1 else None,
        )
    )
    if subject:
        parts.extend(turning("measures", subject, version, page, count))
        parts.extend(rows(press("Back", "open", subject, version)))
    return Card(tuple(parts))


def _worth_a_look(places: Sequence[Mark], text: str) -> str:
    lines = [
        f"> {plain(one_line(place.span.of(text), 60))} ({plain(one_line(place.note, 50))})"
        for place in places[:_PLACES]
    ]
    more = f"\n-# and {len(places) - _PLACES} more" if len(places) > _PLACES else ""
    return "Places worth a look:\n" + "\n".join(lines) + more
