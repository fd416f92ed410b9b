"""What people, files and forgers hand in that cannot be used: a sentence for each, and nothing changed."""

from __future__ import annotations

from itertools import pairwise

import pytest

from bot.discord_ui.interactions.custom_ids import CustomId
from tests.discord_ui.conftest import DRAFT, Bot, Scripted
from tests.discord_ui.messages.test_pages import broken
from tests.discord_ui.panel_steps import SECTION, criticised, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator, Message

LONG = "## What I missed\n\n" + "I rebuilt the export service, and it took me nine weeks. " * 720


async def told(sim: DiscordSimulator, name: str, **options: object) -> str:
    """What somebody is told who uses a command so."""
    user = sim.user(f"writer {len(sim.world.accounts)}")
    return (await (await user.slash(sim.guild(f"Server {user.id}"), name, **options)).message()).text


async def test_a_file_of_forty_thousand_characters_is_stored_whole_and_shown_in_pages(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """It is stored whole, and its post comes in pages that can be turned to the end."""
    assert len(LONG) > 40_000
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, LONG)
    assert LONG.split("\n\n")[1].strip() in await plain.text(user)
    pages = int(panel.text.split("page 1 of ")[1].split()[0])
    assert pages > 12
    for page in range(2, pages + 1):
        await user.click(panel, "▶")
        await user.sees(reads(panel, f"page {page} of {pages}"))


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (Attachment("empty.md", b" \n"), "holds no words"),
        (Attachment("image.md", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "is a picture, which is not read"),
        (Attachment("cv.pdf", b"%PDF-1.7 text"), "is a PDF, which is not read"),
        (Attachment("big.txt", b"word " * 250_000), "is longer than 1,000,000 bytes"),
    ],
)
@pytest.mark.parametrize("command", ["draft", "critique"])
async def test_an_unusable_file_is_refused_with_the_reason(
    sim: DiscordSimulator, bot: Bot, file: Attachment, words: str, command: str
) -> None:
    option = "notes" if command == "draft" else "file"
    assert words in await told(sim, command, **{option: file})


async def test_a_file_of_eleven_megabytes_is_refused_unread(sim: DiscordSimulator, bot: Bot) -> None:
    """For people with Nitro the client sends such a file; the bot does not fetch it."""
    sim.settings.file_limit = 25 * 1024 * 1024
    sim.settings.request_limit = 50 * 1024 * 1024
    words = await told(sim, "draft", notes=Attachment("huge.txt", b"word " * 2_300_000))
    assert "is longer than 10,000,000 bytes" in words


async def test_a_form_attachment_deleted_before_it_is_read_is_told_and_the_typed_text_returned(
    sim: DiscordSimulator, bot: Bot
) -> None:
    """The sentence, and what was typed beside it comes back."""
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    form = await (await user.click(panel, "Paste notes")).modal()
    act = await user.submit(form, {"Or a file": [Attachment("notes.md", b"more")], "paste1": "typed beside it"})
    sim.delete_file(act.files[0])
    answer = await act.followup()
    assert "notes.md is no longer there to be read" in answer.text
    assert answer.files["typed.txt"] == b"typed beside it"


@pytest.mark.parametrize("command", ["draft", "critique"])
async def test_a_command_attachment_deleted_before_it_is_read_is_told_and_begins_nothing(
    sim: DiscordSimulator, bot: Bot, command: str
) -> None:
    """The bot asks for it a moment later; nothing is begun without it."""
    user = sim.user("writer")
    hold = sim.delay("POST", "/interactions/*/*/callback", 0.1, times=1)  # so that it is gone before it is asked for
    act = await user.slash(user.dm, command, **{"notes" if command == "draft" else "file": Attachment("n.md", b"It.")})
    sim.delete_file(act.files[0])
    assert "n.md is no longer there to be read: attach it again." in (await act.message()).text
    assert hold.used == 1
    assert await bot.desk.list_essays(bot.writer(user)) == ()


async def test_a_pasted_letter_is_a_note_and_a_pasted_blank_is_not(sim: DiscordSimulator, plain: Bot) -> None:
    """A letter is a note; a blank is none."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": "x"})
    await user.sees(lambda _: "1 note stored." in panel.text)
    form = await (await user.click(panel, "Paste notes")).modal()
    await user.submit(form, {"paste1": " "})
    await user.sees(lambda screen: "There were no words in it" in screen.text)


async def test_a_text_too_short_to_critique_is_refused(sim: DiscordSimulator, bot: Bot) -> None:
    assert "too few to say anything of" in await told(sim, "critique", text="Not much.")


async def test_critique_this_on_a_message_without_text_says_why_not(sim: DiscordSimulator, bot: Bot) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    picture = await user.say(guild, attachments=[Attachment("cat.png", b"\x89PNG", "image/png")])
    answer = await (await user.message_command("Critique this", picture)).message()
    assert "cat.png is a picture, which is not read" in answer.text
    assert answer.ephemeral
    link = {"type": 2, "style": 5, "label": "Open it", "url": "https://example.org"}
    shown = await sim.posted_by_app(guild, components=[{"type": 1, "components": [link]}])
    answer = await (await user.message_command("Critique this", shown)).message()
    assert "There is no text in that message" in answer.text


@pytest.mark.parametrize(
    "custom_id", ["essay", "x" * 100, "essay:v9:open:abc:1:", "essay:v1:fly:abc:1:", "essay:v1:undo:-:1:", "persist"]
)
async def test_a_forged_button_id_is_refused(sim: DiscordSimulator, plain: Bot, custom_id: str) -> None:
    user = sim.user("writer")
    panel = await with_notes(user, user.dm)
    answer = await (await user.forge_click(panel, custom_id)).followup()
    assert "This button belongs to no panel" in answer.text
    assert answer.ephemeral


async def test_forged_page_version_and_note_numbers_change_nothing(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A page past the end is the last one; a wrong version refreshes; an unknown section, note or version is told."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    essay, before = (await bot.essay(user)).id, await bot.text(user)
    await user.forge_click(panel, str(CustomId("essay", "page", essay, 1, "999999999")))
    await user.sees(lambda _: "It was a very big change" in panel.text)
    for version in (0, 7):
        await user.forge_click(panel, str(CustomId("essay", "undo", essay, version)))
        await user.sees(lambda _: "The text has changed since this was shown" in panel.text)
        await user.forge_click(panel, str(CustomId("essay", "open", essay, 1)))
        await user.sees(lambda _: "The text has changed since this was shown" not in panel.text)
    for custom_id, words in (
        (CustomId("essay", "look", essay, 1, "77"), "There is no version 77"),
        (CustomId("essay", "note", essay, 1, "0.77"), "There is no note 77"),
        (CustomId("essay", "answer", essay, 1, "77"), "Question 77 was never asked"),
        (CustomId("essay", "stop", essay, 1, "77"), "You have no job 77 under way"),
    ):
        act = await user.forge_click(panel, str(custom_id))
        answer = await (act.message() if (await act.acknowledged()).kind == "message" else act.followup())
        assert words in answer.text
    await user.forge_click(panel, str(CustomId("critique", "show", "nothere", 1, "1")))
    await user.sees(lambda _: "This critique was deleted or is not yours" in panel.text)
    assert await bot.text(user) == before


async def test_forged_menu_values_change_nothing(sim: DiscordSimulator, bot: Bot, models: Scripted) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    essay = (await bot.essay(user)).id
    await user.forge_click(panel, str(CustomId("essay", "more", essay, 1)), "drop-table")
    await user.sees(lambda screen: "This button belongs to no panel" in screen.text)
    await user.forge_click(panel, str(CustomId("essay", "section", essay, 1)), "99")
    await user.forge_click(panel, str(CustomId("essay", "section", essay, 1)), "-1; DROP")
    await user.forge_click(panel, str(CustomId("essay", "structure", essay, 1)), "no-such-structure")
    await user.sees(lambda screen: "There is no structure called no-such-structure" in screen.text)
    assert "very big change" in panel.text


async def test_a_draft_that_ends_after_its_interaction_token_expired_is_shown_at_the_next_click(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The draft ends after the panel's token has died: the text waits for the next click."""
    gate = Gate()
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    models.script(says("## What I missed\n\nNothing ", gate, "at all.\n"))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(lambda _: "Stop" in panel.buttons)
    sim.clock.advance(16 * 60)
    gate.release()
    job = await bot.jobs.running_job(bot.writer(user), (await bot.essay(user)).id)
    if job is not None:
        await bot.jobs.wait(bot.writer(user), job.id)
    assert "Stop" in panel.buttons
    await user.click(panel, "Stop")
    await user.sees(lambda _: "Nothing at all." in panel.text)


async def test_continue_in_dm_with_closed_dms_is_told_and_the_panel_stays(sim: DiscordSimulator, bot: Bot) -> None:
    user = sim.user("writer", dms="closed")
    panel = await (await user.slash(sim.guild("Writers"), "draft")).message()
    answer = await (await user.click(panel, "Continue in DM")).followup()
    assert "Discord does not let the bot write to you" in answer.text
    assert answer.ephemeral
    assert "Interview me" in panel.buttons


def page_of(panel: Message) -> str:
    """The page of the text that a panel shows: the longest of its texts."""
    return max((str(part["content"]) for part in panel.parts if part["type"] == 10), key=len)


@pytest.mark.parametrize(
    "piece", ["שָׁלוֹם עֲלֵיכֶם ", "Left👨‍👩‍👧‍👦👍🏽🇳🇬", "事業を辞めた。"], ids=["hebrew", "emoji", "japanese"]
)
async def test_right_to_left_text_and_emoji_are_shown_whole(sim: DiscordSimulator, plain: Bot, piece: str) -> None:
    """Scripts of three and four bytes a character reach Discord's limit in bytes long before that in characters. No
    page begins inside a character, and together they are the text."""
    sim.settings.rate_limits = False
    user = sim.user("writer")
    text = f"## What I missed\n\n{piece * 600}\n"
    panel = await (
        await user.slash(user.dm, "draft", title=piece[:10], notes=Attachment("n.md", text.encode()))
    ).message()
    await user.sees(reads(panel, "Set into a post"))
    await user.click(panel, "Set into a post")
    await user.sees(reads(panel, "page 1 of"))
    count = int(panel.text.split("page 1 of ")[1].split()[0])
    assert count > 1
    shown = [page_of(panel)]
    for page in range(2, count + 1):
        await user.click(panel, "▶")
        await user.sees(reads(panel, f"page {page} of {count}"))
        shown.append(page_of(panel))
    stored = await plain.text(user)
    assert "".join("".join(shown).split()) == "".join(stored.split())
    assert not any(broken(before + after, len(before)) for before, after in pairwise(shown))
    await user.click(panel, "Export")
    screen = await user.sees(lambda screen: screen.last is not None and screen.last.files)
    assert screen.last is not None
    (data,) = screen.last.files.values()
    assert data.endswith(stored.encode())


async def test_a_section_too_long_for_a_form_is_edited_by_uploading_a_file(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, LONG)
    await user.select(panel, "Go to a section", "What I missed")
    await user.sees(lambda _: "*What I missed*" in panel.text)
    form = await (await user.click(panel, "Edit")).modal()
    assert "a form holds 20,000" in form.text
    await user.submit(form, {"The section": [Attachment("section.md", b"It was short after all.")]})
    await user.sees(lambda _: "It was short after all." in panel.text)
    assert "nine weeks" not in await plain.text(user)


async def test_a_finding_whose_quoted_words_are_gone_cannot_be_applied(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    await criticised(user, panel, models)
    await user.click(panel, "Next")
    await user.sees(lambda _: "Apply" in panel.buttons)
    other = await (await user.slash(user.dm, "draft")).message()
    await user.select(other, "Go to a section", SECTION)
    await user.sees(lambda _: f"*{SECTION}*" in other.text)
    form = await (await user.click(other, "Edit")).modal()
    await user.submit(form, {"body0": "My pay went from 61,000 to 48,500."})
    await user.sees(lambda _: "Stored as version 2" in other.text)
    await user.click(panel, "Apply")
    await user.sees(lambda _: "The text has changed since this was shown" in panel.text)
    assert "Apply" not in panel.buttons
    assert DRAFT.split("\n\n")[1] in await bot.text(user)
