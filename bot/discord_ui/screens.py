"""Which panel an essay or a critique has now. Every handler ends here, so that what is shown follows from the store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.discord_ui.panels import critique as critique_panel
from bot.discord_ui.panels import draft as draft_panel
from bot.discord_ui.panels import first as first_panel
from bot.discord_ui.panels import interview as interview_panel
from bot.discord_ui.panels import running as running_panel
from bot.discord_ui.panels.draft import Spot
from bot.discord_ui.people import Place
from bot.discord_ui.reply import Show, Watch
from bot.discord_ui.state import State, read_state
from bot.discord_ui.tools import Tools
from bot.essay.diff import moved
from bot.workflow.jobs import Job, JobKind, JobState, JobView

STALE = "The text has changed since this was shown: this is how it stands now."
UNDER_WAY = "This essay is being worked on: wait for the end, or stop it."
_INTERRUPTED = "The bot was restarted in the middle of it. What had come is kept."
_STOPPED = "Stopped. What had come is kept."


@dataclass(frozen=True, slots=True)
class Screens:
    """Shows where things stand."""

    tools: Tools

    async def essay(
        self,
        writer: str,
        essay: str,
        place: Place,
        *,
        spot: Spot | None = None,
        notice: str | None = None,
        beside: int | None = None,
    ) -> Show:
        """The essay's panel: work under way, the text, an open question, or the first screen.

        Without a ``spot`` it is the first page, and a last job that ended badly is told of.
        """
        state = await read_state(self.tools, writer, essay)
        if state.running is not None:
            return self._running(state, state.running, place, notice)
        if notice is None and spot is None:
            notice = _told(state.ended_badly)
        if state.version is not None:
            # In a thread: to cut a long text of very short lines into pages takes a second.
            card = await asyncio.to_thread(draft_panel.draft, state, state.version, spot or Spot(0), notice, beside)
            return Show(card)
        if (question := state.open_question) is not None and state.ended_badly is None:
            return Show(interview_panel.question(state, question, notice=notice))
        return Show(first_panel.first(state, self.tools.structures, place, notice))

    async def question(
        self, writer: str, essay: str, place: Place, *, mode: str = "", notice: str | None = None
    ) -> Show:
        """The interview: the question to be put now, which may take a model some seconds to find.

        ``mode`` is the panel's: with FURTHER more than the first round is asked.
        """
        further = mode == interview_panel.FURTHER
        step = await self.tools.interview.next_question(writer, essay, further=further)
        state = await read_state(self.tools, writer, essay)
        if state.running is not None:
            return self._running(state, state.running, place, notice)
        told = " ".join(one for one in (notice, step.notice) if one) or None
        if step.question is None:
            return Show(interview_panel.enough(state, further=further, notice=told))
        return Show(interview_panel.question(state, step.question, mode=mode, notice=told))

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
            told = notice or _told(job.job if job else None) or _INTERRUPTED
            return Show(critique_panel.unspoken(critiqued, told, with_model=tools.with_model))
        structure = tools.structures.get(critiqued.structure or "")
        version, applicable = 0, False
        if critiqued.essay is not None:
            essay = await tools.desk.open(writer, critiqued.essay)
            version = essay.head or 0
            if 0 < page <= len(found.findings) and essay.head is not None:
                text = (await tools.desk.version(writer, critiqued.essay, essay.head)).text
                applicable = moved(critiqued.text, text, found.findings[page - 1].span) is not None
        return Show(
            critique_panel.card(critiqued, found, structure, page, version, applicable=applicable, notice=notice)
        )

    def _running(self, state: State, view: JobView, place: Place, notice: str | None) -> Show:
        essay, title = state.essay, state.essay.title

        async def end() -> Show:
            return await self._ended(view.job, essay.writer, essay.id, place)

        return Show(
            running_panel.running(title, view, "essay", essay.id, notice),
            Watch(view.job, lambda now: running_panel.running(title, now, "essay", essay.id), end),
        )

    def _critique_running(
        self, title: str | None, view: JobView, critique: str, place: Place, notice: str | None
    ) -> Show:
        name, writer = title or "The text", view.job.writer

        async def end() -> Show:
            return await self.critique(writer, critique, place)

        return Show(
            running_panel.running(name, view, "critique", critique, notice),
            Watch(view.job, lambda now: running_panel.running(name, now, "critique", critique), end),
        )

    async def _ended(self, started: Job, writer: str, essay: str, place: Place) -> Show:
        """What a panel shows when the job it watched has ended: the critique, or the text with what came of it."""
        job = await self.tools.jobs.wait(writer, started.id)
        if job.kind is JobKind.CRITIQUE and job.state is JobState.DONE:
            return await self.critique(writer, job.argument, place)
        state = await self.tools.desk.open(writer, essay)
        if job.result is not None and job.result != state.head:
            notice = f"The text had changed meanwhile: what was written is version {job.result}, beside it."
            return await self.essay(writer, essay, place, notice=notice, beside=job.result)
        return await self.essay(writer, essay, place, notice=_told(job))


def _told(job: Job | None) -> str | None:
    """What a person is told of a job that came to a bad end; None for one that did not."""
    if job is None:
        return None
    return {
        JobState.FAILED: job.error,
        JobState.INTERRUPTED: _INTERRUPTED,
        JobState.STOPPED: _STOPPED,
    }.get(job.state)
