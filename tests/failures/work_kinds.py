"""What a model is used for, one class each: what a good reply is, how it is asked for, and what is there afterwards."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from bot.essay.essay import Origin
from bot.services.jobs.job import Job
from tests.critique_replies import critique_tags, finding_tags
from tests.failures.full_stack import STRUCTURE, Stack

FIRST = "## What I missed\n\nThe build broke on a Tuesday.\n\n"
SECOND = "## What I gave up\n\nMy pay went from 61,000 to 48,500.\n"
DRAFT = FIRST + SECOND
NOTES = ("The build broke on a Tuesday.", "My pay went from 61,000 to 48,500.")


class End(StrEnum):
    """How a work ended, for the person who asked for it."""

    DONE = "done"
    PART = "part"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Found:
    """What is stored afterwards: in words, and whether all that was there before is there to the byte."""

    end: End
    kept: str
    whole: bool


class Work(ABC):
    """One piece of work of one writer, who has nothing else."""

    name: ClassVar[str]
    column: ClassVar[str]
    good: ClassVar[str]
    middle: ClassVar[int]
    done: ClassVar[str]  # what the person is told or shown where nothing failed
    has_form: ClassVar[bool] = False
    is_check: ClassVar[bool] = False

    def __init__(self, stack: Stack, writer: str) -> None:
        self.stack = stack
        self.writer = writer
        self.essay = ""

    async def prepare(self) -> None:
        """What the writer has before. Calls no model."""
        self.essay = (await self.stack.desk.create_essay(self.writer, STRUCTURE)).id
        notes = "\n\n".join(
            f"## {section.heading}\n\n{note}" for section, note in zip(STRUCTURE.sections, NOTES, strict=True)
        )
        await self.stack.desk.add_notes(self.writer, self.essay, notes)

    @abstractmethod
    async def attempt(self) -> str | None:
        """Asks for it, as often as one likes; the sentence that tells of a fault, if one came."""

    @abstractmethod
    async def found(self) -> Found:
        """What is there now."""

    async def notes_are_whole(self) -> bool:
        return [note.text for note in await self.stack.desk.notes(self.writer, self.essay)] == list(NOTES)

    async def texts(self) -> list[tuple[str, bool]]:
        """Every version's text, and whether it is complete."""
        history = await self.stack.desk.versions(self.writer, self.essay)
        found = [await self.stack.desk.version(self.writer, self.essay, info.number) for info in history]
        return [(version.text, version.info.is_complete) for version in found]

    async def is_checked(self) -> bool:
        """Whether each sentence of the current text is judged."""
        check = (await self.stack.checking.current(self.writer, self.essay)).check
        return check.is_checked and not check.unchecked

    async def wait(self, job: Job) -> str | None:
        return (await self.stack.jobs.wait(self.writer, job.id)).error


class Draft(Work):
    name, column, done = "a draft", "draft", "The draft."
    good, middle = DRAFT, 80  # the first section whole, the second begun

    async def attempt(self) -> str | None:
        return await self.wait(await self.stack.writing.start_draft(self.writer, self.essay))

    async def found(self) -> Found:
        texts, whole = await self.texts(), await self.notes_are_whole()
        if not texts:
            return Found(End.NOTHING, "The notes. There is no version yet.", whole)
        ((text, complete),) = texts
        if complete:
            return Found(
                End.DONE, "The notes; version 1, checked.", whole and text == DRAFT and await self.is_checked()
            )
        came = text.strip() == DRAFT[: self.middle].strip() and await self.is_checked()
        return Found(End.PART, "The notes; what came, as version 1, checked, which can be continued.", whole and came)


class Finish(Work):
    name, column, done = "the rest of a draft", "rest", "The draft, complete."
    good, middle = SECOND, 40

    async def prepare(self) -> None:
        await super().prepare()
        broken_off = f"{FIRST}## What I gave"
        await self.stack.desk.add_version(self.writer, self.essay, None, Origin.DRAFTED, broken_off, 2, complete=False)

    async def attempt(self) -> str | None:
        return await self.wait(await self.stack.writing.start_finish(self.writer, self.essay))

    async def found(self) -> Found:
        (before, *after), whole = await self.texts(), await self.notes_are_whole()
        whole = whole and before == (f"{FIRST}## What I gave", False)
        if not after:
            return Found(End.NOTHING, "The notes; the draft as it was, which can still be continued.", whole)
        ((text, complete),) = after
        if complete:
            return Found(
                End.DONE, "The notes; version 2, checked.", whole and text == DRAFT and await self.is_checked()
            )
        came = text.strip() == f"{FIRST}{SECOND[: self.middle]}".strip() and await self.is_checked()
        return Found(End.PART, "The notes; what came, as version 2, checked, which can be continued.", whole and came)


class Revise(Work):
    name, column, done = "a revision", "revision", "The text with the new section."
    good, middle = "<rewrite>The build broke on a Tuesday, and nobody asked.</rewrite>", 29

    async def prepare(self) -> None:
        await super().prepare()
        await self.stack.desk.add_version(self.writer, self.essay, None, Origin.DRAFTED, DRAFT, 2)

    async def attempt(self) -> str | None:
        seen = await self.stack.desk.current_version(self.writer, self.essay)
        return await self.wait(
            await self.stack.writing.start_revision(self.writer, self.essay, seen, 0, "Say who asked.")
        )

    async def found(self) -> Found:
        (before, *after), whole = await self.texts(), await self.notes_are_whole()
        whole = whole and before == (DRAFT, True)
        if not after:
            return Found(End.NOTHING, "The notes; the text as it was.", whole)
        revised = FIRST.replace(NOTES[0], "The build broke on a Tuesday, and nobody asked.") + SECOND
        return Found(
            End.DONE,
            "The notes; version 2, in which every other byte is as it was, checked.",
            whole and after == [(revised, True)] and await self.is_checked(),
        )


class Check(Work):
    name, column, done, has_form, is_check = "a check", "check", "What your notes do not hold.", True, True
    good = json.dumps(
        {
            "sentences": [{"sentence": 1, "notes": [1]}, {"sentence": 3, "notes": [2]}],
            "unsupported": [
                {
                    "sentence": 2,
                    "words": "Nobody minded.",
                    "kind": "feeling",
                    "reason": "No note says what others felt.",
                }
            ],
            "mended": [],
        }
    )
    middle = 60
    text = FIRST.replace("Tuesday.", "Tuesday. Nobody minded.") + SECOND

    async def prepare(self) -> None:
        await super().prepare()
        await self.stack.desk.add_version(self.writer, self.essay, None, Origin.DRAFTED, self.text, 2)

    async def attempt(self) -> str | None:
        planned = await self.stack.checking.plan_check(self.writer, self.essay)
        return await self.wait(await planned.start())

    async def found(self) -> Found:
        found = await self.stack.checking.current(self.writer, self.essay)
        whole = await self.notes_are_whole() and await self.texts() == [(self.text, True)]
        if not found.check.is_checked:
            says_why = bool(found.check.problem) and found.summary.startswith("Not checked against your notes. ")
            return Found(End.NOTHING, "The text, shown as not checked, with the reason.", whole and says_why)
        shown = [passage.words for passage in found.check.open]
        return Found(
            End.DONE,
            "The text; what your notes do not hold of it.",
            whole and shown == ["Nobody minded."] and await self.is_checked(),
        )


class Criticise(Work):
    name, column, done, has_form = "a critique", "critique", "The critique.", True
    good = critique_tags(
        [finding_tags("The build broke", "vague", "grave", "A reader cannot tell who broke it.", question="Who did?")],
        fix_first="Say who broke it.",
        fixes=1,
    )
    middle = 60

    async def prepare(self) -> None:
        await super().prepare()
        await self.stack.desk.add_version(self.writer, self.essay, None, Origin.DRAFTED, DRAFT, 2)

    async def attempt(self) -> str | None:
        seen = await self.stack.desk.current_version(self.writer, self.essay)
        self.begun, job = await self.stack.criticism.start_essay_critique(self.writer, self.essay, seen)
        return await self.wait(job)

    async def found(self) -> Found:
        stored = await self.stack.criticism.get(self.writer, self.begun.id)
        whole = await self.notes_are_whole() and await self.texts() == [(DRAFT, True)] and stored.text == DRAFT
        if stored.critique is None:
            return Found(End.NOTHING, "The text. There are no findings yet.", whole)
        shown = [finding.quotation for finding in stored.critique.findings]
        return Found(End.DONE, "The text; the critique.", whole and shown == ["The build broke"])


class Place(Work):
    name, column, done, has_form = "sorting notes", "sorting", "The notes under their sections.", True
    good, middle = '{"placements": [{"note": 1, "section": "missed"}, {"note": 2, "section": "gave-up"}]}', 40

    async def prepare(self) -> None:
        self.essay = (await self.stack.desk.create_essay(self.writer, STRUCTURE)).id

    async def attempt(self) -> str | None:
        interview = self.stack.interview
        if await self.stack.desk.notes(self.writer, self.essay):
            return (await interview.place_notes(self.writer, self.essay)).notice
        return (await interview.add_notes(self.writer, self.essay, "\n\n".join(NOTES))).notice

    async def found(self) -> Found:
        placed = [note.section for note in await self.stack.desk.notes(self.writer, self.essay)]
        whole = await self.notes_are_whole()
        if placed == [None, None]:
            return Found(End.NOTHING, "The notes, under no section; they can be sorted later.", whole)
        return Found(End.DONE, "The notes, each under its section.", whole and placed == ["missed", "gave-up"])


class Ask(Work):
    name, column, done, has_form = "the next question", "question", "The question that the model chose.", True
    good, middle = '{"sections": [], "section": "missed", "question": "Who broke it?"}', 40

    async def prepare(self) -> None:
        self.essay = (await self.stack.desk.create_essay(self.writer, STRUCTURE)).id
        await self.stack.interview.next_question(self.writer, self.essay)

    async def attempt(self) -> str | None:
        interview = self.stack.interview
        question = await interview.open_question(self.writer, self.essay)
        assert question is not None
        self.said = NOTES[0] if question.number == 1 else NOTES[1]
        await interview.add_answer(self.writer, self.essay, question, self.said)
        self.step = await interview.next_step(self.writer, self.essay)
        return self.step.notice

    async def found(self) -> Found:
        notes = await self.stack.desk.notes(self.writer, self.essay)
        whole = notes[-1].text == self.said
        assert self.step.question is not None
        if self.step.question.text == "What did it cost?":
            return Found(End.NOTHING, "The answer. The structure's next question is put at once.", whole)
        return Found(End.DONE, "The answer; the question.", whole and self.step.question.text == "Who broke it?")


WORKS: tuple[type[Work], ...] = (Draft, Finish, Revise, Check, Criticise, Place, Ask)
