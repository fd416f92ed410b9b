"""Run a worker: jobs of a queue, and the messages that show them, without a session of Discord's."""

from __future__ import annotations

from bot.errors import InvalidInput
from bot.settings import Settings


async def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    raise InvalidInput("This release has no queue yet that a worker could take jobs from. Nothing was changed.")
