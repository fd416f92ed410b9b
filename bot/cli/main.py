"""The writer's commands. Each imports what it needs when it runs, so that --help is fast."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

from bot.cli.evaluate import evaluate
from bot.cli.operator import backup, check, migrate_store, rotate_key, run_, usage
from bot.cli.people import mydata, person
from bot.cli.runtime import OrderedGroup, confirm, open_services
from bot.errors import BotError, ExportFailed, InvalidInput, OperatingSystemFailure, OutputClosed, UnknownVersion
from bot.terminal import LOCAL_WRITER, signals
from bot.terminal.stdio import escape_control_characters, flush_streams, prepare_streams, print_stderr

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from bot.essay.export import ExportablePost
    from bot.essay.export_targets import ExportedFile
    from bot.services.services import Services
    from bot.terminal.session import KeyboardSession

_EXIT_SIGNAL_BASE = 128  # and the signal's number: what a shell reports for a program that a signal ended
EXIT_BAD_INPUT = 2  # what shells and click use for a command that was given something it cannot use
EXIT_INCOMPLETE = 1  # for a draft that came, though not to its end
EXIT_READER_GONE = 128 + 13  # and SIGPIPE's number: what other tools return when head has read its lines
# sysexits.h's EX_TEMPFAIL, for an error that ``is_temporary``: deploy/essay-bot.service starts the bot again.
EXIT_TRY_LATER = 75


def _refuse_blank(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise InvalidInput(
            "-s was given no structure: give its key, number or name, as essay-bot structures lists them, or leave -s "
            "out. Nothing was done."
        )
    return value


_STRUCTURE_HELP = "A structure, by its key, number or name; see: essay-bot structures."
_STRUCTURE_OPTION = click.option("-s", "--structure", metavar="STRUCTURE", callback=_refuse_blank, help=_STRUCTURE_HELP)
_DRAFT_STRUCTURE_OPTION = click.option(
    "-s",
    "--structure",
    metavar="STRUCTURE",
    callback=_refuse_blank,
    help=f"{_STRUCTURE_HELP} Else career-switch, or the one of which NOTES have most headings.",
)


class _ExportTargetType(click.ParamType):  # type: ignore[type-arg]  # generic only in click 8.5 and newer
    """The key of a place where posts are read; the places are imported only where one is named."""

    name = "place"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from bot.essay.export_targets import find_export_target

        return find_export_target(value).key

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from bot.essay.export_targets import EXPORT_TARGETS

        found = EXPORT_TARGETS.values()
        return [CompletionItem(one.key, help=one.label) for one in found if one.key.startswith(incomplete.lower())]


class _EssayType(click.ParamType):  # type: ignore[type-arg]  # generic only in click 8.5 and newer
    """An essay's id, the start of one, or its number."""

    name = "essay"

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "Its number is in the list that essay-bot essays shows, as in 1"


_ESSAY_ARGUMENT = click.argument("essay", type=_EssayType())
_TARGET_OPTION = click.option(
    "--for",
    "--format",
    "place",
    type=_ExportTargetType(),
    metavar="PLACE",
    help="Where it is read: markdown, text, linkedin, medium, substack, ghost, devto, hugo, jekyll, obsidian, html or "
    "docx; else what the ending of FILE says (.txt, .html, .docx), else markdown.",
)
_COPY_OPTION = click.option("--copy", is_flag=True, help="Put it into the terminal's clipboard.")
_FILE = click.Path()  # of any kind, there or not; the type lets a shell complete it
_OUTPUT_OPTION = click.option(
    "-o", "--output", type=_FILE, metavar="FILE", help="Write to this file instead of standard output."
)
_FORCE_OPTION = click.option(
    "--force", is_flag=True, help="Replace FILE if it is there already; never the notes themselves."
)
_HTML_OPTION = click.option(
    "--html", metavar="FILE", help="Write it as one page of HTML instead (- for standard output)."
)
_NO_MODEL_OPTION = click.option("--no-model", is_flag=True, help="Go without a model, even where one is configured.")


def run() -> int:
    """Run the command named by the arguments, print errors, and return the exit code.

    The code is 128 plus the signal's number if a signal ended the command. Raise KeyboardInterrupt on Ctrl-C.
    """
    try:
        code = _run_and_report_errors()
    except KeyboardInterrupt:
        if signals.received_signal() is None:
            raise
        code = 0
    if (number := signals.received_signal()) is not None:
        print_stderr(f"\nEnded by {number.name}. What was stored is safe.")
        code = _EXIT_SIGNAL_BASE + number
    try:
        flush_streams()
    except OutputClosed:
        return code or EXIT_READER_GONE
    except ExportFailed as error:
        print_stderr(str(error))
        return code or EXIT_BAD_INPUT
    return code


def _run_and_report_errors() -> int:
    """Run the command, print what went wrong, and return the exit code."""
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
        if isinstance(error, click.NoSuchOption) and error.option_name == "--env-file":
            said = f"--env-file stands before the command: {where.replace(' ', ' --env-file FILE ', 1)}"
        print_stderr(f"{said}{'' if said.endswith('?') else '.'} See {where} --help.")
        return EXIT_BAD_INPUT
    except OutputClosed:
        return EXIT_READER_GONE
    except BotError as error:
        print_stderr(str(error))
        return EXIT_TRY_LATER if error.is_temporary else EXIT_BAD_INPUT
    except OSError as error:  # errors with a better sentence are raised where they happen
        file = error.filename if isinstance(error.filename, str) else None
        print_stderr(str(OperatingSystemFailure(file, (error.strerror or str(error)).lower())))
        return EXIT_BAD_INPUT
    return result if isinstance(result, int) else 0


@click.group(cls=OrderedGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="career-essay-bot", message="essay-bot %(version)s")
@click.option("--env-file", metavar="FILE", type=click.Path(path_type=Path), help="Read FILE instead of a .env.")
def cli(env_file: Path | None) -> None:
    """Turns what happened in a working life into a post worth reading, from the writer's own notes.

    Begin with: essay-bot try

    What you write is stored encrypted on this computer, and whoever may use your account here holds the key. When a
    model is asked, the text that it works on is sent to the model's service.
    """
    if env_file is not None:
        from bot.settings import ENV_FILE_VARIABLE

        os.environ[ENV_FILE_VARIABLE] = str(env_file.expanduser().absolute())


@cli.command("try", short_help="Write a post by keyboard, from the first question to the file.")
@_STRUCTURE_OPTION
@click.option("--demo", "demo_wanted", is_flag=True, help="Run on sample notes instead of asking.")
@_NO_MODEL_OPTION
def try_(structure: str | None, demo_wanted: bool, no_model: bool) -> None:
    """Write a post by keyboard: answer questions, see the post, change it, export it.

    Started again after it was stopped, it offers to go on. Without a terminal it runs on sample notes.
    """
    from bot.essay.matching import find_structure
    from bot.terminal.output import is_interactive

    if demo_wanted or not is_interactive():
        _run_demo(structure)
        return
    with open_services(with_model=not no_model) as (services, runner):
        if structure:
            structure = find_structure(services.structures, structure).key
        _keyboard_session(services, runner).start(structure)


def _keyboard_session(services: Services, runner: asyncio.Runner) -> KeyboardSession:
    from bot.terminal.context import TerminalContext, TerminalKeyboard
    from bot.terminal.input_files import read_input
    from bot.terminal.output import make_console
    from bot.terminal.session import KeyboardSession

    sources = list(_database_files())

    def read(path: str) -> str:
        sources.append(Path(path))
        found = read_input(path)
        if found.notice:
            print_stderr(found.notice)
        return found.text

    return KeyboardSession(
        TerminalContext(
            services,
            runner,
            make_console(),
            make_console(stderr=True),
            TerminalKeyboard(),
            read,
            sources,
        )
    )


def _report_open_points(
    runner: asyncio.Runner, services: Services, post: ExportablePost, essay: str, exported: ExportedFile
) -> None:
    """Print how many gaps an exported post has, what is private or open in it, and what its place asks for."""
    from bot.essay.export import describe_open_points

    points = describe_open_points(post.text, runner.run(services.essays.notes(LOCAL_WRITER, essay)))
    checked = runner.run(services.checking.describe_for_export(LOCAL_WRITER, essay, post.version))
    if points or checked:
        print_stderr(f"{points} {checked}".strip())
    for notice in exported.notices:
        print_stderr(notice)


def _database_files() -> tuple[Path, ...]:
    """Return the database's files, which no export may replace."""
    from bot.settings import read_settings
    from bot.store.backup import database_files

    return database_files(read_settings().database_path)


def _write_page(name: str, html: str, path: str, force: bool, sources: Sequence[Path]) -> None:
    """Write a page, and say where it is."""
    from bot.terminal.output import write_page

    if (place := write_page(name, html, path, replace=force, sources=sources)) is not None:
        print_stderr(f"Written to {place}. Any browser shows it; it loads nothing.")


def _run_demo(structure: str | None) -> None:
    import tempfile

    from bot.essay.matching import default_structure, find_structure
    from bot.settings import load_settings
    from bot.terminal.demo import run_demo
    from bot.terminal.output import make_console

    with tempfile.TemporaryDirectory(prefix="essay-bot-demo-") as directory:
        own = {"database_path": Path(directory) / "essays.db", "database_key": None, "database_url": None}
        settings = load_settings().settings.model_copy(update=own)  # invalid settings do not matter here
        with open_services(settings=settings) as (services, runner):
            shown = (
                find_structure(services.structures, structure) if structure else default_structure(services.structures)
            )
            run_demo(services.essays, runner, make_console(), shown)


@cli.command(short_help="Make a post of a file of notes.")
@click.argument("notes", type=_FILE)
@_DRAFT_STRUCTURE_OPTION
@click.option(
    "-t", "--title", metavar="TITLE", help="The post's title; else the notes' own, else the structure's name."
)
@_OUTPUT_OPTION
@_FORCE_OPTION
@_TARGET_OPTION
@_COPY_OPTION
@_NO_MODEL_OPTION
def draft(
    notes: str,
    structure: str | None,
    title: str | None,
    output: str | None,
    force: bool,
    place: str | None,
    copy: bool,
    no_model: bool,
) -> int:
    """Make a post of NOTES, a file of Markdown or plain text (- for standard input).

    With a model it is drafted from the notes alone; without one they are set under the structure's headings as they
    stand. The Markdown goes to standard output, what is said about it to standard error. A draft that fails adds no
    essay; one that is cut short is written out as far as it came, with the exit code 1.
    """
    from bot.essay.export import read_export
    from bot.essay.export_targets import export_for, export_target_for
    from bot.essay.matching import best_structure, find_structure
    from bot.essay.text.front_matter import as_short_line
    from bot.terminal.exports import check_handover, export_post
    from bot.terminal.input_files import read_input
    from bot.terminal.one_shot import draft_notes
    from bot.terminal.output import check_writable, make_console

    target = export_target_for(place, output)
    check_handover(target, output, copy=copy)
    sources = [Path("/dev/stdin" if notes == "-" else notes), *_database_files()]
    if output is not None and output != "-":
        check_writable(Path(output).expanduser(), replace=force, sources=sources)
    read = read_input(notes)
    if read.notice:
        print_stderr(read.notice)
    fields, body = read_export(read.text)
    if "written_by" not in fields:  # not one of our exports: whatever it is stays in the notes
        fields, body = {}, read.text
    with open_services(with_model=not no_model) as (services, runner):
        wanted = structure or services.structures.get(str(fields.get("structure")))
        if isinstance(wanted, str):
            wanted = find_structure(services.structures, wanted)
        chosen = wanted or best_structure(body, services.structures)
        called = title if title is not None else as_short_line(fields.get("title"))
        typed = notes == "-" and sys.stdin.isatty()
        made = runner.run(draft_notes(services, make_console(stderr=True), body, chosen, called, typed_by_hand=typed))
        exported = export_for(made.post, target.key)
        export_post(exported, made.essay_id, output, copy=copy, replace=force, sources=sources)
        _report_open_points(runner, services, made.post, made.essay_id, exported)
        if not made.is_complete:
            return EXIT_INCOMPLETE
        runner.run(services.essays.mark_exported(LOCAL_WRITER, made.essay_id, made.post))
        return 0


@cli.command(short_help="Critique an essay in a file, whoever wrote it.")
@click.argument("file", type=_FILE)
@_STRUCTURE_OPTION
@click.option("--json", "as_json", is_flag=True, help="Write everything that was found as JSON.")
@click.option("--all", "every", is_flag=True, help="Show every finding and measure, with all of its places.")
@_HTML_OPTION
@_FORCE_OPTION
@_NO_MODEL_OPTION
def critique(
    file: str, structure: str | None, as_json: bool, every: bool, html: str | None, force: bool, no_model: bool
) -> None:
    """Critique an essay in FILE (- for standard input), whoever wrote it.

    What can be counted is shown with or without a model. With one, an editor's findings come first, and the text is
    stored, encrypted, with them, and sent to the model's service; without one, nothing is stored.
    """
    from bot import bootstrap
    from bot.essay.export import read_export
    from bot.essay.text.markdown_import import describe_removed, import_markdown
    from bot.essay.text_report import measure_text
    from bot.settings import read_settings
    from bot.terminal import views
    from bot.terminal.input_files import read_input
    from bot.terminal.one_shot import critique_text
    from bot.terminal.output import check_writable, make_console, write_stdout

    if as_json and html is not None:
        raise InvalidInput("Give --json or --html, not both. Nothing was done.")
    sources: list[Path] = []
    if html is not None:
        if not html:
            raise InvalidInput("The name of the file is empty: give the page a name. Nothing was done.")
        sources = [Path("/dev/stdin" if file == "-" else file), *_database_files()]
        if html != "-":
            check_writable(Path(html).expanduser(), replace=force, sources=sources)
    read = read_input(file)
    if read.notice:
        print_stderr(read.notice)
    catalogue = bootstrap.load_structures()
    of_export = read_export(read.text)[0].get("structure")
    chosen = catalogue.find(structure) if structure else catalogue.get(str(of_export))
    page = import_markdown(read.text)
    if left_out := describe_removed(page.removed, "text"):
        print_stderr(left_out)
    found, opinion = measure_text(page.text, chosen), None
    if not no_model and (settings := read_settings()).has_model:
        with open_services(with_model=True, settings=settings) as (services, runner):
            critiquing = critique_text(services, make_console(stderr=True), page.text, chosen, page.title)
            opinion = runner.run(critiquing)
    if as_json:
        write_stdout(views.report_json(found, chosen, opinion))
        return
    if html is not None:
        from bot.services.reports import write_report

        title = page.title or found.title
        _write_page("report.html", write_report(title, found.text, chosen, opinion), html, force, sources)
        return
    if opinion is not None:
        make_console().print(
            views.render_critique(opinion, chosen, show_all=every, hint=": --all shows them, --json too")
        )
        make_console().print()
    make_console().print(views.render_measures(found, show_all=every, hint=": --all shows every place"))


@cli.command(short_help="List the kinds of essay there are, or show one.")
@click.argument("key", required=False)
def structures(key: str | None) -> None:
    """List the structures, one for each kind of career essay, or show the one called KEY, with its questions."""
    from bot import bootstrap
    from bot.terminal import views
    from bot.terminal.output import make_console

    catalogue = bootstrap.load_structures()
    found = views.render_structure(catalogue.find(key)) if key else views.structure_table(list(catalogue.values()))
    make_console().print(found)


@cli.group(cls=OrderedGroup, invoke_without_command=True, short_help="List your essays; resume, export or delete one.")
@click.pass_context
def essays(context: click.Context) -> None:
    """List your essays; resume, export or delete one.

    An ESSAY is called by its id, which is the first word of its line, by the start of that, or by its number.
    """
    if context.invoked_subcommand is not None:
        return
    from bot.terminal import views
    from bot.terminal.output import make_console

    with open_services() as (services, runner):
        found = runner.run(services.essays.list_essays(LOCAL_WRITER))
    if found:
        make_console().print(views.essay_table(found))
    else:
        print_stderr("You have no essays yet: essay-bot try begins one.")


@essays.command()
@_ESSAY_ARGUMENT
@_NO_MODEL_OPTION
def resume(essay: str, no_model: bool) -> None:
    """Go on with an ESSAY by keyboard."""
    from bot.terminal.output import is_interactive

    with open_services(with_model=not no_model) as (services, runner):
        opened = runner.run(services.essays.find_essay(LOCAL_WRITER, essay))
        if not is_interactive():
            raise InvalidInput(
                "Resuming an essay needs a terminal to type in: run the command in one. The essay is safe."
            )
        _keyboard_session(services, runner).resume(opened)


@essays.command(short_help="Write an ESSAY to a file, as the place takes it where it is read.")
@_ESSAY_ARGUMENT
@_OUTPUT_OPTION
@_FORCE_OPTION
@_TARGET_OPTION
@_COPY_OPTION
@click.option(
    "--strict", is_flag=True, help="Refuse while a gap is left, the notes do not hold something, or it is not checked."
)
def export(essay: str, output: str | None, force: bool, place: str | None, copy: bool, strict: bool) -> None:
    """Write an ESSAY, as PLACE takes it, to a file or to standard output.

    ESSAY is its number in the list that essay-bot essays shows, or its id.
    """
    from bot.errors import StoreError
    from bot.essay.export_targets import export_for, export_target_for
    from bot.terminal.exports import check_handover, export_post
    from bot.terminal.one_shot import name_essay

    target = export_target_for(place, output)
    check_handover(target, output, copy=copy)
    with open_services() as (services, runner):
        opened = runner.run(services.essays.find_essay(LOCAL_WRITER, essay))
        essay = opened.id
        post = runner.run(services.essays.export(LOCAL_WRITER, essay))
        if strict:
            runner.run(services.checking.check_strictly(LOCAL_WRITER, essay, post.version))
        exported = export_for(post, target.key)
        export_post(exported, essay, output, copy=copy, replace=force, sources=_database_files())
        print_stderr(f"This is {name_essay(opened)}.")
        _report_open_points(runner, services, post, essay, exported)
        try:
            runner.run(services.essays.mark_exported(LOCAL_WRITER, essay, post))
        except StoreError as error:  # the post is written; only the record of that is missing
            print_stderr(str(error))


@essays.command("check", short_help="Hold each sentence of an ESSAY against its notes.")
@_ESSAY_ARGUMENT
@click.option("--again", is_flag=True, help="Judge every sentence anew.")
@click.option("--sources", is_flag=True, help="Show each paragraph beside the notes that it rests on, too.")
def check_post(essay: str, again: bool, sources: bool) -> int:
    """Hold each sentence of an ESSAY against its notes, and list what no note holds.

    Without a model numbers, dates, quotations and addresses are compared, by letters only.

    Exits with 1 while something is open or not checked, else with 0.
    """
    from bot.terminal import views
    from bot.terminal.one_shot import check_essay
    from bot.terminal.output import make_console

    with open_services(with_model=True) as (services, runner):
        essay = runner.run(services.essays.find_essay(LOCAL_WRITER, essay)).id
        found = runner.run(check_essay(services, make_console(stderr=True), essay, anew=again))
        floor = None
        if found.check.unchecked and not services.checking.has_checker:
            floor = runner.run(services.drafting.unsupported_claims(LOCAL_WRITER, essay, found.version))
    make_console().print(views.render_check(found))
    if floor is not None:
        make_console().print(views.render_claims(floor, found.version.text))
    if sources:
        make_console().print(views.render_sources(found))
    return EXIT_INCOMPLETE if found.check.open or found.check.unchecked else 0


@essays.command(short_help="Write the report of an ESSAY as one page of HTML.")
@_ESSAY_ARGUMENT
@_OUTPUT_OPTION
@_FORCE_OPTION
def report(essay: str, output: str | None, force: bool) -> None:
    """Write the report of an ESSAY as one page of HTML, to a file or to standard output.

    It shows the text with the findings of its last critique, what no note holds, the notes that each paragraph rests
    on, the measures, the shape, and what changed since the version before. No model is asked.
    """
    with open_services() as (services, runner):
        essay = runner.run(services.essays.find_essay(LOCAL_WRITER, essay)).id
        page = runner.run(services.reports.of_essay(LOCAL_WRITER, essay))
    _write_page(page.name, page.html, output or "-", force, _database_files())


@essays.command(short_help="Show what changed from a version of an ESSAY to another.")
@_ESSAY_ARGUMENT
@click.argument("old", type=click.IntRange(min=1))
@click.argument("new", type=click.IntRange(min=1))
@_HTML_OPTION
@_FORCE_OPTION
def diff(essay: str, old: int, new: int, html: str | None, force: bool) -> None:
    """Show what changed from the version OLD of an ESSAY to the version NEW, sentence by sentence."""
    from bot.terminal import views
    from bot.terminal.output import make_console

    with open_services() as (services, runner):
        essay = runner.run(services.essays.find_essay(LOCAL_WRITER, essay)).id
        try:
            if html is not None:
                page = runner.run(services.reports.compare(LOCAL_WRITER, essay, old, new))
                _write_page(page.name, page.html, html, force, _database_files())
                return
            found = runner.run(services.essays.diff_versions(LOCAL_WRITER, essay, old, new))
        except UnknownVersion as error:
            known = runner.run(services.essays.versions(LOCAL_WRITER, essay))
            newest = f"The newest is {known[-1].number}." if known else "None was made yet."
            error.args = (f"{error} {newest}",)
            raise
    screen = make_console()
    screen.print(views.render_diff(found, styled=screen.is_terminal and not screen.no_color))


@essays.command(short_help="Print all notes of an ESSAY.")
@_ESSAY_ARGUMENT
def notes(essay: str) -> None:
    """Write all notes of an ESSAY to standard output, as Markdown: under their sections, with their questions."""
    from bot.essay.export import notes_to_markdown
    from bot.terminal.output import write_stdout

    with open_services() as (services, runner):
        opened = runner.run(services.essays.find_essay(LOCAL_WRITER, essay))
        found = runner.run(services.essays.notes(LOCAL_WRITER, opened.id))
    write_stdout(notes_to_markdown(opened.title, services.essays.structures.get(opened.structure), found))


@essays.command(short_help="Add to the notes of an ESSAY.")
@_ESSAY_ARGUMENT
@click.argument("text")
def note(essay: str, text: str) -> None:
    """Add TEXT (- for standard input) to the notes of an ESSAY.

    A heading in it that names a section puts what follows there. What has no section can be sorted later, by keyboard.
    """
    from bot.terminal.input_files import read_input
    from bot.terminal.one_shot import add_notes

    if text == "-":
        read = read_input(text)
        text = read.text
        if read.notice:
            print_stderr(read.notice)
    with open_services() as (services, runner):
        essay = runner.run(services.essays.find_essay(LOCAL_WRITER, essay)).id
        for said in runner.run(add_notes(services, essay, text)):
            print_stderr(said)


@essays.command(short_help="Give an ESSAY a title.")
@_ESSAY_ARGUMENT
@click.argument("title")
def title(essay: str, title: str) -> None:
    """Give an ESSAY the TITLE."""
    with open_services() as (services, runner):
        essay = runner.run(services.essays.find_essay(LOCAL_WRITER, essay)).id
        runner.run(services.essays.rename_essay(LOCAL_WRITER, essay, title))
        stored = runner.run(services.essays.get_essay(LOCAL_WRITER, essay)).title
    print_stderr(f'Essay {essay} has the title "{stored}" now.')


@essays.command()
@_ESSAY_ARGUMENT
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(essay: str, yes: bool) -> None:
    """Remove an ESSAY with its notes and versions, for good."""
    from bot.terminal.one_shot import name_essay

    with open_services() as (services, runner):
        opened = runner.run(services.essays.find_essay(LOCAL_WRITER, essay))
        named = name_essay(opened)
        question = f"Delete {escape_control_characters(named)}, with its notes and versions, for good?"
        if not confirm(question, yes=yes):
            return
        runner.run(services.essays.delete_essay(LOCAL_WRITER, opened.id))
    print_stderr(f"Deleted {named}. Backups that you made keep it until they are deleted too.")


@cli.group(
    cls=OrderedGroup, invoke_without_command=True, short_help="Your own texts, which show a model how you write."
)
@click.pass_context
def voice(context: click.Context) -> None:
    """List your own texts, up to three, which show a model how you write; add or delete one.

    A model takes their manner and no fact of theirs. What is marked [private] in them stays stored, and no model sees
    it.
    """
    if context.invoked_subcommand is None:
        context.invoke(list_voice)


@voice.command("list")
def list_voice() -> None:
    """List the texts, each with its number."""
    from bot.terminal.commands.voice import list_samples

    with open_services() as (services, runner):
        click.echo(escape_control_characters(list_samples(runner.run(services.voice.samples(LOCAL_WRITER)))))


@voice.command()
@click.argument("file", type=_FILE)
def add(file: str) -> None:
    """Add the text in FILE (- for standard input)."""
    from bot.terminal.commands.voice import add_sample
    from bot.terminal.input_files import read_input

    read = read_input(file)
    if read.notice:
        print_stderr(read.notice)
    with open_services() as (services, runner):
        print_stderr(runner.run(add_sample(services, read.text)))


@voice.command("delete")
@click.argument("number", type=click.IntRange(min=1))
def delete_voice(number: int) -> None:
    """Delete the text with this NUMBER, for good."""
    from bot.terminal.commands.voice import delete_sample

    with open_services() as (services, runner):
        print_stderr(runner.run(delete_sample(services, number)))


@cli.command(short_help="Print what a shell needs to complete commands on Tab.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which SHELL completes commands, options and places on Tab.

    \b
    Put it in place by one line, and start a new shell:
      echo 'eval "$(essay-bot completion bash)"' >> ~/.bashrc
      echo 'autoload -U compinit && compinit && eval "$(essay-bot completion zsh)"' >> ~/.zshrc
      essay-bot completion fish > ~/.config/fish/completions/essay-bot.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "essay-bot", "_ESSAY_BOT_COMPLETE").source())


for command in (mydata, run_, check, usage, person, evaluate, backup, rotate_key, migrate_store):
    cli.add_command(command)
