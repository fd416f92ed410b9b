"""Reasoning that a model writes into its answer, between tags, where its server does not send it as thinking.

Open models do: <think> in DeepSeek-R1 and Qwen3, whose chat templates may open the tag themselves, so that the answer
holds the closing one alone; <thinking> in prompts in Claude's manner. None of it is the post.
"""

from __future__ import annotations

import re

_OPENINGS = ("<think>", "<thinking>")
_OPENING = re.compile(r"\s*<(?P<name>think(?:ing)?)>", re.IGNORECASE)
_PAIR = re.compile(r"<(?P<name>think(?:ing)?)>(?:(?!</?think(?:ing)?>).)*+</(?P=name)>\s*", re.IGNORECASE | re.DOTALL)
_CLOSING = re.compile(r"</think(?:ing)?>\s*", re.IGNORECASE)


def without_reasoning(text: str) -> str:
    """The answer without what stands between reasoning tags, or before a closing one that nothing opened.

    A tag that is opened first of all and never closed leaves nothing: the answer broke off before it began.
    """
    if "<" not in text:
        return text
    bare = _PAIR.sub("", text)
    if _OPENING.match(text):
        bare = bare.lstrip()
    if _OPENING.match(bare):
        return ""
    closings = list(_CLOSING.finditer(bare))
    return bare[closings[-1].end() :] if closings else bare


class Reasoning:
    """Holds reasoning back from an answer that comes in pieces, where the answer begins with its tag. Mutable."""

    def __init__(self) -> None:
        self._held: str | None = ""
        self._name = ""
        self._reasoned = False

    def shown(self, piece: str) -> str:
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
            elif opening := _OPENING.match(self._held):
                self._held, self._name = self._held[opening.end() :], opening["name"].lower()
                self._reasoned = True
            elif any(tag.startswith(self._held.strip().lower()) for tag in _OPENINGS):
                return ""  # a tag may be on its way
            else:
                held, self._held = self._held, None
                return held.lstrip() if self._reasoned else held

    def rest(self) -> str:
        """What was held back for a tag that never came."""
        held, self._held = self._held, None
        return "" if self._name or not held else held.lstrip() if self._reasoned else held

    @property
    def goes_on(self) -> bool:
        """Whether what comes is reasoning."""
        return bool(self._name)
