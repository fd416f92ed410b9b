"""One message's editor by itself, over an address that a test holds in its hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from bot.discord_ui.messages.editor import AddressRecord, EditTiming, MessageEditors, Superseded
from bot.discord_ui.panels.cards import Card, TextBlock
from tests.services.fakes import Gate


def card(words: str) -> Card:
    return Card((TextBlock(words),))


def words(shown: Card) -> str:
    return "".join(part.content for part in shown.parts if isinstance(part, TextBlock))


@dataclass(eq=False)
class HeldAddress:
    """An address that shows at once, but for the words that a test holds back; ``shown`` is what has arrived."""

    shown: list[str] = field(default_factory=list)
    held: dict[str, Gate] = field(default_factory=dict)
    is_bot_dm: bool = False

    async def edit(self, shown: Card) -> int:
        if (gate := self.held.get(words(shown))) is not None:
            try:
                await gate.hold()
            except asyncio.CancelledError:  # the connection is closed, but Discord had the request
                asyncio.get_running_loop().call_soon(self.shown.append, words(shown))
                raise
        self.shown.append(words(shown))
        return 1

    async def send(self, shown: Card, nonce: str) -> None:
        self.shown.append(words(shown))

    def seconds_left(self, now: datetime) -> None:
        return None

    def has_expired(self, error: Exception) -> bool:
        return False

    def fallback(self) -> None:
        return None

    def to_record(self) -> AddressRecord | None:
        return None


def made(timing: EditTiming | None = None) -> MessageEditors:
    return MessageEditors(lambda: datetime.now(UTC), timing or EditTiming(interval=0.0))


async def test_an_earlier_click_that_is_ready_later_is_not_shown() -> None:
    editors, address = made(), HeldAddress()
    first, second = editors.register_click(1), editors.register_click(1)
    assert await second.show(card("second"), address) == 1
    assert await first.show(card("first"), address) is None
    assert address.shown == ["second"]


async def test_two_requests_for_one_message_are_never_under_way_together() -> None:
    editors, address, gate = made(), HeldAddress(), Gate()
    address.held["first"] = gate
    first, second = editors.register_click(1), editors.register_click(1)
    one = asyncio.create_task(first.show(card("first"), address))
    await gate.reached()
    two = asyncio.create_task(second.show(card("second"), address))
    await asyncio.sleep(0)
    assert address.shown == []
    gate.release()
    await asyncio.gather(one, two)
    assert address.shown == ["first", "second"]


async def test_an_owner_cannot_update_the_message_once_a_click_has_shown_something_else() -> None:
    editors, address, owner = made(), HeldAddress(), object()
    click = editors.register_click(1)
    await click.show(card("running"), address)
    click.editor.owner = owner
    await click.editor.update(owner, lambda: card("more"))
    await editors.register_click(1).show(card("other"), address)
    with pytest.raises(Superseded):
        await click.editor.update(owner, lambda: card("even more"))
    assert address.shown == ["running", "more", "other"]


async def test_what_a_click_showed_is_shown_again_behind_an_update_that_was_given_up_for_it() -> None:
    editors, address, owner = made(EditTiming(interval=0.0, outdated_timeout=0.0, late_arrival=0.0)), HeldAddress(), 0
    address.held["old"] = Gate()
    click = editors.register_click(1)
    await click.show(card("running"), address)
    click.editor.owner = owner
    update = asyncio.create_task(click.editor.update(owner, lambda: card("old")))
    await address.held["old"].reached()
    await editors.register_click(1).show(card("new"), address)
    with pytest.raises(TimeoutError):
        await update
    await asyncio.gather(*editors.tasks)
    assert address.shown[-1] == "new"
    assert sorted(address.shown) == ["new", "new", "old", "running"]


@pytest.mark.parametrize(("before", "waits"), [(3, False), (4, True)])
async def test_the_last_update_waits_only_where_discord_takes_no_more_edits_yet(before: int, waits: bool) -> None:
    """Five in five seconds; the click's own answer is one of them."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    editors, address, owner = made(EditTiming(interval=0.0, bucket_seconds=3600.0, pause=pause)), HeldAddress(), 0
    click, hurry = editors.register_click(1), asyncio.Event()
    await click.show(card("running"), address)
    click.editor.owner = owner
    for number in range(before):
        await click.editor.update(owner, _shows(f"{number}"))
    hurry.set()
    await click.editor.update(owner, _shows("end"), hurry=hurry)
    assert bool(pauses) is waits
    assert address.shown[-1] == "end"


def _shows(text: str) -> Callable[[], Card]:
    return lambda: card(text)
