"""The simulator itself: one object that a test starts, fills with people, and asks."""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from aiohttp import web

from tests.simulators.discord.clock import Clock
from tests.simulators.discord.commands import Commands, Sync
from tests.simulators.discord.fault_injection import Fault, Faults
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.interactions import InteractionHandler
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.messages import Desk
from tests.simulators.discord.models import MANAGE_GUILD, Channel, DmPolicy, Guild, Message, Upload
from tests.simulators.discord.rate_limits import RateLimiter, Violation
from tests.simulators.discord.redirect_bot import environment, point
from tests.simulators.discord.rest import Rest, Served
from tests.simulators.discord.routes import Routes
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.timeline import Timeline
from tests.simulators.discord.uploads import Body
from tests.simulators.discord.users import User
from tests.simulators.discord.world import World


class DiscordSimulator:
    """A loopback Discord for one bot. Use it as an async context manager; it serves 127.0.0.1 on a free port.

    Attributes:
        clock: moves time (:meth:`Clock.advance`) past deadlines, token lifetimes and link expiry.
        timeline: everything anyone saw.
        gateway: drops, reconnects, duplicates, counts of IDENTIFY and RESUME, shards that were served twice at once.
        commands: what is registered, and every sync.
    """

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.world = World(self.settings)
        self.clock: Clock = self.world.clock
        self.timeline: Timeline = self.world.timeline
        self.gateway = Gateway(self.settings, self.timeline)
        self.gateway.ready = self._ready
        self.gateway.servers = lambda: [one.id for one in self.world.guilds.values() if one.bot]
        self.desk = Desk(self.world, self.gateway)
        self.interactions = InteractionHandler(self.world, self.gateway, self.desk)
        self.commands = Commands(self.settings, self.clock)
        self.limiter = RateLimiter(self.settings, self.clock)
        self.faults = Faults(self.timeline)
        self.rest = Rest(self.settings, self.timeline, self.limiter, self.faults, self.interactions.application)
        Routes(self.world, self.rest, self.gateway, self.desk, self.interactions, self.commands)
        self.address = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        router = self.rest.app.router
        router.add_get("/gateway", self.gateway.serve)
        router.add_get("/gateway/", self.gateway.serve)
        for folder in ("attachments", "ephemeral-attachments"):
            router.add_get(f"/{folder}/{{channel}}/{{id:\\d+}}/{{name}}", self.world.files.serve)
        self._runner = web.AppRunner(self.rest.app, shutdown_timeout=0.2, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self.address = self.world.files.base = f"http://127.0.0.1:{port}"
        self.gateway.url = f"ws://127.0.0.1:{port}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.interactions.close()
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self.rest.crashes:
            raise ExceptionGroup("the simulator itself failed", self.rest.crashes)

    # Pointing a bot here.

    @property
    def token(self) -> str:
        """What the bot logs in with."""
        return self.settings.token

    def point(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Sends every bot of this process here until the test ends."""
        point(monkeypatch, self.address)

    def environment(self, folder: Path) -> dict[str, str]:
        """The environment for a bot in another process; ``folder`` receives its sitecustomize.py."""
        return environment(self.address, folder)

    # People and places.

    def user(self, name: str, *, installed: bool = False, dms: DmPolicy = "open") -> User:
        """A person. ``installed``: they installed the app themselves. ``dms``: whether the bot may write to them."""
        if any(one.name == name for one in self.world.accounts.values()):
            raise ValueError(f"there is already a person named {name!r}, and the timeline tells people apart by name")
        return User(self, self.world.account(name, installed=installed, dms=dms))

    @property
    def owner(self) -> User:
        """Who owns the application, as /oauth2/applications/@me says."""
        return User(self, self.world.owner)

    def guild(
        self,
        name: str,
        *,
        bot: bool = True,
        external_apps: bool = True,
        channels: tuple[str, ...] = ("general",),
        members: tuple[User, ...] = (),
        managers: tuple[User, ...] = (),
        roles: tuple[str, ...] = (),
        shard: tuple[int, int] = (0, 1),
    ) -> Guild:
        """A server. Who acts in it becomes a member, ``members`` are from the start, ``managers`` may manage it.

        Args:
            bot: False when it has not added the app, so that only people who installed it can use it there.
            external_apps: False when such people's answers there are forced to be ephemeral.
            shard: the number of the shard that its id makes it belong to, and the count of all.
        """
        guild = self.world.guild(name, bot=bot, external_apps=external_apps, channels=channels, shard=shard)
        for one in (*members, *managers):
            self.world.enter(one.account, guild.general)
        for one in managers:
            guild.members[one.id] |= MANAGE_GUILD
        guild.roles = {self.world.clock.snowflake(): name for name in roles}
        return guild

    def thread(self, place: Channel | Guild, name: str) -> Channel:
        """A public thread of a server's channel, begun by nobody in particular."""
        return self.world.thread(place.general if isinstance(place, Guild) else place, name)

    def threads(self, place: Channel | Guild) -> list[Channel]:
        """The threads of a channel that are not deleted, oldest first."""
        channel = place.general if isinstance(place, Guild) else place
        return [one for one in self.world.channels.values() if one.parent is channel]

    def private(self, *people: User) -> Channel:
        """A DM between people, without the bot."""
        return self.world.private(tuple(one.account for one in people))

    async def posted_by_app(self, place: Channel | Guild, **payload: object) -> Message:
        """A message of another application's, from ``content``, ``embeds``, ``components``, ``flags``."""
        channel = place.general if isinstance(place, Guild) else place
        return await self.desk.post(channel, Body(dict(payload), {}), author=self.world.other_app)

    # Faults.

    def fail_next(
        self,
        method: str,
        path: str,
        status: int,
        code: int | None = None,
        times: int | None = 1,
        *,
        applied: bool = False,
        retry_after: float = 1.0,
    ) -> Fault:
        """See :meth:`Faults.fail_next`: ``sim.fail_next("PATCH", "/webhooks/*/messages/@original", 500)``."""
        return self.faults.fail_next(method, path, status, code, times, applied=applied, retry_after=retry_after)

    def delay(self, method: str, path: str, seconds: float, times: int | None = None) -> Fault:
        """Answers matching requests later."""
        return self.faults.delay(method, path, seconds, times)

    def hold(self, method: str, path: str, times: int | None = 1) -> Fault:
        """Keeps matching requests on their way until the fault is released."""
        return self.faults.hold(method, path, times)

    def automod(self, blocked: Callable[[str], bool] | None) -> None:
        """Refuses sends and edits in servers whose text the predicate is true for (400/200000). None ends it."""
        self.desk.automod = blocked

    def delete_file(self, upload: Upload) -> None:
        """Its address answers 404 from now on."""
        upload.deleted = True

    # Findings.

    @property
    def messages(self) -> list[Message]:
        """Every message that is not deleted, oldest first, ephemeral ones too."""
        return [one for _, one in sorted(self.world.messages.items()) if not one.deleted]

    @property
    def violations(self) -> list[Violation]:
        """Every 429 the bot was given."""
        return self.limiter.violations

    @property
    def syncs(self) -> list[Sync]:
        return self.commands.syncs

    @property
    def served(self) -> list[Served]:
        """Every REST request and how it was answered."""
        return self.rest.served

    @property
    def refused(self) -> list[Served]:
        return self.rest.refused

    @property
    def pings(self) -> list[str]:
        """Everything that any message of the bot notified."""
        return [ping for one in self.world.messages.values() for ping in one.pings]

    def _ready(self) -> Json:
        """READY without its session fields. No servers are listed: caches are not imitated."""
        bot = self.world.bot
        about = {"id": str(bot.id), "flags": 0}
        return {
            "v": 10,
            "user": bot.payload(),
            "guilds": [],
            "application": about,
            "private_channels": [],
            "relationships": [],
        }
