"""What comes before a text: choosing the structure, pasting notes, and the interview."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.handlers.notes import leak_notice
from bot.discord_ui.interactions.requests import parse_number, parse_question_argument, read_submitted_text
from bot.discord_ui.interactions.responses import (
    ActionRequest,
    HandlerResult,
    InteractionContext,
    OpenForm,
    PostBelow,
    ShowCard,
)
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.essay_state import load_essay_state
from bot.discord_ui.panels.forms import join_pasted_fields
from bot.discord_ui.panels.interview import FURTHER_MODE, OPEN_MODE, SKIPPED_MODE, answered_card, describe_places
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BotError, NothingToDo, StructureFileMissing, UnknownStructure
from bot.essay.essay import Note, Question, QuestionState
from bot.essay.notes import note_from_answer
from bot.essay.private_text import describe_private
from bot.essay.text.decoding import normalize_text
from bot.essay.text.privacy_marks import has_private_mark, remove_private_marks, trim_blank_lines
from bot.essay.text.words import count_noun
from bot.services.essays import join_sentences


async def change_structure(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Give an essay without content another structure."""
    services, chosen = presenter.services, request.selected_value
    if chosen not in services.structures:
        raise UnknownStructure(chosen, list(services.structures))
    found = services.offered_structure(chosen)
    await presenter.services.essays.change_structure(request.writer, request.subject, found)
    return await presenter.show_essay(request.writer, request.subject, request.context)


async def open_paste_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for notes."""
    return OpenForm(
        forms.paste_form(
            CustomId("essay", "paste-save", request.subject, request.custom_id.version),
            "Paste notes",
            "Your notes",
        )
    )


async def save_pasted_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store the notes of the form, each under its section."""
    text, notice = await read_submitted_text(request)
    stored = await presenter.services.essays.add_note_page(request.writer, request.subject, text)
    return await show_essay_and_sort_notes(
        presenter, request.writer, request.subject, request.context, stored.notes, [notice, stored.notice]
    )


async def show_essay_and_sort_notes(
    presenter: Presenter,
    writer: str,
    essay: str,
    context: InteractionContext,
    notes: Sequence[Note],
    notices: Sequence[str | None],
) -> HandlerResult:
    """Show the essay with notes that were just stored; with a model, those without a section are sorted first.

    ``notices`` are sentences about how they came.
    """
    notice = join_sentences(f"{count_noun(len(notes), 'note')} stored.", describe_private(notes), *notices)
    unplaced = {note.number for note in notes if note.section is None and not note.is_private}
    job = await presenter.start_placement(writer, essay, unplaced) if unplaced else None
    if job is None:
        return await presenter.show_essay(writer, essay, context, notice=notice)
    return await presenter.show_waiting(job, context, notice=notice)


async def show_question(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the question that is next; what was written in the DM before it becomes notes, which are placed first."""
    services, writer, essay = presenter.services, request.writer, request.subject
    if request.essay is None or not request.essay.pending_messages:
        return await _ask_question(presenter, request, "")
    notes = await services.dm_messages.finish_all_answers(writer, essay)
    notes = await services.dm_messages.divide_notes(writer, essay, notes)
    unplaced = {note.number for note in notes if note.section is None and not note.is_private}
    job = await presenter.start_placement(writer, essay, unplaced) if unplaced else None
    if job is None:
        return await _ask_question(presenter, request, "")

    async def ask() -> ShowCard:
        await services.jobs.wait(writer, job.id)
        places = describe_places(await load_essay_state(services, writer, essay), unplaced)
        return await _next_question_card(presenter, request, "", places)

    return await presenter.show_waiting(job, request.context, end=ask)


async def ask_further(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a question beyond the first round."""
    return await _ask_question(presenter, request, FURTHER_MODE)


async def stop_waiting(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the next question, without waiting for a model's question on the last answer."""
    _, mode = parse_question_argument(request.custom_id.argument)
    return await presenter.show_question(request.writer, request.subject, request.context, mode=mode)


async def open_answer_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for an answer; if the question is no longer open, show the essay as it is now."""
    number, _ = parse_question_argument(request.custom_id.argument)
    found = await _find_question(presenter, request, number)
    if found.state is not QuestionState.OPEN:
        notice = f"That question was {found.state.value} meanwhile: this is how the essay stands."
        return await presenter.show_essay(request.writer, request.subject, request.context, notice=notice)
    private = await presenter.services.essays.is_private_question(request.writer, request.subject, number)
    target = CustomId("essay", "answer-save", request.subject, request.custom_id.version, request.custom_id.argument)
    return OpenForm(forms.answer_form(target, found, private=private))


async def save_answer(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store an answer word for word, and show the next question.

    The same answer twice is one note, which is left out where either form says so.
    """
    number, mode = parse_question_argument(request.custom_id.argument)
    found = await _find_question(presenter, request, number)
    text = join_pasted_fields([request.fields.get("answer", ""), request.fields.get("answer2", "")])
    notes = await presenter.services.essays.notes(request.writer, request.subject)
    stored = note_from_answer(normalize_text(text))
    words = trim_blank_lines(remove_private_marks(stored.text))
    same = next(
        (
            one
            for one in notes
            if one.question == found.text and trim_blank_lines(remove_private_marks(one.text)) == words
        ),
        None,
    )
    left_out, notice, made = "left-out" in request.ticked, None, None
    if same is None:
        made = await presenter.services.interview.add_answer(
            request.writer, request.subject, found, text, left_out=left_out
        )
        notice = None if left_out else describe_private([made]) or None
        if found.state is not QuestionState.OPEN:
            notice = f"That question was {found.state.value} meanwhile; your answer is stored as note {made.number}."
    elif (left_out or (has_private_mark(stored.text) and same.text != stored.text)) and not same.is_private:
        await presenter.services.notes.exclude(request.writer, request.subject, same.number)
        standing = await leak_notice(presenter, request, same.number)
        notice = f"Note {same.number} held this answer already; it is left out now. {standing}".strip()
    return await _show_next_question(presenter, request, number, mode, notice, answer=made)


async def end_answer(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """End the answer given in messages, and put the next question below them."""
    number, mode = parse_question_argument(request.custom_id.argument)
    found = await _find_question(presenter, request, number)
    note = await presenter.services.dm_messages.finish_answer(request.writer, request.subject, number)
    if note is None and found.state is QuestionState.OPEN:
        notice = "There is no answer yet: write it here as a message, or in several, and press Next again."
        return await presenter.show_question(request.writer, request.subject, request.context, mode=mode, notice=notice)
    onward = (found, note) if note is not None and request.context.is_bot_dm else None
    return await _show_next_question(presenter, request, number, mode, onward=onward, answer=note)


async def skip_question(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Skip the question, unless it is no longer the open one, and show the next."""
    number, mode = parse_question_argument(request.custom_id.argument)
    found = await _find_question(presenter, request, number)
    if found.state is QuestionState.OPEN:
        await presenter.services.interview.skip_question(request.writer, request.subject, found)
    return await _show_next_question(presenter, request, number, mode)


async def exchange_question(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Give the question up for another one, unless it is no longer open."""
    number, mode = parse_question_argument(request.custom_id.argument)
    found = await _find_question(presenter, request, number)
    if found.state is QuestionState.OPEN:
        await presenter.services.interview.decline_question(request.writer, request.subject, found)
    return await _show_next_question(presenter, request, number, mode)


async def answer_open(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the first question that a draft left."""
    return await _show_next_question(presenter, request, 0, OPEN_MODE)


async def suggest_titles(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Have a model suggest titles, and show them."""
    planned = await presenter.services.interview.plan_titles(request.writer, request.subject)
    if planned is None:
        notice = "There are no notes to make a title of yet."
        return await presenter.show_essay(request.writer, request.subject, request.context, notice=notice)
    return await presenter.show_waiting(await planned.start(), request.context)


async def take_title(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Give the essay a suggested title."""
    titles = await presenter.services.interview.suggested_titles(request.writer, request.subject)
    number = parse_number(request.custom_id.argument)
    if not 0 < number <= len(titles):
        return await presenter.show_titles(request.writer, request.subject, request.context)
    await presenter.services.essays.rename_essay(request.writer, request.subject, titles[number - 1])
    return await presenter.show_essay(request.writer, request.subject, request.context, notice="The title is stored.")


async def revisit_skipped(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Put the first question that was skipped again; the others follow it."""
    return await _show_next_question(presenter, request, 0, SKIPPED_MODE)


async def _show_next_question(
    presenter: Presenter,
    request: ActionRequest,
    after: int,
    mode: str,
    notice: str | None = None,
    *,
    onward: tuple[Question, Note] | None = None,
    answer: Note | None = None,
) -> HandlerResult:
    """Show the next question; while the writer goes through the skipped ones, the next of those after ``after``."""
    writer, essay, interview = request.writer, request.subject, presenter.services.interview
    if mode == OPEN_MODE:
        shown = await _show_next_open(presenter, request, after, notice, answer)
        return await _post_below(presenter, request, shown, onward)
    if mode == SKIPPED_MODE:
        left = [one for one in await interview.skipped_questions(writer, essay) if one.number > after]
        if not left:
            return await _ask_question(presenter, request, "", notice, onward=onward)
        if await interview.open_question(writer, essay) is None:
            await interview.reopen_question(writer, essay, left[0])
    return await _ask_question(presenter, request, mode, notice, onward=onward)


async def _ask_question(
    presenter: Presenter,
    request: ActionRequest,
    mode: str,
    notice: str | None = None,
    *,
    onward: tuple[Question, Note] | None = None,
) -> HandlerResult:
    """Show the question that is next, or the wait for a model's.

    ``onward`` is the question that was answered in messages, with the note that has become: the next one is then put
    below.
    """
    shown = await _next_question_card(presenter, request, mode, notice)
    return await _post_below(presenter, request, shown, onward)


async def _next_question_card(
    presenter: Presenter, request: ActionRequest, mode: str, notice: str | None = None
) -> ShowCard:
    writer, essay = request.writer, request.subject
    try:
        planned = await presenter.services.interview.plan_question(writer, essay, further=mode == FURTHER_MODE)
    except StructureFileMissing:  # the panel tells of it
        planned = None
    if planned is None:
        return await presenter.show_question(writer, essay, request.context, mode=mode, notice=notice)
    return await presenter.show_waiting(await planned.start(), request.context, notice=notice)


async def _show_next_open(
    presenter: Presenter, request: ActionRequest, after: int, notice: str | None, answer: Note | None
) -> ShowCard:
    """Work an answer into the text, or show the next question that a draft left, else the text."""
    writer, essay, services = request.writer, request.subject, presenter.services
    if answer is not None and not answer.is_private and services.has_model:
        question = await _find_question(presenter, request, after)
        try:
            planned = await services.drafting.plan_fill(writer, essay, answer.number, question.section, question.text)
            await planned.start()
            return await presenter.show_essay(writer, essay, request.context, notice=notice)
        except BotError as error:
            notice = join_sentences(notice, f"Note {answer.number} is stored; it is not in the text yet. {error}")
    left = await services.interview.draft_questions(writer, essay)
    following = next((one for one in left if one.number > after), None)
    if following is None:
        return await presenter.show_essay(writer, essay, request.context, notice=notice)
    return await presenter.show_draft_question(writer, essay, request.context, following, notice)


async def _post_below(
    presenter: Presenter, request: ActionRequest, shown: ShowCard, onward: tuple[Question, Note] | None
) -> HandlerResult:
    """Put what is shown below the question that was answered in messages, if one was."""
    if onward is None or (shown.watch is not None and not shown.watch.job.kind.gives_way):
        return shown
    state = await load_essay_state(presenter.services, request.writer, request.subject)
    return PostBelow(answered_card(state, *onward), shown)


async def _find_question(presenter: Presenter, request: ActionRequest, number: int) -> Question:
    found = await presenter.services.interview.asked_questions(request.writer, request.subject)
    question = next((one for one in found if one.number == number), None)
    if question is None:
        raise NothingToDo.no_question(number)
    return question
