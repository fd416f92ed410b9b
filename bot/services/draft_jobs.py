"""The work of drafts, continuations and revisions: what a model is given of an essay, and what becomes of its reply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

from bot.errors import BadReply, NothingToDo
from bot.essay.essay import Essay, Note, Origin, Version
from bot.essay.model_output.partial_draft import PartialDraft
from bot.essay.model_output.reply_parsing import is_not_a_post
from bot.essay.model_output.screening import remove_pictures
from bot.essay.questions import notes_for_model
from bot.essay.structure import Structure
from bot.essay.text.markdown_import import extract_comments
from bot.essay.text.sections import replace_section_body, split_sections
from bot.essay.text.words import count_words
from bot.services.essays import EssayService
from bot.services.jobs.job import StoreResult
from bot.services.llm_ports import Material, Models, ModelText, ProgressCallback, require_models
from bot.services.offload import in_thread, parse_in_worker
from bot.services.snapshot import EssaySnapshot


@dataclass(frozen=True, slots=True)
class DraftContext:
    """What a model is given of an essay: never a note that is left out."""

    essay: Essay
    structure: Structure
    notes: tuple[Note, ...]
    notes_through: int

    def material(self, text: str = "") -> Material:
        """Return it as the ports take it, with the post as it stands."""
        return Material(self.essay.writer, self.essay.id, self.structure, self.essay.title, self.notes, text)


class DraftContextBuilder:
    """Where the works of a model take their material from, and put down what comes of them."""

    def __init__(self, essays: EssayService, models: Models | None) -> None:
        self.essays = essays
        self._models = models

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        return require_models(self._models)

    def build(self, now: EssaySnapshot) -> DraftContext:
        """Return what a model would be given of the essay as it stands in the snapshot."""
        structure = self.essays.structure_of(now.essay)
        return DraftContext(now.essay, structure, notes_for_model(structure, now.notes), now.notes_through)

    async def refresh(self, material: DraftContext, **parts: str) -> DraftContext:
        """Return the material without notes that were left out since: a job may have waited long for its turn.

        Raises PrivateNoteInText, for ``parts`` as ``EssayService.check_no_private_text`` has them.
        """
        snapshot = await self.essays.snapshot(material.essay.writer, material.essay.id)
        await self.essays.check_no_private_text(snapshot, **parts)
        now = {note.number: note for note in self.build(snapshot).notes}
        return replace(material, notes=tuple(now[note.number] for note in material.notes if note.number in now))

    async def prepare_version(
        self,
        essay: Essay,
        parent: int | None,
        origin: Origin,
        text: str,
        *,
        through: int,
        complete: bool,
        model: str | None,
    ) -> StoreResult:
        """Return how to store what a model wrote, from notes up to ``through``, as a version."""
        step = await self.essays.prepare_version(
            essay.writer, essay.id, parent, origin, text, through, complete=complete, model=model
        )
        return lambda tx: step(tx).info.number


@dataclass(frozen=True, slots=True)
class DraftWork:
    """A draft of the whole post. ``draft`` is what is there of it, of which a new one has nothing yet."""

    context_builder: DraftContextBuilder
    context: DraftContext
    parent_version: int | None
    partial_draft: PartialDraft

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        material = self.context
        now = await self.context_builder.refresh(material, text=self.partial_draft.text, title=material.essay.title)
        if not now.notes:
            raise NothingToDo.no_notes()
        written = await replace(self, context=now)._call_model(report)
        return await self._keep(written.text, cut=written.is_truncated, model=written.model) or _raise_off_topic()

    async def keep_partial(self, text: str) -> StoreResult | None:
        if not count_words(text) or is_not_a_post(text, self.context.structure, self.partial_draft.missing_keys):
            return None
        return await self._keep(text, cut=True, model=None)

    async def max_cost(self) -> int:
        return self.context_builder.models.drafter.max_draft_cost(self.context.material())

    async def _call_model(self, report: ProgressCallback) -> ModelText:
        return await self.context_builder.models.drafter.draft(self.context.material(), report)

    @property
    def _required_sections(self) -> frozenset[str]:
        """The sections that must not be left out. A draft of the whole may leave any open: it shows what is missing."""
        return frozenset()

    async def _keep(self, reply: str, *, cut: bool, model: str | None) -> StoreResult | None:
        """Return how to store what stood with the reply; None where that holds nothing of what was asked for."""
        material = self.context
        given = [*(note.text for note in material.notes), self.partial_draft.text]
        joined = await in_thread(
            self.partial_draft.merge,
            remove_pictures(reply, given),
            cut=cut,
            noted=self._required_sections,
            given=given,
        )
        if joined is None:
            return None
        return await self.context_builder.prepare_version(
            material.essay,
            self.parent_version,
            Origin.DRAFTED,
            joined.text,
            through=material.notes_through,
            complete=joined.is_complete,
            model=model,
        )


@dataclass(frozen=True, slots=True)
class FinishWork(DraftWork):
    """The sections that a draft cut short still lacks."""

    async def max_cost(self) -> int:
        draft = self.partial_draft
        material = self.context.material(draft.finished_text)
        return self.context_builder.models.drafter.max_finish_cost(material, draft.missing_keys)

    async def _call_model(self, report: ProgressCallback) -> ModelText:
        draft = self.partial_draft
        material = self.context.material(draft.finished_text)
        return await self.context_builder.models.drafter.finish(material, draft.missing_keys, report)

    @property
    def _required_sections(self) -> frozenset[str]:
        """What no note tells of may stay a gap."""
        return frozenset(note.section for note in self.context.notes if note.section)


@dataclass(frozen=True, slots=True)
class RevisionWork:
    """One section, rewritten. A comment in it, which no model sees, stands behind what was written."""

    context_builder: DraftContextBuilder
    context: DraftContext
    version: Version
    part_index: int
    instruction: str

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        info, text = self.version.info, self.version.text
        material = await self.context_builder.refresh(self.context, text=text, instruction=self.instruction)
        written = await self.context_builder.models.reviser.revise(
            material.material(text), self.part_index, self.instruction, report
        )
        if written.is_truncated:
            raise BadReply.truncated()
        given = [text, self.instruction, *(note.text for note in material.notes)]
        writer = material.essay.writer
        revised = await parse_in_worker(writer, len(text), _replace_section, text, self.part_index, written.text, given)
        return await self.context_builder.prepare_version(
            self.context.essay,
            info.number,
            Origin.REVISED,
            revised,
            through=info.last_note_number,  # notes that came since have no place in the other sections yet
            complete=info.is_complete,
            model=written.model,
        )

    async def max_cost(self) -> int:
        return self.context_builder.models.reviser.max_revise_cost(
            self.context.material(self.version.text), self.part_index, self.instruction
        )

    async def keep_partial(self, text: str) -> StoreResult | None:
        """Half a section is no section: what came stays with the job, and the essay as it was."""
        return None


def _replace_section(text: str, index: int, written: str, given: Sequence[str]) -> str:
    """The text with a section as a model wrote it, and the comments that stood in it."""
    comments = [comment.source for comment in extract_comments(split_sections(text)[index].body)[1]]
    return replace_section_body(text, index, "\n\n".join([remove_pictures(written, given).rstrip(), *comments]))


def _raise_off_topic() -> NoReturn:
    raise BadReply.not_the_requested_text()
