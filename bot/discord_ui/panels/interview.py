"""The panels of the interview: questions one at a time, its progress, and what became of messages in the DM."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence

from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import (
    MAX_TITLE_UNITS,
    Button,
    ButtonStyle,
    Card,
    CardPart,
    TextBlock,
    action_button,
    block_quote,
    button_rows,
    heading_text,
    notice_text,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.essay.essay import Note, Question, SectionState
from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from bot.essay.text.words import count_noun, count_words
from bot.services.interview import QuestionRequest
from bot.services.jobs.job import JobKind, JobView

# Appended to a question's number: the writer is in the round of further questions, of those that were skipped, or of
# those that a draft left.
FURTHER_MODE, SKIPPED_MODE, OPEN_MODE = "f", "s", "o"
MODES = (FURTHER_MODE, SKIPPED_MODE, OPEN_MODE)
_SECTION_MARKS = {SectionState.ENOUGH: "■", SectionState.THIN: "◧", SectionState.EMPTY: "□"}


def question_card(
    state: EssayState, asked: Question, *, mode: str = "", notice: str | None = None, own_dm: bool = False
) -> Card:
    """Return the panel of a question. ``mode`` is "" or one of MODES.

    In the bot's own DM it is answered by messages, and the panel shows those so far.
    """
    essay, version = state.essay, state.version_number
    section = state.structure.find_section(asked.section)
    argument = f"{asked.number}{mode}"
    return Card(
        (
            *notice_text(notice),
            heading_text(essay.title),
            TextBlock(f"**{section.heading if section else 'One more thing'}**\n{block_quote(asked.text)}"),
            *((small_print(PRIVATE_ANSWER_NOTICE),) if state.structure.is_private_question(asked.text) else ()),
            *((TextBlock(_messages_so_far(state.messages_for(asked.number))),) if own_dm else ()),
            small_print(_progress_bar(state), f"question {asked.number}"),
            *_outlook_text(state),
            *button_rows(
                action_button("Next", "next", essay.id, version, argument, style=ButtonStyle.PRIMARY)
                if own_dm
                else None,
                action_button(
                    "Answer",
                    "answer",
                    essay.id,
                    version,
                    argument,
                    style=ButtonStyle.SECONDARY if own_dm else ButtonStyle.PRIMARY,
                ),
                action_button("Skip", "skip", essay.id, version, argument),
                action_button("Another question", "another", essay.id, version, argument),
                action_button("Add a note", "paste", essay.id, version),
                _draft_button(state),
                titles_button(state) if state.version is None else None,
                _notes_button(state),
            ),
            *(jobs.job_recovery_buttons(state) if state.version is None else ()),
        )
    )


def answered_card(state: EssayState, asked: Question, note: Note) -> Card:
    """Return what remains of a question in the DM once it is answered, without buttons."""
    words = count_noun(count_words(note.text), "word")
    return Card(
        (
            heading_text(state.essay.title),
            TextBlock(block_quote(asked.text)),
            small_print(f"Answered: note {note.number}, {words}"),
        )
    )


def notes_summary_card(state: EssayState, made: Sequence[int], changed: Sequence[int]) -> Card:
    """Return a summary of the notes that messages have made, and of those that edited messages have changed."""
    title = f"“{escape_markdown(one_line(state.essay.title, MAX_TITLE_UNITS // 2))}”"
    lines = [f"{count_noun(len(made), 'note')} stored in {title}{_sections_of_notes(state, made)}."] if made else []
    if changed:
        numbers = " and ".join(filter(None, (", ".join(map(str, changed[:-1])), str(changed[-1]))))
        text = "; the text is as it was" if state.version is not None else ""
        lines.append(f"You edited {'note' if len(changed) == 1 else 'notes'} {numbers} of {title}{text}.")
    return Card(
        (
            TextBlock("\n".join(lines)),
            *button_rows(action_button("Open the essay", "open", state.essay.id, state.version_number)),
        )
    )


def describe_places(state: EssayState, numbers: Collection[int]) -> str:
    """Say where notes have been placed, by number; "" if none of them is there any more."""
    count = sum(note.number in numbers for note in state.notes)
    return f"{count_noun(count, 'note')} placed{_sections_of_notes(state, numbers)}." if count else ""


def describe_gaps(state: EssayState) -> str:
    """Say what a text made now would have for each section without a note; "" where every section has one."""
    missing = state.covered_sections.count(False)
    if not missing:
        return ""
    of = "The section" if missing == 1 else f"Each of the {missing} sections"
    return f"{of} without a note will hold a marked gap."


def titles_button(state: EssayState) -> Button | None:
    """Return the button for titles from the writer's own words; None if there is a title or nothing to make one of."""
    untitled = state.essay.title == state.structure.name
    if not (state.has_model and untitled and any(not note.is_private for note in state.notes)):
        return None
    return action_button("Suggest titles", "titles", state.essay.id, state.version_number)


def titles_card(state: EssayState, notice: str | None = None) -> Card:
    """Return the panel of the suggested titles, each with its button."""
    essay, version = state.essay, state.version_number
    lines = [f"{number}. {escape_markdown(title)}" for number, title in enumerate(state.suggested_titles, 1)]
    return Card(
        (
            *notice_text(notice),
            heading_text(essay.title),
            TextBlock("\n".join(["Titles made around words of your notes:", *lines])),
            *button_rows(
                *(
                    action_button(f"Take {number}", "title-take", essay.id, version, number)
                    for number in range(1, len(lines) + 1)
                ),
                # Once there is a text, the button below leads back to it.
                action_button("None of them", "open", essay.id, version) if state.version is None else None,
            ),
            *button_rows(_draft_button(state)),
        )
    )


def _sections_of_notes(state: EssayState, numbers: Collection[int]) -> str:
    """Say in which sections the notes are, to end a sentence that has counted them."""
    counts = Counter(_section_of_note(state, note) for note in state.notes if note.number in numbers)
    if len(counts) == 1:
        return f", {next(iter(counts))}"
    return ": " + ", ".join(f"{count} {section}" for section, count in counts.items())


def _section_of_note(state: EssayState, note: Note) -> str:
    if note.is_private:
        return "left out"
    section = state.structure.find_section(note.section)
    return f"under “{escape_markdown(one_line(section.heading, 80))}”" if section else "under no section yet"


def _messages_so_far(messages: Sequence[str]) -> str:
    if not messages:
        return "Write your answer here, in one message or several. **Next** ends it."
    words = count_noun(sum(count_words(message) for message in messages), "word")
    return (
        f"Your answer so far: {count_noun(len(messages), 'message')}, {words}, all stored. The last one begins:\n"
        f"{block_quote(one_line(messages[-1], 120))}\nGo on, or press **Next** to end it."
    )


def interview_done_card(state: EssayState, *, further: bool, notice: str | None = None) -> Card:
    """Return the panel for when no question is left; ``further`` says that the second round is over too."""
    essay, version = state.essay, state.version_number
    sentence = (
        "Those were all the questions."
        if further
        else f"That is enough to write from. {describe_gaps(state)}".strip()
        if state.notes
        else "There are no more questions in this round, and no notes yet: add some, or go back to a question."
    )
    parts: list[CardPart] = [
        *notice_text(notice),
        heading_text(essay.title),
        TextBlock(sentence),
        small_print(_progress_bar(state)),
        *_outlook_text(state),
    ]
    parts.extend(
        button_rows(
            _draft_button(state) if state.notes or state.version else None,
            None if further else action_button("More questions", "further", essay.id, version),
            action_button("Skipped ones", "skipped", essay.id, version) if state.skipped_questions else None,
            titles_button(state),
            action_button("Add a note", "paste", essay.id, version),
            _notes_button(state),
        )
    )
    return Card(tuple(parts))


def waiting_card(state: EssayState, view: JobView, notice: str | None = None) -> Card:
    """Return the panel of a running job that gives way: what is waited for, since when, and how not to wait."""
    job, essay, version = view.job, state.essay, state.version_number
    if job.kind is JobKind.QUESTION:
        mode = FURTHER_MODE if QuestionRequest.from_job(job).further else ""
        stop = action_button("Don’t wait", "pass-over", essay.id, version, mode, style=ButtonStyle.PRIMARY)
    else:
        stop = action_button("Don’t wait", "stop", essay.id, version, job.id, style=ButtonStyle.PRIMARY)
    draft = state.version is None and any(not note.is_private for note in state.notes)
    return Card(
        (
            *notice_text(notice),
            heading_text(essay.title),
            TextBlock(f"**{jobs.progress_line(view)}**"),
            small_print("Everything is stored.", "You need not wait for it."),
            *button_rows(
                stop,
                action_button("Write draft", "write", essay.id, version) if draft else None,
                action_button("Show the essay", "open", essay.id, version),
            ),
        )
    )


def wait_failed_card(essay: str, sentence: str) -> Card:
    """Return a card that says why nothing can be shown after a wait, with the way back."""
    return Card((*notice_text(sentence), *button_rows(action_button("Show the essay", "open", essay))))


def _notes_button(state: EssayState) -> Button | None:
    return action_button("Notes", "notes", state.essay.id, state.version_number) if state.notes else None


def _draft_button(state: EssayState) -> Button:
    if state.version is not None:
        return action_button("Back to the text", "open", state.essay.id, state.version_number)
    label = "Write draft" if state.has_model else "Set into a post"
    return action_button(label, "write", state.essay.id, state.version_number)


def _progress_bar(state: EssayState) -> str:
    covered, sections = sum(state.covered_sections), len(state.covered_sections)
    have = "has" if covered == 1 else "have"
    marks = "".join(_SECTION_MARKS[stands] for _, stands in state.outlook.states)
    return f"{marks} {covered} of {count_noun(sections, 'section')} {have} notes"


def _outlook_text(state: EssayState) -> tuple[TextBlock, ...]:
    """Say what a draft would come to now, and cost; nothing once there is a text."""
    if state.version is not None or not state.notes:
        return ()
    return (small_print(f"A draft now: {escape_markdown(state.outlook.summary)}", describe_draft_cost(state)),)


def describe_draft_cost(state: EssayState) -> str | None:
    """Say what a first draft may cost at most, and its check, in whole cents, rounded up; None if nothing is to say."""
    if state.draft_cost is None or not state.draft_cost[0]:
        return None
    draft, check = (f"${math.ceil((nano or 0) / 10_000_000) / 100:,.2f}" for nano in state.draft_cost)
    return f"it may cost up to {draft}" + (f", and its check up to {check}" if state.draft_cost[1] else "")
