"""Read a streamed answer: take text, thinking and token counts from its events."""

from __future__ import annotations

from typing import Any

from bot.errors import TooMuchSent
from bot.essay.text.decoding import InvisibleCharacterFilter
from bot.llm.prices import TokenUsage
from bot.llm.prompts import replace_surrogates
from bot.llm.reasoning import ReasoningFilter
from bot.services.llm_ports import ProgressCallback, TextChunk, ThinkingChunk

# Prose has some four characters a token; a row of dashes may have more, and so has a server that knows no limit.
_MAX_CHARACTERS_PER_TOKEN = 12
_MAX_NAME_CHARACTERS = 100  # no model's name or stop reason is longer; both are stored, and the name is shown
_INPUT_COUNTS = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_CACHE_WRITE_COUNTS = ("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")


class MalformedEvent(Exception):
    """An event that Claude cannot have sent."""


class Answer:
    """What is known of an answer so far. It is right whenever the stream ends, however it ends.

    ``model`` is the model that answers, ``refusal_category`` the service's word for why it declined; each is None until
    it is known. ``output_tokens`` is the final count, None until it has come.
    """

    def __init__(self, max_input_tokens: int, max_tokens: int, on_progress: ProgressCallback | None) -> None:
        self.is_started = False
        self.has_thinking = False
        self.model: str | None = None
        self.stop_reason: str | None = None
        self.refusal_category: str | None = None
        self.output_tokens: int | None = None
        self.text = AnswerText(max_tokens * _MAX_CHARACTERS_PER_TOKEN, on_progress)
        self._input_counts: dict[str, int] = {}
        self._max_input_tokens = max_input_tokens
        self._max_tokens = max_tokens
        self._on_progress = on_progress

    def add_event(self, event: object) -> None:
        """Take in an event, as plain JSON. Skip unknown kinds, as the API's versioning page asks.

        Raise MalformedEvent for one that Claude cannot have sent, TooMuchSent for more text than there is room for.
        """
        match _get(event, "type"):
            case "content_block_delta":
                delta = _get(event, "delta")
                if _kind(delta) == "text_delta":
                    self.text.append(_text(delta))
            case "content_block_start":
                block = _get(event, "content_block")
                match _kind(block):
                    case "thinking" | "redacted_thinking":
                        self.has_thinking = True
                        if self._on_progress is not None:
                            self._on_progress(ThinkingChunk())
                    case "text":
                        self.text.append(_text(block))
            case "message_start":
                message = _get(event, "message")
                self.is_started = True
                self.model = _name(_get(message, "model"))
                self._add_input_counts(_get(message, "usage"))
            case "message_delta":
                self._end(_get(event, "delta"), _get(event, "usage"))

    def _end(self, delta: object, usage: object) -> None:
        stop_reason = _get(delta, "stop_reason")
        if not isinstance(stop_reason, str | None):
            raise MalformedEvent("a stop reason that is no text")
        self.stop_reason = _name(stop_reason)
        self.refusal_category = _name(_get(_get(delta, "stop_details"), "category"))
        self._add_input_counts(usage)
        written = _count(usage, "output_tokens", self._max_tokens)
        self.output_tokens = None if self.text and written == 0 else written
        self.text.end()

    def _add_input_counts(self, usage: object) -> None:
        """Take over the counts that can be true; they are totals so far."""
        cache_writes = _get(usage, "cache_creation")
        for source, names in ((usage, _INPUT_COUNTS), (cache_writes, _CACHE_WRITE_COUNTS)):
            for name in names:
                if (count := _count(source, name, self._max_input_tokens)) is not None:
                    self._input_counts[name] = count

    def usage(self) -> TokenUsage:
        """Return the tokens as counted so far, without output until its final count has come."""
        input_tokens, cache_read, cache_write = (self._input_counts.get(name, 0) for name in _INPUT_COUNTS)
        write_5m, write_1h = (self._input_counts.get(name, 0) for name in _CACHE_WRITE_COUNTS)
        if "cache_creation_input_tokens" in self._input_counts and cache_write != write_5m + write_1h:
            write_5m, write_1h = 0, cache_write  # not told apart: as the dearer, so that no budget is passed
        return TokenUsage(input_tokens, write_5m, write_1h, cache_read, self.output_tokens or 0)


class AnswerText:
    """The text of an answer that comes in pieces, without invisible characters.

    Each piece goes on to ``on_progress``, reasoning tags and what stands between them excepted. True once it holds
    anything. ``is_shown`` tells whether any of it was handed on.
    """

    def __init__(self, max_characters: int, on_progress: ProgressCallback | None) -> None:
        self.is_shown = False
        self._characters_left = max_characters
        self._on_progress = on_progress
        self._pieces: list[str] = []
        self._visible = InvisibleCharacterFilter()
        self._reasoning = ReasoningFilter()

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def __str__(self) -> str:
        return "".join(self._pieces)

    def append(self, piece: str) -> None:
        """Take in a piece. Raise TooMuchSent, with as much of it as there is room for taken in."""
        room, self._characters_left = self._characters_left, self._characters_left - len(piece)
        self._add(self._visible.feed(piece[:room]))
        if len(piece) > room:
            raise TooMuchSent

    def end(self) -> None:
        """Hand on what was held back for what might have followed."""
        self._add(self._visible.flush())
        self._show(self._reasoning.flush())

    def _add(self, piece: str) -> None:
        if not piece:
            return
        self._pieces.append(piece)
        was_reasoning = self._reasoning.is_reasoning
        self._show(self._reasoning.feed(piece))
        if self._on_progress is not None and self._reasoning.is_reasoning and not was_reasoning:
            self._on_progress(ThinkingChunk())

    def _show(self, piece: str) -> None:
        if self._on_progress is not None and piece:
            self.is_shown = True
            self._on_progress(TextChunk(piece))


def _get(value: object, name: str) -> Any:
    """Return what an object holds under a name, None for what is no object."""
    return value.get(name) if isinstance(value, dict) else None


def _kind(part: object) -> str:
    kind = _get(part, "type")
    if not isinstance(kind, str):
        raise MalformedEvent("a part of an answer without a kind")
    return kind


def _text(part: object) -> str:
    text = _get(part, "text")
    if not isinstance(text, str | None):
        raise MalformedEvent("text that is no text")
    return replace_surrogates(text or "")


def _name(value: object) -> str | None:
    """Return a name as it can be stored and shown, None for what is none."""
    if not isinstance(value, str):
        return None
    return "".join(filter(str.isprintable, replace_surrogates(value)))[:_MAX_NAME_CHARACTERS].strip() or None


def _count(usage: object, name: str, most: int) -> int | None:
    """Return a count of tokens, None for one that is not there or cannot be true."""
    value = _get(usage, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most else None
