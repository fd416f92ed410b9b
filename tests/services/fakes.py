"""Models that say what a test has scripted, when the test lets them; and a job store that writes down what happened."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from bot.errors import StoreError
from bot.essay.essay import Question
from bot.essay.structure import Structure
from bot.essay.support import NumberedSentence
from bot.services.jobs.job import Job, JobKind, JobOutcome, JobView
from bot.services.jobs.runner import JobRunner
from bot.services.jobs.store_ports import JobStore
from bot.services.llm_ports import (
    Cost,
    Material,
    Models,
    ModelText,
    NextQuestion,
    ProgressCallback,
    RawCheck,
    RawCoverage,
    RawCritique,
    RawFinding,
    RawStrength,
    RawTitle,
    RefusedQuestion,
    TextChunk,
    ThinkingChunk,
)
from bot.services.store_ports import Transaction
from bot.store.database import EncryptedDatabase
from bot.store.jobs import SqlJobs, current_process_name
from bot.store.sql_store import SqlStore

T = TypeVar("T")

MODEL = "a-model"
COST = Cost(None, 10, 20)
PATIENCE = 10.0  # seconds that a test waits for what must come before it fails


class Gate:
    """A place in a reply: the model waits there until the test lets it go on."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._open = asyncio.Event()

    async def reached(self) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._reached.wait()

    def release(self) -> None:
        self._open.set()

    async def hold(self) -> None:
        self._reached.set()
        await self._open.wait()


@dataclass(frozen=True, slots=True)
class Says:
    """A reply in prose: pieces of text, thinking, gates; then its end, which may be an error."""

    pieces: tuple[str | ThinkingChunk | Gate, ...]
    error: BaseException | None = None
    cut: bool = False

    @property
    def text(self) -> str:
        return "".join(piece for piece in self.pieces if isinstance(piece, str))


def says(*pieces: str | ThinkingChunk | Gate, error: BaseException | None = None, cut: bool = False) -> Says:
    return Says(pieces, error, cut)


def rewrites(text: str) -> Says:
    """The answer to a revision, in its form."""
    return says(f"<rewrite>\n{text}\n</rewrite>")


def opinion(
    *remarks: RawFinding,
    praise: Sequence[RawStrength] = (),
    sections: Sequence[RawCoverage] = (),
    fix_first: str = "Say when.",
    fixes: int | None = 0,
    misshapen: int = 0,
    hold: Sequence[int] = (),
) -> RawCritique:
    return RawCritique(fix_first, remarks, tuple(praise), tuple(sections), MODEL, COST, fixes, misshapen, tuple(hold))


@dataclass(frozen=True, slots=True)
class Asked:
    """What a port was asked: the name of its method and all it was given, but for ``on_progress``."""

    what: str
    given: Mapping[str, Any]

    def __contains__(self, words: str) -> bool:
        return words in repr(self.given)


@dataclass(eq=False)
class FakeModels:
    """The four ports over one queue of answers. An answer is Says, an RawCritique, a mapping, a question or an error;
    for the interviewer also a coroutine function, which gives one of these.

    ``worst`` is what any of their calls may cost at most, in nano-dollars.
    """

    answers: deque[Any] = field(default_factory=deque)
    asked: list[Asked] = field(default_factory=list)
    worst: int = 10_000_000

    def script(self, *answers: Any) -> None:
        self.answers.extend(answers)

    @property
    def ports(self) -> Models:
        return Models(interviewer=self, drafter=self, reviser=self, critic=self)

    @property
    def checking_ports(self) -> Models:
        """The ports with the checker, which is asked after each draft."""
        return replace(self.ports, checker=self)

    def _next(self, what: str, **given: Any) -> Any:
        self.asked.append(Asked(what, given))
        assert self.answers, f"nothing is scripted for {what}"
        answer = self.answers.popleft()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def place_notes(self, material: Material) -> Mapping[int, str]:
        found: Mapping[int, str] = await _come(self._next("place", **_given(material)))
        return found

    def max_place_notes_cost(self, material: Material) -> int:
        return self.worst

    async def next_question(
        self,
        material: Material,
        asked: Sequence[Question],
        *,
        further: bool = False,
        refused: RefusedQuestion | None = None,
    ) -> NextQuestion:
        """A question alone, or None, is for the section of the last note, and judges none."""
        given = {**_given(material), "asked": asked, "further": further, "refused": refused}
        found = await _come(self._next("next_question", **given))
        if isinstance(found, NextQuestion):
            return found
        sections = [note.section for note in material.notes if note.section is not None]
        return NextQuestion(sections[-1] if sections else material.structure.sections[0].key, found, {})

    def max_next_question_cost(self, material: Material, asked: Sequence[Question]) -> int:
        return self.worst

    async def titles(self, material: Material) -> Sequence[RawTitle]:
        found: Sequence[RawTitle] = await _come(self._next("titles", **_given(material)))
        return found

    def max_titles_cost(self, material: Material) -> int:
        return self.worst

    async def draft(self, material: Material, on_progress: ProgressCallback) -> ModelText:
        return await _said(self._next("draft", **_given(material)), on_progress)

    async def finish(self, material: Material, sections: Sequence[str], on_progress: ProgressCallback) -> ModelText:
        return await _said(self._next("finish", **_given(material), sections=sections), on_progress)

    async def revise(
        self, material: Material, index: int, instruction: str, on_progress: ProgressCallback
    ) -> ModelText:
        answer = self._next("revise", **_given(material), index=index, instruction=instruction)
        return await _said(answer, on_progress)

    async def check(
        self,
        material: Material,
        sentences: Sequence[NumberedSentence],
        asked: Collection[int],
        on_progress: ProgressCallback,
    ) -> RawCheck:
        on_progress(TextChunk("{"))
        answer = self._next("check", **_given(material), sentences=sentences, asked=tuple(asked))
        return cast(RawCheck, await _come(answer))

    def max_check_cost(self, material: Material, sentences: Sequence[NumberedSentence], asked: Collection[int]) -> int:
        return self.worst

    async def fill(
        self, material: Material, heading: str, passage: str, note: int, on_progress: ProgressCallback
    ) -> ModelText:
        answer = self._next("fill", **_given(material), heading=heading, passage=passage, note=note)
        return await _said(answer, on_progress)

    def max_fill_cost(self, material: Material, heading: str, passage: str, note: int) -> int:
        return self.worst

    async def critique(
        self,
        writer: str,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        on_progress: ProgressCallback,
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> RawCritique:
        given: dict[str, Any] = {"writer": writer, "text": text, "structure": structure}
        given |= {"measured": measured, "earlier": earlier}
        if essay is not None:
            given |= {"essay": essay.essay, "notes": essay.notes, "base": essay.base}
        answer = self._next("critique", **given)
        if isinstance(answer, Says):
            await _said(answer, on_progress)
            raise AssertionError("a critique in prose must end in an error or be stopped")  # noqa: TRY004 - a wrong script
        found: RawCritique = answer
        return found

    def max_draft_cost(self, material: Material) -> int:
        return self.worst

    def max_finish_cost(self, material: Material, sections: Sequence[str]) -> int:
        return self.worst

    def max_revise_cost(self, material: Material, index: int, instruction: str) -> int:
        return self.worst

    def max_critique_cost(
        self,
        text: str,
        structure: Structure | None,
        measured: Sequence[str],
        *,
        essay: Material | None = None,
        earlier: Sequence[str] = (),
    ) -> int:
        return self.worst


def _given(material: Material) -> dict[str, Any]:
    """The material by its fields' names."""
    return {each.name: getattr(material, each.name) for each in fields(material)}


async def _come(answer: Any) -> Any:
    return await answer() if callable(answer) else answer


async def _said(answer: Says, on_progress: ProgressCallback) -> ModelText:
    for piece in answer.pieces:
        if isinstance(piece, Gate):
            await piece.hold()
        else:
            on_progress(TextChunk(piece) if isinstance(piece, str) else piece)
    if answer.error is not None:
        raise answer.error
    return ModelText(answer.text, MODEL, answer.cut, COST)


GONE = "999999999-gone"
"""The name of a process that is not there: no system numbers so high."""


class StoredJobs:
    """The jobs of a database, each call a transaction of its own; new ones are of the ``process`` of that name."""

    def __init__(self, store: SqlStore, process: str | None = None) -> None:
        self.store = store
        self._process = process or current_process_name()

    async def read(self, step: Callable[[Transaction], T]) -> T:
        return await self.store.database.read(lambda database: step(self._transaction(database)))

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        return await self.store.database.write(owner, lambda database: step(self._transaction(database)))

    def _transaction(self, database: EncryptedDatabase) -> Transaction:
        return replace(self.store.join(database), jobs=SqlJobs(database, self._process))

    async def add_job(
        self, writer: str, subject: str, kind: JobKind, base: int | None, argument: str, at: datetime
    ) -> Job:
        return await self.write(writer, lambda tx: tx.jobs.add(writer, subject, kind, base, argument, at))

    async def mark_job_running(self, job: int, at: datetime) -> None:
        await self.write("jobs", lambda tx: tx.jobs.mark_running(job, at))

    async def append_text(self, pieces: Mapping[int, str]) -> None:
        await self.write("jobs", lambda tx: tx.jobs.append_text(pieces))

    async def delete_text(self, job: int) -> None:
        await self.write("jobs", lambda tx: tx.jobs.delete_text(job))

    async def end_job(self, job: int, outcome: JobOutcome, at: datetime) -> None:
        await self.write("jobs", lambda tx: tx.jobs.end(job, outcome, at))

    async def job(self, writer: str, job: int) -> Job:
        return await self.read(lambda tx: tx.jobs.get(writer, job))

    async def latest_job(self, writer: str, subject: str) -> Job | None:
        return await self.read(lambda tx: tx.jobs.latest(writer, subject))

    async def abandoned_jobs(self) -> Sequence[Job]:
        return await self.read(lambda tx: tx.jobs.abandoned())


class RecordingJobs(StoredJobs):
    """The store for a JobRunner. ``events`` holds what was stored of jobs, in order, and what a test adds that it saw.

    ``refused`` is set once text could not be stored.
    """

    def __init__(self, store: SqlStore, process: str | None = None) -> None:
        super().__init__(store, process)
        self.events: list[tuple[str, Any]] = []
        self.refused = asyncio.Event()

    async def write(self, owner: str, step: Callable[[Transaction], T]) -> T:
        writes: list[tuple[str, Any]] = []

        def recorded(tx: Transaction) -> T:
            return step(replace(tx, jobs=cast(JobStore, _RecordedJobs(tx.jobs, writes))))

        try:
            done = await super().write(owner, recorded)
        except StoreError:
            if any(what == "stored" for what, _ in writes):
                self.refused.set()
            raise
        self.events += writes
        return done


class _RecordedJobs:
    """Writes down, before it is stored, what is stored of jobs within one transaction."""

    def __init__(self, jobs: JobStore, writes: list[tuple[str, Any]]) -> None:
        self._jobs = jobs
        self._writes = writes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._jobs, name)

    def append_text(self, pieces: Mapping[int, str]) -> Collection[int]:
        self._writes.append(("stored", dict(pieces)))
        return self._jobs.append_text(pieces)

    def end(self, job: int, outcome: JobOutcome, at: datetime) -> None:
        self._writes.append(("ended", job))
        self._jobs.end(job, outcome, at)


async def seen_until(jobs: JobRunner, writer: str, job: int, words: str) -> JobView:
    """The first state of the job, as a watcher sees it, whose text holds the words."""
    async with asyncio.timeout(PATIENCE):
        async for view in jobs.watch(writer, job):
            if words in view.job.text:
                return view
    raise AssertionError(f"the job ended without {words!r}")
