"""A writer's essays: titles, the list, essays whose structure is gone, and deleted ones."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import SECTION, controls, criticised, drafted, reads, with_notes
from tests.simulators.discord import Attachment, DiscordSimulator, User


async def titles(bot: Bot, user: User) -> list[str]:
    return sorted(essay.title for essay in await bot.desk.list_essays(bot.writer(user)))


def remove_structure(bot: Bot, key: str) -> None:
    """Remove a structure, as if its file were gone at the next start."""
    cast(dict[str, Any], cast(Any, bot.desk.structures).structures).pop(key)


async def test_two_titles_make_two_essays(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    for title in ("The first", "The second"):
        shown = await (await user.slash(user.dm, "draft", title=title)).message()
        assert title in shown.text
    assert await titles(plain, user) == ["The first", "The second"]


async def test_an_empty_essay_with_a_title_is_not_reused_for_another(sim: DiscordSimulator, plain: Bot) -> None:
    """Neither by a structure nor by "New essay"; one without a title is, and "New essay" leaves its structure."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft", structure="promotion", title="Mine")).message()
    await (await user.slash(user.dm, "draft", structure="layoff")).message()
    essays = await plain.desk.list_essays(plain.writer(user))
    assert {(one.title, one.structure) for one in essays} == {("Mine", "promotion"), ("Layoff", "layoff")}
    new = next(custom_id for custom_id, _ in controls(panel)).replace(":structure:", ":new:")
    for _ in range(2):
        await user.forge_click(panel, new)
        await user.sees(reads(panel, "### Promotion"))
    assert await titles(plain, user) == ["Layoff", "Mine", "Promotion"]


async def test_setting_a_title_keeps_the_structure_that_was_chosen(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.select(panel, "What happened?", "Layoff")
    await user.sees(lambda _: "### Layoff" in panel.text)
    await (await user.slash(user.dm, "draft", title="Nine people")).message()
    essay = await plain.essay(user)
    assert (essay.title, essay.structure) == ("Nine people", "layoff")


@pytest.mark.parametrize("title", ["   ", "\u200b\u200d", "\u2800\u3164"])
async def test_a_blank_or_invisible_title_makes_no_essay(sim: DiscordSimulator, plain: Bot, title: str) -> None:
    user = sim.user("writer")
    answer = await (await user.slash(user.dm, "draft", title=title)).message()
    assert "The title is blank" in answer.text
    assert await plain.desk.list_essays(plain.writer(user)) == ()


async def test_an_essay_whose_structure_file_is_gone_can_still_be_used_and_deleted(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Reading, editing, undo, export, rename, leaving out and deleting; where the structure is needed, that is said."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    remove_structure(bot, "career-switch")
    panel = await (await user.slash(user.dm, "draft")).message()
    assert "version 1" in panel.text
    await user.select(panel, "Go to a section", SECTION)
    await user.sees(lambda _: f"*{SECTION}*" in panel.text)
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "My pay went from 61,000 to 48,500."})
    await user.sees(lambda _: "Stored as version 2" in panel.text)
    await user.select(panel, "More", "Undo")
    await user.sees(lambda _: "This is version 1" in panel.text)
    assert (await (await user.click(panel, "Export")).followup()).files
    form = await (await user.select(panel, "More", "Rename")).modal()
    await user.submit(form, {"Title": "Nine weeks"})
    await user.sees(lambda _: "The title is stored." in panel.text)
    told = await (await user.select(panel, "More", "Draft again")).followup()
    assert "The structure career-switch of this essay is no longer there" in told.text
    assert "can be read, edited" in told.text
    await user.select(panel, "More", "Answer questions")
    await user.sees(lambda _: "is no longer there" in panel.text and "version 1" in panel.text)
    await user.select(panel, "More", "Notes")
    await user.sees(lambda _: "Open a note" in panel.text)
    await user.select(panel, "Open a note", "1")
    await user.sees(lambda _: "Leave it out" in panel.buttons)
    await user.click(panel, "Leave it out")
    await user.sees(lambda _: "Take it in again" in panel.buttons)
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", (await bot.essay(user)).id)
    for label in ("Delete", "Yes, delete it", "Delete for good"):
        await user.sees(reads(listed, f"[{label}]"))
        await user.click(listed, label)
    await user.sees(lambda _: "It is deleted." in listed.text)


async def test_an_answer_stored_after_the_structure_file_was_removed_is_not_told_as_a_failure(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """The structure has gone while the form was open: the answer is a note, and the panel says what is missing."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Answer" in panel.buttons)
    form = await (await user.click(panel, "Answer")).modal()
    remove_structure(plain, "career-switch")
    await user.submit(form, {"answer": "Nine weeks of it."})
    await user.sees(lambda _: "is no longer there" in panel.text)
    notes = await plain.desk.notes(plain.writer(user), (await plain.essay(user)).id)
    assert [note.text for note in notes] == ["Nine weeks of it."]
    assert "What you typed is attached" not in user.screen.text


async def test_deleting_an_essay_that_changed_meanwhile_asks_for_confirmation_again(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    await with_notes(user, user.dm)
    listed = await (await user.slash(user.dm, "essays")).message()
    essay = await plain.essay(user)
    await user.select(listed, "Choose an essay", essay.id)
    for label in ("Delete", "Yes, delete it"):
        await user.sees(reads(listed, f"[{label}]"))
        await user.click(listed, label)
    await user.sees(lambda _: "Delete for good" in listed.buttons)
    await plain.desk.add_notes(plain.writer(user), essay.id, "One more note.")
    await user.click(listed, "Delete for good")
    await user.sees(lambda _: "has changed since you were asked" in listed.text)
    assert len(await plain.desk.list_essays(plain.writer(user))) == 1
    await user.click(listed, "Delete for good")
    await user.sees(lambda _: "It is deleted." in listed.text)


async def test_a_second_click_on_apply_shows_the_same_result_as_the_first(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    await criticised(user, panel, models)
    await user.click(panel, "Next")
    await user.sees(lambda _: "Apply" in panel.buttons)
    apply = next(custom_id for custom_id, _ in controls(panel) if ":apply:" in custom_id)
    for _ in range(2):
        act = await user.forge_click(panel, apply)
        await act.acknowledged()
        await user.sees(lambda _: "Applied: it is version 2" in panel.text)
    assert "has changed since this was shown" not in panel.text
    assert (await bot.essay(user)).head == 2


async def test_pressing_continue_in_dm_twice_posts_one_panel(sim: DiscordSimulator, plain: Bot) -> None:
    user, guild = sim.user("writer"), sim.guild("Writers")
    panel = await (await user.slash(guild, "draft")).message()
    move = next(custom_id for custom_id, _ in controls(panel) if ":dm:" in custom_id)
    await user.forge_click(panel, move)
    await user.forge_click(panel, move)
    await user.sees(lambda _: "Continued in your DM" in panel.text)
    assert len([one for one in user.screen.at(user.dm).messages if "Interview me" in one.buttons]) == 1


async def _deleted(bot: Bot, user: User) -> None:
    """As by the terminal, or from another device: the panel knows nothing of it."""
    essay = await bot.essay(user)
    await bot.desk.delete_essay(bot.writer(user), essay.id)


@pytest.mark.parametrize("control", ["Interview me", "Paste notes", "What happened?"])
async def test_a_dm_panel_of_a_deleted_essay_says_so_at_the_next_click(
    sim: DiscordSimulator, plain: Bot, control: str
) -> None:
    """No command asked for it, so Discord does not say whose it is; but in the DM every message is the person's own."""
    user = sim.user("writer")
    panel = await (await user.slash(sim.guild("Writers"), "draft")).message()
    await user.click(panel, "Continue in DM")
    await user.sees(reads(panel, "Continued in your DM"))
    posted = user.screen.at(user.dm).last
    assert posted is not None
    assert "interaction_metadata" not in posted.payload()
    await _deleted(plain, user)
    await (user.select(posted, control, "layoff") if control.endswith("?") else user.click(posted, control))
    await user.sees(reads(posted, "This essay was deleted or is not yours"))
    assert posted.buttons == ["All essays"]
    await user.click(posted, "All essays")
    await user.sees(reads(posted, "You have none yet: /draft begins one."))


async def test_typed_text_is_returned_when_the_essay_was_deleted_meanwhile(sim: DiscordSimulator, plain: Bot) -> None:
    """The panel is replaced, and the words of the form are handed back beside it."""
    user = sim.user("writer")
    panel = await (await user.slash(user.dm, "draft")).message()
    form = await (await user.click(panel, "Paste notes")).modal()
    await _deleted(plain, user)
    answer = await (await user.submit(form, {"paste1": "Nine weeks of it."})).followup()
    assert answer.files == {"typed.txt": b"Nine weeks of it."}
    assert panel.buttons == ["All essays"]


async def test_every_way_to_begin_works_without_the_default_structure(sim: DiscordSimulator, plain: Bot) -> None:
    """The operator has removed its file: the first of those that are left stands in for it."""
    remove_structure(plain, "career-switch")
    first = next(iter(plain.desk.structures))
    talker, drafter, paster = sim.user("talker"), sim.user("drafter"), sim.user("paster")
    await talker.say(talker.dm, "I changed jobs in May.")
    await talker.sees(lambda screen: "You wrote 1 message" in screen.text)
    panel = await (await drafter.slash(drafter.dm, "draft")).message()
    await drafter.select(panel, "What happened?", "layoff")
    await drafter.sees(reads(panel, "### Layoff"))
    await (await paster.slash(paster.dm, "draft", notes=Attachment("n.md", b"Only words."))).message()
    assert (await plain.essay(talker)).structure == first
    assert (await plain.essay(paster)).structure == first
    assert (await plain.essay(drafter)).structure == "layoff"


async def test_essays_are_listed_by_the_names_of_their_structures_and_opened(sim: DiscordSimulator, plain: Bot) -> None:
    """Beside each stands the name of its structure; Rename and Open are a click away."""
    user = sim.user("writer")
    await user.slash(user.dm, "draft", structure="return-or-relocation", title="Home again")
    await with_notes(user, user.dm)
    listed = await (await user.slash(user.dm, "essays")).message()
    assert "**Home again** · Return or relocation, notes, changed" in listed.text
    assert "**Career switch** · Career switch, notes, changed" in listed.text
    await user.select(listed, "Choose an essay", "Home again")
    await user.sees(reads(listed, "[Rename]"))
    form = await (await user.click(listed, "Rename")).modal()
    await user.submit(form, {"Title": "Home at last"})
    await user.sees(reads(listed, "The title is stored."))
    listed = await (await user.slash(user.dm, "essays")).message()
    await user.select(listed, "Choose an essay", "Career switch")
    await user.sees(reads(listed, "[Open]"))
    await user.click(listed, "Open")
    await user.sees(reads(listed, "2 notes so far"))
