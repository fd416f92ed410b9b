"""The works in which a model writes: a draft, what a draft cut short lacks, one section anew. Each is one job's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from bot.errors import BadReply, NothingToDo
from bot.essay.essay import Origin, Version
from bot.essay.replies.pictures import without_pictures
from bot.essay.replies.reply import is_no_post
from bot.essay.replies.unfinished import Unfinished
from bot.essay.text.importing import cut_comments
from bot.essay.text.sections import replace_body, split
from bot.essay.text.words import count_words
from bot.workflow.aside import aside, read_aside
from bot.workflow.material import Material, Workbench
from bot.workflow.models import Written
from bot.workflow.work import Report


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft of the whole post. ``draft`` is what is there of it, of which a new one has nothing yet."""

    bench: Workbench
    material: Material
    parent: int | None
    draft: Unfinished

    async def run(self, report: Report) -> int | None:
        material = self.material
        now = await self.bench.still(material, text=self.draft.text, title=material.essay.title)
        if not now.notes:
            raise NothingToDo.no_notes()
        written = await replace(self, material=now)._asked(report)
        return await self._add(written.text, cut=written.cut, model=written.model) or _beside_the_point()

    async def keep(self, text: str) -> int | None:
        if not count_words(text) or is_no_post(text, self.material.structure, self.draft.keys):
            return None
        return await self._add(text, cut=True, model=None)

    async def at_most(self) -> int:
        material = self.material
        return self.bench.models.drafter.draft_at_most(material.structure, material.essay.title, material.notes)

    async def _asked(self, report: Report) -> Written:
        material = self.material
        return await self.bench.models.drafter.draft(
            material.essay.writer, material.structure, material.essay.title, material.notes, report
        )

    @property
    def _noted(self) -> frozenset[str]:
        """The sections that must not be left out. A draft of the whole may leave any open: it shows what is missing."""
        return frozenset()

    async def _add(self, reply: str, *, cut: bool, model: str | None) -> int | None:
        """Stores what stood with the reply; None where that holds nothing of what was asked for."""
        material = self.material
        given = [*(note.text for note in material.notes), self.draft.text]
        joined = await aside(self.draft.joined, without_pictures(reply, given), cut=cut, noted=self._noted, given=given)
        if joined is None:
            return None
        return await self.bench.add(
            material.essay,
            self.parent,
            Origin.DRAFTED,
            joined.text,
            through=material.through,
            complete=joined.complete,
            model=model,
        )


@dataclass(frozen=True, slots=True)
class Finish(Draft):
    """The sections that a draft cut short still lacks."""

    async def at_most(self) -> int:
        material, draft = self.material, self.draft
        return self.bench.models.drafter.finish_at_most(
            material.structure, material.essay.title, material.notes, draft.done, draft.keys
        )

    async def _asked(self, report: Report) -> Written:
        material, draft = self.material, self.draft
        return await self.bench.models.drafter.finish(
            material.essay.writer,
            material.structure,
            material.essay.title,
            material.notes,
            draft.done,
            draft.keys,
            report,
        )

    @property
    def _noted(self) -> frozenset[str]:
        """What no note tells of may stay a gap."""
        return frozenset(note.section for note in self.material.notes if note.section)


@dataclass(frozen=True, slots=True)
class Revision:
    """One section, rewritten. A comment in it, which no model sees, stands behind what was written."""

    bench: Workbench
    material: Material
    version: Version
    index: int
    instruction: str

    async def run(self, report: Report) -> int | None:
        info, text = self.version.info, self.version.text
        material = await self.bench.still(self.material, text=text, instruction=self.instruction)
        written = await self.bench.models.reviser.revise(
            material.essay.writer, material.notes, text, self.index, self.instruction, report
        )
        if written.cut:
            raise BadReply.truncated()
        given = [text, self.instruction, *(note.text for note in material.notes)]
        writer = material.essay.writer
        revised = await read_aside(writer, len(text), _with_section, text, self.index, written.text, given)
        return await self.bench.add(
            self.material.essay,
            info.number,
            Origin.REVISED,
            revised,
            through=info.notes_through,  # notes that came since have no place in the other sections yet
            complete=info.complete,
            model=written.model,
        )

    async def at_most(self) -> int:
        return self.bench.models.reviser.revise_at_most(
            self.material.notes, self.version.text, self.index, self.instruction
        )

    async def keep(self, text: str) -> int | None:
        """Half a section is no section: what came stays with the job, and the essay as it was."""
        return None


def _with_section(text: str, index: int, written: str, given: Sequence[str]) -> str:
    """The text with a section as a model wrote it, and the comments that stood in it."""
    comments = [comment.words for comment in cut_comments(split(text)[index].body)[1]]
    return replace_body(text, index, "\n\n".join([without_pictures(written, given).rstrip(), *comments]))


def _beside_the_point() -> NoReturn:
    raise BadReply.beside_the_point()
