"""Draw docs/pictures/terminal.svg: what ``essay-bot try`` shows, from the program's own output on its sample notes.

Run it with ``python docs/pictures/terminal.py`` after a change to what the terminal shows.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console, Group
from rich.text import Text

from bot.bootstrap import load_structures
from bot.essay.assembly import assemble_post
from bot.essay.essay import Note
from bot.essay.notes import parse_notes
from bot.essay.text.sections import join_sections, split_sections
from bot.essay.text_report import measure_text
from bot.terminal import views
from bot.terminal.demo import SAMPLE_NOTES_PATH

WIDTH = 100
SECTIONS_SHOWN = (1, 2)  # one with notes, one with a gap


def main() -> None:
    """Write the picture beside this file."""
    structure = load_structures().find("career-switch")
    passages = parse_notes(SAMPLE_NOTES_PATH.read_text(encoding="utf-8"), structure).notes
    notes = [Note(number, one.text, None, one.section) for number, one in enumerate(passages, 1)]
    text = assemble_post(structure, notes)
    shown = join_sections([part for index, part in enumerate(split_sections(text)) if index in SECTIONS_SHOWN])
    section = structure.sections[0]
    console = Console(record=True, width=WIDTH, highlight=False, file=io.StringIO())
    console.print(Text.assemble((section.heading, "bold"), ("  0 of 7 sections have notes", "dim")))
    console.print(section.questions[0])
    console.print(f"Answer: {notes[2].text.splitlines()[1]}\n")
    console.print(views.render_post("There’s the rain", shown, styled=True))
    console.print(Group(Text(), *_raised(text)))
    svg = console.export_svg(title="essay-bot try", unique_id="essay-bot")  # by default it is new each time
    # The fonts that rich names are fetched from a network; the reader's own monospace font serves as well.
    Path(__file__).with_suffix(".svg").write_text(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL), "utf-8")


def _raised(text: str) -> list[Text]:
    found = measure_text(text, load_structures().find("career-switch"))
    return [Text(f"{one.name}: {one.summary}") for one in found.raised_measures]


if __name__ == "__main__":
    main()
