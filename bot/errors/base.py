"""The root of the errors that a person may be shown."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class BotError(Exception):
    """Base of the errors that a person may be shown. ``str(error)`` is the sentence.

    ``passes``: the disk, the database or Discord may be back a little later though nobody has changed a setting or a
    file of ours, so that a start that failed for it may then go well. No error of a model's says so: none keeps the bot
    from running, and ModelError has ``lasts`` for whether the next call would meet it too.
    """

    passes = False

    @property
    def elsewhere(self) -> str:
        """The sentence for whoever is not at the machine: no path of its files stands in it."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the sentence on the way between processes, whatever the class is made from."""
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(kind: type[BotError], args: tuple[Any, ...], state: dict[str, Any]) -> BotError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class RedactedError(Exception):
    """Stands in the log for an error that nobody expected: its kind, not its words, for they may be a writer's."""


def redacted_exc_info(error: BaseException) -> tuple[type[RedactedError], RedactedError, TracebackType | None]:
    """The error as ``exc_info`` of a line in the log: its kind and where it happened, nothing of what it says."""
    return RedactedError, RedactedError(type(error).__name__), error.__traceback__
