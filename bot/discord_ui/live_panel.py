"""One message that shows how far a job is: what stands in it, and one request at a time that changes it.

Discord shows whichever change arrives last, and a change may arrive late: discord.py tries one again where Discord
stumbles, and one that was given up may still be on its way. So whatever is meant to stand there is shown once more
where an older change may have come behind it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field

import discord

from bot.discord_ui.addresses import MISSING_ACCESS, STUMBLES, Address, AddressGone, MessageGone
from bot.discord_ui.cards import Card
from bot.discord_ui.reply import Show, Watch
from bot.workflow.jobs import JobView

log = logging.getLogger(__name__)

# discord.py tries a request again for up to 25 s: time in which a panel would show an ever older state.
_PATIENCE = 10.0
_PATIENCE_FOR_THE_OLD = 1.0  # for a change once something newer can be shown in its place
LATE_SECONDS = 5.0  # a change that was given up has come by then, or never will


class Replaced(Exception):
    """Something newer was shown in the message, or is about to be."""


@dataclass(eq=False)
class Traffic:
    """What is on its way to one message, whichever job it shows. ``late``: until when, by the loop's clock, a change
    that was given up may still come; 0.0 where there is none."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    late: float = 0.0


@dataclass(eq=False)
class Panel:
    """A message that follows a job. What it shows, and where, is replaced when it is clicked meanwhile.

    ``left`` is what a click showed there that has nothing to do with the job: it stays. ``doubtful``: what stands in
    the message may be something else than ``shown``. ``withheld``: the sentence that stands in for a text that Discord
    refuses. ``lost``: the message can be changed no more, or is another job's. ``ending``: what comes of the job, being
    made ready while the panel may not be changed yet. ``passed``: it has told the end, or never will.
    """

    watch: Watch
    address: Address
    shown: Card
    traffic: Traffic = field(default_factory=Traffic)
    view: JobView | None = None
    left: Card | None = None
    doubtful: bool = False
    withheld: str | None = None
    lost: bool = False
    failures: int = 0
    ending: asyncio.Future[Show] | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    replaced: asyncio.Event = field(default_factory=asyncio.Event)
    passed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def mute(self) -> bool:
        """Whether nothing of the job is to be shown in the message."""
        return self.lost or self.left is not None

    def begin(self, watch: Watch, address: Address, shown: Card) -> None:
        """A click has shown this, which follows the job."""
        self.watch, self.left, self.withheld, self.failures = watch, None, None, 0
        self._replace(address, shown)

    def leave(self, address: Address, shown: Card) -> None:
        """A click has shown this, which follows nothing."""
        self.left = shown
        self._replace(address, shown)

    def _replace(self, address: Address, shown: Card) -> None:
        self.address, self.shown, self.lost = address, shown, False
        self.doubtful = self.traffic.lock.locked()  # nobody knows which of the two comes last
        self.replaced.set()
        self.news.set()

    def give_way(self, watch: Watch, address: Address, shown: Card) -> Panel:
        """The panel of what a click has shown there, which follows a job anew; this one changes the message no more."""
        self.lost = True
        self.replaced.set()
        self.news.set()
        return Panel(watch, address, shown, self.traffic, doubtful=self.traffic.lock.locked())

    def overtaken(self) -> bool:
        """Whether a change that was given up may by now have come behind what stands there. It says so once."""
        if not 0.0 < self.traffic.late <= asyncio.get_running_loop().time():
            return False
        self.traffic.late = 0.0
        return True

    def prepare(self) -> None:
        """Begins to make ready what the panel will show at the end."""
        self.ending = asyncio.ensure_future(self.watch.end())

    async def end(self) -> Show:
        """What the panel shows at the end: once what was made ready, and anew each time after that.

        Anew because the writer may have changed the text by other panels meanwhile.
        """
        ready, self.ending = self.ending, None
        return await (self.watch.end() if ready is None else ready)

    async def drop_ending(self) -> None:
        """Nobody will see what was made ready, whatever has come of it."""
        if self.ending is not None:
            self.ending.cancel()
            await asyncio.gather(self.ending, return_exceptions=True)

    async def change(self, card: Card) -> Exception | None:
        """Shows the card, where the panel is now; returns why it may not have been shown.

        That is Replaced where a click has shown something else meanwhile: then what came of this change does not
        matter. Raises AddressGone where it can be shown nowhere any more.
        """
        self.replaced.clear()
        asked = self.address
        async with self.traffic.lock:
            address = self.address
            if self.lost or address is not asked:
                return Replaced()
            error = await self._tried(address, card)
        if self.lost:
            return Replaced()
        if self.address is not address:
            self.doubtful = True
            return Replaced()
        self.doubtful = error is not None
        self.failures = self.failures + 1 if error is not None else 0
        if error is None:
            self.shown = card
            return None
        log.info("a panel could not be edited: %s", named(error))
        if isinstance(error, AddressGone):
            self.move()
        elif isinstance(error, MessageGone):
            self.lost = True
        elif not isinstance(error, STUMBLES):
            raise error
        return error

    async def _tried(self, address: Address, card: Card) -> Exception | None:
        """Why the card may not be shown there; it is given up after a time, a short one once something is newer."""
        loop = asyncio.get_running_loop()
        task = asyncio.create_task(address.edit(card))
        newer = [asyncio.create_task(self.replaced.wait())]
        if not self.over.is_set():
            newer.append(asyncio.create_task(self.over.wait()))
        try:
            await asyncio.wait((task, *newer), timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() and any(one.done() for one in newer):
                await asyncio.wait((task,), timeout=_PATIENCE_FOR_THE_OLD)
        finally:
            if task.cancel():
                self.traffic.late = loop.time() + LATE_SECONDS
            for one in newer:
                one.cancel()
        await asyncio.gather(task, *newer, return_exceptions=True)
        if task.cancelled():
            return TimeoutError()
        error = task.exception()
        assert error is None or isinstance(error, Exception)  # the others end the process
        return error

    def move(self) -> None:
        """Goes on where the panel can still be reached. Raises AddressGone where that is nowhere."""
        after = self.address.after()
        if after is None:
            raise AddressGone
        self.address = after


def refused(error: Exception) -> bool:
    """Whether Discord would refuse the same again."""
    if not isinstance(error, discord.HTTPException) or error.status == 429:
        return False
    return 400 <= error.status < 500 and error.code != MISSING_ACCESS


def named(error: BaseException) -> str:
    """An error for the log: its kind and Discord's numbers, no text."""
    if isinstance(error, discord.HTTPException):
        return f"{type(error).__name__} {error.status}/{error.code}"
    return type(error).__name__
