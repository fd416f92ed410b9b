"""A text read once: prose without markup, paragraphs and sentences, all at their places in the text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.essay.text.parsed_text import ParsedText
from bot.essay.text.words import count_words


def sentences(text: str) -> list[str]:
    return [sentence.span.extract(text) for sentence in ParsedText(text).sentences]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. J. K. Wells paid $1.5 million at 9 a.m. on Monday. He left.", 2),
        ("We met Dr. Osei at 10 a.m. Tuesday came late.", 1),
        ("It closed at 5 p.m. The rest went home.", 2),
        ("Plan B. Then we left.", 2),
        ("She moved to the U.S. It was cold. The U.S. Army called.", 3),
        ("“Stop.” she said. “Stop!” I did.", 3),
        ('"We have no budget." he said, and left.', 1),
        ("Well... I think so. Then… Nothing came.", 3),
        ("Well . . . I waited. Fine.", 2),
        ("Vitamins, e.g. iron, helped. No. 5 was best. Did it? No. It did not.", 5),
        ("We left (really!) and came back. (It was fine.) So.", 3),
        ("I like eBay. eBay is old.", 2),
        ("i quit. then i slept. it was fine.", 3),
        ("Yahoo! was hiring. What? he asked.", 2),
        ("Prices fell 3.5 points. 2019 was worse.", 2),
        ("It was etc. and so on. So did I. Then Acme Inc. The end.", 4),
        ("私は辞めた。次の日。", 2),
        ("Really? — Yes.", 2),
        ("I asked Jan. 5 people came at 7 pm. We ran.", 2),
        ("1. Go home. 2. Sleep.", 2),
        ("Here I am. Where is he? Is he well?!", 3),
        ("See fig. 3 for more. Why. Fine", 3),
        ("Am 29. Juli war Schluss. Ich ging.", 2),
        ("Wir wohnten im 3. Stock. Zum 1. Mal war ich froh.", 2),
        ("Seit dem 1. August arbeite ich dort, z. B. Montags. Gut.", 2),
        ("Das heißt, d. h. Nichts. Ende.", 2),
        ("Sie kam am 29. 7. 2019 an. Ich nicht.", 2),
        ("Er war in der 2. Klasse. Haus Nr. 5 stand leer.", 2),
        ("I am 29. Then I left. It was May 3. Stock was low.", 4),
        ("As Okafor et al. (Oxford, 2019) say, it works. So did Chen et al. (2021). Good.", 3),
        ("Chen et al. They say so.", 2),
        ("It cost approx. 3 pounds in St. Mary Street. He said so.", 2),
        ("I bought three. 2. Klasse ist besser.", 2),
        ("We sold Acme Inc. (Ohio) in May. So.", 2),
        ("Es war 1989. Dann kam der Rest.", 2),
        ("I left in March.\u200b Then I slept.\u200b It was cold.", 3),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: int) -> None:
    assert len(sentences(text)) == expected, sentences(text)


def test_pasted_lines_are_paragraphs_and_wrapped_lines_are_not() -> None:
    pasted = ParsedText("I left in May. It rained.\nShe stayed on for a year.\nThen she left.")
    assert [len(pasted.paragraphs), len(pasted.sentences)] == [3, 4]
    wrapped = ParsedText(
        "It was a line that was wrapped at\nsixty columns. Then it went on to\n"
        "Microsoft.\nNew one starts here and is quite\nfine."
    )
    assert len(wrapped.paragraphs) == 2
    assert len(wrapped.sentences) == 3


def test_log_lines_end_sentences_without_full_stops() -> None:
    text = "09:00 Standup\n09:15 Coffee\n10:00 The long meeting about everything that was not done"
    assert len(sentences(text)) == 3
    assert sentences("I went to Warsaw and stayed there\nJan came") == ["I went to Warsaw and stayed there\nJan came"]


def test_list_items_and_quotations_are_paragraphs_of_their_own_kind() -> None:
    reading = ParsedText(
        "Intro here.\n\n- one thing\n- two\n  more\n\n> quoted. And\n> more\nlazy end.\n\n• bullet\n• other\n"
    )
    assert [paragraph.kind for paragraph in reading.paragraphs].count("item") == 4
    assert "quote" in [paragraph.kind for paragraph in reading.paragraphs]


def test_prose_keeps_every_offset_and_blanks_out_markup() -> None:
    text = (
        "---\ntitle: hidden\n---\n# hidden heading\n\nSeen `hidden` and [seen](http://hidden) "
        "**seen** _seen_ snake_case 3 * 4.\n\n"
        "```\nhidden\n```\n<!-- hidden --> ![hidden](hidden.png) [NEED: hidden] seen[^1] "
        "<br> ``a ` hidden`` open ` tick\n\n"
        "[ref]: http://hidden\n\n1. seen\n2. seen [seen][ref]\n\n> # hidden\n> seen\n\n---\n\n<!-- never closed"
    )
    reading = ParsedText(text)
    assert len(reading.prose) == len(text)
    assert "hidden" not in reading.prose
    assert reading.prose.count("seen") + reading.prose.count("Seen") == 9
    assert "snake_case 3 * 4" in reading.prose
    assert all(old == new for old, new in zip(text, reading.prose, strict=True) if new != " ")
    assert [match.isdigit() for match in reading.prose if match in "12"] == []


def test_words_leave_headings_out() -> None:
    reading = ParsedText("# Three word heading\n\nTwo words.\n\n## Another\n\nAnd three more.\n")
    assert reading.word_count == 5
    assert [reading.count_section_words(index) for index in range(len(reading.sections))] == [2, 3]


@given(st.text() | st.text(alphabet='aB1.!?…"”()[]`*_<>-\n\r —'))
def test_any_text_can_be_read(text: str) -> None:
    reading = ParsedText(text)
    assert len(reading.prose) == len(text)
    ends = [0, *(sentence.span.end for sentence in reading.sentences)]
    assert all(end <= sentence.span.start for end, sentence in zip(ends, reading.sentences, strict=False))
    assert sum(sentence.word_count for sentence in reading.sentences) == count_words(reading.prose)
