"""The notes: showing, editing, moving, leaving out and deleting them, sorting them by a model, and all as a file."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.requests import parse_number, parse_number_pair
from bot.discord_ui.interactions.responses import ActionRequest, ExportFile, HandlerResult, OpenForm, SendFile, ShowCard
from bot.discord_ui.messages.content import read_file
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, utf16_length
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.cards import MAX_FORM_PARTS, MAX_TITLE_UNITS, file_card
from bot.discord_ui.panels.essay_state import EssayState, load_essay_state
from bot.discord_ui.panels.forms import MAX_FORM_TEXT_LENGTH, SplitText, split_into_fields
from bot.discord_ui.panels.notes import NO_SECTION, confirm_delete_note_card, note_card, notes_list_card
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import InvalidInput, NothingToDo
from bot.essay.essay import Note
from bot.essay.export import export_file_name, notes_to_markdown
from bot.essay.text.words import count_noun
from bot.services.essays import join_sentences
from bot.services.note_placement import placed_numbers
from bot.services.notes import NoteChange, note_fingerprint
from bot.services.offload import in_thread


async def show_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of the notes."""
    return ShowCard(
        await in_thread(notes_list_card, await _load_state(presenter, request), request.custom_id.int_argument)
    )


async def show_note(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of one note."""
    page, wanted = parse_number_pair(request.custom_id.argument)
    state = await _load_state(presenter, request)
    return ShowCard(
        await in_thread(note_card, state, _require_note(state, parse_number(request.selected_value) or wanted), page)
    )


async def open_note_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open a form with a note's text; for a note too long for a form, one that takes a file."""
    wanted, _ = _parse_note_argument(request)
    state = await _load_state(presenter, request)
    if (note := _find_note(state, wanted)) is None:
        return await _show_deleted_note(state, wanted)
    target = CustomId("essay", "note-edit-save", request.subject, request.custom_id.version, _note_argument(note))
    name = f"note {note.number}"
    fields = split_into_fields(note.text)
    if fields is None:
        return OpenForm(forms.edit_note_by_file_form(target, name, utf16_length(note.text)))
    return OpenForm(forms.edit_section_form(target, name, fields))


async def save_note(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Replace the note's text by what was typed; if the note has changed meanwhile, store that as another note."""
    wanted, seen = _parse_note_argument(request)
    note, notice = _find_note(await _load_state(presenter, request), wanted), None
    if request.files:
        found = await read_file(request.files[0])
        text, notice = found.text, found.notice
    elif any(key.startswith("body") for key in request.fields):
        fields = split_into_fields(note.text) if note is not None and note_fingerprint(note.text) == seen else None
        count = len(fields.fields) if fields is not None else MAX_FORM_PARTS
        # Without the note as it was, what stood between the fields is not known: they are joined by blank lines.
        text = (fields or SplitText((), ())).join([request.fields.get(f"body{at}", "") for at in range(count)])
    else:
        raise InvalidInput(f"A note of more than {MAX_FORM_TEXT_LENGTH:,} characters is changed by a file: attach one.")
    change = await presenter.services.notes.edit(request.writer, request.subject, wanted, text, seen=seen)
    outcome = (
        ""
        if change.is_separate_note
        else "Nothing was changed."
        if change.note == note
        else f"Note {wanted} is changed."
    )
    return await _show_changed_note(presenter, request, change, join_sentences(notice, outcome))


async def move_note(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Move a note to the section that was chosen."""
    wanted, _ = _parse_note_argument(request)
    state = await _load_state(presenter, request)
    if _find_note(state, wanted) is None:
        return await _show_deleted_note(state, wanted)
    key = None if request.selected_value == NO_SECTION else request.selected_value
    change = await presenter.services.notes.move(request.writer, request.subject, wanted, key)
    section = state.structure.find_section(key)
    return await _show_changed_note(
        presenter, request, change, f"It is under {section.heading if section else 'no section'} now."
    )


async def delete_note(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask first; then delete the note, if it still is as it was when that was asked."""
    wanted, seen = _parse_note_argument(request)
    state = await _load_state(presenter, request)
    if (note := _find_note(state, wanted)) is None:
        return await _show_deleted_note(state, wanted)
    stamp = _note_argument(note)
    if not seen:
        return ShowCard(await in_thread(confirm_delete_note_card, state, note, stamp))
    if seen != note_fingerprint(note.text):
        notice = "The note has changed since you were asked, so it was not deleted."
        return ShowCard(await in_thread(confirm_delete_note_card, state, note, stamp, notice))
    change = await presenter.services.notes.delete(request.writer, request.subject, wanted)
    notice = f"Note {wanted} is deleted. {change.message}".strip()
    return ShowCard(await in_thread(notes_list_card, await _load_state(presenter, request), 0, notice))


async def sort_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask a model to find sections for the notes that have none; their words stay as they are."""
    services, writer, essay = presenter.services, request.writer, request.subject
    planned = await services.interview.plan_placement(writer, essay)
    if planned is None:
        told = "Every note that a model may see has a section: there is nothing to sort."
        return ShowCard(await in_thread(notes_list_card, await _load_state(presenter, request), 0, told))
    job = await planned.start()

    async def end() -> ShowCard:
        ended, state = await services.jobs.wait(writer, job.id), await _load_state(presenter, request)
        wanted = placed_numbers(job)
        placed = sum(note.number in wanted and note.section is not None for note in state.notes)
        told = join_sentences(f"{placed} of {count_noun(len(wanted), 'note')} found a section.", ended.error)
        return ShowCard(await in_thread(notes_list_card, state, 0, told))

    return await presenter.show_waiting(job, request.context, end=end)


async def set_note_excluded(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Leave a note out, or take it in again; a text that is nothing but notes follows."""
    is_excluded, wanted = parse_number_pair(request.custom_id.argument)  # 1 to leave it out, 0 to take it in
    notes = presenter.services.notes
    await (notes.exclude if is_excluded else notes.include)(request.writer, request.subject, wanted)
    state = await _load_state(presenter, request)
    text = state.version.text if state.version is not None else None
    notice = None
    if is_excluded:
        notice = await leak_notice(presenter, request, wanted) or None
    elif text is not None and _require_note(state, wanted).public_text not in text:
        notice = "The text does not hold it yet: draft again to bring it in."
    return ShowCard(await in_thread(note_card, state, _require_note(state, wanted), 0, notice))


async def leak_notice(presenter: Presenter, request: ActionRequest, number: int) -> str:
    """Say what to do if the text still contains words of a note that was left out; return "" if it does not."""
    leak = await presenter.services.notes.find_leak(request.writer, request.subject, number)
    return leak.message if leak is not None else ""


async def export_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send all notes as a Markdown file."""
    state = await _load_state(presenter, request)
    page = notes_to_markdown(state.essay.title, state.structure, state.notes)
    name = export_file_name(f"{state.essay.title} notes", ".md")
    sentence = f"The notes of {escape_markdown(one_line(state.essay.title, MAX_TITLE_UNITS))}, as Markdown."
    return SendFile(file_card(sentence, name), ExportFile(name, page.encode()))


async def _show_changed_note(
    presenter: Presenter, request: ActionRequest, change: NoteChange, outcome: str
) -> ShowCard:
    state = await _load_state(presenter, request)
    notice = f"{outcome} {change.message}".strip()
    if change.note is None or (note := _find_note(state, change.note.number)) is None:
        return ShowCard(await in_thread(notes_list_card, state, 0, notice))
    return ShowCard(await in_thread(note_card, state, note, 0, notice))


async def _show_deleted_note(state: EssayState, wanted: int) -> ShowCard:
    """Show the list in place of a note that is not there: it was deleted, as no number is given twice."""
    return ShowCard(
        await in_thread(notes_list_card, state, 0, f"There is no note {wanted} any more; these are the notes.")
    )


def _parse_note_argument(request: ActionRequest) -> tuple[int, str]:
    """Return the number of a note, and the fingerprint of the text that the writer saw, "" for none."""
    wanted, _, seen = request.custom_id.argument.partition(".")
    return parse_number(wanted), seen


def _note_argument(note: Note) -> str:
    return f"{note.number}.{note_fingerprint(note.text)}"


def _find_note(state: EssayState, wanted: int) -> Note | None:
    return next((one for one in state.notes if one.number == wanted), None)


def _require_note(state: EssayState, wanted: int) -> Note:
    """Return the note with this number. Raise NothingToDo if there is none."""
    if (note := _find_note(state, wanted)) is None:
        raise NothingToDo.no_note(wanted)
    return note


async def _load_state(presenter: Presenter, request: ActionRequest) -> EssayState:
    return await load_essay_state(presenter.services, request.writer, request.subject)
