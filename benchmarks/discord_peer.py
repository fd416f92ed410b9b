"""The figures of the best streaming peer beside ours, on the same terms.

The peer's were measured on a loopback Discord with 80 ms a request and a model of 600 characters a second. Ours come
from the same here: one post of 9,000 characters with every kind of mark in it, alone; then one fault at a time; then a
hundred people at once, each in their DM, with replies of 3,000 characters.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from dataclasses import dataclass

from markdown_it import MarkdownIt

from benchmarks.bot_process import (
    CHARACTERS_A_SECOND,
    Stage,
    all_pages,
    draft_of,
    page_shown,
    pages_read,
    stage,
    states,
    stored,
    until,
    with_notes,
)
from tests.simulators.claude import Answer, Cut, HttpError, Reply, Thinking
from tests.simulators.discord import Message, User

LONG, SHORT, PEOPLE = 9_000, 3_000, 100
CUT_AFTER = 3_000
THINKING_SECONDS = 2.0
_INLINE = MarkdownIt("commonmark").enable("strikethrough")
_FENCE = re.compile(r"^ {0,3}(```|~~~)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Line:
    """One figure: what it is, the peer's and ours."""

    what: str
    peer: str
    ours: str


def unbalanced(text: str) -> bool:
    """Whether a mark is seen that does nothing: by markdown-it-py, which knows nothing of how the bot closes them."""
    if len(_FENCE.findall(text)) % 2:
        return True
    for token in _INLINE.parse(text):
        for child in token.children or ():
            if child.type == "text" and re.search(r"\*|~~|`", child.content):
                return True
    return text.count("“") != text.count("”")


def reply(text: str, *, thinking: bool = False, ending: Cut | None = None) -> Reply:
    """A reply at the pace of the terms."""
    thought = Thinking(seconds=THINKING_SECONDS) if thinking else None
    return Reply(text, thinking=thought, ending=ending, characters_per_second=CHARACTERS_A_SECOND)


async def begun(on: Stage, number: int, answer: Answer) -> tuple[User, Message, float]:
    """A writer in their DM who has asked for a draft just now."""
    user = on.sim.user(f"person {number}")
    panel = await with_notes(user, number)
    on.answers[number] = answer
    before = time.time()
    await user.click(panel, "Write draft")
    return user, panel, before


async def ended(user: User, panel: Message) -> None:
    """The job has ended, well or not, and the panel shows it."""
    await until(user, lambda: "Stop" not in panel.buttons and "Export" in panel.buttons, "the draft does not end")


async def alone(on: Stage, number: int, *, thinking: bool) -> list[Line]:
    """One long post."""
    text = draft_of(LONG, number)
    user, panel, before = await begun(on, number, reply(text, thinking=thinking))
    await ended(user, panel)
    await asyncio.sleep(1.0)  # the message that says it is done
    shown = states(on, panel, before)
    first = shown[0].at - (on.drafts()[number].first_text_at or 0.0)
    if thinking:
        return [Line("first visible text after the model's first, s; the model thinks first", "", f"{first:.3f}")]
    writes = len(
        [one for one in on.sim.timeline.of("posted", "edited") if one.at >= before and user.name in one.seen_by]
    )
    parts = await pages_read(user, panel)
    odd = sum(unbalanced(page_shown(one.payload or {})) for one in shown)
    words = set(text.split())
    inside = sum(page.split()[-1] not in words for page in parts[:-1])  # behind the last comes nothing
    return [
        Line("first visible text after the model's first, s", "0.06", f"{first:.3f}"),
        Line(f"writes for {LONG:,} characters", "16", str(writes)),
        Line("visible states with unbalanced Markdown", "9 of 16", f"{odd} of {len(shown)}"),
        Line("parts cut inside a word", "2 of 3", f"{inside} of {len(parts)}"),
    ]


async def cut(on: Stage, number: int) -> Line:
    """The model's connection is cut in the middle."""
    text = draft_of(LONG, number)
    user, panel, _ = await begun(on, number, reply(text, ending=Cut(CUT_AFTER)))
    await ended(user, panel)
    sent = "".join(on.drafts()[number].text_sent.split())
    read = await all_pages(user, panel)
    missing = len(sent) - len(read) if sent.startswith(read) else len(sent)
    told = any("broke off" in one.text or "unfinished" in one.text for one in on.sim.timeline.states(panel.id))
    return Line("characters never shown after a cut", "347, not told", f"{missing}, {'told' if told else 'not told'}")


async def refused(on: Stage, number: int, status: int, words: str) -> Line:
    """The model's service fails; the panel says so in ``words``."""
    user, panel, _ = await begun(on, number, HttpError(status, headers={"x-should-retry": "false"}))
    await until(user, lambda: "Without a model" in panel.buttons, "nothing is told")
    return Line(f"people told of a {status}", "nobody", "everybody" if words in panel.text else "nobody")


async def forbidden(on: Stage, number: int) -> Line:
    """One write to Discord meets a 403 while the text is growing."""
    text = draft_of(LONG, number)
    user, panel, before = await begun(on, number, reply(text))
    await until(user, lambda: states(on, panel, before), "no text")
    fault = on.sim.fail_next("PATCH", "/webhooks/*/messages/*", 403, 50001)
    await ended(user, panel)
    assert fault.used == 1
    kept = await stored(user, panel)
    read = await all_pages(user, panel)
    missing = len(kept) - len(read) if kept.startswith(read) else len(kept)
    return Line("characters lost when one write meets a 403", "2,007", str(missing))


async def crowd(on: Stage, first: int) -> list[Line]:
    """A hundred at once, each in their DM."""
    turn = asyncio.Semaphore(16)

    async def arrive(number: int) -> tuple[User, Message]:
        async with turn:
            user = on.sim.user(f"person {number}")
            on.answers[number] = reply(draft_of(SHORT, number))
            return user, await with_notes(user, number)

    people = await asyncio.gather(*(arrive(number) for number in range(first, first + PEOPLE)))
    await asyncio.sleep(2.0)
    before, heard = time.time(), len(on.sim.timeline.latencies())

    async def ask(user: User, panel: Message) -> None:
        await user.click(panel, "Write draft")
        await ended(user, panel)

    await asyncio.gather(*(ask(user, panel) for user, panel in people))
    await asyncio.sleep(2.0)
    within = on.samples(before, time.time())
    cpu = (within[-1].cpu - within[0].cpu) / PEOPLE * 1000
    latencies = on.sim.timeline.latencies()[heard:]
    whole = 0
    for user, panel in people:
        whole += await all_pages(user, panel) == await stored(user, panel)
    return [
        Line(
            f"{PEOPLE} people at once in DMs: acknowledged after, s (median)",
            "3.8",
            f"{statistics.median(latencies):.3f}",
        ),
        Line("replies whole", f"80 of {PEOPLE}", f"{whole} of {PEOPLE}"),
        Line(f"CPU of a reply of {SHORT:,} characters, ms", "87", f"{cpu:.0f}"),
    ]


async def compared() -> list[Line]:
    """All figures. Raises AssertionError where one of the steps never comes to its end."""
    async with stage(at_once=PEOPLE) as on:
        return [
            *await alone(on, 1, thinking=False),
            *await alone(on, 2, thinking=True),
            await cut(on, 3),
            await refused(on, 4, 500, "a fault of its own"),
            await refused(on, 5, 529, "overloaded"),
            await forbidden(on, 6),
            *await crowd(on, 1_000),
        ]


def run() -> None:
    """Prints them."""
    print(f"  {'':68} {'peer':>14} {'ours':>14}")
    for line in asyncio.run(compared()):
        print(f"  {line.what:68} {line.peer:>14} {line.ours:>14}")
