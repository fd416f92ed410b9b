"""Critiques: what a critic says is shown only where the text bears it out, and what it offers only where it is true."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.errors import InvalidInput, NothingToDo, UnknownCritique
from bot.essay.critique import (
    Category,
    CoverageLevel,
    Critique,
    EarlierState,
    Severity,
    cut_words,
    describe_outcome,
)
from bot.essay.diff import find_moved_span
from bot.essay.essay import Origin, Version
from bot.essay.structure import Structure
from bot.essay.text.spans import Span
from bot.services.critiques import Decision, StoredCritique
from bot.services.jobs.job import Job, JobKind, JobState
from bot.services.llm_ports import RawCoverage, RawCritique, RawFinding, RawStrength
from tests.services.conftest import Room
from tests.services.fakes import PATIENCE, opinion, says

pytestmark = pytest.mark.both_databases

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


async def test_all_findings_are_kept_gravest_first(room: Room) -> None:
    words = ["very good work", "the best", "they said", "I left", "14 others", "The pay", "4,000 euros", "nobody asked"]
    kinds = [Severity.MINOR, Severity.SERIOUS, Severity.GRAVE, Severity.MINOR] * 2
    said = opinion(*(remark(quotation, kind) for quotation, kind in zip(words, kinds, strict=True)))
    critique = found(await pasted(room, said))
    assert [finding.severity for finding in critique.findings] == [
        *[Severity.GRAVE] * 2,
        *[Severity.SERIOUS] * 2,
        *[Severity.MINOR] * 4,
    ]
    assert [finding.quotation for finding in critique.findings[:2]] == ["they said", "4,000 euros"]
    assert (len(critique.findings), critique.held_back, critique.dropped) == (8, 0, 0)
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


async def test_a_replacement_that_adds_a_number_or_quotation_is_removed_and_no_question_put_in_its_place(
    room: Room,
) -> None:
    """A name is no such fact: letters cannot tell it from another word, and the check of the new version can."""
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
        "very good work": "work that Maria praised",
        "The pay": None,
        "they said": None,
        "I left": None,
        "14 others": "fourteen others",
        "4,000 euros": "€4,000 a year",
    }
    assert all(finding.question is None for finding in critique.findings)
    assert (critique.stripped, critique.reworded) == (3, 0)


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


async def test_a_section_that_a_suggestion_changed_is_not_written_anew(room: Room, structure: Structure) -> None:
    """A section that was still to be written counts as written once the writer has put something into it."""
    essay = await room.essay_with_notes(structure)
    room.models.script(
        says("## What I missed\n\nIt was very good work, and I would do it again for half the pay", cut=True)
    )
    await ended(room, await room.writing.start_draft("me", essay))
    seen = await room.desk.current_version("me", essay)
    assert seen.info.unwritten == ("missed", "gave-up")
    room.models.script(opinion(remark("very good work", Severity.GRAVE, "a press that ran")))
    begun, job = await room.criticism.start_essay_critique("me", essay, seen)
    await ended(room, job)
    applied = await room.criticism.apply_finding("me", begun.id, 0, seen)
    assert "It was a press that ran, and I" in applied.text
    assert applied.info.unwritten == ("gave-up",)


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


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        ("It was good, really good. So it goes.\n", "So it goes.", "It was good, really good.\n"),
        ("So it goes. It was good.\n", "So it goes.", "It was good.\n"),
        ("It was really very good.", "really very", "It was good."),
        ("It was good, they said, and left.", ", they said", "It was good, and left."),
        ("One.\n\nTwo.\n\nThree.\n", "Two.", "One.\n\nThree.\n"),
        ("One. Two.\n\nThree. Four.\n", "Two.\n\nThree.", "One.\n\nFour.\n"),
        ("It was *so* good.", "so", "It was good."),
        ("It was (they said) good.", "they said", "It was good."),
        ("- one\n- two\n- three\n", "two", "- one\n- three\n"),
        ("## Head\n\nText.\n", "Head", "Text.\n"),
        ("All of it.\n", "All of it.", ""),
        ("## Head\n\nI was happy. I left.\n", "I was happy", "## Head\n\nI left.\n"),
        ("One.\n\nI was happy. I left.\n", "I was happy", "One.\n\nI left.\n"),
        ("I left. I was happy. I wept.\n", "I was happy", "I left. I wept.\n"),
        ("I left. “I was happy.” I wept.\n", "I was happy", "I left. I wept.\n"),
        ("We left, to be honest, quite late.\n", "to be honest", "We left, quite late.\n"),
        ("We left, to be honest, quite late.\n", ", to be honest,", "We left quite late.\n"),
        ("We left — to be honest — quite late.\n", "to be honest", "We left — quite late.\n"),
        ("We left—to be honest—quite late.\n", "—to be honest—", "We left quite late.\n"),
        ("We left late, they said.\n", "they said", "We left late.\n"),
        ("To be honest, we left.\n", "To be honest", "we left.\n"),
        ("~~very strong~~ and left.\n", "very strong", "and left.\n"),
        ("It was `very strong` and left.\n", "very strong", "It was and left.\n"),
        ("It was [very strong](https://a.example) wine.\n", "very strong", "It was wine.\n"),
        ("I left in *May*, and wept.\n", "in *May", "I left, and wept.\n"),
        ("- Top\n  - one here\n  - two here\n", "one here", "- Top\n  - two here\n"),
        ("One.\n\nTwo.\n\n    code\n", "Two.", "One.\n\n    code\n"),
        ("1. Top\n\n   Two.\n\n   Three.\n\n2. Next\n", "Two.", "1. Top\n\n   Three.\n\n2. Next\n"),
        ("My title\n=====\n\nText.\n", "My title", "Text.\n"),
        ("| a | b |\n|---|---|\n| one | two |\n", "two", "| a | b |\n|---|---|\n| one |  |\n"),
        ("- one\n\nTwo:\n\n- three\n", "Two:", "- one\n\n- three\n"),
    ],
)
def test_words_are_taken_out_with_what_would_be_left_of_them(text: str, words: str, left: str) -> None:
    at = text.index(words)
    assert cut_words(text, Span(at, at + len(words))) == left


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- Top\n  - one here\n", "Top"),
        ("| a | b |\n|---|---|\n| one | two |\n", "one | two"),
        ("one | two\n---|---\nthree | four\n", "three"),
        ("- one\n\nTwo.\n\n    code\n", "Two."),
        ("They sold 2. 3 were left.\n\nHonestly - no.\n", "Honestly"),
        ("One is here.\nTwo is here.\n---\n", "One is here."),
    ],
)
def test_words_that_hold_what_stands_beside_them_are_not_taken_out(text: str, words: str) -> None:
    at = text.index(words)
    with pytest.raises(NothingToDo, match=r"edit the text yourself. Nothing was changed\.$"):
        cut_words(text, Span(at, at + len(words)))


async def test_a_cut_that_would_change_a_list_changes_nothing_and_the_finding_stays(
    room: Room, structure: Structure
) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(replace(remark("nobody asked"), is_cut=True)))
    text = TEXT.replace("It was very good work too. The pay", "- The pay").replace(
        "The pay was 4,000 euros less, and nobody asked.", "nobody asked\n  - The pay was less."
    )
    edited = await room.desk.edit_text("me", critiqued.essay or "", seen, text)
    with pytest.raises(NothingToDo, match="such as a list"):
        await room.criticism.apply_finding("me", critiqued.id, 0, edited.version)
    assert not (await room.criticism.get("me", critiqued.id)).decisions


async def test_a_paragraph_is_taken_out_and_the_findings_beside_it_still_match(
    room: Room, structure: Structure
) -> None:
    said = opinion(
        replace(remark("The pay was 4,000 euros less, and nobody asked.", Severity.GRAVE), is_cut=True),
        remark("work too.", replacement="work once."),
        replace(remark("It was very good work — … with 14 others."), is_cut=True),
    )
    critiqued, seen = await of_essay(room, structure, said)
    first = await room.criticism.apply_finding("me", critiqued.id, 0, seen)
    assert first.text == TEXT.replace(" The pay was 4,000 euros less, and nobody asked.", "")
    second = await room.criticism.apply_finding("me", critiqued.id, 1, first)
    third = await room.criticism.apply_finding("me", critiqued.id, 2, second)
    assert third.text == "## What I missed\n\n## What I gave up\n\nIt was very good work once.\n"
    with pytest.raises(NothingToDo, match="have changed"):
        await room.criticism.apply_finding("me", critiqued.id, 0, third)


async def test_the_whole_text_is_never_taken_out(room: Room, structure: Structure) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(replace(remark(TEXT.strip()), is_cut=True)))
    with pytest.raises(NothingToDo, match="all of the text"):
        await room.criticism.apply_finding("me", critiqued.id, 0, seen)


async def test_a_critic_that_marks_every_word_is_kept_whole_and_in_time(room: Room, structure: Structure) -> None:
    words = [f"word{number} word{number + 1}" for number in range(600)]
    text = "## What I missed\n\n" + " ".join(f"word{number}" for number in range(601))
    said = opinion(*(remark(two, question=f"Who was “{two}”?") for two in words), remark("word9 word7"))
    critique = found(await pasted(room, said, text))
    assert (len(critique.findings), critique.dropped) == (600, 1)
    assert critique.overlapping(1) == (0, 2)


@pytest.mark.parametrize(
    ("old", "new", "words", "at"),
    [
        ("so good, so bad, so what", "so good, so glad, so what", "so", 0),
        ("(very) good and (very) bad", "(very good) and (very) bad", "very", 1),
        ("a—very—good—very—bad", "a—quite—good—very—bad", "good", 8),
        ("It was fine, very fine.", "It was fine,very fine.", "very fine.", 12),
        ("one two two", "one two", "two", 4),
    ],
)
def test_words_beside_a_changed_letter_are_found_where_they_are(old: str, new: str, words: str, at: int) -> None:
    start = old.index(words)
    assert find_moved_span(old, new, Span(start, start + len(words))) == Span(at, at + len(words))


async def test_an_answer_to_a_findings_question_becomes_a_note_of_its_section(room: Room, structure: Structure) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("nobody asked", question="Who should have?")))
    answer = await room.criticism.answer_finding("me", critiqued.id, 0, "\nAnna, on the Monday.\n", seen)
    assert (answer.section, answer.passage, answer.can_be_worked_in) == ("gave-up", "nobody asked", True)
    note = await room.desk.note("me", answer.essay, answer.note.number)
    assert (note.text, note.question, note.section) == ("Anna, on the Monday.", "Who should have?", "gave-up")
    assert (await room.criticism.get("me", critiqued.id)).decisions == {0: Decision.ANSWERED}
    again = await room.criticism.answer_finding("me", critiqued.id, 0, "Anna, on the Monday.", seen)
    assert again.note == note  # the second of two forms
    assert len(await room.desk.notes("me", answer.essay)) == 1
    private = await room.criticism.answer_finding("me", critiqued.id, 0, "[private] Anna, who was asleep.", seen)
    assert private.note.is_private
    assert (private.can_be_worked_in, "private" in private.describe(with_model=True)) == (False, True)
    edited = await room.desk.edit_text("me", answer.essay, seen, TEXT.replace("nobody asked", "they asked"))
    gone = await room.criticism.answer_finding("me", critiqued.id, 0, "Anna.", edited.version)
    assert (gone.passage, gone.can_be_worked_in) == (None, False)
    assert "have changed" in gone.describe(with_model=True)
    for typed in (" ", "\u200b"):
        with pytest.raises(InvalidInput):
            await room.criticism.answer_finding("me", critiqued.id, 0, typed, seen)
    paste = await pasted(room, opinion(remark("nobody asked", question="Who?")))
    with pytest.raises(NothingToDo, match="asks nothing"):
        await room.criticism.answer_finding("me", paste.id, 0, "Anna.", seen)
    assert len(await room.desk.notes("me", answer.essay)) == 3


async def test_a_second_critique_says_of_each_earlier_finding_what_became_of_it(
    room: Room, structure: Structure
) -> None:
    said = opinion(
        remark("nobody asked", Severity.GRAVE, "no one asked"),
        remark("they said"),
        remark("The pay", question="How much?"),
        remark("with 14 others"),
    )
    critiqued, seen = await of_essay(room, structure, said)
    essay = critiqued.essay or ""
    after = await room.criticism.apply_finding("me", critiqued.id, 0, seen)
    await room.criticism.dismiss_finding("me", critiqued.id, 3)
    await room.desk.add_notes("me", essay, "[private] They said it was the end of the road for all of us.")
    room.models.script(opinion(remark("very good work"), remark("with 14 others"), hold=[1]))
    begun, job = await room.criticism.start_essay_critique("me", essay, after)
    assert (await ended(room, job)).state is JobState.DONE
    told = room.models.asked[-1].given["earlier"]
    assert [("they said" in one, "The pay" in one, "set this aside" in one) for one in told] == [
        (True, False, False),
        (False, True, False),
        (False, False, True),
    ]
    critique = found(await room.criticism.get("me", begun.id))
    assert [(one.quotation, one.state) for one in critique.earlier] == [
        ("nobody asked", EarlierState.FIXED),
        ("they said", EarlierState.STILL_THERE),
        ("The pay", EarlierState.SETTLED),
        ("with 14 others", EarlierState.DISMISSED),
    ]
    assert [(one.quotation, one.is_earlier) for one in critique.findings] == [
        ("they said", True),
        ("very good work", False),
    ]


async def test_a_dismissed_finding_stays_dismissed_through_later_critiques_while_its_words_stand(
    room: Room, structure: Structure
) -> None:
    critiqued, seen = await of_essay(room, structure, opinion(remark("nobody asked"), remark("The pay")))
    essay = critiqued.essay or ""
    await room.criticism.dismiss_finding("me", critiqued.id, 0)
    states = []
    for text in (
        TEXT.replace("very good work too", "good work too"),
        TEXT.replace("very good", "good"),
        TEXT.replace("nobody asked", "no one asked"),
        TEXT,
    ):
        seen = (await room.desk.edit_text("me", essay, seen, text)).version
        room.models.script(opinion(remark("nobody asked")))
        begun, job = await room.criticism.start_essay_critique("me", essay, seen)
        assert (await ended(room, job)).state is JobState.DONE
        critique = found(await room.criticism.get("me", begun.id))
        states.append(next((one.state for one in critique.earlier if "asked" in one.quotation), None))
        assert [one.quotation for one in critique.findings] == (["nobody asked"] if states[-1] is None else [])
    assert states == [EarlierState.DISMISSED, EarlierState.DISMISSED, EarlierState.FIXED, None]


async def test_a_finding_that_tells_of_what_is_private_now_is_not_sent_again(room: Room, structure: Structure) -> None:
    telling = replace(remark("they said"), effect="A reader asks why the ward was closed for the winter that year.")
    critiqued, seen = await of_essay(room, structure, opinion(telling, remark("The pay")))
    await room.desk.add_notes("me", critiqued.essay or "", "[private] The ward was closed for the winter that year.")
    room.models.script(opinion(hold=[1, 2]))
    _, job = await room.criticism.start_essay_critique("me", critiqued.essay or "", seen)
    await ended(room, job)
    assert len(room.models.asked[-1].given["earlier"]) == 1
    assert "ward" not in room.models.asked[-1]


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


async def test_the_critic_of_an_essay_is_given_its_notes_and_the_draft_that_its_revisions_were_given(
    room: Room, structure: Structure
) -> None:
    essay = await room.desk.create_essay("me", structure)
    await room.desk.add_notes("me", essay.id, "Maria did not ask.\n\n[private] Joe lied.")
    drafted = await room.desk.add_version("me", essay.id, None, Origin.DRAFTED, TEXT, 1)
    text = TEXT.replace("nobody asked", "nobody asked me")
    seen = await room.desk.add_version("me", essay.id, drafted.info.number, Origin.EDITED, text, 1)
    finding = remark("nobody asked me", replacement="“Maria did not ask”")
    room.models.script(opinion(finding), opinion(finding))
    begun, job = await room.criticism.start_essay_critique("me", essay.id, seen)
    await ended(room, job)
    _, job = await room.criticism.start_text_critique("me", text, None, own=True)
    await ended(room, job)
    asked, of_pasted = [one.given for one in room.models.asked if one.what == "critique"]
    assert [note.text for note in asked["notes"]] == ["Maria did not ask."]
    assert (asked["essay"], asked["base"], asked["text"]) == (essay.id, TEXT, text)
    assert "notes" not in of_pasted
    assert found(await room.criticism.get("me", begun.id)).findings[0].replacement == "“Maria did not ask”"


async def test_a_critique_that_broke_off_says_so_and_not_that_nothing_grave_was_found(room: Room) -> None:
    said = replace(opinion(remark("nobody asked", Severity.MINOR)), is_cut_off=True)
    critique = found(await pasted(room, said))
    assert critique.is_cut_off
    assert (
        describe_outcome(critique) == "The critique broke off: there may be more to find, which asking again may bring."
    )
    assert describe_outcome(replace(critique, is_cut_off=False)).startswith("Nothing grave was found")


async def test_a_critique_without_a_finding_says_whether_the_editor_had_none_or_none_could_be_shown(room: Room) -> None:
    none = found(await pasted(room, opinion()))
    unseen = found(await pasted(room, opinion(remark("words of another text", Severity.GRAVE))))
    assert describe_outcome(none) == "The editor found nothing to object to."
    assert describe_outcome(unseen) == "No finding could be shown; why is said below."
    assert describe_outcome(replace(none, is_cut_off=True)).startswith("The critique broke off")
