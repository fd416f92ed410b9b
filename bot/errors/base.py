"""The base class of errors that a person may be shown, and how an unexpected error is logged without its words."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class BotError(Exception):
    """Base class of errors that a person may be shown; ``str(error)`` is the sentence.

    ``is_temporary``: starting the program again a little later may succeed with no setting or file changed, because
    the disk, the database or Discord may be back by then. It is never true of a model's errors, which do not keep the
    bot from running; see ``ModelError.is_lasting`` for those.
    """

    is_temporary = False

    @property
    def public_message(self) -> str:
        """The message for Discord users: without file paths of the machine that runs the bot."""
        return str(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the sentence and attributes, so that errors cross processes whatever their constructor takes."""
        return _restore, (type(self), self.args, dict(self.__dict__))


def _restore(kind: type[BotError], args: tuple[Any, ...], state: dict[str, Any]) -> BotError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error


class RedactedError(Exception):
    """Stand for an unexpected error in the log: only the class is named, because its message may quote a writer."""


def redacted_exc_info(error: BaseException) -> tuple[type[RedactedError], RedactedError, TracebackType | None]:
    """Return ``exc_info`` for a log record: the error's class and traceback, without its message."""
    return RedactedError, RedactedError(type(error).__name__), error.__traceback__
