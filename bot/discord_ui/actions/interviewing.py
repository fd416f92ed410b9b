"""Beginning: the structure, pasted notes, and the interview."""

from __future__ import annotations

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import asked, handed_in
from bot.discord_ui.fields import pasted
from bot.discord_ui.ids import Id
from bot.discord_ui.panels.interview import FURTHER, RETURNED
from bot.discord_ui.reply import Ask, Press, Reply
from bot.discord_ui.screens import Screens
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
        return await screens.essay(press.writer, press.id.subject, press.place)
    target = Id("essay", "answer-save", press.id.subject, press.id.version, press.id.argument)
    return Ask(forms.answer(target, found))


async def answer_save(screens: Screens, press: Press) -> Reply:
    """An answer, stored word for word; then the next question. The same answer twice is one note."""
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    text = pasted([press.fields.get("answer", ""), press.fields.get("answer2", "")])
    notes = await screens.tools.desk.notes(press.writer, press.id.subject)
    stored = with_line_feeds(text).strip("\n").rstrip()
    if not any(note.question == found.text and note.text == stored for note in notes):
        await screens.tools.interview.answer(
            press.writer, press.id.subject, found, text, left_out="left-out" in press.ticked
        )
    return await _next(screens, press, number, mode)


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


async def _next(screens: Screens, press: Press, after: int, mode: str) -> Reply:
    """What follows a question; of those passed over, when the writer goes through them, the next behind ``after``."""
    writer, essay, interview = press.writer, press.id.subject, screens.tools.interview
    if mode == RETURNED:
        left = [one for one in await interview.skipped(writer, essay) if one.number > after]
        if not left:
            return await screens.question(writer, essay, press.place)
        if await interview.open_question(writer, essay) is None:
            await interview.return_to(writer, essay, left[0])
    return await screens.question(writer, essay, press.place, mode=mode)


async def _question(screens: Screens, press: Press, number: int) -> Question:
    found = await screens.tools.interview.asked(press.writer, press.id.subject)
    question = next((one for one in found if one.number == number), None)
    if question is None:
        raise NothingToDo.no_question(number)
    return question
