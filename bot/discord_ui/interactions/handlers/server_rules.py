"""What whoever manages a server changes in its rules. Each use is checked: a custom id proves nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from bot.discord_ui.errors import MayNotManageServer
from bot.discord_ui.interactions.responses import (
    ActionRequest,
    HandlerResult,
    InteractionContext,
    OpenForm,
    ReadServerParts,
    ShowCard,
    server_id,
)
from bot.discord_ui.panels.presenter import Presenter
from bot.discord_ui.panels.server_rules import budgets_form, server_rules_card
from bot.errors import InvalidInput
from bot.services.server_rules import ServerRules

_AMOUNT = re.compile(r"\$?\s*(\d{1,6}(?:[.,]\d{1,2})?)\s*\$?", re.ASCII)


def managed_server(presenter: Presenter, context: InteractionContext) -> str:
    """Return the pseudonym of the server that the person is in. Raise MayNotManageServer."""
    if context.guild_id is None or not context.manages_server:
        raise MayNotManageServer
    return server_id(presenter.services.pseudonym_secret, context.guild_id)


async def show_rules(
    presenter: Presenter, context: InteractionContext, read_parts: ReadServerParts, notice: str | None = None
) -> ShowCard:
    """Show the panel. Raise MayNotManageServer."""
    services = presenter.services
    rules = await services.servers.get(managed_server(presenter, context))
    parts = await read_parts(bool(rules.roles), bool(rules.channels))
    configured = services.models is not None
    return ShowCard(server_rules_card(rules, services.structures, parts, model_configured=configured, notice=notice))


async def _change(
    presenter: Presenter, request: ActionRequest, notice: str, change: Callable[[ServerRules], ServerRules]
) -> HandlerResult:
    await presenter.services.servers.change(managed_server(presenter, request.context), change)
    return await show_rules(presenter, request.context, request.read_server_parts, notice)


async def set_roles(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let those with the chosen roles use the bot."""
    roles = _ids(request.values)
    notice = "Only who has one of these roles is answered now." if roles else "Roles make no difference now."
    return await _change(presenter, request, notice, lambda rules: replace(rules, roles=roles))


async def set_channels(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let the bot be used in the chosen channels."""
    channels = _ids(request.values)
    notice = "The bot answers only in these channels now." if channels else "The bot answers in all channels now."
    return await _change(presenter, request, notice, lambda rules: replace(rules, channels=channels))


async def set_structures(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Offer the chosen structures; with none or all chosen, all."""
    known = presenter.services.structures
    chosen = frozenset(key for key in request.values if key in known)
    structures = frozenset[str]() if chosen == known.keys() else chosen
    notice = "Only these structures are offered now." if structures else "All structures are offered now."
    return await _change(presenter, request, notice, lambda rules: replace(rules, structures=structures))


async def allow_any_role(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let everybody use the bot."""
    return await _change(
        presenter, request, "Roles make no difference now.", lambda rules: replace(rules, roles=frozenset())
    )


async def allow_any_channel(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let the bot be used in all channels."""
    return await _change(
        presenter, request, "The bot answers in all channels now.", lambda rules: replace(rules, channels=frozenset())
    )


async def offer_all_structures(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Offer all structures."""
    return await _change(
        presenter, request, "All structures are offered now.", lambda rules: replace(rules, structures=frozenset())
    )


async def forbid_model(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let no model be asked in the server."""
    return await _change(
        presenter, request, "No model is asked in this server now.", lambda rules: replace(rules, allows_model=False)
    )


async def allow_model(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Let models be asked in the server."""
    return await _change(
        presenter, request, "Models may be asked in this server now.", lambda rules: replace(rules, allows_model=True)
    )


async def open_budgets_form(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Open the form for the budgets."""
    return OpenForm(budgets_form(await presenter.services.servers.get(managed_server(presenter, request.context))))


async def save_budgets(presenter: Presenter, request: ActionRequest) -> HandlerResult:
    """Store the budgets of the form. Raise InvalidInput."""
    managed_server(presenter, request.context)
    server, member = _dollars(request.fields.get("server", "")), _dollars(request.fields.get("member", ""))
    return await _change(
        presenter,
        request,
        "The budgets are stored, and hold from now on.",
        lambda rules: replace(rules, day_budget=server, member_day_budget=member),
    )


def _ids(values: tuple[str, ...]) -> frozenset[int]:
    """Return Discord's ids among the values that a menu sent."""
    return frozenset(int(one) for one in values if re.fullmatch(r"\d{1,20}", one, re.ASCII))


def _dollars(typed: str) -> Decimal | None:
    """Return the amount that was typed, None for an empty field. Raise InvalidInput."""
    if not (stripped := typed.strip()):
        return None
    if (found := _AMOUNT.fullmatch(stripped)) is None:
        raise InvalidInput(
            "A budget is an amount in US dollars, such as 5 or 2.50, below a million; empty means none. Nothing was "
            "changed."
        )
    return Decimal(found[1].replace(",", "."))
