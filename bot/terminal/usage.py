"""What calls of models cost, as a table."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from rich.console import Group, RenderableType
from rich.text import Text

from bot.terminal import WRITER
from bot.terminal.listing import Listing
from bot.terminal.progress import dollars
from bot.workflow.spending import Ledger


async def usage_table(
    ledger: Ledger, now: datetime, days: int, writer_month: Decimal, budget_month: Decimal
) -> RenderableType:
    """The calls of everybody since so many days, by day, role and model, and what is left of the month's budgets."""
    rows = await ledger.usage(now - timedelta(days=days))
    spent = await ledger.spent(WRITER, now)
    left = Text(
        f"This month: {dollars(spent.month)} of ${budget_month:,.2f} spent or reserved in all, "
        f"{dollars(spent.writer_month)} of ${writer_month:,.2f} in the terminal (days and months by UTC)."
    )
    if not rows:
        return Group(Text(f"No model was called in the last {'day' if days == 1 else f'{days} days'}."), left)
    numbers = ("calls", "tokens in", "from cache", "tokens out", "cost")
    table = Listing(("day", "role", "model", *numbers), right=numbers)
    for row in rows:
        price = dollars(row.nano_usd) if row.unpriced < row.calls else "no price known"
        table.add(
            row.day,
            row.role,
            row.model,
            str(row.calls),
            f"{row.input_tokens:,}",
            f"{row.cache_read_tokens:,}",
            f"{row.output_tokens:,}",
            price,
        )
    total = Text(f"\nIn all {dollars(sum(row.nano_usd for row in rows))}.")
    return Group(table, total, left)
