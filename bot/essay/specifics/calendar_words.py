"""Months and weekdays in French, German, Spanish, Portuguese, Italian and Dutch."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.essay.text.languages import Language

# Twelve months from January and seven days from Monday; "|" parts them, "/" parts the ways of writing one.
_MONTHS: dict[Language, str] = {
    "fr": "janvier|février/fevrier|mars|avril|mai|juin|juillet|août/aout|septembre|octobre|novembre|décembre/decembre",
    "de": "januar/jänner|februar/feber|märz|april|mai|juni|juli|august|september|oktober|november|dezember",
    "es": "enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre/setiembre|octubre|noviembre|diciembre",
    "pt": "janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro",
    "it": "gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre|dicembre",
    "nl": "januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december",
}
_DAYS: dict[Language, str] = {
    "fr": "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche",
    "de": "montag|dienstag|mittwoch|donnerstag|freitag|samstag/sonnabend|sonntag",
    "es": "lunes|martes|miércoles|jueves|viernes|sábado|domingo",
    "pt": "segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|sábado|domingo",
    "it": "lunedì|martedì|mercoledì|giovedì|venerdì|sabato|domenica",
    "nl": "maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag",
}
# "Sonntagabend" is a Sunday.
_TIME_OF_DAY = r"(?:s|(?:abend|morgen|mittag|nachmittag|vormittag|nacht|ochtend|middag|avond)s?)?"


def _numbered(words: str) -> dict[str, int]:
    return {way: number for number, ways in enumerate(words.split("|"), 1) for way in ways.split("/")}


@lru_cache(maxsize=len(_MONTHS))
def months(language: Language) -> dict[str, int]:
    """The months of a language in lower case, with their numbers from 1; none for English and for unknown languages."""
    return _numbered(_MONTHS[language]) if language in _MONTHS else {}


@lru_cache(maxsize=len(_DAYS))
def weekdays(language: Language) -> dict[str, int]:
    """The weekdays in lower case, numbered from 1 for Monday; none for English and for unknown languages."""
    return _numbered(_DAYS[language]) if language in _DAYS else {}


@lru_cache(maxsize=len(_MONTHS))
def month_pattern(language: Language) -> re.Pattern[str] | None:
    """A month ``m``, with its day ``d`` and its year ``y`` if they are there; None where no months are known."""
    if not (known := months(language)):
        return None
    names = "|".join(sorted(known, key=len, reverse=True))
    return re.compile(
        r"(?:(?<![\w.,])(?P<d>[12]\d|3[01]|0?[1-9])(?:\.|er|º|°|ª|o)?[ \u00a0](?:de[ ]|di[ ])?)?"
        rf"\b(?P<m>{names})\b(?:,?[ ](?:de[ ]|del[ ]|di[ ]|do[ ])?(?P<y>(?:1[89]|20)\d\d)(?!\w))?",
        re.IGNORECASE,
    )


@lru_cache(maxsize=len(_DAYS))
def weekday_pattern(language: Language) -> re.Pattern[str] | None:
    """A weekday ``w``; None where no weekdays are known."""
    if not (known := weekdays(language)):
        return None
    return re.compile(rf"\b(?P<w>{'|'.join(known)}){_TIME_OF_DAY}\b", re.IGNORECASE)
