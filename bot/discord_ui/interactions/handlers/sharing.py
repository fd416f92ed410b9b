"""Sharing a text in a server for feedback: asking, posting, gathering, answering, taking down; and readers' buttons."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.errors import MayNotWriteHere, NotInServer
from bot.discord_ui.interactions.requests import parse_number
from bot.discord_ui.interactions.responses import ActionRequest, HandlerResult, OpenForm, PostPublicly, ShowCard
from bot.discord_ui.messages.pages import paginate
from bot.discord_ui.panels.drafts import compute_layout, load_layout
from bot.discord_ui.panels.forms import section_name, section_options
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.panels.sharing import (
    ANSWER_FIELD,
    FEEDBACK_FIELD,
    NOWHERE,
    WHOLE,
    SharePlan,
    answer_form,
    confirm_delete_feedback_card,
    confirm_take_down_card,
    feedback_card,
    feedback_form,
    posted_feedback_card,
    share_card,
    taken_back_card,
)
from bot.errors import AlreadyShared, NothingToDo, NotShared, UnknownSection
from bot.essay.essay import Version
from bot.essay.export import shareable_section, shareable_text
from bot.essay.text.gaps import find_gaps
from bot.essay.text.sections import TextSection
from bot.essay.text.words import count_noun, count_words
from bot.services.essays import join_sentences
from bot.services.offload import in_thread, parse_in_worker
from bot.services.request_context import current_rules
from bot.services.services import Services
from bot.services.sharing import ShareChannel, SharedText, standing_share, validate_message
from bot.services.snapshot import EssaySnapshot


async def show_share(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Say what would be posted and ask; show the thread instead if the essay stands in one."""
    return await _show_plan(presenter, request, *_parse_plan(request))


async def choose_part(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask again with the section, or the whole post, that was chosen."""
    _, channel, is_named = _parse_plan(request)
    section = None if request.selected_value == WHOLE else parse_number(request.selected_value)
    return await _show_plan(presenter, request, section, channel, is_named)


async def choose_channel(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask again with the channel that was chosen."""
    section, _, is_named = _parse_plan(request)
    return await _show_plan(presenter, request, section, _parse_id(request.selected_value), is_named)


async def post(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Post what the confirming button said, once; the second of two clicks shows the thread."""
    sharing, number = presenter.services.sharing, parse_number(request.custom_id.argument.rpartition(".")[2])
    plan, _ = await _make_plan(presenter.services, request, *_parse_plan(request), number)
    if plan.channel is None:
        return await _show_plan(presenter, request, *_parse_plan(request))
    try:
        share = await sharing.share(request.writer, plan.shared, plan.channel.id)
    except AlreadyShared:
        return await _show_feedback(presenter, request)
    return await _show_feedback(presenter, request, notice=f"It stands in <#{share.thread}> now.")


async def _show_plan(
    presenter: Presenter, request: ActionRequest, section: int | None, channel: int, is_named: bool
) -> HandlerResult:
    shares = await presenter.services.sharing.shares(request.writer, request.subject)
    if standing_share(shares) is not None:
        notice = "This essay stands in a thread already. Take that down first, to share it anew."
        return await _show_feedback(presenter, request, notice=notice)
    plan, parts = await _make_plan(presenter.services, request, section, channel, is_named, len(shares) + 1)
    options = section_options(parts, section) if len(parts) > 1 else ()
    return ShowCard(share_card(plan, options))


async def _make_plan(
    services: Services, request: ActionRequest, section: int | None, channel: int, is_named: bool, number: int
) -> tuple[SharePlan, tuple[tuple[int, TextSection], ...]]:
    """Return what is to be shared, with the sections to choose from. Raise NothingToDo, UnknownSection, NotInServer."""
    snapshot = _snapshot(request)
    if (version := snapshot.version) is None:
        raise NothingToDo.no_text()
    channels = await _channels(services, request)
    layout = await load_layout(request.writer, version.text)
    if layout is None:
        layout = await in_thread(compute_layout, version.text)
    part = next((one for index, one in layout.sections if index == section), None)
    if section is not None and part is None:
        raise UnknownSection(str(section + 1))
    whole = version.text
    if part is None:
        text = await parse_in_worker(request.writer, len(whole), shareable_text, whole)
    else:
        size = len(whole) + part.end - part.start
        text = await parse_in_worker(request.writer, size, shareable_section, whole, part.start, part.end)
    words = await parse_in_worker(request.writer, len(text), count_words, text)
    pages = await parse_in_worker(request.writer, len(text), paginate, text)
    shared = SharedText(
        request.subject,
        number,
        version.info.number,
        snapshot.essay.title,
        section_name(part) if part is not None else None,
        text,
        request.mention if is_named else None,
    )
    here = request.context.channel_ids
    ordered = sorted(channels, key=lambda one: one.id not in here)  # stable: the others stay in the server's order
    chosen = next((one for one in ordered if one.id == channel), None)
    if chosen is None and not channel and ordered and ordered[0].id in here:
        chosen = ordered[0]
    points = await _describe_open(services, snapshot, version, part, text)
    return SharePlan(section, shared, ordered, chosen, words, len(pages), points), layout.sections


async def _channels(services: Services, request: ActionRequest) -> Sequence[ShareChannel]:
    """Return where the writer may share. Raise NotInServer outside of servers, and where there is no such channel."""
    if request.context.guild_id is None:
        raise NotInServer(
            "Sharing is done in a server: open the essay there by /draft or /essays, then More, Share. Nothing was "
            "posted."
        )
    allowed = current_rules().channels
    found = await services.sharing.channels(request.context.guild_id, request.user_id)
    channels = [one for one in found if not allowed or one.id in allowed]
    if not channels:
        raise NotInServer(NOWHERE)
    return channels


async def _describe_open(
    services: Services, snapshot: EssaySnapshot, version: Version, part: TextSection | None, text: str
) -> str:
    """Say how many gaps, and things that no note holds, are in what is to be shared."""
    gaps = len(find_gaps(text))
    said = f"{count_noun(gaps, 'gap')} marked [NEED: …]." if gaps else ""
    if not services.checking.has_checker:
        return said
    found = await services.checking.read_check(snapshot)
    if not found.is_by_model:
        return said
    if not found.check.is_checked:
        return join_sentences(said, "It is not checked against your notes.")
    start, end = (part.start, part.end) if part is not None else (0, len(version.text))
    inside = [one for one in found.check.open if start <= found.sentence(one.sentence).span.start < end]
    count = count_noun(len(inside), "thing") if inside else ""
    return join_sentences(said, f"{count} that your notes do not hold." if count else "")


def _parse_plan(request: ActionRequest) -> tuple[int | None, int, bool]:
    """Return the section, the channel (0 for none chosen) and whether the writer is named, as an id's argument says."""
    what, channel, named, *_ = [*request.custom_id.argument.split("."), "", "", ""]
    return (None if what in (WHOLE, "") else parse_number(what)), _parse_id(channel), named == "1"


def _parse_id(text: str) -> int:
    """Return the id of Discord's that the text is; 0 if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 20 else 0


def _snapshot(request: ActionRequest) -> EssaySnapshot:
    assert request.essay is not None  # read for every action on an essay that opens no form
    return request.essay


async def show_feedback(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Read the thread anew, and show a page of what others said."""
    return await _show_feedback(presenter, request, parse_number(request.custom_id.argument.partition(".")[0]))


async def _show_feedback(
    presenter: Presenter, request: ActionRequest, page: int = 0, notice: str | None = None
) -> ShowCard:
    found = await presenter.services.sharing.feedback(request.writer, request.subject)
    return ShowCard(await in_thread(feedback_card, _snapshot(request).essay, found, page, notice))


async def open_answer_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for an answer to what was chosen. Raise NotShared if that is gone."""
    assert request.head is not None  # read for every form of an essay
    message = _parse_id(request.selected_value or request.custom_id.argument)
    said = await presenter.services.sharing.said(request.writer, request.subject, message)
    return OpenForm(answer_form(request.subject, request.head.essay.head or 0, message, said))


async def save_answer(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Post the answer in the thread."""
    message, text = _parse_id(request.custom_id.argument), request.fields.get(ANSWER_FIELD, "")
    await presenter.services.sharing.answer(request.writer, request.subject, message, text)
    return await _show_feedback(presenter, request, notice="Your answer stands in the thread.")


async def take_down(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask, then remove the text from Discord."""
    if request.custom_id.argument != "yes":
        return ShowCard(confirm_take_down_card(_snapshot(request).essay))
    try:
        told = await presenter.services.sharing.take_down(request.writer, request.subject)
    except NotShared:  # the second of two clicks
        told = None
    return await _show_feedback(presenter, request, notice=told)


async def delete_feedback(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Ask, then delete what others said."""
    if request.custom_id.argument != "yes":
        return ShowCard(confirm_delete_feedback_card(_snapshot(request).essay))
    await presenter.services.sharing.delete_feedback(request.writer, request.subject)
    return await _show_feedback(presenter, request, notice="It is deleted.")


# Readers. The essay is somebody else's: what they may do depends on the thread that they are in.


async def open_feedback_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for a reader's feedback. Raise NotShared, MayNotWriteHere."""
    await _find_for_reader(presenter, request)
    return OpenForm(feedback_form(request.subject, request.custom_id.int_argument))


async def post_feedback(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Post what a reader said in the thread, and keep it for the writer."""
    words = validate_message(request.fields.get(FEEDBACK_FIELD, ""), "Your feedback")
    await _find_for_reader(presenter, request)
    essay, number = request.subject, request.custom_id.int_argument

    async def on_posted(message: int) -> None:
        await presenter.services.sharing.add_from_reader(essay, number, message, words)

    return PostPublicly(posted_feedback_card(essay, number, request.mention, words), on_posted)


async def _find_for_reader(presenter: Presenter, request: ActionRequest) -> None:
    if not request.may_write:
        raise MayNotWriteHere
    await presenter.services.sharing.find_for_reader(
        request.writer, request.subject, request.custom_id.int_argument, request.context.channel_ids
    )


async def take_back(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Delete what a reader said by the form, in the thread and for the writer. Raise NotShared for anybody else's."""
    if not request.owns_message or request.message is None:
        raise NotShared.of_other()
    await presenter.services.sharing.take_back(request.subject, request.message)
    return ShowCard(taken_back_card())
