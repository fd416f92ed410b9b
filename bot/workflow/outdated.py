"""Whether what a writer asked for still fits the text: looked at once more just before it begins, when nothing else is
at work on the essay, so that of two clicks that ask for the same only one is done and paid for."""

from __future__ import annotations

from bot.errors import Outdated
from bot.workflow.desk import Desk
from bot.workflow.jobs import JobState
from bot.workflow.runner import JobRunner
from bot.workflow.wanted import Wanted


def check_seen(head: int | None, seen: int | None) -> None:
    """Raises Outdated where ``seen``, 0 for no version, is a number and not the current version's."""
    if seen is not None and (head or 0) != seen:
        raise Outdated


async def check_unchanged(desk: Desk, writer: str, essay: str, base: int | None) -> None:
    """Raises Outdated where another version is current than ``base``."""
    check_seen((await desk.open(writer, essay)).head, base or 0)


async def check_not_just_done(
    desk: Desk, jobs: JobRunner, writer: str, essay: str, base: int | None, wanted: Wanted
) -> None:
    """Raises Outdated where the last job was this same revision of ``base``, and another version is current since.

    One that failed may be tried again at once, so that this cannot tell a second try from the first handed in twice:
    that is for ``begun_since``, where it is known when the writer was asked.
    """
    last = await jobs.latest(writer, essay)
    if last is not None and last.job.state is JobState.DONE and wanted.is_of(last.job, base):
        await check_unchanged(desk, writer, essay, base)


async def begun_since(jobs: JobRunner, writer: str, essay: str, base: int | None, wanted: Wanted, since: int) -> bool:
    """Whether the last job is this same revision of ``base``, and younger than the job with the number ``since``, 0 for
    none: the last one when the writer was asked what they want. So it was handed in twice, however it ended."""
    last = await jobs.latest(writer, essay)
    return last is not None and last.job.id > since and wanted.is_of(last.job, base)
