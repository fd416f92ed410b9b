"""One person sends the worst texts by every door while another clicks: the other is heard in time, and each text is
taken or refused in a sentence. No text is parsed in the event loop's own thread."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from markdown_it import MarkdownIt

from bot.discord_ui.messages.text_limits import fitting_end, utf16_length
from bot.essay.limits import WriterLimits
from bot.essay.text import privacy_marks
from bot.services.offload import worker_processes
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.dm_steps import wait_until_dms_are_read
from tests.discord_ui.panel_steps import answered, drafted, reads, with_notes
from tests.hostile_texts import worst_texts
from tests.services.fakes import says
from tests.simulators.discord import Attachment, DiscordSimulator, User

_LOOKING_SECONDS = 0.3  # at what a click has shown, before the next

Door = Callable[[User, str], Awaitable[str]]

WORST = (
    *("short lines", "carriage returns", "lists with blank lines", "quotations in quotations", "backslashes"),
    *("curly quotations never closed", "flags", "Chinese", "brackets", "ever longer runs of backticks"),
    *("numbers", "marks at random"),
)
WORDS = "Some words, so that there are any.\n\n"


def beginning_with_words(size: int) -> dict[str, str]:
    """The worst texts of so many characters, which are not refused for want of a word."""
    found = worst_texts(size)
    return {name: cut_to_discord_length(WORDS + found[name], size) for name in WORST}


def cut_to_discord_length(text: str, most: int) -> str:
    """The beginning of the text, as much as Discord counts as so many characters."""
    return text[: fitting_end(text, most)]


MESSAGES = beginning_with_words(1_900)
FIELDS = beginning_with_words(3_900)
TAKEN = beginning_with_words(9_000) | {
    f"long: {name}": text
    for name, text in beginning_with_words(60_000).items()
    if name not in ("short lines", "lists with blank lines")  # they pass the bound of lines
}
REFUSED = {
    "25 KB of headings": "# a\n" * 6_250,
    "100 KB of headings with bodies": "# a\n\nb\n\n" * 12_500,
    "25 KB of underlined headings": "a\n=\n" * 6_250,
    "1 MB of headings": "# a\n" * 249_000,
    "1 MB of one word": "a" * 990_000,
    "1 MB of short lines": "a\n" * 490_000,
    "700 short notes": "a\n\n" * 700,
}
REFUSED_PIECES = {name: text for name, text in REFUSED.items() if name != "700 short notes"}


@pytest.fixture
def parsed_in_event_loop(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of the texts that were parsed in the event loop's thread."""
    loop, found, parse = threading.get_ident(), [], MarkdownIt.parse

    def watched(self: MarkdownIt, text: str, env: Any = None) -> Any:
        if threading.get_ident() == loop:
            found.append(len(text))
        return parse(self, text, env)

    monkeypatch.setattr(MarkdownIt, "parse", watched)
    return found


@pytest.fixture(autouse=True)
def parse_in_worker_process() -> Iterator[None]:
    """Long texts are read as in the running bot."""
    with worker_processes():
        yield


@asynccontextmanager
async def another_user_clicking(sim: DiscordSimulator) -> Any:
    """Somebody turns to and fro for as long as this lasts; the simulator raises where a click is not heard in time."""
    user, over = sim.user("another"), asyncio.Event()
    panel = await with_notes(user, user.dm)
    await user.click(panel, "Set into a post" if "Set into a post" in panel.buttons else "Write draft")
    await user.sees(reads(panel, "version 1"))

    async def click() -> int:
        heard = 0
        while not over.is_set():
            await (await user.select(panel, "More", "Notes")).acknowledged()
            await user.sees(lambda _: "Back" in panel.buttons)
            await (await user.click(panel, "Back")).acknowledged()
            await user.sees(lambda _: "Export" in panel.buttons)
            heard += 2
            await asyncio.sleep(_LOOKING_SECONDS)
        return heard

    clicking = asyncio.create_task(click())
    yield
    over.set()
    assert await clicking


async def send_all_texts(
    sim: DiscordSimulator, bot: Bot, door: Door, taken: dict[str, str], refused: dict[str, str]
) -> None:
    """Sends every text, each by a person of its own."""
    sim.settings.rate_limits = False
    async with another_user_clicking(sim):
        for name, text in {**taken, **refused}.items():
            user = sim.user(name)
            told = await door(user, text)
            assert told, name
            assert "went wrong" not in told, (name, told)
            if name in refused:
                assert "so it was not stored. Everything stored before is safe" in told, (name, told)
                writer = bot.writer(user)
                for essay in await bot.desk.list_essays(writer):
                    notes = await bot.desk.notes(writer, essay.id)
                    assert len(notes) <= 1, name  # the one that the section was set from
                    assert all(len(note.text) < 22_000 for note in notes), name


@pytest.fixture(autouse=True)
def switch_threads_often() -> Iterator[None]:
    """As the running bot does: a thread that computes gives Python's one lock up at once."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)
    yield
    sys.setswitchinterval(before)


def file(text: str) -> Attachment:
    return Attachment("notes.md", text.encode())


async def test_hostile_notes_in_a_command_file_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        act = await user.slash(user.dm, "draft", notes=file(text))
        message = await act.message()
        await answered(plain)
        told = message.text
        if "Set into a post" in message.buttons:
            await user.click(message, "Set into a post")
            await user.sees(reads(message, "version 1"), 60)
        return told

    await send_all_texts(sim, plain, door, TAKEN, REFUSED)
    assert parsed_in_event_loop == []


async def test_hostile_notes_pasted_or_uploaded_in_a_form_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        panel = await (await user.slash(user.dm, "draft")).message()
        form = await (await user.click(panel, "Paste notes")).modal()
        pasted = {"paste1": cut_to_discord_length(text, 3_900)}
        await (
            await user.submit(form, pasted if utf16_length(text) < 4_000 else {**pasted, "Or a file": [file(text)]})
        ).acknowledged()
        await answered(plain)
        return user.screen.text

    await send_all_texts(sim, plain, door, FIELDS | {f"file: {name}": text for name, text in TAKEN.items()}, REFUSED)
    assert parsed_in_event_loop == []


async def test_hostile_dm_messages_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        await (await user.slash(user.dm, "draft")).message()
        await user.say(user.dm, text)
        writer = plain.writer(user)
        async with asyncio.timeout(20):
            messages, essay = plain.client.dispatcher.services.dm_messages, (await plain.essay(user)).id
            while not await messages.pending_messages(writer, essay):  # noqa: ASYNC110 - nothing answers it
                await asyncio.sleep(0.01)
        return user.screen.text

    await send_all_texts(sim, plain, door, MESSAGES, {})
    assert parsed_in_event_loop == []


async def test_what_is_told_of_messages_with_private_marks_is_not_read_in_the_event_loop(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    plain.client.dispatcher.dm_listener.notifier.notify_delay_seconds = 0.5
    user = sim.user("writer")
    await with_notes(user, user.dm)
    await user.say(user.dm, "The lift was loud.\n\n[private] So was he.")
    await wait_until_dms_are_read(plain)
    privacy_marks._split_public_and_private.cache_clear()  # as after the texts of many others
    await user.sees(lambda screen: "1 note stored in" in screen.text)
    assert parsed_in_event_loop == []


async def test_hostile_dm_files_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        await (await user.slash(user.dm, "draft")).message()
        await user.say(user.dm, attachments=[file(text)])
        await user.sees(lambda screen: "stored" in screen.text or "has" in screen.text)
        await user.sees(lambda screen: "stored in" in screen.text or "Nothing of your message" in screen.text)
        return user.screen.text

    long = {name: text for name, text in TAKEN.items() if name.startswith("long")}
    await send_all_texts(sim, plain, door, long, REFUSED)
    assert parsed_in_event_loop == []


async def test_hostile_texts_to_critique_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    """As an option, as a file, and as a message of somebody's. Nothing of them is stored without a model."""

    async def door(user: User, text: str) -> str:
        if utf16_length(text) < 2_000:
            said = await user.say(sim.guild("Writers"), text)
            act = await user.message_command("Critique this", said)
        elif utf16_length(text) < 4_000:
            act = await user.slash(user.dm, "critique", text=text)
        else:
            act = await user.slash(user.dm, "critique", file=file(text))
        return (await act.message()).text

    short = {f"message: {name}": text for name, text in MESSAGES.items()}
    await send_all_texts(
        sim, plain, door, short | FIELDS | {f"file: {name}": text for name, text in TAKEN.items()}, REFUSED_PIECES
    )
    assert parsed_in_event_loop == []


async def test_hostile_section_edits_by_form_or_file_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        long = utf16_length(text) > 4_000
        panel = await drafted(user, user.dm, None, "## The contradiction\n\n" + ("The lift. " * (2_100 if long else 2)))
        form = await (await user.click(panel, "Edit")).modal()
        await (await user.submit(form, {"The section": [file(text)]} if long else {"body0": text})).acknowledged()
        await answered(plain)
        return user.screen.text

    await send_all_texts(
        sim, plain, door, FIELDS | {f"file: {name}": text for name, text in TAKEN.items()}, REFUSED_PIECES
    )
    assert parsed_in_event_loop == []


async def test_hostile_titles_answers_and_searches_delay_nobody(
    sim: DiscordSimulator, plain: Bot, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        panel = await (
            await user.slash(user.dm, "draft", title=cut_to_discord_length(text, 190).strip() or "a")
        ).message()
        await (await user.autocomplete(user.dm, "draft", "essay", cut_to_discord_length(text, 90))).choices()
        if "Interview me" in panel.buttons:
            await user.click(panel, "Interview me")
            await user.sees(lambda _: "Answer" in panel.buttons)
            form = await (await user.click(panel, "Answer")).modal()
            await (await user.submit(form, {"answer": text})).acknowledged()
            await answered(plain)
        return user.screen.text

    await send_all_texts(sim, plain, door, FIELDS, {})
    assert parsed_in_event_loop == []


async def test_hostile_revision_instructions_cause_no_error(
    sim: DiscordSimulator, bot: Bot, models: Scripted, parsed_in_event_loop: list[int]
) -> None:
    async def door(user: User, text: str) -> str:
        panel = await drafted(user, user.dm, models)
        form = await (await user.click(panel, "Revise")).modal()
        models.script(says("<rewrite>It was loud.</rewrite>"))
        await (await user.submit(form, {"instruction": text})).acknowledged()
        await user.sees(reads(panel, "version 2"))
        return user.screen.text

    sim.settings.rate_limits = False
    for name, text in MESSAGES.items():
        assert "went wrong" not in await door(sim.user(name), text), name


def test_the_hostile_texts_meant_to_be_accepted_are_within_the_limits() -> None:
    for text in TAKEN.values():
        WriterLimits().check_page("It", text)
