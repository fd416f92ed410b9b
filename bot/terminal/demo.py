"""The session without a keyboard: the same workflow on sample notes, from notes to an exported file."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from bot.essay.export import Post
from bot.essay.structure import Structure
from bot.terminal import views
from bot.terminal.handing_over import put_beside
from bot.workflow.desk import Desk
from bot.workflow.measured import measured

SAMPLE = Path(__file__).with_name("sample_notes.md")


def demo(desk: Desk, runner: asyncio.Runner, screen: Console, structure: Structure) -> None:
    """Sets the sample notes into the structure, shows the post and its measures, and exports it beside you.

    The last line is the path of the file. Raises CannotWrite where the file cannot be written.
    """

    async def work() -> tuple[Post, str]:
        essay = await desk.begin("sample", structure)
        await desk.hand_in(essay.writer, essay.id, SAMPLE.read_text(encoding="utf-8"))
        await desk.post(essay.writer, essay.id)
        return await desk.export(essay.writer, essay.id), essay.id

    post, essay = runner.run(work())
    screen.print(
        f"Sample notes of somebody without a name, in the structure {structure.name}. No model wrote any of it.\n"
    )
    screen.print(views.post(post.title, post.text, styled=screen.is_terminal))
    found = measured(post.text, structure)
    screen.print(f"\nWhat was counted ({views.summary(found.words, post.text)}):\n", style="bold")
    screen.print(views.measures(found))
    path = put_beside(post, essay, None)
    screen.print("\nRun essay-bot try in a terminal to write your own, or essay-bot draft NOTES on notes you have.")
    screen.print(f"Exported to {path}", soft_wrap=True)
