"""What a person sees of a post, its measures, its history: each as text for a screen that may be plain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from rich.console import Group, RenderableType
from rich.markdown import Markdown
from rich.text import Text

from bot.essay.critique import Critique
from bot.essay.diff import Change
from bot.essay.essay import Essay, Note, VersionInfo
from bot.essay.left_out import state_of
from bot.essay.measures import Mark, Measure
from bot.essay.measures.base import FEWEST_WORDS, counted
from bot.essay.structure import Structure
from bot.essay.text.gaps import gaps, written_words
from bot.streams import shown
from bot.terminal import critique_view
from bot.terminal.listing import Listing
from bot.workflow.desk import editable
from bot.workflow.measured import Measured

_PLACES = 3  # places quoted for one measure; the rest are counted
_WORTH_A_LOOK = 12  # single places of quiet measures, unless all are asked for
_QUOTE_CHARACTERS = 100


def post(title: str, text: str, *, styled: bool) -> RenderableType:
    """A post as a reader would see it, every stored word in it; as it stands where the screen is plain."""
    markdown = f"# {shown(title)}\n\n{shown(text)}"
    if not styled:
        return Text(markdown)
    rendered = Markdown(markdown)
    # rich leaves HTML out; read as text, its words are shown like any others.
    rendered.parsed = MarkdownIt("commonmark", {"html": False}).enable("table").parse(markdown)
    return rendered


def summary(words: int, text: str) -> str:
    """One line: words and gaps."""
    missing = len(gaps(text))
    return f"{counted(words, 'word')}, " + (f"{counted(missing, 'gap')} still to fill" if missing else "no gaps")


def measures(measured: Measured, *, every: bool = False, hint: str = "") -> RenderableType:
    """What was counted: open gaps, the raised measures with their places, then single places worth a look.

    With ``every`` it is all measures with all of their places. ``hint`` says how to see the places left out.
    """
    found = measured.measures if every else measured.raised
    quiet = sum(measure.taken and not measure.raised for measure in measured.measures)
    gaps_first = [
        _measure(measure, measured.text, every=every, hint=hint) for measure in found if measure.key == "gaps"
    ]
    parts: list[RenderableType] = [*gaps_first, _counts(measured)]
    parts.extend(_measure(measure, measured.text, every=every, hint=hint) for measure in found if measure.key != "gaps")
    if not every and (places := measured.worth_a_look):
        parts.append(_places(places, measured.text, hint))
    if not_taken := measured.not_taken:
        parts.append(Text(f"\n{not_taken}"))
    short = f", as most do of a text of under {FEWEST_WORDS} words" if measured.words < FEWEST_WORDS else ""
    parts.append(
        Text(f"\n{quiet} of {len(measured.measures)} measures have nothing to say of the whole{short}.", style="dim")
    )
    return Group(*parts)


def _places(places: Sequence[Mark], text: str, hint: str) -> RenderableType:
    lines = Text()
    lines.append("\nPlaces worth a look", style="bold")
    for place in places[:_WORTH_A_LOOK]:
        _quote(lines, place, text)
    if (more := len(places) - _WORTH_A_LOOK) > 0:
        lines.append(f"\n  | and {more} more{hint}", style="dim")
    return lines


def _quote(lines: Text, place: Mark, text: str) -> None:
    quoted = " ".join(place.span.of(text).split())
    cut = quoted if len(quoted) <= _QUOTE_CHARACTERS else quoted[: _QUOTE_CHARACTERS - 1] + "…"
    lines.append(f"\n  | {shown(cut)}", style="italic")
    if place.note:
        lines.append(f"  ({place.note})", style="dim")


def _counts(measured: Measured) -> Text:
    lines = [f"{counted(measured.words, 'word')} apart from headings"]
    if measured.opening and measured.sections:
        lines.append(f"{measured.opening:>6,}  (before the first heading)")
    lines.extend(f"{count.words:>6,}  {shown(count.title)}" for count in measured.sections)
    return Text("\n".join(lines))


def _measure(measure: Measure, text: str, *, every: bool, hint: str) -> RenderableType:
    lines = Text()
    lines.append(f"\n{measure.name}: ", style="bold")
    lines.append(f"{shown(measure.summary)}\n")
    if measure.raised:
        lines.append(f"  {measure.advice}")
    places = measure.spans if every else measure.telling[:_PLACES]
    for place in places:
        _quote(lines, place, text)
    if (more := len(measure.spans) - len(places)) > 0:
        lines.append(f"\n  | and {more} more{hint}", style="dim")
    return lines


def measured_json(measured: Measured, structure: Structure | None, opinion: Critique | None = None) -> str:
    """A critique for programs: its measured part and what a model said, if any did.

    Offsets count code points of the text without front matter. A place with a weight of 1 to 3 matters by itself;
    ``worth_a_look`` holds those of the measures that are not raised, the gravest first.
    """
    fields: dict[str, Any] = {
        "title": measured.title,
        "structure": structure.key if structure else None,
        "words": measured.words,
        "opening_words": measured.opening,
        "sections": [{"title": count.title, "key": count.key, "words": count.words} for count in measured.sections],
        "measures": [
            {
                "key": measure.key,
                "name": measure.name,
                "raised": measure.raised,
                "summary": measure.summary,
                "advice": measure.advice if measure.raised else None,
                "why": measure.why,
                "threshold": measure.threshold,
                "source": measure.source,
                "figures": dict(measure.figures),
                "places": [
                    {
                        "start": place.span.start,
                        "end": place.span.end,
                        "text": place.span.of(measured.text),
                        "note": place.note,
                        "weight": place.weight,
                    }
                    for place in measure.spans
                ],
            }
            for measure in measured.measures
        ],
        "worth_a_look": [
            {"start": place.span.start, "end": place.span.end, "text": place.span.of(measured.text), "note": place.note}
            for place in measured.worth_a_look
        ],
    }
    if opinion is not None:
        fields["critique"] = critique_view.as_json(opinion)
    return json.dumps(fields, ensure_ascii=False, indent=2) + "\n"


def section_list(text: str) -> Listing:
    """The sections that can be edited, by number."""
    listing = Listing(("section", "heading", "words"), show_header=False)
    for number, (_, part) in enumerate(editable(text), 1):
        listing.add(
            str(number), shown(part.title) or "(before the first heading)", summary(written_words(part.body), part.body)
        )
    return listing


def history(versions: Sequence[VersionInfo], head: int | None) -> Listing:
    """The versions, oldest first, with a mark at the current one."""
    listing = Listing(("version", "", "from", "made by", "words", "when (UTC)"))
    for version in versions:
        listing.add(
            str(version.number),
            "current" if version.number == head else "",
            str(version.parent or ""),
            version.origin.value,
            f"{version.words:,}",
            f"{version.created:%Y-%m-%d %H:%M}",
        )
    return listing


def note(found: Note, structure: Structure | None) -> Text:
    """One note whole, with its section and its question."""
    text, state = Text(), state_of(found)
    text.append(f"Note {found.number}", style="bold")
    text.append(f"  {_place(found, structure)}{f', {state}' if state else ''}\n", style="dim")
    if found.question:
        text.append(f"{shown(' '.join(found.question.split()))}\n", style="italic")
    return text.append(f"\n{shown(found.text)}\n")


def _place(found: Note, structure: Structure | None) -> str:
    section = structure.section(found.section) if structure else None
    return shown(section.heading) if section else "(no section)"


def notes(found: Sequence[Note], structure: Structure | None) -> Listing:
    """The notes by number, with their section and what of them is private."""
    listing = Listing(("note", "section", "", "begins"))
    for one in found:
        begins = " ".join(one.text.split())
        listing.add(
            str(one.number),
            _place(one, structure),
            state_of(one),
            shown(begins[:59] + "…" if len(begins) > 60 else begins),
        )
    return listing


def changes(found: Sequence[Change], *, styled: bool) -> Text:
    """A word diff: what went is struck through or in [-brackets-], what came underlined or in {+braces+}."""
    text = Text()
    for change in found:
        if change.same:
            text.append(shown(change.old))
            continue
        if change.old:
            text.append(shown(change.old) if styled else f"[-{shown(change.old)}-]", style="red strike")
        if change.new:
            text.append(shown(change.new) if styled else f"{{+{shown(change.new)}+}}", style="green underline")
    return text


def essays(found: Sequence[Essay]) -> Listing:
    """A writer's essays, the last changed first, each with its id, which is never cut, and its number in the list."""
    listing = Listing(("essay", "number", "title", "structure", "version", "last changed (UTC)"), right=("number",))
    for number, essay in enumerate(found, 1):
        version = "no post yet" if essay.head is None else f"{essay.head}{', exported' if essay.is_exported else ''}"
        changed = f"{essay.changed:%Y-%m-%d %H:%M}"
        listing.add(essay.id, str(number), shown(essay.title), essay.structure, version, changed)
    return listing


def structures(found: Sequence[Structure]) -> Listing:
    """The structures by key and number, with what each is for."""
    listing = Listing(("structure", "number", "what it is for", "words"), right=("number",), show_header=False)
    for number, structure in enumerate(found, 1):
        listing.add(structure.key, str(number), structure.description, f"{structure.budget} words")
    return listing


def structure(found: Structure) -> Text:
    """One structure with its sections, their purposes and questions."""
    text = Text()
    text.append(f"{found.name}\n", style="bold")
    text.append(f"{found.description}\n{found.budget} words\n")
    for section in found.sections:
        text.append(f"\n{section.heading}", style="bold")
        text.append(f"  ({section.key}, {section.budget} words)\n  {section.purpose}\n")
        for question in section.questions:
            stays = " (the answer stays private)" if question in section.private else ""
            text.append(f"  - {question}{stays}\n")
    return text
