"""The work of drafts, continuations and revisions: what a model is given of an essay, and what becomes of its reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from bot.errors import BadReply, LimitExceeded, NothingToDo, PrivateMarkInText, PrivateNoteInText, UnknownSection
from bot.essay.essay import Essay, Note, Origin, QuestionOrigin, QuestionState, Version, VersionHistory
from bot.essay.facts import defang_links
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.matching import match_section
from bot.essay.notes import NewNote
from bot.essay.partial_draft import PartialDraft, format_rewrite, gap_question
from bot.essay.questions import is_same_question, notes_for_model, questions_for_model
from bot.essay.screening import asks_for_secret, remove_pictures
from bot.essay.structure import Structure
from bot.essay.tagged_draft import ModelQuestion, TaggedDraft, parse, read_rewrite
from bot.essay.text.gaps import find_gaps, format_gap
from bot.essay.text.markdown_import import extract_comments
from bot.essay.text.privacy_marks import has_private_mark
from bot.essay.text.sections import replace_section_body, split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import count_words
from bot.services.essays import EssayService
from bot.services.jobs.job import StoreResult
from bot.services.llm_ports import Material, Models, ModelText, ProgressCallback, require_models
from bot.services.offload import in_thread, parse_in_worker
from bot.services.snapshot import EssaySnapshot
from bot.services.store_ports import Clock, Transaction

MAX_QUESTION_CHARACTERS = 300  # the structures' own questions end there too
MAX_QUESTIONS = 12  # of one reply; more than a person goes through at a sitting
_BLANK_LINES = re.compile(r"(?:\r\n?|\n)(?:[ \t]*(?:\r\n?|\n))+")


@dataclass(frozen=True, slots=True)
class DraftContext:
    """What a model is given of an essay: never a note that is left out.

    ``text`` is the draft that stands and ``base`` what a model saw of it last, "" for none. ``open_questions`` and
    ``declined_questions`` are as in Material, as is ``voice``.
    """

    essay: Essay
    structure: Structure
    notes: tuple[Note, ...]
    notes_through: int
    text: str = ""
    open_questions: tuple[str, ...] = ()
    declined_questions: tuple[str, ...] = ()
    base: str = ""
    voice: tuple[str, ...] = ()

    def material(self, text: str | None = None) -> Material:
        """Return it as the ports take it, with the post as it stands."""
        return Material(
            self.essay.writer,
            self.essay.id,
            self.structure,
            self.essay.title,
            self.notes,
            self.text if text is None else text,
            self.open_questions,
            self.declined_questions,
            self.base,
            self.voice,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a model's reply: the text as it is now, and all that is stored with it.

    ``through`` is the number of the last note that is in the text, ``facts`` what the writer told in ``instruction``
    about the section with the key ``section``.
    """

    text: str
    origin: Origin
    through: int
    model: str | None
    unwritten: tuple[str, ...] = ()
    remark: str = ""
    questions: tuple[ModelQuestion, ...] = ()
    section: str | None = None
    facts: tuple[str, ...] = ()
    instruction: str = ""


class DraftContextBuilder:
    """Where the works of a model take their material from, and put down what comes of them."""

    def __init__(self, essays: EssayService, models: Models | None, clock: Clock) -> None:
        self.essays = essays
        self._models = models
        self._clock = clock

    @property
    def models(self) -> Models:
        """The models. Raises NoModel where none is configured."""
        return require_models(self._models)

    def build(self, snapshot: EssaySnapshot) -> DraftContext:
        """Return what a model would be given of the essay as it stands in the snapshot."""
        structure = self.essays.structure_of(snapshot.essay)
        asked = questions_for_model(structure, snapshot.questions, snapshot.notes)
        away = (QuestionState.SKIPPED, QuestionState.DECLINED)
        return DraftContext(
            snapshot.essay,
            structure,
            notes_for_model(structure, snapshot.notes),
            snapshot.notes_through,
            open_questions=tuple(one.text for one in asked if one.state is QuestionState.OPEN),
            declined_questions=tuple(one.text for one in asked if one.state in away),
            voice=tuple(excerpt for sample in snapshot.voice if (excerpt := sample.excerpt)),
        )

    async def standing_draft(self, snapshot: EssaySnapshot) -> str:
        """Return the text that a new draft is to keep what it can of; "" for none, or one with private words in it."""
        if snapshot.version is None or snapshot.is_assembled:
            return ""
        return snapshot.version.text if await self.is_public(snapshot, snapshot.version.text) else ""

    async def is_public(self, snapshot: EssaySnapshot, text: str) -> bool:
        """Return whether a model may be sent the text."""
        if not text:
            return True
        try:
            await self.essays.check_no_private_text(snapshot, text=text)
        except (PrivateNoteInText, PrivateMarkInText):
            return False
        return True

    async def base_text(self, snapshot: EssaySnapshot, version: int | None) -> str:
        """Return the text that a model saw last of those that this version comes from; "" for none that may be sent.

        Sent again as it was, with what changed since behind it, it is read from the service's cache.
        """
        lineage = VersionHistory(snapshot.versions, version).lineage
        base = next((one for one in reversed(lineage) if one.origin is Origin.DRAFTED), None)
        if base is None or base.number == version:
            return ""
        text = (await self.essays.version(snapshot.essay.writer, snapshot.essay.id, base.number)).text
        return text if await self.is_public(snapshot, text) else ""

    async def refresh(self, material: DraftContext, **parts: str) -> DraftContext:
        """Return the material without notes and samples that were left out since: a job may have waited long.

        A sample that holds private words of a note is left out as well.

        Raises PrivateNoteInText, for ``parts`` as ``EssayService.check_no_private_text`` has them.
        """
        snapshot = await self.essays.snapshot(material.essay.writer, material.essay.id)
        await self.essays.check_no_private_text(snapshot, **parts)
        text, base = [each if await self.is_public(snapshot, each) else "" for each in (material.text, material.base)]
        built = self.build(snapshot)
        now = {note.number: note for note in built.notes}
        voice = tuple([each for each in built.voice if await self.is_public(snapshot, each)])
        kept = tuple(now[note.number] for note in material.notes if note.number in now)
        return replace(material, notes=kept, text=text, base=base, voice=voice)

    async def prepare_version(self, context: DraftContext, parent: int | None, reply: Reply) -> StoreResult:
        """Return how to store what came of a reply: a version, the model's questions, and what the writer told."""
        essay, at = context.essay, self._clock()
        step = await self.essays.prepare_version(
            essay.writer,
            essay.id,
            parent,
            reply.origin,
            reply.text,
            reply.through,
            complete=not reply.unwritten,
            model=reply.model,
            unwritten=reply.unwritten,
            remark=reply.remark,
        )

        def store(tx: Transaction) -> int:
            told = _store_facts(tx, context, reply, at)
            number = step(tx, reply.through if told is None else told).info.number
            _store_questions(tx, context, reply, number, self._clock)
            return number

        return store


def _store_facts(tx: Transaction, context: DraftContext, reply: Reply, at: datetime) -> int | None:
    """Store what was told in the instruction as a note; return its number if the text has all notes up to it.

    What was told is in the text already. A note that came while the model wrote is not, so that one counts as new.
    """
    essay, facts = context.essay, "\n".join(reply.facts)
    if not facts:
        return None
    is_last = reply.through == context.notes_through and not any(
        note.number > reply.through for note in tx.essays.notes(essay.writer, essay.id)
    )
    size = stored_bytes(facts)
    try:
        tx.quota.check_and_record(essay.writer, essay.id, StorageIncrease(size, notes=1, note_bytes=size), at)
    except LimitExceeded:  # the words stand in the text; no rewrite is lost for want of a note's room
        return None
    passage = NewNote(facts, reply.section)
    note = tx.essays.add_note(essay.writer, essay.id, passage, at, question=reply.instruction)
    return note.number if is_last else None


def _store_questions(tx: Transaction, context: DraftContext, reply: Reply, version: int, clock: Clock) -> None:
    """Store what a model would ask, but for what was asked before in nearly the same words."""
    essay, keys = context.essay, [section.key for section in context.structure.sections]
    asked = [one.text for one in tx.essays.questions(essay.writer, essay.id)]
    room = MAX_QUESTIONS
    for question in reply.questions:
        text = defang_links(question.text)
        if (
            not room
            or not 0 < len(text) <= MAX_QUESTION_CHARACTERS
            or asks_for_secret(text)
            or has_private_mark(text)
            or any(is_same_question(text, old) for old in asked)
        ):
            continue
        section = question.section or reply.section or keys[0]
        tx.essays.add_question(
            essay.writer, essay.id, section, text, clock(), origin=QuestionOrigin.DRAFT, version=version
        )
        asked.append(text)
        room -= 1


def gap_questions(text: str, structure: Structure) -> tuple[ModelQuestion, ...]:
    """Return the gaps in a text as questions."""
    found, section = [], None
    for part in split_sections(text):
        section = match_section(structure, part.title) or section if part.level else section
        found += [ModelQuestion(section.key if section else None, gap_question(gap)) for gap in find_gaps(part.body)]
    return tuple(found)


def remark_on(reply: TaggedDraft, text: str, given: Sequence[str]) -> str:
    """Return what the writer is shown beside a text: what the model said, and the names that it kept in and out.

    A name is told only where it stands in one of the ``given`` texts, and in the text or not in it as was said.
    """
    told = [defang_links(reply.remark)] if reply.remark and not asks_for_secret(reply.remark) else []
    source = "\n".join(given)
    kept = [name for name in dict.fromkeys(reply.names_kept) if _has_name(text, name) and _has_name(source, name)]
    out = [name for name in dict.fromkeys(reply.names_out) if _has_name(source, name) and not _has_name(text, name)]
    names = [f"Names in the text: {', '.join(kept)}." if kept else "", f"Kept out: {', '.join(out)}." if out else ""]
    if kept or out:
        told.append(" ".join(filter(None, names)))
    return "\n\n".join(told)


def _has_name(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


@dataclass(frozen=True, slots=True)
class DraftWork:
    """A draft of the whole post. ``partial_draft`` is what is there of it, of which a new one has nothing yet."""

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
        return await self._keep(text, cut=True, model=None)

    async def max_cost(self) -> int:
        return self.context_builder.models.drafter.max_draft_cost(self.context.material())

    async def _call_model(self, report: ProgressCallback) -> ModelText:
        return await self.context_builder.models.drafter.draft(self.context.material(), report)

    @property
    def _required_sections(self) -> frozenset[str]:
        """The sections that must not be left out. A draft of the whole may leave any open: it shows what is missing."""
        return frozenset()

    async def _keep(self, raw: str, *, cut: bool, model: str | None) -> StoreResult | None:
        """Return how to store what stood with the reply; None where that holds nothing of what was asked for."""
        context = self.context
        given = [*(note.text for note in context.notes), self.partial_draft.text, context.text]
        reply = await in_thread(self._read, remove_pictures(raw, given), given, cut=cut, model=model)
        return await self.context_builder.prepare_version(context, self.parent_version, reply) if reply else None

    def _read(self, raw: str, given: Sequence[str], *, cut: bool, model: str | None) -> Reply | None:
        draft, context = self.partial_draft, self.context
        reply = parse(raw, context.structure, draft.missing_keys, is_cut=cut)
        asked = {*context.declined_questions, *(note.question for note in context.notes if note.question)}
        merged = draft.merge(reply, is_cut=cut, required=self._required_sections, asked=asked)
        if merged is None:
            return None
        return Reply(
            merged.text,
            Origin.DRAFTED,
            context.notes_through,
            model,
            merged.unwritten,
            remark_on(reply, merged.text, given),
            (*gap_questions(merged.text, context.structure), *merged.questions, *reply.questions),
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
class Passage:
    """A part of a text, by its index among the parts, and the passage of it that is to be rewritten."""

    index: int
    heading: str
    span: Span


def find_passage(text: str, structure: Structure, section: str, words: str | None) -> Passage:
    """Return the paragraph of a section that holds the words, or a gap that asks them; else all below its heading.

    Raises UnknownSection where the text has no such section.
    """
    parts = split_sections(text)
    begins = [
        index
        for index, part in enumerate(parts)
        if part.level and (match := match_section(structure, part.title)) is not None and match.key == section
    ]
    if not begins:
        found = structure.find_section(section)
        raise UnknownSection(found.heading if found else section)
    first = begins[0]
    end = next((at for at in range(first + 1, len(parts)) if parts[at].level <= parts[first].level), len(parts))
    for index in range(first, end):
        part = parts[index]
        for sought in (words, format_gap(words)) if words and words.strip() else ():
            if (at := part.body.find(sought)) >= 0:
                breaks = list(_BLANK_LINES.finditer(part.body))
                before = max((one.end() for one in breaks if one.end() <= at), default=0)
                after = min((one.start() for one in breaks if one.start() >= at + len(sought)), default=len(part.body))
                return Passage(
                    index, parts[first].title, _trimmed(text, part.body_start + before, part.body_start + after)
                )
    part = parts[first]
    return Passage(first, part.title, _trimmed(text, part.body_start, part.end))


def whole_part(text: str, index: int) -> Passage:
    """Return all that stands below the heading of a part."""
    part = split_sections(text)[index]
    return Passage(index, part.title, _trimmed(text, part.body_start, part.end))


def _trimmed(text: str, start: int, end: int) -> Span:
    """Return the range without the white space around it."""
    words = text[start:end]
    start += len(words) - len(words.lstrip())
    return Span(start, max(start, end - (len(words) - len(words.rstrip()))))


@dataclass(frozen=True, slots=True)
class RevisionWork:
    """One section, rewritten. A comment in it, which no model sees, stands behind what was written."""

    context_builder: DraftContextBuilder
    context: DraftContext
    version: Version
    part_index: int
    instruction: str

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        context = await self.context_builder.refresh(self.context, text=self.version.text, instruction=self.instruction)
        written = await self._call_model(context, report)
        writer = context.essay.writer
        given = [self.version.text, self.instruction, *(note.text for note in context.notes)]
        reply = await parse_in_worker(
            writer,
            len(self.version.text),
            _read_rewrite,
            self.version.text,
            self._passage,
            written,
            context.structure,
            given,
            may_be_empty=self._may_be_empty,
        )
        through = self.version.info.last_note_number  # later notes have no place in the other sections yet
        told = _facts_of(reply.facts, self.instruction)
        reply = replace(reply, through=self._through(through), facts=told, instruction=self.instruction)
        unwritten = await self.context_builder.essays.still_unwritten(
            writer, context.essay.id, self.version, reply.text
        )
        return await self.context_builder.prepare_version(
            context, self.version.info.number, replace(reply, unwritten=unwritten)
        )

    async def max_cost(self) -> int:
        return self.context_builder.models.reviser.max_revise_cost(self._material(), self.part_index, self.instruction)

    async def keep_partial(self, text: str) -> StoreResult | None:
        """Half a section is no section: what came stays with the job, and the essay as it was."""
        return None

    async def _call_model(self, context: DraftContext, report: ProgressCallback) -> ModelText:
        material = context.material(self.version.text)
        return await self.context_builder.models.reviser.revise(material, self.part_index, self.instruction, report)

    def _material(self) -> Material:
        return self.context.material(self.version.text)

    @property
    def _passage(self) -> Passage:
        return whole_part(self.version.text, self.part_index)

    @property
    def _may_be_empty(self) -> bool:
        return False

    def _through(self, number: int) -> int:
        return number


@dataclass(frozen=True, slots=True)
class FillWork(RevisionWork):
    """One passage, rewritten from a new note that answers what was open in it."""

    section: str = ""
    words: str | None = None
    note: int = 0

    async def max_cost(self) -> int:
        return self.context_builder.models.reviser.max_fill_cost(self._material(), *self._asked)

    async def _call_model(self, context: DraftContext, report: ProgressCallback) -> ModelText:
        if all(note.number != self.note for note in context.notes):
            raise NothingToDo.no_note(self.note)
        material = context.material(self.version.text)
        return await self.context_builder.models.reviser.fill(material, *self._asked, report)

    @property
    def _asked(self) -> tuple[str, str, int]:
        passage = self._passage
        return passage.heading, passage.span.extract(self.version.text), self.note

    @property
    def _passage(self) -> Passage:
        return find_passage(self.version.text, self.context.structure, self.section, self.words)

    @property
    def _may_be_empty(self) -> bool:
        """A gap to which there is nothing to tell goes, and the paragraph that was nothing else with it."""
        return self.words is not None

    def _through(self, number: int) -> int:
        return self.note if self.note == number + 1 else number


def _facts_of(facts: Sequence[str], instruction: str) -> tuple[str, ...]:
    """Return those facts that stand in the instruction, letter for letter."""
    said = " ".join(instruction.split())
    return tuple(dict.fromkeys(fact for fact in facts if count_words(fact) and fact in said))


def _read_rewrite(
    text: str,
    passage: Passage,
    written: ModelText,
    structure: Structure,
    given: Sequence[str],
    *,
    may_be_empty: bool,
) -> Reply:
    """Return the text with a passage as a model wrote it, and the comments that stood in it. Raise BadReply."""
    old = passage.span.extract(text)
    reply = read_rewrite(remove_pictures(written.text, given), structure, passage.heading, old)
    if written.is_truncated or reply.is_rewrite_open:
        raise BadReply.truncated()
    if reply.rewrite is None or not (may_be_empty or count_words(reply.rewrite)):
        raise BadReply.not_the_requested_text()
    comments = [comment.source for comment in extract_comments(old)[1]]
    body = "\n\n".join(filter(None, [format_rewrite(text, passage.index, reply.rewrite), *comments]))
    if not body and not may_be_empty:
        raise BadReply.not_the_requested_text()
    is_whole = passage.span == whole_part(text, passage.index).span
    made = replace_section_body(text, passage.index, body) if is_whole else _replace_span(text, passage.span, body)
    section = match_section(structure, passage.heading) if passage.heading else None
    key = section.key if section else None
    questions = (*gap_questions(body, structure), *reply.questions)
    return Reply(
        made,
        Origin.REVISED,
        0,
        written.model,
        remark=remark_on(reply, made, given),
        questions=tuple(replace(one, section=one.section or key) for one in questions),
        section=key,
        facts=reply.facts,
    )


def _replace_span(text: str, span: Span, body: str) -> str:
    """Return the text with the body in place of what stands there; without one, blank lines behind it go too."""
    end = span.end
    if not body and (blank := _BLANK_LINES.match(text, end)):
        end = blank.end()
    return text[: span.start] + body + text[end:]


def _raise_off_topic() -> NoReturn:
    raise BadReply.not_the_requested_text()
