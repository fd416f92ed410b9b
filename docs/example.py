"""Write docs/example.md: the way of the sample notes to a post, as ``essay-bot try --demo`` shows it.

Run it with ``python docs/example.py`` after a change to the sample or to what the terminal shows.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

from bot.cli.runtime import open_services
from bot.essay.matching import default_structure
from bot.settings import Settings
from bot.terminal.demo import DemoStep, make_demo
from bot.terminal.output import SafeConsole

_WIDTH = 88  # columns of a code block that GitHub shows without scrolling
_PLAIN_WIDTH = 10_000  # paragraphs are not wrapped in Markdown
_HEAD = """\
# An example, from notes to a post

This page is made by `make docs` from what `essay-bot try --demo` shows. The notes are a sample: whoever tells this is
imagined and has no name. The program itself puts the question and counts the measures; what a language model wrote
beforehand is labelled so. No key is needed to run it.
"""


def document() -> str:
    """Return the page, in Markdown."""
    with tempfile.TemporaryDirectory() as directory:
        settings = Settings.model_construct().model_copy(update={"database_path": Path(directory) / "essays.db"})
        with open_services(settings=settings) as (services, runner):
            steps, _, _ = runner.run(make_demo(services.essays, default_structure(services.structures), styled=False))
    return _HEAD + "".join(map(_section, steps))


def _section(step: DemoStep) -> str:
    shown = io.StringIO()
    SafeConsole(file=shown, width=_PLAIN_WIDTH if step.is_markdown else _WIDTH).print(step.shown)
    lines = [line.rstrip() for line in shown.getvalue().strip("\n").splitlines()]
    if step.is_markdown:
        body = "\n".join(f"> {line}".rstrip() for line in lines)
    else:
        body = "\n".join(("```text", *lines, "```"))
    return f"\n## {step.heading}\n\n{step.origin}\n\n{body}\n"


def main() -> None:
    """Write the page beside this file."""
    Path(__file__).with_suffix(".md").write_text(document(), encoding="utf-8")


if __name__ == "__main__":
    main()
