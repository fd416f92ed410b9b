"""Whether what a writer asked for still fits the text: looked at once more just before it begins, when nothing else is
at work on the essay, so that of two clicks that ask for the same only one is done and paid for."""

from __future__ import annotations

from bot.errors import Outdated
from bot.workflow.desk import Desk
from bot.workflow.jobs import JobKind, JobState
from bot.workflow.runner import JobRunner


def check_seen(head: int | None, seen: int | None) -> None:
    """Raises Outdated where ``seen``, 0 for no version, is a number and not the current version's."""
    if seen is not None and (head or 0) != seen:
        raise Outdated


async def check_unchanged(desk: Desk, writer: str, essay: str, base: int | None) -> None:
    """Raises Outdated where another version is current than ``base``."""
    check_seen((await desk.open(writer, essay)).head, base or 0)


async def check_not_just_done(
    desk: Desk, jobs: JobRunner, writer: str, essay: str, base: int | None, argument: str
) -> None:
    """Raises Outdated where the last job was this same revision of ``base``, and another version is current since: one
    form may be handed in twice."""
    last = await jobs.latest(writer, essay)
    if last is None or (last.job.kind, last.job.state) != (JobKind.REVISION, JobState.DONE):
        return
    if (last.job.base, last.job.argument) == (base, argument):
        await check_unchanged(desk, writer, essay, base)
