"""Every panel stays within what Discord takes and a phone shows, however long its text is."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot import bootstrap
from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.components import to_modal, to_view
from bot.discord_ui.panels import (
    checks,
    critiques,
    drafts,
    essays,
    forms,
    interview,
    jobs,
    notes,
    personal_data,
    sharing,
    start,
    voice,
)
from bot.discord_ui.panels.cards import (
    LIST_PAGE_SIZE,
    MAX_BUTTONS_PER_ROW,
    MAX_LABEL_LENGTH,
    Button,
    ButtonRow,
    Card,
    SelectMenu,
)
from bot.discord_ui.panels.drafts import DraftPosition
from bot.discord_ui.panels.essay_state import EssayState
from bot.discord_ui.panels.forms import section_options, split_into_fields
from bot.discord_ui.panels.help_and_usage import help_card, usage_card
from bot.essay.claims import find_unsupported_claims
from bot.essay.critique import Category, Coverage, CoverageLevel, Critique, Finding, Severity, Strength
from bot.essay.essay import Essay, Note, Origin, Question, QuestionState, SectionState, Version, VersionInfo
from bot.essay.measures.voice import describe_voice
from bot.essay.support import Check, NumberedSentence, SentenceSupport, SupportKind, UnsupportedPassage
from bot.essay.text.sections import split_sections
from bot.essay.text.spans import Span
from bot.essay.text_report import measure_text
from bot.essay.voice import MAX_VOICE_SAMPLES, VoiceSample
from bot.services.checking import CheckedText
from bot.services.critiques import StoredCritique
from bot.services.drafting import RevisionRequest
from bot.services.essays import editable_parts
from bot.services.jobs.job import Job, JobKind, JobPhase, JobState, JobView
from bot.services.ledger import Spending, UsageRow
from bot.services.personal_data import TABLE_DESCRIPTIONS, PersonSummary, WriterMark
from bot.services.sharing import (
    MAX_MESSAGE_CHARACTERS,
    Feedback,
    FeedbackKind,
    GatheredFeedback,
    Share,
    ShareChannel,
    SharedText,
    ShareState,
)
from tests.simulators.discord.check_component_tree import Layout
from tests.simulators.discord.errors import FormErrors
from tests.simulators.discord.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STRUCTURE = bootstrap.load_structures()["career-switch"]
SCRIPTS = {
    "latin": "In March 2019 Ada Byron said “it was 15%”, and we paid $61,000. ",
    "markup": "*_~`|>#[]()<- ",
    "chinese": "二〇一九年三月、私は銀行を辞めた。",
    "emoji": "👨‍👩‍👧‍👦👍🏽🇳🇬",
    "hebrew": "שָׁלוֹם עֲלֵיכֶם ",
    "one word": "x",
    "lines": "a\n",
}


def state_of(words: str) -> EssayState:
    """An essay in which everything is as long as it can be, or longer."""
    essay = Essay("z" * 10, "d" * 33, STRUCTURE.key, (words * 200)[:200], 999, None, NOW, NOW)
    text = "".join(f"## {(words * 9)[:150].strip() or 'x'}\n\n{words * 300}\n\n" for _ in range(40))
    info = VersionInfo(999, 998, Origin.DRAFTED, 99_999, 5, NOW, is_complete=False, model="m" * 60)
    versions = tuple(replace(info, number=number, parent=number - 1) for number in range(900, 1_001))
    asked = tuple(Question(n, "the-label", (words * 300)[:300], QuestionState.SKIPPED) for n in range(1, 9))
    held = tuple(Note(n, words * 400, (words * 300)[:300], "the-label") for n in range(1, 60))
    job = Job(1, essay.writer, essay.id, JobKind.DRAFT, JobState.FAILED, 999, "", "", (words * 200)[:900], None, NOW)
    claims = find_unsupported_claims(text[:4_000], ["nothing"])
    return EssayState(
        essay=essay,
        notes=held,
        questions=asked,
        version=Version(info, text),
        versions=versions,
        job=job,
        leftover_jobs=(),
        critique=StoredCritique("c" * 10, essay.writer, essay.id, 3, None, essay.title, text, True, None, {}, NOW),
        pending_messages=(),
        dm_context=None,
        check=None,
        section_states={"the-label": SectionState.THIN},
        suggested_titles=((words * 40)[:100],) * 3,
        voice=(),
        structure=STRUCTURE,
        running_job=None,
        has_model=True,
        claims=claims,
    )


def checked_text(words: str) -> CheckedText:
    """A checked text in which everything is as long as it can be."""
    text = f"{(words * 300)[:3_000].strip() or 'x'}.\n\n" * 9
    sentences = tuple(
        NumberedSentence(number, (words * 300)[:3_000], Span(0, 9), number, number) for number in range(1, 10)
    )
    passages = tuple(
        UnsupportedPassage(
            n, (words * 200)[:900], SupportKind.FEELING, (words * 90)[:400], 9_999, (words * 300)[:1_500]
        )
        for n in range(1, 10)
    )
    held = tuple(Note(n, words * 400) for n in range(1, 60))
    supports = tuple(SentenceSupport(n, tuple(range(1, 60))) for n in range(1, 10))
    check = Check(999, supports, passages, tuple(range(1, 10)), (words * 200)[:900])
    info = VersionInfo(999, 998, Origin.DRAFTED, 99_999, 5, NOW)
    return CheckedText(Version(info, text), sentences, held, check, is_by_model=True)


def finding_of(words: str) -> Finding:
    return Finding(
        (words * 900)[:3_000], Span(0, 3), Category.OVERWRITTEN, Severity.SERIOUS, words * 300, words * 500, None
    )


def cards(words: str) -> Iterable[Card]:
    """Every panel there is."""
    state = state_of(words)
    notice = (words * 200)[:2_000]
    version, place = state.version, InteractionContext(is_bot_dm=False, guild_id=1)
    assert version is not None
    empty = replace(state, essay=replace(state.essay, head=None), version=None)
    yield start.start_card(empty, bootstrap.load_structures(), place, notice)
    yield start.start_card(replace(empty, notes=(), questions=()), bootstrap.load_structures(), place, notice)
    yield interview.question_card(state, state.questions[0], mode="f", notice=notice)
    yield interview.interview_done_card(empty, further=False, notice=notice)
    for page, section in ((0, None), (None, 40), (10**8, 10**8), (3, None)):
        yield drafts.draft_card(state, version, DraftPosition(page, section), notice, side_version=1_000)
    yield drafts.draft_card(replace(state, has_model=False), replace(version, text=" "), DraftPosition(0))
    remarked = replace(version, remark=words * 900)
    yield drafts.draft_card(state, remarked, DraftPosition(10**8), notice, side_version=1_000)
    yield drafts.draft_card(state, replace(remarked, text=version.text[:2_500]), DraftPosition(0), notice)
    yield drafts.version_card(state, version, 2)
    assert state.job is not None
    waiting = JobView(state.job, JobPhase.WAITING, NOW, queue_position=99)
    yield jobs.job_progress_card(state.essay.title, waiting, "essay", "z" * 10, notice)
    for page in (0, 3, 10**8):
        yield notes.notes_list_card(state, page, notice)
        yield drafts.history_card(state, page)
        yield drafts.claims_card(state, page)
        yield checks.check_card(checked_text(words), "z" * 10, state.essay.title, page, is_checking=True, notice=notice)
        yield checks.sources_card(checked_text(words), "z" * 10, state.essay.title, page)
        yield drafts.measures_card(
            state.essay.title,
            measure_text(version.text[:4_000], STRUCTURE),
            page,
            "z" * 10,
            999,
            voice=describe_voice("colour " * 9, [f"color {words * 300}"], measure_text("colour", None).measures, 9),
        )
    yield voice.voice_card([VoiceSample(10**6 + number, words * 900) for number in range(MAX_VOICE_SAMPLES)], notice)
    yield drafts.measures_card("x", measure_text(version.text[:4_000], None), 0, None, 0, notice[:300])
    told = RevisionRequest(40, (words * 900)[:2_000]).job_argument
    job = replace(state.job, kind=JobKind.REVISION, argument=told, text=version.text[:20_000])
    failed = replace(state, job=job, leftover_jobs=(job.id + 1, job.id, job.id - 1))
    yield drafts.draft_card(failed, version, DraftPosition(1), notice, side_version=1_000)
    for page in (0, 2, 10**8):
        yield jobs.partial_result_card(failed, job, page)
    yield start.with_previous_essay(
        start.start_card(replace(empty, job=failed.job), bootstrap.load_structures(), place, notice), state.essay
    )
    yield notes.note_card(state, replace(state.notes[0], is_excluded=True), 0, notice)
    strength = Strength((words * 90)[:900], Span(0, 3), words * 90)
    coverage = tuple(Coverage(section.key, CoverageLevel.THIN, words * 50) for section in STRUCTURE.sections)
    found = Critique(
        words * 300,
        (finding_of(words), replace(finding_of(words), replacement=None, question=words * 90)),
        (strength,) * 9,
        coverage,
        99,
        99,
        "m" * 60,
        99,
        99,
    )
    about = StoredCritique("c" * 10, "d" * 33, "z" * 10, 3, None, state.essay.title, version.text, True, found, {}, NOW)
    for page, own in itertools.product(range(5), (True, False)):
        shown = about if own else replace(about, essay=None)
        yield critiques.critique_card(shown, found, STRUCTURE, page, 999, applicable=True, notice=notice)
    yield critiques.no_critique_card(about, notice, with_model=True)
    many = [replace(state.essay, id=f"z{number:09}") for number in range(60)]
    yield essays.essay_list_card(many, 2, bootstrap.load_structures(), notice)
    yield essays.essay_list_card(many, 0, bootstrap.load_structures(), notice, 99)
    yield essays.essay_list_card([], 0, bootstrap.load_structures(), critique_count=1)
    yield critiques.critique_list_card([replace(about, id=f"c{number:09}") for number in range(LIST_PAGE_SIZE)], 3, 9)
    yield critiques.critique_list_card([], 0, 1)
    yield essays.essay_actions_card(state.essay, bootstrap.load_structures(), notice)
    yield essays.confirm_delete_essay_card(state.essay, 1)
    yield essays.confirm_delete_essay_card(state.essay, 2)
    rows = [UsageRow("2026-11-23", "writer", "m", 9, 10**9, 10**9, 10**9, 10**12, 3)] * 31
    yield usage_card(rows, Spending(10**12, 10**12, 10**13), Decimal(3), Decimal(10), Decimal(0), with_model=False)
    yield help_card(with_model=True)
    yield help_card(with_model=False)
    stored = PersonSummary(dict.fromkeys(TABLE_DESCRIPTIONS, 10**9), frozenset({WriterMark.BLOCKED}), 3)
    yield personal_data.personal_data_card(stored, with_model=True, essay_days=36_500, notice=notice)
    yield personal_data.confirm_delete_all_card(stored, notice)
    yield personal_data.all_deleted_card(stored)
    yield personal_data.critiques_to_delete_card(
        [replace(about, id=f"c{number:09}") for number in range(LIST_PAGE_SIZE)], 3, 9, notice
    )
    yield personal_data.confirm_delete_critique_card(about)
    yield from sharing_cards(words, state.essay, version.text, notice)


def sharing_cards(words: str, essay: Essay, text: str, notice: str) -> Iterable[Card]:
    """The panels of a shared text, and what stands in its thread."""
    heading = (words * 200)[:300].strip() or "x"
    shared = SharedText("z" * 10, 999, 999, essay.title, heading, text, f"<@{10**19}>")
    channels = [ShareChannel(10**19 + number, (words * 40)[:100]) for number in range(60)]
    options = section_options(editable_parts(text), 39)
    plan = sharing.SharePlan(39, shared, channels, channels[0], 99_999, 99, (words * 90)[:300])
    yield sharing.share_card(plan, options, notice)
    yield sharing.share_card(replace(plan, section=None, shared=replace(shared, heading=None), channel=None), ())
    yield sharing.opening_card(shared)
    page = (words * 3_000)[:2_000]
    yield from sharing.text_cards(shared, [page, page])
    said = (words * 3_000)[:MAX_MESSAGE_CHARACTERS]
    yield sharing.posted_feedback_card("z" * 10, 999, f"<@{10**19}>", said)
    yield sharing.taken_back_card()
    yield sharing.answer_card(said)
    items = tuple(
        Feedback(number, 1, FeedbackKind(kind), (words * 5_000)[:4_000], 10**19 + number, NOW)
        for number, kind in enumerate(("reader", "answer") * 9)
    )
    for state in ShareState:
        share = Share(1, 999, state, 10**19, 10**19, heading, NOW)
        found = GatheredFeedback((share,), items, 999, 999, is_cut=True, problem=notice[:300])
        for page_number in (0, 3, 10**8):
            yield sharing.feedback_card(essay, found, page_number, notice)
        yield sharing.feedback_card(essay, replace(found, items=()), 0)
    yield sharing.confirm_take_down_card(essay)
    yield sharing.confirm_delete_feedback_card(essay)


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
async def test_every_panel_is_accepted_by_discord_and_fits_a_phone(words: str) -> None:
    for card in cards(words):
        payload = to_view(card).to_components()  # type: ignore[no-untyped-call] # discord.py has no types for it
        errors = FormErrors()
        Layout(Settings(), errors, {}).message(payload, v2=True)
        errors.raise_if_any()
        ids = [part.custom_id for part in card.parts if isinstance(part, SelectMenu)]
        for part in card.parts:
            if isinstance(part, ButtonRow):
                ids += [button.custom_id for button in part.buttons if isinstance(button, Button)]
                assert 1 <= len(part.buttons) <= MAX_BUTTONS_PER_ROW
                assert all(0 < len(button.label) <= MAX_LABEL_LENGTH for button in part.buttons)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
async def test_every_form_is_accepted_by_discord(words: str) -> None:
    state = state_of(words)
    assert state.version is not None
    target = CustomId("essay", "revise-save", "z" * 10, 999_999_999, "1" * 9)
    fields = split_into_fields((words * 20_000)[:9_000].strip() or "x")
    part = split_sections(state.version.text)[3]
    assert fields is not None
    for form in (
        forms.paste_form(target, "Paste notes", "Your notes"),
        forms.answer_form(target, state.questions[0]),
        forms.edit_section_form(target, part.title, fields),
        forms.edit_section_by_file_form(target, part.title, 20_001),
        forms.revision_form(target, editable_parts(state.version.text), 40),
        forms.revision_form(target, editable_parts(state.version.text), 40, "x" * 2_000),
        forms.rename_form(target, state.essay.title),
        sharing.feedback_form("z" * 10, 999_999_999),
        sharing.answer_form("z" * 10, 999_999_999, 10**19, words * 900),
    ):
        payload = to_modal(form).to_dict()
        errors = FormErrors()
        Layout(Settings(), errors, {}, modal=True).modal(payload["components"])
        errors.raise_if_any()
        assert len(payload["title"]) <= 45
        assert len(payload["custom_id"]) <= 100


def test_no_page_of_a_critique_holds_a_clickable_link() -> None:
    """Of critiques stored before that was looked at, and of the words that are quoted, too."""
    words = "see https://evil.example/x and [this](https://evil.example/y)"
    finding = Finding(words, Span(0, 3), Category.VAGUE, Severity.GRAVE, words, words, None)
    asking = replace(finding, replacement=None, question=words)
    found = Critique(words, (finding, asking), (Strength(words, Span(0, 3), words),), (), 0, 0, "a-model")
    about = StoredCritique("c", "w", None, None, None, None, words, True, found, {}, NOW)
    pages = [critiques.critique_card(about, found, None, page, 0, applicable=False).text for page in range(4)]
    assert all("evil.example" in page for page in pages)
    assert not any("://" in page for page in pages)
