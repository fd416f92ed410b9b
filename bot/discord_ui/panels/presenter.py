"""Choose the panel that an essay or a critique has now. Handlers end here, so that panels show what is stored.

Two methods also change something: ``start_placement`` starts a job, and the panels of essays record in
``_set_dm_topic`` what the writer's messages in the DM are about.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial

from bot.discord_ui.interactions.responses import ActionRequest, InteractionContext, JobWatch, ShowCard
from bot.discord_ui.messages.pages import StreamPager
from bot.discord_ui.panels import critiques, drafts, interview, jobs, start
from bot.discord_ui.panels.cards import Button, Card, action_button, deleted_card
from bot.discord_ui.panels.drafts import DraftPosition, load_layout
from bot.discord_ui.panels.essay_state import CLAIMS_TIMEOUT_SECONDS, EssayState, add_claims, load_essay_state
from bot.discord_ui.recent import RecentSet
from bot.errors import JobRunning, StoreError, StructureFileMissing, UnknownCritique, UnknownEssay, UnknownJob
from bot.essay.diff import find_moved_span
from bot.essay.essay import Question
from bot.services.critiques import CritiqueSnapshot
from bot.services.dm_messages import DmContext
from bot.services.drafting import RevisionRequest
from bot.services.essays import join_sentences
from bot.services.interview import QuestionRequest
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView
from bot.services.note_placement import placed_numbers
from bot.services.offload import in_thread, in_worker
from bot.services.services import Services
from bot.services.snapshot import EssaySnapshot

WAITING_CARD_SECONDS = 0.8  # a person waits about a second before they press again
STALE_NOTICE = "The text has changed since this was shown: this is how it stands now."
JOB_RUNNING_NOTICE = "This essay is being worked on: wait for the end, or stop it."
_ESSAY_DELETED = "This essay was deleted."
_MAX_DELETED_ESSAYS = 1_000
_MAX_REPORTED_JOBS = 10_000
_LAST_PAGE = 1_000_000  # beyond the end of every text, which stands for its last page
_WAIT_INTERRUPTED = (
    "The bot is being restarted, so a model was not waited for. Everything is stored: go on in a minute."
)
_CHECK_INTERRUPTED = "The bot was restarted before the text was checked: Check does it now."
_CRITIQUE_INTERRUPTED = "The bot was restarted before there was a critique."
_RESTARTING = "The bot is being restarted. This goes on by itself."
_DRAFT_UNFINISHED = "The model ended before all of it was written. What came is stored; Continue writes the rest."


@dataclass(frozen=True, slots=True)
class Presenter:
    """Make the panels of essays and critiques from what is stored."""

    services: Services
    # (writer, essay) deleted by this process: a second click on Delete is answered like the first.
    deleted_essays: RecentSet[tuple[str, str]] = field(default_factory=lambda: RecentSet(_MAX_DELETED_ESSAYS))
    # Jobs whose outcome a panel has already shown; if this is forgotten, it is shown once more.
    _reported_jobs: RecentSet[int] = field(default_factory=lambda: RecentSet(_MAX_REPORTED_JOBS))
    _deletions: dict[str, asyncio.Event] = field(default_factory=dict)  # set once an essay is deleted, by its id

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
        snapshot: EssaySnapshot | None = None,
    ) -> ShowCard:
        """Show the essay's panel: its running job, its text, its open question, or its first screen.

        Without a ``position`` it is the first page, or the section whose revision failed. Without a ``notice`` either,
        it says once how the last job ended, if that failed or made a version beside the text. In the bot's own DM the
        writer's messages are about what is shown from now on, unless ``sets_dm_topic`` is False, for a panel that
        nobody asked for. ``snapshot`` is the essay if the caller has just read it.
        """
        state = await load_essay_state(self.services, writer, essay, snapshot)
        if sets_dm_topic:
            state = await self._set_dm_topic(state, context, _displayed_question(state))
        if state.running_job is not None:
            return self._show_running(state, state.running_job, context, notice, position.page if position else None)
        reported = self._outcome_to_report(state) if not notice and position is None else None
        if reported is not None:
            side_version = state.side_version
            notice = self._outcome_notice(reported, side_version)
        card = await self._essay_card(state, context, position, notice, side_version)
        watch = None
        if state.check_job is not None and state.version is not None:
            end = partial(
                self._show_check_end, state.check_job, context, position, notice, side_version, state.essay.head
            )
            watch = self.watch_check(state.check_job, card, end, position, notice)
        shown = ShowCard(card, watch)
        return shown if reported is None else replace(shown, on_shown=partial(self._reported_jobs.add, reported.id))

    async def show_started(self, request: ActionRequest, job: Job) -> ShowCard:
        """Show the panel of an essay on which a job was just started; ``request.essay`` is otherwise up to date."""
        now = replace(request.essay, job=job) if request.essay is not None else None
        return await self.show_essay(request.writer, request.custom_id.subject, request.context, snapshot=now)

    def _outcome_notice(self, job: Job, side_version: int | None = None) -> str | None:
        """Say how a job failed or was ended, or that it made a version beside the text; None if it did neither."""
        if side_version is not None:
            return jobs.side_version_message(job, side_version)
        if job.state is JobState.INTERRUPTED and self.services.jobs.is_closing:
            return _RESTARTING
        return jobs.job_failure_message(job)

    def _outcome_to_report(self, state: EssayState) -> Job | None:
        """Return the last job if it failed or made a version beside the text, and the writer has not been told."""
        job = state.job if state.side_version is not None else state.failed_job
        return job if job is not None and job.id not in self._reported_jobs else None

    async def _essay_card(
        self,
        state: EssayState,
        context: InteractionContext,
        position: DraftPosition | None,
        notice: str | None,
        side_version: int | None,
    ) -> Card:
        """Return the card of an essay without a running job."""
        if (version := state.version) is not None:
            position = position or _initial_position(state)
            state = await add_claims(state, CLAIMS_TIMEOUT_SECONDS)
            layout = await load_layout(state.essay.writer, version.text)
            in_server = context.guild_id is not None
            return await in_thread(
                drafts.draft_card, state, version, position, notice, side_version, layout, in_server=in_server
            )
        if (question := _displayed_question(state)) is not None:
            return interview.question_card(state, question, notice=notice, own_dm=context.is_bot_dm)
        return start.start_card(state, self.services.offered_structures, context, notice)

    async def show_question(
        self, writer: str, essay: str, context: InteractionContext, *, mode: str = "", notice: str | None = None
    ) -> ShowCard:
        """Show the next question, without asking a model for one.

        ``mode`` is that of the panel; with FURTHER_MODE the questions beyond the first round follow.
        """
        further = mode == interview.FURTHER_MODE
        try:
            question = await self.services.interview.next_question(writer, essay, further=further)
        except StructureFileMissing as error:  # what came before the question, such as an answer, is stored
            return await self.show_essay(writer, essay, context, notice=join_sentences(notice, str(error)))
        state = await self._set_dm_topic(await load_essay_state(self.services, writer, essay), context, question)
        if state.running_job is not None:
            return self._show_running(state, state.running_job, context, notice)
        if question is None:
            return ShowCard(interview.interview_done_card(state, further=further, notice=notice))
        return ShowCard(interview.question_card(state, question, mode=mode, notice=notice, own_dm=context.is_bot_dm))

    async def show_draft_question(
        self, writer: str, essay: str, context: InteractionContext, question: Question, notice: str | None = None
    ) -> ShowCard:
        """Show a question that a draft left."""
        state = await self._set_dm_topic(await load_essay_state(self.services, writer, essay), context, question)
        if state.running_job is not None:
            return self._show_running(state, state.running_job, context, notice)
        mode, own_dm = interview.OPEN_MODE, context.is_bot_dm
        return ShowCard(interview.question_card(state, question, mode=mode, notice=notice, own_dm=own_dm))

    async def show_titles(
        self, writer: str, essay: str, context: InteractionContext, notice: str | None = None
    ) -> ShowCard:
        """Show the titles that were suggested last; the essay if there are none."""
        state = await load_essay_state(self.services, writer, essay)
        if not state.suggested_titles:
            return await self.show_essay(writer, essay, context, notice=notice)
        return ShowCard(interview.titles_card(await self._set_dm_topic(state, context, None), notice))

    async def start_placement(self, writer: str, essay: str, notes: Collection[int]) -> Job | None:
        """Start a job that finds sections for notes. Return None if there is nothing to find, or another job runs."""
        if not self.services.has_model:
            return None
        try:
            planned = await self.services.interview.plan_placement(writer, essay, notes)
            return await planned.start() if planned is not None else None
        except JobRunning:  # the notes stay without a section until the writer has them sorted
            return None

    async def show_waiting(
        self,
        job: Job,
        context: InteractionContext,
        *,
        notice: str | None = None,
        end: Callable[[], Awaitable[ShowCard]] | None = None,
    ) -> ShowCard:
        """Show a panel that waits for a job that gives way, and then what ``end`` returns.

        By default that is the next question, or the essay. A job that ends within WAITING_CARD_SECONDS is not shown at
        all. Such jobs "give way": any other job on the essay stops them.
        """
        end = self._with_deletion_check(job, end or partial(self._show_wait_end, job, context, notice))
        waiting = asyncio.ensure_future(self.services.jobs.wait(job.writer, job.id))
        done, _ = await asyncio.wait({waiting}, timeout=WAITING_CARD_SECONDS)
        if done:
            return await end()
        waiting.cancel()
        state = await self._set_dm_topic(await load_essay_state(self.services, job.writer, job.subject), context, None)
        buttons = (action_button("Show the essay", "open", job.subject, 0, "end"),)
        view = JobView(job, JobPhase.WAITING, job.created)
        return ShowCard(
            interview.waiting_card(state, view, notice),
            JobWatch(job, lambda now: interview.waiting_card(state, now, notice), end, buttons),
        )

    async def _show_wait_end(self, started: Job, context: InteractionContext, notice: str | None) -> ShowCard:
        """Show what comes after a job that gives way: the next question, or the essay.

        If another such job has replaced it, wait for that one.
        """
        services, writer, essay = self.services, started.writer, started.subject
        job = await services.jobs.wait(writer, started.id)
        running = await services.jobs.running_job(writer, essay)
        if running is not None and running.kind.gives_way and running.id != job.id:  # it has replaced this job
            return await self.show_waiting(running, context, notice=notice)
        told = _WAIT_INTERRUPTED if job.state is JobState.INTERRUPTED and running is None else job.error
        notice = join_sentences(notice, told)
        # In the DM the writer may have turned to another essay meanwhile; their messages stay about that one.
        turned = context.is_bot_dm and await services.dm_messages.current_essay(writer) != essay
        if job.kind is JobKind.QUESTION and not turned:
            mode = interview.FURTHER_MODE if QuestionRequest.from_job(job).further else ""
            return await self.show_question(writer, essay, context, mode=mode, notice=notice)
        if job.kind is JobKind.TITLES and job.state is JobState.DONE and not turned:
            return await self.show_titles(writer, essay, context, notice)
        if job.kind is JobKind.PLACEMENT and job.state is JobState.DONE:
            state = await load_essay_state(services, writer, essay)
            notice = join_sentences(notice, interview.describe_places(state, placed_numbers(job)))
        return await self.show_essay(writer, essay, context, notice=notice, sets_dm_topic=not turned)

    async def show_answering(
        self, writer: str, essay: str, number: int | None, mode: str, context: InteractionContext
    ) -> ShowCard | None:
        """Show an open question with the messages that answer it so far; with None for ``number``, the first screen.

        Return None if the essay shows something else by now.
        """
        state = await load_essay_state(self.services, writer, essay)
        left = next((one for one in state.draft_questions if one.number == number), None)
        question = left or state.open_question
        if number is None and state.running_job is None and state.version is None:
            return ShowCard(start.start_card(state, self.services.offered_structures, context))
        if number is None or question is None or question.number != number or state.running_job is not None:
            return None
        return ShowCard(interview.question_card(state, question, mode=mode, own_dm=context.is_bot_dm))

    async def _set_dm_topic(
        self, state: EssayState, context: InteractionContext, question: Question | None
    ) -> EssayState:
        """Record what the writer's messages in the DM are about; earlier ones become notes. Return the new state.

        ``question`` is the question that the panel shows, None if it shows none.
        """
        if not context.is_bot_dm:
            return state
        essay, number = state.essay, question.number if question else None
        if state.dm_context == DmContext(essay.id, number):  # so it is for every click but the first
            return state
        await self.services.dm_messages.set_context(essay.writer, essay.id, number)
        return await load_essay_state(self.services, essay.writer, essay.id) if state.pending_messages else state

    async def show_critique(
        self, writer: str, critique: str, context: InteractionContext, *, page: int = 0, notice: str | None = None
    ) -> ShowCard:
        """Show the critique's panel: its running job, one of its pages, or why it has none."""
        return await self._critique_card(await self._load_critique(writer, critique), context, page, notice)

    async def _load_critique(self, writer: str, critique: str) -> CritiqueSnapshot:
        """Read a critique, and first keep what another process has left of its job. Raise UnknownCritique."""
        services = self.services
        snapshot = await services.critiques.snapshot(writer, critique)
        if snapshot.job is not None and not snapshot.job.state.is_ended and not services.jobs.will_run(snapshot.job):
            await services.jobs.release_abandoned(writer, snapshot.job.subject)  # no effect if it has ended meanwhile
            snapshot = await services.critiques.snapshot(writer, critique)
        return snapshot

    async def _critique_card(
        self, now: CritiqueSnapshot, context: InteractionContext, page: int, notice: str | None
    ) -> ShowCard:
        services, stored, result = self.services, now.critique, now.critique.critique
        if result is None:
            job = await services.jobs.view(now.job) if now.job is not None else None
            if job is not None and not job.job.state.is_ended:
                return self._show_critique_running(stored.title, job, stored.id, context, notice)
            reason = (self._outcome_notice(job.job) if job else None) or _CRITIQUE_INTERRUPTED
            return ShowCard(
                critiques.no_critique_card(stored, join_sentences(notice, reason), with_model=services.has_model)
            )
        structure, applicable = services.structures.get(stored.structure or ""), False
        if now.version is not None and 0 < page <= len(result.findings):
            span = result.findings[page - 1].span
            applicable = await in_worker(find_moved_span, stored.text, now.version.text, span) is not None
        version = now.essay.head or 0 if now.essay is not None else 0
        return ShowCard(
            critiques.critique_card(stored, result, structure, page, version, applicable=applicable, notice=notice)
        )

    @asynccontextmanager
    async def deleting(self, writer: str, essay: str) -> AsyncIterator[None]:
        """Delete the essay inside: a panel that follows its job waits for that, and then says that it was deleted."""
        finished = self._deletions[essay] = asyncio.Event()
        try:
            yield
            self.deleted_essays.add((writer, essay))
        finally:
            del self._deletions[essay]
            finished.set()

    def _show_running(
        self, state: EssayState, view: JobView, context: InteractionContext, notice: str | None, page: int | None = None
    ) -> ShowCard:
        """Show a running job on an essay, and page ``page`` of the text it is writing."""
        essay, pager = state.essay, StreamPager()
        view = jobs.as_markdown(view, state.structure)
        page = pager.pinned_page(view.job.text, page)

        def card(now: JobView) -> Card:
            now = jobs.as_markdown(now, state.structure)
            return jobs.job_progress_card(
                essay.title, now, "essay", essay.id, notice, version=state.version_number, pager=pager, page=page
            )

        return ShowCard(card(view), self._essay_job_watch(view.job, card, context, page, notice))

    def _show_critique_running(
        self, title: str | None, view: JobView, critique: str, context: InteractionContext, notice: str | None
    ) -> ShowCard:
        """Show a running critique."""

        def card(now: JobView) -> Card:
            return jobs.job_progress_card(title or "The text", now, "critique", critique, notice)

        buttons = (action_button("Show the critique", "show", critique, kind="critique"),)
        end = partial(self.show_critique, view.job.writer, critique, context, notice=notice)
        watch = JobWatch(view.job, card, self._with_deletion_check(view.job, end), buttons, notice=notice)
        return ShowCard(card(view), watch)

    async def watch_again(
        self,
        job: Job,
        context: InteractionContext,
        page: int | None = None,
        notice: str | None = None,
        section: int | None = None,
    ) -> JobWatch:
        """Return the watch of a job whose message another process showed: of what goes on, or to show how it ended.

        ``page``, ``notice`` and ``section`` are as in `JobWatch`.
        """
        position = DraftPosition(page, section) if (page, section) != (None, None) else None
        watch: JobWatch | None
        if job.state.is_ended:
            watch = None
        elif jobs.is_pasted_critique(job):
            watch = (await self.show_critique(job.writer, job.argument, context, notice=notice)).watch
        elif job.kind.gives_way and job.kind is not JobKind.CHECK:
            state = await load_essay_state(self.services, job.writer, job.subject)
            return self._essay_job_watch(job, lambda now: interview.waiting_card(state, now, None), context)
        else:
            shown = await self.show_essay(
                job.writer, job.subject, context, position=position, notice=notice, sets_dm_topic=False
            )
            watch = shown.watch
        if watch is not None:
            return watch
        if job.kind is JobKind.CHECK:  # it has ended, perhaps meanwhile
            end = partial(self._show_check_end, job, context, position, notice, head=job.base_version)
            return self.watch_check(job, Card(()), end, position, notice)
        return self._essay_job_watch(job, lambda _: Card(()), context, page, notice)

    def _essay_job_watch(
        self,
        job: Job,
        card: Callable[[JobView], Card],
        context: InteractionContext,
        page: int | None = None,
        notice: str | None = None,
    ) -> JobWatch:
        """Return the watch of a job on an essay: ``card`` while it runs, then ``_show_job_end``.

        ``page`` and ``notice`` are as in `JobWatch`.
        """
        if jobs.is_pasted_critique(job):
            end = partial(self.show_critique, job.writer, job.argument, context, notice=notice)
        else:
            end = partial(self._show_job_end, job, context, page)
        return JobWatch(
            job, card, self._with_deletion_check(job, end), _result_buttons(job, context), page=page, notice=notice
        )

    def watch_check(
        self,
        job: Job,
        shown: Card,
        end: Callable[[], Awaitable[ShowCard]],
        position: DraftPosition | None = None,
        notice: str | None = None,
    ) -> JobWatch:
        """Return the watch of a check beside a card that stays until ``end`` has what the check came to."""
        page, section = (position.page, position.section) if position is not None else (None, None)
        ending = self._with_deletion_check(job, end)
        return JobWatch(job, lambda _: shown, ending, page=page, notice=notice, section=section)

    async def _show_check_end(
        self,
        started: Job,
        context: InteractionContext,
        position: DraftPosition | None = None,
        notice: str | None = None,
        side_version: int | None = None,
        head: int | None = None,
    ) -> ShowCard:
        """Show the essay once more after a check; where its text is still version ``head``, as it was shown before."""
        writer, essay = started.writer, started.subject
        job = await self.services.jobs.wait(writer, started.id)
        next_job = await self.services.checking.job_to_await(writer, essay)
        snapshot = await self.services.essays.snapshot(writer, essay)
        if snapshot.essay.head != head:
            position = notice = side_version = None
        if job.kind is JobKind.CHECK and job.state is JobState.INTERRUPTED and next_job is None:
            notice = join_sentences(notice, _RESTARTING if self.services.jobs.is_closing else _CHECK_INTERRUPTED)
        return await self.show_essay(
            writer,
            essay,
            context,
            position=position,
            notice=notice,
            side_version=side_version,
            sets_dm_topic=False,
            snapshot=snapshot,
        )

    def _with_deletion_check(
        self, job: Job, show_end: Callable[[], Awaitable[ShowCard]]
    ) -> Callable[[], Awaitable[ShowCard]]:
        """Wrap ``show_end``: wait for a running deletion, and say so if the essay was deleted.

        For a job that only delays the next question, an error of the store is shown as well.
        """

        async def end() -> ShowCard:
            if (deletion := self._deletions.get(job.subject)) is not None:
                await deletion.wait()
            try:
                return await show_end()
            except (UnknownEssay, UnknownCritique, UnknownJob):  # an essay's critiques and jobs go with it
                return ShowCard(deleted_card(_ESSAY_DELETED))
            except StoreError as error:
                if not job.kind.gives_way:
                    raise
                return ShowCard(interview.wait_failed_card(job.subject, error.public_message))

        return end

    async def _show_job_end(self, started: Job, context: InteractionContext, page: int | None = None) -> ShowCard:
        """Show the result of an ended job on an essay: the critique, or the text with a notice of how it ended.

        A draft stays on page ``page``, which is being read; None stands for the last one.
        """
        writer, essay = started.writer, started.subject
        if started.kind is JobKind.TITLES:
            why_not = (await self.services.jobs.wait(writer, started.id)).error
            return await self.show_titles(writer, essay, context, notice=why_not)
        if started.kind.gives_way:
            return await self._show_wait_end(started, context, None)
        if started.kind is JobKind.CRITIQUE:
            critique = await self._load_critique(writer, started.argument)
            if critique.critique.critique is not None:
                return await self._critique_card(critique, context, 0, None)
        snapshot = await self.services.essays.snapshot(writer, essay)
        job = snapshot.job
        if job is None or job.id != started.id or not job.state.is_ended:
            job = await self.services.jobs.wait(writer, started.id)
        made = next((one for one in snapshot.versions if one.number == job.result), None)
        if made is not None and made.number != snapshot.essay.head:
            notice = self._outcome_notice(job, made.number)
            shown = await self.show_essay(
                writer, essay, context, notice=notice, side_version=made.number, sets_dm_topic=False, snapshot=snapshot
            )
            reported = partial(self._reported_jobs.add, job.id)
            return replace(shown, is_unfinished=not made.is_complete, side_version=made.number, on_shown=reported)
        # Of a job that was stopped, failed or was interrupted, the notice says so instead.
        cut_short = made is not None and not made.is_complete and job.state is JobState.DONE
        told_end = _DRAFT_UNFINISHED if cut_short else self._outcome_notice(job)
        position: DraftPosition | None = None
        if made is not None and job.kind in (JobKind.DRAFT, JobKind.FINISH):
            position = DraftPosition(_LAST_PAGE if page is None else page)
        if made is not None and job.kind is JobKind.REVISION and job.state is JobState.DONE:
            told = RevisionRequest.from_job(job)
            told_end = told_end or jobs.revised_message(made.number, told.note)
            position = DraftPosition(section=told.index)
        shown = await self.show_essay(
            writer, essay, context, position=position, notice=told_end, sets_dm_topic=False, snapshot=snapshot
        )
        return replace(shown, is_unfinished=cut_short)


def _result_buttons(job: Job, context: InteractionContext) -> tuple[Button, ...]:
    """Return the buttons that lead to a job's result, for a panel that cannot show it."""
    if jobs.is_pasted_critique(job):
        return (action_button("Show the critique", "show", job.argument, kind="critique"),)
    # "end" sets their custom ids apart from those of the same buttons on the panel: Discord wants each once.
    return (
        action_button("Show the critique", "show", job.argument, kind="critique")
        if job.kind is JobKind.CRITIQUE
        else action_button("Show the essay", "open", job.subject, 0, "end"),
        *((action_button("Continue in DM", "dm", job.subject, 0, "end"),) if context.guild_id is not None else ()),
    )


def _displayed_question(state: EssayState) -> Question | None:
    """Return the question that an essay's panel shows; None if it shows something else."""
    if state.running_job is not None or state.version is not None or state.failed_job is not None:
        return None
    return state.open_question


def _initial_position(state: EssayState) -> DraftPosition:
    """Return where a panel begins: at the section whose revision failed, else at the top."""
    job = state.failed_job
    if job is not None and job.kind is JobKind.REVISION and job.base_version == state.essay.head:
        return DraftPosition(section=RevisionRequest.from_job(job).index)
    return DraftPosition(0)
