"""The command that measures the models' work."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from bot.cli.runtime import open_services
from bot.errors import InvalidInput
from bot.terminal.stdio import print_stderr

_INCOMPLETE = 1


@click.command("eval", short_help="Measure the check and the critique on texts whose faults are known.")
@click.option("--only", type=click.Choice(["check", "critique"]), help="Measure one of the two.")
@click.option("--model", "chosen", multiple=True, metavar="ROLE=ID", help="Another model: critic=ID or checker=ID.")
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
    """Measure the check and the critique on texts whose faults are known, and store the figures.

    It asks the models some sixty times, at their price; the budgets hold. Exits with 1 if a text could not be measured.
    """
    from bot import bootstrap
    from bot.evaluation.corpora import find_corpora, read_check_cases, read_critique_cases
    from bot.evaluation.runs import Evaluation, Run, hash_prompts, read_run, save_run, tabulate
    from bot.services.ledger import NANO_PER_USD
    from bot.services.llm_ports import require_models
    from bot.settings import read_settings
    from bot.structure_files import prompts_directory
    from bot.terminal.output import ResponsiveTable, make_console

    corpora, before = find_corpora(corpus), read_run(against) if against else None
    changes = {}
    for one in chosen:
        role, _, model = one.partition("=")
        if role not in ("critic", "checker") or not model:
            raise InvalidInput("--model is ROLE=ID, where ROLE is critic or checker. Nothing was measured.")
        changes[f"model_{role}"] = model
    settings = read_settings().model_copy(update=changes)
    structures = bootstrap.load_structures()
    checks = read_check_cases(corpora, structures, held_out=held_out) if only != "critique" else ()
    critiques = read_critique_cases(corpora, structures, held_out=held_out) if only != "check" else ()
    if not checks and not critiques:
        raise InvalidInput(f"There is nothing to measure in {corpora}. Nothing was measured.")
    models_used = {"critic": settings.model_critic, "checker": settings.model_checker}
    run = Run(models_used, hash_prompts(prompts_directory()), held_out)
    with open_services(with_model=True, settings=settings) as (services, runner):
        evaluation = Evaluation(require_models(services.models), run, checks, critiques, print_stderr)
        print_stderr(f"This costs at most ${evaluation.max_cost() / NANO_PER_USD:.2f}. Ctrl-C stops it.")
        path = runs / f"{services.clock():%Y%m%dT%H%M%S%f}.json"
        save_run(run, path)  # a folder that cannot be written is found out before anything is paid for
        try:
            runner.run(evaluation.measure())
        finally:  # what was measured before Ctrl-C was paid for, too
            save_run(run, path)
            print_stderr(f"The run is stored in {path}.")
    if as_json:
        click.echo(json.dumps(asdict(run), indent=2, sort_keys=True))
    else:
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
    for name, why in run.failed.items():
        print_stderr(f"{name} was not measured: {why}")
    return _INCOMPLETE if run.failed else 0
