"""Pointing an unmodified bot at the simulator, in this process or in another, without touching its code."""

import os
from pathlib import Path

import pytest
import yarl

from tests.simulators.discord.discord_py import DiscordWebSocket, Route

VARIABLE = "DISCORD_SIMULATOR"  # the address of the simulator, http://127.0.0.1:port
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "WS_PROXY", "WSS_PROXY", "NO_PROXY")

SITECUSTOMIZE = f'''\
"""Sends discord.py to a simulator on this machine when {VARIABLE} says where it is."""

import os
import traceback
import warnings

address = os.environ.get("{VARIABLE}")
if address:
    try:
        import yarl

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import discord.gateway
            import discord.http

        discord.http.Route.BASE = address + "/api/v10"
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(address.replace("http", "ws", 1) + "/gateway")
    except BaseException:
        # Python would go on after an error here, and the bot would then speak to the real Discord.
        traceback.print_exc()
        os._exit(70)
'''


def point(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Points every bot of this process at ``address`` until the test ends. Proxies are taken out of the environment."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setattr(Route, "BASE", f"{address}/api/v10")
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(address.replace("http", "ws", 1) + "/gateway"))


def environment(address: str, folder: Path) -> dict[str, str]:
    """A copy of the environment in which a new process finds the simulator. ``folder`` receives a sitecustomize.py."""
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE, encoding="utf-8")
    dropped = {name.lower() for name in PROXIES}
    found = {name: value for name, value in os.environ.items() if name.lower() not in dropped}
    found["PYTHONPATH"] = os.pathsep.join(filter(None, [str(folder), found.get("PYTHONPATH")]))
    found[VARIABLE] = address
    return found
