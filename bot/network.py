"""Read from the environment which proxy is used for an address, and which certificates are trusted.

The variables are those that curl and most programs know: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals
or not, and SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE. If none is set, the system settings of macOS or Windows
count.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

from bot.errors import InvalidEnvironmentVariable


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its address without credentials, and the name and password, decoded."""

    address: str
    username: str | None = None
    password: str = ""

    @property
    def url(self) -> str:
        """The whole URL with credentials, for a library that takes one string."""
        if self.username is None:
            return self.address
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(netloc=f"{_quote(self.username)}:{_quote(self.password)}@{parts.netloc}"))


def find_proxy(address: str) -> Proxy | None:
    """Return the proxy to reach an address through, None if it is reached directly.

    This machine itself is reached directly, unless NO_PROXY is set and does not name it. Raise
    InvalidEnvironmentVariable for a proxy of a kind that cannot be used.
    """
    host, scheme = urlsplit(address).hostname or "", urlsplit(address).scheme
    found = getproxies()
    name = scheme if found.get(scheme) else "all"
    if not (value := found.get(name, "").strip()):
        return None
    if ("no" not in found and _is_loopback(host)) or proxy_bypass(host):
        return None
    url = value if "://" in value else f"http://{value}"
    variable = f"{name.upper()}_PROXY"
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise InvalidEnvironmentVariable(variable, "it is no address of a proxy, such as http://proxy.example:3128")
    if parts.scheme not in ("http", "https"):
        raise InvalidEnvironmentVariable(
            variable, f"a proxy by {parts.scheme} is not spoken to, only one by http, as in http://proxy:3128"
        )
    plain = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    said = parts.netloc.rpartition("@")[0]
    if not said:
        return Proxy(plain)
    user, _, password = said.partition(":")
    return Proxy(plain, unquote(user), unquote(password))


def check_tls() -> None:
    """Raise InvalidEnvironmentVariable if the environment names a file of certificates or keys that cannot be used.

    Everything that opens a connection reads these files; its own error would not say which file, or which variable.
    """
    for error in find_tls_errors():
        raise error


def find_tls_errors() -> Iterator[InvalidEnvironmentVariable]:
    """Yield an error for each variable that names a file which cannot be used."""
    if file := os.environ.get("SSL_CERT_FILE"):
        import ssl

        try:
            with Path(file).open("rb"):  # its error is plainer than that of ssl
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=file)
        except ssl.SSLError:
            yield InvalidEnvironmentVariable("SSL_CERT_FILE", f"{file} holds no certificates in PEM form")
        except OSError as error:
            yield InvalidEnvironmentVariable("SSL_CERT_FILE", f"{file} cannot be read ({_reason(error)})")
    if (folder := os.environ.get("SSL_CERT_DIR")) and not any(Path(one).is_dir() for one in folder.split(os.pathsep)):
        yield InvalidEnvironmentVariable("SSL_CERT_DIR", f"{folder} is not a directory")
    if log := os.environ.get("SSLKEYLOGFILE"):
        try:
            with Path(log).open("ab"):
                pass
        except OSError as error:
            yield InvalidEnvironmentVariable("SSLKEYLOGFILE", f"{log} cannot be written ({_reason(error)})")


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _quote(text: str) -> str:
    return quote(text, safe="")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
