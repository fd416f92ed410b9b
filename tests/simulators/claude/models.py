"""What the imitation knows about each model: prices, efforts, which thinking it accepts, what its card says.

Source: Anthropic's pricing, models overview and "what's new" pages of August to November 2026. Cache prices of
Fable 5.2 are a third party's, and whatever Fable 5.2's page leaves unsaid is taken from Fable 5.1 (forced tools,
cache minimum). Where the pages are silent the stricter reading is taken, so that what passes here passes there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EFFORTS = ("low", "medium", "high", "xhigh", "max")
"""Every effort the API names; all four models accept all five while they think."""

EFFORTS_WITHOUT_THINKING = ("low", "medium", "high")
"""Where thinking can be turned off it can be only at these efforts; above them the request is refused."""

MAX_OUTPUT_TOKENS = 128_000
CONTEXT_TOKENS = 1_000_000

Lifecycle = Literal["active", "deprecated", "retired"]


@dataclass(frozen=True, slots=True)
class Price:
    """USD for a million tokens of each kind."""

    input: float
    output: float
    write_5m: float
    write_1h: float
    read: float


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `thinking_off` is the one `thinking.type` that turns thinking off, or None where it is always on."""

    id: str
    display_name: str
    line: str
    released: str
    price: Price
    default_effort: str
    thinking_off: str | None = None
    forced_tools: bool = False
    cache_minimum: int = 512
    long_prompt_above: int = CONTEXT_TOKENS
    """Above this many input tokens, cached ones included, every price is multiplied by `long_prompt_factor`."""
    long_prompt_factor: int = 1

    @property
    def thinking_types(self) -> frozenset[str]:
        """The values of `thinking.type` that this model accepts."""
        return frozenset({"adaptive", self.thinking_off} - {None})  # type: ignore[arg-type]  # None is taken away

    def card(self, lifecycle: Lifecycle, deprecated_at: str | None, retires_at: str | None) -> dict[str, Any]:
        """The body of GET /v1/models/{id}, as the SDK's types/model_info.py has it."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "line": self.line,
            "created_at": f"{self.released}T00:00:00Z",
            "lifecycle": lifecycle,
            "deprecated_at": deprecated_at,
            "retires_at": retires_at,
            "max_input_tokens": CONTEXT_TOKENS,
            "max_tokens": MAX_OUTPUT_TOKENS,
            "capabilities": self._capabilities(),
        }

    def _capabilities(self) -> dict[str, Any]:
        yes, no = {"supported": True}, {"supported": False}
        return {
            "batch": yes,
            "citations": yes,
            "code_execution": yes,
            "context_management": {
                "supported": True,
                "clear_thinking_20251015": yes,
                "clear_tool_uses_20250919": yes,
                "compact_20260112": yes,
            },
            "effort": {"supported": True} | dict.fromkeys(EFFORTS, yes),
            "image_input": yes,
            "pdf_input": yes,
            "server_tools": {"supported": True, "code_execution": yes, "web_search": yes},
            "structured_outputs": yes,
            "thinking": {
                "supported": True,
                "types": {
                    kind: yes if kind in self.thinking_types else no
                    for kind in ("adaptive", "between_tools", "disabled", "enabled")
                },
            },
        }


MODELS = {
    model.id: model
    for model in (
        Model("claude-fable-5-2", "Claude Fable 5.2", "fable", "2026-11-09", Price(8, 40, 10, 16, 0.20), "high"),
        Model("claude-opus-5-5", "Claude Opus 5.5", "opus", "2026-09-22", Price(4, 20, 5, 8, 0.20), "medium"),
        Model(
            "claude-sonnet-5-5",
            "Claude Sonnet 5.5",
            "sonnet",
            "2026-09-28",
            Price(2, 10, 2.50, 4, 0.10),
            "high",
            thinking_off="between_tools",
        ),
        Model(
            "claude-haiku-5-5",
            "Claude Haiku 5.5",
            "haiku",
            "2026-10-07",
            Price(0.10, 0.50, 0.125, 0.20, 0.01),
            "medium",
            thinking_off="disabled",
            forced_tools=True,
            long_prompt_above=100_000,
            long_prompt_factor=5,
        ),
    )
}
