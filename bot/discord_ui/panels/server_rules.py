"""The panel of /settings: what a server allows, and the form for its budgets."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bot.discord_ui.interactions.custom_ids import NO_SUBJECT, CustomId
from bot.discord_ui.interactions.responses import ServerParts
from bot.discord_ui.messages.text_limits import escape_markdown, one_line
from bot.discord_ui.panels.cards import (
    MAX_MENU_OPTIONS,
    ButtonStyle,
    Card,
    CardPart,
    Form,
    MentionKind,
    MentionMenu,
    SelectMenu,
    SelectOption,
    TextBlock,
    TextInput,
    action_button,
    button_rows,
    heading_text,
    notice_text,
    small_print,
)
from bot.essay.structure import Structure
from bot.essay.text.words import count_noun
from bot.services.server_rules import ServerRules

DAMAGED_TEXT = (
    "The rules of this server are damaged and cannot be read, so nobody but who manages it is answered here, and no "
    "model is asked. Change anything below to set them anew, from rules that allow everything."
)
_SCOPE = (
    "These rules hold in this server alone. A DM with the bot is under the rules of whoever runs it, and so is this "
    "server: their limits stand above yours. Whoever may manage this server is answered whatever the roles and "
    "channels are."
)


def server_rules_card(
    rules: ServerRules,
    structures: Mapping[str, Structure],
    parts: ServerParts,
    *,
    model_configured: bool,
    notice: str | None = None,
) -> Card:
    """Return the panel; ``parts`` is what the server has, as far as Discord said it."""
    roles, lost_roles = _split(rules.roles, parts.roles)
    channels, lost_channels = _split(rules.channels, parts.channels)
    kept = [key for key in structures if key in rules.structures]
    lines = [
        f"**Roles:** {_describe_mentions('<@&{}>', roles, lost_roles, 'role', 'every role')}",
        f"**Channels:** {_describe_mentions('<#{}>', channels, lost_channels, 'channel', 'every channel')}",
        f"**Structures:** {_describe_structures(rules, structures)}",
        f"**Budget a day:** {_describe_budget(rules.day_budget, 'for the server')}, "
        f"{_describe_budget(rules.member_day_budget, 'for each member')}.",
        f"**Models:** {_describe_model(rules, model_configured)}",
    ]
    menus: list[CardPart] = [
        MentionMenu(MentionKind.ROLE, _custom_id("roles"), "Roles that may use the bot", roles),
        MentionMenu(MentionKind.CHANNEL, _custom_id("channels"), "Channels for the bot", channels),
    ]
    if options := [
        SelectOption(one_line(one.name, 100), key, selected=key in kept)
        for key, one in list(structures.items())[:MAX_MENU_OPTIONS]
    ]:
        menus.append(
            SelectMenu(
                _custom_id("structures"), "Structures on offer", tuple(options), min_values=0, max_values=len(options)
            )
        )
    return Card(
        (
            *notice_text(notice),
            heading_text("What this server allows"),
            *((TextBlock(DAMAGED_TEXT),) if rules.is_damaged else ()),
            TextBlock("\n".join(lines)),
            *menus,
            *button_rows(
                action_button("Any role", "any-role", NO_SUBJECT, kind="server") if rules.roles else None,
                action_button("Any channel", "any-channel", NO_SUBJECT, kind="server") if rules.channels else None,
                action_button("All structures", "any-structure", NO_SUBJECT, kind="server")
                if rules.structures
                else None,
            ),
            *button_rows(
                action_button("Budgets", "budgets", NO_SUBJECT, kind="server"),
                action_button("Ask no model", "model-off", NO_SUBJECT, kind="server", style=ButtonStyle.DANGER)
                if rules.allows_model
                else action_button("Let models be asked", "model-on", NO_SUBJECT, kind="server"),
            ),
            small_print(_SCOPE),
        )
    )


def budgets_form(rules: ServerRules) -> Form:
    """Return the form for the budgets."""
    return Form(
        _custom_id("budgets-save"),
        "Budgets for a day",
        (
            TextInput(
                "server",
                "The server, in US dollars a day",
                _amount(rules.day_budget),
                placeholder="Empty for none",
                multiline=False,
                max_length=12,
                description="What all members together may spend on models here.",
            ),
            TextInput(
                "member",
                "Each member, in US dollars a day",
                _amount(rules.member_day_budget),
                placeholder="Empty for none",
                multiline=False,
                max_length=12,
                description="What one member may spend on models here.",
            ),
        ),
    )


def _custom_id(action: str) -> str:
    return str(CustomId("server", action))


def _split(allowed: frozenset[int], existing: frozenset[int] | None) -> tuple[tuple[int, ...], int]:
    """Return the ids that exist, as far as is known, and how many are gone."""
    kept = tuple(sorted(allowed if existing is None else allowed & existing))
    return kept, len(allowed) - len(kept)


def _describe_mentions(form: str, kept: tuple[int, ...], lost: int, noun: str, all_of_them: str) -> str:
    """List what is allowed: what exists as mentions, and how many of it are ``lost``."""
    if not kept and not lost:
        return f"{all_of_them}."
    named = ", ".join(filter(None, (*(form.format(one) for one in kept), _describe_lost(lost, noun))))
    return f"{named}." if kept else f"{named}. None is left, so only who manages the server is answered."


def _describe_lost(lost: int, noun: str) -> str:
    return f"{count_noun(lost, noun)} that {'is' if lost == 1 else 'are'} gone" if lost else ""


def _describe_structures(rules: ServerRules, structures: Mapping[str, Structure]) -> str:
    if not rules.structures:
        return "all are offered."
    names = [escape_markdown(structures[key].name) for key in structures if key in rules.structures]
    gone = _describe_lost(len(rules.structures - structures.keys()), "structure")
    told = f"{', '.join(filter(None, (*names, gone)))}."
    return told if names else f"{told} None is left, so all are offered."


def _describe_budget(dollars: Decimal | None, whose: str) -> str:
    return f"none {whose}" if dollars is None else f"${dollars:f} {whose}"


def _describe_model(rules: ServerRules, model_configured: bool) -> str:
    if not model_configured:
        return "none is configured by whoever runs the bot."
    return "may be asked." if rules.allows_model else "none is asked in this server."


def _amount(dollars: Decimal | None) -> str:
    return "" if dollars is None else f"{dollars:f}"
