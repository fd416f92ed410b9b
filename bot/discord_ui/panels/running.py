"""Work that is under way."""

from __future__ import annotations

from bot.discord_ui.cards import Card, Text, rows
from bot.discord_ui.ids import Kind
from bot.discord_ui.panels.common import heading, notices, press, small
from bot.workflow.jobs import JobKind, JobView, Phase

_WHAT = {
    JobKind.DRAFT: "Writing the draft…",
    JobKind.FINISH: "Writing what was missing…",
    JobKind.REVISION: "Rewriting the section…",
    JobKind.CRITIQUE: "Reading the text…",
}
_COMMAND = {True: "/critique", False: "/draft"}


def running(title: str, view: JobView, kind: Kind, subject: str, notice: str | None = None) -> Card:
    """What is being done, or the place in line, and Stop."""
    job = view.job
    back = "it will be shown here" if job.kind is JobKind.CRITIQUE and kind == "critique" else "/draft brings it back"
    return Card(
        (
            *notices(notice),
            heading(title),
            Text(f"**{progress(view)}**"),
            small("Everything is stored.", f"You can close this; {back}."),
            *rows(press("Stop", "stop", subject, 0, job.id, kind=kind)),
        )
    )


def progress(view: JobView) -> str:
    """How far a job is, in one line. It changes only when something happened that a person wants to know."""
    if view.place is not None:
        return f"Waiting: place {view.place} in line"
    if view.phase is Phase.THINKING:
        return "Thinking…"
    return _WHAT[view.job.kind]
