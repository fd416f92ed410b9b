"""Makes a backup of the database of the settings, and says what it holds and where the key for it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bot.errors import BadKey
from bot.settings import read_settings
from bot.store.backup import back_up
from bot.store.sealer import fingerprint, parse_keys, read_key_file


def backed_up(target: Path, *, replace: bool) -> Iterator[str]:
    """What there is to say, once the backup is made and found good. Raises as ``back_up`` does, and BadSetting."""
    settings = read_settings()
    made = back_up(settings.database_path, target, replace=replace)
    yield (
        f"{made.path} is a good backup of {settings.database_path}: {_count(made.essays, 'essay')} in "
        f"{_count(made.versions, 'version')}, {made.size:,} bytes."
    )
    key_file = settings.database_path.with_name(f"{settings.database_path.name}.key")
    setting = settings.database_key.get_secret_value() if settings.database_key else None
    places: dict[str, str] = {}
    try:
        places |= {fingerprint(key): str(key_file) for key in read_key_file(key_file) or ()}
        places |= {fingerprint(key): "DATABASE_KEY" for key in (parse_keys(setting, "DATABASE_KEY") if setting else ())}
    except BadKey as error:  # the backup is none the worse for it
        yield str(error)
    except OSError as error:
        yield f"{key_file} cannot be read ({(error.strerror or str(error)).lower()}), so it was not looked into."
    for needed in made.keys:
        yield _about_key(needed, places.get(needed), key_file)


def _about_key(needed: str, place: str | None, key_file: Path) -> str:
    if place is None:
        return (
            f"It cannot be read without the key whose fingerprint is {needed}, which is not in it, and neither in "
            f"{key_file} nor in DATABASE_KEY as they are set here: make sure that you have that key."
        )
    return (
        f"It cannot be read without the key whose fingerprint is {needed}, which is not in it: that key is in {place}. "
        "Keep a copy of the key apart from the backups."
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
