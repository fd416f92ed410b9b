"""Critiques of one's essays and of pasted texts."""

from __future__ import annotations

from bot.discord_ui.actions.arguments import handed_in
from bot.discord_ui.panels import history as history_panel
from bot.discord_ui.panels.draft import Spot
from bot.discord_ui.panels.lists import ON_A_PAGE, critiques
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Press, Reply, Show
from bot.discord_ui.screens import STALE, Screens
from bot.errors import NoModel, NothingToDo, Outdated
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.essay.structures import fitting
from bot.essay.text.importing import import_markdown, told
from bot.workflow.aside import read_aside
from bot.workflow.criticism import check_length
from bot.workflow.critiqued import Decision
from bot.workflow.desk import joined_sentences
from bot.workflow.measured import Measured, measured


async def of_text(
    screens: Screens,
    writer: str,
    place: Place,
    text: str,
    structure: Structure | None,
    *,
    own: bool,
    notice: str | None = None,
) -> Show:
    """A critique of any text; without a model, what can be counted in it. Raises BadInput for one too short or long.

    ``notice`` is what is to be said about how the text was read.
    """
    tools = screens.tools
    page = await read_aside(writer, len(text), import_markdown, tools.desk.page("The text", text))
    notice = joined_sentences(notice, told(page.left_out, "text")) or None
    if tools.with_model:
        critiqued, _ = await tools.criticism.of_text(writer, page.text, structure, title=page.title, own=own)
        return await screens.critique(writer, critiqued.id, place, notice=notice)
    found = await read_aside(writer, len(text), _counted, page.text, structure)
    return Show(
        history_panel.measures(
            "What was counted", found, 0, None, 0, " ".join(one for one in (notice, str(NoModel())) if one)
        )
    )


def _counted(text: str, structure: Structure | None) -> Measured:
    """What can be counted in a text. Raises BadInput."""
    check_length(text)
    return measured(text, structure)


async def pasted(screens: Screens, press: Press) -> Reply:
    """A critique of what was pasted into the form of /critique."""
    text, notice = await handed_in(press)
    structure = screens.tools.structures.get(press.id.argument)
    return await of_text(screens, press.writer, press.place, text, structure, own=True, notice=notice)


async def critique(screens: Screens, press: Press) -> Reply:
    """A critique of the version that the writer has in view: the one there is, else a new one."""
    criticism, writer, essay = screens.tools.criticism, press.writer, press.id.subject
    version = await screens.tools.desk.version(writer, essay, press.id.version)
    if (shown := await _critique_of(screens, press)) is not None:
        return shown
    try:
        await criticism.of_essay(writer, essay, version, anew=False)
    except Outdated:
        if (shown := await _critique_of(screens, press)) is None:
            raise
        return shown
    return await screens.essay(writer, essay, press.place)


async def _critique_of(screens: Screens, press: Press) -> Show | None:
    """The essay's last finished critique, if it is one of the version that the writer has in view."""
    found = await screens.tools.criticism.critiques.latest_critique(press.writer, press.id.subject)
    if found is None or found.version != press.id.version:
        return None
    return await screens.critique(press.writer, found.id, press.place)


async def last(screens: Screens, press: Press) -> Reply:
    """The last finished critique of the essay."""
    found = await screens.tools.criticism.critiques.latest_critique(press.writer, press.id.subject)
    if found is None:
        raise NothingToDo.no_finding()
    return await screens.critique(press.writer, found.id, press.place)


async def listed(screens: Screens, press: Press) -> Reply:
    """A page of the critiques of texts that are no essay's; one past the end is the last."""
    find, page = screens.tools.criticism.critiques.pasted_critiques, press.id.number
    _, total = await find(press.writer, 0, 0)
    count = max(1, -(-total // ON_A_PAGE))
    page = min(page, count - 1)
    found, _ = await find(press.writer, page * ON_A_PAGE, ON_A_PAGE)
    return Show(critiques(found, page, count))


async def choose(screens: Screens, press: Press) -> Reply:
    """One of them."""
    return await screens.critique(press.writer, press.value, press.place)


async def show(screens: Screens, press: Press) -> Reply:
    """One page of a critique."""
    return await screens.critique(press.writer, press.id.subject, press.place, page=press.id.number)


async def apply(screens: Screens, press: Press) -> Reply:
    """The replacement, put in; the critique goes on from there."""
    tools, index = screens.tools, press.id.number
    critiqued = await tools.criticism.read(press.writer, press.id.subject)
    if critiqued.essay is None:
        raise NothingToDo.no_replacement()
    seen = await tools.desk.current(press.writer, critiqued.essay)
    from_here = seen.info.origin is Origin.SUGGESTION and seen.info.parent == press.id.version
    if from_here and critiqued.decisions.get(index) is Decision.APPLIED:  # the second of two clicks
        return await screens.critique(
            press.writer, press.id.subject, press.place, page=index + 1, notice=_applied(seen.info.number)
        )
    if seen.info.number != press.id.version:
        return await screens.critique(press.writer, press.id.subject, press.place, page=index + 1, notice=STALE)
    made = await tools.criticism.apply(press.writer, press.id.subject, index, seen)
    notice = _applied(made.info.number)
    return await screens.critique(press.writer, press.id.subject, press.place, page=index + 1, notice=notice)


def _applied(version: int) -> str:
    return f"Applied: it is version {version}. Undo takes it back."


async def dismiss(screens: Screens, press: Press) -> Reply:
    """Passes over a finding; the next one comes."""
    index = press.id.number
    await screens.tools.criticism.dismiss(press.writer, press.id.subject, index)
    return await screens.critique(press.writer, press.id.subject, press.place, page=index + 2, notice="Dismissed.")


async def adopt(screens: Screens, press: Press) -> Reply:
    """A pasted text, made the first version of an essay of one's own; a second time, that essay."""
    tools = screens.tools
    critiqued = await tools.criticism.read(press.writer, press.id.subject)
    if critiqued.essay is None:
        structure = tools.structures.get(critiqued.structure or "")
        if structure is None:
            text = critiqued.text
            structure = await read_aside(press.writer, len(text), fitting, text, dict(tools.structures))
        essay = await tools.criticism.adopt(press.writer, press.id.subject, structure)
        notice = "It is your draft now. The critique is under More, and its suggestions can be applied."
        return await screens.essay(press.writer, essay, press.place, spot=Spot(0), notice=notice)
    return await screens.essay(press.writer, critiqued.essay, press.place)


async def stop(screens: Screens, press: Press) -> Reply:
    """Ends the reading. Harmless where it has ended."""
    await screens.tools.jobs.stop(press.writer, press.id.number)
    return await screens.critique(press.writer, press.id.subject, press.place)


async def retry(screens: Screens, press: Press) -> Reply:
    """The critique, begun once more."""
    await screens.tools.criticism.again(press.writer, press.id.subject)
    return await screens.critique(press.writer, press.id.subject, press.place)
