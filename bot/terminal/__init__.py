"""The terminal door: the only room that imports rich."""
