"""The command that measures the models' work."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli.runtime import open_services
from bot.errors import InvalidInput, NoModel
from bot.terminal.stdio import print_stderr

if TYPE_CHECKING:
    from bot.evaluation.runs import Run

_INCOMPLETE = 1
_PARTS = ("interview", "draft", "check", "critique")
_ROLES = ("writer", "critic", "interviewer", "checker")
_PLAYER = "writer-player"


@click.command("eval", short_help="Measure interview, draft, check and critique on texts whose answers are known.")
@click.option("--only", type=click.Choice(_PARTS), help="Measure one of the four.")
@click.option("--model", "chosen", multiple=True, metavar="ROLE=ID", help="Another model, as in checker=ID.")
@click.option("--against", type=click.Path(path_type=Path), metavar="RUN", help="Show an earlier run's figures beside.")
@click.option("--held-out", is_flag=True, help="Measure on the texts that are kept aside, and on no others.")
@click.option("--corpus", type=click.Path(path_type=Path), metavar="DIR", help="The folder of the corpora.")
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    metavar="DIR",
    default=Path("eval-runs"),
    show_default=True,
    help="Where the run is stored.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run as JSON.")
def evaluate(
    only: str | None,
    chosen: tuple[str, ...],
    against: Path | None,
    held_out: bool,
    corpus: Path | None,
    runs: Path,
    as_json: bool,
) -> int:
    """Measure the models on texts whose facts, inventions and faults are known, and store the figures.

    In the interview a second model plays the writer, and knows no more than a sheet of facts. The draft is made of what
    the interview drew out; with --only draft, of all facts.

    It asks the models hundreds of times, at their price; the budgets hold. The role of the model that plays the writer
    is writer-player; by default it is the interviewer's. Exits with 1 if something could not be measured.
    """
    from bot import bootstrap
    from bot.evaluation.corpora import find_corpora, read_check_cases, read_critique_cases, read_interview_cases
    from bot.evaluation.played import MAX_PLAYED_QUESTIONS
    from bot.evaluation.runs import CountingLedger, Evaluation, Plays, Run, hash_prompts, read_run, save_run
    from bot.services.ledger import NANO_PER_USD
    from bot.settings import read_settings
    from bot.structure_files import prompts_directory

    corpora, before = find_corpora(corpus), read_run(against) if against else None
    models = _parse_models(chosen)
    settings = read_settings().model_copy(update={f"model_{role}": models[role] for role in _ROLES if role in models})
    structures = bootstrap.load_structures()
    wanted = {only} if only else set(_PARTS)
    interviews = read_interview_cases(corpora, structures, held_out=held_out) if wanted & {"interview", "draft"} else ()
    checks = read_check_cases(corpora, structures, held_out=held_out) if "check" in wanted else ()
    critiques = read_critique_cases(corpora, structures, held_out=held_out) if "critique" in wanted else ()
    if not interviews and not checks and not critiques:
        raise InvalidInput(f"There is nothing to measure in {corpora}. Nothing was measured.")
    if not settings.has_model:
        raise NoModel
    used = {role: str(getattr(settings, f"model_{role}")) for role in _ROLES}
    used[_PLAYER] = models.get(_PLAYER, settings.model_interviewer)
    run = Run(used, hash_prompts(prompts_directory()), held_out)
    with open_services(settings=settings) as (services, runner):
        ledger = CountingLedger(services.ledger, run)
        claude = bootstrap.build_claude(settings, ledger, services.pseudonym_secret, writer_player=used[_PLAYER])
        try:
            plays = Plays(interviews, settings, claude.writer_player, "interview" in wanted, "draft" in wanted)
            evaluation = Evaluation(claude.ports, run, checks, critiques, print_stderr, plays=plays, ledger=ledger)
            if interviews and plays.interview:
                print_stderr(f"An interview that does not end is left after {MAX_PLAYED_QUESTIONS} questions.")
            print_stderr(f"This costs at most ${evaluation.max_cost() / NANO_PER_USD:.2f}. Ctrl-C stops it.")
            path = runs / f"{services.clock():%Y%m%dT%H%M%S%f}.json"
            save_run(run, path)  # a folder that cannot be written is found out before anything is paid for
            try:
                runner.run(evaluation.measure())
            except KeyboardInterrupt:
                print_stderr(f"Stopped: {run.measured} of {run.planned} were measured, and are kept.")
                raise
            finally:  # what was measured before Ctrl-C was paid for, too
                save_run(run, path)
                print_stderr(f"The run is stored in {path}.")
        finally:
            runner.run(claude.close())
    if as_json:
        click.echo(json.dumps(asdict(run), indent=2, sort_keys=True))
    else:
        _print_table(run, before)
    for name, why in run.failed.items():
        print_stderr(f"{name} was not measured: {why}")
    return _INCOMPLETE if run.failed else 0


def _parse_models(chosen: tuple[str, ...]) -> dict[str, str]:
    """Return the chosen model of each role. Raise InvalidInput for a role that there is not."""
    models = {}
    for one in chosen:
        role, _, model = one.partition("=")
        if role not in (*_ROLES, _PLAYER) or not model:
            roles = f"{', '.join(_ROLES)} or {_PLAYER}"
            raise InvalidInput(f"--model is ROLE=ID, where ROLE is {roles}. Nothing was measured.")
        models[role] = model
    return models


def _print_table(run: Run, before: Run | None) -> None:
    from bot.evaluation.runs import tabulate
    from bot.terminal.output import ResponsiveTable, make_console

    table = ResponsiveTable(("what", "this run", *(["before"] if before else [])))
    earlier = list(tabulate(before)) if before else []
    for what, figure in tabulate(run):
        same = next((pair for pair in earlier if pair[0] == what), None)
        if same is not None:
            earlier.remove(same)  # two rows have one name: the first of them goes with the first
        table.add_row(what, figure, *([same[1] if same else ""] if before else []))
    make_console().print(table)
    if before is not None and (
        changed := sorted(
            name for name in {*run.prompts, *before.prompts} if run.prompts.get(name) != before.prompts.get(name)
        )
    ):
        click.echo(f"Prompts that differ: {', '.join(changed)}")
