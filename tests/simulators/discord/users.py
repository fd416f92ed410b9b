"""People, as a test writes them. They can do what Discord's client lets them do, and see what it would show."""

# ruff: noqa: ASYNC109 - how long to wait is part of a test helper's interface; when time is up it says what was seen

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.simulators.discord.action_results import PATIENCE, Act
from tests.simulators.discord.check_commands import MESSAGE as MESSAGE_COMMAND
from tests.simulators.discord.check_commands import SLASH
from tests.simulators.discord.command_options import Attachment, Uploader, build_options
from tests.simulators.discord.commands import NotOfferedError
from tests.simulators.discord.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, SUBMIT
from tests.simulators.discord.json_types import HAS_SNAPSHOT, Json
from tests.simulators.discord.modals import fill
from tests.simulators.discord.models import Account, Channel, Guild, Message, Modal

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordSimulator

Place = Channel | Guild


@dataclass(frozen=True, slots=True)
class Screen:
    """What one person has before their eyes.

    Attributes:
        messages: everything visible to them in all places, oldest first.
        notices: each "The application did not respond" they were shown so far.
        modal: the form that opened last and is still open.
    """

    messages: tuple[Message, ...]
    notices: tuple[str, ...]
    modal: Modal | None

    @property
    def text(self) -> str:
        """All words of all messages, notices and the open form."""
        form = (self.modal.text,) if self.modal else ()
        return "\n\n".join([*(one.text for one in self.messages), *self.notices, *form])

    def at(self, place: Place) -> "Screen":
        """The same, with the messages of one place alone."""
        channel = place.general if isinstance(place, Guild) else place
        return replace(self, messages=tuple(one for one in self.messages if one.channel is channel))

    @property
    def last(self) -> Message | None:
        return self.messages[-1] if self.messages else None


class User:
    """One person. Every method that acts sends the event and returns at once; await what it returns for what they see.

    Raises (all of them):
        NotOfferedError: when Discord's client would not let this person do that here.
    """

    def __init__(self, sim: "DiscordSimulator", account: Account) -> None:
        self._sim = sim
        self.account = account

    @property
    def id(self) -> int:
        return self.account.id

    @property
    def name(self) -> str:
        return self.account.name

    @property
    def dm(self) -> Channel:
        """Their DM with the bot."""
        return self._sim.world.dm(self.account)

    @property
    def screen(self) -> Screen:
        world = self._sim.world
        forms = [one for one in world.modals[self.id] if one.open]
        return Screen(world.shown(self.account), tuple(world.notices[self.id]), forms[-1] if forms else None)

    async def sees(self, look: Callable[[Screen], object], timeout: float = PATIENCE) -> Screen:
        """Waits, woken by every change, until ``look(screen)`` is truthy, and returns that screen."""

        def seen() -> Screen | None:
            screen = self.screen
            return screen if look(screen) else None

        return await self._sim.timeline.until(
            seen, timeout, lambda: f"{self.name} sees only:\n{self.screen.text}", watching=self.name
        )

    async def slash(self, place: Place, name: str, **options: object) -> Act:
        """Uses a slash command; a subcommand is named with a space ("data export")."""
        return await self._command(place, name, options, focus=None)

    async def autocomplete(self, place: Place, name: str, focus: str, typed: str, **options: object) -> Act:
        """Types into an option with suggestions; the other options may be filled or missing."""
        return await self._command(place, name, {**options, focus: typed}, focus=focus)

    async def message_command(self, name: str, target: Message) -> Act:
        """Chooses an entry of a message's own menu."""
        self._must_see(target)
        channel = target.channel
        found = self._sim.commands.offered(self._sim.world, self.account, channel, name, MESSAGE_COMMAND)
        number = str(target.id)
        resolved = {"messages": {number: target.payload()}}
        data = {"id": found[0]["id"], "name": name, "type": MESSAGE_COMMAND, "target_id": number, "resolved": resolved}
        return await self._open(channel, COMMAND, data, found[1], f"{name} on a message")

    async def click(self, message: Message, label_or_custom_id: str) -> Act:
        """Presses a button they can see, found by its label or custom id."""
        self._must_see(message)
        found = [
            one
            for one in message.parts
            if one["type"] == 2 and label_or_custom_id in (one.get("label"), one.get("custom_id"))
        ]
        if len(found) != 1:
            raise NotOfferedError(f"{len(found)} buttons are {label_or_custom_id!r} in:\n{message.text}")
        button = found[0]
        if button.get("disabled") or not button.get("custom_id"):
            raise NotOfferedError(f"{label_or_custom_id!r} cannot be pressed, or is a link")
        return await self._component(message, button, {})

    async def select(self, message: Message, placeholder_or_custom_id: str, *values: str) -> Act:
        """Chooses options, by label or value, in a string select found by its placeholder or custom id."""
        self._must_see(message)
        key = placeholder_or_custom_id
        found = [one for one in message.parts if one["type"] == 3 and key in (one.get("placeholder"), one["custom_id"])]
        if len(found) != 1 or found[0].get("disabled"):
            raise NotOfferedError(f"{len(found)} open selects are {key!r} in:\n{message.text}")
        chosen = []
        for value in values:
            hits = [one for one in found[0]["options"] if value in (one["label"], one["value"])]
            if len(hits) != 1:
                raise NotOfferedError(f"{len(hits)} options are {value!r} in {key!r}")
            chosen.append(hits[0]["value"])
        if not found[0].get("min_values", 1) <= len(chosen) <= found[0].get("max_values", 1):
            raise NotOfferedError(f"{key!r} does not take {len(chosen)} options")
        return await self._component(message, found[0], {"values": chosen})

    async def choose(self, message: Message, placeholder: str, *ids: int) -> Act:
        """Chooses roles or channels, by id, in a select that Discord fills itself, found by its placeholder.

        Raises:
            NotOfferedError: also where the server has none with that id.
        """
        self._must_see(message)
        found = [one for one in message.parts if one["type"] in (6, 8) and one.get("placeholder") == placeholder]
        guild = message.channel.guild
        if len(found) != 1 or found[0].get("disabled") or guild is None:
            raise NotOfferedError(f"{len(found)} open selects are {placeholder!r} in:\n{message.text}")
        part, bot = found[0], self._sim.world.bot.payload()
        if part["type"] == 6:
            named = {guild.id: "@everyone", **guild.roles}
            there = {number: {"id": str(number), "name": name} for number, name in named.items()}
        else:
            there = {one.id: one.payload(bot) for one in guild.channels}
            if (types := part.get("channel_types")) is not None:
                there = {number: one for number, one in there.items() if one["type"] in types}
        if missing := set(ids) - there.keys():
            raise NotOfferedError(f"the server has nothing of these ids: {missing}")
        if not part.get("min_values", 1) <= len(ids) <= part.get("max_values", 1):
            raise NotOfferedError(f"{placeholder!r} does not take {len(ids)} entries")
        resolved = {"roles" if part["type"] == 6 else "channels": {str(one): there[one] for one in ids}}
        return await self._component(message, part, {"values": [str(one) for one in ids], "resolved": resolved})

    async def forge_click(self, message: Message, custom_id: str, *values: str) -> Act:
        """Sends a click with an id that need not stand on the message, on a message they need not see: what a modified
        client might try. Discord checks more than this; a bot must not rely on it."""
        part = {"custom_id": custom_id, "type": 3 if values else 2, "id": 1}
        return await self._component(message, part, {"values": list(values)} if values else {})

    async def submit(self, modal: Modal, fields: Mapping[str, object] | None = None) -> Act:
        """Sends a form.

        Keys of ``fields`` are labels or custom ids; values are text, a list of options, a list of
        :class:`Attachment`, or a bool. What is not named keeps its prefilled value.
        """
        if modal.account is not self.account or not modal.open:
            raise NotOfferedError(f"this form is not open before {self.name}")
        upload = Uploader(self._sim.world, modal.channel)
        components = fill(modal, fields or {}, upload, self._sim.settings)
        data: Json = {"custom_id": modal.custom_id, "components": components}
        if upload.resolved:
            data["resolved"] = {"attachments": upload.resolved}
        owners, source = modal.opener.owners, modal.source
        return await self._open(
            modal.channel, SUBMIT, data, owners, f"submits {modal.title}", source=source, submitted=modal
        )

    async def say(
        self,
        place: Place,
        text: str = "",
        attachments: list[Attachment] | None = None,
        *,
        reply_to: Message | None = None,
        nitro: bool = False,
    ) -> Message:
        """Writes a message, with ``reply_to`` as a reply that mentions whom it replies to, as the client does it.

        The bot hears of it as far as its intents reach. With ``nitro`` a message may have 4,000 characters.
        """
        channel, world = self._channel(place), self._sim.world
        if self._sim.settings.length(text) > (4000 if nitro else 2000):
            raise NotOfferedError("a message of more than 2000 characters cannot be sent without Nitro")
        if channel.locked:
            raise NotOfferedError("nobody can write in a locked thread")
        if not text.strip() and not attachments:
            raise NotOfferedError("an empty message cannot be sent")
        message = Message(world.clock.snowflake(), channel, self.account, world.clock.isoformat(), text.strip())
        message.mentions = world.mentioned(message.content)
        if reply_to is not None:
            message.type = 19  # "Message Types"
            message.reference = {"type": 0, "message_id": str(reply_to.id), "channel_id": str(channel.id)}
            if reply_to.author not in message.mentions:
                message.mentions += (reply_to.author,)
        channel.archived = False
        message.uploads = [Uploader(world, channel).store(one) for one in attachments or ()]
        await self._sim.desk.say(message)
        return message

    async def forward(self, message: Message, place: Place) -> Message:
        """Forwards a message they can see: the new one has no words of its own, and a snapshot of the other's."""
        self._must_see(message)
        if message.ephemeral or message.loading:
            raise NotOfferedError("an ephemeral message cannot be forwarded")
        channel, world = self._channel(place), self._sim.world
        made = Message(world.clock.snowflake(), channel, self.account, world.clock.isoformat())
        made.flags = HAS_SNAPSHOT
        made.reference = {"type": 1, "message_id": str(message.id), "channel_id": str(message.channel.id)}
        if message.channel.guild is not None:
            made.reference["guild_id"] = str(message.channel.guild.id)
        made.snapshots = message.snapshots or (message.snapshot(),)  # a forward of a forward holds the first message
        await self._sim.desk.say(made)
        return made

    async def edit(self, message: Message, text: str) -> None:
        """Changes a message of their own; one that was forwarded cannot be changed."""
        self._must_own(message)
        if message.snapshots:
            raise NotOfferedError("a forwarded message cannot be edited")
        message.content, message.edited = text.strip(), self._sim.world.clock.isoformat()
        message.mentions = self._sim.world.mentioned(message.content)
        await self._sim.desk.say(message)

    async def delete(self, message: Message) -> None:
        """Deletes a message of their own, or dismisses an ephemeral one."""
        self._must_see(message)
        if message.ephemeral:
            message.hidden_from.add(self.id)
            self._sim.timeline.pulse()
            return
        self._must_own(message)
        await self._sim.desk.delete(message)

    def restart_client(self) -> None:
        """Ephemeral messages and open forms are gone. Not verified for Discord; the stricter reading."""
        for message in self._sim.world.shown(self.account):
            if message.ephemeral:
                message.hidden_from.add(self.id)
        for modal in self._sim.world.modals[self.id]:
            modal.open = False
        self._sim.timeline.pulse()

    def _channel(self, place: Place) -> Channel:
        channel = place.general if isinstance(place, Guild) else place
        if channel.kind != "guild" and self.account not in channel.people:
            raise NotOfferedError(f"{self.name} is not in this conversation")
        self._sim.world.enter(self.account, channel)
        return channel

    def _must_see(self, message: Message) -> None:
        if not self._sim.world.sees(self.account, message):
            raise NotOfferedError(f"{self.name} does not see this message")

    def _must_own(self, message: Message) -> None:
        self._must_see(message)
        if message.author is not self.account:
            raise NotOfferedError(f"this is not a message of {self.name}")

    async def _command(self, place: Place, name: str, options: dict[str, object], focus: str | None) -> Act:
        channel = self._channel(place)
        root, *path = name.split(" ")
        command, owners = self._sim.commands.offered(self._sim.world, self.account, channel, root, SLASH)
        upload = Uploader(self._sim.world, channel)
        data = build_options(command, path, options, upload, self._sim.settings, focus=focus)
        return await self._open(channel, AUTOCOMPLETE if focus else COMMAND, data, owners, f"/{name}")

    async def _component(self, message: Message, part: Json, more: Json) -> Act:
        data = {"custom_id": part["custom_id"], "component_type": part["type"], "id": part["id"], **more}
        named = part.get("label") or part.get("placeholder") or part["custom_id"]
        return await self._open(message.channel, COMPONENT, data, message.owners, f"[{named}]", source=message)

    async def _open(
        self,
        channel: Channel,
        kind: int,
        data: Json,
        owners: Json,
        words: str,
        *,
        source: Message | None = None,
        submitted: Modal | None = None,
    ) -> Act:
        self._sim.timeline.add("acted", (self.name,), words)
        desk = self._sim.interactions
        found = await desk.open(self.account, channel, kind, data, owners, source=source, submitted=submitted)
        return Act(self._sim, found)
