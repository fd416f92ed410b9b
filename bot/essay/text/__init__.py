"""Read a text: its lines and blocks, sections, sentences and words. Nothing here knows of essays."""
