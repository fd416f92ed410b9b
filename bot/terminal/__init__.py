"""The terminal door: the only room that imports rich."""

WRITER = "local"
"""Whoever sits at the terminal: the one writer whose essays it shows."""

KEPT = "What you write is stored encrypted on this computer, and whoever may use your account here holds the key."
SENT = "When a model is asked, the text that it works on is sent to the model's service."


def who_reads(*, with_model: bool) -> str:
    """Who can read what is stored, said wherever it is said that it is encrypted."""
    return f"{KEPT} {SENT}" if with_model else KEPT
