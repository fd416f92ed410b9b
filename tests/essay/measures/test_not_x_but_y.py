"""The turn "not X but Y": found in its several forms, and not in ordinary denials."""

from __future__ import annotations

import pytest

from bot.essay.measures.figures_of_speech import find_not_x_but_y
from bot.essay.text.parsed_text import ParsedText
from tests.essay.measures import sample_texts


@pytest.mark.parametrize(
    "text",
    [
        "It isn't about money. It's about time.",
        "It wasn’t just a job. It was a family.",
        "It's not a bug — it's a feature.",
        "This is not a story about quitting; it's a story about staying.",
        "I left not because I was tired but because I was bored.",
        "I was hired not to build but to explain.",
        "Not a promotion. A door.",
        "The problem wasn't the code. It was the meetings.",
        "The best days were never the launches. They were when something broke.",
        "I wasn't just a nurse who could count. I was someone who wanted to plan.",
        "I didn't make a sudden move. It was more like a slow drift.",
        "I didn't want a title. I wanted a door.",
        "I thought about it — not just what it cost, but how it felt.",
        "We could talk to the machine, not just listen to it.",
        "I used them not as toys but as tools.",
        "I need it not just because it works, but because I made it.",
        "I can give her a real picture, not a manager's polite guess.",
        "It was less about the salary and more about the hours.",
        "He wasn't angry but tired.",
        "She wasn't my boss, she was my teacher.",
        "They are not lazy; they are scared.",
        "It was not only slow, but also wrong.",
        "That sounds like a small thing. It isn't.",
        "I thought it was over. It wasn't.",
    ],
)
def test_each_form_of_not_x_but_y_is_found_once(text: str) -> None:
    assert len(find_not_x_but_y(ParsedText(text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "I did not like the job, but I stayed.",
        "He did not call. It was Monday and the phones were down.",
        "I was not hired. I was 43 and tired.",
        "She could not come but sent a card.",
        "It was not easy.",
        "He left, not knowing why.",
        "The build is not green yet. I am asleep.",
        "Not everyone should do this. I did.",
        "Not a word came. Nobody called.",
        "I wasn't there. I was at my sister's in Leeds.",
        "If it is not raining, we go out. It is raining.",
        "We had no money, not even for lunch.",
        "I don't know. I asked her.",
        "She said it was not her turn, and the bell rang. It was noon.",
        "It was cold, not that I minded.",
        "He is not a bad man, but he was a bad manager.",
        "I did not go to the party. It was raining.",
        "We were not paid in March. The bank had closed the account.",
        "I left in May. It wasn't.",
        "They were not late. We are early.",
    ],
)
def test_an_ordinary_denial_does_not_count_as_not_x_but_y(text: str) -> None:
    assert find_not_x_but_y(ParsedText(text)) == ()


def test_two_sentences_with_a_heading_between_them_are_not_read_as_not_x_but_y() -> None:
    assert find_not_x_but_y(ParsedText("# A\n\nIt wasn't the money.\n\n# B\n\nIt was May.\n")) == ()


def test_every_not_x_but_y_is_counted_with_its_span() -> None:
    text = sample_texts.PLAIN + sample_texts.TURNS
    found = find_not_x_but_y(ParsedText(text))
    assert len(found) == 5
    assert found[0].span.extract(text) == "It wasn't about the money. It was about respect."
    assert find_not_x_but_y(ParsedText(sample_texts.PLAIN)) == ()
