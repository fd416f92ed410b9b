"""/draft, /export, /essays, /voice, /mydata, /usage and /help, and how an option names an essay or a structure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands

from bot.discord_ui.access import AccessDenied, MembershipUnknown, RefusedByServer
from bot.discord_ui.interactions.dispatcher import RunCommand
from bot.discord_ui.interactions.handlers.drafts import export_or_ask
from bot.discord_ui.interactions.handlers.essays import list_essays, show_latest_essay
from bot.discord_ui.interactions.handlers.interview import show_essay_and_sort_notes
from bot.discord_ui.interactions.handlers.personal_data import show_personal_data
from bot.discord_ui.interactions.handlers.voice import add_sample, list_samples
from bot.discord_ui.interactions.requests import Interaction, to_upload
from bot.discord_ui.interactions.responder import AckMode
from bot.discord_ui.interactions.responses import HandlerResult, InteractionContext, ShowCard, UploadedFile
from bot.discord_ui.messages import content
from bot.discord_ui.messages.content import mention_names, resolve_mentions
from bot.discord_ui.messages.text_limits import one_line
from bot.discord_ui.panels.essays import unique_essay_names
from bot.discord_ui.panels.help_and_usage import help_card, usage_card
from bot.discord_ui.panels.presenter import Presenter
from bot.errors import BeingDeleted, InvalidInput, NothingToDo, ShuttingDown, StoreError
from bot.essay.essay import Essay
from bot.essay.export_targets import DEFAULT_TARGET, EXPORT_TARGETS, find_export_target
from bot.essay.matching import best_structure, default_structure, find_structure
from bot.essay.structure import Structure
from bot.essay.text.documents import FILE_KINDS
from bot.services.essays import MAX_TITLE_CHARACTERS, EssayService, validate_title
from bot.services.offload import parse_in_worker
from bot.services.services import Services

MAX_CHOICES = 25  # Discord's limit for choices and for suggestions
_USAGE_DAYS = 31
_SUGGESTION_TIMEOUT_SECONDS = 2.0  # a list that comes later is not shown

SuggestEssays = Callable[[Interaction, str], Coroutine[Any, Any, list[app_commands.Choice[str]]]]


def structure_choices(structures: Iterable[Structure]) -> list[app_commands.Choice[str]]:
    """Return the structures as an option's choices."""
    return [app_commands.Choice(name=one_line(one.name, 100), value=one.key) for one in list(structures)[:MAX_CHOICES]]


def essay_suggestions(
    admitted_writer: Callable[[Interaction, float], Awaitable[str]], essays: EssayService
) -> SuggestEssays:
    """Return a function that suggests essays whose names contain what was typed, the last changed first.

    It suggests none if that takes too long.
    """

    async def suggest(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        try:
            async with asyncio.timeout(_SUGGESTION_TIMEOUT_SECONDS):
                writer = await admitted_writer(interaction, _SUGGESTION_TIMEOUT_SECONDS)
                known = await essays.list_essays(writer)
        except (
            AccessDenied,
            RefusedByServer,
            MembershipUnknown,
            BeingDeleted,
            ShuttingDown,
            StoreError,
            TimeoutError,
        ):
            return []
        wanted, names = typed.casefold().strip(), unique_essay_names(known)
        found = [essay for essay in known if wanted in essay.title.casefold() or wanted in names[essay.id].casefold()]
        return [app_commands.Choice(name=names[essay.id], value=essay.id) for essay in found[:MAX_CHOICES]]

    return suggest


async def find_essay(service: EssayService, writer: str, wanted: str, *, with_post: bool = False) -> Essay:
    """Find the essay that an option names: by its id, as suggestions do, by its title, or by the name they show.

    Of several with one title it is the last changed that has a post, if ``with_post``, else that is not exported yet.
    Raise InvalidInput if there is none.
    """
    essays = await service.list_essays(writer)
    title, names = wanted.casefold().strip(), unique_essay_names(essays)
    by_id = [essay for essay in essays if essay.id == wanted]
    by_title = [essay for essay in essays if title in (essay.title.casefold(), names[essay.id].casefold())]
    if found := by_id or by_title:
        fits = [essay for essay in found if (essay.head is not None if with_post else not essay.is_exported)]
        return (fits or found)[0]
    raise InvalidInput(
        "You have no essay of that name: choose one from the list that comes while you type, or see /essays."
    )


def draft_command(
    run: RunCommand, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock], suggest: SuggestEssays
) -> app_commands.Command[Any, ..., Any]:
    """Return /draft."""

    @app_commands.command(name="draft", description="Begin a career essay, or return to your latest one")
    @app_commands.describe(
        structure="What happened: it gives the post its sections",
        title="A title; it can be changed later",
        notes=f"Your notes: {FILE_KINDS}",
        essay="One of your essays, to return to",
    )
    @app_commands.choices(structure=structure_choices(presenter.services.structures.values()))
    async def draft(
        interaction: Interaction,
        structure: str | None = None,
        title: app_commands.Range[str, 1, MAX_TITLE_CHARACTERS] | None = None,
        notes: discord.Attachment | None = None,
        essay: str | None = None,
    ) -> None:
        upload = to_upload(notes) if notes is not None else None
        named_title = resolve_mentions(title, mention_names(interaction)) if title is not None else None

        async def show_or_create(writer: str, context: InteractionContext) -> HandlerResult:
            fetched = await content.fetch_file(upload) if upload is not None else None
            async with writer_lock(writer):
                return await open_or_create_essay(presenter, writer, context, structure, named_title, fetched, essay)

        await run(interaction, "/draft", AckMode.NEW_MESSAGE, show_or_create)

    draft.autocomplete("essay")(suggest)
    return draft


async def open_or_create_essay(
    presenter: Presenter,
    writer: str,
    context: InteractionContext,
    structure: str | None,
    title: str | None,
    upload: UploadedFile | None,
    essay: str | None,
) -> HandlerResult:
    """Show the essay that the options ask for, created if need be, with the notes of the file.

    Nothing is stored before the file could be read and the title checked. An essay that was created for a file whose
    notes are refused is deleted again.
    """
    if title is not None:
        title = validate_title(title)
    services = presenter.services
    read = await content.read_file(upload) if upload is not None else None
    notices: list[str] = []
    created = False
    if essay is not None:
        opened = await find_essay(services.essays, writer, essay)
        if structure is not None and find_structure(services.structures, structure).key != opened.structure:
            notices.append("An essay that is begun keeps its structure.")
        if title is not None:
            await services.essays.rename_essay(writer, opened.id, title)
    elif structure is not None or title is not None or read is not None:
        if structure is not None:
            chosen = services.offered_structure(structure)
        elif read is not None:
            page = services.essays.validate_page("The file", read.text)
            chosen = await parse_in_worker(writer, len(page), best_structure, page, dict(services.offered_structures))
        else:
            chosen = default_structure(services.offered_structures)
        existing = {essay.id for essay in await services.essays.list_essays(writer)}
        opened = await services.essays.get_or_create_empty(writer, chosen, title, asked=structure is not None)
        created = opened.id not in existing
    else:
        return await show_latest_essay(presenter, writer, context)
    if read is not None:
        try:
            stored = await services.essays.add_note_page(writer, opened.id, read.text)
        except InvalidInput:
            if created:
                await services.essays.delete_essay(writer, opened.id, if_empty=True)
            raise
        notices = [notice for notice in (read.notice, stored.notice, *notices) if notice]
        return await show_essay_and_sort_notes(presenter, writer, opened.id, context, stored.notes, notices)
    return await presenter.show_essay(writer, opened.id, context, notice=" ".join(notices) or None)


def export_command(
    run: RunCommand, services: Services, writer_lock: Callable[[str], asyncio.Lock], suggest: SuggestEssays
) -> app_commands.Command[Any, ..., Any]:
    """Return /export."""
    essays = services.essays

    @app_commands.command(name="export", description="Take a post away as a file")
    @app_commands.describe(
        essay="One of your essays; else the last one you changed", place="Where it is read; else Markdown"
    )
    @app_commands.rename(place="for")
    @app_commands.choices(place=[app_commands.Choice(name=one.label, value=one.key) for one in EXPORT_TARGETS.values()])
    async def export(interaction: Interaction, essay: str | None = None, place: str = DEFAULT_TARGET) -> None:
        async def export_file(writer: str, _: InteractionContext) -> HandlerResult:
            if essay is not None:
                chosen = await find_essay(essays, writer, essay, with_post=True)
            else:
                with_text = [one for one in await essays.list_essays(writer) if one.head is not None]
                if not with_text:
                    raise NothingToDo.no_text()
                chosen = with_text[0]
            async with writer_lock(writer):
                return await export_or_ask(services, writer, chosen.id, find_export_target(place).key)

        await run(interaction, "/export", AckMode.NEW_MESSAGE, export_file)

    export.autocomplete("essay")(suggest)
    return export


def essays_command(run: RunCommand, presenter: Presenter) -> app_commands.Command[Any, ..., Any]:
    """Return /essays."""

    @app_commands.command(name="essays", description="Your essays: open, rename or delete one")
    async def essays(interaction: Interaction) -> None:
        async def show_list(writer: str, _: InteractionContext) -> HandlerResult:
            return await list_essays(presenter, writer, 0)

        await run(interaction, "/essays", AckMode.NEW_MESSAGE, show_list)

    return essays


def voice_command(
    run: RunCommand, presenter: Presenter, writer_lock: Callable[[str], asyncio.Lock]
) -> app_commands.Command[Any, ..., Any]:
    """Return /voice."""

    @app_commands.command(name="voice", description="Your own texts, which show a model how you write")
    @app_commands.describe(file=f"A text that you wrote, to be added: {FILE_KINDS}")
    async def voice(interaction: Interaction, file: discord.Attachment | None = None) -> None:
        async def show_or_add(writer: str, _: InteractionContext) -> HandlerResult:
            if file is None:
                return await list_samples(presenter, writer)
            read = await content.read_file(to_upload(file))
            async with writer_lock(writer):
                return await add_sample(presenter, writer, read.text, read.notice)

        await run(interaction, "/voice", AckMode.NEW_MESSAGE, show_or_add)

    return voice


def mydata_command(run: RunCommand, presenter: Presenter) -> app_commands.Command[Any, ..., Any]:
    """Return /mydata."""

    @app_commands.command(name="mydata", description="What is stored about you: download it, or delete it")
    async def mydata(interaction: Interaction) -> None:
        async def show(writer: str, _: InteractionContext) -> HandlerResult:
            return await show_personal_data(presenter, writer)

        await run(interaction, "/mydata", AckMode.NEW_MESSAGE, show)

    return mydata


def usage_command(run: RunCommand, services: Services) -> app_commands.Command[Any, ..., Any]:
    """Return /usage."""

    @app_commands.command(name="usage", description="What you have spent, and what is left")
    async def usage(interaction: Interaction) -> None:
        async def show_usage(writer: str, _: InteractionContext) -> HandlerResult:
            now = services.clock()
            rows = await services.ledger.usage(now - timedelta(days=_USAGE_DAYS), writer)
            spent = await services.ledger.spending(writer, now)
            budgets = services.ledger.budgets
            limits = budgets.writer_day, budgets.of_writer_month, budgets.month
            return ShowCard(usage_card(rows, spent, *limits, with_model=services.models is not None))

        await run(interaction, "/usage", AckMode.NEW_MESSAGE, show_usage)

    return usage


def help_command(run: RunCommand, services: Services) -> app_commands.Command[Any, ..., Any]:
    """Return /help."""

    @app_commands.command(name="help", description="What the bot does, on one screen")
    async def help_(interaction: Interaction) -> None:
        async def show_help(_: str, __: InteractionContext) -> HandlerResult:
            return ShowCard(help_card(with_model=services.has_model))

        await run(interaction, "/help", AckMode.NEW_MESSAGE, show_help)

    return help_
