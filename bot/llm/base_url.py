"""The address of a service, and the name and password that may stand in it."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit, urlunsplit


def redacted_url(url: str) -> str:
    """The address as it may be shown and logged: without a name and a password."""
    parts = urlsplit(url.rstrip("/"))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def authorization_header(url: str) -> str | None:
    """The header that says the name and the password of an address, None where it holds neither."""
    said = urlsplit(url).netloc.rpartition("@")[0]
    if not said:
        return None
    name, _, password = said.partition(":")
    return f"Basic {b64encode(f'{unquote(name)}:{unquote(password)}'.encode()).decode()}"
