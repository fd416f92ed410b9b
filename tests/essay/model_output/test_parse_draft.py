"""A draft is put into form whatever a model did to its headings, and nothing of its prose is lost."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.model_output.reply_parsing import is_not_a_post
from bot.essay.text.gaps import find_gaps
from bot.essay.text.sections import split_sections
from tests.essay.sample_structure import FIRST, GOOD, HEADINGS, KEYS, SECOND, STRUCTURE, THIRD, drafted, headings


def words(text: str) -> Counter[str]:
    return Counter(run for run in text.split() if any(map(str.isalnum, run)))


def test_a_well_formed_draft_is_left_unchanged() -> None:
    assert drafted(GOOD) == GOOD


GERMAN = ("Was mir fehlte", "Wie es wirklich aussah", "Wo ich jetzt stehe")
JAPANESE = ("恋しかったもの", "実際の様子", "今いる場所")
SECTIONS = tuple(text.partition("\n\n")[2] for text in (FIRST, SECOND, THIRD))


def written(form: str, titles: tuple[str, ...]) -> str:
    """The good text under other headings."""
    return "\n".join(f"{form.format(title)}\n\n{body}" for title, body in zip(titles, SECTIONS, strict=True))


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(f"```markdown\n{GOOD}```\n", id="fence"),
        pytest.param(f"~~~~\n{GOOD}~~~~", id="fence of tildes"),
        pytest.param(f"```markdown\n{GOOD}", id="fence left open"),
        pytest.param(f"Here it is:\n\n```md\n{GOOD}```\n\nSag mir, was fehlt.", id="words around a fence"),
        pytest.param(f"# Out\n\n```markdown\n{GOOD}```", id="title above a fence"),
        pytest.param(f"```markdown\n# Out\n\n{GOOD}```", id="title in a fence"),
        pytest.param(f"<post>\n```markdown\n{GOOD}```\n</post>", id="tags around a fence"),
        pytest.param(f"# Out\n\n{GOOD}", id="title"),
        pytest.param(f"# Out\n\nHere is the draft:\n\n{GOOD}", id="title and announcement"),
        pytest.param(f"Here is the draft, from your notes alone:\n\n{GOOD}", id="announcement"),
        pytest.param(f"Voici le texte :\n\n{GOOD}", id="announcement in French"),
        pytest.param(f"Here is the draft:\n---\n{GOOD}", id="announcement over a rule"),
        pytest.param(f'<post id="x">\n{GOOD}</post>\n', id="tags"),
        pytest.param(f'<post id="x">{GOOD}</post id="x">', id="tags on the lines of others"),
        pytest.param(GOOD.replace("## ", "<section>\n## ").replace("\n\n<", "\n</section>\n\n<"), id="tags inside"),
        pytest.param("\ufeff" + GOOD, id="byte order mark"),
        pytest.param(GOOD.replace("## ", "\u200b## "), id="zero width"),
        pytest.param(GOOD.replace("## ", "    ## "), id="four spaces"),
        pytest.param(GOOD.replace("## ", "\u00a0##\u00a0"), id="hard spaces"),
        pytest.param(GOOD.replace("## ", "##"), id="no space"),
        pytest.param(GOOD.replace("## ", "> ## "), id="quotation sign"),
        pytest.param(GOOD.replace("## ", "# "), id="level 1"),
        pytest.param(GOOD.replace("## ", "#### "), id="level 4"),
        pytest.param(GOOD.replace("## What I missed", "What I missed\n-------------"), id="underlined"),
        pytest.param(GOOD.replace("What I missed", "**What I Missed:**"), id="bold in a heading"),
        pytest.param(GOOD.replace("## What I missed", "**What I Missed:**"), id="one in bold"),
        pytest.param(written("**{}**", HEADINGS), id="all in bold"),
        pytest.param(written("1. __{}__", HEADINGS), id="numbered in bold"),
        pytest.param(written("{}", HEADINGS), id="plain"),
        pytest.param(written("## {}", GERMAN), id="German"),
        pytest.param(written("# {}", GERMAN), id="German of level 1"),
        pytest.param("# Mein Weg\n\n" + written("### {}", GERMAN), id="German of level 3 under a title"),
        pytest.param("# Mein Weg\n\n" + written("**{}**", GERMAN), id="German in bold"),
        pytest.param(written("{}", GERMAN), id="German, plain"),
        pytest.param(
            "# Titel\n\n```markdown\n" + written("## {}", GERMAN) + "```", id="German under a title and fence"
        ),
        pytest.param(written("## {}", JAPANESE), id="Japanese"),
        pytest.param(written("## {}", (HEADINGS[0], *GERMAN[1:])), id="partly German"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(GOOD.replace("\n\n", "  \n \n\n\n").rstrip(), id="white space"),
        pytest.param(f"{THIRD}\n{FIRST}\n{SECOND}", id="another order"),
        pytest.param(f"{GOOD}\nI hope this helps! Let me know if you would like the tone changed.", id="offer"),
        pytest.param(f"{GOOD}\n---\n\n*Note: some of your notes are left out. Word count: 91.*", id="remark"),
    ],
)
def test_a_models_deviations_from_the_draft_format_are_undone(odd: str) -> None:
    assert drafted(odd) == GOOD


def test_missing_and_empty_sections_hold_the_gap_for_their_first_question() -> None:
    text = drafted("## Where I am now\n\n## What I missed\n\nThe build broke.")
    assert headings(text) == [(2, heading) for heading in HEADINGS]
    assert find_gaps(text) == ("[NEED: Which steps?]", "[NEED: What is open?]")


def test_other_headings_stay_as_text_at_level_three() -> None:
    text = drafted(GOOD.replace("First a year", "## The **first** year\n\nA year"))
    assert "## What it actually looked like\n\n### The **first** year\n\nA year of evenings.\n" in text
    bold = GOOD.replace("First a", "**The night**\n\nFirst a")
    assert drafted(bold) == bold


def test_reworded_headings_are_not_taken_for_sections_where_their_order_is_in_doubt() -> None:
    two = drafted(f"## Was mir fehlte\n\n{SECTIONS[0]}\n## Wo ich stehe\n\n{SECTIONS[2]}")
    assert two.startswith("## What I missed\n\n### Was mir fehlte\n\nThe build broke.\n\n### Wo ich stehe\n\nStill")
    swapped = drafted(written("## {}", (HEADINGS[1], *GERMAN[1:])))
    assert "## What I missed\n\n[NEED" in swapped


LEDE = 'It was 3 May 2021, and Ruth said: "You can\'t do both."'


@pytest.mark.parametrize("lede", [LEDE, f"{LEDE} " * 9, "Rain.", "Here is the draft I never sent to Ruth.", "Ruth 1:"])
def test_an_opening_without_a_heading_is_kept(lede: str) -> None:
    lede = lede.strip()
    whole = GOOD.replace("The build broke.", lede)
    assert drafted(whole.removeprefix("## What I missed\n\n")) == whole
    assert drafted(f"Here is the draft:\n\n{whole.removeprefix('## What I missed')}") == whole
    first = GOOD.replace("The build broke.", f"{lede}\n\nThe build broke.")
    assert drafted(f"{lede}\n\n{GOOD}") == drafted(f"# Out\n\n{lede}\n\n{GOOD}") == first
    assert f"{lede}\n\nStill undecided." in drafted(f"{lede}\n\n{THIRD}\n{FIRST}")


def test_an_opening_that_the_notes_hold_is_not_removed_as_an_announcement() -> None:
    said = "Here is the draft, he said:"
    assert said not in drafted(f"{said}\n\n{GOOD}")
    assert said in drafted(f"{said}\n\n{GOOD}", f"I opened the mail. {said} It was my notice.")


def test_a_draft_without_a_heading_becomes_the_first_section() -> None:
    assert drafted("Just this.").startswith("## What I missed\n\nJust this.\n\n## What it")
    assert drafted("He said this:").startswith("## What I missed\n\nHe said this:\n\n")


def test_a_section_written_twice_is_kept_whole() -> None:
    text = drafted(GOOD + "\n## What I missed\n\nAnd the lunches.\n")
    assert "The build broke.\n\nAnd the lunches.\n" in text


def test_a_fence_inside_a_section_is_left_alone_and_closed_where_it_swallows_the_rest() -> None:
    inside = GOOD.replace("The build broke.", "```\n# make all\n<post>\n```")
    assert drafted(inside) == inside
    open_ended = drafted("## What I missed\n\n```\nmake all")
    assert headings(open_ended) == [(2, heading) for heading in HEADINGS]


TITLE, ANNOUNCED = "# A title", "Here is the draft:"
line = st.one_of(
    st.sampled_from([f"## {heading}" for heading in HEADINGS]),
    st.sampled_from([TITLE, "## Something else", "### Deeper", "", "", "   ", ANNOUNCED, "---", "==="]),
    st.sampled_from(["```", "```markdown", "~~~", "- an item", "> said", "    code", "[NEED: What?]", "<!-- note"]),
    st.text(alphabet="abc é.?!#*-_`<>\t ", max_size=30),
)
draft = st.one_of(st.lists(line, max_size=14).map("\n".join), st.text(max_size=120))
clean_line = st.sampled_from(
    [*(f"## {heading}" for heading in HEADINGS), "## Else", "### Deeper", "**Bold**", "", "One. Two.", "- item", "It"]
)
clean_draft = st.lists(clean_line, max_size=14).map("\n".join)


@given(draft)
def test_every_draft_comes_out_with_each_section_once_in_order(text: str) -> None:
    result = drafted(text)
    if not result:
        assert not sum(len(words(part.body)) for part in split_sections(text) if part.title in HEADINGS)
        return
    assert [title for level, title in headings(result) if level == 2] == list(HEADINGS)
    assert result.endswith("\n")
    assert not result.endswith("\n\n")
    assert "\n\n\n" not in result


@given(draft)
def test_only_titles_announcements_and_headings_are_dropped_from_a_draft(text: str) -> None:
    """A code fence may be around the whole, and what is outside it then goes."""
    dropped = words(text) - words(drafted(text))
    if "```" not in text and "~~~" not in text:
        allowed = words(f"{TITLE} {ANNOUNCED}") + words(" ".join(part.heading_source for part in split_sections(text)))
        bold = {run for run in dropped if "*" in run or "_" in run}  # a heading in bold loses its marks
        assert set(dropped) - bold <= set(allowed)


@given(clean_draft)
def test_normalising_a_draft_a_second_time_changes_nothing(text: str) -> None:
    once = drafted(text)
    assert drafted(once) == once


def test_a_few_words_without_a_heading_are_not_accepted_as_a_draft() -> None:
    """The least that the three sections allow is fifteen words."""
    assert is_not_a_post("I am sorry, no.", STRUCTURE, KEYS)
    assert not is_not_a_post("I am sorry, but no.", STRUCTURE, KEYS)
    assert not is_not_a_post("## Where I am now\n\nOut.", STRUCTURE, KEYS)
    assert not is_not_a_post("I cannot.", STRUCTURE, ["now"])
    assert is_not_a_post("No.", STRUCTURE, ["now"])


@pytest.mark.parametrize(
    "text",
    [
        "私は部屋に座っていた。",
        "ฉันนั่งอยู่ในห้องและไม่มีอะไรเกิดขึ้นเลย",
        "## 一\n\n雨。\n\n## 二\n\n風。\n\n## 三\n\n雪。",
        "## Eins\n\nRegen.\n\n## Zwei\n\nWind.",
        "**Eins**\n\nRegen.\n\n**Zwei**\n\nWind.\n\n**Drei**\n\nEis.",
    ],
)
def test_a_draft_in_any_script_is_accepted(text: str) -> None:
    assert not is_not_a_post(text, STRUCTURE, KEYS)
    assert is_not_a_post("申し訳ない。", STRUCTURE, KEYS)
