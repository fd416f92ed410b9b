"""What the imitation remembers: people, places, messages, interactions, modals. All outlives the bot's process."""

from dataclasses import dataclass, field
from typing import Literal

from tests.simulators.discord.check_component_tree import walk
from tests.simulators.discord.json_types import COMPONENTS_V2, EPHEMERAL, LOADING, Json
from tests.simulators.discord.screen_text import modal_text, screen_text

DmPolicy = Literal["open", "closed", "no mutual guild", "too fast"]
PlaceKind = Literal["guild", "dm", "private"]

# Section "Permissions" of the documentation.
ADMINISTRATOR = 1 << 3
MANAGE_GUILD = 1 << 5
VIEW_CHANNEL, SEND_MESSAGES, READ_MESSAGE_HISTORY = 1 << 10, 1 << 11, 1 << 16
MANAGE_THREADS, CREATE_PUBLIC_THREADS, SEND_MESSAGES_IN_THREADS = 1 << 34, 1 << 35, 1 << 38
# What everybody may: the above but managing, links, files, application commands, and using apps that the server has not
# added.
MEMBER_PERMISSIONS = (
    (VIEW_CHANNEL | SEND_MESSAGES | READ_MESSAGE_HISTORY | CREATE_PUBLIC_THREADS | SEND_MESSAGES_IN_THREADS)
    | (1 << 14)
    | (1 << 15)
    | (1 << 31)
    | (1 << 50)
)
TEXT, NEWS, NEWS_THREAD, PUBLIC_THREAD, FORUM = 0, 5, 10, 11, 15  # "Channel Types"


@dataclass(slots=True)
class Account:
    """One Discord account. ``dms`` says what happens when the bot writes to it; ``installed`` means a user install."""

    id: int
    name: str
    bot: bool = False
    locale: str = "en-GB"
    installed: bool = False
    dms: DmPolicy = "open"

    def payload(self) -> Json:
        handle = self.name.lower().replace(" ", "_")
        named = {"username": handle, "global_name": self.name, "discriminator": "0", "avatar": None}
        return {"id": str(self.id), **named, "bot": self.bot, "public_flags": 0}


@dataclass(slots=True, eq=False)
class Guild:
    """A server. ``bot`` False means the app was never added; ``external_apps`` False forces answers there ephemeral.

    ``bot_permissions`` are what a role of the bot's own gives it besides what everybody may.
    """

    id: int
    name: str
    bot: bool = True
    external_apps: bool = True
    locale: str = "en-GB"
    members: dict[int, int] = field(default_factory=dict)  # account id to permission bits
    channels: list["Channel"] = field(default_factory=list)
    roles: dict[int, str] = field(default_factory=dict)  # names by id, without the one that everybody has
    member_roles: dict[int, set[int]] = field(default_factory=dict)  # account id to role ids
    bot_permissions: int = 0

    def roles_of(self, account: int) -> list[str]:
        """The ids of the roles that a member has, as Discord sends them: those that exist, without everybody's."""
        return [str(role) for role in self.member_roles.get(account, ()) if role in self.roles]

    @property
    def general(self) -> "Channel":
        """Its first text channel."""
        return self.channels[0]


@dataclass(slots=True, eq=False)
class Channel:
    """A place where messages stand: a server's channel, the bot's DM with one account, or a DM between people.

    With a ``parent`` it is a public thread of that channel. ``denied`` are the permissions that overwrites of a
    server's channel take: by account, 0 for everybody. A thread has those of its channel.
    """

    id: int
    kind: PlaceKind
    name: str
    guild: Guild | None = None
    people: tuple[Account, ...] = ()
    parent: "Channel | None" = None
    writable: bool = True  # False: the bot lacks SEND_MESSAGES here, 403/50013
    messages: list["Message"] = field(default_factory=list)  # oldest first, deleted ones too
    type: int = TEXT
    denied: dict[int, int] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False

    @property
    def bot_present(self) -> bool:
        return self.kind == "dm" or (self.guild is not None and self.guild.bot)

    @property
    def context(self) -> int:
        """Discord's interaction context type."""
        return {"guild": 0, "dm": 1, "private": 2}[self.kind]

    def allows(self, account: int, permissions: int) -> int:
        """What is left here of permissions that an account has in the whole server."""
        denied = (self.parent or self).denied
        return permissions & ~denied.get(0, 0) & ~denied.get(account, 0)

    def payload(self, bot: Json) -> Json:
        if self.parent is not None and self.guild is not None:
            whose = {"parent_id": str(self.parent.id), "owner_id": bot["id"], "guild_id": str(self.guild.id)}
            about = {"auto_archive_duration": 1440, "archive_timestamp": "2024-01-01T00:00:00+00:00"}
            state = {**about, "archived": self.archived, "locked": self.locked}
            counts = {"message_count": 0, "member_count": 1, "thread_metadata": state}
            kind = NEWS_THREAD if self.parent.type == NEWS else PUBLIC_THREAD
            thread = {"id": str(self.id), "type": kind, "name": self.name, **whose, **counts}
            return {**thread, "permissions": str(MEMBER_PERMISSIONS)}
        if self.guild is not None:
            place = {"type": self.type, "name": self.name, "guild_id": str(self.guild.id), "nsfw": False}
            place["position"] = self.guild.channels.index(self) if self in self.guild.channels else 0
            overwrites = [
                {"id": str(who or self.guild.id), "type": 1 if who else 0, "allow": "0", "deny": str(bits)}
                for who, bits in sorted(self.denied.items())
            ]
            return {
                "id": str(self.id),
                **place,
                "permission_overwrites": overwrites,
                "permissions": str(MEMBER_PERMISSIONS),
            }
        # For private channels this is what every participant but the bot would be told.
        return {"id": str(self.id), "type": 1, "recipients": [one.payload() for one in self.people] or [bot]}


@dataclass(slots=True, eq=False)
class Upload:
    """A stored file. Its address dies when deleted by a test, or when the signature's time is over."""

    id: int
    channel_id: int
    filename: str
    data: bytes
    content_type: str
    url: str
    ephemeral: bool = False
    title: str | None = None  # the name it was sent under, when Discord changed it
    description: str | None = None
    deleted: bool = False

    def payload(self) -> Json:
        about = {"filename": self.filename, "size": len(self.data), "content_type": self.content_type}
        more = {key: value for key, value in (("description", self.description), ("title", self.title)) if value}
        return {
            "id": str(self.id),
            "url": self.url,
            "proxy_url": self.url,
            "ephemeral": self.ephemeral,
            **about,
            **more,
        }


@dataclass(slots=True, eq=False)
class Message:
    """One message as it stands now; its earlier states are in the timeline. Tests read it, the simulator writes it."""

    id: int
    channel: Channel
    author: Account
    created: str
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    flags: int = 0
    type: int = 0
    edited: str | None = None
    deleted: bool = False
    only_for: int | None = None  # the one account that sees it, when ephemeral
    hidden_from: set[int] = field(default_factory=set)
    interaction: "Interaction | None" = None
    owners: Json = field(default_factory=dict)
    allowed_mentions: Json | None = None
    pings: tuple[str, ...] = ()
    reference: Json | None = None
    mentions: tuple[Account, ...] = ()
    snapshots: tuple[Json, ...] = ()  # what was forwarded, as it was then
    nonce: str | int | None = None  # as it was sent ("Message Object": "used for validating a message was sent")

    @property
    def ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        return bool(self.flags & LOADING)

    @property
    def v2(self) -> bool:
        return bool(self.flags & COMPONENTS_V2)

    @property
    def text(self) -> str:
        """Everything a person reads in it, buttons included, in reading order."""
        return screen_text(self.payload())

    @property
    def parts(self) -> list[Json]:
        """Its components, nested ones too, in reading order."""
        return walk(self.components)

    @property
    def buttons(self) -> list[str]:
        """Labels of the buttons that can be pressed."""
        return [part.get("label", "") for part in self.parts if part["type"] == 2 and not part.get("disabled")]

    @property
    def files(self) -> dict[str, bytes]:
        """Its attachments by name."""
        return {upload.filename: upload.data for upload in self.uploads}

    def snapshot(self) -> Json:
        """What a forward of it holds: the "Message Snapshot" fields of the documentation, and no author."""
        kept = ("type", "content", "embeds", "attachments", "timestamp", "edited_timestamp", "flags", "mentions")
        whole = self.payload()
        return {key: whole[key] for key in (*kept, "mention_roles", "components")}

    def payload(self) -> Json:
        """The message object as Discord sends it."""
        found: Json = {
            "id": str(self.id),
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "type": self.type,
            "content": self.content,
            "embeds": self.embeds,
            "attachments": [upload.payload() for upload in self.uploads],
            "components": self.components,
            "flags": self.flags,
            "timestamp": self.created,
            "edited_timestamp": self.edited,
            "tts": False,
            "pinned": False,
            "mentions": [one.payload() for one in self.mentions],
            "mention_roles": [],
            "mention_everyone": False,
        }
        if self.nonce is not None:
            found["nonce"] = self.nonce
        if self.reference:
            found["message_reference"] = self.reference
        if self.snapshots:
            found["message_snapshots"] = [{"message": one} for one in self.snapshots]
        if self.interaction:
            found["application_id"] = found["webhook_id"] = str(self.author.id)
            found["interaction_metadata"] = self.interaction.metadata()
        return found


@dataclass(slots=True, eq=False)
class Modal:
    """A form on one person's screen."""

    payload: Json
    account: Account
    channel: Channel
    source: Message | None  # the message whose component opened it
    opener: "Interaction"
    open: bool = True

    @property
    def custom_id(self) -> str:
        return str(self.payload["custom_id"])

    @property
    def title(self) -> str:
        return str(self.payload["title"])

    @property
    def text(self) -> str:
        return modal_text(self.payload)

    @property
    def fields(self) -> list[tuple[str, Json]]:
        """Each input with the label above it, in order."""
        found = []
        for part in self.payload["components"]:
            if part["type"] == 18:
                found.append((str(part["label"]), part["component"]))
            elif part["type"] == 1:
                found += [(str(child.get("label", "")), child) for child in part["components"]]
        return found


@dataclass(slots=True, eq=False)
class Interaction:
    """One interaction and what came of it."""

    id: int
    token: str
    type: int  # 2 command, 3 component, 4 autocomplete, 5 modal submit
    account: Account
    channel: Channel
    data: Json
    owners: Json
    created: float
    source: Message | None = None
    submitted: Modal | None = None
    busy: bool = False  # an answer is being written
    answered: int | None = None  # the callback type that acknowledged it
    latency: float | None = None  # seconds from the event to the acknowledgement
    dead: bool = False  # not acknowledged in time
    original: Message | None = None
    messages: list[Message] = field(default_factory=list)
    modal: Modal | None = None
    choices: list[Json] | None = None
    followups: int = 0

    @property
    def user_install_only(self) -> bool:
        """The server has not added the app: five followups, and perhaps only ephemeral answers."""
        return set(self.owners) == {"1"}

    def metadata(self) -> Json:
        who = {"user": self.account.payload(), "authorizing_integration_owners": self.owners}
        return {"id": str(self.id), "type": self.type, **who}
