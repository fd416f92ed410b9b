"""One-shot drafting and critique: what lies between reading a file and handing the result over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from rich.console import Console

from bot.errors import BadInput, BotError, ModelError
from bot.essay.critique import Critique
from bot.essay.export import Post, words_apart_from_headings
from bot.essay.structure import Structure
from bot.terminal import critique_view, progress, views
from bot.terminal.tools import WRITER
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.jobs import Job, JobState
from bot.workflow.runner import JobRunner
from bot.workflow.spending import Ledger
from bot.workflow.writing import Writing


class JobFailed(ModelError):
    """A job ended without what it was for; the sentence is the one it ended with, and where to go on."""


@dataclass(frozen=True, slots=True)
class Made:
    """A post and the essay it is stored as."""

    essay: str
    post: Post


async def draft_notes(
    desk: Desk,
    interview: Interview,
    writing: Writing | None,
    ledger: Ledger,
    screen: Console,
    text: str,
    structure: Structure,
    title: str | None,
) -> Made:
    """Stores a page of notes as an essay, has it drafted (or, without ``writing``, set as it stands), and exports it.

    Raises BadInput for notes without words (no essay is left), JobFailed where the draft failed (the notes stay).
    """
    began = datetime.now(UTC)
    essay = await desk.begin(WRITER, structure, title)
    try:
        handed_in = await interview.hand_in(WRITER, essay.id, text)
    except BadInput:
        await desk.delete(WRITER, essay.id)
        raise
    if handed_in.notice:
        screen.print(handed_in.notice, markup=False)
    if writing is None:
        await desk.post(WRITER, essay.id)
        said = "No model wrote any of it."
    else:
        try:
            job = await progress.follow(writing.jobs, await writing.draft(WRITER, essay.id), screen)
        except BotError as error:
            raise JobFailed(f"{error} {_stored(essay.id)}") from error
        if job.state is not JobState.DONE:
            raise JobFailed(f"{ended(job)} {_stored(essay.id)}")
        version = await desk.current(WRITER, essay.id)
        screen.print(critique_view.claims(await writing.unsupported(WRITER, essay.id, version), version.text))
        if not version.info.complete:
            screen.print("The draft is not complete: resume the essay to have it continued.")
        cost = progress.cost(list(await ledger.usage(began, WRITER)))
        said = f"Drafted by {version.info.model} for {cost}."
    post = await desk.export(WRITER, essay.id)
    words = views.summary(words_apart_from_headings(post.text), post.text)
    screen.print(
        f'Stored as essay {essay.id} in the structure "{structure.key}": {words}. {said}', markup=False, soft_wrap=True
    )
    return Made(essay.id, post)


async def critique_text(
    criticism: Criticism, jobs: JobRunner, ledger: Ledger, screen: Console, text: str, structure: Structure | None
) -> Critique:
    """What an editor says of a text. Raises JobFailed, or BadInput for a text too short or too long."""
    began = datetime.now(UTC)
    critiqued, job = await criticism.of_text(WRITER, text, structure, own=True)
    job = await progress.follow(jobs, job, screen)
    found = (await criticism.read(WRITER, critiqued.id)).critique
    if found is None:
        raise JobFailed(f"{ended(job)} Add --no-model to have it measured without one.")
    screen.print(f"Critiqued by {found.model} for {progress.cost(list(await ledger.usage(began, WRITER)))}.")
    return found


def ended(job: Job) -> str:
    """Why a job did not come to its end, in a sentence."""
    return job.error or f"The {job.kind.value} was {job.state.value} before its end."


def _stored(essay: str) -> str:
    return f"The notes are stored as essay {essay}: essay-bot essays resume {essay} goes on with it."
