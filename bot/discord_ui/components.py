"""Cards and forms as discord.py's components.

Every view and form comes out already stopped, so that discord.py keeps none of them: whatever is pressed, in whichever
process, comes to the router by its custom id alone.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.discord_ui.cards import (
    Attached,
    Button,
    Card,
    CardPart,
    Choose,
    Field,
    FileField,
    Form,
    FormPart,
    Link,
    Menu,
    Option,
    Row,
    Rule,
    Text,
    Tick,
    Tone,
)

ACCENT = 0x4F6D7A  # a slate that stands out little on either of Discord's themes
_STYLES = {
    Tone.PLAIN: discord.ButtonStyle.secondary,
    Tone.MAIN: discord.ButtonStyle.primary,
    Tone.DANGER: discord.ButtonStyle.danger,
}

Item = ui.Item[Any]


def layout(card: Card) -> ui.LayoutView:
    """The card as a message's view."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*(_part(part) for part in card.parts), accent_colour=ACCENT))
    view.stop()
    return view


def modal(form: Form) -> ui.Modal:
    """The form as a modal."""
    made = ui.Modal(title=form.title, custom_id=form.id, timeout=None)
    for part in form.parts:
        made.add_item(_form_part(part))
    made.stop()
    return made


def _part(part: CardPart) -> Item:
    match part:
        case Text(content):
            return ui.TextDisplay(content)
        case Rule():
            return ui.Separator()
        case Row(buttons):
            return ui.ActionRow(*(_button(button) for button in buttons))
        case Menu():
            return ui.ActionRow(
                ui.Select(custom_id=part.id, placeholder=part.placeholder, options=[_option(o) for o in part.options])
            )
        case Attached(name):
            return ui.File(f"attachment://{name}")


def _button(button: Button | Link) -> ui.Button[Any]:
    if isinstance(button, Link):
        return ui.Button(label=button.label, url=button.url)
    return ui.Button(label=button.label, custom_id=button.id, style=_STYLES[button.tone], disabled=button.disabled)


def _option(option: Option) -> discord.SelectOption:
    return discord.SelectOption(
        label=option.label, value=option.value, description=option.description or None, default=option.chosen
    )


def _form_part(part: FormPart) -> Item:
    match part:
        case Text(content):
            return ui.TextDisplay(content)
        case Field():
            field: ui.TextInput[Any] = ui.TextInput(
                custom_id=part.key,
                style=discord.TextStyle.long if part.lines else discord.TextStyle.short,
                default=part.value or None,
                placeholder=part.placeholder or None,
                required=part.required,
                max_length=part.room,
            )
            return ui.Label(text=part.label, description=part.description or None, component=field)
        case FileField():
            files: ui.FileUpload[Any] = ui.FileUpload(custom_id=part.key, required=part.required, max_values=1)
            return ui.Label(text=part.label, description=part.description or None, component=files)
        case Choose():
            menu: ui.Select[Any] = ui.Select(custom_id=part.key, options=[_option(one) for one in part.options])
            return ui.Label(text=part.label, component=menu)
        case Tick():
            box: ui.Checkbox[Any] = ui.Checkbox(custom_id=part.key)
            return ui.Label(text=part.label, description=part.description or None, component=box)
