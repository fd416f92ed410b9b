"""The whole story from the first screen to the last suggestion, as steps that somebody takes on their panel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.simulators.discord import Channel, Guild, Message, User
from tests.simulators.discord.action_results import PATIENCE

PLACES = ("Alder", "Birch", "Cedar")  # what each of three writes about


@dataclass(eq=False)
class Writer:
    """Somebody on their way. ``word`` stands in their text and in nobody else's; ``where`` is what a failure names.

    ``patience`` is how many seconds a step may take.
    """

    where: str
    user: User
    place: Channel | Guild
    word: str
    panel: Message
    patience: float = PATIENCE

    @property
    def answer(self) -> str:
        return f"I rebuilt the export service at {self.word} in March 2019. Errors went from 15% to 2%."

    async def sees(self, *words: str) -> None:
        """Waits until the panel shows all of them."""
        await self.user.sees(lambda _: all(word in self.panel.text for word in words), self.patience)

    def assert_only_own_word(self, text: str) -> None:
        assert [word for word in PLACES if word in text] == [self.word], self.where


async def begun(user: User, place: Channel | Guild, word: str = PLACES[0]) -> Writer:
    """Somebody who has just used /draft."""
    return Writer(user.name, user, place, word, await (await user.slash(place, "draft")).message())


Step = Callable[[Writer], Awaitable[None]]


async def interview(one: Writer) -> None:
    await one.user.click(one.panel, "Interview me")
    await one.sees("[Answer]", "question 1")


async def answer(one: Writer) -> None:
    form = await (await one.user.click(one.panel, "Answer")).modal()
    assert "What were you doing on the best working day you had" in form.text
    await one.user.submit(form, {"answer": one.answer})
    await one.sees("1 of 7", "question 2")


async def skip(one: Writer) -> None:
    await one.user.click(one.panel, "Skip")
    await one.sees("1 of 7", "question 3")


async def paste(one: Writer) -> None:
    button = "Paste notes" if "Paste notes" in one.panel.buttons else "Add a note"  # so it is called beside a question
    form = await (await one.user.click(one.panel, button)).modal()
    words = "My pay went from 61,000 to 48,500. I answer to one person now."
    await one.user.submit(form, {"paste1": f"## What I gave up and what I gained\n\n{words}"})
    await one.sees("1 note stored.")


async def write(one: Writer) -> None:
    await one.user.click(one.panel, "Write draft")
    await one.sees("version 1", f"the export service at {one.word}")


async def choose(one: Writer) -> None:
    await one.user.select(one.panel, "Go to a section", "What I gave up and what I gained")
    await one.sees("*What I gave up and what I gained*")


async def revise(one: Writer) -> None:
    form = await (await one.user.click(one.panel, "Revise")).modal()
    await one.user.submit(form, {"instruction": "Shorter."})
    await one.sees("version 2")
    assert "very big change" not in one.panel.text


async def undo(one: Writer) -> None:
    await one.user.select(one.panel, "More", "Undo")
    await one.sees("This is version 1.", "very big change")


async def critique(one: Writer) -> None:
    await one.user.click(one.panel, "Critique")
    await one.sees("Fix this first")


async def next_finding(one: Writer) -> None:
    await one.user.click(one.panel, "Next")
    await one.sees("> It was a very big change for me.", "[Apply]")


async def apply(one: Writer) -> None:
    await one.user.click(one.panel, "Apply")
    await one.sees("Applied: it is version 3")


async def back(one: Writer) -> None:
    await one.user.click(one.panel, "Back to the text")
    await one.sees("I answer to one person now. I answer to one person now.", "[Export]")


STORY: tuple[Step, ...] = (
    interview, answer, skip, paste, write, choose, revise, undo, critique, next_finding, apply, back
)  # fmt: skip


async def exported(user: User, panel: Message) -> Message:
    """The message with the file; where the bot asks first, because the text is not checked yet, as it is."""
    act = await user.click(panel, "Export")
    await user.sees(lambda _: "Export as it is" in panel.buttons or any(one.files for one in act.messages))
    return await exported_as_it_is(user, panel) if "Export as it is" in panel.buttons else await act.followup()


async def exported_as_it_is(user: User, asking: Message) -> Message:
    """The message with the file, once a message that asks has been answered; that shows the text again."""
    handed = await (await user.click(asking, "Export as it is")).followup()
    await user.sees(lambda _: "Export" in asking.buttons)
    return handed
