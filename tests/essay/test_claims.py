"""What a text claims and the notes do not hold is listed with its sentence; what they hold in other words is not."""

from __future__ import annotations

import pytest

from bot.essay.claims import blank_headings, find_claims, find_unsupported_claims, find_unsupported_in_essay
from bot.essay.essay import Note

NOTES = (
    "In May 2019 I left Northwind, 14 of us. It was about 15 percent of the team, on four thousand euros a month.",
    'anna kowalska was my boss. she said you will be back by christmas. Marek said: "Not before June".',
)


def open_claims(text: str, notes: tuple[str, ...] = NOTES) -> list[str]:
    return [claim.raw for claim in find_unsupported_claims(text, notes)]


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
def test_a_claim_that_the_notes_write_differently_is_supported(text: str) -> None:
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
def test_a_claim_that_no_note_holds_is_listed(text: str, raw: str | None) -> None:
    found = open_claims(text)
    if raw is None:
        assert found
    else:
        assert raw in found


def test_every_claim_comes_with_its_sentence_whether_it_is_supported_or_not() -> None:
    text = "# Out\n\nI left in May 2019. Piotr, who had 3 children,\nstayed.\n\n- Only Marek laughed\n"
    assert [
        (claim.raw, claim.sentence_span.extract(text), claim.is_supported) for claim in find_claims(text, NOTES)
    ] == [
        ("May 2019", "I left in May 2019.", True),
        ("Piotr", "Piotr, who had 3 children,\nstayed.", False),
        ("3", "Piotr, who had 3 children,\nstayed.", False),
        ("Marek", "Only Marek laughed", True),
    ]
    for claim in find_claims(text, NOTES):
        assert claim.span.extract(text) == claim.raw


def test_a_claim_outside_any_sentence_is_listed_with_itself_as_its_sentence() -> None:
    text = "```\nsend 300\n```\n"
    for claim in find_claims(text, ()):
        assert claim.sentence_span == claim.span


def test_a_phrase_across_two_notes_supports_no_claim() -> None:
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
        ("Zoé est partie. Cela n'était pas prévu, et j'ai appelé Zoé le soir.", ["Zoé"]),
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


def test_blanking_out_headings_keeps_every_offset() -> None:
    text = "# One\r\n\r\nBody.\n\nTwo\n===\n\nMore.\n"
    bare = blank_headings(text)
    assert len(bare) == len(text)
    assert bare.split() == ["Body.", "More."]
    assert bare.index("More") == text.index("More")


@pytest.mark.parametrize(
    ("notes", "text", "listed"),
    [
        # The same number in words and in figures, and what no note holds.
        (("12 personnes, 93 000 euros",), "Nous étions douze, à quatre-vingt-treize mille euros.", []),
        (("il y avait douze personnes et moi",), "Nous étions 12, et ils ont pris une femme et un chien.", []),
        ((), "Nous étions douze à huit heures et un homme est parti.", ["douze", "huit"]),
        (("le 12 mai 2019, 8h30",), "C'était le douze mai 2019 à 8h45, un lundi.", ["douze", "8h45", "lundi"]),
        (("wir waren zwölf, ich bekam 93.000 Euro",), "Wir waren 12, und es waren dreiundneunzigtausend Euro.", []),
        ((), "Ich ging im März, nach anderthalb Jahren und mit 15 Prozent.", ["März", "anderthalb", "15 Prozent"]),
        (("doce personas, en marzo, 3.500 euros",), "Éramos 12 en marzo, con tres mil quinientos euros.", []),
        (("éramos doze na empresa",), "Éramos treze na empresa, e não doze.", ["treze"]),
        (("eravamo dodici, il 3 maggio",), "Eravamo 12 quel 3 maggio, e tu sei stato bravo.", []),
        (("we waren met twaalf man in mei",), "We waren met 12 man in mei, en niet met dertien.", ["dertien"]),
        # Scripts with other digits and numerals, and without spaces or capitals.
        (("年収は800万円、3人が辞めた",), "年収は八百万円だと言われ、三人が辞めた。", []),
        (
            (),
            "田中部長は年収が八百万円だと言った。アンナは泣いた。チームは十分に休んだ。",
            ["田中", "八百万円", "アンナ"],
        ),
        (("田中は「もう無理だ」と言った",), "田中部長は「もう無理だ」と言った。", []),
        (("90 دولار",), "كان عندي ٩٠ دولار و١٢ كتابا", ["١٢"]),
        (("8천만 원, 김민수 씨",), "김민수 씨는 8천만 원을 받았고 14명이 떠났다.", ["14"]),
    ],
)
def test_numbers_in_the_words_and_the_digits_of_other_languages_are_read(
    notes: tuple[str, ...], text: str, listed: list[str]
) -> None:
    assert open_claims(text, notes) == listed


@pytest.mark.parametrize(
    ("notes", "text", "listed"),
    [
        (
            "",
            "Half of them left. A third of my pay went, and it was twice as fast.",
            ["Half of them", "A third of", "twice as"],
        ),
        ("", "Sales doubled, and half my team stayed half an hour.", ["doubled", "half my team", "half an hour"]),
        ("", "My better half and I think twice in the second half. Half the battle, half-hearted, doubled over.", []),
        ("50% of us went, 2x faster, for 30 minutes", "Half of us went, twice as fast, for half an hour.", []),
        ("half the team, twice as fast", "50% of the team; 2x; 2 times.", []),
        ("33 per cent, then three quarters", "A third of it, then 75%.", []),
        ("", "Das war die Hälfte, und doppelt so viel.", ["Hälfte", "doppelt so viel"]),
        ("50 Prozent", "Das war die Hälfte, aber nicht die zweite Hälfte des Jahres.", []),
    ],
)
def test_fractions_and_multiples_in_words_are_read_as_numbers(notes: str, text: str, listed: list[str]) -> None:
    assert open_claims(text, (notes,)) == listed


GERMAN = """\
Elf Jahre habe ich in der Druckerei gearbeitet. Das Zimmer war kalt, nach einer Weile kam der Bus, und die Leute im
Arbeitsamt fragten nach Zeugnissen. Ich hatte Angst, Schulden und Geduld mit meinen Kolleginnen. Warten half, und das
hieß: warten. Es gab Streit um Listen, Formulare und kalten Kaffee, dann Kündigungen ohne Erklärung. Frau Sommer sagte
nichts. Am Ende rief Markus Feld aus Hannover an. Das Feld war leer. Später fragte Feld nach Sabine, und Sabine lachte.
"""


def test_german_nouns_are_told_from_names() -> None:
    assert open_claims(GERMAN, ()) == ["Elf", "Sommer", "Markus Feld", "Hannover", "Sabine"]


def test_a_german_noun_may_stand_in_the_notes_in_any_form() -> None:
    notes = ("die Krähe saß auf dem Kran, und das war es",)
    assert open_claims("Morgens sah ich Krähen und Kräne, und abends sah ich Störche.", notes) == ["Störche"]


def test_a_short_text_of_unclear_language_is_read_in_the_language_of_the_notes() -> None:
    assert open_claims("Streit, Lärm, Sabine, dreizehn Stühle.", ("Wir waren zwölf, und es gab Lärm.",)) == [
        "Sabine",
        "dreizehn",
    ]


def test_a_repeated_claim_is_listed_once_with_its_first_sentence_and_its_count() -> None:
    text = "Then Piotr Nowak called. We had 16. Piotr said so, and Nowak knew. There were sixteen of us."
    first, second = find_unsupported_claims(text, NOTES)
    assert (first.label, first.sentence_span.extract(text)) == (
        "name: Piotr Nowak (3 times)",
        "Then Piotr Nowak called.",
    )
    assert (second.label, second.sentence_span.extract(text)) == ("number: 16 (2 times)", "We had 16.")


def test_an_excluded_note_supports_no_claim_and_the_claim_says_so() -> None:
    notes = (Note(1, "Marcus Feld left before Easter.", is_excluded=True), Note(2, "We were 14."))
    found = find_unsupported_in_essay("We were 14. Then Marcus Feld left, and Dana.", notes, "Out of the shop")
    assert [claim.label for claim in found] == [
        "name: Marcus Feld (only a note that is left out holds it)",
        "name: Dana",
    ]


def test_claims_in_headings_that_a_model_may_have_written_are_checked() -> None:
    assert open_claims("## 500 of us\n\nWe left.\n\n### The day Dana fired 600 of us\n\nWe left.\n") == ["Dana", "600"]


@pytest.mark.parametrize("name", ["Emily", "Alfred", "Fleming", "Edward", "Florence"])
def test_a_name_that_ends_like_a_word_is_seen_at_the_start_of_a_sentence(name: str) -> None:
    assert open_claims(f"{name} said nothing.") == [name]
