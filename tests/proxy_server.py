"""A proxy on the loopback that tells names apart: it takes plain requests in absolute form, and records them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(eq=False)
class Proxy:
    """``passed`` are the first lines of the requests that came, in order."""

    address: str
    passed: list[str] = field(default_factory=list)


@contextmanager
def loopback_proxy(hosts: Mapping[str, str]) -> Iterator[Proxy]:
    """A proxy that knows these hosts, each with the address of the server that answers for it."""
    listening = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(f"http://127.0.0.1:{listening.getsockname()[1]}")
    opened: list[socket.socket] = [listening]

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listening.accept()
                opened.append(client)
                threading.Thread(target=serve, args=(client,), daemon=True).start()

    def serve(client: socket.socket) -> None:
        server: socket.socket | None = None
        with suppress(OSError):
            while data := client.recv(65_536):
                first = data.split(b"\r\n", 1)[0].decode("latin-1")
                if first.endswith(" HTTP/1.1"):
                    proxy.passed.append(first)
                    if server is None:
                        to = urlsplit(hosts[str(urlsplit(first.split()[1]).hostname)])
                        server = socket.create_connection((str(to.hostname), to.port or 80))
                        opened.append(server)
                        threading.Thread(target=pass_back, args=(server, client), daemon=True).start()
                assert server is not None
                server.sendall(data)
        if server is not None:
            close(server)

    def pass_back(server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65_536):
                client.sendall(data)
        close(client)

    def close(one: socket.socket) -> None:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        for one in opened:
            close(one)
