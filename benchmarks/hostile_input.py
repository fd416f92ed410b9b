"""Two hundred people click while one hands in the worst pages: how long the event loop stands still, at most.

The bot is a real process between a loopback Discord and a loopback model, as in discord_load, whose people these are.
"""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.bot_process import LATENCY_SECONDS, PATIENCE, Stage, draft_of, stage, until
from benchmarks.discord_load import ALLOWED_ACK, ALLOWED_STALL, CLICKERS, SEED, Person, click_about, in_turn, share
from tests.hostile_texts import worst_texts
from tests.simulators.discord import Attachment, Message, User

TAKEN_CHARACTERS = 190_000  # nearly the longest page that is taken
ENDED = "more time or memory"  # what is said of a text whose reading was ended
ALONE_SECONDS = 20.0
EVERY = 6  # of the worst texts; all of them would take half an hour
REFUSED = {
    "25 KB of headings": "# a\n" * 6_250,
    "100 KB of headings with bodies": "# a\n\nb\n\n" * 12_500,
    "1 MB of headings": "# a\n" * 249_000,
    "1 MB of one word": "a" * 990_000,
    "1 MB of short lines": "a\n" * 490_000,
    "1 MB in no known encoding": "\xe4\xf6\u0161 " * 240_000,
}


async def arrive(on: Stage, number: int) -> Person:
    """Somebody with a post of several pages."""
    user = on.sim.user(f"person {number}")
    notes = Attachment("notes.md", draft_of(9_000, number).encode())
    return Person(number, user, await set_into_a_post(user, notes))


async def set_into_a_post(user: User, notes: Attachment) -> Message:
    """The panel of notes that were handed in and, if they were taken, set into a post."""
    panel = await (await user.slash(user.dm, "draft", notes=notes)).message(PATIENCE)
    if "Set into a post" in panel.buttons:
        await user.click(panel, "Set into a post")
        await until(user, lambda: "version 1" in panel.text, "no post", panel=panel)
    return panel


async def send(user: User, text: str, encoding: str) -> bool:
    """Hands a page in, turns its pages and looks at its claims and its measures; whether it was taken."""
    notes = Attachment("notes.md", text.encode(encoding, "replace"))
    panel = await set_into_a_post(user, notes)
    if "Export" not in panel.buttons:
        return False
    for entry in ("Unsupported claims", "Measures"):
        act = await user.select(panel, "More", entry)
        await until(user, lambda act=act: act.interaction.answered is not None, "no answer")  # type: ignore[misc]  # a default that only holds the loop's value
        await until(
            user, lambda: "Export" not in panel.buttons or ENDED in user.screen.text, "nothing is shown", panel=panel
        )
        if "Export" not in panel.buttons:
            await user.click(panel, "Back")
            await until(user, lambda: "Export" in panel.buttons, "no way back", panel=panel)
    return True


async def attacked() -> None:
    """The 200, and the one."""
    async with stage(at_once=8, with_model=False) as on:
        clickers = await in_turn([arrive(on, number) for number in range(1, CLICKERS + 1)])
        await asyncio.sleep(2.0)
        pages = {**dict([*worst_texts(TAKEN_CHARACTERS).items()][::EVERY]), **REFUSED}
        before, acknowledged, over = time.time(), len(on.sim.timeline.latencies()), asyncio.Event()
        chance = random.Random(SEED)
        clicking = [asyncio.create_task(click_about(one, random.Random(chance.random()), over)) for one in clickers]
        await asyncio.sleep(ALONE_SECONDS)  # how it is without the one, on this machine at this time
        begun = time.time()
        alone = [one.late * 1000 for one in on.samples(before, begun)]
        taken, slowest, stalled = 0, (0.0, ""), (0.0, "")
        for place, (name, text) in enumerate(pages.items()):
            began, since = time.perf_counter(), time.time()
            encoding = "cp1257" if "encoding" in name else "utf-8"
            taken += await send(on.sim.user(f"sender {place}"), text, encoding)
            slowest = max(slowest, (time.perf_counter() - began, name))
            stalled = max(stalled, *((one.late * 1000, name) for one in on.samples(since, time.time())), (0.0, ""))
        after = time.time()
        over.set()
        unheard = sum(await asyncio.gather(*clicking))
        latencies = on.sim.timeline.latencies()[acknowledged:]
        within = on.samples(begun, after)
        late = [one.late * 1000 for one in within]
        stalls = sum(one > ALLOWED_STALL * 1000 for one in late)
        memory = max(one.resident for one in within) >> 20
        for line in (
            f"{CLICKERS} click while one sends {len(pages)} pages in {after - begun:.0f} s: {taken} taken, "
            f"{len(pages) - taken} refused; the slowest took {slowest[0]:.1f} s ({slowest[1]})",
            f"before the first page: longest stall of the event loop {max(alone):.0f} ms",
            f"longest stall of the event loop {max(late):.0f} ms, by {stalled[1]} "
            f"(rule: none over {ALLOWED_STALL * 1000:.0f}); "
            f"99 % {share(late, 99):.0f} ms; over it: {stalls} of {len(late)}",
            f"acknowledged {len(latencies)} acts: median {share(latencies, 50):.3f} s, 99 % "
            f"{share(latencies, 99):.3f} s, most {max(latencies):.3f} s (rule: 99 % under {ALLOWED_ACK:.0f} s); "
            f"not in time: {unheard}",
            f"resident memory {within[0].resident >> 20} MiB before, at most {memory} MiB",
        ):
            print(f"  {line}")


def run() -> None:
    """Prints what it comes to."""
    print(f"  {LATENCY_SECONDS * 1000:.0f} ms a request to Discord; simulators, people and bot on the same cores")
    asyncio.run(attacked())
