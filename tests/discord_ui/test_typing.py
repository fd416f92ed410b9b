"""That the bot is writing is shown seldom: what Discord takes of a bot in all is for answers."""

from __future__ import annotations

from bot.discord_ui.typing import Typing


def test_hundreds_who_wait_at_once_cost_two_requests_a_second() -> None:
    now = 100.0
    typing = Typing(lambda: now)
    assert sum(typing.may(channel) for channel in range(100)) == 2
    now += 0.5
    assert sum(typing.may(channel) for channel in range(100)) == 0
    now += 0.5
    assert sum(typing.may(channel) for channel in range(100)) == 2


def test_a_channel_is_told_again_when_discord_shows_it_no_more() -> None:
    now = 100.0
    typing = Typing(lambda: now)
    assert typing.may(1)
    now += 7.9
    assert not typing.may(1)
    now += 0.1
    assert typing.may(1)
