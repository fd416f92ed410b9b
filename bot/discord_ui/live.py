"""Panels that watch a job: each shows how far it is, and its end.

A panel is known by its message; the latest click on it brings the token by which it can be edited. When that dies, the
watch goes on by the channel in the bot's own DM and ends quietly elsewhere: what the job writes waits in the store for
the next click.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import discord

from bot.discord_ui.addresses import STUMBLES, Address, AddressGone, ByChannel, ByToken, MessageGone
from bot.discord_ui.cards import Card
from bot.discord_ui.panels import running
from bot.discord_ui.replies import sentence
from bot.discord_ui.reply import Show, Watch
from bot.errors import BotError
from bot.workflow.jobs import Job, JobView
from bot.workflow.runner import JobRunner

__all__ = ["EDIT_SECONDS", "ByChannel", "ByToken", "Live"]

log = logging.getLogger(__name__)

# No sooner than this after the last edit has come back. @original takes five requests in five seconds: with the answer
# to the click that goes before, the sixth comes no sooner than 4 x 1.25 s after it, though the first text waits for
# nothing.
EDIT_SECONDS = 1.25
# Before a token's fifteen minutes are over, so that the panel can still say where to look.
LAST_SECONDS = 60.0
# discord.py tries a request again for up to 25 s: time in which a panel would show an ever older state.
_EDIT_PATIENCE = 10.0
_EDIT_PATIENCE_AT_THE_END = 1.0  # for a state on the way, once the end can be shown in its place
_SLOWEST = 30.0  # seconds between two edits, however badly Discord does
_AGAIN_AFTER = (1.2, 3.0, 6.0)  # seconds: the end of a job is worth some patience with a service that stumbles


@dataclass(eq=False)
class _Panel:
    """A watching panel. What it shows, and where, is replaced when it is clicked meanwhile.

    ``doubtful``: what stands in the message may be something else than ``shown``. ``withheld``: the sentence that
    stands in for a text that Discord refuses. ``mute``: the message shows something else by now, or is deleted.
    ``ending``: what comes of the job for which watch, being made ready while the panel may not be changed yet.
    """

    watch: Watch
    address: Address
    shown: Card
    view: JobView | None = None
    doubtful: bool = False
    withheld: str | None = None
    mute: bool = False
    failures: int = 0
    edited: bool = False
    ending: tuple[Watch, asyncio.Future[Show]] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, watch: Watch, address: Address, shown: Card) -> None:
        """A click has shown this. An edit that is under way may come after it, and undo it: then it is shown again."""
        self.doubtful = self.edited  # nobody knows which of the two came last
        self.watch, self.address, self.shown = watch, address, shown
        self.withheld, self.mute, self.failures = None, False, 0
        self.news.set()

    def prepare(self) -> None:
        """Begins to make ready what the panel will show at the end."""
        self.ending = (self.watch, asyncio.ensure_future(self.watch.end()))

    async def end(self) -> Show:
        """What the panel shows at the end: once what was made ready, and anew each time after that.

        Anew because the writer may have changed the text by other panels meanwhile.
        """
        ready, self.ending = self.ending, None
        if ready is not None and ready[0] is self.watch:
            return await ready[1]
        return await self.watch.end()


class Live:
    """The watching panels of this process, by job and message.

    ``clock`` gives the time now; ``pause`` waits so many seconds between two edits.
    """

    def __init__(
        self,
        jobs: JobRunner,
        clock: Callable[[], datetime],
        edit_seconds: float = EDIT_SECONDS,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._jobs = jobs
        self._clock = clock
        self._edit_seconds = edit_seconds
        self._pause = pause
        self._panels: dict[tuple[int, int], _Panel] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def watch(self, watch: Watch, message: int, address: Address, shown: Card) -> None:
        """Lets the panel, a message's id, follow the job from what it shows now. Returns at once."""
        key = (watch.job.id, message)
        if (panel := self._panels.get(key)) is not None:
            panel.begin(watch, address, shown)
            return
        self._panels[key] = _Panel(watch, address, shown)
        task = asyncio.create_task(self._follow(watch.job, key), name=f"panel-of-job-{watch.job.id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self, message: int) -> None:
        """The message shows something else from now on: only the end of the job is told, in a message of its own."""
        for (_, at), panel in self._panels.items():
            panel.mute = panel.mute or at == message

    async def finish(self, seconds: float) -> None:
        """Waits until every panel has shown the end of its job, but no longer than so many seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _follow(self, job: Job, key: tuple[int, int]) -> None:
        panel = self._panels[key]
        looking = asyncio.create_task(self._look(job, panel), name=f"look-at-job-{job.id}")
        try:
            await self._show_states(panel)
            await looking  # raises what ended it
            del self._panels[key]  # a click from here on finds the job ended, and follows nothing
            await self._show_end(panel)
        except AddressGone:
            log.info("panel of job %d: it can no longer be changed; the text waits for the next click", job.id)
        except BotError as error:  # the essay was deleted, or the store is gone: the next click tells
            log.info("panel of job %d: %s", job.id, type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: a bug is logged, without any words
            sentence(error)
        finally:
            looking.cancel()
            self._panels.pop(key, None)
            if panel.ending is not None:  # nobody will see it, whatever has come of it
                panel.ending[1].cancel()
                await asyncio.gather(panel.ending[1], return_exceptions=True)

    async def _look(self, job: Job, panel: _Panel) -> None:
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

    async def _show_states(self, panel: _Panel) -> None:
        """Shows state after state until the job is over. Raises AddressGone."""
        loop = asyncio.get_running_loop()
        while not panel.over.is_set():
            panel.news.clear()
            if (card := self._due(panel)) is None:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._until_last(panel)):
                        await panel.news.wait()
                continue
            began = loop.time()
            await self._show(panel, card)
            took = loop.time() - began
            await self._pause(self._edit_seconds)
            # Slower when Discord answers slower or stumbles, so that edits never queue up there; not before the end.
            slower = max(took, self._edit_seconds * 2**panel.failures) - self._edit_seconds
            if slower > 0:
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(slower, _SLOWEST)):
                        await panel.over.wait()

    def _due(self, panel: _Panel) -> Card | None:
        """What is to be shown now; None where that stands there already."""
        if panel.view is None or panel.mute:
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

    def _until_last(self, panel: _Panel) -> float | None:
        """Seconds until the panel must say where to look; None where it need not, or has."""
        left = panel.address.left(self._clock())
        return None if left is None or panel.mute or left <= LAST_SECONDS else left - LAST_SECONDS

    async def _show(self, panel: _Panel, card: Card) -> None:
        """Shows a state on the way. One that fails is tried again in the newest form; a refused one is withheld."""
        error = await self._edit(panel, card)
        if error is None:
            return
        if _refused(error):
            panel.withheld, panel.shown, panel.doubtful = sentence(error), card, False

    async def _edit(self, panel: _Panel, card: Card) -> Exception | None:
        """Shows the card, where the panel is now; returns why it may not have. Raises AddressGone.

        Where a click replaced the panel meanwhile, what came of this edit does not matter.
        """
        address = panel.address
        panel.edited = True
        task = asyncio.create_task(address.edit(card))
        over = asyncio.create_task(panel.over.wait())
        try:
            at_once = (task,) if panel.over.is_set() else (task, over)
            await asyncio.wait(at_once, timeout=_EDIT_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and len(at_once) == 2 and over.done():
                await asyncio.wait((task,), timeout=_EDIT_PATIENCE_AT_THE_END)
        finally:
            task.cancel()
            over.cancel()
        await asyncio.gather(task, over, return_exceptions=True)
        if panel.address is not address:
            panel.doubtful = True
            return None
        error = TimeoutError() if task.cancelled() else task.exception()
        panel.doubtful = error is not None
        panel.failures = panel.failures + 1 if error is not None else 0
        if error is None:
            panel.shown = card
            return None
        log.info("a panel could not be edited: %s", _named(error))
        if isinstance(error, AddressGone):
            self._move(panel)
            return error
        if isinstance(error, MessageGone):
            panel.mute = True
            return error
        if not isinstance(error, STUMBLES):
            raise error
        return error

    def _move(self, panel: _Panel) -> None:
        """Goes on where the panel can still be reached. Raises AddressGone where that is nowhere."""
        after = panel.address.after()
        if after is None:
            raise AddressGone
        panel.address = after

    async def _show_end(self, panel: _Panel) -> None:
        """Shows what came of the job, trying again where Discord stumbles, and says so in a message of its own.

        Where the text is refused, a sentence is shown in its place, so that nobody waits in front of "Writing".
        """
        above, end = False, None
        for wait in (0.0, *_AGAIN_AFTER):
            if panel.mute:
                break
            await self._pause(wait)
            end = await panel.end()
            error = await self._edit(panel, end.card)
            if error is None:
                end.seen()
            if error is not None and _refused(error):
                told, ways = sentence(error) or "", panel.watch.ways
                error = await self._edit(panel, running.withheld(end.card, told, ways))
                if error is not None and _refused(error):
                    error = await self._edit(panel, running.unshown(told, ways))
            if error is None:
                above = True
                break
        ways = panel.watch.ways
        if panel.view is None:
            return
        if end is None:  # nothing of it can be shown there; what is said of it is true all the same
            end = await panel.end()
        card = running.ended(panel.view, above=above, ways=ways, unfinished=end.unfinished, beside=end.beside)
        if card is not None:
            await self._say(panel, card)

    async def _say(self, panel: _Panel, card: Card) -> None:
        """Says it in a message of its own. Raises AddressGone."""
        try:
            await panel.address.say(card)
        except AddressGone:
            self._move(panel)
            await self._say(panel, card)
        except STUMBLES as error:
            log.info("the end of a job could not be told: %s", _named(error))


def _refused(error: Exception) -> bool:
    """Whether Discord would refuse the same again."""
    return isinstance(error, discord.HTTPException) and 400 <= error.status < 500 and error.status != 429


def _named(error: BaseException) -> str:
    """An error for the log: its kind and Discord's numbers, no text."""
    if isinstance(error, discord.HTTPException):
        return f"{type(error).__name__} {error.status}/{error.code}"
    return type(error).__name__
