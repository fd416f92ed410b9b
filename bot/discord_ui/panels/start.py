"""The first screen of an essay: how to begin, and what it has while there is no text."""

from __future__ import annotations

from collections.abc import Mapping

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.text_limits import one_line
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    ButtonStyle,
    Card,
    CardPart,
    SelectMenu,
    SelectOption,
    TextBlock,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    privacy_statement,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.discord_ui.panels.interview import describe_draft_cost, describe_gaps, titles_button
from bot.errors import StructureFileMissing
from bot.essay.essay import Essay
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.llm_ports import why_no_model

_NO_MODEL_TEXT = "your notes are set into a post unchanged, and nothing is drafted, revised or critiqued."


def start_card(
    state: EssayState, structures: Mapping[str, Structure], context: InteractionContext, notice: str | None = None
) -> Card:
    """Return the panel of an essay without a text: its structure, its notes so far, and the possible next steps."""
    essay = state.essay
    begun = bool(state.notes or state.questions)
    parts: list[CardPart] = [*notice_text(notice), heading_text(essay.title)]
    if state.is_damaged:
        parts.append(
            TextBlock(
                f"The current text, version {state.version_number}, is damaged and cannot be read. History has the "
                "other versions, and your notes are as they were."
            )
        )
    if not state.structure.sections:
        parts.append(TextBlock(str(StructureFileMissing(state.essay.structure))))
    elif begun:
        parts.append(TextBlock(f"{_contents_summary(state)} {_next_step_hint(state)}"))
    else:
        alternatives = (
            "paste the notes you have, or just write here" if context.is_bot_dm else "or paste the notes you have"
        )
        other = " If something else happened, choose it below." if len(structures) > 1 else ""
        parts.append(
            TextBlock(
                f"{state.structure.description}{other}\nAnswer a few questions, {alternatives}. The post is made from "
                "your own words: nothing is invented, and what is missing is marked."
            )
        )
    if not begun:
        parts.append(_structure_menu(state, structures))
    waiting = state.messages_for(None)  # those that answer no question
    asks_first = not (state.notes or waiting) or (state.has_model and not state.has_enough)
    if waiting:
        kept = "It is stored, and" if len(waiting) == 1 else "All are stored, and each"
        wrote = f"You wrote {count_noun(len(waiting), 'message')}."
        parts.append(TextBlock(f"{wrote} {kept} becomes a note when you go on."))
    parts.extend(
        button_rows(
            action_button("Continue in DM", "dm", essay.id, state.version_number)
            if context.guild_id is not None
            else None,
            action_button(
                "Write draft" if state.has_model else "Set into a post",
                "write",
                essay.id,
                state.version_number,
                style=ButtonStyle.SECONDARY if asks_first else ButtonStyle.PRIMARY,
            )
            if state.notes or waiting
            else None,
            action_button("Paste notes", "paste", essay.id, state.version_number),
            action_button(
                "Go on asking" if state.questions else "Interview me",
                "interview",
                essay.id,
                state.version_number,
                style=ButtonStyle.PRIMARY if asks_first else ButtonStyle.SECONDARY,
            ),
        )
    )
    parts.extend(button_rows(titles_button(state)))
    cost = describe_draft_cost(state)
    failed = state.failed_job
    if failed is not None and state.notes and state.has_model:
        parts.extend(button_rows(action_button("Without a model", "assemble", essay.id, state.version_number)))
    parts.extend(jobs.job_recovery_buttons(state))
    # A first draft that was discarded leaves versions, but no text.
    history = action_button("History", "history", essay.id, state.version_number) if state.versions else None
    parts.extend(
        button_rows(action_button("Notes", "notes", essay.id, state.version_number) if state.notes else None, history)
    )
    private = "Only you can see this." if context.must_be_ephemeral else None
    stored = f"Everything is stored, encrypted: {privacy_statement(with_model=state.has_model)}."
    parts.append(
        small_print(
            private,
            stored,
            f"A draft: {cost}." if cost else None,
            f"{why_no_model()}: {_NO_MODEL_TEXT}" if not state.has_model else None,
        )
    )
    return Card(tuple(parts))


def with_previous_essay(card: Card, finished: Essay) -> Card:
    """Add a button below a first screen that opens the essay finished last."""
    return Card(
        (*card.parts, *button_rows(action_button("Open the last one", "open", finished.id, finished.head or 0)))
    )


def _contents_summary(state: EssayState) -> str:
    sections, covered = len(state.structure.sections), sum(state.covered_sections)
    private = sum(note.is_private and not note.is_damaged for note in state.notes)
    left_out = f", {private} of them left out" if private else ""
    return (
        f"{count_noun(len(state.notes), 'note')} so far{left_out}; {covered} of {count_noun(sections, 'section')} of "
        f"“{state.structure.name}” {'has' if covered == 1 else 'have'} one."
    )


def _next_step_hint(state: EssayState) -> str:
    if not state.notes:
        return "Go on with the questions, or paste notes."
    if not state.has_model:
        steps = "Set the notes into a post now, or answer more first."
    elif state.has_enough:
        steps = "Write the draft now, or answer more first."
    else:
        steps = f"{'Go on with the' if state.questions else 'Answer a few'} questions, or write the draft now."
    return f"{steps} {describe_gaps(state)}".strip()


def _structure_menu(state: EssayState, structures: Mapping[str, Structure]) -> SelectMenu:
    options = [
        SelectOption(one_line(one.name, 100), key, one_line(one.description, 100), selected=key == state.structure.key)
        for key, one in list(structures.items())[:MAX_MENU_OPTIONS]
    ]
    return SelectMenu(
        str(CustomId("essay", "structure", state.essay.id, state.version_number)), "What happened?", tuple(options)
    )
