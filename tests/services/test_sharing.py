"""Shared texts and their deletion, in processes with and without Discord; what stands in Discord is a list here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

import pytest

from bot.errors import (
    AlreadyShared,
    BotError,
    InvalidInput,
    LimitExceeded,
    NotConnected,
    NotShared,
    PartlyShared,
    ThreadFault,
    ThreadGone,
    ThreadRefused,
)
from bot.essay.essay import Essay
from bot.essay.limits import StorageIncrease, WriterLimits, stored_bytes
from bot.essay.structure import Structure
from bot.services.retention import RetentionService
from bot.services.sharing import (
    MAX_FEEDBACK_BYTES,
    MAX_SHARED_CHARACTERS,
    ReaderMessage,
    ShareChannel,
    SharedText,
    ShareState,
    SharingService,
    ThreadContents,
)
from bot.services.store_ports import Transaction
from bot.terminal import LOCAL_WRITER
from tests.services.conftest import Room
from tests.services.test_retention import DAY, Calendar

pytestmark = pytest.mark.both_databases


@dataclass(eq=False)
class Board:
    """Discord's threads: what stands there, what readers have said, and what goes wrong in a step."""

    standing: list[int] = field(default_factory=list)
    said: list[ReaderMessage] = field(default_factory=list)
    failing: dict[str, BotError] = field(default_factory=dict)
    posted: int = 100

    def _step(self, name: str) -> None:
        if name in self.failing:
            raise self.failing[name]

    async def channels(self, guild: int, user: int) -> Sequence[ShareChannel]:
        return [ShareChannel(1, "general")]

    async def post_opening(self, channel: int, shared: SharedText) -> int:
        self._step("opening")
        self.posted += 1
        self.standing.append(self.posted)
        return self.posted

    async def begin(self, channel: int, message: int, name: str) -> None:
        self._step("begin")

    async def post_text(self, thread: int, shared: SharedText) -> None:
        self._step("text")

    async def read(self, thread: int, writer: str) -> ThreadContents:
        self._step("read")
        return ThreadContents(self.said)

    async def answer(self, thread: int, message: int, text: str) -> int:
        self._step("answer")
        self.posted += 1
        return self.posted

    async def remove(self, channel: int, thread: int) -> bool:
        self._step("remove")
        self.standing.remove(thread)
        return True


@pytest.fixture
def board(room: Room) -> Board:
    room.services.sharing.threads = made = Board()
    return made


@pytest.fixture
async def essay(room: Room, structure: Structure) -> Essay:
    return await room.desk.create_essay("me", structure, "Out")


def shared(essay: Essay, number: int = 1, text: str = "The lift was loud.") -> SharedText:
    return SharedText(essay.id, number, 1, essay.title, None, text)


async def test_a_text_stands_in_one_thread_at_a_time(room: Room, board: Board, essay: Essay) -> None:
    sharing = room.services.sharing
    await sharing.share("me", shared(essay), 1)
    for number in (1, 2):
        with pytest.raises(AlreadyShared):
            await sharing.share("me", shared(essay, number), 1)
    assert len(board.standing) == 1
    await sharing.take_down("me", essay.id)
    with pytest.raises(NotShared):
        await sharing.take_down("me", essay.id)
    with pytest.raises(AlreadyShared):  # a button from before the first was posted
        await sharing.share("me", shared(essay, 1), 1)
    await sharing.share("me", shared(essay, 2), 1)
    assert [one.state for one in await sharing.shares("me", essay.id)] == [ShareState.CLOSED, ShareState.OPEN]


@pytest.mark.parametrize("text", ["", " \n\u200b", "x " * MAX_SHARED_CHARACTERS])
async def test_a_text_that_is_empty_or_too_long_is_refused(room: Room, board: Board, essay: Essay, text: str) -> None:
    with pytest.raises(InvalidInput, match="posted"):
        await room.services.sharing.share("me", shared(essay, text=text), 1)
    assert board.standing == []
    assert await room.services.sharing.shares("me", essay.id) == ()


@pytest.mark.parametrize("step", ["opening", "begin", "text"])
async def test_a_text_that_could_not_be_posted_whole_leaves_nothing(
    room: Room, board: Board, essay: Essay, step: str
) -> None:
    board.failing[step] = ThreadRefused.no_permission()
    with pytest.raises(ThreadRefused):
        await room.services.sharing.share("me", shared(essay), 1)
    assert board.standing == []
    assert await room.services.sharing.shares("me", essay.id) == ()
    board.failing["remove"] = ThreadFault()
    if step != "opening":
        with pytest.raises(PartlyShared, match="Take down tries again"):
            await room.services.sharing.share("me", shared(essay), 1)
        board.failing.clear()
        await room.services.sharing.take_down("me", essay.id)
        assert board.standing == []


async def test_a_text_of_an_essay_that_is_deleted_while_it_is_posted_is_removed_again(
    room: Room, board: Board, essay: Essay, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def delete(*_: object) -> None:
        await room.desk.delete_essay("me", essay.id)

    monkeypatch.setattr(board, "post_text", delete)
    with pytest.raises(NotShared):
        await room.services.sharing.share("me", shared(essay), 1)
    assert board.standing == []


async def test_what_is_said_is_bounded_in_bytes_so_that_the_writer_can_go_on(
    room: Room, board: Board, essay: Essay
) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    long = "loud " * 800
    board.said = [ReaderMessage(number, long, room.clock()) for number in range(1, 60)]
    found = await room.services.sharing.feedback("me", essay.id)
    kept = stored_bytes(*(one.text or "" for one in found.items))
    assert len(found.items) + found.left_out == 59
    assert MAX_FEEDBACK_BYTES - stored_bytes(long) < kept <= MAX_FEEDBACK_BYTES
    await room.desk.add_notes("me", essay.id, "The writer goes on.")


async def store_all_but(room: Room, left: int) -> None:
    """Count so much as stored that the writer may store ``left`` bytes more that day. Raise LimitExceeded."""
    limits = WriterLimits()
    whole, rest = divmod(limits.day_bytes - left, limits.minute_bytes)
    for size in [*[limits.minute_bytes] * whole, rest]:  # each in another minute
        step = partial(_count_stored, adding=StorageIncrease(size), now=room.clock())
        await room.store.write("me", step)


def _count_stored(tx: Transaction, adding: StorageIncrease, now: datetime) -> None:
    tx.quota.check_and_record("me", None, adding, now)


async def test_what_readers_deleted_is_deleted_here_though_nothing_more_may_be_stored(
    room: Room, board: Board, essay: Essay
) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.said = [ReaderMessage(7, "Whose lift?", room.clock())]
    await room.services.sharing.feedback("me", essay.id)
    await store_all_but(room, 1_000)
    board.said = [ReaderMessage(8, "The lift again. " * 100, room.clock())]
    found = await room.services.sharing.feedback("me", essay.id)
    assert found.items == ()
    assert "a day" in str(found.problem)


async def test_what_readers_said_counts_towards_what_the_writer_may_store_also_where_not_all_has_room(
    room: Room, board: Board, essay: Essay
) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.said = [ReaderMessage(number, "loud " * 800, room.clock()) for number in range(1, 60)]
    found = await room.services.sharing.feedback("me", essay.id)
    with pytest.raises(LimitExceeded):
        await store_all_but(room, stored_bytes(*(one.text or "" for one in found.items)) - 1)


async def test_what_readers_make_longer_afterwards_is_bounded_too(room: Room, board: Board, essay: Essay) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.said = [ReaderMessage(number, f"Hi {number}", room.clock()) for number in range(1, 100)]
    assert len((await room.services.sharing.feedback("me", essay.id)).items) == 99
    board.said = [replace(one, text="loud " * 800) for one in board.said]
    found = await room.services.sharing.feedback("me", essay.id)
    assert stored_bytes(*(one.text or "" for one in found.items)) <= MAX_FEEDBACK_BYTES
    assert len(found.items) + found.left_out == 99
    assert all(one.text == "loud " * 800 for one in found.items)


async def test_of_a_thread_that_somebody_deleted_the_message_is_removed_too(
    room: Room, board: Board, essay: Essay
) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.failing["read"] = ThreadGone()
    board.failing["remove"] = ThreadFault()
    assert "fault" in str((await room.services.sharing.feedback("me", essay.id)).problem)
    assert len(await room.services.sharing.standing("me")) == 1  # tried again at the next look
    del board.failing["remove"]
    assert "The thread is gone" in str((await room.services.sharing.feedback("me", essay.id)).problem)
    assert board.standing == []
    assert not await room.services.sharing.standing("me")


async def test_a_fault_of_discord_shows_what_was_gathered_before(room: Room, board: Board, essay: Essay) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.said = [ReaderMessage(7, "Whose lift?", room.clock())]
    await room.services.sharing.feedback("me", essay.id)
    board.failing["read"] = ThreadFault()
    found = await room.services.sharing.feedback("me", essay.id)
    assert [one.text for one in found.items] == ["Whose lift?"]
    assert found.problem is not None
    room.services.sharing.threads = None
    assert "not connected" in str((await room.services.sharing.feedback("me", essay.id)).problem)


async def test_data_is_deleted_only_once_what_was_shared_is_taken_down(room: Room, board: Board, essay: Essay) -> None:
    data = room.services.personal_data
    await room.services.sharing.share("me", shared(essay), 1)
    board.failing["remove"] = ThreadFault()
    with pytest.raises(ThreadFault):
        await data.delete("me")
    assert (await data.summary("me")).marks == frozenset()
    board.failing.clear()
    assert (await data.delete("me")).left is None
    assert board.standing == []
    assert (await data.summary("me")).is_empty


async def test_where_the_bot_may_not_remove_a_text_it_is_told_and_the_data_is_deleted(
    room: Room, board: Board, essay: Essay
) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    board.failing["remove"] = ThreadRefused.no_access()
    deletion = await room.services.personal_data.delete("me")
    assert deletion.left is not None
    assert "may still stand there" in deletion.left
    assert (await room.services.personal_data.summary("me")).is_empty


async def test_a_process_without_discord_leaves_the_deletion_to_the_bot(
    room: Room, board: Board, essay: Essay, caplog: pytest.LogCaptureFixture
) -> None:
    """As essay-bot person delete beside a running bot, and before that is connected."""
    sharing, data = room.services.sharing, room.services.personal_data
    await sharing.share("me", shared(essay), 1)
    sharing.threads = None
    assert not (await data.delete("me")).is_done
    with caplog.at_level(logging.INFO):
        assert await data.finish_deletions() == 0
    assert not (await data.summary("me")).is_empty
    assert "NotConnected" in caplog.text
    sharing.threads = board
    assert await data.finish_deletions() == 1
    assert board.standing == []
    assert (await data.summary("me")).is_empty


async def test_the_host_can_delete_at_once_and_leave_what_was_shared(room: Room, board: Board, essay: Essay) -> None:
    await room.services.sharing.share("me", shared(essay), 1)
    room.services.sharing.threads = None
    assert (await room.services.personal_data.delete("me", leave_shared=True)).is_done
    assert (await room.services.personal_data.summary("me")).is_empty
    assert len(board.standing) == 1


async def test_an_essay_that_nobody_touches_is_taken_down_before_it_is_deleted(
    room: Room, board: Board, essay: Essay
) -> None:
    sharing = room.services.sharing
    calendar = Calendar(room.clock() + timedelta(hours=12))
    retention = RetentionService(room.store, calendar, 100, LOCAL_WRITER, sharing)
    await sharing.share("me", shared(essay), 1)
    board.failing["remove"] = ThreadFault()

    async def warn(*_: object) -> bool:
        return True

    async def live_until(day: int) -> None:
        while calendar.day < day:
            calendar.now += DAY
            await retention.run_if_due(warn)

    await live_until(103)
    assert len(await room.desk.list_essays("me")) == 1
    board.failing.clear()
    await live_until(104)
    assert await room.desk.list_essays("me") == ()
    assert board.standing == []


async def test_without_discord_nothing_is_shared_and_nobody_elses_essay_is_read(
    room: Room, board: Board, essay: Essay
) -> None:
    sharing: SharingService = room.services.sharing
    for reading in (sharing.shares, sharing.feedback, sharing.take_down):
        with pytest.raises(InvalidInput, match="You have no essay"):
            await reading("other", essay.id)
    sharing.threads = None
    with pytest.raises(NotConnected):
        await sharing.share("me", shared(essay), 1)
    assert await sharing.shares("me", essay.id) == ()
