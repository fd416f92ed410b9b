"""The whole story with the real process, in a server, in the DM and as a user install at once, and with kills between.

Three people go through it step by step beside each other, each with words of their own.
"""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from bot import bootstrap
from bot.discord_ui.interactions.responses import writer_id
from bot.essay.export import export_markdown, read_export
from bot.settings import Settings
from bot.store.sql_store import SqlStore
from bot.store.sqlite import SqliteStore
from tests.discord_ui.bot_process import Runs, claude, environment, runs, started
from tests.discord_ui.story_steps import PLACES, STORY, Step, Writer, begun, exported, exported_as_it_is
from tests.simulators.claude import ClaudeSimulator
from tests.simulators.discord import Channel, DiscordSimulator, Guild, User

__all__ = ["claude", "runs"]  # fixtures


async def writers(sim: DiscordSimulator) -> list[Writer]:
    """One in a server that has the bot, one in its DM, one with the bot on their own account in a server without it."""
    in_server, in_dm = sim.user("in a server"), sim.user("in the DM")
    account = sim.user("by account", installed=True)
    places: tuple[tuple[User, Channel | Guild], ...] = (
        (in_server, sim.guild("Writers")),
        (in_dm, in_dm.dm),
        (account, sim.guild("Elsewhere", bot=False)),
    )
    return [await begun(user, place, word) for (user, place), word in zip(places, PLACES, strict=True)]


async def export(one: Writer) -> bytes:
    """By the button and by the command, which hand over the same; where others are, only they see it."""
    by_button = await exported(one.user, one.panel)
    by_command = await (await one.user.slash(one.place, "export")).message()
    if not by_command.files:
        by_command = await exported_as_it_is(one.user, by_command)
    (data,) = by_command.files.values()
    assert by_button.files == by_command.files
    for message in (one.panel, by_button, by_command):
        assert message.ephemeral is (one.place is not one.user.dm), one.where
    return data


async def take_step_together(step: Step, people: list[Writer]) -> None:
    """All take the step at once. A failure names who could not."""
    async with asyncio.TaskGroup() as group:
        for one in people:
            group.create_task(take_step(step, one))


async def take_step(step: Step, one: Writer) -> None:
    try:
        await step(one)
    except AssertionError as error:
        error.add_note(f"{one.where}: {step.__name__}")
        raise


async def check_exports(people: list[Writer], exported: list[bytes], store: SqlStore) -> None:
    """What each was handed is their stored text, byte for byte, and holds nothing of the others."""
    try:
        desk = bootstrap.build_services(Settings.model_construct(), with_model=False, store=store).essays
        for one, data in zip(people, exported, strict=True):
            writer = writer_id(store.pseudonym_secret, one.user.id)
            (essay,) = await desk.list_essays(writer)
            stored = (await desk.current_version(writer, essay.id)).text
            assert read_export(data.decode())[1].encode() == stored.encode(), one.where
            assert data == export_markdown(await desk.export(writer, essay.id)).encode(), one.where
            assert one.answer in stored
            assert [info.number for info in await desk.versions(writer, essay.id)] == [1, 2, 3]
            one.assert_only_own_word(stored)
            one.assert_only_own_word(one.user.screen.text)
    finally:
        store.close()


async def test_three_writers_reach_the_export_in_a_server_in_the_dm_and_by_user_install(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path
) -> None:
    """``python -m bot run``: from /draft through interview, draft, revision, undo, critique and suggestion to the file;
    then SIGTERM. Its log has one line an operation, and no word of theirs."""
    async with started(sim, claude, tmp_path) as run:
        people = await writers(sim)
        assert ["Continue in DM" in one.panel.buttons for one in people] == [True, False, True]
        for step in STORY:
            await take_step_together(step, people)
        exported = [await export(one) for one in people]
        run.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(run.wait(), 10) == 0
    await check_exports(people, exported, SqliteStore(tmp_path / "essays.db", None, bootstrap.utc_now))
    log = (tmp_path / "run.log").read_text()
    assert log.count("essay write: done") == len(people)
    assert log.count("/export: done") == len(people)
    secrets = [sim.token, claude.key or "", "61,000", "export service", "Shorter", "HTTP Request", "Request options"]
    people_in_it = [part for one in people for part in (one.word, one.user.name, str(one.user.id))]
    assert [part for part in (*secrets, *people_in_it) if part in log] == []


async def test_the_whole_story_works_with_a_kill_between_every_two_steps(sim: DiscordSimulator, runs: Runs) -> None:
    """kill -9 and a new start between every two steps of the story: every button, form and text is still there."""
    sim.settings.rate_limits = False  # each start reads the DM again, and there are twelve in as many seconds
    people = await writers(sim)
    for step in STORY:
        await runs.again()
        await take_step_together(step, people)
    await runs.again()
    exported = [await export(one) for one in people]
    await runs.kill()
    await check_exports(people, exported, SqliteStore(runs.folder / "essays.db", None, bootstrap.utc_now))
    assert [one.changed for one in sim.syncs] == [True]
    assert sim.gateway.identifies == len(STORY) + 2


@pytest.mark.postgres
async def test_the_whole_story_works_on_postgresql_with_a_kill_between_every_two_steps(
    sim: DiscordSimulator, claude: ClaudeSimulator, tmp_path: Path, postgres_url: str
) -> None:
    from tests.postgres_server import KEY, open_store

    sim.settings.rate_limits = False
    more = {**environment(sim, claude, tmp_path), "DATABASE_URL": postgres_url, "DATABASE_KEY": KEY}
    runs = Runs(sim, tmp_path, more)
    await runs.start()
    try:
        people = await writers(sim)
        for one in people:
            one.patience = 30  # what a killed process held in the queue is free within fifteen seconds
        for step in STORY:
            await runs.again()
            await take_step_together(step, people)
        exported = [await export(one) for one in people]
    finally:
        await runs.kill()
    await check_exports(people, exported, open_store(postgres_url, bootstrap.utc_now))
    assert not (tmp_path / "essays.db").exists()
    assert [one.word for one in people if one.word in runs.log] == []
