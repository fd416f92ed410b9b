"""What /help and /usage show: what the bot does, and what the writer has spent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.discord_ui.panels.cards import Card, CardPart, TextBlock, heading_text, privacy_statement, small_print
from bot.essay.text.words import count_noun
from bot.services.ledger import Spending, UsageRow
from bot.services.llm_ports import why_no_model

_NANO_USD = Decimal(1_000_000_000)


def help_card(*, with_model: bool) -> Card:
    """Return a card that says what the bot does, on one screen."""
    model = (
        "A model drafts from your notes alone, revises section by section and critiques with quotations. What your "
        "notes do not say is marked `[NEED: …]`, never invented."
        if with_model
        else f"{why_no_model()} here: your notes are set into a post unchanged, and can be edited, measured and "
        "exported."
    )
    return Card(
        (
            heading_text("Career Essay Bot"),
            TextBlock(
                "It helps you turn what happened in your working life into a post worth reading.\n\n"
                "**/draft** begins an essay or returns to your latest one: answer questions, or paste notes. "
                "In a DM with the bot you can also just write: each message is an answer or a note.\n"
                "**/critique** reads any text as an editor would, **Apps → Critique this** any message.\n"
                "**/essays** lists yours, **/export** gives a file, **More → Share** asks for feedback.\n"
                "What you mark **[private]** stays out of posts and away from models until you unmark it.\n"
                "**/voice** your style, **/usage** costs, **/mydata** your data, **/settings** servers.\n\n" + model
            ),
            small_print(
                "Only you see your essays here, unless you share one. They are stored encrypted: "
                f"{privacy_statement(with_model=with_model)}."
            ),
        )
    )


def usage_card(
    rows: Sequence[UsageRow],
    spending: Spending,
    budget_writer_day: Decimal,
    budget_writer_month: Decimal,
    budget_month: Decimal,
    *,
    with_model: bool,
) -> Card:
    """Return a card of what the writer has spent and what is left of the budgets, in US dollars, by days in UTC."""
    parts: list[CardPart] = [heading_text("What you have spent")]
    if not with_model:
        parts.append(TextBlock("No model is configured, so nothing costs anything."))
    nano = sum(row.nano_usd for row in rows)
    calls = sum(row.calls for row in rows)
    unpriced = sum(row.unpriced_calls for row in rows)
    tokens_in = sum(row.input_tokens + row.cache_read_tokens for row in rows)
    tokens_out = sum(row.output_tokens for row in rows)
    day = Decimal(spending.writer_day) / _NANO_USD
    month = Decimal(spending.writer_month) / _NANO_USD
    everybody = Decimal(spending.month) / _NANO_USD
    parts.append(
        TextBlock(
            f"Today: **{_format_usd(day)}** of {_format_usd(budget_writer_day)}; "
            f"{_format_usd(max(budget_writer_day - day, Decimal(0)))} left.\n"
            f"This month: **{_format_usd(month)}** of {_format_usd(budget_writer_month)}; "
            f"{_format_usd(max(budget_writer_month - month, Decimal(0)))} left.\n"
            f"The last 31 days: **{_format_usd(Decimal(nano) / _NANO_USD)}** in {count_noun(calls, 'call')} "
            f"({tokens_in:,} tokens in, {tokens_out:,} out).\n"
            f"Everybody together this month: {_budget_share(everybody, budget_month)} of the bot's budget is used."
        )
    )
    not_priced = f"{count_noun(unpriced, 'call')} of a model without a known price" if unpriced else None
    parts.append(small_print("US dollars; days and months by UTC; work under way counts at its most", not_priced))
    return Card(tuple(parts))


def _format_usd(amount: Decimal) -> str:
    """Write an amount in dollars and cents; an amount under one cent is "less than $0.01", not "$0.00"."""
    return f"${amount:,.2f}" if amount == 0 or amount >= Decimal("0.01") else "less than $0.01"


def _budget_share(spent: Decimal, budget: Decimal) -> str:
    return f"{min(100, int(100 * spent / budget))} %" if budget else "all"
