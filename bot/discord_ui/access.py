"""Whom the bot answers."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discord_ui.people import Place
from bot.errors import BotError


class NotServed(BotError):
    """The bot does not answer this person here."""

    def __init__(self, owner: int | None) -> None:
        whom = f"<@{owner}>, who runs it" if owner else "whoever runs it"
        super().__init__(
            "This bot answers only the people and servers that its operator has listed, and you are not among them. "
            f"Nothing was stored. Ask {whom}, to be added."
        )


@dataclass(frozen=True, slots=True)
class Access:
    """The rule. With ``everyone`` all are answered; else the owners of the application and who is listed, by ids."""

    everyone: bool
    servers: frozenset[int]
    users: frozenset[int]
    owners: tuple[int, ...] = ()

    def check(self, user: int, place: Place) -> None:
        """Raises NotServed for somebody who is not answered at this place."""
        if self.everyone or user in self.users or user in self.owners:
            return
        if place.server is not None and place.server in self.servers:
            return
        raise NotServed(self.owners[0] if self.owners else None)
