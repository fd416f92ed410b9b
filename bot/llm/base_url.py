"""The base URL of a service, which may hold a name and a password."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit, urlunsplit


def redacted_url(url: str) -> str:
    """Return a URL as it may be shown and logged, without name and password."""
    parts = urlsplit(url.rstrip("/"))
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def authorization_header(url: str) -> str | None:
    """Return the Authorization header for a URL's name and password, None where it has neither."""
    credentials = urlsplit(url).netloc.rpartition("@")[0]
    if not credentials:
        return None
    name, _, password = credentials.partition(":")
    return f"Basic {b64encode(f'{unquote(name)}:{unquote(password)}'.encode()).decode()}"
