"""Open the services for one command, with a runner for their async steps."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from bot.errors import InvalidInput
from bot.terminal import LOCAL_WRITER, signals
from bot.terminal.stdio import print_stderr

if TYPE_CHECKING:
    import asyncio

    from bot.services.services import Services
    from bot.settings import Settings


_LOG_IS_READ = (
    "Another program was reading the database, so the log beside it, whose name ends in -wal, still holds what was "
    "deleted, encrypted. The next deletion empties it, and so does ending every program that uses the database."
)


class OrderedGroup(click.Group):
    """A group that lists its commands in the order in which they are defined."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands' names."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See click. Where a word is a command of groups within this one, say which."""
        groups = [one for one in self.commands.values() if isinstance(one, click.Group)]
        if args[0] not in self.commands and (within := [one.name for one in groups if args[0] in one.commands]):
            meant = ", ".join(f"'{group} {args[0]}'" for group in within)
            one_of = "one of " if len(within) > 1 else ""
            raise click.UsageError(f"No such command '{args[0]}'. Did you mean {one_of}{meant}?", ctx)
        return super().resolve_command(ctx, args)


def confirm(question: str, *, yes: bool) -> bool:
    """Ask until the answer is yes or no, Enter and Ctrl-D meaning no, unless ``yes``; say so if nothing is to be done.

    Raise InvalidInput without a terminal to answer in.
    """
    from bot.terminal.context import YES_OR_NO_HELP, parse_yes_or_no

    if yes:
        return True
    if not sys.stdin.isatty():
        raise InvalidInput("This asks first, and there is no terminal to answer in: add --yes. Nothing changed.")
    while True:
        try:
            typed = click.prompt(f"{question} [y/N]", default="", show_default=False, prompt_suffix=" ", err=True)
        except click.Abort as ended:
            if not isinstance(ended.__context__, EOFError):
                raise
            print_stderr("")
            typed = ""
        if (said := parse_yes_or_no(typed, enter=False)) is not None:
            break
        print_stderr(YES_OR_NO_HELP)
    if not said:
        print_stderr("Nothing was changed.")
    return said


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
                runner.run(services.jobs.open(services.work_for, lambda writer: writer == LOCAL_WRITER))
            runner.run(services.personal_data.finish_deletions(lambda writer: writer == LOCAL_WRITER))
            yield services, runner
            if not runner.run(services.personal_data.has_erased()):
                print_stderr(_LOG_IS_READ)
        finally:
            runner.run(services.close())
