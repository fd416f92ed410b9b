"""Render posts, critiques, measures, notes, versions and costs for the screen, and reports as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from markdown_it import MarkdownIt
from pydantic import TypeAdapter
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.text import Text

from bot.essay.claims import FLOOR_NOTICE, Claim, describe_no_findings
from bot.essay.critique import FINDINGS_SHOWN_FIRST, Critique, EarlierState, describe_outcome
from bot.essay.diff import TextComparison, WordRun, is_unchanged
from bot.essay.essay import Essay, Note, VersionInfo
from bot.essay.facts import defang_links
from bot.essay.measures import Measure, MeasureHit
from bot.essay.measures.base import MIN_WORDS
from bot.essay.private_text import describe_privacy
from bot.essay.structure import Structure
from bot.essay.support import REMOVE_SENTENCE
from bot.essay.text.gaps import count_written_words, find_gaps
from bot.essay.text.words import count_noun, truncate
from bot.essay.text_report import TextReport
from bot.services.checking import CheckedText
from bot.services.critiques import Decision
from bot.services.essays import editable_parts
from bot.services.ledger import NANO_PER_USD, RecordingLedger, UsageKey, UsageRow, UsageTotal
from bot.terminal import LOCAL_WRITER
from bot.terminal.output import ResponsiveTable
from bot.terminal.progress import format_dollars
from bot.terminal.stdio import escape_control_characters

_MAX_QUOTED_PLACES = 3  # places quoted for one measure; the rest are counted
_MAX_HIGHLIGHTS = 12  # single places of quiet measures, unless all are asked for
_MAX_QUOTE_CHARACTERS = 100


def render_critique(
    found: Critique,
    structure: Structure | None,
    decisions: Mapping[int, Decision] | None = None,
    *,
    show_all: bool = False,
    hint: str = "",
) -> Text:
    """Render the one thing to fix first, the findings with their quotations, the strengths and the coverage.

    The gravest findings are rendered; ``show_all`` renders all, and ``hint`` says how to see the others. ``decisions``
    says what the writer decided, by the index of the finding.
    """
    text = Text()
    if said := describe_outcome(found):
        text.append(f"{said}\n")
    if found.fix_first:
        text.append("Fix first: ", style="bold")
        text.append(f"{_safe_line(found.fix_first)}\n")
    if earlier := found.describe_earlier():
        text.append(f"{earlier}\n")
        for past in found.earlier:
            if past.state is not EarlierState.STILL_THERE:
                text.append(f"   {past.state.value}: {_safe_line(truncate(past.quotation, _MAX_QUOTE_CHARACTERS))}\n")
    shown = found.findings if show_all else found.findings[:FINDINGS_SHOWN_FIRST]
    for index, finding in enumerate(shown):
        place = f"in {_safe_line(finding.section)}" if finding.section else ""
        decided = (decisions or {}).get(index, "")
        words = (finding.category.value, finding.severity.value, place, found.label(index), decided)
        told = ", ".join(filter(None, words))
        text.append(f"\n{index + 1}. {told}\n", style="bold")
        quoted = _safe_line(finding.quotation)
        text.append(f"   Take out: {quoted}\n" if finding.is_cut else f"   | {quoted}\n", style="italic")
        text.append(f"   {_safe_line(finding.effect)}\n")
        if finding.replacement is not None:
            text.append(f"   Instead: {_safe_line(finding.replacement)}\n")
        if finding.question:
            text.append(f"   Question: {_safe_line(finding.question)}\n")
        if others := found.overlapping(index):
            numbers = ", ".join(str(other + 1) for other in others)
            text.append(f"   On words of {numbers} too: one may undo the other.\n", style="dim")
    if rest := len(found.findings) - len(shown):
        text.append(f"\n{count_noun(rest, 'lesser finding')} more{hint}.\n")
    for strength in found.strengths:
        text.append("\nWorks: ", style="bold")
        text.append(f"{_safe_line(strength.why)}\n")
        text.append(f"   | {_safe_line(strength.quotation)}\n", style="italic")
    if found.coverage:
        text.append("\nThe structure\n", style="bold")
    for one in found.coverage:
        section = structure.find_section(one.section) if structure else None
        said = f": {_safe_line(one.remark)}" if one.remark else ""
        text.append(f"   {one.covered.value:8} {section.heading if section else one.section}{said}\n")
    text.append(f"\n{critique_footer(found)}", style="dim")
    return text


def critique_footer(found: Critique) -> str:
    """Say which model wrote the critique, and how many findings are not shown and why."""
    said = [f"Written by {found.model}."]
    if found.dropped:
        said.append(f"{found.dropped} dropped, because the words they quote are not in the text, or say nothing.")
    if found.repeated:
        said.append(f"{found.repeated} left out, because a finding as grave or graver quotes the same words.")
    if found.misshapen:
        said.append(f"{found.misshapen} left out, because the model sent them out of form.")
    if found.reworded:
        said.append(f"{found.reworded} told in our words, because the model's brought in what nobody wrote.")
    if found.stripped:
        said.append(
            f"{found.stripped} shown without the wording or question that came with it, because it brought in what "
            "nobody wrote."
        )
    if found.held_back:
        said.append(f"{found.held_back} lesser ones held back.")
    return " ".join(said)


def critique_json(found: Critique) -> dict[str, Any]:
    """Return the critique as JSON values; spans count code points of the text without front matter.

    Each finding says what it wants done, ``action``, and the numbers of those on words of its own, ``overlaps``.
    """
    fields: dict[str, Any] = TypeAdapter(Critique).dump_python(found, mode="json")
    for index, finding in enumerate(found.findings):
        fields["findings"][index] |= {
            "action": finding.action.value if finding.action is not None else None,
            "overlaps": [other + 1 for other in found.overlapping(index)],
        }
    return fields


def render_claims(found: tuple[Claim, ...], text: str) -> Text:
    """Render what letters alone do not find in the notes, each with its sentence, and what they cannot see."""
    said = Text()
    if not found:
        return said.append(describe_no_findings())
    said.append(f"{len(found)} not found in the notes; check each, or take it out:\n")
    for claim in found:
        said.append(f"  {_safe_line(claim.label)}\n", style="bold")
        said.append(f"    | {_safe_line(claim.sentence_span.extract(text))}\n", style="italic")
    return said.append(FLOOR_NOTICE)


def render_check(found: CheckedText) -> Text:
    """Render what no note holds, numbered: the words, their sentence, why, and the mended sentence."""
    said = Text(f"{_safe_line(found.summary)}\n", style="bold")
    for number, passage in enumerate(found.check.open, 1):
        said.append(f"{number:>3}. {_safe_line(passage.words)} ({passage.kind})\n", style="bold")
        said.append(f"     | {_safe_line(found.sentence(passage.sentence).line)}\n", style="italic")
        if passage.reason:
            near = f" Nearest is note {passage.nearest_note}." if passage.nearest_note is not None else ""
            said.append(f"     {_safe_line(passage.reason)}{near}\n")
        if passage.mended is not None:
            said.append(f"     fix: {_safe_line(passage.mended) or REMOVE_SENTENCE}\n")
    if found.check.open:
        mends = "fix N or fix all mends, " if found.mendable else ""
        said.append(f"vouch N keeps one as a note, {mends}reword N TEXT puts your words there.", "dim")
    said.rstrip()
    return said


def render_sources(found: CheckedText, only: int | None = None) -> Text:
    """Render each paragraph with the notes that it rests on; ``only`` one, by its number from 1."""
    said = Text()
    for number, sentences in enumerate(found.paragraphs, 1):
        if only not in (None, number):
            continue
        said.append(f"{number:>3}. {_safe_line(' '.join(one.line for one in sentences))}\n", style="italic")
        notes = found.sources(sentences)
        for note in notes:
            said.append(f"     note {note.number}: {_safe_line(note.public_text)}\n")
        if not notes:
            said.append("     It rests on no note.\n")
    said.rstrip()
    return said


def _safe_line(text: str) -> str:
    """Return a text on one line, with no link that a terminal would make clickable."""
    return escape_control_characters(defang_links(" ".join(text.split())))


async def render_usage(
    ledger: RecordingLedger,
    now: datetime,
    days: int,
    writer_month: Decimal,
    budget_month: Decimal,
    by: UsageKey | None = None,
) -> RenderableType:
    """Render what everybody's calls of the last ``days`` cost, and the month's budgets.

    ``by`` says what they are told apart by; None for day, role and model together.
    """
    rows = await _read_usage(ledger, now - timedelta(days=days), by)
    spent = await ledger.spending(LOCAL_WRITER, now)
    left = Text(
        f"This month: {format_dollars(spent.month)} of ${budget_month:,.2f} spent or reserved in all, "
        f"{format_dollars(spent.writer_month)} of ${writer_month:,.2f} in the terminal (days and months by UTC)."
    )
    if not rows:
        return Group(Text(f"No model was called in the last {'day' if days == 1 else f'{days} days'}."), left)
    numbers = ("calls", "tokens in", "from cache", "tokens out", "cost")
    table = ResponsiveTable((*(("day", "role", "model") if by is None else (by.value,)), *numbers), right=numbers)
    for row in rows:
        price = format_dollars(row.nano_usd) if row.unpriced_calls < row.calls else "no price known"
        table.add_row(
            *_usage_keys(row, by),
            str(row.calls),
            f"{row.input_tokens:,}",
            f"{row.cache_read_tokens:,}",
            f"{row.output_tokens:,}",
            price,
        )
    total = Text(f"\nIn all {format_dollars(sum(row.nano_usd for row in rows))}.")
    return Group(table, total, left)


def _usage_keys(row: UsageRow | UsageTotal, by: UsageKey | None) -> tuple[str, ...]:
    if isinstance(row, UsageRow):
        return row.day, row.role, row.model
    nobody = "people who deleted their data" if by is UsageKey.PERSON else "outside of servers"
    return (row.key or nobody,)


async def _read_usage(
    ledger: RecordingLedger, since: datetime, by: UsageKey | None
) -> Sequence[UsageRow] | Sequence[UsageTotal]:
    return await ledger.usage(since) if by is None else await ledger.usage_by(since, by)


async def usage_json(ledger: RecordingLedger, now: datetime, days: int, by: UsageKey | None = None) -> str:
    """Return what everybody's calls of the last ``days`` cost as JSON: a list of the sums, in US dollars.

    ``by`` is as in render_usage; a server is null for what was asked outside of servers, a person for those who have
    deleted their data.
    """
    found = []
    for row in await _read_usage(ledger, now - timedelta(days=days), by):
        sums = asdict(row)
        key = {by.value: sums.pop("key") or None} if by is not None else {}
        sums["usd"] = sums.pop("nano_usd") / NANO_PER_USD
        found.append(key | sums)
    return json.dumps(found, indent=2)


def render_post(title: str, text: str, *, styled: bool) -> RenderableType:
    """Render a post with every stored word in it; as plain Markdown if the screen is not ``styled``."""
    markdown = f"# {escape_control_characters(title)}\n\n{escape_control_characters(text)}"
    if not styled:
        return Text(markdown)
    rendered = Markdown(markdown)
    # rich drops HTML; parsed as text, its words are shown like any others.
    rendered.parsed = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)
    return rendered


def render_remark(remark: str) -> Text:
    """Render what a model said beside a text, all of it."""
    return Text(f"Beside the text the model says: {escape_control_characters(remark)}")


def word_summary(words: int, text: str) -> str:
    """Summarize words and gaps in one line."""
    missing = len(find_gaps(text))
    return f"{count_noun(words, 'word')}, " + (f"{count_noun(missing, 'gap')} still to fill" if missing else "no gaps")


def render_measures(report: TextReport, *, show_all: bool = False, hint: str = "") -> RenderableType:
    """Render open gaps, the raised measures with their places, then single places worth a look.

    ``show_all`` renders all measures with all places; ``hint`` says how to see the places left out.
    """
    found = report.measures if show_all else report.raised_measures
    quiet = sum(measure.was_measured and not measure.is_raised for measure in report.measures)
    gaps_first = [
        _render_measure(measure, report.text, show_all=show_all, hint=hint)
        for measure in found
        if measure.key == "gaps"
    ]
    parts: list[RenderableType] = [*gaps_first, _render_word_counts(report)]
    parts.extend(
        _render_measure(measure, report.text, show_all=show_all, hint=hint)
        for measure in found
        if measure.key != "gaps"
    )
    if not show_all and (places := report.notable_hits):
        parts.append(_render_highlights(places, report.text, hint))
    if not_taken := report.skipped_message:
        parts.append(Text(f"\n{not_taken}"))
    short = f", as most do of a text of under {MIN_WORDS} words" if report.words < MIN_WORDS else ""
    parts.append(
        Text(f"\n{quiet} of {len(report.measures)} measures have nothing to say of the whole{short}.", style="dim")
    )
    return Group(*parts)


def _render_highlights(places: Sequence[MeasureHit], text: str, hint: str) -> RenderableType:
    lines = Text()
    lines.append("\nPlaces worth a look", style="bold")
    for place in places[:_MAX_HIGHLIGHTS]:
        _append_quote(lines, place, text)
    if (more := len(places) - _MAX_HIGHLIGHTS) > 0:
        lines.append(f"\n  | and {more} more{hint}", style="dim")
    return lines


def _append_quote(lines: Text, place: MeasureHit, text: str) -> None:
    quoted = " ".join(place.span.extract(text).split())
    cut = quoted if len(quoted) <= _MAX_QUOTE_CHARACTERS else quoted[: _MAX_QUOTE_CHARACTERS - 1] + "…"
    lines.append(f"\n  | {escape_control_characters(cut)}", style="italic")
    if place.note:
        lines.append(f"  ({place.note})", style="dim")


def _render_word_counts(report: TextReport) -> Text:
    lines = [f"{count_noun(report.words, 'word')} apart from headings"]
    if report.opening_words and report.sections:
        lines.append(f"{report.opening_words:>6,}  (before the first heading)")
    lines.extend(f"{count.words:>6,}  {escape_control_characters(count.title)}" for count in report.sections)
    return Text("\n".join(lines))


def _render_measure(measure: Measure, text: str, *, show_all: bool, hint: str) -> RenderableType:
    lines = Text()
    lines.append(f"\n{measure.name}: ", style="bold")
    lines.append(f"{escape_control_characters(measure.summary)}\n")
    if measure.is_raised:
        lines.append(f"  {measure.advice}")
    places = measure.hits if show_all else measure.hits_by_weight[:_MAX_QUOTED_PLACES]
    for place in places:
        _append_quote(lines, place, text)
    if (more := len(measure.hits) - len(places)) > 0:
        lines.append(f"\n  | and {more} more{hint}", style="dim")
    return lines


def report_json(report: TextReport, structure: Structure | None, critique: Critique | None = None) -> str:
    """Return a report as JSON: its measures, and the critique of a model if there is one.

    Offsets count code points of the text without front matter. A place with a weight of 1 to 3 matters by itself;
    ``notable_hits`` holds those of the measures that are not raised, the gravest first.
    """
    fields: dict[str, Any] = {
        "title": report.title,
        "structure": structure.key if structure else None,
        "words": report.words,
        "opening_words": report.opening_words,
        "sections": [
            {"title": count.title, "key": count.section_key, "words": count.words} for count in report.sections
        ],
        "measures": [
            {
                "key": measure.key,
                "name": measure.name,
                "raised": measure.is_raised,
                "summary": measure.summary,
                "advice": measure.advice if measure.is_raised else None,
                "why": measure.why,
                "threshold": measure.threshold,
                "source": measure.source,
                "figures": dict(measure.figures),
                "places": [
                    {
                        "start": place.span.start,
                        "end": place.span.end,
                        "text": place.span.extract(report.text),
                        "note": place.note,
                        "weight": place.weight,
                    }
                    for place in measure.hits
                ],
            }
            for measure in report.measures
        ],
        "worth_a_look": [
            {
                "start": place.span.start,
                "end": place.span.end,
                "text": place.span.extract(report.text),
                "note": place.note,
            }
            for place in report.notable_hits
        ],
    }
    if critique is not None:
        fields["critique"] = critique_json(critique)
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"


def section_table(text: str) -> ResponsiveTable:
    """List the sections that can be edited, by number."""
    listing = ResponsiveTable(("section", "heading", "words"), show_header=False)
    for number, (_, part) in enumerate(editable_parts(text), 1):
        listing.add_row(
            str(number),
            escape_control_characters(part.title) or "(before the first heading)",
            word_summary(count_written_words(part.body), part.body),
        )
    return listing


def version_table(versions: Sequence[VersionInfo], head: int | None) -> ResponsiveTable:
    """List the versions, oldest first, and mark the current one."""
    listing = ResponsiveTable(("version", "", "from", "origin", "words", "when (UTC)"))
    for version in versions:
        listing.add_row(
            str(version.number),
            "current" if version.number == head else "",
            str(version.parent or ""),
            version.origin.value,
            f"{version.word_count:,}",
            f"{version.created_at:%Y-%m-%d %H:%M}",
        )
    return listing


def render_note(found: Note, structure: Structure | None) -> Text:
    """Render one whole note with its section and its question."""
    text, state = Text(), describe_privacy(found)
    text.append(f"Note {found.number}", style="bold")
    text.append(f"  {_section_heading(found, structure)}{f', {state}' if state else ''}\n", style="dim")
    if found.question:
        text.append(f"{escape_control_characters(' '.join(found.question.split()))}\n", style="italic")
    return text.append(f"\n{escape_control_characters(found.text)}\n")


def _section_heading(found: Note, structure: Structure | None) -> str:
    section = structure.find_section(found.section) if structure else None
    return escape_control_characters(section.heading) if section else "(no section)"


def note_table(found: Sequence[Note], structure: Structure | None) -> ResponsiveTable:
    """List the notes by number, with their section and what of them is private."""
    listing = ResponsiveTable(("note", "section", "", "begins"))
    for one in found:
        begins = " ".join(one.text.split())
        listing.add_row(
            str(one.number),
            _section_heading(one, structure),
            describe_privacy(one),
            escape_control_characters(begins[:59] + "…" if len(begins) > 60 else begins),
        )
    return listing


def render_diff(found: TextComparison, *, styled: bool, whole: bool = True) -> Text:
    """Render two texts as one: each sentence that changed on lines of its own, as it was and as it is.

    What is gone stands behind "-", what was put in behind "+". Where most of a sentence stands, the words that differ
    are marked too: struck through and underlined, or in [-brackets-] and {+braces+} where the screen is not ``styled``.
    Without ``whole``, "…" stands for the paragraphs in which nothing changed.
    """
    text = Text()
    if not found.changes:
        return text.append(found.describe())
    is_left_out = False
    for paragraph in found.paragraphs:
        if not whole and is_unchanged(paragraph):
            if not is_left_out:
                text.append("…\n\n", style="dim")
            is_left_out = True
            continue
        is_left_out = False
        for change in paragraph:
            if change.is_unchanged:
                text.append(escape_control_characters(change.new))
                continue
            if not text.plain.endswith("\n") and text.plain:
                text.rstrip()
                text.append("\n")
            if change.old_line:
                _append_side(text, "- ", change.old_words or (WordRun(change.old_line, False),), "red", styled=styled)
            if change.new_line:
                _append_side(text, "+ ", change.new_words or (WordRun(change.new_line, False),), "green", styled=styled)
        text.rstrip()
        text.append("\n\n")
    text.append(found.describe(), style="dim")
    return text


def _append_side(text: Text, mark: str, runs: Sequence[WordRun], colour: str, *, styled: bool) -> None:
    """Append a sentence as it was or as it is, on a line of its own."""
    opening, closing = ("[-", "-]") if mark == "- " else ("{+", "+}")
    text.append(mark, style=f"bold {colour}")
    for run in runs:
        said = escape_control_characters(run.text)
        if run.is_changed:
            body = said.rstrip()
            marked = body if styled else f"{opening}{body}{closing}"
            text.append(marked, style=f"bold {colour} {'strike' if mark == '- ' else 'underline'}")
            said = said[len(body) :]
        text.append(said, style=colour)
    text.append("\n")


def essay_table(found: Sequence[Essay]) -> ResponsiveTable:
    """List a writer's essays, the last changed first, each with its id, which is never cut, and its number."""
    listing = ResponsiveTable(
        ("essay", "number", "title", "structure", "version", "last changed (UTC)"), right=("number",)
    )
    for number, essay in enumerate(found, 1):
        version = "no post yet" if essay.head is None else f"{essay.head}{', exported' if essay.is_exported else ''}"
        changed = f"{essay.changed_at:%Y-%m-%d %H:%M}"
        listing.add_row(
            essay.id, str(number), escape_control_characters(essay.title), essay.structure, version, changed
        )
    return listing


def structure_table(found: Sequence[Structure]) -> ResponsiveTable:
    """List the structures by key and number, with what each is for."""
    listing = ResponsiveTable(("structure", "number", "what it is for", "words"), right=("number",), show_header=False)
    for number, structure in enumerate(found, 1):
        listing.add_row(structure.key, str(number), structure.description, f"{structure.budget} words")
    return listing


def render_structure(found: Structure) -> Text:
    """Render one structure with its sections, their purposes and questions."""
    text = Text()
    text.append(f"{found.name}\n", style="bold")
    text.append(f"{found.description}\n{found.budget} words\n")
    for section in found.sections:
        text.append(f"\n{section.heading}", style="bold")
        text.append(f"  ({section.key}, {section.budget} words)\n  {section.purpose}\n")
        for question in section.questions:
            stays = " (the answer stays private)" if question in section.private_questions else ""
            text.append(f"  - {question}{stays}\n")
    return text
