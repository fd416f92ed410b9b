"""Rate limits as Discord shows them, and a count of every time the bot ran into one."""

import zlib
from dataclasses import dataclass

from tests.simulators.discord.clock import Clock
from tests.simulators.discord.errors import ApiError
from tests.simulators.discord.settings import Settings

GLOBAL_LIMIT, GLOBAL_SPAN = 50, 1.0  # "Global Rate Limit"; interaction endpoints are exempt


@dataclass(frozen=True, slots=True)
class Rule:
    """So many requests in so many seconds. ``counted`` names the count, ``shown`` makes X-RateLimit-Bucket."""

    counted: str
    shown: str
    limit: int = 5
    span: float = 5.0


# Discord documents no numbers. Observed: sends and edits 5 in 5 s for each channel, under one bucket hash but counted
# apart (discord-api-docs#2761, #1442, #8073); webhooks and @original 5 in 5 s (#4043, discordgo#1384). The rest is an
# assumption.
SEND = Rule("send", "messages")
EDIT = Rule("edit", "messages")
READ = Rule("read", "read")
TYPING = Rule("typing", "typing")
DELETE = Rule("delete", "delete", 5, 1.0)
GUILD = Rule("guild", "guild")
THREAD = Rule("thread", "thread")
WEBHOOK = Rule("webhook", "webhook")


@dataclass(frozen=True, slots=True)
class Violation:
    """One 429."""

    at: float
    method: str
    path: str
    bucket: str
    retry_after: float


@dataclass(slots=True)
class _Window:
    opened: float
    used: int = 0


class RateLimiter:
    """Fixed windows that open with their first request."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self.violations: list[Violation] = []
        self.requests = 0

    def global_check(self, method: str, path: str) -> None:
        """Raises 429 with ``global`` true above 50 requests a second."""
        if not self._settings.rate_limits:
            return
        left, reset = self._take(("global", ""), GLOBAL_LIMIT, GLOBAL_SPAN)
        if left < 0:
            raise self._refusal(method, path, "global", reset, {"X-RateLimit-Global": "true"})

    def check(self, rule: Rule, resource: str, method: str, path: str) -> dict[str, str]:
        """Counts one request and returns the headers of its reply. Raises 429 when the bucket is empty."""
        if not self._settings.rate_limits:
            return {}
        left, reset = self._take((rule.counted, resource), rule.limit, rule.span)
        headers = {
            "X-RateLimit-Limit": str(rule.limit),
            "X-RateLimit-Remaining": str(max(0, left)),
            "X-RateLimit-Reset": f"{self._clock.now() + reset:.3f}",
            "X-RateLimit-Reset-After": f"{reset:.3f}",
            "X-RateLimit-Bucket": f"{zlib.crc32(rule.shown.encode()):08x}",
        }
        if left < 0:
            raise self._refusal(method, path, rule.counted, reset, headers)
        return headers

    def _take(self, key: tuple[str, str], limit: int, span: float) -> tuple[int, float]:
        self.requests += 1
        now = self._clock.now()
        window = self._windows.get(key)
        if window is None or now >= window.opened + span:
            window = self._windows[key] = _Window(now)
        window.used += 1
        return limit - window.used, window.opened + span - now

    def _refusal(self, method: str, path: str, bucket: str, reset: float, headers: dict[str, str]) -> ApiError:
        everywhere = bucket == "global"
        self.violations.append(Violation(self._clock.now(), method, path, bucket, reset))
        # Without Via discord.py takes a 429 for a Cloudflare ban and gives up.
        scope = {
            "X-RateLimit-Scope": "global" if everywhere else "user",
            "Via": "1.1 google",
            "Retry-After": f"{reset:.0f}",
        }
        extra = {"retry_after": round(reset, 3), "global": everywhere}
        return ApiError(429, 0, "You are being rate limited.", headers={**headers, **scope}, extra=extra)
