"""One message that shows how far a job is: what stands in it, and one request at a time that changes it.

Discord shows whichever change arrives last, and a change may arrive late: discord.py tries one again where Discord
stumbles, and one that was given up may still be on its way. So whatever is meant to stand there is shown once more
where an older change may have come behind it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import discord

from bot.discord_ui.errors import error_message
from bot.discord_ui.interactions.responses import JobWatch, ShowCard
from bot.discord_ui.messages.editor import DISCORD_ERRORS, MISSING_ACCESS, MessageDeleted, MessageTarget, TargetGone
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import Card
from bot.discord_ui.panels.jobs import PanelContent
from bot.errors import BotError
from bot.services.jobs.job import Job, JobView
from bot.services.jobs.runner import JobRunner

log = logging.getLogger(__name__)

# discord.py tries a request again for up to 25 s: time in which a panel would show an ever older state.
_EDIT_TIMEOUT_SECONDS = 10.0
_OUTDATED_EDIT_TIMEOUT_SECONDS = 1.0  # for a change once something newer can be shown in its place
LATE_EDIT_SECONDS = 5.0  # a change that was given up has come by then, or never will


class PanelReplaced(Exception):
    """Something newer was shown in the message, or is about to be."""


@dataclass(eq=False)
class MessageTraffic:
    """What is on its way to one message, whichever job it shows. ``late``: until when, by the loop's clock, a change
    that was given up may still come; 0.0 where there is none."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    late_until: float = 0.0


@dataclass(eq=False)
class JobPanel:
    """A message that follows a job. What it shows, and where, is replaced when it is clicked meanwhile.

    ``left`` is what a click showed there that has nothing to do with the job: it stays. ``doubtful``: what stands in
    the message may be something else than ``shown``. ``withheld``: the sentence that stands in for a text that Discord
    refuses. ``lost``: the message can be changed no more, or is another job's. ``ending``: what comes of the job, being
    made ready while the panel may not be changed yet. ``passed``: it has told the end, or never will.
    """

    watch: JobWatch
    target: MessageTarget
    shown: Card
    traffic: MessageTraffic = field(default_factory=MessageTraffic)
    view: JobView | None = None
    unrelated_card: Card | None = None
    is_uncertain: bool = False
    refusal: str | None = None
    is_lost: bool = False
    failures: int = 0
    prepared_end: asyncio.Future[ShowCard] | None = None
    updated: asyncio.Event = field(default_factory=asyncio.Event)
    job_ended: asyncio.Event = field(default_factory=asyncio.Event)
    replaced: asyncio.Event = field(default_factory=asyncio.Event)
    reported: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_muted(self) -> bool:
        """Whether nothing of the job is to be shown in the message."""
        return self.is_lost or self.unrelated_card is not None

    def restart(self, watch: JobWatch, target: MessageTarget, shown: Card) -> None:
        """A click has shown this, which follows the job."""
        self.watch, self.unrelated_card, self.refusal, self.failures = watch, None, None, 0
        self._replace(target, shown)

    def show_unrelated(self, target: MessageTarget, shown: Card) -> None:
        """A click has shown this, which follows nothing."""
        self.unrelated_card = shown
        self._replace(target, shown)

    def _replace(self, target: MessageTarget, shown: Card) -> None:
        self.target, self.shown, self.is_lost = target, shown, False
        self.is_uncertain = self.traffic.lock.locked()  # nobody knows which of the two comes last
        self.replaced.set()
        self.updated.set()

    def hand_over(self, watch: JobWatch, target: MessageTarget, shown: Card) -> JobPanel:
        """The panel of what a click has shown there, which follows a job anew; this one changes the message no more."""
        self.is_lost = True
        self.replaced.set()
        self.updated.set()
        return JobPanel(watch, target, shown, self.traffic, is_uncertain=self.traffic.lock.locked())

    def take_overtaken(self) -> bool:
        """Whether a change that was given up may by now have come behind what stands there. It says so once."""
        if not 0.0 < self.traffic.late_until <= asyncio.get_running_loop().time():
            return False
        self.traffic.late_until = 0.0
        return True

    def prepare_end(self) -> None:
        """Begins to make ready what the panel will show at the end."""
        self.prepared_end = asyncio.ensure_future(self.watch.end())

    async def final_response(self) -> ShowCard:
        """What the panel shows at the end: once what was made ready, and anew each time after that.

        Anew because the writer may have changed the text by other panels meanwhile.
        """
        ready, self.prepared_end = self.prepared_end, None
        return await (self.watch.end() if ready is None else ready)

    async def discard_prepared_end(self) -> None:
        """Nobody will see what was made ready, whatever has come of it."""
        if self.prepared_end is not None:
            self.prepared_end.cancel()
            await asyncio.gather(self.prepared_end, return_exceptions=True)

    async def edit(self, card: Card) -> Exception | None:
        """Shows the card, where the panel is now; returns why it may not have been shown.

        That is Replaced where a click has shown something else meanwhile: then what came of this change does not
        matter. Raises TargetGone where it can be shown nowhere any more.
        """
        self.replaced.clear()
        asked = self.target
        async with self.traffic.lock:
            address = self.target
            if self.is_lost or address is not asked:
                return PanelReplaced()
            error = await self._try_edit(address, card)
        if self.is_lost:
            return PanelReplaced()
        if self.target is not address:
            self.is_uncertain = True
            return PanelReplaced()
        self.is_uncertain = error is not None
        self.failures = self.failures + 1 if error is not None else 0
        if error is None:
            self.shown = card
            return None
        log.info("a panel could not be edited: %s", error_for_log(error))
        if isinstance(error, TargetGone):
            self.use_fallback_target()
        elif isinstance(error, MessageDeleted):
            self.is_lost = True
        elif not isinstance(error, DISCORD_ERRORS):
            raise error
        return error

    async def _try_edit(self, target: MessageTarget, card: Card) -> Exception | None:
        """Why the card may not be shown there; it is given up after a time, a short one once something is newer."""
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(target.edit(card))
        newer = [asyncio.create_task(self.replaced.wait())]
        if not self.job_ended.is_set():
            newer.append(asyncio.create_task(self.job_ended.wait()))
        try:
            await asyncio.wait((task, *newer), timeout=_EDIT_TIMEOUT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and any(one.done() for one in newer):
                await asyncio.wait((task,), timeout=_OUTDATED_EDIT_TIMEOUT_SECONDS)
        finally:
            if task.cancel():
                self.traffic.late_until = loop.time() + LATE_EDIT_SECONDS
            for one in newer:
                one.cancel()
        await asyncio.gather(task, *newer, return_exceptions=True)
        if task.cancelled():
            return TimeoutError()
        error = task.exception()
        assert error is None or isinstance(error, Exception)  # the others end the process
        return error

    def use_fallback_target(self) -> None:
        """Goes on where the panel can still be reached. Raises TargetGone where that is nowhere."""
        after = self.target.fallback()
        if after is None:
            raise TargetGone
        self.target = after


def is_refused(error: Exception) -> bool:
    """Whether Discord would refuse the same again."""
    if not isinstance(error, discord.HTTPException) or error.status == 429:
        return False
    return 400 <= error.status < 500 and error.code != MISSING_ACCESS


def error_for_log(error: BaseException) -> str:
    """An error for the log: its kind and Discord's numbers, no text."""
    if isinstance(error, discord.HTTPException):
        return f"{type(error).__name__} {error.status}/{error.code}"
    return type(error).__name__


# Panels that watch a job: each shows how far it is, and its end.
#
# A panel is known by its message; the latest click on it brings the token by which it can be edited. When that dies,
# the watch goes on by the channel in the bot's own DM and ends quietly elsewhere: what the job writes waits in the
# store for the next click.


# No sooner than this after the last edit has come back. @original takes five requests in five seconds: with the answer
# to the click that goes before, the sixth comes no sooner than 4 x 1.25 s after it, though the first text waits for
# nothing.
EDIT_INTERVAL_SECONDS = 1.25
# Before a token's fifteen minutes are over, so that the panel can still say where to look.
EXPIRY_NOTICE_SECONDS = 60.0
_MAX_EDIT_INTERVAL_SECONDS = 30.0  # seconds between two edits, however badly Discord does
_RETRY_DELAYS_SECONDS = (1.2, 3.0, 6.0)  # seconds: the end of a job is worth some patience with a service that stumbles
_MAX_KNOWN_JOBS = 1_000  # jobs of which it stays known whether their end was told
_MAX_REPAIRS = 3  # at most so often is what stands shown again, where a change given up may have come behind it


@dataclass(eq=False)
class _JobFollowers:
    """The panels that follow one job, the one used last at the end, and whether its end has been told.

    ``ending``: the first of them waits to tell it. From then on the order stays, so that no two wait for each other.
    """

    panels: list[JobPanel] = field(default_factory=list)
    report_lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_ending: bool = False
    is_reported: bool = False

    def mark_used(self, panel: JobPanel) -> None:
        """The writer was there last."""
        if panel not in self.panels:
            self.panels.append(panel)
        elif not self.is_ending:
            self.panels.sort(key=lambda one: one is panel)

    def panels_after(self, panel: JobPanel) -> list[JobPanel]:
        """Those that tell it first."""
        self.is_ending = True
        return self.panels[self.panels.index(panel) + 1 :]


class JobPanels:
    """The watching panels of this process: a message follows one job at a time, a job may be followed by several.

    ``clock`` gives the time now; ``pause`` waits so many seconds between two edits; ``said`` learns that the writer is
    told something in a message of its own in the bot's DM.
    """

    def __init__(
        self,
        jobs: JobRunner,
        clock: Callable[[], datetime],
        on_message_sent: Callable[[str], None],
        edit_seconds: float = EDIT_INTERVAL_SECONDS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._on_message_sent = on_message_sent
        self._edit_seconds = edit_seconds
        self._pause = pause
        self._panels: dict[int, JobPanel] = {}  # by message
        self._followers: OrderedDict[int, _JobFollowers] = OrderedDict()  # by job
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, watch: JobWatch, message: int, target: MessageTarget, shown: Card) -> None:
        """Lets the panel, a message's id, follow the job from what it shows now. Returns at once."""
        followed = self._followers_of(watch.job)
        before = self._panels.get(message)
        if before is not None and before.watch.job.id == watch.job.id and not before.job_ended.is_set():
            before.restart(watch, target, shown)
            followed.mark_used(before)
            return
        panel = JobPanel(watch, target, shown) if before is None else before.hand_over(watch, target, shown)
        self._panels[message] = panel
        followed.mark_used(panel)
        task = asyncio.create_task(self._follow(message, panel, followed), name=f"panel-of-job-{watch.job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def detach(self, message: int, target: MessageTarget, shown: Card) -> None:
        """The message shows this from now on, which stays: the end of the job is told in a message of its own alone."""
        if (panel := self._panels.get(message)) is not None:
            panel.show_unrelated(target, shown)
            self._followers_of(panel.watch.job).mark_used(panel)

    async def wait_until_done(self, seconds: float) -> None:
        """Waits until every panel has shown the end of its job, but no longer than so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _followers_of(self, job: Job) -> _JobFollowers:
        """What is known of a job. A click may come long after its end, so the last ones are kept."""
        followed = self._followers.setdefault(job.id, _JobFollowers())
        self._followers.move_to_end(job.id)
        while len(self._followers) > _MAX_KNOWN_JOBS and not next(iter(self._followers.values())).panels:
            self._followers.popitem(last=False)
        return followed

    async def _follow(self, message: int, panel: JobPanel, followed: _JobFollowers) -> None:
        job = panel.watch.job
        looking = asyncio.create_task(self._watch_job(job, panel), name=f"look-at-job-{job.id}")
        try:
            await self._show_states(panel)
            await looking  # raises what ended it
            card = await self._show_end(panel)
            if card is not None:
                await self._report_end(job, panel, card, followed)
            panel.reported.set()
            if not panel.is_uncertain:  # what is meant to stand there could be shown
                await self._repair(panel)
        except TargetGone:
            log.info("panel of job %d: it can no longer be changed; the text waits for the next click", job.id)
        except BotError as error:  # the essay was deleted, or the store is gone: the next click tells
            log.info("panel of job %d: %s", job.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: a bug is logged, without any words
            error_message(error)
        finally:
            panel.reported.set()
            looking.cancel()
            followed.panels.remove(panel)
            if self._panels.get(message) is panel:
                del self._panels[message]
            await panel.discard_prepared_end()

    async def _watch_job(self, job: Job, panel: JobPanel) -> None:
        """Keeps the latest state of the job beside the panel, until its end."""
        try:
            async for view in self._jobs.watch(job.writer, job.id):
                panel.view = view
                panel.updated.set()
            if not panel.is_muted:
                panel.prepare_end()
        finally:
            panel.job_ended.set()
            panel.updated.set()

    async def _show_states(self, panel: JobPanel) -> None:
        """Shows state after state until the job is over. Raises TargetGone."""
        loop = asyncio.get_running_loop()
        while not panel.job_ended.is_set():
            panel.updated.clear()
            if (card := self._due_card(panel)) is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._seconds_until_due(panel)):
                        await panel.updated.wait()
                continue
            began = loop.time()
            if isinstance(await self._show(panel, card), PanelReplaced) and panel.unrelated_card is not None:
                continue  # what the click showed comes back at once
            took = loop.time() - began
            await self._pause(self._edit_seconds)
            # Slower when Discord answers slower or stumbles, so that edits never queue up there; not before the end.
            slower = max(took, self._edit_seconds * 2**panel.failures) - self._edit_seconds
            if slower > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(slower, _MAX_EDIT_INTERVAL_SECONDS)):
                        await panel.job_ended.wait()

    def _due_card(self, panel: JobPanel) -> Card | None:
        """What is to be shown now; None where that stands there already."""
        if panel.take_overtaken():
            panel.is_uncertain = True
        if panel.unrelated_card is not None:
            return panel.unrelated_card if panel.is_uncertain and not panel.is_lost else None
        if panel.view is None or panel.is_lost:
            return None
        card = panel.watch.card(panel.view)
        if panel.refusal is not None:
            card = jobs.without_refused_text(card, panel.refusal)
        left = panel.target.seconds_left(self._clock())
        if left is not None and left <= EXPIRY_NOTICE_SECONDS:
            if (after := panel.target.fallback()) is not None:
                panel.target = after
            else:
                card = jobs.with_expiry_notice(card, panel.view.job)
        return card if card != panel.shown or panel.is_uncertain else None

    def _seconds_until_due(self, panel: JobPanel) -> float | None:
        """Seconds until the panel must be changed though there is no news; None where it need not be."""
        left, late = panel.target.seconds_left(self._clock()), panel.traffic.late_until
        last = None if left is None or panel.is_muted or left <= EXPIRY_NOTICE_SECONDS else left - EXPIRY_NOTICE_SECONDS
        again = None if not late or panel.is_lost else max(0.0, late - asyncio.get_running_loop().time())
        return min((one for one in (last, again) if one is not None), default=None)

    async def _show(self, panel: JobPanel, card: Card) -> Exception | None:
        """Shows a state on the way; why it may not have been shown.

        One that fails is tried again in the newest form; a refused one is withheld.
        """
        error = await panel.edit(card)
        if error is not None and is_refused(error):
            panel.refusal, panel.shown, panel.is_uncertain = error_message(error), card, False
        return error

    async def _show_end(self, panel: JobPanel) -> Card | None:
        """Shows what came of the job, trying again where Discord stumbles; returns what is to be said of it beside.

        None for nothing. Where a click has shown something else, that stays. Raises TargetGone.
        """
        end, above = None, PanelContent.OTHER
        waits = deque((0.0, *_RETRY_DELAYS_SECONDS))
        while waits and not panel.is_lost:
            await self._pause(waits.popleft())
            if panel.unrelated_card is not None:
                error = await panel.edit(panel.unrelated_card) if panel.is_uncertain else None
            else:
                end = await panel.final_response()
                error, above = await self._show_final(panel, end)
            if error is None:
                break
            if isinstance(error, PanelReplaced):
                waits.appendleft(0.0)
        if panel.view is None:
            return None
        if panel.unrelated_card is not None:
            above = PanelContent.OTHER
        if end is None:  # nothing of it can be shown there; what is said of it is true all the same
            end = await panel.final_response()
        ways = panel.watch.result_buttons
        return jobs.job_ended_card(
            panel.view,
            panel_content=above,
            result_buttons=ways,
            unfinished=end.is_unfinished,
            side_version=end.side_version,
        )

    async def _show_final(self, panel: JobPanel, end: ShowCard) -> tuple[Exception | None, PanelContent]:
        """Shows the end; why it may not have been shown, and what stands on the panel then.

        Where the text is refused, a sentence is shown in its place, so that nobody waits in front of "Writing".
        """
        error = await panel.edit(end.card)
        if error is None:
            end.on_shown()
            return None, PanelContent.RESULT
        if not is_refused(error):
            return error, PanelContent.OTHER
        told, ways = error_message(error) or "", panel.watch.result_buttons
        for card in (jobs.without_refused_text(end.card, told, ways), jobs.refused_card(told, ways)):
            error = await panel.edit(card)
            if error is None:
                return None, PanelContent.REFUSAL_NOTICE
            if not is_refused(error):
                break
        return error, PanelContent.OTHER

    async def _report_end(self, job: Job, panel: JobPanel, card: Card, followed: _JobFollowers) -> None:
        """Says it in a message of its own, once for all panels of the job: where the writer was last, if that can be.

        Raises TargetGone.
        """
        for later in followed.panels_after(panel):
            await later.reported.wait()
        async with followed.report_lock:
            if not followed.is_reported:
                followed.is_reported = await self._send_report(job, panel, card)

    async def _send_report(self, job: Job, panel: JobPanel, card: Card) -> bool:
        """Says it, trying again where Discord stumbles; whether it was said. Raises TargetGone."""
        nonce = secrets.token_hex(12)
        waits = deque((0.0, *_RETRY_DELAYS_SECONDS))
        while waits:
            await self._pause(waits.popleft())
            if panel.target.is_bot_dm:
                self._on_message_sent(
                    job.writer
                )  # before: it may be seen long before discord.py, which keeps to limits, returns
            try:
                await panel.target.send(card, nonce)
            except TargetGone:
                panel.use_fallback_target()
                waits.appendleft(0.0)
            except DISCORD_ERRORS as error:
                log.info("the end of a job could not be told: %s", error_for_log(error))
                if is_refused(error):
                    return False
            else:
                return True
        return False

    async def _repair(self, panel: JobPanel) -> None:
        """Shows what stands there once more, where a change that was given up may have come behind it."""
        for _ in range(_MAX_REPAIRS):
            if panel.is_lost or not panel.traffic.late_until:
                return
            await self._pause(max(0.0, panel.traffic.late_until - asyncio.get_running_loop().time()))
            panel.traffic.late_until = 0.0
            while isinstance(await panel.edit(panel.shown), PanelReplaced) and not panel.is_lost:
                pass  # a click came in between: what that has shown is shown again
