"""Panels that watch a job: each shows how far it is, and its end.

A panel is known by its message; the latest click on it brings the token by which it can be edited. When that dies, the
watch goes on by the channel in the bot's own DM and ends quietly elsewhere: what the job writes waits in the store for
the next click.
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

from bot.discord_ui.addresses import STUMBLES, Address, AddressGone
from bot.discord_ui.cards import Card
from bot.discord_ui.live_panel import Panel, Replaced, named, refused
from bot.discord_ui.panels import running
from bot.discord_ui.panels.running import Above
from bot.discord_ui.replies import sentence
from bot.discord_ui.reply import Show, Watch
from bot.errors import BotError
from bot.workflow.jobs import Job
from bot.workflow.runner import JobRunner

log = logging.getLogger(__name__)

# No sooner than this after the last edit has come back. @original takes five requests in five seconds: with the answer
# to the click that goes before, the sixth comes no sooner than 4 x 1.25 s after it, though the first text waits for
# nothing.
EDIT_SECONDS = 1.25
# Before a token's fifteen minutes are over, so that the panel can still say where to look.
LAST_SECONDS = 60.0
_SLOWEST = 30.0  # seconds between two edits, however badly Discord does
_AGAIN_AFTER = (1.2, 3.0, 6.0)  # seconds: the end of a job is worth some patience with a service that stumbles
_KEPT = 1_000  # jobs of which it stays known whether their end was told
_ONCE_MORE = 3  # at most so often is what stands shown again, where a change given up may have come behind it


@dataclass(eq=False)
class _Followed:
    """The panels that follow one job, the one used last at the end, and whether its end has been told.

    ``ending``: the first of them waits to tell it. From then on the order stays, so that no two wait for each other.
    """

    panels: list[Panel] = field(default_factory=list)
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    ending: bool = False
    told: bool = False

    def used(self, panel: Panel) -> None:
        """The writer was there last."""
        if panel not in self.panels:
            self.panels.append(panel)
        elif not self.ending:
            self.panels.sort(key=lambda one: one is panel)

    def later(self, panel: Panel) -> list[Panel]:
        """Those that tell it first."""
        self.ending = True
        return self.panels[self.panels.index(panel) + 1 :]


class Live:
    """The watching panels of this process: a message follows one job at a time, a job may be followed by several.

    ``clock`` gives the time now; ``pause`` waits so many seconds between two edits; ``said`` learns that the writer is
    told something in a message of its own in the bot's DM.
    """

    def __init__(
        self,
        jobs: JobRunner,
        clock: Callable[[], datetime],
        said: Callable[[str], None],
        edit_seconds: float = EDIT_SECONDS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._said = said
        self._edit_seconds = edit_seconds
        self._pause = pause
        self._panels: dict[int, Panel] = {}  # by message
        self._followed: OrderedDict[int, _Followed] = OrderedDict()  # by job
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, watch: Watch, message: int, address: Address, shown: Card) -> None:
        """Lets the panel, a message's id, follow the job from what it shows now. Returns at once."""
        followed = self._follows(watch.job)
        before = self._panels.get(message)
        if before is not None and before.watch.job.id == watch.job.id and not before.over.is_set():
            before.begin(watch, address, shown)
            followed.used(before)
            return
        panel = Panel(watch, address, shown) if before is None else before.give_way(watch, address, shown)
        self._panels[message] = panel
        followed.used(panel)
        task = asyncio.create_task(self._follow(message, panel, followed), name=f"panel-of-job-{watch.job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self, message: int, address: Address, shown: Card) -> None:
        """The message shows this from now on, which stays: the end of the job is told in a message of its own alone."""
        if (panel := self._panels.get(message)) is not None:
            panel.leave(address, shown)
            self._follows(panel.watch.job).used(panel)

    async def finish(self, seconds: float) -> None:
        """Waits until every panel has shown the end of its job, but no longer than so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _follows(self, job: Job) -> _Followed:
        """What is known of a job. A click may come long after its end, so the last ones are kept."""
        followed = self._followed.setdefault(job.id, _Followed())
        self._followed.move_to_end(job.id)
        while len(self._followed) > _KEPT and not next(iter(self._followed.values())).panels:
            self._followed.popitem(last=False)
        return followed

    async def _follow(self, message: int, panel: Panel, followed: _Followed) -> None:
        job = panel.watch.job
        looking = asyncio.create_task(self._look(job, panel), name=f"look-at-job-{job.id}")
        try:
            await self._show_states(panel)
            await looking  # raises what ended it
            card = await self._show_end(panel)
            if card is not None:
                await self._tell(job, panel, card, followed)
            panel.passed.set()
            if not panel.doubtful:  # what is meant to stand there could be shown
                await self._put_right(panel)
        except AddressGone:
            log.info("panel of job %d: it can no longer be changed; the text waits for the next click", job.id)
        except BotError as error:  # the essay was deleted, or the store is gone: the next click tells
            log.info("panel of job %d: %s", job.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: a bug is logged, without any words
            sentence(error)
        finally:
            panel.passed.set()
            looking.cancel()
            followed.panels.remove(panel)
            if self._panels.get(message) is panel:
                del self._panels[message]
            await panel.drop_ending()

    async def _look(self, job: Job, panel: Panel) -> None:
        """Keeps the latest state of the job beside the panel, until its end."""
        try:
            async for view in self._jobs.watch(job.writer, job.id):
                panel.view = view
                panel.news.set()
            if not panel.mute:
                panel.prepare()
        finally:
            panel.over.set()
            panel.news.set()

    async def _show_states(self, panel: Panel) -> None:
        """Shows state after state until the job is over. Raises AddressGone."""
        loop = asyncio.get_running_loop()
        while not panel.over.is_set():
            panel.news.clear()
            if (card := self._due(panel)) is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._until_due(panel)):
                        await panel.news.wait()
                continue
            began = loop.time()
            if isinstance(await self._show(panel, card), Replaced) and panel.left is not None:
                continue  # what the click showed comes back at once
            took = loop.time() - began
            await self._pause(self._edit_seconds)
            # Slower when Discord answers slower or stumbles, so that edits never queue up there; not before the end.
            slower = max(took, self._edit_seconds * 2**panel.failures) - self._edit_seconds
            if slower > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(slower, _SLOWEST)):
                        await panel.over.wait()

    def _due(self, panel: Panel) -> Card | None:
        """What is to be shown now; None where that stands there already."""
        if panel.overtaken():
            panel.doubtful = True
        if panel.left is not None:
            return panel.left if panel.doubtful and not panel.lost else None
        if panel.view is None or panel.lost:
            return None
        card = panel.watch.card(panel.view)
        if panel.withheld is not None:
            card = running.withheld(card, panel.withheld)
        left = panel.address.left(self._clock())
        if left is not None and left <= LAST_SECONDS:
            if (after := panel.address.after()) is not None:
                panel.address = after
            else:
                card = running.farewell(card, panel.view.job)
        return card if card != panel.shown or panel.doubtful else None

    def _until_due(self, panel: Panel) -> float | None:
        """Seconds until the panel must be changed though there is no news; None where it need not be."""
        left, late = panel.address.left(self._clock()), panel.traffic.late
        last = None if left is None or panel.mute or left <= LAST_SECONDS else left - LAST_SECONDS
        again = None if not late or panel.lost else max(0.0, late - asyncio.get_running_loop().time())
        return min((one for one in (last, again) if one is not None), default=None)

    async def _show(self, panel: Panel, card: Card) -> Exception | None:
        """Shows a state on the way; why it may not have been shown.

        One that fails is tried again in the newest form; a refused one is withheld.
        """
        error = await panel.change(card)
        if error is not None and refused(error):
            panel.withheld, panel.shown, panel.doubtful = sentence(error), card, False
        return error

    async def _show_end(self, panel: Panel) -> Card | None:
        """Shows what came of the job, trying again where Discord stumbles; returns what is to be said of it beside.

        None for nothing. Where a click has shown something else, that stays. Raises AddressGone.
        """
        end, above = None, Above.OTHER
        waits = deque((0.0, *_AGAIN_AFTER))
        while waits and not panel.lost:
            await self._pause(waits.popleft())
            if panel.left is not None:
                error = await panel.change(panel.left) if panel.doubtful else None
            else:
                end = await panel.end()
                error, above = await self._shown(panel, end)
            if error is None:
                break
            if isinstance(error, Replaced):
                waits.appendleft(0.0)
        if panel.view is None:
            return None
        if panel.left is not None:
            above = Above.OTHER
        if end is None:  # nothing of it can be shown there; what is said of it is true all the same
            end = await panel.end()
        ways = panel.watch.ways
        return running.ended(panel.view, above=above, ways=ways, unfinished=end.unfinished, beside=end.beside)

    async def _shown(self, panel: Panel, end: Show) -> tuple[Exception | None, Above]:
        """Shows the end; why it may not have been shown, and what stands on the panel then.

        Where the text is refused, a sentence is shown in its place, so that nobody waits in front of "Writing".
        """
        error = await panel.change(end.card)
        if error is None:
            end.seen()
            return None, Above.ALL
        if not refused(error):
            return error, Above.OTHER
        told, ways = sentence(error) or "", panel.watch.ways
        for card in (running.withheld(end.card, told, ways), running.unshown(told, ways)):
            error = await panel.change(card)
            if error is None:
                return None, Above.REFUSAL
            if not refused(error):
                break
        return error, Above.OTHER

    async def _tell(self, job: Job, panel: Panel, card: Card, followed: _Followed) -> None:
        """Says it in a message of its own, once for all panels of the job: where the writer was last, if that can be.

        Raises AddressGone.
        """
        for later in followed.later(panel):
            await later.passed.wait()
        async with followed.telling:
            if not followed.told:
                followed.told = await self._say(job, panel, card)

    async def _say(self, job: Job, panel: Panel, card: Card) -> bool:
        """Says it, trying again where Discord stumbles; whether it was said. Raises AddressGone."""
        nonce = secrets.token_hex(12)
        waits = deque((0.0, *_AGAIN_AFTER))
        while waits:
            await self._pause(waits.popleft())
            if panel.address.own_dm:
                self._said(job.writer)  # before: it may be seen long before discord.py, which keeps to limits, returns
            try:
                await panel.address.say(card, nonce)
            except AddressGone:
                panel.move()
                waits.appendleft(0.0)
            except STUMBLES as error:
                log.info("the end of a job could not be told: %s", named(error))
                if refused(error):
                    return False
            else:
                return True
        return False

    async def _put_right(self, panel: Panel) -> None:
        """Shows what stands there once more, where a change that was given up may have come behind it."""
        for _ in range(_ONCE_MORE):
            if panel.lost or not panel.traffic.late:
                return
            await self._pause(max(0.0, panel.traffic.late - asyncio.get_running_loop().time()))
            panel.traffic.late = 0.0
            while isinstance(await panel.change(panel.shown), Replaced) and not panel.lost:
                pass  # a click came in between: what that has shown is shown again
