"""The forms that open over a panel, and how a long text is split into their fields and joined again."""

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
from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from bot.essay.text.documents import FILE_KINDS
from bot.essay.text.markdown import ends_sentence
from bot.essay.text.sections import TextSection
from bot.services.drafting import MAX_INSTRUCTION_CHARACTERS
from bot.services.essays import MAX_TITLE_CHARACTERS

MAX_FORM_TEXT_LENGTH = MAX_FORM_PARTS * MAX_FIELD_LENGTH  # the longest text that a form can be filled with
_TARGET_FIELD_LENGTH = 3_000  # leaves room to write as much as a third again
_BLOCK_START = re.compile(r"\s*(?:#{1,6}\s|[-*+>]\s|\d{1,3}[.)]\s)")
PASTE_FIELDS = ("paste1", "paste2", "paste3", "paste4")
MAX_FORM_TITLE_UNITS = 45  # Discord's limit for a form's title
_FINDING_ANSWER_NOTICE = "It becomes a note, and that passage is rewritten with it."
_FILE_DESCRIPTION = f"{FILE_KINDS}, instead of or after the text above"


@dataclass(frozen=True, slots=True)
class SplitText:
    """A text split into fields.

    ``separators`` holds the white space between them, one fewer than there are fields. It is in no field, because a
    client may trim what is typed into one.
    """

    fields: tuple[str, ...]
    separators: tuple[str, ...]

    def join(self, filled: Sequence[str]) -> str:
        """Join the fields' present texts; an emptied field is left out with its separator."""
        text = ""
        for number, field in enumerate(filled):
            if not field.strip():
                continue
            separator = self.separators[number - 1] if number and number - 1 < len(self.separators) else "\n\n"
            text += (separator if text else "") + field
        return text


def split_into_fields(text: str) -> SplitText | None:
    """Split the text into as few fields as leave room to write, at paragraphs if possible, else at white space.

    Joining them gives the text back. Return None if it does not fit into one form.
    """
    count = min(MAX_FORM_PARTS, utf16_length(text) // _TARGET_FIELD_LENGTH + 1)
    fields: list[str] = []
    separators: list[str] = []
    rest = text
    while utf16_length(rest) > MAX_FIELD_LENGTH or (
        len(fields) + 1 < count and utf16_length(rest) > _TARGET_FIELD_LENGTH
    ):
        left = count - len(fields)
        if left <= 1:
            return None
        # What is cut off here must leave no more than the other fields can hold (low), should be about an even share
        # (even), and must fit into one (high).
        low = fitting_end(rest, max(0, utf16_length(rest) - (left - 1) * MAX_FIELD_LENGTH))
        even = fitting_end(rest, max(-(-utf16_length(rest) // left), 1))
        high = fitting_end(rest, MAX_FIELD_LENGTH)
        end, next_start = _find_split(rest, low, min(even + 500, high), high)
        fields.append(rest[:end])
        separators.append(rest[end:next_start])
        rest = rest[next_start:]
    return SplitText((*fields, rest), tuple(separators))


def _find_split(text: str, low: int, near: int, high: int) -> tuple[int, int]:
    """Return where a field ends and the next begins: at the last blank line, line end or space, else between letters.

    It is between ``low`` and ``high``, and before ``near`` if possible.
    """
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
    """Join what was pasted into several fields, in order, losing nothing where they meet.

    A long text is cut wherever a field is full. So if a field is full to its last character, or if white space is on
    either side, the two are joined as they are. After a finished sentence or a heading, and before a heading, a list or
    a quotation, a blank line goes between. Otherwise it is a line break, which Markdown reads as a space and which
    keeps two notes apart.
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
    if ends_sentence(before) or last_line.lstrip().startswith("#") or _BLOCK_START.match(after):
        return "\n\n"
    return "\n"


def paste_form(target: CustomId, title: str, label: str) -> Form:
    """Return a form of four long fields and a file upload.

    A form keeps line breaks, which a command's option does not.
    """
    fields = (
        TextInput(
            key,
            label if number == 0 else f"… goes on ({number + 1} of {len(PASTE_FIELDS)})",
            placeholder="Paste here. If it does not fit, go on in the next field." if number == 0 else "",
        )
        for number, key in enumerate(PASTE_FIELDS)
    )
    return Form(str(target), title, (*fields, FileInput("file", "Or a file", _FILE_DESCRIPTION)))


def answer_form(target: CustomId, asked: Question, *, private: bool = False) -> Form:
    """Return a form for the answer to a question; without ``private`` there is a checkbox to leave it out."""
    leave_out = Checkbox("left-out", "Leave it out", "It is stored, stands in no post, and no model sees it.")
    return Form(
        str(target),
        "Your answer",
        (
            TextBlock(
                f"**{escape_markdown(one_line(asked.text, 600))}**"
                + (f"\n-# {PRIVATE_ANSWER_NOTICE}" if private else "")
            ),
            TextInput(
                "answer", "In your own words", required=True, placeholder="Names, numbers, dates and what was said."
            ),
            TextInput("answer2", "… goes on", description="if the first field is full"),
            *(() if private else (leave_out,)),
        ),
    )


def finding_answer_form(target: CustomId, question: str) -> Form:
    """Return a form for the answer to a finding's question."""
    return Form(
        str(target),
        "Your answer",
        (
            TextBlock(f"**{escape_markdown(one_line(question, 600))}**\n-# {_FINDING_ANSWER_NOTICE}"),
            TextInput(
                "answer", "In your own words", required=True, placeholder="Names, numbers, dates and what was said."
            ),
        ),
    )


def edit_section_form(target: CustomId, title: str, fields: SplitText) -> Form:
    """Return a form with the text of a section or note in its fields."""
    count = len(fields.fields)
    parts = (
        TextInput(f"body{number}", "Text" if count == 1 else f"Text, {number + 1} of {count}", value=text)
        for number, text in enumerate(fields.fields)
    )
    return Form(str(target), one_line(f"Edit: {title}", MAX_FORM_TITLE_UNITS), tuple(parts))


def edit_section_by_file_form(target: CustomId, title: str, characters: int) -> Form:
    """Return the form for a section that is too long for fields."""
    explanation = (
        f"This section has {characters:,} characters, and a form holds {MAX_FORM_TEXT_LENGTH:,}. Take it from the "
        "export, change it, and hand it in as a file: it takes the place of the whole section."
    )
    return Form(
        str(target),
        one_line(f"Edit: {title}", MAX_FORM_TITLE_UNITS),
        (TextBlock(explanation), FileInput("file", "The section", FILE_KINDS, required=True)),
    )


def edit_note_by_file_form(target: CustomId, name: str, characters: int) -> Form:
    """Return the form for a note that is too long for fields."""
    explanation = (
        f"This note has {characters:,} characters, and a form holds {MAX_FORM_TEXT_LENGTH:,}. Take it from All as a "
        "file below the list of notes, change it, and hand it in as a file: it takes the place of the whole note."
    )
    file = FileInput("file", "The note", FILE_KINDS, required=True)
    return Form(str(target), one_line(f"Edit: {name}", MAX_FORM_TITLE_UNITS), (TextBlock(explanation), file))


def section_name(part: TextSection) -> str:
    """Return a section's name in a menu."""
    return one_line(part.title, 90) or "The opening"


def section_options(sections: Iterable[tuple[int, TextSection]], chosen: int | None) -> tuple[SelectOption, ...]:
    """Return the sections as options; if there are too many, those around the chosen one or the first."""
    listed = list(sections)
    position = next((at for at, (index, _) in enumerate(listed) if index == chosen), 0)
    first = min(max(0, position - MAX_MENU_OPTIONS // 2), max(0, len(listed) - MAX_MENU_OPTIONS))
    return tuple(
        SelectOption(section_name(part), str(index), selected=index == chosen)
        for index, part in listed[first : first + MAX_MENU_OPTIONS]
    )


def revision_form(
    target: CustomId, sections: Iterable[tuple[int, TextSection]], chosen: int | None, instruction: str = ""
) -> Form:
    """Return a form that asks which section to revise and how. ``instruction`` is the field's first value.

    If no section is ``chosen``, the writer has to choose one.
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
    """Return the form to change a title."""
    # A stored title of emoji may count for more than it has characters.
    max_length = max(MAX_TITLE_CHARACTERS, utf16_length(title))
    field = TextInput("title", "Title", title, required=True, multiline=False, max_length=max_length)
    return Form(str(target), "Rename the essay", (field,))
