"""Run the program on sample notes without a keyboard, from notes to an exported file.

A file of its own, so that only ``try --demo`` loads what draws a post and its measures.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from bot.essay.export import ExportablePost
from bot.essay.export_targets import DEFAULT_TARGET
from bot.essay.structure import Structure
from bot.essay.text_report import measure_text
from bot.services.essays import EssayService
from bot.terminal import views
from bot.terminal.exports import export_to_file

SAMPLE_NOTES_PATH = Path(__file__).with_name("sample_notes.md")


def run_demo(essays: EssayService, runner: asyncio.Runner, screen: Console, structure: Structure) -> None:
    """Assemble a post from the sample notes, show it with its measures, and export it to the current directory.

    The last line printed is the path of the file. Raise ExportFailed.
    """

    async def work() -> tuple[ExportablePost, str]:
        essay = await essays.create_essay("sample", structure)
        await essays.add_notes(essay.writer, essay.id, SAMPLE_NOTES_PATH.read_text(encoding="utf-8"))
        await essays.assemble_post(essay.writer, essay.id)
        return await essays.export(essay.writer, essay.id), essay.id

    post, essay = runner.run(work())
    screen.print(
        f"Sample notes of somebody without a name, in the structure {structure.name}. No model wrote any of it.\n"
    )
    screen.print(views.render_post(post.title, post.text, styled=screen.is_terminal))
    found = measure_text(post.text, structure)
    screen.print(f"\nWhat was counted ({views.word_summary(found.words, post.text)}):\n", style="bold")
    screen.print(views.render_measures(found))
    _, path = export_to_file(post, essay, DEFAULT_TARGET, None, replace=False, sources=())
    screen.print("\nRun essay-bot try in a terminal to write your own, or essay-bot draft NOTES on notes you have.")
    screen.print(f"Exported to {path}", soft_wrap=True)
