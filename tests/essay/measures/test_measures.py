"""Measures: each is raised by its own fault, silent on fragments and foreign texts, and quiet on good prose."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.measures import MEASURES, measure_all
from bot.essay.text.parsed_text import ParsedText
from tests.essay.measures import sample_texts
from tests.essay.measures.sample_texts import measured, raised

ESSAYS = sorted((Path(__file__).parents[2] / "data" / "essays").glob("*.md"))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("not_but", sample_texts.TURNS + sample_texts.PLAIN),
        ("bare_sections", sample_texts.BARE),
        ("unsourced", sample_texts.TRENDS + sample_texts.PLAIN),
        ("filler", sample_texts.FILLER + sample_texts.PLAIN),
        ("stock_phrases", sample_texts.STOCK + sample_texts.PLAIN),
        ("dashes", sample_texts.DASHES + sample_texts.PLAIN),
        ("triads", sample_texts.TRIADS + sample_texts.PLAIN),
        ("openers", sample_texts.OPENERS + sample_texts.PLAIN),
        ("endings", sample_texts.PLAIN + sample_texts.PLAIN + sample_texts.ENDINGS),
        ("sentence_lengths", sample_texts.METRONOME),
    ],
)
def test_a_fault_raises_its_own_measure(key: str, text: str) -> None:
    result = measured(text)[key]
    assert result.is_raised
    assert result.advice
    assert result.hits or key == "sentence_lengths"
    assert all(mark.span.extract(text).strip() and mark.note for mark in result.hits)


def test_a_plain_account_raises_no_measure() -> None:
    assert raised(sample_texts.PLAIN) == set()


@pytest.mark.parametrize(
    "text",
    [
        sample_texts.TURNS,
        sample_texts.TRENDS,
        sample_texts.FILLER,
        sample_texts.STOCK,
        sample_texts.DASHES,
        sample_texts.TRIADS,
        "",
        "One.",
    ],
)
def test_a_fragment_is_too_short_to_raise_a_measure(text: str) -> None:
    assert raised(text) == set()


def test_measures_of_english_words_say_so_on_another_language() -> None:
    results = measured(sample_texts.GERMAN)
    assert raised(sample_texts.GERMAN) == set()
    assert "the text is in German" in results["not_but"].summary
    assert results["sentence_lengths"].figures["sentences"] == 10


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("私は三月に銀行を辞めた。それから一週間眠った。部屋は寒かった。" * 20, "the text is in Japanese"),
        ("나는 삼월에 은행을 그만두었다. 그리고 일주일 동안 잤다. " * 20, "the text is in Korean"),
        ("我三月份离开了银行。然后我睡了一个星期。" * 20, "the text is in Chinese"),
        ("В марте я ушёл из банка. Потом я неделю спал. " * 20, "the text is in Cyrillic letters"),
        ("J'ai quitté la banque en mars. Ensuite j'ai dormi pendant une semaine. " * 8, "the text is in French"),
    ],
)
def test_another_language_is_named(text: str, said: str) -> None:
    assert said in measured(text)["not_but"].summary


@pytest.mark.parametrize(
    "text",
    [
        "Left bank. Slept. Called Ola, Petra, Bernie. Sold van. Bought kiln. Signed lease. Hired two men. Lost one."
        " Made bread. Sold bread. Paid rent. Moved house.",
        "Nurse, Leeds General, 2007–2018. Tester, Dentsoft, 2018–2024. Team lead, Dentsoft, 2024–now.",
        "",
    ],
)
def test_a_short_text_is_not_called_foreign(text: str) -> None:
    assert "Not measured" not in measured(text)["not_but"].summary


@pytest.mark.parametrize("path", ESSAYS, ids=lambda path: path.stem)
def test_well_made_essays_raise_three_measures_at_most(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(raised(text)) <= 3, raised(text)
    assert int(measured(text)["not_but"].figures["turns"]) <= 3


def test_every_measure_states_its_reason_threshold_and_source() -> None:
    assert len({row.key for row in MEASURES}) == len(MEASURES)
    for result in measure_all(ParsedText(sample_texts.TURNS + sample_texts.PLAIN)):
        assert result.why
        assert result.threshold
        assert result.source
        assert result.summary.endswith(".")
        assert json.loads(json.dumps(result.figures)) == result.figures


@given(st.text() | st.text(alphabet="aI not but,.—-'’\"“”#\n:;?"))
def test_any_text_can_be_measured(text: str) -> None:
    for result in measure_all(ParsedText(text)):
        assert all(0 <= mark.span.start <= mark.span.end <= len(text) for mark in result.hits)
