"""The commands about a person's data: mydata for the one at this terminal, person for whoever hosts the bot."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.runtime import OrderedGroup, confirm, open_services
from bot.errors import ExportFileExists, InvalidInput
from bot.files import is_any_of
from bot.terminal import LOCAL_WRITER, privacy_notice
from bot.terminal.stdio import escape_control_characters, print_stderr

if TYPE_CHECKING:
    import asyncio

    from bot.services.personal_data import HostAction, PersonSummary
    from bot.services.services import Services

_DISCORD_ID = re.compile(r"\d{15,20}", re.ASCII)
_PSEUDONYM_START = re.compile(r"d[0-9a-f]{7,31}", re.ASCII)
_PSEUDONYM = re.compile(r"d[0-9a-f]{32}", re.ASCII)
_YES_OPTION = click.option("--yes", is_flag=True, help="Do not ask.")
_FORCE_OPTION = click.option("--force", is_flag=True, help="Replace FILE if it is there already.")
_PAGE = 1_000  # critiques that are listed


@click.group(
    cls=OrderedGroup, invoke_without_command=True, short_help="What is stored about you: export it, or delete it."
)
@click.pass_context
def mydata(context: click.Context) -> None:
    """Show what is stored about you; export it, delete it, or delete a critique.

    It is about you at this terminal. In Discord, /mydata does the same.
    """
    if context.invoked_subcommand is not None:
        return
    from bot.settings import read_settings

    settings = read_settings()
    with open_services(settings=settings) as (services, runner):
        found = runner.run(services.personal_data.summary(LOCAL_WRITER))
    click.echo(f"Stored about you: {found.describe() or 'nothing'}.")
    click.echo(f"It is kept until you delete it. {privacy_notice(with_model=settings.has_model)}")


@mydata.command("export")
@click.argument("file", type=click.Path(path_type=Path))
@_FORCE_OPTION
def export_mine(file: Path, force: bool) -> None:
    """Write everything stored about you to FILE, a zip file that is not encrypted."""
    with open_services() as (services, runner):
        _write_export(services, runner, LOCAL_WRITER, file, force=force)


@mydata.command("delete")
@_YES_OPTION
def delete_mine(yes: bool) -> None:
    """Delete everything stored about you, for good. It asks twice."""
    from bot.services.personal_data import DELETE_WORD, WHAT_ELSE_HOLDS_IT

    with open_services() as (services, runner):
        found = runner.run(services.personal_data.summary(LOCAL_WRITER))
        if not confirm(f"Delete everything stored about you ({found.describe() or 'nothing'}), for good?", yes=yes):
            return
        if not yes:
            typed = click.prompt(f"Type {DELETE_WORD} to do it", default="", show_default=False, err=True)
            if typed.strip().casefold() != DELETE_WORD:
                print_stderr(f"That was not “{DELETE_WORD}”, so nothing was deleted.")
                return
        runner.run(services.personal_data.delete(LOCAL_WRITER))
    print_stderr(f"Everything stored about you is deleted. {WHAT_ELSE_HOLDS_IT}")


@mydata.command()
def critiques() -> None:
    """List the critiques that belong to no essay, each with its number."""
    from bot.essay.text.words import truncate

    with open_services() as (services, runner):
        found, _ = runner.run(services.critiques.pasted(LOCAL_WRITER, 0, _PAGE))
    for number, one in enumerate(found, 1):
        name = " ".join((one.title or one.text).split())
        click.echo(f"{number}  “{escape_control_characters(truncate(name, 60))}”, {one.created:%d %b %Y}")
    if not found:
        print_stderr("There is none. A critique of an essay is deleted with the essay.")


@mydata.command("delete-critique")
@click.argument("number", type=click.IntRange(min=1))
@_YES_OPTION
def delete_critique(number: int, yes: bool) -> None:
    """Delete the critique with this NUMBER, with the text that it is about, for good."""
    with open_services() as (services, runner):
        found, _ = runner.run(services.critiques.pasted(LOCAL_WRITER, 0, _PAGE))
        if number > len(found):
            raise InvalidInput(f"There is no critique {number}: essay-bot mydata critiques lists them.")
        if not confirm(f"Delete critique {number} with the text that it is about, for good?", yes=yes):
            return
        runner.run(services.personal_data.delete_critique(LOCAL_WRITER, found[number - 1].id))
    print_stderr(f"Critique {number} was deleted. Those after it have new numbers.")


@click.group(cls=OrderedGroup, short_help="For the host: answer a request about a person, or block them.")
def person() -> None:
    """Show, export or delete what is stored of a person in Discord, or block them.

    A person's ID is their Discord id, or their pseudonym, or its start as the log names it. Each command asks first,
    and is written down with the time and the pseudonym; none prints a word of an essay.
    """


@person.command()
@click.argument("id")
@_YES_OPTION
def show(id: str, yes: bool) -> None:
    """Show how much is stored of a person, and whether they are blocked."""
    from bot.services.personal_data import HostAction

    with open_services() as (services, runner):
        writer = _writer(services, runner, id)
        if _begin(services, runner, HostAction.SHOW, writer, f"Look up what is stored of {writer}?", yes=yes):
            click.echo(_describe(writer, runner.run(services.personal_data.summary(writer))))


@person.command("export")
@click.argument("id")
@click.argument("file", type=click.Path(path_type=Path))
@_FORCE_OPTION
@_YES_OPTION
def export_person(id: str, file: Path, force: bool, yes: bool) -> None:
    """Write everything stored of a person to FILE, a zip file that is not encrypted, to be handed to them."""
    from bot.services.personal_data import HostAction

    with open_services() as (services, runner):
        writer = _writer(services, runner, id)
        question = f"Write all that {writer} has stored to {file}, not encrypted?"
        if _begin(services, runner, HostAction.EXPORT, writer, question, yes=yes):
            _write_export(services, runner, writer, file, force=force)


@person.command("delete")
@click.argument("id")
@click.option("--leave-shared", is_flag=True, help="Leave in Discord what they shared there, and delete at once.")
@_YES_OPTION
def delete_person(id: str, leave_shared: bool, yes: bool) -> None:
    """Delete everything stored of a person, for good, also while the bot is running.

    If a text of theirs is shared in Discord, the bot takes it down first: then it deletes all, not this command.
    """
    from bot.services.personal_data import WHAT_ELSE_HOLDS_IT, HostAction

    with open_services() as (services, runner):
        writer = _writer(services, runner, id)
        found = runner.run(services.personal_data.summary(writer))
        question = f"Delete all that is stored of {writer} ({found.describe() or 'nothing'}), for good?"
        if not _begin(services, runner, HostAction.DELETE, writer, question, yes=yes):
            return
        deletion = runner.run(services.personal_data.delete(writer, leave_shared=leave_shared))
    if not deletion.is_done:
        print_stderr(
            f"{writer} has a text in Discord. The bot takes it down and then deletes everything: within a minute while "
            "it runs, else once it is started. Until then nothing new of theirs is stored. With --leave-shared "
            "everything is deleted now, and the text stays in Discord."
        )
        return
    print_stderr(f"Everything stored of {writer} is deleted. {WHAT_ELSE_HOLDS_IT}")


@person.command()
@click.argument("id")
@_YES_OPTION
def block(id: str, yes: bool) -> None:
    """Keep a person from using the bot, at once. They are told, and can still have their data or delete it."""
    if (writer := _set_blocked(id, True, "Block {}?", yes=yes)) is not None:
        print_stderr(f"{writer} is blocked. essay-bot person unblock takes it back.")


@person.command()
@click.argument("id")
@_YES_OPTION
def unblock(id: str, yes: bool) -> None:
    """Let a person use the bot again."""
    if (writer := _set_blocked(id, False, "Let {} use the bot again?", yes=yes)) is not None:
        print_stderr(f"{writer} is not blocked any more.")


def _set_blocked(id: str, blocked: bool, question: str, *, yes: bool) -> str | None:
    """Block a person or take it back; return their pseudonym, which fills the question, None if it was declined."""
    from bot.services.personal_data import HostAction

    with open_services() as (services, runner):
        writer = _writer(services, runner, id)
        action = HostAction.BLOCK if blocked else HostAction.UNBLOCK
        if not _begin(services, runner, action, writer, question.format(writer), yes=yes):
            return None
        runner.run(services.personal_data.set_blocked(writer, blocked))
    return writer


@person.command()
def log() -> None:
    """List what was done about people by these commands: when, what, and the person's pseudonym."""
    with open_services() as (services, runner):
        found = runner.run(services.personal_data.audit_log())
    for entry in found:
        click.echo(f"{entry.at:%Y-%m-%d %H:%M:%S}  {entry.action.value:7}  {entry.writer}")
    if not found:
        print_stderr("Nothing was done about a person yet.")


def _writer(services: Services, runner: asyncio.Runner, id: str) -> str:
    """Return the writer of a Discord id, a pseudonym, or the start of one. Raise InvalidInput."""
    from bot.discord_ui.interactions.responses import writer_id

    if _PSEUDONYM.fullmatch(id):
        return id
    if _DISCORD_ID.fullmatch(id):
        return writer_id(services.pseudonym_secret, int(id))
    if _PSEUDONYM_START.fullmatch(id):
        found = runner.run(services.personal_data.writers_beginning_with(id))
        if len(found) == 1:
            return found[0]
        if found:
            raise InvalidInput(f"Several pseudonyms begin with {id}: give the whole one of {', '.join(found)}.")
        raise InvalidInput(f"Nothing is stored of anybody whose pseudonym begins with {id}.")
    raise InvalidInput(
        "A person is named by their Discord id, 15 to 20 digits (Copy User ID in Discord's developer mode), or by the "
        "pseudonym, d and 32 hexadecimal digits, of which the log names the first eight characters: these do. For "
        "yourself at this terminal: essay-bot mydata."
    )


def _begin(
    services: Services, runner: asyncio.Runner, action: HostAction, writer: str, question: str, *, yes: bool
) -> bool:
    """Ask, and write down what is done; return whether to do it."""
    if not confirm(question, yes=yes):
        return False
    runner.run(services.personal_data.record(action, writer))
    return True


def _describe(writer: str, found: PersonSummary) -> str:
    """Return what is stored of a person, in lines without a word of theirs."""
    marks = ", ".join(sorted(mark.value for mark in found.marks)) or "none"
    rows = "\n".join(f"  {table}: {count}" for table, count in sorted(found.counts.items()))
    return f"{writer}\nmarks: {marks}\njobs under way: {found.open_jobs}\nrows stored:\n{rows or '  none'}"


def _write_export(services: Services, runner: asyncio.Runner, writer: str, file: Path, *, force: bool) -> None:
    """Write a person's export to a file that only its owner can read. Raise ExportFailed, ExportFileExists."""
    from bot.settings import read_settings
    from bot.store.backup import database_files
    from bot.terminal.output import write_private_file

    if is_any_of(file, database_files(read_settings().database_path)):
        raise ExportFileExists.is_input_file(str(file))

    async def whole() -> bytes:
        return b"".join([part.data async for part in services.personal_data.export(writer)])

    write_private_file(file, runner.run(whole()), replace=force)
    print_stderr(f"Written to {file}. It is not encrypted: keep it as you would keep a diary.")
