"""The content of each message, built from stored state without discord.py."""
