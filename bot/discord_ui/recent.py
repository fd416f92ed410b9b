"""Remember what was seen recently, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class RecentSet(Generic[T]):
    """A set of at most ``limit`` things, without those added longest ago."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._things: OrderedDict[T, None] = OrderedDict()

    def __contains__(self, thing: T) -> bool:
        return thing in self._things

    def add(self, thing: T) -> None:
        """Add a thing, or count it as just added again."""
        self._things[thing] = None
        self._things.move_to_end(thing)
        if len(self._things) > self._limit:
            self._things.popitem(last=False)

    def discard(self, thing: T) -> None:
        """Remove a thing, if it is there."""
        self._things.pop(thing, None)
