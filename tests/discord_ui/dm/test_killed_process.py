"""The real process, killed while people write to it: every message is stored once, in order."""

from __future__ import annotations

import asyncio
import logging
import random
import signal
from pathlib import Path

from bot import bootstrap
from bot.discord_ui.interactions.responses import writer_id
from bot.services.snapshot import read_pending_messages
from bot.store.sqlite import SqliteStore
from tests.discord_ui.test_bot_process import Runs, claude, runs
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User

__all__ = ["claude", "runs"]  # fixtures


async def question(user: User) -> Message:
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Next" in panel.buttons)
    return panel


async def stored(user: User, database: Path) -> tuple[list[str], list[str]]:
    """The person's notes and what waits to become one, read from the file when no process has it open."""
    store = SqliteStore(database, None, bootstrap.utc_now)
    try:
        writer = writer_id(store.pseudonym_secret, user.id)
        ((notes, waiting),) = await store.read(
            lambda tx: [
                (tx.essays.notes(writer, essay.id), read_pending_messages(tx, writer, essay.id))
                for essay in tx.essays.of_writer(writer)
            ]
        )
        return [note.text for note in notes], [piece.text for piece in waiting]
    finally:
        store.close()


async def kill(sim: DiscordSimulator, runs: Runs) -> None:
    runs.send_signal(signal.SIGKILL)
    await runs.ended()
    await sim.gateway.wait_disconnected()


async def test_dm_messages_and_edits_made_while_the_bot_was_killed_are_read_after_the_restart(
    sim: DiscordSimulator,
    runs: Runs,
    tmp_path: Path,
) -> None:
    """Also the edit of a message that an earlier process had stored, and of one that it had made part of a note."""
    user = sim.user("writer")
    panel = await question(user)
    noted = await user.say(user.dm, "It was loud.")
    await user.sees(lambda _: "1 message" in panel.text)
    panel = await (await user.click(panel, "Next")).followup()
    await user.sees(lambda _: "Answer" in panel.buttons)  # the model has chosen the question
    early = await user.say(user.dm, "one")
    await user.sees(lambda _: "1 message" in panel.text)
    await kill(sim, runs)
    await user.edit(noted, "It was very loud.")
    await user.edit(early, "one, edited")
    for text in ("two", "three"):
        await user.say(user.dm, text)
    late = await user.say(user.dm, "four", [Attachment("notes.md", b"A page of notes.")])
    await user.edit(late, "four, edited")
    sim.gateway.duplicate_next("MESSAGE_CREATE", 1)
    await runs.start()
    await user.say(user.dm, "five")
    await user.sees(lambda screen: "5 messages" in screen.text and "1 note stored" in screen.text)
    await runs.again()
    await user.say(user.dm, "six")
    await user.sees(lambda screen: "6 messages" in screen.text)
    await kill(sim, runs)
    notes, waiting = await stored(user, tmp_path / "essays.db")
    assert notes == ["It was very loud.", "A page of notes."]
    assert waiting == ["one, edited", "two", "three", "four, edited", "five", "six"]
    for secret in ("three", "A page of notes", str(user.id), str(user.dm.id), "Traceback"):
        assert secret not in runs.log


async def test_kills_at_random_moments_neither_lose_nor_duplicate_dm_messages(
    sim: DiscordSimulator,
    runs: Runs,
    tmp_path: Path,
) -> None:
    """Ten kills at random moments, seed logged, among messages, files, duplicate events and starts."""
    seed = random.randrange(10**6)
    logging.getLogger(__name__).warning("seed %d", seed)  # shown where the test fails
    chance = random.Random(seed)
    user = sim.user("writer")
    await question(user)
    said: list[str] = []
    files: list[str] = []

    async def write() -> None:
        said.append(f"message {len(said)}")
        attached = []
        if chance.random() < 0.2:
            files.append(f"Page {len(files)}.")
            attached = [Attachment("notes.md", files[-1].encode())]
        if chance.random() < 0.3:
            sim.gateway.duplicate_next("MESSAGE_CREATE", 1)
        await user.say(user.dm, said[-1], attached)
        await asyncio.sleep(chance.random() * 0.02)

    for _ in range(10):
        for _ in range(chance.randrange(1, 8)):
            await write()
        await kill(sim, runs)
        for _ in range(chance.randrange(0, 4)):
            await write()
        sim.clock.advance(6)  # nobody starts a bot every half second: each start reads the channel, five times in 5 s
        await runs.start()
        await asyncio.sleep(chance.random() * 0.1)  # the kill may meet it while it reads
    await write()
    await user.sees(lambda screen: f"{len(said)} messages" in screen.text)
    await kill(sim, runs)
    notes, waiting = await stored(user, tmp_path / "essays.db")
    assert waiting == said
    assert sorted(notes) == sorted(files)
