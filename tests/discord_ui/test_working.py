"""Work under way, what becomes of it, critiques gone through, and essays that come and go."""

from __future__ import annotations

from pathlib import Path

from bot.errors import Overloaded
from bot.workflow.models import Thinking
from tests.discord_ui.conftest import DRAFT, Bot, Scripted, started
from tests.discord_ui.steps import controls, criticised, drafted, with_notes
from tests.simulators.discord import Attachment, DiscordSimulator
from tests.workflow.fakes import Gate, opinion, says


async def test_a_job_in_progress_is_told_with_its_place_and_can_be_stopped(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted
) -> None:
    async with started(sim, tmp_path / "essays.db", models, at_once=1):
        first, second = sim.user("first"), sim.user("second")
        panels = [await with_notes(user, user.dm) for user in (first, second)]
        gate = Gate()
        models.script(says(Thinking(), gate, DRAFT))
        await first.click(panels[0], "Write draft")
        await first.sees(lambda _: "Thinking…" in panels[0].text)
        await second.click(panels[1], "Write draft")
        await second.sees(lambda _: "place 1 in line" in panels[1].text)
        again = await (await second.slash(second.dm, "draft")).message()
        assert "place 1 in line" in again.text
        await second.click(again, "Stop")
        await second.sees(lambda _: "Stopped. What had come is kept." in again.text)
        await second.sees(lambda _: "Stopped. What had come is kept." in panels[1].text)
        assert "Write draft" in again.buttons
        gate.release()
        await first.sees(lambda _: "version 1" in panels[0].text)
        assert [one.what for one in models.asked] == ["draft"]


async def test_a_failed_draft_says_what_happened_and_goes_on_without_a_model(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(error=Overloaded()))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "overloaded" in panel.text)
    again = await (await user.slash(user.dm, "draft")).message()
    assert "overloaded" in again.text
    assert "overloaded" not in (await (await user.slash(user.dm, "draft")).message()).text
    await user.click(again, "Without a model")
    await user.sees(lambda _: "no model wrote any of it" in again.text)


async def test_a_draft_that_is_stopped_can_be_continued_or_kept(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(says("## What I missed\n\nHalf of it.", gate))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Writing the draft…" in panel.text)
    await gate.reached()
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Half of it." in panel.text and "Keep as it is" in panel.buttons)
    assert "unfinished" in panel.text
    await user.click(panel, "Keep as it is")
    await user.sees(lambda _: "unfinished" not in panel.text)
    assert not {"Continue", "Keep as it is"} & set(panel.buttons)


async def test_what_was_typed_comes_back_where_it_cannot_be_stored(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """An instruction for a text that is being worked on: the sentence, and the words as a file."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    form = await (await user.click(panel, "Revise")).modal()
    gate = Gate()
    models.script(says("Other words.", gate))
    await user.submit(await (await user.click(panel, "Revise")).modal(), {"instruction": "Shorter."})
    await gate.reached()
    answer = await (await user.submit(form, {"instruction": "Begin with the meeting."})).followup()
    assert "is still being written" in answer.text
    assert answer.files == {"typed.txt": b"Begin with the meeting."}
    gate.release()
    await user.sees(lambda _: "version 2" in panel.text)


async def test_deleting_asks_twice_and_stops_what_is_under_way(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    gate = Gate()
    models.script(says("## What I missed\n\nMore.", gate))
    await user.select(panel, "More", "Draft again")
    await gate.reached()
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", "Career switch")
    await user.sees(lambda _: "Delete" in listed.buttons)
    await user.click(listed, "Delete")
    await user.sees(lambda _: "Yes, delete it" in listed.buttons)
    await user.click(listed, "Yes, delete it")
    await user.sees(lambda _: "Delete for good" in listed.buttons)
    await user.click(listed, "Delete for good")
    await user.sees(lambda _: "It is deleted." in listed.text)
    assert await bot.desk.essays(bot.writer(user)) == ()
    for custom_id, values in list(controls(panel)):  # their own dead panel says so, and leads to their essays
        await user.forge_click(panel, custom_id, *values)
        await user.sees(lambda _: "was deleted or is not yours" in panel.text and panel.buttons == ["All essays"])


async def test_the_latest_unfinished_essay_is_returned_to(sim: DiscordSimulator, plain: Bot) -> None:
    """/draft with no option goes on; after the export it begins anew; an essay that holds nothing is used again."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None)
    first = (await plain.essay(user)).id
    again = await (await user.slash(user.dm, "draft")).message()
    assert again.id != panel.id
    assert "version 1" in again.text
    await (await user.slash(user.dm, "export")).message()
    fresh = await (await user.slash(user.dm, "draft")).message()
    assert "Interview me" in fresh.buttons
    await user.select(fresh, "What happened?", "Layoff")
    await user.sees(lambda _: "### Layoff" in fresh.text)
    await (await user.slash(user.dm, "draft", structure="promotion", title="The rise")).message()
    essays = await plain.desk.essays(plain.writer(user))
    assert sorted(essay.structure for essay in essays) == ["career-switch", "promotion"]
    back = await (await user.slash(user.dm, "draft", essay=first)).message()
    assert "version 1" in back.text


async def test_a_critique_that_finds_nothing_and_one_that_fails(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    models.script(Overloaded())
    act = await user.slash(user.dm, "critique", file=Attachment("mine.md", DRAFT.encode()))
    panel = await act.message()
    await user.sees(lambda _: "overloaded" in panel.text and "Try again" in panel.buttons)
    models.script(opinion())
    await user.click(panel, "Try again")
    await user.sees(lambda _: "found nothing to object to" in panel.text)


async def test_a_critique_of_an_essay_is_gone_through(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    """Next, Dismiss, Back; what works comes last; asked for again, it is shown and not bought anew."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    await criticised(user, panel, models)
    await user.click(panel, "Next")
    await user.sees(lambda _: "finding 1 of 2" in panel.text)
    await user.click(panel, "Dismiss")
    await user.sees(lambda _: "finding 2 of 2" in panel.text and "Dismissed." in panel.text)
    assert "A question only you can answer" in panel.text
    assert "Apply" not in panel.buttons
    await user.click(panel, "Next")
    await user.sees(lambda _: "What works" in panel.text)
    await user.click(panel, "Back to the text")
    await user.sees(lambda _: "Critique" in panel.buttons)
    await user.click(panel, "Critique")
    await user.sees(lambda _: "Fix this first" in panel.text)
    assert [one.what for one in models.asked].count("critique") == 1
