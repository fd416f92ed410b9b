"""Makes a backup of the database of the settings, and says what it holds and where the key for it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.errors import BadKey
from bot.settings import read_settings
from bot.store.backup import create_backup
from bot.store.encryption import key_fingerprint, parse_keys, read_key_file


def back_up_database(target: Path, *, replace: bool) -> Iterator[str]:
    """Yield what to say once the backup is made and found good. Raise as ``create_backup`` does, and BadSetting."""
    settings = read_settings()
    made = create_backup(settings.database_path, target, replace=replace)
    yield (
        f"{made.path} is a good backup of {settings.database_path}: {_pluralize(made.essays, 'essay')} in "
        f"{_pluralize(made.versions, 'version')}, {made.size_bytes:,} bytes."
    )
    key_file = settings.database_path.with_name(f"{settings.database_path.name}.key")
    setting = settings.database_key.get_secret_value() if settings.database_key else None
    places: dict[str, str] = {}
    try:
        places |= {key_fingerprint(key): str(key_file) for key in read_key_file(key_file) or ()}
        places |= {
            key_fingerprint(key): "DATABASE_KEY" for key in (parse_keys(setting, "DATABASE_KEY") if setting else ())
        }
    except BadKey as error:  # the backup is none the worse for it
        yield str(error)
    except OSError as error:
        yield f"{key_file} cannot be read ({(error.strerror or str(error)).lower()}), so it was not looked into."
    for needed in made.key_fingerprints:
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


def _pluralize(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
