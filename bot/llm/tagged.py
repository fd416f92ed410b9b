"""Other people's text inside a request: set in blocks whose tags carry an id that nobody can have guessed.

The form is the one Anthropic's prompting guide for Opus 5.5 gives for pasted text: the tags on lines of their own, the
same random id in both, and a system text that says what stands in them is material.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.essay.text.importing import without_comments
from bot.essay.text.marks import is_marked

NAMES = ("note", "question", "title", "post", "heading", "passage", "instruction", "fact")

NewTag = Callable[[], str]
"""An id for the tags of one request: unguessable, letters and digits."""

_LOOKALIKE = re.compile(rf"<(?=\s*/?\s*(?:{'|'.join(NAMES)})\b)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Blocks:
    """The blocks of one request. Called by the templates: ``block("note", text, number=3)``."""

    def __init__(self, tag: str) -> None:
        if not re.fullmatch(r"[A-Za-z0-9]+", tag):
            raise ValueError("a tag's id is letters and digits")
        self._tag = tag

    def __call__(self, name: str, text: str, **attributes: str | int) -> str:
        """The text between its tags, without the comments in it, which are for nobody's eyes.

        ``attributes`` are numbers and keys of ours, never words of a person.
        """
        if name not in NAMES:
            raise ValueError(f"{name} is no block: a new one has to be added to NAMES, so that its like is defused")
        seen = without_comments(text)
        if is_marked(seen):
            raise ValueError("a passage that is marked to be left out was handed to a model's port")
        extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
        return f'<{name} id="{self._tag}"{extra}>\n{defused(seen)}\n</{name} id="{self._tag}">'


def defused(text: str) -> str:
    """The text with a single angle quotation mark (‹) where it opens a tag named like one of ours.

    It reads the same. Control characters, which a keyboard does not make and a model cannot read, are left out; so are
    halves of characters, which cannot be sent.
    """
    return _LOOKALIKE.sub("‹", _CONTROL.sub("", sound(text)))


def sound(text: str) -> str:
    """The text with ? for each half of a character (a lone surrogate), which can be neither sent nor stored."""
    return text.encode("utf-8", "replace").decode("utf-8")
