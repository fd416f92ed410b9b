"""Keep out of an answer the reasoning that a model writes into it between tags.

Some servers do not send it as thinking. Open models write <think> (DeepSeek-R1, Qwen3), and their chat templates may
open the tag themselves, so that the answer holds only the closing one; <thinking> is in prompts in Claude's manner.
"""

from __future__ import annotations

import re

_OPENING_TAGS = ("<think>", "<thinking>")
_OPENING_TAG = re.compile(r"\s*<(?P<name>think(?:ing)?)>", re.IGNORECASE)
_TAG_PAIR = re.compile(
    r"<(?P<name>think(?:ing)?)>(?:(?!</?think(?:ing)?>).)*+</(?P=name)>\s*", re.IGNORECASE | re.DOTALL
)
_CLOSING_TAG = re.compile(r"</think(?:ing)?>\s*", re.IGNORECASE)


def strip_reasoning(text: str) -> str:
    """Return the answer without what stands between reasoning tags, or before a closing tag that nothing opened.

    Nothing is left where the first tag is never closed: the answer broke off before it began.
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
    """Hold reasoning back from an answer that comes in pieces, where the answer begins with its tag."""

    def __init__(self) -> None:
        self._held: str | None = ""
        self._name = ""
        self._reasoned = False

    def feed(self, piece: str) -> str:
        """Return what may be shown now of all that came and has not been shown."""
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
        """Return what was held back for a tag that never came."""
        held, self._held = self._held, None
        return "" if self._name or not held else held.lstrip() if self._reasoned else held

    @property
    def is_reasoning(self) -> bool:
        """Whether the next piece belongs to reasoning."""
        return bool(self._name)
