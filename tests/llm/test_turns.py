"""Answers that come at the same time are taken apart a few at a time."""

from __future__ import annotations

import asyncio

from bot.llm.turns import Turns


async def test_a_few_go_on_in_each_turn_of_the_loop_in_the_order_in_which_they_came() -> None:
    turns, gone = Turns(0.0, 3), list[int]()

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
    turns = Turns(0.0, 1)
    left, stays = asyncio.create_task(turns.wait()), asyncio.create_task(turns.wait())
    await asyncio.sleep(0)
    left.cancel()
    await stays
    assert left.cancelled()
    await turns.wait()
