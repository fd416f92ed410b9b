"""The services as the program joins them, over a store of a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.bootstrap import build_services
from bot.essay.structure import Structure
from bot.services.jobs.running_job import FLUSH_SECONDS
from bot.services.llm_ports import Models
from bot.services.services import Services
from bot.services.store_ports import Store
from bot.settings import Settings
from bot.store.sql_store import SqlStore


def join_services(
    store: SqlStore,
    structure: Structure | None,
    clock: Callable[[], datetime],
    new_id: Callable[[], str] = lambda: "one",
    *,
    models: Models | None = None,
    job_store: Store | None = None,
    jobs_at_once: int = 4,
    jobs_per_writer: int = 2,
    flush_seconds: float = FLUSH_SECONDS,
) -> Services:
    """Join the services with one structure or none, and with no model unless ``models`` are given."""
    return build_services(
        Settings.model_construct(jobs_at_once=jobs_at_once, jobs_per_writer=jobs_per_writer),
        with_model=False,
        models=models,
        store=store,
        job_store=job_store,
        structures={structure.key: structure} if structure else {},
        clock=clock,
        new_id=new_id,
        flush_seconds=flush_seconds,
    )
