"""Whatever a model or a server says is shown as it was said: it is no markup, and it cannot drive the terminal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from dataclasses import replace

import pytest
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.cli.operator import print_results
from bot.essay.critique import Critique
from bot.ops.diagnostics import CheckResult, CheckState
from bot.services.jobs.job import JobKind, JobState
from bot.services.services import Services
from bot.terminal import views
from bot.terminal.output import SafeConsole
from bot.terminal.progress import follow_job
from bot.terminal.stdio import print_stderr
from tests.services.fake_work import Piece
from tests.services.fakes import Gate
from tests.terminal.scripted_terminal import Output

EVIL = "llama[/3b] [bold] :heart: \x1b[31mred\x1b]0;pwned\x07 \x9b1m \x7f end"
SHOWN = "llama[/3b] [bold] :heart: ␛[31mred␛]0;pwned␇ �1m ␡ end"


def screen(*, terminal: bool) -> SafeConsole:
    return SafeConsole(file=io.StringIO(), width=200, force_terminal=terminal, color_system=None, no_color=True)


def written(on: SafeConsole) -> str:
    assert isinstance(on.file, io.StringIO)
    return on.file.getvalue()


def table(text: str) -> Table:
    made = Table(text, box=None)
    made.add_row(text)
    return made


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize(
    "made",
    [str, Text, table, lambda text: Group(text, table(text)), lambda text: views.render_post(text, text, styled=False)],
)
def test_printed_text_is_never_read_as_markup_or_terminal_control_codes(
    made: Callable[[str], RenderableType], terminal: bool
) -> None:
    on = screen(terminal=terminal)
    on.print(made(EVIL))
    on.print(made(EVIL), style="yellow")
    assert "\x1b[31m" not in written(on)
    assert not set("\x07\x9b\x7f") & set(written(on))
    assert written(on).count("llama[/3b] [bold] :heart: ␛[31mred␛]0;pwned") >= 2


def test_a_text_that_is_printed_is_shown_to_the_last_character() -> None:
    on = screen(terminal=False)
    on.print(EVIL)
    assert written(on) == f"{SHOWN}\n"


def test_the_programs_own_styles_still_reach_the_terminal() -> None:
    on = SafeConsole(file=io.StringIO(), width=200, force_terminal=True, color_system="standard")
    on.print("A warning.", style="yellow")
    assert written(on) == "\x1b[33mA warning.\x1b[0m\n"


def test_the_name_of_a_model_is_shown_as_it_is_in_a_critique_and_in_a_check() -> None:
    found = replace(Critique("", (), (), (), 0, 0, "a-model"), model=EVIL)
    on = screen(terminal=True)
    on.print(views.render_critique(found, None))
    print_results(on, [CheckResult("live call", CheckState.FAILED, EVIL)])
    assert written(on).count("llama[/3b] [bold] :heart: ␛[31mred") == 2
    assert "\x1b[31m" not in written(on)


def test_an_error_that_quotes_a_server_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_stderr(EVIL)
    assert capsys.readouterr().err == f"{SHOWN}\n"


async def test_waiting_shows_one_line_that_says_how_to_cancel_and_is_erased_afterwards(
    services: Services,
) -> None:
    jobs = services.jobs
    shown, gate = Output(), Gate()
    on = SafeConsole(file=shown, width=200, force_terminal=True)
    job = await jobs.start("me", "s", JobKind.QUESTION, Piece((gate,)))
    waiting = asyncio.create_task(follow_job(services, job, on))
    await shown.until("the model reads")
    gate.release()
    assert (await waiting).state is JobState.DONE
    assert "the model reads your answers\x1b[2m (Ctrl-C goes on with the structure's own question)" in shown.getvalue()
    assert shown.getvalue().endswith("\x1b[2K")
    quick = screen(terminal=False)
    job = await jobs.start("me", "s", JobKind.QUESTION, Piece())
    assert (await follow_job(services, job, quick)).state is JobState.DONE
    assert written(quick) == ""
