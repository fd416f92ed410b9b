"""Running jobs and what becomes of them, stepping through critiques, and essays that are deleted or returned to."""

from __future__ import annotations

from pathlib import Path

from bot.errors import Overloaded
from bot.essay.critique import Category, Severity
from bot.services.llm_ports import RawFinding, ThinkingChunk
from tests.discord_ui.conftest import DRAFT, Bot, Scripted, started
from tests.discord_ui.panel_steps import controls, criticised, drafted, reads, with_notes
from tests.services.fakes import Gate, opinion, says
from tests.simulators.discord import Attachment, DiscordSimulator


async def test_a_waiting_job_shows_its_place_in_line_and_can_be_stopped(
    sim: DiscordSimulator, tmp_path: Path, models: Scripted
) -> None:
    sim.settings.rate_limits = False  # no pause between two edits here, and so no limit either
    async with started(sim, tmp_path / "essays.db", models, at_once=1):
        first, second = sim.user("first"), sim.user("second")
        panels = [await with_notes(user, user.dm) for user in (first, second)]
        gate = Gate()
        models.script(says(ThinkingChunk(), gate, DRAFT))
        await first.click(panels[0], "Write draft")
        await first.sees(lambda _: "Thinking…" in panels[0].text)
        await second.click(panels[1], "Write draft")
        await second.sees(lambda _: "place 1 in line" in panels[1].text)
        again = await (await second.slash(second.dm, "draft")).message()
        assert "place 1 in line" in again.text
        await second.click(again, "Stop")
        await second.sees(lambda _: "Stopped before anything had come." in again.text)
        await second.sees(lambda _: "Stopped before anything had come." in panels[1].text)
        assert "Write draft" in again.buttons
        gate.release()
        await first.sees(lambda _: "version 1" in panels[0].text)
        assert [one.what for one in models.asked] == ["draft"]


async def test_a_failed_draft_says_what_happened_and_can_be_made_without_a_model(
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


async def test_a_stopped_draft_can_be_kept_as_it_is(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
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


async def test_an_instruction_sent_while_the_text_is_being_written_is_returned(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """An instruction for a text that is being worked on: the sentence, and the words as a file."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    form = await (await user.click(panel, "Revise")).modal()
    gate = Gate()
    models.script(says("<rewrite>Other words.</rewrite>", gate))
    await user.submit(await (await user.click(panel, "Revise")).modal(), {"instruction": "Shorter."})
    await gate.reached()
    answer = await (await user.submit(form, {"instruction": "Begin with the meeting."})).followup()
    assert "is still being written" in answer.text
    assert answer.files == {"typed.txt": b"Begin with the meeting."}
    gate.release()
    await user.sees(lambda _: "version 2" in panel.text)


async def test_deleting_an_essay_asks_twice_and_stops_its_running_job(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    gate = Gate()
    models.script(says("## What I missed\n\nMore.", gate))
    await user.select(panel, "More", "Draft again")
    await gate.reached()
    await user.sees(lambda _: panel.buttons == ["Stop"])
    buttons = list(controls(panel))
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", "Career switch")
    await user.sees(lambda _: "Delete" in listed.buttons)
    await user.click(listed, "Delete")
    await user.sees(lambda _: "Yes, delete it" in listed.buttons)
    await user.click(listed, "Yes, delete it")
    await user.sees(lambda _: "Delete for good" in listed.buttons)
    await user.click(listed, "Delete for good")
    await user.sees(lambda _: "It is deleted." in listed.text)
    assert await bot.desk.list_essays(bot.writer(user)) == ()
    await user.sees(lambda _: "This essay was deleted." in panel.text and panel.buttons == ["All essays"])
    for custom_id, values in buttons:  # so says their own dead panel when it is used, and leads to their essays
        await user.forge_click(panel, custom_id, *values)
        await user.sees(lambda _: "was deleted or is not yours" in panel.text and panel.buttons == ["All essays"])


async def test_draft_returns_to_the_latest_unfinished_essay(sim: DiscordSimulator, plain: Bot) -> None:
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
    essays = await plain.desk.list_essays(plain.writer(user))
    assert sorted(essay.structure for essay in essays) == ["career-switch", "promotion"]
    back = await (await user.slash(user.dm, "draft", essay=first)).message()
    assert "version 1" in back.text


async def test_a_failed_critique_can_be_retried_and_one_without_findings_says_so(
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


async def test_the_findings_of_a_critique_can_be_stepped_through_and_dismissed(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
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


async def test_after_applying_one_suggestion_the_others_still_point_at_their_words(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The first makes the text longer before the words of the second, which is applied from the same panel."""
    longer = RawFinding(
        "Errors went from 15% to 2%.",
        Category.UNCLEAR,
        Severity.GRAVE,
        "Whose?",
        "The errors that people saw went from 15% to 2%.",
        None,
    )
    shorter = RawFinding(
        "I answer to one person now.", Category.NEEDLESS, Severity.MINOR, "It is said.", "One answers.", None
    )
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models, DRAFT.replace(", and I answer", ". I answer"))
    before = await bot.text(user)
    models.script(opinion(longer, shorter))
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "Fix this first"))
    for number in (1, 2):
        await user.click(panel, "Next")
        await user.sees(reads(panel, f"finding {number} of 2"))
        await user.click(panel, "Apply")
        await user.sees(reads(panel, f"Applied: it is version {number + 1}"))
        if number == 1:
            await user.click(panel, "Back")
            await user.sees(reads(panel, "finding 1 of 2 "))
    wanted = before.replace("Errors went from 15% to 2%.", "The errors that people saw went from 15% to 2%.")
    assert await bot.text(user) == wanted.replace("I answer to one person now.", "One answers.")


async def test_a_section_of_nearly_twenty_thousand_characters_is_edited_across_five_fields(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """What is added in the last stands behind it, and every other byte stays as it was."""
    user = sim.user("writer")
    paragraph = "I rebuilt the export service, and it took me nine weeks of that spring. "
    words = "\n\n".join(f"{number}. {paragraph * 13}".strip() for number in range(20))
    assert 18_000 < len(words) < 20_000
    panel = await drafted(user, user.dm, None, f"## What I missed\n\n{words}\n")
    before = await plain.text(user)
    await user.select(panel, "Go to a section", "What I missed")
    await user.sees(reads(panel, "*What I missed*"))
    form = await (await user.click(panel, "Edit")).modal()
    fields = [part for _, part in form.fields]
    assert [part["custom_id"] for part in fields] == ["body0", "body1", "body2", "body3", "body4"]
    last = fields[4]["value"]
    await user.submit(form, {"body4": last + " Nobody noticed."})
    await user.sees(reads(panel, "Stored as version 2"))
    assert await plain.text(user) == before.replace(last, last + " Nobody noticed.")


async def test_a_draft_is_shown_under_headings_while_it_comes_and_with_what_the_model_said_once_it_is_done(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(
        says(
            '<section key="what-i-missed">\nThe *noise*.\n</section>\n<section key="no',
            gate,
            'w">Half of it.</section>\nOne date is unclear.<question section="now">Which May?</question>',
        )
    )
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "## What I missed\n\nThe *noise*." in panel.text)
    assert "<sec" not in panel.text
    gate.release()
    await user.sees(lambda _: "Beside the text the model says:** One date is unclear." in panel.text)
    text = await bot.text(user)
    assert "Half of it." in text
    assert "One date" not in text
    assert "Which May?" not in text
