"""/mydata: what is stored is said, handed over and deleted, for everybody, whether or not they are served."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bot.bootstrap import utc_now
from bot.discord_ui.access import AccessRules
from bot.discord_ui.interactions.custom_ids import CustomId
from bot.services.personal_data import PersonalDataService, WriterMark
from bot.store.sqlite import SqliteStore
from tests.discord_ui.conftest import NOTES, Bot, Scripted, started
from tests.discord_ui.dm_steps import everything, quick
from tests.discord_ui.panel_steps import drafted, reads
from tests.joined_services import join_services
from tests.services.fakes import Gate, opinion, says
from tests.services.test_critiques import TEXT
from tests.simulators.discord import Attachment, DiscordSimulator, Message, Screen, User

NOBODY = AccessRules(everyone=False, guild_ids=frozenset(), user_ids=frozenset())


def data(bot: Bot) -> PersonalDataService:
    return bot.client.dispatcher.services.personal_data


def unzipped(message: Message) -> dict[str, bytes]:
    """Return the files of the zip file that a message holds."""
    (held,) = message.files.values()
    with zipfile.ZipFile(io.BytesIO(held)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def has_text(words: str) -> Callable[[Screen], bool]:
    return lambda screen: words in screen.text


def shows_ended(count: int, screen: Screen) -> bool:
    return screen.text.count("The critique is done.") == count


async def delete_everything(user: User, panel: Message, word: str = "delete") -> None:
    await user.click(panel, "Delete everything")
    await user.sees(reads(panel, "It cannot be brought back"))
    form = await (await user.click(panel, "Go on to delete")).modal()
    await user.submit(form, {"word": word})


async def test_a_person_sees_downloads_and_deletes_all_that_is_stored_of_them(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user, other, guild = sim.user("writer"), sim.user("other"), sim.guild("Writers")
    nothing = await (await user.slash(guild, "mydata")).message()
    assert "Nothing is stored about you." in nothing.text
    assert nothing.ephemeral
    assert (await data(plain).summary(plain.writer(user))).counts == {}  # asking has stored nothing
    open_panel = await drafted(user, user.dm, None, NOTES)
    await drafted(other, guild, None, NOTES)
    panel = await (await user.slash(user.dm, "mydata")).message()
    assert "1 essay, 1 version, 2 notes" in panel.text
    assert "nobody is sent anything" in panel.text
    sent = await (await user.click(panel, "Download everything")).followup()
    files = unzipped(sent)
    assert b"What Career Essay Bot has stored about you" in files["README.md"]
    (version,) = [held for name, held in files.items() if "/versions/" in name]
    assert version.decode() == await plain.text(user)
    await delete_everything(user, panel, "no")
    await user.sees(reads(panel, "so nothing was deleted"))
    await user.click(panel, "Keep everything")
    await user.sees(reads(panel, "What is stored"))
    assert await plain.desk.list_essays(plain.writer(user))
    await delete_everything(user, panel, " DELETE ")
    await user.sees(reads(panel, "Everything is deleted"))
    assert (await data(plain).summary(plain.writer(user))).counts == {}
    assert len(await plain.desk.list_essays(plain.writer(other))) == 1
    await user.click(open_panel, "Export")
    await user.sees(has_text("This essay was deleted or is not yours"))
    panel = await (await user.slash(user.dm, "mydata")).message()
    assert "Nothing is stored about you." in panel.text


async def test_people_who_are_not_served_reach_their_data_and_nothing_else(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    blocked, unlisted = sim.user("blocked"), sim.user("unlisted")
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        for user in (blocked, unlisted):
            await user.slash(user.dm, "draft")
            await user.sees(has_text("Interview me"))
            await user.say(user.dm, "The lift at Mill Lane.")
            await user.sees(has_text("You wrote 1 message"))
        panel = blocked.screen.messages[0]
        await data(bot).set_blocked(bot.writer(blocked), True)  # it holds at once
        assert "has blocked you" in (await (await blocked.slash(blocked.dm, "draft")).message()).text
        assert "has blocked you" in (await (await blocked.click(panel, "Interview me")).followup()).text
        assert await (await blocked.autocomplete(blocked.dm, "export", "essay", "")).choices() == []
        await blocked.say(blocked.dm, "More.")
        await blocked.sees(lambda screen: screen.text.count("has blocked you") == 3)
        await download_and_delete(blocked)
        assert (await data(bot).summary(bot.writer(blocked))).counts == {"writer_marks": 1}
        assert "has blocked you" in (await (await blocked.slash(blocked.dm, "draft")).message()).text
    async with started(sim, tmp_path / "essays.db", Scripted(), access=NOBODY) as bot:
        refused = await (await unlisted.slash(unlisted.dm, "draft")).message()
        assert "you are not among them" in refused.text
        assert "/mydata" in refused.text
        await download_and_delete(unlisted)
        assert (await data(bot).summary(bot.writer(unlisted))).counts == {}


async def download_and_delete(user: User) -> None:
    panel = await (await user.slash(user.dm, "mydata")).message()
    sent = await (await user.click(panel, "Download everything")).followup()
    assert any(b"The lift at Mill Lane." in held for held in unzipped(sent).values())
    await delete_everything(user, panel)
    await user.sees(reads(panel, "Everything is deleted"))


async def test_a_download_larger_than_discord_takes_comes_in_parts(sim: DiscordSimulator, plain: Bot) -> None:
    sim.settings.file_limit = 8_000
    user = sim.user("writer")
    numbers, structure = random.Random(7), next(iter(plain.client.dispatcher.services.structures.values()))
    for _ in range(4):
        essay = await plain.desk.create_essay(plain.writer(user), structure)
        await plain.desk.add_notes(plain.writer(user), essay.id, f"{numbers.getrandbits(10_000):x}")
    panel = await (await user.slash(user.dm, "mydata")).message()
    act = await user.click(panel, "Download everything")
    await user.sees(has_text("this is the last one"))
    first, second = await act.followup(1), await act.followup(2)
    assert "Part 1 of everything stored about you; the next one follows" in first.text
    assert "README.md" in unzipped(first)
    assert "README.md" in unzipped(second)
    assert all(len(held) <= 8_000 for held in (*first.files.values(), *second.files.values()))


async def test_a_download_while_a_draft_runs_says_so_and_a_deletion_stops_it(sim: DiscordSimulator, bot: Bot) -> None:
    user, gate = sim.user("writer"), Gate()
    assert bot.models is not None
    bot.models.answers += [says('<section key="what-i-missed">\nI rebuilt the ', gate, "export service.\n</section>")]
    panel = await (await user.slash(user.dm, "draft", notes=Attachment("mine.md", NOTES.encode()))).message()
    await user.click(panel, "Write draft")
    await gate.reached()
    mine = await (await user.slash(user.dm, "mydata")).message()
    assert "work of a model is under way" in mine.text
    sent = await (await user.click(mine, "Download everything")).followup()
    assert any(b"I rebuilt the export service" in held for held in unzipped(sent).values())
    await delete_everything(user, mine)
    await user.sees(reads(mine, "Everything is deleted"))
    assert (await data(bot).summary(bot.writer(user))).counts == {}
    assert bot.models.answers == type(bot.models.answers)()


async def test_a_message_that_comes_while_everything_is_deleted_is_not_stored(sim: DiscordSimulator, bot: Bot) -> None:
    user = sim.user("writer")
    quick(bot)
    writer = bot.writer(user)
    await bot.store.write(
        writer, lambda tx: tx.people.mark(writer, WriterMark.DELETING, bot.client.dispatcher.services.clock())
    )
    await user.say(user.dm, "The lift at Mill Lane.")
    await user.sees(has_text("Everything stored about you is being deleted"))
    assert "being deleted" in (await (await user.slash(user.dm, "draft")).message()).text
    assert "being deleted" in (await (await user.slash(user.dm, "mydata")).message()).text
    assert (await data(bot).summary(writer)).counts == {"writer_marks": 1}


async def test_for_how_long_data_is_kept_is_said_as_the_host_has_set_it(sim: DiscordSimulator, tmp_path: Path) -> None:
    user = sim.user("writer")
    for days, told in ((None, False), (180, True)):
        async with started(sim, tmp_path / "essays.db", Scripted(), retention_days=days):
            await (await user.slash(user.dm, "draft")).message()
            panel = await (await user.slash(user.dm, "mydata")).message()
            assert ("An essay that you do not touch for 180 days is deleted" in panel.text) is told


async def test_a_dm_is_read_again_after_the_host_has_deleted_its_writers_data_by_a_command(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    """It is done in another process, of which the running bot hears nothing; the writer begins anew in the same DM."""
    user = sim.user("writer")
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        await (await user.slash(user.dm, "draft")).message()
        store = SqliteStore(tmp_path / "essays.db", None, utc_now)
        await join_services(store, None, utc_now).personal_data.delete(bot.writer(user))
        store.close()
        await (await user.slash(user.dm, "draft")).message()
    await user.say(user.dm, "While it was away.")
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        await user.sees(has_text("You wrote 1 message"))
        assert await everything(bot, user) == ["While it was away."]


async def test_critiques_of_pasted_texts_are_deleted_one_by_one(sim: DiscordSimulator, bot: Bot) -> None:
    user, other = sim.user("writer"), sim.user("other")
    assert bot.models is not None
    for number in (1, 2):
        bot.models.answers += [opinion()]
        await user.slash(user.dm, "critique", file=Attachment("a.md", f"Text {number}. {TEXT}".encode()))
        await user.sees(partial(shows_ended, number))
    panel = await (await user.slash(user.dm, "mydata")).message()
    await user.click(panel, "Critiques")
    await user.sees(reads(panel, "**Text 1. "))
    (found, _), _ = await bot.client.dispatcher.services.critiques.pasted(bot.writer(user), 0, 2)
    await other.slash(other.dm, "mydata")
    await other.sees(has_text("Your data"))
    forged = str(CustomId("essay", "mydata-critique-delete", argument=found.id))
    await other.forge_click(other.screen.messages[0], forged)
    await other.sees(has_text("That critique is gone."))
    await user.select(panel, "Delete a critique", found.id)
    await user.sees(reads(panel, "with the text that it is about?"))
    await user.click(panel, "Delete for good")
    await user.sees(reads(panel, "It is deleted, with the text that it was about."))
    assert "**Text 2. " not in panel.text
    assert "**Text 1. " in panel.text


async def test_the_history_of_the_dm_that_is_read_meanwhile_does_not_come_back(
    sim: DiscordSimulator, tmp_path: Path
) -> None:
    """The bot was away, and is reading what was written then, when the writer deletes everything."""
    user = sim.user("writer")
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        await user.say(user.dm, "Before.")
        await user.sees(has_text("You wrote 1 message"))
    await user.say(user.dm, "While it was away.")
    sim.delay("GET", "/channels/*/messages", 1.5)
    async with started(sim, tmp_path / "essays.db", Scripted()) as bot:
        quick(bot)
        panel = await (await user.slash(user.dm, "mydata")).message()
        await delete_everything(user, panel)
        await user.sees(reads(panel, "Everything is deleted"))
        assert (await data(bot).summary(bot.writer(user))).counts == {}
        await user.say(user.dm, "Anew.")
        await user.sees(lambda screen: screen.text.count("You wrote 1 message") == 2)
        assert await everything(bot, user) == ["Anew."]
