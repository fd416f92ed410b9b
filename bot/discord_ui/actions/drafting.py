"""The text: writing it, turning its pages, changing it, taking it away."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import number, two
from bot.discord_ui.fields import EDIT_CHARACTERS, apart
from bot.discord_ui.files import read
from bot.discord_ui.ids import Id
from bot.discord_ui.lengths import one_line, units
from bot.discord_ui.lengths import plain as escaped
from bot.discord_ui.panels import endings, lists
from bot.discord_ui.panels.common import TITLE_UNITS
from bot.discord_ui.panels.draft import Spot
from bot.discord_ui.reply import Ask, File, Hand, Press, Reply, Show
from bot.discord_ui.screens import STALE, Screens
from bot.discord_ui.state import read_state
from bot.errors import BadInput, NothingToDo, UnknownJob, UnknownSection
from bot.essay.export import LINKEDIN_CHARACTERS, file_name, open_points, to_markdown, to_text
from bot.essay.text.importing import told
from bot.essay.text.sections import Part
from bot.workflow.aside import aside, read_aside
from bot.workflow.desk import Desk, editable, joined_sentences, parts_of
from bot.workflow.jobs import JobKind
from bot.workflow.outdated import begun_since
from bot.workflow.wanted import Wanted, checked_instruction


async def open_(screens: Screens, press: Press) -> Reply:
    """The essay as it stands."""
    return await screens.essay(press.writer, press.id.subject, press.place)


async def write(screens: Screens, press: Press) -> Reply:
    """A draft by a model; without one, the notes set into a post."""
    if not screens.tools.with_model:
        return await assemble(screens, press)
    await screens.tools.writing.draft(press.writer, press.id.subject, seen=press.id.version)
    return await screens.essay(press.writer, press.id.subject, press.place)


async def assemble(screens: Screens, press: Press) -> Reply:
    """The notes, set into a post unchanged."""
    notes = await screens.tools.desk.notes(press.writer, press.id.subject)
    if all(note.is_private for note in notes):
        raise NothingToDo.no_notes()
    await screens.tools.desk.post(press.writer, press.id.subject)
    return await screens.essay(press.writer, press.id.subject, press.place, spot=Spot(0))


async def discard(screens: Screens, press: Press) -> Reply:
    """What was there before a draft that was cut short. The draft stays among the versions; a second click says so."""
    desk, writer, essay = screens.tools.desk, press.writer, press.id.subject
    head, seen = (await desk.open(writer, essay)).head, (await desk.version(writer, essay, press.id.version)).info
    if head == seen.number:
        await desk.discard(writer, essay)
    elif head != seen.parent:
        return await screens.essay(writer, essay, press.place, notice=STALE)
    notice = f"Discarded. It stays stored as version {seen.number}: History."
    return await screens.essay(writer, essay, press.place, spot=Spot(0), notice=notice)


async def finish(screens: Screens, press: Press) -> Reply:
    """The rest of a draft that was cut short."""
    await screens.tools.writing.finish(press.writer, press.id.subject, seen=press.id.version)
    return await screens.essay(press.writer, press.id.subject, press.place)


async def again(screens: Screens, press: Press) -> Reply:
    """The essay's last work, begun once more as it was told; where something has been begun since, how things stand."""
    last = await screens.tools.jobs.latest(press.writer, press.id.subject)
    if last is not None and last.job.id == press.id.number and last.job.state.ended:
        await screens.tools.writing.again(press.writer, last.job)
    return await screens.essay(press.writer, press.id.subject, press.place)


async def came(screens: Screens, press: Press) -> Reply:
    """A page of what came of work that broke off, of the last such work where none is named.

    Where nothing of it is kept, how the essay stands.
    """
    page, wanted = two(press.id.argument)
    state = await read_state(screens.tools, press.writer, press.id.subject)
    found = wanted or next(iter(state.leftovers), 0)
    if found not in state.leftovers:
        return await screens.essay(press.writer, press.id.subject, press.place, notice=STALE)
    job = await screens.tools.jobs.wait(press.writer, found)
    return Show(await aside(endings.what_came, state, job, page))


async def keep(screens: Screens, press: Press) -> Reply:
    """A draft that was cut short, taken for complete."""
    await screens.tools.writing.keep_as_it_is(press.writer, press.id.subject)
    return await screens.essay(press.writer, press.id.subject, press.place, spot=Spot(0))


async def stop(screens: Screens, press: Press) -> Reply:
    """Ends the work under way. Harmless where it has ended."""
    await screens.tools.jobs.stop(press.writer, press.id.number)
    return await screens.essay(press.writer, press.id.subject, press.place)


async def page(screens: Screens, press: Press) -> Reply:
    """Another page."""
    return await screens.essay(press.writer, press.id.subject, press.place, spot=Spot(press.id.number))


async def section(screens: Screens, press: Press) -> Reply:
    """The page on which a section begins."""
    spot = Spot(section=number(press.value))
    return await screens.essay(press.writer, press.id.subject, press.place, spot=spot)


async def revise(screens: Screens, press: Press) -> Reply:
    """The form for a revision, with the instruction of the last one of this section where that came to nothing.

    Behind a dot the id may name an earlier revision that is to be asked for again: its section and its instruction.
    The form remembers the essay's last work, so that it is done once however often it is handed in.
    """
    tools = screens.tools
    _ = tools.writing.models
    version = await tools.desk.version(press.writer, press.id.subject, press.id.version)
    await parts_of(version.text)
    if not (sections := editable(version.text)):
        raise NothingToDo.no_text()
    last = await tools.jobs.latest(press.writer, press.id.subject)
    since = str(last.job.id if last is not None else 0)
    target = Id("essay", "revise-save", press.id.subject, press.id.version, since)
    index, earlier = two(press.id.argument)
    if earlier:
        return Ask(forms.revise(target, sections, *await _asked_before(screens, press, sections, earlier)))
    instruction = ""
    if last is not None and last.job.kind is JobKind.REVISION and last.job.state.ended and last.job.result is None:
        wanted = Wanted.of(last.job)
        if (last.job.base, wanted.index) == (version.info.number, index):
            instruction = wanted.instruction
    return Ask(forms.revise(target, sections, index, instruction))


async def _asked_before(
    screens: Screens, press: Press, sections: Sequence[tuple[int, Part]], job: int
) -> tuple[int | None, str]:
    """The section that an earlier revision of the essay was of, and what it was told.

    The section is the one with the same heading by now, None where there is none: the instruction was meant for no
    other. Raises UnknownJob where there was no such revision.
    """
    tools, writer, essay = screens.tools, press.writer, press.id.subject
    if job not in await tools.jobs.leftovers(writer, essay):
        raise UnknownJob(job)
    found = await tools.jobs.wait(writer, job)
    if found.kind is not JobKind.REVISION:
        raise UnknownJob(job)
    wanted = Wanted.of(found)
    then = await parts_of((await tools.desk.version(writer, essay, found.base or 0)).text)
    same = [index for index, part in sections if part.title == then[wanted.index].title]
    index = wanted.index if wanted.index in same else next(iter(same), None)
    return index, wanted.instruction


async def revise_save(screens: Screens, press: Press) -> Reply:
    """One section, rewritten as the instruction says, beginning from the version that the writer had in view.

    Where just that was begun since the form was opened, by the same form, how things stand, whatever came of it.
    """
    tools, writer, essay = screens.tools, press.writer, press.id.subject
    seen = await tools.desk.version(writer, essay, press.id.version)
    wanted = Wanted(number(press.chosen.get("section", "")), checked_instruction(press.fields.get("instruction", "")))
    # The forms of earlier releases did not remember it, and are not told apart.
    known, since = bool(press.id.argument), press.id.number
    if not (known and await begun_since(tools.jobs, writer, essay, press.id.version, wanted, since)):
        await tools.writing.revise(writer, essay, seen, wanted.index, wanted.instruction)
    return await screens.essay(writer, essay, press.place)


async def edit(screens: Screens, press: Press) -> Reply:
    """The form with a section's text; for one that no form holds, the form for a file."""
    index = press.id.number
    part = await _part(screens, press, index)
    target = Id("essay", "edit-save", press.id.subject, press.id.version, str(index))
    fields = apart(_editable(part))
    if fields is None:
        return Ask(forms.edit_by_file(target, forms.name_of(part), units(_editable(part))))
    return Ask(forms.edit(target, forms.name_of(part), fields))


async def edit_save(screens: Screens, press: Press) -> Reply:
    """What was typed, as a version; beside the newer one where the text has changed meanwhile: both are offered."""
    index = press.id.number
    part = await _part(screens, press, index)
    seen = await screens.tools.desk.version(press.writer, press.id.subject, press.id.version)
    how = None
    if press.files:
        found = await read(press.files[0])
        body, how = found.text, found.notice
    elif (fields := apart(_editable(part))) is not None:
        body = fields.together([press.fields.get(f"body{at}", "") for at in range(len(fields.fields))])
    else:
        raise BadInput(f"A section of more than {EDIT_CHARACTERS:,} characters is changed by a file: attach one.")
    desk = screens.tools.desk
    if await parts_of(seen.text):
        made = await desk.edit_section(press.writer, press.id.subject, seen, index, body)
    else:
        made = await desk.edit(press.writer, press.id.subject, seen, body)
    if made.version.info.number == seen.info.number:
        notice, beside = "Nothing was changed.", None
    elif made.current:
        notice, beside = f"Stored as version {made.version.info.number}.", None
    else:
        beside = made.version.info.number
        notice = f"The text had changed meanwhile. What you typed is version {beside}; below is the newer one."
    notice = joined_sentences(how, notice, told(made.left_out, "text"))
    return await screens.essay(
        press.writer, press.id.subject, press.place, spot=Spot(section=index), notice=notice, beside=beside
    )


async def undo(screens: Screens, press: Press) -> Reply:
    """The version before."""
    version = await screens.tools.desk.undo(press.writer, press.id.subject)
    return await _gone_to(screens, press, version.info.number)


async def redo(screens: Screens, press: Press) -> Reply:
    """The version after."""
    version = await screens.tools.desk.redo(press.writer, press.id.subject)
    return await _gone_to(screens, press, version.info.number)


async def go(screens: Screens, press: Press) -> Reply:
    """Any version, current from now on."""
    version = await screens.tools.desk.go_to(press.writer, press.id.subject, press.id.number)
    return await _gone_to(screens, press, version.info.number)


async def _gone_to(screens: Screens, press: Press, version: int) -> Reply:
    notice = f"This is version {version}. The others stay: More, History."
    return await screens.essay(press.writer, press.id.subject, press.place, spot=Spot(0), notice=notice)


async def export(screens: Screens, press: Press) -> Reply:
    """The text as a Markdown file."""
    return await exported(screens.tools.desk, press.writer, press.id.subject, plain=False)


async def exported(desk: Desk, writer: str, essay: str, *, plain: bool) -> Hand:
    """An essay's current text as a file with a sentence about it."""
    post = await desk.export(writer, essay)
    text = await read_aside(writer, len(post.text), to_text if plain else to_markdown, post)
    name = file_name(post.title, ".txt" if plain else ".md")
    points = open_points(post.text, await desk.notes(writer, essay))
    told = f"{escaped(one_line(post.title, TITLE_UNITS))}, as {'plain text' if plain else 'Markdown'}."
    told += f" {points}" if points else ""
    if plain and len(text) > LINKEDIN_CHARACTERS:
        told += f" It has {len(text):,} characters; a LinkedIn post holds {LINKEDIN_CHARACTERS:,}."

    async def after() -> None:
        await desk.handed_over(writer, essay, post)

    return Hand(lists.handed(told, name), File(name, text.encode()), after)


async def _part(screens: Screens, press: Press, index: int) -> Part:
    seen = await screens.tools.desk.version(press.writer, press.id.subject, press.id.version)
    parts = await parts_of(seen.text) or (Part("", 0, "", "", 0),)  # a text that was emptied can be written anew
    if index >= len(parts):
        raise UnknownSection(str(index + 1))
    return parts[index]


def _editable(part: Part) -> str:
    """A section's text without the blank lines around it, which stay as they are."""
    return part.body.strip("\r\n")
