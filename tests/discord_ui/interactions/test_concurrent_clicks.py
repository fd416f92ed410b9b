"""Slow stores, slow models, two clicks at once: everything is acknowledged in time, and nothing happens twice."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.errors import Overloaded
from bot.services.jobs.job import Job
from bot.services.llm_ports import NextQuestion
from tests.discord_ui.conftest import DRAFT, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, SECTION, answered, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator, User


@asynccontextmanager
async def database_kept_busy(bot: Bot) -> AsyncIterator[None]:
    """The thread that owns the database is at work for as long as this lasts."""
    free, taken = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def work(_: object) -> None:
        loop.call_soon_threadsafe(taken.set)
        free.wait(30)

    task = asyncio.create_task(bot.store.database.run(work))
    await taken.wait()
    try:
        yield
    finally:
        free.set()
        await task


async def last_job(bot: Bot, user: User) -> Job:
    """The last job on the person's last changed essay."""
    latest = await bot.jobs.latest_job(bot.writer(user), (await bot.essay(user)).id)
    assert latest is not None
    return latest.job


async def test_everything_is_acknowledged_in_time_while_the_database_is_busy(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Commands, buttons and menus are acknowledged at once and answered later; a form that cannot be filled in time
    says so; suggestions stay empty."""
    sim.settings.rate_limits = False
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    said = await user.say(user.dm, "A text of more than ten words, so that somebody could say something of it.")
    form = await (await user.slash(user.dm, "critique")).modal()
    async with database_kept_busy(bot):
        acts = [
            await user.slash(user.dm, "draft"),
            await user.slash(user.dm, "essays"),
            await user.slash(user.dm, "export"),
            await user.slash(user.dm, "usage"),
            await user.slash(user.dm, "help"),
            await user.message_command("Critique this", said),
            await user.submit(form, {"paste1": "Ten words and one more are enough for this, I hope."}),
            await user.select(panel, "More", "History"),
            await user.click(panel, "Export"),
        ]
        for act in acts:
            assert (await act.acknowledged()).latency < 3  # seconds, after which Discord gives up
        opening = [await user.click(panel, "Edit"), await user.click(panel, "Revise")]
        opening.append(await user.select(panel, "More", "Rename"))
        for act in opening:
            answer = await act.message()
            assert (
                answer.text == "The bot was busy and could not open the form in time: press again. Nothing was changed."
            )
            assert answer.ephemeral
            assert (await act.acknowledged()).latency < 3  # seconds, after which Discord gives up
        typing = await user.autocomplete(user.dm, "draft", "essay", "c")
        assert await typing.choices() == []
        models.answers.clear()
        models.script(OPINION, OPINION)
    await user.sees(lambda _: "Read a version" in panel.text)


async def test_a_failed_follow_up_is_acknowledged_in_time_and_the_interview_goes_on(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A model that takes its time over a follow-up holds up no acknowledgement; its failure is told and goes on."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    models.script(Overloaded())
    form = await (await user.click(panel, "Answer")).modal()
    act = await user.submit(form, {"answer": "I rebuilt the export service."})
    assert (await act.acknowledged()).latency < 3  # seconds, after which Discord gives up
    await user.sees(
        lambda _: (
            "Your answers are stored; the structure's own question comes next." in panel.text
            and "Answer" in panel.buttons
        )
    )


@pytest.mark.parametrize(("entry", "version"), [("Undo", 2), ("Redo", 2)], ids=["undo", "redo"])
async def test_two_simultaneous_clicks_on_undo_or_redo_go_one_step(
    sim: DiscordSimulator, plain: Bot, entry: str, version: int
) -> None:
    """The second of two clicks finds the text changed, and only refreshes the panel."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None)
    for number in (2, 3):
        form = await (await user.click(panel, "Edit")).modal()
        await user.submit(form, {"body0": f"Text number {number}."})
        await user.sees(reads(panel, f"Stored as version {number}"))
    if entry == "Redo":
        for number in (2, 1):
            await user.select(panel, "More", "Undo")
            await user.sees(reads(panel, f"This is version {number}."))
    for act in [await user.select(panel, "More", entry), await user.select(panel, "More", entry)]:
        await act.acknowledged()
    await user.sees(lambda _: "The text has changed since this was shown" in panel.text)
    assert f"version {version} " in panel.text
    assert (await plain.essay(user)).head == version


async def test_two_simultaneous_clicks_on_write_draft_begin_one_draft(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()
    models.script(says(DRAFT, gate))
    for act in [await user.click(panel, "Write draft"), await user.click(panel, "Write draft")]:
        await act.acknowledged()
    await gate.reached()
    await user.sees(lambda _: "This essay is being worked on" in panel.text)
    gate.release()
    await user.sees(lambda _: "version 1" in panel.text)
    assert [one.what for one in models.asked].count("draft") == 1


@pytest.mark.parametrize("moment", ["it is planned", "it begins"])
@pytest.mark.parametrize("label", ["Write draft", "Continue", "Critique"])
async def test_a_click_made_just_as_the_same_job_ends_begins_no_second_job(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch, label: str, moment: str
) -> None:
    """The work ends behind the look at the version, and before the click's own is planned or begins."""
    user, gate, answer = sim.user("writer"), Gate(), models.critique
    panel = await with_notes(user, user.dm)
    if label != "Write draft":
        models.script(says(DRAFT, cut=label == "Continue"))
        await user.click(panel, "Write draft")
        await user.sees(lambda _: label in panel.buttons)

    async def slowly(*given: Any, **named: Any) -> Any:
        await gate.hold()
        return await answer(*given, **named)

    monkeypatch.setattr(models, "critique", slowly)
    models.script(OPINION if label == "Critique" else says(DRAFT, gate, cut=True))
    other = await (await user.slash(user.dm, "draft")).message()
    button = next(part["custom_id"] for part in other.parts if part.get("label") == label)
    await user.click(panel, label)
    await gate.reached()
    job = await last_job(bot, user)
    owner: Any = bot.jobs if moment == "it is planned" else bot.desk
    name = "release_abandoned" if moment == "it is planned" else "check_no_private_text"
    step = getattr(owner, name)

    async def as_it_ends(*given: Any, **named: Any) -> Any:
        gate.release()
        await bot.jobs.wait(job.writer, job.id)
        return await step(*given, **named)

    monkeypatch.setattr(owner, name, as_it_ends)
    asked = len(models.asked)
    await (await user.forge_click(other, button)).acknowledged()
    shown = "Fix this first" if label == "Critique" else "The text has changed since this was shown"
    await user.sees(reads(other, shown))
    assert len(models.asked) == asked + (label == "Critique")  # the critic itself is asked behind the gate
    assert (await last_job(bot, user)).id == job.id


async def test_two_simultaneous_clicks_adopt_a_text_once_and_apply_a_finding_once(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    models.script(OPINION)
    act = await user.slash(user.dm, "critique", file=Attachment("mine.md", DRAFT.encode()))
    panel = await act.message()
    await user.sees(lambda _: "Make it my draft" in panel.buttons)
    for one in [await user.click(panel, "Make it my draft"), await user.click(panel, "Make it my draft")]:
        await one.acknowledged()
    await user.sees(lambda _: "version 1" in panel.text)
    await answered(bot)  # both: the later answer shows what the earlier one showed
    assert len(await bot.desk.list_essays(bot.writer(user))) == 1
    assert await bot.text(user) == DRAFT
    await user.select(panel, "More", "Last critique")
    await user.sees(lambda _: "Fix this first" in panel.text)
    await user.click(panel, "Next")
    await user.sees(lambda _: "Apply" in panel.buttons)
    for one in [await user.click(panel, "Apply"), await user.click(panel, "Apply")]:
        await one.acknowledged()
    await user.sees(lambda _: "version 2" in panel.text or "has changed" in panel.text)
    assert len(await bot.desk.versions(bot.writer(user), (await bot.essay(user)).id)) == 2


async def test_the_same_answer_submitted_twice_is_one_note(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    forms = [await (await user.click(panel, "Answer")).modal(), await (await user.click(panel, "Answer")).modal()]
    for form in forms:
        await (await user.submit(form, {"answer": "I fixed the lift."})).acknowledged()
    await user.sees(lambda _: "question 2" in panel.text)
    other = await (await user.click(panel, "Add a note")).acknowledged()
    assert other.kind == "modal"
    assert len(await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)) == 1


async def test_an_edit_of_an_older_version_is_stored_beside_the_newer_one(sim: DiscordSimulator, plain: Bot) -> None:
    """What was typed is a version beside the newer one; both are offered, and either can be chosen."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None)
    await user.select(panel, "Go to a section", SECTION)
    await user.sees(lambda _: f"*{SECTION}*" in panel.text)
    late = await (await user.click(panel, "Edit")).modal()
    early = await (await user.click(panel, "Edit")).modal()
    await user.submit(early, {"body0": "The first to be handed in."})
    await user.sees(lambda _: "Stored as version 2" in panel.text)
    await user.submit(late, {"body0": "The second, from the older text."})
    await user.sees(lambda _: "What you typed is version 3" in panel.text)
    assert "The first to be handed in." in panel.text
    await user.click(panel, "Show version 3")
    await user.sees(lambda _: "Make it current" in panel.buttons)
    assert "The second, from the older text." in panel.text
    await user.click(panel, "Make it current")
    await user.sees(lambda _: "This is version 3" in panel.text)
    assert "The second, from the older text." in await plain.text(user)


async def test_the_panel_says_so_while_a_slow_model_looks_for_the_next_question(
    sim: DiscordSimulator, bot: Bot, models: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer is stored at once; while the model looks for the next question the panel says so, and then shows it."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    gate, ask = Gate(), models.next_question

    async def slowly(*given: Any, **more: Any) -> NextQuestion:
        await gate.hold()
        return await ask(*given, **more)

    monkeypatch.setattr(models, "next_question", slowly)
    models.script("How many people was that?")
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "I rebuilt the export service."})
    await user.sees(lambda _: "Reading your answers…" in panel.text)
    assert len(await bot.desk.notes(bot.writer(user), (await bot.essay(user)).id)) == 1
    gate.release()
    await user.sees(lambda _: "> How many people was that?" in panel.text)


async def test_skipped_questions_come_back_one_after_another(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    for number in range(1, 8):
        await user.sees(reads(panel, f"question {number}"))
        await user.click(panel, "Skip")
    await user.sees(lambda _: "Skipped ones" in panel.buttons)
    await user.click(panel, "Skipped ones")
    for number in (1, 2):
        await user.sees(reads(panel, f"question {number}"))
        await user.click(panel, "Skip")
    await user.sees(reads(panel, "question 3"))
    form = await (await user.click(panel, "Answer")).modal()
    await user.submit(form, {"answer": "They expected a manager."})
    await user.sees(reads(panel, "question 4"))
    await user.click(panel, "Set into a post")
    await user.sees(reads(panel, "They expected a manager."))


async def test_a_text_that_takes_seconds_to_parse_delays_nobody_else(sim: DiscordSimulator, plain: Bot) -> None:
    """Sixty thousand characters of one-letter paragraphs take seconds to take apart; another is answered meanwhile."""
    user, other = sim.user("writer"), sim.user("other")
    act = await user.slash(user.dm, "draft", notes=Attachment("slow.md", b"a\n\n" * 20_000))
    await act.acknowledged()
    slowest = 0.0
    while act.interaction.original is None or act.interaction.original.loading:
        answered = await (await other.slash(other.dm, "help")).acknowledged()
        slowest = max(slowest, answered.latency)
        await asyncio.sleep(0.3)  # not as fast as it goes, which would be a load test and not this one
    assert slowest < 3  # seconds, after which Discord gives up
    await user.sees(lambda screen: "stored." in screen.text, timeout=20)
