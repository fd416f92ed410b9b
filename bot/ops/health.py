"""Whether a bot is serving a database, told by a small file beside it that the bot writes anew at every beat.

A health check asks this every half minute, so this imports the standard library alone where DATABASE_PATH is set.
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

HEARTBEAT_SECONDS = 15.0  # how often the bot beats
STALE_AFTER = timedelta(seconds=60)  # three beats may be late, on a disk or a machine that is busy; a fourth is not


@dataclass(frozen=True, slots=True)
class HeartbeatRecord:
    """What the file says. ``processes`` names the space of process ids that ``pid`` is of, None where there is one."""

    pid: int
    pid_namespace: str | None
    started_at: datetime
    written_at: datetime
    gateway: GatewayState
    gateway_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Health:
    """Whether all is well, and the sentence that says so or what is wrong."""

    is_healthy: bool
    message: str


class Heartbeat:
    """The sign of life of this process, in the file ``<database>.running``, which its owner alone can read."""

    def __init__(self, database: Path, clock: Callable[[], datetime]) -> None:
        """``clock`` tells the time in UTC; now is when the process started. Nothing is written before a beat."""
        self.path = heartbeat_path(database)
        self._clock = clock
        self._started = clock()
        self._gateway: tuple[GatewayState, datetime] | None = None
        self._stopped = False

    def write(self, gateway: GatewayState) -> None:
        """Writes the file anew, whole or not at all: one small write, a quarter of a millisecond.

        A file that cannot be written is logged and not raised: the file then goes stale, which is what a full or
        broken disk should look like from outside. After ``stop`` nothing is written.
        """
        if self._stopped:
            return
        now = self._clock()
        if self._gateway is None or self._gateway[0] is not gateway:
            self._gateway = gateway, now
        sign = {
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
                json.dump(sign, file)
            new.replace(self.path)
        except OSError as error:
            log.warning("the sign of life %s cannot be written: %s", self.path, error.strerror)

    def stop(self) -> None:
        """Removes the file, unless another process has written it since. A second call does nothing."""
        if self._stopped:
            return
        self._stopped = True
        try:
            sign = self.read()
        except (OSError, ValueError):
            sign = None  # not as this process wrote it, so not its to remove
        if sign and (sign.pid, sign.started_at) == (os.getpid(), self._started):
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()

    def read(self) -> HeartbeatRecord | None:
        """What the file says, whoever wrote it; None without one. Raises ValueError for a file of another form."""
        return read_heartbeat(self.path)


def heartbeat_path(database: Path) -> Path:
    """Where the bot that serves this database gives its sign of life."""
    return database.with_name(f"{database.name}.running")


def read_heartbeat(path: Path) -> HeartbeatRecord | None:
    """What the file says, None without one. Raises ValueError for a file of another form, OSError as it comes."""
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
        raise ValueError(f"{path} is no sign of life") from error


def check_health(database: Path, now: datetime) -> Health:
    """Whether a bot serves this database now and its connection to Discord stands. Reads one file."""
    path = heartbeat_path(database)
    try:
        sign = read_heartbeat(path)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        return Health(False, f"{path} cannot be read ({why}): ask as the user that the bot runs as.")
    except ValueError:
        return Health(False, f"{path} is not as the bot writes it: restart the bot, which writes it anew.")
    if sign is None:
        return Health(False, f"No bot is serving {database}: there is no {path.name} beside it. Start the bot.")
    who = f"The bot with the process number {sign.pid}"
    if _is_gone(sign):
        return Health(
            False,
            f"{who} was killed: its last sign of life was at {_format_time(sign.written_at)}. "
            "What was stored is safe; start it.",
        )
    if (
        abs(now - sign.written_at) > STALE_AFTER
    ):  # a time to come says as little: the clock was set back, or the file is a copy
        return Health(
            False, f"{who} has given no sign of life since {_format_time(sign.written_at)}: see the end of its log."
        )
    if sign.gateway is not GatewayState.CONNECTED:
        state = "has not reached Discord yet" if sign.gateway is GatewayState.CONNECTING else "has lost Discord"
        return Health(
            False, f"{who} is running, and {state}: it has been trying since {_format_time(sign.gateway_changed_at)}."
        )
    return Health(
        True, f"{who} has served {database} since {_format_time(sign.started_at)} and is connected to Discord."
    )


def check_local_health() -> Health:
    """Whether a bot serves the database of the settings now."""
    path = os.environ.get("DATABASE_PATH")
    if not path:  # where it is set it wins over .env, so that the import of all settings (0.2 s) can be spared
        from bot.settings import read_settings

        try:
            path = str(read_settings().database_path)
        except BotError as error:
            return Health(False, str(error))
    return check_health(Path(path).expanduser(), datetime.now(UTC))


def _pid_namespace() -> str | None:
    """The name of this process's space of process ids: a container's number 7 is another process than the host's."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return None  # no Linux


def _is_gone(sign: HeartbeatRecord) -> bool:
    """Whether the process certainly is no more; one of another space of process ids cannot be looked for."""
    if sign.pid_namespace is None or sign.pid_namespace != _pid_namespace():
        return False
    try:
        os.kill(sign.pid, 0)  # signal 0 is sent to nobody: it only asks
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it is another user's
    return False


def _format_time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
