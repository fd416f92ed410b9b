"""Work that a person waits for: run, watched, stopped, and recovered after a restart."""
