"""One-shot drafting and critique: what lies between reading a file and handing the result over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console

from bot.errors import BadInput, BotError, ModelError
from bot.essay.critique import Critique
from bot.essay.export import Post, words_apart_from_headings
from bot.essay.structure import Structure
from bot.terminal import WRITER, critique_view, progress, views
from bot.terminal.tools import Tools
from bot.workflow.jobs import Job, JobState


class JobFailed(ModelError):
    """A job ended without what it was for; the sentence is the one it ended with, and where to go on."""


@dataclass(frozen=True, slots=True)
class Made:
    """A post and the essay it is stored as."""

    essay: str
    post: Post
    complete: bool


async def draft_notes(tools: Tools, screen: Console, text: str, structure: Structure, title: str | None) -> Made:
    """Stores a page of notes as an essay, has it drafted (or, without a model, set as it stands), and exports it.

    Raises BadInput for notes without words (no essay is left), JobFailed where the draft failed (the notes stay).
    """
    began = tools.clock()
    essay = await tools.desk.begin(WRITER, structure, title)
    try:
        handed_in = await tools.interview.hand_in(WRITER, essay.id, text)
        if handed_in.notice:
            screen.print(handed_in.notice, markup=False)
        said = await _drafted(tools, screen, essay.id, began)
    except BadInput:
        await tools.desk.delete(WRITER, essay.id)
        raise
    except BotError as error:
        raise JobFailed(f"{error} {_stored(essay.id)}") from error
    except asyncio.CancelledError:
        screen.print(_stored(essay.id), markup=False)
        raise
    post = await tools.desk.export(WRITER, essay.id)
    words = views.summary(words_apart_from_headings(post.text), post.text)
    screen.print(f'Stored as essay {essay.id} in the structure "{structure.key}": {words}. {said}', markup=False)
    return Made(essay.id, post, (await tools.desk.current(WRITER, essay.id)).info.complete)


async def _drafted(tools: Tools, screen: Console, essay: str, began: datetime) -> str:
    """Makes the post; returns who wrote it and for how much. Raises BotError where the draft failed."""
    if not tools.with_model:
        await tools.desk.post(WRITER, essay)
        return "No model wrote any of it."
    job = await progress.follow(tools.jobs, await tools.writing.draft(WRITER, essay), screen)
    if job.state is not JobState.DONE:
        raise JobFailed(ended(job))
    version = await tools.desk.current(WRITER, essay)
    screen.print(critique_view.claims(await tools.writing.unsupported(WRITER, essay, version), version.text))
    if not version.info.complete:
        screen.print("The draft is not complete: resume the essay to have it continued.")
    cost = progress.cost(list(await tools.ledger.usage(began, WRITER)))
    return f"Drafted by {version.info.model} for {cost}."


async def critique_text(tools: Tools, screen: Console, text: str, structure: Structure | None) -> Critique:
    """What an editor says of a text. Raises JobFailed, or BadInput for a text too short or too long."""
    began = tools.clock()
    critiqued, job = await tools.criticism.of_text(WRITER, text, structure, own=True)
    job = await progress.follow(tools.jobs, job, screen)
    found = (await tools.criticism.read(WRITER, critiqued.id)).critique
    if found is None:
        raise JobFailed(f"{ended(job)} Add --no-model to have it measured without one.")
    screen.print(f"Critiqued by {found.model} for {progress.cost(list(await tools.ledger.usage(began, WRITER)))}.")
    return found


def ended(job: Job) -> str:
    """Why a job did not come to its end, in a sentence."""
    return job.error or f"The {job.kind.value} was {job.state.value} before its end."


def _stored(essay: str) -> str:
    return f"The notes are stored as essay {essay}: essay-bot essays resume {essay} goes on with it."
