"""The bot's heartbeat, a small file beside the database, and the health check that reads it.

The file is written anew at each beat, and not only touched: a touch succeeds on a full disk, on which the bot can
store nothing. A container runs the check every half minute, so it imports only the standard library where
DATABASE_PATH is set.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.discord_ui.gateway_state import GatewayState
from bot.errors import BotError

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0  # between two heartbeats
STALE_AFTER = timedelta(seconds=60)  # a busy disk or machine may delay three heartbeats, not four


@dataclass(frozen=True, slots=True)
class HeartbeatRecord:
    """The content of the file.

    ``pid_namespace`` is the Linux namespace that ``pid`` belongs to, None on other systems.
    """

    pid: int
    pid_namespace: str | None
    started_at: datetime
    written_at: datetime
    gateway: GatewayState
    gateway_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the bot is healthy, and a sentence that says so or what is wrong."""

    is_healthy: bool
    message: str


class Heartbeat:
    """Write this process's heartbeat to ``<database>.running``, which only its owner can read."""

    def __init__(self, database: Path, clock: Callable[[], datetime]) -> None:
        """Take the time from ``clock``, in UTC; the process counts as started now. Write nothing yet."""
        self.path = heartbeat_path(database)
        self._clock = clock
        self._started = clock()
        self._gateway: tuple[GatewayState, datetime] | None = None
        self._stopped = False

    def write(self, gateway: GatewayState) -> None:
        """Replace the file atomically, which takes a quarter of a millisecond; do nothing after ``stop``.

        Log an OSError and go on: the file then goes stale, which is how a full or broken disk should look to a check.
        """
        if self._stopped:
            return
        now = self._clock()
        if self._gateway is None or self._gateway[0] is not gateway:
            self._gateway = gateway, now
        record = {
            "pid": os.getpid(),
            "processes": _pid_namespace(),
            "started": self._started.isoformat(),
            "beat": now.isoformat(),
            "gateway": gateway.value,
            "gateway_since": self._gateway[1].isoformat(),
        }
        new = self.path.with_name(f"{self.path.name}.new")
        try:
            handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(record, file)
            new.replace(self.path)
        except OSError as error:
            log.warning("the sign of life %s cannot be written: %s", self.path, error.strerror)

    def stop(self) -> None:
        """Remove the file, unless another process has written it since; a second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        try:
            record = read_heartbeat(self.path)
        except (OSError, ValueError):
            record = None  # not as this process wrote it, so not its to remove
        if record and (record.pid, record.started_at) == (os.getpid(), self._started):
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()


def heartbeat_path(database: Path) -> Path:
    """Return the path of the heartbeat file of the bot that serves the database."""
    return database.with_name(f"{database.name}.running")


def read_heartbeat(path: Path) -> HeartbeatRecord | None:
    """Read the file; return None if there is none. Raise ValueError for malformed content, and OSError."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return HeartbeatRecord(
            int(found["pid"]),
            found["processes"],
            datetime.fromisoformat(found["started"]),
            datetime.fromisoformat(found["beat"]),
            GatewayState(found["gateway"]),
            datetime.fromisoformat(found["gateway_since"]),
        )
    except FileNotFoundError:
        return None
    except (KeyError, TypeError) as error:
        raise ValueError(f"{path} is not a heartbeat file") from error


def check_health(database: Path, now: datetime) -> Health:
    """Check whether a bot serves the database now and is connected to Discord, by its heartbeat file."""
    path = heartbeat_path(database)
    try:
        record = read_heartbeat(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Health(False, f"{path} cannot be read ({why}): ask as the user that the bot runs as.")
    except ValueError:
        return Health(False, f"{path} is not as the bot writes it: restart the bot, which writes it anew.")
    if record is None:
        return Health(False, f"No bot is serving {database}: there is no {path.name} beside it. Start the bot.")
    who = f"The bot with the process number {record.pid}"
    if _is_gone(record):
        return Health(
            False,
            f"{who} was killed: its last sign of life was at {_format_time(record.written_at)}. "
            "What was stored is safe; start it.",
        )
    if abs(now - record.written_at) > STALE_AFTER:  # in the future too: the clock was set back, or the file is a copy
        return Health(
            False, f"{who} has given no sign of life since {_format_time(record.written_at)}: see the end of its log."
        )
    if record.gateway is GatewayState.NOT_NEEDED:
        return Health(
            True, f"The worker with the process number {record.pid} has run since {_format_time(record.started_at)}."
        )
    if record.gateway is GatewayState.STANDING_BY:
        since = _format_time(record.gateway_changed_at)
        return Health(
            True, f"{who} has been standing by since {since}: another one serves its shards, and it will after that."
        )
    if record.gateway is not GatewayState.CONNECTED:
        state = "has not reached Discord yet" if record.gateway is GatewayState.CONNECTING else "has lost Discord"
        return Health(
            False, f"{who} is running, and {state}: it has been trying since {_format_time(record.gateway_changed_at)}."
        )
    return Health(
        True, f"{who} has served {database} since {_format_time(record.started_at)} and is connected to Discord."
    )


def check_local_health() -> Health:
    """Check the bot that serves the database named in the settings."""
    path = os.environ.get("DATABASE_PATH")
    if not path:  # which wins over .env, so that the import of the settings, 0.2 s, is saved
        from bot.settings import read_settings

        try:
            path = str(read_settings().database_path)
        except BotError as error:
            return Health(False, str(error))
    return check_health(Path(path).expanduser(), datetime.now(UTC))


def _pid_namespace() -> str | None:
    """Return this process's PID namespace: process 7 in a container is not process 7 of the host."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None  # not Linux


def _is_gone(record: HeartbeatRecord) -> bool:
    """Return whether the process has certainly ended; False if it is in another PID namespace, which cannot be seen."""
    if record.pid_namespace is None or record.pid_namespace != _pid_namespace():
        return False
    try:
        os.kill(record.pid, 0)  # signal 0 sends nothing: it only checks that the process exists
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it exists, and is another user's
    return False


def _format_time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
