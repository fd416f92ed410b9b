"""Beginning: the structure, pasted notes, and the interview."""

from __future__ import annotations

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import asked, handed_in
from bot.discord_ui.actions.browsing import still_stands
from bot.discord_ui.fields import pasted
from bot.discord_ui.ids import Id
from bot.discord_ui.panels.interview import FURTHER, RETURNED, answered
from bot.discord_ui.reply import Ask, Onward, Press, Reply, Show
from bot.discord_ui.screens import Screens
from bot.discord_ui.state import read_state
from bot.errors import NothingToDo, UnknownStructure
from bot.essay.decoding import with_line_feeds
from bot.essay.essay import Answered, Question
from bot.essay.measures.base import counted


async def structure(screens: Screens, press: Press) -> Reply:
    """Another structure for an essay that holds nothing yet."""
    found = screens.tools.structures.get(press.value)
    if found is None:
        raise UnknownStructure(press.value, list(screens.tools.structures))
    await screens.tools.desk.restructure(press.writer, press.id.subject, found)
    return await screens.essay(press.writer, press.id.subject, press.place)


async def paste(screens: Screens, press: Press) -> Reply:
    """The form for notes."""
    return Ask(forms.paste(Id("essay", "paste-save", press.id.subject, press.id.version), "Paste notes", "Your notes"))


async def paste_save(screens: Screens, press: Press) -> Reply:
    """Notes, stored and put under their sections."""
    text, notice = await handed_in(press)
    found = await screens.tools.interview.hand_in(press.writer, press.id.subject, text)
    told = [f"{counted(len(found.notes), 'note')} stored.", notice, found.notice]
    return await screens.essay(press.writer, press.id.subject, press.place, notice=" ".join(one for one in told if one))


async def interview(screens: Screens, press: Press) -> Reply:
    """The question to be put now."""
    return await screens.question(press.writer, press.id.subject, press.place)


async def further(screens: Screens, press: Press) -> Reply:
    """A question beyond the first round."""
    return await screens.question(press.writer, press.id.subject, press.place, mode=FURTHER)


async def answer(screens: Screens, press: Press) -> Reply:
    """The form for an answer; where the question is no longer open, the one that is."""
    number, _ = asked(press.id.argument)
    found = await _question(screens, press, number)
    if found.state is not Answered.OPEN:
        notice = f"That question was {found.state.value} meanwhile: this is how the essay stands."
        return await screens.essay(press.writer, press.id.subject, press.place, notice=notice)
    target = Id("essay", "answer-save", press.id.subject, press.id.version, press.id.argument)
    return Ask(forms.answer(target, found))


async def answer_save(screens: Screens, press: Press) -> Reply:
    """An answer, stored word for word; then the next question.

    The same answer twice is one note, which is left out where either form says so.
    """
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    text = pasted([press.fields.get("answer", ""), press.fields.get("answer2", "")])
    notes = await screens.tools.desk.notes(press.writer, press.id.subject)
    stored = with_line_feeds(text).strip("\n").rstrip()
    same = next((note for note in notes if note.question == found.text and note.text == stored), None)
    left_out, notice = "left-out" in press.ticked, None
    if same is None:
        made = await screens.tools.interview.answer(press.writer, press.id.subject, found, text, left_out=left_out)
        if found.state is not Answered.OPEN:
            notice = f"That question was {found.state.value} meanwhile; your answer is stored as note {made.number}."
    elif left_out and not same.left_out:
        await screens.tools.desk.leave_out(press.writer, press.id.subject, same.number)
        state = await read_state(screens.tools, press.writer, press.id.subject)
        notice = f"Note {same.number} held this answer already; it is left out now. {still_stands(state, same)}".strip()
    return await _next(screens, press, number, mode, notice)


async def next_(screens: Screens, press: Press) -> Reply:
    """Ends the answer given in messages, and puts the next question below them."""
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    note = await screens.tools.conversation.next_(press.writer, press.id.subject, number)
    if note is None and found.state is Answered.OPEN:
        notice = "There is no answer yet: write it here as a message, or in several, and press Next again."
        return await screens.question(press.writer, press.id.subject, press.place, mode=mode, notice=notice)
    show = await _next(screens, press, number, mode)
    if note is None or show.watch is not None or not press.place.own_dm:
        return show
    state = await read_state(screens.tools, press.writer, press.id.subject)
    return Onward(answered(state, found, note), show)


async def skip(screens: Screens, press: Press) -> Reply:
    """Passes over the question, unless it is no longer the open one, and puts the next."""
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    if found.state is Answered.OPEN:
        await screens.tools.interview.skip(press.writer, press.id.subject, found)
    return await _next(screens, press, number, mode)


async def skipped(screens: Screens, press: Press) -> Reply:
    """The first question that was passed over, put again; the others follow it."""
    return await _next(screens, press, 0, RETURNED)


async def _next(screens: Screens, press: Press, after: int, mode: str, notice: str | None = None) -> Show:
    """What follows a question; of those passed over, when the writer goes through them, the next behind ``after``."""
    writer, essay, interview = press.writer, press.id.subject, screens.tools.interview
    if mode == RETURNED:
        left = [one for one in await interview.skipped(writer, essay) if one.number > after]
        if not left:
            return await screens.question(writer, essay, press.place, notice=notice)
        if await interview.open_question(writer, essay) is None:
            await interview.return_to(writer, essay, left[0])
    return await screens.question(writer, essay, press.place, mode=mode, notice=notice)


async def _question(screens: Screens, press: Press, number: int) -> Question:
    found = await screens.tools.interview.asked(press.writer, press.id.subject)
    question = next((one for one in found if one.number == number), None)
    if question is None:
        raise NothingToDo.no_question(number)
    return question
