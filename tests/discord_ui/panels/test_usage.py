"""/usage: what the writer has spent, and what is left."""

from __future__ import annotations

from bot import bootstrap
from bot.services.ledger import Reservation, Settlement
from bot.services.llm_ports import ModelRole
from tests.discord_ui.conftest import Bot
from tests.simulators.discord import DiscordSimulator, User

CENT = 10_000_000  # nano-dollars


async def record_spent_call(bot: Bot, user: User, nano: int | None) -> None:
    """Record a finished call of a model for this person that cost so many nano-dollars, None for an unknown price."""
    ledger, writer = bot.client.dispatcher.services.ledger, bot.writer(user)
    call = await ledger.reserve(
        Reservation(writer, ModelRole.WRITER, "a-model", "draft.md", "abc", nano or 0), bootstrap.utc_now()
    )
    await ledger.settle(call, Settlement("a-model", 1_200, 0, 300, 450, nano, 700, 9_000, "end_turn"))


async def test_usage_under_a_cent_is_not_shown_as_zero(sim: DiscordSimulator, bot: Bot) -> None:
    user, other = sim.user("writer"), sim.user("other")
    await record_spent_call(bot, user, CENT // 3)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **less than $0.01** of $3.00; $3.00 left." in usage
    assert "The last 31 days: **less than $0.01** in 1 call (1,500 tokens in, 450 out)." in usage
    await record_spent_call(bot, user, 40 * CENT)
    await record_spent_call(bot, other, 500 * CENT // 2)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **$0.40** of $3.00; $2.60 left." in usage
    assert "This month: **$0.40** of $10.00; $9.60 left." in usage
    assert "in 2 calls (3,000 tokens in, 900 out)" in usage
    assert "Everybody together this month: 5 % of the bot's budget is used." in usage


async def test_usage_mentions_calls_of_a_model_without_a_known_price(sim: DiscordSimulator, bot: Bot) -> None:
    user = sim.user("writer")
    await record_spent_call(bot, user, None)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **$0.00** of $3.00; $3.00 left." in usage
    assert "1 call of a model without a known price" in usage
