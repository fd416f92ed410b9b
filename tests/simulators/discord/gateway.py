"""The gateway: shards, sessions that outlive their sockets, numbered events, resumes, and faults on demand."""

# ruff: noqa: ASYNC109 - how long to wait is part of a test helper's interface; when time is up it says what was seen

import asyncio
import json
import secrets
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.simulators.discord.json_types import Json
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.timeline import Timeline

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID, HELLO, ACK = 0, 1, 2, 6, 7, 9, 10, 11
IGNORED = (3, 4, 8, 31)  # presence, voice, member and soundboard requests: accepted, without effect here
SENDS, SENDS_PER = 120, 60.0  # "Rate Limiting" of gateway events; more is closed with 4008
ENDS_SESSION = (1000, 1001)  # "Disconnecting": after these close codes of the bot's nothing can be resumed
KEPT = 60.0  # seconds for which a lost session can be resumed; Discord names no number


@dataclass(slots=True, eq=False)
class Session:
    """One identified connection of the bot. Events are kept, numbered, whether or not a socket is there."""

    id: str
    intents: int
    shard: tuple[int, int]
    sequence: int = 0
    sent: list[Json] = field(default_factory=list)
    socket: web.WebSocketResponse | None = None
    request: web.Request | None = None
    resumable: bool = True
    lost_at: float | None = None  # by the loop's clock

    @property
    def is_live(self) -> bool:
        """Whether its socket is there."""
        return self.socket is not None and not self.socket.closed

    def serves(self, data: Json) -> bool:
        """Whether an event belongs to its shard ("Sharding"): by the server's id, and to shard 0 without a server."""
        number, count = self.shard
        server = str(data.get("guild_id") or "")
        return ((int(server) if server.isdecimal() else 0) >> 22) % count == number


class Gateway:
    """Serves ``/gateway`` with plain text frames, which discord.py accepts whatever compression it asked for.

    Several processes may identify, and several sessions may have one shard: each is sent all of the shard's events.

    Attributes:
        double: every shard, with its count, that got a session while another one of the same shard was connected.
        hasty: every IDENTIFY that came too soon after another of its kind, by the shard's number.
    """

    def __init__(self, settings: Settings, timeline: Timeline) -> None:
        self._settings = settings
        self._timeline = timeline
        self._sessions: dict[str, Session] = {}
        self._duplicates: Counter[str] = Counter()
        self._identified: dict[int, float] = {}  # by the rate limit's key, when the last one was
        self.ready: Callable[[], Json] = dict
        self.servers: Callable[[], Collection[int]] = tuple  # the ids of those that the bot is in
        self.double: list[tuple[int, int]] = []
        self.hasty: list[int] = []
        self.url = ""
        self.identifies = 0
        self.resumes = 0
        self.heartbeats = 0
        self.closed_with: list[int] = []

    @property
    def connected(self) -> list[Session]:
        """Sessions with a live socket, after READY or RESUMED."""
        return [one for one in self._sessions.values() if one.is_live]

    async def wait_connected(self, timeout: float = 10.0, *, besides: Collection[Session] = ()) -> Session:
        """Waits until a bot is connected, other than the sessions in ``besides``."""

        def look() -> Session | None:
            return next((one for one in self.connected if one not in besides), None)

        return await self._timeline.until(look, timeout, lambda: "no bot is connected")

    async def wait_shards(self, *numbers: int, timeout: float = 10.0, besides: Collection[Session] = ()) -> None:
        """Waits until a session of each of these shards is connected, other than those in ``besides``."""

        def look() -> bool:
            return {one.shard[0] for one in self.connected if one not in besides} >= set(numbers)

        await self._timeline.until(look, timeout, lambda: f"connected: {[one.shard for one in self.connected]}")

    async def wait_disconnected(self, timeout: float = 10.0, *, of: Collection[Session] | None = None) -> None:
        """Waits until the sockets of these sessions, or all, are gone, as after a SIGKILL."""

        def look() -> bool:
            return not any(of is None or one in of for one in self.connected)

        await self._timeline.until(look, timeout, lambda: "a bot is still connected")

    async def dispatch(
        self, event: str, data: Json, intents: int = 0, *, without: tuple[int, Json] | None = None
    ) -> None:
        """Sends an event to every session of its shard whose intents have one of the bits (0: to all).

        ``without`` is an intent and the poorer data that a session lacking it gets.
        """
        times = 2 if self._duplicates[event] else 1
        self._duplicates[event] = max(0, self._duplicates[event] - 1)
        for session in list(self._sessions.values()):
            if not session.serves(data) or (intents and not session.intents & intents):
                continue
            told = data if without is None or session.intents & without[0] else without[1]
            for _ in range(times):
                await self._push(session, event, told)

    def duplicate_next(self, event: str = "INTERACTION_CREATE", times: int = 1) -> None:
        """The next ``times`` events of this name are delivered twice."""
        self._duplicates[event] += times

    def drop(self) -> None:
        """Cuts every socket without a close frame, as a lost network does. Sessions can be resumed."""
        for session in self.connected:
            if session.request is not None and session.request.transport is not None:
                session.request.transport.abort()
            self._lose(session)
        self._timeline.pulse()

    async def reconnect(self) -> None:
        """Op 7: asks the bot to reconnect and resume."""
        for session in self.connected:
            await self._send(session.socket, {"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool = False) -> None:
        """Op 9: the session is invalid. Not resumable: a new IDENTIFY is needed and missed events are lost."""
        for session in self.connected:
            socket = session.socket
            if not resumable:
                self._sessions.pop(session.id)
            await self._send(socket, {"op": INVALID, "d": resumable})

    def forget_sessions(self) -> None:
        """The next RESUME is answered with op 9, not resumable."""
        for session in self._sessions.values():
            session.resumable = False

    async def close(self) -> None:
        for session in self.connected:
            if session.socket is not None:
                await session.socket.close(code=1001)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(max_msg_size=4096)
        await socket.prepare(request)
        await self._send(
            socket, {"op": HELLO, "d": {"heartbeat_interval": int(self._settings.heartbeat_interval * 1000)}}
        )
        session: Session | None = None
        recent: deque[float] = deque(maxlen=SENDS)
        loop = asyncio.get_running_loop()
        async for frame in socket:
            if frame.type is not WSMsgType.TEXT:
                break
            if len(recent) == SENDS and loop.time() - recent[0] < SENDS_PER:
                await self._refuse(socket, 4008, "Rate limited.")
                break
            recent.append(loop.time())
            message = _decode(frame.data)
            if message is None:
                await self._refuse(socket, 4002, "Error while decoding payload.")
                break
            code, session = await self._receive(socket, request, session, message)
            if code:
                await self._refuse(socket, code, "")
                break
        if session is not None and session.socket is socket:
            self._lose(session)
            if socket.close_code in ENDS_SESSION:
                self._sessions.pop(session.id, None)
            self._timeline.pulse()
        return socket

    def _lose(self, session: Session) -> None:
        session.socket, session.lost_at = None, asyncio.get_running_loop().time()

    def _is_hasty(self, shard: int) -> bool:
        """Counts an IDENTIFY, and says whether it came too soon."""
        key, now = shard % self._settings.max_concurrency, asyncio.get_running_loop().time()
        last = self._identified.get(key)
        if last is not None and now - last < self._settings.identify_interval:
            self.hasty.append(shard)
            return True
        self._identified[key] = now
        return False

    async def _receive(
        self, socket: web.WebSocketResponse, request: web.Request, session: Session | None, message: Json
    ) -> tuple[int, Session | None]:
        op, data = message.get("op"), message.get("d")
        if op == HEARTBEAT:
            self.heartbeats += 1
            await self._send(socket, {"op": ACK})
        elif op in (IDENTIFY, RESUME) and session is not None:
            return 4005, session
        elif op == IDENTIFY and isinstance(data, dict):
            return await self._identify(socket, request, data)
        elif op == RESUME and isinstance(data, dict):
            return await self._resume(socket, request, data)
        elif op in IGNORED:
            return (0 if session else 4003), session
        else:
            return 4001, session
        return 0, session

    async def _identify(
        self, socket: web.WebSocketResponse, request: web.Request, data: Json
    ) -> tuple[int, Session | None]:
        self.identifies += 1
        shard = data.get("shard") or [0, 1]
        intents = data.get("intents")
        if data.get("token") != self._settings.token:
            return 4004, None
        if not isinstance(intents, int) or intents < 0:
            return 4013, None
        if intents & self._settings.disallowed_intents:
            return 4014, None
        if not _is_shard(shard):
            return 4010, None
        if self.identifies > self._settings.identifies_a_day:
            return 4004, None
        if max(Counter((one >> 22) % shard[1] for one in self.servers()).values(), default=0) > (
            self._settings.servers_per_shard
        ):
            return 4011, None
        if self._is_hasty(shard[0]):
            await self._send(socket, {"op": INVALID, "d": False})
            return 0, None
        now = asyncio.get_running_loop().time()
        for old in [one for one in self._sessions.values() if one.lost_at is not None and now - one.lost_at > KEPT]:
            self._sessions.pop(old.id)
        session = Session(secrets.token_hex(16), intents, (shard[0], shard[1]), socket=socket, request=request)
        self._note_double(session)
        self._sessions[session.id] = session
        about = {"session_id": session.id, "resume_gateway_url": self.url, "shard": list(session.shard)}
        await self._push(session, "READY", {**self.ready(), **about})
        self._timeline.pulse()
        return 0, session

    async def _resume(
        self, socket: web.WebSocketResponse, request: web.Request, data: Json
    ) -> tuple[int, Session | None]:
        self.resumes += 1
        if data.get("token") != self._settings.token:
            return 4004, None
        session = self._sessions.get(str(data.get("session_id")))
        if session is None or not session.resumable:
            await self._send(socket, {"op": INVALID, "d": False})
            return 0, None
        if int(data.get("seq") or 0) > session.sequence:
            return 4007, None
        self._note_double(session)
        session.socket, session.request, session.lost_at = socket, request, None
        for event in [one for one in session.sent if one["s"] > int(data.get("seq") or 0)]:
            await self._send(socket, event)
        await self._push(session, "RESUMED", {})
        self._timeline.pulse()
        return 0, session

    def _note_double(self, session: Session) -> None:
        if any(one is not session and one.shard == session.shard for one in self.connected):
            self.double.append(session.shard)

    async def _push(self, session: Session, event: str, data: Json) -> None:
        session.sequence += 1
        # Encoded now, so that a later change of the message cannot alter a replayed event.
        numbered = json.loads(json.dumps({"op": DISPATCH, "t": event, "s": session.sequence, "d": data}))
        session.sent.append(numbered)
        await self._send(session.socket, numbered)

    async def _send(self, socket: web.WebSocketResponse | None, message: Json) -> None:
        if socket is None or socket.closed:
            return
        try:
            await socket.send_str(json.dumps(message))
        except ConnectionError:  # the bot was killed while we wrote: its loss is noticed where frames are read
            self._timeline.pulse()

    async def _refuse(self, socket: web.WebSocketResponse, code: int, reason: str) -> None:
        self.closed_with.append(code)
        await socket.close(code=code, message=reason.encode())


def _is_shard(shard: object) -> bool:
    """Whether this is a shard's number and the count of all."""
    match shard:
        case [int(number), int(count)]:
            return 0 <= number < count
        case _:
            return False


def _decode(text: str) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
