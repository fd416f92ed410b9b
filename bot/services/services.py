"""All services of the program in one record."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import StructureNotOffered
from bot.essay.matching import find_structure
from bot.essay.structure import Structure
from bot.services.checking import CheckingService
from bot.services.critiques import CritiqueService
from bot.services.dm_messages import DmMessageService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.job import Job, JobKind, JobWork
from bot.services.jobs.runner import JobRunner
from bot.services.jobs.store_ports import MessageLocks, Notifications
from bot.services.ledger import RecordingLedger
from bot.services.llm_ports import Models
from bot.services.notes import NoteService
from bot.services.personal_data import PersonalDataService
from bot.services.reports import ReportService
from bot.services.request_context import current_rules
from bot.services.retention import RetentionService
from bot.services.server_rules import ServerRulesService
from bot.services.sharing import SharingService
from bot.services.store_ports import Clock, Store
from bot.services.voice import VoiceService


@dataclass(frozen=True, slots=True)
class Services:
    """All services that the bot, the terminal and the tests use, built once by ``bootstrap.build_services``.

    ``models`` is None if no model is configured or wanted. ``prepare_models`` begins to load what they need, which the
    first call would otherwise wait for, and returns at once. ``pseudonym_secret`` is used to make writers' ids from
    accounts. ``notifications`` and ``open_message_locks`` are None where one process does everything; each part of a
    process that edits messages needs locks of its own, and ``close`` closes them.
    """

    structures: Mapping[str, Structure]
    clock: Clock
    store: Store
    essays: EssayService
    notes: NoteService
    interview: InterviewService
    drafting: DraftingService
    checking: CheckingService
    critiques: CritiqueService
    reports: ReportService
    dm_messages: DmMessageService
    voice: VoiceService
    sharing: SharingService
    personal_data: PersonalDataService
    servers: ServerRulesService
    retention: RetentionService
    jobs: JobRunner
    ledger: RecordingLedger
    models: Models | None
    prepare_models: Callable[[], None]
    pseudonym_secret: bytes
    close: Callable[[], Coroutine[Any, Any, None]]
    notifications: Notifications | None = None
    open_message_locks: Callable[[], MessageLocks] | None = None

    @property
    def has_model(self) -> bool:
        """Whether a model is configured and wanted, and may be asked in the server that the request came from."""
        return self.models is not None and current_rules().allows_model

    @property
    def offered_structures(self) -> Mapping[str, Structure]:
        """The structures for new essays in the server that the request came from; all if it names none that exists."""
        allowed = current_rules().structures
        return {key: one for key, one in self.structures.items() if key in allowed} or self.structures

    def offered_structure(self, named: str) -> Structure:
        """Return the structure that a person names, as ``find_structure`` does.

        Raise UnknownStructure, and StructureNotOffered if the server's rules leave it out.
        """
        found = find_structure(self.structures, named)
        if found.key not in (offered := self.offered_structures):
            raise StructureNotOffered(found.name, [one.name for one in offered.values()])
        return found

    async def work_for(self, job: Job) -> JobWork:
        """Return the work of a job as it is stored: to run it, or to keep its text.

        Raise NoModel, and a BotError where what it is about is gone.
        """
        if job.kind is JobKind.CRITIQUE:
            return await self.critiques.work_for(job)
        if job.kind is JobKind.CHECK:
            return await self.checking.work_for(job)
        if job.kind.gives_way:
            return await self.interview.work_for(job)
        return await self.drafting.work_for(job)
