"""Notes are edited, moved, deleted and downloaded; stale clicks and strangers' clicks change nothing."""

from __future__ import annotations

import pytest

from bot.discord_ui.interactions.custom_ids import CustomId
from bot.essay.essay import Note
from tests.discord_ui.conftest import Bot
from tests.discord_ui.dm_steps import dm_messages_from_bot, quick
from tests.discord_ui.panel_steps import SECTION, controls, drafted, reads
from tests.simulators.discord import Attachment, DiscordSimulator, Message, User

FIRST = "I rebuilt the export service in March 2019. Errors went from 15% to 2%."
MISSED = "## What I missed\n\n"
KINDS = "Markdown, plain text, RTF, HTML or Word (.docx)"


async def stored(bot: Bot, user: User) -> tuple[Note, ...]:
    return await bot.desk.notes(bot.writer(user), (await bot.essay(user)).id)


async def open_note(user: User, note: str = "1", notes: str = "") -> Message:
    """The panel of a note, of an essay whose text is set from its notes."""
    panel = await drafted(user, user.dm, None, notes or f"{MISSED}{FIRST}\n\n## {SECTION}\n\nMy pay went down.\n")
    await user.select(panel, "More", "Notes")
    await user.sees(reads(panel, "Open a note"))
    await user.select(panel, "Open a note", note)
    await user.sees(reads(panel, "[Edit]"))
    return panel


async def test_editing_a_note_in_a_form_updates_the_text_set_from_notes(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    form = await (await user.click(panel, "Edit")).modal()
    assert FIRST in form.text
    await user.submit(form, {"body0": "I rebuilt it in April."})
    await user.sees(reads(panel, "Note 1 is changed. The text follows: it is version 2 now."))
    assert (await stored(plain, user))[0].text == "I rebuilt it in April."
    assert "I rebuilt it in April." in await plain.text(user)


async def test_a_note_cannot_be_emptied_and_a_late_edit_is_stored_beside_the_changed_note(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    forms = [await (await user.click(panel, "Edit")).modal() for _ in range(3)]
    told = await (await user.submit(forms[0], {"body0": "…"})).followup()
    assert "To be rid of it, delete it." in told.text
    await user.submit(forms[1], {"body0": "One."})
    await user.sees(reads(panel, "Note 1 is changed."))
    await user.submit(forms[2], {"body0": "Two."})
    await user.sees(reads(panel, "what you typed is stored beside it, as note 3."))
    assert [note.text for note in await stored(plain, user)] == ["One.", "My pay went down.", "Two."]


async def test_a_long_note_is_split_into_form_fields_and_stored_back_byte_for_byte(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    long = "\n\n".join(f"{number}. {'word ' * 99}word" for number in range(1, 19))
    panel = await open_note(user, notes=f"{MISSED}{long}\n")
    form = await (await user.click(panel, "Edit")).modal()
    assert len(form.fields) > 1
    await user.submit(form)
    await user.sees(reads(panel, "Nothing was changed."))
    assert [note.text for note in await stored(plain, user)] == [long]


async def test_a_note_too_long_for_a_form_is_edited_by_uploading_a_file(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await open_note(user, notes=f"{MISSED}{'word ' * 4_500}\n")
    form = await (await user.click(panel, "Edit")).modal()
    assert "a form holds 20,000. Take it from All as a file below the list of notes" in form.text
    await user.submit(form, {"file": [Attachment("note.md", b"Shorter.\n")]})
    await user.sees(reads(panel, "Note 1 is changed."))
    assert [note.text for note in await stored(plain, user)] == ["Shorter."]


async def test_the_encoding_of_an_uploaded_note_or_section_is_told(sim: DiscordSimulator, plain: Bot) -> None:
    """And both forms name every kind of file that is read."""
    user = sim.user("writer")
    panel = await open_note(user, notes=f"{MISSED}{'word ' * 4_500}\n")
    old = [Attachment("b.txt", "Das Büro schloß, und ich ging.\n".encode("latin-1"))]
    form = await (await user.click(panel, "Edit")).modal()
    assert KINDS in form.text
    edit = str(CustomId("essay", "edit", (await plain.essay(user)).id, 1, "1"))
    by_file = await (await user.forge_click(panel, edit)).modal()
    assert KINDS in by_file.text
    await user.submit(by_file, {"file": old})
    await user.sees(lambda screen: "b.txt is not UTF-8" in screen.text and "Stored as version 2." in screen.text)
    await user.submit(form, {"file": old})
    await user.sees(reads(panel, "b.txt is not UTF-8; it was read as cp1252. Look whether it reads well. Note 1 is"))


async def test_double_bars_in_a_note_are_kept_when_it_is_edited(sim: DiscordSimulator, plain: Bot) -> None:
    """In a file they are a table or code, and the form that holds them again is no place for spoilers."""
    user = sim.user("writer")
    panel = await open_note(user, notes=f"{MISSED}| a || b || c |\n")
    form = await (await user.click(panel, "Edit")).modal()
    await user.submit(form)
    await user.sees(reads(panel, "Nothing was changed."))
    assert (await stored(plain, user))[0].text == "| a || b || c |"


async def test_a_note_can_be_moved_to_another_section_or_to_none(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    await user.select(panel, "Move to", SECTION)
    await user.sees(reads(panel, f"It is under {SECTION} now. The text follows"))
    await user.select(panel, "Move to", "No section")
    await user.sees(reads(panel, "It is under no section now."))
    assert (await stored(plain, user))[0].section is None


async def test_a_note_is_deleted_after_confirmation_and_a_second_click_says_it_is_gone(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    older = [one for one, _ in controls(panel) if one.split(":")[2] in ("note-edit", "note-delete")]
    await user.click(panel, "Delete")
    await user.sees(reads(panel, "It cannot be brought back."))
    assert len(await stored(plain, user)) == 2
    final = next(custom_id for custom_id, _ in controls(panel) if ":note-delete:" in custom_id)
    await user.click(panel, "Delete for good")
    await user.sees(reads(panel, "Note 1 is deleted. The text follows: it is version 2 now."))
    for stale in (final, *older):
        await user.forge_click(panel, stale)
        await user.sees(reads(panel, "There is no note 1 any more"))
        await user.forge_click(panel, str(CustomId("essay", "notes", (await plain.essay(user)).id, 2)))
        await user.sees(lambda _: "any more" not in panel.text)
    assert [note.number for note in await stored(plain, user)] == [2]


async def test_a_note_edited_after_the_delete_confirmation_was_shown_is_not_deleted(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    form = await (await user.click(panel, "Edit")).modal()
    await user.click(panel, "Delete")
    await user.sees(reads(panel, "It cannot be brought back."))
    final = next(custom_id for custom_id, _ in controls(panel) if ":note-delete:" in custom_id)
    await user.submit(form, {"body0": "Newer words."})
    await user.sees(reads(panel, "Note 1 is changed."))
    await user.forge_click(panel, final)
    await user.sees(reads(panel, "The note has changed since you were asked, so it was not deleted."))
    assert (await stored(plain, user))[0].text == "Newer words."


async def test_all_notes_can_be_downloaded_as_a_markdown_file(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    panel = await open_note(user)
    await user.click(panel, "All notes")
    await user.sees(reads(panel, "[All as a file]"))
    handed = await (await user.click(panel, "All as a file")).followup()
    ((name, data),) = handed.files.items()
    assert name.endswith("-notes.md")
    assert (
        f"## What I missed\n\n### Note 1\n\n{FIRST}\n\n## {SECTION}\n\n### Note 2\n\nMy pay went down.\n"
        in data.decode()
    )


@pytest.mark.parametrize("action", ["note-edit", "note-move", "note-delete", "notes-file"])
async def test_a_strangers_click_on_a_note_opens_and_changes_nothing(
    sim: DiscordSimulator, plain: Bot, action: str
) -> None:
    user, stranger = sim.user("writer"), sim.user("stranger")
    panel = await open_note(user)
    custom_id = str(CustomId("essay", action, (await plain.essay(user)).id, 1, "1"))
    act = await stranger.forge_click(panel, custom_id)
    kind = (await act.acknowledged()).kind
    answer = await (act.message() if kind == "message" else act.followup())
    assert "was deleted or is not yours" in answer.text
    assert len(await stored(plain, user)) == 2


async def test_editing_a_dm_message_does_not_change_a_note_edited_in_the_panel_since(
    sim: DiscordSimulator, plain: Bot
) -> None:
    quick(plain)
    user = sim.user("writer")
    panel = await open_note(user)
    said = await user.say(user.dm, "We sold it in May.")
    await user.sees(
        lambda _: any(
            "1 note stored" in one.text or "note 3" in one.text.lower() for one in dm_messages_from_bot(sim, user)
        )
    )
    custom_id = str(CustomId("essay", "note-edit", (await plain.essay(user)).id, 1, "3"))
    form = await (await user.forge_click(panel, custom_id)).modal()
    await user.submit(form, {"body0": "We sold it in June."})
    await user.sees(reads(panel, "Note 3 is changed."))
    await user.edit(said, "We sold it in July.")
    await user.sees(
        lambda screen: "Note 3 has a text of its own now, so your message no longer changes it" in screen.text
    )
    assert (await stored(plain, user))[-1].text == "We sold it in June."


async def test_notes_can_be_opened_before_there_is_a_text_and_during_a_question(
    sim: DiscordSimulator, plain: Bot
) -> None:
    user = sim.user("writer")
    panel = await (
        await user.slash(user.dm, "draft", notes=Attachment("n.md", f"{MISSED}{FIRST}\n".encode()))
    ).message()
    await user.click(panel, "Notes")
    await user.sees(reads(panel, FIRST))
    await user.click(panel, "Back")
    await user.sees(lambda _: "Interview me" in panel.buttons)
    await user.click(panel, "Interview me")
    await user.sees(lambda _: "Skip" in panel.buttons)
    await user.click(panel, "Notes")
    await user.sees(reads(panel, FIRST))
    await user.click(panel, "Back")
    await user.sees(lambda _: "Skip" in panel.buttons)
