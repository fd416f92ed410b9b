"""Work that is under way: how far it is and, where it is a text that a person will read, the text as it comes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from bot.discord_ui.cards import Button, Card, CardPart, Menu, Rule, Text, rows
from bot.discord_ui.growing import Growing, Sheet
from bot.discord_ui.ids import Kind
from bot.discord_ui.panels import endings
from bot.discord_ui.panels.common import counted, heading, notices, press, small, turning
from bot.workflow.jobs import Job, JobKind, JobState, JobView, Phase

_WHAT = {
    JobKind.DRAFT: "Writing the draft…",
    JobKind.FINISH: "Writing what was missing…",
    JobKind.REVISION: "Rewriting the section…",
    JobKind.CRITIQUE: "Reading the text…",
}
_DONE = {
    JobKind.DRAFT: "The draft is done.",
    JobKind.FINISH: "What was missing is written.",
    JobKind.REVISION: "The section is rewritten.",
    JobKind.CRITIQUE: "The critique is done.",
}
_CUT = "The text is not finished yet"
_REFUSED = "It is stored. The panel above says why Discord does not let it be shown there, and what you can do."


def running(
    title: str,
    view: JobView,
    kind: Kind,
    subject: str,
    notice: str | None = None,
    *,
    version: int = 0,
    growing: Growing | None = None,
    page: int | None = None,
) -> Card:
    """What is being done, or the place in line, the page being written (or the one asked for), and Stop.

    ``growing`` keeps the pages of the text; without it, and for a critique, whose text nobody could read, none is
    shown. ``version`` is the current one's number.
    """
    job = view.job
    sheet = None
    if growing is not None and job.kind is not JobKind.CRITIQUE and job.text.strip():
        sheet = growing.sheet(job.text, page)
    parts: list[CardPart] = [*notices(notice), heading(title)]
    if sheet is not None:
        parts += [Text(sheet.text), Rule()]
    parts.append(Text(f"**{progress(view)}**"))
    parts.append(_facts(view, sheet))
    if sheet is not None:
        parts += turning("page", subject, version, sheet.page, sheet.pages)
    return Card((*parts, *rows(press("Stop", "stop", subject, 0, job.id, kind=kind))))


def _facts(view: JobView, sheet: Sheet | None) -> Text:
    job = view.job
    back = "/essays, Critiques, brings it back" if endings.about_pasted(job) else "/draft brings it back"
    if sheet is None:
        return small("Everything is stored.", f"You can close this; {back}.")
    at = f"page {sheet.page + 1} of {sheet.pages} so far" if sheet.pages > 1 else None
    return small(f"{counted(sheet.words, 'word')} so far, all stored", at, f"you can close this; {back}")


def progress(view: JobView) -> str:
    """How far a job is, in one line. It changes only when something happened that a person wants to know."""
    if view.place is not None:
        return f"Waiting: place {view.place} in line"
    if view.phase is Phase.THINKING:
        # Discord's own clock: each reader's client shows how long ago that was, and keeps it current by itself.
        return f"Thinking… begun <t:{int(view.since.timestamp())}:R>"
    return _WHAT[view.job.kind]


def farewell(card: Card, job: Job) -> Card:
    """The last state of a panel that Discord soon lets nobody change any more."""
    goes_on = "The reading goes on" if job.kind is JobKind.CRITIQUE else "The writing goes on"
    where = "/essays, Critiques," if endings.about_pasted(job) else "/draft,"
    said = f"Discord lets this message change no longer. {goes_on}: {where} or any button here, shows it."
    return Card((Text(f"**{said}**"), *card.parts))


def withheld(card: Card, told: str, ways: Sequence[Button] = ()) -> Card:
    """The panel without the words that Discord refuses: what it says of it, how far the work is, and the buttons.

    ``ways`` are buttons beside those of the panel.
    """
    after = next((at for at, part in enumerate(card.parts) if isinstance(part, Rule)), 0) + 1
    rest = [part for part in card.parts[after:] if not isinstance(part, Menu)]  # a menu may name the same words
    return Card((*notices(told), *rest, *rows(*ways)))


def unshown(told: str, ways: Sequence[Button]) -> Card:
    """What Discord says of a panel of which it takes not even the rest, and the ways to what came of the work."""
    return Card((*notices(told), *rows(*ways)))


class Above(Enum):
    """What stands on the panel above a message of its own, at the end of work."""

    ALL = "what came of it"
    REFUSAL = "why Discord does not let that be shown"
    OTHER = "something else, or what was true before"


def ended(
    view: JobView, *, above: Above, ways: Sequence[Button] = (), unfinished: bool = False, beside: int | None = None
) -> Card | None:
    """A message of its own at the end of work, because a change of the panel is not marked as unread.

    ``ways`` lead to what came of it where the panel above does not. None where the writer, or the bot's own end, ended
    the work. ``unfinished``: the text was cut short. ``beside`` is the version that came of it, where that is not the
    current one.
    """
    shown, way = above is Above.ALL, ways[:1]
    ways = ways if above is Above.OTHER else ()
    job = view.job
    if job.state is JobState.DONE:
        if beside is not None:
            done = f"{_CUT}." if unfinished else _DONE[job.kind]
            here = " The panel above leads to it." if shown else ""
            told = f"**{done}** It is {endings.waits_beside(beside)}.{here}"
            return Card((Text(told), *rows(*ways)))
        words = f"**{f'{_CUT}: Continue writes the rest.' if unfinished else _DONE[job.kind]}**"
        if above is Above.REFUSAL:
            return Card((Text(f"{words} {_REFUSED}"),))
        if job.kind is JobKind.CRITIQUE:
            here = "It stands in the panel above; later" if shown else "It can be read by"
            return Card((Text(f"{words} {here} {_critiques(job)}."), *rows(*(way if shown else ways))))
        where = "It stands in the panel above; /draft brings it here." if shown else "/draft shows it."
        return Card((Text(f"{words} {where}"), *rows(*ways)))
    if job.state is JobState.FAILED:
        return Card((Text(endings.broke_off(job, above=shown, beside=beside)), *rows(*ways)))
    return None


def _critiques(job: Job) -> str:
    """Where a critique that is done is found."""
    return "/essays, Critiques" if endings.about_pasted(job) else "/draft: More, Last critique"
