"""Grades in what is said of a text: numbers on a scale, and what follows the word for one."""

from __future__ import annotations

import re

_NUMBER = r"\d{1,3}(?:[.,]\d+)?"
# "3 out of 10 readers" counts readers; "3 out of 10 for clarity" grades.
_OF_THINGS = r"(?!\s+(?!(?:for|on|in|at|as|overall|because|and|but)\b)[^\W\d_])"
_SCALE = rf"{_NUMBER}(?:\s?/\s?100?(?![/\d])|\s+out\s+of\s+100?\b{_OF_THINGS})"
_WORD = r"(?:very\s+)?(?:poor|weak|fair|average|good|strong|excellent|fail|pass)"
_NAMED = rf"\b(?:grade|score|rating)[\s*_]*[:=][\s*_]*(?:{_SCALE}|{_NUMBER}|[a-f][+-]?(?!\w)|{_WORD}\b)"
_GRADE = re.compile(rf"{_NAMED}|(?<![\w/.,]){_SCALE}", re.IGNORECASE)


def grades(said: str) -> tuple[str, ...]:
    """The grades in ``said``, as they stand there: "7/10", "65 out of 100", "Grade: B+". Dates and shares are none."""
    return tuple(found.group() for found in _GRADE.finditer(said))
