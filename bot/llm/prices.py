"""Prices of the models and costs of calls, in whole nano-dollars (1e-9 USD).

Prices: Anthropic's pricing page and model overviews as of 2026-11-23, in USD for a million tokens; the cache prices of
Fable 5.2 are a third party's. One USD for a million tokens is 1,000 nano-dollars for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-dollars for one token, by how it is billed.

    Above ``long_context_threshold`` tokens sent (cached ones included) every price is ``long_context_factor`` times as
    high.
    """

    input_price: int
    output_price: int
    cache_write_5m_price: int
    cache_write_1h_price: int
    cache_read_price: int
    long_context_threshold: int | None = None
    long_context_factor: int = 1

    def factor(self, tokens_in: int) -> int:
        """Return what every price is multiplied by for a request of so many tokens."""
        return (
            self.long_context_factor
            if self.long_context_threshold is not None and tokens_in > self.long_context_threshold
            else 1
        )


PRICES: Mapping[str, Price] = {
    "claude-fable-5-2": Price(8_000, 40_000, 10_000, 16_000, 200),
    "claude-opus-5-5": Price(4_000, 20_000, 5_000, 8_000, 200),
    "claude-sonnet-5-5": Price(2_000, 10_000, 2_500, 4_000, 100),
    "claude-haiku-5-5": Price(100, 500, 125, 200, 10, long_context_threshold=100_000, long_context_factor=5),
}

NO_PRICES: Mapping[str, Price] = {}

# The tokenizer of the 4.7 models and later: a million tokens is about 555,000 words (models overview, October 2026).
_TENTHS_OF_A_TOKEN_PER_WORD = 18
# For languages without spaces, and for code: a token for three Latin letters, or for one Chinese character, is more
# than prose comes to.
_MAX_BYTES_PER_ESTIMATED_TOKEN = 3


@dataclass(frozen=True, slots=True)
class TokenUsage:
    """The tokens of one call by how they are billed. ``output_tokens`` include thinking."""

    input_tokens: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_read: int = 0
    output_tokens: int = 0

    @property
    def total_input(self) -> int:
        return self.input_tokens + self.cache_write_5m + self.cache_write_1h + self.cache_read


def custom_price(sent: Decimal, output: Decimal) -> Price:
    """Return the price that an operator set for a model, in dollars for a million tokens sent and written.

    Writing to the cache costs 1.25 and 2 times what is sent, as at Anthropic. Reading counts in full.
    """
    each = (sent, output, sent * 5 / 4, sent * 2, sent)
    return Price(*(int((1_000 * one).to_integral_value(ROUND_CEILING)) for one in each))


def price_of(model: str, own: Mapping[str, Price] = NO_PRICES) -> Price | None:
    """Return the price of a model, by its name or a dated name (``…-20260922``); None if it is not known.

    ``own`` are the prices that an operator set. They come first.
    """
    names = (model, re.sub(r"-\d{8}$", "", model))
    return next((prices[name] for prices in (own, PRICES) for name in names if name in prices), None)


def call_cost(model: str, tokens: TokenUsage, own: Mapping[str, Price] = NO_PRICES) -> int | None:
    """Return what a call cost, in nano-dollars; None for a model without a known price."""
    if (price := price_of(model, own)) is None:
        return None
    return price.factor(tokens.total_input) * (
        tokens.input_tokens * price.input_price
        + tokens.cache_write_5m * price.cache_write_5m_price
        + tokens.cache_write_1h * price.cache_write_1h_price
        + tokens.cache_read * price.cache_read_price
        + tokens.output_tokens * price.output_price
    )


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    by_words = -(-count_words(text) * _TENTHS_OF_A_TOKEN_PER_WORD // 10)
    return max(by_words, -(-len(text.encode("utf-8", "replace")) // _MAX_BYTES_PER_ESTIMATED_TOKEN))


def max_call_cost(model: str, tokens_in: int, max_tokens: int, own: Mapping[str, Price] = NO_PRICES) -> int | None:
    """Return the most that a request can cost: all of it billed at the dearest price, all its room used.

    Return None for a model without a known price.
    """
    if (price := price_of(model, own)) is None:
        return None
    dearest = max(price.input_price, price.cache_write_5m_price, price.cache_write_1h_price)
    return price.factor(tokens_in) * (tokens_in * dearest + max_tokens * price.output_price)
