"""The floor: numbers, dates and quotations that no note holds are listed with their sentence, and rather too few."""

from __future__ import annotations

import pytest

from bot.essay.claims import blank_headings, describe_no_findings, find_unsupported_claims, find_unsupported_in_essay
from bot.essay.essay import Note

NOTES = (
    "In May 2019 I left Northwind, 14 of us. It was about 15 percent of the team, on four thousand euros a month.",
    'anna kowalska was my boss. she said you will be back by christmas. Marek said: "Not before June".',
)


def open_claims(text: str, notes: tuple[str, ...] = NOTES) -> list[str]:
    return [claim.raw for claim in find_unsupported_claims(text, notes)]


LOWER_CASE_NOTES = (
    "let go on wednesday 4 september 2024, began anew in jan. last rise was in nov, lost 7.4k a year",
    "monday 9 dec i told him. 8 wks of nights, tues mostly. 3 offers, took the last",
    '"do not call til monday" said my sister. first shift 03.02, at half 7. the shop had shut in june 22',
)


@pytest.mark.parametrize(
    "text",
    [
        "I was let go on Wednesday, 4 September 2024. I began anew in January, for £7,400 a year less.",
        "My last rise had been in November. On Monday, 9 December, I told him.",
        "There were eight weeks of nights, on Tuesdays for the most part. I had three offers and took the last.",
        "“Do not call til Monday,” said my sister. My first shift was 3 February, at half past seven.",
        "The shop had shut in June 2022.",
        "The shop had shut on 22 June.",
    ],
)
def test_notes_in_small_letters_and_short_forms_accuse_nobody(text: str) -> None:
    assert open_claims(text, LOWER_CASE_NOTES) == []


@pytest.mark.parametrize(
    "text",
    [
        "Fourteen of us left.",
        "We were 14.",
        "That was 15% of the team, or fifteen per cent.",
        "I earned €4,000 a month; 4k euros, EUR 4000.",
        "It was May 2019. In 2019 I left. It was May.",
        'She said "You will be back by Christmas".',
        "She said, “you will be back, by christmas”.",
        "“Not before June,” said Marek.",
        "Then Piotr called, since I was glad.",  # a name, a cause and a feeling are no business of the floor's
        "[NEED: How many of the 200 stayed?]",
        "## 500 of us\n\nWe left.",
        "1. We left.\n2. They stayed.\n",
        "",
    ],
)
def test_a_claim_that_the_notes_write_differently_is_supported(text: str) -> None:
    assert open_claims(text) == []


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("Sixteen of us left.", "Sixteen"),
        ("We were 16.", "16"),
        ("That was 12% of the team.", "12%"),
        ("It was in 2018.", "2018"),
        ("It was July 2019.", "July 2019"),
        ("I left on a Friday.", "Friday"),
        ('She said "you will never be back".', '"you will never be back"'),
        ("“Not before July,” said Marek.", "“Not before July,”"),
    ],
)
def test_a_claim_that_no_note_holds_is_listed(text: str, raw: str) -> None:
    assert raw in open_claims(text)


def test_a_claim_comes_with_its_sentence_or_with_itself_where_it_stands_in_none() -> None:
    text = "# Out\n\nI left in May 2019. Piotr, who had 3 children,\nstayed.\n\n```\nsend 300\n```\n"
    found = find_unsupported_claims(text, NOTES)
    assert [(claim.raw, claim.sentence_span.extract(text)) for claim in found] == [
        ("3", "Piotr, who had 3 children,\nstayed."),
        ("300", "300"),
    ]
    assert all(claim.span.extract(text) == claim.raw for claim in found)


def test_a_phrase_across_two_notes_supports_no_claim() -> None:
    assert open_claims('He said "the old house".', ("I saw the old", "house burn.")) == ['"the old house"']
    assert open_claims('He said "the old house".', ("I saw the old house burn.",)) == []


@pytest.mark.parametrize(
    ("notes", "text", "listed"),
    [
        (("12 personnes, 93 000 euros",), "Nous étions douze, à quatre-vingt-treize mille euros.", []),
        (("wir waren zwölf, ich bekam 93.000 Euro",), "Wir waren 12, und es waren dreiundneunzigtausend Euro.", []),
        (("im mai 19, montag",), "Im Mai 2019 war es, an einem Montag, und wir waren zu dreizehnt dort.", []),
        (
            ("doce personas, en marzo, 3.500 euros",),
            "Éramos 13 en abril, con tres mil quinientos euros.",
            ["13", "abril"],
        ),
        (("90 دولار",), "كان عندي ٩٠ دولار و١٢ كتابا", ["١٢"]),
        (("田中は「もう無理だ」と言った",), "田中部長は「もう無理だ」と言った。", []),
    ],
)
def test_other_languages_are_read_as_well(notes: tuple[str, ...], text: str, listed: list[str]) -> None:
    assert open_claims(text, notes) == listed


def test_without_notes_everything_is_a_claim_without_support() -> None:
    assert open_claims("Then Anna had 3 in 2019.", ()) == ["3", "2019"]


def test_blanking_out_headings_keeps_every_offset() -> None:
    text = "# One\r\n\r\nBody.\n\nTwo\n===\n\nMore.\n"
    bare = blank_headings(text)
    assert len(bare) == len(text)
    assert bare.split() == ["Body.", "More."]
    assert bare.index("More") == text.index("More")


def test_a_repeated_claim_is_listed_once_with_its_first_sentence_and_its_count() -> None:
    text = "We had 16. Then it was 2018. There were sixteen of us."
    first, second = find_unsupported_claims(text, NOTES)
    assert (first.label, first.sentence_span.extract(text)) == ("number: 16 (2 times)", "We had 16.")
    assert second.label == "date: 2018"


def test_an_excluded_note_supports_no_claim_and_the_claim_says_so() -> None:
    notes = (Note(1, "Marcus left with 30 others.", is_excluded=True), Note(2, "We were 14."))
    found = find_unsupported_in_essay("We were 14. Then 30 left, and 5.", notes, "Out of the shop")
    assert [claim.label for claim in found] == ["number: 30 (only a note that is left out holds it)", "number: 5"]


def test_claims_in_headings_that_a_model_may_have_written_are_checked() -> None:
    assert open_claims("## 500 of us\n\nWe left.\n\n### The day Dana fired 600 of us\n\nWe left.\n") == ["600"]


def test_a_text_in_which_nothing_is_found_is_told_what_was_not_looked_at() -> None:
    assert "by letters only" in describe_no_findings()
    assert "yours to check" in describe_no_findings()
