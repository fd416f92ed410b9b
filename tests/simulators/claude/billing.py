"""Counting tokens and money the way Claude's bill does, but deterministically.

A text is taken to hold 1.8 tokens a word (the tokenizer of the 4.7 models and later: a million tokens is about 555,000
words), and never fewer than one for six characters, so that text without white space is not free. Nothing is added
for message boundaries. Both are estimates: good for comparing two ways of asking, not for predicting an invoice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from tests.simulators.claude.models import MODELS

_WORD = re.compile(r"\S+")
_CHARACTERS_A_TOKEN = 6
"""Long enough never to matter in prose (English words with their space are about that long and cost 1.8 tokens)."""


def _tokens(words: int, characters: int) -> int:
    return max(-(-words * 9 // 5), -(-characters // _CHARACTERS_A_TOKEN))


def tokens_in(text: str) -> int:
    """How many tokens a text is billed as; 0 only for the empty text."""
    return _tokens(len(_WORD.findall(text)), len(text))


def fit(text: str, limit: int) -> str:
    """The longest beginning of `text`, ending with a whole word, that holds at most `limit` tokens."""
    if tokens_in(text) <= limit:
        return text
    end = 0
    for count, word in enumerate(_WORD.finditer(text), start=1):
        if _tokens(count, word.end()) > limit:
            break
        end = word.end()
    return text[:end]


@dataclass(frozen=True, slots=True)
class Bill:
    """What something cost, in USD."""

    input: float = 0.0
    output: float = 0.0

    @property
    def total(self) -> float:
        return self.input + self.output

    def __add__(self, other: Bill) -> Bill:
        return Bill(self.input + other.input, self.output + other.output)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one reply. `output` includes `thinking`; `input` is what neither came from nor went to the cache."""

    input: int = 0
    write_5m: int = 0
    write_1h: int = 0
    read: int = 0
    output: int = 0
    thinking: int = 0

    @property
    def total_input(self) -> int:
        return self.input + self.write_5m + self.write_1h + self.read

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def cost(self, model: str) -> Bill:
        """What these tokens cost with this model; nothing for a model without a price (a local one)."""
        if (known := MODELS.get(model)) is None:
            return Bill()
        price = known.price
        factor = known.long_prompt_factor if self.total_input > known.long_prompt_above else 1
        sent = (
            self.input * price.input
            + self.write_5m * price.write_5m
            + self.write_1h * price.write_1h
            + self.read * price.read
        )
        return Bill(factor * sent / 1e6, factor * self.output * price.output / 1e6)

    def body(self, *, basic: bool) -> dict[str, Any]:
        """`usage` as a message carries it; a local server knows only the two totals."""
        if basic:
            return {"input_tokens": self.total_input, "output_tokens": self.output}
        return self.delta_body(basic=False) | {
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.write_5m,
                "ephemeral_1h_input_tokens": self.write_1h,
            },
            "service_tier": "standard",
            "speed": "standard",
        }

    def delta_body(self, *, basic: bool) -> dict[str, Any]:
        """`usage` as `message_delta` carries it: cumulative, without the split of the cache writes."""
        if basic:
            return {"output_tokens": self.output}
        return {
            "input_tokens": self.input,
            "cache_creation_input_tokens": self.write_5m + self.write_1h,
            "cache_read_input_tokens": self.read,
            "output_tokens": self.output,
            "output_tokens_details": {"thinking_tokens": self.thinking},
        }
