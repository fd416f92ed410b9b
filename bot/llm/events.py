"""The events of a stream, read into what is certain of them: the SDK builds them without looking at what they hold."""

from __future__ import annotations

from dataclasses import dataclass

from bot.llm.tagged import sound

# No service's name for a model or for the end of an answer is longer; both are stored, and one of them is shown.
_NAME_LENGTH = 100


class OutOfForm(Exception):
    """An event of a kind that Claude sends, and not as Claude sends it."""


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


def read(event: object) -> Event | None:
    """What an event of the SDK's says; None for one that says nothing here.

    Kinds that are not known are passed over, as the API's versioning page asks; the SDK builds them as another kind.
    Raises OutOfForm for one that should say something and does not.
    """
    match getattr(event, "type", None):
        case "message_start":
            message = getattr(event, "message", None)
            return Started(_name(getattr(message, "model", None)), _counts(getattr(message, "usage", None)))
        case "content_block_start":
            block = getattr(event, "content_block", None)
            match _kind(block):
                case "thinking" | "redacted_thinking":
                    return Thought()
                case "text":
                    return _piece(block)
        case "content_block_delta":
            delta = getattr(event, "delta", None)
            return _piece(delta) if _kind(delta) == "text_delta" else None
        case "message_delta":
            delta = getattr(event, "delta", None)
            reason = getattr(delta, "stop_reason", None)
            if not isinstance(reason, str | None):
                raise OutOfForm("a stop reason that is no text")
            category = _name(getattr(getattr(delta, "stop_details", None), "category", None))
            return Ended(_name(reason), category, _counts(getattr(event, "usage", None)))
    return None


def _at_most(most: int, count: int | None) -> int | None:
    return count if count is not None and count <= most else None


def _kind(part: object) -> str:
    kind = getattr(part, "type", None)
    if not isinstance(kind, str):
        raise OutOfForm("a part of an answer without a kind")
    return kind


def _piece(part: object) -> Wrote | None:
    text = getattr(part, "text", None)
    if not isinstance(text, str | None):
        raise OutOfForm("text that is no text")
    return Wrote(sound(text)) if text else None


def _name(value: object) -> str | None:
    """A name as it can be stored and shown, None for what is none."""
    if not isinstance(value, str):
        return None
    return "".join(filter(str.isprintable, sound(value)))[:_NAME_LENGTH].strip() or None


def _counts(usage: object) -> Counts:
    split = getattr(usage, "cache_creation", None)
    return Counts(
        sent=_count(usage, "input_tokens"),
        read=_count(usage, "cache_read_input_tokens"),
        written=_count(usage, "cache_creation_input_tokens"),
        write_5m=_count(split, "ephemeral_5m_input_tokens"),
        write_1h=_count(split, "ephemeral_1h_input_tokens"),
        output=_count(usage, "output_tokens"),
    )


def _count(usage: object, name: str) -> int | None:
    value = getattr(usage, name, None)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
