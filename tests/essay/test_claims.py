"""What a text claims and the notes do not hold is listed with its sentence; what they hold in other words is not."""

from __future__ import annotations

import pytest

from bot.essay.claims import claims, unsupported, without_headings

NOTES = (
    "In May 2019 I left Northwind, 14 of us. It was about 15 percent of the team, on four thousand euros a month.",
    'anna kowalska was my boss. she said you will be back by christmas. Marek said: "Not before June".',
)


def open_claims(text: str, notes: tuple[str, ...] = NOTES) -> list[str]:
    return [claim.raw for claim in unsupported(text, notes)]


@pytest.mark.parametrize(
    "text",
    [
        "Fourteen of us left.",
        "We were 14.",
        "That was 15% of the team, or fifteen per cent.",
        "I earned €4,000 a month; 4k euros, EUR 4000.",
        "It was May 2019. In 2019 I left. It was May.",
        "Anna Kowalska said so. Anna was my boss, and Anna’s word counted.",
        "I left Northwind.",
        'She said "You will be back by Christmas".',
        "She said, “you will be back, by christmas”.",
        "“Not before June,” said Marek.",
        "I'm a Product Manager, and the CEO knew.",
        "[NEED: How many of the 200 stayed?]",
        "## 500 of us\n\nWe left.",
        "1. We left.\n2. They stayed.\n",
        "",
    ],
)
def test_what_the_notes_hold_in_whatever_writing_is_supported(text: str) -> None:
    assert open_claims(text) == []


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("Sixteen of us left.", "Sixteen"),
        ("We were 16.", "16"),
        ("That was 14% of the team.", "14%"),
        ("I earned $4,000.", "$4,000"),
        ("I earned €14.", "€14"),
        ("It was in 2018.", "2018"),
        ("It was June 2019.", "June 2019"),
        ("I left Southwind.", "Southwind"),
        ("Then Piotr called.", "Piotr"),
        ('She said "you will never be back".', '"you will never be back"'),
        ("“Not before July,” said Marek.", "“Not before July,”"),
        ('He said "left Northwind, 14 of us. It was about 15 cats".', None),
    ],
)
def test_what_no_note_holds_is_listed(text: str, raw: str | None) -> None:
    found = open_claims(text)
    if raw is None:
        assert found
    else:
        assert raw in found


def test_every_claim_comes_with_its_sentence_whether_it_is_supported_or_not() -> None:
    text = "# Out\n\nI left in May 2019. Piotr, who had 3 children,\nstayed.\n\n- Only Marek laughed\n"
    assert [(claim.raw, claim.sentence.of(text), claim.supported) for claim in claims(text, NOTES)] == [
        ("May 2019", "I left in May 2019.", True),
        ("Piotr", "Piotr, who had 3 children,\nstayed.", False),
        ("3", "Piotr, who had 3 children,\nstayed.", False),
        ("Marek", "Only Marek laughed", True),
    ]
    for claim in claims(text, NOTES):
        assert claim.span.of(text) == claim.raw


def test_a_claim_outside_any_sentence_stands_for_itself() -> None:
    text = "```\nsend 300\n```\n"
    for claim in claims(text, ()):
        assert claim.sentence == claim.span


def test_no_phrase_runs_from_one_note_into_the_next() -> None:
    assert open_claims('He said "the old house".', ("I saw the old", "house burn.")) == ['"the old house"']
    assert open_claims('He said "the old house".', ("I saw the old house burn.",)) == []


@pytest.mark.parametrize(
    ("notes", "text", "missing"),
    [
        (
            ("Im Mai 2019 ging ich, das Gehalt fiel von 61.000 auf 48.500 Euro, 15 % weniger als Jürgen.",),
            "2019 verließ ich die Firma. Jürgen bekam 15 % mehr, ich 48.500 Euro, Sabine nichts.",
            ["Sabine"],
        ),
        (
            ("en mai 2019, 14 personnes, hélène m'a dit : « tu reviendras »",),
            "J’avais 14 collègues. Puis Hélène m’a dit « tu reviendras ». Il y avait aussi Zoé, avec 20 autres.",
            ["Zoé", "20"],
        ),
        (("в мае 2019 ушло 14 человек, анна осталась",), "Нас было 14, потом Анна. И ещё 7.", ["7"]),
    ],
)
def test_notes_in_another_language_support_as_well(notes: tuple[str, ...], text: str, missing: list[str]) -> None:
    """Words that only begin a sentence may be listed too where the language is not English; facts never wrongly."""
    listed = open_claims(text, notes)
    assert [raw for raw in listed if raw in text.split(". ", 1)[1] and raw in missing] == missing
    assert not {"2019", "14", "15 %", "48.500 Euro", "Jürgen", "Hélène", "Анна", "« tu reviendras »"} & set(listed)


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("Cela m'a pris du temps. Puis Zoé est partie. Rien ne changeait dans la maison.", ["Zoé"]),
        ("Zoé est partie. Cela n'était pas prévu, et j'ai appelé Zoé le soir.", ["Zoé", "Zoé"]),
        ("Marie Curie était là avec nous, et elle est partie.", ["Marie Curie"]),
        ("Wtedy powiedziałem, że to koniec. Nikt nie pytał o nic.", []),
        ("Entonces me fui. Nadie preguntaba por qué no estaba en la oficina.", []),
        ("Тогда я ушёл. Никто не спросил.", []),
        ("Piotr left Northwind in early spring of last year.", ["Piotr"]),
        ("Piotr laughed.", ["Piotr"]),
    ],
)
def test_a_word_that_begins_a_sentence_is_no_name_in_another_language_unless_it_is_one_elsewhere(
    text: str, listed: list[str]
) -> None:
    assert open_claims(text) == listed


def test_without_notes_everything_is_a_claim_without_support() -> None:
    assert open_claims("Then Anna had 3 in 2019.", ()) == ["Anna", "3", "2019"]


def test_headings_become_spaces_and_every_offset_stays() -> None:
    text = "# One\r\n\r\nBody.\n\nTwo\n===\n\nMore.\n"
    bare = without_headings(text)
    assert len(bare) == len(text)
    assert bare.split() == ["Body.", "More."]
    assert bare.index("More") == text.index("More")
