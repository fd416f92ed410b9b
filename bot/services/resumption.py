"""Go on with the work that a restart interrupted, so that nobody has to press anything.

A new job follows the interrupted one, rather than that being opened again: what came of the first stays with it or in
its version, a job never changes what it is, and each passes the same checks at its start as one that a person begins.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from bot.errors import BotError, NothingToDo, StaleRequest, StoreError
from bot.services.draft_jobs import DraftWork
from bot.services.interview import QuestionRequest
from bot.services.jobs.executor import log_unexpected_error
from bot.services.jobs.job import Job, JobKind, JobWork
from bot.services.request_context import apply_rules, request_scope
from bot.services.services import Services
from bot.services.store_ports import Transaction

log = logging.getLogger(__name__)

# Since it was asked for, however often it was interrupted: after that a person would not expect that money is spent on
# it, and it is offered instead.
MAX_AGE = timedelta(hours=1)
_WITH_BASE = (JobKind.DRAFT, JobKind.FINISH, JobKind.CHECK)  # of no use once another version is current


async def resume_jobs(
    services: Services, is_ours: Callable[[str], bool], tried: set[int] | None = None
) -> tuple[Job, ...]:
    """Begin the jobs that follow interrupted ones, and return them. ``is_ours`` says whether a writer is served here.

    Call it after ``JobRunner.open`` and before anybody is served; or time and again, beside others that do so, with
    the set of those that were ``tried``, which are left out from then on.

    A job stays interrupted, and is offered as such, where no model may be asked, where it was asked for more than
    MAX_AGE ago, where its writer is blocked or being deleted, or where what it is about has changed or gone. Raise
    StoreError.
    """
    if services.models is None:
        return ()
    since = services.clock() - MAX_AGE
    started = []
    for job in await services.store.read(lambda tx: tx.jobs.interrupted(since)):
        if tried is not None:
            if job.id in tried:
                continue
            tried.add(job.id)
        if not is_ours(job.writer) or await services.store.read(lambda tx, job=job: tx.people.marks(job.writer)):  # type: ignore[misc]  # a default that holds the loop's value
            continue
        try:
            if (follower := await _resume(services, job)) is not None:
                started.append(follower)
        except BotError as error:
            log.info("job %d does not go on: %s", job.id, type(error).__name__)
            if tried is not None and isinstance(error, StoreError):
                tried.discard(job.id)
        except Exception as error:  # noqa: BLE001 - one job that cannot go on must not stop every start
            log_unexpected_error(job, error)
    return tuple(started)


async def _resume(services: Services, job: Job) -> Job | None:
    """Begin the job that follows, as a request from the same server, under its rules as they are now."""
    with request_scope(job.writer, job.server):
        if job.server is not None:
            apply_rules(await services.servers.get(job.server))
        if not services.has_model:
            return None
        rest = _rest_of(job)
        work = await services.work_for(rest)
        is_advanced = rest is not job and _missing(work) < _missing(await services.work_for(job))
        return await services.jobs.start(
            rest.writer,
            rest.subject,
            rest.kind,
            work,
            rest.base_version,
            rest.argument,
            prepare=lambda tx: _check_stands(tx, rest),
            follows=replace(job, kills=0) if is_advanced else job,  # what gets on is hardly why processes die
        )


def _rest_of(job: Job) -> Job:
    """Return what is left to do: of a draft that came in part, the sections that its version lacks."""
    if job.kind in (JobKind.DRAFT, JobKind.FINISH) and job.result is not None:
        return replace(job, kind=JobKind.FINISH, base_version=job.result, argument="")
    return job


def _missing(work: JobWork) -> int:
    """Return how many sections a draft still lacks, 0 for any other work."""
    return len(work.partial_draft.missing_keys) if isinstance(work, DraftWork) else 0


def _check_stands(tx: Transaction, job: Job) -> None:
    """Raise StaleRequest, NothingToDo or UnknownEssay where what the job is about is done, changed or gone.

    A job that came after it says so, too: another process may have gone on with it meanwhile.
    """
    if tx.jobs.next_on(job.writer, job.subject, job.id) is not None:
        raise StaleRequest
    if job.kind is JobKind.CRITIQUE:
        if tx.critiques.get(job.writer, job.argument).critique is not None:
            raise NothingToDo.critique_finished()
        return
    if job.kind is JobKind.QUESTION:
        asked = tx.essays.questions(job.writer, job.subject)
        if (asked[-1].number if asked else 0) != QuestionRequest.from_job(job).asked:
            raise StaleRequest
    if job.kind in _WITH_BASE and tx.essays.get(job.writer, job.subject).head != job.base_version:
        raise StaleRequest
    if job.kind is JobKind.FINISH:
        versions = tx.essays.versions(job.writer, job.subject)
        if any(one.number == job.base_version and one.is_complete for one in versions):
            raise NothingToDo.version_complete()
