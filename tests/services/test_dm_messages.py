"""A conversation message by message: nothing said is lost, nothing is there twice, and an edit reaches its note."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import InvalidInput
from bot.essay.essay import Question, QuestionState
from bot.essay.limits import WriterLimits
from bot.essay.matching import DEFAULT_STRUCTURE
from bot.essay.structure import Structure
from bot.essay.text.words import count_words
from bot.services.dm_messages import DmMessageService, MessageChange, StoredFile, StoredMessage
from bot.services.essays import EssayService
from bot.services.interview import InterviewService
from bot.store.quota import Quota
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.joined_services import join_services

pytestmark = pytest.mark.both_databases

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Talking:
    """A writer at the desk, in a conversation."""

    talk: DmMessageService
    desk: EssayService
    interview: InterviewService
    structure: Structure

    async def asked(self, writer: str = "me") -> tuple[str, Question]:
        """A new essay whose first question stands before the writer."""
        essay = await self.desk.create_essay(writer, self.structure)
        question = await self.interview.next_question(writer, essay.id)
        assert question is not None
        await self.talk.set_context(writer, essay.id, question.number)
        return essay.id, question

    async def heard(self, message: int, text: str) -> StoredMessage:
        """A message of which nothing was deleted."""
        found = await self.talk.add_message("me", message, text)
        assert found is not None
        return found

    async def notes(self, essay: str) -> list[str]:
        return [note.text for note in await self.desk.notes("me", essay)]

    async def all_words(self) -> list[str]:
        """Everything that is stored of what the writer said, in all essays."""
        found: list[str] = []
        for essay in await self.desk.list_essays("me"):
            found += await self.notes(essay.id)
            found += [piece.text for piece in await self.talk.pending_messages("me", essay.id)]
        return [word for text in found for word in text.split()]


@pytest.fixture
def at(store: SqlStore, structure: Structure, clock: Clock) -> Talking:
    return talking(store, structure, clock)


def talking(store: SqlStore, structure: Structure, clock: Clock) -> Talking:
    numbers = itertools.count(1)
    ours = replace(structure, key=DEFAULT_STRUCTURE)

    def new_id() -> str:
        return f"essay-{next(numbers)}"

    services = join_services(store, ours, clock, new_id)
    return Talking(services.dm_messages, services.essays, services.interview, ours)


async def test_direct_messages_form_one_answer_until_the_answer_is_finished(at: Talking) -> None:
    """The pieces are one note under the question's section, with a blank line between them, word for word."""
    essay, question = await at.asked()
    for number, text in enumerate(("I left\nin May.", "", "  Nobody asked why."), 1):
        assert (await at.heard(number, text)).question == question.number
    assert await at.desk.notes("me", essay) == ()
    note = await at.talk.finish_answer("me", essay, question.number)
    assert note is not None
    assert note.text == "I left\nin May.\n\n  Nobody asked why."
    assert (note.question, note.section) == (question.text, question.section)
    assert await at.desk.notes("me", essay) == (note,)
    assert (await at.interview.asked_questions("me", essay))[0].state is QuestionState.ANSWERED
    assert await at.talk.finish_answer("me", essay, question.number) is None


async def test_an_edit_reaches_the_answer_and_later_its_note_and_no_version(at: Talking) -> None:
    """Before the end the piece changes, after it the note does, byte for byte; a version stays as it was made."""
    essay, question = await at.asked()
    await at.talk.add_message("me", 1, "I left in May.")
    await at.talk.add_message("me", 2, "It was loud.")
    assert await at.talk.edit_message("me", 1, "I left in March.") == MessageChange(essay, None)
    await at.talk.finish_answer("me", essay, question.number)
    assert await at.notes(essay) == ["I left in March.\n\nIt was loud."]
    before = await at.desk.assemble_post("me", essay)
    assert await at.talk.edit_message("me", 2, "It was  *very* loud.\r\nFor years.")
    assert await at.notes(essay) == ["I left in March.\n\nIt was  *very* loud.\nFor years."]
    assert (await at.desk.version("me", essay, 1)).text == before.text
    assert await at.talk.edit_message("me", 3, "never heard") is None
    assert await at.talk.edit_message("me", 1, "") == MessageChange(essay, 1)
    assert await at.notes(essay) == ["It was  *very* loud.\nFor years."]
    assert await at.talk.edit_message("me", 2, "…") == MessageChange(essay, 1, note_unchanged=True)
    assert await at.talk.edit_message("me", 2, "…") is None
    assert await at.notes(essay) == ["It was  *very* loud.\nFor years."]


async def test_an_answer_without_words_is_kept_and_its_question_stays_open(at: Talking) -> None:
    essay, question = await at.asked()
    await at.talk.add_message("me", 1, "👍")
    with pytest.raises(InvalidInput, match="no words yet"):
        await at.talk.finish_answer("me", essay, question.number)
    assert await at.talk.finish_all_answers("me", essay) == ()
    await at.talk.add_message("me", 2, "It was loud.")
    await at.talk.finish_answer("me", essay, question.number)
    assert await at.notes(essay) == ["👍\n\nIt was loud."]


async def test_a_message_from_a_writer_without_an_essay_creates_one_whose_structure_is_open(at: Talking) -> None:
    """What they wrote waits, and is a note for each message once the first question is put."""
    first = await at.heard(1, "Hello, I changed jobs.")
    second = await at.heard(2, "In May.")
    assert (first.essay_created, second.essay_created, first.essay) == (True, False, second.essay)
    assert await at.desk.notes("me", first.essay) == ()
    await at.desk.change_structure("me", first.essay, at.structure)
    question = await at.interview.next_question("me", first.essay)
    assert question is not None
    await at.talk.set_context("me", first.essay, question.number)
    assert await at.notes(first.essay) == ["Hello, I changed jobs.", "In May."]
    assert await at.talk.edit_message("me", 2, "In June.")
    assert await at.notes(first.essay) == ["Hello, I changed jobs.", "In June."]


async def test_without_an_open_question_a_message_is_a_note_of_its_own(at: Talking) -> None:
    """Also where a text stands already; it is told under no section."""
    essay, question = await at.asked()
    await at.talk.add_message("me", 1, "It was loud.")
    await at.talk.finish_answer("me", essay, question.number)
    await at.desk.assemble_post("me", essay)
    await at.talk.set_context("me", essay, None)
    heard = await at.heard(2, "One more thing.")
    assert (heard.note, heard.question) == (2, None)
    assert (await at.desk.notes("me", essay))[1].section is None
    assert not (await at.heard(2, "One more thing.")).is_new
    assert await at.notes(essay) == ["It was loud.", "One more thing."]


async def test_lines_that_become_notes_stand_once_and_an_answer_is_not_divided(at: Talking, store: SqlStore) -> None:
    first = await at.heard(1, "I left in May.\nThe export service was mine, and nobody else knew how it worked.")
    whole = await at.talk.finish_all_answers("me", first.essay)
    divided = await at.talk.divide_notes("me", first.essay, whole)
    assert [note.text for note in divided] == await at.notes(first.essay)
    assert len(divided) == 2
    (kept,) = await store.read(lambda tx: tx.messages.of_note("me", first.essay, divided[0].number))
    assert kept.text == "I left in May."
    changed = await at.talk.edit_message("me", 1, "I left in June.")
    assert changed is not None
    assert changed.note_detached
    again = await at.talk.edit_message("me", 1, "I left in June.\nThe export service was mine.", is_late=True)
    assert again is None
    (kept,) = await store.read(lambda tx: tx.messages.of_note("me", first.essay, divided[0].number))
    assert kept.text == "I left in May."  # the other line is gone once its note is deleted
    essay, _ = await at.asked()
    await at.talk.add_message("me", 2, "It was loud.")
    await at.talk.add_message("me", 3, "Then it was quiet.")
    answers = await at.talk.finish_all_answers("me", essay)
    assert await at.talk.divide_notes("me", essay, answers) == answers
    assert await at.notes(essay) == ["It was loud.\n\nThen it was quiet."]


async def test_a_message_for_whose_lines_there_is_no_room_stays_one_note(
    tmp_path: Path, structure: Structure, clock: Clock
) -> None:
    opened = SqliteStore(tmp_path / "few.db", None, clock, Quota(WriterLimits(essay_notes=1)))
    at = talking(opened, structure, clock)
    text = "I left in May.\nThe export service was mine, and nobody else knew how it worked."
    first = await at.heard(1, text)
    whole = await at.talk.finish_all_answers("me", first.essay)
    assert await at.talk.divide_notes("me", first.essay, whole) == whole
    assert await at.notes(first.essay) == [text]
    opened.close()


async def test_switching_to_another_essay_finishes_the_current_answer(at: Talking) -> None:
    """What was said before goes to the question it answered; what is said after to what stands there now."""
    old, _ = await at.asked()
    await at.talk.add_message("me", 1, "An answer in the old essay.")
    new, question = await at.asked()
    assert await at.notes(old) == ["An answer in the old essay."]
    assert (await at.heard(2, "And one in the new.")).essay == new
    await at.talk.set_context("me", old, None)
    assert await at.notes(new) == ["And one in the new."]
    assert (await at.interview.asked_questions("me", new))[0].state is QuestionState.ANSWERED
    assert (await at.desk.notes("me", new))[0].question == question.text


async def test_a_question_that_was_answered_elsewhere_takes_no_more_pieces(at: Talking) -> None:
    essay, question = await at.asked()
    await at.talk.add_message("me", 1, "By message.")
    await at.interview.add_answer("me", essay, question, "By form.")
    assert (await at.heard(2, "Too late for it.")).note is not None
    await at.talk.finish_all_answers("me", essay)
    assert sorted(await at.notes(essay)) == ["By form.", "By message.", "Too late for it."]


async def test_a_file_is_notes_under_the_sections_that_its_headings_name(at: Talking) -> None:
    essay, question = await at.asked()
    heard = await at.heard(1, "See the file.")
    page = "# My move\n\n## What I gave up\n\nMy desk.\n"
    assert await at.talk.add_file(heard, "me", 1, 1, page) == StoredFile((1,))
    assert await at.talk.add_file(heard, "me", 1, 1, page) == StoredFile(())
    (note,) = await at.desk.notes("me", essay)
    assert (note.text, note.section) == ("My desk.", "gave-up")
    assert (await at.desk.get_essay("me", essay)).title == "My move"
    assert [piece.question for piece in await at.talk.pending_messages("me", essay)] == [question.number]


async def test_a_message_that_is_no_text_is_refused_and_nothing_is_stored(at: Talking) -> None:
    with pytest.raises(InvalidInput, match="UTF-8"):
        await at.talk.add_message("me", 1, "broken \ud800")
    assert await at.desk.list_essays("me") == ()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("hear"), st.integers(1, 12)),
        st.sampled_from([(step, 0) for step in ("next", "settle", "skip", "ask", "new", "leave", "back", "delete")]),
        st.tuples(st.just("edit"), st.integers(1, 12)),
    ),
    max_size=30,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_after_any_sequence_of_events_every_message_is_stored_once_with_its_last_text(
    steps: list[tuple[str, int]], structure: Structure, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Messages in any order and more than once, edits, Next, Skip, questions, other essays, in any order.

    But for those of an essay that was deleted, of which nothing comes back.
    """
    store = SqliteStore(tmp_path_factory.mktemp("any") / "essays.db", None, clock)
    try:
        at = talking(store, structure, clock)
        said: dict[int, str] = {}
        gone: set[int] = set()
        for turn, (step, message) in enumerate(steps):
            essays = await at.desk.list_essays("me")
            if step == "hear":
                if message not in gone:
                    said.setdefault(message, f"word{message}")
                assert (await at.talk.add_message("me", message, f"word{message}") is None) is (message in gone)
            elif step == "edit":
                if await at.talk.edit_message("me", message, f"edited{message}x{turn}") is not None:
                    said[message] = f"edited{message}x{turn}"
                else:
                    assert message not in said
            elif step == "new" or not essays:
                await at.asked()
            else:
                essay = essays[-1 if step == "back" else 0].id
                question = await at.interview.open_question("me", essay)
                if step == "settle":
                    await at.talk.finish_all_answers("me", essay)
                elif step == "delete":
                    await at.desk.delete_essay("me", essay)
                    words = set(await at.all_words())
                    gone |= {message for message, text in said.items() if text not in words}
                    said = {message: text for message, text in said.items() if text in words}
                elif step == "next" and question is not None:
                    await at.talk.finish_answer("me", essay, question.number)
                elif step == "skip" and question is not None:
                    await at.talk.finish_all_answers("me", essay)
                    if (left := await at.interview.open_question("me", essay)) is not None:
                        await at.interview.skip_question("me", essay, left)
                elif step == "ask":
                    asked = await at.interview.next_question("me", essay)
                    await at.talk.set_context("me", essay, asked.number if asked else None)
                elif step in ("leave", "back"):
                    await at.talk.set_context("me", essay, None)
        assert sorted(await at.all_words()) == sorted(said.values())
        assert all(count_words(text) for text in said.values())
    finally:
        store.close()
