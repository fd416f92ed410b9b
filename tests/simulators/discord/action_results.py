"""What comes of something a person did: the acknowledgement, the message, the form."""

# ruff: noqa: ASYNC109 - how long to wait is part of a test helper's interface; when time is up it says what was seen

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.simulators.discord.json_types import Json
from tests.simulators.discord.models import Interaction, Message, Modal, Upload

if TYPE_CHECKING:
    from tests.simulators.discord.server import DiscordSimulator

KINDS = {4: "message", 5: "deferred", 6: "deferred update", 7: "update", 8: "choices", 9: "modal"}
PATIENCE = 10.0  # real seconds a test waits by default; more than the three a bot has


class DidNotRespondError(AssertionError):
    """The person was told that the application did not respond."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The bot's one answer. ``latency`` is in seconds from the event to the answer's arrival, measured here."""

    kind: str
    latency: float


@dataclass(frozen=True, slots=True, eq=False)
class Act:
    """One use of a command, button, select or form."""

    sim: "DiscordSimulator"
    interaction: Interaction

    @property
    def messages(self) -> list[Message]:
        """What this interaction has posted so far, followups included."""
        return self.interaction.messages

    @property
    def files(self) -> list[Upload]:
        """What the person sent along, in options or in a form. ``sim.delete_file`` makes one expire."""
        resolved = self.interaction.data.get("resolved", {}).get("attachments", {})
        return [self.sim.world.files.by_id(int(number)) for number in resolved]

    @property
    def _name(self) -> str:
        return self.interaction.account.name

    async def acknowledged(self, timeout: float = PATIENCE) -> Acknowledgement:
        """Waits for the bot's answer.

        Raises:
            DidNotRespondError: when the three seconds passed without one.
            AssertionError: after ``timeout``.
        """
        found = self.interaction

        def look() -> Acknowledgement | None:
            if found.answered is not None:
                return Acknowledgement(KINDS[found.answered], found.latency or 0.0)
            if found.dead:
                raise DidNotRespondError(f"interaction {found.data} was not acknowledged in time")
            return None

        return await self.sim.timeline.until(
            look, timeout, lambda: f"no acknowledgement of {found.data}", watching=self._name
        )

    async def message(self, timeout: float = PATIENCE) -> Message:
        """Waits for the message that this answers with, until it shows more than "is thinking".

        For an update that is the message the component stands on.
        """
        await self.acknowledged(timeout)
        found = self.interaction

        def look() -> Message | None:
            return found.original if found.original is not None and not found.original.loading else None

        return await self.sim.timeline.until(
            look, timeout, lambda: f"no message answers {found.data}", watching=self._name
        )

    async def followup(self, number: int = 1, timeout: float = PATIENCE) -> Message:
        """Waits for the n-th message posted after the answer, counted from 1."""

        def look() -> Message | None:
            later = [one for one in self.messages if one is not self.interaction.original]
            return later[number - 1] if len(later) >= number else None

        return await self.sim.timeline.until(
            look, timeout, lambda: f"followup {number} did not come", watching=self._name
        )

    async def modal(self, timeout: float = PATIENCE) -> Modal:
        """Waits for the form that this opens."""
        kind = (await self.acknowledged(timeout)).kind
        if self.interaction.modal is None:
            raise AssertionError(f"a modal was expected, the answer was {kind!r}")
        return self.interaction.modal

    async def choices(self, timeout: float = PATIENCE) -> list[Json]:
        """Waits for the suggestions of an autocomplete."""
        await self.acknowledged(timeout)
        return self.interaction.choices or []

    async def no_response(self, timeout: float = PATIENCE) -> str:
        """Waits for "The application did not respond" and returns the words shown."""
        number = self.interaction.id

        def look() -> str | None:
            shown = [one.text for one in self.sim.timeline.unanswered() if one.interaction_id == number]
            return shown[0] if shown else None

        return await self.sim.timeline.until(
            look, timeout, lambda: "the application did respond, or still may", watching=self._name
        )
