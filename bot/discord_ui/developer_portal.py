"""Discord's Developer Portal: its pages, the token it gives out, and the links that add the bot."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

PORTAL_URL = "https://discord.com/developers/applications"
TOKEN_PAGE = f"{PORTAL_URL} > your application > Bot > Reset Token"
INSTALLATION_PAGE = f"{PORTAL_URL} > your application > Installation"
MALFORMED_TOKEN = (
    "DISCORD_TOKEN is no bot token: that has three parts with dots between them, and neither spaces nor quotes"  # noqa: S105
)
_TOKEN_PATTERN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_AUTHORIZE_URL = "https://discord.com/oauth2/authorize"


def application_id(token: str) -> int | None:
    """Return the application's id, which is the first part of a bot's token in base 64; None if it is no such token."""
    if not _TOKEN_PATTERN.fullmatch(token := token.strip()):
        return None
    first = token.split(".")[0]
    try:
        decoded = base64.b64decode(first + "=" * (-len(first) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(decoded) if decoded.isdigit() and 15 <= len(decoded) <= 20 else None


def disabled_install_types(*, server: bool, account: bool) -> Iterator[str]:
    """Yield a line for an install type that the portal does not allow, with where to allow it.

    Yield none if Discord names no type at all: then the types are not known.
    """
    if server and not account:
        yield f"User Install is off, so nobody can add the bot to their account. It is ticked at {INSTALLATION_PAGE}."
    if account and not server:
        yield f"Guild Install is off, so the bot can be added to no server. It is ticked at {INSTALLATION_PAGE}."


def server_install_url(application: int) -> str:
    """Return the link that adds the bot to a server. It asks for no permission: the bot only answers commands."""
    return f"{_AUTHORIZE_URL}?client_id={application}&scope=bot+applications.commands&permissions=0"


def user_install_url(application: int) -> str:
    """Return the link that adds the bot to one's own account, to be used anywhere."""
    return f"{_AUTHORIZE_URL}?client_id={application}&integration_type=1&scope=applications.commands"
