"""Messages and forms as values without discord.py, and the pieces that panels share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.discord_ui.interactions.custom_ids import CustomId, SubjectKind
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, shorten

MAX_LABEL_LENGTH = 20  # what a phone shows of a label with four buttons in a row
MAX_BUTTONS_PER_ROW = 4  # a narrow screen pushes a fifth off
MAX_MENU_OPTIONS = 25  # Discord's limit
MAX_FIELD_LENGTH = 4_000  # Discord's limit for one field of a form
MAX_FORM_PARTS = 5  # Discord's limit for a form
# In UTF-16 units, which is what Discord counts.
MAX_TITLE_UNITS = 120
MAX_NOTICE_UNITS = 420
MAX_QUOTE_UNITS = 1_000
_MAX_QUOTE_LINES = 30  # each line costs two characters more
LIST_PAGE_SIZE = 10  # essays, or critiques, on a page of a list


class ButtonStyle(StrEnum):
    """How prominent a button is."""

    SECONDARY = "plain"
    PRIMARY = "main"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Text in Discord's Markdown."""

    content: str


@dataclass(frozen=True, slots=True)
class Separator:
    """A horizontal line."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button. Raise ValueError if its label is longer than MAX_LABEL_LENGTH."""

    label: str
    custom_id: str
    style: ButtonStyle = ButtonStyle.SECONDARY
    disabled: bool = False

    def __post_init__(self) -> None:
        if len(self.label) > MAX_LABEL_LENGTH:
            raise ValueError(f"a button's label has {len(self.label)} characters")


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens a URL."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """Buttons side by side, at most MAX_BUTTONS_PER_ROW."""

    buttons: tuple[Button | LinkButton, ...]


@dataclass(frozen=True, slots=True)
class SelectOption:
    """An option of a menu; ``description`` is the smaller line below its label."""

    label: str
    value: str
    description: str | None = None
    selected: bool = False


@dataclass(frozen=True, slots=True)
class SelectMenu:
    """A menu from which one option is chosen, or from ``min_values`` to ``max_values``."""

    custom_id: str
    placeholder: str
    options: tuple[SelectOption, ...]
    min_values: int = 1
    max_values: int = 1


class MentionKind(StrEnum):
    """What of a server a menu offers."""

    ROLE = "role"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class MentionMenu:
    """A menu of the server's own roles or channels, which Discord fills; any number is chosen, none too.

    ``chosen`` are the ids that are chosen now.
    """

    kind: MentionKind
    custom_id: str
    placeholder: str
    chosen: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that is sent with the message."""

    name: str


@dataclass(frozen=True, slots=True)
class AttachedImage:
    """A picture that is sent with the message and shown in it. ``description`` is for those who do not see it."""

    name: str
    description: str


CardPart = TextBlock | Separator | ButtonRow | SelectMenu | MentionMenu | AttachedFile | AttachedImage


@dataclass(frozen=True, slots=True)
class Card:
    """A whole message."""

    parts: tuple[CardPart, ...]

    @property
    def text(self) -> str:
        """Return all text of the card except that of buttons and menus."""
        return "\n".join(part.content for part in self.parts if isinstance(part, TextBlock))


@dataclass(frozen=True, slots=True)
class TextInput:
    """A text field of a form. ``key`` names it among the form's values; ``max_length`` is in characters."""

    key: str
    label: str
    value: str = ""
    placeholder: str = ""
    required: bool = False
    multiline: bool = True
    max_length: int = MAX_FIELD_LENGTH
    description: str = ""


@dataclass(frozen=True, slots=True)
class FileInput:
    """A file upload of a form."""

    key: str
    label: str
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class SelectInput:
    """A menu of a form."""

    key: str
    label: str
    options: tuple[SelectOption, ...]


@dataclass(frozen=True, slots=True)
class Checkbox:
    """A checkbox of a form."""

    key: str
    label: str
    description: str = ""


FormPart = TextBlock | TextInput | FileInput | SelectInput | Checkbox


@dataclass(frozen=True, slots=True)
class Form:
    """A form, which Discord calls a modal."""

    custom_id: str
    title: str
    parts: tuple[FormPart, ...]


def button_rows(*buttons: Button | LinkButton | None) -> tuple[ButtonRow, ...]:
    """Lay out the buttons that are not None in as few rows as they need, about equally long."""
    present = [button for button in buttons if button is not None]
    if not present:
        return ()
    row_count = -(-len(present) // MAX_BUTTONS_PER_ROW)
    size = -(-len(present) // row_count)
    return tuple(ButtonRow(tuple(present[start : start + size])) for start in range(0, len(present), size))


def privacy_statement(*, with_model: bool) -> str:
    """Say who can read the encrypted texts, as the end of a sentence."""
    key = "whoever hosts the bot holds the key"
    return f"{key}, and what a model is asked about is sent to its service" if with_model else key


def heading_text(title: str, hashes: str = "###") -> TextBlock:
    """Return a panel's title on one line, as a heading of the level given by ``hashes``."""
    return TextBlock(f"{hashes} {escape_markdown(one_line(title, MAX_TITLE_UNITS // 2))}")


def notice_text(notice: str | None) -> tuple[TextBlock, ...]:
    """Return the notice of what was just done, in bold, for the top of a panel; nothing if there is none."""
    return (TextBlock(f"**{shorten(notice, MAX_NOTICE_UNITS)}**"),) if notice else ()


def small_print(*facts: str | None) -> TextBlock:
    """Return the facts that are not None as a line of small print."""
    return TextBlock("-# " + " · ".join(fact for fact in facts if fact))


def block_quote(text: str, max_units: int = MAX_QUOTE_UNITS) -> str:
    """Quote the text so that it cannot break out of the quotation; very many lines are joined into one."""
    lines = shorten(text.strip("\n"), max_units).splitlines()
    return "\n".join(f"> {line}" for line in (lines if len(lines) <= _MAX_QUOTE_LINES else [" ".join(lines)]))


def action_button(
    label: str,
    action: str,
    subject: str,
    version: int = 0,
    argument: object = "",
    *,
    style: ButtonStyle = ButtonStyle.SECONDARY,
    kind: SubjectKind = "essay",
    disabled: bool = False,
) -> Button:
    """Return a button with the custom id of its action."""
    return Button(label, str(CustomId(kind, action, subject, version, str(argument))), style, disabled)


def page_buttons(
    action: str,
    subject: str,
    version: int,
    page: int,
    page_count: int,
    extra_argument: str = "",
    *,
    kind: SubjectKind = "essay",
    first: Button | None = None,
) -> tuple[ButtonRow, ...]:
    """Return the two buttons that turn pages from ``page``, and ``first``; nothing if there is only one page.

    Their argument is the page to go to, followed by a dot and ``extra_argument`` if that is given.
    """
    if page_count < 2:
        return ()
    suffix = f".{extra_argument}" if extra_argument else ""
    back, forward = f"{max(0, page - 1)}{suffix}", f"{min(page + 1, page_count - 1)}{suffix}"
    return button_rows(
        action_button("◀", action, subject, version, back, kind=kind, disabled=page == 0),
        action_button("▶", action, subject, version, forward, kind=kind, disabled=page == page_count - 1),
        first,
    )


def text_card(sentence: str) -> Card:
    """Return a message of one sentence."""
    return Card((TextBlock(sentence),))


def deleted_card(sentence: str) -> Card:
    """Return the card that replaces a panel whose essay or critique is gone."""
    return Card((TextBlock(sentence), *button_rows(action_button("All essays", "essays", "-"))))


def file_card(sentence: str, name: str) -> Card:
    """Return a card with a file and a sentence about it."""
    return Card((TextBlock(sentence), AttachedFile(name)))


def moved_to_dm_card(url: str) -> Card:
    """Return the card that replaces a panel which was continued in the DM at ``url``."""
    return Card((TextBlock("Continued in your DM with the bot."), *button_rows(LinkButton("Open the DM", url))))
