"""What several commands share: their options, and which essay is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from discord import app_commands

from bot.discord_ui.access import NotServed
from bot.discord_ui.door import Door
from bot.discord_ui.lengths import one_line
from bot.discord_ui.membership import NotAsked
from bot.discord_ui.panels import lists
from bot.discord_ui.press import Interaction, place_of
from bot.discord_ui.tools import Tools
from bot.errors import BadInput, StoreError
from bot.essay.essay import Essay
from bot.essay.structure import Structure

CHOICES = 25  # Discord's limit for choices and for suggestions
_SUGGESTION_SECONDS = 2.0  # an empty list is better than one that comes when nobody waits for it any more


def structure_choices(found: Iterable[Structure]) -> list[app_commands.Choice[str]]:
    """The structures as an option's choices."""
    return [app_commands.Choice(name=one_line(one.name, 100), value=one.key) for one in list(found)[:CHOICES]]


async def suggested(door: Door, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """The writer's own essays whose titles hold what was typed, the newest first; none where that takes too long."""
    try:
        async with asyncio.timeout(_SUGGESTION_SECONDS):
            await door.admit(interaction.client, interaction.user.id, place_of(interaction), _SUGGESTION_SECONDS)
            essays = await door.tools.desk.essays(door.writer(interaction))
    except (NotServed, NotAsked, StoreError, TimeoutError):
        return []
    wanted, names = typed.casefold().strip(), lists.suggested(essays)
    found = [essay for essay in essays if wanted in essay.title.casefold() or wanted in names[essay.id].casefold()]
    return [app_commands.Choice(name=names[essay.id], value=essay.id) for essay in found[:CHOICES]]


async def named(tools: Tools, writer: str, wanted: str, *, with_post: bool = False) -> Essay:
    """The essay that an option names, by its id, as the suggestions do, by its title or by what they show.

    Of several with that title it is the last changed that fits: one ``with_post``, else an unfinished one. Raises
    BadInput.
    """
    essays = await tools.desk.essays(writer)
    name, names = wanted.casefold().strip(), lists.suggested(essays)
    by_id = [essay for essay in essays if essay.id == wanted]
    by_title = [essay for essay in essays if name in (essay.title.casefold(), names[essay.id].casefold())]
    if found := by_id or by_title:
        fits = [essay for essay in found if (essay.head is not None if with_post else not essay.is_exported)]
        return (fits or found)[0]
    raise BadInput(
        "You have no essay of that name: choose one from the list that comes while you type, or see /essays."
    )
