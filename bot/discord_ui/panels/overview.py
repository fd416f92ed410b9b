"""The first screen: how to begin, and what has been handed in while there is no text yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, utf16_length
from bot.discord_ui.panels import jobs
from bot.discord_ui.panels.cards import (
    AttachedFile,
    ButtonStyle,
    Card,
    CardPart,
    LinkButton,
    SelectMenu,
    SelectOption,
    TextBlock,
    action_button,
    button_rows,
    counted,
    heading_text,
    notice_text,
    page_buttons,
    privacy_statement,
    small_print,
)
from bot.discord_ui.panels.essay_state import EssayState
from bot.errors import StructureGone
from bot.essay.essay import Essay
from bot.essay.structure import Structure
from bot.services.critiques import StoredCritique
from bot.services.ledger import Spending, UsageRow

NO_MODEL_NOTICE = (
    "No model is configured: your notes are set into a post unchanged, and nothing is drafted, revised or critiqued."
)


def start_card(
    state: EssayState, structures: Mapping[str, Structure], context: InteractionContext, notice: str | None = None
) -> Card:
    """An essay without a text: the structure, what it holds so far, and the ways on."""
    essay, begun = state.essay, bool(state.notes or state.questions)
    parts: list[CardPart] = [*notice_text(notice), heading_text(essay.title)]
    gone = not state.structure.sections
    if state.is_damaged:
        parts.append(
            TextBlock(
                f"The current text, version {state.version_number}, is damaged and cannot be read. History has the "
                "other versions, and your notes are as they were."
            )
        )
    if gone:
        parts.append(TextBlock(str(StructureGone(state.essay.structure))))
    elif begun:
        parts.append(TextBlock(f"{_contents_summary(state)} {_next_step_hint(state)}"))
    else:
        ways = "paste the notes you have, or just write here" if context.is_bot_dm else "or paste the notes you have"
        parts.append(
            TextBlock(
                f"{state.structure.description}\nAnswer a few questions, {ways}. The post is made from your own words: "
                "nothing is invented, and what is missing is marked."
            )
        )
    if not begun:
        parts.append(_structure_menu(state, structures))
    if waiting := state.messages_for(None):
        parts.append(
            TextBlock(f"You wrote {counted(len(waiting), 'message')}: stored, and a note each once you go on.")
        )
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
                style=ButtonStyle.PRIMARY,
            )
            if state.notes or waiting
            else None,
            action_button("Paste notes", "paste", essay.id, state.version_number),
            action_button(
                "Go on asking" if state.questions else "Interview me",
                "interview",
                essay.id,
                state.version_number,
                style=ButtonStyle.SECONDARY if state.notes or waiting else ButtonStyle.PRIMARY,
            ),
        )
    )
    failed = state.failed_job
    if failed is not None and state.notes and state.has_model:
        parts.extend(button_rows(action_button("Without a model", "assemble", essay.id, state.version_number)))
    parts.extend(jobs.job_recovery_buttons(state))
    # Versions without a text: a first draft that was discarded.
    history = action_button("History", "history", essay.id, state.version_number) if state.versions else None
    parts.extend(
        button_rows(action_button("Notes", "notes", essay.id, state.version_number) if state.notes else None, history)
    )
    private = "Only you can see this." if context.must_be_ephemeral else None
    stored = f"Everything is stored, encrypted: {privacy_statement(with_model=state.has_model)}."
    parts.append(small_print(private, stored, NO_MODEL_NOTICE if not state.has_model else None))
    return Card(tuple(parts))


def with_previous_essay(card: Card, finished: Essay) -> Card:
    """A first screen below which the essay that was finished last can be opened."""
    return Card(
        (*card.parts, *button_rows(action_button("Open the last one", "open", finished.id, finished.head or 0)))
    )


def _contents_summary(state: EssayState) -> str:
    sections, covered = len(state.structure.sections), sum(state.covered_sections)
    out = sum(note.is_private and not note.damaged for note in state.notes)
    left_out = f", {out} of them left out" if out else ""
    return (
        f"{counted(len(state.notes), 'note')} so far{left_out}; {covered} of {counted(sections, 'section')} of "
        f"“{state.structure.name}” {'has' if covered == 1 else 'have'} one."
    )


def _next_step_hint(state: EssayState) -> str:
    if not state.notes:
        return "Go on with the questions, or paste notes."
    now = "Write the draft" if state.has_model else "Set the notes into a post"
    return f"{now} now, or answer more first: every section without a note will hold a marked gap."


def _structure_menu(state: EssayState, structures: Mapping[str, Structure]) -> SelectMenu:
    options = [
        SelectOption(one_line(one.name, 100), key, one_line(one.description, 100), selected=key == state.structure.key)
        for key, one in list(structures.items())[:25]
    ]
    return SelectMenu(
        str(CustomId("essay", "structure", state.essay.id, state.version_number)), "What happened?", tuple(options)
    )


# What a person has: their essays, what they have spent, and where to find help.


LIST_PAGE_SIZE = 10
ESSAY_DELETED = "This essay was deleted."
_MAX_NAME_UNITS = 100  # Discord's limit for the name of a suggestion
_NANO_USD = Decimal(1_000_000_000)


def essay_list_card(
    found: Sequence[Essay], page: int, structures: Mapping[str, Structure], notice: str | None = None, pasted: int = 0
) -> Card:
    """One's essays, the last changed first, with a menu to choose one; ``pasted`` counts the critiques of other texts.

    The way to those stands here, because nothing else leads back to them.
    """
    count = max(1, -(-len(found) // LIST_PAGE_SIZE))
    page = min(page, count - 1)
    here = found[page * LIST_PAGE_SIZE : (page + 1) * LIST_PAGE_SIZE]
    parts: list[CardPart] = [*notice_text(notice), heading_text("Your essays")]
    if not here:
        parts.append(TextBlock("You have none yet: /draft begins one."))
    else:
        apart = distinguishing_dates(found)
        about = {one.id: ", ".join(filter(None, (_essay_summary(one, structures), apart[one.id]))) for one in here}
        parts.append(
            TextBlock("\n".join(f"**{escape_markdown(one_line(one.title, 80))}** · {about[one.id]}" for one in here))
        )
        options = tuple(SelectOption(one_line(one.title, 90), one.id, one_line(about[one.id], 100)) for one in here)
        parts.append(SelectMenu(str(CustomId("essay", "choose")), "Choose an essay", options))
        parts.append(small_print(counted(len(found), "essay"), f"page {page + 1} of {count}" if count > 1 else None))
    parts.extend(page_buttons("essays", "-", 0, page, count))
    if pasted:
        parts.append(small_print(f"{counted(pasted, 'critique')} of pasted texts"))
        parts.extend(button_rows(action_button("Critiques", "list", "-", kind="critique")))
    return Card(tuple(parts))


def distinguishing_dates(found: Sequence[Essay]) -> dict[str, str]:
    """By id, when each essay was begun where others bear its title, as exactly as it takes; else "". By UTC."""
    apart = dict.fromkeys((one.id for one in found), "")
    by_title: dict[str, list[Essay]] = {}
    for one in found:
        by_title.setdefault(one.title.casefold(), []).append(one)
    for same in by_title.values():
        if len(same) < 2:
            continue
        for exactly in ("%d %b %Y", "%d %b %Y %H:%M", "%d %b %Y %H:%M:%S", "%d %b %Y %H:%M:%S.%f"):
            begun = {one.id: f"begun {one.created:{exactly}}" for one in same}
            if len(set(begun.values())) == len(same):
                break
        apart.update(begun)
    return apart


def unique_essay_names(found: Sequence[Essay]) -> dict[str, str]:
    """By id, what an essay is called in a list of suggestions: in at most 100 characters, each by another name."""
    apart = distinguishing_dates(found)
    return {
        one.id: _essay_name(one, f" · {_essay_stage(one)}, {apart[one.id]}" if apart[one.id] else "") for one in found
    }


def _essay_name(essay: Essay, behind: str) -> str:
    return f"{one_line(essay.title, _MAX_NAME_UNITS - utf16_length(behind))}{behind}"


def _essay_summary(essay: Essay, structures: Mapping[str, Structure]) -> str:
    kind = structures[essay.structure].name if essay.structure in structures else essay.structure
    return f"{kind}, {_essay_stage(essay)}, changed {essay.changed:%d %b %Y}"


def _essay_stage(essay: Essay) -> str:
    return "exported" if essay.is_exported else f"version {essay.head}" if essay.head is not None else "notes"


def critique_list_card(found: Sequence[StoredCritique], page: int, count: int) -> Card:
    """One page of the critiques of texts that are no essay's, the last first, of ``count`` pages."""
    parts: list[CardPart] = [heading_text("Critiques of pasted texts")]
    if found:
        names = {one.id: one_line(one.title or one.text, 80) for one in found}
        parts.append(
            TextBlock("\n".join(f"**{escape_markdown(names[one.id])}** · {_findings_summary(one)}" for one in found))
        )
        options = tuple(SelectOption(names[one.id], one.id, _findings_summary(one)) for one in found)
        parts.append(SelectMenu(str(CustomId("critique", "choose")), "Open a critique", options))
    else:
        parts.append(TextBlock("There is none: /critique asks for one."))
    if count > 1:
        parts.append(small_print(f"page {page + 1} of {count}"))
    parts.extend(page_buttons("list", "-", 0, page, count, kind="critique"))
    parts.extend(button_rows(action_button("All essays", "essays", "-")))
    return Card(tuple(parts))


def _findings_summary(critiqued: StoredCritique) -> str:
    told = counted(len(critiqued.critique.findings), "finding") if critiqued.critique else "no findings yet"
    return f"{told}, {critiqued.created:%d %b %Y %H:%M} UTC"


def essay_actions_card(essay: Essay, structures: Mapping[str, Structure], notice: str | None = None) -> Card:
    """One essay of the list, and what can be done with it."""
    number = essay.head or 0
    return Card(
        (
            *notice_text(notice),
            heading_text(essay.title),
            TextBlock(_essay_summary(essay, structures)),
            *button_rows(
                action_button("Open", "open", essay.id, number, style=ButtonStyle.PRIMARY),
                action_button("Rename", "rename", essay.id, number),
                action_button("Delete", "delete", essay.id, number, 1, style=ButtonStyle.DANGER),
                action_button("All essays", "essays", "-"),
            ),
        )
    )


def change_stamp(essay: Essay) -> int:
    """When the essay last changed, in milliseconds, as nine digits of a button hold it."""
    return int(essay.changed.timestamp() * 1000) % 1_000_000_000


def confirm_delete_essay_card(essay: Essay, asked: int, notice: str | None = None) -> Card:
    """The question before an essay is deleted: ``asked`` is 1 for the first time, 2 for the second and last."""
    number = essay.head or 0
    title = escape_markdown(one_line(essay.title, 80))
    words = (
        f"Delete “{title}” with its notes, versions and critiques?"
        if asked == 1
        else f"“{title}” cannot be brought back once it is deleted. Delete it for good?"
    )
    yes = (
        action_button("Yes, delete it", "delete", essay.id, number, 2, style=ButtonStyle.DANGER)
        if asked == 1
        else action_button(
            "Delete for good", "delete", essay.id, number, f"3.{change_stamp(essay)}", style=ButtonStyle.DANGER
        )
    )
    keep = action_button("Keep it", "choose", essay.id, number)
    return Card((*notice_text(notice), heading_text("Delete an essay"), TextBlock(words), *button_rows(keep, yes)))


def usage_card(
    rows_found: Sequence[UsageRow],
    spent: Spending,
    day: Decimal,
    writer_month: Decimal,
    month: Decimal,
    *,
    with_model: bool,
) -> Card:
    """What one has spent and what is left, in US dollars; days and months by UTC."""
    parts: list[CardPart] = [heading_text("What you have spent")]
    if not with_model:
        parts.append(TextBlock("No model is configured, so nothing costs anything."))
    nano = sum(row.nano_usd for row in rows_found)
    calls = sum(row.calls for row in rows_found)
    unpriced = sum(row.unpriced_calls for row in rows_found)
    tokens_in = sum(row.input_tokens + row.cache_read_tokens for row in rows_found)
    tokens_out = sum(row.output_tokens for row in rows_found)
    today, used = Decimal(spent.writer_day) / _NANO_USD, Decimal(spent.month) / _NANO_USD
    own = Decimal(spent.writer_month) / _NANO_USD
    parts.append(
        TextBlock(
            f"Today: **{_format_usd(today)}** of {_format_usd(day)}; "
            f"{_format_usd(max(day - today, Decimal(0)))} left.\n"
            f"This month: **{_format_usd(own)}** of {_format_usd(writer_month)}; "
            f"{_format_usd(max(writer_month - own, Decimal(0)))} left.\n"
            f"The last 31 days: **{_format_usd(Decimal(nano) / _NANO_USD)}** in {counted(calls, 'call')} "
            f"({tokens_in:,} tokens in, {tokens_out:,} out).\n"
            f"Everybody together this month: {_budget_share(used, month)} of the bot's budget is used."
        )
    )
    priced = f"{counted(unpriced, 'call')} of a model without a known price" if unpriced else None
    parts.append(small_print("US dollars; days and months by UTC; work under way counts at its most", priced))
    return Card(tuple(parts))


def _format_usd(amount: Decimal) -> str:
    """An amount in dollars and cents; one of less than a cent is not told as nothing."""
    return f"${amount:,.2f}" if amount == 0 or amount >= Decimal("0.01") else "less than $0.01"


def _budget_share(used: Decimal, month: Decimal) -> str:
    return f"{min(100, int(100 * used / month))} %" if month else "all"


def help_card(*, with_model: bool) -> Card:
    """Everything the bot does, on one screen."""
    model = (
        "A model drafts from your notes alone, revises section by section and critiques with quotations. A gap is "
        "`[NEED: …]`, never filled."
        if with_model
        else "No model is configured here: your notes are set into a post unchanged, and can be edited, measured and "
        "exported."
    )
    return Card(
        (
            heading_text("Career Essay Bot"),
            TextBlock(
                "It helps you turn what happened in your working life into a post worth reading.\n\n"
                "**/draft** begins an essay or returns to your latest one: answer questions, or paste notes. "
                "In a DM with the bot you can also just write: each message is an answer or a note.\n"
                "**/critique** reads any text as an editor would; so does **Apps → Critique this** on a message.\n"
                "**/export** hands over the post as a file. **/essays** lists what you have: open, rename, delete; and "
                "the critiques of pasted texts.\n"
                "What you mark **[private]** no post and no model gets, until you take the mark away.\n"
                "**/usage** says what you have spent.\n\n" + model
            ),
            small_print(
                f"Only you see your essays here. They are stored encrypted: {privacy_statement(with_model=with_model)}."
            ),
        )
    )


def text_card(sentence: str) -> Card:
    """A sentence alone."""
    return Card((TextBlock(sentence),))


def deleted_card(sentence: str) -> Card:
    """What takes the place of a panel whose essay or critique is no longer there."""
    return Card((TextBlock(sentence), *button_rows(action_button("All essays", "essays", "-"))))


def waiting_card(words: str, essay: str) -> Card:
    """What a panel says while a model is asked; the button helps where nothing ever comes of it."""
    return Card((TextBlock(f"**{words}**"), *button_rows(action_button("Show the essay", "open", essay))))


def file_card(sentence: str, name: str) -> Card:
    """A file with a sentence about it."""
    return Card((TextBlock(sentence), AttachedFile(name)))


def moved_to_dm_card(address: str) -> Card:
    """What is left where a panel was continued in the DM; ``address`` leads there."""
    return Card((TextBlock("Continued in your DM with the bot."), *button_rows(LinkButton("Open the DM", address))))


# While a model is asked: what it is asked for, and the ways on without it.


def waiting_for_question_card(words: str, essay: str, version: int, mode: str, *, draft: bool) -> Card:
    """A question is looked for. ``mode`` is the panel's; ``draft`` offers to write from what there is."""
    return Card(
        (
            TextBlock(f"**{words}**"),
            *button_rows(
                action_button("Don’t wait", "pass-over", essay, version, mode, style=ButtonStyle.PRIMARY),
                action_button("Write draft", "write", essay, version) if draft else None,
                action_button("Show the essay", "open", essay, version),
            ),
        )
    )
