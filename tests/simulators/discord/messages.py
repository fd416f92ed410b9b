"""Where messages are written: every route that creates, changes or removes one ends here."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.simulators.discord.check_component_tree import Layout
from tests.simulators.discord.check_message import (
    check_allowed_mentions,
    check_content,
    check_embeds,
    check_flags,
    check_legacy_fields,
    pings,
)
from tests.simulators.discord.errors import ApiError, FormErrors, Path, empty_message
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.json_types import (
    COMPONENTS_V2,
    DIRECT_MESSAGES,
    EPHEMERAL,
    GUILD_MESSAGES,
    LOADING,
    MESSAGE_CONTENT,
    SUPPRESS_EMBEDS,
    Json,
)
from tests.simulators.discord.models import Account, Channel, Interaction, Message, Upload
from tests.simulators.discord.screen_text import screen_text
from tests.simulators.discord.timeline import Kind
from tests.simulators.discord.uploads import Body
from tests.simulators.discord.world import WITHHELD, World


@dataclass(frozen=True, slots=True)
class _Draft:
    """What a message will hold if nothing is wrong with it."""

    content: str
    embeds: list[Json]
    components: list[Json]
    uploads: list[Upload]
    flags: int


class Desk:
    """Checks, stores, records and announces messages. A refused request changes nothing."""

    def __init__(self, world: World, gateway: Gateway) -> None:
        self._world = world
        self._gateway = gateway
        self.automod: Callable[[str], bool] | None = None

    async def post(
        self,
        channel: Channel,
        body: Body,
        *,
        interaction: Interaction | None = None,
        ephemeral: bool = False,
        loading: bool = False,
        prefix: Path = (),
        author: Account | None = None,
    ) -> Message:
        """A new message of the bot, or of ``author``, another app's. ``loading``: the "is thinking" one of a defer."""
        world = self._world
        hidden = EPHEMERAL if ephemeral else 0
        if loading:
            draft = _Draft("", [], [], [], LOADING | hidden)
        else:
            draft = self._compose(None, body, channel, prefix, ephemeral=ephemeral, interaction=interaction is not None)
        message = Message(
            world.clock.snowflake(), channel, author or world.bot, world.clock.isoformat(), interaction=interaction
        )
        if interaction is not None and interaction.type == 2:
            message.type = 20 if interaction.data["type"] == 1 else 23  # "Message Types": slash or context menu
        message.owners = interaction.owners if interaction else world.owners(world.bot, channel)
        message.only_for = interaction.account.id if interaction and ephemeral else None
        message.reference = self._reference(body.payload, channel)
        message.nonce = body.payload.get("nonce")
        self._write(message, draft, body.payload)
        message.pings = () if loading else pings(message.text, message.allowed_mentions)
        world.remember(message)
        await self._announce("MESSAGE_CREATE", message)
        return message

    async def edit(self, message: Message, body: Body, *, prefix: Path = ()) -> Message:
        """Changes a message of the bot; fields that are not sent stay."""
        draft = self._compose(
            message,
            body,
            message.channel,
            prefix,
            ephemeral=message.ephemeral,
            interaction=message.interaction is not None,
        )
        was_loading = message.loading
        self._drop_files(message.uploads, draft.uploads)
        self._write(message, draft, body.payload)
        message.edited = self._world.clock.isoformat()
        if was_loading:  # the answer arrives: this is what notifies, later edits do not
            message.pings = pings(message.text, message.allowed_mentions)
        await self._announce("MESSAGE_UPDATE", message)
        return message

    async def say(self, message: Message) -> None:
        """A person's own message, new or edited."""
        self._world.remember(message)
        await self._announce("MESSAGE_UPDATE" if message.edited else "MESSAGE_CREATE", message)

    async def delete(self, message: Message) -> None:
        viewers = self._world.viewers(message)
        message.deleted = True
        self._drop_files(message.uploads, [])
        self._world.timeline.add("deleted", viewers, message.text, message_id=message.id)
        data = {"id": str(message.id), "channel_id": str(message.channel.id)}
        await self._send("MESSAGE_DELETE", message, data)

    def _drop_files(self, before: list[Upload], after: list[Upload]) -> None:
        """A file's address dies with its place in a message; how soon is not documented, at once is the stricter."""
        for upload in before:
            upload.deleted = upload not in after

    def _compose(
        self, current: Message | None, body: Body, channel: Channel, prefix: Path, *, ephemeral: bool, interaction: bool
    ) -> _Draft:
        settings, payload = self._world.settings, body.payload
        errors = FormErrors(prefix)
        if current is None:
            flags = check_flags(payload, errors, interaction=interaction) & ~EPHEMERAL
        else:
            flags = current.flags & ~LOADING
            if payload.get("flags") is not None:
                # Other changes "are currently ignored without error" (Edit Message). Sending flags without the V2 bit
                # for a V2 message is refused; not verified whether Discord refuses or ignores, the stricter reading.
                asked = int(payload["flags"]) & (SUPPRESS_EMBEDS | COMPONENTS_V2)
                if flags & COMPONENTS_V2 and not asked & COMPONENTS_V2:
                    errors.add(
                        ("flags",),
                        "MESSAGE_CANNOT_REMOVE_COMPONENTS_V2_FLAG",
                        "The IS_COMPONENTS_V2 flag cannot be removed",
                    )
                flags = (flags & ~SUPPRESS_EMBEDS) | asked
        flags |= EPHEMERAL if ephemeral else 0
        v2 = bool(flags & COMPONENTS_V2)
        if v2:
            check_legacy_fields(payload, errors)
            if current is not None and not current.v2:  # what stands there must be taken away in the same request
                kept = {"content": current.content, "embeds": current.embeds}
                check_legacy_fields({key: value for key, value in kept.items() if key not in payload}, errors)
        keep = current is not None
        content = check_content(payload, settings, errors) if "content" in payload or not keep else _of(current).content
        embeds = _of(current).embeds
        if "embeds" in payload or not keep:
            embeds = check_embeds(payload.get("embeds"), settings, errors)
        check_allowed_mentions(payload, errors)
        uploads = self._world.files.accept(
            payload, body.files, _of(current).uploads, errors, channel_id=channel.id, ephemeral=ephemeral
        )
        components = copy.deepcopy(_of(current).components)
        if "components" in payload or not keep:
            media = {upload.filename: upload.payload() for upload in uploads}
            components = Layout(settings, errors, media).message(payload.get("components") or [], v2=v2)
        errors.raise_if_any()
        if not (components or (not v2 and (content or embeds or uploads))):
            raise empty_message()
        draft = _Draft(content, embeds, components, uploads, flags)
        self._moderate(draft, channel)
        return draft

    def _moderate(self, draft: _Draft, channel: Channel) -> None:
        """Discord's AutoMod acts in servers only, on sends and on edits."""
        if self.automod is None or channel.guild is None:
            return
        text = screen_text({"content": draft.content, "embeds": draft.embeds, "components": draft.components})
        if self.automod(text):
            raise ApiError(400, 200000, "Message was blocked by automatic moderation")

    def _reference(self, payload: Json, channel: Channel) -> Json | None:
        asked = payload.get("message_reference")
        if not asked:
            return None
        target = self._world.messages.get(int(asked.get("message_id", 0)))
        if target is None or target.deleted or target.channel is not channel:
            if asked.get("fail_if_not_exists", True):
                errors = FormErrors()
                errors.add(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
                errors.raise_if_any()
            return None
        return {"message_id": str(target.id), "channel_id": str(channel.id), "type": 0}

    def _write(self, message: Message, draft: _Draft, payload: Json) -> None:
        message.content, message.embeds, message.components = draft.content, draft.embeds, draft.components
        message.uploads, message.flags = draft.uploads, draft.flags
        message.allowed_mentions = payload.get("allowed_mentions")

    async def _announce(self, event: str, message: Message) -> None:
        world = self._world
        kind: Kind = "edited" if event == "MESSAGE_UPDATE" else "posted" if message.author is world.bot else "said"
        payload = message.payload()
        moment: Json = {"message_id": message.id, "payload": payload}
        if message.interaction is not None:
            moment |= {"interaction_id": message.interaction.id, "wake": (message.interaction.account.name,)}
        world.timeline.add(kind, world.viewers(message), message.text, **moment)
        await self._send(event, message, payload)

    async def _send(self, event: str, message: Message, data: Json) -> None:
        """Tells the bot as far as its intents reach ("Gateway Intents", "Message Create"): ephemeral messages belong to
        DIRECT_MESSAGES and name no server; a server the bot is not in sends nothing."""
        guild = message.channel.guild
        if message.ephemeral or guild is None:
            if message.ephemeral or message.channel.kind == "dm":
                await self._gateway.dispatch(event, data, DIRECT_MESSAGES)
            return
        if not guild.bot:
            return
        data = {**data, "guild_id": str(guild.id)}
        bare = data
        if event != "MESSAGE_DELETE":
            data["member"] = member_payload(message.author, guild.members.get(message.author.id, 0))
            if not self._world.gives_content(message):
                bare = {**data, **WITHHELD}
        await self._gateway.dispatch(event, data, GUILD_MESSAGES, without=(MESSAGE_CONTENT, bare))


def member_payload(account: Account, permissions: int, roles: Sequence[str] = ()) -> Json:
    """A guild member, without its user."""
    joined = {"joined_at": "2024-01-01T00:00:00+00:00", "permissions": str(permissions)}
    return {
        "roles": list(roles),
        "flags": 0,
        "deaf": False,
        "mute": False,
        "pending": False,
        "nick": None,
        "avatar": None,
        **joined,
    }


def without_permissions(member: Json) -> Json:
    """A member, or a channel, as the routes of a server give it: permissions come in interactions alone."""
    return {key: value for key, value in member.items() if key != "permissions"}


_NOTHING = _Draft("", [], [], [], 0)


def _of(message: Message | None) -> Message | _Draft:
    return _NOTHING if message is None else message
