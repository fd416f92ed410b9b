"""The only place where parts are chosen and joined."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.catalogue import Catalogue, prompts_directory, read_catalogue
from bot.settings import Settings
from bot.store.essays import SqliteStore
from bot.workflow.desk import Desk
from bot.workflow.interview import Interview

# Digits and letters that cannot be taken for one another when read aloud or typed from paper (no i, l, o, u, 0 or 1).
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 10  # 30**10 ids: guessing one is hopeless, and it leaves most of a button's 100 characters free


@dataclass(frozen=True, slots=True)
class Workshop:
    """The parts a door needs, joined."""

    catalogue: Catalogue
    desk: Desk
    interview: Interview


def now() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A new essay id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


def catalogue() -> Catalogue:
    """The structures that come with the program. Raises BadStructureFile for one that cannot be used."""
    return read_catalogue(prompts_directory() / "structures")


@contextmanager
def workshop(settings: Settings) -> Iterator[Workshop]:
    """The parts over the database of the settings, which is closed at the end. Raises StoreError, BadStructureFile."""
    structures = catalogue()
    keys = settings.database_key.get_secret_value() if settings.database_key else None
    store = SqliteStore(settings.database_path, keys, now)
    try:
        desk = Desk(store, structures, now, new_id)
        yield Workshop(structures, desk, Interview(desk, store, now))
    finally:
        store.close()
