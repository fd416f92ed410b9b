"""What docs/operating.md tells an operator to type does what it says: its own commands are run here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.errors import EncryptionKeyMissing
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.store.sqlite import SqliteStore
from tests.deploy.deploy_files import ROOT, shell_blocks
from tests.joined_services import join_services

PAGE = (ROOT / "docs" / "operating.md").read_text()
Clock = Callable[[], datetime]


class Machine:
    """A machine as the page describes it, below one directory: its paths there, sudo and systemctl only noted down."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state, self.backups = root / "var/lib/essay-bot", root / "var/backups/essay-bot"
        self.database = self.state / "essays.db"
        self.backup = self.backups / f"{date.today()}.db"  # noqa: DTZ011 - the page's own date command goes by local time
        self.log = root / "log"
        for directory in (self.state, root / "root", root / "bin", root / "opt/essay-bot/bin", self.backups.parent):
            directory.mkdir(parents=True)
        (self.state / ".env").write_text(f"DATABASE_PATH={self.database}\n")
        self.program("bin/sudo", '[ "$1" = -u ] && shift 2; exec "$@"')
        for noted in ("bin/systemctl", "bin/git", "opt/essay-bot/bin/pip"):
            self.program(noted, f'echo "{Path(noted).name} $*" >> {self.log}')
        self.program("opt/essay-bot/bin/essay-bot", f'PYTHONPATH={ROOT} exec {sys.executable} -m bot "$@"')

    @property
    def key(self) -> str:
        return (self.state / "essays.db.key").read_text().strip()

    def set_key(self, keys: str) -> None:
        (self.state / ".env").write_text(f"DATABASE_PATH={self.database}\nDATABASE_KEY={keys}\n")

    def program(self, name: str, body: str) -> None:
        path = self.root / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def run(self, *blocks: str, stdin: Path | None = None) -> str:
        """Runs blocks of the page as one script that ends at the first failure; what it printed, both streams."""
        define = next(block for block in shell_blocks(PAGE, "Install with systemd") if block.startswith("bot()"))
        script = define + "".join(blocks)
        script = re.sub(r"(?<![\w.])/(var|opt|root)/", rf"{self.root}/\1/", script)
        script = script.replace("-o essay-bot -g essay-bot ", "").replace("2026-11-23.db", self.backup.name)
        with (stdin or Path(os.devnull)).open("rb") as source:
            ended = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                env={"PATH": f"{self.root}/bin:{os.environ['PATH']}", "HOME": str(self.root)},
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout

    def noted(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


async def write(database: Path, structure: Structure, clock: Clock, *, keys: str | None = None) -> None:
    """One essay with one version."""
    store = SqliteStore(database, keys, clock)
    essays = join_services(store, structure, clock, lambda: "one").essays
    await essays.create_essay("me", structure, "A title")
    await essays.add_version("me", "one", None, Origin.IMPORTED, "Before the backup.", 0)
    store.close()


async def texts(database: Path, clock: Clock, keys: str | None = None) -> list[str]:
    store = SqliteStore(database, keys, clock)
    essays = join_services(store, None, clock).essays
    found = [(await essays.version("me", "one", info.number)).text for info in await essays.versions("me", "one")]
    store.close()
    return found


async def lose_the_machine(machine: Machine, clock: Clock) -> None:
    """A version after the backup; then the machine is lost: a torn database, its log still there, and no key."""
    store = SqliteStore(machine.database, None, clock)
    essays = join_services(store, None, clock).essays
    await essays.add_version("me", "one", 1, Origin.EDITED, "After the backup.", 0)
    shutil.copy(machine.state / "essays.db-wal", machine.root / "wal")
    store.close()
    shutil.move(machine.root / "wal", machine.state / "essays.db-wal")
    machine.database.write_bytes(machine.database.read_bytes()[:9_000])
    (machine.state / "essays.db.key").unlink()


async def test_the_documented_backup_and_restore_bring_back_the_essays(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    await write(machine.database, structure, clock)
    make, keep_key, *_ = shell_blocks(PAGE, "Backup")
    said = machine.run(make, keep_key)
    assert f"{machine.backup} is a good backup of {machine.database}: 1 essay in 1 version" in said
    await lose_the_machine(machine, clock)
    assert "The program can run in a terminal." in machine.run(*shell_blocks(PAGE, "Restore")[:3])
    assert machine.noted() == ["systemctl stop essay-bot", "systemctl start essay-bot"]
    assert await texts(machine.database, clock) == ["Before the backup."]
    (aside,) = machine.state.glob("aside-*")
    assert {path.name for path in aside.iterdir()} == {"essays.db", "essays.db-wal"}
    assert {path.stat().st_mode & 0o777 for path in machine.state.glob("essays.db*")} == {0o600}


async def test_the_documented_restore_works_inside_a_container(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    await write(machine.database, structure, clock)
    make, keep_key, *_ = shell_blocks(PAGE, "Backup")
    machine.run(make, keep_key)
    await lose_the_machine(machine, clock)
    inside = re.search(r" -c '(.*)' < ", shell_blocks(PAGE, "Restore")[3])
    assert inside
    command = inside[1].replace("/data", str(machine.state))
    machine.run(f"sh -c '{command}'\n", stdin=machine.backup)
    key = (machine.root / "root/essay-bot.key").read_text()
    assert await texts(machine.database, clock, key) == ["Before the backup."]
    assert machine.database.stat().st_mode & 0o777 == 0o600


async def test_the_documented_upgrade_makes_its_backup_while_the_bot_is_stopped(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    await write(machine.database, structure, clock)
    machine.backups.mkdir()
    upgrade, *_ = shell_blocks(PAGE, "Upgrade, and go back")
    for _ in range(2):  # an older before-upgrade.db is replaced
        machine.run(upgrade)
    assert machine.noted()[:4] == [
        "systemctl stop essay-bot",
        "git pull",
        "pip install --upgrade .",
        "systemctl start essay-bot",
    ]
    assert (machine.backups / "before-upgrade.db").is_file()
    lines = upgrade.splitlines()
    assert lines[0].endswith("stop essay-bot")
    assert lines[1].startswith("bot backup")


@pytest.mark.parametrize("page", ["README.md", "docs/operating.md"])
def test_copying_the_example_settings_again_does_not_overwrite_existing_settings(page: str, tmp_path: Path) -> None:
    """Somebody who set the token follows, later, what the page says about a model's key."""
    lines = re.findall(r"^cp .*\.env\.example .*$", (ROOT / page).read_text(), flags=re.MULTILINE)
    assert lines
    shutil.copy(ROOT / ".env.example", tmp_path)
    (tmp_path / "deploy").mkdir()
    kept = [tmp_path / ".env", tmp_path / "deploy" / "essay-bot.env"]
    for settings in kept:
        settings.write_text("DISCORD_TOKEN=mine\n")
    for line in lines:  # some releases of cp say by their exit code that nothing was copied
        subprocess.run(["bash", "-c", line], cwd=tmp_path, check=False)
    assert [settings.read_text() for settings in kept] == ["DISCORD_TOKEN=mine\n"] * 2


def test_the_documented_cleanup_deletes_old_backups_and_nothing_else(machine: Machine) -> None:
    machine.backups.mkdir()
    for name, days in (("old.db", 40), ("new.db", 2), ("old.txt", 40)):
        (machine.backups / name).touch()
        at = time.time() - timedelta(days=days).total_seconds()
        os.utime(machine.backups / name, (at, at))
    machine.run(next(block for block in shell_blocks(PAGE, "Backup") if "-mtime +30" in block))
    assert {path.name for path in machine.backups.iterdir()} == {"new.db", "old.txt"}


async def test_after_adding_a_new_key_as_documented_the_old_key_is_still_needed(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    await write(machine.database, structure, clock)
    new = Fernet.generate_key().decode()
    assert await texts(machine.database, clock, new) == ["Before the backup."]
    key_file = machine.state / "essays.db.key"
    old = key_file.read_text()
    key_file.unlink()
    for keys in (None, new, old):
        with pytest.raises(EncryptionKeyMissing):
            SqliteStore(machine.database, keys, clock)
    assert not key_file.exists()
    assert await texts(machine.database, clock, f"{new},{old}") == ["Before the backup."]


async def test_the_documented_rotation_seals_all_with_a_new_key_and_the_old_one_opens_nothing(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    await write(machine.database, structure, clock)
    rotate, _ = shell_blocks(PAGE, "Change the database's key")
    old = machine.key
    said = machine.run(rotate.replace("rotate-key", "rotate-key --yes"))
    assert "is sealed with the key whose fingerprint is" in said
    assert "Backups made before still need it." in said
    assert machine.key != old
    assert await texts(machine.database, clock) == ["Before the backup."]
    (machine.state / "essays.db.key").unlink()
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(machine.database, old, clock)


async def test_the_documented_rotation_of_a_key_in_the_settings_ends_with_the_new_one_alone(
    machine: Machine, structure: Structure, clock: Clock
) -> None:
    rotate, make = shell_blocks(PAGE, "Change the database's key")
    machine.program("opt/essay-bot/bin/python", f'exec {sys.executable} "$@"')
    old, new = (machine.run(make).strip() for _ in range(2))
    await write(machine.database, structure, clock, keys=old)
    machine.set_key(f"{new},{old}")
    said = machine.run(rotate.replace("rotate-key", "rotate-key --yes"))
    assert "1 key in DATABASE_KEY or in" in said
    assert await texts(machine.database, clock, new) == ["Before the backup."]
    with pytest.raises(EncryptionKeyMissing):
        SqliteStore(machine.database, old, clock)
    machine.set_key(new)
    assert "put a new key and a comma before it" in machine.run(f"{rotate.strip()} --yes || true\n")


def backup_command(target: Path, database: Path, key: str = "", *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", "backup", str(target), *more],
        env={**os.environ, "DATABASE_PATH": str(database), "DATABASE_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )


async def test_the_backup_command_says_where_the_key_is_and_exits_with_0_only_for_a_good_backup(
    tmp_path: Path, database: Path, structure: Structure
) -> None:
    await write(database, structure, lambda: datetime.now(UTC))
    target, key_file = tmp_path / "backup.db", database.with_name("essays.db.key")
    made = backup_command(target, database)
    assert (made.returncode, made.stdout) == (0, "")
    assert f"which is not in it: that key is in {key_file}." in made.stderr
    refused = backup_command(target, database)
    assert refused.returncode == 2
    assert "add --force" in refused.stderr

    key = key_file.read_text().strip()
    key_file.unlink()
    assert "that key is in DATABASE_KEY." in backup_command(target, database, key, "--force").stderr
    without = backup_command(target, database, "", "--force")
    assert without.returncode == 0
    assert "make sure that you have that key" in without.stderr
    broken = backup_command(target, database, "no key at all", "--force")
    assert broken.returncode == 0
    assert "What stands in DATABASE_KEY is not an encryption key" in broken.stderr
    assert not any(key in ended.stderr for ended in (made, without, broken))


def test_the_operating_page_names_only_settings_and_log_lines_that_exist() -> None:
    example = (ROOT / ".env.example").read_text()
    of_the_environment = (ROOT / "bot/network.py").read_text()  # variables that every program reads, not settings
    for setting in set(re.findall(r"`([A-Z]+_[A-Z_]+)`", PAGE)):
        assert f"{setting}=" in example or setting in of_the_environment
    source = "\n".join(path.read_text() for path in (ROOT / "bot").rglob("*.py"))
    table = PAGE.partition("## What to watch in the log")[2].partition("\n## ")[0]
    lines = re.findall(
        r"`([^`]+)`", "\n".join(row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    )
    assert len(lines) >= 5
    for line in lines:
        assert all(part.strip() in source for part in line.split("…")), line
