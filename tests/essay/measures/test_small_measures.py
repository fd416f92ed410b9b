"""What the smaller measures count, and what they leave alone."""

from __future__ import annotations

from tests.essay.measures.sample_texts import PLAIN, measured


def test_dashes_are_counted_except_those_that_open_speech_or_join_numbers() -> None:
    text = "I came — late.\n\n— No, she said.\n\nIt took 5–7 days – or more -- or less--who knows."
    assert measured(text)["dashes"].figures["dashes"] == 4


def test_lists_of_names_numbers_clauses_or_four_items_are_not_triads() -> None:
    text = (
        "I knew Petra, Marta and Ada. We had 3, 4, and 5. Milk, bread, eggs, and salt came."
        " When it rained, we ran and hid."
        " It was slow, hard, and cold."
    )
    assert [mark.span.extract(text) for mark in measured(text)["triads"].hits] == ["It was slow, hard, and cold"]


def test_filler_cliches_and_trends_inside_quoted_speech_are_not_counted() -> None:
    text = "She said, “To be honest, at the end of the day, studies show we must think outside the box.” I left."
    results = measured(text)
    assert results["filler"].figures["phrases"] == 0
    assert results["stock_phrases"].figures["phrases"] == 0
    assert results["unsourced"].figures["unsourced"] == 0


def test_a_study_or_trend_with_a_stated_source_is_not_counted_as_unsourced() -> None:
    sourced = "More companies are hiring: 38% did in 2023. Studies show it ([report](http://a.example))."
    assert measured(sourced)["unsourced"].figures["unsourced"] == 0
    assert measured("More companies are hiring. Everyone agreed to meet at six.")["unsourced"].figures["unsourced"] == 1


def test_stock_phrases_are_marked_where_they_stand() -> None:
    text = "We had to think outside the box today."
    assert [mark.span.extract(text) for mark in measured(text)["stock_phrases"].hits] == ["think outside the box"]


def test_a_section_without_a_name_number_date_or_speech_is_counted_as_bare() -> None:
    plain = (
        "something in the way we worked had changed and nobody could say why or when it had begun to change at all " * 5
    )
    for telling in (
        "",
        "Then Petra came.",
        "It took 7 weeks.",
        "It was in March.",
        "“We are out of time here,” she said.",
    ):
        text = f"# One\n\n{plain}. {telling}\n\n# Two\n\n{plain}. I met Ada.\n"
        assert measured(text)["bare_sections"].figures["bare_sections"] == (0 if telling else 1)
    small = f"# One\n\n{plain}. The Product Manager had two jobs. “Fine,” said the CEO.\n\n# Two\n\nPetra.\n"
    assert measured(small)["bare_sections"].figures["bare_sections"] == 1
    assert measured(plain * 3)["bare_sections"].hits[0].span.start == 0


def test_runs_of_sentences_of_one_length_are_found_within_a_section() -> None:
    run = "The man came in and sat down there. " * 7
    result = measured(
        f"# A\n\nNo. {run}\n\n# B\n\n{run}Then a much longer sentence came and it said nothing of the kind.\n\n{PLAIN}"
    )
    assert result["sentence_lengths"].figures["runs_alike"] == 2
    assert result["sentence_lengths"].is_raised
    assert result["sentence_lengths"].hits[0].note == "7 sentences of 8 words"
    assert measured("")["sentence_lengths"].figures == {"sentences": 0}
    varied = "Come in and sit with us now. " * 4 + "The man came in and sat down over there. " * 4
    assert measured(varied)["sentence_lengths"].hits[0].note == "8 sentences of 7–9 words"


def test_a_long_run_of_alike_sentences_is_counted_whole() -> None:
    lines = ["Go" + " on" * length + "." for length in (7, 8, 9)]
    result = measured(" ".join(lines * 400))["sentence_lengths"]
    assert [hit.note for hit in result.hits] == ["1,200 sentences of 8–10 words"]
    assert "1 run of 7 or more of one length." in result.summary


def test_advice_speaks_of_a_run_only_where_there_is_one() -> None:
    lines = ["Go" + " on" * length + "." for length in (11, 19)]
    result = measured(" ".join(lines * 10))["sentence_lengths"]
    assert result.is_raised
    assert "0 runs" in result.summary
    assert "run" not in result.advice
    assert "in the run" in measured(" ".join(lines[:1] * 20))["sentence_lengths"].advice


def test_counts_of_repeated_openers_have_thousands_separators() -> None:
    result = measured("Every day was long. " * 1_200)["openers"]
    assert "1,200 sentences at most." in result.summary
    assert result.hits[0].note == "1,200 sentences open with “every day”"


def test_a_run_of_alike_sentences_ends_where_their_lengths_drift_away() -> None:
    drift = " ".join("Go" + " on" * length + "." for length in (4, 5, 6, 7, 8, 9, 8, 9, 8, 9, 8))
    assert measured(drift)["sentence_lengths"].figures["runs_alike"] == 1


def test_plain_openers_and_list_items_are_not_counted_as_repetition() -> None:
    text = "I came. I’d seen it. I've left. I slept.\n\n- Every day.\n- Every night.\n- Every week.\n"
    text += "\n“The end.” The man.\n"
    assert measured(text)["openers"].figures["runs"] == 0
    assert measured("Who came. Who left. Who stayed.")["openers"].figures["runs"] == 1
