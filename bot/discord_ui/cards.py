"""What a message or a form shows, as values. Nothing here knows how Discord is spoken to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

LABEL_CHARACTERS = 20  # what a phone shows of a button, four in a row
ROW_BUTTONS = 4  # a fifth is pushed off a narrow screen
MENU_OPTIONS = 25  # Discord's limit
FIELD_CHARACTERS = 4_000  # Discord's limit for one field of a form
FORM_PARTS = 5  # Discord's limit for a form


class Tone(StrEnum):
    """How much a button asks for attention."""

    PLAIN = "plain"
    MAIN = "main"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Text:
    """Markdown, as Discord renders it."""

    content: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A line between what is above and what is below."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button. ``id`` is its custom id. Raises ValueError for a label of more than LABEL_CHARACTERS."""

    label: str
    id: str
    tone: Tone = Tone.PLAIN
    disabled: bool = False

    def __post_init__(self) -> None:
        if len(self.label) > LABEL_CHARACTERS:
            raise ValueError(f"a button's label has {len(self.label)} characters")


@dataclass(frozen=True, slots=True)
class Link:
    """A button that opens an address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Row:
    """At most ROW_BUTTONS buttons beside each other."""

    buttons: tuple[Button | Link, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a menu; ``description`` is the smaller line below it."""

    label: str
    value: str
    description: str | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """A menu from which one entry is chosen. ``id`` is its custom id."""

    id: str
    placeholder: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of the message, shown as a card."""

    name: str


CardPart = Text | Rule | Row | Menu | Attached


@dataclass(frozen=True, slots=True)
class Card:
    """One whole message."""

    parts: tuple[CardPart, ...]

    @property
    def text(self) -> str:
        """Everything in it that is read, without its buttons."""
        return "\n".join(part.content for part in self.parts if isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Field:
    """A field for text. ``room`` is the most it takes, in characters; ``lines`` whether it is a large one."""

    key: str
    label: str
    value: str = ""
    placeholder: str = ""
    required: bool = False
    lines: bool = True
    room: int = FIELD_CHARACTERS
    description: str = ""


@dataclass(frozen=True, slots=True)
class FileField:
    """A field that takes files."""

    key: str
    label: str
    description: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class Choose:
    """A menu in a form."""

    key: str
    label: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """A box to tick."""

    key: str
    label: str
    description: str = ""


FormPart = Text | Field | FileField | Choose | Tick


@dataclass(frozen=True, slots=True)
class Form:
    """A form that opens over everything else. ``id`` is its custom id."""

    id: str
    title: str
    parts: tuple[FormPart, ...]


def rows(*buttons: Button | Link | None) -> tuple[Row, ...]:
    """The buttons that are there, in rows of at most ROW_BUTTONS that are about equally long."""
    there = [button for button in buttons if button is not None]
    if not there:
        return ()
    count = -(-len(there) // ROW_BUTTONS)
    size = -(-len(there) // count)
    return tuple(Row(tuple(there[start : start + size])) for start in range(0, len(there), size))
