"""Handlers of critiques, of essays and of pasted texts."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.requests import read_submitted_text
from bot.discord_ui.interactions.responses import ActionRequest, HandlerResult, InteractionContext, OpenForm, ShowCard
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.cards import LIST_PAGE_SIZE
from bot.discord_ui.panels.critiques import critique_list_card, next_page
from bot.discord_ui.panels.drafts import DraftPosition, measures_card
from bot.discord_ui.panels.presenter import STALE_NOTICE, Presenter
from bot.errors import BotError, NothingToDo, StaleRequest
from bot.essay.essay import Origin
from bot.essay.facts import defang_links
from bot.essay.matching import best_structure
from bot.essay.structure import Structure
from bot.essay.text.markdown_import import describe_removed, import_markdown
from bot.essay.text_report import TextReport, measure_text
from bot.services.critiques import Decision, check_critique_length
from bot.services.essays import join_sentences
from bot.services.llm_ports import no_model
from bot.services.offload import parse_in_worker


async def critique_text(
    presenter: Presenter,
    writer: str,
    context: InteractionContext,
    text: str,
    structure: Structure | None,
    *,
    own: bool,
    notice: str | None = None,
) -> ShowCard:
    """Start a critique of any text and show it; without a model, show the text's measures.

    ``own``: the person wrote the text, so it can become a draft of theirs. ``notice`` says how the text was read. Raise
    InvalidInput for a text that is too short or too long.
    """
    services = presenter.services
    page = await parse_in_worker(writer, len(text), import_markdown, services.essays.validate_page("The text", text))
    notice = join_sentences(notice, describe_removed(page.removed, "text")) or None
    if services.has_model:
        critiqued, _ = await services.critiques.start_text_critique(
            writer, page.text, structure, title=page.title, own=own
        )
        return await presenter.show_critique(writer, critiqued.id, context, notice=notice)
    found = await parse_in_worker(writer, len(text), _measure_text, page.text, structure)
    return ShowCard(
        measures_card("What was counted", found, 0, None, 0, " ".join(one for one in (notice, str(no_model())) if one))
    )


def _measure_text(text: str, structure: Structure | None) -> TextReport:
    """Measure a text. Raise InvalidInput for one too short or too long."""
    check_critique_length(text)
    return measure_text(text, structure)


async def critique_pasted_text(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Critique what was pasted into the form of /critique."""
    text, notice = await read_submitted_text(request)
    structure = presenter.services.offered_structures.get(request.custom_id.argument)
    return await critique_text(presenter, request.writer, request.context, text, structure, own=True, notice=notice)


async def critique_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the critique of the version that the writer saw; start one if there is none."""
    services, writer, essay = presenter.services, request.writer, request.custom_id.subject
    snapshot = request.essay or await services.essays.snapshot(writer, essay)
    if (found := snapshot.critique) is not None and found.version == request.custom_id.version:
        return await presenter.show_critique(writer, found.id, request.context)
    version = snapshot.version or await services.essays.version(writer, essay, request.custom_id.version)
    try:
        _, job = await services.critiques.start_essay_critique(writer, essay, version, anew=False, snapshot=snapshot)
    except StaleRequest:  # another click may have begun one meanwhile
        found = await services.critiques.latest(writer, essay)
        if found is None or found.version != request.custom_id.version:
            raise
        return await presenter.show_critique(writer, found.id, request.context)
    return await presenter.show_started(request, job)


async def show_last_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the last finished critique of the essay."""
    found = await presenter.services.critiques.latest(request.writer, request.custom_id.subject)
    if found is None:
        raise NothingToDo.no_finding()
    return await presenter.show_critique(request.writer, found.id, request.context)


async def list_critiques(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of the list of critiques of pasted texts; for a number past the end, the last page."""
    find, page = presenter.services.critiques.pasted, request.custom_id.int_argument
    _, total = await find(request.writer, 0, 0)
    count = max(1, -(-total // LIST_PAGE_SIZE))
    page = min(page, count - 1)
    found, _ = await find(request.writer, page * LIST_PAGE_SIZE, LIST_PAGE_SIZE)
    return ShowCard(critique_list_card(found, page, count))


async def choose_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the critique that was chosen in the list."""
    return await presenter.show_critique(request.writer, request.selected_value, request.context)


async def show_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show one page of a critique."""
    return await presenter.show_critique(
        request.writer, request.custom_id.subject, request.context, page=request.custom_id.int_argument
    )


async def apply_suggestion(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Apply a finding's replacement as a new version, and show the finding again with that.

    The second of two clicks applies nothing.
    """
    services, index = presenter.services, request.custom_id.int_argument
    critiqued = await services.critiques.get(request.writer, request.custom_id.subject)
    if critiqued.essay is None:
        raise NothingToDo.no_replacement()
    seen = await services.essays.current_version(request.writer, critiqued.essay)
    from_here = seen.info.origin is Origin.SUGGESTION and seen.info.parent == request.custom_id.version
    if from_here and critiqued.decisions.get(index) is Decision.APPLIED:  # the second of two clicks
        return await presenter.show_critique(
            request.writer,
            request.custom_id.subject,
            request.context,
            page=index + 1,
            notice=_applied_notice(seen.info.number),
        )
    if seen.info.number != request.custom_id.version:
        return await presenter.show_critique(
            request.writer, request.custom_id.subject, request.context, page=index + 1, notice=STALE_NOTICE
        )
    made = await services.critiques.apply_finding(request.writer, request.custom_id.subject, index, seen)
    notice = _applied_notice(made.info.number)
    return await presenter.show_critique(
        request.writer, request.custom_id.subject, request.context, page=index + 1, notice=notice
    )


def _applied_notice(version: int) -> str:
    return f"Applied: it is version {version}. Undo takes it back."


async def open_finding_answer_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for an answer to a finding's question."""
    custom_id, index = request.custom_id, request.custom_id.int_argument
    stored = await presenter.services.critiques.get(request.writer, custom_id.subject)
    findings = stored.critique.findings if stored.critique is not None else ()
    if not 0 <= index < len(findings) or (question := findings[index].question) is None:
        raise NothingToDo.no_finding()
    target = CustomId("critique", "answer-save", custom_id.subject, custom_id.version, str(index))
    return OpenForm(forms.finding_answer_form(target, defang_links(question)))


async def save_finding_answer(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store an answer to a finding's question as a note, and have the passage rewritten with it."""
    services, writer, context = presenter.services, request.writer, request.context
    critique, index = request.custom_id.subject, request.custom_id.int_argument
    stored = await services.critiques.get(writer, critique)
    if stored.essay is None:
        raise NothingToDo.no_question_in_finding()
    seen = await services.essays.current_version(writer, stored.essay)
    answer = await services.critiques.answer_finding(writer, critique, index, request.fields.get("answer", ""), seen)
    notice = answer.describe(with_model=services.has_model)
    if services.has_model and answer.can_be_worked_in:
        try:
            planned = await services.drafting.plan_fill(
                writer, answer.essay, answer.note.number, answer.section or "", answer.passage
            )
            await planned.start()
            notice = f"Your answer is note {answer.note.number}; the passage is rewritten with it."
            return await presenter.show_essay(writer, answer.essay, context, notice=notice)
        except BotError as error:  # the answer is stored, and that is said before anything else
            notice = f"Your answer is note {answer.note.number}. {error}"
    return await presenter.show_critique(writer, critique, context, page=index + 1, notice=notice)


async def dismiss_finding(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Dismiss a finding, and show the next one."""
    index = request.custom_id.int_argument
    critiques, writer, critique = presenter.services.critiques, request.writer, request.custom_id.subject
    await critiques.dismiss_finding(writer, critique, index)
    result = (await critiques.get(writer, critique)).critique
    page = next_page(result, index + 1) if result is not None else 0
    return await presenter.show_critique(writer, critique, request.context, page=page, notice="Dismissed.")


async def adopt_text(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Make a pasted text the first version of a new essay; a second click shows that essay."""
    services = presenter.services
    critiqued = await services.critiques.get(request.writer, request.custom_id.subject)
    if critiqued.essay is None:
        structure = services.structures.get(critiqued.structure or "")
        if structure is None:
            text = critiqued.text
            structure = await parse_in_worker(
                request.writer, len(text), best_structure, text, dict(services.offered_structures)
            )
        essay = await services.critiques.create_essay(request.writer, request.custom_id.subject, structure)
        notice = "It is your draft now. The critique is under More, and its suggestions can be applied."
        return await presenter.show_essay(
            request.writer, essay, request.context, position=DraftPosition(0), notice=notice
        )
    return await presenter.show_essay(request.writer, critiqued.essay, request.context)


async def stop_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Stop the critique; do nothing if it has ended."""
    await presenter.services.jobs.stop(request.writer, request.custom_id.int_argument)
    return await presenter.show_critique(request.writer, request.custom_id.subject, request.context)


async def retry_critique(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Start a critique again that came to nothing."""
    await presenter.services.critiques.retry(request.writer, request.custom_id.subject)
    return await presenter.show_critique(request.writer, request.custom_id.subject, request.context)
