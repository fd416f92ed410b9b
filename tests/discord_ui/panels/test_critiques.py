"""The panel of a critique, and the form that /critique opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from bot.discord_ui.messages.text_limits import utf16_length
from bot.discord_ui.panels.cards import Button, ButtonRow, Card
from bot.discord_ui.panels.critiques import critique_card, next_page
from bot.essay.critique import Category, Critique, EarlierFinding, EarlierState, Finding, Severity
from bot.essay.text.spans import Span
from bot.services.critiques import StoredCritique
from tests.discord_ui.conftest import NOTES, Bot, Scripted
from tests.discord_ui.panel_steps import ASKING, OPINION, VAGUE, drafted, reads
from tests.services.fakes import opinion, says
from tests.simulators.discord import Attachment, DiscordSimulator


def test_the_footer_of_a_critique_counts_the_findings_not_shown() -> None:
    """As in the terminal: not found in the text, on the same words, out of form, and lesser ones."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = StoredCritique("c", "w", None, 0, None, None, "Text.", True, None, {}, now)
    found = Critique("", (), (), (), dropped=2, held_back=4, model="a-model", repeated=1, misshapen=3)

    def line(found: Critique) -> str:
        card = critique_card(about, found, None, 0, 0, applicable=False)
        return next(text for text in card.text.splitlines() if text.startswith("-# "))

    assert line(found) == (
        "-# 0 findings · not shown: 2 whose quotation is not in the text, or says nothing, 1 on words that another "
        "quotes, 3 out of form, 4 lesser · AI-written by a-model"
    )
    assert line(replace(found, dropped=0, held_back=0, misshapen=0)) == (
        "-# 0 findings · not shown: 1 on words that another quotes · AI-written by a-model"
    )
    assert "not shown" not in line(replace(found, dropped=0, held_back=0, misshapen=0, repeated=0))


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


def _finding(quotation: str, severity: Severity, at: int, **more: Any) -> Finding:
    return Finding(quotation, Span(at, at + 10), Category.VAGUE, severity, "Nobody can tell.", **more)


def _labels(card: Card) -> list[str]:
    return [button.label for row in card.parts if isinstance(row, ButtonRow) for button in row.buttons]


def test_the_gravest_seven_come_first_and_the_rest_is_a_click_away() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = StoredCritique("c", "w", "e", 1, None, None, "Text.", True, None, {}, now)
    findings = tuple(_finding(f"words {at}", Severity.SERIOUS, 20 * at, question="Who?") for at in range(9))
    found = Critique("Say who.", findings, (), (), 0, 0, "m")

    def buttons(page: int) -> dict[str, str]:
        card = critique_card(about, found, None, page, 1, applicable=True)
        rows = [row for row in card.parts if isinstance(row, ButtonRow)]
        return {
            button.label: button.custom_id.rsplit(":", 1)[1]
            for row in rows
            for button in row.buttons
            if isinstance(button, Button)
        }

    assert "Nothing grave was found" in critique_card(about, found, None, 0, 1, applicable=True).text
    assert buttons(0)["Show the rest (2)"] == "8"
    assert buttons(6)["Next"] == "7"
    assert [next_page(found, page) for page in (0, 6, 7, 8, 9, 10)] == [1, 7, 10, 9, 10, 10]
    assert (buttons(7)["Next"], buttons(7)["Show the rest (2)"]) == ("10", "8")  # 10 is what works
    assert (buttons(10)["Back"], "Next" in buttons(10)) == ("7", False)
    assert (buttons(8)["Back"], buttons(8)["Next"]) == ("7", "9")
    assert buttons(9)["Next"] == "10"
    assert "Answer" in buttons(3)
    assert "Show the rest (2)" not in buttons(3)


def test_a_finding_says_its_section_what_goes_and_which_others_stand_on_its_words() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    about = StoredCritique("c", "w", "e", 1, None, None, "Text.", True, None, {}, now)
    long = "One. " * 400
    cut = _finding(long, Severity.GRAVE, 0, is_cut=True, section="What I *missed*")
    others = tuple(_finding("words", Severity.MINOR, 5) for _ in range(8))
    gone = tuple(
        EarlierFinding("w" * 90, Category.VAGUE, Severity.MINOR, "When?", EarlierState.FIXED) for _ in range(40)
    )
    found = Critique("Say who. " * 200, (cut, *others), (), (), 0, 0, "m", earlier=gone)
    card = critique_card(about, found, None, 1, 1, applicable=True)
    assert "**Grave: vague** · What I \\*missed\\* · new\nTake out:\n> One. One." in card.text
    assert "Its first 1,100 characters; Take out removes all of it." in card.text
    assert "on words of findings 2, 3, 4, 5, 6 and 3 more too" in card.text
    assert "Take out" in _labels(card)
    first = critique_card(about, found, None, 0, 1, applicable=True)
    assert "Since the last critique: 40 fixed, 9 new." in first.text
    assert "- and 25 more" in first.text
    assert max(utf16_length(one.text) for one in (first, card)) <= 4_000


async def test_words_are_taken_out_and_a_question_answered_from_the_pages_of_a_critique(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    """The answer becomes a note, and the paragraph that the finding quotes is rewritten with it."""
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    before = await bot.text(user)
    cut = replace(VAGUE, quotation="It was a very big change for me.", replacement=None, is_cut=True)
    models.script(opinion(cut, ASKING))
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "Fix this first"))
    await user.click(panel, "Next")
    await user.sees(reads(panel, "Take out:\n> It was a very big change for me."))
    assert "What I gave up and what I gained" in panel.text
    await user.click(panel, "Take out")
    await user.sees(reads(panel, "Applied: it is version 2."))
    text = before.replace(" It was a very big change for me.", "")
    assert await bot.text(user) == text
    await user.click(panel, "Next")
    await user.sees(reads(panel, "A question only you can answer"))
    form = await (await user.click(panel, "Answer")).modal()
    rewritten = "I rebuilt the export service in March 2019. The errors of the night batch went from 15% to 2%."
    models.script(says(f"<rewrite>{rewritten}</rewrite>"))
    await user.submit(form, {"In your own words": "The night batch's."})
    await user.sees(reads(panel, "version 3"))
    assert await bot.text(user) == text.replace(
        "I rebuilt the export service in March 2019. Errors went from 15% to 2%.", rewritten
    )
    filled = next(one for one in models.asked if one.what == "fill")
    assert "Errors went from 15% to 2%." in filled.given["passage"]
    assert filled.given["notes"][-1].text == "The night batch's."


async def test_an_answer_is_kept_where_its_passage_cannot_be_rewritten(
    sim: DiscordSimulator, bot: Bot, models: Scripted
) -> None:
    user = sim.user("writer")
    panel = await drafted(user, user.dm, models)
    models.script(opinion(ASKING))
    await user.click(panel, "Critique")
    await user.sees(reads(panel, "Fix this first"))
    await user.click(panel, "Next")
    await user.sees(reads(panel, "A question only you can answer"))
    form = await (await user.click(panel, "Answer")).modal()
    essay = (await bot.essay(user)).id
    writer = bot.writer(user)
    seen = await bot.desk.current_version(writer, essay)
    await bot.desk.edit_text(writer, essay, seen, seen.text.replace("Errors went", "Faults went"))
    await user.submit(form, {"In your own words": "The night batch's."})
    await user.sees(reads(panel, "The words that the finding speaks of have changed, so the text stays as it is."))
    assert (await bot.desk.notes(writer, essay))[-1].question == "Whose?"
    assert "Answer" not in panel.buttons
