"""Open the services for one command, with a runner for their async steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.terminal import LOCAL_WRITER, signals

if TYPE_CHECKING:
    import asyncio

    from bot.services.services import Services
    from bot.settings import Settings


@contextmanager
def open_services(
    *, with_model: bool = False, settings: Settings | None = None
) -> Iterator[tuple[Services, asyncio.Runner]]:
    """Yield the services and a runner for their async steps; between two steps Ctrl-C works as in any program.

    Inside the block SIGTERM and a closed terminal do what Ctrl-C does: jobs are stopped and their text is kept.
    """
    import asyncio

    from bot import bootstrap
    from bot.settings import read_settings

    chosen = settings or read_settings()
    with signals.terminate_like_ctrl_c(), asyncio.Runner() as runner:
        services = bootstrap.build_services(chosen, with_model=with_model)
        try:
            if settings is None:  # what a killed session of this terminal left under way
                runner.run(services.jobs.recover(services.work_for, lambda writer: writer == LOCAL_WRITER))
            yield services, runner
        finally:
            runner.run(services.close())
