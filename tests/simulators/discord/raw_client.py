"""Raw requests and a raw gateway socket, for tests of the simulator's own strictness and for forged traffic."""

import asyncio
import io
import json
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import aiohttp

from tests.simulators.discord.action_results import Act
from tests.simulators.discord.json_types import Json

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordSimulator


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: HTTP status, Discord's code (0 when there is none), the parsed body, the headers."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> int:
        return int(self.body.get("code", 0)) if isinstance(self.body, dict) else 0

    @property
    def says(self) -> tuple[int, int]:
        """Status and code, which is what most tests compare."""
        return self.status, self.code

    def complaint(self, *path: str | int) -> str:
        """The inner code word of the first error at a field, empty when there is none."""
        node: Any = self.body.get("errors", {})
        for step in path:
            node = node.get(str(step), {})
        return str(node["_errors"][0]["code"]) if "_errors" in node else ""


class Wire:
    """Speaks to a simulator as the bot would, without any library's checks."""

    def __init__(self, sim: "DiscordSimulator") -> None:
        self._sim = sim
        self._session = aiohttp.ClientSession()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def __call__(
        self,
        method: str,
        path: str,
        payload: object = None,
        files: dict[str, bytes] | None = None,
        token: str | None = None,
    ) -> Reply:
        """One request. ``files`` by name makes it multipart with ``payload_json`` and ``files[n]``."""
        headers = {"Authorization": f"Bot {token or self._sim.token}"}
        data: object = None
        if files is not None:
            form = aiohttp.FormData(quote_fields=False)
            form.add_field("payload_json", json.dumps(payload or {}))
            for number, (name, content) in enumerate(files.items()):
                form.add_field(
                    f"files[{number}]", io.BytesIO(content), filename=name, content_type="application/octet-stream"
                )
            data = form
        elif payload is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(payload)
        url = f"{self._sim.address}/api/v10{path}"
        async with self._session.request(method, url, data=data, headers=headers) as response:
            raw = await response.read()
            body = json.loads(raw) if response.content_type == "application/json" else raw
            return Reply(response.status, body, dict(response.headers))

    def raw(
        self, method: str, path: str, data: bytes, content_type: str
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Any bytes under any content type."""
        headers = {"Authorization": f"Bot {self._sim.token}", "Content-Type": content_type}
        return self._session.request(method, f"{self._sim.address}/api/v10{path}", data=data, headers=headers)

    async def answer(
        self, act: Act, kind: int, data: Json | None = None, files: dict[str, bytes] | None = None
    ) -> Reply:
        """The callback to an interaction."""
        payload: Json = {"type": kind} if data is None else {"type": kind, "data": data}
        found = act.interaction
        return await self("POST", f"/interactions/{found.id}/{found.token}/callback?with_response=1", payload, files)

    async def hook(
        self, act: Act, method: str, tail: str = "", payload: Json | None = None, files: dict[str, bytes] | None = None
    ) -> Reply:
        """A request behind the interaction's token: ``tail`` is "" for a followup, or "/messages/@original"."""
        return await self(method, f"/webhooks/{self._sim.world.bot.id}/{act.interaction.token}{tail}", payload, files)

    async def register(self, *commands: Json) -> Reply:
        """Overwrites the global commands; usable everywhere unless a command says otherwise."""
        everywhere = {"integration_types": [0, 1], "contexts": [0, 1, 2], "description": "x"}
        sent = [{**everywhere, **one} for one in commands]
        return await self("PUT", f"/applications/{self._sim.world.bot.id}/commands", sent)

    async def fetch(self, url: str) -> tuple[int, bytes]:
        """A file's address."""
        async with self._session.get(url) as response:
            return response.status, await response.read()

    async def connect(self) -> "Socket":
        """A gateway socket, after HELLO."""
        socket = Socket(await self._session.ws_connect(self._sim.gateway.url + "?v=10&encoding=json"))
        assert (await socket.next())["op"] == 10
        return socket


class Socket:
    """One gateway connection, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, op: int, data: object) -> None:
        await self._socket.send_json({"op": op, "d": data})

    async def send_text(self, text: str) -> None:
        await self._socket.send_str(text)

    async def identify(self, token: str, intents: int = 0, shard: tuple[int, int] = (0, 1)) -> None:
        properties = {"os": "linux", "browser": "wire", "device": "wire"}
        await self.send(2, {"token": token, "intents": intents, "shard": shard, "properties": properties})

    async def next(self) -> Json:
        """The next frame; the close code under "closed" when there is none."""
        async with asyncio.timeout(5):
            frame = await self._socket.receive()
        if frame.type is aiohttp.WSMsgType.TEXT:
            found: Json = json.loads(frame.data)
            return found
        return {"closed": self._socket.close_code}

    async def close(self) -> None:
        await self._socket.close()
