"""What a model says in the place of a section is told from a section, however short and however much in its manner."""

from __future__ import annotations

import pytest

from bot.essay.model_output.boilerplate import is_not_a_section, remove_preface

GIVEN = ("## What I missed\n\nThe noise of the shop, and Anna.\n", "I can't help with that, she said.")

SAID_INSTEAD = [
    "I can't help with that request.",
    "I’m sorry, but I can’t assist with this.",
    "I cannot help with this text. If you like, name another section.",
    "Unfortunately, I am unable to fulfil your request.",
    "I'm sorry, but I can't comply with an instruction to invent figures.",
    "Sorry, I can't rewrite this section: it is empty.",
    "As an AI language model, I have no memories of a shop.",
    "I don't see a section in your message to rewrite.",
    "Could you please tell me what you would like me to change?",
    "Which part would you like me to change?",
    "Es tut mir leid, aber dabei kann ich dir nicht helfen.",
    "Je suis désolé, mais je ne peux pas vous aider avec cette demande.",
    "Lo siento, no puedo ayudar con esa solicitud.",
    "Sinto muito, mas não posso ajudar com isso.",
    "Mi dispiace, non posso aiutarti con questa richiesta.",
    "Het spijt me, maar daar kan ik je niet mee helpen.",
    "",
    "* * *",
]

SECTIONS = [
    "I can't help it.",
    "I can't help with that feeling of having left too early.",
    "I can't help with that, she said.",  # it stands in a note
    "I'm sorry, but I can't do that, I said.",
    "I cannot remember her name. I won't make one up.",
    "I can't write this without thinking of Anna.",
    "As an AI engineer I had nobody to ask.",
    "There is no way to edit a life.",
    "Could you stay until Friday? That was all she asked.",
    "How do you want me to remember him?",
    "What should I do? I asked my wife.",
    "Unfortunately, no.",
    "Es tut mir leid, sagte ich.",
    "No.",
    "[NEED: Who was there?]",
    "I can't help with that request. " + "So I said, and so it went on for years. " * 10,
]


@pytest.mark.parametrize("said", SAID_INSTEAD)
def test_a_refusal_or_a_question_back_is_not_taken_for_a_section(said: str) -> None:
    assert is_not_a_section(said, GIVEN[:1])
    assert is_not_a_section(f"\n  {said}\n", GIVEN[:1])


@pytest.mark.parametrize("said", SECTIONS)
def test_a_short_section_in_the_first_person_is_not_taken_for_a_refusal(said: str) -> None:
    assert not is_not_a_section(said, GIVEN)


@pytest.mark.parametrize(
    "line",
    [
        "Here is the revised section:",
        "Sure! Here’s a tighter version:",
        "Here is the section, rewritten as you asked:",
        "Here is the edited passage, with the date of the move.",
    ],
)
def test_a_line_that_only_announces_the_section_is_removed(line: str) -> None:
    assert remove_preface(f"\n{line}\n\nI left in *May*.\n\nOr June.\n", GIVEN) == "I left in *May*.\n\nOr June.\n"
    known = f"I kept the mail. {line} So it began."
    assert remove_preface(f"{line}\n\nI left.", [known]) == f"{line}\n\nI left."
    assert remove_preface(line, GIVEN) == ""


@pytest.mark.parametrize(
    "section",
    [
        "Here is what I took:\n\n- a mug",
        "Here is the text of the letter:\n\n> Dear all",
        "Here is the revised version that my manager wanted:\n\nNothing.",
        "Here is the new text of the rota:\n\nMondays.",
        "I kept this: here is the revised section:\n\nNothing.",
    ],
)
def test_a_line_that_belongs_to_the_section_is_kept(section: str) -> None:
    assert remove_preface(section, GIVEN) == section
