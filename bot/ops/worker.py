"""What a worker does, be it a process of its own or a part of the whole bot: it takes jobs, and shows them."""

from __future__ import annotations

import asyncio
import logging

import discord

from bot.discord_ui.messages.worker_panels import WorkerJobPanels
from bot.discord_ui.panels.presenter import Presenter
from bot.ops.background_tasks import logging_errors
from bot.services.jobs.queued_runner import QueuedJobRunner
from bot.services.resumption import resume_jobs
from bot.services.services import Services
from bot.terminal import LOCAL_WRITER

log = logging.getLogger("bot.worker")

_TAKEOVER_SECONDS = 2.0  # between two looks at what other workers have left


class Worker:
    """Takes jobs out of the queue, and shows them in their messages, from ``start`` to ``stop``."""

    def __init__(self, services: Services, client: discord.Client) -> None:
        """Edit messages by ``client``, which is logged in by then, and need not be connected to the gateway.

        The services are those of several processes, with a queue.
        """
        assert isinstance(services.jobs, QueuedJobRunner)
        self._services = services
        self._runner = services.jobs
        assert services.open_message_locks is not None
        self._panels = WorkerJobPanels(client, Presenter(services), services.open_message_locks())
        self._runner.on_begin = self._panels.follow
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to take jobs, and to go on with those that other workers leave. Call ``JobRunner.open`` first."""
        await self._runner.work()
        self._tasks = [
            asyncio.create_task(take_over_jobs(self._services, self._runner), name="take-over"),
            asyncio.create_task(self._panels.run(), name="worker-panels"),
        ]

    async def stop(self, seconds: float) -> None:
        """Interrupt what runs here and hand it on to other workers; wait at most ``seconds`` for edits of messages."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._runner.close()
        with logging_errors("what was interrupted could not be handed on, which another worker does"):
            await _resume(self._services)
        await self._panels.wait_until_done(seconds)


async def take_over_jobs(services: Services, runner: QueuedJobRunner) -> None:
    """Go on with the jobs of workers that died or could not hand them on, for ever. What cannot go on is tried once."""
    tried: set[int] = set()
    while True:
        with logging_errors("whether other workers' jobs are to go on could not be looked at"):
            await runner.recover_lost()
            await _resume(services, tried)
        await asyncio.sleep(_TAKEOVER_SECONDS)


async def _resume(services: Services, tried: set[int] | None = None) -> None:
    if resumed := await resume_jobs(services, lambda writer: writer != LOCAL_WRITER, tried):
        log.info("%d jobs that were interrupted go on", len(resumed))
