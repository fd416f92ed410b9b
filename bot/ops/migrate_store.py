"""Copy the SQLite database of the settings into PostgreSQL, and say what was copied and what to set next.

It is a file of its own, so that other commands need not import both databases.
"""

from __future__ import annotations

from collections.abc import Iterator

from bot.bootstrap import import_postgres, utc_now
from bot.errors import InvalidInput
from bot.essay.text.words import count_noun
from bot.ops.single_instance import single_instance
from bot.settings import check_database_url, read_settings


def migrate_store(to: str | None) -> Iterator[str]:
    """Copy to the address ``to``, that of DATABASE_URL if it is None, and yield sentences on what is done.

    Raise InvalidInput, InvalidSetting, AlreadyRunning while a bot runs on the file, CopyFailed, StoreError.
    """
    settings = read_settings()
    if to is None and settings.database_url is not None:
        to = settings.database_url.get_secret_value()
    if to is None:
        raise InvalidInput("Say where the essays go: --to postgresql://user:password@host/database, or DATABASE_URL.")
    try:
        check_database_url(to)
    except ValueError as error:
        raise InvalidInput(f"The address after --to cannot be used: {error}. Nothing was copied.") from None
    postgres, path = import_postgres(), settings.database_path
    from bot.store.copying import CopiedTable, copy_store

    keys = settings.database_key.get_secret_value() if settings.database_key else None
    with single_instance(path):
        for step in copy_store(path, keys, to, utc_now):
            if isinstance(step, CopiedTable):
                before = f", {step.before:,} of them by an earlier run" if step.before else ""
                yield f"{step.name}: {count_noun(step.rows, 'row')} copied{before}."
                continue
            yield (
                f"{postgres.describe_url(to)} holds all of {path}: {count_noun(step.rows, 'row')} read back and "
                f"compared, {count_noun(step.opened, 'text')} opened."
            )
            if step.damaged:
                yield f"{count_noun(step.damaged, 'text')} could not be read before, being damaged, and cannot be now."
    where = "the value that it has" if keys else f"what stands in {path}.key"
    yield (
        f"Set DATABASE_URL to that address and DATABASE_KEY to {where}, see what essay-bot check says, and start the "
        f"bot. Keep {path} until you have seen your essays there, and then delete it: nothing is written to it now."
    )
