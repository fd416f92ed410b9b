"""What is shown of a shared text: the question before it is posted, the thread's messages, and what others said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.messages.text_limits import (
    escape_markdown,
    fitting_end,
    grapheme_boundary,
    one_line,
    utf8_length,
    utf16_length,
)
from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    ButtonRow,
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
    small_print,
)
from bot.essay.essay import Essay
from bot.essay.text.words import count_noun
from bot.services.sharing import (
    MAX_MESSAGE_CHARACTERS,
    Feedback,
    FeedbackKind,
    GatheredFeedback,
    ShareChannel,
    SharedText,
    ShareState,
)

FEEDBACK_FIELD, ANSWER_FIELD = "feedback", "answer"
WHOLE = "w"
"""The value of the whole post in the menu of what is shared."""
_PAGE_UNITS, _PAGE_BYTES = 2_000, 5_500  # of a message's 4,000 and 10,170 (messages/pages.py)
_PIECE_CHARACTERS = 900  # of one thing said: escaped at most twice as many, so that a page has room for one
_SCOPE = (
    "Replies are gathered under More, Feedback. No model sees them, and they are no evidence for a draft. Take down "
    "removes it again; what somebody has read or copied until then stays with them."
)
NOWHERE = (
    "There is no channel here in which both you and the bot may do it. Both need View Channel, Send Messages, Create "
    "Public Threads, Send Messages in Threads and Read Message History, in a text or an announcement channel that this "
    "server's rules allow: ask whoever manages the server. Nothing was posted."
)
WITHHELD_ADVICE = (
    "whoever hosts the bot can let it read them: Message Content Intent, on the page Bot of the Developer Portal. What "
    "comes by the button Give feedback, or mentions the bot, is read without it"
)


@dataclass(frozen=True, slots=True)
class SharePlan:
    """What is about to be shared, as it was chosen so far.

    ``section`` is the index of a section, None for the whole post; ``channel`` is None until one is chosen.
    ``words`` and ``messages`` count those of the text, ``open_points`` says what is open in it.
    """

    section: int | None
    shared: SharedText
    channels: Sequence[ShareChannel]
    channel: ShareChannel | None
    words: int
    messages: int
    open_points: str

    def argument(self, *, is_named: bool | None = None) -> str:
        """Return the plan as the argument of a custom id; see ``parse_plan``."""
        named = self.shared.byline is not None if is_named is None else is_named
        channel = self.channel.id if self.channel is not None else 0
        return f"{WHOLE if self.section is None else self.section}.{channel}.{int(named)}.{self.shared.number}"


def share_card(plan: SharePlan, sections: tuple[SelectOption, ...], notice: str | None = None) -> Card:
    """Say what will be posted, where, under which name and for whom, and ask; menus change it."""
    shared, channel = plan.shared, plan.channel
    essay, version = shared.essay, shared.version
    what = f"the section “{escape_markdown(one_line(shared.heading, 100))}”" if shared.heading else "the whole post"
    words, messages = count_noun(plan.words, "word"), count_noun(plan.messages, "message")
    readers = (
        f"everybody who can see <#{channel.id}>, and whoever gets to see it later; the bot's host and Discord as well"
        if channel is not None
        else "everybody who can see the channel"
    )
    lines = [
        f"**What:** {what}, {words} of version {version}, in {messages} after one with the title. Comments, and what "
        "is marked private, are left out.",
        f"**Where:** {f'a thread in <#{channel.id}>' if channel is not None else 'choose a channel'}.",
        f"**Name:** {f'{shared.byline}, without a ping' if shared.byline else 'none; the bot posts it'}.",
        f"**Who sees it:** {readers}.",
    ]
    if plan.open_points:
        lines.append(f"**Open in it:** {plan.open_points}")
    parts: list[CardPart] = [
        *notice_text(notice),
        heading_text("Share for feedback"),
        TextBlock("\n".join(lines)),
    ]
    argument = plan.argument()
    whole = SelectOption("The whole post", WHOLE, selected=plan.section is None)
    if sections:
        parts.append(
            SelectMenu(
                str(CustomId("essay", "share-what", essay, version, argument)),
                "What to share",
                (whole, *sections[: MAX_MENU_OPTIONS - 1]),
            )
        )
    listed = plan.channels[:MAX_MENU_OPTIONS]
    parts.append(
        SelectMenu(
            str(CustomId("essay", "share-where", essay, version, argument)),
            "Choose a channel",
            tuple(SelectOption(f"#{one_line(one.name, 90)}", str(one.id), selected=one == channel) for one in listed),
        )
    )
    hidden = len(plan.channels) - len(listed)
    named = shared.byline is not None
    parts.extend(
        button_rows(
            action_button("Share now", "share-post", essay, version, argument, style=ButtonStyle.PRIMARY)
            if channel is not None
            else None,
            action_button(
                "Without my name" if named else "With my name",
                "share",
                essay,
                version,
                plan.argument(is_named=not named),
            ),
            action_button("Back", "open", essay, version),
        )
    )
    parts.append(small_print("Nothing is posted before you press Share now.", _SCOPE))
    if hidden:
        more = f"{count_noun(hidden, 'more channel')} {'is' if hidden == 1 else 'are'} not listed"
        parts.append(small_print(f"{more}: open the essay in the one that you mean, and it stands first"))
    return Card(tuple(parts))


def opening_card(shared: SharedText) -> Card:
    """Return the message that a thread begins from; it has none of the text."""
    part = f", the section “{escape_markdown(one_line(shared.heading, 100))}”" if shared.heading else ""
    whose = f"{shared.byline} asks" if shared.byline else "Its writer asks"
    return Card(
        (
            heading_text(shared.title),
            TextBlock(f"{whose} for feedback on this draft of a post{part}. The text is in the thread."),
        )
    )


def text_cards(shared: SharedText, pages: Sequence[str]) -> Iterator[Card]:
    """Yield the messages of a text, one a page; the last has the button for readers."""
    for number, page in enumerate(pages, 1):
        if number < len(pages):
            yield Card((TextBlock(page),))
        else:
            yield Card((TextBlock(page), *_reader_buttons(shared), small_print(_READER_NOTICE)))


_READER_NOTICE = (
    "Reply to this message, or use the button. What you write is kept for the writer with the essay, without your "
    "name. Delete it here and it is deleted there, at their next look."
)


def _reader_buttons(shared: SharedText) -> tuple[ButtonRow, ...]:
    return button_rows(
        action_button("Give feedback", "give", shared.essay, 0, shared.number, kind="share", style=ButtonStyle.PRIMARY)
    )


def feedback_form(essay: str, number: int) -> Form:
    """Return the form in which a reader says what they think."""
    return Form(
        str(CustomId("share", "give-save", essay, 0, str(number))),
        "Give feedback",
        (
            TextInput(
                FEEDBACK_FIELD,
                "What do you think of it?",
                placeholder="Where did you stumble, what is missing, what stays with you?",
                required=True,
                max_length=MAX_MESSAGE_CHARACTERS,
            ),
            TextBlock(
                "It is posted in this thread with your name, for everybody who can see it, and kept for the writer "
                "without your name. Take back, below it, deletes both. No model is sent it."
            ),
        ),
    )


def posted_feedback_card(essay: str, number: int, mention: str, text: str) -> Card:
    """Return the message by which a reader's words stand in the thread; its second text is those words."""
    back = action_button("Take back", "take-back", essay, 0, number, kind="share")
    return Card((TextBlock(f"{mention} says:"), TextBlock(text), *button_rows(back)))


def taken_back_card() -> Card:
    """Return what stands in place of words that were taken back."""
    return Card((TextBlock("-# What stood here was taken back."),))


def answer_form(essay: str, version: int, message: int, said: str) -> Form:
    """Return the form for the writer's answer to what was said."""
    return Form(
        str(CustomId("essay", "feedback-answer-save", essay, version, str(message))),
        "Answer",
        (
            TextBlock(f"> {escape_markdown(one_line(said, 300))}"),
            TextInput(
                ANSWER_FIELD,
                "Your answer",
                required=True,
                max_length=MAX_MESSAGE_CHARACTERS,
                description="The bot posts it in the thread as the writer's answer.",
            ),
        ),
    )


def answer_card(text: str) -> Card:
    """Return the message of a writer's answer."""
    return Card((TextBlock("**The writer answers:**"), TextBlock(text)))


def feedback_card(essay: Essay, found: GatheredFeedback, page: int, notice: str | None = None) -> Card:
    """Return a page of what others said, with what can be done about it."""
    version, standing = essay.head or 0, found.standing
    pages = _feedback_pages(found.items)
    page = min(page, max(0, len(pages) - 1))
    parts: list[CardPart] = [
        *notice_text(notice),
        *((TextBlock(found.problem),) if found.problem else ()),
        heading_text("Said by others"),
        TextBlock(_describe_share(found)),
    ]
    shown = pages[page] if pages else ()
    if shown:
        parts.append(TextBlock("\n\n".join(text for _, text in shown)))
    elif not found.withheld:
        parts.append(TextBlock("Nobody has said anything yet."))
    notes = (
        f"{count_noun(found.withheld, 'message')} in the thread cannot be read by the bot; {WITHHELD_ADVICE}"
        if found.withheld
        else None,
        f"{count_noun(found.left_out, 'message')} found no room here" if found.left_out else None,
        "the thread has more messages than are read" if found.is_cut else None,
        f"page {page + 1} of {len(pages)}" if len(pages) > 1 else None,
    )
    if any(notes):
        parts.append(small_print(*notes))
    is_open = standing is not None and standing.state is ShareState.OPEN
    options = _answer_options(shown, standing.number) if standing is not None and is_open else ()
    if options:
        parts.append(SelectMenu(str(CustomId("essay", "feedback-answer", essay.id, version)), "Answer one", options))
    parts.extend(page_buttons("feedback", essay.id, version, page, len(pages), "page"))
    parts.extend(
        button_rows(
            action_button("Look again", "feedback", essay.id, version, f"{page}.again") if is_open else None,
            action_button("Take down", "share-down", essay.id, version, style=ButtonStyle.DANGER) if standing else None,
            action_button("Delete all of it", "feedback-delete", essay.id, version, style=ButtonStyle.DANGER)
            if found.items and standing is None
            else None,
            action_button("Back", "open", essay.id, version),
        )
    )
    parts.append(
        small_print("no model sees this, and no draft or check uses it: write a note of what you take from it")
    )
    return Card(tuple(parts))


def _describe_share(found: GatheredFeedback) -> str:
    share = found.shares[-1] if found.shares else None
    if share is None:
        return "This essay was not shared yet: in a server, More, Share posts it as a thread."
    what = f"the section “{escape_markdown(one_line(share.heading, 100))}”" if share.heading else "the whole post"
    about = f"{what} of version {share.version}, {share.created:%d %b %H:%M} UTC"
    if share.state is ShareState.CLOSED:
        return f"Shared last: {about}. It is taken down; what was said stays here."
    where = f"<#{share.thread}>" if share.thread else f"<#{share.channel}>" if share.channel else "a channel"
    if share.state is ShareState.POSTING:
        return (
            f"Begun in {where}, and not ended: {about}. If that was more than a minute ago, the bot was stopped in it, "
            "and part may stand there. Take down removes it; then it can be shared again."
        )
    return f"Shared in {where}: {about}."


def _feedback_pages(items: Sequence[Feedback]) -> list[list[tuple[Feedback, str]]]:
    """Lay out what was said in pages, each with the pieces of text on it; one that is long takes several pieces."""
    found: list[list[tuple[Feedback, str]]] = []
    for item in items:
        for piece in _pieces(item):
            page = "\n\n".join([*(text for _, text in found[-1]), piece]) if found else ""
            if not found or utf16_length(page) > _PAGE_UNITS or utf8_length(page) > _PAGE_BYTES:
                found.append([])
            found[-1].append((item, piece))
    return found


def _pieces(item: Feedback) -> Iterator[str]:
    """Yield what was said as quotations, under who said it and when, each short enough for a page."""
    text = item.text if item.text is not None else "(damaged: it cannot be read)"
    who = "A reader" if item.kind is FeedbackKind.READER else "You answered"
    unsure = ", and Discord has not confirmed it" if item.kind is FeedbackKind.ANSWER and item.message is None else ""
    head = f"**{who}** · {item.created:%d %b %H:%M} UTC{unsure}"
    start = 0
    while start < len(text):
        end = fitting_end(text, _PIECE_CHARACTERS, start=start)
        if end < len(text):
            at_word = text.rfind(" ", start, end) + 1
            end = at_word if at_word > (start + end) // 2 else max(start + 1, grapheme_boundary(text, end))
        lines = " ".join(text[start:end].splitlines()) if text.count("\n", start, end) > 30 else text[start:end]
        quoted = "\n".join(f"> {escape_markdown(line)}" for line in lines.strip("\n").splitlines())
        yield f"{head}\n{quoted}"
        start, head = end, f"**{who}**, going on"


def _answer_options(shown: Sequence[tuple[Feedback, str]], share: int) -> tuple[SelectOption, ...]:
    """Return those things said on a page that can be answered: they stand in the thread that is open."""
    items = {one.message: one for one, _ in shown if one.share == share and one.kind is FeedbackKind.READER}
    return tuple(
        SelectOption(one_line(one.text or "…", 90), str(message))
        for message, one in list(items.items())[:MAX_MENU_OPTIONS]
        if message is not None
    )


def confirm_take_down_card(essay: Essay) -> Card:
    """Ask before a shared text is taken down."""
    version = essay.head or 0
    return Card(
        (
            heading_text("Take it down"),
            TextBlock(
                "The text is deleted in Discord, with the thread and what others wrote in it; where the bot may not "
                "delete the thread, it deletes its own messages and closes it. What was said is gathered here once "
                "more before that, and stays with the essay."
            ),
            *button_rows(
                action_button("Leave it", "feedback", essay.id, version, "0.leave"),
                action_button("Take it down", "share-down", essay.id, version, "yes", style=ButtonStyle.DANGER),
            ),
        )
    )


def confirm_delete_feedback_card(essay: Essay) -> Card:
    """Ask before what others said is deleted."""
    version = essay.head or 0
    return Card(
        (
            heading_text("Delete what was said"),
            TextBlock("All that others said about this essay, and your answers, are deleted here for good."),
            *button_rows(
                action_button("Keep it", "feedback", essay.id, version, "0.keep"),
                action_button("Delete for good", "feedback-delete", essay.id, version, "yes", style=ButtonStyle.DANGER),
            ),
        )
    )
