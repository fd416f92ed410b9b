"""The forms that open over a panel."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages.text_limits import escape_markdown, fitting_end, grapheme_boundary, one_line, utf16_length
from bot.discord_ui.panels.cards import (
    MAX_FIELD_LENGTH,
    MAX_FORM_PARTS,
    MAX_MENU_OPTIONS,
    Checkbox,
    FileInput,
    Form,
    SelectInput,
    SelectOption,
    TextBlock,
    TextInput,
)
from bot.essay.essay import Question
from bot.essay.questions import STAYS_PRIVATE
from bot.essay.structure import Structure
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.lines import closes_sentence
from bot.essay.text.sections import Part
from bot.services.drafting import MAX_INSTRUCTION_CHARACTERS
from bot.services.essays import MAX_TITLE_CHARACTERS

# Long texts across the fields of a form: apart for editing, together again without a letter lost.


MAX_FORM_TEXT_LENGTH = MAX_FORM_PARTS * MAX_FIELD_LENGTH  # the longest text that a form can be filled with
_TARGET_FIELD_LENGTH = 3_000  # a field filled to here still has room for a quarter as much again
_BLOCK_START = re.compile(r"\s*(?:#{1,6}\s|[-*+>]\s|\d{1,3}[.)]\s)")


@dataclass(frozen=True, slots=True)
class SplitText:
    """A text in fields.

    ``seams`` are the blanks between them, one fewer than there are fields: they travel in no field, because a client
    may trim what is typed into one.
    """

    fields: tuple[str, ...]
    separators: tuple[str, ...]

    def join(self, filled: Sequence[str]) -> str:
        """The text again, from what the fields hold now; a field that was emptied takes its seam with it."""
        text = ""
        for number, field in enumerate(filled):
            if not field.strip():
                continue
            seam = self.separators[number - 1] if number and number - 1 < len(self.separators) else "\n\n"
            text += (seam if text else "") + field
        return text


def split_into_fields(text: str) -> SplitText | None:
    """The text in as few fields as leave room to write, cut at paragraphs where that is possible, else at white space.

    None where it does not fit into the fields of one form. Joined with its seams it is the text.
    """
    count = min(MAX_FORM_PARTS, utf16_length(text) // _TARGET_FIELD_LENGTH + 1)
    fields: list[str] = []
    seams: list[str] = []
    rest = text
    while utf16_length(rest) > MAX_FIELD_LENGTH or (
        len(fields) + 1 < count and utf16_length(rest) > _TARGET_FIELD_LENGTH
    ):
        left = count - len(fields)
        if left <= 1:
            return None
        # What is cut off here must leave no more than the other fields can hold.
        low = fitting_end(rest, max(0, utf16_length(rest) - (left - 1) * MAX_FIELD_LENGTH))
        wanted = fitting_end(rest, max(-(-utf16_length(rest) // left), 1))
        high = fitting_end(rest, MAX_FIELD_LENGTH)
        end, next_start = _find_split(rest, low, min(wanted + 500, high), high)
        fields.append(rest[:end])
        seams.append(rest[end:next_start])
        rest = rest[next_start:]
    return SplitText((*fields, rest), tuple(seams))


def _find_split(text: str, low: int, near: int, high: int) -> tuple[int, int]:
    """Where a field ends and the next begins: the last blank line, line end or space that fits, else two characters."""
    blanks = [run for run in re.finditer(r"\s+", text[: high + 1]) if max(low, 1) <= run.start() and run.end() <= high]
    for limit in (near, high):
        within = [run for run in blanks if run.start() <= limit]
        for breaks in (2, 1, 0):
            if fitting_runs := [run for run in within if run.group().count("\n") >= breaks]:
                return fitting_runs[-1].start(), fitting_runs[-1].end()
    at = grapheme_boundary(text, high)
    at = at if at >= max(low, 1) else high
    return at, at


def join_pasted_fields(filled: Sequence[str]) -> str:
    """One text from what was pasted into several fields, in order, with nothing lost where they meet.

    Whoever pastes a long text cuts it wherever a field is full. So: a field filled to its last character, or blanks on
    either side of the seam, and the two are joined as they stand; behind a closed sentence or a heading, or before a
    heading, a list or a quotation, a blank line comes between; else a line break, which Markdown reads as a space and
    which keeps two notes apart.
    """
    text = ""
    last = ""
    for field in filled:
        if not field.strip():
            continue
        text += (_paste_separator(last, field) if text else "") + field
        last = field
    return text


def _paste_separator(before: str, after: str) -> str:
    if utf16_length(before) >= MAX_FIELD_LENGTH or before[-1].isspace() or after[0].isspace():
        return ""
    last_line = before.rsplit("\n", 1)[-1]
    if closes_sentence(before) or last_line.lstrip().startswith("#") or _BLOCK_START.match(after):
        return "\n\n"
    return "\n"


PASTE_FIELDS = ("paste1", "paste2", "paste3", "paste4")
MAX_FORM_TITLE_UNITS = 45  # Discord's limit for a form's title
_FILE_DESCRIPTION = f"{FILE_KINDS}, instead of or after the text above"


def paste_form(target: CustomId, title: str, what: str) -> Form:
    """Four long fields and a file: newlines survive here, which in a command's option they do not."""
    fields = (
        TextInput(
            key,
            what if number == 0 else f"… goes on ({number + 1} of {len(PASTE_FIELDS)})",
            placeholder="Paste here. If it does not fit, go on in the next field." if number == 0 else "",
        )
        for number, key in enumerate(PASTE_FIELDS)
    )
    return Form(str(target), title, (*fields, FileInput("file", "Or a file", _FILE_DESCRIPTION)))


def answer_form(target: CustomId, asked: Question, *, private: bool = False) -> Form:
    """The question in full, and room for two fields of answer. What answers a ``private`` one is left out anyway."""
    switch = Checkbox("left-out", "Leave it out", "It is stored, stands in no post, and no model sees it.")
    return Form(
        str(target),
        "Your answer",
        (
            TextBlock(
                f"**{escape_markdown(one_line(asked.text, 600))}**" + (f"\n-# {STAYS_PRIVATE}" if private else "")
            ),
            TextInput(
                "answer", "In your own words", required=True, placeholder="Names, numbers, dates and what was said."
            ),
            TextInput("answer2", "… goes on", description="if the first field is full"),
            *(() if private else (switch,)),
        ),
    )


def edit_section_form(target: CustomId, title: str, fields: SplitText) -> Form:
    """A section's text across as many fields as it needs."""
    count = len(fields.fields)
    parts = (
        TextInput(f"body{number}", "Text" if count == 1 else f"Text, {number + 1} of {count}", value=text)
        for number, text in enumerate(fields.fields)
    )
    return Form(str(target), one_line(f"Edit: {title}", MAX_FORM_TITLE_UNITS), tuple(parts))


def edit_section_by_file_form(target: CustomId, title: str, characters: int) -> Form:
    """For a section that no form can hold."""
    words = (
        f"This section has {characters:,} characters, and a form holds 20,000. Take it from the export, change it, and "
        "hand it in as a file: it takes the place of the whole section."
    )
    return Form(
        str(target),
        one_line(f"Edit: {title}", MAX_FORM_TITLE_UNITS),
        (TextBlock(words), FileInput("file", "The section", FILE_KINDS, required=True)),
    )


def edit_note_by_file_form(target: CustomId, name: str, characters: int) -> Form:
    """For a note that no form can hold."""
    words = (
        f"This note has {characters:,} characters, and a form holds 20,000. Take it from All as a file below the list "
        "of notes, change it, and hand it in as a file: it takes the place of the whole note."
    )
    file = FileInput("file", "The note", FILE_KINDS, required=True)
    return Form(str(target), one_line(f"Edit: {name}", MAX_FORM_TITLE_UNITS), (TextBlock(words), file))


def section_name(part: Part) -> str:
    """A section as a menu names it."""
    return one_line(part.title, 90) or "The opening"


def section_options(sections: Iterable[tuple[int, Part]], chosen: int | None) -> tuple[SelectOption, ...]:
    """The sections as entries of a menu; of more than a menu holds, those around the chosen one, else the first."""
    found = list(sections)
    place = next((at for at, (index, _) in enumerate(found) if index == chosen), 0)
    first = min(max(0, place - MAX_MENU_OPTIONS // 2), max(0, len(found) - MAX_MENU_OPTIONS))
    return tuple(
        SelectOption(section_name(part), str(index), selected=index == chosen)
        for index, part in found[first : first + MAX_MENU_OPTIONS]
    )


def revision_form(
    target: CustomId, sections: Iterable[tuple[int, Part]], chosen: int | None, instruction: str = ""
) -> Form:
    """Which section, and what to do with it; ``instruction`` is what stands there to begin with.

    Without a ``chosen`` one the writer has to choose.
    """
    options = section_options(sections, chosen)
    return Form(
        str(target),
        "Revise a section",
        (
            SelectInput("section", "Section", options),
            TextInput(
                "instruction",
                "What should change?",
                instruction,
                required=True,
                max_length=MAX_INSTRUCTION_CHARACTERS,
                placeholder="Shorter; begin with the meeting; say plainly what it cost.",
                description="Everything outside the section stays as it is.",
            ),
        ),
    )


def rename_form(target: CustomId, title: str) -> Form:
    """The title, to be changed."""
    room = max(
        MAX_TITLE_CHARACTERS, utf16_length(title)
    )  # a stored title of emoji may count for more than it has characters
    field = TextInput("title", "Title", title, required=True, multiline=False, max_length=room)
    return Form(str(target), "Rename the essay", (field,))


def structure_options(found: Iterable[Structure], chosen: str) -> tuple[SelectOption, ...]:
    """The structures as entries of a menu."""
    return tuple(
        SelectOption(one_line(one.name, 100), one.key, one_line(one.description, 100), selected=one.key == chosen)
        for one in list(found)[:MAX_MENU_OPTIONS]
    )
