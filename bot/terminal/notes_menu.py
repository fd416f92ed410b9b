"""What a writer does with notes in the menu: list, show, edit, move, delete them, leave them out and take them in."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import BadInput, NoSuchPlace, NothingToDo
from bot.essay.essay import Note, Version
from bot.essay.naming import meant
from bot.essay.note_page import note_page
from bot.essay.structure import Structure
from bot.terminal import WRITER, views
from bot.terminal.editor import edited
from bot.terminal.on_screen import number
from bot.terminal.prompts import confirmed
from bot.terminal.tools import Sitting
from bot.workflow.desk import NoteChange, fingerprint

COMMANDS = """\
notes              list the notes; notes all shows every one whole
notes N            show note N whole
notes edit N       change note N in your editor
notes move N WHERE put note N into a section, by its number or name; none: into none
notes delete N     delete note N for good
notes out N        leave note N out: no post and no model gets it
notes in N         take it in again
A paragraph or list item marked [private] stays out of posts and away from models until
its mark is taken away with notes edit."""
_NOWHERE = {"none", "no section", "0", "-"}


class NotesMenu:
    """The menu's commands about notes."""

    def __init__(self, sitting: Sitting, essay: str) -> None:
        self._sitting = sitting
        self._desk = sitting.tools.desk
        self._id = essay
        self._doors: dict[str, Callable[[str], None]] = {
            "all": self._all,
            "show": self._show,
            "edit": self._edit,
            "move": self._move,
            "delete": self._delete,
            "out": self._out,
            "in": self._in,
        }

    def notes(self, rest: str) -> None:
        """Does what stands behind ``notes``. Raises BotError."""
        name, _, behind = rest.partition(" ")
        if not rest:
            self._list()
        elif (door := self._doors.get(name.lower())) is not None:
            door(behind.strip())
        else:
            self._show(rest)

    def _list(self) -> None:
        self._sitting.screen.print(views.notes(self._notes(), self._structure()))

    def _all(self, _: str) -> None:
        essay = self._sitting.run(self._desk.open(WRITER, self._id))
        self._sitting.say(note_page(essay.title, self._structure(), self._notes()))

    def _show(self, rest: str) -> None:
        self._sitting.screen.print(views.note(self._note(rest), self._structure()))

    def _edit(self, rest: str) -> None:
        note = self._note(rest)
        with edited(note.text + "\n") as typed:
            if typed is None:
                self._sitting.say("The note was left as it was: nothing was changed.")
                return
            seen = fingerprint(note.text)
            change = self._sitting.run(self._desk.edit_note(WRITER, self._id, note.number, typed, seen=seen))
        self._tell("" if change.beside else f"Note {note.number} is changed.", change)

    def _move(self, rest: str) -> None:
        wanted, _, where = rest.partition(" ")
        note = self._note(wanted)
        structure = self._desk.structure(self._sitting.run(self._desk.open(WRITER, self._id)))
        section = None if where.strip().lower() in _NOWHERE else _section(structure, where.strip())
        change = self._sitting.run(self._desk.move_note(WRITER, self._id, note.number, section))
        place = structure.section(section)
        self._tell(f"Note {note.number} is under {place.heading if place else 'no section'} now.", change)

    def _delete(self, rest: str) -> None:
        note = self._note(rest)
        self._sitting.screen.print(views.note(note, self._structure()))
        told = "It cannot be brought back; versions of the post that hold its words keep them."
        if not confirmed(self._sitting, f"Delete note {note.number}? {told}"):
            self._sitting.say("Nothing was deleted.")
            return
        change = self._sitting.run(self._desk.delete_note(WRITER, self._id, note.number))
        self._tell(f"Note {note.number} is deleted.", change)

    def _out(self, rest: str) -> None:
        note, head = self._note(rest), self._head()
        version = self._sitting.run(self._desk.leave_out(WRITER, self._id, note.number))
        self._tell(
            f"Note {note.number} is left out: it stays stored, and no model sees it.", _followed(note, version, head)
        )
        standing = self._sitting.run(self._desk.still_standing(WRITER, self._id, note.number))
        if standing is not None:
            self._sitting.warn(standing.told)

    def _in(self, rest: str) -> None:
        note, head = self._note(rest), self._head()
        version = self._sitting.run(self._desk.take_in(WRITER, self._id, note.number))
        self._tell(f"Note {note.number} is taken in again.", _followed(note, version, head))
        if version is None:
            self._sitting.say("A model wrote this text: draft has it written anew with the note.")

    def _tell(self, done: str, change: NoteChange) -> None:
        self._sitting.say(f"{done} {change.told}".strip())

    def _head(self) -> int | None:
        return self._sitting.run(self._desk.open(WRITER, self._id)).head

    def _notes(self) -> tuple[Note, ...]:
        return self._sitting.run(self._desk.notes(WRITER, self._id))

    def _note(self, wanted: str) -> Note:
        if not wanted.strip():
            raise BadInput("Give the number of the note; notes lists them. Nothing was changed.")
        found = number(wanted.strip())
        note = next((one for one in self._notes() if one.number == found), None)
        if note is None:
            raise NothingToDo.no_note(found)
        return note

    def _structure(self) -> Structure | None:
        """The essay's structure; None where its file is gone, which keeps nobody from their notes."""
        return self._desk.structures.get(self._sitting.run(self._desk.open(WRITER, self._id)).structure)


def _followed(note: Note, version: Version | None, head: int | None) -> NoteChange:
    """Which version follows, where the current one was ``head`` before; none for one that did not change."""
    made = None if version is None or version.info.number == head else version.info.number
    return NoteChange(note, version=made)


def _section(structure: Structure, wanted: str) -> str:
    """The key of the section that a number, a name or the start of one stands for. Raises NoSuchPlace."""
    places = meant(wanted, [(section.key, section.heading) for section in structure.sections])
    if len(places) != 1:
        raise NoSuchPlace(wanted, [section.heading for section in structure.sections])
    return structure.sections[places[0]].key
