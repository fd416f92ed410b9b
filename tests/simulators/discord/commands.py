"""Registered commands, as the bot syncs them and as people are offered them."""

from dataclasses import dataclass

from tests.simulators.discord.check_commands import check_commands
from tests.simulators.discord.clock import Clock
from tests.simulators.discord.errors import ApiError
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import ADMINISTRATOR, Account, Channel
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.world import World

MOST_CREATES = 200  # "Registering a Command": new names a day for each server (and globally)
DAY = 86400.0
DEFAULTS: Json = {
    "type": 1,
    "description": "",
    "options": [],
    "default_member_permissions": None,
    "nsfw": False,
    "integration_types": [0],
    "contexts": None,
    "name_localizations": None,
    "description_localizations": None,
    "dm_permission": True,
}


class NotOfferedError(AssertionError):
    """A test asked for something that Discord's client would not let this person do."""


@dataclass(frozen=True, slots=True)
class Sync:
    """One bulk overwrite. ``changed`` is false when it put back exactly what was there, so need not have been sent."""

    at: float
    guild_id: int | None
    names: tuple[str, ...]
    changed: bool


class Commands:
    """The registry. Key None holds the global commands, others those of one server."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._stored: dict[int | None, list[Json]] = {}
        self._created: list[tuple[float, int | None]] = []
        self.syncs: list[Sync] = []
        """Every bulk overwrite: a test asserts that an unchanged definition was not sent again."""

    def all(self, scope: int | None = None) -> list[Json]:
        return self._stored.get(scope, [])

    def overwrite(self, commands: list[Json], scope: int | None, application: str) -> list[Json]:
        """PUT: replaces everything in a scope and returns what is stored. See :func:`check_commands` for refusals."""
        check_commands(commands, self._settings)
        before = self.all(scope)
        after = [self._stored_form(one, before, scope, application) for one in commands]
        names = tuple(str(one["name"]) for one in after)
        self.syncs.append(Sync(self._clock.now(), scope, names, changed=_bare(before) != _bare(after)))
        self._stored[scope] = after
        return after

    def upsert(self, command: Json, scope: int | None, application: str) -> Json:
        """POST: adds one command, or replaces the one of the same type and name."""
        check_commands([command], self._settings, single=True)
        before = self.all(scope)
        found = self._stored_form(command, before, scope, application)
        rest = [one for one in before if one["id"] != found["id"]]
        check_commands([*rest, found], self._settings)
        self._stored[scope] = [*rest, found]
        return found

    def one(self, number: str, scope: int | None) -> Json:
        for command in self.all(scope):
            if command["id"] == number:
                return command
        raise ApiError(404, 10063, "Unknown application command")

    def remove(self, number: str, scope: int | None) -> None:
        self.all(scope).remove(self.one(number, scope))

    def _stored_form(self, command: Json, before: list[Json], scope: int | None, application: str) -> Json:
        key = (command.get("type", 1), command["name"])
        known = next((one for one in before if (one["type"], one["name"]) == key), None)
        if known is None:
            now = self._clock.now()
            self._created = [one for one in self._created if now - one[0] < DAY]
            if sum(one[1] == scope for one in self._created) >= MOST_CREATES:
                raise ApiError(
                    400, 30034, f"Max number of daily application command creates has been reached ({MOST_CREATES})"
                )
            self._created.append((now, scope))
        number = known["id"] if known else str(self._clock.snowflake())
        given = {key: value for key, value in command.items() if value is not None}
        found = {**DEFAULTS, **given, "id": number, "application_id": application}
        same = known is not None and _bare([known]) == _bare([found])
        found["version"] = known["version"] if known and same else str(self._clock.snowflake())
        if scope is not None:
            found["guild_id"] = str(scope)
        return found

    # What people are offered.

    def offered(self, world: World, account: Account, channel: Channel, name: str, kind: int) -> tuple[Json, Json]:
        """The command a person finds in a place under a name, and the owners its interaction will name.

        Raises:
            NotOfferedError: when the client would not show it: not registered, not for this place, not installed, or
                not permitted.
        """
        guild = channel.guild
        scoped = self.all(guild.id) if guild is not None and guild.bot else []
        shown = [one for one in [*scoped, *self.all()] if one["type"] == kind]
        command = next((one for one in shown if one["name"] == name), None)
        if command is None:
            raise NotOfferedError(f"no command {name!r} is registered; there are {[one['name'] for one in shown]}")
        contexts = command["contexts"]
        if contexts is not None and channel.context not in contexts:
            raise NotOfferedError(
                f"{name!r} is not offered here: its contexts are {contexts}, this is {channel.context}"
            )
        owners = {
            key: value
            for key, value in world.owners(account, channel).items()
            if int(key) in command["integration_types"]
        }
        if not owners:
            raise NotOfferedError(
                f"{name!r} is not offered here: the app is installed neither here nor by {account.name}"
            )
        needed = command["default_member_permissions"]
        if needed is not None and guild is not None:
            held = guild.members.get(account.id, 0)
            if not held & ADMINISTRATOR and (int(needed) == 0 or held & int(needed) != int(needed)):
                raise NotOfferedError(f"{account.name} lacks the permissions that {name!r} asks for")
        return command, owners


def _bare(commands: list[Json]) -> list[Json]:
    assigned = ("id", "application_id", "version", "guild_id")
    return [{key: value for key, value in one.items() if key not in assigned} for one in commands]
