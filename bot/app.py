"""The only place where parts are chosen and joined."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bot.catalogue import Catalogue, prompts_directory, read_catalogue
from bot.essay.structure import private_questions
from bot.network import check_tls, proxy_for
from bot.settings import Settings
from bot.store.conversations import SqliteConversations
from bot.store.critiques import SqliteCritiques
from bot.store.essays import SqliteStore
from bot.store.jobs import SqliteJobs
from bot.store.ledger import Budgets, SqliteLedger
from bot.store.memory import SqliteMemory
from bot.store.quota import Quota
from bot.terminal import WRITER
from bot.workflow.conversation import Conversation
from bot.workflow.criticism import Criticism
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview
from bot.workflow.jobs import Job, JobKind
from bot.workflow.models import Models, Role
from bot.workflow.runner import JobRunner, Work
from bot.workflow.spending import CountingLedger, Ledger
from bot.workflow.writing import Writing

if TYPE_CHECKING:
    from bot.llm.build import Claude
    from bot.llm.prices import Price

# Digits and letters that cannot be taken for one another when read aloud or typed from paper (no i, l, o, u, 0 or 1).
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10  # 30**10 ids: guessing one is hopeless, and it leaves most of a button's 100 characters free


@dataclass(frozen=True, slots=True)
class Workshop:
    """The parts a door needs, joined.

    ``models`` and ``claude`` are None where no model is configured or wanted; ``secret`` makes pseudonyms of accounts.
    """

    catalogue: Catalogue
    desk: Desk
    interview: Interview
    writing: Writing
    criticism: Criticism
    conversation: Conversation
    jobs: JobRunner
    ledger: CountingLedger
    models: Models | None
    claude: Claude | None
    memory: SqliteMemory
    secret: bytes
    close: Callable[[], Coroutine[Any, Any, None]]

    async def work_of(self, job: Job) -> Work:
        """The work of a job that an earlier process left, so that its text can be kept."""
        if job.kind is JobKind.CRITIQUE:
            return await self.criticism.work_of(job)
        return await self.writing.work_of(job)


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new essay id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def catalogue() -> Catalogue:
    """The structures that come with the program. Raises BadStructureFile for one that cannot be used."""
    return read_catalogue(prompts_directory() / "structures")


async def open_workshop(settings: Settings, *, with_model: bool = True) -> Workshop:
    """The parts over the database of the settings; end them with ``close``.

    Raises StoreError, BadStructureFile, BadPromptFile, BadVariable where one of them cannot be used.
    """
    structures = catalogue()
    keys = settings.database_key.get_secret_value() if settings.database_key else None
    limits = settings.limits
    store = SqliteStore(settings.database_path, keys, now, Quota(limits, free={WRITER}))
    try:
        budgets = Budgets(settings.budget_writer_day, settings.budget_month, settings.writer_month)
        ledger = CountingLedger(SqliteLedger(store.thread, budgets))
        claude = _claude(settings, ledger, store.thread.secret) if with_model and settings.has_model else None
        models = claude.models if claude else None
        jobs = JobRunner(
            SqliteJobs(store.thread), now, at_once=settings.jobs_at_once, per_writer=settings.jobs_per_writer
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

    desk = Desk(store, structures, now, new_id, limits)
    return Workshop(
        structures,
        desk,
        Interview(desk, store, now, models.interviewer if models else None),
        Writing(desk, store, jobs, models, now),
        Criticism(desk, store, SqliteCritiques(store.thread), jobs, models, now, new_id),
        Conversation(desk, SqliteConversations(store.thread, private_questions(structures)), now, new_id),
        jobs,
        ledger,
        models,
        claude,
        SqliteMemory(store.thread),
        store.thread.secret,
        close,
    )


def _claude(settings: Settings, ledger: Ledger, secret: bytes) -> Claude:
    check_tls()
    proxy = proxy_for(settings.anthropic_base_url)
    from bot.llm.build import make_models  # the SDK takes a second to import, which no command without a model pays
    from bot.llm.caller import Dialect

    key = settings.anthropic_api_key
    return make_models(
        api_key=key.get_secret_value() if key else "none",
        base_url=settings.anthropic_base_url,
        dialect=Dialect(settings.dialect),
        models=models_by_role(settings),
        prices=_own_prices(settings),
        prompts=prompts_directory(),
        ledger=ledger,
        clock=now,
        secret=secret,
        proxy=proxy.url if proxy else None,
    )


def unpriced_models(settings: Settings) -> tuple[str, ...]:
    """The models that are set and have no known price, so that none of them is called."""
    from bot.llm.prices import price_of

    own = _own_prices(settings)
    return tuple(name for name in dict.fromkeys(models_by_role(settings).values()) if price_of(name, own) is None)


def _own_prices(settings: Settings) -> dict[str, Price]:
    from bot.llm.prices import own_price

    return {model: own_price(*prices) for model, prices in settings.model_prices.items()}


def models_by_role(settings: Settings) -> dict[Role, str]:
    """The model id for each role."""
    return {
        Role.WRITER: settings.model_writer,
        Role.CRITIC: settings.model_critic,
        Role.INTERVIEWER: settings.model_interviewer,
    }
