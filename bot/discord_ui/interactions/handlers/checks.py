"""Handlers of the check: see what the notes do not hold, keep it, fix it, edit it, and see a paragraph's notes."""

from __future__ import annotations

from functools import partial

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.handlers import drafts
from bot.discord_ui.interactions.responses import ActionRequest, HandlerResult, OpenForm, ShowCard
from bot.discord_ui.panels.checks import check_card, edit_sentence_form, sources_card
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import InvalidInput, StaleRequest
from bot.services.offload import in_thread

_GONE_NOTICE = "That sentence has changed or is settled since this was shown: this is how it stands now."


async def show_check(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show what the notes do not hold; while the check is under way, wait for it. Without a checker, the claims."""
    checking = presenter.services.checking
    if not checking.has_checker:
        return await drafts.show_claims(presenter, request)
    job = await checking.wait_for_check(request.writer, request.subject)
    if job is not None and not request.custom_id.int_argument:
        end = partial(_show_result, presenter, request)
        return await presenter.show_waiting(job, request.context, end=end)
    return await _show_result(presenter, request, page=request.custom_id.int_argument)


async def run_check(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Check the sentences that no checker has judged, and show what came of it."""
    job = await (await presenter.services.checking.plan_check(request.writer, request.subject)).start()
    return await presenter.show_waiting(job, request.context, end=partial(_show_result, presenter, request))


async def keep_passage(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store that the writer vouches for a passage, and show the rest."""
    try:
        note = await presenter.services.checking.keep(request.writer, request.subject, request.custom_id.argument)
    except StaleRequest:
        return await _show_result(presenter, request, notice=_GONE_NOTICE)
    return await _show_result(presenter, request, notice=f"Kept: you vouch for it in note {note.number}.")


async def fix_passage(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Put the mended sentence in place, and show the rest."""
    try:
        made = await presenter.services.checking.fix(request.writer, request.subject, request.custom_id.argument)
    except StaleRequest:
        return await _show_result(presenter, request, notice=_GONE_NOTICE)
    return await _show_result(presenter, request, notice=_fixed_notice(made.info.number))


async def fix_all(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Put every mended sentence in place."""
    try:
        made = await presenter.services.checking.fix_all(request.writer, request.subject, request.custom_id.version)
    except StaleRequest:
        return await _show_result(presenter, request, notice=_GONE_NOTICE)
    return await _show_result(presenter, request, notice=_fixed_notice(made.info.number))


def _fixed_notice(version: int) -> str:
    return f"Fixed: it is version {version}, and what is new in it is checked. Undo takes it back."


async def open_edit_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form with the sentence of a passage."""
    found = await presenter.services.checking.current(request.writer, request.subject)
    try:
        passage = found.find(request.custom_id.argument)
    except StaleRequest:
        return await _show_result(presenter, request, notice=_GONE_NOTICE)
    target = CustomId(
        "essay", "check-edit-save", request.subject, found.version.info.number, request.custom_id.argument
    )
    form = edit_sentence_form(target, found.sentence(passage.sentence).line)
    if form is None:
        raise InvalidInput("This sentence is too long for a form: edit its section. Nothing was changed.")
    return OpenForm(form)


async def save_edit(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store the sentence as the writer typed it, and show the rest."""
    typed = request.fields.get("sentence", "")
    try:
        made = await presenter.services.checking.edit(
            request.writer, request.subject, request.custom_id.argument, typed
        )
    except StaleRequest:  # an error's answer gives back what was typed
        raise InvalidInput(
            "That sentence has changed or is settled since the form was opened, so nothing was changed."
        ) from None
    notice = f"Stored as version {made.info.number}. “Check the rest” holds it against your notes."
    return await _show_result(presenter, request, notice=notice)


async def show_sources(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a paragraph beside its notes."""
    found = await presenter.services.checking.current(request.writer, request.subject)
    title = (await presenter.services.essays.get_essay(request.writer, request.subject)).title
    return ShowCard(await in_thread(sources_card, found, request.subject, title, request.custom_id.int_argument))


async def _show_result(
    presenter: Presenter, request: ActionRequest, *, page: int = 0, notice: str | None = None
) -> ShowCard:
    """Show what the check has found, and again once the check that is under way has found more."""
    checking = presenter.services.checking
    job = await checking.job_to_await(request.writer, request.subject)
    found = await checking.current(request.writer, request.subject)
    title = (await presenter.services.essays.get_essay(request.writer, request.subject)).title
    card = partial(check_card, is_checking=job is not None, notice=notice)
    shown = await in_thread(card, found, request.subject, title, page)
    end = partial(_show_result, presenter, request, page=page, notice=notice)
    return ShowCard(shown, presenter.watch_check(job, shown, end) if job is not None else None)
