"""Messages that are read late go where the next one went, or to what stands there; nothing deleted comes back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.essay.structure import Structure
from bot.services.dm_messages import DmChannel, StoredMessage
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.services.test_dm_messages import Talking, talking

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


@pytest.fixture
def at(store: SqlStore, structure: Structure, clock: Clock) -> Talking:
    """A writer whose DM the bot has met: only there a message is read late."""
    return talking(store, structure, clock)


@dataclass(slots=True)
class Away:
    """Messages that were written and that nobody has heard yet."""

    at: Talking
    clock: Clock
    unread: list[tuple[int, datetime]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def write(self) -> int:
        """A message with its number as its only word."""
        self.unread.append((next(self.numbers), self.clock()))
        return self.unread[-1][0]

    async def read(self) -> list[StoredMessage | None]:
        """Read all of them, oldest first; None for one that is refused, since an essay was deleted after it."""
        unread, self.unread = self.unread, []
        return [await self._read(number, written) for number, written in unread]

    async def _read(self, number: int, written: datetime) -> StoredMessage | None:
        try:
            return await self.at.talk.add_message("me", number, str(number), written)
        except InvalidInput:
            return None

    async def hear(self) -> StoredMessage:
        """A message that is stored when it is written."""
        number = next(self.numbers)
        return await self.at.heard(number, str(number))


@pytest.fixture
async def away(at: Talking, clock: Clock) -> Away:
    await at.talk.add_channel(DmChannel("me", 1, 0))
    return Away(at, clock)


async def test_a_late_message_is_part_of_the_answer_that_the_next_one_was_written_for(at: Talking, away: Away) -> None:
    """Also where that has ended since. One with none after it is a note of its own: it answers no later question."""
    essay, first = await at.asked()
    for _ in range(2):
        away.write()
    await away.hear()
    await at.talk.finish_answer("me", essay, first.number)
    second = await at.interview.next_question("me", essay)
    assert second is not None
    await at.talk.set_context("me", essay, second.number)
    away.write()
    await at.interview.skip_question("me", essay, second)
    await at.talk.set_context("me", essay, None)
    away.write()
    assert [one.note for one in await away.read() if one] == [1, 1, 2, 3]
    notes = [(note.text, note.question) for note in await at.desk.notes("me", essay)]
    assert notes == [("1\n\n2\n\n3", first.text), ("4", None), ("5", None)]
    assert [one.number for one in await at.interview.skipped_questions("me", essay)] == [second.number]


async def test_a_late_message_goes_to_the_essay_of_the_next_one_and_what_stands_there_now_stays(
    at: Talking, away: Away
) -> None:
    old, question = await at.asked()
    away.write()
    await away.hear()
    new, _ = await at.asked()
    assert await away.read() == [StoredMessage(old, question.number, 1, is_new=True)]
    assert await at.notes(old) == ["1\n\n2"]
    assert (await away.hear()).essay == new
    assert await at.notes(new) == []


async def test_a_late_message_with_none_after_it_is_a_note_of_the_essay_that_stands_there_now(
    at: Talking, away: Away
) -> None:
    old, _ = await at.asked()
    away.write()
    new, _ = await at.asked()
    assert await away.read() == [StoredMessage(new, None, 1, is_new=True)]
    assert await at.notes(old) == []


@pytest.mark.parametrize("put", [True, False], ids=["an answer", "no question"])
async def test_a_private_mark_read_late_excludes_the_message_written_after_it(
    at: Talking, away: Away, clock: Clock, put: bool
) -> None:
    """Although that was heard before it, and had become a note."""
    essay, question = await at.asked()
    if not put:
        await at.desk.add_notes("me", essay, "I was let go in May.")
        await at.talk.set_context("me", essay, None)
    mark = next(away.numbers), clock()
    await at.heard(9, "My boss drank.")
    await at.talk.finish_answer("me", essay, question.number)
    await at.talk.set_context("me", essay, None)
    await at.heard(10, "It was loud.")
    heard = await at.talk.add_message("me", mark[0], "[leave out]", mark[1])
    assert heard is not None
    notes = {note.text: note.is_private for note in await at.desk.notes("me", essay)}
    notes.pop("I was let go in May.", None)
    assert notes == {"[leave out]\n\nMy boss drank.": True, "It was loud.": False}


async def test_a_message_written_before_there_was_an_essay_creates_one_when_read_late(at: Talking, away: Away) -> None:
    """One for all of it; where one was begun meanwhile, it goes there, as an answer to nothing."""
    away.write()
    away.write()
    first, second = await away.read()
    assert first is not None
    assert second is not None
    assert (first.essay_created, second.essay_created, second.essay, second.question) == (
        True,
        False,
        first.essay,
        None,
    )
    await at.desk.delete_essay("me", first.essay)
    away.write()
    essay, _ = await at.asked()
    assert await away.read() == [StoredMessage(essay, None, 1, is_new=True)]


@pytest.mark.parametrize("stood", [True, False], ids=["stood there", "in a server"])
@pytest.mark.parametrize("then", ["nothing", "another begun", "another deleted"])
async def test_a_message_written_before_its_essay_was_deleted_is_not_stored_when_read_late(
    at: Talking, away: Away, stood: bool, then: str
) -> None:
    """What was written after that is a new essay's, or that of the one begun since. A later deletion takes it along,
    and the writer is told to send again what they want to keep."""
    essay = (await at.asked())[0] if stood else (await at.desk.create_essay("me", at.structure)).id
    away.write()
    await at.desk.delete_essay("me", essay)
    after = away.write()
    if then != "nothing":
        other, _ = await at.asked()
        if then == "another deleted":
            await at.desk.delete_essay("me", other)
    gone, kept = await away.read()
    assert gone is None
    lost = then == "another deleted"
    assert (kept is None) is lost
    assert await at.all_words() == ([] if lost else [str(after)])
    assert len(await at.desk.list_essays("me")) == (0 if lost else 1)
    assert await at.talk.add_message("me", after - 1, "again") is None


STEPS = st.lists(
    st.sampled_from(["write", "write", "hear", "read", "next", "skip", "ask", "new", "leave", "back", "delete"]),
    max_size=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_no_message_read_late_is_lost_or_stored_twice_or_given_to_a_later_question(
    steps: list[str], structure: Structure, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is not stored was written before an essay was deleted."""
    store = SqliteStore(tmp_path_factory.mktemp("late") / "essays.db", None, clock)
    try:
        at = talking(store, structure, clock)
        await at.talk.add_channel(DmChannel("me", 1, 0))
        away = Away(at, clock)
        written: dict[int, datetime] = {}
        deleted: dict[str, datetime] = {}
        put: dict[tuple[str, int], datetime] = {}
        dropped: set[str] = set()
        for step in [*steps, "read"]:
            essays = [one.id for one in await at.desk.list_essays("me")]
            essay = essays[-1 if step == "back" else 0] if essays else None
            if step == "write":
                number = away.write()
                written[number] = away.unread[-1][1]
            elif step == "hear":
                number = next(away.numbers)
                written[number] = clock()
                await at.heard(number, str(number))
            elif step == "read":
                unread = list(away.unread)
                for (number, when), heard in zip(unread, await away.read(), strict=True):
                    if heard is None:
                        assert any(when < then for then in deleted.values())
                        dropped.add(str(number))
                    elif heard.question is not None:
                        assert put[heard.essay, heard.question] <= when
            elif step == "new" or essay is None:
                essay, question = await at.asked()
                put[essay, question.number] = clock()
            elif step == "delete":
                before = set(await at.all_words())
                await at.desk.delete_essay("me", essay)
                deleted[essay] = clock()
                dropped |= before - set(await at.all_words())
            elif step in ("leave", "back"):
                await at.talk.set_context("me", essay, None)
            elif step == "ask":
                question_ = await at.interview.next_question("me", essay)
                if question_ is not None:
                    put.setdefault((essay, question_.number), clock())
                await at.talk.set_context("me", essay, question_.number if question_ else None)
            elif (open_ := await at.interview.open_question("me", essay)) is not None:
                if step == "next":
                    await at.talk.finish_answer("me", essay, open_.number)
                else:
                    await at.interview.skip_question("me", essay, open_)
        stored = await at.all_words()
        assert sorted([*stored, *dropped]) == sorted(map(str, written))
    finally:
        store.close()
