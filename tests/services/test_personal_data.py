"""Everything of a person: found by the schema, handed over whole, deleted without a trace."""

from __future__ import annotations

import io
import json
import random
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.errors import BeingDeleted, Blocked, BudgetSpent, InvalidInput, UnknownCritique, UnknownEssay
from bot.essay.essay import Origin, SectionState
from bot.essay.structure import Structure
from bot.essay.support import Check
from bot.services.critiques import Decision
from bot.services.jobs.job import JobKind, JobState
from bot.services.ledger import NANO_PER_USD, RecordingLedger, Reservation
from bot.services.llm_ports import ModelRole
from bot.services.personal_data import (
    TABLE_DESCRIPTIONS,
    ExportPart,
    HostAction,
    PersonalDataService,
    WriterMark,
    check_served,
)
from bot.services.retention import DeletionWarning
from bot.services.services import Services
from bot.services.sharing import Feedback, FeedbackKind, Share, ShareState
from bot.services.store_ports import Transaction
from bot.store.connection import column_names
from bot.store.database import EncryptedDatabase
from bot.store.personal_data import personal_tables
from bot.store.sealed_columns import place_in_row
from bot.store.sql_store import SqlStore
from tests.joined_services import join_services
from tests.services.conftest import Room
from tests.services.fakes import Gate, opinion, says
from tests.services.test_critiques import TEXT, ended
from tests.store.test_database import stored_bytes

pytestmark = pytest.mark.both_databases

CHANNEL, MESSAGE = 1400000000000000001, 1400000000000000777
# What the database needs for itself, servers' rules, and sums under names that are nobody's.
NOBODYS_TABLES = {"keys", "secrets", "server_rules", "kept_spending"}


async def live(room: Room, structure: Structure, writer: str) -> str:
    """Let a writer leave something in every table, each with ``writer`` among its words; return their essay."""
    services, models = room.services, room.models
    essay = await room.desk.create_essay(writer, structure, f"The title of {writer}")
    await room.desk.add_notes(writer, essay.id, f"## What I missed\n\nThe noise of {writer}, in May 2019.\n")
    await room.desk.add_version(writer, essay.id, None, Origin.IMPORTED, f"A text of {writer}.\r\n\n\ttab", 0)
    text = f"{TEXT}\n\nAgain by {writer}. Žluťoučký 🪵\n"
    second = await room.desk.add_version(writer, essay.id, 1, Origin.EDITED, text, 1)
    models.answers += [opinion()]
    _, job = await room.criticism.start_essay_critique(writer, essay.id, second)
    await ended(room, job)
    models.answers += [opinion()]
    pasted, job = await room.criticism.start_text_critique(writer, f"{TEXT} Pasted by {writer}.", None, own=False)
    await ended(room, job)
    await services.dm_messages.add_message(
        writer, MESSAGE + len(writer), f"Told in the DM by {writer}.", channel=CHANNEL
    )
    await services.voice.add(writer, f"How {writer} sounds, mind.")
    await room.store.write(writer, partial(_fill_the_rest, writer, essay.id, pasted.id, room.clock()))
    return essay.id


def _fill_the_rest(writer: str, essay: str, critique: str, at: datetime, tx: Transaction) -> None:
    tx.essays.add_question(writer, essay, "missed", f"What did {writer} miss?", at)
    tx.essays.set_section_states(writer, essay, {"missed": SectionState.THIN}, at)
    tx.essays.set_suggested_titles(writer, essay, [f"A title for {writer}"], at)
    tx.retention.save_warning(essay, DeletionWarning(at, at))
    tx.support.save(writer, essay, Check(2, (), ()), at)
    tx.critiques.save_decision(writer, critique, 0, Decision.DISMISSED, None, at)
    job = tx.jobs.add(writer, critique, JobKind.CRITIQUE, None, critique, at, running=True)
    tx.jobs.append_text({job.id: f"Half a text of {writer}."})
    tx.job_panels.save(job.id, MESSAGE, '{"token": "a-token"}')
    tx.values.set(f"member {writer} 0123", at.isoformat())
    tx.ledger.add_call(Reservation(writer, ModelRole.WRITER, "a-model", "draft", "hash", 1_000_000), at)
    place = Share(1, 1, ShareState.CLOSED, CHANNEL, MESSAGE, f"Shared by {writer}", at)
    tx.sharing.add(writer, essay, place)
    said = f"Said about the essay of {writer}."
    tx.sharing.add_feedback(writer, essay, Feedback(1, 1, FeedbackKind.READER, said, MESSAGE, at))
    tx.people.record(HostAction.SHOW, writer, at)
    tx.people.mark(writer, WriterMark.BLOCKED, at)


@pytest.fixture
def data(room: Room) -> PersonalDataService:
    return room.services.personal_data


async def exported(data: PersonalDataService, writer: str, max_bytes: int | None = None) -> list[ExportPart]:
    return [part async for part in data.export(writer, max_bytes)]


def files_of(*parts: ExportPart) -> Mapping[str, bytes]:
    """Return the files of the parts, each opened alone; only the README is in each."""
    found: dict[str, bytes] = {}
    for part in parts:
        with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
            assert archive.testzip() is None
            for name in archive.namelist():
                assert name not in found or name == "README.md"
                found[name] = archive.read(name)
    return found


def everything(opened: EncryptedDatabase, writer: str) -> dict[str, list[Any]]:
    """Return the rows of every table that name the writer or hang on something of theirs, opened."""
    dump: dict[str, list[Any]] = {}
    for table in personal_tables(opened):
        found = opened.db.execute(f"SELECT * FROM {table.name} WHERE {table.of_writer}", {"writer": writer})
        names = column_names(found)
        dump[table.name] = [
            tuple(
                opened.open_or_none(place_in_row(table.name, name, writer, row), cell, "it")
                if isinstance(cell, bytes)
                else cell
                for name, cell in row.items()
            )
            for row in (dict(zip(names, cells, strict=True)) for cells in found.fetchall())
        ]
    return dump


async def test_every_table_is_somebodys_or_known_to_be_nobodys(store: SqlStore) -> None:
    """A new table with something of a person needs a column ``writer``, or a foreign key to a table that has one."""

    def names(opened: EncryptedDatabase) -> tuple[set[str], set[str]]:
        every = {table.name for table in opened.db.tables()}
        return every, {table.name for table in personal_tables(opened)}

    every, personal = await store.database.run(names)
    assert every - personal == NOBODYS_TABLES
    assert set(TABLE_DESCRIPTIONS) == personal


async def test_an_export_holds_every_row_and_every_version_byte_for_byte(
    room: Room, data: PersonalDataService, structure: Structure
) -> None:
    essay = await live(room, structure, "me")
    await live(room, structure, "zebedee")
    (part,) = await exported(data, "me")
    assert (part.name, part.is_last) == ("my-essay-bot-data.zip", True)
    assert part.data == (await exported(data, "me"))[0].data
    files = files_of(part)
    folder = "essays/001-the-title-of-me"
    for number in (1, 2):
        stored = (await room.desk.version("me", essay, number)).text
        assert files[f"{folder}/versions/{number:04}.md"].decode() == stored
    assert b"The noise of me, in May 2019." in files[f"{folder}/notes.md"]
    assert files["own-texts/1.md"] == b"How me sounds, mind."
    tables: dict[str, int] = {}
    whole = b"\n".join(files.values()).decode()
    for name, held in files.items():
        if name.endswith(".json"):
            for table, rows in json.loads(held).items():
                tables[table] = tables.get(table, 0) + len(rows)
    assert tables == (await data.summary("me")).counts
    assert set(tables) == set(TABLE_DESCRIPTIONS)
    for words in (
        "What did me miss?",
        "A title for me",
        "Pasted by me.",
        "Told in the DM by me.",
        "Half a text of me.",
        str(CHANNEL),
        str(MESSAGE + 2),
        '"nano_usd": 1000000',
    ):
        assert words in whole, words
    assert "zebedee" not in whole
    assert "a-token" not in whole


async def test_a_deletion_leaves_no_row_no_byte_and_everybody_elses_data(
    room: Room, data: PersonalDataService, structure: Structure, store: SqlStore, database: Path
) -> None:
    await live(room, structure, "me")
    await live(room, structure, "zebedee")
    before = await store.database.run(lambda opened: everything(opened, "zebedee"))
    month = (await room.services.ledger.spending("nobody", room.clock())).month
    await data.set_blocked("me", False)
    sealed = await store.database.run(_sealed_cells)
    forgotten: list[str] = []
    data.on_deleted = forgotten.append
    await data.delete("me")
    assert forgotten == ["me"]
    assert (await data.summary("me")).counts == {"audit_log": 1}  # what the host did stays
    assert (await data.summary("me")).is_empty
    assert await store.database.run(lambda opened: everything(opened, "zebedee")) == before
    held = stored_bytes(database)
    assert [cell for cell in sealed if cell in held] == []
    assert (await room.services.ledger.spending("nobody", room.clock())).month == month
    (part,) = await exported(data, "me")
    assert set(files_of(part)) == {"README.md", "other.json"}
    await data.delete("me")  # a second time does nothing


def _sealed_cells(opened: EncryptedDatabase) -> list[bytes]:
    """Return every sealed cell of "me", as it lies in the file: the first bytes, which no page boundary parts."""
    found: list[bytes] = []
    for table in personal_tables(opened):
        query = f"SELECT * FROM {table.name} WHERE {table.of_writer}"
        for row in opened.db.execute(query, {"writer": "me"}).fetchall():
            found += [cell[20:60] for cell in row if isinstance(cell, bytes)]
    assert len(found) > 12
    return found


async def test_a_deletion_that_was_killed_goes_on_and_nothing_is_done_for_the_writer_meanwhile(
    room: Room, data: PersonalDataService, structure: Structure, store: SqlStore
) -> None:
    essay = await live(room, structure, "me")
    await data.set_blocked("me", False)
    await store.write(
        "me", lambda tx: tx.people.mark("me", WriterMark.DELETING, room.clock())
    )  # and the process is killed
    with pytest.raises(BeingDeleted):
        await data.check_served("me")
    with pytest.raises(BeingDeleted):
        await room.desk.add_notes("me", essay, "One more.")
    with pytest.raises(BeingDeleted):
        await room.criticism.start_text_critique("me", TEXT, None, own=True)
    await room.desk.create_essay("other", structure)
    assert await data.finish_deletions(lambda writer: writer != "me") == 0
    assert await data.finish_deletions() == 1
    assert (await data.summary("me")).is_empty
    await data.check_served("me")
    await room.desk.create_essay("me", structure)


async def test_a_running_job_is_stopped_and_nothing_of_it_stays(
    room: Room, data: PersonalDataService, structure: Structure, store: SqlStore
) -> None:
    essay = await room.essay_with_notes(structure)
    gate = Gate()
    room.models.answers += [says("<section key='missed'>The noise", gate, " of the shop.</section>")]
    job = await (await room.writing.plan_draft("me", essay)).start()
    await gate.reached()
    (part,) = await exported(data, "me")  # what is stored so far, while the draft is written
    assert (await data.summary("me")).open_jobs == 1
    assert any(name.endswith("essay.json") for name in files_of(part))
    await data.delete("me")
    gate.release()
    assert (await data.summary("me")).counts == {}
    assert await room.jobs.running_job("me", essay) is None
    with pytest.raises(UnknownEssay):
        await room.desk.get_essay("me", essay)
    assert job.state is not JobState.DONE


async def test_two_hundred_essays_come_in_parts_that_open_alone(
    store: SqlStore, structure: Structure, clock: Callable[[], datetime]
) -> None:
    """Each part holds whole essays, is at most as large as it may be, and says that it is a part."""
    count, words = 200, random.Random(8)
    numbers = iter(range(10_000))
    services = join_services(store, structure, clock, lambda: f"essay-{next(numbers)}")
    texts = {}
    for number in range(count):
        essay = await services.essays.create_essay("me", structure, f"Essay {number}")
        texts[number] = " ".join(f"{words.random():.12f}" for _ in range(60))
        await services.essays.add_version("me", essay.id, None, Origin.IMPORTED, texts[number], 0)
    parts = await exported(services.personal_data, "me", 40_000)
    assert len(parts) > 3
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert [part.is_last for part in parts] == [*([False] * (len(parts) - 1)), True]
    assert max(len(part.data) for part in parts) <= 40_000
    for part in parts:
        files = files_of(part)
        assert f"This is part {part.number}." in files["README.md"].decode()
        for name in [one for one in files if one.endswith("essay.json")]:
            assert name.replace("essay.json", "versions/0001.md") in files
    held = files_of(*parts)
    for number, text in texts.items():
        assert held[f"essays/{number + 1:03}-essay-{number}/versions/0001.md"].decode() == text
    (one,) = await exported(services.personal_data, "me")
    assert files_of(one).keys() == held.keys()


async def test_one_export_of_a_writer_runs_at_a_time(services: Services, structure: Structure) -> None:
    """Each takes a processor for seconds where there is much; another writer's may run beside it."""
    for writer in ("me", "other"):
        for _ in range(2):
            essay = await services.essays.create_essay(writer, structure)
            await services.essays.add_version(writer, essay.id, None, Origin.IMPORTED, "A text.", 0)
    data = services.personal_data
    running = data.export("me", 1)  # each file is more than fits
    assert (await anext(running)).number == 1
    with pytest.raises(InvalidInput, match="being put together already"):
        await exported(data, "me")
    assert await exported(data, "other")
    await running.aclose()
    assert await exported(data, "me")


async def test_an_essay_larger_than_a_part_is_divided(services: Services, structure: Structure) -> None:
    words = random.Random(9)
    essay = await services.essays.create_essay("me", structure, "Long")
    for number in range(5):
        text = " ".join(f"{words.random():.12f}" for _ in range(1_000))
        await services.essays.add_version("me", essay.id, number or None, Origin.IMPORTED, text, 0)
    parts = await exported(services.personal_data, "me", 20_000)
    assert max(len(part.data) for part in parts) <= 20_000
    assert len([name for name in files_of(*parts) if "/versions/" in name]) == 5


async def test_a_blocked_writer_is_not_served_until_that_is_taken_back(services: Services, store: SqlStore) -> None:
    data = services.personal_data
    await data.set_blocked("me", True)
    with pytest.raises(Blocked, match="has blocked you"):
        await data.check_served("me")
    await data.check_served("other")
    await data.delete("me")
    assert (await data.summary("me")).marks == {WriterMark.BLOCKED}  # deleting does not lift it
    await data.set_blocked("me", False)
    await store.read(lambda tx: check_served(tx, "me"))


async def test_deleting_everything_renews_no_budget(services: Services) -> None:
    """The sum alone stays, under nobody's name, until the month is over; a new process counts it too."""
    data, ledger = services.personal_data, services.ledger
    noon = services.clock().replace(hour=12)
    whole = int(ledger.budgets.writer_day * NANO_PER_USD)

    def call(share: float) -> Reservation:
        return Reservation("me", ModelRole.WRITER, "big", "draft.md", "abc", int(whole * share))

    for spent in (0.3, 0.6, 0.9):
        await ledger.reserve(call(0.3), noon)
        await data.delete("me")
        assert (await data.summary("me")).counts == {}
        ledger = RecordingLedger(services.store, ledger.budgets)  # as a new process has
        assert (await ledger.spending("me", noon)).writer_day == pytest.approx(whole * spent)
    with pytest.raises(BudgetSpent, match="Your budget for today is used up"):
        await ledger.reserve(call(0.3), noon)
    tomorrow = noon + timedelta(days=1)
    await ledger.reserve(call(0.3), tomorrow)
    assert (await ledger.spending("me", tomorrow)).writer_month == pytest.approx(whole * 1.2)
    next_month = noon + timedelta(days=31)
    assert (await ledger.spending("me", next_month)).writer_month == 0
    await services.store.write("ledger", lambda tx: tx.retention.delete_kept_spending(next_month))
    assert (await ledger.spending("me", tomorrow)).writer_month == pytest.approx(whole * 0.3)


async def test_what_the_host_does_is_written_down_without_text(services: Services) -> None:
    data = services.personal_data
    for action in HostAction:
        await data.record(action, "me")
    log = await data.audit_log()
    assert [(entry.action, entry.writer) for entry in log] == [(action, "me") for action in HostAction]


async def test_one_critique_is_deleted_with_its_job_and_no_other(room: Room, data: PersonalDataService) -> None:
    for text in ("The first.", "The second."):
        room.models.answers += [opinion()]
        critiqued, job = await room.criticism.start_text_critique("me", f"{TEXT} {text}", None, own=False)
        await ended(room, job)
    with pytest.raises(UnknownCritique):
        await data.delete_critique("other", critiqued.id)
    await data.delete_critique("me", critiqued.id)
    (left,), count = await room.criticism.pasted("me", 0, 10)
    assert (count, left.text.endswith("The first.")) == (1, True)
    assert (await data.summary("me")).counts["jobs"] == 1


async def test_the_log_is_emptied_once_nobody_reads_it_any_more(
    room: Room, data: PersonalDataService, structure: Structure, store: SqlStore, database: Path
) -> None:
    """While another process reads, as for a backup, SQLite cannot empty it: the next write tries again."""
    await live(room, structure, "me")
    await store.database.run(lambda opened: opened.db.execute("PRAGMA busy_timeout = 0"))
    with closing(sqlite3.connect(database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM essays").fetchone()
        await data.delete("me")
        assert log_size(database) > 0
    await room.desk.create_essay("zebedee", structure)
    assert log_size(database) == 0


def log_size(database: Path) -> int:
    return database.with_name("essays.db-wal").stat().st_size
