"""Jobs that ended badly: they can be retried as they were asked for, and their partial results can be read."""

from __future__ import annotations

import pytest

from bot.errors import BadReply, BotError, StreamBroken
from bot.essay.text.sections import split_sections
from tests.discord_ui.conftest import DRAFT, Bot, Scripted
from tests.discord_ui.panel_steps import SECTION, answered, controls, drafted, reads, with_notes
from tests.services.fakes import Gate, Says, rewrites, says
from tests.simulators.discord import DiscordSimulator, Message, Modal, User

HALF = "My pay went from 61,000 to 48,500, and then **it went on"
TOLD = "Shorter; begin with the pay."


def instruction(form: Modal) -> str:
    """What stands in the form for a revision."""
    return next(str(part.get("value") or "") for _, part in form.fields if part.get("custom_id") == "instruction")


async def revised(user: User, panel: Message) -> None:
    """Asks for a revision of the second section, on whatever page."""
    await user.select(panel, "Go to a section", SECTION)
    await user.sees(reads(panel, f"*{SECTION}*"))
    form = await (await user.click(panel, "Revise")).modal()
    assert not instruction(form)
    await user.submit(form, {"instruction": TOLD})


@pytest.mark.parametrize(
    ("scripted", "told"),
    [
        (says(HALF, cut=True), str(BadReply.truncated())),
        (says(HALF, error=StreamBroken()), str(StreamBroken())),
        (says(HALF, Gate()), "Stopped. The section is as it was;"),
    ],
    ids=["cut", "broken", "stopped"],
)
async def test_the_partial_result_of_a_revision_can_be_read_and_the_revision_retried(
    sim: DiscordSimulator, bot: Bot, models: Scripted, scripted: Says, told: str
) -> None:
    """The instruction is not lost either: Revise opens with it, and Try again gives it to the model once more."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    before = await bot.text(user)
    models.script(scripted)
    await revised(user, panel)
    if told.startswith("Stopped"):
        await user.sees(reads(panel, "and then"))
        await user.click(panel, "Stop")
    await user.sees(lambda _: told in panel.text and "“Show what came” has what was written." in panel.text)
    assert await bot.text(user) == before
    form = await (await user.click(panel, "Revise")).modal()
    assert instruction(form) == TOLD
    assert f"*{SECTION}*" in form.text
    await user.click(panel, "Show what came")
    await user.sees(reads(panel, f"{HALF}**"))
    assert "It stands in no version" in panel.text
    models.script(rewrites("One sentence about the pay."))
    await user.click(panel, "Try again")
    await user.sees(reads(panel, "version 2"))
    assert models.asked[-1].given["instruction"] == TOLD
    assert "One sentence about the pay." in await bot.text(user)
    assert not {"Try again", "Show what came"} & set(panel.buttons)


async def test_an_earlier_partial_result_can_still_be_read_after_a_retry(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """An old Try again starts nothing a second time, and an old Show what came shows what it showed before.

    Of the second try nothing had come: what was asked for stays there all the same.
    """
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    models.script(says(HALF, error=StreamBroken()))
    await revised(user, panel)
    await user.sees(lambda _: "Try again" in panel.buttons)
    again, came = (next(one for one, _ in controls(panel) if f":{action}:" in one) for action in ("again", "came"))
    models.script(says(error=StreamBroken()))
    await user.click(panel, "Try again")
    await user.sees(lambda _: "Try again" in panel.buttons and "Show what came" not in panel.buttons)
    asked = len(models.asked)
    await (await user.forge_click(panel, again)).acknowledged()
    await user.sees(reads(panel, "version 1"))
    await user.select(panel, "More", "Show what came")
    await user.sees(reads(panel, "Nothing had come of it. This is what you had asked for."))
    assert TOLD in panel.text
    await user.click(panel, "Earlier work")
    await user.sees(reads(panel, f"{HALF}**"))
    await user.click(panel, "Later work")
    await user.sees(reads(panel, TOLD))
    await (await user.forge_click(panel, came)).acknowledged()
    await user.sees(reads(panel, f"{HALF}**"))
    assert len(models.asked) == asked


async def test_the_partial_result_and_instruction_of_a_revision_outlast_later_edits(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Once the writer has gone on, the panel has no more buttons than before, and both are under More."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    offered = list(panel.buttons)
    models.script(says(HALF, error=StreamBroken()))
    await revised(user, panel)
    await user.sees(lambda _: "Show what came" in panel.buttons)
    essay, writer = await bot.essay(user), bot.writer(user)
    before = await bot.desk.current_version(writer, essay.id)
    await bot.desk.edit_text(writer, essay.id, before, f"## A new beginning\n\nOne day.\n\n{before.text}")
    panel = await (await user.slash(user.dm, "draft")).message()
    assert list(panel.buttons) == offered
    await user.select(panel, "More", "Show what came")
    await user.sees(reads(panel, f"{HALF}**"))
    await user.click(panel, "▶")
    await user.sees(reads(panel, TOLD))
    form = await (await user.click(panel, "Ask for it again")).modal()
    assert instruction(form) == TOLD
    assert f"*{SECTION}*" in form.text
    models.script(rewrites("One sentence about the pay."))
    await user.submit(form)
    await user.sees(reads(panel, "version 3"))
    given = models.asked[-1].given
    assert (given["instruction"], split_sections(given["text"])[given["index"]].title) == (TOLD, SECTION)


async def test_an_instruction_for_a_removed_section_selects_no_other_section(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The instruction comes back, and the writer chooses the section."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    models.script(says(HALF, error=StreamBroken()))
    await revised(user, panel)
    await user.sees(lambda _: "Show what came" in panel.buttons)
    essay, writer = await bot.essay(user), bot.writer(user)
    before = await bot.desk.current_version(writer, essay.id)
    await bot.desk.edit_text(writer, essay.id, before, before.text.replace(SECTION, "What it cost"))
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.select(panel, "More", "Show what came")
    await user.sees(lambda _: "Ask for it again" in panel.buttons)
    form = await (await user.click(panel, "Ask for it again")).modal()
    assert instruction(form) == TOLD
    assert "What it cost" in form.text
    assert not any(option.get("default") for _, part in form.fields for option in part.get("options", ()))


async def test_a_revision_form_submitted_twice_runs_once_even_if_it_failed(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Who wants the same again after it failed opens the form anew, or presses Try again, and is not held up."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    form, same = [await (await user.click(panel, "Revise")).modal() for _ in range(2)]
    models.script(says(HALF, error=StreamBroken()), says(HALF, error=StreamBroken()))
    await user.submit(form, {"instruction": TOLD})
    await user.sees(lambda _: "Try again" in panel.buttons)
    asked = len(models.asked)
    await (await user.submit(same, {"instruction": TOLD})).acknowledged()
    await answered(bot)
    assert len(models.asked) == asked
    assert "Try again" in panel.buttons
    await user.submit(await (await user.click(panel, "Revise")).modal(), {"instruction": TOLD})
    await user.sees(lambda screen: screen.text.count("The revision broke off.") == 2 and "Try again" in panel.buttons)
    models.script(rewrites("One sentence about the pay."))
    await user.click(panel, "Try again")
    await user.sees(reads(panel, "version 2"))


async def test_the_partial_result_of_a_first_draft_outlasts_later_changes(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """There is no menu while there is no text: a button leads there, beside a question as well."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says("Which of the two jobs is meant?", error=StreamBroken()))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Show what came" in panel.buttons)
    await bot.desk.add_notes(bot.writer(user), (await bot.essay(user)).id, "One more note.")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Skip" in panel.buttons)
    panel = await (await user.slash(user.dm, "draft")).message()
    assert "Skip" in panel.buttons
    await user.click(panel, "Show what came")
    await user.sees(reads(panel, "Which of the two jobs is meant?"))


@pytest.mark.parametrize("gone", [True, False])
async def test_a_draft_stored_beside_a_text_edited_meanwhile_is_announced(
    sim: DiscordSimulator, bot: Bot, models: Scripted, gone: bool
) -> None:
    """Which version it is and where, by the message of its own and by the next panel; then in the small print."""
    user, gate = sim.user("writer"), Gate()
    panel = await drafted(user, user.dm, models)
    models.script(says(DRAFT, gate))
    await user.select(panel, "More", "Draft again")
    await gate.reached()
    await user.sees(lambda _: "Stop" in panel.buttons)
    essay, writer = await bot.essay(user), bot.writer(user)
    await bot.desk.edit_text(
        writer, essay.id, await bot.desk.current_version(writer, essay.id), "## What I missed\n\nMuch.\n"
    )
    if gone:
        sim.fail_next("PATCH", "/webhooks/*/messages/@original", 404, 10008)
    gate.release()
    told = "It is version 3, beside the text that you changed meanwhile: /draft, More, History."
    await user.sees(lambda screen: told in screen.text)
    assert ("The panel above leads to it." in user.screen.text) is not gone
    beside = "The text had changed meanwhile: what was written is version 3, beside it."
    if gone:
        panel = await (await user.slash(user.dm, "draft")).message()
    await user.sees(reads(panel, beside))
    await user.click(panel, "Keep this one")
    await user.sees(lambda _: beside not in panel.text)
    assert "version 3, written last, waits beside it: More, History" in panel.text
    await user.select(panel, "More", "History")
    await user.sees(reads(panel, "Read a version"))
    await user.select(panel, "Read a version", "Version 3")
    await user.sees(lambda _: "Make it current" in panel.buttons)
    await user.click(panel, "Make it current")
    await user.sees(reads(panel, "This is version 3."))
    assert "waits beside" not in panel.text


@pytest.mark.parametrize("kind", ["draft", "critique", "critique of a pasted text"])
async def test_a_job_stopped_before_any_result_is_not_said_to_be_kept(
    sim: DiscordSimulator, bot: Bot, models: Scripted, kind: str
) -> None:
    user, gate = sim.user("writer"), Gate()
    if kind == "draft":
        panel = await with_notes(user, user.dm)
        models.script(says(gate, "Never said."))
        await user.click(panel, "Write draft")
    elif kind == "critique":
        panel = await drafted(user, user.dm, models)
        models.script(says(gate))
        await user.click(panel, "Critique")
    else:
        models.script(says(gate))
        panel = await (
            await user.slash(user.dm, "critique", text="A text of ten words or so that somebody wrote.")
        ).message()
    await user.sees(lambda _: "Stop" in panel.buttons)
    await user.click(panel, "Stop")
    told = "Stopped before anything had come." if kind == "draft" else "Stopped before there was a critique."
    await user.sees(reads(panel, told))
    assert "is kept" not in panel.text
    assert "Show what came" not in panel.buttons


async def test_the_announcement_of_a_failed_revision_says_whether_any_text_was_stored(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A message of its own names the way to what there is, and none where there is nothing."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    ends: list[tuple[str, BotError, str]] = [
        (HALF, StreamBroken(), "Everything that came is stored: /draft, Show what came; once you have gone on,"),
        ("", StreamBroken(), "Nothing had come; what you asked for is stored: /draft, More, Show what came."),
    ]
    for text, error, told in ends:
        models.script(says(text, error=error) if text else says(error=error))
        form = await (await user.click(panel, "Revise")).modal()
        await user.submit(form, {"instruction": TOLD})
        await user.sees(lambda screen, told=told: told in screen.text)  # type: ignore[misc]


async def test_a_notice_stays_on_a_panel_while_a_job_updates_it(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """What an edit has stored is told, and not wiped out by the next word of a revision that runs beside it."""
    user, gate, end = sim.user("writer"), Gate(), Gate()
    panel = await drafted(user, user.dm, models)
    other = await (await user.slash(user.dm, "draft")).message()
    form = await (await user.click(other, "Edit")).modal()
    models.script(says("A first ", gate, "and a second word.", end))
    await revised(user, panel)
    await gate.reached()
    await user.submit(form, {"body0": "I rebuilt the export service in March 2019."})
    await user.sees(reads(other, "Stored as version 2."))
    gate.release()
    await user.sees(lambda _: "second word" in other.text and "second word" in panel.text)
    assert "Stored as version 2." in other.text
    end.release()
    await user.sees(lambda _: "version 2" in other.text and "Stop" not in other.buttons)


@pytest.mark.parametrize("in_server", [True, False])
async def test_deleting_an_essay_during_a_draft_removes_its_text_from_the_panel(
    sim: DiscordSimulator, bot: Bot, models: Scripted, in_server: bool
) -> None:
    """A second click on the last button says what the first has done."""
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers") if in_server else user.dm)
    models.script(says("## What I missed\n\nA secret.\n", Gate()))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "A secret."))
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", (await bot.essay(user)).id)
    for label in ("Delete", "Yes, delete it"):
        await user.sees(reads(listed, f"[{label}]"))
        await user.click(listed, label)
    await user.sees(reads(listed, "[Delete for good]"))
    last = next(one for one, _ in controls(listed) if ":3." in one)
    for _ in range(2):
        await (await user.forge_click(listed, last)).acknowledged()
        await user.sees(reads(listed, "It is deleted."))
    await user.sees(reads(panel, "This essay was deleted."))
    assert panel.buttons == ["All essays"]
    assert "A secret." not in user.screen.text
    assert "or is not yours" not in user.screen.text


async def test_a_second_click_on_discard_shows_the_same_result_as_the_first(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says("## What I missed\n\nI rebuilt it.\n", Gate()))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "I rebuilt it."))
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Discard" in panel.buttons)
    discard = next(one for one, _ in controls(panel) if ":discard:" in one)
    for _ in range(2):
        await (await user.forge_click(panel, discard)).acknowledged()
        await user.sees(reads(panel, "Discarded. It stays stored as version 1: History."))
    assert "has changed since this was shown" not in panel.text


async def test_a_newer_version_left_for_an_older_one_is_not_announced_as_waiting(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Nothing was changed while the draft was written: the writer has seen it, and chose the other one."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    essay, writer = await bot.essay(user), bot.writer(user)
    await bot.desk.edit_text(
        writer, essay.id, await bot.desk.current_version(writer, essay.id), "## What I missed\n\nMuch.\n"
    )
    await bot.desk.undo(writer, essay.id)
    models.script(says(DRAFT.replace("15%", "16%")))
    await user.select(panel, "More", "Draft again")
    await user.sees(reads(panel, "version 3"))
    await bot.desk.go_to_version(writer, essay.id, 2)
    panel = await (await user.slash(user.dm, "draft")).message()
    assert "version 2" in panel.text
    assert "version 3" not in panel.text
