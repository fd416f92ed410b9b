"""What is stored of a person: showing it, handing it over, deleting it. Everybody is served here, blocked or not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from bot.discord_ui.interactions.responses import (
    ActionRequest,
    ExportFile,
    HandlerResult,
    OpenForm,
    SendFile,
    SendFiles,
    ShowCard,
)
from bot.discord_ui.panels.cards import LIST_PAGE_SIZE
from bot.discord_ui.panels.personal_data import (
    WORD_FIELD,
    all_deleted_card,
    confirm_delete_all_card,
    confirm_delete_critique_card,
    critiques_to_delete_card,
    delete_all_form,
    export_part_card,
    personal_data_card,
)
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import UnknownCritique
from bot.services.personal_data import DELETE_WORD

_GONE_NOTICE = "That critique is gone."


async def show_personal_data(presenter: Presenter, writer: str) -> ShowCard:
    """Show what is stored of the writer."""
    services = presenter.services
    summary = await services.personal_data.summary(writer)
    return ShowCard(
        personal_data_card(summary, with_model=services.has_model, essay_days=services.retention.essay_days)
    )


async def show_again(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show what is stored of the writer, in place of another of these panels."""
    return await show_personal_data(presenter, request.writer)


async def download(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send everything, in as many files as Discord's limit asks for, each made when the one before is sent."""

    async def files() -> AsyncGenerator[SendFile]:
        export = presenter.services.personal_data.export(request.writer, request.context.max_file_bytes)
        async with aclosing(export):
            async for part in export:
                yield SendFile(export_part_card(part), ExportFile(part.name, part.data))

    return SendFiles(files())


async def ask_delete_all(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask whether everything is to be deleted: the first of two times."""
    return ShowCard(confirm_delete_all_card(await presenter.services.personal_data.summary(request.writer)))


async def open_delete_form(_: Presenter, __: ActionRequest) -> HandlerResult:
    """Ask the second time, in a form that wants a word typed."""
    return OpenForm(delete_all_form())


async def delete_all(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Delete everything if the word was typed."""
    data, writer = presenter.services.personal_data, request.writer
    if request.fields.get(WORD_FIELD, "").strip().casefold() != DELETE_WORD:
        notice = f"That was not “{DELETE_WORD}”, so nothing was deleted."
        return ShowCard(confirm_delete_all_card(await data.summary(writer), notice))
    deletion = await data.delete(writer)
    return ShowCard(all_deleted_card(await data.summary(writer), deletion.left))


async def list_critiques(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of the critiques that belong to no essay."""
    return await _critiques(presenter, request, request.custom_id.int_argument)


async def choose_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask whether the chosen critique is to be deleted. A damaged one is deleted like any other."""
    chosen = request.selected_value  # it may stand on any page of the list
    found, _ = await presenter.services.critiques.pasted(request.writer, 0, await _count(presenter, request))
    critique = next((one for one in found if one.id == chosen), None)
    if critique is None:
        return await _critiques(presenter, request, 0, _GONE_NOTICE)
    return ShowCard(confirm_delete_critique_card(critique))


async def delete_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Delete the critique that the button was made for, and show those that are left."""
    try:
        await presenter.services.personal_data.delete_critique(request.writer, request.custom_id.argument)
    except UnknownCritique:  # the second of two clicks
        return await _critiques(presenter, request, 0, _GONE_NOTICE)
    return await _critiques(presenter, request, 0, "It is deleted, with the text that it was about.")


async def _critiques(presenter: Presenter, request: ActionRequest, page: int, notice: str | None = None) -> ShowCard:
    page_count = max(1, -(-await _count(presenter, request) // LIST_PAGE_SIZE))
    page = min(page, page_count - 1)
    found, _ = await presenter.services.critiques.pasted(request.writer, page * LIST_PAGE_SIZE, LIST_PAGE_SIZE)
    return ShowCard(critiques_to_delete_card(found, page, page_count, notice))


async def _count(presenter: Presenter, request: ActionRequest) -> int:
    _, count = await presenter.services.critiques.pasted(request.writer, 0, 0)  # none of them, but how many there are
    return count
