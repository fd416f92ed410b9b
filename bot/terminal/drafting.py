"""One-shot drafting and critique: what lies between reading a file and handing the result over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console

from bot.errors import EVERYTHING_STORED, BadInput, BotError
from bot.essay import left_out
from bot.essay.critique import Critique
from bot.essay.essay import Version
from bot.essay.export import Post, words_apart_from_headings
from bot.essay.structure import Structure
from bot.terminal import WRITER, critique_view, outcomes, progress, views
from bot.terminal.tools import Tools
from bot.workflow.jobs import JobState
from bot.workflow.spending import Settlement, cost_of


class JobFailed(BotError):
    """A job ended without what it was for; the sentence is the one it ended with, and where to go on."""


@dataclass(frozen=True, slots=True)
class Made:
    """A post and the essay it is stored as."""

    essay: str
    post: Post
    complete: bool


async def draft_notes(
    tools: Tools, screen: Console, text: str, structure: Structure, title: str | None, *, typed: bool = False
) -> Made:
    """Stores a page of notes as an essay, has it drafted (or, without a model, set as it stands), and exports it.

    Raises BadInput for notes without words, JobFailed where the draft failed: then no essay is left, unless a part of
    the draft came, or the notes were ``typed`` and stand nowhere else.
    """
    essay = await tools.desk.begin(WRITER, structure, title)
    try:
        with _counting(tools, screen) as calls:
            page = await tools.desk.hand_in_page(WRITER, essay.id, text)
            if page.notice:
                screen.print(page.notice)
            if told := left_out.told(page.notes):
                screen.print(told)
            await _sorted(tools, screen, essay.id)
            version = await _drafted(tools, screen, essay.id)
        model = version.info.model
        said = f"Drafted by {model} for {progress.cost(cost_of(calls))}." if model else "No model wrote any of it."
    except BadInput:
        await tools.desk.delete(WRITER, essay.id)
        raise
    except BotError as error:
        if typed or (await tools.desk.open(WRITER, essay.id)).head is not None:
            raise JobFailed(f"{error} {_stored(essay.id)}") from error
        await tools.desk.delete(WRITER, essay.id)
        raise JobFailed(f"{_unassured(str(error))} No essay was added; the notes are where they came from.") from error
    except asyncio.CancelledError:
        screen.print(_stored(essay.id))
        raise
    number = version.info.number
    post = await tools.desk.export(WRITER, essay.id, number)
    words = views.summary(words_apart_from_headings(post.text), post.text)
    screen.print(f'Stored as essay {essay.id} in the structure "{structure.key}": {words}. {said}')
    if (head := (await tools.desk.open(WRITER, essay.id)).head) != number:  # another session has changed the essay
        screen.print(f"{outcomes.moved_on(number, head)} essay-bot essays resume {essay.id} takes these commands.")
    return Made(essay.id, post, version.info.complete)


async def _sorted(tools: Tools, screen: Console, essay: str) -> None:
    """Has the notes sorted that name no section, where there is a model, and says before what that may cost."""
    worst = await tools.interview.sort_at_most(WRITER, essay)
    if worst is None:
        return
    screen.print(f"The model sorts the notes into the sections. {progress.at_most(worst)}")
    sorting = tools.interview.sort(WRITER, essay)
    sorted_ = await progress.waiting(sorting, screen, "the model sorts the notes", "leaves them stored")
    if sorted_.notice:
        screen.print(sorted_.notice)


async def _drafted(tools: Tools, screen: Console, essay: str) -> Version:
    """Makes the post, with a model where there is one. Raises BotError where the draft failed."""
    if not tools.with_model:
        return await tools.desk.post(WRITER, essay)
    planned = await tools.writing.to_draft(WRITER, essay)
    screen.print(progress.at_most(await planned.at_most()))
    job = await progress.follow(tools.jobs, await planned.begin(), screen)
    if job.state is not JobState.DONE or job.result is None:
        raise JobFailed(outcomes.ended(job))
    version = await tools.desk.version(WRITER, essay, job.result)
    screen.print(critique_view.claims(await tools.writing.unsupported(WRITER, essay, version), version.text))
    if not version.info.complete:
        screen.print(f"The draft is not complete: essay-bot essays resume {essay} can have it continued.")
    return version


async def critique_text(
    tools: Tools, screen: Console, text: str, structure: Structure | None, title: str | None = None
) -> Critique:
    """What an editor says of a text. Raises JobFailed, or BadInput for a text too short or too long."""
    with _counting(tools, screen) as calls:
        critiqued, planned = await tools.criticism.to_critique_text(WRITER, text, structure, title=title, own=True)
        screen.print(progress.at_most(await planned.at_most()))
        job = await progress.follow(tools.jobs, await planned.begin(), screen)
        found = (await tools.criticism.read(WRITER, critiqued.id)).critique
        if found is None:
            raise JobFailed(f"{outcomes.ended(job)} Add --no-model to have it measured without one.")
    screen.print(f"Critiqued by {found.model} for {progress.cost(cost_of(calls))}.")
    return found


@contextmanager
def _counting(tools: Tools, screen: Console) -> Iterator[list[Settlement]]:
    """The calls of models made meanwhile; where it comes to no good end, what they cost is said here."""
    with tools.ledger.counting() as calls:
        try:
            yield calls
        except (BotError, asyncio.CancelledError):
            if not progress.is_nothing(came_to := cost_of(calls)):
                screen.print(f"It cost {progress.cost(came_to)}.")
            raise


def _unassured(sentence: str) -> str:
    """The sentence without what it says of being stored, where the essay is not."""
    happened, assured, advice = sentence.partition(f" {EVERYTHING_STORED}; ")
    return f"{happened} {advice[:1].upper()}{advice[1:]}" if assured else sentence


def _stored(essay: str) -> str:
    return f"The notes are stored as essay {essay}: essay-bot essays resume {essay} goes on with it."
