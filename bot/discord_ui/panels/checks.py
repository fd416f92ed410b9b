"""The panels of a check: what the notes do not hold, one passage at a time, and a paragraph beside its notes."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, utf16_length
from bot.discord_ui.panels.cards import (
    ButtonStyle,
    Card,
    CardPart,
    Form,
    TextBlock,
    TextInput,
    action_button,
    block_quote,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    small_print,
)
from bot.essay.support import REMOVE_SENTENCE, UnsupportedPassage, describe_counts
from bot.essay.text.words import count_noun
from bot.services.checking import CheckedText

_MAX_SOURCES = 5
_MAX_FIELD_UNITS = 4_000  # what one field of a form holds


def check_card(
    found: CheckedText, essay: str, title: str, page: int, *, is_checking: bool = False, notice: str | None = None
) -> Card:
    """Return one of the passages that the notes do not hold, in its sentence, with the reason and what can be done.

    ``is_checking``: a check is under way, and more may come.
    """
    number = found.version.info.number
    passages = found.check.open
    page_count = max(1, len(passages))
    page = min(page, page_count - 1)
    parts: list[CardPart] = [*notice_text(notice), heading_text(title)]
    parts.append(TextBlock(f"**{escape_markdown(one_line(found.summary, 500))}**"))
    if is_checking:
        parts.append(TextBlock("The check is under way: what it finds comes here."))
    for passage in passages[page : page + 1]:
        parts.append(TextBlock(_passage_text(found, passage)))
        key = found.key(passage)
        fix = action_button("Fix", "check-fix", essay, number, key, style=ButtonStyle.PRIMARY)
        parts.extend(
            button_rows(
                action_button("Keep", "check-keep", essay, number, key),
                fix if passage.mended is not None else None,
                action_button("Edit", "check-edit", essay, number, key),
            )
        )
    if passages:
        parts.append(
            small_print(
                "Keep: you vouch for it, and it becomes a note",
                "Fix: the sentence as your notes hold it" if passages[page].mended is not None else None,
                f"{page + 1} of {page_count}" if page_count > 1 else None,
            )
        )
    parts.extend(page_buttons("check", essay, number, page, page_count))
    mendable = len(found.mendable)
    unchecked = bool(found.check.unchecked)
    parts.extend(
        button_rows(
            action_button(f"Fix all ({mendable})", "check-fix-all", essay, number) if mendable > 1 else None,
            action_button(
                "Check the rest" if found.check.is_checked else "Check now",
                "check-run",
                essay,
                number,
                style=ButtonStyle.PRIMARY,
            )
            if unchecked and not is_checking
            else None,
            action_button("Sources", "sources", essay, number) if found.check.is_checked else None,
            action_button("Report", "report", essay, number),
            action_button("Back", "open", essay, number),
        )
    )
    return Card(tuple(parts))


def _passage_text(found: CheckedText, passage: UnsupportedPassage) -> str:
    sentence = found.sentence(passage.sentence).line
    lines = [f"**{escape_markdown(one_line(passage.words, 90))}** ({passage.kind})"]
    lines.append(block_quote(one_line(sentence, 260)))
    if passage.reason:
        lines.append(escape_markdown(one_line(passage.reason, 200)))
    if (near := next((note for note in found.notes if note.number == passage.nearest_note), None)) is not None:
        lines.append(f"Nearest, note {near.number}: {escape_markdown(one_line(near.public_text, 160))}")
    if passage.mended is not None:
        lines.append(f"Fix: {escape_markdown(one_line(passage.mended, 260)) or REMOVE_SENTENCE}")
    return "\n".join(lines)


def sources_card(found: CheckedText, essay: str, title: str, page: int) -> Card:
    """Return a paragraph of the text beside the notes that it rests on."""
    number, paragraphs = found.version.info.number, found.paragraphs
    page = min(page, max(0, len(paragraphs) - 1))
    parts: list[CardPart] = [heading_text(title)]
    if not paragraphs:
        parts.append(TextBlock("The text has no sentence yet."))
    else:
        sentences = paragraphs[page]
        parts.append(TextBlock(block_quote(one_line(" ".join(one.line for one in sentences), 900))))
        notes = found.sources(sentences)
        for note in notes[:_MAX_SOURCES]:
            parts.append(TextBlock(f"**Note {note.number}**\n{escape_markdown(one_line(note.public_text, 280))}"))
        more = len(notes) - _MAX_SOURCES
        numbers = {one.number for one in sentences}
        held = [one for one in found.check.open if one.sentence in numbers]
        unchecked = len(numbers & set(found.check.unchecked))
        if not notes:
            parts.append(TextBlock("It rests on no note."))
        parts.append(
            small_print(
                f"and {count_noun(more, 'more note')}" if more > 0 else None,
                f"{count_noun(len(held), 'thing')} in it that no note holds" if held else None,
                f"{count_noun(unchecked, 'sentence')} not checked" if unchecked else None,
                f"paragraph {page + 1} of {len(paragraphs)}",
                describe_counts(found.check) or None,
            )
        )
    parts.extend(page_buttons("sources", essay, number, page, max(1, len(paragraphs))))
    parts.extend(
        button_rows(action_button("Check", "check", essay, number), action_button("Back", "open", essay, number))
    )
    return Card(tuple(parts))


def edit_sentence_form(target: CustomId, sentence: str) -> Form | None:
    """Return a form with the sentence in it; None for one that no field holds."""
    if utf16_length(sentence) > _MAX_FIELD_UNITS:
        return None
    field = TextInput("sentence", "The sentence", sentence, description="Leave it empty to take the sentence out.")
    return Form(str(target), "Edit the sentence", (field,))
