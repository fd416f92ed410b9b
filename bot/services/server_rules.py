"""What a Discord server allows inside it: by whom, where and with what the bot is used there, and what may be spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.services.store_ports import Clock, Store, Transaction

_MAX_CACHED = 10_000  # servers, at some hundred bytes each


@dataclass(frozen=True, slots=True)
class ServerRules:
    """The rules of one server; by default it allows all that the host allows.

    ``roles`` and ``channels`` are Discord's ids, ``structures`` are keys; of each, empty allows all. ``day_budget`` is
    what everybody together, and ``member_day_budget`` what one member, may spend there in a day, in US dollars.
    ``is_damaged``: rules are stored, but cannot be read; then the server allows nothing until they are set again.
    """

    roles: frozenset[int] = frozenset()
    channels: frozenset[int] = frozenset()
    structures: frozenset[str] = frozenset()
    day_budget: Decimal | None = None
    member_day_budget: Decimal | None = None
    allows_model: bool = True
    is_damaged: bool = False


ALL_ALLOWED = ServerRules()


class ServerRulesService:
    """Read and change the rules of servers, which are known by their pseudonyms.

    Rules are kept in memory once they were read, for they are needed for each click, where only this process changes
    them.
    """

    def __init__(self, store: Store, clock: Clock, *, is_only_process: bool) -> None:
        self._store = store
        self._clock = clock
        self._max_cached = _MAX_CACHED if is_only_process else 0
        self._cached: dict[str, ServerRules] = {}

    async def get(self, server: str) -> ServerRules:
        """Return the rules of a server. Raise StoreError."""
        if (cached := self._cached.get(server)) is not None:
            return cached
        found = await self._store.read(lambda tx: tx.servers.rules(server))
        # If they were changed while they were read, what was changed counts.
        return self._cached.setdefault(server, found) if len(self._cached) < self._max_cached else found

    async def change(self, server: str, change: Callable[[ServerRules], ServerRules]) -> ServerRules:
        """Store what ``change`` makes of a server's rules, and return it. It holds from then on. Raise StoreError.

        Rules that cannot be read are replaced as if there had been none.
        """
        at = self._clock()

        def step(tx: Transaction) -> ServerRules:
            now = tx.servers.rules(server)
            changed = change(ALL_ALLOWED if now.is_damaged else now)
            tx.servers.set_rules(server, changed, at)
            return changed

        changed = await self._store.write(f"server {server}", step)
        if self._max_cached:
            self._cached[server] = changed
        return changed
