"""How work came to a bad end: in sentences, by its kind and by what truly came of it, and as a panel of what came."""

from __future__ import annotations

from bot.discord_ui import pages
from bot.discord_ui.balance import balanced
from bot.discord_ui.cards import Button, Card, Row, Rule, Text, Tone, rows
from bot.discord_ui.panels.common import counted, heading, press, small, turning
from bot.discord_ui.state import State
from bot.essay.words import count_words
from bot.workflow.jobs import Job, JobKind, JobState

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


def broke_off(job: Job, *, above: bool) -> str:
    """What a message of its own says of a failed job; ``above``: the panel above says why."""
    why = "The panel above says why." if above else job.error or ""
    if job.kind is JobKind.CRITIQUE:
        where = "/essays, Critiques, opens it again" if about_pasted(job) else "/draft brings the essay here"
        return f"**{_BROKEN[job.kind]}** {why} The text is stored: {where}."
    if job.result is not None:
        kept = "Everything that came is stored: /draft shows it."
    elif came(job):
        kept = f"Everything that came is stored: /draft, {SHOW}."
    else:
        kept = "There is nothing of it to show: /draft brings the essay here."
    return f"**{_BROKEN[job.kind]}** {why} {kept}"


def ways(state: State) -> tuple[Row, ...]:
    """What can be done about the essay's last job, where it came to a bad end and nothing was changed since."""
    job = state.ended_badly
    if job is None:
        return ()
    return rows(_again(state, job), _show(state, job) if came(job) else None)


def _again(state: State, job: Job) -> Button | None:
    """None where another button of the panel does the same: Write draft, Continue, Start again, Critique."""
    complete = state.version is not None and state.version.info.complete
    if not state.with_model or not (job.kind is JobKind.REVISION or (job.kind is JobKind.DRAFT and complete)):
        return None
    return press("Try again", "again", state.essay.id, state.number, job.id, tone=Tone.MAIN)


def _show(state: State, job: Job) -> Button:
    return press(SHOW, "came", state.essay.id, state.number, f"0.{job.id}")


def what_came(state: State, job: Job, page: int) -> Card:
    """What a model had written when its work ended, as it came: no version of the essay, and not in its export."""
    essay, number = state.essay, state.number
    found = pages.pages(job.text)
    page = min(page, len(found) - 1)
    of = "the section" if job.kind is JobKind.REVISION else "the text"
    latest = state.ended_badly
    return Card(
        (
            heading(essay.title),
            Text(f"**What had come of {of}.** It stands in no version: take from it what you want."),
            Text(balanced(pages.shown(job.text, found[page]))),
            Rule(),
            small(
                counted(count_words(job.text), "word"),
                f"page {page + 1} of {len(found)}" if len(found) > 1 else None,
                "AI-written from your notes",
            ),
            *turning("came", essay.id, number, page, len(found), str(job.id)),
            *rows(
                _again(state, job) if latest is not None and latest.id == job.id else None,
                press("Back", "open", essay.id, number),
            ),
        )
    )
