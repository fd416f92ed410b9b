"""Which panel an essay or a critique has now. Every handler ends here, so that what is shown follows from the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from bot.discord_ui.cards import Button, Card
from bot.discord_ui.growing import Growing
from bot.discord_ui.panels import critique as critique_panel
from bot.discord_ui.panels import draft as draft_panel
from bot.discord_ui.panels import endings, lists
from bot.discord_ui.panels import first as first_panel
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels import running as running_panel
from bot.discord_ui.panels.common import press
from bot.discord_ui.panels.draft import Spot
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Show, Watch
from bot.discord_ui.state import CLAIMS_SECONDS, State, read_state, with_claims
from bot.discord_ui.tools import Tools
from bot.errors import StructureGone, UnknownCritique, UnknownEssay, UnknownJob
from bot.essay.diff import moved
from bot.essay.essay import Question
from bot.workflow.aside import QUICK_CHARACTERS, aside, aside_slowly, read_aside
from bot.workflow.jobs import Job, JobKind, JobState, JobView
from bot.workflow.wanted import Wanted

STALE = "The text has changed since this was shown: this is how it stands now."
UNDER_WAY = "This essay is being worked on: wait for the end, or stop it."
_NOT_CRITIQUED = "The bot was restarted before there was a critique."
_CUT = "The model ended before all of it was written. What came is stored; Continue writes the rest."


@dataclass(frozen=True, slots=True)
class Screens:
    """Shows where things stand."""

    tools: Tools
    deleted: set[tuple[str, str]] = field(default_factory=set)  # essays that a writer deleted in this process
    _told: set[int] = field(default_factory=set)  # jobs whose bad end was told to who came back to them
    _going: dict[str, asyncio.Event] = field(default_factory=dict)  # essays that are just being deleted

    async def essay(
        self,
        writer: str,
        essay: str,
        place: Place,
        *,
        spot: Spot | None = None,
        notice: str | None = None,
        beside: int | None = None,
        turning: bool = True,
    ) -> Show:
        """The essay's panel: work under way, the text, an open question, or the first screen.

        Without a ``spot`` it is the first page, or the section of a revision that came to nothing; and a last job that
        ended badly, or made a version beside the text, is told of, once. In the bot's own DM it is what the writer's
        messages are about from now on, unless it comes up without being asked for: ``turning`` False.
        """
        state = await read_state(self.tools, writer, essay)
        if turning:
            state = await self._turned(state, place, self._stands(state))
        if state.running is not None:
            return self._running(state, state.running, place, notice, spot.page if spot else None)
        last = state.job.job if state.job is not None and state.beside is not None else state.ended_badly
        tells = notice is None and spot is None and last is not None and last.id not in self._told
        if last is not None and tells:
            beside = state.beside
            notice = endings.told(last) if beside is None else endings.stands_beside(last, beside)

        def seen() -> None:
            if last is not None and tells:
                self._told.add(last.id)

        if (version := state.version) is not None:
            state = await with_claims(state, CLAIMS_SECONDS)
            layout = await laid_out(writer, version.text)
            card = await aside(draft_panel.draft, state, version, spot or _first_look(state), notice, beside, layout)
            return Show(card, seen=seen)
        if (question := self._stands(state)) is not None:
            return Show(interview_panel.question(state, question, notice=notice, own_dm=place.own_dm))
        return Show(first_panel.first(state, self.tools.structures, place, notice), seen=seen)

    async def question(
        self, writer: str, essay: str, place: Place, *, mode: str = "", notice: str | None = None
    ) -> Show:
        """The interview: the question to be put now, without asking a model for one.

        ``mode`` is the panel's: with FURTHER more than the first round is asked.
        """
        further = mode == interview_panel.FURTHER
        try:
            step = await self.tools.interview.next_question(writer, essay, further=further, follow_up=False)
        except StructureGone as error:  # what was done before this question was asked for is done
            return await self.essay(writer, essay, place, notice=_joined(notice, str(error)))
        state = await self._turned(await read_state(self.tools, writer, essay), place, step.question)
        if state.running is not None:
            return self._running(state, state.running, place, notice)
        told = _joined(notice, step.notice)
        if step.question is None:
            return Show(interview_panel.enough(state, further=further, notice=told))
        return Show(interview_panel.question(state, step.question, mode=mode, notice=told, own_dm=place.own_dm))

    async def answering(self, writer: str, essay: str, number: int | None, mode: str, place: Place) -> Show | None:
        """A question with what has been said so far; without a number the first screen. None where neither stands."""
        state = await read_state(self.tools, writer, essay)
        question = state.open_question
        if number is None and state.running is None and state.version is None:
            return Show(first_panel.first(state, self.tools.structures, place))
        if number is None or question is None or question.number != number or state.running is not None:
            return None
        return Show(interview_panel.question(state, question, mode=mode, own_dm=place.own_dm))

    def _stands(self, state: State) -> Question | None:
        """The question that an essay's panel shows."""
        if state.running is not None or state.version is not None or state.ended_badly is not None:
            return None
        return state.open_question

    async def _turned(self, state: State, place: Place, question: Question | None) -> State:
        """The state once this stands before the writer in the DM: what was said to anything else has become notes."""
        if not place.own_dm:
            return state
        essay = state.essay
        await self.tools.conversation.turn_to(essay.writer, essay.id, question.number if question else None)
        return await read_state(self.tools, essay.writer, essay.id) if state.pieces else state

    async def critique(
        self, writer: str, critique: str, place: Place, *, page: int = 0, notice: str | None = None
    ) -> Show:
        """The critique's panel: its work under way, one of its pages, or why there are none."""
        tools = self.tools
        critiqued = await tools.criticism.read(writer, critique)
        job = await tools.jobs.latest(writer, critiqued.essay or critiqued.id)
        if critiqued.critique is None and job is not None and job.job.state is JobState.DONE:
            critiqued = await tools.criticism.read(writer, critique)  # it may have ended between the two
        found = critiqued.critique
        if found is None:
            if job is not None and not job.job.state.ended:
                return self._critique_running(critiqued.title, job, critique, place, notice)
            told = (endings.told(job.job) if job else None) or _NOT_CRITIQUED
            return Show(critique_panel.unspoken(critiqued, _joined(notice, told) or told, with_model=tools.with_model))
        structure = tools.structures.get(critiqued.structure or "")
        version, applicable = 0, False
        if critiqued.essay is not None:
            essay = await tools.desk.open(writer, critiqued.essay)
            version = essay.head or 0
            if 0 < page <= len(found.findings) and essay.head is not None:
                text = (await tools.desk.version(writer, critiqued.essay, essay.head)).text
                applicable = await aside_slowly(moved, critiqued.text, text, found.findings[page - 1].span) is not None
        return Show(
            critique_panel.card(critiqued, found, structure, page, version, applicable=applicable, notice=notice)
        )

    @asynccontextmanager
    async def deleting(self, writer: str, essay: str) -> AsyncIterator[None]:
        """The essay is deleted inside. What panels show at the end of its work waits for that, so as to be true."""
        over = self._going[essay] = asyncio.Event()
        try:
            yield
            self.deleted.add((writer, essay))
        finally:
            del self._going[essay]
            over.set()

    def _running(self, state: State, view: JobView, place: Place, notice: str | None, page: int | None = None) -> Show:
        essay, growing = state.essay, Growing()
        page = growing.follows(view.job.text, page)

        def card(now: JobView) -> Card:
            return running_panel.running(
                essay.title, now, "essay", essay.id, notice, version=state.number, growing=growing, page=page
            )

        # What they carry sets them apart from the same buttons on the panel: no two of a message may have one id.
        ways = (
            press("Show the critique", "show", view.job.argument, kind="critique")
            if view.job.kind is JobKind.CRITIQUE
            else press("Show the essay", "open", essay.id, 0, "end"),
            *((press("Continue in DM", "dm", essay.id, 0, "end"),) if place.server is not None else ()),
        )
        return self._watching(view, card, ways, lambda: self._ended(view.job, essay.writer, essay.id, place))

    def _critique_running(
        self, title: str | None, view: JobView, critique: str, place: Place, notice: str | None
    ) -> Show:
        def card(now: JobView) -> Card:
            return running_panel.running(title or "The text", now, "critique", critique, notice)

        ways = (press("Show the critique", "show", critique, kind="critique"),)
        return self._watching(view, card, ways, lambda: self.critique(view.job.writer, critique, place, notice=notice))

    def _watching(
        self,
        view: JobView,
        card: Callable[[JobView], Card],
        ways: tuple[Button, ...],
        ended: Callable[[], Awaitable[Show]],
    ) -> Show:
        """A panel that follows the job: ``card`` while it runs, then what ``ended`` gives, or that the essay is gone.

        What it was made with, a notice too, stays on it to the end: nobody could read what the next word wipes out.
        """

        async def end() -> Show:
            if (going := self._going.get(view.job.subject)) is not None:
                await going.wait()
            try:
                return await ended()
            except (UnknownEssay, UnknownCritique, UnknownJob):  # they go together
                return Show(lists.gone(lists.DELETED))

        return Show(card(view), Watch(view.job, card, end, ways))

    async def _ended(self, started: Job, writer: str, essay: str, place: Place) -> Show:
        """What a panel shows when the job it watched has ended: the critique, or the text with what came of it."""
        job = await self.tools.jobs.wait(writer, started.id)
        if job.kind is JobKind.CRITIQUE and job.state is JobState.DONE:
            return await self.critique(writer, job.argument, place)
        head = (await self.tools.desk.open(writer, essay)).head
        made = await self.tools.desk.version(writer, essay, job.result) if job.result is not None else None
        unfinished = made is not None and not made.info.complete
        if made is not None and made.info.number != head:
            beside = made.info.number
            notice = endings.stands_beside(job, beside)
            shown = await self.essay(writer, essay, place, notice=notice, beside=beside, turning=False)
            return replace(shown, unfinished=unfinished, beside=beside, seen=partial(self._told.add, job.id))
        cut = unfinished and job.state is JobState.DONE  # of one that ended badly it is said how
        shown = await self.essay(writer, essay, place, notice=_CUT if cut else endings.told(job), turning=False)
        return replace(shown, unfinished=cut)


# The layouts of the long texts that were looked at last; those of the others are remembered where they are made.
_layouts: OrderedDict[str, draft_panel.Layout] = OrderedDict()
_LAYOUTS = 64


async def laid_out(writer: str, text: str) -> draft_panel.Layout | None:
    """The layout of a long text, made outside of this process; None for any other, which is quickly done.

    Raises TooSlowToRead.
    """
    if len(text) <= QUICK_CHARACTERS:
        return None
    found = _layouts.get(text)
    if found is None:
        found = await read_aside(writer, len(text), draft_panel.lay_out, text)
    _layouts[text] = found
    _layouts.move_to_end(text)
    if len(_layouts) > _LAYOUTS:
        _layouts.popitem(last=False)
    return found


def _first_look(state: State) -> Spot:
    """Where a panel begins: at the section that is still to be revised, where that came to nothing; else at the top."""
    job = state.ended_badly
    if job is not None and job.kind is JobKind.REVISION and job.base == state.essay.head:
        return Spot(section=Wanted.of(job).index)
    return Spot(0)


def _joined(*sentences: str | None) -> str | None:
    return " ".join(one for one in sentences if one) or None
