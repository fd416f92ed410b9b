"""Whether a text is English: lists of English words say nothing about another."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from bot.essay.ordinary import COMMON_WORDS, FUNCTION_WORDS
from bot.essay.words import word_set

# Some of the commonest function words of other languages with Latin letters, chosen by hand: any few sentences hold
# several. Those that are English words too count for neither.
OTHER_FUNCTION_WORDS = word_set(
    # French
    "le la les un une des du de et est en que qui dans pour pas sur avec ce cela ça il elle ils elles je tu nous vous"
    " on au aux mais ou où sa ses mon ma mes leur était puis alors quand comme aussi plus ensuite enfin c'est j'ai"
    # German
    " der die das und ist nicht ich es ein eine einen einem ein mit auf für von zu war wir sie er den dem im als auch"
    " aber dann wenn wie noch nur nach bei hat hatte mein meine so was an in"
    # Spanish and Portuguese
    " el los las una y no con por para pero como más me mi su al lo fue cuando entonces después yo esto eso había"
    " o os as um uma não com mas eu meu minha foi quando depois então isso ele ela do da em no na"
    # Italian
    " il gli uno che non di per sono ho ha poi quando anche ma più mio mia si come questo quello dopo allora nel"
    # Dutch
    " het een en van ik niet dat maar met voor op te zijn was hij zij wij toen ook dan er bij naar mijn"
    # Polish and Czech
    " i w z na się nie że jest to był była było po jak ale potem kiedy tak już mnie mój moja za od do jsem byl byla"
    # Swedish, Danish, Norwegian
    " och jag att det som är inte på med för av ett en den var så när sedan og jeg at ikke er på til af da min"
)
_ENGLISH = FUNCTION_WORDS - OTHER_FUNCTION_WORDS
_OTHER = OTHER_FUNCTION_WORDS - FUNCTION_WORDS - COMMON_WORDS


def is_english(words: Iterable[str]) -> bool:
    """Whether words in lower case are English sooner than another language, by the function words among them.

    Words in other than Latin letters count as another language. Without evidence either way they are English, so that
    a name in a few words is rather listed than passed over.
    """
    english = other = 0
    for word in words:
        if word in _ENGLISH:
            english += 1
        elif word in _OTHER or not _is_latin(word):
            other += 1
    return english >= other


def _is_latin(word: str) -> bool:
    first = next((char for char in word if char.isalpha()), "a")
    return first.isascii() or unicodedata.name(first, "LATIN").startswith("LATIN")
