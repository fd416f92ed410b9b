"""The only place where parts are chosen and joined."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.network import check_tls, find_proxy
from bot.services.critiques import CritiqueService
from bot.services.dm_messages import DmMessageService
from bot.services.drafting import DraftingService
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.services.jobs.job import Job, JobKind, JobWork
from bot.services.jobs.runner import JobRunner
from bot.services.ledger import Budgets, Ledger, RecordingLedger
from bot.services.llm_ports import ModelRole, Models
from bot.services.store_ports import Store
from bot.settings import Settings
from bot.store.key_value import SqliteKeyValueStore
from bot.store.quota import Quota
from bot.store.sqlite import SqliteStore
from bot.structure_files import Catalogue, prompts_directory, read_catalogue
from bot.terminal import LOCAL_WRITER

if TYPE_CHECKING:
    from bot.llm.factory import ClaudeModels
    from bot.llm.prices import Price

# Digits and letters that cannot be taken for one another when read aloud or typed from paper (no i, l, o, u, 0 or 1).
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10  # 30**10 ids: guessing one is hopeless, and it leaves most of a button's 100 characters free


@dataclass(frozen=True, slots=True)
class Services:
    """The parts a door needs, joined.

    ``models`` and ``claude`` are None where no model is configured or wanted; ``secret`` makes pseudonyms of accounts.
    """

    structures: Catalogue
    essays: EssayService
    interview: InterviewService
    drafting: DraftingService
    critiques: CritiqueService
    dm_messages: DmMessageService
    jobs: JobRunner
    ledger: RecordingLedger
    models: Models | None
    claude: ClaudeModels | None
    key_values: SqliteKeyValueStore
    store: Store
    pseudonym_secret: bytes
    close: Callable[[], Coroutine[Any, Any, None]]

    @property
    def has_model(self) -> bool:
        """Whether a model is configured and wanted."""
        return self.models is not None

    async def work_for(self, job: Job) -> JobWork:
        """The work of a job that an earlier process left, so that its text can be kept."""
        if job.kind is JobKind.CRITIQUE:
            return await self.critiques.work_for(job)
        return await self.drafting.work_for(job)


def utc_now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_essay_id() -> str:
    """A new essay id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def load_structures() -> Catalogue:
    """The structures that come with the program. Raises BadStructureFile for one that cannot be used."""
    return read_catalogue(prompts_directory() / "structures")


async def build_services(settings: Settings, *, with_model: bool = True) -> Services:
    """The parts over the database of the settings; end them with ``close``.

    Raises StoreError, BadStructureFile, BadPromptFile, BadVariable where one of them cannot be used.
    """
    structures = load_structures()
    keys = settings.database_key.get_secret_value() if settings.database_key else None
    limits = settings.limits
    store = SqliteStore(settings.database_path, keys, utc_now, Quota(limits, exempt_writers={LOCAL_WRITER}))
    try:
        budgets = Budgets(settings.budget_writer_day, settings.budget_month, settings.writer_month_budget)
        ledger = RecordingLedger(store, budgets)
        claude = (
            _build_claude(settings, ledger, store.thread.pseudonym_secret)
            if with_model and settings.has_model
            else None
        )
        models = claude.ports if claude else None
        jobs = JobRunner(
            store,
            utc_now,
            max_running=settings.jobs_at_once,
            max_per_writer=settings.jobs_per_writer,
        )
    except BaseException:
        store.close()
        raise

    async def close() -> None:
        try:
            await jobs.close()
            if claude is not None:
                await claude.close()
        finally:
            store.close()

    desk = EssayService(store, structures, utc_now, new_essay_id, limits)
    return Services(
        structures,
        desk,
        InterviewService(desk, store, jobs, utc_now, models.interviewer if models else None),
        DraftingService(desk, store, jobs, models, utc_now),
        CritiqueService(desk, store, jobs, models, utc_now, new_essay_id),
        DmMessageService(desk, store, utc_now, new_essay_id),
        jobs,
        ledger,
        models,
        claude,
        SqliteKeyValueStore(store.thread),
        store,
        store.thread.pseudonym_secret,
        close,
    )


def _build_claude(settings: Settings, ledger: Ledger, secret: bytes) -> ClaudeModels:
    check_tls()
    proxy = find_proxy(settings.anthropic_base_url)
    from bot.llm.client import Dialect, ServiceConfig
    from bot.llm.factory import build_models  # the SDK takes a second to import, which no command without a model pays

    key = settings.anthropic_api_key
    service = ServiceConfig(
        base_url=settings.anthropic_base_url,
        api_key=key.get_secret_value() if key else "none",  # a server that takes no key is given any
        dialect=Dialect(settings.dialect),
        models=models_by_role(settings),
        pseudonym_secret=secret,
        prices=_custom_prices(settings),
        proxy=proxy.url if proxy else None,
    )
    return build_models(service, prompts_directory(), ledger, utc_now)


def unpriced_models(settings: Settings) -> tuple[str, ...]:
    """The models that are set and have no known price, so that none of them is called."""
    from bot.llm.prices import price_of

    own = _custom_prices(settings)
    return tuple(name for name in dict.fromkeys(models_by_role(settings).values()) if price_of(name, own) is None)


def _custom_prices(settings: Settings) -> dict[str, Price]:
    from bot.llm.prices import custom_price

    return {model: custom_price(*prices) for model, prices in settings.model_prices.items()}


def models_by_role(settings: Settings) -> dict[ModelRole, str]:
    """The model id for each role."""
    return {
        ModelRole.WRITER: settings.model_writer,
        ModelRole.CRITIC: settings.model_critic,
        ModelRole.INTERVIEWER: settings.model_interviewer,
    }
