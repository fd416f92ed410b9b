"""/voice: texts of one's own are added by form or file, listed and deleted, and nobody else's are reached."""

from __future__ import annotations

from bot.discord_ui.interactions.custom_ids import CustomId
from tests.discord_ui.conftest import Bot
from tests.discord_ui.panel_steps import drafted, reads
from tests.simulators.discord import Attachment, DiscordSimulator


async def test_texts_are_added_by_form_and_file_listed_and_deleted(sim: DiscordSimulator, plain: Bot) -> None:
    user, other = sim.user("writer"), sim.user("other")
    panel = await (await user.slash(user.dm, "voice")).message()
    assert "There are none yet" in panel.text
    form = await (await user.click(panel, "Add a text")).modal()
    await user.submit(form, {"paste1": "It leaked, mind.\n\n[private] Aunt Rosa hated it."})
    await user.sees(reads(panel, "It is stored as text 1."))
    assert "**1** “It leaked, mind.”, 8 words; a model is sent 3 of them" in panel.text
    file = Attachment("mine.md", b"# *The* kettle\n\nI kept it.\n")
    panel = await (await user.slash(user.dm, "voice", file=file)).message()
    assert "**2** “\\*The\\* kettle”, 5 words" in panel.text
    await (await user.slash(user.dm, "voice", file=Attachment("third.md", b"A third."))).message()
    full = await (await user.slash(user.dm, "voice")).message()
    assert "[Add a text]" not in full.text
    told = await (await user.slash(user.dm, "voice", file=Attachment("more.md", b"A fourth."))).message()
    assert "There are 3 texts of yours already: delete one first" in told.text
    forged = await other.forge_click(full, str(CustomId("essay", "voice-delete", argument="1.abcdef012345")))
    assert "There is no text 1 among yours" in (await forged.followup()).text
    await user.click(full, "Delete 1")
    await user.sees(reads(full, "Text 1 is deleted."))
    voice = plain.client.dispatcher.services.voice
    assert [sample.number for sample in await voice.samples(plain.writer(user))] == [2, 3]


async def test_the_measures_of_a_post_say_what_it_kept_of_its_writers_voice(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, "## What I missed\n\nThe colour of the shop, all day long.\n")
    await user.select(panel, "More", "Measures")
    await user.sees(reads(panel, "Your own phrases: 100 % of your notes' words"))
    await user.sees(reads(panel, "Your spelling: British, as in your notes."))
