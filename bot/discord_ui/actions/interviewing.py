"""Beginning: the structure, pasted notes, and the interview."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui import forms
from bot.discord_ui.actions.arguments import asked, handed_in
from bot.discord_ui.actions.browsing import still_stands
from bot.discord_ui.cards import Card
from bot.discord_ui.fields import pasted
from bot.discord_ui.ids import Id
from bot.discord_ui.panels import lists, thinking
from bot.discord_ui.panels.interview import FURTHER, RETURNED, answered
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Ask, Later, Nothing, Onward, Press, Reply, Show
from bot.discord_ui.screens import Screens
from bot.discord_ui.state import read_state
from bot.errors import NothingToDo, StructureGone, UnknownStructure
from bot.essay.essay import Answered, Note, Question
from bot.essay.left_out import told as left_out_told
from bot.essay.measures.base import counted
from bot.essay.notes import answered as answered_in
from bot.essay.text.decoding import with_line_feeds
from bot.essay.text.marks import is_marked, trimmed, unmarked


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
    stored = await screens.tools.desk.hand_in_page(press.writer, press.id.subject, text)
    said = [notice, stored.notice]
    return await sorted_later(screens, press.writer, press.id.subject, press.place, stored.notes, said)


async def sorted_later(
    screens: Screens, writer: str, essay: str, place: Place, notes: Sequence[Note], said: Sequence[str | None]
) -> Reply:
    """The essay, with notes that were just stored; those without a section are sorted first, if there is a model.

    ``said`` are sentences about how they came.
    """
    stored = [f"{counted(len(notes), 'note')} stored.", left_out_told(notes), *said]

    async def show(told: str | None, turning: bool) -> Show:
        return await screens.essay(writer, essay, place, notice=_joined(*stored, told), turning=turning)

    unplaced = {note.number for note in notes if note.section is None and not note.is_private}
    if not unplaced or not screens.tools.with_model:
        return await show(None, True)

    async def ask() -> str | None:
        return (await screens.tools.interview.sort(writer, essay, unplaced)).notice

    return Later(ask, show, "Reading your notes…", lambda words: lists.waiting(words, essay))


async def interview(screens: Screens, press: Press) -> Reply:
    """The question to be put now."""
    return await _put(screens, press, "")


async def further(screens: Screens, press: Press) -> Reply:
    """A question beyond the first round."""
    return await _put(screens, press, FURTHER)


async def pass_over(screens: Screens, press: Press) -> Reply:
    """The next question, without one on the answer that a model is thinking about."""
    _, mode = asked(press.id.argument)
    if await screens.tools.interview.pass_over(press.writer, press.id.subject):
        return Nothing()
    return await screens.question(press.writer, press.id.subject, press.place, mode=mode)


async def answer(screens: Screens, press: Press) -> Reply:
    """The form for an answer; where the question is no longer open, the one that is."""
    number, _ = asked(press.id.argument)
    found = await _question(screens, press, number)
    if found.state is not Answered.OPEN:
        notice = f"That question was {found.state.value} meanwhile: this is how the essay stands."
        return await screens.essay(press.writer, press.id.subject, press.place, notice=notice)
    private = await screens.tools.desk.keeps_private(press.writer, press.id.subject, number)
    target = Id("essay", "answer-save", press.id.subject, press.id.version, press.id.argument)
    return Ask(forms.answer(target, found, private=private))


async def answer_save(screens: Screens, press: Press) -> Reply:
    """An answer, stored word for word; then the next question.

    The same answer twice is one note, which is left out where either form says so.
    """
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    text = pasted([press.fields.get("answer", ""), press.fields.get("answer2", "")])
    notes = await screens.tools.desk.notes(press.writer, press.id.subject)
    stored = answered_in(with_line_feeds(text))
    words = trimmed(unmarked(stored.text))
    same = next((one for one in notes if one.question == found.text and trimmed(unmarked(one.text)) == words), None)
    left_out, notice = "left-out" in press.ticked, None
    if same is None:
        made = await screens.tools.interview.answer(press.writer, press.id.subject, found, text, left_out=left_out)
        notice = None if left_out else left_out_told([made]) or None
        if found.state is not Answered.OPEN:
            notice = f"That question was {found.state.value} meanwhile; your answer is stored as note {made.number}."
    elif (left_out or (is_marked(stored.text) and same.text != stored.text)) and not same.is_private:
        await screens.tools.desk.leave_out(press.writer, press.id.subject, same.number)
        standing = await still_stands(screens, press, same.number)
        notice = f"Note {same.number} held this answer already; it is left out now. {standing}".strip()
    return await _next(screens, press, number, mode, notice, answers=True)


async def next_(screens: Screens, press: Press) -> Reply:
    """Ends the answer given in messages, and puts the next question below them."""
    number, mode = asked(press.id.argument)
    found = await _question(screens, press, number)
    note = await screens.tools.conversation.next_(press.writer, press.id.subject, number)
    if note is None and found.state is Answered.OPEN:
        notice = "There is no answer yet: write it here as a message, or in several, and press Next again."
        return await screens.question(press.writer, press.id.subject, press.place, mode=mode, notice=notice)
    onward = (found, note) if note is not None and press.place.own_dm else None
    return await _next(screens, press, number, mode, answers=True, onward=onward)


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


async def _next(
    screens: Screens,
    press: Press,
    after: int,
    mode: str,
    notice: str | None = None,
    *,
    answers: bool = False,
    onward: tuple[Question, Note] | None = None,
) -> Reply:
    """What follows a question; of those passed over, when the writer goes through them, the next behind ``after``."""
    writer, essay, interview = press.writer, press.id.subject, screens.tools.interview
    if mode == RETURNED:
        left = [one for one in await interview.skipped(writer, essay) if one.number > after]
        if not left:
            return await _put(screens, press, "", notice, answers=answers, onward=onward)
        if await interview.open_question(writer, essay) is None:
            await interview.return_to(writer, essay, left[0])
    return await _put(screens, press, mode, notice, answers=answers, onward=onward)


async def _put(
    screens: Screens,
    press: Press,
    mode: str,
    notice: str | None = None,
    *,
    answers: bool = False,
    onward: tuple[Question, Note] | None = None,
) -> Reply:
    """The question to be put now, for which a model may have to be asked.

    ``answers`` says that it follows an answer. ``onward`` is the question that was answered in messages, with the note
    that has become: the next one is then put below.
    """
    writer, essay, interview = press.writer, press.id.subject, screens.tools.interview

    async def show(told: str | None, turning: bool) -> Show | Onward:
        if not turning:
            return await screens.essay(writer, essay, press.place, notice=_joined(notice, told), turning=False)
        shown = await screens.question(writer, essay, press.place, mode=mode, notice=_joined(notice, told))
        if onward is None or shown.watch is not None:
            return shown
        return Onward(answered(await read_state(screens.tools, writer, essay), *onward), shown)

    if not screens.tools.with_model or await interview.open_question(writer, essay) is not None:
        return await show(None, True)

    async def ask() -> str | None:
        try:
            return (await interview.next_question(writer, essay, further=mode == FURTHER)).notice
        except StructureGone:  # the panel tells of it
            return None

    def meanwhile(words: str) -> Card:
        draft = answers and not press.id.version
        return thinking.question(words, essay, press.id.version, mode, draft=draft)

    return Later(ask, show, "Reading your answer…" if answers else "Looking for the next question…", meanwhile)


def _joined(*sentences: str | None) -> str | None:
    return " ".join(one for one in sentences if one) or None


async def _question(screens: Screens, press: Press, number: int) -> Question:
    found = await screens.tools.interview.asked(press.writer, press.id.subject)
    question = next((one for one in found if one.number == number), None)
    if question is None:
        raise NothingToDo.no_question(number)
    return question
