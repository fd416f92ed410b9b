"""How the work of a critique begins and ends: what is refused, what fails, and what is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import InvalidInput, JobRunning, NoModel, NothingToDo, StoreFull, StreamBroken, UnknownCritique
from bot.essay.essay import Origin
from bot.essay.structure import Structure
from bot.services.critiques import MAX_CRITIQUE_WORDS, StoredCritique
from bot.services.jobs.job import Job, JobKind, JobState
from bot.store.jobs import SqlJobs
from tests.joined_services import join_services
from tests.services.conftest import Room
from tests.services.fakes import GONE, Gate, StoredJobs, opinion, says
from tests.services.test_critiques import TEXT, ended, found, of_essay, pasted, remark

pytestmark = pytest.mark.both_databases


async def test_a_text_too_long_or_too_short_is_refused_and_no_model_asked(room: Room) -> None:
    with pytest.raises(InvalidInput, match=r"The text has 10,001 words, and 10,000 can be critiqued at once"):
        await room.criticism.start_text_critique("me", "word " * (MAX_CRITIQUE_WORDS + 1), None, own=True)
    with pytest.raises(InvalidInput, match="The text has 9 words, too few"):
        await room.criticism.start_text_critique("me", "# A heading does not count\n\n" + "word " * 9, None, own=True)
    with pytest.raises(InvalidInput, match="The text has 1 word, too few"):
        await room.criticism.start_text_critique("me", "word", None, own=True)
    with pytest.raises(InvalidInput, match="no UTF-8 text"):
        await room.criticism.start_text_critique("me", TEXT + "\ud83d", None, own=True)
    assert room.models.asked == []
    assert found(await pasted(room, opinion(remark("word word")), "word " * MAX_CRITIQUE_WORDS)).findings


async def test_text_inside_comments_is_not_critiqued(room: Room, structure: Structure) -> None:
    hidden = f"<!--\n{TEXT}\n-->\n\n%% {'word ' * 20} %%\n"
    essay = await room.desk.create_essay("me", structure)

    async def critique_version(text: str, before: int | None) -> int:
        seen = await room.desk.add_version("me", essay.id, before, Origin.IMPORTED, text, 0)
        await room.criticism.start_essay_critique("me", essay.id, seen)
        return seen.info.number

    with pytest.raises(InvalidInput, match=r"nothing but comments, .* Nothing was changed: write the text outside"):
        await room.criticism.start_text_critique("me", hidden, None, own=True)
    with pytest.raises(InvalidInput, match="nothing but comments"):
        await critique_version(hidden, None)
    with pytest.raises(InvalidInput, match="The text has 2 words, too few"):
        await critique_version(f"Two words\n\n{hidden}", 1)
    assert room.models.asked == []


async def test_without_a_model_nothing_is_stored(room: Room, structure: Structure) -> None:
    bare = join_services(room.store, structure, room.clock, lambda: "c").critiques
    with pytest.raises(NoModel):
        await bare.start_text_critique("me", TEXT, None, own=True)
    with pytest.raises(UnknownCritique):
        await bare.get("me", "c")


@pytest.mark.parametrize("of", ["a paste", "an essay"])
async def test_if_the_job_cannot_be_stored_no_critique_is_left_behind(
    room: Room, structure: Structure, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """The writer is told that nothing was begun; and once there is room, the same is critiqued as ever."""
    essay = await room.desk.create_essay("me", structure)
    seen = await room.desk.add_version("me", essay.id, None, Origin.IMPORTED, TEXT, 0)

    def refused(*_: object, **__: object) -> Job:
        raise StoreFull(Path("essays.db"))

    async def begun() -> tuple[StoredCritique, Job]:
        if of == "a paste":
            return await room.criticism.start_text_critique("me", TEXT, None, own=True)
        return await room.criticism.start_essay_critique("me", essay.id, seen)

    with monkeypatch.context() as patched:
        patched.setattr(SqlJobs, "add", refused)
        with pytest.raises(StoreFull):
            await begun()
    rows = "SELECT count(*) FROM critiques"
    assert await room.store.database.run(lambda opened: opened.db.execute(rows).fetchall()) == [(0,)]
    room.models.script(opinion())
    assert (await ended(room, (await begun())[1])).state is JobState.DONE


async def test_a_critique_that_fails_or_is_stopped_keeps_the_text_and_shows_nothing(
    room: Room, structure: Structure
) -> None:
    room.models.script(StreamBroken())
    begun, job = await room.criticism.start_text_critique("me", TEXT, None, own=True)
    assert ((await ended(room, job)).state, job.argument) == (JobState.FAILED, begun.id)
    left = await room.criticism.get("me", begun.id)
    assert (left.text, left.critique) == (TEXT, None)
    with pytest.raises(NothingToDo, match="no such finding"):
        await room.criticism.dismiss_finding("me", begun.id, 0)
    room.models.script(opinion(remark("nobody asked")))
    assert (await ended(room, await room.criticism.retry("me", begun.id))).state is JobState.DONE
    assert len(found(await room.criticism.get("me", begun.id)).findings) == 1
    with pytest.raises(NothingToDo):
        await room.criticism.retry("me", begun.id)
    gate = Gate()
    room.models.script(says('{"remarks": [', gate))
    begun, job = await room.criticism.start_text_critique("me", TEXT, None, own=True)
    await gate.reached()
    stopped = await room.jobs.stop("me", job.id)
    assert (stopped.state, stopped.result) == (JobState.STOPPED, None)


async def test_one_critique_of_an_essay_at_a_time_and_its_last_one_is_found(room: Room, structure: Structure) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("nobody asked")))
    gate = Gate()
    room.models.script(says(gate, error=StreamBroken()))
    essay = critiqued.essay or ""
    _, job = await room.criticism.start_essay_critique("me", essay, seen)
    await gate.reached()
    with pytest.raises(JobRunning, match="A critique of this text"):
        await room.criticism.start_essay_critique("me", essay, seen)
    gate.release()
    await ended(room, job)
    assert await room.criticism.latest("me", essay) == critiqued
    assert await room.criticism.latest("you", essay) is None


async def test_a_critique_left_by_a_killed_process_is_ended_and_its_text_is_kept(room: Room) -> None:
    room.models.script(StreamBroken())
    begun, job = await room.criticism.start_text_critique("me", TEXT, None, own=True)
    await ended(room, job)
    killed = StoredJobs(room.store, GONE)
    left = await killed.add_job("me", begun.id, JobKind.CRITIQUE, None, begun.id, room.clock())
    await room.stored_jobs.append_text({left.id: '{"remarks"'})
    (found_again,) = await room.jobs.open(room.criticism.work_for)
    assert (found_again.state, found_again.result) == (JobState.INTERRUPTED, None)
    assert (await room.criticism.get("me", begun.id)).text == TEXT
