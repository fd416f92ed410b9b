"""What a message or a form shows, as values. Nothing here knows how Discord is spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.discord_ui.interactions.custom_ids import CustomId, SubjectKind
from bot.discord_ui.messages.text_limits import escape_markdown, one_line, shorten
from bot.essay.measures.base import counted

MAX_LABEL_LENGTH = 20  # what a phone shows of a button, four in a row
MAX_BUTTONS_PER_ROW = 4  # a fifth is pushed off a narrow screen
MAX_MENU_OPTIONS = 25  # Discord's limit
MAX_FIELD_LENGTH = 4_000  # Discord's limit for one field of a form
MAX_FORM_PARTS = 5  # Discord's limit for a form


class ButtonStyle(StrEnum):
    """How much a button asks for attention."""

    SECONDARY = "plain"
    PRIMARY = "main"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class TextBlock:
    """Markdown, as Discord renders it."""

    content: str


@dataclass(frozen=True, slots=True)
class Separator:
    """A line between what is above and what is below."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button. ``id`` is its custom id. Raises ValueError for a label of more than LABEL_CHARACTERS."""

    label: str
    custom_id: str
    style: ButtonStyle = ButtonStyle.SECONDARY
    disabled: bool = False

    def __post_init__(self) -> None:
        if len(self.label) > MAX_LABEL_LENGTH:
            raise ValueError(f"a button's label has {len(self.label)} characters")


@dataclass(frozen=True, slots=True)
class LinkButton:
    """A button that opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class ButtonRow:
    """At most ROW_BUTTONS buttons beside each other."""

    buttons: tuple[Button | LinkButton, ...]


@dataclass(frozen=True, slots=True)
class SelectOption:
    """One entry of a menu; ``description`` is the smaller line below it."""

    label: str
    value: str
    description: str | None = None
    selected: bool = False


@dataclass(frozen=True, slots=True)
class SelectMenu:
    """A menu from which one entry is chosen. ``id`` is its custom id."""

    custom_id: str
    placeholder: str
    options: tuple[SelectOption, ...]


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of the message, shown as a card."""

    name: str


CardPart = TextBlock | Separator | ButtonRow | SelectMenu | AttachedFile


@dataclass(frozen=True, slots=True)
class Card:
    """One whole message."""

    parts: tuple[CardPart, ...]

    @property
    def text(self) -> str:
        """Everything in it that is read, without its buttons."""
        return "\n".join(part.content for part in self.parts if isinstance(part, TextBlock))


@dataclass(frozen=True, slots=True)
class TextInput:
    """A field for text. ``room`` is the most it takes, in characters; ``lines`` whether it is a large one."""

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
    """A field that takes files."""

    key: str
    label: str
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class SelectInput:
    """A menu in a form."""

    key: str
    label: str
    options: tuple[SelectOption, ...]


@dataclass(frozen=True, slots=True)
class Checkbox:
    """A box to tick."""

    key: str
    label: str
    description: str = ""


FormPart = TextBlock | TextInput | FileInput | SelectInput | Checkbox


@dataclass(frozen=True, slots=True)
class Form:
    """A form that opens over everything else. ``id`` is its custom id."""

    custom_id: str
    title: str
    parts: tuple[FormPart, ...]


def button_rows(*buttons: Button | LinkButton | None) -> tuple[ButtonRow, ...]:
    """The buttons that are there, in rows of at most ROW_BUTTONS that are about equally long."""
    there = [button for button in buttons if button is not None]
    if not there:
        return ()
    count = -(-len(there) // MAX_BUTTONS_PER_ROW)
    size = -(-len(there) // count)
    return tuple(ButtonRow(tuple(there[start : start + size])) for start in range(0, len(there), size))


# Pieces that several panels share.


MAX_TITLE_UNITS = 120
MAX_NOTICE_UNITS = 420
MAX_QUOTE_UNITS = 1_000
LIST_PAGE_SIZE = 10  # essays or critiques on a page of a list
_MAX_QUOTE_LINES = 30  # each costs two more characters of the message


def privacy_statement(*, with_model: bool) -> str:
    """Who can read what is stored encrypted, in a part of a sentence."""
    key = "whoever hosts the bot holds the key"
    return f"{key}, and what a model is asked about is sent to its service" if with_model else key


def heading_text(title: str, hashes: str = "###") -> TextBlock:
    """A panel's title, on one line. ``marks`` are as many as set it above what stands under it."""
    return TextBlock(f"{hashes} {escape_markdown(one_line(title, MAX_TITLE_UNITS // 2))}")


def notice_text(notice: str | None) -> tuple[TextBlock, ...]:
    """A sentence about what was just done, above everything else; nothing where there is none."""
    return (TextBlock(f"**{shorten(notice, MAX_NOTICE_UNITS)}**"),) if notice else ()


def small_print(*facts: str | None) -> TextBlock:
    """One line of small print."""
    return TextBlock("-# " + " · ".join(fact for fact in facts if fact))


def block_quote(text: str, max_units: int = MAX_QUOTE_UNITS) -> str:
    """The text as a block quotation that nothing in it can break out of; one of very many lines on a single one."""
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
    """A button and what it does."""
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
) -> tuple[ButtonRow, ...]:
    """The two buttons that turn ``count`` pages, of which ``at`` is shown; nothing where there is one page.

    What they carry is the page to go to, and ``rest`` behind a dot.
    """
    if page_count < 2:
        return ()
    behind = f".{extra_argument}" if extra_argument else ""
    back, on = f"{max(0, page - 1)}{behind}", f"{min(page + 1, page_count - 1)}{behind}"
    return button_rows(
        action_button("◀", action, subject, version, back, kind=kind, disabled=page == 0),
        action_button("▶", action, subject, version, on, kind=kind, disabled=page == page_count - 1),
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


__all__ = [
    "action_button",
    "block_quote",
    "counted",
    "heading_text",
    "notice_text",
    "page_buttons",
    "privacy_statement",
    "small_print",
]
