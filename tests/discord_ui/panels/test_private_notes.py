"""What is marked private stays so until its mark is removed, and so does the answer to a private question."""

from __future__ import annotations

from bot.essay.questions import PRIVATE_ANSWER_NOTICE
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.dm_steps import dm_messages_from_bot, notes, question, quick, talking
from tests.discord_ui.panel_steps import SECTION, drafted, reads
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User

__all__ = ["talking"]  # a fixture

SECRET = "What part of the story should stay private?"


async def ask_question_in_dm(bot: Bot, user: User, text: str = SECRET) -> Message:
    """The panel of a question that keeps its answers private, in the DM."""
    panel = await (await user.slash(user.dm, "draft")).message()
    await user.select(panel, "What happened?", "leaving")
    await user.sees(reads(panel, "### Leaving"))
    essay = await bot.essay(user)
    at = essay.changed_at
    await bot.store.write(
        essay.writer, lambda tx: tx.essays.add_question(essay.writer, essay.id, "last-straw", text, at)
    )
    await user.click(panel, "Interview me")
    await user.sees(reads(panel, text))
    return panel


async def test_adding_or_removing_a_private_mark_in_a_dm_message_updates_the_text(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await question(user)
    await user.say(user.dm, "We sold the press.")
    marked = await user.say(user.dm, "[private] My boss drank at noon.\n\n- Kim stayed\n- [private] Ola was paid")
    await user.sees(lambda screen: "What you marked is left out, with the paragraph or list item" in screen.text)
    await user.click(panel, "Next")
    await user.sees(lambda _: "question 2" in dm_messages_from_bot(sim, user)[-1].text)
    (note,) = await notes(plain, user)
    assert note.public_text == "We sold the press.\n\n- Kim stayed"
    panel = dm_messages_from_bot(sim, user)[-1]
    await user.click(panel, "Set into a post")
    await user.sees(reads(panel, "2 private passages not in it"))
    assert "drank" not in await plain.text(user)
    await user.edit(marked, "My boss drank at noon.\n\n- Kim stayed\n- [private] Ola was paid")
    await user.sees(lambda screen: "You edited note 1. The text follows: it is version 2 now." in screen.text)
    text = await plain.text(user)
    assert "We sold the press.\n\nMy boss drank at noon.\n\n- Kim stayed\n" in text
    assert "paid" not in text
    await user.edit(marked, "[private] My boss drank at noon.")
    await user.sees(lambda screen: "it is version 3 now." in screen.text)
    assert "drank" not in await plain.text(user)


async def test_marking_a_dm_message_private_says_where_its_words_still_stand_in_the_text(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await question(user)
    quick(bot)
    told = await user.say(user.dm, "My boss drank at noon, every day of that spring.")
    await user.click(panel, "Next")
    await user.sees(lambda _: "question 2" in dm_messages_from_bot(sim, user)[-1].text)
    essay, writer = await bot.essay(user), bot.writer(user)
    seen = await bot.desk.assemble_post(writer, essay.id)
    await bot.desk.edit_text(writer, essay.id, seen, f"{seen.text}\nAnd more.\n")
    await user.edit(told, "[private] My boss drank at noon, every day of that spring.")
    await user.sees(lambda screen: "Words of it still stand in the text: “My boss drank at noon" in screen.text)


async def test_a_note_marked_wholly_private_can_be_used_only_by_editing_its_mark_away(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    page = f"## What I missed [private]\n\nMarcus drank.\n\n## {SECTION}\n\nPay.\n"
    panel = await drafted(user, user.dm, None, page)
    await user.select(panel, "More", "Notes")
    await user.sees(reads(panel, "1 left out"))
    await user.select(panel, "Open a note", "1")
    await user.sees(reads(panel, "Its mark is taken away by editing it."))
    told = await (await user.click(panel, "Take it in again")).followup()
    assert "Note 1 is marked [private]: edit it and take the mark away to use it." in told.text
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form, {"body0": "Marcus drank."})
    await user.sees(reads(panel, "Nothing of it is private any more."))
    assert [note.public_text for note in await notes(plain, user)] == ["Marcus drank.", "Pay."]
    assert "Marcus drank." in await plain.text(user)


async def test_a_form_answer_to_a_private_question_stays_private(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await ask_question_in_dm(bot, user)
    assert PRIVATE_ANSWER_NOTICE in panel.text
    form = await (await user.click(panel, "Answer")).modal()
    assert PRIVATE_ANSWER_NOTICE in form.text
    assert "Leave it out" not in form.text
    await user.submit(form, {"answer": "Marcus drank."})
    await user.sees(lambda screen: "1 note is left out" in screen.text)
    (note,) = await notes(bot, user)
    assert (note.question, note.text, note.public_text) == (SECRET, "Marcus drank.", "")
    assert [asked.what for asked in models.asked if asked.what == "next_question"] == []


async def test_dm_messages_and_files_that_answer_a_private_question_stay_private(
    sim: DiscordSimulator, talking: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await ask_question_in_dm(talking, user)
    assert PRIVATE_ANSWER_NOTICE in panel.text
    await user.say(user.dm, "Marcus drank.")
    await user.say(user.dm, "More:", [Attachment("more.md", b"The sum was 61,000.\n")])
    await user.sees(lambda screen: "1 note is left out" in screen.text)
    late = await user.say(user.dm, "And Ola knew.")
    await user.sees(reads(panel, "3 messages"))
    await user.click(panel, "Next")
    await user.sees(lambda _: "question 2" in dm_messages_from_bot(sim, user)[-1].text)
    await user.edit(late, "And Ola knew it all.")
    found = await notes(talking, user)
    assert [note.public_text for note in found] == ["", ""]
    essay, writer = await talking.essay(user), talking.writer(user)
    text = (await talking.desk.assemble_post(writer, essay.id)).text
    for secret in ("Marcus", "61,000", "Ola", SECRET):
        assert secret not in text
    assert not [asked for asked in models.asked if "Marcus" in str(asked)]
