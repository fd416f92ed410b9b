"""The panel of a text: its footer, its measures and claims, and the text as a file without markup."""

from __future__ import annotations

from bot.essay.export import MAX_LINKEDIN_CHARACTERS
from tests.discord_ui.conftest import Bot, Scripted
from tests.discord_ui.panel_steps import SECTION, answered, criticised, drafted, reads, with_notes
from tests.services.fakes import Gate, opinion, rewrites, says
from tests.simulators.discord import DiscordSimulator

RAINY = "It was not the work, but the rain. It was not the pay, but the walk. It was not them, but me. " * 6
NOISY = (
    f"## What I missed\n\n{RAINY}\n\n## What I gave up and what I gained\n\n"
    "At the end of the day, it was a game changer. I hit the ground running. We sang, danced and wept. It was fast, "
    "cheap and good. I was tired, cold and hungry — and yet — strangely — happy. Studies show that it works. Many "
    "people believe that it does. Experts agree that it was very important. It was basically really very just quite a "
    "journey. So remember: the best is yet to come. Every ending is a new beginning."
)


async def test_the_footer_of_a_draft_shows_words_version_and_unsupported_claims(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A number and a quotation that stand in no note are counted there, and listed with their sentences under More."""
    user = sim.user("writer")
    draft = "## What I missed\n\nI rebuilt it “all by hand” in March 2019. Errors went to 7%.\n"
    panel = await drafted(user, user.dm, models, draft)
    (line,) = [one for one in panel.text.splitlines() if one.startswith("-# ")]
    assert line == (
        "-# 13 words · version 1 · 2 claims your notes do not hold · 6 gaps marked NEED · AI-written from your notes"
    )
    await user.select(panel, "More", "Unsupported claims")
    await user.sees(reads(panel, "2 claims · page 1 of 1"))
    assert "“all by hand”**\n> I rebuilt it “all by hand” in March 2019." in panel.text
    assert "7%**\n> Errors went to 7%." in panel.text
    assert "2019**" not in panel.text


async def test_measures_are_shown_in_pages_with_advice_and_an_example(sim: DiscordSimulator, plain: Bot) -> None:
    """The numbers of pages and of measures are those of the list, and Back leads to the draft."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, None, NOISY)
    await user.select(panel, "More", "Measures")
    await user.sees(reads(panel, "words apart from headings, 7 sections."))
    raised, pages = int(panel.text.split(" measures raised")[0].split()[-1]), int(panel.text.split("page 1 of ")[1][0])
    assert raised > 5
    assert pages == -(-raised // 5)
    seen = panel.text
    for page in range(2, pages + 1):
        await user.click(panel, "▶")
        await user.sees(reads(panel, f"page {page} of {pages}"))
        seen += panel.text
    assert seen.count("\n**") == raised
    assert "**Turns of the kind “not X but Y”**" in seen
    assert "\n> " in seen
    await user.click(panel, "Back")
    await user.sees(reads(panel, "[Export]"))


async def test_a_plain_text_export_holds_the_title_and_the_words_without_markup(
    sim: DiscordSimulator, plain: Bot
) -> None:
    """It is UTF-8 without heading marks, stars and front matter; the essay then counts as exported."""
    user = sim.user("writer")
    notes = "## What I missed\n\nI *rebuilt* the [export](https://example.org) — “all of it”.\n\n- one\n- two\n"
    await drafted(user, user.dm, None, notes)
    await plain.desk.rename_essay(plain.writer(user), (await plain.essay(user)).id, "Neun Wochen für nichts")
    shown = await (await user.slash(user.dm, "export", **{"for": "text"})).message()
    ((name, data),) = shown.files.items()
    assert name == "neun-wochen-fur-nichts.txt"
    text = data.decode()
    assert text.startswith("Neun Wochen für nichts\n\nThe contradiction\n\n[NEED: ")
    assert "What I missed\n\nI rebuilt the export (https://example.org) — “all of it”.\n\n- one\n- two\n" in text
    assert not any(mark in text for mark in ("#", "*", "---", "\r"))
    assert "as plain text." in shown.text
    assert "a LinkedIn post holds" not in shown.text
    await answered(plain)
    assert (await plain.essay(user)).is_exported


async def test_a_plain_text_export_too_long_for_linkedin_says_so(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    await drafted(user, user.dm, None, "## What I missed\n\n" + "Nine weeks of it. " * 200)
    shown = await (await user.slash(user.dm, "export", **{"for": "text"})).message()
    (data,) = shown.files.values()
    assert len(data.decode()) > MAX_LINKEDIN_CHARACTERS
    assert f"It has {len(data.decode()):,} characters; a LinkedIn post holds {MAX_LINKEDIN_CHARACTERS:,}." in shown.text


async def test_a_panel_that_discord_refuses_twice_becomes_a_sentence_with_buttons(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Discord refuses the end of a draft, and the panel without its text too: what stands there still leads on."""
    user = sim.user("writer")
    panel = await with_notes(user, sim.guild("Writers"))
    gate = Gate()
    models.script(says("## What I missed\n\nNothing at all. It was a very big change for me.\n", gate))
    await user.click(panel, "Write draft")
    await gate.reached()
    await user.sees(reads(panel, "Nothing at all."))
    sim.fail_next("PATCH", "/webhooks/*/*/messages/@original", 400, 200000, times=2)
    gate.release()
    await user.sees(reads(panel, "Discord refused to show this"))
    assert panel.buttons == ["Show the essay", "Continue in DM"]
    assert "Nothing at all." not in panel.text
    await user.click(panel, "Show the essay")
    await user.sees(reads(panel, "version 1"))
    await criticised(user, panel, models)


async def test_after_a_revision_the_panel_shows_the_section_that_was_rewritten_and_says_so(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """Also where it is on the second page."""
    user = sim.user("writer")
    long = "I rebuilt the export service in March 2019. " * 60
    panel = await drafted(
        user, user.dm, models, f"## What I missed\n\n{long}\n\n## {SECTION}\n\nMy pay went to 48,500.\n"
    )
    await user.select(panel, "Go to a section", SECTION)
    await user.sees(reads(panel, "My pay went to 48,500."))
    models.script(rewrites("I am paid 48,500 now."))
    form = await (await user.click(panel, "Revise")).modal()
    await user.submit(form, {"instruction": "Shorter."})
    await user.sees(reads(panel, "The section is rewritten: it is version 2. Undo takes it back."))
    assert "I am paid 48,500 now." in panel.text


async def test_one_button_of_a_text_is_marked_as_the_next_step(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """What is open in the text, then the critique, then the export."""
    user = sim.user("writer")

    def marked() -> list[str]:
        return [part["label"] for part in panel.parts if part.get("style") == 1]

    panel = await with_notes(user, user.dm)
    assert marked() == ["Interview me"]
    sections = "\n\n".join(f"## {one.heading}\n\nI went on." for one in bot.desk.structures["career-switch"].sections)
    models.script(says(f"{sections}\n\n[NEED: When was it?]\n"))
    await user.click(panel, "Write draft")
    await user.sees(reads(panel, "version 1"))
    assert marked() == ["Open questions (1)"]
    await user.click(panel, "Open questions (1)")
    await user.sees(reads(panel, "> When was it?"))
    await user.click(panel, "Another question")
    await user.sees(reads(panel, "version 1"))
    assert marked() == ["Critique"]
    models.script(opinion())
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "The editor found nothing to object to."))
    await user.click(panel, "Back to the text")
    await user.sees(reads(panel, "version 1"))
    assert marked() == ["Export"]
