"""Every panel keeps within what Discord takes and a phone shows, however long what stands in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bot import app
from bot.discord_ui import forms
from bot.discord_ui.cards import LABEL_CHARACTERS, ROW_BUTTONS, Button, Card, Menu, Row
from bot.discord_ui.components import layout, modal
from bot.discord_ui.fields import apart
from bot.discord_ui.ids import Id
from bot.discord_ui.panels import critique, draft, endings, first, history, interview, lists, notes, running
from bot.discord_ui.panels.draft import Spot
from bot.discord_ui.people import Place
from bot.discord_ui.state import State
from bot.essay.claims import unsupported
from bot.essay.critique import Category, Coverage, Covered, Critique, Finding, Severity, Strength
from bot.essay.essay import Answered, Essay, Note, Origin, Question, Version, VersionInfo
from bot.essay.text.sections import split
from bot.essay.text.spans import Span
from bot.workflow.critiqued import Critiqued
from bot.workflow.desk import editable
from bot.workflow.jobs import Job, JobKind, JobState, JobView, Phase
from bot.workflow.measured import measured
from bot.workflow.spending import Spent, UsageRow
from bot.workflow.wanted import Wanted
from tests.simulators.discord.check_layout import Layout
from tests.simulators.discord.errors import FormErrors
from tests.simulators.discord.settings import Settings

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
STRUCTURE = app.catalogue()["career-switch"]
SCRIPTS = {
    "latin": "In March 2019 Ada Byron said “it was 15%”, and we paid $61,000. ",
    "markup": "*_~`|>#[]()<- ",
    "chinese": "二〇一九年三月、私は銀行を辞めた。",
    "emoji": "👨‍👩‍👧‍👦👍🏽🇳🇬",
    "hebrew": "שָׁלוֹם עֲלֵיכֶם ",
    "one word": "x",
    "lines": "a\n",
}


def state_of(words: str) -> State:
    """An essay in which everything is as long as it can be, or longer."""
    essay = Essay("z" * 10, "d" * 33, STRUCTURE.key, (words * 200)[:200], 999, None, NOW, NOW)
    text = "".join(f"## {(words * 9)[:150].strip() or 'x'}\n\n{words * 300}\n\n" for _ in range(40))
    info = VersionInfo(999, 998, Origin.DRAFTED, 99_999, 5, NOW, complete=False, model="m" * 60)
    versions = tuple(replace(info, number=number, parent=number - 1) for number in range(900, 1_001))
    asked = tuple(Question(n, "the-label", (words * 300)[:300], Answered.SKIPPED) for n in range(1, 9))
    held = tuple(Note(n, words * 400, (words * 300)[:300], "the-label") for n in range(1, 60))
    job = Job(1, essay.writer, essay.id, JobKind.DRAFT, JobState.FAILED, 999, "", "", (words * 200)[:900], None, NOW)
    claims = unsupported(text[:4_000], ["nothing"])
    return State(
        essay,
        STRUCTURE,
        held,
        asked,
        Version(info, text),
        versions,
        claims,
        JobView(job, Phase.WAITING, NOW),
        "c" * 10,
        True,
    )


def finding_of(words: str) -> Finding:
    return Finding(
        (words * 900)[:3_000], Span(0, 3), Category.OVERWRITTEN, Severity.SERIOUS, words * 300, words * 500, None
    )


def cards(words: str) -> Iterable[Card]:
    """Every panel there is."""
    state = state_of(words)
    notice = (words * 200)[:2_000]
    version, place = state.version, Place(own_dm=False, server=1)
    assert version is not None
    empty = replace(state, essay=replace(state.essay, head=None), version=None)
    yield first.first(empty, app.catalogue(), place, notice)
    yield first.first(replace(empty, notes=(), asked=()), app.catalogue(), place, notice)
    yield interview.question(state, state.asked[0], mode="f", notice=notice)
    yield interview.enough(empty, further=False, notice=notice)
    for page, section in ((0, None), (None, 40), (10**8, 10**8), (3, None)):
        yield draft.draft(state, version, Spot(page, section), notice, beside=1_000)
    yield draft.draft(replace(state, with_model=False), replace(version, text=" "), Spot(0))
    yield draft.reading(state, version, 2)
    assert state.job is not None
    yield running.running(state.essay.title, replace(state.job, place=99), "essay", "z" * 10, notice)
    for page in (0, 3, 10**8):
        yield notes.listed(state, page, notice)
        yield history.history(state, page)
        yield history.claims(state, page)
        yield history.measures(state.essay.title, measured(version.text[:4_000], STRUCTURE), page, "z" * 10, 999)
    yield history.measures("x", measured(version.text[:4_000], None), 0, None, 0, notice[:300])
    told = Wanted(40, (words * 900)[:2_000]).argument
    job = replace(state.job.job, kind=JobKind.REVISION, argument=told, text=version.text[:20_000])
    failed = replace(state, job=replace(state.job, job=job), leftovers=(job.id + 1, job.id, job.id - 1))
    yield draft.draft(failed, version, Spot(1), notice, beside=1_000)
    for page in (0, 2, 10**8):
        yield endings.what_came(failed, job, page)
    yield first.after(first.first(replace(empty, job=failed.job), app.catalogue(), place, notice), state.essay)
    yield notes.one(state, replace(state.notes[0], left_out=True), 0, notice)
    strength = Strength((words * 90)[:900], Span(0, 3), words * 90)
    coverage = tuple(Coverage(section.key, Covered.THIN, words * 50) for section in STRUCTURE.sections)
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
    about = Critiqued("c" * 10, "d" * 33, "z" * 10, 3, None, state.essay.title, version.text, True, found, {}, NOW)
    for page, own in itertools.product(range(5), (True, False)):
        shown = about if own else replace(about, essay=None)
        yield critique.card(shown, found, STRUCTURE, page, 999, applicable=True, notice=notice)
    yield critique.unspoken(about, notice, with_model=True)
    many = [replace(state.essay, id=f"z{number:09}") for number in range(60)]
    yield lists.essays(many, 2, app.catalogue(), notice)
    yield lists.essays(many, 0, app.catalogue(), notice, 99)
    yield lists.essays([], 0, app.catalogue(), pasted=1)
    yield lists.critiques([replace(about, id=f"c{number:09}") for number in range(lists.ON_A_PAGE)], 3, 9)
    yield lists.critiques([], 0, 1)
    yield lists.chosen(state.essay, app.catalogue(), notice)
    yield lists.deleting(state.essay, 1)
    yield lists.deleting(state.essay, 2)
    rows = [UsageRow("2026-11-23", "writer", "m", 9, 10**9, 10**9, 10**9, 10**12, 3)] * 31
    yield lists.usage(rows, Spent(10**12, 10**12, 10**13), Decimal(3), Decimal(10), Decimal(0), with_model=False)
    yield lists.help_card(with_model=True)
    yield lists.help_card(with_model=False)


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
async def test_every_panel_is_accepted_by_discord_and_fits_a_phone(words: str) -> None:
    for card in cards(words):
        payload = layout(card).to_components()  # type: ignore[no-untyped-call] # discord.py has no types for it
        errors = FormErrors()
        Layout(Settings(), errors, {}).message(payload, v2=True)
        errors.raise_if_any()
        ids = [part.id for part in card.parts if isinstance(part, Menu)]
        for part in card.parts:
            if isinstance(part, Row):
                ids += [button.id for button in part.buttons if isinstance(button, Button)]
                assert 1 <= len(part.buttons) <= ROW_BUTTONS
                assert all(0 < len(button.label) <= LABEL_CHARACTERS for button in part.buttons)
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("words", SCRIPTS.values(), ids=SCRIPTS)
async def test_every_form_is_accepted_by_discord(words: str) -> None:
    state = state_of(words)
    assert state.version is not None
    target = Id("essay", "revise-save", "z" * 10, 999_999_999, "1" * 9)
    fields = apart((words * 20_000)[:9_000].strip() or "x")
    part = split(state.version.text)[3]
    assert fields is not None
    for form in (
        forms.paste(target, "Paste notes", "Your notes"),
        forms.answer(target, state.asked[0]),
        forms.edit(target, part.title, fields),
        forms.edit_by_file(target, part.title, 20_001),
        forms.revise(target, editable(state.version.text), 40),
        forms.revise(target, editable(state.version.text), 40, "x" * 2_000),
        forms.rename(target, state.essay.title),
    ):
        payload = modal(form).to_dict()
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
    about = Critiqued("c", "w", None, None, None, None, words, True, found, {}, NOW)
    pages = [critique.card(about, found, None, page, 0, applicable=False).text for page in range(4)]
    assert all("evil.example" in page for page in pages)
    assert not any("://" in page for page in pages)
