"""The writer's own texts: listing, adding and deleting them."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.discord_ui.interactions.requests import parse_number, read_submitted_text
from bot.discord_ui.interactions.responses import ActionRequest, HandlerResult, OpenForm, ShowCard
from bot.discord_ui.panels import forms
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.panels.voice import voice_card
from bot.services.essays import join_sentences


async def list_samples(presenter: Presenter, writer: str, notice: str | None = None) -> ShowCard:
    """Show the texts."""
    return ShowCard(voice_card(await presenter.services.voice.samples(writer), notice))


async def add_sample(presenter: Presenter, writer: str, text: str, notice: str | None) -> ShowCard:
    """Store a text, and show all; ``notice`` says how it was read."""
    added = await presenter.services.voice.add(writer, text)
    told = join_sentences(notice, added.notice, f"It is stored as text {added.sample.number}.")
    return await list_samples(presenter, writer, told)


async def open_voice_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for a text."""
    return OpenForm(forms.paste_form(CustomId("essay", "voice-save"), "A text of your own", "The text"))


async def save_sample(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store the text of the form."""
    return await add_sample(presenter, request.writer, *await read_submitted_text(request))


async def delete_sample(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Delete the text that the button was made for."""
    number, _, seen = request.custom_id.argument.partition(".")
    deleted = await presenter.services.voice.delete(request.writer, parse_number(number), seen=seen)
    return await list_samples(presenter, request.writer, f"Text {deleted.number} is deleted.")
