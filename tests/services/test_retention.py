"""Essays that nobody touches: warned of twice, kept or deleted; and what else is kept only for a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from bot.errors import UnknownEssay
from bot.essay.essay import Origin
from bot.essay.limits import StorageIncrease
from bot.services.jobs.job import JobKind, JobOutcome, JobState
from bot.services.ledger import Reservation
from bot.services.llm_ports import ModelRole
from bot.services.retention import PendingDeletion, RetentionService
from bot.services.store_ports import Transaction
from bot.store.sql_store import SqlStore
from bot.terminal import LOCAL_WRITER
from tests.services.conftest import Room

pytestmark = pytest.mark.both_databases

DAY = timedelta(days=1)


class Calendar:
    """A clock that a test turns on by days."""

    def __init__(self, start: datetime) -> None:
        self.start = self.now = start

    def __call__(self) -> datetime:
        return self.now

    @property
    def day(self) -> int:
        return (self.now - self.start).days


@dataclass
class Postman:
    """Delivers warnings while ``is_open``; keeps what was to be delivered, with the day."""

    calendar: Calendar
    is_open: bool = True
    tried: list[tuple[int, str, tuple[str, ...]]] = field(default_factory=list)
    dues: list[int] = field(default_factory=list)

    async def warn(self, writer: str, pending: Sequence[PendingDeletion]) -> bool:
        self.tried.append((self.calendar.day, writer, tuple(one.title for one in pending)))
        self.dues += [(one.due - self.calendar.start).days for one in pending]
        return self.is_open

    @property
    def days(self) -> list[int]:
        return [day for day, _, _ in self.tried]


@pytest.fixture
def calendar(room: Room) -> Calendar:
    return Calendar(room.clock() + timedelta(hours=12))  # the room's own clock moves at each look


@pytest.fixture
def post(calendar: Calendar) -> Postman:
    return Postman(calendar)


@pytest.fixture
def retention(room: Room, calendar: Calendar) -> RetentionService:
    return RetentionService(room.store, calendar, 100, LOCAL_WRITER, room.services.sharing)


async def live_through(retention: RetentionService, calendar: Calendar, post: Postman, until: int) -> None:
    """Run once a day, up to a day."""
    while calendar.day < until:
        calendar.now += DAY
        assert await retention.run_if_due(post.warn)


async def essays(room: Room, writer: str = "me") -> list[str]:
    return [essay.title for essay in await room.desk.list_essays(writer)]


async def begin(room: Room, title: str, writer: str = "me", structure: object = None) -> str:
    return (await room.desk.create_essay(writer, next(iter(room.services.structures.values())), title)).id


async def test_an_essay_is_warned_of_twice_and_then_deleted(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    await begin(room, "Mine")
    await begin(room, "Another's", "other")
    await live_through(retention, calendar, post, 99)
    assert post.tried == [
        *((86, writer, (title,)) for writer, title in (("me", "Mine"), ("other", "Another's"))),
        *((98, writer, (title,)) for writer, title in (("me", "Mine"), ("other", "Another's"))),
    ]
    assert set(post.dues) == {100}
    assert await essays(room) == ["Mine"]
    await live_through(retention, calendar, post, 100)
    assert await essays(room) == await essays(room, "other") == []
    await live_through(retention, calendar, post, 130)
    assert len(post.tried) == 4


async def test_what_is_kept_or_changed_counts_as_touched(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    kept, changed, left = await begin(room, "Kept"), await begin(room, "Changed"), await begin(room, "Left")
    await live_through(retention, calendar, post, 90)
    assert await retention.keep("me", kept) == 1
    with pytest.raises(UnknownEssay):
        await retention.keep("other", left)
    await room.store.write("me", lambda tx: tx.essays.rename("me", changed, "Changed", calendar.now))
    await live_through(retention, calendar, post, 100)
    assert sorted(await essays(room)) == ["Changed", "Kept"]
    assert post.tried[-1] == (98, "me", ("Left",))
    await live_through(retention, calendar, post, 189)
    assert post.days == [86, 98, 176, 188]  # the last two are for what was touched on day 90
    assert await retention.keep("me", None) == 2
    assert await retention.keep("me", None) == 0
    await live_through(retention, calendar, post, 195)
    assert sorted(await essays(room)) == ["Changed", "Kept"]


async def test_a_job_counts_as_touching(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    essay = await begin(room, "Mine")

    def started(tx: Transaction) -> None:
        job = tx.jobs.add("me", essay, JobKind.DRAFT, None, "", calendar.now, running=True)
        tx.jobs.end(job.id, JobOutcome(JobState.FAILED), calendar.now)

    await live_through(retention, calendar, post, 99)
    await room.store.write("me", started)
    await live_through(retention, calendar, post, 184)
    assert await essays(room) == ["Mine"]
    assert post.days == [86, 98]


async def test_an_essay_long_untouched_before_the_setting_came_has_its_fourteen_days(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    await begin(room, "Old")
    calendar.now += 500 * DAY
    await live_through(retention, calendar, post, 514)
    assert post.days == [501, 513]
    assert await essays(room) == ["Old"]
    await live_through(retention, calendar, post, 515)
    assert await essays(room) == []


async def test_a_warning_that_cannot_be_delivered_is_tried_each_day_and_the_essay_deleted_after_fourteen(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman, caplog: pytest.LogCaptureFixture
) -> None:
    await begin(room, "Mine")
    post.is_open = False
    await live_through(retention, calendar, post, 99)
    assert post.days == list(range(86, 100))
    await live_through(retention, calendar, post, 100)
    assert await essays(room) == []
    assert "their writers could not be reached for 14 days: 1" in caplog.text
    assert "Mine" not in caplog.text


async def test_a_bot_that_was_stopped_deletes_nothing_before_the_last_warning_was_tried(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    await begin(room, "Mine")
    await live_through(retention, calendar, post, 90)
    calendar.now += 60 * DAY
    await live_through(retention, calendar, post, 151)
    assert post.days == [86, 151]
    assert await essays(room) == ["Mine"]
    await live_through(retention, calendar, post, 153)
    assert await essays(room) == []


async def test_it_is_run_once_a_day_whatever_the_restarts(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    await begin(room, "Mine")
    calendar.now += 90 * DAY
    assert await retention.run_if_due(post.warn)
    calendar.now += DAY - timedelta(seconds=1)
    again = RetentionService(room.store, calendar, 100, LOCAL_WRITER, room.services.sharing)
    assert not await again.run_if_due(post.warn)
    calendar.now += timedelta(seconds=1)
    assert await again.run_if_due(post.warn)
    assert post.days == [90]


async def test_the_terminals_essays_and_those_of_a_host_without_the_setting_are_kept(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    await begin(room, "At the keyboard", LOCAL_WRITER)
    await live_through(retention, calendar, post, 130)
    await begin(room, "Mine")
    without = RetentionService(room.store, calendar, None, LOCAL_WRITER, room.services.sharing)
    await live_through(without, calendar, post, 400)
    assert post.tried == []
    assert await essays(room) == ["Mine"]
    assert await essays(room, LOCAL_WRITER) == ["At the keyboard"]


async def test_no_word_of_a_deleted_essay_is_left_and_its_writers_other_essays_stay(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    old = await begin(room, "Old")
    await room.desk.add_version("me", old, None, Origin.IMPORTED, "A text of long ago.", 0)
    await room.store.write("me", lambda tx: tx.essays.mark_changed("me", old, calendar.start))
    await live_through(retention, calendar, post, 99)
    new = await begin(room, "New")
    await room.store.write("me", lambda tx: tx.essays.mark_changed("me", new, calendar.now))
    await live_through(retention, calendar, post, 100)
    assert await essays(room) == ["New"]
    assert await room.store.read(lambda tx: tx.people.rows("me", old)) == ()


async def test_jobs_calls_and_memberships_are_deleted_in_time(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman, store: SqlStore
) -> None:
    """But an essay's last job, which its panel shows, and what is recent."""
    essay = await begin(room, "Mine", LOCAL_WRITER)
    start = calendar.now

    def fill(at: datetime) -> Callable[[Transaction], int]:
        def step(tx: Transaction) -> int:
            job = tx.jobs.add(LOCAL_WRITER, essay, JobKind.DRAFT, None, "", at, running=True)
            tx.jobs.end(job.id, JobOutcome(JobState.DONE), at)
            tx.ledger.add_call(Reservation("me", ModelRole.WRITER, "big", "draft.md", "abc", 1), at)
            tx.values.set(f"member d{at:%j} s", at.isoformat())
            tx.quota.check_and_record("me", None, StorageIncrease(10), at)
            return job.id

        return step

    def counted(tx: Transaction) -> tuple[int, int, int]:
        calls = sum(row.calls for row in tx.ledger.usage(start - DAY))
        seen = sum(tx.values.get(f"member d{start + n * DAY:%j} s") is not None for n in (0, 80))
        return calls, seen, tx.people.counts("me").get("stored", 0)

    first = await room.store.write(LOCAL_WRITER, fill(start))
    last = await room.store.write(LOCAL_WRITER, fill(start + 80 * DAY))
    calendar.now = start + 89 * DAY
    yesterday = calendar.now - DAY
    await room.store.write("me", lambda tx: tx.quota.check_and_record("me", None, StorageIncrease(10), yesterday))
    await retention.run_if_due(post.warn)
    assert await room.store.read(counted) == (2, 1, 1)
    assert (await room.store.read(lambda tx: tx.jobs.get(LOCAL_WRITER, first))).id == first
    calendar.now = start + 401 * DAY
    await retention.run_if_due(post.warn)
    assert await room.store.read(counted) == (1, 0, 0)
    found = await room.store.read(lambda tx: tx.jobs.latest(LOCAL_WRITER, essay))
    assert found is not None
    assert found.id == last
    assert await room.store.read(lambda tx: tx.people.counts(LOCAL_WRITER)["jobs"]) == 1


async def test_a_stopped_draft_and_its_text_outlive_the_questions_asked_after_it(
    room: Room, retention: RetentionService, calendar: Calendar, post: Postman
) -> None:
    """Its panel shows it, whatever gave way since; of what gave way the last stays."""
    essay = await begin(room, "Mine", LOCAL_WRITER)

    def add(kind: JobKind) -> Callable[[Transaction], int]:
        def step(tx: Transaction) -> int:
            job = tx.jobs.add(LOCAL_WRITER, essay, kind, None, "", calendar.now, running=True)
            tx.jobs.append_text({job.id: "It was loud."})
            tx.jobs.end(job.id, JobOutcome(JobState.STOPPED), calendar.now)
            return job.id

        return step

    kinds = (JobKind.DRAFT, JobKind.QUESTION, JobKind.DRAFT, JobKind.QUESTION, JobKind.CHECK)
    _, _, draft, _, check = [await room.store.write(LOCAL_WRITER, add(kind)) for kind in kinds]
    calendar.now += 91 * DAY
    await retention.run_if_due(post.warn)
    found = await room.store.read(lambda tx: tx.jobs.latest(LOCAL_WRITER, essay))
    assert found is not None
    assert (found.id, found.text) == (draft, "It was loud.")
    rows = await room.store.read(lambda tx: tx.people.rows(LOCAL_WRITER, essay))
    (jobs,) = [table.rows for table in rows if table.name == "jobs"]
    assert [row["id"] for row in jobs] == [draft, check]
