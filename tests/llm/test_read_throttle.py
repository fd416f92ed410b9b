"""Answers that come at the same time are taken apart a few at a time."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import StreamBroken
from bot.essay.structure import Structure
from bot.llm.caller import ReadThrottle
from bot.services.llm_ports import Models
from tests.llm.conftest import NOTES, WRITER, Pieces
from tests.simulators.claude import ClaudeSimulator, Cut, Reply


async def test_a_few_go_on_in_each_turn_of_the_loop_in_the_order_in_which_they_came() -> None:
    turns, gone = ReadThrottle(0.0, 3), list[int]()

    async def one(number: int) -> None:
        await turns.wait()
        gone.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(10)]
    most = 0
    while len(gone) < 10:
        before = len(gone)
        await asyncio.sleep(0)
        most = max(most, len(gone) - before)
    assert gone == list(range(10))
    assert most == 3
    await asyncio.gather(*tasks)


async def test_one_who_no_longer_waits_holds_up_nobody_and_the_next_begins_anew() -> None:
    turns = ReadThrottle(0.0, 1)
    left, stays = asyncio.create_task(turns.wait()), asyncio.create_task(turns.wait())
    await asyncio.sleep(0)
    left.cancel()
    await stays
    assert left.cancelled()
    await turns.wait()


async def test_all_that_has_come_when_a_connection_breaks_is_heard(
    claude: ClaudeSimulator, models: Models, structure: Structure, on: Pieces
) -> None:
    """Also the words that came while others had their turn."""
    claude.script(Reply("word " * 100, characters_per_second=600, ending=Cut(430)))
    with pytest.raises(StreamBroken):
        await models.drafter.draft(WRITER, structure, "Out", NOTES, on)
    assert on.text == claude.requests[-1].text_sent
    assert len(on.text) > 400
