"""Work that does what a test tells it, and ways to begin it and to wait for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.services.jobs.job import Job, JobKind, JobView, StoreResult
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import ProgressCallback, TextChunk, ThinkingChunk
from tests.services.fakes import PATIENCE, Gate


@dataclass(eq=False)
class Piece:
    """Work that says its pieces, waits at its gates, and remembers what it was asked to keep."""

    pieces: tuple[str | ThinkingChunk | Gate | BaseException, ...] = ()
    result: int | None = None
    keeps: int | None = None
    kept: list[str] = field(default_factory=list)

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        for piece in self.pieces:
            if isinstance(piece, Gate):
                await piece.hold()
            elif isinstance(piece, BaseException):
                raise piece
            else:
                report(TextChunk(piece) if isinstance(piece, str) else piece)
        return None if self.result is None else lambda _: self.result

    async def keep_partial(self, text: str) -> StoreResult | None:
        self.kept.append(text)
        return None if self.keeps is None else lambda _: self.keeps


async def begin(
    jobs: JobRunner, *pieces: str | ThinkingChunk | Gate | BaseException, subject: str = "s", who: str = "me"
) -> tuple[Job, Piece]:
    work = Piece(pieces)
    return await jobs.start(who, subject, JobKind.DRAFT, work), work


async def in_time(jobs: JobRunner, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await jobs.wait(job.writer, job.id)


async def views(jobs: JobRunner, job: Job) -> list[JobView]:
    async with asyncio.timeout(PATIENCE):
        return [view async for view in jobs.watch(job.writer, job.id)]
