"""After a whole story in Discord no word, name or id of anybody is in clear in the database, its log, or a backup.

The log of the process is held to the same in test_log_process.py.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from bot.bootstrap import load_structures, utc_now
from bot.essay.critique import Action, Category, Severity
from bot.essay.essay import Origin, QuestionOrigin, QuestionState, SectionState
from bot.services.critiques import Decision
from bot.services.jobs.job import JobKind, JobState
from bot.services.llm_ports import ModelRole
from bot.store.backup import create_backup
from bot.store.sqlite import SqliteStore
from tests.discord_ui.conftest import Scripted, started
from tests.discord_ui.dm_steps import quick
from tests.discord_ui.test_damaged_rows import fill_every_sealed_column, use_the_bot
from tests.simulators.discord import DiscordSimulator
from tests.store.sealed_story import opened_cells

# What is stored in clear, and tells of nobody: the kinds of things.
KINDS: tuple[type[Enum], ...] = (
    Action,
    Category,
    Decision,
    JobKind,
    JobState,
    ModelRole,
    Origin,
    QuestionOrigin,
    QuestionState,
    SectionState,
    Severity,
)


def words(text: str) -> set[str]:
    """The words of a text that are long enough not to come up in a random byte string."""
    return {word.casefold() for word in re.findall(r"[^\W\d_]{6,}", text)}


def words_that_may_be_read(folder: Path) -> set[str]:
    """Those of a database without an essay, and of kinds and of the structures' keys."""
    path = folder / "empty.db"
    SqliteStore(path, None, utc_now).close()
    found = words(path.read_bytes().decode(errors="replace"))
    for structure in load_structures().values():
        found |= words(" ".join([structure.key, *(section.key for section in structure.sections)]))
    return found | {word for kind in KINDS for one in kind for word in words(str(one.value))}


async def test_after_a_story_no_file_holds_a_word_a_name_or_an_id_in_clear(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    sim.settings.rate_limits = False
    allowed = words_that_may_be_read(tmp_path)
    folder, models = tmp_path / "data", Scripted()
    people, guild = [sim.user("Marigold"), sim.user("Thaddeus")], sim.guild("Foundry Lane")
    async with started(sim, folder / "essays.db", models) as bot:
        quick(bot)
        for user in people:
            await fill_every_sealed_column(bot, user, models)
            await use_the_bot(bot, user, hurt=False)
            await (await user.slash(guild, "essays")).message()
        texts = [text or "" for text in (await bot.store.database.read(opened_cells)).values()]
        query = "SELECT id FROM essays UNION SELECT id FROM critiques"  # random, and stored in clear
        rows = await bot.store.database.read(lambda opened: opened.db.execute(query).fetchall())
        allowed |= words(" ".join(row[0] for row in rows))
        create_backup(folder / "essays.db", folder / "backup.db")
        assert (
            folder / "essays.db-wal"
        ).stat().st_size > 20_000  # all since the last deletion is still in the log beside it
        held = {path.name: path.read_bytes() for path in folder.iterdir()}
    held |= {f"{path.name} at the end": path.read_bytes() for path in folder.iterdir()}
    secret = words(" ".join([*texts, guild.name, *(user.name for user in people)])) - allowed
    assert {"marigold", "thaddeus", "foundry", "export", "rebuilt", "person"} <= secret
    ids = (
        {int(number) for text in texts for number in re.findall(r"\d{17,}", text)}
        | {user.id for user in people}
        | {guild.id, bot.client.application_id or 0}
    )
    assert len(ids) > 10
    for name, data in held.items():
        readable = words(data.decode(errors="replace"))
        assert secret & readable == set(), name
        assert re.findall(rb"(?<![0-9a-f])\d{17,20}(?![0-9a-f])", data) == [], name  # but within a keyed pseudonym
        assert [one for one in ids if one.to_bytes(8, "big") in data or f"{one:x}".encode() in data] == [], name
