"""The words ``notes`` and ``note``, with what may follow them, and ``sort``."""

from __future__ import annotations

from collections.abc import Callable

from bot.errors import InvalidInput, NothingToDo, UnknownTargetSection
from bot.essay.essay import Note, Version
from bot.essay.export import notes_to_markdown
from bot.essay.matching import match_names
from bot.essay.structure import Structure
from bot.services.jobs.job import JobState
from bot.services.notes import NoteChange, note_fingerprint
from bot.terminal import LOCAL_WRITER, views
from bot.terminal.context import TerminalContext
from bot.terminal.editor import edit_in_editor
from bot.terminal.essay_view import parse_number
from bot.terminal.input_prompts import confirm_default_no, confirm_default_yes
from bot.terminal.progress import max_cost_message

NOTES_HELP = """\
notes               list the notes; notes all shows every one whole
notes N             show note N whole
notes edit N        change note N in your editor
notes move N WHERE  put note N into a section, by its number or name; none: into none
notes delete N      delete note N for good
notes out N         leave note N out: no post and no model gets it
notes in N          take it in again
A paragraph or list item marked [private] stays out of posts and away from models until
its mark is taken away with notes edit."""
_NO_SECTION_WORDS = {"none", "no section", "0", "-"}


class NoteCommands:
    """List, show, edit, move, delete, exclude, include and sort the notes."""

    def __init__(self, context: TerminalContext, essay: str) -> None:
        self._context = context
        self._services = context.services
        self._essays = context.services.essays
        self._essay_id = essay
        self._commands: dict[str, Callable[[str], None]] = {
            "all": self._show_all,
            "show": self._show,
            "edit": self._edit,
            "move": self._move,
            "delete": self._delete,
            "out": self._exclude,
            "in": self._include,
        }

    def notes(self, rest: str) -> None:
        """Run the word after ``notes`` or ``note``; without one list the notes, for a number show that note."""
        name, _, argument = rest.partition(" ")
        if not rest:
            self._list()
        elif (command := self._commands.get(name.lower())) is not None:
            command(argument.strip())
        else:
            self._show(rest)

    def is_command(self, rest: str) -> bool:
        """Return whether what follows the word ``note`` is a number or a command, and not a note."""
        first, *more = rest.lower().split() or [""]
        if first == "move":
            return more[:1] == [] or more[0].isdigit()
        return not rest or (first in self._commands and len(more) <= 1) or (first.isdigit() and not more)

    def sort(self, _: str) -> None:
        """Ask a model to put the notes without a section into sections."""
        planned = None
        if self._services.has_model:
            planned = self._context.run(self._services.interview.plan_placement(LOCAL_WRITER, self._essay_id))
        if planned is None:
            self._context.say("Every note that a model may see has a section: there is nothing to sort.")
            return
        self._context.say(max_cost_message(self._context.run(planned.max_cost())))
        if not confirm_default_yes(self._context, "Enter begins it; n leaves it: "):
            self._context.say("Nothing was begun.")
            return
        job = self._context.wait_for_job(planned.start())
        if job.state is JobState.STOPPED:
            self._context.warn("The sorting was stopped. What had been sorted stays so, and every note is stored.")
        elif job.error is not None:
            self._context.warn(job.error)
        self._list()

    def _list(self) -> None:
        self._context.screen.print(views.note_table(self._notes(), self._structure()))

    def _show_all(self, _: str) -> None:
        essay = self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id))
        self._context.say(notes_to_markdown(essay.title, self._structure(), self._notes()))

    def _show(self, rest: str) -> None:
        self._context.screen.print(views.render_note(self._note_by_number(rest), self._structure()))

    def _edit(self, rest: str) -> None:
        note = self._note_by_number(rest)
        with edit_in_editor(note.text + "\n") as typed:
            if typed is None:
                self._context.say("The note was left as it was: nothing was changed.")
                return
            seen = note_fingerprint(note.text)
            change = self._context.run(
                self._services.notes.edit(LOCAL_WRITER, self._essay_id, note.number, typed, seen=seen)
            )
        self._report("" if change.is_separate_note else f"Note {note.number} is changed.", change)

    def _move(self, rest: str) -> None:
        wanted, _, where = rest.partition(" ")
        note = self._note_by_number(wanted)
        structure = self._essays.structure_of(self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)))
        section = None if where.strip().lower() in _NO_SECTION_WORDS else _find_section_key(structure, where.strip())
        change = self._context.run(self._services.notes.move(LOCAL_WRITER, self._essay_id, note.number, section))
        place = structure.find_section(section)
        self._report(f"Note {note.number} is under {place.heading if place else 'no section'} now.", change)

    def _delete(self, rest: str) -> None:
        note = self._note_by_number(rest)
        self._context.screen.print(views.render_note(note, self._structure()))
        told = "It cannot be brought back; versions of the post that hold its words keep them."
        if not confirm_default_no(self._context, f"Delete note {note.number}? {told}"):
            self._context.say("Nothing was deleted.")
            return
        change = self._context.run(self._services.notes.delete(LOCAL_WRITER, self._essay_id, note.number))
        self._report(f"Note {note.number} is deleted.", change)

    def _exclude(self, rest: str) -> None:
        note, head = self._note_by_number(rest), self._head_number()
        version = self._context.run(self._services.notes.exclude(LOCAL_WRITER, self._essay_id, note.number))
        self._report(
            f"Note {note.number} is left out: it stays stored, and no model sees it.", _note_change(note, version, head)
        )
        standing = self._context.run(self._services.notes.find_leak(LOCAL_WRITER, self._essay_id, note.number))
        if standing is not None:
            self._context.warn(standing.message)

    def _include(self, rest: str) -> None:
        note, head = self._note_by_number(rest), self._head_number()
        version = self._context.run(self._services.notes.include(LOCAL_WRITER, self._essay_id, note.number))
        self._report(f"Note {note.number} is taken in again.", _note_change(note, version, head))
        if version is None:
            self._context.say("A model wrote this text: draft has it written anew with the note.")

    def _report(self, done: str, change: NoteChange) -> None:
        self._context.say(f"{done} {change.message}".strip())

    def _head_number(self) -> int | None:
        return self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)).head

    def _notes(self) -> tuple[Note, ...]:
        return self._context.run(self._essays.notes(LOCAL_WRITER, self._essay_id))

    def _note_by_number(self, wanted: str) -> Note:
        if not wanted.strip():
            raise InvalidInput("Give the number of the note; notes lists them. Nothing was changed.")
        found = parse_number(wanted.strip())
        note = next((one for one in self._notes() if one.number == found), None)
        if note is None:
            raise NothingToDo.no_note(found)
        return note

    def _structure(self) -> Structure | None:
        """Return the essay's structure; None if its file is gone, since notes can be used without it."""
        return self._essays.structures.get(
            self._context.run(self._essays.get_essay(LOCAL_WRITER, self._essay_id)).structure
        )


def _note_change(note: Note, version: Version | None, head: int | None) -> NoteChange:
    """Describe a change of a note; its version is None if the current one is still ``head``."""
    made = None if version is None or version.info.number == head else version.info.number
    return NoteChange(note, version=made)


def _find_section_key(structure: Structure, wanted: str) -> str:
    """Return the key of the section given by its number, name or the start of it. Raise UnknownTargetSection."""
    places = match_names(wanted, [(section.key, section.heading) for section in structure.sections])
    if len(places) != 1:
        raise UnknownTargetSection(wanted, [section.heading for section in structure.sections])
    return structure.sections[places[0]].key
