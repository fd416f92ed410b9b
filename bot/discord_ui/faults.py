"""What can go wrong between a person, Discord and the bot, each with its sentence."""

from __future__ import annotations

from bot.errors import BadInput, BotError


class Busy(BotError):
    """A form could not be filled in time."""

    def __init__(self) -> None:
        super().__init__("Busy, press again. Nothing was changed.")


class Stopping(BotError):
    """The bot is about to end."""

    def __init__(self) -> None:
        super().__init__(
            "The bot is being restarted, so this was not done. Everything is stored; try again in a minute."
        )


class DoneElsewhere(Exception):
    """An interaction that another process has answered: it is that one's to do."""


class NotAButton(BadInput):
    """A custom id that this release never made."""

    def __init__(self) -> None:
        super().__init__(
            "This button belongs to no panel that the bot knows. Everything is stored: /draft shows your essay anew."
        )


class NotYours(BotError):
    """A panel of somebody else's, or of something that is gone."""

    @classmethod
    def essay(cls) -> NotYours:
        return cls(
            "This essay was deleted or is not yours, so nothing was changed: /essays lists your own, and /draft "
            "begins one."
        )

    @classmethod
    def critique(cls) -> NotYours:
        return cls(
            "This critique was deleted or is not yours, so nothing was changed: /critique asks for one of your own."
        )


class FileFault(BotError):
    """A file that was not read. ``unassured`` is what is said of it beside something else that was stored."""

    def __init__(self, unassured: str) -> None:
        super().__init__(f"{unassured} Nothing was changed.")
        self.unassured = unassured


class FileGone(FileFault, BadInput):
    """An attachment that can no longer be fetched."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is no longer there to be read: attach it again.")


class NotFetched(FileFault):
    """An attachment that Discord did not hand over."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Discord did not hand over {name}: attach it again in a minute.")


class ClosedDm(BotError):
    """The bot may not write to the person."""

    def __init__(self) -> None:
        super().__init__(
            "Discord does not let the bot write to you: allow direct messages from this server's members in its "
            "privacy settings, or go on here. Everything is stored."
        )


class NotShown(BotError):
    """Discord would not take what was to be shown."""

    @classmethod
    def refused(cls) -> NotShown:
        return cls(
            "Discord refused to show this, perhaps because the server's AutoMod blocks a word in it. Everything is "
            "stored: go on in a DM with the bot, where /draft or /essays opens it."
        )

    @classmethod
    def fault(cls) -> NotShown:
        return cls(
            "Discord had a fault, so this was not shown. Everything is stored: try again, or open it by /essays."
        )


class NotHanded(NotShown):
    """Discord would not take a file that was to be handed over; or has it, and its word of that was lost."""

    @classmethod
    def refused(cls) -> NotHanded:
        return cls(
            "Discord refused the file, perhaps because the server's AutoMod blocks a word in it. The text is stored as "
            "it was: in a DM with the bot, /export hands it out; choose this essay there."
        )

    @classmethod
    def fault(cls) -> NotHanded:
        return cls(
            "Discord had a fault, so the file may not have come. The text is stored as it was: Export on its panel "
            "hands it out again, and so does /export; choose this essay there."
        )
