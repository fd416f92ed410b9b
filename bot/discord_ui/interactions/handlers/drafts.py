"""Handlers of the text: write it, turn its pages, change it, and export it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.requests import parse_number, parse_number_pair
from bot.discord_ui.interactions.responses import ActionRequest, ExportFile, HandlerResult, OpenForm, SendFile, ShowCard
from bot.discord_ui.messages.content import read_file
from bot.discord_ui.messages.text_limits import escape_markdown as escaped
from bot.discord_ui.messages.text_limits import one_line, utf16_length
from bot.discord_ui.panels import forms, jobs
from bot.discord_ui.panels.cards import MAX_TITLE_UNITS
from bot.discord_ui.panels.drafts import (
    DraftPosition,
    claims_card,
    export_key,
    export_question_card,
    exported_card,
    history_card,
    load_layout,
    measures_card,
    version_card,
)
from bot.discord_ui.panels.essay_state import add_claims, load_essay_state
from bot.discord_ui.panels.forms import MAX_FORM_TEXT_LENGTH, split_into_fields
from bot.discord_ui.panels.presenter import STALE_NOTICE, Presenter
from bot.errors import InvalidInput, NothingToDo, UnknownJob, UnknownSection
from bot.essay.essay import Version
from bot.essay.export import describe_open_points
from bot.essay.export_targets import DEFAULT_TARGET, export_for, find_export_target
from bot.essay.text.markdown_import import describe_removed
from bot.essay.text.sections import TextSection
from bot.essay.text_report import describe_kept_voice, measure_text
from bot.services.drafting import RevisionRequest, is_already_submitted, validate_instruction
from bot.services.essays import editable_parts, join_sentences, split_parts
from bot.services.jobs.job import JobKind
from bot.services.llm_ports import require_models
from bot.services.offload import in_thread, in_worker, parse_in_worker
from bot.services.services import Services


async def open_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the essay as it is now."""
    return await presenter.show_essay(
        request.writer, request.custom_id.subject, request.context, snapshot=request.essay
    )


async def write_draft(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Start a draft; without a model, assemble the notes instead."""
    if not presenter.services.has_model:
        return await assemble_notes(presenter, request)
    job = await presenter.services.drafting.start_draft(
        request.writer, request.custom_id.subject, seen=request.custom_id.version, snapshot=request.essay
    )
    return await presenter.show_started(request, job)


async def assemble_notes(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Assemble the notes into a post, unchanged."""
    notes = await presenter.services.essays.notes(request.writer, request.custom_id.subject)
    if all(note.is_private for note in notes):
        raise NothingToDo.no_notes()
    await presenter.services.essays.assemble_post(request.writer, request.custom_id.subject)
    return await presenter.show_essay(
        request.writer, request.custom_id.subject, request.context, position=DraftPosition(0)
    )


async def discard_draft(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Go back to what was there before a draft that was cut short; the draft stays among the versions.

    A second click shows the same.
    """
    essays, writer, essay = presenter.services.essays, request.writer, request.custom_id.subject
    head, seen = (
        (await essays.get_essay(writer, essay)).head,
        (await essays.version(writer, essay, request.custom_id.version)).info,
    )
    if head == seen.number:
        await essays.discard_version(writer, essay)
    elif head != seen.parent:
        return await presenter.show_essay(writer, essay, request.context, notice=STALE_NOTICE)
    notice = f"Discarded. It stays stored as version {seen.number}: History."
    return await presenter.show_essay(writer, essay, request.context, position=DraftPosition(0), notice=notice)


async def finish_draft(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Start writing the sections that a draft which was cut short lacks."""
    job = await presenter.services.drafting.start_finish(
        request.writer, request.custom_id.subject, seen=request.custom_id.version, snapshot=request.essay
    )
    return await presenter.show_started(request, job)


async def retry_job(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Start the essay's last job again with the same instructions; do nothing if another has been started since."""
    last = await presenter.services.jobs.latest_job(request.writer, request.custom_id.subject)
    if last is not None and last.job.id == request.custom_id.int_argument and last.job.state.is_ended:
        await presenter.services.drafting.retry(request.writer, last.job)
    return await presenter.show_essay(request.writer, request.custom_id.subject, request.context)


async def show_partial_result(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show a page of what a job that broke off had written: the job that the id names, or the last such job.

    If nothing of it is kept, show the essay as it is now.
    """
    page, wanted = parse_number_pair(request.custom_id.argument)
    state = await load_essay_state(presenter.services, request.writer, request.custom_id.subject, request.essay)
    found = wanted or next(iter(state.leftover_jobs), 0)
    if found not in state.leftover_jobs:
        return await presenter.show_essay(
            request.writer, request.custom_id.subject, request.context, notice=STALE_NOTICE
        )
    job = await presenter.services.jobs.wait(request.writer, found)
    return ShowCard(await in_thread(jobs.partial_result_card, state, job, page))


async def keep_draft(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Mark a draft that was cut short as complete."""
    shown = request.essay.essay.head if request.essay is not None else None
    await presenter.services.drafting.mark_complete(request.writer, request.custom_id.subject, shown)
    return await presenter.show_essay(
        request.writer, request.custom_id.subject, request.context, position=DraftPosition(0)
    )


async def stop_job(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Stop the running job; do nothing if it has ended."""
    await presenter.services.jobs.stop(request.writer, request.custom_id.int_argument)
    return await presenter.show_essay(request.writer, request.custom_id.subject, request.context)


async def show_page(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show another page of the text."""
    return await presenter.show_essay(
        request.writer,
        request.custom_id.subject,
        request.context,
        position=DraftPosition(request.custom_id.int_argument),
        snapshot=request.essay,
    )


async def show_section(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the page on which a section begins."""
    spot = DraftPosition(section=parse_number(request.selected_value))
    return await presenter.show_essay(
        request.writer, request.custom_id.subject, request.context, position=spot, snapshot=request.essay
    )


async def open_revision_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for a revision, with the last instruction for the section if that revision failed.

    The argument may name, behind a dot, an earlier revision to be asked for again: its section and instruction are
    filled in. The form's id carries the number of the essay's last job, so that the form is carried out once however
    often it is submitted.
    """
    services = presenter.services
    require_models(services.models)
    version, last = await _form_version(presenter, request), request.head.job if request.head is not None else None
    await split_parts(version.text)
    if not (sections := editable_parts(version.text)):
        raise NothingToDo.no_text()
    since = str(last.id if last is not None else 0)
    target = CustomId("essay", "revise-save", request.custom_id.subject, request.custom_id.version, since)
    index, earlier = parse_number_pair(request.custom_id.argument)
    if earlier:
        return OpenForm(
            forms.revision_form(target, sections, *await _previous_request(presenter, request, sections, earlier))
        )
    instruction = ""
    if last is not None and last.kind is JobKind.REVISION and last.state.is_ended and last.result is None:
        wanted = RevisionRequest.from_job(last)
        if wanted.note is None and (last.base_version, wanted.index) == (version.info.number, index):
            instruction = wanted.instruction
    return OpenForm(forms.revision_form(target, sections, index, instruction))


async def _previous_request(
    presenter: Presenter, request: ActionRequest, sections: Sequence[tuple[int, TextSection]], job: int
) -> tuple[int | None, str]:
    """Return the index of the section that an earlier revision was about, and its instruction, if the writer gave one.

    The section is found by its heading; None if no section has that heading now. Raise UnknownJob if there was no such
    revision.
    """
    services, writer, essay = presenter.services, request.writer, request.custom_id.subject
    if job not in await services.jobs.leftover_jobs(writer, essay):
        raise UnknownJob(job)
    found = await services.jobs.wait(writer, job)
    if found.kind is not JobKind.REVISION:
        raise UnknownJob(job)
    wanted = RevisionRequest.from_job(found)
    then = await split_parts((await services.essays.version(writer, essay, found.base_version or 0)).text)
    same = [index for index, part in sections if part.title == then[wanted.index].title]
    index = wanted.index if wanted.index in same else next(iter(same), None)
    return index, "" if wanted.note is not None else wanted.instruction


async def revise_section(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Start a revision of one section of the version that the writer saw.

    If the same form has already started it, show the essay as it is now.
    """
    services, writer, essay = presenter.services, request.writer, request.custom_id.subject
    seen = await services.essays.version(writer, essay, request.custom_id.version)
    wanted = RevisionRequest(
        parse_number(request.selected.get("section", "")), validate_instruction(request.fields.get("instruction", ""))
    )
    # Forms of earlier releases carry no job's number, so that a second submission of one is not recognized.
    known, since = bool(request.custom_id.argument), request.custom_id.int_argument
    if not (
        known and await is_already_submitted(services.jobs, writer, essay, request.custom_id.version, wanted, since)
    ):
        await services.drafting.start_revision(writer, essay, seen, wanted.index, wanted.instruction)
    return await presenter.show_essay(writer, essay, request.context)


async def open_section_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open a form with a section's text; for a section too long for a form, one that takes a file."""
    index = request.custom_id.int_argument
    part = await _load_section(presenter, request, index)
    target = CustomId("essay", "edit-save", request.custom_id.subject, request.custom_id.version, str(index))
    fields = split_into_fields(_strip_blank_lines(part))
    if fields is None:
        return OpenForm(
            forms.edit_section_by_file_form(target, forms.section_name(part), utf16_length(_strip_blank_lines(part)))
        )
    return OpenForm(forms.edit_section_form(target, forms.section_name(part), fields))


async def save_section(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store what was typed as a version; beside the newer one if the text has changed meanwhile, and show both."""
    index = request.custom_id.int_argument
    part = await _load_section(presenter, request, index)
    seen = await presenter.services.essays.version(request.writer, request.custom_id.subject, request.custom_id.version)
    how = None
    if request.files:
        found = await read_file(request.files[0])
        body, how = found.text, found.notice
    elif (fields := split_into_fields(_strip_blank_lines(part))) is not None:
        body = fields.join([request.fields.get(f"body{at}", "") for at in range(len(fields.fields))])
    else:
        raise InvalidInput(
            f"A section of more than {MAX_FORM_TEXT_LENGTH:,} characters is changed by a file: attach one."
        )
    essays = presenter.services.essays
    if await split_parts(seen.text):
        made = await essays.edit_section(request.writer, request.custom_id.subject, seen, index, body)
    else:
        made = await essays.edit_text(request.writer, request.custom_id.subject, seen, body)
    if made.version.info.number == seen.info.number:
        notice, beside = "Nothing was changed.", None
    elif made.is_current:
        notice, beside = f"Stored as version {made.version.info.number}.", None
    else:
        beside = made.version.info.number
        notice = f"The text had changed meanwhile. What you typed is version {beside}; below is the newer one."
    notice = join_sentences(how, notice, describe_removed(made.removed_comments, "text"))
    return await presenter.show_essay(
        request.writer,
        request.custom_id.subject,
        request.context,
        position=DraftPosition(section=index),
        notice=notice,
        side_version=beside,
    )


async def undo(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Go back to the version before."""
    version = await presenter.services.essays.undo(request.writer, request.custom_id.subject)
    return await _switch_version(presenter, request, version.info.number)


async def redo(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Go to the version after."""
    version = await presenter.services.essays.redo(request.writer, request.custom_id.subject)
    return await _switch_version(presenter, request, version.info.number)


async def go_to_version(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Make the version that the id names the current one."""
    version = await presenter.services.essays.go_to_version(
        request.writer, request.custom_id.subject, request.custom_id.int_argument
    )
    return await _switch_version(presenter, request, version.info.number)


async def _switch_version(presenter: Presenter, request: ActionRequest, version: int) -> HandlerResult:
    notice = f"This is version {version}. The others stay: More, History."
    return await presenter.show_essay(
        request.writer, request.custom_id.subject, request.context, position=DraftPosition(0), notice=notice
    )


async def export_essay(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the text as a Markdown file, after asking while its check has left something open."""
    return await export_or_ask(presenter.services, request.writer, request.custom_id.subject, DEFAULT_TARGET)


async def export_as_it_is(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the text as a file, whatever is open in it, and show it again."""
    key = export_key(request.custom_id.argument)
    handed = await export_as_file(presenter.services, request.writer, request.custom_id.subject, key)
    return replace(handed, show=await presenter.show_essay(request.writer, request.subject, request.context))


async def export_for_place(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Send the text, which was exported already, as another place takes it."""
    key = find_export_target(request.selected_value).key
    return await export_as_file(presenter.services, request.writer, request.custom_id.subject, key)


async def export_or_ask(services: Services, writer: str, essay: str, key: str) -> HandlerResult:
    """Return the text as the place with the key takes it; where its check has left something open, a card that asks."""
    if services.checking.has_checker:
        found = await services.checking.current(writer, essay)
        if not found.is_settled:
            title = (await services.essays.get_essay(writer, essay)).title
            points = await _describe_open_points(services, writer, essay, found.version.text)
            said = join_sentences(points, await services.checking.describe_for_export(writer, essay))
            return ShowCard(export_question_card(essay, title, found.version.info.number, said, key))
    return await export_as_file(services, writer, essay, key)


async def _describe_open_points(services: Services, writer: str, essay: str, text: str) -> str:
    notes = await services.essays.notes(writer, essay)
    size = len(text) + sum(len(note.text) for note in notes)
    return await parse_in_worker(writer, size, describe_open_points, text, notes)


async def export_as_file(services: Services, writer: str, essay: str, key: str) -> SendFile:
    """Return an essay's current text as a file to send, as the place with the key takes it, with what to tell of it."""
    essays = services.essays
    post = await essays.export(writer, essay)
    exported = await parse_in_worker(writer, len(post.text), export_for, post, key)
    points = await _describe_open_points(services, writer, essay, post.text)
    checked = await services.checking.describe_for_export(writer, essay, post.version)
    told = [f"{escaped(one_line(post.title, MAX_TITLE_UNITS))}, {exported.target.phrase}.", points, checked]

    async def after() -> None:
        await essays.mark_exported(writer, essay, post)

    card = exported_card(" ".join(filter(None, told)), exported, essay, post.version)
    return SendFile(card, ExportFile(exported.name, exported.data), after)


async def show_history(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the list of versions."""
    return ShowCard(
        history_card(
            await load_essay_state(presenter.services, request.writer, request.custom_id.subject, request.essay),
            request.custom_id.int_argument,
        )
    )


async def show_version(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show one version."""
    return await _show_version(
        presenter, request, parse_number(request.selected_value) or request.custom_id.int_argument, 0
    )


async def show_version_page(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show another page of one version."""
    page, version = parse_number_pair(request.custom_id.argument)
    return await _show_version(presenter, request, version, page)


async def _show_version(presenter: Presenter, request: ActionRequest, version: int, page: int) -> HandlerResult:
    found = await presenter.services.essays.version(request.writer, request.custom_id.subject, version)
    state = await load_essay_state(presenter.services, request.writer, request.custom_id.subject, request.essay)
    if state.version_number == version:
        return await presenter.show_essay(request.writer, request.custom_id.subject, request.context)
    layout = await load_layout(request.writer, found.text)
    return ShowCard(await in_thread(version_card, state, found, page, layout))


async def show_claims(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the claims of the text that the notes do not contain."""
    state = await add_claims(
        await load_essay_state(presenter.services, request.writer, request.custom_id.subject, request.essay)
    )
    size = len(state.version.text) if state.version is not None else 0
    return ShowCard(await parse_in_worker(request.writer, size, claims_card, state, request.custom_id.int_argument))


async def show_measures(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Show the measures of the text."""
    state = await load_essay_state(presenter.services, request.writer, request.custom_id.subject, request.essay)
    if state.version is None:
        raise NothingToDo.no_text()
    # Tens of milliseconds for a post: too long for the loop that must acknowledge everybody's clicks.
    found = await in_worker(measure_text, state.version.text, state.structure)
    kept = await in_worker(describe_kept_voice, found, state.notes)
    essay, page = state.essay, request.custom_id.int_argument
    return ShowCard(measures_card(essay.title, found, page, essay.id, state.version_number, voice=kept))


async def _form_version(presenter: Presenter, request: ActionRequest) -> Version:
    """Return the version that the button was about: it was read with the essay, if it is the current one."""
    wanted, head = request.custom_id.version, request.head
    if head is not None and head.version is not None and head.version.info.number == wanted:
        return head.version
    return await presenter.services.essays.version(request.writer, request.subject, wanted)


async def _load_section(presenter: Presenter, request: ActionRequest, index: int) -> TextSection:
    seen = await _form_version(presenter, request)
    parts = await split_parts(seen.text) or (
        TextSection("", 0, "", "", 0),
    )  # a text that was emptied can be written anew
    if index >= len(parts):
        raise UnknownSection(str(index + 1))
    return parts[index]


def _strip_blank_lines(part: TextSection) -> str:
    """Return a section's text without the blank lines around it, which a form does not show or change."""
    return part.body.strip("\r\n")
