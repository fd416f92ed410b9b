"""The parts of the program for one command, and the way to run their async steps from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.terminal import WRITER

if TYPE_CHECKING:
    import asyncio

    from bot.app import Workshop
    from bot.settings import Settings


@contextmanager
def open_workshop(
    *, with_model: bool = False, settings: Settings | None = None
) -> Iterator[tuple[Workshop, asyncio.Runner]]:
    """The parts, and what runs the async workflow step by step; between two steps Ctrl-C works as in any program."""
    import asyncio

    from bot import app
    from bot.settings import read_settings

    chosen = settings or read_settings()
    with asyncio.Runner() as runner:
        workshop = runner.run(app.open_workshop(chosen, with_model=with_model))
        try:
            if settings is None:  # whatever a killed session of this terminal left under way
                runner.run(workshop.jobs.recover(workshop.work_of, lambda writer: writer == WRITER))
            yield workshop, runner
        finally:
            runner.run(workshop.close())
