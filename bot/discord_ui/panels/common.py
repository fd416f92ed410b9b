"""Pieces that several panels share."""

from __future__ import annotations

from bot.discord_ui.cards import Button, Row, Text, Tone, rows
from bot.discord_ui.ids import Id, Kind
from bot.discord_ui.lengths import brief, one_line, plain
from bot.essay.measures.base import counted

TITLE_UNITS = 120
NOTICE_UNITS = 420
QUOTE_UNITS = 1_000
_QUOTE_LINES = 30  # each costs two more characters of the message


def who_reads(*, with_model: bool) -> str:
    """Who can read what is stored encrypted, in a part of a sentence."""
    key = "whoever hosts the bot holds the key"
    return f"{key}, and what a model is asked about is sent to its service" if with_model else key


def heading(title: str, marks: str = "###") -> Text:
    """A panel's title, on one line. ``marks`` are as many as set it above what stands under it."""
    return Text(f"{marks} {plain(one_line(title, TITLE_UNITS // 2))}")


def notices(notice: str | None) -> tuple[Text, ...]:
    """A sentence about what was just done, above everything else; nothing where there is none."""
    return (Text(f"**{brief(notice, NOTICE_UNITS)}**"),) if notice else ()


def small(*facts: str | None) -> Text:
    """One line of small print."""
    return Text("-# " + " · ".join(fact for fact in facts if fact))


def quoted(text: str, most: int = QUOTE_UNITS) -> str:
    """The text as a block quotation that nothing in it can break out of; one of very many lines on a single one."""
    lines = brief(text.strip("\n"), most).splitlines()
    return "\n".join(f"> {line}" for line in (lines if len(lines) <= _QUOTE_LINES else [" ".join(lines)]))


def press(
    label: str,
    action: str,
    subject: str,
    version: int = 0,
    argument: object = "",
    *,
    tone: Tone = Tone.PLAIN,
    kind: Kind = "essay",
    disabled: bool = False,
) -> Button:
    """A button and what it does."""
    return Button(label, str(Id(kind, action, subject, version, str(argument))), tone, disabled)


def turning(
    action: str, subject: str, version: int, at: int, count: int, rest: str = "", *, kind: Kind = "essay"
) -> tuple[Row, ...]:
    """The two buttons that turn ``count`` pages, of which ``at`` is shown; nothing where there is one page.

    What they carry is the page to go to, and ``rest`` behind a dot.
    """
    if count < 2:
        return ()
    behind = f".{rest}" if rest else ""
    back, on = f"{max(0, at - 1)}{behind}", f"{min(at + 1, count - 1)}{behind}"
    return rows(
        press("◀", action, subject, version, back, kind=kind, disabled=at == 0),
        press("▶", action, subject, version, on, kind=kind, disabled=at == count - 1),
    )


__all__ = ["counted", "heading", "notices", "press", "quoted", "small", "turning", "who_reads"]
