"""The panels of /mydata: what is stored of a person, its deletion, and the critiques to be deleted one by one."""

from __future__ import annotations

from collections.abc import Sequence

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
from bot.discord_ui.messages.text_limits import escape_markdown
from bot.discord_ui.panels.cards import (
    AttachedFile,
    Button,
    ButtonStyle,
    Card,
    CardPart,
    Form,
    SelectMenu,
    SelectOption,
    TextBlock,
    TextInput,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    page_buttons,
    privacy_statement,
    small_print,
)
from bot.discord_ui.panels.critiques import critique_name, findings_summary
from bot.services.critiques import StoredCritique
from bot.services.personal_data import DELETE_WORD, WHAT_ELSE_HOLDS_IT, ExportPart, PersonSummary, WriterMark
from bot.services.retention import CALLS_KEPT, FIRST_WARNING, JOBS_KEPT, LAST_WARNING

WORD_FIELD = "word"
_HEADING = heading_text("Your data")
_BACK = action_button("Back", "mydata", NO_SUBJECT)


def personal_data_card(
    summary: PersonSummary, *, with_model: bool, essay_days: int | None = None, notice: str | None = None
) -> Card:
    """Return the panel that says what is stored of a person, for how long, and who it is sent to.

    ``essay_days`` is after how many days an essay is deleted that nobody touches, None if it is kept.
    """
    if WriterMark.DELETING in summary.marks:
        return Card((_HEADING, TextBlock("Everything stored about you is being deleted. Look again in a minute.")))
    if not summary.counts:
        return Card((*notice_text(notice), _HEADING, TextBlock("Nothing is stored about you.")))
    service = (
        "The model's service gets the notes and texts that a model works on, under a pseudonym. "
        if with_model
        else "No model is configured here, so nobody is sent anything. "
    )
    untouched = (
        f" An essay that you do not touch for {essay_days} days is deleted; you are warned in the bot's DM "
        f"{FIRST_WARNING.days} and {LAST_WARNING.days} days before."
        if essay_days is not None
        else ""
    )
    running = "work of a model is under way: a download holds what it has come to so far" if summary.open_jobs else None
    return Card(
        (
            *notice_text(notice),
            _HEADING,
            TextBlock(
                f"**What is stored**: {summary.describe() or 'only what the host noted about you'}. Your words, titles "
                f"and Discord's ids are encrypted: {privacy_statement(with_model=False)}.\n"
                f"**For how long**: until you delete it.{untouched} Records of what models did for you go after "
                f"{JOBS_KEPT.days} days, of what that cost after {CALLS_KEPT.days}. If you delete everything, what it "
                "cost stays in the host's budget, without whose it was; its sum counts in your own budgets until the "
                "month is over.\n"
                f"**Who it is sent to**: {service}Discord has what you type and see in it."
            ),
            *((small_print(running),) if running else ()),
            *button_rows(
                action_button("Download everything", "mydata-download", NO_SUBJECT, style=ButtonStyle.PRIMARY),
                action_button("Critiques", "mydata-critiques", NO_SUBJECT) if summary.counts.get("critiques") else None,
                action_button("Delete everything", "mydata-delete", NO_SUBJECT, style=ButtonStyle.DANGER),
            ),
        )
    )


def export_part_card(part: ExportPart) -> Card:
    """Return the message of one file of a download."""
    said = "Everything stored about you. Its README.md says what is where."
    if not part.is_last or part.number > 1:
        more = "this is the last one" if part.is_last else "the next one follows"
        said = f"Part {part.number} of everything stored about you; {more}. Each part opens alone."
    return Card(
        (TextBlock(f"{said}\n-# It is not encrypted: keep it as you would keep a diary."), AttachedFile(part.name))
    )


def confirm_delete_all_card(summary: PersonSummary, notice: str | None = None) -> Card:
    """Ask before everything is deleted; the second question is the form."""
    return Card(
        (
            *notice_text(notice),
            heading_text("Delete everything"),
            TextBlock(
                f"This deletes {summary.describe() or 'all that is stored about you'}, and all else about you. What is "
                f"being written is stopped. It cannot be brought back: download it first if you may want it.\n\n"
                f"{WHAT_ELSE_HOLDS_IT}"
            ),
            *button_rows(
                action_button("Keep everything", "mydata", NO_SUBJECT, style=ButtonStyle.PRIMARY),
                action_button("Go on to delete", "mydata-delete-form", NO_SUBJECT, style=ButtonStyle.DANGER),
            ),
        )
    )


def delete_all_form() -> Form:
    """Return the form in which the word is typed."""
    field = TextInput(
        WORD_FIELD,
        f"Type {DELETE_WORD} to delete it all for good",
        placeholder=DELETE_WORD,
        required=True,
        multiline=False,
        max_length=20,
    )
    return Form(str(CustomId("essay", "mydata-delete-save")), "Delete everything", (field,))


def all_deleted_card(summary: PersonSummary, left: str | None = None) -> Card:
    """Say that everything is deleted, and what no program can reach; ``left`` is what may still stand in Discord."""
    kept = " What the host did about your data, and a block, stay noted without text." if summary.counts else ""
    return Card(
        (
            heading_text("Everything is deleted"),
            TextBlock(
                f"Nothing that you wrote, and no name or id of yours, is stored any more.{kept} Messages of the "
                "bot that you still see show what they showed; their buttons find nothing.\n\n"
                f"{WHAT_ELSE_HOLDS_IT} If you write to the bot again, it begins anew."
            ),
            *((TextBlock(left),) if left else ()),
        )
    )


def critiques_to_delete_card(
    critiques: Sequence[StoredCritique], page: int, page_count: int, notice: str | None = None
) -> Card:
    """Return a page of the critiques of pasted texts and of other people's messages, with a menu to delete one."""
    parts: list[CardPart] = [*notice_text(notice), heading_text("Critiques of texts that are no essay's")]
    if critiques:
        lines = [f"**{escape_markdown(critique_name(one))}** · {findings_summary(one)}" for one in critiques]
        options = tuple(SelectOption(critique_name(one), one.id, findings_summary(one)) for one in critiques)
        parts += [
            TextBlock("\n".join(lines)),
            SelectMenu(str(CustomId("essay", "mydata-critique")), "Delete a critique", options),
        ]
    else:
        parts.append(TextBlock("There is none. A critique of an essay is deleted with the essay."))
    if page_count > 1:
        parts.append(small_print(f"page {page + 1} of {page_count}"))
    parts.extend(page_buttons("mydata-critiques", NO_SUBJECT, 0, page, page_count))
    return Card((*parts, *button_rows(_BACK)))


def confirm_delete_critique_card(critique: StoredCritique) -> Card:
    """Ask before a critique is deleted with the text that it is about."""
    delete = Button(
        "Delete for good",
        str(CustomId("essay", "mydata-critique-delete", NO_SUBJECT, 0, critique.id)),
        ButtonStyle.DANGER,
    )
    return Card(
        (
            heading_text("Delete a critique"),
            TextBlock(
                f"Delete the critique of “{escape_markdown(critique_name(critique))}” with the text that it is about?"
            ),
            *button_rows(action_button("Keep it", "mydata-critiques", NO_SUBJECT), delete),
        )
    )
