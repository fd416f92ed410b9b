"""The commands. Each imports what it needs when it runs, so that --help is quick."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot import told_to_end
from bot.errors import BadInput, BotError, CannotWrite, ReaderGone, SystemRefused
from bot.operator_commands import backup, check, run_, usage
from bot.streams import finish_streams, prepare_streams, say, shown
from bot.terminal import WRITER
from bot.workshop_door import open_workshop

if TYPE_CHECKING:
    import asyncio

    from bot.app import Workshop
    from bot.essay.export import Post
    from bot.terminal.session import Session
    from bot.terminal.tools import Tools

_BY_SIGNAL = 128  # and the signal's number: what a shell reports for a program that a signal ended
BAD_INPUT = 2  # what shells and click use for a command that was given something it cannot use
CUT_SHORT = 1  # for a draft that came, though not to its end
READER_GONE = 128 + 13  # and SIGPIPE's number, of which other tools die where head has read its lines
# sysexits.h's EX_TEMPFAIL, for an error that ``passes``: deploy/essay-bot.service starts the bot again.
TRY_LATER = 75

_STRUCTURE = click.option(
    "-s", "--structure", metavar="STRUCTURE", help="A structure, by its key, number or name; see: essay-bot structures."
)
_FORMAT = click.option(
    "--format",
    "kind",
    type=click.Choice(["markdown", "text"]),
    default="markdown",
    help="Markdown, or text without markup.",
)
_OUTPUT = click.option("-o", "--output", metavar="FILE", help="Write to this file instead of standard output.")
_FORCE = click.option("--force", is_flag=True, help="Replace FILE if it is there already; never the notes themselves.")
_NO_MODEL = click.option("--no-model", is_flag=True, help="Go without a model, even where one is configured.")


def run() -> int:
    """Runs the command that the arguments name and returns the exit code; errors are told here.

    The code is 128 and the signal's number where a signal told the command to end. Raises KeyboardInterrupt on Ctrl-C.
    """
    try:
        code = _told()
    except KeyboardInterrupt:
        if told_to_end.received() is None:
            raise
        code = 0
    if (number := told_to_end.received()) is not None:
        say(f"\nEnded by {number.name}. What was stored is safe.")
        code = _BY_SIGNAL + number
    try:
        finish_streams()
    except ReaderGone:
        return code or READER_GONE
    except CannotWrite as error:
        say(str(error))
        return code or BAD_INPUT
    return code


def _told() -> int:
    """Runs the command, tells what went wrong, and returns the exit code."""
    try:
        prepare_streams()
        result = cli.main(prog_name="essay-bot", standalone_mode=False)
    except click.Abort:
        raise KeyboardInterrupt from None
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return 0
    except click.ClickException as error:
        where = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "essay-bot"
        said = error.format_message().rstrip(".")
        say(f"{said}{'' if said.endswith('?') else '.'} See {where} --help.")
        return BAD_INPUT
    except ReaderGone:
        return READER_GONE
    except BotError as error:
        say(str(error))
        return TRY_LATER if error.passes else BAD_INPUT
    except OSError as error:  # all that is known by a better sentence is told where it happens
        file = error.filename if isinstance(error.filename, str) else None
        say(str(SystemRefused(file, (error.strerror or str(error)).lower())))
        return BAD_INPUT
    return result if isinstance(result, int) else 0


class _InOrder(click.Group):
    """Lists its commands in the order in which somebody new needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="career-essay-bot", message="essay-bot %(version)s")
def cli() -> None:
    """Turns what happened in a working life into a post worth reading, from the writer's own notes.

    Begin with: essay-bot try

    What you write is stored encrypted on this computer, and whoever may use your account here holds the key. When a
    model is asked, the text that it works on is sent to the model's service.
    """


@cli.command("try", short_help="Write a post by keyboard, from the first question to the file.")
@_STRUCTURE
@click.option("--demo", "demo_wanted", is_flag=True, help="Run on sample notes instead of asking.")
@_NO_MODEL
def try_(structure: str | None, demo_wanted: bool, no_model: bool) -> None:
    """Write a post by keyboard: answer questions, see the post, change it, export it.

    Started again after it was stopped, it offers to go on. Without a terminal it runs on sample notes.
    """
    from bot.terminal.output import at_terminal

    if demo_wanted or not at_terminal():
        _demo(structure)
        return
    with open_workshop(with_model=not no_model) as (workshop, runner):
        if structure:
            structure = workshop.catalogue.find(structure).key
        _session(workshop, runner).start(structure)


def _session(workshop: Workshop, runner: asyncio.Runner) -> Session:
    from bot.terminal.inputs import read_input
    from bot.terminal.keyboard import TerminalKeyboard
    from bot.terminal.output import screen
    from bot.terminal.session import Session
    from bot.terminal.tools import Sitting

    sources = list(_own_files())

    def read(path: str) -> str:
        sources.append(Path(path))
        found = read_input(path)
        if found.notice:
            say(found.notice)
        return found.text

    return Session(Sitting(_tools(workshop), runner, screen(), screen(stderr=True), TerminalKeyboard(), read, sources))


def _say_open(runner: asyncio.Runner, workshop: Workshop, post: Post, essay: str) -> None:
    """Says beside a post that was handed over how many gaps are in it, and how many private notes are not."""
    from bot.essay.export import open_points

    if points := open_points(post.text, runner.run(workshop.desk.notes(WRITER, essay))):
        say(points)


def _own_files() -> tuple[Path, ...]:
    """The database's files, which no export may replace."""
    from bot.settings import read_settings
    from bot.store.backup import own_files

    return own_files(read_settings().database_path)


def _tools(workshop: Workshop) -> Tools:
    from bot.terminal.tools import Tools

    return Tools(
        workshop.desk,
        workshop.interview,
        workshop.writing,
        workshop.criticism,
        workshop.jobs,
        workshop.ledger,
        workshop.models is not None,
    )


def _demo(structure: str | None) -> None:
    import tempfile

    from bot.essay.structures import usual
    from bot.settings import look_at_settings
    from bot.terminal.demo import demo
    from bot.terminal.output import screen

    with tempfile.TemporaryDirectory(prefix="essay-bot-demo-") as directory:
        own = {"database_path": Path(directory) / "essays.db", "database_key": None}
        settings = look_at_settings().settings.model_copy(update=own)  # a wrong setting is in nobody's way here
        with open_workshop(settings=settings) as (workshop, runner):
            shown = workshop.catalogue.find(structure) if structure else usual(workshop.catalogue)
            demo(workshop.desk, runner, screen(), shown)


@cli.command(short_help="Make a post of a file of notes.")
@click.argument("notes")
@_STRUCTURE
@click.option(
    "-t", "--title", metavar="TITLE", help="The post's title; else the notes' own, else the structure's name."
)
@_OUTPUT
@_FORCE
@_FORMAT
@_NO_MODEL
def draft(
    notes: str,
    structure: str | None,
    title: str | None,
    output: str | None,
    force: bool,
    kind: str,
    no_model: bool,
) -> int:
    """Make a post of NOTES, a file of Markdown or plain text (- for standard input).

    With a model it is drafted from the notes alone; without one they are set under the structure's headings as they
    stand. The Markdown goes to standard output, what is said about it to standard error. A draft that fails adds no
    essay; one that is cut short is written out as far as it came, with the exit code 1.
    """
    from bot.essay.export import read_export
    from bot.essay.structures import fitting
    from bot.essay.text.front_matter import short_line
    from bot.terminal.drafting import draft_notes
    from bot.terminal.handing_over import hand_over
    from bot.terminal.inputs import read_input
    from bot.terminal.output import check_place, screen

    sources = [Path("/dev/stdin" if notes == "-" else notes), *_own_files()]
    if output is not None and output != "-":
        check_place(Path(output).expanduser(), replace=force, sources=sources)
    read = read_input(notes)
    if read.notice:
        say(read.notice)
    fields, body = read_export(read.text)
    if "written_by" not in fields:  # not one of our exports: whatever it is stays in the notes
        fields, body = {}, read.text
    with open_workshop(with_model=not no_model) as (workshop, runner):
        wanted = structure or workshop.catalogue.get(str(fields.get("structure")))
        if isinstance(wanted, str):
            wanted = workshop.catalogue.find(wanted)
        chosen = wanted or fitting(body, workshop.catalogue)
        called = title if title is not None else short_line(fields.get("title"))
        typed = notes == "-" and sys.stdin.isatty()
        made = runner.run(draft_notes(_tools(workshop), screen(stderr=True), body, chosen, called, typed=typed))
        hand_over(made.post, made.essay, plain=kind == "text", output=output, replace=force, sources=sources)
        _say_open(runner, workshop, made.post, made.essay)
        if not made.complete:
            return CUT_SHORT
        runner.run(workshop.desk.handed_over(WRITER, made.essay, made.post))
        return 0


@cli.command(short_help="Critique an essay in a file, whoever wrote it.")
@click.argument("file")
@_STRUCTURE
@click.option("--json", "as_json", is_flag=True, help="Write everything that was found as JSON.")
@click.option("--all", "every", is_flag=True, help="Show every measure, with all of its places.")
@_NO_MODEL
def critique(file: str, structure: str | None, as_json: bool, every: bool, no_model: bool) -> None:
    """Critique an essay in FILE (- for standard input), whoever wrote it.

    What can be counted is shown with or without a model. With one, an editor's findings come first, and the text is
    stored, encrypted, with them, and sent to the model's service; without one, nothing is stored.
    """
    from bot import app
    from bot.essay.export import read_export
    from bot.essay.text.importing import import_markdown, told
    from bot.settings import read_settings
    from bot.terminal import critique_view, views
    from bot.terminal.drafting import critique_text
    from bot.terminal.inputs import read_input
    from bot.terminal.output import screen, write_out
    from bot.workflow.measured import measured

    read = read_input(file)
    if read.notice:
        say(read.notice)
    catalogue = app.catalogue()
    of_export = read_export(read.text)[0].get("structure")
    chosen = catalogue.find(structure) if structure else catalogue.get(str(of_export))
    page = import_markdown(read.text)
    if left_out := told(page.left_out, "text"):
        say(left_out)
    found, opinion = measured(page.text, chosen), None
    if not no_model and (settings := read_settings()).has_model:
        with open_workshop(with_model=True, settings=settings) as (workshop, runner):
            critiquing = critique_text(_tools(workshop), screen(stderr=True), page.text, chosen, page.title)
            opinion = runner.run(critiquing)
    if as_json:
        write_out(views.measured_json(found, chosen, opinion))
        return
    if opinion is not None:
        screen().print(critique_view.critique(opinion, chosen))
        screen().print()
    screen().print(views.measures(found, every=every, hint=": --all shows every place"))


@cli.command(short_help="List the kinds of essay there are, or show one.")
@click.argument("key", required=False)
def structures(key: str | None) -> None:
    """List the structures, one for each kind of career essay, or show the one called KEY, with its questions."""
    from bot import app
    from bot.terminal import views
    from bot.terminal.output import screen

    catalogue = app.catalogue()
    found = views.structure(catalogue.find(key)) if key else views.structures(list(catalogue.values()))
    screen().print(found)


@cli.group(cls=_InOrder, invoke_without_command=True, short_help="List your essays; resume, export or delete one.")
@click.pass_context
def essays(context: click.Context) -> None:
    """List your essays; resume, export or delete one.

    An ESSAY is called by its id, which is the first word of its line, by the start of that, or by its number.
    """
    if context.invoked_subcommand is not None:
        return
    from bot.terminal import views
    from bot.terminal.output import screen

    with open_workshop() as (workshop, runner):
        found = runner.run(workshop.desk.essays(WRITER))
    if found:
        screen().print(views.essays(found))
    else:
        say("You have no essays yet: essay-bot try begins one.")


@essays.command()
@click.argument("essay")
@_NO_MODEL
def resume(essay: str, no_model: bool) -> None:
    """Go on with an ESSAY by keyboard."""
    from bot.terminal.output import at_terminal

    if not at_terminal():
        raise BadInput("Resuming an essay needs a terminal to type in: run the command in one. The essay is safe.")
    with open_workshop(with_model=not no_model) as (workshop, runner):
        opened = runner.run(workshop.desk.find(WRITER, essay))
        _session(workshop, runner).go_on(opened)


@essays.command()
@click.argument("essay")
@_OUTPUT
@_FORCE
@_FORMAT
def export(essay: str, output: str | None, force: bool, kind: str) -> None:
    """Write an ESSAY to a file, or to standard output."""
    from bot.errors import StoreError
    from bot.terminal.handing_over import hand_over

    with open_workshop() as (workshop, runner):
        essay = runner.run(workshop.desk.find(WRITER, essay)).id
        post = runner.run(workshop.desk.export(WRITER, essay))
        hand_over(post, essay, plain=kind == "text", output=output, replace=force, sources=_own_files())
        _say_open(runner, workshop, post, essay)
        try:
            runner.run(workshop.desk.handed_over(WRITER, essay, post))
        except StoreError as error:  # the post is out; that it is could not be written down
            say(str(error))


@essays.command(short_help="Print all notes of an ESSAY.")
@click.argument("essay")
def notes(essay: str) -> None:
    """Write all notes of an ESSAY to standard output, as Markdown: under their sections, with their questions."""
    from bot.essay.note_page import note_page
    from bot.terminal.output import write_out

    with open_workshop() as (workshop, runner):
        opened = runner.run(workshop.desk.find(WRITER, essay))
        found = runner.run(workshop.desk.notes(WRITER, opened.id))
    write_out(note_page(opened.title, workshop.desk.structures.get(opened.structure), found))


@essays.command()
@click.argument("essay")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(essay: str, yes: bool) -> None:
    """Remove an ESSAY with its notes and versions, for good."""
    with open_workshop() as (workshop, runner):
        opened = runner.run(workshop.desk.find(WRITER, essay))
        essay = opened.id
        if not yes:
            if not sys.stdin.isatty():
                raise BadInput(
                    "Deleting asks first, and there is no terminal to answer in: add --yes. Nothing changed."
                )
            question = f'Delete "{shown(opened.title)}" with its notes and versions, for good?'
            if not _confirmed(question):
                say("Nothing was deleted.")
                return
        runner.run(workshop.desk.delete(WRITER, essay))
    say(f'"{opened.title}" was deleted. Backups that you made keep it until they are deleted too.')


def _confirmed(question: str) -> bool:
    """Whether the person says yes; Enter says no."""
    from bot.terminal.tools import YES_OR_NO, yes_or_no

    while True:
        typed = click.prompt(f"{question} [y/N]", default="", show_default=False, prompt_suffix=" ", err=True)
        if (said := yes_or_no(typed, enter=False)) is not None:
            return said
        say(YES_OR_NO)


for command in (run_, check, usage, backup):
    cli.add_command(command)
