"""Cards of a job: its progress, with the text as it comes, and how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import Enum

from bot.discord_ui.interactions.custom_ids import SubjectKind
from bot.discord_ui.messages import pages
from bot.discord_ui.messages.pages import StreamPage, StreamPager, close_markdown
from bot.discord_ui.messages.text_limits import escape_markdown
from bot.discord_ui.panels.cards import (
    Button,
    ButtonRow,
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.essay.structure import Structure
from bot.essay.tagged_draft import render, without_tags
from bot.essay.text.words import count_noun, count_words
from bot.services.drafting import RevisionRequest
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView

SHOW_PARTIAL_LABEL = "Show what came"
_FAILED_TEXT = {
    JobKind.DRAFT: "The draft broke off.",
    JobKind.FINISH: "The writing broke off.",
    JobKind.REVISION: "The revision broke off.",
    JobKind.CRITIQUE: "The critique broke off.",
}
_ENDED_TEXT = {
    JobState.STOPPED: ("Stopped.", "Stopped before"),
    JobState.INTERRUPTED: ("The bot was restarted in the middle of it.", "The bot was restarted before"),
}


def has_partial_result(job: Job) -> bool:
    """Return whether the job left a text with words that is in no version."""
    return job.kind is not JobKind.CRITIQUE and job.result is None and count_words(without_tags(job.text)) > 0


def as_markdown(view: JobView, structure: Structure) -> JobView:
    """Return a job with its text as it is read: each section under its heading, as far as it has come."""
    if view.job.kind is JobKind.CRITIQUE or not view.job.text:
        return view
    return replace(view, job=replace(view.job, text=render(view.job.text, structure)))


def is_pasted_critique(job: Job) -> bool:
    """Return whether the job is the critique of a pasted text; its subject is then the critique, and no essay."""
    return job.kind is JobKind.CRITIQUE and job.subject == job.argument


def job_failure_message(job: Job) -> str | None:
    """Say how a job failed, was stopped or was interrupted; None for any other job."""
    if job.state is JobState.FAILED:
        return " ".join(
            filter(
                None, (job.error, f"“{SHOW_PARTIAL_LABEL}” has what was written." if has_partial_result(job) else None)
            )
        )
    if job.state not in _ENDED_TEXT:
        return None
    middle, before = _ENDED_TEXT[job.state]
    if job.kind is JobKind.CRITIQUE:
        return f"{before} there was a critique."
    if job.result is not None:
        return f"{middle} What had come is kept."
    if not has_partial_result(job):
        return f"{before} anything had come."
    stands = "The section is as it was" if job.kind is JobKind.REVISION else "What had come is in no version"
    return f"{middle} {stands}; “{SHOW_PARTIAL_LABEL}” has what was written."


def side_version_message(job: Job, side_version: int) -> str:
    """Say how a job ended that made a version beside the current one."""
    return " ".join(
        filter(
            None,
            (
                job_failure_message(job),
                f"The text had changed meanwhile: what was written is version {side_version}, beside it.",
            ),
        )
    )


def failed_job_message(job: Job, *, panel_shows_reason: bool, side_version: int | None = None) -> str:
    """Say in a message of its own how a failed job ended.

    ``panel_shows_reason``: the panel above says why it failed. ``side_version`` is the version that the job made, if
    that is not the current one.
    """
    why = "The panel above says why." if panel_shows_reason else job.error or ""
    if job.kind is JobKind.CRITIQUE:
        where = "/essays, Critiques, opens it again" if is_pasted_critique(job) else "/draft brings the essay here"
        return f"**{_FAILED_TEXT[job.kind]}** {why} The text is stored: {where}."
    if side_version is not None:
        kept = f"Everything that came is stored, as {side_version_location(side_version)}."
    elif job.result is not None:
        kept = "Everything that came is stored: /draft shows it."
    elif has_partial_result(job):
        kept = (
            f"Everything that came is stored: /draft, {SHOW_PARTIAL_LABEL}; once you have gone on, that is under More."
        )
    elif job.kind is JobKind.REVISION:
        kept = f"Nothing had come; what you asked for is stored: /draft, More, {SHOW_PARTIAL_LABEL}."
    else:
        kept = "There is nothing of it to show: /draft brings the essay here."
    return f"**{_FAILED_TEXT[job.kind]}** {why} {kept}"


def revised_message(version: int, note: int | None) -> str:
    """Say that a section is rewritten as it was asked, or from a ``note``, and how it is undone."""
    done = "The section is rewritten" if note is None else f"Note {note} is worked in"
    return f"{done}: it is version {version}. Undo takes it back."


def side_version_location(version: int) -> str:
    """Say, as a part of a sentence, where a version beside the current one is found."""
    return f"version {version}, beside the text that you changed meanwhile: /draft, More, History"


def job_recovery_buttons(state: EssayState) -> tuple[ButtonRow, ...]:
    """Return buttons to retry the essay's last job, or to see what it wrote, if it failed and nothing changed since.

    While there is no text, and so no menu, also one that leads to what earlier jobs wrote.
    """
    job = state.failed_job
    return button_rows(
        _retry_button(state, job) if job is not None else None,
        action_button(SHOW_PARTIAL_LABEL, "came", state.essay.id, state.version_number, f"0.{state.leftover_jobs[0]}")
        if _has_partial_result_button(state)
        else None,
    )


def _has_partial_result_button(state: EssayState) -> bool:
    """Return whether the panel has a button that shows what a failed job had written."""
    job = state.failed_job
    return bool(state.leftover_jobs) and (state.version is None or (job is not None and has_partial_result(job)))


def partial_result_option(state: EssayState) -> SelectOption | None:
    """Return the menu entry that shows what failed jobs had written; None if a button leads there."""
    if not state.leftover_jobs or _has_partial_result_button(state):
        return None
    return SelectOption(SHOW_PARTIAL_LABEL, "came", "of work that broke off, and what you had asked for")


def _retry_button(state: EssayState, job: Job) -> Button | None:
    """Return "Try again"; None where another button does the same: Write draft, Continue, Start again, Critique."""
    complete = state.version is not None and state.version.info.is_complete
    if not state.has_model or not (job.kind is JobKind.REVISION or (job.kind is JobKind.DRAFT and complete)):
        return None
    return action_button("Try again", "again", state.essay.id, state.version_number, job.id, style=ButtonStyle.PRIMARY)


def partial_result_card(state: EssayState, job: Job, page: int) -> Card:
    """Show what a model had written when its job broke off, and then what a revision had been asked for.

    Neither is part of a version or of an export.
    """
    essay, number = state.essay, state.version_number
    job = replace(job, text=render(job.text, state.structure))
    sheets = _partial_result_pages(job)
    page = min(page, len(sheets) - 1)
    said, words = sheets[page]
    return Card(
        (
            heading_text(essay.title),
            TextBlock(f"**{said}**"),
            TextBlock(words),
            Separator(),
            small_print(
                f"{job.kind.label} of {job.created:%d %b %H:%M} UTC",
                count_noun(count_words(job.text), "word") if has_partial_result(job) else None,
                f"page {page + 1} of {len(sheets)}" if len(sheets) > 1 else None,
                "AI-written from your notes" if has_partial_result(job) else None,
            ),
            *page_buttons("came", essay.id, number, page, len(sheets), str(job.id)),
            *button_rows(
                _repeat_job_button(state, job),
                *_adjacent_job_buttons(state, job),
                action_button("Back", "open", essay.id, number),
            ),
        )
    )


def _partial_result_pages(job: Job) -> list[tuple[str, str]]:
    """Return the pages of the partial text, then those of the instruction, each with a sentence about it.

    There is at least one page.
    """
    of = "the section" if job.kind is JobKind.REVISION else "the text"
    text = f"What had come of {of}. It stands in no version: take from it what you want."
    found = [(text, close_markdown(pages.render_page(job.text, page))) for page in pages.paginate(job.text)]
    if job.kind is JobKind.REVISION:
        asked = RevisionRequest.from_job(job).instruction
        told = "What you had asked for." if found else "Nothing had come of it. This is what you had asked for."
        shown = escape_markdown(asked)
        found += [(told, pages.render_page(shown, page)) for page in pages.paginate(shown)]
    return found or [("Nothing had come of it.", "The text is empty.")]


def _repeat_job_button(state: EssayState, job: Job) -> Button | None:
    """Return a button that starts the job again; for a revision of a text that has changed, that opens its form."""
    latest = state.failed_job
    if latest is not None and latest.id == job.id:
        return _retry_button(state, job)
    if not state.has_model or state.version is None or job.kind is not JobKind.REVISION:
        return None
    return action_button("Ask for it again", "revise", state.essay.id, state.version_number, f"0.{job.id}")


def _adjacent_job_buttons(state: EssayState, job: Job) -> tuple[Button | None, ...]:
    """Return buttons that lead to the failed jobs before and after this one."""
    at = state.leftover_jobs.index(job.id)
    earlier, later = state.leftover_jobs[at + 1 :][:1], state.leftover_jobs[:at][-1:]
    essay, number = state.essay.id, state.version_number
    return (
        action_button("Earlier work", "came", essay, number, f"0.{earlier[0]}") if earlier else None,
        action_button("Later work", "came", essay, number, f"0.{later[0]}") if later else None,
    )


_RUNNING_TEXT = {
    JobKind.DRAFT: "Writing the draft…",
    JobKind.FINISH: "Writing what was missing…",
    JobKind.REVISION: "Rewriting the section…",
    JobKind.CRITIQUE: "Reading the text…",
    JobKind.QUESTION: "Reading your answers…",
    JobKind.TITLES: "Looking for titles…",
    JobKind.PLACEMENT: "Reading your notes…",
    JobKind.CHECK: "Checking each sentence against your notes…",
}
_DONE_TEXT = {
    JobKind.DRAFT: "The draft is done.",
    JobKind.FINISH: "What was missing is written.",
    JobKind.REVISION: "The section is rewritten.",
    JobKind.CRITIQUE: "The critique is done.",
}
_UNFINISHED_TEXT = "The text is not finished yet"
_REFUSED_TEXT = "It is stored. The panel above says why Discord does not let it be shown there, and what you can do."


def job_progress_card(
    title: str,
    view: JobView,
    kind: SubjectKind,
    subject: str,
    notice: str | None = None,
    *,
    version: int = 0,
    pager: StreamPager | None = None,
    page: int | None = None,
) -> Card:
    """Return a running job's panel: its place in line or progress, a page of its text, and Stop.

    ``pager`` cuts the text into pages; without it no text is shown, nor for a critique, whose text is not made for
    reading. ``page`` is the page asked for, None for the one being written. ``version`` is the current version's
    number.
    """
    job = view.job
    sheet = None
    if pager is not None and job.kind is not JobKind.CRITIQUE and job.text.strip():
        sheet = pager.page_at(job.text, page)
    parts: list[CardPart] = [*notice_text(notice), heading_text(title)]
    if sheet is not None:
        parts += [TextBlock(sheet.text), Separator()]
    parts.append(TextBlock(f"**{progress_line(view)}**"))
    parts.append(_progress_small_print(view, sheet))
    if sheet is not None:
        parts += page_buttons("page", subject, version, sheet.page, sheet.pages)
    return Card((*parts, *button_rows(action_button("Stop", "stop", subject, 0, job.id, kind=kind))))


def _progress_small_print(view: JobView, sheet: StreamPage | None) -> TextBlock:
    job = view.job
    back = "/essays, Critiques, brings it back" if is_pasted_critique(job) else "/draft brings it back"
    if sheet is None:
        return small_print("Everything is stored.", f"You can close this; {back}.")
    at = f"page {sheet.page + 1} of {sheet.pages} so far" if sheet.pages > 1 else None
    return small_print(f"{count_noun(sheet.words, 'word')} so far, all stored", at, f"you can close this; {back}")


def progress_line(view: JobView) -> str:
    """Say in one line how far a job is. It changes only when something happened that a person wants to know."""
    if view.queue_position is not None:
        return f"Waiting: place {view.queue_position} in line"
    if view.phase is JobPhase.THINKING:
        # Discord's own clock: each reader's client shows how long ago that was, and keeps it current by itself.
        return f"Thinking… begun <t:{int(view.phase_since.timestamp())}:R>"
    text = _RUNNING_TEXT[view.job.kind]
    return f"{text} begun <t:{int(view.job.created.timestamp())}:R>" if view.job.kind.gives_way else text


def with_expiry_notice(card: Card, job: Job) -> Card:
    """Return the card with the notice that Discord will soon not let it be changed any more."""
    goes_on = {JobKind.CRITIQUE: "The reading goes on", JobKind.CHECK: "The check goes on"}.get(
        job.kind, "The writing goes on"
    )
    where = "/essays, Critiques," if is_pasted_critique(job) else "/draft,"
    said = f"Discord lets this message change no longer. {goes_on}: {where} or any button here, shows it."
    return Card((TextBlock(f"**{said}**"), *card.parts))


def without_refused_text(card: Card, reason: str, result_buttons: Sequence[Button] = ()) -> Card:
    """Return the card without the text that Discord refuses to show: the reason, the progress and the buttons.

    A card has its text above its first separator; what is below is kept.
    ``result_buttons`` are added to those of the panel.
    """
    after = next((at for at, part in enumerate(card.parts) if isinstance(part, Separator)), 0) + 1
    rest = [part for part in card.parts[after:] if not isinstance(part, SelectMenu)]  # a menu may name the same words
    return Card((*notice_text(reason), *rest, *button_rows(*result_buttons)))


def refused_card(reason: str, result_buttons: Sequence[Button]) -> Card:
    """Return a card with Discord's reason and the buttons, for when it refuses even the rest of the panel."""
    return Card((*notice_text(reason), *button_rows(*result_buttons)))


class PanelContent(Enum):
    """What the panel above a job's closing message shows when the job ends."""

    RESULT = "what came of it"
    REFUSAL_NOTICE = "why Discord does not let that be shown"
    OTHER = "something else, or what was true before"


def job_ended_card(
    view: JobView,
    *,
    panel_content: PanelContent,
    result_buttons: Sequence[Button] = (),
    unfinished: bool = False,
    side_version: int | None = None,
) -> Card | None:
    """Return a closing message for a job, because Discord does not mark an edited panel as unread.

    ``result_buttons`` lead to the result, and stand here if the panel above does not lead there; of a critique, which
    a click in the panel may hide, the first stands here in any case. ``unfinished``: the text was cut short.
    ``side_version`` is the version that the job made, if that is not the current one. Return None for a job that the
    writer stopped, that a shutdown interrupted, or of a kind that gives way, whose result is in the essay.
    """
    if view.job.kind.gives_way:
        return None
    shown = panel_content is PanelContent.RESULT
    ways_on = result_buttons if panel_content is PanelContent.OTHER else ()
    job = view.job
    if job.state is JobState.DONE:
        if side_version is not None:
            done = f"{_UNFINISHED_TEXT}." if unfinished else _DONE_TEXT[job.kind]
            here = " The panel above leads to it." if shown else ""
            told = f"**{done}** It is {side_version_location(side_version)}.{here}"
            return Card((TextBlock(told), *button_rows(*ways_on)))
        words = f"**{f'{_UNFINISHED_TEXT}: Continue writes the rest.' if unfinished else _DONE_TEXT[job.kind]}**"
        if panel_content is PanelContent.REFUSAL_NOTICE:
            return Card((TextBlock(f"{words} {_REFUSED_TEXT}"),))
        if job.kind is JobKind.CRITIQUE:
            here = "It is in the panel above. Later you find it" if shown else "You find it"
            return Card(
                (
                    TextBlock(f"{words} {here} by {_critique_location(job)}."),
                    *button_rows(*(result_buttons[:1] if shown else ways_on)),
                )
            )
        where = "It is in the panel above; /draft brings it here." if shown else "/draft shows it."
        return Card((TextBlock(f"{words} {where}"), *button_rows(*ways_on)))
    if job.state is JobState.FAILED:
        return Card(
            (
                TextBlock(failed_job_message(job, panel_shows_reason=shown, side_version=side_version)),
                *button_rows(*ways_on),
            )
        )
    return None


def _critique_location(job: Job) -> str:
    """Say where a finished critique is found."""
    return "/essays, Critiques" if is_pasted_critique(job) else "/draft: More, Last critique"
