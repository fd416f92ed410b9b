"""Of a model's reply one question is put, and none that tells the writer what they never said."""

from __future__ import annotations

import pytest

from bot.essay.model_output.question_extraction import extract_question
from bot.essay.questions import is_same_question

MANY = " ".join(f"What about number {number}?" for number in range(12))


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        (MANY, "What about number 0?"),
        ("What a great answer! You are so brave. How many people were there?", "How many people were there?"),
        ("Who was in the room?\n\nAnd when was it?", "Who was in the room?"),
        ("who was in the room? when was it?", "who was in the room?"),
        ("Who was there? (If you remember.)", "Who was there?"),
        ("Really? How many people were there?", "How many people were there?"),
        ("She said “Why?” How did you answer that?", "How did you answer that?"),
        ("# Who was there, and who was not?", "Who was there, and who was not?"),
        ("Who said “Why?” that day? And when?", "Who said “Why?” that day?"),
        ("How much (in euros?) was it? Thanks!", "How much (in euros?) was it?"),
        ("What did Dr. Feld say? Was it kind?", "What did Dr. Feld say?"),
        ("¿Quién estaba allí? ¿Cuándo fue eso?", "¿Quién estaba allí?"),
        ("Ποιος ήταν εκεί; Πότε ήταν;", "Ποιος ήταν εκεί;"),
        ("ماذا قال لك المدير؟ ومتى كان ذلك؟", "ماذا قال لك المدير؟"),
        ("何人いましたか？誰でしたか？", "何人いましたか？"),
        ("素晴らしい。何人いましたか。誰でしたか。", "何人いましたか。"),
        ("谢谢。你们有几个人呢", "你们有几个人呢"),
    ],
)
def test_the_first_question_is_extracted_without_the_text_around_it(reply: str, question: str) -> None:
    assert extract_question(reply) == question


@pytest.mark.parametrize(
    "question",
    ["当時は何人いましたか。", "その日のことを聞かせてください", "ตอนนั้นมีคนกี่คน", "ຕອນນັ້ນມີຈັກຄົນ", "ထိုနေ့က ဘယ်သူတွေ ရှိသလဲ။"],
)
def test_a_question_in_a_script_without_question_marks_needs_none(question: str) -> None:
    assert extract_question(question) == question


@pytest.mark.parametrize(
    "reply", ["", " ", "?", "Tell me more.", "It was late;", "Tell me about 東京.", "すごい。もっと聞かせてください。"]
)
def test_a_reply_that_asks_nothing_yields_no_question(reply: str) -> None:
    assert extract_question(reply) is None


NOTES = ["Our team left the hospital that Tuesday. Anna said no.", "It was in 2019, in Leeds, for 40 patients."]


OWN = "What did your job title say that day, word for word?"


@pytest.mark.parametrize(
    ("question", "same"),
    [
        ("what did your job title say THAT day", True),
        ("So tell me, what did your job title say that day, word for word?", True),
        ("What did your job tilte say that day, word for word", True),
        (f"{OWN} Take your time.", True),
        ("What did your job title say that day about your work with the patients of the ward?", False),
        ("What did your manager say that day, word for word?", False),
        ("What did your job title say?", False),
    ],
)
def test_a_repeated_question_is_recognised_with_or_without_an_added_beginning_or_end(question: str, same: bool) -> None:
    assert is_same_question(question, OWN) is same
    assert is_same_question(OWN, question) is same
