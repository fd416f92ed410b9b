"""The whole way from /draft to the file, wherever somebody is."""

from __future__ import annotations

import pytest

from bot.essay.critique import Category, Severity
from bot.essay.export import read_export
from bot.workflow.models import Praise, Remark
from tests.discord_ui.conftest import DRAFT, Bot, Scripted
from tests.simulators.discord import Channel, DiscordSimulator, Guild, Message, User
from tests.workflow.fakes import opinion, says

REVISED = "My pay went from 61,000 to 48,500. I answer to one person now."
REMARK = Remark(
    "It was a very big change for me.",
    Category.VAGUE,
    Severity.GRAVE,
    "The reader cannot tell what changed.",
    "I answer to one person now.",
    None,
)


@pytest.fixture(params=["server", "dm", "account"])
def somewhere(request: pytest.FixtureRequest, sim: DiscordSimulator) -> tuple[User, Channel | Guild]:
    """A person, and a place where they use the bot: a server that has it, its DM, a server that does not."""
    if request.param == "account":
        return sim.user("writer", installed=True), sim.guild("Elsewhere", bot=False)
    user = sim.user("writer")
    return user, user.dm if request.param == "dm" else sim.guild("Writers")


async def test_the_whole_story(
    sim: DiscordSimulator, bot: Bot, models: Scripted, somewhere: tuple[User, Channel | Guild]
) -> None:
    """From the first screen through interview, draft, revision, undo, critique and suggestion to the exported file."""
    user, place = somewhere
    panel = await (await user.slash(place, "draft")).message()
    assert "Paste notes" in panel.buttons
    assert "Interview me" in panel.buttons
    assert ("Continue in DM" in panel.buttons) is isinstance(place, Guild)

    await user.click(panel, "Interview me")
    await user.sees(lambda _: "What were you doing on the best working day" in panel.text)
    form = await (await user.click(panel, "Answer")).modal()
    assert "What were you doing on the best working day you had in the last months of the old job?" in form.text
    await user.submit(form, {"answer": "I rebuilt the export service in March 2019. Errors went from 15% to 2%."})
    await user.sees(lambda _: "1 of 7 sections have notes" in panel.text)
    await user.click(panel, "Skip")
    await user.sees(lambda _: "question 3" in panel.text)
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(
        form,
        {
            "paste1": "## What I gave up and what I gained\n\nMy pay went from 61,000 to 48,500. "
            "I answer to one person now."
        },
    )
    await user.sees(lambda _: "1 note stored." in panel.text)

    models.script(says(DRAFT))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "It was a very big change" in panel.text and "version 1" in panel.text)
    assert DRAFT.split("\n\n")[1] in await bot.text(user)

    await user.select(panel, "Go to a section", "What I gave up and what I gained")
    await user.sees(lambda _: "*What I gave up and what I gained*" in panel.text)
    form = await (await user.click(panel, "Revise")).modal()
    models.script(says(REVISED))
    await user.submit(form, {"instruction": "Shorter."})
    await user.sees(lambda _: "version 2" in panel.text)
    assert "very big change" not in panel.text

    await user.select(panel, "More", "Undo")
    await user.sees(lambda _: "very big change" in panel.text and "version 1" in panel.text)

    models.script(opinion(REMARK, praise=[Praise("Errors went from 15% to 2%.", "A number that can be checked.")]))
    await user.click(panel, "Critique")
    await user.sees(lambda _: "Fix this first" in panel.text)
    await user.click(panel, "Next")
    await user.sees(lambda _: "> It was a very big change for me." in panel.text)
    await user.click(panel, "Apply")
    await user.sees(lambda _: "Applied: it is version 3" in panel.text)
    await user.click(panel, "Back to the text")
    await user.sees(lambda _: "I answer to one person now. I answer to one person now." in panel.text)

    handed = await (await user.slash(place, "export")).message()
    (data,) = handed.files.values()
    assert read_export(data.decode())[1] == await bot.text(user)
    assert panel.ephemeral is not (place is user.dm)
    assert handed.ephemeral is not (place is user.dm)
    assert all(moment.latency is None or moment.latency < 3 for moment in sim.timeline.moments)


async def test_without_a_model_the_story_is_whole(sim: DiscordSimulator, plain: Bot) -> None:
    """Interview, the notes set into a post, an edit, undo, and the file; nothing offers what cannot be done."""
    user = sim.user("writer")
    panel: Message = await (await user.slash(user.dm, "draft")).message()
    assert "No model is configured" in panel.text
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "I fixed the lift at Mill Lane."})
    await user.sees(lambda _: "1 of 7" in panel.text)
    await user.click(panel, "Set into a post")
    await user.sees(lambda _: "I fixed the lift at Mill Lane." in panel.text)
    assert "your own words, no model wrote any of it" in panel.text
    assert not {"Revise", "Critique"} & set(panel.buttons)
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "I fixed the lift at Mill Lane, twice."})
    await user.sees(lambda _: "Mill Lane, twice." in panel.text)
    await user.select(panel, "More", "Undo")
    await user.sees(lambda _: "Mill Lane, twice." not in panel.text)
    await user.click(panel, "Measure")
    await user.sees(lambda _: "apart from headings" in panel.text)
    await user.click(panel, "Back")
    await user.sees(lambda _: "Export" in panel.buttons)
    handed = await (await user.click(panel, "Export")).followup()
    (data,) = handed.files.values()
    assert read_export(data.decode())[1] == await plain.text(user)
