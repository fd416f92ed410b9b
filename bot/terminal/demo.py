"""The session without a keyboard: the same workflow on sample notes, from notes to an exported file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from bot.essay.export import file_name, to_markdown
from bot.essay.structure import Structure
from bot.terminal import views
from bot.terminal.output import free_path, write_file
from bot.workflow.critique import measured
from bot.workflow.desk import Desk

SAMPLE = Path(__file__).with_name("sample_notes.md")


def demo(desk: Desk, runner: asyncio.Runner, screen: Console, structure: Structure) -> None:
    """Sets the sample notes into the structure, shows the post and its measures, and exports it beside you.

    The last line is the path of the file. Raises CannotWrite where the file cannot be written.
    """

    async def work() -> tuple[str, str, str]:
        essay = await desk.begin("sample", structure)
        await desk.hand_in(essay.writer, essay.id, SAMPLE.read_text(encoding="utf-8"))
        version = await desk.post(essay.writer, essay.id)
        post = await desk.export(essay.writer, essay.id)
        return post.title, version.text, to_markdown(post)

    title, text, markdown = runner.run(work())
    screen.print(
        f"Sample notes of somebody without a name, in the structure {structure.name}. No model wrote any of it.\n",
        markup=False,
    )
    screen.print(views.post(title, text, rich=screen.is_terminal))
    found = measured(text, structure)
    screen.print(f"\nWhat was counted ({views.summary(found.words, text)}):\n", style="bold")
    screen.print(views.measures(found))
    path = free_path(Path.cwd(), file_name(title, ".md"))
    write_file(path, markdown)
    screen.print("\nRun essay-bot try in a terminal to write your own, or essay-bot draft NOTES on notes you have.")
    screen.print(f"Exported to {path}", markup=False, soft_wrap=True)
