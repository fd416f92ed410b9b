"""That the bot is writing is shown seldom: what Discord takes of a bot in all is for answers."""

from __future__ import annotations

from bot.discord_ui.typing import Typing


def test_hundreds_of_waiting_writers_cost_two_typing_requests_a_second() -> None:
    now = 100.0
    typing = Typing(lambda: now)
    assert sum(typing.may(channel) for channel in range(100)) == 2
    now += 0.5
    assert sum(typing.may(channel) for channel in range(100)) == 0
    now += 0.5
    assert sum(typing.may(channel) for channel in range(100)) == 2


def test_typing_is_sent_again_once_discord_no_longer_shows_it() -> None:
    now = 100.0
    typing = Typing(lambda: now)
    assert typing.may(1)
    now += 7.9
    assert not typing.may(1)
    now += 0.1
    assert typing.may(1)
