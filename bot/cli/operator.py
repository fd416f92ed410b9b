"""The operator's commands: run, check, usage, backup, rotate-key and migrate-store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.runtime import confirm, open_services
from bot.errors import InvalidInput
from bot.terminal.stdio import print_stderr

if TYPE_CHECKING:
    from rich.console import Console

    from bot.ops.diagnostics import CheckResult

_EXIT_WRONG_SETTING = 2
_EXIT_CHECK_FAILED = 1


@click.command(short_help="Show what calls of models cost, and what is left of the budgets.")
@click.option("--days", type=click.IntRange(1, 3_650), default=31, help="How many days to show.", show_default=True)
@click.option(
    "--by",
    type=click.Choice(["person", "server", "day", "role", "model"]),
    help="What to add up: what each person, server, day, role or model cost.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the sums as JSON, for a program.")
def usage(days: int, by: str | None, as_json: bool) -> None:
    """Show what calls of models cost, by day, role and model, with what is left of the budgets.

    People and servers are shown by the pseudonyms that stand in the database and in the log.
    """
    from bot import bootstrap
    from bot.services.ledger import UsageKey
    from bot.settings import read_settings
    from bot.terminal.output import make_console, write_stdout
    from bot.terminal.views import render_usage, usage_json

    settings, now, key = read_settings(), bootstrap.utc_now(), UsageKey(by) if by is not None else None
    with open_services(settings=settings) as (services, runner):
        if as_json:
            write_stdout(f"{runner.run(usage_json(services.ledger, now, days, key))}\n")
            return
        budgets = settings.writer_month_budget, settings.budget_month
        shown = runner.run(render_usage(services.ledger, now, days, *budgets, key))
    make_console().print(shown)


_ROLE = click.option(
    "--role",
    type=click.Choice(["all", "gateway", "worker"]),
    default="all",
    show_default=True,
    help="A gateway answers in Discord, a worker drafts and critiques, all does both. Several need DATABASE_URL.",
)


@click.command("run")
@_ROLE
def run_(role: str) -> None:
    """Run the bot in Discord, until SIGTERM or Ctrl-C.

    What it still needs for that, essay-bot check says.
    """
    import asyncio

    from bot.network import check_tls
    from bot.ops.logging_config import configure_logging

    check_tls()  # before anything is imported that reads them
    from bot.ops.run_discord import missing_settings, run_discord
    from bot.settings import Role, read_settings

    settings, part = read_settings(), Role(role)
    if lines := list(missing_settings(settings, part)):
        raise InvalidInput(" ".join(lines))
    configure_logging(as_json=settings.log_format == "json")
    if part is Role.WORKER:
        from bot.ops.run_worker import run_worker

        asyncio.run(run_worker(settings))
    else:
        asyncio.run(run_discord(settings, part))


@click.command(short_help="Say what is configured, and what is missing.")
@click.option("--live", is_flag=True, help="Also make one tiny call to each model that is set, and say what it cost.")
@click.option("--running", is_flag=True, help="Only say whether a bot is serving the database, connected to Discord.")
@_ROLE
def check(live: bool, running: bool, role: str) -> int:
    """Say what is configured, what is missing, what each missing piece costs, and what can run.

    Exits with 2 if a setting is wrong, else with 1 if something fails or is missing; what is not set is no fault.
    Nothing is written, and nothing is made that is not there yet.
    """
    if running:
        from bot.ops.health import check_local_health

        found = check_local_health()
        click.echo(found.message, err=not found.is_healthy)
        return 0 if found.is_healthy else 1
    from bot.ops.diagnostics import run_checks
    from bot.settings import Role
    from bot.terminal.output import make_console

    return print_results(make_console(), run_checks(Role(role), live=live))


def print_results(console: Console, results: Iterable[CheckResult]) -> int:
    """Print the results and what can run.

    Return the exit code: 2 if a setting is wrong, else 1 if something is missing or fails, else 0.
    """
    from bot.ops.diagnostics import CheckState
    from bot.terminal.output import ResponsiveTable

    listing = ResponsiveTable(("piece", "state", "what there is to say"), show_header=False)
    found = list(results)
    for result in found:
        listing.add_row(result.name, result.state.value, result.message)
    if console.is_terminal:
        console.print(listing)
    else:  # a table fills its lines with spaces
        with console.capture() as captured:
            console.print(listing)
        console.print("\n".join(line.rstrip() for line in captured.get().splitlines()))
    console.print(f"\n{_what_can_run(found)}")
    states = {result.state for result in found}
    if CheckState.WRONG in states:
        return _EXIT_WRONG_SETTING
    return 0 if states <= {CheckState.READY, CheckState.NOT_SET, CheckState.HINT} else _EXIT_CHECK_FAILED


def _what_can_run(results: Sequence[CheckResult]) -> str:
    from bot.ops.diagnostics import CheckState

    blocked = any(result.blocks_everything for result in results)
    told = (one for one in results if not (blocked and one.state is CheckState.READY))  # what is ready cannot run then
    sentences = dict.fromkeys(one.consequence for one in told if one.consequence)  # each sentence once
    return " ".join([*([] if blocked else ["The program can run in a terminal."]), *sentences])


@click.command(short_help="Copy the database to a file, also while the bot is running.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there already, once the new one is found good.")
def backup(file: Path, force: bool) -> None:
    """Copy the database to FILE, also while the bot is running, and check the copy. The key is not in it."""
    from bot.ops.backup import back_up_database

    for sentence in back_up_database(file, replace=force):
        print_stderr(sentence)


@click.command("rotate-key", short_help="Seal all stored text with a new key, also while the bot is running.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def rotate_key(yes: bool) -> None:
    """Seal all stored text with a new key, also while the bot is running; the old one then opens nothing.

    After a kill, run it again: it goes on where it ended.
    """
    from bot.ops.rotate_key import replace_database_key, warn_before_rotation

    if not confirm(f"{warn_before_rotation()} Replace the key?", yes=yes):
        return
    for sentence in replace_database_key():
        print_stderr(sentence)


@click.command("migrate-store", short_help="Copy the database into PostgreSQL, while no bot runs on it.")
@click.option(
    "--to", metavar="URL", help="The address, such as postgresql://user:password@host/database. Default: DATABASE_URL."
)
def migrate_store(to: str | None) -> None:
    """Copy the database at DATABASE_PATH into an empty PostgreSQL database, while no bot runs on it.

    Texts stay sealed with their keys. Each row is read back and compared, each text opened. The file is left as it is.
    After a kill, run it again: it goes on where it ended.
    """
    from bot.ops.migrate_store import migrate_store as migrate

    for sentence in migrate(to):
        print_stderr(sentence)
