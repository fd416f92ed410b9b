"""The writer's essays: listing, choosing, renaming, creating and deleting them, and moving one to the DM."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.requests import parse_number_pair
from bot.discord_ui.interactions.responses import (
    ActionRequest,
    HandlerResult,
    InteractionContext,
    MoveToDm,
    OpenForm,
    ShowCard,
)
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.cards import MAX_TITLE_UNITS
from bot.discord_ui.panels.essays import change_stamp, confirm_delete_essay_card, essay_actions_card, essay_list_card
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.panels.start import with_previous_essay
from bot.essay.essay import Essay
from bot.essay.matching import default_structure
from bot.essay.structure import Structure
from bot.services.jobs.job import Job
from bot.services.services import Services


async def show_essays(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of the writer's essays."""
    return await list_essays(presenter, request.writer, request.custom_id.int_argument)


async def list_essays(presenter: Presenter, writer: str, page: int, notice: str | None = None) -> ShowCard:
    """Show a page of the writer's essays, with the way to the critiques of pasted texts if there are any."""
    services = presenter.services
    _, critique_count = await services.critiques.pasted(writer, 0, 0)
    return ShowCard(
        essay_list_card(await services.essays.list_essays(writer), page, services.structures, notice, critique_count)
    )


async def choose_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the chosen essay with what can be done with it."""
    chosen = request.selected_value or request.subject
    return ShowCard(
        essay_actions_card(
            await presenter.services.essays.get_essay(request.writer, chosen), presenter.services.structures
        )
    )


async def open_rename_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for a title."""
    assert request.head is not None  # read for every form of an essay
    essay = request.head.essay
    return OpenForm(
        forms.rename_form(CustomId("essay", "rename-save", essay.id, request.custom_id.version), essay.title)
    )


async def save_title(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store the title of the form."""
    await presenter.services.essays.rename_essay(request.writer, request.subject, request.fields.get("title", ""))
    return await presenter.show_essay(request.writer, request.subject, request.context, notice="The title is stored.")


async def delete_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask twice, and again if the essay has changed since; then stop its job and delete it."""
    services, writer = presenter.services, request.writer
    essay = await services.essays.get_essay(writer, request.subject)
    step, stamp = parse_number_pair(request.custom_id.argument)
    if step < 3:  # the answer to the second question is step 3, with the stamp of the essay that it was about
        return ShowCard(confirm_delete_essay_card(essay, 2 if step == 2 else 1))
    if stamp != change_stamp(essay):
        return ShowCard(
            confirm_delete_essay_card(essay, 2, "The essay has changed since you were asked, so it was not deleted.")
        )
    async with presenter.deleting(writer, essay.id):
        if (job := services.jobs.running_job(writer, essay.id)) is not None:
            await services.jobs.stop(writer, job.id)
        await services.essays.delete_essay(writer, essay.id)
    return await show_after_delete(presenter, request)


async def show_after_delete(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the list once an essay is deleted, to the second of two clicks too."""
    return await list_essays(presenter, request.writer, 0, "It is deleted.")


async def create_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Create another essay, of the same structure."""
    services = presenter.services
    current = await services.essays.get_essay(request.writer, request.subject)
    created = await get_or_create_empty_essay(
        services, request.writer, services.structures.get(current.structure) or default_structure(services.structures)
    )
    return await presenter.show_essay(request.writer, created.id, request.context)


async def get_or_create_empty_essay(
    services: Services, writer: str, structure: Structure, title: str | None = None, *, asked: bool = False
) -> Essay:
    """Return the essay changed last if it is untouched, so that two clicks do not make two, else a new one.

    One with a title of the writer's own is not untouched. ``asked`` says that the writer chose the structure: only then
    is an untouched essay changed to it. Raise InvalidInput for a title that cannot be used.
    """
    for essay in (await services.essays.list_essays(writer))[:1]:
        fits = asked or structure.key in (essay.structure, default_structure(services.structures).key)
        if fits and await _is_empty(services, writer, essay):
            if title is not None:
                await services.essays.rename_essay(writer, essay.id, title)
            if asked and essay.structure != structure.key:
                await services.essays.change_structure(writer, essay.id, structure)
            return await services.essays.get_essay(writer, essay.id)
    return await services.essays.create_essay(writer, structure, title)


async def _is_empty(services: Services, writer: str, essay: Essay) -> bool:
    structure = services.structures.get(essay.structure)
    if structure is None or essay.title != structure.name:
        return False
    now = await services.essays.snapshot(writer, essay.id)
    return not (now.notes or now.questions or now.versions or now.pending_messages)


async def latest_essays(services: Services, writer: str) -> tuple[Essay | None, Essay | None]:
    """Return the unfinished essay that something was last done with, and the essay that was finished last.

    Finished is one that was exported as it stands, and has had no new note, message or job since.
    """
    essays = await services.essays.list_essays(writer)
    jobs = await asyncio.gather(*(services.jobs.latest_job(writer, essay.id) for essay in essays))
    activity = [
        (
            essay,
            job.job if job is not None else None,
            max(essay.changed_at, job.job.created) if job else essay.changed_at,
        )
        for essay, job in zip(essays, jobs, strict=True)
    ]
    finished = None
    for essay, last, _ in sorted(activity, key=lambda one: one[2], reverse=True):
        if not await _is_finished(services, essay, last):
            return essay, finished
        finished = finished or essay
    return None, finished


async def _is_finished(services: Services, essay: Essay, job: Job | None) -> bool:
    if not essay.is_exported or (job is not None and (job.ended is None or job.ended > essay.changed_at)):
        return False
    now = await services.essays.snapshot(essay.writer, essay.id)
    through = next(one.last_note_number for one in now.versions if one.number == essay.head)
    has_newer = any(note.number > through and not note.is_private for note in now.notes)
    return not has_newer and not now.pending_messages


async def show_latest_essay(presenter: Presenter, writer: str, context: InteractionContext) -> ShowCard:
    """Show the latest unfinished essay, else a new one with the way back to the one finished last: /draft alone."""
    services = presenter.services
    unfinished, finished = await latest_essays(services, writer)
    if unfinished is not None:
        return await presenter.show_essay(writer, unfinished.id, context)
    created = await get_or_create_empty_essay(services, writer, default_structure(services.structures))
    if finished is None:
        return await presenter.show_essay(writer, created.id, context)
    title = escape_markdown(one_line(finished.title, MAX_TITLE_UNITS))
    notice = f"“{title}” is exported as it stands, so this is a new essay. /essays lists all of yours."
    shown = await presenter.show_essay(writer, created.id, context, notice=notice)
    return replace(shown, card=with_previous_essay(shown.card, finished))


async def move_to_dm(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Continue the panel in the DM with the bot."""
    dm = InteractionContext(is_bot_dm=True, guild_id=None)
    return MoveToDm(await presenter.show_essay(request.writer, request.subject, dm), request.subject)
