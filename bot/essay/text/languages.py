"""Tell which language or script a text is in, and know the common words of languages."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import Literal

from bot.essay.text.words import word_set

# Function words and openers: never a name, and never the first word of one.
ENGLISH_FUNCTION_WORDS = word_set(
    "a about above across actually after afterwards again against ago all almost along already also although"
    " always am among an and another any anybody anyone anything anyway anywhere apart are aren't around as"
    " aside ask at away back be because been before behind being below besides best better between beyond both"
    " but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each earlier"
    " early either else enough especially even eventually ever every everybody everyone everything everywhere"
    " except few finally first five for former four from further given had hadn't half has hasn't have haven't"
    " having he he'd he'll he's hence her here here's hers herself hi hello him himself his how however i if in"
    " indeed inside instead into is isn't it it'd it'll it's its itself just last lately later least less let"
    " let's like likewise little long lots many maybe me mean meanwhile mine more moreover most mostly much must"
    " my myself near nearly neither never nevertheless next nine no nobody none nonetheless nor not nothing now"
    " nowhere of off often oh okay ok on once one ones only onto or other others otherwise our ours ourselves"
    " out outside over overall own past people per perhaps plenty please plus probably quite rather really right"
    " same second seven several shall she she'd she'll she's should shouldn't since six so some somebody somehow"
    " someone something sometimes somewhere soon still such ten than thank thanks that that's the their theirs"
    " them themselves then there there's therefore these they they'd they'll they're they've third this those"
    " though three through throughout thus till to today together tomorrow tonight too toward towards twice two"
    " under underneath unfortunately unless unlike until up upon us usually very via was wasn't we we'd we'll"
    " we're we've well were weren't what what's whatever when whenever where where's whereas wherever whether"
    " which while who who's whoever whole whom whose why will with within without won't would wouldn't yes"
    " yesterday yet you you'd you'll you're you've your yours yourself i'd i'll i'm i've eight eleven twelve"
    " twenty thirty forty fifty sixty hundred thousand million dear ps re cc fwd"
)
# Nouns, verbs and adjectives that often open a sentence in an essay about work.
ENGLISH_COMMON_WORDS = word_set(
    "account action advice afternoon age agree air anger answer apply april arm army art article august autumn"
    " bad bank bed belief big bill blame boat body book boss box boy bread break breakfast brother budget build"
    " burnout business busy buy call car care career case cash cause chance change chapter check child children"
    " choice choose church city claim class client coach code coffee cold college colleague come comfort company"
    " compare consider control cook cost couple course credit critic culture customer dad daily damage dark data"
    " daughter day days dead deal death debt decision demand design desk detail developer dinner distance doctor"
    " door doubt dream drive due ease easy eat end energy engineer enter essay evening evidence exit experience"
    " eye face fact failure fair faith fall family fast father fear feedback feel feeling figure find finish"
    " fire firm fish floor food force forget founder free friend friends fun funny future game gain gave get"
    " girl give go goal god good got great ground group grow growth guess guilt guy habit hair hand happy hard"
    " hate head health hear heart heat help high hire hiring history hold home honest honesty hope hospital hour"
    " hours house human hunger husband idea imagine income inertia information interest interview job jobs joy"
    " judge keep kid kind kitchen knee know knowledge label labour language late law lead leader learn leave"
    " lesson letter life light line list listen live living location logic look lose loss lot love low luck"
    " lunch machine mail make man manager managers market marriage maths matter meet memory men mentor message"
    " mind minute miss mistake money monday month months mood morning mother move mum mom music name need new"
    " news night noise normal note notice november number numbers nurse office officer old open option order"
    " owner page pain paper parent parents part partner party pay people phone picture place plan play point"
    " power practice present press pressure price pride print problem process product programmer progress"
    " promise promotion proof purpose put question quick quiet rain rank read reader reality reason recruiter"
    " relief rent report research respect rest result return review rich risk road role room rule run sad safety"
    " salary sale sales save say school science season see seem send senior sense set shame share shop short"
    " show side silence simple sister sit skill sleep slow small snow soldier son song sound space speak spend"
    " spring staff stage start state status stay step stop story strange stranger street stress strong student"
    " study stuff success sugar suit summer sun support sure system table take talk task tea teach teacher team"
    " teams technology tell test text theory thing things think time times title tool tools top town track trade"
    " train travel tree trouble true trust truth try turn understand use user users value version view visit"
    " voice wait wake walk wall want war watch water way wear weather week weeks weekend wife wind window winter"
    " woman women word words work worker world worry worse worst write writer wrong year years young ask asked"
    " became began believed bought brought built called came chose cut did drew drove ended fell felt fewer"
    " found gone held hired kept knew left lost made meant met missed moved paid picked promised quit ran said"
    " sat saw sent shipped slept sold spent stood started stopped stayed thought told took tried turned waited"
    " walked wanted went woke won worked wrote remember suppose notably frankly equally above absent bare"
    " beneath boring cheap clear clever close dry empty equal exact extra fine full half-way heavy hot huge"
    " large least legal local loud main mere minor narrow near nice odd plain poor proud pure rare raw real"
    " sharp sick similar single slight smart soft solid special stupid tall thin tiny tired total tough useful"
    " usual vast warm weak weird wet wide wild wise"
)
# Endings of ordinary words. A capitalized word at the start of a sentence that ends like this is taken for no name.
ENGLISH_WORD_ENDINGS = (
    *("ing", "ed", "ly", "tion", "sion", "ment", "ness", "ity", "ers", "ors", "ies", "ance", "ence", "ship", "ism"),
    *(
        "ists",
        "ous",
        "ful",
        "less",
        "able",
        "ible",
        "ments",
        "tions",
        "ings",
        "ships",
        "ages",
        "n't",
        "'ve",
        "'re",
        "'ll",
    ),
    *("ware", "ology", "craft", "body", "thing", "where", "times", "self", "selves", "ways", "ward", "wards"),
)
# Given names and surnames with such an ending.
NAMES_WITH_WORD_ENDINGS = word_set(
    "emily sally billy kelly molly polly holly lily milly carly shelly kimberly beverly fred alfred wilfred manfred"
    " winifred ned ted jared ahmed mohamed mohammed hamed reed sterling irving fleming harding hastings clement rogers"
    " myers bowers anders charity trinity felicity florence terence terrence laurence lawrence clarence torrence"
    " terrance constance vance mable edward howard hayward"
)
# Titles of jobs and departments: capitals that say what somebody is, not who.
JOB_TITLE_WORDS = word_set(
    "account accountant administrator agile analyst architect area assistant associate backend bootcamp"
    " business chair chief co-founder commercial communications compliance computer consultant content"
    " controller coordinator counsel creative customer data deputy design designer developer development devops"
    " digital director editor engineer engineering executive experience field finance financial founder"
    " freelance frontend full full-stack general global graduate group growth head human information"
    " infrastructure intern junior lead leader leadership learning lecturer legal machine management manager"
    " managing marketing master mechanical medical mid-level mobile national nurse officer operating operations"
    " owner partner people personal planner platform practice president principal product production professor"
    " program programme project quality regional relations representative research researcher resources sales"
    " scientist scrum security senior service sister site social software solutions specialist staff strategist"
    " strategy success supervisor support surgeon systems talent teacher team tech technical technician"
    " technology test tester trainee trainer user vice ward web writer of the and"
)
# Abbreviations for kinds of things, which name no particular one.
GENERIC_ACRONYMS = word_set(
    "pm pms pr prs qa hr cv cvs ceo cto cfo coo cpo cio vp svp evp api apis ui ux ai ml it mvp mvps okr okrs"
    " kpi kpis saas b2b b2c sql html css crud ci cd roi pto hmo id ids faq asap diy tv pc pdf ppt ok okay nda"
    " swe sre tl em ic ics gm md phd ba bsc ma msc mba gpa r&d sla slas nps ar vr pov ps eod eta fyi lol omg wtf"
    " ngo sme smes ipo dm dms url urls wip am bst gmt utc est pst cet edt pdt llm llms gpt gpu cpu ram usb wifi"
    " wi-fi sms iot seo crm erp rfp rfc po p&l"
)
ENGLISH_HONORIFICS = word_set("mr mrs ms mx dr prof professor sir madam st rev capt sgt col gen lt")


Language = Literal["en", "fr", "de", "es", "pt", "it", "nl", "other"]
"""The languages whose numbers, months and weekdays are known in words; "other" is every one besides."""

# Common function words of languages with Latin letters, chosen by hand; any few sentences hold several.
_FUNCTION_WORDS_BY_LANGUAGE: dict[str, frozenset[str]] = {
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
FOREIGN_FUNCTION_WORDS = frozenset[str]().union(*_FUNCTION_WORDS_BY_LANGUAGE.values())
"""The function words of all languages but English. Some are English words too."""

_ENGLISH_ONLY_WORDS = ENGLISH_FUNCTION_WORDS - FOREIGN_FUNCTION_WORDS
_FOREIGN_ONLY_WORDS = FOREIGN_FUNCTION_WORDS - ENGLISH_FUNCTION_WORDS - ENGLISH_COMMON_WORDS
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LANGUAGE_BY_NAME: dict[str, Language] = {"fr": "fr", "de": "de", "es": "es", "pt": "pt", "it": "it", "nl": "nl"}


@lru_cache(maxsize=64)
def detect_language(text: str, default: Language = "en") -> Language:
    """Return the language of most function words in a text, or ``default`` if it has none.

    Words in other than Latin letters count as another language. If English is as strong as all others together, the
    answer is English, so that a name in a few words is rather reported than missed.
    """
    words = Counter(word.replace("’", "'") for word in _WORD.findall(text.lower()))
    english = sum(count for word, count in words.items() if word in _ENGLISH_ONLY_WORDS)
    foreign = sum(count for word, count in words.items() if not _is_latin(word))
    other = foreign + sum(count for word, count in words.items() if word in _FOREIGN_ONLY_WORDS)
    if english >= other:
        return "en" if english else default
    counts = {
        name: sum(count for word, count in words.items() if word in known)
        for name, known in _FUNCTION_WORDS_BY_LANGUAGE.items()
    }
    best = max(counts, key=lambda name: counts[name])
    return _LANGUAGE_BY_NAME.get(best, "other") if counts[best] >= foreign else "other"


def _is_latin(word: str) -> bool:
    return word[0].isascii() or word[0] in "ªº" or unicodedata.name(word[0], "LATIN").startswith("LATIN")


# By the first word of a letter's name in Unicode: the language that is written in the script, or the script.
_SCRIPT_NAMES = {
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
_MIN_SCRIPT_SHARE = 0.5


def detect_script(text: str) -> str | None:
    """Return the script of most letters in a text, as a reader would call it; None if it is Latin or there are none."""
    letters = Counter(char for char in text if char.isalpha())
    counts: Counter[str] = Counter()
    for char, count in letters.items():
        if not char.isascii():
            counts[unicodedata.name(char, "").split(" ")[0].split("-")[0]] += count
    foreign = {name: counts[name] for name in _SCRIPT_NAMES if counts[name]}
    if sum(foreign.values()) <= _MIN_SCRIPT_SHARE * sum(letters.values()):
        return None
    if counts["HIRAGANA"] + counts["KATAKANA"] > 0.1 * counts["CJK"]:  # Japanese writes its nouns in Chinese characters
        return "Japanese"
    return _SCRIPT_NAMES[max(foreign, key=lambda name: foreign[name])]
