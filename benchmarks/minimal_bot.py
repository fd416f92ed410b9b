"""The least that a Discord bot does to be online: discord.py's client and, if asked for, the SDK of its model.

``python -m benchmarks.minimal_bot sdk`` imports the SDK as well, as every bot does that asks Claude and imports all it
needs before it connects; llmcord, for one, is such a program of some hundred lines.
"""

from __future__ import annotations

import os
import sys

import discord

if "sdk" in sys.argv:
    import anthropic

    client_of_the_model = anthropic.AsyncAnthropic(api_key="sk-none")

intents = discord.Intents.none()
intents.dm_messages = True
client = discord.Client(intents=intents, max_messages=None)

if __name__ == "__main__":
    client.run(os.environ["DISCORD_TOKEN"], log_handler=None)
