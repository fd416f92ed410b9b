"""How a text is read: its lines and blocks, sections, sentences and words. Knows of no essay."""
