"""Turning a HandlerResult into a message: streamed as events, or whole."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from tests.simulators.claude.billing import Usage, fit, tokens_in
from tests.simulators.claude.recorded_requests import Request
from tests.simulators.claude.replies import Break, Ending, Refusal, Reply, StreamError, Thinking


@dataclass(frozen=True, slots=True)
class Speech:
    """A Reply fitted to a request: what will really be said, and why it stops."""

    reply: Reply
    text: str
    stop_reason: str
    stop_sequence: str | None
    thinking: Thinking | None
    thinking_tokens: int
    ending: Ending | None

    @property
    def refused_at_once(self) -> bool:
        return isinstance(self.ending, Refusal) and not self.text

    @property
    def stop_details(self) -> dict[str, Any] | None:
        if not isinstance(self.ending, Refusal):
            return None
        return {"type": "refusal", "category": self.ending.category, "explanation": self.ending.explanation}


def fit_to_request(reply: Reply, body: dict[str, Any]) -> Speech:
    """Applies the request's thinking setting, `max_tokens` and `stop_sequences`, and a refusal's place."""
    off = (body.get("thinking") or {}).get("type") in ("disabled", "between_tools")
    thinking = None if off else reply.thinking
    ending, text, reason, stop = reply.ending, reply.text, reply.stop_reason, None
    limit = body["max_tokens"]
    if isinstance(ending, Refusal):
        text, reason = text[: ending.after], "refusal"
        thinking = thinking if ending.after else None
    found = [(at, sequence) for sequence in body.get("stop_sequences", ()) if (at := text.find(sequence)) >= 0]
    if found:
        at, stop = min(found)
        text, reason = text[:at], "stop_sequence"
    spent = min(thinking.tokens, limit) if thinking else 0
    if (fitted := fit(text, limit - spent)) != text or (thinking and thinking.tokens > limit):
        text, reason, stop = fitted, "max_tokens", None
    return Speech(reply, text, reason, stop, thinking, spent, ending)


class Speaker:
    """Says one Speech to one client, and keeps the Request's record of what has gone out."""

    def __init__(self, record: Request, speech: Speech, usage: Usage, *, basic: bool, signature: str) -> None:
        self._record = record
        self._speech = speech
        self._input = usage
        self._basic = basic
        self._signature = signature
        self._thought = 0

    def usage(self) -> Usage:
        """What has been generated so far. Never zero output: even an empty answer has a token."""
        output = tokens_in(self._record.text_sent) + self._thought
        if self._record.body["max_tokens"]:
            output = max(1, output)
        return self._input + Usage(output=output, thinking=self._thought)

    async def stream(self, response: web.StreamResponse, diagnostics: dict[str, Any] | None) -> None:
        """Writes the events. Returns early, without the last ones, where the HandlerResult says so."""
        speech = self._speech
        start = self._message([], None, diagnostics)
        start["usage"] |= {"output_tokens": 1}
        await self._event(response, "message_start", {"message": start})
        index = await self._stream_thinking(response)
        if (speech.text or self._wanders) and not await self._stream_text(response, index):
            return
        self._record.stop_reason = speech.stop_reason
        delta = {"stop_reason": speech.stop_reason, "stop_sequence": speech.stop_sequence}
        if not self._basic:
            delta["stop_details"] = speech.stop_details  # type: ignore[assignment]  # JSON: a string, null or an object
        usage = self.usage().delta_body(basic=self._basic)
        await self._event(response, "message_delta", {"delta": delta, "usage": usage})
        await self._event(response, "message_stop", {})

    @property
    def _wanders(self) -> bool:
        """Whether something is to happen on the way even though there may be no text."""
        return bool(self._speech.reply.pauses) or isinstance(self._speech.ending, Break)

    async def _stream_thinking(self, response: web.StreamResponse) -> int:
        thinking = self._speech.thinking
        if thinking is None:
            await self._event(response, "ping", {})
            return 0
        block = {"type": "thinking", "thinking": "", "signature": ""}
        await self._event(response, "content_block_start", {"index": 0, "content_block": block})
        for _ in range(thinking.pings):
            await self._event(response, "ping", {})
        await self._think(thinking)
        if self._shows_thinking:
            delta = {"type": "thinking_delta", "thinking": thinking.summary}
            await self._event(response, "content_block_delta", {"index": 0, "delta": delta})
        delta = {"type": "signature_delta", "signature": self._signature}
        await self._event(response, "content_block_delta", {"index": 0, "delta": delta})
        await self._event(response, "content_block_stop", {"index": 0})
        return 1

    async def _think(self, thinking: Thinking) -> None:
        if thinking.gate is not None:
            await thinking.gate.hold()
        if thinking.seconds:
            await asyncio.sleep(thinking.seconds)
        self._thought = self._speech.thinking_tokens

    @property
    def _shows_thinking(self) -> bool:
        return (self._record.body.get("thinking") or {}).get("display") == "summarized"

    async def _stream_text(self, response: web.StreamResponse, index: int) -> bool:
        """False if the ending came before the end."""
        speech, started, done = self._speech, False, 0
        begun_at = time.monotonic()
        for kind, mark in self._marks():
            while done < mark:
                if not started:
                    block = {"type": "text", "text": ""}
                    await self._event(response, "content_block_start", {"index": index, "content_block": block})
                    started = True
                piece = speech.text[done : min(mark, done + speech.reply.chunk)]
                done += len(piece)
                if rate := speech.reply.characters_per_second:
                    await asyncio.sleep(begun_at + done / rate - time.monotonic())
                delta = {"type": "text_delta", "text": piece}
                await self._event(response, "content_block_delta", {"index": index, "delta": delta})
                self._record.text_sent += piece
                self._record.last_text_at = time.time()
                self._record.first_text_at = self._record.first_text_at or self._record.last_text_at
            if kind == "pause":
                for pause in speech.reply.pauses:
                    if min(pause.after, len(speech.text)) == mark:
                        await pause.gate.hold()
            elif kind == "ending":
                await self._break(response)
                return False
        if started:
            await self._event(response, "content_block_stop", {"index": index})
        return True

    def _marks(self) -> list[tuple[str, int]]:
        """Where something happens besides text, in order; an ending stops the list."""
        speech, length = self._speech, len(self._speech.text)
        ending = speech.ending
        last = ("ending", min(ending.after, length)) if isinstance(ending, Break) else ("end", length)
        stops = sorted({min(pause.after, length) for pause in speech.reply.pauses})
        return [*(("pause", stop) for stop in stops if stop <= last[1]), last]

    async def _break(self, response: web.StreamResponse) -> None:
        ending = self._speech.ending
        if isinstance(ending, StreamError):
            error = {"type": ending.type, "message": ending.message}
            await self._event(response, "error", {"error": error, "request_id": self._record.request_id})

    async def whole(self, diagnostics: dict[str, Any] | None) -> str:
        """The message as one JSON text, after every wait that streaming it would have had."""
        speech = self._speech
        if speech.thinking is not None:
            await self._think(speech.thinking)
        for pause in sorted(speech.reply.pauses, key=lambda pause: pause.after):
            await pause.gate.hold()
        if rate := speech.reply.characters_per_second:
            await asyncio.sleep(len(speech.text) / rate)
        self._record.text_sent = speech.text
        self._record.stop_reason = speech.stop_reason
        content: list[dict[str, Any]] = []
        if speech.thinking is not None:
            shown = speech.thinking.summary if self._shows_thinking else ""
            content.append({"type": "thinking", "thinking": shown, "signature": self._signature})
        if speech.text:
            content.append({"type": "text", "text": speech.text})
        return json.dumps(self._message(content, speech, diagnostics), ensure_ascii=False)

    def _message(
        self, content: list[dict[str, Any]], speech: Speech | None, diagnostics: dict[str, Any] | None
    ) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": self._record.message_id,
            "type": "message",
            "role": "assistant",
            "model": self._record.model,
            "content": content,
            "stop_reason": speech.stop_reason if speech else None,
            "stop_sequence": speech.stop_sequence if speech else None,
            "usage": self.usage().body(basic=self._basic),
        }
        if not self._basic:
            message |= {"stop_details": speech.stop_details if speech else None, "diagnostics": diagnostics}
        return message

    async def _event(self, response: web.StreamResponse, name: str, data: dict[str, Any]) -> None:
        line = f"event: {name}\n" if self._speech.reply.events_named else ""
        text = json.dumps({"type": name} | data, ensure_ascii=False)
        await response.write(f"{line}data: {text}\n\n".encode())
