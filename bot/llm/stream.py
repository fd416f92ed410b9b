"""Reasoning that a model writes into its answer, between tags, where its server does not send it as thinking.

Open models do: <think> in DeepSeek-R1 and Qwen3, whose chat templates may open the tag themselves, so that the answer
holds the closing one alone; <thinking> in prompts in Claude's manner. None of it is the post.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.errors import TooMuchSent
from bot.essay.text.invisible import Visible
from bot.llm.prices import Price, TokenUsage, call_cost, estimate_tokens
from bot.llm.prompts import replace_surrogates
from bot.services.ledger import Settlement
from bot.services.llm_ports import ProgressCallback, TextChunk, ThinkingChunk

_OPENING_TAGS = ("<think>", "<thinking>")
_OPENING_TAG = re.compile(r"\s*<(?P<name>think(?:ing)?)>", re.IGNORECASE)
_TAG_PAIR = re.compile(
    r"<(?P<name>think(?:ing)?)>(?:(?!</?think(?:ing)?>).)*+</(?P=name)>\s*", re.IGNORECASE | re.DOTALL
)
_CLOSING_TAG = re.compile(r"</think(?:ing)?>\s*", re.IGNORECASE)


def strip_reasoning(text: str) -> str:
    """The answer without what stands between reasoning tags, or before a closing one that nothing opened.

    A tag that is opened first of all and never closed leaves nothing: the answer broke off before it began.
    """
    if "<" not in text:
        return text
    bare = _TAG_PAIR.sub("", text)
    if _OPENING_TAG.match(text):
        bare = bare.lstrip()
    if _OPENING_TAG.match(bare):
        return ""
    closings = list(_CLOSING_TAG.finditer(bare))
    return bare[closings[-1].end() :] if closings else bare


class ReasoningFilter:
    """Holds reasoning back from an answer that comes in pieces, where the answer begins with its tag. Mutable."""

    def __init__(self) -> None:
        self._held: str | None = ""
        self._name = ""
        self._reasoned = False

    def feed(self, piece: str) -> str:
        """What may be shown now of all that came and has not been shown."""
        if self._held is None:
            return piece
        self._held += piece
        while True:
            if self._name:
                closing = f"</{self._name}>"
                at = self._held.lower().find(closing)
                if at < 0:
                    self._held = self._held[-len(closing) :]
                    return ""
                self._held, self._name = self._held[at + len(closing) :].lstrip(), ""
            elif opening := _OPENING_TAG.match(self._held):
                self._held, self._name = self._held[opening.end() :], opening["name"].lower()
                self._reasoned = True
            elif any(tag.startswith(self._held.strip().lower()) for tag in _OPENING_TAGS):
                return ""  # a tag may be on its way
            else:
                held, self._held = self._held, None
                return held.lstrip() if self._reasoned else held

    def flush(self) -> str:
        """What was held back for a tag that never came."""
        held, self._held = self._held, None
        return "" if self._name or not held else held.lstrip() if self._reasoned else held

    @property
    def is_reasoning(self) -> bool:
        """Whether what comes is reasoning."""
        return bool(self._name)


# The events of a stream, read from their JSON into what is certain of them.
#
# The SDK would build each into a model of pydantic's, of the kind that fits best and without looking at what it holds.
# That takes longer than all the rest of an event, hundreds of times in every draft, and leaves the looking to be done.


# No service's name for a model or for the end of an answer is longer; both are stored, and one of them is shown.
_MAX_NAME_CHARACTERS = 100


class MalformedEvent(Exception):
    """An event of a kind that Claude sends, and not as Claude sends it."""


class ServerSentEvent(Protocol):
    """An event as it was sent: its name, None for one without, and its data, "" for none."""

    @property
    def event(self) -> str | None: ...

    @property
    def data(self) -> str: ...


@dataclass(frozen=True, slots=True)
class TokenCounts:
    """Tokens so far, by how they are billed; None for what was not sent, or is no number of tokens.

    ``written`` is all that was put into the cache, ``write_5m`` and ``write_1h`` how that divides.
    """

    input_tokens: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    output_tokens: int | None = None

    def drop_above(self, most_in: int, most_out: int) -> TokenCounts:
        """The same without those that are more than this."""
        return TokenCounts(
            input_tokens=_none_above(most_in, self.input_tokens),
            cache_read=_none_above(most_in, self.cache_read),
            cache_write=_none_above(most_in, self.cache_write),
            cache_write_5m=_none_above(most_in, self.cache_write_5m),
            cache_write_1h=_none_above(most_in, self.cache_write_1h),
            output_tokens=_none_above(most_out, self.output_tokens),
        )


@dataclass(frozen=True, slots=True)
class MessageStarted:
    """A message begins. ``model`` is the model that answers, None where its name is none."""

    model: str | None
    counts: TokenCounts


@dataclass(frozen=True, slots=True)
class ThinkingStarted:
    """The model begins to think."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer, with ? for each half of a character; never empty."""

    text: str


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """The message ends. ``stop_reason`` is the service's word for why, ``category`` its word for why it declined."""

    stop_reason: str | None
    refusal_category: str | None
    counts: TokenCounts


StreamEvent = MessageStarted | ThinkingStarted | TextDelta | MessageEnded


def parse_event(data: object) -> StreamEvent | None:
    """What the data of an event says; None for one that says nothing here.

    Kinds that are not known are passed over, as the API's versioning page asks. Raises MalformedEvent for one that
    should say something and does not.
    """
    match _get(data, "type"):
        case "content_block_delta":
            delta = _get(data, "delta")
            return _text_delta(delta) if _type_of(delta) == "text_delta" else None
        case "content_block_start":
            block = _get(data, "content_block")
            match _type_of(block):
                case "thinking" | "redacted_thinking":
                    return ThinkingStarted()
                case "text":
                    return _text_delta(block)
        case "message_start":
            message = _get(data, "message")
            return MessageStarted(_clean_name(_get(message, "model")), _token_counts(_get(message, "usage")))
        case "message_delta":
            delta = _get(data, "delta")
            reason = _get(delta, "stop_reason")
            if not isinstance(reason, str | None):
                raise MalformedEvent("a stop reason that is no text")
            category = _clean_name(_get(_get(delta, "stop_details"), "category"))
            return MessageEnded(_clean_name(reason), category, _token_counts(_get(data, "usage")))
    return None


def _get(value: object, name: str) -> Any:
    """What an object holds under a name; None where there is none, or the value is no object."""
    return value.get(name) if isinstance(value, dict) else None


def _none_above(most: int, count: int | None) -> int | None:
    return count if count is not None and count <= most else None


def _type_of(part: object) -> str:
    kind = _get(part, "type")
    if not isinstance(kind, str):
        raise MalformedEvent("a part of an answer without a kind")
    return kind


def _text_delta(part: object) -> TextDelta | None:
    text = _get(part, "text")
    if not isinstance(text, str | None):
        raise MalformedEvent("text that is no text")
    return TextDelta(replace_surrogates(text)) if text else None


def _clean_name(value: object) -> str | None:
    """A name as it can be stored and shown, None for what is none."""
    if not isinstance(value, str):
        return None
    return "".join(filter(str.isprintable, replace_surrogates(value)))[:_MAX_NAME_CHARACTERS].strip() or None


def _token_counts(usage: object) -> TokenCounts:
    split = _get(usage, "cache_creation")
    return TokenCounts(
        input_tokens=_token_count(usage, "input_tokens"),
        cache_read=_token_count(usage, "cache_read_input_tokens"),
        cache_write=_token_count(usage, "cache_creation_input_tokens"),
        cache_write_5m=_token_count(split, "ephemeral_5m_input_tokens"),
        cache_write_1h=_token_count(split, "ephemeral_1h_input_tokens"),
        output_tokens=_token_count(usage, "output_tokens"),
    )


def _token_count(usage: object, name: str) -> int | None:
    value = _get(usage, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


# What was heard of one answer so far, and what that comes to in the ledger.


# An answer that is broken off while the model thinks sends no count of it. Anthropic's pages give 2,000 to 5,000 tokens
# of thinking for a draft with room for 16,000; an eighth of the room is the lower end of that.
_THINKING_DIVISOR = 8
# Tokens that a service may add to what it was sent: its own words about the form of the reply, its template.
_MAX_EXTRA_INPUT_TOKENS = 20_000
# Prose has some four for each token; a row of dashes may have more, and so has a server that knows no limit.
_MAX_CHARACTERS_PER_TOKEN = 12


@dataclass(eq=False)
class StreamState:
    """One answer as it comes. Mutable: it is what is known whenever the call ends, however it ends.

    ``asked`` is the model asked, ``model`` the same until another answers. ``answered`` once the service has answered
    at all, ``began`` once a message has started, ``shown`` once text was handed on, ``counted`` once it has sent
    its final count. ``unbilled`` is set by the caller where no model can have worked.
    """

    model: str
    sent_text: str
    max_tokens: int
    timer: Callable[[], float]
    on_progress: ProgressCallback | None
    prices: Mapping[str, Price] = field(default_factory=dict)
    tokens: TokenUsage = field(default_factory=TokenUsage)
    has_response: bool = False
    is_started: bool = False
    has_final_count: bool = False
    has_shown_text: bool = False
    is_unbilled: bool = False
    has_thinking: bool = False
    stop_reason: str | None = None
    refusal_category: str | None = None
    error_name: str | None = None
    pieces: list[str] = field(default_factory=list)
    character_count: int = 0
    visible_filter: Visible = field(default_factory=Visible)
    reasoning_filter: ReasoningFilter = field(default_factory=ReasoningFilter)
    started_at: float = 0.0
    first_text_at: float | None = None
    requested_model: str = field(init=False)

    def __post_init__(self) -> None:
        self.started_at = self.timer()
        self.requested_model = self.model

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    @property
    def is_unbilled_refusal(self) -> bool:
        """Whether it was declined before any output, which is not billed though counts are sent."""
        return self.stop_reason == "refusal" and not self.pieces and not self.has_thinking

    def handle_event(self, data: object) -> None:
        """Takes the data of one event.

        Raises MalformedEvent for one that Claude cannot have sent, TooMuchSent for more text than there is room for.
        """
        match parse_event(data):
            case MessageStarted(model, counts):
                self.is_started = True
                self.model = model or self.model
                self._update_counts(counts)
            case ThinkingStarted():
                self.has_thinking = True
                if self.on_progress is not None:
                    self.on_progress(ThinkingChunk())
            case TextDelta(piece):
                self._add_delta(piece)
            case MessageEnded(stop_reason, category, counts):
                self.stop_reason, self.refusal_category = stop_reason, category
                self.has_final_count = self._update_counts(counts)
                self._append_visible(self.visible_filter.rest())
                self._emit(self.reasoning_filter.flush())

    def _add_delta(self, piece: str) -> None:
        if self.first_text_at is None:
            self.first_text_at = self.timer()
        room = self.max_tokens * _MAX_CHARACTERS_PER_TOKEN - self.character_count
        self.character_count += len(piece)
        self._append_visible(self.visible_filter.shown(piece[:room]))
        if len(piece) > room:
            raise TooMuchSent

    def _append_visible(self, piece: str) -> None:
        """Takes a piece of text as it shows."""
        if not piece:
            return
        self.pieces.append(piece)
        reasoned = self.reasoning_filter.is_reasoning
        self._emit(self.reasoning_filter.feed(piece))
        if self.on_progress is not None and self.reasoning_filter.is_reasoning and not reasoned:
            self.on_progress(ThinkingChunk())

    def _emit(self, piece: str) -> None:
        if self.on_progress is not None and piece:
            self.has_shown_text = True
            self.on_progress(TextChunk(piece))

    def _update_counts(self, counts: TokenCounts) -> bool:
        """Takes over the counts that are there (they are totals so far). Whether the output was among them.

        A count that cannot be true is as good as none: more tokens out than there is room for, or none for a text; or
        more in than the bytes that were sent, since no token is less than a byte.
        """
        counts = counts.drop_above(
            len(self.sent_text.encode("utf-8", "replace")) + _MAX_EXTRA_INPUT_TOKENS, self.max_tokens
        )
        now = self.tokens
        if counts.cache_write_5m is not None or counts.cache_write_1h is not None:
            now = replace(now, cache_write_5m=counts.cache_write_5m or 0, cache_write_1h=counts.cache_write_1h or 0)
        elif counts.cache_write is not None and counts.cache_write != now.cache_write_5m + now.cache_write_1h:
            now = replace(
                now, cache_write_5m=0, cache_write_1h=counts.cache_write
            )  # without a split: what is written is for an hour
        output = None if self.pieces and counts.output_tokens == 0 else counts.output_tokens
        self.tokens = replace(
            now,
            input_tokens=now.input_tokens if counts.input_tokens is None else counts.input_tokens,
            cache_read=now.cache_read if counts.cache_read is None else counts.cache_read,
            output_tokens=now.output_tokens if output is None else output,
        )
        return output is not None

    def settlement(self) -> Settlement:
        """What the call came to: as counted, or estimated where the service did not come to its count."""
        estimated = not (self.is_unbilled or (self.has_final_count and self.tokens.total_input))
        tokens = self._estimate_usage() if estimated else self.tokens
        spent = call_cost(self.model, tokens, self.prices)
        if spent is None:  # an alias, or another model than was asked: the price that was reserved at
            spent = call_cost(self.requested_model, tokens, self.prices)
        free = self.is_unbilled or self.is_unbilled_refusal
        return Settlement(
            model=self.model,
            input_tokens=tokens.input_tokens,
            cache_write_tokens=tokens.cache_write_5m + tokens.cache_write_1h,
            cache_read_tokens=tokens.cache_read,
            output_tokens=tokens.output_tokens,
            nano_usd=0 if free and spent is not None else spent,
            first_text_ms=None if self.first_text_at is None else self._milliseconds_since_start(self.first_text_at),
            total_ms=self._milliseconds_since_start(self.timer()),
            stop_reason=self.error_name or self.stop_reason or "",
            is_estimated=estimated,
        )

    def _estimate_usage(self) -> TokenUsage:
        known = self.tokens if self.tokens.total_input else TokenUsage(input_tokens=estimate_tokens(self.sent_text))
        if self.has_final_count:
            return replace(known, output_tokens=self.tokens.output_tokens)
        thinking = self.max_tokens // _THINKING_DIVISOR if self.has_thinking else 0
        return replace(known, output_tokens=min(self.max_tokens, estimate_tokens(self.text) + thinking))

    def _milliseconds_since_start(self, moment: float) -> int:
        return round((moment - self.started_at) * 1000)
