"""The few type names that every module of the simulator shares."""

from typing import Any, TypeAlias

# Discord's wire objects. Their shapes are checked by code at the edge (check_*.py), so inside they stay plain.
Json: TypeAlias = dict[str, Any]

EPHEMERAL = 1 << 6
LOADING = 1 << 7
SUPPRESS_EMBEDS = 1 << 2
SUPPRESS_NOTIFICATIONS = 1 << 12
HAS_SNAPSHOT = 1 << 14
COMPONENTS_V2 = 1 << 15

GUILD_MESSAGES = 1 << 9
DIRECT_MESSAGES = 1 << 12
MESSAGE_CONTENT = 1 << 15
