"""What whoever hosts the bot is told of by themselves: a budget nearly or wholly spent, and what does not answer.

What was told is stored, so that a restart does not repeat it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from bot import errors
from bot.services.ledger import NANO_PER_USD, RecordingLedger, is_month_refused, next_month, start_of_month
from bot.services.store_ports import Clock, Store, Transaction

OUTAGE = timedelta(minutes=5)  # shorter ones pass by themselves, and those who wait are told at once
_STATE_NAME = "host alerts"
_NEAR, _USED_UP = 80, 100  # percent of a budget
# How the ledger names the end of a call that failed by no fault of its text.
_OUTAGE_REASONS = tuple(
    error.__name__
    for error in (
        errors.Compressed,
        errors.KeyRefused,
        errors.NoNetwork,
        errors.NotClaude,
        errors.OutOfCredit,
        errors.Overloaded,
        errors.RateLimited,
        errors.Redirected,
        errors.ServiceFault,
        errors.SpendLimitReached,
        errors.Stalled,
        errors.StreamBroken,
        errors.TookTooLong,
        errors.UnknownModel,
    )
)


@dataclass(frozen=True, slots=True)
class ToldAlerts:
    """What the host was told last, as it is stored.

    ``budget_level`` is the percentage told of in ``budget_period``, a month and its budget. The others are since when
    models and Discord fail, as ISO times, None if the host knows of no failure.
    """

    budget_period: str = ""
    budget_level: int = 0
    models_since: str | None = None
    discord_since: str | None = None


@dataclass(frozen=True, slots=True)
class HostAlert:
    """A message to the host, and what is stored once it is told.

    It is tried again until it is told, unless ``is_tried_once``: then another message will say the same.
    """

    text: str
    told: ToldAlerts
    is_tried_once: bool = False


@dataclass(frozen=True, slots=True)
class _Facts:
    """``spent`` is in dollars; ``models`` is since when calls fail, until when, and how the last one ended."""

    now: datetime
    budget: Decimal
    spent: Decimal
    is_refused: bool
    models: tuple[datetime, datetime, str] | None
    discord_lost_since: datetime | None


class HostAlerts:
    """Find what the host is to be told, one message after the other."""

    def __init__(self, store: Store, ledger: RecordingLedger, clock: Clock) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    async def next_alert(self, discord_lost_since: datetime | None) -> HostAlert | None:
        """Return the next message that is due, None if there is none. Raise StoreError.

        ``discord_lost_since`` is since when there is no connection to Discord, None while there is one.
        """
        now = self._clock()
        month = start_of_month(now)

        def step(tx: Transaction) -> tuple[ToldAlerts, int, bool, tuple[datetime, datetime, str] | None]:
            stored = tx.values.get(_STATE_NAME)
            told = ToldAlerts(**json.loads(stored)) if stored is not None else ToldAlerts()
            spent = tx.ledger.settled_between(month, next_month(month))
            is_refused = is_month_refused(tx, now, self._ledger.budgets.month)
            return told, spent, is_refused, tx.ledger.failing_since(_OUTAGE_REASONS)

        told, spent, is_refused, models = await self._store.read(step)
        facts = _Facts(
            now=now,
            budget=self._ledger.budgets.month,
            spent=Decimal(spent) / NANO_PER_USD,
            is_refused=is_refused,
            models=models,
            discord_lost_since=discord_lost_since,
        )
        return next(_due_alerts(told, facts), None)

    async def mark_told(self, alert: HostAlert) -> None:
        """Store that a message was told. Raise StoreError."""
        state = json.dumps(asdict(alert.told))
        await self._store.write(_STATE_NAME, lambda tx: tx.values.set(_STATE_NAME, state))


def _due_alerts(told: ToldAlerts, facts: _Facts) -> Iterator[HostAlert]:
    yield from _discord_alerts(told, facts)
    yield from _model_alerts(told, facts)
    yield from _budget_alerts(told, facts)


def _discord_alerts(told: ToldAlerts, facts: _Facts) -> Iterator[HostAlert]:
    lost = facts.discord_lost_since
    if lost is not None and told.discord_since is None and facts.now - lost >= OUTAGE:
        text = f"There has been no connection to Discord since {_minute(lost)}. The bot goes on trying."
        yield HostAlert(text, replace(told, discord_since=lost.isoformat()), is_tried_once=True)
    elif lost is None and told.discord_since is not None:
        since = datetime.fromisoformat(told.discord_since)
        text = (
            f"The bot is connected to Discord again. It was not, from {_minute(since)} until {_minute(facts.now)} or "
            "shortly before; what people wrote in its DM meanwhile is being read."
        )
        yield HostAlert(text, replace(told, discord_since=None))


def _model_alerts(told: ToldAlerts, facts: _Facts) -> Iterator[HostAlert]:
    if facts.models is None:
        if told.models_since is not None:
            since = _minute(datetime.fromisoformat(told.models_since))
            text = f"Models answer again. From {since} until shortly before now every call failed."
            yield HostAlert(text, replace(told, models_since=None))
        return
    since_, until, reason = facts.models
    if told.models_since is None and until - since_ >= OUTAGE:
        text = (
            f"Every call of a model has failed since {_minute(since_)}, the last by {reason}. Notes and texts are "
            "stored as ever. `essay-bot check --live` says more."
        )
        yield HostAlert(text, replace(told, models_since=since_.isoformat()))


def _budget_alerts(told: ToldAlerts, facts: _Facts) -> Iterator[HostAlert]:
    budget, spent = facts.budget, facts.spent
    if budget == 0:  # the host wants no model to be called
        return
    period = f"{facts.now:%Y-%m} of {budget:f}"
    level_told = told.budget_level if told.budget_period == period else 0
    opens = f"{next_month(facts.now):%Y-%m-%d}"
    sums = f"${spent:.2f} of the ${budget:f} that all may spend on models this month (BUDGET_MONTH)"
    without = "nothing is drafted, revised, critiqued or checked by a model"
    if level_told < _USED_UP and (spent >= budget or facts.is_refused):
        text = (
            f"The month's budget is used up: {sums} are spent, and what is left is too little for the next call. Until "
            f"{opens}, or until you raise it and restart the bot, {without}."
        )
        yield HostAlert(text, replace(told, budget_period=period, budget_level=_USED_UP))
    elif level_told < _NEAR and spent * 100 >= budget * _NEAR:
        text = f"{sums} are spent. Once the rest is, {without} until {opens}."
        yield HostAlert(text, replace(told, budget_period=period, budget_level=_NEAR))


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
