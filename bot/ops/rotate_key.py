"""Replace the key of the database named in the settings, and say where the new one is and what the old one still opens.

It is a file of its own, so that other commands need not import SQLite, the cipher and the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.bootstrap import import_postgres, utc_now
from bot.essay.text.words import count_noun
from bot.settings import read_settings
from bot.store.rotation import rotate, rotate_key


def warn_before_rotation() -> str:
    """Return what the operator should know before the key is replaced. Raise InvalidSetting."""
    settings = read_settings()
    if settings.database_url is not None:
        where = import_postgres().describe_url(settings.database_url.get_secret_value())
        return (
            f"All text in {where} will be sealed with the first key in DATABASE_KEY; the others will open nothing in "
            "it. Every process that uses it must have both by now. Backups made until now can be read only with the "
            "keys of today: if you keep them, keep a copy of what stands in DATABASE_KEY now."
        )
    key_file = f"{settings.database_path}.key"
    goes, where = ("", "DATABASE_KEY") if settings.database_key else (f" and goes from {key_file}", key_file)
    return (
        f"All text in {settings.database_path} will be sealed with a new key; the one before will open nothing in "
        f"it{goes}. Backups made until now can be read only with the key of today: if you keep them, keep a copy of "
        f"what stands in {where} now."
    )


def replace_database_key() -> Iterator[str]:
    """Replace the key and yield sentences on the result. Raise InvalidSetting, RotationFailed, StoreError."""
    settings = read_settings()
    setting = settings.database_key.get_secret_value() if settings.database_key else None
    database: Path | str = settings.database_path
    if settings.database_url is not None and setting is not None:
        url = settings.database_url.get_secret_value()
        postgres = import_postgres()
        database = postgres.describe_url(url)
        with postgres.open_database(url, setting, utc_now) as opened:
            done = rotate(opened, utc_now, from_setting=True)
    else:
        done = rotate_key(settings.database_path, setting, utc_now)
    where = "the first in DATABASE_KEY" if setting else f"in {settings.database_path}.key"
    yield (
        f"All text in {database} is sealed with the key whose fingerprint is {done.sealing}, which is "
        f"{where}: {count_noun(done.rows, 'row')} sealed anew. Keep a copy of that key apart from the backups."
    )
    if done.before:
        yield f"The key before ({', '.join(done.before)}) opens nothing in it now. Backups made before still need it."
    if done.unused_keys:
        yield (
            f"{count_noun(len(done.unused_keys), 'key')} in DATABASE_KEY or in {settings.database_path}.key "
            f"({', '.join(done.unused_keys)}) opens nothing: take it out, and restart the bot."
        )
    if done.emptied:
        yield (
            f"{count_noun(done.emptied, 'text')} could not be read before, being damaged, and cannot be read now: they "
            "were emptied, so that the old key does not open them."
        )
