"""The events of a stream, read from their JSON into what is certain of them.

The SDK would build each into a model of pydantic's, of the kind that fits best and without looking at what it holds.
That takes longer than all the rest of an event, hundreds of times in every draft, and leaves the looking to be done.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from bot.llm.tagged import sound

# No service's name for a model or for the end of an answer is longer; both are stored, and one of them is shown.
_NAME_LENGTH = 100


class OutOfForm(Exception):
    """An event of a kind that Claude sends, and not as Claude sends it."""


class Sent(Protocol):
    """An event as it was sent: its name, None for one without, and its data, "" for none."""

    @property
    def event(self) -> str | None: ...

    @property
    def data(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens so far, by how they are billed; None for what was not sent, or is no number of tokens.

    ``written`` is all that was put into the cache, ``write_5m`` and ``write_1h`` how that divides.
    """

    sent: int | None = None
    read: int | None = None
    written: int | None = None
    write_5m: int | None = None
    write_1h: int | None = None
    output: int | None = None

    def within(self, most_in: int, most_out: int) -> Counts:
        """The same without those that are more than this."""
        return Counts(
            sent=_at_most(most_in, self.sent),
            read=_at_most(most_in, self.read),
            written=_at_most(most_in, self.written),
            write_5m=_at_most(most_in, self.write_5m),
            write_1h=_at_most(most_in, self.write_1h),
            output=_at_most(most_out, self.output),
        )


@dataclass(frozen=True, slots=True)
class Started:
    """A message begins. ``model`` is the model that answers, None where its name is none."""

    model: str | None
    counts: Counts


@dataclass(frozen=True, slots=True)
class Thought:
    """The model begins to think."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """A piece of the answer, with ? for each half of a character; never empty."""

    piece: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The message ends. ``stop_reason`` is the service's word for why, ``category`` its word for why it declined."""

    stop_reason: str | None
    category: str | None
    counts: Counts


Event = Started | Thought | Wrote | Ended


def read(data: object) -> Event | None:
    """What the data of an event says; None for one that says nothing here.

    Kinds that are not known are passed over, as the API's versioning page asks. Raises OutOfForm for one that should
    say something and does not.
    """
    match _at(data, "type"):
        case "content_block_delta":
            delta = _at(data, "delta")
            return _piece(delta) if _kind(delta) == "text_delta" else None
        case "content_block_start":
            block = _at(data, "content_block")
            match _kind(block):
                case "thinking" | "redacted_thinking":
                    return Thought()
                case "text":
                    return _piece(block)
        case "message_start":
            message = _at(data, "message")
            return Started(_name(_at(message, "model")), _counts(_at(message, "usage")))
        case "message_delta":
            delta = _at(data, "delta")
            reason = _at(delta, "stop_reason")
            if not isinstance(reason, str | None):
                raise OutOfForm("a stop reason that is no text")
            category = _name(_at(_at(delta, "stop_details"), "category"))
            return Ended(_name(reason), category, _counts(_at(data, "usage")))
    return None


def _at(value: object, name: str) -> Any:
    """What an object holds under a name; None where there is none, or the value is no object."""
    return value.get(name) if isinstance(value, dict) else None


def _at_most(most: int, count: int | None) -> int | None:
    return count if count is not None and count <= most else None


def _kind(part: object) -> str:
    kind = _at(part, "type")
    if not isinstance(kind, str):
        raise OutOfForm("a part of an answer without a kind")
    return kind


def _piece(part: object) -> Wrote | None:
    text = _at(part, "text")
    if not isinstance(text, str | None):
        raise OutOfForm("text that is no text")
    return Wrote(sound(text)) if text else None


def _name(value: object) -> str | None:
    """A name as it can be stored and shown, None for what is none."""
    if not isinstance(value, str):
        return None
    return "".join(filter(str.isprintable, sound(value)))[:_NAME_LENGTH].strip() or None


def _counts(usage: object) -> Counts:
    split = _at(usage, "cache_creation")
    return Counts(
        sent=_count(usage, "input_tokens"),
        read=_count(usage, "cache_read_input_tokens"),
        written=_count(usage, "cache_creation_input_tokens"),
        write_5m=_count(split, "ephemeral_5m_input_tokens"),
        write_1h=_count(split, "ephemeral_1h_input_tokens"),
        output=_count(usage, "output_tokens"),
    )


def _count(usage: object, name: str) -> int | None:
    value = _at(usage, name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
