"""How work came to a bad end: in sentences, by its kind and by what truly came of it, and as a panel of what came."""

from __future__ import annotations

from bot.discord_ui import pages
from bot.discord_ui.balance import balanced
from bot.discord_ui.cards import Button, Card, Option, Row, Rule, Text, Tone, rows
from bot.discord_ui.lengths import plain
from bot.discord_ui.panels.common import counted, heading, press, small, turning
from bot.discord_ui.state import State
from bot.essay.text.words import count_words
from bot.workflow.jobs import Job, JobKind, JobState
from bot.workflow.wanted import Wanted

SHOW = "Show what came"
_BROKEN = {
    JobKind.DRAFT: "The draft broke off.",
    JobKind.FINISH: "The writing broke off.",
    JobKind.REVISION: "The revision broke off.",
    JobKind.CRITIQUE: "The critique broke off.",
}
_HOW = {
    JobState.STOPPED: ("Stopped.", "Stopped before"),
    JobState.INTERRUPTED: ("The bot was restarted in the middle of it.", "The bot was restarted before"),
}


def came(job: Job) -> bool:
    """Whether a text came of it that a person can read and that stands in no version."""
    return job.kind is not JobKind.CRITIQUE and job.result is None and count_words(job.text) > 0


def about_pasted(job: Job) -> bool:
    """Whether it is the critique of a text that is no essay's: such a job has the critique itself for a subject."""
    return job.kind is JobKind.CRITIQUE and job.subject == job.argument


def told(job: Job) -> str | None:
    """What a person is told of a job that came to a bad end; None for one that did not."""
    if job.state is JobState.FAILED:
        return " ".join(filter(None, (job.error, f"“{SHOW}” has what was written." if came(job) else None)))
    if job.state not in _HOW:
        return None
    middle, before = _HOW[job.state]
    if job.kind is JobKind.CRITIQUE:
        return f"{before} there was a critique."
    if job.result is not None:
        return f"{middle} What had come is kept."
    if not came(job):
        return f"{before} anything had come."
    stands = "The section is as it was" if job.kind is JobKind.REVISION else "What had come is in no version"
    return f"{middle} {stands}; “{SHOW}” has what was written."


def stands_beside(job: Job, version: int) -> str:
    """What a person is told of a job that came to whatever end, and made a version beside the current one."""
    return " ".join(
        filter(None, (told(job), f"The text had changed meanwhile: what was written is version {version}, beside it."))
    )


def broke_off(job: Job, *, above: bool, beside: int | None = None) -> str:
    """What a message of its own says of a failed job; ``above``: the panel above says why.

    ``beside`` is the version that it made, where that is not the current one.
    """
    why = "The panel above says why." if above else job.error or ""
    if job.kind is JobKind.CRITIQUE:
        where = "/essays, Critiques, opens it again" if about_pasted(job) else "/draft brings the essay here"
        return f"**{_BROKEN[job.kind]}** {why} The text is stored: {where}."
    if beside is not None:
        kept = f"Everything that came is stored, as {waits_beside(beside)}."
    elif job.result is not None:
        kept = "Everything that came is stored: /draft shows it."
    elif came(job):
        kept = f"Everything that came is stored: /draft, {SHOW}; once you have gone on, that is under More."
    elif job.kind is JobKind.REVISION:
        kept = f"Nothing had come; what you asked for is stored: /draft, More, {SHOW}."
    else:
        kept = "There is nothing of it to show: /draft brings the essay here."
    return f"**{_BROKEN[job.kind]}** {why} {kept}"


def waits_beside(version: int) -> str:
    """A version that is not the current one, and where it is found, as a part of a sentence."""
    return f"version {version}, beside the text that you changed meanwhile: /draft, More, History"


def ways(state: State) -> tuple[Row, ...]:
    """What can be done about the essay's last job, where it came to a bad end and nothing was changed since.

    While there is no text, and so no menu, also the way to what came of work before that.
    """
    job = state.ended_badly
    return rows(
        _again(state, job) if job is not None else None,
        press(SHOW, "came", state.essay.id, state.number, f"0.{state.leftovers[0]}") if _at_hand(state) else None,
    )


def _at_hand(state: State) -> bool:
    """Whether the panel has a button for what came of work."""
    job = state.ended_badly
    return bool(state.leftovers) and (state.version is None or (job is not None and came(job)))


def kept(state: State) -> Option | None:
    """The entry of a menu for what came of work that broke off at any time, where no button leads there."""
    if not state.leftovers or _at_hand(state):
        return None
    return Option(SHOW, "came", "of work that broke off, and what you had asked for")


def _again(state: State, job: Job) -> Button | None:
    """None where another button of the panel does the same: Write draft, Continue, Start again, Critique."""
    complete = state.version is not None and state.version.info.complete
    if not state.with_model or not (job.kind is JobKind.REVISION or (job.kind is JobKind.DRAFT and complete)):
        return None
    return press("Try again", "again", state.essay.id, state.number, job.id, tone=Tone.MAIN)


def what_came(state: State, job: Job, page: int) -> Card:
    """What a model had written when its work ended, as it came, and what a revision was asked for behind that.

    Neither is a version of the essay, nor in its export.
    """
    essay, number = state.essay, state.number
    sheets = _sheets(job)
    page = min(page, len(sheets) - 1)
    said, words = sheets[page]
    return Card(
        (
            heading(essay.title),
            Text(f"**{said}**"),
            Text(words),
            Rule(),
            small(
                f"{job.kind.spoken} of {job.created:%d %b %H:%M} UTC",
                counted(count_words(job.text), "word") if came(job) else None,
                f"page {page + 1} of {len(sheets)}" if len(sheets) > 1 else None,
                "AI-written from your notes" if came(job) else None,
            ),
            *turning("came", essay.id, number, page, len(sheets), str(job.id)),
            *rows(_once_more(state, job), *_neighbours(state, job), press("Back", "open", essay.id, number)),
        )
    )


def _sheets(job: Job) -> list[tuple[str, str]]:
    """The pages of what came, then those of what was asked for, each with what is said of it; one at least."""
    of = "the section" if job.kind is JobKind.REVISION else "the text"
    text = f"What had come of {of}. It stands in no version: take from it what you want."
    found = [(text, balanced(pages.shown(job.text, page))) for page in pages.pages(job.text)]
    if job.kind is JobKind.REVISION:
        asked = Wanted.of(job).instruction
        told = "What you had asked for." if found else "Nothing had come of it. This is what you had asked for."
        shown = plain(asked)
        found += [(told, pages.shown(shown, page)) for page in pages.pages(shown)]
    return found or [("Nothing had come of it.", "The text is empty.")]


def _once_more(state: State, job: Job) -> Button | None:
    """Begins the job again as it was told; a revision of a text that has changed since, by its form."""
    latest = state.ended_badly
    if latest is not None and latest.id == job.id:
        return _again(state, job)
    if not state.with_model or state.version is None or job.kind is not JobKind.REVISION:
        return None
    return press("Ask for it again", "revise", state.essay.id, state.number, f"0.{job.id}")


def _neighbours(state: State, job: Job) -> tuple[Button | None, ...]:
    """The ways to what came of the work before this and after it."""
    at = state.leftovers.index(job.id)
    earlier, later = state.leftovers[at + 1 :][:1], state.leftovers[:at][-1:]
    essay, number = state.essay.id, state.number
    return (
        press("Earlier work", "came", essay, number, f"0.{earlier[0]}") if earlier else None,
        press("Later work", "came", essay, number, f"0.{later[0]}") if later else None,
    )
