"""SQLite behind the store port of the workflow; stored text is encrypted."""
