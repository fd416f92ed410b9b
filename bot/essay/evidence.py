"""Whether a quotation can be evidence: words that a reader can find and see something in."""

from __future__ import annotations

import re

from bot.essay.text.languages import OTHER_FUNCTION_WORDS
from bot.essay.text.ordinary import COMMON_WORDS, FUNCTION_WORDS
from bot.essay.text.words import word_set

# Articles, pronouns, prepositions, conjunctions and auxiliaries. The other function words ("nobody", "perhaps", "very",
# "best") are themselves what an editor points at.
_BARE = word_set(
    "a an the this that these those i me my mine myself you your yours yourself he him his himself she her hers herself"
    " it its itself we us our ours ourselves they them their theirs themselves who whom whose which what there here one"
    " and or but nor so if as than then because while when where how why though although about above after at before"
    " behind below between by for from in into of off on onto out over since through to toward towards under until till"
    " up upon with within without am is are was were be been being do does did have has had having can cannot could"
    " might must shall should will would not no also too all any some such"
)
_OTHER = OTHER_FUNCTION_WORDS - FUNCTION_WORDS - COMMON_WORDS
_COMMON = _BARE | _OTHER | {word for word in FUNCTION_WORDS if "'" in word}
_MOST_COMMON = 3  # "It was what it was" is common in every word, and found at a glance
_BETWEEN = re.compile(r"[\s—–-]+")
_HIRAGANA = re.compile(r"[\u3040-\u309f]{1,2}")  # の, です, から: particles and endings


def is_evidence(quotation: str) -> bool:
    """Whether a quotation shows a place in a text: more than a letter, or than three words that any sentence holds."""
    runs = _BETWEEN.split(quotation.replace("’", "'"))
    words = [word for run in runs if (word := re.sub(r"^[\W_]+|[\W_]+$", "", run))]
    return len(words) > _MOST_COMMON or any(map(_is_telling, words))


def _is_telling(word: str) -> bool:
    if len(word) == 1:
        return word.isdecimal()
    return word.isupper() or not (word.lower() in _COMMON or _HIRAGANA.fullmatch(word))
