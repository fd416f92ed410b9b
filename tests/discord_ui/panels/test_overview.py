"""What commands and small panels say: what was spent and counted, the file without markup, help, the small line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot import bootstrap
from bot.discord_ui.panels import critiques as critique_panel
from bot.essay.critique import Critique
from bot.essay.export import LINKEDIN_CHARACTERS
from bot.services.critiques import StoredCritique
from bot.services.ledger import Reservation, Settlement
from bot.services.llm_ports import ModelRole
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import OPINION, answered, criticised, drafted, reads, with_notes
from tests.services.fakes import Gate, says
from tests.simulators.discord import Attachment, DiscordSimulator, User

CENT = 10_000_000  # nano-dollars
RAINY = "It was not the work, but the rain. It was not the pay, but the walk. It was not them, but me. " * 6
NOISY = (
    f"## What I missed\n\n{RAINY}\n\n## What I gave up and what I gained\n\n"
    "At the end of the day, it was a game changer. I hit the ground running. We sang, danced and wept. It was fast, "
    "cheap and good. I was tired, cold and hungry — and yet — strangely — happy. Studies show that it works. Many "
    "people believe that it does. Experts agree that it was very important. It was basically really very just quite a "
    "journey. So remember: the best is yet to come. Every ending is a new beginning."
)


async def record_spent_call(bot: Bot, user: User, nano: int | None) -> None:
    """A call of a model for this person that is over and came to so many nano-dollars."""
    ledger, writer = bot.client.dispatcher.services.ledger, bot.writer(user)
    call = await ledger.reserve(
        Reservation(writer, ModelRole.WRITER, "a-model", "draft.md", "abc", nano or 0), bootstrap.utc_now()
    )
    await ledger.settle(call, Settlement("a-model", 1_200, 0, 300, 450, nano, 700, 9_000, "end_turn"))


async def test_usage_under_a_cent_is_not_shown_as_zero(sim: DiscordSimulator, bot: Bot) -> None:
    user, other = sim.user("writer"), sim.user("other")
    await record_spent_call(bot, user, CENT // 3)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **less than $0.01** of $3.00; $3.00 left." in usage
    assert "The last 31 days: **less than $0.01** in 1 call (1,500 tokens in, 450 out)." in usage
    await record_spent_call(bot, user, 40 * CENT)
    await record_spent_call(bot, other, 500 * CENT // 2)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **$0.40** of $3.00; $2.60 left." in usage
    assert "This month: **$0.40** of $10.00; $9.60 left." in usage
    assert "in 2 calls (3,000 tokens in, 900 out)" in usage
    assert "Everybody together this month: 5 % of the bot's budget is used." in usage


async def test_usage_mentions_calls_of_a_model_without_a_known_price(sim: DiscordSimulator, bot: Bot) -> None:
    user = sim.user("writer")
    await record_spent_call(bot, user, None)
    usage = (await (await user.slash(user.dm, "usage")).message()).text
    assert "Today: **$0.00** of $3.00; $3.00 left." in usage
    assert "1 call of a model without a known price" in usage


async def test_measures_are_shown_in_pages_with_advice_and_an_example(sim: DiscordSimulator, plain: Bot) -> None:
    """From the draft to what was counted and back; the numbers of pages and of measures are those of the list."""
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
    """Bytes of UTF-8: no heading marks, no stars, no front matter; the essay then counts as exported."""
    user = sim.user("writer")
    notes = "## What I missed\n\nI *rebuilt* the [export](https://example.org) — “all of it”.\n\n- one\n- two\n"
    await drafted(user, user.dm, None, notes)
    await plain.desk.rename_essay(plain.writer(user), (await plain.essay(user)).id, "Neun Wochen für nichts")
    shown = await (await user.slash(user.dm, "export", format="text")).message()
    ((name, data),) = shown.files.items()
    assert name == "neun-wochen-fur-nichts.txt"
    text = data.decode()
    assert text.startswith("Neun Wochen für nichts\n\nThe contradiction\n\n[NEED: ")
    assert "What I missed\n\nI rebuilt the export (https://example.org) — “all of it”.\n\n- one\n- two\n" in text
    assert not any(mark in text for mark in ("#", "*", "---", "\r"))
    assert "as plain text." in shown.text
    assert "LinkedIn" not in shown.text
    await answered(plain)
    assert (await plain.essay(user)).is_exported


async def test_a_plain_text_export_too_long_for_linkedin_says_so(sim: DiscordSimulator, plain: Bot) -> None:
    user = sim.user("writer")
    await drafted(user, user.dm, None, "## What I missed\n\n" + "Nine weeks of it. " * 200)
    shown = await (await user.slash(user.dm, "export", format="text")).message()
    (data,) = shown.files.values()
    assert len(data.decode()) > LINKEDIN_CHARACTERS
    assert f"It has {len(data.decode()):,} characters; a LinkedIn post holds {LINKEDIN_CHARACTERS:,}." in shown.text


@pytest.mark.parametrize("model", [True, False], ids=["with a model", "without"])
async def test_help_is_one_screen_and_names_every_command_and_the_dm(
    sim: DiscordSimulator, bot: Bot, model: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = replace(bot.client.dispatcher.services, has_model=model)
    monkeypatch.setattr(bot.client.dispatcher, "services", services)
    user = sim.user("writer")
    shown = await (await user.slash(user.dm, "help")).message()
    for command in bot.client.tree.get_commands():
        assert command.name in shown.text
    assert "In a DM with the bot you can also just write" in shown.text
    assert ("No model is configured here" in shown.text) is not model
    # On a phone some 45 characters a line and 30 lines a screen, the bot's name and the input line among them.
    assert sum(1 + len(line) // 45 for line in shown.text.splitlines()) <= 25


async def test_essays_are_listed_by_the_names_of_their_structures_and_opened(sim: DiscordSimulator, plain: Bot) -> None:
    """Also one whose structure's file is gone: it is known by its key then."""
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


async def test_the_footer_of_a_draft_shows_words_version_and_unsupported_claims(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A name and a number that stand in no note are counted there, and listed with their sentences under More."""
    user = sim.user("writer")
    draft = "## What I missed\n\nI rebuilt it with Ada Byron in March 2019. Errors went to 7%.\n"
    panel = await drafted(user, user.dm, models, draft)
    (line,) = [one for one in panel.text.splitlines() if one.startswith("-# ")]
    assert line == (
        "-# 13 words · version 1 · 2 claims your notes do not hold · 6 gaps marked NEED · AI-written from your notes"
    )
    await user.select(panel, "More", "Unsupported claims")
    await user.sees(reads(panel, "2 claims · page 1 of 1"))
    assert "Ada Byron**\n> I rebuilt it with Ada Byron in March 2019." in panel.text
    assert "7%**\n> Errors went to 7%." in panel.text
    assert "2019**" not in panel.text


def test_the_footer_of_a_critique_counts_the_findings_not_shown() -> None:
    """As in the terminal: not found in the text, on the same words, out of form, and lesser ones."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = StoredCritique("c", "w", None, 0, None, None, "Text.", True, None, {}, now)
    found = Critique("", (), (), (), dropped=2, held_back=4, model="a-model", repeated=1, misshapen=3)

    def line(found: Critique) -> str:
        card = critique_panel.critique_card(about, found, None, 0, 0, applicable=False)
        return next(text for text in card.text.splitlines() if text.startswith("-# "))

    assert line(found) == (
        "-# 0 findings · not shown: 2 whose quotation is not in the text, or says nothing, 1 on words that another "
        "quotes, 3 out of form, 4 lesser · AI-written by a-model"
    )
    assert line(replace(found, dropped=0, held_back=0, misshapen=0)) == (
        "-# 0 findings · not shown: 1 on words that another quotes · AI-written by a-model"
    )
    assert "not shown" not in line(replace(found, dropped=0, held_back=0, misshapen=0, repeated=0))


async def test_a_panel_that_discord_refuses_twice_becomes_a_sentence_with_buttons(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The end of a draft is refused, and so is the panel without its text: what stands there leads on all the same."""
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


async def test_critique_opens_a_form_of_four_long_fields_and_a_file(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """A text and a file may come together: the file follows the text."""
    user = sim.user("writer")
    form = await (await user.slash(user.dm, "critique")).modal()
    kinds = [(part["type"], part.get("style"), part.get("max_length")) for _, part in form.fields]
    assert kinds == [(4, 2, 4_000)] * 4 + [(19, None, None)]
    models.script(OPINION)
    act = await user.submit(
        form,
        {"paste1": "A first part of ten words or so, in a field.", "Or a file": [Attachment("m.md", NOTES.encode())]},
    )
    panel = await act.message()
    await user.sees(reads(panel, "Fix this first"))
    asked = models.asked[-1]
    assert asked.what == "critique"
    assert asked.given["text"].startswith("A first part of ten words or so, in a field.\n\n## What I missed")
