"""The Discord door: the only room that imports discord."""
