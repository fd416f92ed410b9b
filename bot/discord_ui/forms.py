"""The forms that open over a panel."""

from __future__ import annotations

from collections.abc import Iterable

from bot.discord_ui.cards import MENU_OPTIONS, Choose, Field, FileField, Form, Option, Text, Tick
from bot.discord_ui.fields import Apart
from bot.discord_ui.files import KINDS
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain, units
from bot.essay.essay import Question
from bot.essay.questions import STAYS_PRIVATE
from bot.essay.structure import Structure
from bot.essay.text.sections import Part
from bot.workflow.desk import TITLE_CHARACTERS
from bot.workflow.wanted import INSTRUCTION_CHARACTERS

PASTES = ("paste1", "paste2", "paste3", "paste4")
TITLE_UNITS = 45  # Discord's limit for a form's title
_FILE = f"{KINDS}, instead of or after the text above"


def paste(target: Id, title: str, what: str) -> Form:
    """Four long fields and a file: newlines survive here, which in a command's option they do not."""
    fields = (
        Field(
            key,
            what if number == 0 else f"… goes on ({number + 1} of {len(PASTES)})",
            placeholder="Paste here. If it does not fit, go on in the next field." if number == 0 else "",
        )
        for number, key in enumerate(PASTES)
    )
    return Form(str(target), title, (*fields, FileField("file", "Or a file", _FILE)))


def answer(target: Id, asked: Question, *, private: bool = False) -> Form:
    """The question in full, and room for two fields of answer. What answers a ``private`` one is left out anyway."""
    switch = Tick("left-out", "Leave it out", "It is stored, stands in no post, and no model sees it.")
    return Form(
        str(target),
        "Your answer",
        (
            Text(f"**{plain(one_line(asked.text, 600))}**" + (f"\n-# {STAYS_PRIVATE}" if private else "")),
            Field("answer", "In your own words", required=True, placeholder="Names, numbers, dates and what was said."),
            Field("answer2", "… goes on", description="if the first field is full"),
            *(() if private else (switch,)),
        ),
    )


def edit(target: Id, title: str, fields: Apart) -> Form:
    """A section's text across as many fields as it needs."""
    count = len(fields.fields)
    parts = (
        Field(f"body{number}", "Text" if count == 1 else f"Text, {number + 1} of {count}", value=text)
        for number, text in enumerate(fields.fields)
    )
    return Form(str(target), one_line(f"Edit: {title}", TITLE_UNITS), tuple(parts))


def edit_by_file(target: Id, title: str, characters: int) -> Form:
    """For a section that no form can hold."""
    words = (
        f"This section has {characters:,} characters, and a form holds 20,000. Take it from the export, change it, and "
        "hand it in as a file: it takes the place of the whole section."
    )
    return Form(
        str(target),
        one_line(f"Edit: {title}", TITLE_UNITS),
        (Text(words), FileField("file", "The section", KINDS, required=True)),
    )


def edit_note_by_file(target: Id, name: str, characters: int) -> Form:
    """For a note that no form can hold."""
    words = (
        f"This note has {characters:,} characters, and a form holds 20,000. Take it from All as a file below the list "
        "of notes, change it, and hand it in as a file: it takes the place of the whole note."
    )
    file = FileField("file", "The note", KINDS, required=True)
    return Form(str(target), one_line(f"Edit: {name}", TITLE_UNITS), (Text(words), file))


def name_of(part: Part) -> str:
    """A section as a menu names it."""
    return one_line(part.title, 90) or "The opening"


def section_options(sections: Iterable[tuple[int, Part]], chosen: int | None) -> tuple[Option, ...]:
    """The sections as entries of a menu; of more than a menu holds, those around the chosen one, else the first."""
    found = list(sections)
    place = next((at for at, (index, _) in enumerate(found) if index == chosen), 0)
    first = min(max(0, place - MENU_OPTIONS // 2), max(0, len(found) - MENU_OPTIONS))
    return tuple(
        Option(name_of(part), str(index), chosen=index == chosen) for index, part in found[first : first + MENU_OPTIONS]
    )


def revise(target: Id, sections: Iterable[tuple[int, Part]], chosen: int | None, instruction: str = "") -> Form:
    """Which section, and what to do with it; ``instruction`` is what stands there to begin with.

    Without a ``chosen`` one the writer has to choose.
    """
    options = section_options(sections, chosen)
    return Form(
        str(target),
        "Revise a section",
        (
            Choose("section", "Section", options),
            Field(
                "instruction",
                "What should change?",
                instruction,
                required=True,
                room=INSTRUCTION_CHARACTERS,
                placeholder="Shorter; begin with the meeting; say plainly what it cost.",
                description="Everything outside the section stays as it is.",
            ),
        ),
    )


def rename(target: Id, title: str) -> Form:
    """The title, to be changed."""
    room = max(TITLE_CHARACTERS, units(title))  # a stored title of emoji may count for more than it has characters
    field = Field("title", "Title", title, required=True, lines=False, room=room)
    return Form(str(target), "Rename the essay", (field,))


def structures(found: Iterable[Structure], chosen: str) -> tuple[Option, ...]:
    """The structures as entries of a menu."""
    return tuple(
        Option(one_line(one.name, 100), one.key, one_line(one.description, 100), chosen=one.key == chosen)
        for one in list(found)[:MENU_OPTIONS]
    )
