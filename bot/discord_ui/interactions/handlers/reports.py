"""Handlers of reports: send one as a file, send an essay's shape as a picture, and show what changed."""

from __future__ import annotations

from bot.discord_ui.interactions.requests import parse_number_pair
from bot.discord_ui.interactions.responses import ActionRequest, ExportFile, HandlerResult, SendFile, ShowCard
from bot.discord_ui.panels.cards import file_card
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.panels.reports import changes_card, shape_card
from bot.errors import NothingToDo
from bot.services.offload import in_thread
from bot.services.reports import PageFile

_REPORT_SENTENCE = (
    "The report, as one page of HTML: open it in a browser. It is made from what is stored: no model was asked, and it "
    "loads nothing."
)


async def send_essay_report(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the report of the essay's text as it is now."""
    return _send_page(await presenter.services.reports.of_essay(request.writer, request.subject))


async def send_critique_report(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the report of a critique."""
    return _send_page(await presenter.services.reports.of_critique(request.writer, request.subject))


def _send_page(page: PageFile) -> SendFile:
    return SendFile(file_card(_REPORT_SENTENCE, page.name), ExportFile(page.name, page.html.encode()))


async def send_shape(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the shape of the essay's text as a picture."""
    picture = await presenter.services.reports.picture(request.writer, request.subject)
    title = (await presenter.services.essays.get_essay(request.writer, request.subject)).title
    card = shape_card(title, picture.name, picture.description)
    return SendFile(card, ExportFile(picture.name, picture.png, picture.description))


async def show_changes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of what changed to the current version: since the one that the id names, else since its parent."""
    page, since = parse_number_pair(request.custom_id.argument)
    essays = presenter.services.essays
    snapshot = request.essay or await essays.snapshot(request.writer, request.subject)
    current = snapshot.essay.head
    old = since or snapshot.history.undo_version
    if current is None or old is None:
        raise NothingToDo.no_earlier_version()
    found = await essays.diff_versions(request.writer, request.subject, old, current)
    return ShowCard(await in_thread(changes_card, snapshot.essay, found, old, current, page))
