"""What each message shows, made from stored state without discord.py."""
