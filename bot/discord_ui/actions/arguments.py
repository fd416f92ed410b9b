"""Reads what ids, menus and forms carry. A forged one leads nowhere else than a wrong page."""

from __future__ import annotations

import re

from bot.discord_ui.fields import pasted
from bot.discord_ui.files import KINDS, read
from bot.discord_ui.forms import PASTES
from bot.discord_ui.panels.interview import FURTHER, RETURNED
from bot.discord_ui.reply import Press
from bot.errors import BadInput
from bot.essay.text.words import count_words
from bot.workflow.aside import aside


def number(text: str) -> int:
    """The number in the text; 0 where there is none."""
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else 0


def two(argument: str) -> tuple[int, int]:
    """The two numbers of an argument such as ``3.12``; 0 for what is missing."""
    first, _, second = argument.partition(".")
    return number(first), number(second)


def asked(argument: str) -> tuple[int, str]:
    """The number of a question, and the mode of the interview behind it: "", FURTHER or RETURNED."""
    mode = argument[-1:] if argument.endswith((FURTHER, RETURNED)) else ""
    return number(argument.removesuffix(mode)), mode


async def handed_in(press: Press) -> tuple[str, str | None]:
    """The text of a form with fields to paste into and a file, and what is to be said about how it was read.

    Raises BadInput where there is none, and what ``files.read`` raises.
    """
    text = pasted([press.fields.get(key, "") for key in PASTES])
    notice = None
    for upload in press.files:
        found = await read(upload)
        notice = found.notice
        text = f"{text.rstrip()}\n\n{found.text}" if text.strip() else found.text
    if not await aside(count_words, text):
        raise BadInput(f"There were no words in it: paste some, or attach a file: {KINDS}. Nothing was changed.")
    return text, notice
