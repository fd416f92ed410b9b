"""Screen what a model says: demands for a secret, grades, and pictures.

A demand for a secret is known by a short list: passwords, keys, codes and cards, by their names in English, German,
French, Spanish, Portuguese, Italian and Dutch, where they are called the writer's own or are asked for. A demand in
other words is not seen. A model has seen no picture, and whoever opens the post would fetch it from an address.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_KINDS = (
    r"pass(?:words?|codes?|phrases?|w[oö]rt(?:er)?)\b",
    r"kennw[oö]rt(?:er)?\b",
    r"mots?\s+de\s+passe\b",
    r"(?:contraseñ|senh)as?\b",
    r"palavras?-passe\b",
    r"wachtwoord(?:en)?\b",
    r"(?:api|private|secret|access|ssh|encryption)[\s-]+keys?\b",
    r"(?:api|access|auth(?:entication)?|bot|bearer|session)[\s-]+tokens?\b",
    r"(?:seed|recovery|mnemonic)\s+(?:phrases?|codes?)\b",
    r"(?:credit|debit|bank)[\s-]?cards?\b",
    r"card\s+numbers?\b",
    r"kreditkarten?\w*",
    r"cartes?\s+(?:bancaires?|de\s+crédit)\b",
    r"tarjetas?\s+de\s+crédito\b",
    r"cart(?:ão|ões)\s+de\s+crédito\b",
    r"cart[ae]\s+di\s+credito\b",
    r"cv[vc]\b",
    r"pin[\s-]?(?:codes?|numbers?)\b",
    r"(?-i:PIN)\b",
    r"(?:social\s+security|bank\s+account|passport)\s+numbers?\b",
    r"ssn\b",
    r"iban\b",
    r"(?:security|verification|one-time|login|sign-in|authentication|2fa|two-factor|backup)\s+codes?\b",
    r"(?:login|sign-in|bank|account)\s+(?:details|credentials)\b",
)
_WORK_ON_ONE = (
    r"(?!\s+(?:polic(?:y|ies)|resets?|managers?|rules?|changes?|screens?|fields?|prompts?|rotations?|teams?)\b)"
)
_KIND = rf"(?:{'|'.join(_KINDS)}){_WORK_ON_ONE}"
_OWN = (
    r"\b(?:your|deine?[mnrs]?|ihre?[mnrs]?|eure?[mnrs]?|ton|ta|tes|votre|vos|tus?|sus?|seus?|suas?|teus?|tuas?|tuo|suo"
    r"|vostr[aeio]|je|jouw|uw)\b"
)
_ASKED = (
    r"\b(?:enter|type|send|give|share|paste|post|provide|submit|confirm|disclose|reveal|include|reply\s+with"
    r"|tell\s+(?:me|us)|what(?:['’]s|\s+(?:is|was|are|were)))\b"
)
_ASKS_FOR_SECRET = re.compile(rf"{_OWN}[^.?!\n]{{0,30}}?\b{_KIND}|{_ASKED}[^.?!\n]{{0,40}}?\b{_KIND}", re.IGNORECASE)


def asks_for_secret(said: str) -> bool:
    """Whether a sentence asks for a password, a key, a code, or the number of a card or an account."""
    return _ASKS_FOR_SECRET.search(said) is not None


_NUMBER = r"\d{1,3}(?:[.,]\d+)?"
# "3 out of 10 readers" counts readers; "3 out of 10 for clarity" grades.
_OF_THINGS = r"(?!\s+(?!(?:for|on|in|at|as|overall|because|and|but)\b)[^\W\d_])"
_SCALE = rf"{_NUMBER}(?:\s?/\s?100?(?![/\d])|\s+out\s+of\s+100?\b{_OF_THINGS})"
_WORD = r"(?:very\s+)?(?:poor|weak|fair|average|good|strong|excellent|fail|pass)"
_NAMED = rf"\b(?:grade|score|rating)[\s*_]*[:=][\s*_]*(?:{_SCALE}|{_NUMBER}|[a-f][+-]?(?!\w)|{_WORD}\b)"
_GRADE = re.compile(rf"{_NAMED}|(?<![\w/.,]){_SCALE}", re.IGNORECASE)


def find_grades(said: str) -> tuple[str, ...]:
    """The grades in ``said``, as they stand there: "7/10", "65 out of 100", "Grade: B+". Dates and shares are none."""
    return tuple(found.group() for found in _GRADE.finditer(said))


_PICTURE = re.compile(
    r"!\[(?P<words>[^\[\]]{0,500})\](?:\([ \t]*<?(?P<target>[^()\s<>]*+)>?[^()\n\r]{0,300}\)|\[[^\[\]]{0,200}\])"
    r"|<img\b[^<>]*+>",
    re.IGNORECASE,
)


def remove_pictures(text: str, given: Sequence[str]) -> str:
    """The text with the words of each picture in its place, but for one that stands in a text the model was given."""

    def kept(found: re.Match[str]) -> str:
        sought = found["target"] or found.group()
        return found.group() if any(sought in one for one in given) else (found["words"] or "")

    return _PICTURE.sub(kept, text)
