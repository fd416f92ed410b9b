"""What was heard of one answer so far, and what that comes to in the ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from bot.errors import TooMuchSent
from bot.essay.text.invisible import Visible
from bot.llm.events import Counts, Ended, Started, Thought, Wrote, read
from bot.llm.prices import Price, Tokens, cost, estimated_tokens
from bot.llm.reasoning import Reasoning
from bot.workflow.models import On, Text, Thinking
from bot.workflow.spending import Settlement

# An answer that is broken off while the model thinks sends no count of it. Anthropic's pages give 2,000 to 5,000 tokens
# of thinking for a draft with room for 16,000; an eighth of the room is the lower end of that.
_THINKING_SHARE = 8
# Tokens that a service may add to what it was sent: its own words about the form of the reply, its template.
_ADDED = 20_000
# Prose has some four for each token; a row of dashes may have more, and so has a server that knows no limit.
_CHARACTERS_A_TOKEN = 12


@dataclass(eq=False)
class Hearing:
    """One answer as it comes. Mutable: it is what is known whenever the call ends, however it ends.

    ``asked`` is the model asked, ``model`` the same until another answers. ``answered`` once the service has answered
    at all, ``began`` once a message has started, ``shown`` once text was handed on, ``counted`` once it has sent
    its final count. ``unbilled`` is set by the caller where no model can have worked.
    """

    model: str
    sent: str
    max_tokens: int
    timer: Callable[[], float]
    on: On | None
    prices: Mapping[str, Price] = field(default_factory=dict)
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
    characters: int = 0
    visible: Visible = field(default_factory=Visible)
    reasoning: Reasoning = field(default_factory=Reasoning)
    started: float = 0.0
    first_text: float | None = None
    asked: str = field(init=False)

    def __post_init__(self) -> None:
        self.started = self.timer()
        self.asked = self.model

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def refused_unheard(self) -> bool:
        """Whether it was declined before any output, which is not billed though counts are sent."""
        return self.stop_reason == "refusal" and not self.pieces and not self.thought

    def hear(self, data: object) -> None:
        """Takes the data of one event.

        Raises OutOfForm for one that Claude cannot have sent, TooMuchSent for more text than there is room for.
        """
        match read(data):
            case Started(model, counts):
                self.began = True
                self.model = model or self.model
                self._count(counts)
            case Thought():
                self.thought = True
                if self.on is not None:
                    self.on(Thinking())
            case Wrote(piece):
                self._write(piece)
            case Ended(stop_reason, category, counts):
                self.stop_reason, self.category = stop_reason, category
                self.counted = self._count(counts)
                self._take(self.visible.rest())
                self._show(self.reasoning.rest())

    def _write(self, piece: str) -> None:
        if self.first_text is None:
            self.first_text = self.timer()
        room = self.max_tokens * _CHARACTERS_A_TOKEN - self.characters
        self.characters += len(piece)
        self._take(self.visible.shown(piece[:room]))
        if len(piece) > room:
            raise TooMuchSent

    def _take(self, piece: str) -> None:
        """Takes a piece of text as it shows."""
        if not piece:
            return
        self.pieces.append(piece)
        reasoned = self.reasoning.goes_on
        self._show(self.reasoning.shown(piece))
        if self.on is not None and self.reasoning.goes_on and not reasoned:
            self.on(Thinking())

    def _show(self, piece: str) -> None:
        if self.on is not None and piece:
            self.shown = True
            self.on(Text(piece))

    def _count(self, counts: Counts) -> bool:
        """Takes over the counts that are there (they are totals so far). Whether the output was among them.

        A count that cannot be true is as good as none: more tokens out than there is room for, or none for a text; or
        more in than the bytes that were sent, since no token is less than a byte.
        """
        counts = counts.within(len(self.sent.encode("utf-8", "replace")) + _ADDED, self.max_tokens)
        now = self.tokens
        if counts.write_5m is not None or counts.write_1h is not None:
            now = replace(now, write_5m=counts.write_5m or 0, write_1h=counts.write_1h or 0)
        elif counts.written is not None and counts.written != now.write_5m + now.write_1h:
            now = replace(now, write_5m=0, write_1h=counts.written)  # without a split: what is written is for an hour
        output = None if self.pieces and counts.output == 0 else counts.output
        self.tokens = replace(
            now,
            sent=now.sent if counts.sent is None else counts.sent,
            read=now.read if counts.read is None else counts.read,
            output=now.output if output is None else output,
        )
        return output is not None

    def settlement(self) -> Settlement:
        """What the call came to: as counted, or estimated where the service did not come to its count."""
        estimated = not (self.unbilled or (self.counted and self.tokens.tokens_in))
        tokens = self._estimate() if estimated else self.tokens
        spent = cost(self.model, tokens, self.prices)
        if spent is None:  # an alias, or another model than was asked: the price that was reserved at
            spent = cost(self.asked, tokens, self.prices)
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
