"""Looking around: versions, claims, measures, notes."""

from __future__ import annotations

from bot.discord_ui.actions.arguments import number, two
from bot.discord_ui.panels import draft as draft_panel
from bot.discord_ui.panels import history as history_panel
from bot.discord_ui.panels import lists
from bot.discord_ui.panels import notes as notes_panel
from bot.discord_ui.reply import Later, Press, Reply, Show
from bot.discord_ui.screens import Screens, laid_out
from bot.discord_ui.state import State, read_state, with_claims
from bot.errors import NothingToDo
from bot.essay.essay import Note
from bot.essay.measures.base import counted
from bot.workflow.aside import aside, aside_slowly, read_aside
from bot.workflow.measured import measured


async def history(screens: Screens, press: Press) -> Reply:
    """All versions."""
    return Show(history_panel.history(await _state(screens, press), press.id.number))


async def look(screens: Screens, press: Press) -> Reply:
    """One version, to be read."""
    return await _reading(screens, press, number(press.value) or press.id.number, 0)


async def read(screens: Screens, press: Press) -> Reply:
    """Another page of a version."""
    page, version = two(press.id.argument)
    return await _reading(screens, press, version, page)


async def _reading(screens: Screens, press: Press, version: int, page: int) -> Reply:
    found = await screens.tools.desk.version(press.writer, press.id.subject, version)
    state = await _state(screens, press)
    if state.number == version:
        return await screens.essay(press.writer, press.id.subject, press.place)
    layout = await laid_out(press.writer, found.text)
    return Show(await aside(draft_panel.reading, state, found, page, layout))


async def claims(screens: Screens, press: Press) -> Reply:
    """The claims that the notes do not hold."""
    state = await with_claims(await _state(screens, press))
    size = len(state.version.text) if state.version is not None else 0
    return Show(await read_aside(press.writer, size, history_panel.claims, state, press.id.number))


async def measures(screens: Screens, press: Press) -> Reply:
    """What can be counted in the text."""
    state = await _state(screens, press)
    if state.version is None:
        raise NothingToDo.no_text()
    # Tens of milliseconds for a post: too long for the loop that must acknowledge everybody's clicks.
    found = await aside_slowly(measured, state.version.text, state.structure)
    essay = state.essay
    return Show(history_panel.measures(essay.title, found, press.id.number, essay.id, state.number))


async def notes(screens: Screens, press: Press) -> Reply:
    """The notes."""
    return Show(await aside(notes_panel.listed, await _state(screens, press), press.id.number))


async def note(screens: Screens, press: Press) -> Reply:
    """One note."""
    page, wanted = two(press.id.argument)
    state = await _state(screens, press)
    return Show(await aside(notes_panel.one, state, _note(state, number(press.value) or wanted), page))


async def sort(screens: Screens, press: Press) -> Reply:
    """Lets a model find sections for the notes that have none; their words stay as they are."""
    essay = press.id.subject

    async def ask() -> str:
        handed = await screens.tools.interview.sort(press.writer, essay)
        placed = sum(one.section is not None for one in handed.notes)
        told = f"{placed} of {counted(len(handed.notes), 'note')} found a section."
        return f"{told} {handed.notice}" if handed.notice else told

    async def show(told: str | None, _: bool) -> Show:
        return Show(notes_panel.listed(await _state(screens, press), 0, told))

    return Later(ask, show, "Sorting your notes…", lambda words: lists.waiting(words, essay))


async def leave_out(screens: Screens, press: Press) -> Reply:
    """Leaves a note out, or takes it in again; a text that is nothing but notes follows."""
    out, wanted = two(press.id.argument)
    desk = screens.tools.desk
    await (desk.leave_out if out else desk.take_in)(press.writer, press.id.subject, wanted)
    state = await _state(screens, press)
    text = state.version.text if state.version is not None else None
    notice = None
    if out:
        notice = await still_stands(screens, press, wanted) or None
    elif text is not None and _note(state, wanted).public not in text:
        notice = "The text does not hold it yet: draft again to bring it in."
    return Show(await aside(notes_panel.one, state, _note(state, wanted), 0, notice))


async def still_stands(screens: Screens, press: Press, number: int) -> str:
    """What is to be done where the words of a note that was left out stand in the text all the same; else ""."""
    standing = await screens.tools.desk.still_standing(press.writer, press.id.subject, number)
    return standing.told if standing is not None else ""


async def _state(screens: Screens, press: Press) -> State:
    return await read_state(screens.tools, press.writer, press.id.subject)


def _note(state: State, wanted: int) -> Note:
    found = next((one for one in state.notes if one.number == wanted), None)
    if found is None:
        raise NothingToDo.no_note(wanted)
    return found
