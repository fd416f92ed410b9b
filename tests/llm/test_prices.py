"""Costs are whole nano-dollars, agree with the simulator's own bill, and are never promised for an unknown model."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.prices import PRICES, Price, TokenUsage, call_cost, custom_price, estimate_tokens, max_call_cost, price_of
from tests.simulators.claude import MODELS, Usage, tokens_in

counts = st.integers(0, 200_000)


@given(st.sampled_from(sorted(PRICES)), counts, counts, counts, counts, counts)
def test_costs_agree_with_an_independent_bill(model: str, sent: int, w5: int, w1: int, read: int, out: int) -> None:
    bill = Usage(input=sent, write_5m=w5, write_1h=w1, read=read, output=out).cost(model).total
    assert call_cost(model, TokenUsage(sent, w5, w1, read, out)) == pytest.approx(bill * 1e9, abs=1)


def test_every_model_in_the_price_list_exists() -> None:
    assert PRICES.keys() == MODELS.keys()


def test_the_cost_of_one_worked_example() -> None:
    """25 sent, 300 written for an hour, 900 read, 57 out on Opus 5.5 is $0.00382."""
    assert call_cost("claude-opus-5-5", TokenUsage(25, 0, 300, 900, 57)) == 3_820_000


def test_a_long_prompt_makes_haiku_five_times_as_expensive() -> None:
    assert call_cost("claude-haiku-5-5", TokenUsage(input_tokens=60_000, cache_read=40_000)) == 6_400_000
    assert call_cost("claude-haiku-5-5", TokenUsage(input_tokens=60_001, cache_read=40_000)) == 32_000_500


def test_an_unknown_model_has_no_price_and_a_dated_name_has() -> None:
    assert call_cost("a-local-model", TokenUsage(input_tokens=1)) is None
    assert max_call_cost("a-local-model", 1, 10) is None
    assert call_cost("claude-opus-5-5-20260922", TokenUsage(input_tokens=1)) == 4_000


def test_a_configured_price_applies_to_dated_names_and_overrides_a_known_one() -> None:
    own = {
        "llama3:8b": custom_price(Decimal(0), Decimal(0)),
        "claude-opus-5-5": custom_price(Decimal("0.0375"), Decimal(1)),
    }
    assert max_call_cost("llama3:8b", 1, 10, own) == 0
    assert call_cost("llama3:8b-20260101", TokenUsage(input_tokens=1, output_tokens=9), own) == 0
    assert price_of("claude-opus-5-5", own) == Price(
        input_price=38, output_price=1_000, cache_write_5m_price=47, cache_write_1h_price=75, cache_read_price=38
    )
    assert price_of("claude-haiku-5-5", own) == PRICES["claude-haiku-5-5"]


@given(st.text(st.characters(categories=["L", "N", "Zs"])))
def test_letters_and_digits_are_never_estimated_at_less_than_half_of_what_is_billed(text: str) -> None:
    """Marks are left out: a text of nothing else is billed by the mark, and no writer's text."""
    assert estimate_tokens(text) >= tokens_in(text) * 0.5
    assert isinstance(estimate_tokens(text), int)


@given(st.lists(st.sampled_from(["Wort", "I", "mean", "it,", "unbelievably"]), min_size=1).map(" ".join))
def test_prose_is_estimated_at_or_above_what_is_billed(text: str) -> None:
    assert estimate_tokens(text) >= tokens_in(text)


def test_text_without_spaces_is_not_taken_for_one_word() -> None:
    assert estimate_tokens("私は去年の春に会社を辞めました。" * 10) == 160


def test_the_maximum_cost_assumes_everything_cached_anew_and_every_output_token_used() -> None:
    assert max_call_cost("claude-opus-5-5", 6, 100) == 6 * 8_000 + 100 * 20_000
