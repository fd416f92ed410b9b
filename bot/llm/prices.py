"""What calls cost, in whole nano-dollars (1e-9 USD).

Prices: Anthropic's pricing page and model overviews as of 2026-11-23, in USD for a million tokens; the cache prices of
Fable 5.2 are a third party's. A USD for a million tokens is 1,000 nano-dollars for one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from bot.essay.text.words import count_words


@dataclass(frozen=True, slots=True)
class Price:
    """Nano-dollars for one token: sent, written by the model, put into the cache for 5 minutes or an hour, read there.

    Above ``cliff`` tokens sent (cached ones included) every price is ``steep`` times as high.
    """

    sent: int
    output: int
    write_5m: int
    write_1h: int
    read: int
    cliff: int | None = None
    steep: int = 1

    def factor(self, tokens_in: int) -> int:
        """What every price is multiplied by for a request of so many tokens."""
        return self.steep if self.cliff is not None and tokens_in > self.cliff else 1


PRICES: Mapping[str, Price] = {
    "claude-fable-5-2": Price(8_000, 40_000, 10_000, 16_000, 200),
    "claude-opus-5-5": Price(4_000, 20_000, 5_000, 8_000, 200),
    "claude-sonnet-5-5": Price(2_000, 10_000, 2_500, 4_000, 100),
    "claude-haiku-5-5": Price(100, 500, 125, 200, 10, cliff=100_000, steep=5),
}

NONE_SET: Mapping[str, Price] = {}

# The tokenizer of the 4.7 models and later: a million tokens is about 555,000 words (models overview, October 2026).
_TENTHS_OF_A_TOKEN_PER_WORD = 18
# For languages written without spaces, and codes: a token for three letters of Latin script, or one of Chinese, is
# more than prose comes to.
_BYTES_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one call by how they are billed. ``output`` includes thinking."""

    sent: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0

    @property
    def tokens_in(self) -> int:
        return self.sent + self.write_5m + self.write_1h + self.read


def own_price(sent: Decimal, output: Decimal) -> Price:
    """The price that somebody set for a model, in dollars for a million tokens sent and written.

    For the cache it is as at Anthropic what is put in; what is read there may be cheaper and counts in full.
    """
    each = (sent, output, sent * 5 / 4, sent * 2, sent)
    return Price(*(int((1_000 * one).to_integral_value(ROUND_CEILING)) for one in each))


def price_of(model: str, own: Mapping[str, Price] = NONE_SET) -> Price | None:
    """The price of a model, by its name or a dated name (``…-20260922``) of it; None for one that is not known.

    ``own`` are prices that somebody set, which go before those known here.
    """
    names = (model, re.sub(r"-\d{8}$", "", model))
    return next((prices[name] for prices in (own, PRICES) for name in names if name in prices), None)


def cost(model: str, tokens: Tokens, own: Mapping[str, Price] = NONE_SET) -> int | None:
    """What a call cost, in nano-dollars; None for a model without a known price."""
    if (price := price_of(model, own)) is None:
        return None
    return price.factor(tokens.tokens_in) * (
        tokens.sent * price.sent
        + tokens.write_5m * price.write_5m
        + tokens.write_1h * price.write_1h
        + tokens.read * price.read
        + tokens.output * price.output
    )


def estimated_tokens(text: str) -> int:
    """About how many tokens a text has, rather too many than too few."""
    by_words = -(-count_words(text) * _TENTHS_OF_A_TOKEN_PER_WORD // 10)
    return max(by_words, -(-len(text.encode("utf-8", "replace")) // _BYTES_PER_TOKEN))


def worst_case(model: str, sent: str, max_tokens: int, own: Mapping[str, Price] = NONE_SET) -> int | None:
    """The most a request can cost: all of it written to the cache at the dearest price, all its room used.

    None for a model without a known price.
    """
    if (price := price_of(model, own)) is None:
        return None
    tokens_in = estimated_tokens(sent)
    dearest = max(price.sent, price.write_5m, price.write_1h)
    return price.factor(tokens_in) * (tokens_in * dearest + max_tokens * price.output)
