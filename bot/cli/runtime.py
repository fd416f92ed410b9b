"""The parts of the program for one command, and the way to run their async steps from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.terminal import LOCAL_WRITER, signals

if TYPE_CHECKING:
    import asyncio

    from bot.bootstrap import Services
    from bot.settings import Settings


@contextmanager
def open_services(
    *, with_model: bool = False, settings: Settings | None = None
) -> Iterator[tuple[Services, asyncio.Runner]]:
    """The parts, and what runs the async workflow step by step; between two steps Ctrl-C works as in any program.

    While they are open, a closed terminal and SIGTERM do what Ctrl-C does: work is stopped, kept and settled.
    """
    import asyncio

    from bot import bootstrap
    from bot.settings import read_settings

    chosen = settings or read_settings()
    with signals.terminate_like_ctrl_c(), asyncio.Runner() as runner:
        workshop = runner.run(bootstrap.build_services(chosen, with_model=with_model))
        try:
            if settings is None:  # whatever a killed session of this terminal left under way
                runner.run(workshop.jobs.recover(workshop.work_for, lambda writer: writer == LOCAL_WRITER))
            yield workshop, runner
        finally:
            runner.run(workshop.close())
