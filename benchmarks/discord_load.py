"""Hundreds of people at once on one bot process: what each waits, and what it costs.

The bot is a real process between a loopback Discord (80 ms a request) and a loopback model (600 characters a second for
each draft). Both simulators and the people run in the benchmark's process, so that they share the machine's cores with
the bot: its figures are those of a machine that does half as much besides.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from benchmarks import discord_peer
from benchmarks.bot_process import (
    CHARACTERS_A_SECOND,
    LATENCY_SECONDS,
    PATIENCE,
    Stage,
    all_pages,
    draft_of,
    is_check,
    stage,
    states,
    stored,
    until,
    with_notes,
)
from bot.discord_ui.messages.editor import EditTiming
from tests.simulators.claude import Reply, Thinking
from tests.simulators.discord import DidNotRespondError, Message, User

T = TypeVar("T")

WRITERS = CLICKERS = 200
CHARACTERS = 9_000
THINKING_SECONDS = 2.0
WITHIN_SECONDS = 5.0  # all have begun by then, and none has ended
PAUSE_SECONDS = (2.0, 4.0)  # between seeing an answer and the next click
AT_A_TIME = 16  # people who come in at once while nothing is measured
ALLOWED_ACK, ALLOWED_STALL = 1.0, 0.2
SEED = 5


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, and the panel before them."""

    number: int
    user: User
    panel: Message


def share(values: Sequence[float], percent: int) -> float:
    """The value that ``percent`` of the values do not pass; nan for none."""
    found = sorted(values)
    return found[min(len(found) - 1, len(found) * percent // 100)] if found else float("nan")


async def in_turn(steps: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """What the steps return, so many at a time as would be without anything to measure."""
    turn = asyncio.Semaphore(AT_A_TIME)

    async def one(step: Coroutine[Any, Any, T]) -> T:
        async with turn:
            return await step

    return list(await asyncio.gather(*(one(step) for step in steps)))


async def same(person: Person) -> bool:
    """Whether all that is on the screen, page after page, is the text as it is stored."""
    return await all_pages(person.user, person.panel) == await stored(person.user, person.panel)


async def arrive(on: Stage, numbers: Sequence[int], *, drafted: bool) -> list[Person]:
    """People with notes and, if wanted, a post that the model gave at once."""

    async def one(number: int) -> Person:
        user = on.sim.user(f"person {number}")
        on.answers[number] = Reply(draft_of(CHARACTERS, number), chunk=4_000)
        panel = await with_notes(user, number)
        if drafted:
            await user.click(panel, "Write draft")
            await until(user, lambda: "version 1" in panel.text, "no draft")
        return Person(number, user, panel)

    return await in_turn([one(number) for number in numbers])


async def click_about(person: Person, chance: random.Random, over: asyncio.Event) -> int:
    """Turns pages and opens forms, with a pause after each, until the others are done; how often it was not heard."""
    user, panel, unheard = person.user, person.panel, 0
    await asyncio.sleep(chance.uniform(0, PAUSE_SECONDS[1]))
    while not over.is_set():
        button = chance.choice([one for one in panel.buttons if one in ("◀", "▶", "Edit", "Revise")])
        act = await user.click(panel, button)
        try:
            answered = await act.acknowledged(PATIENCE)
            if answered.kind == "deferred update":
                await until(user, lambda act=act: act.interaction.answered is not None, "no answer")  # type: ignore[misc]  # a default that only holds the loop's value
        except DidNotRespondError:
            unheard += 1
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
    return unheard


async def write(person: Person, wait: float) -> None:
    """Asks for a draft after so many seconds and waits until it stands there whole."""
    await asyncio.sleep(wait)
    await person.user.click(person.panel, "Write draft")
    await until(person.user, lambda: "version 1" in person.panel.text, "the draft does not come to its end")


async def load() -> None:
    """The 200 and the 200."""
    async with stage(at_once=WRITERS) as on:
        writers = await arrive(on, range(1, WRITERS + 1), drafted=False)
        clickers = await arrive(on, range(WRITERS + 1, WRITERS + CLICKERS + 1), drafted=True)
        for person in writers:
            text = draft_of(CHARACTERS, person.number)
            thinking = Thinking(seconds=THINKING_SECONDS)
            on.answers[person.number] = Reply(text, thinking=thinking, characters_per_second=CHARACTERS_A_SECOND)
        await asyncio.sleep(2.0)
        before, acknowledged, spent = time.time(), len(on.sim.timeline.latencies()), time.process_time()
        over, chance = asyncio.Event(), random.Random(SEED)
        clicking = [asyncio.create_task(click_about(one, random.Random(chance.random()), over)) for one in clickers]
        await asyncio.gather(*(write(one, chance.uniform(0, WITHIN_SECONDS)) for one in writers))
        after, spent = time.time(), time.process_time() - spent
        over.set()
        unheard = sum(await asyncio.gather(*clicking))
        latencies = on.sim.timeline.latencies()[acknowledged:]
        await asyncio.sleep(3.0)  # the messages that say it is done
        whole = sum(await in_turn([same(one) for one in writers]))
        report(on, writers, before, after, latencies, unheard, whole)
        print(f"  simulators and people took {spent:.1f} s of CPU, {spent / (after - before):.0%} of a core")


def report(
    on: Stage,
    writers: Sequence[Person],
    before: float,
    after: float,
    latencies: Sequence[float],
    unheard: int,
    whole: int,
) -> None:
    """Prints what was found between two times."""
    drafts = on.drafts()
    first, last, edits, speeds = [], [], [], []
    for person in writers:
        request = drafts[person.number]
        shown = states(on, person.panel, before)
        assert request.first_text_at is not None
        assert request.last_text_at is not None
        first.append(shown[0].at - request.first_text_at)
        last.append(next(one.at for one in shown if "version 1" in one.text) - request.last_text_at)
        edits.append(len(shown))
        speeds.append(len(request.text_sent) / (request.last_text_at - request.first_text_at))
    within = on.samples(before, after)
    late = [one.late * 1000 for one in within]
    cpu, took = within[-1].cpu - within[0].cpu, after - before
    begun = [drafts[one.number].first_text_at or 0.0 for one in writers]
    checks = sum(
        is_check(one) and (one.first_text_at or after) < after and (one.last_text_at or before) > before
        for one in on.claude.requests
    )
    ended = [drafts[one.number].last_text_at or 0.0 for one in writers]
    most = max(sum(a <= at < b for a, b in zip(begun, ended, strict=True)) for at in begun)
    for line in (
        f"{len(writers)} write drafts of {CHARACTERS:,} characters, {most} of them at once; {CLICKERS} others click",
        f"the model wrote {statistics.median(speeds):.0f} characters a second for each ({CHARACTERS_A_SECOND:.0f} set)",
        f"acknowledged {len(latencies)} acts in {took:.0f} s: median {share(latencies, 50):.3f} s, 99 % "
        f"{share(latencies, 99):.3f} s, most {max(latencies):.3f} s (rule: 99 % under {ALLOWED_ACK:.0f} s); "
        f"not in time: {unheard}",
        f"429s: {len(on.sim.violations)} (rule: none); other refusals: {len(on.sim.refused) - len(on.sim.violations)}",
        f"event loop late by at most {max(late):.0f} ms, worst of a quarter second: median {share(late, 50):.0f} ms, "
        f"99 % {share(late, 99):.0f} ms (rule: none over {ALLOWED_STALL * 1000:.0f}); "
        f"over it: {sum(one > ALLOWED_STALL * 1000 for one in late)} of {len(late)}",
        f"resident memory {within[0].resident >> 20} MiB before, at most {max(x.resident for x in within) >> 20} MiB",
        f"CPU {cpu:.1f} s, {cpu / took:.0%} of a core: {cpu / len(writers) * 1000:.0f} ms a draft, clicks included; "
        f"{statistics.mean(edits):.1f} edits a draft",
        f"checks of posts against their notes under way meanwhile: {checks}",
        f"model's first text to first seen: median {share(first, 50):.2f} s, 99 % {share(first, 99):.2f} s",
        f"model's last text to last seen: median {share(last, 50):.2f} s, 99 % {share(last, 99):.2f} s "
        f"(rule: {EditTiming().interval} s between edits)",
        f"drafts whose screen equals the stored text: {whole} of {len(writers)}",
    ):
        print(f"  {line}")


def run() -> None:
    """Prints what the load comes to, then the figures of the best streaming peer beside ours."""
    print(f"  {LATENCY_SECONDS * 1000:.0f} ms a request to Discord; simulators, people and bot on the same cores")
    asyncio.run(load())
    print()
    discord_peer.run()
