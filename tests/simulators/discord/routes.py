"""The routes themselves: login, commands, channels, threads, interactions."""

from aiohttp import web

from tests.simulators.discord.commands import Commands
from tests.simulators.discord.errors import ApiError, FormErrors
from tests.simulators.discord.gateway import Gateway
from tests.simulators.discord.interactions import InteractionHandler
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.messages import Desk, member_payload, without_permissions
from tests.simulators.discord.models import (
    CREATE_PUBLIC_THREADS,
    MANAGE_THREADS,
    MEMBER_PERMISSIONS,
    NEWS,
    READ_MESSAGE_HISTORY,
    SEND_MESSAGES,
    SEND_MESSAGES_IN_THREADS,
    TEXT,
    Channel,
    Guild,
    Message,
)
from tests.simulators.discord.rate_limits import DELETE, EDIT, GUILD, READ, SEND, THREAD, TYPING, WEBHOOK
from tests.simulators.discord.rest import Rest
from tests.simulators.discord.uploads import Body
from tests.simulators.discord.world import World


class Routes:
    """Joins the desks to their addresses."""

    def __init__(
        self,
        world: World,
        rest: Rest,
        gateway: Gateway,
        desk: Desk,
        interactions: InteractionHandler,
        commands: Commands,
    ) -> None:
        self._world = world
        self._rest = rest
        self._gateway = gateway
        self._desk = desk
        self._interactions = interactions
        self._commands = commands
        self._nonces: dict[tuple[int, str], Message] = {}
        self._login()
        self._command_routes()
        self._channel_routes()
        self._interaction_routes()
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            rest.add(method, "/{rest:.*}", self._unknown, public=True)

    async def _unknown(self, request: web.Request, body: Body) -> None:
        """Whatever is not imitated answers as an address that does not exist."""
        raise ApiError(404, 0, "404: Not Found")

    def _login(self) -> None:
        add = self._rest.add
        add("GET", "/users/@me", self._me)
        add("GET", "/oauth2/applications/@me", self._application)
        add("GET", "/applications/@me", self._application)
        add("GET", "/gateway", self._gateway_url)
        add("GET", "/gateway/bot", self._gateway_bot)
        add("GET", "/users/{user}", self._user)
        add("POST", "/users/@me/channels", self._open_dm)
        add("GET", "/guilds/{guild}", self._get_guild, rule=GUILD, resource="guild")
        add("GET", "/guilds/{guild}/members/{user}", self._member, rule=READ, resource="guild")
        add("GET", "/guilds/{guild}/roles", self._roles, rule=READ, resource="guild")
        add("GET", "/guilds/{guild}/channels", self._channels, rule=READ, resource="guild")

    def _command_routes(self) -> None:
        for base in ("/applications/{application}", "/applications/{application}/guilds/{guild}"):
            self._rest.add("GET", f"{base}/commands", self._list_commands)
            self._rest.add("PUT", f"{base}/commands", self._put_commands)
            self._rest.add("POST", f"{base}/commands", self._post_command)
            self._rest.add("GET", f"{base}/commands/{{command}}", self._get_command)
            self._rest.add("DELETE", f"{base}/commands/{{command}}", self._delete_command)

    def _channel_routes(self) -> None:
        add, messages = self._rest.add, "/channels/{channel}/messages"
        add("GET", "/channels/{channel}", self._get_channel)
        add("PATCH", "/channels/{channel}", self._edit_thread, rule=THREAD, resource="channel")
        add("DELETE", "/channels/{channel}", self._delete_thread, rule=THREAD, resource="channel")
        add("POST", f"{messages}/{{message}}/threads", self._begin_thread, rule=THREAD, resource="channel")
        add("GET", messages, self._list_messages, rule=READ, resource="channel")
        add("POST", messages, self._send, rule=SEND, resource="channel")
        add("GET", f"{messages}/{{message}}", self._get_message, rule=READ, resource="channel")
        add("PATCH", f"{messages}/{{message}}", self._edit, rule=EDIT, resource="channel")
        add("DELETE", f"{messages}/{{message}}", self._delete, rule=DELETE, resource="channel")
        add("POST", "/channels/{channel}/typing", self._typing, rule=TYPING, resource="channel")

    def _interaction_routes(self) -> None:
        self._rest.add("POST", "/interactions/{id}/{token}/callback", self._callback, public=True)
        hook, message = "/webhooks/{application}/{token}", "/webhooks/{application}/{token}/messages/{message}"
        self._rest.add("POST", hook, self._follow_up, rule=WEBHOOK, resource="token", public=True)
        self._rest.add("GET", message, self._hook_get, rule=WEBHOOK, resource="token", public=True)
        self._rest.add("PATCH", message, self._hook_edit, rule=WEBHOOK, resource="token", public=True)
        self._rest.add("DELETE", message, self._hook_delete, rule=WEBHOOK, resource="token", public=True)

    # Login.

    async def _me(self, request: web.Request, body: Body) -> Json:
        return {**self._world.bot.payload(), "verified": True, "mfa_enabled": False, "flags": 0, "locale": "en-GB"}

    async def _application(self, request: web.Request, body: Body) -> Json:
        bot = self._world.bot
        about = {"icon": None, "description": "", "bot_public": True, "bot_require_code_grant": False}
        return {
            **about,
            "id": str(bot.id),
            "name": bot.name,
            "owner": self._world.owner.payload(),
            "verify_key": "0" * 64,
            "flags": 0,
            "team": None,
            "rpc_origins": [],
            "integration_types_config": {"0": {}, "1": {}},
        }

    async def _gateway_url(self, request: web.Request, body: Body) -> Json:
        return {"url": self._gateway.url}

    async def _gateway_bot(self, request: web.Request, body: Body) -> Json:
        settings = self._world.settings
        limit = {
            "total": settings.identifies_a_day,
            "remaining": max(0, settings.identifies_a_day - self._gateway.identifies),
            "reset_after": 86_400_000,
            "max_concurrency": settings.max_concurrency,
        }
        return {"url": self._gateway.url, "shards": settings.shards, "session_start_limit": limit}

    async def _user(self, request: web.Request, body: Body) -> Json:
        number = request.match_info["user"]
        account = self._world.accounts.get(int(number)) if number.isdecimal() else None
        if account is None:
            raise ApiError(404, 10013, "Unknown User")
        return account.payload()

    async def _member(self, request: web.Request, body: Body) -> Json:
        """Get Guild Member needs no intent, and the bot in the server. 404/10013 for what is no account at all."""
        found, number = self._guild(request), request.match_info["user"]
        account = int(number) if number.isdecimal() else 0
        if account not in self._world.accounts:
            raise ApiError(404, 10013, "Unknown User")
        person, is_bot = self._world.accounts[account], account == self._world.bot.id
        if account not in found.members and not is_bot:
            raise ApiError(404, 10007, "Unknown Member")
        # Over HTTP a member has no permissions; in an interaction it does.
        member = member_payload(person, 0, [str(self._world.bot.id)] if is_bot else found.roles_of(account))
        return {**without_permissions(member), "user": person.payload()}

    async def _roles(self, request: web.Request, body: Body) -> list[Json]:
        """Get Guild Roles: the one that everybody has, too, whose id is the server's."""
        return self._role_payloads(self._guild(request))

    def _role_payloads(self, guild: Guild) -> list[Json]:
        """The roles, that of the bot last: Discord makes one for each app, here with the bot's own id."""
        bot = self._world.bot
        named = {guild.id: "@everyone", **guild.roles, bot.id: bot.name}
        held = {guild.id: MEMBER_PERMISSIONS, bot.id: guild.bot_permissions}
        about = {"color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0}
        return [
            {"id": str(number), "name": name, "position": place, "permissions": str(held.get(number, 0)), **about}
            for place, (number, name) in enumerate(named.items())
        ]

    async def _get_guild(self, request: web.Request, body: Body) -> Json:
        """Get Guild: the server with its roles, without its channels and members."""
        found = self._guild(request)
        about: Json = {"icon": None, "features": [], "emojis": [], "stickers": [], "preferred_locale": found.locale}
        levels = {"verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0}
        more = {"mfa_level": 0, "nsfw_level": 0, "premium_tier": 0, "system_channel_flags": 0, "afk_timeout": 300}
        owner = str(self._world.owner.id)
        roles = self._role_payloads(found)
        return {"id": str(found.id), "name": found.name, "owner_id": owner, "roles": roles, **about, **levels, **more}

    async def _channels(self, request: web.Request, body: Body) -> list[Json]:
        """Get Guild Channels: all but threads, without the permissions that an interaction's channel has."""
        found, bot = self._guild(request), self._world.bot.payload()
        return [without_permissions(channel.payload(bot)) for channel in found.channels]

    def _guild(self, request: web.Request) -> Guild:
        """The server of an address, which the bot must be in."""
        number = request.match_info["guild"]
        found = self._world.guilds.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise ApiError(404, 10004, "Unknown Guild")
        if not found.bot:
            raise ApiError(403, 50001, "Missing Access")
        return found

    async def _open_dm(self, request: web.Request, body: Body) -> Json:
        """Closed DMs answer 400 here and 403 on sending (discord-api-docs#1905); too fast is 403/40003."""
        account = self._world.accounts.get(int(body.payload.get("recipient_id") or 0))
        if account is None or account.bot:
            raise ApiError(400, 50033, "Invalid Recipient(s)")
        self._may_write(account.dms, opening=True)
        return self._world.dm(account).payload(self._world.bot.payload())

    def _may_write(self, policy: str, *, opening: bool) -> None:
        if policy == "too fast" and opening:
            raise ApiError(403, 40003, "You are opening direct messages too fast")
        if policy == "closed":
            raise ApiError(400 if opening else 403, 50007, "Cannot send messages to this user")
        if policy == "no mutual guild":
            message = "Cannot send messages to this user due to having no mutual guilds"
            raise ApiError(400 if opening else 403, 50278, message)

    # Commands.

    def _scope(self, request: web.Request) -> tuple[str, int | None]:
        application = self._rest.own_application(request)
        number = request.match_info.get("guild")
        if number is None:
            return application, None
        guild = self._world.guilds.get(int(number))
        if guild is None or not guild.bot:
            raise ApiError(403, 50001, "Missing Access")
        return application, guild.id

    async def _list_commands(self, request: web.Request, body: Body) -> list[Json]:
        return self._commands.all(self._scope(request)[1])

    async def _put_commands(self, request: web.Request, body: Body) -> list[Json]:
        application, scope = self._scope(request)
        return self._commands.overwrite(body.payload.get("items", []), scope, application)

    async def _post_command(self, request: web.Request, body: Body) -> Json:
        application, scope = self._scope(request)
        return self._commands.upsert(body.payload, scope, application)

    async def _get_command(self, request: web.Request, body: Body) -> Json:
        return self._commands.one(request.match_info["command"], self._scope(request)[1])

    async def _delete_command(self, request: web.Request, body: Body) -> None:
        self._commands.remove(request.match_info["command"], self._scope(request)[1])

    # Channels.

    def _channel(self, request: web.Request) -> Channel:
        return self._world.channel_for_bot(request.match_info["channel"])

    def _own(self, request: web.Request) -> Message:
        message = self._world.message_for_bot(self._channel(request), request.match_info["message"])
        if message.author is not self._world.bot:
            raise ApiError(403, 50005, "Cannot edit a message authored by another user")
        return message

    async def _get_channel(self, request: web.Request, body: Body) -> Json:
        return self._channel(request).payload(self._world.bot.payload())

    async def _list_messages(self, request: web.Request, body: Body) -> list[Json]:
        """Newest first; ``after`` gives the oldest ones behind it, newest first, as Discord does."""
        channel = self._channel(request)
        errors = FormErrors()
        limit = int(request.query.get("limit", "50"))
        errors.within(("limit",), limit, 1, 100)
        errors.raise_if_any()
        before, after = int(request.query.get("before", 2**63)), int(request.query.get("after", 0))
        shown = [one for one in channel.messages if not one.deleted and not one.ephemeral and after < one.id < before]
        if channel.guild is not None and not self._world.bot_permissions(channel) & READ_MESSAGE_HISTORY:
            shown = []  # "no messages will be returned" (Get Channel Messages)
        chosen = shown[:limit] if "after" in request.query else shown[-limit:]
        return [self._world.for_bot(one) for one in reversed(chosen)]

    async def _send(self, request: web.Request, body: Body) -> Json:
        channel = self._channel(request)
        if channel.guild is not None:
            self._need(channel, SEND_MESSAGES if channel.parent is None else SEND_MESSAGES_IN_THREADS)
        if channel.locked:
            self._need(channel, MANAGE_THREADS, locked=True)
        for person in channel.people:
            self._may_write(person.dms, opening=False)
        nonce = str(body.payload.get("nonce") or "")
        known = self._nonces.get((channel.id, nonce))
        if nonce and body.payload.get("enforce_nonce") and known is not None:
            return known.payload()
        message = await self._desk.post(channel, body)
        channel.archived = False  # "Sending a message will automatically unarchive the thread"
        self._nonces[channel.id, nonce] = message
        return message.payload()

    async def _get_message(self, request: web.Request, body: Body) -> Json:
        channel = self._channel(request)
        return self._world.for_bot(self._world.message_for_bot(channel, request.match_info["message"]))

    async def _edit(self, request: web.Request, body: Body) -> Json:
        if self._channel(request).archived:
            raise ApiError(400, 50083, "Thread is archived")
        return (await self._desk.edit(self._own(request), body)).payload()

    async def _delete(self, request: web.Request, body: Body) -> None:
        channel = self._channel(request)
        message = self._world.message_for_bot(channel, request.match_info["message"])
        if message.author is not self._world.bot:
            raise ApiError(403, 50003 if channel.kind == "dm" else 50013, "Cannot execute action on this message")
        await self._desk.delete(message)

    def _need(self, channel: Channel, permission: int, *, locked: bool = False) -> None:
        """403/50013 where the bot lacks a permission; 403/160005 in a thread that somebody has locked."""
        if not self._world.bot_permissions(channel) & permission:
            raise ApiError(403, 160005, "Thread is locked") if locked else ApiError(403, 50013, "Missing Permissions")

    async def _begin_thread(self, request: web.Request, body: Body) -> Json:
        """Start Thread from Message. The thread has the message's id."""
        channel, payload = self._channel(request), body.payload
        message = self._world.message_for_bot(channel, request.match_info["message"])
        if channel.guild is None or channel.parent is not None or channel.type not in (TEXT, NEWS):
            raise ApiError(400, 50024, "Cannot execute action on this channel type")
        self._need(channel, CREATE_PUBLIC_THREADS)
        errors = FormErrors()
        errors.length(("name",), self._world.settings.length(str(payload.get("name") or "")), 1, 100)
        if payload.get("auto_archive_duration", 1440) not in (60, 1440, 4320, 10080):
            errors.choices(("auto_archive_duration",), (60, 1440, 4320, 10080))
        errors.raise_if_any()
        if message.id in self._world.channels:
            raise ApiError(400, 160004, "A thread has already been created for this message")
        threads = [one for one in self._world.channels.values() if one.parent and one.guild is channel.guild]
        if sum(not one.archived for one in threads) >= self._world.settings.active_threads:
            raise ApiError(400, 160006, "Maximum number of active threads reached")
        return self._world.thread(channel, str(payload["name"]), message).payload(self._world.bot.payload())

    async def _edit_thread(self, request: web.Request, body: Body) -> Json:
        """Modify Channel, of a thread: its creator may archive it, locking needs Manage Threads ("Threads")."""
        thread = self._channel(request)
        first = next(iter(thread.messages), None)
        is_own = first is not None and first.author is self._world.bot
        if thread.parent is None or "locked" in body.payload or not is_own:
            self._need(thread, MANAGE_THREADS)
        if thread.locked:
            self._need(thread, MANAGE_THREADS, locked=True)
        thread.archived = bool(body.payload.get("archived", thread.archived))
        thread.locked = bool(body.payload.get("locked", thread.locked))
        return thread.payload(self._world.bot.payload())

    async def _delete_thread(self, request: web.Request, body: Body) -> Json:
        """Delete Channel, of a thread: it needs Manage Threads. Other channels would need Manage Channels."""
        thread = self._channel(request)
        if thread.parent is None:
            raise ApiError(403, 50013, "Missing Permissions")
        self._need(thread, MANAGE_THREADS)
        self._world.delete_thread(thread)
        return thread.payload(self._world.bot.payload())

    async def _typing(self, request: web.Request, body: Body) -> None:
        channel = self._channel(request)
        if not channel.writable:
            raise ApiError(403, 50013, "Missing Permissions")
        seen = tuple(one.name for one in self._world.audience(channel))
        self._world.timeline.add("typing", seen, self._world.bot.name)

    # Interactions.

    async def _callback(self, request: web.Request, body: Body) -> Json | None:
        found = await self._interactions.respond(request.match_info["id"], request.match_info["token"], body)
        return found if request.query.get("with_response") in ("1", "true", "True") else None

    async def _follow_up(self, request: web.Request, body: Body) -> Json:
        found = self._interactions.by_token(request.match_info["application"], request.match_info["token"])
        return (await self._interactions.follow_up(found, body)).payload()

    def _hooked(self, request: web.Request) -> Message:
        found = self._interactions.by_token(request.match_info["application"], request.match_info["token"])
        return self._interactions.message(found, request.match_info["message"])

    async def _hook_get(self, request: web.Request, body: Body) -> Json:
        return self._hooked(request).payload()

    async def _hook_edit(self, request: web.Request, body: Body) -> Json:
        return (await self._desk.edit(self._hooked(request), body)).payload()

    async def _hook_delete(self, request: web.Request, body: Body) -> None:
        await self._desk.delete(self._hooked(request))
