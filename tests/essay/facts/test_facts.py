"""Numbers, names, dates and quotations: found where they stand, and equal however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.facts import Fact, dates, is_generic_name, names, normalize_name, numbers, quotations


def values(found: tuple[Fact, ...]) -> list[str]:
    return [specific.value for specific in found]


@pytest.mark.parametrize(
    "ways",
    [
        ("15%", "fifteen percent", "15 per cent", "15 pct", "fifteen per cent", "15.0%"),
        ("$1.2 million", "$1,200,000", "1.2m dollars", "USD 1.2M", "US$1.2mn", "1.2 million bucks"),
        ("2019", "two thousand nineteen", "two thousand and nineteen", "twenty nineteen"),
        ("1999", "nineteen ninety-nine"),
        ("3k", "3,000", "3 000", "three thousand", "3\u00a0000"),
        ("2.5", "two and a half", "2½", "2 and a half", "2,5"),
        ("12", "a dozen", "twelve", "12x"),
        ("500,000", "half a million", "500k", "0.5 million", "five hundred thousand"),
        ("105", "one hundred and five", "a hundred and five", "one hundred five"),
        ("1,500,000", "a million and a half"),
        ("2/3", "two thirds", "two-thirds"),
        ("0.75", "three quarters", "¾"),
        (".5", "0.5", "½"),
        ("€3k", "3,000 euros", "EUR 3000", "three thousand euros"),
        ("£40", "40 pounds", "forty quid"),
        ("4th", "fourth"),
        ("25th", "twenty-fifth"),
        ("100", "a hundred"),
        ("9am", "9 a.m.", "9:00 am", "09:00"),
        ("5 p.m.", "17:00", "5pm", "five p.m."),
        ("15 percentage points", "15pp", "fifteen percentage points"),
        ("1 year", "one year"),
        ("2,300,000", "two million three hundred thousand"),
        ("17 hundred", "1,700", "seventeen hundred"),
    ],
)
def test_a_number_has_one_value_for_every_way_of_writing_it(ways: tuple[str, ...]) -> None:
    found = [values(numbers(f"we had {way} there")) for way in ways]
    assert found == [found[0]] * len(ways)
    assert len(found[0]) == 1


def test_units_tell_numbers_apart() -> None:
    assert len({values(numbers(way))[0] for way in ("15", "15%", "$15", "€15", "15th", "15:00")}) == 6


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10–15% of us", ["10%", "15%"]),
        ("$10-15k a month", ["USD 10000", "USD 15000"]),
        ("5 to 7 years", ["5", "7"]),
        ("a 42-character address, a twelve-hour shift", ["42", "12"]),
        ("COVID-19, GPT-4, 5G, 3D, B2B, 24/7 and 1/0", []),
        ("the two of us, between the two, one of them, one day", []),
        ("the first, second and third time", []),
        ("thousands of users and dozens of calls", ["thousands", "dozens"]),
        ("five and six", ["5", "6"]),
        ("version 3.11.7", ["3.11.7"]),
        ("1. First\n2. Second of 7\n", ["7"]),
        ("http://a.example/2019/12 and [NEED: 15 things] and [x](http://y/5)", []),
        ("on 12 May 2019 there were 30", ["30"]),
        ("a million here, a third of it, one third of that", ["1000000", "1/3"]),
        ("hundred ways", []),
        ("12GB of 1.5x", ["12", "1.5"]),
        ("at 25:30 or 30am", []),
        ("In 2019 300 people", ["2019", "300"]),
        ("the 1st and the 21st", ["21th"]),
        ("a tenth floor", ["10th"]),
        ("three hundredth", ["300th"]),
        ("five am", ["5"]),
    ],
)
def test_what_counts_as_a_number(text: str, expected: list[str]) -> None:
    assert values(numbers(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12 May 2019", ["2019-05-12"]),
        ("May 12, 2019", ["2019-05-12"]),
        ("May 12th 2019", ["2019-05-12"]),
        ("the 5th of May", ["05-05"]),
        ("2019-05-12 and 2019-06", ["2019-05-12", "2019-06"]),
        ("13/05/2019", ["2019-05-13"]),
        ("40/50/2019", []),
        ("in May, I may go; March on; in March", ["month 05", "month 03"]),
        ("Sept. 3. September came", ["09-03", "month 09"]),
        ("Q3 2021 and Q2", ["2021-q3", "q2"]),
        ("the 1990s, the '90s", ["1990s", "1990s"]),
        ("on Monday and Tuesdays", ["monday", "tuesday"]),
        ("in 2019, since 1998, 2015–2018", ["2019", "1998", "2015", "2018"]),
        ("It was 2019. 2000 users left", ["2019"]),
        ("2,019 people", []),
    ],
)
def test_dates_have_one_value(text: str, expected: list[str]) -> None:
    assert values(dates(text)) == expected


def test_a_full_date_supports_its_parts_and_an_ambiguous_date_supports_both_readings() -> None:
    assert {"2019", "2019-05", "05-12", "month 05"} <= dates("12 May 2019")[0].implies
    assert {"2019-05-12", "2019-12-05"} <= dates("05/12/2019")[0].implies


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I worked at Andela with UMed's team.", ["Andela", "UMed"]),
        ("Then Maria Lopez called. Maria’s boss came.", ["Maria Lopez", "Maria"]),
        ("I met Dr. J. K. Osei of the Bank of England.", ["J. K. Osei", "Bank of England"]),
        ("Dr. Osei left. Mr Wu stayed.", ["Osei", "Wu"]),
        ("Nobody came. On Monday in May I slept. Recruiters called. Money was tight. Building it took a day.", []),
        ("Marta was kind.", ["Marta"]),
        ("Building Tracklo took a day.", ["Tracklo"]),
        ("We used C++, iPhone apps and V0.", ["C++", "iPhone", "V0"]),
        ("Łódź is cold. Jean-Luc said so.", ["Łódź", "Jean-Luc"]),
        ("Procter & Gamble paid.", ["Procter & Gamble"]),
        ("I can do this AND that. I am NOT well.", []),
        ("NASA said no.", ["NASA"]),
        ("My Product Manager left.", ["Product Manager"]),
        ("Product Manager is a job.", ["Product Manager"]),
        ("We ate with Ludwig van Beethoven's band.", ["Ludwig van Beethoven"]),
        ("Ada came. I like Ada.", ["Ada", "Ada"]),
        ("They're here. Who's there? I'd go. A.", []),
        ("I saw Paris in spring, and Paris saw me.", ["Paris", "Paris"]),
        ("It was IT's fault.", []),
        (
            "# What I Missed At Work\n\nI left Acme.\n\n## How we lost Globex in one quiet afternoon\n",
            ["Acme", "Globex"],
        ),
        ("We had a Dr. in the house.", []),
        ("She went to University of. Then home.", ["University"]),
    ],
)
def test_a_capitalised_word_is_a_name_unless_it_only_begins_a_sentence(text: str, expected: list[str]) -> None:
    assert [name.raw for name in names(text)] == expected


def test_names_are_equal_without_accents_case_and_possessive() -> None:
    assert normalize_name("José's") == normalize_name("JOSE") == "jose"
    full = names("We met Maria Lopez there")[0]
    assert {"maria", "lopez", "maria lopez", "ml"} <= full.implies


def test_job_titles_and_trade_abbreviations_are_generic() -> None:
    found = names("Our Senior Product Manager and the CEO met Andela about AI/ML.")
    assert [(name.raw, is_generic_name(name)) for name in found] == [
        ("Senior Product Manager", True),
        ("CEO", True),
        ("Andela", False),
        ("AI/ML", True),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He said “no budget, ever.” Twice.", ["no budget, ever"]),
        ('A "Product Manager" is "fine".', ["product manager", "fine"]),
        ("‘Fine,’ she said. 'Not the nurses' rota again,' I said.", ["fine", "not the nurses' rota again"]),
        ("Don't touch the boys' room, 'til 5'10\" of snow; rock 'n' roll.", []),
        ("„Nein“ «non» 「いいえ」", ["nein", "non", "いいえ"]),
        ("“a ‘b’ c”", ["a 'b' c"]),
        ("“It’s\nok,” she said", ["it's ok"]),
        ("“never closed\n\nand 'never closed\n\nnext", []),
        ("“—”", []),
        ("'the nurses' rota was bad\n\nx", ["the nurses"]),
        ("'a is' 'b'", ["a is", "b"]),
    ],
)
def test_quotations_are_found_and_apostrophes_are_not(text: str, expected: list[str]) -> None:
    assert values(quotations(text)) == expected


@given(st.text() | st.text(alphabet="AaIt 0123456789.,%$€'\"“”‘’-–/:&km\n"))
def test_the_span_of_every_fact_quotes_the_text_exactly(text: str) -> None:
    for found in (*dates(text), *numbers(text), *names(text), *quotations(text)):
        assert found.span.extract(text) == found.raw
        assert found.raw.strip()
        assert found.value in found.implies
