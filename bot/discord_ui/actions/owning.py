"""One's essays: which there are, what they are called, where they are shown, and their end."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import two
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, plain
from bot.discord_ui.panels import first, lists
from bot.discord_ui.panels.common import TITLE_UNITS
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Ask, Move, Press, Reply, Show
from bot.discord_ui.screens import Screens
from bot.discord_ui.tools import Tools
from bot.essay.essay import Essay
from bot.essay.structure import Structure
from bot.essay.structures import usual
from bot.workflow.jobs import Job


async def essays(screens: Screens, press: Press) -> Reply:
    """One's essays."""
    return await listed(screens, press.writer, press.id.number)


async def listed(screens: Screens, writer: str, page: int, notice: str | None = None) -> Show:
    """A page of one's essays, and the way to the critiques of pasted texts where there are any."""
    tools = screens.tools
    _, pasted = await tools.criticism.critiques.pasted_critiques(writer, 0, 0)
    return Show(lists.essays(await tools.desk.essays(writer), page, tools.structures, notice, pasted))


async def choose(screens: Screens, press: Press) -> Reply:
    """One of them, with what can be done about it."""
    wanted = press.value or press.id.subject
    return Show(lists.chosen(await screens.tools.desk.open(press.writer, wanted), screens.tools.structures))


async def rename(screens: Screens, press: Press) -> Reply:
    """The form for a title."""
    essay = await screens.tools.desk.open(press.writer, press.id.subject)
    return Ask(forms.rename(Id("essay", "rename-save", essay.id, press.id.version), essay.title))


async def rename_save(screens: Screens, press: Press) -> Reply:
    """The title, stored."""
    await screens.tools.desk.rename(press.writer, press.id.subject, press.fields.get("title", ""))
    return await screens.essay(press.writer, press.id.subject, press.place, notice="The title is stored.")


async def delete(screens: Screens, press: Press) -> Reply:
    """Asks twice, and again where the essay has changed since; then deletes. Work under way is stopped first."""
    tools, writer = screens.tools, press.writer
    essay = await tools.desk.open(writer, press.id.subject)
    asked, stamp = two(press.id.argument)
    if asked < 3:  # the two questions; the answer to the second carries 3, and how the essay stood
        return Show(lists.deleting(essay, 2 if asked == 2 else 1))
    if stamp != lists.stamp(essay):
        return Show(lists.deleting(essay, 2, "The essay has changed since you were asked, so it was not deleted."))
    async with screens.deleting(writer, essay.id):
        if (job := tools.jobs.running(writer, essay.id)) is not None:
            await tools.jobs.stop(writer, job.id)
        await tools.desk.delete(writer, essay.id)
    return await deleted(screens, press)


async def deleted(screens: Screens, press: Press) -> Reply:
    """What is shown once an essay is deleted; the second of two clicks has come to the same."""
    return await listed(screens, press.writer, 0, "It is deleted.")


async def new(screens: Screens, press: Press) -> Reply:
    """Another essay."""
    tools = screens.tools
    old = await tools.desk.open(press.writer, press.id.subject)
    made = await fresh(tools, press.writer, tools.structures.get(old.structure) or usual(tools.structures))
    return await screens.essay(press.writer, made.id, press.place)


async def fresh(
    tools: Tools, writer: str, structure: Structure, title: str | None = None, *, asked: bool = False
) -> Essay:
    """An essay that holds nothing: the last one begun if it is untouched, so that two clicks do not make two.

    One that bears a title of the writer's is theirs, and is left alone. ``asked`` says that the writer chose the
    structure: only then is an untouched essay put into it. Raises BadInput for a title that cannot be used.
    """
    for essay in (await tools.desk.essays(writer))[:1]:
        fits = asked or structure.key in (essay.structure, usual(tools.structures).key)
        if fits and await _untouched(tools, writer, essay):
            if title is not None:
                await tools.desk.rename(writer, essay.id, title)
            if asked and essay.structure != structure.key:
                await tools.desk.restructure(writer, essay.id, structure)
            return await tools.desk.open(writer, essay.id)
    return await tools.desk.begin(writer, structure, title)


async def _untouched(tools: Tools, writer: str, essay: Essay) -> bool:
    structure = tools.structures.get(essay.structure)
    if structure is None or essay.title != structure.name:
        return False
    return not (
        await tools.desk.notes(writer, essay.id)
        or await tools.interview.asked(writer, essay.id)
        or await tools.desk.history(writer, essay.id)
        or await tools.conversation.pieces(writer, essay.id)
    )


async def latest(tools: Tools, writer: str) -> tuple[Essay | None, Essay | None]:
    """The unfinished essay that something was last done with, and the essay that was finished last.

    Finished is what was handed over as it stands, and has seen no new note, message or work since.
    """
    essays = await tools.desk.essays(writer)
    jobs = await asyncio.gather(*(tools.jobs.latest(writer, essay.id) for essay in essays))
    worked = [
        (essay, job.job if job is not None else None, max(essay.changed, job.job.created) if job else essay.changed)
        for essay, job in zip(essays, jobs, strict=True)
    ]
    finished = None
    for essay, last, _ in sorted(worked, key=lambda one: one[2], reverse=True):
        if not await _is_finished(tools, essay, last):
            return essay, finished
        finished = finished or essay
    return None, finished


async def _is_finished(tools: Tools, essay: Essay, job: Job | None) -> bool:
    if not essay.is_exported or (job is not None and (job.ended is None or job.ended > essay.changed)):
        return False
    writer = essay.writer
    through = next(one.notes_through for one in await tools.desk.history(writer, essay.id) if one.number == essay.head)
    newer = [one for one in await tools.desk.notes(writer, essay.id) if one.number > through and not one.is_private]
    return not newer and not await tools.conversation.pieces(writer, essay.id)


async def returned(screens: Screens, writer: str, place: Place) -> Show:
    """What /draft shows where nothing is asked for: the latest unfinished essay, else a new one and the way back."""
    tools = screens.tools
    unfinished, finished = await latest(tools, writer)
    if unfinished is not None:
        return await screens.essay(writer, unfinished.id, place)
    made = await fresh(tools, writer, usual(tools.structures))
    if finished is None:
        return await screens.essay(writer, made.id, place)
    title = plain(one_line(finished.title, TITLE_UNITS))
    notice = f"“{title}” is exported as it stands, so this is a new essay. /essays lists all of yours."
    show = await screens.essay(writer, made.id, place, notice=notice)
    return replace(show, card=first.after(show.card, finished))


async def dm(screens: Screens, press: Press) -> Reply:
    """The panel, in the DM with the bot."""
    there = Place(own_dm=True, server=None)
    return Move(await screens.essay(press.writer, press.id.subject, there), press.id.subject)
