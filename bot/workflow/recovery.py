"""What becomes of the jobs that a process left open when it was killed."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.errors import BotError
from bot.workflow.jobs import Ending, Job, JobState, JobStore
from bot.workflow.live import kept, log_bug
from bot.workflow.ports import Clock
from bot.workflow.work import Work

log = logging.getLogger(__name__)


async def recovered(
    store: JobStore, clock: Clock, work_of: Callable[[Job], Awaitable[Work]], mine: Callable[[Job], bool]
) -> tuple[Job, ...]:
    """The abandoned jobs that are ``mine``, interrupted, and their texts kept as their work keeps them."""
    found = []
    for job in await store.abandoned_jobs():
        if not mine(job):
            continue
        result = None
        if job.text:
            try:
                result = await kept(await work_of(job), job.id, job.text)
            except BotError:  # its essay is gone, or its structure; the text stays with the job
                log.exception("job %d: what it was about cannot be read", job.id)
            except Exception as error:  # noqa: BLE001 - one job that cannot be read must not stop every start
                log_bug(job, error)
        ending = Ending(JobState.INTERRUPTED, None, result)
        await store.end_job(job.id, ending, now := clock())
        found.append(replace(job, state=ending.state, result=result, ended=now))
    return tuple(found)
