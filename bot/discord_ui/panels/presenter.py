"""Which panel an essay or a critique has now. Every handler ends here, so that what is shown follows from the store."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from bot.discord_ui.interactions.responses import InteractionContext, JobWatch, ShowCard
from bot.discord_ui.messages.pages import StreamPager
from bot.discord_ui.panels import critiques, drafts, interview, jobs, start
from bot.discord_ui.panels.cards import Button, Card, action_button, deleted_card
from bot.discord_ui.panels.drafts import DraftPosition
from bot.discord_ui.panels.essay_state import CLAIMS_TIMEOUT_SECONDS, EssayState, add_claims, load_essay_state
from bot.discord_ui.services import DiscordServices
from bot.errors import StructureGone, UnknownCritique, UnknownEssay, UnknownJob
from bot.essay.diff import moved
from bot.essay.essay import Question
from bot.services.drafting import RevisionRequest
from bot.services.jobs.job import Job, JobKind, JobState, JobView
from bot.services.offload import THREAD_MAX_CHARACTERS, in_thread, in_worker, parse_in_worker

STALE_NOTICE = "The text has changed since this was shown: this is how it stands now."
JOB_RUNNING_NOTICE = "This essay is being worked on: wait for the end, or stop it."
_ESSAY_DELETED = "This essay was deleted."
_CRITIQUE_INTERRUPTED = "The bot was restarted before there was a critique."
_DRAFT_UNFINISHED = "The model ended before all of it was written. What came is stored; Continue writes the rest."


@dataclass(frozen=True, slots=True)
class Presenter:
    """Shows where things stand."""

    services: DiscordServices
    deleted_essays: set[tuple[str, str]] = field(default_factory=set)  # essays that a writer deleted in this process
    _reported_jobs: set[int] = field(default_factory=set)  # jobs whose bad end was told to who came back to them
    _deletions: dict[str, asyncio.Event] = field(default_factory=dict)  # essays that are just being deleted

    async def show_essay(
        self,
        writer: str,
        essay: str,
        context: InteractionContext,
        *,
        position: DraftPosition | None = None,
        notice: str | None = None,
        side_version: int | None = None,
        sets_dm_topic: bool = True,
    ) -> ShowCard:
        """The essay's panel: work under way, the text, an open question, or the first screen.

        Without a ``spot`` it is the first page, or the section of a revision that came to nothing; and a last job that
        ended badly, or made a version beside the text, is told of, once. In the bot's own DM it is what the writer's
        messages are about from now on, unless it comes up without being asked for: ``turning`` False.
        """
        state = await load_essay_state(self.services, writer, essay)
        if sets_dm_topic:
            state = await self._set_dm_topic(state, context, self._displayed_question(state))
        if state.running_job is not None:
            return self._show_running(state, state.running_job, context, notice, position.page if position else None)
        last = state.job.job if state.job is not None and state.side_version is not None else state.failed_job
        tells = notice is None and position is None and last is not None and last.id not in self._reported_jobs
        if last is not None and tells:
            side_version = state.side_version
            notice = (
                jobs.job_failure_message(last)
                if side_version is None
                else jobs.side_version_message(last, side_version)
            )

        def seen() -> None:
            if last is not None and tells:
                self._reported_jobs.add(last.id)

        if (version := state.version) is not None:
            state = await add_claims(state, CLAIMS_TIMEOUT_SECONDS)
            layout = await load_layout(writer, version.text)
            card = await in_thread(
                drafts.draft_card,
                state,
                version,
                position or _initial_position(state),
                notice,
                side_version,
                layout,
            )
            return ShowCard(card, on_shown=seen)
        if (question := self._displayed_question(state)) is not None:
            return ShowCard(interview.question_card(state, question, notice=notice, own_dm=context.is_bot_dm))
        return ShowCard(start.start_card(state, self.services.structures, context, notice), on_shown=seen)

    async def show_question(
        self, writer: str, essay: str, context: InteractionContext, *, mode: str = "", notice: str | None = None
    ) -> ShowCard:
        """The interview: the question to be put now, without asking a model for one.

        ``mode`` is the panel's: with FURTHER more than the first round is asked.
        """
        further = mode == interview.FURTHER_MODE
        try:
            step = await self.services.interview.next_question(writer, essay, further=further, follow_up=False)
        except StructureGone as error:  # what was done before this question was asked for is done
            return await self.show_essay(writer, essay, context, notice=_join_sentences(notice, str(error)))
        state = await self._set_dm_topic(await load_essay_state(self.services, writer, essay), context, step.question)
        if state.running_job is not None:
            return self._show_running(state, state.running_job, context, notice)
        told = _join_sentences(notice, step.notice)
        if step.question is None:
            return ShowCard(interview.interview_done_card(state, further=further, notice=told))
        return ShowCard(interview.question_card(state, step.question, mode=mode, notice=told, own_dm=context.is_bot_dm))

    async def show_answering(
        self, writer: str, essay: str, number: int | None, mode: str, context: InteractionContext
    ) -> ShowCard | None:
        """A question with what has been said so far; without a number the first screen. None where neither stands."""
        state = await load_essay_state(self.services, writer, essay)
        question = state.open_question
        if number is None and state.running_job is None and state.version is None:
            return ShowCard(start.start_card(state, self.services.structures, context))
        if number is None or question is None or question.number != number or state.running_job is not None:
            return None
        return ShowCard(interview.question_card(state, question, mode=mode, own_dm=context.is_bot_dm))

    def _displayed_question(self, state: EssayState) -> Question | None:
        """The question that an essay's panel shows."""
        if state.running_job is not None or state.version is not None or state.failed_job is not None:
            return None
        return state.open_question

    async def _set_dm_topic(
        self, state: EssayState, context: InteractionContext, question: Question | None
    ) -> EssayState:
        """The state once this stands before the writer in the DM: what was said to anything else has become notes."""
        if not context.is_bot_dm:
            return state
        essay = state.essay
        await self.services.dm_messages.set_context(essay.writer, essay.id, question.number if question else None)
        return await load_essay_state(self.services, essay.writer, essay.id) if state.pieces else state

    async def show_critique(
        self, writer: str, critique: str, context: InteractionContext, *, page: int = 0, notice: str | None = None
    ) -> ShowCard:
        """The critique's panel: its work under way, one of its pages, or why there are none."""
        tools = self.services
        critiqued = await tools.critiques.get(writer, critique)
        job = await tools.jobs.latest_job(writer, critiqued.essay or critiqued.id)
        if critiqued.critique is None and job is not None and job.job.state is JobState.DONE:
            critiqued = await tools.critiques.get(writer, critique)  # it may have ended between the two
        found = critiqued.critique
        if found is None:
            if job is not None and not job.job.state.is_ended:
                return self._show_critique_running(critiqued.title, job, critique, context, notice)
            told = (jobs.job_failure_message(job.job) if job else None) or _CRITIQUE_INTERRUPTED
            return ShowCard(
                critiques.no_critique_card(critiqued, _join_sentences(notice, told) or told, with_model=tools.has_model)
            )
        structure = tools.structures.get(critiqued.structure or "")
        version, applicable = 0, False
        if critiqued.essay is not None:
            essay = await tools.essays.get_essay(writer, critiqued.essay)
            version = essay.head or 0
            if 0 < page <= len(found.findings) and essay.head is not None:
                text = (await tools.essays.version(writer, critiqued.essay, essay.head)).text
                applicable = await in_worker(moved, critiqued.text, text, found.findings[page - 1].span) is not None
        return ShowCard(
            critiques.critique_card(critiqued, found, structure, page, version, applicable=applicable, notice=notice)
        )

    @asynccontextmanager
    async def deleting(self, writer: str, essay: str) -> AsyncIterator[None]:
        """The essay is deleted inside. What panels show at the end of its work waits for that, so as to be true."""
        over = self._deletions[essay] = asyncio.Event()
        try:
            yield
            self.deleted_essays.add((writer, essay))
        finally:
            del self._deletions[essay]
            over.set()

    def _show_running(
        self, state: EssayState, view: JobView, context: InteractionContext, notice: str | None, page: int | None = None
    ) -> ShowCard:
        essay, growing = state.essay, StreamPager()
        page = growing.pinned_page(view.job.text, page)

        def card(now: JobView) -> Card:
            return jobs.job_progress_card(
                essay.title, now, "essay", essay.id, notice, version=state.version_number, pager=growing, page=page
            )

        # What they carry sets them apart from the same buttons on the panel: no two of a message may have one id.
        ways = (
            action_button("Show the critique", "show", view.job.argument, kind="critique")
            if view.job.kind is JobKind.CRITIQUE
            else action_button("Show the essay", "open", essay.id, 0, "end"),
            *((action_button("Continue in DM", "dm", essay.id, 0, "end"),) if context.guild_id is not None else ()),
        )
        return self._show_watched(view, card, ways, lambda: self._show_ended(view.job, essay.writer, essay.id, context))

    def _show_critique_running(
        self, title: str | None, view: JobView, critique: str, context: InteractionContext, notice: str | None
    ) -> ShowCard:
        def card(now: JobView) -> Card:
            return jobs.job_progress_card(title or "The text", now, "critique", critique, notice)

        ways = (action_button("Show the critique", "show", critique, kind="critique"),)
        return self._show_watched(
            view, card, ways, lambda: self.show_critique(view.job.writer, critique, context, notice=notice)
        )

    def _show_watched(
        self,
        view: JobView,
        card: Callable[[JobView], Card],
        ways: tuple[Button, ...],
        ended: Callable[[], Awaitable[ShowCard]],
    ) -> ShowCard:
        """A panel that follows the job: ``card`` while it runs, then what ``ended`` gives, or that the essay is gone.

        What it was made with, a notice too, stays on it to the end: nobody could read what the next word wipes out.
        """

        async def end() -> ShowCard:
            if (going := self._deletions.get(view.job.subject)) is not None:
                await going.wait()
            try:
                return await ended()
            except (UnknownEssay, UnknownCritique, UnknownJob):  # they go together
                return ShowCard(deleted_card(_ESSAY_DELETED))

        return ShowCard(card(view), JobWatch(view.job, card, end, ways))

    async def _show_ended(self, started: Job, writer: str, essay: str, context: InteractionContext) -> ShowCard:
        """What a panel shows when the job it watched has ended: the critique, or the text with what came of it."""
        job = await self.services.jobs.wait(writer, started.id)
        if job.kind is JobKind.CRITIQUE and job.state is JobState.DONE:
            return await self.show_critique(writer, job.argument, context)
        head = (await self.services.essays.get_essay(writer, essay)).head
        made = (
            await self.services.essays.version(writer, essay, job.result_version)
            if job.result_version is not None
            else None
        )
        unfinished = made is not None and not made.info.complete
        if made is not None and made.info.number != head:
            beside = made.info.number
            notice = jobs.side_version_message(job, beside)
            shown = await self.show_essay(
                writer, essay, context, notice=notice, side_version=beside, sets_dm_topic=False
            )
            return replace(
                shown, is_unfinished=unfinished, side_version=beside, on_shown=partial(self._reported_jobs.add, job.id)
            )
        cut = unfinished and job.state is JobState.DONE  # of one that ended badly it is said how
        shown = await self.show_essay(
            writer,
            essay,
            context,
            notice=_DRAFT_UNFINISHED if cut else jobs.job_failure_message(job),
            sets_dm_topic=False,
        )
        return replace(shown, is_unfinished=cut)


# The layouts of the long texts that were looked at last; those of the others are remembered where they are made.
_layout_cache: OrderedDict[str, drafts.DraftLayout] = OrderedDict()
_MAX_CACHED_LAYOUTS = 64


async def load_layout(writer: str, text: str) -> drafts.DraftLayout | None:
    """The layout of a long text, made outside of this process; None for any other, which is quickly done.

    Raises TooSlowToRead.
    """
    if len(text) <= THREAD_MAX_CHARACTERS:
        return None
    found = _layout_cache.get(text)
    if found is None:
        found = await parse_in_worker(writer, len(text), drafts.compute_layout, text)
    _layout_cache[text] = found
    _layout_cache.move_to_end(text)
    if len(_layout_cache) > _MAX_CACHED_LAYOUTS:
        _layout_cache.popitem(last=False)
    return found


def _initial_position(state: EssayState) -> DraftPosition:
    """Where a panel begins: at the section that is still to be revised, where that came to nothing; else at the top."""
    job = state.failed_job
    if job is not None and job.kind is JobKind.REVISION and job.base_version == state.essay.head:
        return DraftPosition(section=RevisionRequest.from_job(job).index)
    return DraftPosition(0)


def _join_sentences(*sentences: str | None) -> str | None:
    return " ".join(one for one in sentences if one) or None
