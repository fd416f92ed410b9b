"""Looking around: versions, claims, measures, notes."""

from __future__ import annotations

from bot.discord_ui.interactions.requests import parse_number, parse_number_pair
from bot.discord_ui.interactions.responses import ActionRequest, AskModel, HandlerResult, ShowCard
from bot.discord_ui.panels import drafts as draft_panel
from bot.discord_ui.panels import drafts as history_panel
from bot.discord_ui.panels import notes as notes_panel
from bot.discord_ui.panels import overview
from bot.discord_ui.panels.essay_state import EssayState, add_claims, load_essay_state
from bot.discord_ui.panels.presenter import Presenter, load_layout
from bot.errors import NothingToDo
from bot.essay.essay import Note
from bot.essay.measures.base import counted
from bot.services.offload import in_thread, in_worker, parse_in_worker
from bot.services.text_report import measure_text


async def show_history(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """All versions."""
    return ShowCard(history_panel.history_card(await _load_state(presenter, request), request.custom_id.int_argument))


async def show_version(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """One version, to be read."""
    return await _show_version(
        presenter, request, parse_number(request.selected_value) or request.custom_id.int_argument, 0
    )


async def show_version_page(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Another page of a version."""
    page, version = parse_number_pair(request.custom_id.argument)
    return await _show_version(presenter, request, version, page)


async def _show_version(presenter: Presenter, request: ActionRequest, version: int, page: int) -> HandlerResult:
    found = await presenter.services.essays.version(request.writer, request.custom_id.subject, version)
    state = await _load_state(presenter, request)
    if state.version_number == version:
        return await presenter.show_essay(request.writer, request.custom_id.subject, request.context)
    layout = await load_layout(request.writer, found.text)
    return ShowCard(await in_thread(draft_panel.version_card, state, found, page, layout))


async def show_claims(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """The claims that the notes do not hold."""
    state = await add_claims(await _load_state(presenter, request))
    size = len(state.version.text) if state.version is not None else 0
    return ShowCard(
        await parse_in_worker(request.writer, size, history_panel.claims_card, state, request.custom_id.int_argument)
    )


async def show_measures(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """What can be counted in the text."""
    state = await _load_state(presenter, request)
    if state.version is None:
        raise NothingToDo.no_text()
    # Tens of milliseconds for a post: too long for the loop that must acknowledge everybody's clicks.
    found = await in_worker(measure_text, state.version.text, state.structure)
    essay = state.essay
    return ShowCard(
        history_panel.measures_card(essay.title, found, request.custom_id.int_argument, essay.id, state.version_number)
    )


async def show_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """The notes."""
    return ShowCard(
        await in_thread(
            notes_panel.notes_list_card, await _load_state(presenter, request), request.custom_id.int_argument
        )
    )


async def show_note(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """One note."""
    page, wanted = parse_number_pair(request.custom_id.argument)
    state = await _load_state(presenter, request)
    return ShowCard(
        await in_thread(
            notes_panel.note_card, state, _find_note(state, parse_number(request.selected_value) or wanted), page
        )
    )


async def sort_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Lets a model find sections for the notes that have none; their words stay as they are."""
    essay = request.custom_id.subject

    async def ask() -> str:
        handed = await presenter.services.interview.place_notes(request.writer, essay)
        placed = sum(one.section is not None for one in handed.notes)
        told = f"{placed} of {counted(len(handed.notes), 'note')} found a section."
        return f"{told} {handed.notice}" if handed.notice else told

    async def show(told: str | None, _: bool) -> ShowCard:
        return ShowCard(notes_panel.notes_list_card(await _load_state(presenter, request), 0, told))

    return AskModel(ask, show, "Sorting your notes…", lambda words: overview.waiting_card(words, essay))


async def set_note_excluded(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Leaves a note out, or takes it in again; a text that is nothing but notes follows."""
    out, wanted = parse_number_pair(request.custom_id.argument)
    desk = presenter.services.essays
    await (desk.exclude_note if out else desk.include_note)(request.writer, request.custom_id.subject, wanted)
    state = await _load_state(presenter, request)
    text = state.version.text if state.version is not None else None
    notice = None
    if out:
        notice = await leak_notice(presenter, request, wanted) or None
    elif text is not None and _find_note(state, wanted).public not in text:
        notice = "The text does not hold it yet: draft again to bring it in."
    return ShowCard(await in_thread(notes_panel.note_card, state, _find_note(state, wanted), 0, notice))


async def leak_notice(presenter: Presenter, request: ActionRequest, number: int) -> str:
    """What is to be done where the words of a note that was left out stand in the text all the same; else ""."""
    standing = await presenter.services.essays.find_leak(request.writer, request.custom_id.subject, number)
    return standing.told if standing is not None else ""


async def _load_state(presenter: Presenter, request: ActionRequest) -> EssayState:
    return await load_essay_state(presenter.services, request.writer, request.custom_id.subject)


def _find_note(state: EssayState, wanted: int) -> Note:
    found = next((one for one in state.notes if one.number == wanted), None)
    if found is None:
        raise NothingToDo.no_note(wanted)
    return found
