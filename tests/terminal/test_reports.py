"""Reports, shapes and comparisons at the keyboard and on the command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from bot.essay.report import build_report, compare_public_texts
from bot.terminal.output import SafeConsole
from bot.terminal.shape_view import ShapeView
from bot.terminal.views import render_diff
from tests.essay.sample_report import SOURCE
from tests.services.reports.test_page import STRANGE_TEXTS
from tests.terminal.conftest import Ran
from tests.terminal.scripted_terminal import Terminal

Run = Callable[..., Ran]
FIRST = "## What I missed\n\nThe noise of the shop in May.\n"


def test_a_critique_is_written_as_a_page_and_replaces_no_file_unasked(essay_bot: Run, home: Path) -> None:
    (home / "post.md").write_text('---\ntitle: "A \\"shop\\" & more"\n---\n\n## One\n\nIn conclusion, it was over.\n')
    ran = essay_bot("critique", "post.md", "--no-model", "--html", "out.html")
    assert (ran.code, ran.out) == (0, "")
    assert "Written to out.html." in ran.err
    html = (home / "out.html").read_text()
    assert "A &#34;shop&#34; &amp; more" in html
    assert "In conclusion" in html
    ran = essay_bot("critique", "post.md", "--no-model", "--html", "out.html")
    assert ran.code == 2
    assert "out.html is there already" in ran.err
    assert essay_bot("critique", "post.md", "--no-model", "--html", "out.html", "--force").code == 0
    ran = essay_bot("critique", "post.md", "--no-model", "--html", "post.md", "--force")
    assert ran.code == 2
    assert (home / "post.md").read_text().startswith("---\ntitle")
    assert essay_bot("critique", "post.md", "--no-model", "--html", "-").out == html
    assert "not both" in essay_bot("critique", "post.md", "--json", "--html", "-").err


def test_an_essay_has_a_report_and_its_versions_can_be_compared(essay_bot: Run, home: Path) -> None:
    (home / "notes.md").write_text(FIRST)
    assert essay_bot("draft", "notes.md", "--no-model").code == 0
    ran = essay_bot("essays", "report", "1", "-o", "report.html")
    assert (ran.code, ran.out) == (0, "")
    assert "The noise of the shop in May." in (home / "report.html").read_text()
    assert essay_bot("essays", "report", "1").out == (home / "report.html").read_text()
    assert essay_bot("essays", "diff", "1", "1", "1").out == "No sentence differs.\n"
    assert essay_bot("essays", "diff", "1", "1", "1", "--html", "diff.html").code == 0
    assert "No sentence differs." in (home / "diff.html").read_text()
    for more in ([], ["--html", "other.html"]):
        ran = essay_bot("essays", "diff", "1", "1", "9", *more)
        assert (ran.code, "There is no version 9 of this essay" in ran.err) == (2, True)
        assert ran.err.endswith("The newest is 1.\n")


def test_the_menu_shows_the_shape_and_writes_the_report(terminal: Terminal, tmp_path: Path) -> None:
    essay = terminal.essay(FIRST)
    seen = terminal.resume_and_type(
        essay, "shape", f"report {tmp_path / 'report.html'}", f"report {tmp_path / 'report.html'}"
    )
    assert "Words by section: 7 words" in seen or "Words by section: 7 of" in seen
    assert "1 sentence of 7 words on average, from 7 to 7." in seen
    assert "The noise of the shop in May." in (tmp_path / "report.html").read_text()
    assert "is there already, and was left as it is" in seen


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_a_shape_fits_the_screen_and_tells_every_figure_in_words(columns: int) -> None:
    console = Console(width=columns, record=True, force_terminal=False)
    with console.capture() as captured:
        console.print(ShapeView(build_report(SOURCE).shape))
    lines = captured.get().splitlines()
    assert max(map(cell_len, lines)) <= columns
    said = " ".join(" ".join(lines).split())
    for figure in (
        "15 of 5–20 words",
        "1 number",
        "4 sentences of 7 words on average, from 3 to 11.",
        "▲ grave",
        "■ not in",
    ):
        assert figure in said


@pytest.mark.parametrize("text", STRANGE_TEXTS.values(), ids=STRANGE_TEXTS)
def test_the_shape_and_the_changes_of_any_text_fit_a_narrow_screen(text: str) -> None:
    source = replace(SOURCE, text=f"## {'无' * 60} {'x' * 200}\n\n{text}", critique=None, check=None, before=None)
    shown = io.StringIO()
    screen = SafeConsole(file=shown, width=40)
    screen.print(ShapeView(build_report(source).shape))
    for old, new in (("", source.text), (source.text, ""), (source.text, f"{source.text}\nMore of it.")):
        screen.print(render_diff(compare_public_texts(old, new), styled=False))
    assert max(map(cell_len, shown.getvalue().splitlines())) <= 40
    assert "\x1b" not in shown.getvalue()
