"""What stands around a number and belongs to it: currencies, shares of a hundred, and the words for thousands."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.essay.specifics.number_words import SCALES
from bot.essay.text.languages import Language

_CURRENCY_WRITTEN = {
    "USD": "$ us$ usd dollar dollars bucks dólar dólares dollari",
    "GBP": "£ gbp quid pounds livres libras",
    "EUR": "€ eur euro euros",
    "JPY": "¥ jpy yen 円 日元",
    "CNY": "元 人民币 人民幣 cny yuan",
    "INR": "₹ inr rupees",
    "NGN": "₦ ngn naira",
    "PLN": "zł pln złotych",
    "CHF": "chf francs franken",
    "RUB": "₽ рублей",
    "UAH": "₴ гривень",
    "TRY": "₺ lira",
    "BRL": "r$ reais",
    "AUD": "a$ aud",
    "CAD": "c$ cad",
    "SEK": "sek kr",
    "KRW": "₩ 원",
}
CURRENCIES = {way: code for code, ways in _CURRENCY_WRITTEN.items() for way in ways.split()}
"""Every way of writing a currency, in lower case, with its code."""

_ENGLISH_SCALES = {
    "k": 1000,
    "m": 10**6,
    "mn": 10**6,
    "mil": 10**6,
    "mm": 10**6,
    "bn": 10**9,
    "b": 10**9,
    "tn": 10**12,
    **SCALES,
}
_FOREIGN_SCALES: dict[Language, dict[str, int]] = {
    "fr": {"mille": 1000, "million": 10**6, "millions": 10**6, "milliard": 10**9, "milliards": 10**9},
    "de": {
        "tausend": 1000,
        "mio": 10**6,
        "million": 10**6,
        "millionen": 10**6,
        "mrd": 10**9,
        "milliarde": 10**9,
        "milliarden": 10**9,
    },
    "es": {"mil": 1000, "millón": 10**6, "millon": 10**6, "millones": 10**6},
    "pt": {"mil": 1000, "milhão": 10**6, "milhões": 10**6, "bilhão": 10**9, "bilhões": 10**9},
    "it": {"mila": 1000, "milione": 10**6, "milioni": 10**6, "miliardo": 10**9, "miliardi": 10**9},
    "nl": {"duizend": 1000, "miljoen": 10**6, "miljard": 10**9},
}
# Chinese, Japanese and Korean: 8千万 is eighty million.
_SIGNS = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_SIGNS |= {"백": 100, "천": 1000, "만": 10**4, "억": 10**8, "조": 10**12}
POINTS_THOUSANDS: frozenset[Language] = frozenset({"de", "es", "pt", "it", "nl"})
"""The languages that part thousands with a full stop."""

_PERCENT = (
    r"%|per[ ]?cent\b|pct\b|percentage[ ]points?\b|pp\b|prozent\b|pour[ ]cent\b|por[ ]ciento\b|por[ ]cento\b"
    r"|per[ ]cento\b|procent\b"
)
AFTER = re.compile(
    rf"[ \u00a0-]?(?P<percent>{_PERCENT})"
    r"|[ \u00a0-]?(?:de[ ]|d['’])?(?P<money>(?:dollars?|euros?|bucks|quid|pounds|yen|rupees|naira|francs|zł|złotych"
    r"|dólar(?:es)?|dollari|libras|livres|franken|lira|reais|рублей|гривень|USD|EUR|GBP|CHF|INR|NGN|PLN|€|£|₽|₴)(?!\w)"
    r"|円|日元|人民币|人民幣|元|원)"
    r"|[ \u00a0]?(?P<half>[ap]\.?m\b\.?)",
    re.IGNORECASE,
)
"""What may follow a number: ``percent``, ``money``, or the ``half`` of the day."""


@lru_cache(maxsize=len(_FOREIGN_SCALES) + 2)
def scales(language: Language) -> dict[str, int]:
    """The words and letters that multiply the digits before them, in lower case."""
    return _ENGLISH_SCALES | _FOREIGN_SCALES.get(language, {})


def scale_of(written: str, language: Language) -> int:
    """What a scale multiplies by: ``written`` as ``scale_pattern`` matches it; 1 for none."""
    if written[:1] in _SIGNS:
        product = 1
        for sign in written:
            product *= _SIGNS[sign]
        return product
    return scales(language)[written.strip(" \u00a0-.").lower()] if written else 1


@lru_cache(maxsize=len(_FOREIGN_SCALES) + 2)
def scale_pattern(language: Language) -> str:
    """A scale behind digits, as a part of a pattern that minds case: "k" counts thousands, "b" nothing."""
    words = "hundred|thousand|million|billion|trillion|dozen"
    foreign = _FOREIGN_SCALES.get(language, {})
    if foreign:
        words = rf"(?i:{'|'.join(sorted(foreign, key=len, reverse=True))})\.?|{words}"
    letters = "k|K|m|M|mn|bn|B|tn" + ("" if "mil" in foreign else "|mil")
    return rf"(?:[ \u00a0-]?(?:{words})|{letters})(?![\w])|[{''.join(_SIGNS)}]{{1,2}}"
