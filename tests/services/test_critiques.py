"""Critiques: what a critic says is shown only where the text bears it out, and what it offers only where it is true."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import NothingToDo, UnknownCritique
from bot.essay.critique import MAX_FINDINGS, Category, CoverageLevel, Critique, Severity
from bot.essay.essay import Origin, Version
from bot.essay.structure import Structure
from bot.services.critiques import Decision, StoredCritique
from bot.services.jobs.job import Job, JobKind, JobState
from bot.services.llm_ports import RawCoverage, RawCritique, RawFinding, RawStrength
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, opinion

TEXT = (
    "## What I missed\n\nIt was very good work — “the best”, they said. I left in *May*, with 14 others.\n\n"
    "## What I gave up\n\nIt was very good work too. The pay was 4,000 euros less, and nobody asked.\n"
)


def remark(
    quotation: str,
    severity: Severity = Severity.SERIOUS,
    replacement: str | None = None,
    question: str | None = None,
    category: Category = Category.VAGUE,
) -> RawFinding:
    return RawFinding(quotation, category, severity, "A reader cannot picture it.", replacement, question)


async def ended(room: Room, job: Job) -> Job:
    async with asyncio.timeout(PATIENCE):
        return await room.jobs.wait(job.writer, job.id)


async def pasted(room: Room, said: RawCritique, text: str = TEXT, *, own: bool = True) -> StoredCritique:
    room.models.script(said)
    begun, job = await room.criticism.start_text_critique("me", text, None, own=own)
    assert (await ended(room, job)).state is JobState.DONE
    return await room.criticism.get("me", begun.id)


async def of_essay(room: Room, structure: Structure, said: RawCritique) -> tuple[StoredCritique, Version]:
    essay = await room.desk.create_essay("me", structure)
    seen = await room.desk.add_version("me", essay.id, None, Origin.IMPORTED, TEXT, 0)
    room.models.script(said)
    begun, job = await room.criticism.start_essay_critique("me", essay.id, seen)
    assert (job.kind, job.subject, (await ended(room, job)).state) == (JobKind.CRITIQUE, essay.id, JobState.DONE)
    return await room.criticism.get("me", begun.id), seen


def found(critiqued: StoredCritique) -> Critique:
    assert critiqued.critique is not None
    return critiqued.critique


async def test_at_most_seven_findings_are_shown_gravest_first_and_the_rest_counted(room: Room) -> None:
    words = ["very good work", "the best", "they said", "I left", "14 others", "The pay", "4,000 euros", "nobody asked"]
    kinds = [Severity.MINOR, Severity.SERIOUS, Severity.GRAVE, Severity.MINOR] * 2
    said = opinion(*(remark(quotation, kind) for quotation, kind in zip(words, kinds, strict=True)))
    critique = found(await pasted(room, said))
    assert [finding.severity for finding in critique.findings] == [
        *[Severity.GRAVE] * 2,
        *[Severity.SERIOUS] * 2,
        *[Severity.MINOR] * 3,
    ]
    assert [finding.quotation for finding in critique.findings[:2]] == ["they said", "4,000 euros"]
    assert (len(critique.findings), critique.held_back, critique.dropped) == (MAX_FINDINGS, 1, 0)
    assert critique.model == "a-model"


async def test_a_finding_whose_quotation_is_not_in_the_text_is_dropped_and_counted(room: Room) -> None:
    said = opinion(
        remark("It was a journey of growth", Severity.GRAVE),
        remark("nobody asked"),
        remark("nobody asked", question="Who should have?"),
        praise=[RawStrength("14 others", "A number."), RawStrength("a vivid opening scene", "No such thing.")],
    )
    critique = found(await pasted(room, said))
    assert [finding.quotation for finding in critique.findings] == ["nobody asked"]
    assert [strength.quotation for strength in critique.strengths] == ["14 others"]
    assert (critique.dropped, critique.repeated) == (2, 1)
    assert [one.span.extract(TEXT) for one in critique.findings] == ["nobody asked"]
    assert [one.span.extract(TEXT) for one in critique.strengths] == ["14 others"]


async def test_a_quotation_with_other_punctuation_marks_is_shown_as_the_text_has_it(room: Room) -> None:
    critique = found(await pasted(room, opinion(remark('work - "the best",  they said'), remark("I left in May"))))
    assert [finding.quotation for finding in critique.findings] == ["work — “the best”, they said", "I left in *May"]


async def test_without_a_finding_there_is_nothing_to_fix_first(room: Room) -> None:
    critique = found(await pasted(room, opinion(remark("nowhere to be seen"), fix_first="The opening.")))
    assert (critique.fix_first, critique.findings, critique.dropped) == ("", (), 1)
    assert found(await pasted(room, opinion(remark("nobody asked"), fix_first="Who?"))).fix_first == "Who?"


async def test_a_replacement_that_adds_facts_is_removed(room: Room) -> None:
    said = opinion(
        remark("nobody asked", replacement="nobody of the 12 asked"),
        remark("very good work", replacement="work that Maria praised"),
        remark("The pay", replacement="The pay in 2019"),
        remark("they said", replacement='they said "go"'),
        remark("I left", replacement="I left"),
        remark("14 others", replacement="fourteen others", question=None),
        remark("4,000 euros", replacement="€4,000 a year", question="A year?"),
    )
    critique = found(await pasted(room, said))
    assert {finding.quotation: finding.replacement for finding in critique.findings} == {
        "nobody asked": None,
        "very good work": None,
        "The pay": None,
        "they said": None,
        "I left": None,
        "14 others": "fourteen others",
        "4,000 euros": "€4,000 a year",
    }
    assert [finding.question for finding in critique.findings] == [
        "What is the exact number here?",
        "Who or what was it, by name?",
        "When exactly was it?",
        "What was said there, as near as you remember the words?",
        "What happened there, and to whom, the one time you remember best?",
        None,
        None,
    ]


async def test_a_replacement_may_use_what_a_note_holds(room: Room, structure: Structure) -> None:
    essay = await room.essay_with_notes(structure)
    post = await room.desk.assemble_post("me", essay)
    room.models.script(opinion(remark("one room", replacement="one room, said Anna")))
    begun, job = await room.criticism.start_essay_critique("me", essay, post)
    await ended(room, job)
    assert found(await room.criticism.get("me", begun.id)).findings[0].replacement == "one room, said Anna"


async def test_the_critic_is_given_measures_and_structure_but_never_the_writers_identity(
    room: Room, structure: Structure
) -> None:
    sections = [
        RawCoverage("missed", CoverageLevel.YES, "Done."),
        RawCoverage("elsewhere", CoverageLevel.NO, "Not a section."),
        RawCoverage("gave-up", CoverageLevel.THIN, "One number."),
    ]
    critiqued, _ = await of_essay(room, structure, opinion(remark("nobody asked"), sections=sections))
    assert [(one.section, one.covered) for one in found(critiqued).coverage] == [
        ("missed", CoverageLevel.YES),
        ("gave-up", CoverageLevel.THIN),
    ]
    (asked,) = room.models.asked
    assert (asked.given["text"], asked.given["structure"]) == (TEXT, structure)
    assert all(isinstance(fact, str) and fact for fact in asked.given["measured"])
    assert found(await pasted(room, opinion(remark("nobody asked"), sections=sections))).coverage == ()


async def test_applying_a_suggestion_makes_a_version_and_the_other_findings_still_match(
    room: Room, structure: Structure
) -> None:
    """The same words stand twice: changing the first must not lead the second finding astray, nor the other way."""
    said = opinion(
        remark("It was very good work —", Severity.GRAVE, "We shipped on time —"),
        remark("It was very good work too", Severity.SERIOUS, "The new work was good too"),
        remark("nobody asked", Severity.MINOR, "nobody ever asked me"),
    )
    critiqued, seen = await of_essay(room, structure, said)
    first = await room.criticism.apply_finding("me", critiqued.id, 0, seen)
    second = await room.criticism.apply_finding("me", critiqued.id, 1, first)
    third = await room.criticism.apply_finding("me", critiqued.id, 2, second)
    assert third.text == TEXT.replace("It was very good work —", "We shipped on time —").replace(
        "It was very good work too", "The new work was good too"
    ).replace("nobody asked", "nobody ever asked me")
    assert (third.info.origin, third.info.parent, third.info.model) == (
        Origin.SUGGESTION,
        second.info.number,
        "a-model",
    )
    assert critiqued.essay is not None
    assert await room.desk.current_version("me", critiqued.essay) == third
    assert (await room.criticism.get("me", critiqued.id)).decisions == dict.fromkeys(range(3), Decision.APPLIED)


async def test_a_suggestion_for_a_changed_passage_is_not_applied_to_the_same_words_elsewhere(
    room: Room, structure: Structure
) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("very good", replacement="fair")))
    edited = await room.desk.edit_text("me", critiqued.essay or "", seen, TEXT.replace("very good", "plain", 1))
    with pytest.raises(NothingToDo, match="have changed"):
        await room.criticism.apply_finding("me", critiqued.id, 0, edited.version)
    after = TEXT.replace("very good work too", "hard work too")
    edited = await room.desk.edit_text("me", critiqued.essay or "", seen, after)
    applied = await room.criticism.apply_finding("me", critiqued.id, 0, edited.version)
    assert applied.text == after.replace("very good", "fair")


async def test_a_suggestion_whose_replacement_contains_the_quotation_is_not_applied_twice(
    room: Room, structure: Structure
) -> None:
    said = opinion(remark("nobody asked", replacement="nobody asked me"))
    critiqued, seen = await of_essay(room, structure, said)
    once = await room.criticism.apply_finding("me", critiqued.id, 0, seen)
    with pytest.raises(NothingToDo):
        await room.criticism.apply_finding("me", critiqued.id, 0, once)
    undone = await room.desk.undo("me", critiqued.essay or "")
    again = await room.criticism.apply_finding("me", critiqued.id, 0, undone)
    assert again.text == once.text


async def test_a_suggestion_is_applied_after_a_nearby_edit_if_its_quotation_is_still_unique(
    room: Room, structure: Structure
) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("asked", replacement="wondered")))
    edited = await room.desk.edit_text(
        "me", critiqued.essay or "", seen, TEXT.replace("nobody asked.", "nobody asked!")
    )
    assert (await room.criticism.apply_finding("me", critiqued.id, 0, edited.version)).text.endswith(
        "nobody wondered!\n"
    )


async def test_a_finding_without_replacement_on_a_paste_or_unknown_cannot_be_applied(
    room: Room, structure: Structure
) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("nobody asked", question="Who?")))
    with pytest.raises(NothingToDo, match="no wording to apply"):
        await room.criticism.apply_finding("me", critiqued.id, 0, seen)
    for index in (-1, 1):
        with pytest.raises(NothingToDo, match="no such finding"):
            await room.criticism.apply_finding("me", critiqued.id, index, seen)
    paste = await pasted(room, opinion(remark("nobody asked", replacement="no one did")))
    with pytest.raises(NothingToDo, match="no wording to apply"):
        await room.criticism.apply_finding("me", paste.id, 0, seen)


async def test_a_finding_can_be_dismissed(room: Room) -> None:
    critiqued = await pasted(room, opinion(remark("nobody asked"), remark("they said")))
    await room.criticism.dismiss_finding("me", critiqued.id, 1)
    assert (await room.criticism.get("me", critiqued.id)).decisions == {1: Decision.DISMISSED}
    with pytest.raises(NothingToDo):
        await room.criticism.dismiss_finding("me", critiqued.id, 2)


async def test_only_the_writers_own_pasted_text_can_become_an_essay(room: Room, structure: Structure) -> None:
    text = f"---\ntitle: Leaving\n---\n\n{TEXT}"
    mine = await pasted(room, opinion(remark("nobody asked", replacement="no one did")), text)
    assert (mine.title, mine.text) == ("Leaving", TEXT)
    essay = await room.criticism.create_essay("me", mine.id, structure)
    version = await room.desk.current_version("me", essay)
    assert (version.text, version.info.origin, (await room.desk.get_essay("me", essay)).title) == (
        TEXT,
        Origin.IMPORTED,
        "Leaving",
    )
    applied = await room.criticism.apply_finding("me", mine.id, 0, version)
    assert applied.text == TEXT.replace("nobody asked", "no one did")
    assert (await room.desk.current_version("me", essay)) == applied
    theirs = await pasted(room, opinion(remark("nobody asked")), own=False)
    with pytest.raises(NothingToDo, match="pasted yourself"):
        await room.criticism.create_essay("me", theirs.id, structure)
    of_mine, _ = await of_essay(room, structure, opinion(remark("nobody asked")))
    with pytest.raises(NothingToDo, match="pasted yourself"):
        await room.criticism.create_essay("me", of_mine.id, structure)


async def test_a_stranger_cannot_see_another_writers_critique(room: Room, structure: Structure) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("nobody asked", replacement="no one did")))
    mine = room.criticism
    for asking in (
        mine.get("you", critiqued.id),
        mine.apply_finding("you", critiqued.id, 0, seen),
        mine.dismiss_finding("you", critiqued.id, 0),
        mine.create_essay("you", critiqued.id, structure),
        mine.get("me", "another"),
    ):
        with pytest.raises(UnknownCritique):
            await asking
    assert (await mine.get("me", critiqued.id)).decisions == {}
