"""Errors of calls to a model: it could not do what it was asked; what it wrote before that is kept."""

from __future__ import annotations

import math
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import ClassVar

from bot.errors.base import BotError

EVERYTHING_STORED = "Everything is stored"


class ModelError(BotError):
    """Base class: a model could not do what it was asked. Notes and versions are as they were.

    The message is ``happened``, then ``safe`` (what is stored), then ``advice``; each must be true for every use of a
    model.
    ``is_lasting``: the next call would fail the same way, until somebody does something about it.
    """

    is_lasting: ClassVar[bool] = False

    def __init__(self, happened: str, advice: str, safe: str = EVERYTHING_STORED) -> None:
        super().__init__(f"{happened} {safe}; {advice}.")
        self.what_happened = happened
        self.advice = advice

    @property
    def message_without_assurance(self) -> str:
        """What happened and what to do, for a place that has already said what is safe."""
        return f"{self.what_happened} {self.advice[:1].upper()}{self.advice[1:]}."


class KeyRefused(ModelError):
    """The service refused the API key, or the key may not use the model."""

    is_lasting = True

    @classmethod
    def invalid(cls) -> KeyRefused:
        return cls(
            "The service refused the API key, so no model was called.",
            "whoever runs the bot has to put a valid key into its setting ANTHROPIC_API_KEY",
        )

    @classmethod
    def not_allowed(cls, model: str) -> KeyRefused:
        return cls(
            f"The API key may not use the model {model}, so no model was called.",
            "whoever runs the bot has to choose another model or have the key's permissions changed",
        )


class OutOfCredit(ModelError):
    """The account has no credit left."""

    is_lasting = True

    def __init__(self) -> None:
        super().__init__(
            "The account that pays for the model has no credit left, so no model was called.",
            "whoever runs the bot has to add credit, and you can go on without a model meanwhile",
        )


class NoNetwork(ModelError):
    """The service cannot be reached."""

    is_lasting = True

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The model at {address} cannot be reached.",
            "try again in a moment, and if that keeps happening, have whoever runs the bot check its network "
            "connection and the address in its settings",
        )


class NotClaude(ModelError):
    """The address is answered by something other than Claude's Messages API."""

    is_lasting = True

    def __init__(self, address: str) -> None:
        super().__init__(
            f"What answers at {address} is not Claude's Messages API: it may be a sign-in page, a proxy or another "
            "program.",
            "whoever runs the bot has to check the address in its settings",
        )


class Compressed(ModelError):
    """The service compresses its answers; they are not unpacked, since a few bytes can expand to gigabytes."""

    is_lasting = True

    def __init__(self, address: str) -> None:
        super().__init__(
            f"What answers at {address} compresses its answers though it is asked not to, so they are not read.",
            "whoever runs the bot has to turn compression off there, or check the address in its settings",
        )


class Redirected(ModelError):
    """The address redirects; following it could send the writer's text to an address that nobody chose."""

    is_lasting = True

    def __init__(self, address: str) -> None:
        super().__init__(
            f"The model's address {address} redirects to another address; redirects are not followed, so no model was "
            "called.",
            "whoever runs the bot has to set ANTHROPIC_BASE_URL to the final address, often the same with https:// for "
            "http://",
        )


class TooMuchSent(ModelError):
    """The service sent more than an answer can hold."""

    def __init__(self) -> None:
        super().__init__(
            "The model's service sent far more than there is room for in an answer, so the call was ended.",
            "try again, and if it happens twice, have whoever runs the bot look at what answers there",
        )


class UnknownModel(ModelError):
    """The service has no model with this name, or no longer has it."""

    is_lasting = True

    def __init__(self, model: str, address: str) -> None:
        super().__init__(
            f"There is no model {model} at {address}; it may have been retired.",
            "whoever runs the bot has to choose another model in its settings",
        )


class RequestRefused(ModelError):
    """The service refused the request as invalid."""

    @classmethod
    def invalid_request(cls, why: str | None, request: str | None) -> RequestRefused:
        reason = f" ({' '.join(why.split())[:200].rstrip('.')})" if why else ""
        number = f" and the request id {request}" if request else ""
        return cls(
            f"The service refused the request{reason}, so no model was called.",
            f"trying again will not help: tell whoever runs the bot this sentence{number}",
        )

    @classmethod
    def too_long(cls) -> RequestRefused:
        return cls(
            "What was sent is more than the model takes at once, so it did not begin.",
            "leave out what matters least and try again",
        )


class Overloaded(ModelError):
    """The service is overloaded."""

    def __init__(self) -> None:
        super().__init__("The model's service is overloaded at the moment.", "try again in a few minutes")


class RateLimited(ModelError):
    """The service takes no more requests for ``retry_after_seconds``; None if it did not say how long."""

    def __init__(self, retry_after_seconds: float | None) -> None:
        when = f"in {_duration(retry_after_seconds)}" if retry_after_seconds else "in a few minutes"
        super().__init__("The service takes no more requests for now.", f"try again {when}")
        self.retry_after_seconds = retry_after_seconds


class SpendLimitReached(ModelError):
    """The account reached its spending limit; waiting a little does not help."""

    is_lasting = True

    def __init__(self) -> None:
        super().__init__(
            "The account that pays for the model has reached its spending limit, so no model was called.",
            "whoever runs the bot can raise the limit, and you can go on without a model meanwhile",
        )


class ServiceFault(ModelError):
    """The service had an internal error."""

    def __init__(self, request: str | None) -> None:
        number = f" (request id {request})" if request else ""
        super().__init__(f"The model's service had a fault of its own{number}.", "try again in a few minutes")


class StreamBroken(ModelError):
    """The connection broke in the middle of an answer."""

    def __init__(self) -> None:
        super().__init__("The connection to the model broke before it had finished.", "try again")


class Stalled(ModelError):
    """The service sent nothing at all for ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Nothing came from the model for {_duration(seconds)}, so the call was ended.", "try again")


class TookTooLong(ModelError):
    """The answer was not finished in the ``seconds`` that one call may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"The model had not finished after {_duration(seconds)}, so the call was ended.", "try again")


class OnlyThinking(ModelError):
    """The model used all its tokens on thinking and wrote nothing."""

    def __init__(self) -> None:
        super().__init__(
            "The model used all the room for its answer on thinking, and wrote nothing.",
            "try again, and give it less at once if it happens twice",
        )


class NothingWritten(ModelError):
    """The model ended its answer without a word."""

    def __init__(self) -> None:
        super().__init__(
            "The model ended without writing a word.", "change something in what it was given and try again"
        )


class Declined(ModelError):
    """The model declined; what it had begun is dropped.

    ``refusal_category`` is the service's word for why, None if it gave none.
    """

    def __init__(self, refusal_category: str | None) -> None:
        super().__init__(
            "The model declined to work on this text, and what it had begun was dropped.",
            "asking again seldom helps: take out what it may have stumbled over, or go on without a model",
        )
        self.refusal_category = refusal_category


class BadReply(ModelError):
    """The model's answer was not in the form that was asked for."""

    @classmethod
    def invalid_format(cls) -> BadReply:
        return cls("The model's answer was not in the form that was asked for, so it could not be used.", "try again")

    @classmethod
    def truncated(cls) -> BadReply:
        return cls(
            "The model's answer was longer than there is room for, so it could not be used.",
            "try again, and give it less at once if it happens twice",
        )

    @classmethod
    def unfinished(cls) -> BadReply:
        return cls("The model stopped before it had finished its answer.", "try again")

    @classmethod
    def not_the_requested_text(cls) -> BadReply:
        return cls(
            "The model wrote something other than the text that was asked for: it may have declined, or asked a "
            "question instead. It was not used.",
            "change something in what it was given and try again",
        )


class NoModel(ModelError):
    """No model is configured."""

    def __init__(self) -> None:
        super().__init__(
            "No model is configured, so nothing can be drafted, revised or critiqued.",
            "whoever runs the bot can set ANTHROPIC_API_KEY",
            "Your notes can still be set into a post, measured and exported",
        )


class ModelNotAllowed(NoModel):
    """The rules of the Discord server let no model be asked in it."""

    is_lasting = True

    def __init__(self) -> None:
        ModelError.__init__(
            self,
            "The rules of this server let no model be asked here, so nothing can be drafted, revised or critiqued.",
            "whoever manages the server can change that with /settings, and a DM with the bot is not under its rules",
            "Your notes can still be set into a post, measured and exported",
        )


class UnknownPrice(ModelError):
    """The model was not called, because its price is not known, and so no budget can be kept."""

    is_lasting = True

    def __init__(self, model: str) -> None:
        super().__init__(
            f"The price of the model {model} is not known, so no budget can be kept, and it was not called.",
            f"whoever runs the bot can set its price, in dollars for a million tokens sent and written, or "
            f"MODEL_PRICES={model}=0/0 if it costs nothing",
            "Nothing is lost",
        )


class OverBudget(ModelError):
    """Base class: the call was not made, because its worst case exceeds a budget."""


class BudgetSpent(OverBudget):
    """Too little of a budget is left until it is renewed at ``reopens_at``; ``whose`` names the budget."""

    is_lasting = True

    def __init__(self, whose: str, reopens_at: datetime, who_raises: str = "whoever runs the bot") -> None:
        super().__init__(
            f"{whose} is used up until {reopens_at:%Y-%m-%d %H:%M} UTC, so no model was called.",
            f"you can go on without a model now, come back then, or ask {who_raises} to raise it",
        )
        self.whose = whose
        self.reopens_at = reopens_at


class BudgetReserved(OverBudget):
    """Running calls reserve too much of a budget; what they do not use is free again when they end.

    ``left`` is what has not been spent of the budget, ``held`` the part of that which is reserved, both in dollars.
    """

    def __init__(self, whose: str, left: Decimal, held: Decimal) -> None:
        super().__init__(
            f"{whose} has {_usd(left, ROUND_FLOOR)} left, and {_usd(held, ROUND_CEILING)} of it is held by "
            "work that is under way, so no model was called.",
            "try again when that work is done",
        )


class BudgetTooSmall(OverBudget):
    """The worst case of a call is more than the whole budget, so waiting does not help."""

    is_lasting = True

    def __init__(
        self, whose: str, dollars: Decimal, worst: Decimal, opens: datetime, who_raises: str = "whoever runs the bot"
    ) -> None:
        super().__init__(
            f"{whose} is ${dollars:f}, and this may cost up to {_usd(worst, ROUND_CEILING)}, so no model was "
            f"called. It opens again at {opens:%Y-%m-%d %H:%M} UTC, but will be too small then too: {who_raises} can "
            "raise it.",
            "you can go on without a model",
        )


def _usd(amount: Decimal, rounding: str) -> str:
    """Format an amount in whole cents, or with four significant digits below one cent."""
    if amount == 0 or amount >= Decimal("0.01"):
        return f"${amount.quantize(Decimal('0.01'), rounding=rounding):f}"
    return f"${amount.quantize(Decimal(1).scaleb(amount.adjusted() - 3), rounding=rounding).normalize():f}"


def _duration(seconds: float) -> str:
    """Format a duration in days, hours, minutes or seconds, rounded up."""
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{math.ceil(seconds / size)} {unit}"
    return f"{max(2, math.ceil(seconds))} seconds"
