"""What every REST request passes: faults, the token, the rate limits, and Discord's way to say no."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from tests.simulators.discord.errors import ApiError, unauthorized
from tests.simulators.discord.fault_injection import Faults
from tests.simulators.discord.json_types import Json
from tests.simulators.discord.rate_limits import RateLimiter, Rule
from tests.simulators.discord.settings import Settings
from tests.simulators.discord.timeline import Timeline
from tests.simulators.discord.uploads import Body, read_body

API = "/api/v10"

Handler = Callable[[web.Request, Body], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Served:
    """One request and its answer, for tests that count or inspect what the bot sent."""

    method: str
    path: str
    status: int
    code: int
    body: Json


class Rest:
    """Registers routes and wraps their handlers. A handler returns the JSON to send, or None for 204."""

    def __init__(
        self,
        settings: Settings,
        timeline: Timeline,
        limiter: RateLimiter,
        faults: Faults,
        application: Callable[[], str],
    ) -> None:
        self._settings = settings
        self._timeline = timeline
        self._limiter = limiter
        self._faults = faults
        self._application = application
        self.served: list[Served] = []
        self.crashes: list[Exception] = []  # faults of the simulator itself, raised when it stops
        self.app = web.Application(client_max_size=4 * settings.request_limit)

    @property
    def refused(self) -> list[Served]:
        """Every request answered with 400 or above."""
        return [one for one in self.served if one.status >= 400]

    @property
    def invalid_requests(self) -> int:
        """401, 403 and 429: ten thousand of these in ten minutes ban an address ("Invalid Request Limit")."""
        return sum(one.status in (401, 403, 429) for one in self.served)

    def add(
        self,
        method: str,
        path: str,
        handler: Handler,
        *,
        rule: Rule | None = None,
        resource: str = "",
        public: bool = False,
    ) -> None:
        """Registers one route.

        Args:
            rule, resource: the bucket, and the name of the path's part that it is counted for.
            public: the route carries its own token in the path and is exempt from the global limit.
        """

        async def serve(request: web.Request) -> web.Response:
            path = request.path.removeprefix(API)
            body = Body({}, {})
            headers: dict[str, str] = {}
            try:
                if request.content_type == "application/json":
                    await request.read()  # what has arrived counts, even if the bot does not wait for the answer
                fault = await self._faults.strike(method, path)
                if not public:
                    self._authorise(request)
                    self._limiter.global_check(method, path)
                if rule is not None:
                    key = request.match_info.get(resource, "")
                    headers = self._limiter.check(rule, key, method, path)
                body = await read_body(request, self._settings)
                found = await handler(request, body)
                if fault is not None:
                    fault.fail()
                response = _reply(200 if found is not None else 204, found, headers)
                code = 0
            except ApiError as error:
                response = _reply(error.status, error.body(), {**headers, **error.headers})
                code = error.code
            except Exception as error:
                self.crashes.append(error)
                raise
            self.served.append(Served(method, path, response.status, code, body.payload))
            self._timeline.pulse(())  # for those who wait for a request rather than for a person's screen
            if self._settings.latency:
                await asyncio.sleep(self._settings.latency)
            return response

        self.app.router.add_route(method, API + path, serve)

    def own_application(self, request: web.Request) -> str:
        """The ``application`` in the path, which must be the bot's own: 403/20012 otherwise."""
        application = request.match_info["application"]
        if application != self._application():
            raise ApiError(403, 20012, "You are not authorized to perform this action on this application")
        return application

    def _authorise(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bot {self._settings.token}":
            raise unauthorized()


def _reply(status: int, found: object, headers: Mapping[str, str]) -> web.Response:
    if found is None:
        return web.Response(status=status, headers=headers)
    # Bytes, so that no charset is added: discord.py takes any other content type than exactly this one for text.
    return web.Response(
        status=status, body=json.dumps(found).encode(), content_type="application/json", headers=headers
    )
