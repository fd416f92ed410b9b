"""Errors of sharing a text as a thread in Discord, and of the feedback that is gathered there."""

from __future__ import annotations

from bot.errors.base import BotError
from bot.errors.inputs import InvalidInput

_STORED = "The essay is stored as it was."


class NotShared(InvalidInput):
    """There is no shared text of this kind: it was never shared, or was taken down."""

    @classmethod
    def by_writer(cls) -> NotShared:
        return cls(
            "This essay stands in no thread now, so there is nothing to answer or take down. Nothing was changed."
        )

    @classmethod
    def for_reader(cls) -> NotShared:
        return cls("This text is no longer shared, so your words went to nobody. Nothing was stored.")

    @classmethod
    def of_other(cls) -> NotShared:
        return cls("Only whoever wrote this can take it back. Nothing was changed.")


class AlreadyShared(InvalidInput):
    """The essay stands in a thread already."""

    def __init__(self) -> None:
        super().__init__(
            "This essay stands in a thread already, so nothing was posted: take that down first (More, Feedback)."
        )


class SharingError(BotError):
    """Discord did not do what sharing needs."""


class NotConnected(SharingError):
    """This process has no connection to Discord."""

    def __init__(self) -> None:
        super().__init__(
            f"The bot is not connected to Discord, so nothing was done there. {_STORED} Try again in a minute."
        )


class ThreadGone(SharingError):
    """The thread does not exist any more."""

    def __init__(self) -> None:
        super().__init__(
            "The thread is gone in Discord: somebody who manages the server has deleted it. What was gathered from it "
            "before stays here."
        )


class ThreadFault(SharingError):
    """Discord had a fault that may pass."""

    def __init__(self) -> None:
        super().__init__(f"Discord had a fault, so this was not done. {_STORED} Try again in a minute.")


class ThreadRefused(SharingError):
    """Discord refused; trying again does not help until somebody changes something."""

    @classmethod
    def no_access(cls) -> ThreadRefused:
        return cls(
            f"The bot may not see that channel, or is not in the server any more. {_STORED} Ask whoever manages the "
            "server to let it in."
        )

    @classmethod
    def no_permission(cls) -> ThreadRefused:
        return cls(
            "Discord refused: in that channel the bot needs View Channel, Send Messages, Create Public Threads, Send "
            f"Messages in Threads and Read Message History. {_STORED} Ask whoever manages the server, or choose "
            "another channel."
        )

    @classmethod
    def damaged(cls) -> ThreadRefused:
        return cls(
            "Where the text stands in Discord cannot be read any more: that row of the database is damaged. All else "
            "is safe. If you see the text there, ask whoever manages the server to delete it."
        )

    @classmethod
    def blocked(cls) -> ThreadRefused:
        return cls(
            "Discord refused the text, because the server's AutoMod blocks words in it. "
            f"{_STORED} Change these words, or choose another server."
        )

    @classmethod
    def too_many(cls) -> ThreadRefused:
        return cls(
            f"The server has as many open threads as Discord allows, so none was begun. {_STORED} Ask whoever manages "
            "the server to close some, and share it again."
        )

    @classmethod
    def locked(cls) -> ThreadRefused:
        return cls(
            "The thread was closed by somebody who manages the server, so nothing can be written there. "
            f"{_STORED} What was gathered stays."
        )

    @classmethod
    def other(cls, status: int, code: int) -> ThreadRefused:
        return cls(f"Discord refused it with status {status} and code {code}. {_STORED} Choose another channel.")


class PartlyShared(SharingError):
    """A text could be posted only in part, and what stands there could not be removed."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"{why} Part of it may stand in Discord, and could not be removed now: More, Feedback, Take down tries "
            "again."
        )
