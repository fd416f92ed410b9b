"""What was heard of one answer so far, and what that comes to in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from anthropic.types import (
    MessageDeltaUsage,
    RawContentBlockDeltaEvent,
    RawContentBlockStartEvent,
    RawMessageDeltaEvent,
    RawMessageStartEvent,
    RawMessageStreamEvent,
    Usage,
)

from bot.llm.prices import Tokens, cost, estimated_tokens
from bot.llm.reasoning import Reasoning
from bot.llm.tagged import sound
from bot.workflow.models import On, Text, Thinking
from bot.workflow.spending import Settlement

# An answer that is broken off while the model thinks sends no count of it. Anthropic's pages give 2,000 to 5,000 tokens
# of thinking for a draft with room for 16,000; an eighth of the room is the lower end of that.
_THINKING_SHARE = 8


@dataclass(eq=False)
class Hearing:
    """One answer as it comes. Mutable: it is what is known whenever the call ends, however it ends.

    ``model`` is the model asked, then the one that answers. ``answered`` once the service has answered at all,
    ``began`` once a message has started, ``shown`` once text was handed on, ``counted`` once the service has sent its
    final count. ``unbilled`` is set by the caller where no model can have worked.
    """

    model: str
    sent: str
    max_tokens: int
    timer: Callable[[], float]
    on: On | None
    tokens: Tokens = field(default_factory=Tokens)
    answered: bool = False
    began: bool = False
    counted: bool = False
    shown: bool = False
    unbilled: bool = False
    thought: bool = False
    stop_reason: str | None = None
    category: str | None = None
    fault: str | None = None
    pieces: list[str] = field(default_factory=list)
    reasoning: Reasoning = field(default_factory=Reasoning)
    started: float = 0.0
    first_text: float | None = None

    def __post_init__(self) -> None:
        self.started = self.timer()

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def refused_unheard(self) -> bool:
        """Whether it was declined before any output, which is not billed though counts are sent."""
        return self.stop_reason == "refusal" and not self.pieces and not self.thought

    def hear(self, event: RawMessageStreamEvent) -> None:
        """Takes one event. Kinds that are not known are passed over, as the API's versioning page asks."""
        if isinstance(event, RawMessageStartEvent):
            self.began = True
            self.model = getattr(event.message, "model", None) or self.model
            self._count(getattr(event.message, "usage", None))
        elif isinstance(event, RawContentBlockStartEvent):
            block = event.content_block
            if block.type in ("thinking", "redacted_thinking"):
                self.thought = True
                if self.on is not None:
                    self.on(Thinking())
            elif block.type == "text" and block.text:
                self._write(block.text)
        elif isinstance(event, RawContentBlockDeltaEvent):
            if event.delta.type == "text_delta" and event.delta.text:
                self._write(event.delta.text)
        elif isinstance(event, RawMessageDeltaEvent):
            self.stop_reason = getattr(event.delta, "stop_reason", None)
            details = getattr(event.delta, "stop_details", None)
            self.category = getattr(details, "category", None)
            self.counted = self._count(getattr(event, "usage", None))
            self._show(self.reasoning.rest())

    def _write(self, piece: str) -> None:
        if self.first_text is None:
            self.first_text = self.timer()
        self.pieces.append(sound(piece))
        reasoned = self.reasoning.goes_on
        self._show(self.reasoning.shown(self.pieces[-1]))
        if self.on is not None and self.reasoning.goes_on and not reasoned:
            self.on(Thinking())

    def _show(self, piece: str) -> None:
        if self.on is not None and piece:
            self.shown = True
            self.on(Text(piece))

    def _count(self, usage: Usage | MessageDeltaUsage | None) -> bool:
        """Takes over the counts that are there (they are totals so far). Whether the output was among them."""
        sent = getattr(usage, "input_tokens", None)
        read = getattr(usage, "cache_read_input_tokens", None)
        written = getattr(usage, "cache_creation_input_tokens", None)
        split = getattr(usage, "cache_creation", None)
        output = getattr(usage, "output_tokens", None)
        now = self.tokens
        if split is not None:
            now = replace(
                now,
                write_5m=getattr(split, "ephemeral_5m_input_tokens", None) or 0,
                write_1h=getattr(split, "ephemeral_1h_input_tokens", None) or 0,
            )
        elif written is not None and written != now.write_5m + now.write_1h:
            now = replace(now, write_5m=0, write_1h=written)  # without a split: what is written here is for an hour
        self.tokens = replace(
            now,
            sent=now.sent if sent is None else sent,
            read=now.read if read is None else read,
            output=now.output if output is None else output,
        )
        return output is not None

    def settlement(self) -> Settlement:
        """What the call came to: as counted, or estimated where the service did not come to its count."""
        estimated = not (self.unbilled or (self.counted and self.tokens.tokens_in))
        tokens = self._estimate() if estimated else self.tokens
        spent = cost(self.model, tokens)
        free = self.unbilled or self.refused_unheard
        return Settlement(
            model=self.model,
            input_tokens=tokens.sent,
            cache_write_tokens=tokens.write_5m + tokens.write_1h,
            cache_read_tokens=tokens.read,
            output_tokens=tokens.output,
            nano_usd=0 if free and spent is not None else spent,
            first_text_ms=None if self.first_text is None else self._since_start(self.first_text),
            total_ms=self._since_start(self.timer()),
            stop_reason=self.fault or self.stop_reason or "",
            estimated=estimated,
        )

    def _estimate(self) -> Tokens:
        known = self.tokens if self.tokens.tokens_in else Tokens(sent=estimated_tokens(self.sent))
        if self.counted:
            return replace(known, output=self.tokens.output)
        thinking = self.max_tokens // _THINKING_SHARE if self.thought else 0
        return replace(known, output=min(self.max_tokens, estimated_tokens(self.text) + thinking))

    def _since_start(self, moment: float) -> int:
        return round((moment - self.started) * 1000)
