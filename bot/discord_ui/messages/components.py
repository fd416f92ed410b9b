"""Turn cards and forms into discord.py's components.

Every view and form is returned already stopped, so that discord.py keeps none of them: each click, in whichever
process, reaches the router by its custom id alone.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    AttachedFile,
    AttachedImage,
    Button,
    ButtonRow,
    ButtonStyle,
    Card,
    CardPart,
    Checkbox,
    FileInput,
    Form,
    FormPart,
    LinkButton,
    MentionKind,
    MentionMenu,
    SelectInput,
    SelectMenu,
    SelectOption,
    Separator,
    TextBlock,
    TextInput,
)

ACCENT_COLOUR = 0x4F6D7A  # a slate that stands out little on either of Discord's themes
# Where a command can be used, besides in threads: those count as their channel.
_CHANNEL_TYPES = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.media,
    discord.ChannelType.voice,
    discord.ChannelType.stage_voice,
]
_DISCORD_STYLES = {
    ButtonStyle.SECONDARY: discord.ButtonStyle.secondary,
    ButtonStyle.PRIMARY: discord.ButtonStyle.primary,
    ButtonStyle.DANGER: discord.ButtonStyle.danger,
}

UiItem = ui.Item[Any]


def to_view(card: Card) -> ui.LayoutView:
    """Return the card as the view of a message."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*(_to_item(part) for part in card.parts), accent_colour=ACCENT_COLOUR))
    view.stop()
    return view


def to_modal(form: Form) -> ui.Modal:
    """Return the form as a modal."""
    made = ui.Modal(title=form.title, custom_id=form.custom_id, timeout=None)
    for part in form.parts:
        made.add_item(_to_form_item(part))
    made.stop()
    return made


def _to_item(part: CardPart) -> UiItem:
    match part:
        case TextBlock(content):
            return ui.TextDisplay(content)
        case Separator():
            return ui.Separator()
        case ButtonRow(buttons):
            return ui.ActionRow(*(_to_button(button) for button in buttons))
        case SelectMenu():
            return ui.ActionRow(
                ui.Select(
                    custom_id=part.custom_id,
                    placeholder=part.placeholder,
                    options=[_to_select_option(o) for o in part.options],
                    min_values=part.min_values,
                    max_values=part.max_values,
                )
            )
        case MentionMenu():
            return ui.ActionRow(_to_mention_select(part))
        case AttachedFile(name):
            return ui.File(f"attachment://{name}")
        case AttachedImage(name, description):
            return ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{name}", description=description))


def _to_mention_select(menu: MentionMenu) -> ui.RoleSelect[Any] | ui.ChannelSelect[Any]:
    chosen = [discord.Object(one) for one in menu.chosen[:MAX_MENU_OPTIONS]]
    if menu.kind is MentionKind.ROLE:
        return ui.RoleSelect(
            custom_id=menu.custom_id,
            placeholder=menu.placeholder,
            min_values=0,
            max_values=MAX_MENU_OPTIONS,
            default_values=[discord.SelectDefaultValue.from_role(one) for one in chosen],
        )
    return ui.ChannelSelect(
        custom_id=menu.custom_id,
        placeholder=menu.placeholder,
        channel_types=_CHANNEL_TYPES,
        min_values=0,
        max_values=MAX_MENU_OPTIONS,
        default_values=[discord.SelectDefaultValue.from_channel(one) for one in chosen],
    )


def _to_button(button: Button | LinkButton) -> ui.Button[Any]:
    if isinstance(button, LinkButton):
        return ui.Button(label=button.label, url=button.url)
    return ui.Button(
        label=button.label, custom_id=button.custom_id, style=_DISCORD_STYLES[button.style], disabled=button.disabled
    )


def _to_select_option(option: SelectOption) -> discord.SelectOption:
    return discord.SelectOption(
        label=option.label, value=option.value, description=option.description or None, default=option.selected
    )


def _to_form_item(part: FormPart) -> UiItem:
    match part:
        case TextBlock(content):
            return ui.TextDisplay(content)
        case TextInput():
            field: ui.TextInput[Any] = ui.TextInput(
                custom_id=part.key,
                style=discord.TextStyle.long if part.multiline else discord.TextStyle.short,
                default=part.value or None,
                placeholder=part.placeholder or None,
                required=part.required,
                max_length=part.max_length,
            )
            return ui.Label(text=part.label, description=part.description or None, component=field)
        case FileInput():
            files: ui.FileUpload[Any] = ui.FileUpload(custom_id=part.key, required=part.required, max_values=1)
            return ui.Label(text=part.label, description=part.description or None, component=files)
        case SelectInput():
            menu: ui.Select[Any] = ui.Select(
                custom_id=part.key, options=[_to_select_option(one) for one in part.options]
            )
            return ui.Label(text=part.label, component=menu)
        case Checkbox():
            box: ui.Checkbox[Any] = ui.Checkbox(custom_id=part.key)
            return ui.Label(text=part.label, description=part.description or None, component=box)
