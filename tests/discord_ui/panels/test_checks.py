"""A draft is checked by itself; what the notes do not hold is kept, fixed or edited from its panel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.discord_ui.interactions.responses import InteractionContext
from bot.discord_ui.messages.editor import ChannelAddress
from bot.discord_ui.messages.job_panels import read_panel
from bot.discord_ui.panels.drafts import DraftPosition
from bot.essay.support import SentenceSupport, SupportKind, UnsupportedPassage
from bot.services.jobs.job import JobKind
from bot.services.llm_ports import Models, RawCheck
from tests.discord_ui.conftest import Bot, Scripted, started
from tests.discord_ui.panel_steps import answered, reads, with_notes
from tests.services.fake_work import Piece
from tests.services.fakes import COST, MODEL, Gate, says
from tests.simulators.discord import DiscordSimulator, User

TEXT = "## What I missed\n\nI rebuilt it alone. I loved it. It took a year. Ana left because of it.\n"
SUPPORTS = tuple(SentenceSupport(number, (1,)) for number in range(1, 5))
ALONE = UnsupportedPassage(1, "alone", SupportKind.SCOPE, "No note says who else was there.", 1, "I rebuilt it.")
LOVED = UnsupportedPassage(2, "loved", SupportKind.FEELING, "No note tells how it felt.", None, None)
YEAR = UnsupportedPassage(3, "a year", SupportKind.NUMBER, "Note 1 has no length.", 1, "[NEED: How long did it take?]")


class Checking(Scripted):
    """Scripted models with a checker."""

    @property
    def ports(self) -> Models:
        return Models(interviewer=self, drafter=self, reviser=self, critic=self, checker=self)


def said(*unsupported: UnsupportedPassage) -> RawCheck:
    return RawCheck(SUPPORTS, unsupported, MODEL, COST)


@pytest.fixture
def models() -> Checking:
    return Checking()


@pytest.fixture
async def bot(sim: DiscordSimulator, tmp_path: Path, models: Checking) -> AsyncIterator[Bot]:
    async with started(sim, tmp_path / "essays.db", models) as made:
        yield made


async def test_what_no_note_holds_is_kept_fixed_and_edited_and_the_text_is_checked_again(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    user: User = sim.user("writer")
    panel = await with_notes(user, user.dm)
    gate = Gate()

    async def later() -> RawCheck:
        await gate.hold()
        return said(ALONE, LOVED, YEAR)

    models.script(says(TEXT), later)
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Check" in panel.buttons)
    assert "being checked against your notes" in panel.text or "not checked" in panel.text
    await user.click(panel, "Check")
    await user.sees(lambda _: "Checking each sentence against your notes" in panel.text)
    gate.release()
    await user.sees(lambda _: "3 things that your notes do not hold." in panel.text)
    assert "No note says who else was there.\nNearest, note 1: " in panel.text
    assert "Fix: I rebuilt it." in panel.text
    await user.click(panel, "Sources")
    await user.sees(lambda _: "paragraph 1 of 1" in panel.text)
    assert "Note 1" in panel.text
    await user.click(panel, "Check")
    await user.sees(lambda _: "Fix all (2)" in panel.buttons)
    models.script(said())
    await user.click(panel, "Fix")
    await user.sees(lambda _: "Fixed: it is version 2" in panel.text)
    assert "2 things that your notes do not hold." in panel.text
    await user.click(panel, "Keep")
    await user.sees(lambda _: "Kept: you vouch for it in note" in panel.text)
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"sentence": ""})
    await user.sees(lambda _: "Stored as version 3" in panel.text)
    assert "I rebuilt it. I loved it. Ana left because of it." in await bot.text(user)
    await user.click(panel, "Back")
    await user.sees(lambda _: "not in your notes: 1 vouched" in panel.text)
    assert "newer note" not in panel.text


async def test_a_sentence_typed_for_what_was_kept_meanwhile_is_given_back(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    user: User = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(TEXT), said(LOVED))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Check (1)" in panel.buttons)
    await user.click(panel, "Check (1)")
    await user.sees(lambda _: "Keep" in panel.buttons)
    form = await (await user.click(panel, "Edit")).modal()
    await user.click(panel, "Keep")
    await user.sees(lambda _: "Kept: you vouch for it" in panel.text)
    act = await user.submit(form, {"sentence": "I loved it on Tuesdays."})
    await user.sees(lambda _: any("so nothing was changed." in one.text for one in act.messages))
    assert [one.files for one in act.messages if one.files] == [{"typed.txt": b"I loved it on Tuesdays."}]
    assert "Tuesdays" not in await bot.text(user)


def held(gate: Gate, *unsupported: UnsupportedPassage) -> Callable[[], Awaitable[RawCheck]]:
    """An answer of the checker that comes when the gate is released."""

    async def later() -> RawCheck:
        await gate.hold()
        return said(*unsupported)

    return later


@pytest.mark.parametrize("place", ["dm", "server"])
async def test_the_panel_of_the_text_shows_what_the_check_found_once_it_has_ended(
    sim: DiscordSimulator, bot: Bot, models: Checking, place: str
) -> None:
    user, gate = sim.user("writer"), Gate()
    panel = await with_notes(user, user.dm if place == "dm" else sim.guild("Writers"))
    models.script(says(TEXT), held(gate, ALONE, LOVED, YEAR))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda screen: "being checked against your notes" in panel.text and "draft is done" in screen.text)
    assert "It is in the panel above" in user.screen.text
    gate.release()
    await user.sees(lambda _: "not in your notes: 3 open" in panel.text)
    assert "Check (3)" in panel.buttons
    assert user.screen.text.count("The draft is done.") == 1
    await answered(bot)
    messages = len(user.screen.messages)
    models.script(said())
    await user.click(panel, "Check (3)")
    await user.sees(lambda _: "Fix all (2)" in panel.buttons)
    await user.click(panel, "Fix all (2)")
    await user.sees(lambda _: "Fixed: it is version 2" in panel.text and "Check the rest" not in panel.buttons)
    await user.sees(lambda _: "1 thing that your notes do not hold." in panel.text)
    assert len(user.screen.messages) == messages


async def test_a_sentence_of_which_nothing_is_held_is_offered_to_be_taken_out(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    user: User = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(TEXT), said(replace(LOVED, mended="")))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Check (1)" in panel.buttons)
    await user.click(panel, "Check (1)")
    await user.sees(lambda _: "Fix: take the sentence out" in panel.text)
    await user.click(panel, "Fix")
    await user.sees(lambda _: "Fixed: it is version 2" in panel.text)
    assert "I rebuilt it alone. It took a year." in await bot.text(user)


async def test_what_a_draft_and_its_check_may_cost_is_said_before_the_draft_is_written(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    models.worst = 34_000_000
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    assert "may cost" not in panel.text  # there is nothing to write from yet
    panel = await with_notes(user, user.dm)
    assert "A draft: it may cost up to $0.04, and its check up to $0.04." in panel.text
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, "A draft now: about"))
    assert " · it may cost up to $0.04, and its check up to $0.04" in panel.text


async def test_an_export_asks_first_while_something_is_open(sim: DiscordSimulator, bot: Bot, models: Checking) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(TEXT), said(ALONE, LOVED))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "not in your notes: 2 open"))
    await user.click(panel, "Export")
    await user.sees(
        reads(panel, "in this text.** It has 6 gaps to fill, marked [NEED: …]. Of what the notes do not hold: 2 open.")
    )
    handed = await (await user.click(panel, "Export as it is")).followup()
    assert "2 open" in handed.text
    assert handed.files
    await user.sees(reads(panel, "[Export]"))
    await user.click(panel, "Export")
    await user.sees(reads(panel, "Something is open in this text."))
    by_command = await (await user.slash(user.dm, "export", **{"for": "text"})).message()
    assert not by_command.files
    as_text = await (await user.click(by_command, "Export as it is")).followup()
    (name,) = as_text.files
    assert name.endswith(".txt")
    await user.click(panel, "Check first")
    await user.sees(reads(panel, "2 things that your notes do not hold."))
    models.script(said())
    await user.click(panel, "Fix")
    await user.sees(reads(panel, "Fixed: it is version 2"))
    await user.click(panel, "Keep")
    await user.sees(reads(panel, "You vouch for 1."))
    await user.click(panel, "Back")
    await user.sees(lambda _: "Export" in panel.buttons and "1 vouched" in panel.text)  # the new sentence is checked
    assert (await (await user.click(panel, "Export")).followup()).files


async def test_a_panel_that_shows_something_else_by_then_keeps_it_when_the_check_has_ended(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    user, gate = sim.user("writer"), Gate()
    panel = await with_notes(user, user.dm)
    other = await (await user.slash(user.dm, "draft")).message()
    models.script(says(TEXT), held(gate, ALONE))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.click(other, "Write draft")  # shows the essay, which has been written
    await user.sees(lambda _: "version 1" in other.text)
    await user.select(panel, "More", "Notes")
    await user.sees(reads(panel, "Note 1"))
    gate.release()
    await user.sees(reads(other, "not in your notes: 1 open"))
    assert "Note 1" in panel.text


async def test_a_check_that_gave_way_is_shown_in_the_panel_that_waits_for_it(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    """One panel shows the text, another asks a question meanwhile: the check begins anew after it, and is shown."""
    user, gate, asking = sim.user("writer"), Gate(), Gate()
    panel = await with_notes(user, user.dm)
    models.script(says(TEXT), held(gate))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(reads(panel, "being checked against your notes"))
    essay, writer = await bot.essay(user), bot.writer(user)
    other = await bot.jobs.start(writer, essay.id, JobKind.PLACEMENT, Piece((asking,)))
    await asking.reached()
    models.script(said(ALONE))
    asking.release()
    await bot.jobs.wait(writer, other.id)
    await user.sees(reads(panel, "not in your notes: 1 open"))


async def test_the_section_that_was_chosen_stays_so_where_a_check_does_not_go_on_after_a_restart(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    models, user, gate = Checking(), sim.user("writer"), Gate()
    async with started(sim, tmp_path / "essays.db", models):
        panel = await with_notes(user, user.dm)
        models.script(says(f"{TEXT}\n## What I gained\n\nIt runs by itself.\n"), held(gate))
        await user.click(panel, "Write draft")
        await gate.reached()
        await user.sees(reads(panel, "being checked against your notes"))
        await user.select(panel, "Go to a section", "What I gained")
        await user.sees(reads(panel, "*What I gained*"))
    async with started(sim, tmp_path / "essays.db"):  # without a model
        await user.sees(reads(panel, "The bot was restarted before the text was checked"))
        assert "*What I gained*" in panel.text


async def test_what_a_click_shows_beside_a_check_is_stored_before_it_is_shown(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    """So a process that is killed as soon as it is shown leaves it to the next one."""
    user, gate = sim.user("writer"), Gate()
    panel = await with_notes(user, user.dm)
    models.script(says(f"{TEXT}\n## What I gained\n\nIt runs by itself.\n"), held(gate))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(reads(panel, "being checked against your notes"))
    essay, dispatcher = await bot.essay(user), bot.client.dispatcher
    context, position = InteractionContext(True, None), DraftPosition(section=1)
    watch = (await dispatcher.presenter.show_essay(bot.writer(user), essay.id, context, position=position)).watch
    assert watch is not None
    message = bot.client.get_partial_messageable(user.dm.id).get_partial_message(panel.id)
    async with dispatcher.job_panels.released(bot.writer(user), panel.id, ChannelAddress(message), watch):
        (row,) = await bot.store.read(lambda tx: tx.job_panels.of(watch.job.id))
        assert read_panel(row.address)[3] == 1
    gate.release()


async def test_a_button_for_a_sentence_that_is_settled_changes_nothing(
    sim: DiscordSimulator, bot: Bot, models: Checking
) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    models.script(says(TEXT), said(ALONE))
    await user.click(panel, "Write draft")
    await user.sees(lambda _: "Check" in panel.buttons or "Check (1)" in panel.buttons)
    await user.click(panel, "Check (1)" if "Check (1)" in panel.buttons else "Check")
    await user.sees(lambda _: "Keep" in panel.buttons)
    essay = (await bot.desk.list_essays(bot.writer(user)))[0].id
    old = next(one["custom_id"] for one in panel.parts if one["type"] == 2 and one["label"] == "Keep")
    models.script(said())
    await user.click(panel, "Fix")
    await user.sees(lambda _: "Fixed" in panel.text)
    notes = await bot.desk.notes(bot.writer(user), essay)
    await user.forge_click(panel, old)
    await user.sees(lambda _: "That sentence has changed or is settled" in panel.text)
    assert await bot.desk.notes(bot.writer(user), essay) == notes
