"""Back up the database named in the settings, and report what the copy contains and where its key is.

It is a file of its own, so that other commands need not import SQLite, the cipher and the settings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.errors import BackupFailed, InvalidEncryptionKey
from bot.essay.text.words import count_noun
from bot.settings import read_settings
from bot.store.backup import create_backup
from bot.store.encryption import key_fingerprint, parse_keys, read_key_file


def back_up_database(target: Path, *, replace: bool) -> Iterator[str]:
    """Back up to ``target``, check the copy, and yield sentences on the result.

    Raise InvalidSetting and BackupFailed.
    """
    settings = read_settings()
    if settings.database_url is not None:
        raise BackupFailed.on_server()
    backup = create_backup(settings.database_path, target, replace=replace)
    yield (
        f"{backup.path} is a good backup of {settings.database_path}: {count_noun(backup.essays, 'essay')} in "
        f"{count_noun(backup.versions, 'version')}, {backup.size_bytes:,} bytes."
    )
    key_file = settings.database_path.with_name(f"{settings.database_path.name}.key")
    setting = settings.database_key.get_secret_value() if settings.database_key else None
    places: dict[str, str] = {}  # fingerprint: where its key is
    try:
        places |= {key_fingerprint(key): str(key_file) for key in read_key_file(key_file) or ()}
        places |= {
            key_fingerprint(key): "DATABASE_KEY" for key in (parse_keys(setting, "DATABASE_KEY") if setting else ())
        }
    except InvalidEncryptionKey as error:  # the backup is good all the same
        yield str(error)
    except OSError as error:
        yield f"{key_file} cannot be read ({(error.strerror or str(error)).lower()}), so it was not looked into."
    for needed in backup.key_fingerprints:
        yield _key_message(needed, places.get(needed), key_file)


def _key_message(needed: str, place: str | None, key_file: Path) -> str:
    if place is None:
        return (
            f"It cannot be read without the key whose fingerprint is {needed}, which is not in it, and neither in "
            f"{key_file} nor in DATABASE_KEY as they are set here: make sure that you have that key."
        )
    return (
        f"It cannot be read without the key whose fingerprint is {needed}, which is not in it: that key is in {place}. "
        "Keep a copy of the key apart from the backups."
    )
