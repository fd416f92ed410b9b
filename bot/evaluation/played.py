"""Play a writer through the program's own services: an interview, and the first draft with its check."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.bootstrap import build_services
from bot.errors import BotError, ModelError, NotAsked, OverBudget
from bot.essay.claims import find_unsupported_claims
from bot.essay.essay import Note, Question
from bot.essay.questions import is_same_question
from bot.essay.support import has_words, number_sentences
from bot.essay.text.words import has_words as has_any_word
from bot.evaluation.corpora import InterviewCase
from bot.evaluation.scores import score_draft, told_facts
from bot.llm.writer_player import ClaudeWriterPlayer
from bot.services.checking import MAX_CALLS_PER_JOB, MAX_SENTENCES_PER_CALL, CheckedText
from bot.services.jobs.job import Job, JobState, PlannedJob
from bot.services.llm_ports import (
    Interviewer,
    Material,
    Models,
    NextQuestion,
    RawTitle,
    RefusedQuestion,
    require_checker,
)
from bot.services.offload import in_worker
from bot.services.services import Services
from bot.settings import Settings
from bot.terminal import LOCAL_WRITER

MAX_PLAYED_QUESTIONS = 20  # by hand the interview ended after 16 or 17; it must not cost a fortune if it never does
MAX_ANSWER_CHARACTERS = 1_000  # a list of ten steps with their dates; what is longer is no answer of a few words
_MAX_QUESTION_CHARACTERS = 300  # a longer one is not put, see bot/essay/questions.py
_CHECKS_OF_A_DRAFT = 2  # after the draft, and after Fix


class ObservedInterviewer:
    """Passes on to an interviewer, and counts the questions that it proposed in vain.

    ``refused`` were not put at first, for whatever reason; ``repeated`` are nearly one that was asked before.
    """

    def __init__(self, interviewer: Interviewer) -> None:
        self._interviewer = interviewer
        self.refused = self.repeated = 0

    async def place_notes(self, material: Material) -> Mapping[int, str]:
        """See Interviewer."""
        return await self._interviewer.place_notes(material)

    def max_place_notes_cost(self, material: Material) -> int:
        """See Interviewer."""
        return self._interviewer.max_place_notes_cost(material)

    async def next_question(
        self,
        material: Material,
        asked: Sequence[Question],
        *,
        further: bool = False,
        refused: RefusedQuestion | None = None,
    ) -> NextQuestion:
        """See Interviewer."""
        self.refused += refused is not None
        reply = await self._interviewer.next_question(material, asked, further=further, refused=refused)
        text = reply.question
        self.repeated += text is not None and any(is_same_question(text, one.text) for one in asked)
        return reply

    def max_next_question_cost(self, material: Material, asked: Sequence[Question]) -> int:
        """See Interviewer."""
        return self._interviewer.max_next_question_cost(material, asked)

    async def titles(self, material: Material) -> Sequence[RawTitle]:
        """See Interviewer."""
        return await self._interviewer.titles(material)

    def max_titles_cost(self, material: Material) -> int:
        """See Interviewer."""
        return self._interviewer.max_titles_cost(material)


@dataclass(frozen=True, slots=True)
class Stage:
    """The services over a database of their own, the model that plays the writer, and the interviewer, observed."""

    services: Services
    player: ClaudeWriterPlayer
    interviewer: ObservedInterviewer

    async def begin(self, case: InterviewCase) -> str:
        """Begin an essay from the thin notes, sorted as the program sorts them; return its id."""
        essay = await self.services.essays.create_essay(LOCAL_WRITER, case.structure)
        await self._add_notes(essay.id, case.sheet.beginning)
        return essay.id

    async def tell_all(self, case: InterviewCase, essay: str) -> None:
        """Hand in every fact of the sheet as one page of notes."""
        await self._add_notes(essay, case.facts_page)

    async def interview(self, case: InterviewCase, essay: str) -> dict[str, float]:
        """Answer what the interview asks until it ends, or for MAX_PLAYED_QUESTIONS; return the figures.

        A question to which no usable answer came is skipped, and counted.
        """
        interview, sheet = self.services.interview, case.sheet
        self.interviewer.refused = self.interviewer.repeated = 0
        told: set[int] = set()
        questions = again = claimed = made_up = unanswered = ended = 0
        while questions < MAX_PLAYED_QUESTIONS:
            question = await self._next_question(essay)
            if question is None:
                ended = 1
                break
            questions += 1
            try:
                answer = await self.player.answer(LOCAL_WRITER, essay, sheet, question.text, told)
            except ModelError as error:
                if error.is_lasting or isinstance(error, OverBudget):
                    raise
                text = ""
            else:
                text = answer.text[:MAX_ANSWER_CHARACTERS]
            if not has_any_word([text]):
                unanswered += 1
                await interview.skip_question(LOCAL_WRITER, essay, question)
                continue
            found, others = told_facts(sheet, text, answer.told)
            again += len(found & told)
            claimed += others
            known = (sheet.beginning, *sheet.facts, question.text)
            made_up += len(await in_worker(find_unsupported_claims, text, known))
            told |= found
            await interview.add_answer(LOCAL_WRITER, essay, question, text)
        return {
            "interviews": 1,
            "ended": ended,
            "questions": questions,
            "facts": len(sheet.facts),
            "facts_told": len(told),
            "told_again": again,
            "only_claimed": claimed,
            "made_up": made_up,
            "unanswered": unanswered,
            "refused": self.interviewer.refused,
            "repeated": self.interviewer.repeated,
        }

    async def draft(self, case: InterviewCase, essay: str) -> dict[str, float]:
        """Have the post drafted and checked, and what can be mended mended; return the figures. Raise BotError."""
        drafting, checking = self.services.drafting, self.services.checking
        job = await self._finish(await drafting.plan_draft(LOCAL_WRITER, essay))
        if job.state is not JobState.DONE:
            raise BotError(job.error or f"The draft was {job.state.value}.")
        before = after = await self._checked(essay)
        notes = await self.services.essays.notes(LOCAL_WRITER, essay)
        figures = await in_worker(score_draft, before.version.text, case.structure, notes)
        figures["open_questions"] = len(await self.services.interview.draft_questions(LOCAL_WRITER, essay))
        if before.mendable:
            await checking.fix_all(LOCAL_WRITER, essay, before.version.info.number)
            after = await self._checked(essay)
        figures |= {
            "unsupported": len(before.check.open),
            "unsupported_after": len(after.check.open),
            "draft_unjudged": sum(has_words(before.sentence(number)) for number in before.check.unchecked),
            "unjudged_after": sum(has_words(after.sentence(number)) for number in after.check.unchecked),
        }
        return figures

    async def _add_notes(self, essay: str, text: str) -> None:
        page = await self.services.essays.add_note_page(LOCAL_WRITER, essay, text)
        numbers = {note.number for note in page.notes}
        if (planned := await self.services.interview.plan_placement(LOCAL_WRITER, essay, numbers)) is not None:
            await self._finish(planned)

    async def _next_question(self, essay: str) -> Question | None:
        """Return the question that a writer would be shown next. Raise ModelError for one that will not pass."""
        errors: list[BotError] = []
        planned = await self.services.interview.plan_question(LOCAL_WRITER, essay, on_error=errors.append)
        if planned is not None:
            await self._finish(planned)
        for error in errors:
            if isinstance(error, ModelError) and (error.is_lasting or isinstance(error, OverBudget)):
                raise error
            self.interviewer.refused += isinstance(error, NotAsked)
        return await self.services.interview.next_question(LOCAL_WRITER, essay)

    async def _checked(self, essay: str) -> CheckedText:
        """Return the current text after the check that the program has begun by itself."""
        if (job := await self.services.checking.wait_for_check(LOCAL_WRITER, essay)) is not None:
            await self.services.jobs.wait(LOCAL_WRITER, job.id)
        return await self.services.checking.current(LOCAL_WRITER, essay)

    async def _finish(self, planned: PlannedJob) -> Job:
        job = await planned.start()
        return await self.services.jobs.wait(LOCAL_WRITER, job.id)


@asynccontextmanager
async def open_stage(settings: Settings, models: Models, player: ClaudeWriterPlayer) -> AsyncIterator[Stage]:
    """Yield a stage over a database that is thrown away. The calls are charged wherever ``models`` charge them."""
    observed = ObservedInterviewer(models.interviewer)
    with tempfile.TemporaryDirectory(prefix="essay-bot-eval-") as folder:
        apart = settings.model_copy(update={"database_path": Path(folder) / "essays.db", "database_url": None})
        services = build_services(apart, models=replace(models, interviewer=observed))
        try:
            yield Stage(services, player, observed)
        finally:
            await services.close()


def max_played_cost(
    models: Models, player: ClaudeWriterPlayer, case: InterviewCase, *, interview: bool, draft: bool
) -> int:
    """Return the most that playing a note set may cost, in nano-dollars: every question, the longest answers.

    A draft is taken to have at most twice its budget of words. Raise UnknownPrice, NoModel.
    """
    sheet, structure = case.sheet, case.structure
    question, answer = "why " * (_MAX_QUESTION_CHARACTERS // 4), "once " * (MAX_ANSWER_CHARACTERS // 5)
    beginning = tuple(Note(number, line) for number, line in enumerate(sheet.beginning.splitlines(), 1))
    section = structure.sections[0].key
    if interview:
        numbers = range(len(beginning) + 1, len(beginning) + 1 + MAX_PLAYED_QUESTIONS)
        told = tuple(Note(number, answer, section=section, question=question) for number in numbers)
    else:
        facts = enumerate(sheet.facts, len(beginning) + 1)
        told = tuple(Note(number, fact, section=section) for number, fact in facts)
    material = Material(LOCAL_WRITER, "", structure, structure.name, (*beginning, *told))
    total = models.interviewer.max_place_notes_cost(replace(material, notes=beginning))
    if interview:
        asked = [Question(number, section, question) for number in range(1, MAX_PLAYED_QUESTIONS + 1)]
        a_question = 2 * models.interviewer.max_next_question_cost(material, asked)
        total += MAX_PLAYED_QUESTIONS * (a_question + player.max_answer_cost(sheet, question))
    if draft:
        sentence = "I came there on that day and we did it once more. "  # 12 words
        text = sentence * (2 * structure.budget.high // 12 + 1)
        sentences = number_sentences(text)
        numbers = range(1, len(sentences) + 1)
        batches = [numbers[at : at + MAX_SENTENCES_PER_CALL] for at in range(0, len(numbers), MAX_SENTENCES_PER_CALL)]
        checked = replace(material, text=text)
        total += models.drafter.max_draft_cost(material) + _CHECKS_OF_A_DRAFT * sum(
            require_checker(models).max_check_cost(checked, sentences, batch) for batch in batches[:MAX_CALLS_PER_JOB]
        )
    return total
