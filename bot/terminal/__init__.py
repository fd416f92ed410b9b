"""The terminal door: the only room that imports rich."""

WRITER = "local"
"""Whoever sits at the terminal: the one writer whose essays it shows."""
