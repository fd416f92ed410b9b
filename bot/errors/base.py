"""The root of the errors that a person may be shown."""

from __future__ import annotations


class BotError(Exception):
    """Base of the errors that a person may be shown. ``str(error)`` is the sentence.

    ``passes``: the same may go well a little later though nobody has changed a setting or a file of ours.
    """

    passes = False
