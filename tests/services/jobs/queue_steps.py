"""Processes that share a queue of jobs, each as a runner of its own over one PostgreSQL."""

from __future__ import annotations

from typing import Any

from bot.services.jobs.job import Job, JobKind, JobWork
from bot.services.jobs.queued_runner import QueuedJobRunner
from bot.services.store_ports import Clock, Store
from bot.store.job_queue import open_queue
from tests.postgres_server import KEY

Works = dict[tuple[str, str, JobKind], JobWork]


class ScriptedRunner(QueuedJobRunner):
    """A runner whose works are those that tests have begun jobs with, in any of the processes that share ``works``."""

    works: Works

    async def start(self, writer: str, subject: str, kind: JobKind, work: JobWork, *more: Any, **options: Any) -> Job:
        self.works[writer, subject, kind] = work
        return await super().start(writer, subject, kind, work, *more, **options)

    async def work_for(self, job: Job) -> JobWork:
        return self.works[job.writer, job.subject, job.kind]


async def open_runner(
    url: str,
    store: Store,
    clock: Clock,
    works: Works,
    *,
    max_running: int = 2,
    max_per_writer: int = 1,
    is_worker: bool = True,
    stalled_seconds: float = 8.0,
) -> ScriptedRunner:
    """Open a process's runner, that of a worker unless ``is_worker`` is False. ``close`` it at the end."""
    runner = ScriptedRunner(
        store,
        clock,
        open_queue(url, KEY),
        max_running=max_running,
        max_per_writer=max_per_writer,
        exempt_writer="local",
        flush_seconds=0.01,
        stalled_seconds=stalled_seconds,
    )
    runner.works = works
    await runner.open(runner.work_for)
    if is_worker:
        await runner.work()
    return runner
