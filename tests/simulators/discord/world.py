"""Who exists, which places there are, and who sees what."""

import re
import secrets
from collections import defaultdict

from tests.simulators.discord.clock import Clock
from tests.simulators.discord.errors import missing_access, unknown_channel, unknown_message
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import (
    MEMBER_PERMISSIONS,
    SEND_MESSAGES,
    VIEW_CHANNEL,
    Account,
    Channel,
    DmPolicy,
    Guild,
    Interaction,
    Message,
    Modal,
)
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.timeline import Timeline
from tests.simulators.discord.uploads import Files

THREAD_STARTER = 21  # "Message Types"
WITHHELD: Json = {"content": "", "embeds": [], "attachments": [], "components": []}


class World:
    """The state of the imitation. It lives in the test's process, so a bot can be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = Clock()
        self.timeline = Timeline(self.clock)
        self.files = Files(settings, self.clock)
        self.accounts: dict[int, Account] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[str, Interaction] = {}
        self.modals: defaultdict[int, list[Modal]] = defaultdict(list)
        self.notices: defaultdict[int, list[str]] = defaultdict(list)
        self.bot = self.account(settings.bot_name, bot=True)
        self.owner = self.account(settings.owner_name)
        self.other_app = self.account("Another app", bot=True)

    def account(self, name: str, *, bot: bool = False, installed: bool = False, dms: DmPolicy = "open") -> Account:
        found = Account(self.clock.snowflake(), name, bot=bot, installed=installed, dms=dms)
        self.accounts[found.id] = found
        return found

    def guild(
        self, name: str, *, bot: bool, external_apps: bool, channels: tuple[str, ...], shard: tuple[int, int]
    ) -> Guild:
        number, (mine, count) = self.clock.snowflake(), shard
        while (number >> 22) % count != mine or number in self.guilds:
            number -= 1 << 22  # a server that is a millisecond older
        guild = Guild(number, name, bot, external_apps)
        self.guilds[guild.id] = guild
        for title in channels:
            guild.channels.append(self._channel(Channel(self.clock.snowflake(), "guild", title, guild)))
        return guild

    def thread(self, parent: Channel, name: str, starter: Message | None = None) -> Channel:
        """A public thread of a server's channel; it is not among the server's channels, as on Discord.

        That of a message has the message's id, and begins with a message that only refers to it ("Threads").
        """
        number = starter.id if starter is not None else self.clock.snowflake()
        made = self._channel(Channel(number, "guild", name, parent.guild, parent=parent))
        if starter is not None:
            first = Message(self.clock.snowflake(), made, starter.author, self.clock.isoformat(), type=THREAD_STARTER)
            first.reference = {"message_id": str(starter.id), "channel_id": str(parent.id), "type": 0}
            self.remember(first)
        return made

    def delete_thread(self, thread: Channel) -> None:
        """Removes a thread with all that stands in it, as whoever manages threads does."""
        for message in thread.messages:
            message.deleted = True
        del self.channels[thread.id]
        self.timeline.pulse()

    def bot_permissions(self, channel: Channel) -> int:
        """What the bot may in a server's channel or thread."""
        assert channel.guild is not None
        held = MEMBER_PERMISSIONS | channel.guild.bot_permissions
        if not (channel.parent or channel).writable:
            held &= ~SEND_MESSAGES
        return channel.allows(self.bot.id, held)

    def dm(self, account: Account) -> Channel:
        """The bot's DM with an account, the same one every time."""
        for channel in self.channels.values():
            if channel.kind == "dm" and channel.people == (account,):
                return channel
        return self._channel(Channel(self.clock.snowflake(), "dm", f"dm {account.name}", people=(account,)))

    def private(self, people: tuple[Account, ...]) -> Channel:
        """A DM between people, in which the app can be used only by those who installed it."""
        return self._channel(Channel(self.clock.snowflake(), "private", "private", people=people))

    def _channel(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        return channel

    def enter(self, account: Account, channel: Channel) -> None:
        """Makes an account a member of a channel's server if it was not, with a member's usual permissions."""
        if channel.guild is not None:
            channel.guild.members.setdefault(account.id, MEMBER_PERMISSIONS)

    def mentioned(self, text: str) -> tuple[Account, ...]:
        """Whom a text mentions, each once."""
        numbers = dict.fromkeys(map(int, re.findall(r"<@!?(\d+)>", text)))
        return tuple(self.accounts[number] for number in numbers if number in self.accounts)

    def audience(self, channel: Channel) -> list[Account]:
        if channel.guild is not None:
            return [self.accounts[number] for number in channel.guild.members]
        return list(channel.people)

    def sees(self, account: Account, message: Message) -> bool:
        if message.deleted or account.id in message.hidden_from:
            return False
        if message.ephemeral:
            return message.only_for == account.id
        return account in message.channel.people or self._member(account, message.channel)

    def shown(self, account: Account) -> tuple[Message, ...]:
        """Everything an account sees in all places, oldest first."""
        mine = [one for one in self.channels.values() if account in one.people or self._member(account, one)]
        found = [message for channel in mine for message in channel.messages if self.sees(account, message)]
        return tuple(sorted(found, key=lambda one: one.id))

    def _member(self, account: Account, channel: Channel) -> bool:
        return channel.guild is not None and account.id in channel.guild.members

    def remember(self, message: Message) -> None:
        if message.id not in self.messages:
            self.messages[message.id] = message
            message.channel.messages.append(message)

    def viewers(self, message: Message) -> tuple[str, ...]:
        if message.ephemeral:
            return tuple(one.name for one in self.accounts.values() if one.id == message.only_for)
        return tuple(one.name for one in self.audience(message.channel) if one.id not in message.hidden_from)

    def owners(self, account: Account, channel: Channel) -> Json:
        """The ``authorizing_integration_owners`` of an interaction started here by this account."""
        found: Json = {}
        if channel.kind == "dm":
            found["0"] = "0"
        elif channel.guild is not None and channel.guild.bot:
            found["0"] = str(channel.guild.id)
        if account.installed:
            found["1"] = str(account.id)
        return found

    def channel_for_bot(self, channel_id: str) -> Channel:
        """A channel as the bot's token reaches it: 404/10003 unknown, 403/50001 where the bot is not."""
        channel = self.channels.get(int(channel_id)) if channel_id.isdecimal() else None
        if channel is None:
            raise unknown_channel()
        if not channel.bot_present:
            raise missing_access()
        if channel.guild is not None and not self.bot_permissions(channel) & VIEW_CHANNEL:
            raise missing_access()
        return channel

    def for_bot(self, message: Message) -> Json:
        """A message as the bot is given it: in a server without the words of others, unless they mention the bot."""
        found = message.payload()
        if message.channel.guild is None or self.settings.message_content or self.gives_content(message):
            return found
        return {**found, **WITHHELD}

    def gives_content(self, message: Message) -> bool:
        """Whether the bot is given what a message in a server says without Message Content Intent."""
        return message.author is self.bot or self.bot in message.mentions

    def message_for_bot(self, channel: Channel, message_id: str) -> Message:
        """A message on the channel routes: ephemeral ones do not exist there (discord-api-docs#3090, #6253)."""
        message = self.messages.get(int(message_id)) if message_id.isdecimal() else None
        if message is None or message.channel is not channel or message.deleted or message.ephemeral:
            raise unknown_message()
        return message

    def token(self) -> str:
        """A continuation token: unguessable, and safe in a path."""
        return secrets.token_urlsafe(48)
