"""What could not be told of a message stays news: it is tried again, and comes with whatever is told next, once."""

from __future__ import annotations

import asyncio

import pytest

from bot.discord_ui.news import Notices
from tests.discord_ui.conftest import Bot
from tests.discord_ui.dm import from_bot, question, talking
from tests.discord_ui.steps import reads
from tests.discord_ui.test_conversation_away import dropping
from tests.simulators.discord import Attachment, DiscordSimulator, User
from tests.workflow.fakes import PATIENCE

__all__ = ["talking"]  # a fixture

WRONG = (
    "x.pdf is a PDF, which is not read: copy its text into a .md or .txt file and give that. "
    "Nothing of your message was stored."
)
PDF = Attachment("x.pdf", b"%PDF")
PAGE = Attachment("page.md", b"A page of notes.")
SHORT = (0.05, 0.05)  # seconds before each further try, so that a test need not wait
NEVER = (3_600.0,)


def trying_again_after(bot: Bot, seconds: tuple[float, ...]) -> None:
    bot.client.door.talk.teller.again_after = seconds


def sends(user: User) -> str:
    return f"/channels/{user.dm.id}/messages"


def edits(user: User) -> str:
    return f"/channels/{user.dm.id}/messages/*"


def times_told(sim: DiscordSimulator, user: User, words: str) -> int:
    return sum(one.text.count(words) for one in from_bot(sim, user))


async def given_up(bot: Bot, user: User) -> None:
    """Returns when nobody tries any more to tell the person something."""
    async with asyncio.timeout(PATIENCE):
        await bot.client.door.talk.teller.idle(bot.writer(user))


@pytest.mark.parametrize("how", ["refused", "refused twice", "dropped"])
async def test_a_notice_that_discord_did_not_take_is_said_a_little_later(
    sim: DiscordSimulator, talking: Bot, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    trying_again_after(talking, SHORT)
    user = sim.user("writer")
    await question(user)
    if how == "dropped":
        dropping(monkeypatch, "send_message")
    else:
        sim.fail_next("POST", sends(user), 403, 50001, times=2 if "twice" in how else 1)
    await user.say(user.dm, "", [PDF])
    await user.sees(lambda screen: WRONG in screen.text)
    await given_up(talking, user)
    assert times_told(sim, user, WRONG) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot waits for Discord's answer for less than discord.py does before it asks again."""
    monkeypatch.setattr("bot.discord_ui.telling._PATIENCE", 0.3)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("text", "files", "told", "then"),
    [
        ("", [PDF], WRONG, f"{WRONG}\n{WRONG}"),
        ("Hello", [], "You wrote 1 message", "You wrote 2 messages"),
        ("", [PAGE], "1 note stored", "2 notes stored"),
    ],
    ids=["notice", "panel", "notes"],
)
async def test_what_was_told_and_the_answer_lost_is_told_once(
    sim: DiscordSimulator, talking: Bot, text: str, files: list[Attachment], told: str, then: str
) -> None:
    """It is tried again, for nobody knows that it was said; what is written later is told of as ever."""
    trying_again_after(talking, SHORT)
    user = sim.user("writer")
    if files:
        await question(user)
    sim.fail_next("POST", sends(user), 502, applied=True)
    await user.say(user.dm, text, files)
    await user.sees(lambda screen: told in screen.text)
    await given_up(talking, user)
    assert [one.status for one in sim.served if one.path == sends(user)] == [502, 200]
    assert times_told(sim, user, told) == 1
    await user.say(user.dm, text, files)
    await user.sees(lambda _: then in "\n".join(one.text for one in from_bot(sim, user)))


@pytest.mark.usefixtures("impatient")
async def test_a_panel_whose_answer_was_lost_counts_what_is_written_until_the_next_try(
    sim: DiscordSimulator, talking: Bot
) -> None:
    """One panel, though it would show something else by then."""
    trying_again_after(talking, NEVER)
    user = sim.user("writer")
    failed = sim.fail_next("POST", sends(user), 502, applied=True)
    await user.say(user.dm, "Hello")
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    await user.sees(lambda screen: "You wrote 1 message" in screen.text)
    await user.say(user.dm, "I left in May.")
    await user.sees(lambda screen: "You wrote 2 messages" in screen.text)
    await given_up(talking, user)
    assert len(from_bot(sim, user)) == 1


@pytest.mark.parametrize("failing", ["the notice", "the panel"])
async def test_only_what_was_not_told_is_told_again(sim: DiscordSimulator, talking: Bot, failing: str) -> None:
    """Of a message's panel and notice, whichever failed; the other one did not wait for it."""
    trying_again_after(talking, SHORT)
    user = sim.user("writer")
    panel = await question(user)
    method, path = ("POST", sends(user)) if failing == "the notice" else ("PATCH", edits(user))
    failed = sim.fail_next(method, path, 403, 50001)
    await user.say(user.dm, "I left in May.", [PDF])
    await user.sees(reads(panel, "1 message, 4 words"))
    told = WRONG.replace("Nothing of your message was stored.", "The rest of your message is stored.")
    await user.sees(lambda screen: told in screen.text)
    await given_up(talking, user)
    assert failed.used == 1
    assert times_told(sim, user, told) == 1
    assert len(from_bot(sim, user)) == 2


@pytest.mark.parametrize("code", [50001, 50007])
@pytest.mark.parametrize("after", ["a message", "a click"])
async def test_what_nobody_tries_to_tell_any_more_comes_with_what_is_told_next(
    sim: DiscordSimulator, talking: Bot, code: int, after: str
) -> None:
    """After the last try; and where the person's DMs are closed to the bot there is no other one."""
    trying_again_after(talking, () if code == 50001 else SHORT)
    user = sim.user("writer")
    panel = await question(user)
    failed = sim.fail_next("POST", sends(user), 403, code)
    await user.say(user.dm, "", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    await given_up(talking, user)
    assert times_told(sim, user, WRONG) == 0
    if after == "a message":
        await user.say(user.dm, "I left in May.")
        await user.sees(reads(panel, "1 message"))
    else:
        await user.click(panel, "Skip")
    await user.sees(lambda screen: WRONG in screen.text)
    await given_up(talking, user)
    assert times_told(sim, user, WRONG) == 1


async def test_a_click_does_not_wait_for_the_next_try_and_brings_it_on(sim: DiscordSimulator, talking: Bot) -> None:
    trying_again_after(talking, NEVER)
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "One.")
    await user.sees(reads(panel, "1 message"))
    failed = sim.fail_next("PATCH", edits(user), 403, 50001)
    await user.say(user.dm, "Two.", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    below = await (await user.click(panel, "Next")).followup()
    assert "question 2" in below.text
    await given_up(talking, user)
    assert from_bot(sim, user)[-1] is below


async def test_what_is_refused_as_it_stands_holds_up_nothing(sim: DiscordSimulator, talking: Bot) -> None:
    trying_again_after(talking, NEVER)
    user = sim.user("writer")
    panel = await question(user)
    sim.fail_next("POST", sends(user), 400, 50035)
    await user.say(user.dm, "I left in May.", [PDF])
    await user.sees(reads(panel, "1 message"))
    await given_up(talking, user)
    assert from_bot(sim, user) == [panel]


async def test_below_something_else_notes_are_told_of_in_a_new_message(sim: DiscordSimulator, talking: Bot) -> None:
    """An edit far up leaves no mark that something is unread."""
    user = sim.user("writer")
    notes = [Attachment(f"{name}.md", f"## What I missed\n\n{name}".encode()) for name in ("One", "Two", "Three")]
    await question(user)
    for note in notes[:2]:
        await user.say(user.dm, "", [note])
        await user.sees(lambda screen: "note stored" in screen.text)
    await user.sees(lambda screen: "2 notes stored" in screen.text)
    told = from_bot(sim, user)
    talking.client.door.talk.teller.below(talking.writer(user))
    await user.say(user.dm, "", [notes[2]])
    await user.sees(lambda screen: "1 note stored" in screen.text)
    assert from_bot(sim, user)[:-1] == told
    assert "2 notes stored" in told[-1].text


async def test_nothing_is_told_after_the_end(sim: DiscordSimulator, talking: Bot) -> None:
    trying_again_after(talking, NEVER)
    user = sim.user("writer")
    await question(user)
    failed = sim.fail_next("POST", sends(user), 403, 50001)
    await user.say(user.dm, "", [PDF])
    await sim.timeline.until(lambda: failed.spent, PATIENCE, lambda: "nothing was tried")
    teller = talking.client.door.talk.teller
    await teller.close()
    teller.below(talking.writer(user))
    await given_up(talking, user)
    assert times_told(sim, user, WRONG) == 0


def test_of_what_cannot_be_told_for_long_the_last_is_kept_and_fits_into_messages() -> None:
    """And the person reads that there was more."""
    notices = Notices()
    for number in range(1_000):
        notices.add(f"{number}{'.' * 300}")
    said: list[list[str]] = []
    while sentences := notices.first():
        said.append(sentences)
        notices.done(len(sentences))
    assert all(len("\n".join(one)) <= 4_000 for one in said)
    together = [sentence for one in said for sentence in one]
    assert together[0].startswith("There was more to say")
    assert [one.rstrip(".") for one in together[1:]] == [str(number) for number in range(951, 1_000)]
