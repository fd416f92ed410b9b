"""Choose and join settings, store, models and services: the only place that does."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING

from bot.errors import InvalidSetting, PostgresDriverMissing
from bot.essay.structure import Structure
from bot.network import check_tls, find_proxy
from bot.services.checking import CheckingService
from bot.services.critiques import CritiqueService
from bot.services.dm_messages import DmMessageService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.local_runner import LocalJobRunner
from bot.services.jobs.queued_runner import QueuedJobRunner
from bot.services.jobs.runner import JobRunner
from bot.services.jobs.running_job import FLUSH_SECONDS
from bot.services.ledger import Budgets, Ledger, RecordingLedger
from bot.services.llm_ports import ModelRole, Models
from bot.services.notes import NoteService
from bot.services.personal_data import PersonalDataService
from bot.services.reports import ReportService
from bot.services.retention import RetentionService
from bot.services.server_rules import ServerRulesService
from bot.services.services import Services
from bot.services.sharing import SharingService
from bot.services.store_ports import Clock, IdFactory, Store
from bot.services.voice import VoiceService
from bot.settings import Settings
from bot.store.quota import Quota
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from bot.structure_files import StructureCatalogue, prompts_directory, read_structures
from bot.terminal import LOCAL_WRITER

if TYPE_CHECKING:
    from bot.llm.factory import ClaudeModels
    from bot.llm.prices import Price
    from bot.store.job_queue import JobQueue
    from bot.store.message_locks import PostgresMessageLocks

# Digits and letters that are not confused when read aloud or typed from paper (no i, l, o, u, 0 or 1).
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10  # 30**10 ids: guessing one is hopeless, and it leaves most of a button's 100 characters free


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(UTC)


def new_essay_id() -> str:
    """Return a new essay id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def load_structures() -> StructureCatalogue:
    """Read the structures that come with the program. Raise InvalidStructureFile for one that cannot be used."""
    return read_structures(prompts_directory() / "structures")


def build_services(
    settings: Settings,
    *,
    with_model: bool = True,
    models: Models | None = None,
    store: SqlStore | None = None,
    job_store: Store | None = None,
    structures: Mapping[str, Structure] | None = None,
    clock: Clock = utc_now,
    new_id: IdFactory = new_essay_id,
    flush_seconds: float = FLUSH_SECONDS,
    is_queued: bool = False,
) -> Services:
    """Build all services over the database of the settings; end them with ``close``.

    With ``is_queued`` and PostgreSQL jobs go into the queue that several processes share; else they run here. The other
    arguments are overrides for tests: ``models`` are used in place of those of the settings, ``job_store`` by the job
    runner alone. Raise StoreError, InvalidStructureFile, InvalidPromptFile, InvalidEnvironmentVariable if one
    of them cannot be used.
    """
    found = structures if structures is not None else load_structures()
    opened = store if store is not None else open_store(settings, clock)
    try:
        budgets = Budgets(settings.budget_writer_day, settings.budget_month, settings.writer_month_budget)
        ledger = RecordingLedger(opened, budgets)
        claude = None
        if models is None and with_model and settings.has_model:
            claude = build_claude(settings, ledger, opened.pseudonym_secret)
            models = claude.ports
        queue = _open_queue(settings) if is_queued and settings.database_url is not None else None
        jobs = _build_runner(settings, job_store or opened, clock, flush_seconds, queue)
    except BaseException:
        opened.close()
        raise

    locks: list[PostgresMessageLocks] = []

    def open_locks() -> PostgresMessageLocks:
        locks.append(open_message_locks(settings, opened.pseudonym_secret))
        return locks[-1]

    async def close() -> None:
        try:
            await checking.close()
            await jobs.close()
            for one in locks:
                await one.close()
            if claude is not None:
                await claude.close()
        finally:
            opened.close()

    essays = EssayService(opened, found, clock, new_id, settings.limits)
    checking = CheckingService(essays, opened, jobs, models, clock)
    jobs.on_end, essays.on_version = checking.follow_job, checking.follow_version
    notes = NoteService(essays, opened, clock)
    drafting = DraftingService(essays, opened, jobs, models, clock)
    critiques = CritiqueService(essays, opened, jobs, models, clock, new_id)
    sharing = SharingService(opened, clock)
    return Services(
        structures=found,
        clock=clock,
        store=opened,
        essays=essays,
        notes=notes,
        interview=InterviewService(essays, notes, opened, jobs, clock, models.interviewer if models else None),
        drafting=drafting,
        checking=checking,
        critiques=critiques,
        reports=ReportService(essays, checking, critiques, drafting),
        dm_messages=DmMessageService(essays, opened, clock, new_id),
        voice=VoiceService(essays, opened, clock),
        sharing=sharing,
        personal_data=PersonalDataService(opened, jobs, found, clock, sharing),
        servers=ServerRulesService(opened, clock, is_only_process=isinstance(opened, SqliteStore)),
        retention=RetentionService(opened, clock, settings.retention_days, LOCAL_WRITER, sharing),
        jobs=jobs,
        ledger=ledger,
        models=models,
        prepare_models=claude.load if claude is not None else _prepare_nothing,
        pseudonym_secret=opened.pseudonym_secret,
        close=close,
        notifications=queue.notifications if queue is not None else None,
        open_message_locks=open_locks if queue is not None else None,
    )


def _open_queue(settings: Settings) -> JobQueue:
    """Open this process's part in the queue of jobs. Raise StoreError."""
    from bot.store.job_queue import open_queue

    assert settings.database_url is not None
    assert settings.database_key is not None  # the store is open
    return open_queue(settings.database_url.get_secret_value(), settings.database_key.get_secret_value())


def _build_runner(
    settings: Settings, store: Store, clock: Clock, flush_seconds: float, queue: JobQueue | None
) -> JobRunner:
    if queue is None:
        return LocalJobRunner(
            store,
            clock,
            max_running=settings.jobs_at_once,
            max_per_writer=settings.jobs_per_writer,
            flush_seconds=flush_seconds,
        )
    return QueuedJobRunner(
        store,
        clock,
        queue,
        max_running=settings.jobs_at_once,
        max_per_writer=settings.jobs_per_writer,
        exempt_writer=LOCAL_WRITER,
        flush_seconds=flush_seconds,
    )


def _prepare_nothing() -> None:
    """Do nothing: where there is no client of a model, there is nothing to load."""


def open_store(settings: Settings, clock: Clock) -> SqlStore:
    """Open the database of the settings. Raise StoreError, InvalidSetting."""
    keys = settings.database_key.get_secret_value() if settings.database_key else None
    quota = Quota(settings.limits, exempt_writers={LOCAL_WRITER})
    if settings.database_url is None:
        return SqliteStore(settings.database_path, keys, clock, quota)
    if keys is None:
        raise InvalidSetting("DATABASE_KEY", "it must be set with DATABASE_URL")
    url = settings.database_url.get_secret_value()
    opened: SqlStore = import_postgres().PostgresStore(
        url, keys, clock, quota, connections=settings.database_connections
    )
    return opened


def open_message_locks(settings: Settings, secret: bytes) -> PostgresMessageLocks:
    """Return locks of Discord's messages among the processes of the PostgreSQL of the settings; ``close`` them.

    A gateway and a worker in one process need locks of their own. ``secret`` is the store's.
    """
    from bot.store.message_locks import PostgresMessageLocks

    assert settings.database_url is not None
    return PostgresMessageLocks(settings.database_url.get_secret_value(), secret)


def import_postgres() -> ModuleType:
    """Import what uses PostgreSQL, which comes with an extra. Raise PostgresDriverMissing."""
    try:
        from bot.store import postgres
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("psycopg", "psycopg_pool"):
            raise
        raise PostgresDriverMissing from None
    return postgres


def build_claude(
    settings: Settings, ledger: Ledger, secret: bytes, *, writer_player: str | None = None
) -> ClaudeModels:
    """Build the models of the settings; ``writer_player`` is a model's id, that of the interviewer if it is None.

    Raise InvalidPromptFile, InvalidEnvironmentVariable.
    """
    check_tls()
    proxy = find_proxy(settings.anthropic_base_url)
    from bot.llm.client import Dialect, ServiceConfig
    from bot.llm.factory import build_models  # imported here, which saves time where no model is wanted

    key = settings.anthropic_api_key
    service = ServiceConfig(
        base_url=settings.anthropic_base_url,
        api_key=key.get_secret_value() if key else "none",  # the SDK needs one; a server without keys ignores it
        dialect=Dialect(settings.dialect),
        models={
            **models_by_role(settings),
            ModelRole.WRITER_PLAYER: writer_player or settings.model_interviewer,
        },
        pseudonym_secret=secret,
        prices=_custom_prices(settings),
        proxy=proxy.url if proxy else None,
    )
    return build_models(service, prompts_directory(), ledger, utc_now)


def unpriced_models(settings: Settings) -> tuple[str, ...]:
    """Return the configured models whose price is not known, so that they are not called."""
    from bot.llm.prices import price_of

    own = _custom_prices(settings)
    return tuple(name for name in dict.fromkeys(models_by_role(settings).values()) if price_of(name, own) is None)


def _custom_prices(settings: Settings) -> dict[str, Price]:
    from bot.llm.prices import custom_price

    return {model: custom_price(*prices) for model, prices in settings.model_prices.items()}


def models_by_role(settings: Settings) -> dict[ModelRole, str]:
    """Return the model id for each role that the settings name."""
    return {
        ModelRole.WRITER: settings.model_writer,
        ModelRole.CRITIC: settings.model_critic,
        ModelRole.INTERVIEWER: settings.model_interviewer,
        ModelRole.CHECKER: settings.model_checker,
    }
