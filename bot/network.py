"""What the environment says of the network: through which proxy an address is reached, and whose certificates count.

The variables are those that curl and most programs know: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals
or not, and SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE. Where none is set, a Mac's or Windows's own settings count.
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
    """A proxy: its address without a name and a password, which are apart, as the URL holds them, decoded."""

    address: str
    username: str | None = None
    password: str = ""

    @property
    def url(self) -> str:
        """The whole of it, for a library that takes one string."""
        if self.username is None:
            return self.address
        parts = urlsplit(self.address)
        return urlunsplit(parts._replace(netloc=f"{_quote(self.username)}:{_quote(self.password)}@{parts.netloc}"))


def find_proxy(address: str) -> Proxy | None:
    """The proxy through which an address is reached, None where it is reached directly.

    This machine itself is, unless NO_PROXY is set and does not name it. Raises InvalidEnvironmentVariable for a proxy
    of a kind that cannot be used.
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
    """Raises InvalidEnvironmentVariable where a file of certificates or of keys that the environment names cannot be
    used.

    Whatever opens a connection reads these; its error says neither which file that is nor who named it.
    """
    for error in find_tls_errors():
        raise error


def find_tls_errors() -> Iterator[InvalidEnvironmentVariable]:
    """The variables that name a file which cannot be used."""
    if file := os.environ.get("SSL_CERT_FILE"):
        import ssl

        try:
            with Path(file).open("rb"):  # whose error is a plainer one than that of ssl
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
