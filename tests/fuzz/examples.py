"""How many examples a test tries: few and always the same, or as many as FUZZ_EXAMPLES says, at random."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

_ASKED = os.environ.get("FUZZ_EXAMPLES")


def fuzz(usual: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a test ``data`` to draw from, ``usual`` times in an ordinary run."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        chosen = settings(
            # The first is made of the simplest values, and throws nothing odd; the others are drawn.
            max_examples=1 + (int(_ASKED) if _ASKED else usual),
            derandomize=_ASKED is None,
            deadline=None,
            database=None,
            phases=[
                Phase.generate
            ],  # what failed is shown as it was: the bot has gone on since, so that no smaller one is it
            suppress_health_check=list(HealthCheck),
        )
        found: Any = chosen(given(data=st.data())(test))
        return found  # type: ignore[no-any-return]

    return decorate
