"""The keyboard session and what rich draws; the only package that imports rich and prompt_toolkit."""

LOCAL_WRITER = "local"
"""The writer id of the person at the terminal."""

STORAGE_NOTICE = (
    "What you write is stored encrypted on this computer, and whoever may use your account here holds the key."
)
MODEL_NOTICE = "When a model is asked, the text that it works on is sent to the model's service."


def privacy_notice(*, with_model: bool) -> str:
    """Say who can read what is stored; shown wherever encryption is mentioned."""
    return f"{STORAGE_NOTICE} {MODEL_NOTICE}" if with_model else STORAGE_NOTICE
