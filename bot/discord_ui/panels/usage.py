"""What the writer has spent, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.discord_ui.panels.cards import (
    Card,
    CardPart,
    TextBlock,
    heading_text,
    small_print,
)
from bot.essay.measures.base import counted
from bot.services.ledger import Spending, UsageRow

_NANO_USD = Decimal(1_000_000_000)


def usage_card(
    rows_found: Sequence[UsageRow],
    spent: Spending,
    day: Decimal,
    writer_month: Decimal,
    month: Decimal,
    *,
    with_model: bool,
) -> Card:
    """What one has spent and what is left, in US dollars; days and months by UTC."""
    parts: list[CardPart] = [heading_text("What you have spent")]
    if not with_model:
        parts.append(TextBlock("No model is configured, so nothing costs anything."))
    nano = sum(row.nano_usd for row in rows_found)
    calls = sum(row.calls for row in rows_found)
    unpriced = sum(row.unpriced_calls for row in rows_found)
    tokens_in = sum(row.input_tokens + row.cache_read_tokens for row in rows_found)
    tokens_out = sum(row.output_tokens for row in rows_found)
    today, used = Decimal(spent.writer_day) / _NANO_USD, Decimal(spent.month) / _NANO_USD
    own = Decimal(spent.writer_month) / _NANO_USD
    parts.append(
        TextBlock(
            f"Today: **{_format_usd(today)}** of {_format_usd(day)}; "
            f"{_format_usd(max(day - today, Decimal(0)))} left.\n"
            f"This month: **{_format_usd(own)}** of {_format_usd(writer_month)}; "
            f"{_format_usd(max(writer_month - own, Decimal(0)))} left.\n"
            f"The last 31 days: **{_format_usd(Decimal(nano) / _NANO_USD)}** in {counted(calls, 'call')} "
            f"({tokens_in:,} tokens in, {tokens_out:,} out).\n"
            f"Everybody together this month: {_budget_share(used, month)} of the bot's budget is used."
        )
    )
    priced = f"{counted(unpriced, 'call')} of a model without a known price" if unpriced else None
    parts.append(small_print("US dollars; days and months by UTC; work under way counts at its most", priced))
    return Card(tuple(parts))


def _format_usd(amount: Decimal) -> str:
    """An amount in dollars and cents; one of less than a cent is not told as nothing."""
    return f"${amount:,.2f}" if amount == 0 or amount >= Decimal("0.01") else "less than $0.01"


def _budget_share(used: Decimal, month: Decimal) -> str:
    return f"{min(100, int(100 * used / month))} %" if month else "all"
