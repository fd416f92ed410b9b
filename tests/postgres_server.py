"""A real PostgreSQL of the tests' own, from the programs that Debian's package ``postgresql`` installs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path

import psycopg

from bot.store.postgres import PostgresStore
from bot.store.quota import Quota
from tests.joined_services import KEY

__all__ = ["KEY"]

_PROGRAMS = "/usr/lib/postgresql"
# It keeps nothing that must outlive the tests, so it need not wait for the disk.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "listen_addresses": "",
    "autovacuum": "off",
}
# Waits until nobody holds the other end of its input any more, be it that the tests were killed; then ends the server.
_GUARD = """
    cat > /dev/null
    if read -r server < "$1/data/postmaster.pid"; then
        kill -QUIT "$server"
        while kill -0 "$server"; do sleep 0.05; done
    fi 2> /dev/null
    rm -rf "$1"
"""
# Replication's role skips what keeps rows with those that they refer to, so that any order does.
_EMPTY = """
    DO $$ DECLARE found record; BEGIN
        SET LOCAL session_replication_role = replica;
        FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
            AND tablename NOT IN ('_schema_steps', 'keys', 'secrets')
        LOOP EXECUTE 'DELETE FROM ' || found.tablename; END LOOP;
        FOR found IN SELECT tablename FROM pg_tables WHERE schemaname = 'public_queue'
        LOOP EXECUTE 'DELETE FROM public_queue.' || found.tablename; END LOOP;
        PERFORM setval(c.oid, 1, false) FROM pg_class c WHERE relkind = 'S';
    END $$
"""


def open_store(url: str, clock: Callable[[], datetime], quota: Quota | None = None) -> PostgresStore:
    """Open a database with KEY."""
    return PostgresStore(url, KEY, clock, quota, connections=4)


def find_programs() -> Path | None:
    """Return the directory of the newest PostgreSQL's programs, None if there is none."""
    found = [path.parent for path in Path(_PROGRAMS).glob("*/bin/initdb")]
    if not found and (on_path := shutil.which("initdb")):
        return Path(on_path).parent
    return max(found, key=lambda path: int(path.parent.name), default=None)


@dataclass(eq=False)
class PostgresServer:
    """A server in a directory of its own that is reached by a socket in there."""

    directory: Path
    programs: Path
    guard: subprocess.Popen[bytes]
    _shared: str | None = None
    _numbers: count[int] = field(default_factory=lambda: count(1))

    @classmethod
    def start_new(cls, programs: Path, **settings: str) -> PostgresServer:
        """Make a server and start it, with settings of its own. It does not run as root, so then it is nobody's."""
        directory = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(directory, nobody.pw_uid, nobody.pw_gid)
        guard = subprocess.Popen(
            ["sh", "-c", _GUARD, "guard", directory], stdin=subprocess.PIPE, start_new_session=True
        )
        server = cls(directory, programs, guard)
        server._run("initdb", "-D", str(server.data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        with (server.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in {**_SETTINGS, **settings}.items())
            file.write(f"unix_socket_directories = '{directory}'\n")
        server.start()
        return server

    @property
    def data(self) -> Path:
        return self.directory / "data"

    def start(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.directory / "log"), "-w", "start")

    def stop(self, mode: str = "fast") -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def remove(self) -> None:
        """End the server and leave nothing of it, which its guard does."""
        assert self.guard.stdin is not None
        self.guard.stdin.close()
        self.guard.wait()

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return self.url(name)

    def emptied_database(self) -> str:
        """Return the address of a database without any row but its keys; the same one each time, which is quicker."""
        if self._shared is None:
            self._shared = self.new_database()
            return self._shared
        with psycopg.connect(self._shared, autocommit=True) as connection:
            connection.execute(_EMPTY)
        return self._shared

    def url(self, database: str) -> str:
        return f"postgresql://tests@/{database}?host={self.directory}"

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of the server's; not as root, so then as nobody."""
        user, group = ("nobody", "nogroup") if os.geteuid() == 0 else (None, None)
        said = self.directory / f"{program}.out"
        with said.open("wb") as out:  # the server would hold a pipe open
            command = [str(self.programs / program), *arguments]
            done = subprocess.run(
                command, cwd=self.directory, stdout=out, stderr=out, stdin=subprocess.DEVNULL, user=user, group=group
            )
        if done.returncode:
            raise RuntimeError(f"{program}: {said.read_text(errors='replace')}")
