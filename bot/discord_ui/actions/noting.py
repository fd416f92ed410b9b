"""What is done with single notes: edit, move, delete; and all of them as a file."""

from __future__ import annotations

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import number
from bot.discord_ui.cards import FORM_PARTS
from bot.discord_ui.fields import EDIT_CHARACTERS, Apart, apart
from bot.discord_ui.files import read
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain, units
from bot.discord_ui.panels import lists
from bot.discord_ui.panels import notes as notes_panel
from bot.discord_ui.panels.common import TITLE_UNITS
from bot.discord_ui.reply import Ask, File, Hand, Press, Reply, Show
from bot.discord_ui.screens import Screens
from bot.discord_ui.state import State, read_state
from bot.errors import BadInput
from bot.essay.essay import Note
from bot.essay.export import file_name
from bot.essay.note_page import note_page
from bot.workflow.aside import aside
from bot.workflow.desk import NoteChange, fingerprint, joined_sentences


async def edit(screens: Screens, press: Press) -> Reply:
    """The form with a note's text; for one that no form holds, the form for a file."""
    wanted, _ = _which(press)
    state = await _state(screens, press)
    if (note := _find(state, wanted)) is None:
        return await _gone(state, wanted)
    target = Id("essay", "note-edit-save", press.id.subject, press.id.version, _stamped(note))
    name = f"note {note.number}"
    fields = apart(note.text)
    if fields is None:
        return Ask(forms.edit_note_by_file(target, name, units(note.text)))
    return Ask(forms.edit(target, name, fields))


async def edit_save(screens: Screens, press: Press) -> Reply:
    """What was typed, in the note's place; where the note has changed meanwhile, as a note of its own beside it."""
    wanted, seen = _which(press)
    note, notice = _find(await _state(screens, press), wanted), None
    if press.files:
        found = await read(press.files[0])
        text, notice = found.text, found.notice
    elif any(key.startswith("body") for key in press.fields):
        fields = apart(note.text) if note is not None and fingerprint(note.text) == seen else None
        count = len(fields.fields) if fields is not None else FORM_PARTS
        text = (fields or Apart((), ())).together([press.fields.get(f"body{at}", "") for at in range(count)])
    else:
        raise BadInput(f"A note of more than {EDIT_CHARACTERS:,} characters is changed by a file: attach one.")
    change = await screens.tools.desk.edit_note(press.writer, press.id.subject, wanted, text, seen=seen)
    done = "" if change.beside else "Nothing was changed." if change.note == note else f"Note {wanted} is changed."
    return await _shown(screens, press, change, joined_sentences(notice, done))


async def move(screens: Screens, press: Press) -> Reply:
    """A note, under the section that was chosen."""
    wanted, _ = _which(press)
    state = await _state(screens, press)
    if _find(state, wanted) is None:
        return await _gone(state, wanted)
    key = None if press.value == notes_panel.NOWHERE else press.value
    change = await screens.tools.desk.move_note(press.writer, press.id.subject, wanted, key)
    section = state.structure.section(key)
    return await _shown(screens, press, change, f"It is under {section.heading if section else 'no section'} now.")


async def delete(screens: Screens, press: Press) -> Reply:
    """Asks first; then deletes the note as it was when that was asked, and no other."""
    wanted, seen = _which(press)
    state = await _state(screens, press)
    if (note := _find(state, wanted)) is None:
        return await _gone(state, wanted)
    stamp = _stamped(note)
    if not seen:
        return Show(await aside(notes_panel.deleting, state, note, stamp))
    if seen != fingerprint(note.text):
        told = "The note has changed since you were asked, so it was not deleted."
        return Show(await aside(notes_panel.deleting, state, note, stamp, told))
    change = await screens.tools.desk.delete_note(press.writer, press.id.subject, wanted)
    told = f"Note {wanted} is deleted. {change.told}".strip()
    return Show(await aside(notes_panel.listed, await _state(screens, press), 0, told))


async def as_file(screens: Screens, press: Press) -> Reply:
    """All notes as a Markdown file."""
    state = await _state(screens, press)
    page = note_page(state.essay.title, state.structure, state.notes)
    name = file_name(f"{state.essay.title} notes", ".md")
    told = f"The notes of {plain(one_line(state.essay.title, TITLE_UNITS))}, as Markdown."

    async def after() -> None:
        """Nothing depends on it."""

    return Hand(lists.handed(told, name), File(name, page.encode()), after)


async def _shown(screens: Screens, press: Press, change: NoteChange, done: str) -> Show:
    state = await _state(screens, press)
    told = f"{done} {change.told}".strip()
    if change.note is None or (note := _find(state, change.note.number)) is None:
        return Show(await aside(notes_panel.listed, state, 0, told))
    return Show(await aside(notes_panel.one, state, note, 0, told))


async def _gone(state: State, wanted: int) -> Show:
    """No number is given twice, so a note that is not there was deleted."""
    return Show(await aside(notes_panel.listed, state, 0, f"There is no note {wanted} any more; these are the notes."))


def _which(press: Press) -> tuple[int, str]:
    """The number of a note, and the fingerprint of the text that the writer had seen, "" for none."""
    wanted, _, seen = press.id.argument.partition(".")
    return number(wanted), seen


def _stamped(note: Note) -> str:
    return f"{note.number}.{fingerprint(note.text)}"


def _find(state: State, wanted: int) -> Note | None:
    return next((one for one in state.notes if one.number == wanted), None)


async def _state(screens: Screens, press: Press) -> State:
    return await read_state(screens.tools, press.writer, press.id.subject)
