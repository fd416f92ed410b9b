"""Which language a text is in: what is read in words is read by the lists of one language, and of no other."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Literal

from bot.essay.text.ordinary import COMMON_WORDS, FUNCTION_WORDS
from bot.essay.text.words import word_set

Language = Literal["en", "fr", "de", "es", "pt", "it", "nl", "other"]
"""The languages whose numbers, months and weekdays are known in words; "other" is every one besides."""

# Some of the commonest function words of languages with Latin letters, chosen by hand: any few sentences hold several.
_FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "fr": word_set(
        "le la les un une des du de et est en que qui dans pour pas sur avec ce cela ça il elle ils elles je tu nous"
        " vous on au aux mais ou où sa ses mon ma mes leur était puis alors quand comme aussi plus ensuite enfin c'est"
        " j'ai ai avait avais avons étaient son ne"
    ),
    "de": word_set(
        "der die das und ist nicht ich es ein eine einen einem einer mit auf für von zu war waren wir sie er den dem im"
        " als auch aber dann wenn wie noch nur nach bei hat hatte habe haben mein meine meinen so was an in sich zum"
        " zur vor über aus wurde uns mir mich kein keine dass"
    ),
    "es": word_set(
        "el los las la de que en un una y no con por para pero como más me mi su al lo fue cuando entonces después yo"
        " esto eso había del se es era años muy estaba tenía nos sus le"
    ),
    "pt": word_set(
        "o a os as um uma de e que não com mas eu meu minha foi quando depois então isso ele ela do da em no na dos das"
        " ao se por para mais era estava tinha nos seu sua ele ela"
    ),
    "it": word_set(
        "il la gli le un uno una e di che non per in con sono ho ha era poi quando anche ma più mio mia si come questo"
        " quello dopo allora nel"
        " del della dei al mi quel quella questa sei siamo stato stata tu lui lei abbiamo dal alla hanno"
    ),
    "nl": word_set(
        "de het een en van ik niet dat die maar met voor op te in zijn was waren hij zij we wij toen ook dan er bij"
        " naar mijn heb had aan om uit nog"
    ),
    # Polish and Czech
    "slavic": word_set(
        "i w z na się nie że jest to był była było po jak ale potem kiedy tak już mnie mój moja za od do jsem byl byla"
    ),
    # Swedish, Danish, Norwegian
    "nordic": word_set(
        "och jag att det som är inte på med för av ett en den var så när sedan og jeg at ikke er på til af da min"
    ),
}
OTHER_FUNCTION_WORDS = frozenset[str]().union(*_FUNCTION_WORDS.values())
"""The function words of all languages but English. Some are English words too."""

_ENGLISH = FUNCTION_WORDS - OTHER_FUNCTION_WORDS
_OTHER = OTHER_FUNCTION_WORDS - FUNCTION_WORDS - COMMON_WORDS
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_KNOWN: dict[str, Language] = {"fr": "fr", "de": "de", "es": "es", "pt": "pt", "it": "it", "nl": "nl"}


# The same text is asked about by all that reads it.
@lru_cache(maxsize=64)
def language(text: str, otherwise: Language = "en") -> Language:
    """The language that most of a text is in, by the function words in it; without any it is the one given.

    Words in other than Latin letters count as another language. Where English and others are as strong, it is English,
    so that a name in a few words is rather listed than passed over.
    """
    words = Counter(word.replace("’", "'") for word in _WORD.findall(text.lower()))
    english = sum(count for word, count in words.items() if word in _ENGLISH)
    foreign = sum(count for word, count in words.items() if not _is_latin(word))
    other = foreign + sum(count for word, count in words.items() if word in _OTHER)
    if english >= other:
        return "en" if english else otherwise
    held = {
        name: sum(count for word, count in words.items() if word in known) for name, known in _FUNCTION_WORDS.items()
    }
    best = max(held, key=lambda name: held[name])
    return _KNOWN.get(best, "other") if held[best] >= foreign else "other"


def _is_latin(word: str) -> bool:
    return word[0].isascii() or word[0] in "ªº" or unicodedata.name(word[0], "LATIN").startswith("LATIN")


# Scripts that name a language, or nearly: by the first words of a letter's name in Unicode.
_SCRIPTS = {
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CJK": "Chinese",
    "THAI": "Thai",
    "LAO": "Lao",
    "KHMER": "Khmer",
    "MYANMAR": "Burmese",
    "TIBETAN": "Tibetan",
    "CYRILLIC": "Cyrillic letters",
    "GREEK": "Greek",
    "ARABIC": "Arabic letters",
    "HEBREW": "Hebrew",
    "DEVANAGARI": "Devanagari letters",
    "BENGALI": "Bengali",
    "TAMIL": "Tamil",
    "TELUGU": "Telugu",
    "GEORGIAN": "Georgian",
    "ARMENIAN": "Armenian",
}
_HALF = 0.5


def script_of(text: str) -> str | None:
    """What most letters of a text are written in, as a reader would call it; None where they are Latin or none."""
    letters = Counter(char for char in text if char.isalpha())
    held: Counter[str] = Counter()
    for char, count in letters.items():
        if not char.isascii():
            held[unicodedata.name(char, "").split(" ")[0].split("-")[0]] += count
    foreign = {name: held[name] for name in _SCRIPTS if held[name]}
    if sum(foreign.values()) <= _HALF * sum(letters.values()):
        return None
    if held["HIRAGANA"] + held["KATAKANA"] > 0.1 * held["CJK"]:  # Japanese writes its nouns in Chinese characters
        return "Japanese"
    return _SCRIPTS[max(foreign, key=lambda name: foreign[name])]
