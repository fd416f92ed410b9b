"""What a person sees of a critique, and what a program is given of it."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter
from rich.text import Text

from bot.essay.blind_spots import assurance, unseen
from bot.essay.claims import Claim
from bot.essay.critique import Critique
from bot.essay.specifics import unlinked
from bot.essay.structure import Structure
from bot.streams import shown


def critique(found: Critique, structure: Structure | None) -> Text:
    """The one thing to fix first, the findings with the words they quote, the strengths, and the coverage."""
    text = Text()
    if found.fix_first:
        text.append("Fix first: ", style="bold")
        text.append(f"{_line(found.fix_first)}\n")
    for number, finding in enumerate(found.findings, 1):
        text.append(f"\n{number}. {finding.category.value}, {finding.severity.value}\n", style="bold")
        text.append(f"   | {_line(finding.quotation)}\n", style="italic")
        text.append(f"   {_line(finding.effect)}\n")
        if finding.replacement is not None:
            text.append(f"   Instead: {_line(finding.replacement)}\n")
        if finding.question:
            text.append(f"   Question: {_line(finding.question)}\n")
    if not found.findings:
        lost = found.dropped or found.misshapen
        text.append("No finding could be shown.\n" if lost else "The editor found nothing to object to.\n")
    for strength in found.strengths:
        text.append("\nWorks: ", style="bold")
        text.append(f"{_line(strength.why)}\n")
        text.append(f"   | {_line(strength.quotation)}\n", style="italic")
    if found.coverage:
        text.append("\nThe structure\n", style="bold")
    for one in found.coverage:
        section = structure.section(one.section) if structure else None
        said = f": {_line(one.remark)}" if one.remark else ""
        text.append(f"   {one.covered.value:8} {section.heading if section else one.section}{said}\n")
    text.append(f"\n{counts(found)}", style="dim")
    return text


def counts(found: Critique) -> str:
    """What is not shown, and who wrote what is."""
    said = [f"Written by {found.model}."]
    if found.dropped:
        said.append(f"{found.dropped} dropped, because the words they quote are not in the text, or say nothing.")
    if found.repeated:
        said.append(f"{found.repeated} left out, because a finding as grave or graver quotes the same words.")
    if found.misshapen:
        said.append(f"{found.misshapen} left out, because the model sent them out of form.")
    if found.reworded:
        said.append(f"{found.reworded} told in our words, because the model's brought in what nobody wrote.")
    if found.held_back:
        said.append(f"{found.held_back} lesser ones held back.")
    return " ".join(said)


def as_json(found: Critique) -> dict[str, Any]:
    """The critique for other programs; spans count code points of the text without front matter."""
    fields: dict[str, Any] = TypeAdapter(Critique).dump_python(found, mode="json")
    return fields


def claims(found: tuple[Claim, ...], text: str) -> Text:
    """The claims that the notes do not hold, each with its sentence, and what cannot be seen in the text."""
    said = Text()
    if not found:
        return said.append(assurance(text))
    said.append(f"{len(found)} not found in the notes; check each, or take it out:\n")
    for claim in found:
        said.append(f"  {_line(claim.name)}\n", style="bold")
        said.append(f"    | {_line(claim.sentence.of(text))}\n", style="italic")
    return said.append(unseen(text))


def _line(text: str) -> str:
    """A text on one line, of which no terminal makes a link."""
    return shown(unlinked(" ".join(text.split())))
