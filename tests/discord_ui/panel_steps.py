"""Steps that several tests take on the way to what they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.essay.critique import Category, Severity
from bot.services.llm_ports import RawFinding, RawStrength
from tests.discord_ui.conftest import DRAFT, NOTES, Bot, Scripted
from tests.services.fakes import opinion, says
from tests.simulators.discord import Attachment, Channel, Guild, Message, Screen, User

VAGUE = RawFinding(
    "It was a very big change for me.",
    Category.VAGUE,
    Severity.GRAVE,
    "The reader cannot tell what changed.",
    "I answer to one person now.",
    None,
)
ASKING = RawFinding("Errors went from 15% to 2%.", Category.UNCLEAR, Severity.MINOR, "Whose errors?", None, "Whose?")
OPINION = opinion(VAGUE, ASKING, praise=[RawStrength("I rebuilt the export service", "A thing that was made.")])
SECTION = "What I gave up and what I gained"


async def with_notes(user: User, place: Channel | Guild, notes: str = NOTES) -> Message:
    """A panel of an essay with notes and no text."""
    act = await user.slash(place, "draft", notes=Attachment("notes.md", notes.encode()))
    panel = await act.message()
    await user.sees(lambda _: "stored." in panel.text)
    return panel


async def drafted(user: User, place: Channel | Guild, models: Scripted | None, text: str = DRAFT) -> Message:
    """A panel with a text: a model's draft, or the notes set into a post."""
    panel = await with_notes(user, place, NOTES if models else text)
    if models:
        models.script(says(text))
    await user.click(panel, "Write draft" if models else "Set into a post")
    await user.sees(lambda _: "version 1" in panel.text)
    return panel


async def criticised(user: User, panel: Message, models: Scripted) -> None:
    """The panel shows the first page of a critique."""
    models.script(OPINION)
    await user.click(panel, "Critique")
    await user.sees(lambda _: "Fix this first" in panel.text)


async def answered(bot: Bot) -> None:
    """Returns when everything that was pressed has been answered."""
    await bot.client.dispatcher.wait_until_idle()


def reads(message: Message, words: str) -> Callable[[Screen], bool]:
    """Whether the message shows the words, for ``User.sees``."""
    return lambda _: words in message.text


def controls(message: Message) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Every button and every entry of every menu of a message, as custom id and values."""
    for part in message.parts:
        if part["type"] == 2 and part.get("custom_id"):
            yield part["custom_id"], ()
        elif part["type"] == 3:
            for option in part["options"]:
                yield part["custom_id"], (option["value"],)
