"""The writer's essays: listing, choosing, renaming, creating and deleting them, and moving one to the DM."""

from __future__ import annotations

from dataclasses import replace

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
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
from bot.essay.matching import default_structure
from bot.essay.text.words import count_noun
from bot.services.essays import join_sentences
from bot.services.request_context import apply_rules
from bot.services.server_rules import ALL_ALLOWED


async def show_essays(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of the writer's essays."""
    return await list_essays(presenter, request.writer, request.custom_id.int_argument)


async def list_essays(presenter: Presenter, writer: str, page: int, notice: str | None = None) -> ShowCard:
    """Show a page of the writer's essays, with the way to the critiques of pasted texts if there are any."""
    services = presenter.services
    _, critique_count = await services.critiques.pasted(writer, 0, 0)
    deletions = await services.retention.pending(writer)
    essays = await services.essays.list_essays(writer)
    return ShowCard(essay_list_card(essays, page, services.structures, notice, critique_count, deletions))


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
        if (job := await services.jobs.running_job(writer, essay.id)) is not None:
            await services.jobs.stop(writer, job.id)
        left = await services.sharing.take_down_before_deletion(writer, essay.id)
        await services.essays.delete_essay(writer, essay.id)
    return await show_after_delete(presenter, request, left)


async def show_after_delete(presenter: Presenter, request: ActionRequest, left: str | None = None) -> HandlerResult:
    """Show the list once an essay is deleted, to the second of two clicks too; ``left`` is what it left in Discord."""
    return await list_essays(presenter, request.writer, 0, join_sentences("It is deleted.", left))


async def keep_from_deletion(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Count essays as touched whose deletion was announced: the button's, the one chosen, or all."""
    essay = request.selected_value or (request.subject if request.subject != NO_SUBJECT else None)
    kept = await presenter.services.retention.keep(request.writer, essay)
    notice = f"{count_noun(kept, 'essay')} kept." if kept else "Nothing of yours is about to be deleted."
    return await list_essays(presenter, request.writer, 0, notice)


async def create_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Create another essay, of the same structure."""
    services = presenter.services
    current = await services.essays.get_essay(request.writer, request.subject)
    offered = services.offered_structures
    structure = offered.get(current.structure) or default_structure(offered)
    created = await services.essays.get_or_create_empty(request.writer, structure)
    return await presenter.show_essay(request.writer, created.id, request.context)


async def show_latest_essay(presenter: Presenter, writer: str, context: InteractionContext) -> ShowCard:
    """Show the latest unfinished essay, else a new one with the way back to the one finished last: /draft alone."""
    services = presenter.services
    unfinished, finished = await services.essays.latest(writer)
    if unfinished is not None:
        return await presenter.show_essay(writer, unfinished.id, context)
    created = await services.essays.get_or_create_empty(writer, default_structure(services.offered_structures))
    if finished is None:
        return await presenter.show_essay(writer, created.id, context)
    title = escape_markdown(one_line(finished.title, MAX_TITLE_UNITS))
    notice = f"“{title}” is exported as it stands, so this is a new essay. /essays lists all of yours."
    shown = await presenter.show_essay(writer, created.id, context, notice=notice)
    return replace(shown, card=with_previous_essay(shown.card, finished))


async def move_to_dm(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Continue the panel in the DM with the bot."""
    dm = InteractionContext(is_bot_dm=True, guild_id=None)
    apply_rules(ALL_ALLOWED)  # the DM is not under the server's rules
    return MoveToDm(await presenter.show_essay(request.writer, request.subject, dm), request.subject)
