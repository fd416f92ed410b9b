"""Interactions: sending one to the bot, taking its single answer in time, and the token that answer opens."""

import asyncio
import time
from collections.abc import Callable

from tests.simulators.discord.check_commands import check_choices
from tests.simulators.discord.check_component_tree import Layout
from tests.simulators.discord.errors import ApiError, FormErrors, unknown_interaction, unknown_message, unknown_webhook
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.json_types import EPHEMERAL, Json
from tests.simulators.discord.messages import Desk, member_payload
from tests.simulators.discord.models import MEMBER_PERMISSIONS, Account, Channel, Interaction, Message, Modal
from tests.simulators.discord.uploads import Body
from tests.simulators.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
# "Interaction Callback Type": 6 and 7 only for components (and modals opened from one), 9 not for modal submits.
ALLOWED = {COMMAND: (4, 5, 9), COMPONENT: (4, 5, 6, 7, 9), AUTOCOMPLETE: (8,), SUBMIT: (4, 5)}
MOST_FOLLOWUPS = 5  # "Create Followup Message", for an app that only the user installed
DID_NOT_RESPOND = "The application did not respond"
WENT_WRONG = "Something went wrong. Try again."


class InteractionHandler:
    """Every interaction that was ever sent, by token."""

    def __init__(self, world: World, gateway: Gateway, desk: Desk) -> None:
        self._world = world
        self._gateway = gateway
        self._desk = desk
        self._timers: list[asyncio.TimerHandle] = []
        self._watched: dict[int, Interaction] = {}  # those on which a person still waits
        self._sent: dict[int, float] = {}
        self.deprecated: list[str] = []
        """Things Discord still allows and asks not to be done, such as a followup that edits the loading message."""
        self.application: Callable[[], str] = lambda: str(world.bot.id)
        world.clock.on_advance(self._expire)

    async def open(
        self,
        account: Account,
        channel: Channel,
        kind: int,
        data: Json,
        owners: Json,
        *,
        source: Message | None = None,
        submitted: Modal | None = None,
    ) -> Interaction:
        """Sends INTERACTION_CREATE. It is tied to no intent; with no bot connected it is lost, as on Discord."""
        world = self._world
        now = world.clock.now()
        number, token = world.clock.snowflake(), world.token()
        found = Interaction(number, token, kind, account, channel, data, owners, now, source, submitted)
        world.interactions[token] = found
        loop = asyncio.get_running_loop()
        self._watched[number] = found
        for seconds in (world.settings.ack_deadline, world.settings.token_lifetime):
            # A little late, because the loop's clock and the wall's do not tick together.
            self._timers.append(loop.call_later(seconds + 0.005, self._expire))
        self._sent[number] = time.perf_counter()
        await self._gateway.dispatch("INTERACTION_CREATE", self._payload(found))
        return found

    def close(self) -> None:
        for timer in self._timers:
            timer.cancel()

    async def respond(self, number: str, token: str, body: Body) -> Json:
        """The callback route. Returns the body of a ``with_response`` reply.

        Raises:
            ApiError: 404/10062 unknown or too late, 400/40060 answered before, 400/50035 for what is not allowed.
        """
        arrived = time.perf_counter()
        found = self._world.interactions.get(token)
        self._expire()
        if found is None or str(found.id) != number or found.dead:
            raise unknown_interaction()
        if found.answered is not None or found.busy:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        allowed = ALLOWED[found.type] + ((6, 7) if found.type == SUBMIT and found.source else ())
        kind = body.payload.get("type")
        errors = FormErrors()
        if kind not in allowed:
            errors.choices(("type",), allowed)
        errors.raise_if_any()
        data = body.payload.get("data") or {}
        found.busy = True
        try:
            await self._answer(found, int(str(kind)), Body(data, body.files))
        finally:
            found.busy = False
        found.answered = int(str(kind))
        found.latency = arrived - self._sent[found.id]
        if found.submitted is not None:
            found.submitted.open = False
        who = (found.account.name,)
        self._world.timeline.add(
            "acknowledged", who, str(found.answered), interaction_id=found.id, latency=found.latency
        )
        return self._reply(found)

    async def _answer(self, found: Interaction, kind: int, body: Body) -> None:
        world = self._world
        prefix = ("data",)
        ephemeral = bool((body.payload.get("flags") or 0) & EPHEMERAL) or self._forced_ephemeral(found)
        if kind in (MESSAGE, DEFER):
            # A defer may carry EPHEMERAL alone; other flags are ignored there (discord-api-docs#7910).
            found.original = await self._desk.post(
                found.channel, body, interaction=found, ephemeral=ephemeral, loading=kind == DEFER, prefix=prefix
            )
            found.messages.append(found.original)
        elif kind == DEFER_UPDATE:
            found.original = found.source
        elif kind == UPDATE:
            if found.source is None or found.source.deleted:
                raise unknown_message()
            found.original = await self._desk.edit(found.source, body, prefix=prefix)
        elif kind == CHOICES:
            errors = FormErrors(prefix)
            found.choices = check_choices(body.payload.get("choices"), found.data, world.settings, errors)
            errors.raise_if_any()
            world.timeline.add("choices", (found.account.name,), ", ".join(str(one["name"]) for one in found.choices))
        else:
            self._open_modal(found, body.payload)

    def _open_modal(self, found: Interaction, data: Json) -> None:
        settings = self._world.settings
        errors = FormErrors(("data",))
        for key, most in (("custom_id", 100), ("title", 45)):
            value = data.get(key)
            if not isinstance(value, str):
                errors.required((key,))
            else:
                errors.length((key,), settings.length(value), 1, most)
        components = Layout(settings, errors, {}, modal=True).modal(data.get("components"))
        errors.raise_if_any()
        payload = {"custom_id": data["custom_id"], "title": data["title"], "components": components}
        found.modal = Modal(payload, found.account, found.channel, found.source, found)
        self._world.modals[found.account.id].append(found.modal)
        who = (found.account.name,)
        self._world.timeline.add("modal", who, found.modal.text, interaction_id=found.id, payload=payload)

    def _forced_ephemeral(self, found: Interaction) -> bool:
        guild = found.channel.guild
        return found.user_install_only and guild is not None and not guild.external_apps

    def _reply(self, found: Interaction) -> Json:
        about: Json = {"id": str(found.id), "type": found.type}
        resource: Json = {"type": found.answered}
        if found.answered in (MESSAGE, DEFER, UPDATE) and found.original is not None:
            about["response_message_id"] = str(found.original.id)
            about["response_message_loading"] = found.original.loading
            about["response_message_ephemeral"] = found.original.ephemeral
        if found.answered in (MESSAGE, UPDATE) and found.original is not None:
            resource["message"] = found.original.payload()
        return {"interaction": about, "resource": resource}

    # The token's own routes.

    def by_token(self, application: str, token: str) -> Interaction:
        """The interaction behind a webhook address.

        Raises:
            ApiError: 401/50027 for an unknown or expired token, 404/10015 for another application, or while nothing has
                acknowledged the interaction.
        """
        self._expire()
        found = self._world.interactions.get(token)
        if application != self.application():
            raise unknown_webhook()
        if found is None or self._expired(found):
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if found.dead or found.answered is None:
            raise unknown_webhook()
        return found

    def message(self, found: Interaction, reference: str) -> Message:
        """``@original`` or a message made with this token; 404/10008 for any other."""
        named = {str(one.id): one for one in found.messages}
        message = found.original if reference == "@original" else named.get(reference)
        if message is None or message.deleted:
            raise unknown_message()
        return message

    async def follow_up(self, found: Interaction, body: Body) -> Message:
        """A followup, or (deprecated) the text of a loading message that nothing has filled yet."""
        if found.answered == DEFER and found.original is not None and found.original.loading and not found.followups:
            self.deprecated.append("a followup filled a deferred answer; use edit_original_response")
            found.followups += 1
            return await self._desk.edit(found.original, body)
        if found.user_install_only and found.followups >= MOST_FOLLOWUPS:
            # The status is not verified; 400 as for Discord's other 400xx refusals.
            raise ApiError(400, 40094, "This interaction has hit the maximum number of follow up messages")
        ephemeral = bool((body.payload.get("flags") or 0) & EPHEMERAL) or self._forced_ephemeral(found)
        message = await self._desk.post(found.channel, body, interaction=found, ephemeral=ephemeral)
        found.followups += 1
        found.messages.append(message)
        return message

    # Time.

    def _expired(self, found: Interaction) -> bool:
        return self._world.clock.now() - found.created >= self._world.settings.token_lifetime

    def _expire(self) -> None:
        now, settings = self._world.clock.now(), self._world.settings
        for found in list(self._watched.values()):
            late = now - found.created >= settings.ack_deadline
            if found.answered is None and not found.dead and late:
                found.dead = True
                if found.type != AUTOCOMPLETE:  # there the list just stays empty
                    self._no_response(found)
            loading = found.original is not None and found.original.loading
            if loading and not found.dead and self._expired(found):
                found.dead = True
                self._no_response(found)
            if found.dead or (found.answered is not None and not loading):
                del self._watched[found.id]

    def _no_response(self, found: Interaction) -> None:
        text = WENT_WRONG if found.type == SUBMIT else DID_NOT_RESPOND
        self._world.notices[found.account.id].append(text)
        self._world.timeline.add("no response", (found.account.name,), text, interaction_id=found.id)

    def _payload(self, found: Interaction) -> Json:
        world = self._world
        channel, guild = found.channel, found.channel.guild
        payload: Json = {
            "id": str(found.id),
            "application_id": self.application(),
            "type": found.type,
            "token": found.token,
            "version": 1,
            "locale": found.account.locale,
            "context": channel.context,
            "channel_id": str(channel.id),
            "channel": channel.payload(world.bot.payload()),
            "app_permissions": str(
                world.bot_permissions(channel) if guild is not None and guild.bot else MEMBER_PERMISSIONS
            ),
            "entitlements": [],
            "attachment_size_limit": world.settings.file_limit,
            "authorizing_integration_owners": found.owners,
            "data": found.data,
        }
        if guild is not None:
            payload["guild_id"] = str(guild.id)
            payload["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
            payload["guild_locale"] = guild.locale
            held = guild.members.get(found.account.id, MEMBER_PERMISSIONS)
            permissions = channel.allows(found.account.id, held)
            member = member_payload(found.account, permissions, guild.roles_of(found.account.id))
            payload["member"] = {**member, "user": found.account.payload()}
        else:
            payload["user"] = found.account.payload()
        if found.source is not None:
            payload["message"] = found.source.payload()
        return payload
