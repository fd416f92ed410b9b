"""A revised section as a model wrote it, read for the body of that one section."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.essay.replies.asides import without_closing
from bot.essay.replies.form import demoted, tidy
from bot.essay.replies.heads import with_headings
from bot.essay.replies.unwrapped import unwrapped
from bot.essay.text.lines import closes_sentence
from bot.essay.text.markdown import blocks_of
from bot.essay.text.sections import split


def section_body(reply: str, text: str, index: int, given: Sequence[str] = ()) -> str:
    """The new body of part ``index`` of ``text`` (as ``split`` numbers them) out of a reply that was to hold it alone.

    A code fence around it, its heading, and a closing line to the writer are taken off. Other parts of the text, its
    subsections among them, stay where they are in the text: what the reply holds of them was not asked for and is left
    out. Headings that are new and would begin a section become level 3. ``given`` are the texts that the model was
    given to write from.
    """
    parts = split(text)
    own = _plain(parts[index].title)
    others = {_plain(part.title) for part in parts if part.level} - {own, ""}

    def name(title: str) -> str | None:
        plain = _plain(title)
        return plain if plain and (plain == own or plain in others) else None

    bare = with_headings(without_closing(unwrapped(reply, headed=False), given), name)
    if not blocks_of(bare).headings:
        return _without_heading(tidy(bare), own)
    written = split(bare)
    begins = next((number for number, part in enumerate(written) if own and _plain(part.title) == own), None)
    kept: list[str] = []
    foreign = 0  # the level of the other part that we are in
    for number, part in enumerate(written):
        if begins is not None:
            if number <= begins:
                kept = [part.body]
                continue
            if part.level <= written[begins].level:
                break
        if foreign and part.level > foreign:
            continue
        foreign = part.level if _plain(part.title) in others else 0
        if not foreign:
            kept.append(demoted(part) + part.body)
    body = tidy("".join(kept))
    return body if begins is not None else _without_heading(body, own)


def _without_heading(body: str, own: str) -> str:
    """The body without its heading, where that is a line of plain text above it."""
    first, _, rest = body.partition("\n\n")
    is_heading = bool(rest) and "\n" not in first and not closes_sentence(first) and _plain(first) == own
    return rest.lstrip("\n") if own and is_heading else body


def _plain(title: str) -> str:
    return " ".join(re.findall(r"\w+", title.casefold()))
