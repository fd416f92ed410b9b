"""What could not be told of a message stays news: it is tried again, and comes with whatever is told next, once."""

from __future__ import annotations

import asyncio

import pytest

from bot.discord_ui.dm.notifier import PendingNotices
from tests.discord_ui.conftest import Bot
from tests.discord_ui.dm.test_backfill import drop_connection_once
from tests.discord_ui.dm_steps import dm_messages_from_bot, question, talking
from tests.discord_ui.panel_steps import reads
from tests.services.fakes import PATIENCE
from tests.simulators.discord import Attachment, DiscordSimulator, User

__all__ = ["talking"]  # a fixture

WRONG = (
    "x.pdf is a PDF, which is not read: copy its text into a .md or .txt file and give that. "
    "Nothing of your message was stored."
)
PDF = Attachment("x.pdf", b"%PDF")
PAGE = Attachment("page.md", b"A page of notes.")
SHORT = (0.05, 0.05)  # seconds before each further try, so that a test need not wait
NEVER = (3_600.0,)


def set_retry_delays(bot: Bot, seconds: tuple[float, ...]) -> None:
    bot.client.dispatcher.dm_listener.notifier.retry_delays_seconds = seconds


def send_path(user: User) -> str:
    return f"/channels/{user.dm.id}/messages"


def edit_path(user: User) -> str:
    return f"/channels/{user.dm.id}/messages/*"


def times_shown(sim: DiscordSimulator, user: User, words: str) -> int:
    return sum(one.text.count(words) for one in dm_messages_from_bot(sim, user))


async def wait_until_nothing_is_being_sent(bot: Bot, user: User) -> None:
    """Returns when nobody tries any more to tell the person something."""
    async with asyncio.timeout(PATIENCE):
        await bot.client.dispatcher.dm_listener.notifier.wait_until_idle(bot.writer(user))


@pytest.mark.parametrize("how", ["refused", "refused twice", "dropped"])
async def test_a_dm_notice_that_discord_did_not_accept_is_sent_again(
    sim: DiscordSimulator, talking: Bot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    set_retry_delays(talking, SHORT)
    user = sim.user("writer")
    await question(user)
    if how == "dropped":
        drop_connection_once(monkeypatch, "send_message")
    else:
        sim.fail_next("POST", send_path(user), 403, 50001, times=2 if "twice" in how else 1)
    await user.say(user.dm, "", [PDF])
    await user.sees(lambda screen: WRONG in screen.text)
    await wait_until_nothing_is_being_sent(talking, user)
    assert times_shown(sim, user, WRONG) == 1


@pytest.fixture
def give_up_before_discord_py_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot waits for Discord's answer for less than discord.py does before it asks again."""
    monkeypatch.setattr("bot.discord_ui.dm.notifier._EDIT_TIMEOUT_SECONDS", 0.3)


@pytest.mark.usefixtures("give_up_before_discord_py_does")
@pytest.mark.parametrize(
    ("text", "files", "told", "then"),
    [
        ("", [PDF], WRONG, f"{WRONG}\n{WRONG}"),
        ("Hello", [], "You wrote 1 message", "You wrote 2 messages"),
        ("", [PAGE], "1 note stored", "2 notes stored"),
    ],
    ids=["notice", "panel", "notes"],
)
async def test_a_dm_message_whose_response_from_discord_was_lost_appears_once(
    sim: DiscordSimulator, talking: Bot, text: str, files: list[Attachment], told: str, then: str
) -> None:
    """It is tried again, for nobody knows that it was said; what is written later is told of as ever."""
    set_retry_delays(talking, SHORT)
    user = sim.user("writer")
    if files:
        await question(user)
    sim.fail_next("POST", send_path(user), 502, applied=True)
    await user.say(user.dm, text, files)
    await user.sees(lambda screen: told in screen.text)
    await wait_until_nothing_is_being_sent(talking, user)
    assert [one.status for one in sim.served if one.path == send_path(user)] == [502, 200]
    assert times_shown(sim, user, told) == 1
    await user.say(user.dm, text, files)
    await user.sees(lambda _: then in "\n".join(one.text for one in dm_messages_from_bot(sim, user)))


@pytest.mark.usefixtures("give_up_before_discord_py_does")
async def test_a_dm_panel_whose_response_was_lost_keeps_counting_messages_before_the_retry(
    sim: DiscordSimulator, talking: Bot
) -> None:
    """One panel, though it would show something else by then."""
    set_retry_delays(talking, NEVER)
    user = sim.user("writer")
    failed = sim.fail_next("POST", send_path(user), 502, applied=True)
    await user.say(user.dm, "Hello")
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    await user.sees(lambda screen: "You wrote 1 message" in screen.text)
    await user.say(user.dm, "I left in May.")
    await user.sees(lambda screen: "You wrote 2 messages" in screen.text)
    await wait_until_nothing_is_being_sent(talking, user)
    assert len(dm_messages_from_bot(sim, user)) == 1


@pytest.mark.parametrize("failing", ["the notice", "the panel"])
async def test_only_the_one_of_panel_and_notice_that_failed_is_sent_again(
    sim: DiscordSimulator, talking: Bot, failing: str
) -> None:
    """Of a message's panel and notice, whichever failed; the other one did not wait for it."""
    set_retry_delays(talking, SHORT)
    user = sim.user("writer")
    panel = await question(user)
    method, path = ("POST", send_path(user)) if failing == "the notice" else ("PATCH", edit_path(user))
    failed = sim.fail_next(method, path, 403, 50001)
    await user.say(user.dm, "I left in May.", [PDF])
    await user.sees(reads(panel, "1 message, 4 words"))
    told = WRONG.replace("Nothing of your message was stored.", "The rest of your message is stored.")
    await user.sees(lambda screen: told in screen.text)
    await wait_until_nothing_is_being_sent(talking, user)
    assert failed.used == 1
    assert times_shown(sim, user, told) == 1
    assert len(dm_messages_from_bot(sim, user)) == 2


@pytest.mark.parametrize("code", [50001, 50007])
@pytest.mark.parametrize("after", ["a message", "a click"])
async def test_a_notice_no_longer_retried_is_sent_after_the_next_message_or_click(
    sim: DiscordSimulator, talking: Bot, code: int, after: str
) -> None:
    """After the last try; and where the person's DMs are closed to the bot there is no other one."""
    set_retry_delays(talking, () if code == 50001 else SHORT)
    user = sim.user("writer")
    panel = await question(user)
    failed = sim.fail_next("POST", send_path(user), 403, code)
    await user.say(user.dm, "", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    await wait_until_nothing_is_being_sent(talking, user)
    assert times_shown(sim, user, WRONG) == 0
    if after == "a message":
        await user.say(user.dm, "I left in May.")
        await user.sees(reads(panel, "1 message"))
    else:
        await user.click(panel, "Skip")
    await user.sees(lambda screen: WRONG in screen.text)
    await wait_until_nothing_is_being_sent(talking, user)
    assert times_shown(sim, user, WRONG) == 1


async def test_a_click_does_not_wait_for_a_pending_retry_and_triggers_it(sim: DiscordSimulator, talking: Bot) -> None:
    set_retry_delays(talking, NEVER)
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "One.")
    await user.sees(reads(panel, "1 message"))
    failed = sim.fail_next("PATCH", edit_path(user), 403, 50001)
    await user.say(user.dm, "Two.", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    below = await (await user.click(panel, "Next")).followup()
    assert "question 2" in below.text
    await wait_until_nothing_is_being_sent(talking, user)
    assert dm_messages_from_bot(sim, user)[-1] is below


async def test_a_notice_that_discord_rejects_as_invalid_is_not_retried_and_delays_nothing(
    sim: DiscordSimulator, talking: Bot
) -> None:
    set_retry_delays(talking, NEVER)
    user = sim.user("writer")
    panel = await question(user)
    sim.fail_next("POST", send_path(user), 400, 50035)
    await user.say(user.dm, "I left in May.", [PDF])
    await user.sees(reads(panel, "1 message"))
    await wait_until_nothing_is_being_sent(talking, user)
    assert dm_messages_from_bot(sim, user) == [panel]


async def test_new_notes_are_announced_in_a_new_message_below_anything_said_since(
    sim: DiscordSimulator, talking: Bot
) -> None:
    """An edit far up leaves no mark that something is unread."""
    user = sim.user("writer")
    notes = [Attachment(f"{name}.md", f"## What I missed\n\n{name}".encode()) for name in ("One", "Two", "Three")]
    await question(user)
    for note in notes[:2]:
        await user.say(user.dm, "", [note])
        await user.sees(lambda screen: "note stored" in screen.text)
    await user.sees(lambda screen: "2 notes stored" in screen.text)
    told = dm_messages_from_bot(sim, user)
    talking.client.dispatcher.dm_listener.notifier.start_new_summary(talking.writer(user))
    await user.say(user.dm, "", [notes[2]])
    await user.sees(lambda screen: "1 note stored" in screen.text)
    assert dm_messages_from_bot(sim, user)[:-1] == told
    assert "2 notes stored" in told[-1].text


async def test_no_notice_is_sent_after_the_bot_was_closed(sim: DiscordSimulator, talking: Bot) -> None:
    set_retry_delays(talking, NEVER)
    user = sim.user("writer")
    await question(user)
    failed = sim.fail_next("POST", send_path(user), 403, 50001)
    await user.say(user.dm, "", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    teller = talking.client.dispatcher.dm_listener.notifier
    await teller.close()
    teller.start_new_summary(talking.writer(user))
    await wait_until_nothing_is_being_sent(talking, user)
    assert times_shown(sim, user, WRONG) == 0


def test_the_latest_of_many_unsent_notices_are_kept_and_fit_into_messages() -> None:
    """And the person reads that there was more."""
    notices = PendingNotices()
    for number in range(1_000):
        notices.add(f"{number}{'.' * 300}")
    said: list[list[str]] = []
    while sentences := notices.next_batch():
        said.append(sentences)
        notices.drop_first(len(sentences))
    assert all(len("\n".join(one)) <= 4_000 for one in said)
    together = [sentence for one in said for sentence in one]
    assert together[0].startswith("There was more to say")
    assert [one.rstrip(".") for one in together[1:]] == [str(number) for number in range(951, 1_000)]
