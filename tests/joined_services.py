"""The services as the program joins them, over a store of a test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from bot.bootstrap import build_services
from bot.essay.structure import Structure
from bot.services.jobs.running_job import FLUSH_SECONDS
from bot.services.llm_ports import Models
from bot.services.services import Services
from bot.services.store_ports import Store
from bot.settings import Settings
from bot.store.sql_store import SqlStore

KEY = "YSBrZXkgZm9yIHRlc3RzLCBhbmQgZm9yIG5vdGhpbmc="
"""DATABASE_KEY of the tests' databases on PostgreSQL."""


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
    queue_url: str | None = None,
) -> Services:
    """Join the services with one structure or none, and with no model unless ``models`` are given.

    With the address of the store's PostgreSQL jobs go through the queue there.
    """
    more: dict[str, Any] = {}
    if queue_url is not None:
        more = {"database_url": SecretStr(queue_url), "database_key": SecretStr(KEY)}
    return build_services(
        Settings.model_construct(jobs_at_once=jobs_at_once, jobs_per_writer=jobs_per_writer, **more),
        is_queued=queue_url is not None,
        with_model=False,
        models=models,
        store=store,
        job_store=job_store,
        structures={structure.key: structure} if structure else {},
        clock=clock,
        new_id=new_id,
        flush_seconds=flush_seconds,
    )
