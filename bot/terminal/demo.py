"""Run the program on sample notes without a keyboard, from notes to an exported file.

A file of its own, so that only ``try --demo`` and docs/example.py load what draws a post and its measures. The sample
notes fit the default structure, for which the whole way is shown: no model is called, and what one wrote beforehand is
labelled so. In other structures the notes are assembled.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console, RenderableType
from rich.text import Text

from bot.errors import ExportFailed
from bot.essay.critique import Category, Critique, Finding, Severity, Strength
from bot.essay.essay import Essay, Note, Origin, Version
from bot.essay.export import ExportablePost
from bot.essay.export_targets import DEFAULT_TARGET, export_for
from bot.essay.matching import default_structure
from bot.essay.structure import Structure
from bot.essay.support import Check, SupportKind, UnsupportedPassage, mend_sentence, number_sentences
from bot.essay.text.spans import Span
from bot.essay.text_report import measure_text
from bot.services.checking import CheckedText
from bot.services.essays import EssayService
from bot.terminal import views
from bot.terminal.output import write_to_free_path

SAMPLE_NOTES_PATH = Path(__file__).with_name("sample_notes.md")
SAMPLE_DRAFT_PATH = Path(__file__).with_name("sample_draft.md")
_TITLE = "There’s the rain"
_WRITER = "sample"
_ASKED_SECTION = "the-label"  # no sample note stands under it
_ANSWER = (
    "school careers evening, oct 2023. they had me down as a hearing consultant. a boy asked was i a doctor. said no, "
    "i'm the one with the screwdriver"
)
_PREPARED = "Written beforehand by a language model, for this sample; none is called now."
# The words that no note holds, their kind, why, words of the nearest note, and the mended sentence.
_UNSUPPORTED = (
    (
        "the best mark in the class",
        SupportKind.SCOPE,
        "The note gives the mark, 18 of 20, and nobody else’s.",
        "passed (18/20)",
        "In June I passed with 18.",
    ),
    (
        "I will say yes.",
        SupportKind.EVENT,
        "The note says by when an answer is wanted, and not what it will be.",
        "wants an answer by the 15th",
        "",
    ),
)


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One step of the way: its heading, where its text comes from, and what the program shows. ``is_markdown`` says
    that this is a text in Markdown."""

    heading: str
    origin: str
    shown: RenderableType
    is_markdown: bool = False


def run_demo(essays: EssayService, runner: asyncio.Runner, screen: Console, structure: Structure) -> None:
    """Show the way of the sample notes to a post, and export that to the current directory.

    The last line printed is the path of the file. Raise ExportFailed.
    """
    steps, post, _ = runner.run(make_demo(essays, structure, styled=screen.is_terminal))
    screen.print("The notes are a sample: whoever tells this is imagined and has no name.")
    for number, step in enumerate(steps, 1):
        screen.print(f"\n{number}. {step.heading}", style="bold")
        screen.print(Text(f"{step.origin}\n", style="dim"))
        screen.print(step.shown)
    exported = export_for(post, DEFAULT_TARGET)
    try:
        path = write_to_free_path(exported.name, exported.data)
    except ExportFailed as error:
        error.args = (f"{error} The sample is not stored: run this again in a directory that can be written.",)
        raise
    screen.print("\nRun essay-bot try in a terminal to write your own, or essay-bot draft NOTES on notes you have.")
    screen.print(f"Exported to {path}", soft_wrap=True)


async def make_demo(
    essays: EssayService, structure: Structure, *, styled: bool
) -> tuple[tuple[DemoStep, ...], ExportablePost, str]:
    """Write the sample post in a store of its own; return the steps, the post and the essay's id.

    ``styled`` is as in render_post.
    """
    essay = await essays.create_essay(_WRITER, structure, _TITLE)
    page = SAMPLE_NOTES_PATH.read_text(encoding="utf-8")
    await essays.add_notes(_WRITER, essay.id, page)
    steps = [DemoStep("Notes", "The sample notes, as they were typed.", Text(page.rstrip()))]
    if structure.key == default_structure(essays.structures).key:
        steps += await _prepared_steps(essays, essay, structure, styled=styled)
    else:
        await essays.assemble_post(_WRITER, essay.id)
    post = await essays.export(_WRITER, essay.id)
    found = measure_text(post.text, structure)
    counted = f"What the program counts in the post ({views.word_summary(found.words, post.text)})."
    steps += (
        DemoStep(
            "Post",
            "As it is exported. A gap stays open until its writer fills it.",
            views.render_post(post.title, post.text, styled=styled),
            is_markdown=True,
        ),
        DemoStep("Measures", counted, views.render_measures(found)),
    )
    return tuple(steps), post, essay.id


async def _prepared_steps(
    essays: EssayService, essay: Essay, structure: Structure, *, styled: bool
) -> tuple[DemoStep, ...]:
    """Ask a question, and store its answer, the draft, and the text after the check and after the critique."""
    section = next(one for one in structure.sections if one.key == _ASKED_SECTION)
    await essays.add_notes(_WRITER, essay.id, f"## {section.heading}\n\n{_ANSWER}")
    notes = await essays.notes(_WRITER, essay.id)
    draft = await _add_version(essays, essay, Origin.DRAFTED, SAMPLE_DRAFT_PATH.read_text(encoding="utf-8"), notes)
    checked = _check(draft, notes)
    text = draft.text
    for passage in reversed(checked.check.open):
        text = mend_sentence(text, checked.sentence(passage.sentence), passage.mended or "")
    await _add_version(essays, essay, Origin.MENDED, text, notes)
    critique = _critique(text)
    for finding in reversed(critique.findings):
        text = (
            text[: finding.span.start].rstrip(" ")
            + (f" {finding.replacement}" if finding.replacement else "")
            + text[finding.span.end :]
        )
    await _add_version(essays, essay, Origin.SUGGESTION, text, notes)
    said = Text(f"{section.questions[0]}\n\nAnswer: {_ANSWER}")
    return (
        DemoStep(
            "Question",
            "The structure’s own question. The answer was written beforehand by a language model.",
            said,
        ),
        DemoStep("Draft", _PREPARED, views.render_post(_TITLE, draft.text, styled=styled), is_markdown=True),
        DemoStep("Check", f"{_PREPARED} Both fixes are taken: fix all.", views.render_check(checked)),
        DemoStep(
            "Critique",
            f"{_PREPARED} Both findings are taken: apply 1, apply 2.",
            views.render_critique(critique, structure),
        ),
    )


async def _add_version(
    essays: EssayService, essay: Essay, origin: Origin, text: str, notes: tuple[Note, ...]
) -> Version:
    head = (await essays.get_essay(_WRITER, essay.id)).head
    return await essays.add_version(_WRITER, essay.id, head, origin, text, len(notes))


def _check(version: Version, notes: tuple[Note, ...]) -> CheckedText:
    sentences = number_sentences(version.text)
    unsupported = tuple(
        UnsupportedPassage(
            next(one.number for one in sentences if words in one.text),
            words,
            kind,
            reason,
            next(note.number for note in notes if near in note.text),
            mended,
        )
        for words, kind, reason, near, mended in _UNSUPPORTED
    )
    return CheckedText(version, sentences, notes, Check(version.info.number, (), unsupported), is_by_model=True)


def _critique(text: str) -> Critique:
    def find(words: str) -> Span:
        start = text.index(words)
        return Span(start, start + len(words))

    phrase, unclear = "It was a journey of self-discovery.", "It took me 40 minutes."
    works = "Version 11 was version 2 with the word “unfortunately” taken out."
    findings = (
        Finding(
            phrase,
            find(phrase),
            Category.CLICHE,
            Severity.SERIOUS,
            "The week before it is counted by the hour; a set phrase after that takes the figures back.",
            is_cut=True,
            section="What I missed",
        ),
        Finding(
            unclear,
            find(unclear),
            Category.UNCLEAR,
            Severity.MINOR,
            "The last thing named is the tin, so that a reader takes it for what was mended.",
            replacement="The repair took me 40 minutes.",
            section="What I gave up and what I gained",
        ),
    )
    strengths = (Strength(works, find(works), "One fact shows what the work was like, without a word of complaint."),)
    fix_first = "Take out the sentence about self-discovery; the figures before it say more."
    return Critique(fix_first, findings, strengths, (), 0, 0, "a language model, beforehand")
