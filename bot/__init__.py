"""Career Essay Bot: from a writer's own notes to a post worth reading."""

__version__ = "0.2.2"
