"""That the bot is writing is shown seldom: what Discord takes of a bot in all is for answers."""

from __future__ import annotations

from bot.discord_ui.interactions.dispatcher import TypingIndicator


def test_hundreds_of_waiting_writers_cost_two_typing_requests_a_second() -> None:
    now = 100.0
    typing = TypingIndicator(lambda: now)
    assert sum(typing.try_acquire(channel) for channel in range(100)) == 2
    now += 0.5
    assert sum(typing.try_acquire(channel) for channel in range(100)) == 0
    now += 0.5
    assert sum(typing.try_acquire(channel) for channel in range(100)) == 2


def test_typing_is_sent_again_once_discord_no_longer_shows_it() -> None:
    now = 100.0
    typing = TypingIndicator(lambda: now)
    assert typing.try_acquire(1)
    now += 7.9
    assert not typing.try_acquire(1)
    now += 0.1
    assert typing.try_acquire(1)
