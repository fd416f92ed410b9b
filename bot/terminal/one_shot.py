"""Draft a post from a page of notes, or critique a text, in one command."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from bot.errors import EVERYTHING_STORED, BotError, InvalidInput
from bot.essay import private_text
from bot.essay.critique import Critique
from bot.essay.essay import Essay, Version
from bot.essay.export import ExportablePost, count_body_words
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.checking import CheckedText
from bot.services.jobs.job import JobState
from bot.services.ledger import Settlement, total_cost
from bot.services.note_placement import NOTES_STORED
from bot.services.services import Services
from bot.terminal import LOCAL_WRITER, progress, views


class JobFailed(BotError):
    """A job ended without a result; the message says why, and what to do next."""


@dataclass(frozen=True, slots=True)
class DraftedPost:
    """A post and the essay it is stored as."""

    essay_id: str
    post: ExportablePost
    is_complete: bool


async def draft_notes(
    services: Services,
    screen: Console,
    text: str,
    structure: Structure,
    title: str | None,
    *,
    typed_by_hand: bool = False,
) -> DraftedPost:
    """Store a page of notes as an essay, draft it (or, without a model, assemble it), and return the post.

    Raise InvalidInput for notes without words, and JobFailed if the draft failed: then the essay is deleted, unless
    part of the draft came, or the notes were ``typed_by_hand`` and exist nowhere else.
    """
    essay = await services.essays.create_essay(LOCAL_WRITER, structure, title)
    try:
        with _count_calls(services, screen) as calls:
            page = await services.essays.add_note_page(LOCAL_WRITER, essay.id, text)
            if page.notice:
                screen.print(page.notice)
            if told := private_text.describe_private(page.notes):
                screen.print(told)
            await _sort_notes(services, screen, essay.id)
            version = await _make_version(services, screen, essay.id)
        model = version.info.model
        said = (
            f"Drafted by {model} for {progress.format_cost(total_cost(calls))}."
            if model
            else "No model wrote any of it."
        )
    except InvalidInput:
        await services.essays.delete_essay(LOCAL_WRITER, essay.id)
        raise
    except BotError as error:
        if typed_by_hand or (await services.essays.get_essay(LOCAL_WRITER, essay.id)).head is not None:
            raise JobFailed(f"{error} {_stored_message(essay.id)}") from error
        await services.essays.delete_essay(LOCAL_WRITER, essay.id)
        raise JobFailed(
            f"{_without_stored_notice(str(error))} No essay was added; the notes are where they came from."
        ) from error
    except asyncio.CancelledError:
        screen.print(_stored_message(essay.id))
        raise
    number = version.info.number
    post = await services.essays.export(LOCAL_WRITER, essay.id, number)
    words = views.word_summary(count_body_words(post.text), post.text)
    screen.print(f'Stored as essay {essay.id} in the structure "{structure.key}": {words}. {said}')
    if (
        head := (await services.essays.get_essay(LOCAL_WRITER, essay.id)).head
    ) != number:  # another session has changed the essay
        screen.print(
            f"{progress.newer_version_message(number, head)} essay-bot essays resume {essay.id} takes these commands."
        )
    return DraftedPost(essay.id, post, version.info.is_complete)


async def _sort_notes(services: Services, screen: Console, essay: str) -> None:
    """Ask a model to sort the notes without a section, after saying what that may cost."""
    planned = await services.interview.plan_placement(LOCAL_WRITER, essay) if services.has_model else None
    if planned is None:
        return
    screen.print(f"The model sorts the notes into the sections. {progress.max_cost_message(await planned.max_cost())}")
    job = await progress.follow_job(services, await planned.start(), screen)
    if job.error is not None:  # whether the notes stay stored is not known before the draft
        screen.print(job.error.replace(f"{NOTES_STORED}they ", "The notes ").removeprefix(NOTES_STORED))


async def _make_version(services: Services, screen: Console, essay: str) -> Version:
    """Make the post, with a model if there is one. Raise BotError if the draft failed."""
    if not services.has_model:
        return await services.essays.assemble_post(LOCAL_WRITER, essay)
    planned = await services.drafting.plan_draft(LOCAL_WRITER, essay)
    screen.print(await progress.describe_price(planned))
    job = await progress.follow_job(services, await planned.start(), screen)
    if job.state is not JobState.DONE or job.result is None:
        raise JobFailed(progress.job_end_message(job))
    version = await services.essays.version(LOCAL_WRITER, essay, job.result)
    if services.checking.has_checker:
        screen.print(views.render_check(await follow_check(services, screen, essay)))
    else:
        found = await services.drafting.unsupported_claims(LOCAL_WRITER, essay, version)
        screen.print(views.render_claims(found, version.text))
    if version.remark:
        screen.print(views.render_remark(version.remark))
    if not version.info.is_complete:
        screen.print(f"The draft is not complete: essay-bot essays resume {essay} can have it continued.")
    return version


def name_essay(essay: Essay) -> str:
    """Name an essay by its id, which stays, and its title; its number in the list changes with each change."""
    return f'essay {essay.id}, "{essay.title}"'


async def add_notes(services: Services, essay: str, text: str) -> tuple[str, ...]:
    """Store notes, and return what to say of them, a sentence or two each. Raise InvalidInput, LimitExceeded."""
    page = await services.essays.add_note_page(LOCAL_WRITER, essay, text)
    placed = sum(note.section is not None for note in page.notes)
    changed = name_essay(await services.essays.get_essay(LOCAL_WRITER, essay))  # the notes may have brought a title
    stored = f"{count_noun(len(page.notes), 'note')} stored, {placed} under a section, in {changed}."
    return tuple(filter(None, (page.notice, stored, private_text.describe_private(page.notes))))


async def follow_check(services: Services, screen: Console, essay: str) -> CheckedText:
    """Wait for the check that follows a draft, and return what is known of the text then."""
    job = await services.checking.wait_for_check(LOCAL_WRITER, essay)
    if job is not None:
        cost = progress.max_cost_message(await services.checking.max_cost(LOCAL_WRITER, essay))
        screen.print(f"Each sentence is held against the notes. {cost}")
        await progress.follow_job(services, job, screen)
    return await services.checking.current(LOCAL_WRITER, essay)


async def check_essay(services: Services, screen: Console, essay: str, *, anew: bool) -> CheckedText:
    """Have the sentences judged that no checker has judged, or all ``anew``; return what is known then.

    Without a checker nothing is judged. Raise NoModel for ``anew`` then, NothingToDo before there is a text,
    StructureFileMissing.
    """
    with _count_calls(services, screen) as calls:
        found = await services.checking.current(LOCAL_WRITER, essay)
        if anew or (found.check.unchecked and services.checking.has_checker):
            planned = await services.checking.plan_check(LOCAL_WRITER, essay, anew=anew)
            screen.print(progress.max_cost_message(await planned.max_cost()))
            job = await progress.follow_job(services, await planned.start(), screen)
            if job.error is not None:
                screen.print(job.error)
            found = await services.checking.current(LOCAL_WRITER, essay)
    if calls:
        screen.print(f"Checked by {found.check.model} for {progress.format_cost(total_cost(calls))}.")
    return found


async def critique_text(
    services: Services, screen: Console, text: str, structure: Structure | None, title: str | None = None
) -> Critique:
    """Ask a model to critique a text. Raise JobFailed, or InvalidInput for a text too short or too long."""
    with _count_calls(services, screen) as calls:
        critiqued, planned = await services.critiques.plan_text_critique(
            LOCAL_WRITER, text, structure, title=title, own=True
        )
        screen.print(progress.max_cost_message(await planned.max_cost()))
        job = await progress.follow_job(services, await planned.start(), screen)
        found = (await services.critiques.get(LOCAL_WRITER, critiqued.id)).critique
        if found is None:
            raise JobFailed(f"{progress.job_end_message(job)} Add --no-model to have it measured without one.")
    screen.print(f"Critiqued by {found.model} for {progress.format_cost(total_cost(calls))}.")
    return found


@contextmanager
def _count_calls(services: Services, screen: Console) -> Iterator[list[Settlement]]:
    """Yield the model calls made inside the block; if it raises, say what they cost."""
    with services.ledger.record_settlements() as calls:
        try:
            yield calls
        except (BotError, asyncio.CancelledError):
            if not progress.is_zero_cost(came_to := total_cost(calls)):
                screen.print(f"It cost {progress.format_cost(came_to)}.")
            raise


def _without_stored_notice(sentence: str) -> str:
    """Remove "Everything is stored" from the sentence, because the essay was deleted."""
    happened, assured, advice = sentence.partition(f" {EVERYTHING_STORED}; ")
    return f"{happened} {advice[:1].upper()}{advice[1:]}" if assured else sentence


def _stored_message(essay: str) -> str:
    return f"The notes are stored as essay {essay}: essay-bot essays resume {essay} goes on with it."
