"""The commands of whoever hosts the bot: run it, check it, see what it cost, back it up."""

from __future__ import annotations

from pathlib import Path

import click

from bot.errors import BadInput
from bot.streams import say
from bot.workshop_door import open_workshop


@click.command(short_help="Show what calls of models cost, and what is left of the budgets.")
@click.option("--days", type=click.IntRange(1, 3_650), default=31, help="How many days to show.", show_default=True)
def usage(days: int) -> None:
    """Show what calls of models cost, by day, role and model, with what is left of the budgets."""
    from bot import app
    from bot.settings import read_settings
    from bot.terminal.output import screen
    from bot.terminal.usage import usage_table

    settings = read_settings()
    with open_workshop(settings=settings) as (workshop, runner):
        shown = runner.run(usage_table(workshop.ledger, app.now(), days, settings.writer_month, settings.budget_month))
    screen().print(shown)


@click.command("run")
def run_() -> None:
    """Run the bot in Discord, until SIGTERM or Ctrl-C.

    What it still needs for that, essay-bot check says.
    """
    import asyncio

    from bot.logs import configure_logging
    from bot.network import check_tls

    check_tls()  # before anything is imported that reads them
    from bot.serving import missing, run_discord
    from bot.settings import read_settings

    settings = read_settings()
    if lines := list(missing(settings)):
        raise BadInput(" ".join(lines))
    configure_logging()
    asyncio.run(run_discord(settings))


@click.command(short_help="Say what is configured, and what is missing.")
@click.option("--live", is_flag=True, help="Also make one tiny call to each model that is set, and say what it cost.")
@click.option("--running", is_flag=True, help="Only say whether a bot is serving the database, connected to Discord.")
def check(live: bool, running: bool) -> int:
    """Say what is configured, what is missing, what each missing piece costs, and what can run.

    Exits with 2 if a setting is wrong, else with 1 if something fails or is missing; what is not set is no fault.
    Nothing is written, and nothing is made that is not there yet.
    """
    if running:
        from bot.heartbeat import health_here

        found = health_here()
        click.echo(found.sentence, err=not found.well)
        return 0 if found.well else 1
    from bot.checkup import checkup
    from bot.terminal.check import show
    from bot.terminal.output import screen

    return show(screen(), checkup(live=live))


@click.command(short_help="Copy the database to a file, also while the bot is running.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE if it is there already, once the new one is found good.")
def backup(file: Path, force: bool) -> None:
    """Copy the database to FILE, also while the bot is running, and check the copy. The key is not in it."""
    from bot.backup import backed_up

    for sentence in backed_up(file, replace=force):
        say(sentence)
