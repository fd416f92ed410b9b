"""Hold a post against its notes, sentence by sentence: the check, and what a writer does about what it found."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import traceback
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot.errors import BadReply, BotError, InvalidInput, JobRunning, NothingToDo, StaleRequest, UnknownVersion
from bot.essay.essay import Note, Origin, Version, VersionHistory
from bot.essay.limits import StorageIncrease, stored_bytes
from bot.essay.matching import match_section
from bot.essay.notes import NewNote
from bot.essay.questions import notes_for_model
from bot.essay.support import (
    Check,
    NumberedSentence,
    UnsupportedPassage,
    carry_over,
    describe_check,
    describe_counts,
    has_words,
    keep_vouched,
    mend_sentence,
    merge_check,
    note_fingerprints,
    number_sentences,
    validate_check,
)
from bot.essay.text.gaps import find_gaps
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun
from bot.services.essays import EssayService
from bot.services.jobs.job import Job, JobKind, JobState, JobWork, PlannedJob, StoreResult
from bot.services.jobs.runner import JobRunner
from bot.services.llm_ports import (
    Checker,
    Material,
    Models,
    ProgressCallback,
    TextChunk,
    ThinkingChunk,
    require_checker,
)
from bot.services.offload import in_background, parse_in_worker
from bot.services.request_context import current_rules
from bot.services.snapshot import EssaySnapshot, warm_privacy_cache
from bot.services.store_ports import Clock, Store, Transaction

log = logging.getLogger(__name__)

# A sentence takes some 40 tokens of the answer, with a passage that is not held some 150: so many leave room to think.
MAX_SENTENCES_PER_CALL = 100
# In one process: nobody waits for a check that began by itself, and what it reads and compares takes time from clicks.
MAX_CONCURRENT_CHECKS = 8
_WORDS_PER_SENTENCE = 15  # in a text that is not written yet; those of essays have some 17
MAX_CALLS_PER_JOB = 6  # a long essay twice over; for more, the check is asked for once more
_ANEW = "anew"
_CHECKED_ORIGINS = (Origin.SUGGESTION, Origin.MENDED)


@dataclass(frozen=True, slots=True)
class CheckedText:
    """A version with its sentences and what is known of them now. ``notes`` are those that a model may see."""

    version: Version
    sentences: tuple[NumberedSentence, ...]
    notes: tuple[Note, ...]
    check: Check
    is_by_model: bool

    @property
    def summary(self) -> str:
        """What the check came to, in a sentence or two."""
        return describe_check(self.check, len(self.sentences))

    def sentence(self, number: int) -> NumberedSentence:
        """Return the sentence with this number."""
        return self.sentences[number - 1]

    def key(self, passage: UnsupportedPassage) -> str:
        """Return what stands for a passage in a button: it is the same in every version where the sentence stands.

        Of several sentences that are the same it tells which, and becomes stale when there are more or fewer of them.
        """
        return _key(passage, [one.line for one in self.sentences])

    def find(self, key: str) -> UnsupportedPassage:
        """Return the open passage with this key. Raise StaleRequest where there is none any more."""
        lines = [one.line for one in self.sentences]
        found = next((one for one in self.check.open if _key(one, lines) == key), None)
        if found is None:
            raise StaleRequest
        return found

    @property
    def mendable(self) -> tuple[UnsupportedPassage, ...]:
        """The open passages for which there is a mended sentence, one a sentence, in order."""
        found = {one.sentence: one for one in reversed(self.check.open) if one.mended is not None}
        return tuple(found[number] for number in sorted(found))

    @property
    def is_settled(self) -> bool:
        """Whether nothing that a model wrote is open or not checked."""
        if not self.is_by_model:
            return True
        return not self.check.open and not any(has_words(self.sentence(number)) for number in self.check.unchecked)

    @property
    def paragraphs(self) -> tuple[tuple[NumberedSentence, ...], ...]:
        """The sentences by paragraph."""
        found: dict[int, list[NumberedSentence]] = {}
        for sentence in self.sentences:
            found.setdefault(sentence.paragraph_index, []).append(sentence)
        return tuple(map(tuple, found.values()))

    def sources(self, sentences: Sequence[NumberedSentence]) -> tuple[Note, ...]:
        """Return the notes that some sentences rest on, those by which the writer vouched last."""
        asked = {one.number for one in sentences}
        numbers = dict.fromkeys(number for one in sentences for number in self.check.notes_of(one.number))
        numbers |= dict.fromkeys(one.vouched_by or 0 for one in self.check.vouched if one.sentence in asked)
        by_number = {note.number: note for note in self.notes}
        return tuple(by_number[number] for number in numbers if number in by_number)


def _key(passage: UnsupportedPassage, lines: Sequence[str]) -> str:
    at = passage.sentence - 1
    words = f"{lines[at]}\0{passage.words}"
    if (count := lines.count(lines[at])) > 1:
        words += f"\0{lines[: at + 1].count(lines[at])} of {count}"
    return hashlib.sha256(words.encode()).hexdigest()[:12]


class CheckingService:
    """Check posts as jobs, and do what the writer decides about what no note holds."""

    def __init__(
        self, essays: EssayService, store: Store, jobs: JobRunner, models: Models | None, clock: Clock
    ) -> None:
        self.essays = essays
        self.store = store
        self._jobs = jobs
        self._models = models
        self.clock = clock
        self.slots = asyncio.Semaphore(MAX_CONCURRENT_CHECKS)
        # Essays whose check is due: it gave way to a job that has not ended, or waits for ``release``.
        self._postponed: set[tuple[str, str]] = set()
        self._held: set[tuple[str, str]] = set()  # essays between ``hold`` and ``release``
        self._beginning: dict[asyncio.Task[None], tuple[str, str]] = {}

    @property
    def has_checker(self) -> bool:
        """Whether a model can be asked."""
        return self._models is not None and self._models.checker is not None and current_rules().allows_model

    @property
    def checker(self) -> Checker:
        """The checker. Raise NoModel where there is none."""
        return require_checker(self._models)

    async def current(self, writer: str, essay: str, *, number: int | None = None) -> CheckedText:
        """Return the current version, or the one with this number, with all that is known of its sentences.

        What an earlier version's check said of a sentence that stands unchanged still counts. Raise NothingToDo before
        there is a text, DamagedText, UnknownVersion.
        """
        snapshot = await self.essays.snapshot(writer, essay)
        return await self.read_check(snapshot, number)

    async def read_check(
        self, snapshot: EssaySnapshot, number: int | None = None, *, anew: bool = False
    ) -> CheckedText:
        """Return what ``current`` does, of an essay just read; ``anew`` as if nothing had ever been checked."""
        writer, essay = snapshot.essay.writer, snapshot.essay.id
        wanted = number or snapshot.essay.head
        if wanted is None:
            raise NothingToDo.no_text()
        history = VersionHistory(snapshot.versions, wanted)
        lineage = [info.number for info in reversed(history.lineage)]

        def read(tx: Transaction) -> tuple[Version, Check | None, str]:
            version = tx.essays.version(writer, essay, wanted)
            stored = set(tx.support.versions(writer, essay))
            for earlier in () if anew else lineage:
                if earlier in stored and (check := tx.support.get(writer, essay, earlier)) is not None:
                    text = version.text if earlier == wanted else tx.essays.version(writer, essay, earlier).text
                    return version, check, text
            return version, None, ""

        version, check, text = await self.store.read(read)
        structure = self.essays.structures.get(snapshot.essay.structure)
        notes = (
            notes_for_model(structure, snapshot.notes)
            if structure
            else tuple(n for n in snapshot.notes if not n.is_private)
        )
        notes = await warm_privacy_cache(notes)
        size = len(version.text) + (len(text) if text != version.text else 0)
        sentences, standing = await in_background(size, _stand_on, version.text, check, text, notes)
        is_by_model = any(not origin.is_by_writer for origin in history.origins)
        return CheckedText(version, sentences, notes, standing, is_by_model)

    async def plan_check(self, writer: str, essay: str, *, anew: bool = False) -> PlannedJob:
        """Plan a check of the current version's sentences that none has judged; ``anew``, of all.

        Raise NoModel, NothingToDo where there is no text, or nothing left to judge.
        """
        _ = self.checker
        snapshot = await self.essays.snapshot(writer, essay)
        self.essays.structure_of(snapshot.essay)
        found = await self.read_check(snapshot, anew=anew)
        if not _askable(found):
            raise NothingToDo("Every sentence is checked already. Nothing was done.")
        number = found.version.info.number
        argument = f"{number} {_ANEW}" if anew else str(number)
        work = self._build_work(writer, essay, number, argument)
        return PlannedJob(
            work.max_cost, partial(self._jobs.start, writer, essay, JobKind.CHECK, work, number, argument)
        )

    async def work_for(self, job: Job) -> JobWork:
        """Return the work of a check as it is stored. Raise UnknownVersion where it says of no version."""
        if job.base_version is None:
            raise UnknownVersion(0)
        return self._build_work(job.writer, job.subject, job.base_version, job.argument)

    def _build_work(self, writer: str, essay: str, version: int, argument: str) -> CheckWork:
        return CheckWork(self, writer, essay, version, anew=argument.endswith(_ANEW))

    def follow_job(self, job: Job) -> None:
        """Begin the check of what a job has written, or one that had to give way to the job. Return at once."""
        key = (job.writer, job.subject)
        if job.kind is JobKind.CHECK:
            if job.state is JobState.INTERRUPTED:
                self._postponed.add(key)
            else:
                self._postponed.discard(key)
        elif key in self._postponed or (job.result is not None and not job.kind.gives_way):
            self._postponed.discard(key)
            self._begin_soon(job.writer, job.subject)
        elif self._jobs.is_shared:  # a check may have given way to the job in another process
            self._begin_soon(job.writer, job.subject, only_if_interrupted=True)

    async def follow_version(self, writer: str, essay: str, origin: Origin) -> None:
        """Begin the check of a version that a model had a part in; for any other, store what still stands of the last.

        Neither is waited for by a model, and neither raises anything.
        """
        if origin in _CHECKED_ORIGINS:
            self._begin_soon(writer, essay)
            return
        try:
            await self._carry_over(writer, essay)
        except BotError as error:  # then the text is shown as not checked
            log.info("what stands of a check was not stored: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the version is stored, and must not seem to have failed
            _log_bug(error)

    async def _carry_over(self, writer: str, essay: str) -> None:
        """Store for the current version what an earlier check still says of its sentences, if there was one."""
        if not await self.store.read(lambda tx: tx.support.versions(writer, essay)):
            return
        found = await self.current(writer, essay)
        carried = replace(found.check, version=found.version.info.number, problem="")
        at = self.clock()

        def step(tx: Transaction) -> None:
            if tx.support.get(writer, essay, carried.version) is None:
                tx.support.save(writer, essay, carried, at)

        if found.check.is_checked:
            await self.store.write(writer, step)

    def _begin_soon(self, writer: str, essay: str, *, only_if_interrupted: bool = False) -> None:
        if not self.has_checker:
            return
        work = self._begin_again(writer, essay) if only_if_interrupted else self._begin(writer, essay)
        task = asyncio.create_task(work, name=f"check-of-{essay[:4]}")
        self._beginning[task] = (writer, essay)
        task.add_done_callback(self._beginning.pop)

    async def _begin_again(self, writer: str, essay: str) -> None:
        try:
            if await self._was_interrupted(writer, essay):
                await self._begin(writer, essay)
        except BotError as error:
            log.info("whether a check is due could not be read: %s", type(error).__name__)

    async def _was_interrupted(self, writer: str, essay: str) -> bool:
        """Return whether the last check of the essay's current version gave way to another job."""

        def read(tx: Transaction) -> bool:
            last = tx.jobs.last_of_kind(writer, essay, JobKind.CHECK)
            if last is None or last.state is not JobState.INTERRUPTED:
                return False
            return tx.essays.get(writer, essay).head == last.base_version

        return await self.store.read(read)

    async def _begin(self, writer: str, essay: str) -> None:
        key = writer, essay
        self._postponed.add(key)  # until it is begun: a job that ends meanwhile takes it up
        other = await self._jobs.running_job(writer, essay)
        if key in self._held or (other is not None and other.kind is not JobKind.CHECK):
            return
        try:
            number = (await self.essays.get_essay(writer, essay)).head
            if number is not None:
                work = self._build_work(writer, essay, number, str(number))
                job = await self._jobs.start(writer, essay, JobKind.CHECK, work, number, str(number))
                if not self._jobs.will_run(job):  # its end has said what comes next
                    return
        except JobRunning:
            return
        except BotError as error:  # it can be asked for, and until then the text is shown as not checked
            log.info("no check was begun: %s", type(error).__name__)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task; what it says may hold a person's words
            _log_bug(error)
        self._postponed.discard(key)

    def hold(self, writer: str, essay: str) -> None:
        """Begin no check of the essay until ``release``: more is going to change, and each change would stop it."""
        self._held.add((writer, essay))

    async def release(self, writer: str, essay: str) -> None:
        """End ``hold``, and begin the check that is due, if one is. Return at once."""
        key = writer, essay
        self._held.discard(key)
        if key in self._postponed and await self._jobs.running_job(writer, essay) is None:
            self._begin_soon(writer, essay)

    async def wait_for_check(self, writer: str, essay: str) -> Job | None:
        """Return the check under way on the essay, also one that is just about to begin; None where there is none."""
        job = await self._running_job(writer, essay)
        return job if job is not None and job.kind is JobKind.CHECK else None

    async def _running_job(self, writer: str, essay: str) -> Job | None:
        if beginning := [task for task, of in self._beginning.items() if of == (writer, essay)]:
            await asyncio.wait(beginning)
        return await self._jobs.running_job(writer, essay)

    async def max_cost(self, writer: str, essay: str) -> int:
        """Return the most that judging what is not judged may cost, in nano-dollars. Raise UnknownPrice."""
        number = (await self.essays.current_version(writer, essay)).info.number
        return await CheckWork(self, writer, essay, number).max_cost()

    async def job_to_await(self, writer: str, essay: str) -> Job | None:
        """Return the job to wait for until more is known of the essay's text: its check, or what the check gave way to.

        None where no check is under way.
        """
        job = await self._running_job(writer, essay)
        if job is None or job.kind is JobKind.CHECK or (writer, essay) in self._postponed:
            return job
        return job if self._jobs.is_shared and await self._was_interrupted(writer, essay) else None

    async def close(self) -> None:
        """Begin no check any more."""
        for task in (tasks := set(self._beginning)):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def keep(self, writer: str, essay: str, key: str) -> Note:
        """Store that the writer vouches for a passage, as a note; return the note. The text stays as it is.

        Raise StaleRequest where the passage is not open any more.
        """
        found = await self.current(writer, essay)
        passage = found.find(key)
        sentence = found.sentence(passage.sentence)
        alone = sum(one.sentence == sentence.number for one in found.check.open) == 1
        text = sentence.text if alone else passage.words
        question = f"You vouch for “{passage.words}” in: {sentence.line}"
        structure = self.essays.structures.get((await self.essays.get_essay(writer, essay)).structure)
        parts = await parse_in_worker(writer, len(found.version.text), split_sections, found.version.text)
        place = match_section(structure, parts[sentence.section_index].title) if structure and parts else None
        at = self.clock()

        def step(tx: Transaction) -> Note:
            version = found.version.info.number
            # A check under way may have stored more meanwhile.
            check = tx.support.get(writer, essay, version) or found.check
            meant = [one for one in check.open if (one.sentence, one.words) == (passage.sentence, passage.words)]
            if not meant:
                raise StaleRequest
            size = stored_bytes(text, question)
            tx.quota.check_and_record(writer, essay, StorageIncrease(size, notes=1, note_bytes=size), at)
            note = tx.essays.add_note(writer, essay, NewNote(text, place.key if place else None), at, question=question)
            kept = replace(
                check,
                version=version,
                unsupported=tuple(
                    replace(one, vouched_by=note.number) if one in meant else one for one in check.unsupported
                ),
                note_fingerprints={**check.note_fingerprints, **note_fingerprints([note])},
            )
            tx.support.save(writer, essay, kept, at)
            return note

        return await self.store.write(writer, step)

    async def fix(self, writer: str, essay: str, key: str) -> Version:
        """Put the mended sentence in place of the one with the passage; return the new version.

        Raise InvalidInput where it is to be taken out, and that would change what stands beside it.
        """
        found = await self.current(writer, essay)
        passage = found.find(key)
        if passage.mended is None:
            raise NothingToDo(
                "There is no mended sentence for this: put your own words there, or keep it. Nothing was changed."
            )
        return await self._mend(writer, essay, found, [passage])

    async def fix_all(self, writer: str, essay: str, seen: int) -> Version:
        """Put every mended sentence in place; one that cannot be taken out stays, unless it is the only one.

        Raise StaleRequest where another version is current than ``seen``.
        """
        found = await self.current(writer, essay)
        if found.version.info.number != seen:
            raise StaleRequest
        if not found.mendable:
            raise NothingToDo("There is no mended sentence left. Nothing was changed.")
        return await self._mend(writer, essay, found, found.mendable)

    async def edit(self, writer: str, essay: str, key: str, sentence: str) -> Version:
        """Put what the writer typed in place of the sentence with the passage; blank takes the sentence out.

        Raise StaleRequest where the sentence stands no more, InvalidInput where it cannot be taken out.
        """
        found = await self.current(writer, essay)
        passage = found.find(key)
        typed = " ".join(self.essays.validate_page("The sentence", sentence).split()) if sentence.strip() else ""
        return await self._mend(writer, essay, found, [replace(passage, mended=typed)], origin=Origin.EDITED)

    async def _mend(
        self,
        writer: str,
        essay: str,
        found: CheckedText,
        passages: Sequence[UnsupportedPassage],
        *,
        origin: Origin = Origin.MENDED,
    ) -> Version:
        info = found.version.info
        mended = [(found.sentence(one.sentence), one.mended or "") for one in passages]
        text = await parse_in_worker(writer, len(found.version.text), _mend_sentences, found.version.text, mended)
        self.essays.limits.check_text(text)
        _, carried = await parse_in_worker(
            writer, len(text) * 2, _stand_on, text, found.check, found.version.text, found.notes
        )
        unwritten = await self.essays.still_unwritten(writer, essay, found.version, text)
        at = self.clock()

        def store(tx: Transaction, version: Version) -> None:
            tx.support.save(writer, essay, replace(carried, version=version.info.number, problem=""), at)

        return await self.essays.add_version(
            writer,
            essay,
            info.number,
            origin,
            text,
            info.last_note_number,
            complete=not unwritten,
            unwritten=unwritten,
            model=found.check.model if origin is Origin.MENDED else None,
            and_then=store,
        )

    async def describe_for_export(self, writer: str, essay: str, number: int | None = None) -> str:
        """Return what an export tells of the check, such as "2 open, 1 vouched"; "" where there is nothing to say."""
        found = await self.current(writer, essay, number=number)
        if not found.is_by_model:
            return ""
        if not found.check.is_checked:
            return "Not checked against the notes."
        counts = describe_counts(found.check)
        said = f"Of what the notes do not hold: {counts}." if counts else ""
        left = sum(has_words(found.sentence(one)) for one in found.check.unchecked)
        if not left:
            return said
        return f"{said} {count_noun(left, 'sentence')} not checked against the notes: a check does that.".strip()

    async def check_strictly(self, writer: str, essay: str, number: int | None = None) -> None:
        """Raise InvalidInput where gaps are left in a text, or anything in a model's text is open or not checked."""
        found = await self.current(writer, essay, number=number)
        if found.is_by_model and found.check.open:
            count = len(found.check.open)
            things = "thing is" if count == 1 else "things are"
            raise InvalidInput(
                f"Nothing was exported: {count} {things} in the text that the notes do not hold. Keep, fix or edit "
                f"{'it' if count == 1 else 'each'} first, or export without --strict."
            )
        if not found.is_settled:
            raise InvalidInput(
                "Nothing was exported: the text is not checked against the notes to its end. Check it first, or export "
                "without --strict."
            )
        if gaps := len(find_gaps(found.version.text)):
            raise InvalidInput(
                f"Nothing was exported: {count_noun(gaps, 'gap is', 'gaps are')} left in the text, marked [NEED: …]. "
                f"Fill {'it' if gaps == 1 else 'each'} first, or export without --strict."
            )


@dataclass(frozen=True, slots=True)
class CheckWork:
    """The check of one version. What one call came to is stored before the next."""

    service: CheckingService
    writer: str
    essay: str
    version: int
    anew: bool = False

    async def run(self, report: ProgressCallback) -> StoreResult | None:
        """Judge what is not judged. Raise ModelError, or why the text cannot be sent: the check says so, too."""
        async with self.service.slots:
            return await self._judge(report)

    async def _judge(self, report: ProgressCallback) -> StoreResult | None:
        service, at = self.service, self.service.clock
        snapshot = await service.essays.snapshot(self.writer, self.essay)
        found = await service.read_check(snapshot, self.version, anew=self.anew)
        check = replace(found.check, version=self.version, problem="", note_fingerprints=note_fingerprints(found.notes))
        try:
            asked = _askable(found)  # none where words were only taken out: what stands of the last check is all of it
            if asked:
                await service.essays.check_no_private_text(
                    snapshot, text=found.version.text, title=snapshot.essay.title
                )
                if not found.notes:
                    raise NothingToDo.no_notes()
            for batch in _batches(asked)[:MAX_CALLS_PER_JOB]:
                raw = await service.checker.check(
                    self._material(snapshot, found), found.sentences, batch, partial(_report_thinking, report)
                )
                size = max(len(found.version.text), snapshot.notes_size)
                supports, unsupported, _ = await in_background(
                    size, validate_check, raw.supports, raw.unsupported, found.sentences, found.notes
                )
                merged = merge_check(check, self.version, batch, supports, unsupported)
                if merged.unchecked == check.unchecked and (raw.supports or raw.unsupported or raw.malformed_count):
                    raise BadReply.invalid_format()
                check = replace(merged, model=raw.model, created=at())
                await self._save(check)
        except BotError as error:
            problem = getattr(error, "message_without_assurance", None) or error.public_message
            await self._save(replace(check, problem=problem, created=at()))
            raise
        if any(has_words(found.sentence(number)) for number in check.unchecked):
            said = "The checker passed them over, or the text is too long for one check: check once more."
            check = replace(check, problem=said)
        final = replace(check, unchecked=tuple(n for n in check.unchecked if has_words(found.sentence(n))))
        await self._save(final)
        return None

    async def _save(self, check: Check) -> None:
        at = self.service.clock()

        def step(tx: Transaction) -> None:
            stored = tx.support.get(self.writer, self.essay, self.version)
            tx.support.save(self.writer, self.essay, keep_vouched(check, stored), at)

        await self.service.store.write(self.writer, step)

    async def max_cost(self) -> int:
        snapshot = await self.service.essays.snapshot(self.writer, self.essay)
        found = await self.service.read_check(snapshot, self.version, anew=self.anew)
        material = self._material(snapshot, found)
        return sum(
            self.service.checker.max_check_cost(material, found.sentences, batch)
            for batch in _batches(_askable(found))[:MAX_CALLS_PER_JOB]
        )

    async def keep_partial(self, text: str) -> StoreResult | None:
        """What came of a batch is stored; half a batch is of no use."""
        return None

    def _material(self, snapshot: EssaySnapshot, found: CheckedText) -> Material:
        structure = self.service.essays.structure_of(snapshot.essay)
        return Material(self.writer, self.essay, structure, snapshot.essay.title, found.notes, found.version.text)


def max_cost_for_words(checker: Checker, material: Material, words: int) -> int:
    """Return about the most that the check of a text not yet written may cost, in nano-dollars. Raise UnknownPrice."""
    line = f"{' '.join(['sentence'] * _WORDS_PER_SENTENCE)}."
    count = -(-words // _WORDS_PER_SENTENCE)
    sentences = [NumberedSentence(number, line, Span(0, 0), 0, 0) for number in range(1, count + 1)]
    batches = _batches(range(1, count + 1))[:MAX_CALLS_PER_JOB]
    return sum(checker.max_check_cost(material, sentences, batch) for batch in batches)


def _log_bug(error: Exception) -> None:
    log.error(
        "a check failed by a bug: %s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__))
    )


def _report_thinking(report: ProgressCallback, chunk: ThinkingChunk | TextChunk) -> None:
    """Show that the model is at work; its JSON is nothing to keep with the job."""
    report(ThinkingChunk())


def _askable(found: CheckedText) -> list[int]:
    return [number for number in found.check.unchecked if has_words(found.sentence(number))]


def _batches(numbers: Sequence[int]) -> list[Collection[int]]:
    return [numbers[at : at + MAX_SENTENCES_PER_CALL] for at in range(0, len(numbers), MAX_SENTENCES_PER_CALL)]


def _mend_sentences(text: str, mended: Sequence[tuple[NumberedSentence, str]]) -> str:
    """Return the text with the sentences replaced or taken out; raise InvalidInput where none could be taken out."""
    refused: InvalidInput | None = None
    left = text
    for sentence, words in sorted(mended, key=lambda one: one[0].number, reverse=True):
        try:
            left = mend_sentence(left, sentence, words)
        except InvalidInput as error:
            refused = error
    if refused is not None and left == text:
        raise refused
    return left


def _stand_on(
    text: str, check: Check | None, before: str, notes: Sequence[Note]
) -> tuple[tuple[NumberedSentence, ...], Check]:
    """Return the sentences of a text, and what an earlier text's check still says of them."""
    sentences = number_sentences(text)
    return sentences, carry_over(check, sentences if before == text else number_sentences(before), sentences, notes)
