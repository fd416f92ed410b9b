"""The terminal door: the only room that imports rich."""

LOCAL_WRITER = "local"
"""Whoever sits at the terminal: the one writer whose essays it shows."""

STORAGE_NOTICE = (
    "What you write is stored encrypted on this computer, and whoever may use your account here holds the key."
)
MODEL_NOTICE = "When a model is asked, the text that it works on is sent to the model's service."


def privacy_notice(*, with_model: bool) -> str:
    """Who can read what is stored, said wherever it is said that it is encrypted."""
    return f"{STORAGE_NOTICE} {MODEL_NOTICE}" if with_model else STORAGE_NOTICE
