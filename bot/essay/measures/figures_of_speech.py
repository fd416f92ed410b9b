"""Measure figures of speech that wear out with use: "not X but Y" in its several forms, lists of three, dashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from bot.essay.measures.base import (
    MIN_WORDS,
    MeasureHit,
    MeasureResult,
    drop_overlapping_hits,
    per_thousand,
)
from bot.essay.structure import Structure
from bot.essay.text.parsed_text import NormalizedProse, ParsedText, ProseSentence, Sentence
from bot.essay.text.spans import Span
from bot.essay.text.words import count_noun, word_set

# Start and end in the normalized prose, and the note.
_NotedPlace: TypeAlias = tuple[int, int, str]

_PRONOUN = r"(?:I|it|this|that|they|he|she|we|you|these|those)"
_BE = r"(?:'s|'m|'re|\ is|\ was|\ are|\ were|\ am)"
_GAP = r"[^.;:?!—–]"

# "not just X but Y", "not because X but because Y", "not as X but as Y", "not tired but bored".
_NOT_JUST_BUT = re.compile(rf"(?:\bnot|n't) (?:just|only|merely|simply|so much|because)\b{_GAP}{{1,160}}?\bbut\b", re.I)
# "Not only did I lose my job, I lost my name." "Less noise, more signal."
_NOT_ONLY_INVERTED = re.compile(
    rf"\bnot only (?:did|was|were|is|are|am|had|has|have|do|does|could|would|can|will)\b{_GAP}{{1,160}}?, (?!but\b)",
    re.I,
)
_LESS_MORE = re.compile(r"\bless [\w'-]{1,30}(?: [\w'-]{1,30}){0,2}, more [\w'-]{1,30}", re.I)
_SAME_WORD_TWICE = re.compile(
    rf"\bnot (?P<word>as|to|in|for|with|by|from|about|an?|the|on|at|of|how|what|who|when|where|that|my|your"
    rf"|our)\b{_GAP}{{1,120}}?"
    r"\bbut (?:rather |also |instead )?(?P<again>[a-z]+)\b",
    re.I,
)
_NOT_WORD_BUT = re.compile(
    rf"(?:\bnot|\b(?:is|was|are|were)n't) (?:[\w'-]{{1,30}} ){{1,3}}but (?!{_PRONOUN}\b|the\b|my\b|there\b|not\b"
    rf"|for\b|that\b)",
    re.I,
)
_CONCESSIVE = re.compile(rf"\bbut (?:then )?(?:{_PRONOUN}|there|my [a-z]+|the [a-z]+ (?:was|is|had|were))\b", re.I)

# "Y, not X": a denial behind what is true, at the end of a clause.
_COMMA_NOT = re.compile(
    r"(?:,|—|–| -) ?(?P<lead>not (?:just |only |merely |simply )?)(?P<next>[\w'-]{1,30})(?P<rest>[^.;:?!,—–]{0,160})",
    re.I,
)
_NO_CONTRAST = word_set(
    "even yet knowing to that least long quite much many all every always necessarily once one sure having wanting"
    " counting"
    ""
    " until including surprisingly unlike being realising realizing understanding thinking daring trying caring"
    " really at"
    " unreasonably unusually infrequently without unless if when i he she it we they you only for so too far very"
    " altogether entirely unkindly"
)

# "I'm not X — I'm Y", "it isn't X, it's Y", inside one sentence.
_JOINED = re.compile(
    rf"\b(?P<one>{_PRONOUN})(?P<be>{_BE})(?:n't| not| never)\b{_GAP}{{1,140}}?[—–;:,]\s*(?:but )?"
    rf"(?P<two>{_PRONOUN})(?P<be2>{_BE})(?!n't| not| never)\b",
    re.I,
)
# "not wishing to offend her", "not a minute ago", "not hard": remarks, no contrasts.
_SAID_IN_PASSING = re.compile(
    r"(?:[a-z]{2,20}ing (?:to|that)\b|an? [a-z]{1,20} (?:ago|before|later|after)\b"
    r"|(?:exactly|wholly|hard|well|often|badly)\b)",
    re.I,
)
# "less interested in the cloth than in the noise"
_LESS_THAN = re.compile(
    rf"\bless [\w'-]{{1,30}} (?P<word>in|by|with|for|about|to|of|at|on|like){_GAP}{{1,100}}? than (?P=word)\b", re.I
)
# "not so much a job as a sentence", "not fire me so much as mislay me"
_SO_MUCH_AS = re.compile(
    rf"(?:\b(?:not|never)|n't) (?:so much{_GAP}{{1,80}}? as|[a-z]+ (?:me|him|her|it|them|us|you) so much as)\b", re.I
)
# "nothing to do with courage and everything to do with rent"
_NOTHING_TO_DO = re.compile(
    rf"\b(?:nothing|little|less) to do with\b{_GAP}{{1,80}}? (?:everything|more|much|a lot) to do with\b", re.I
)
# "No fanfare, no speeches, just a card."
_NO_NO_JUST = re.compile(r"\bno [\w' -]{1,30}, no [\w' -]{1,30}, (?:just|only)\b", re.I)
# "What looked like failure was in fact freedom."
_WHAT_SEEMED = re.compile(
    r"\bwhat (?:looked|seemed|felt|sounded)\b[^.,;:?!—–]{1,60}? (?:was|were) (?:in fact|actually|really|in truth)\b",
    re.I,
)
# "My problem was never the work; it was the silence."
_NEVER_IT_WAS = re.compile(
    rf"\b(?:was|is)(?:n't| not| never) (?:really |just |ever )?(?:the|a|an|my|about|in|that)\b{_GAP}{{1,60}}?"
    r"(?:;| —|—| –) ?it (?:was|is)\b",
    re.I,
)
_LESS = re.compile(rf"\bless (?:about|an?|of an?|like|because)\b{_GAP}{{1,100}}?\b(?:than|more)\b", re.I)

# Two sentences: the first denies, the second starts over with the same verb.
_DENIES = re.compile(
    r"(?P<subject>[\w'-]{1,40})(?P<be>'s|'m|'re|\ is|\ was|\ are|\ were|\ am)(?:n't| not| never)(?: really| ever)?"
    r" (?P<next>[\w'-]{1,40})",
    re.I,
)
_ASSERTS = re.compile(
    rf"\W*(?:But |No, )?(?P<subject>{_PRONOUN})(?P<be>{_BE})(?!n't| not| never)\b *(?P<next>[\w'-]{{0,40}})", re.I
)
# A denial before such a clause is answered by the clause, not by the next sentence.
_MOVES_ON = re.compile(r", (?:and|but|so|which|because)\b", re.I)
_CONDITION = re.compile(r"\W*(?:if|when|unless|whether|until|because)\b", re.I)
_DIDNT = re.compile(
    r"\b(?P<subject>I|it|this|that|they|he|she|we|you|nobody) (?:didn't|don't|doesn't|did not|do not|does not|never) "
    r"(?:just |only |really )?(?P<verb>[a-z]{2,20})",
    re.I,
)
# "I hadn't lost a job. I had lost a climate."
_HAD_NOT = re.compile(
    rf"\W*(?:But |And |No, )?(?P<subject>{_PRONOUN})(?:'ve not|'d not| hadn't| haven't| had not| have not)"
    r" (?:just |only |really |yet )?(?P<verb>[a-z]{2,20})\b",
    re.I,
)
_HAD = re.compile(
    rf"\W*(?:But |And |No, )?(?P<subject>{_PRONOUN})(?:'ve|'d| had| have) (?:just |only |simply )?"
    r"(?P<verb>[a-z]{2,20})\b",
    re.I,
)
_RATHER = re.compile(
    rf"\W*(?:(?:It|This|That){_BE} (?:more (?:like|of|about)|rather|closer to|just|simply|only)\b|Instead\b"
    rf"|Rather\b|If anything\b)",
    re.I,
)
_SAME_VERB = re.compile(rf"\W*(?P<subject>{_PRONOUN}) (?:just |only |simply )?(?P<verb>[a-z]{{2,20}})\b", re.I)
_SEEMS = re.compile(
    r"\b(?:sounds?|sounded|seems?|seemed|looks?|looked|feels?|felt|think|thought|thinks|assumes?|assumed|might"
    r"|should|supposed"
    r"|expect(?:ed)?|told|said|says|call(?:ed|s)?)\b",
    re.I,
)
_FLAT_DENIAL = re.compile(
    rf"\W*(?:But |And )?{_PRONOUN}(?:'s not|'re not|'m not| (?:isn't|wasn't|aren't|weren't|doesn't|didn't|don't"
    rf"|won't|hadn't"
    r"|is not|was not|are not|were not|did not|does not|do not))\W*",
    re.I,
)
_NOT_FRAGMENT = re.compile(
    r"\W*Not (?:just |only |because )?(?P<word>an?|the|because|for|to|in|as|from|about|my|his|her|with|by)\b", re.I
)
_AFTER_FRAGMENT = re.compile(r"\W*(?:But )?(?P<word>[A-Za-z]+)", re.I)
_NOMINAL = word_set(
    "just only merely simply about because that a an the my your our his her their what who where how when one some"
    " someone something"
)


# The same words before "was not" and "was": "What I wanted was not a title. What I wanted was a Tuesday."
_SUBJECT = re.compile(
    r"\W*(?:But |And |No, )?(?P<subject>[^.;:?!,—–]{1,60}?)(?P<be>'s|'m|'re| is| was| are| were| am)"
    r"(?P<not>n't| not| never)?\b(?: (?P<next>[\w'-]{1,40}))?",
    re.I,
)
_THAT_CLAUSE = re.compile(r"\W*It(?:'s not| (?:isn't|wasn't|is not|was not)) (?:that|because|so much that)\b", re.I)
# "Not the money." "No drama." "Not because I was tired."
_DENIAL = re.compile(r"\W*(?:Not|No|Never|Nor) (?:just |only |even |for |because |to )?[^.?!]{1,60}[.!]?\W*", re.I)
_FINITE = re.compile(r"\b(?:is|was|are|were|am|had|has|have|did|do|does|would|could|can|will|came|went|said)\b", re.I)
_DENIAL_WORDS = 6
_AFFIRMED_WORDS = 8


def find_not_x_but_y(parsed: ParsedText) -> tuple[MeasureHit, ...]:
    """Return every "not X but Y" in the text, in order; those that overlap count once."""
    prose = parsed.own_prose
    text = prose.text
    found = [*_find_denied_fragments(prose)]
    found += [place for sentence in prose.sentences for place in _find_within_sentence(text, sentence.span)]
    for first, second in pairwise(prose.sentences):
        if (
            first.source.section_index == second.source.section_index
            and second.source.paragraph_index - first.source.paragraph_index <= 1
        ):
            one, two = first.span.extract(text), second.span.extract(text)
            if note := _note_across_sentences(one, two, first.source, second.source):
                found.append((first.span.start, second.span.end, note))
    return drop_overlapping_hits(MeasureHit(prose.source_span(start, end), note, 2) for start, end, note in found)


def _find_denied_fragments(prose: NormalizedProse) -> Iterator[_NotedPlace]:
    """Yield each "Not the money. Not the title. The mornings.": two denials or more, and what is meant."""
    run: list[ProseSentence] = []
    for sentence in prose.sentences:
        words = sentence.span.extract(prose.text)
        apart = run and sentence.source.section_index != run[-1].source.section_index
        if not apart and sentence.source.word_count <= _DENIAL_WORDS and _denies_flatly(words):
            run.append(sentence)
            continue
        if len(run) > 1 and not apart and sentence.source.word_count <= _AFFIRMED_WORDS and not _FINITE.search(words):
            yield run[0].span.start, sentence.span.end, "Not X. Not Y. Z"
        run = []


def _denies_flatly(sentence: str) -> bool:
    return bool(_DENIAL.fullmatch(sentence)) and not _FINITE.search(sentence)


def _find_within_sentence(text: str, sentence: Span) -> Iterator[_NotedPlace]:
    start, end = sentence.start, sentence.end
    for pattern, note in (
        (_NOT_JUST_BUT, "not just X but Y"),
        (_NOT_WORD_BUT, "not X but Y"),
        (_LESS, "less X, more Y"),
        (_LESS_MORE, "less X, more Y"),
        (_LESS_THAN, "less X than Y"),
        (_SO_MUCH_AS, "not so much X as Y"),
        (_NOTHING_TO_DO, "nothing to do with X, everything with Y"),
        (_NO_NO_JUST, "no X, no Y, just Z"),
        (_WHAT_SEEMED, "what seemed X was Y"),
        (_NEVER_IT_WAS, "X was never it; it was Y"),
        (_NOT_ONLY_INVERTED, "not only X, Y"),
    ):
        for match in pattern.finditer(text, start, end):
            if pattern is _NOT_WORD_BUT and _verb_denied(text, match.start()):
                continue
            if not _CONCESSIVE.match(text, match.end() - 3, end):
                yield *match.span(), note
    for match in _SAME_WORD_TWICE.finditer(text, start, end):
        again = match["again"].lower()
        if again == match["word"].lower() or {again, match["word"].lower()} <= {"a", "an", "the"}:
            yield *match.span(), "not X but Y"
    for match in _COMMA_NOT.finditer(text, start, end):
        following = match["next"].lower()
        if _SAID_IN_PASSING.match(match["next"] + match["rest"]) or following in _NO_CONTRAST:
            continue
        if not re.search(r"\bbut\b", match["rest"]) and match.start() > start:
            yield match.start("next") - len(match["lead"]), match.end(), "Y, not X"
    for match in _JOINED.finditer(text, start, end):
        if _same_be(match["be"], match["be2"]) and _refers_to_same(match["one"], match["two"]):
            yield *match.span(), "it is not X, it is Y"
    if (half := text.find("; ", start, end)) > 0 and _same_subject(text[start:half], text[half + 2 : end]):
        yield start, end, "it is not X; it is Y"


def _verb_denied(text: str, at: int) -> bool:
    """Return whether "not" belongs to a verb, as in "did not eat but", which contrasts no two things."""
    return bool(
        re.search(
            r"\b(?:did|do|does|could|would|will|can|should|had|have|has|may|might|must) $",
            text[max(0, at - 8) : at],
            re.I,
        )
    )


def _note_across_sentences(first: str, second: str, one: Sentence, two: Sentence) -> str:
    """Return the note on a "not X but Y" in two neighbouring sentences, or "" if it is none."""
    if _CONDITION.match(first):
        return ""
    if two.word_count <= 4 and _FLAT_DENIAL.fullmatch(second) and _SEEMS.search(first):
        return "seems X. It is not"
    if (asserts := _ASSERTS.match(second)) is not None:
        moves_on = max((match.start() for match in _MOVES_ON.finditer(first)), default=-1)
        for denies in _DENIES.finditer(first):
            if not _same_be(denies["be"], asserts["be"]) or moves_on >= denies.end():
                continue
            subject = asserts["subject"].lower()
            if subject in ("it", "they", "that", "this", "these", "those"):
                return "it is not X. It is Y"
            nominal = denies["next"].lower() in _NOMINAL and asserts["next"].lower() in _NOMINAL
            if subject == denies["subject"].lower() and nominal:
                return "it is not X. It is Y"
    if _same_subject(first, second):
        return "it is not X. It is Y"
    if _BARE_BE.fullmatch(second) and _DENIED_BE.search(first):
        return "X was not it. Y was"
    if _THAT_CLAUSE.match(first) and one.word_count <= _CLAUSE_WORDS and two.word_count <= _CLAUSE_WORDS:
        return "it is not that X. Y"
    if (didnt := _DIDNT.search(first)) is not None:
        if _RATHER.match(second):
            return "not X. Rather Y"
        same = _SAME_VERB.match(second)
        if same and same["subject"].lower() == didnt["subject"].lower() and _same_verb(didnt["verb"], same["verb"]):
            return "did not do X. Did Y"
    had_not, had = _HAD_NOT.match(first), _HAD.match(second)
    if had_not and had and _same_group(had_not, had, "subject") and _same_group(had_not, had, "verb"):
        return "had not done X. Had done Y"
    if (fragment := _NOT_FRAGMENT.match(first)) is not None and one.word_count <= 9 and two.word_count <= 12:
        after = _AFTER_FRAGMENT.match(second)
        if after and (
            after["word"].lower() == fragment["word"].lower()
            or {after["word"].lower(), fragment["word"].lower()} <= {"a", "an", "the", "just"}
        ):
            return "Not X. Y"
    return ""


# "The job was never the point. The people were."
_BARE_BE = re.compile(
    r"\W*(?:The|My|Our|His|Her|Their|That|This|It)(?: [\w'-]{1,30}){0,3} (?:is|was|are|were)\W*", re.I
)
_DENIED_BE = re.compile(
    r"\b(?:is|was|are|were)(?:n't| not| never) (?:really |ever |just )?(?:the|my|what|about|a)\b", re.I
)
_CLAUSE_WORDS = 20


def _same_subject(first: str, second: str) -> bool:
    """Return whether both begin with the same words before a form of "be", and only the first denies."""
    one, two = _SUBJECT.match(first), _SUBJECT.match(second)
    if one is None or two is None or not one["not"] or two["not"] or not _same_be(one["be"], two["be"]):
        return False
    if one["subject"].lower() != two["subject"].lower() or _MOVES_ON.search(first):
        return False
    if len(one["subject"].split()) > 1:
        return True
    before, after = (one["next"] or "").lower(), (two["next"] or "").lower()
    return bool(before) and (before == after or (before.endswith("ing") and after.endswith("ing")))


def _same_group(one: re.Match[str], two: re.Match[str], group: str) -> bool:
    return one[group].lower() == two[group].lower()


def _same_be(one: str, other: str) -> bool:
    kinds = {"'s": "is", "is": "is", "'re": "are", "are": "are", "'m": "am", "am": "am", "was": "was", "were": "was"}
    return kinds[one.strip().lower()] == kinds[other.strip().lower()]


def _refers_to_same(one: str, two: str) -> bool:
    return one.lower() == two.lower() or two.lower() in ("it", "they", "that", "this")


def _same_verb(base: str, form: str) -> bool:
    """Return whether the second is a form of the first: "want" and "wanted", "stop" and "stopped"."""
    base, form = base.lower(), form.lower()
    return form == base or form in (base + "ed", base + "d", base + "s", base + base[-1] + "ed", base[:-1] + "ied")


def not_but(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count turns of the kind "not X but Y", also in a thousand words."""
    hits = find_not_x_but_y(parsed)
    rate = per_thousand(len(hits), parsed.word_count)
    raised = parsed.word_count >= MIN_WORDS and len(hits) >= 3 and rate >= 5
    return MeasureResult(
        {"turns": len(hits), "per_1000_words": rate},
        f"{count_noun(len(hits), 'turn')} of the kind “not X but Y”, {rate} in a thousand words.",
        raised,
        "Say what it was, and let the reader do without what it was not: keep the one or two turns that correct a real"
        " belief.",
        hits,
    )


# One word starts at most one attempt, and an item has at most four words, so time stays linear.
_ITEM = r"[\w'’-]++(?: [\w'’-]++){0,3}"
_TRIAD = re.compile(
    rf"(?<![\w'’-])(?P<one>{_ITEM}), (?P<two>{_ITEM}),? (?:and|or) (?P<three>[\w'’-]++(?: [\w'’-]++){{0,2}})"
)
_FOURTH = re.compile(r",\s*\Z|,(?: [\w'’-]{1,30}){1,3}\s*\Z")
_DASH = re.compile(r"—|(?<=\w )–(?= \w)|(?<=[\w,.\"”’)][ ])--(?=[ ])|(?<=\w)--(?=\w)")
_MAX_TRIADS = 9.0
_MIN_TRIADS = 6
_MAX_DASHES = 8.0
_MIN_DASHES = 5


# Words that open a clause. Three clauses with commas are a sentence, not a list.
_CLAUSE = word_set(
    "i you he she it we they who which that when where if as because so but and or then there this though however had"
    " has have was were did would could by with without one said"
)
_DETERMINER = word_set("the a an my his her its our their this that")


def triads(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count lists of exactly three short items, except lists of names or numbers, which are facts."""
    prose = parsed.own_prose
    text = prose.text
    hits = []
    for match in _TRIAD.finditer(text):
        items = (match["one"].split()[-1], match["two"], match["three"].split()[0])
        if match["two"].split()[0].lower() in _CLAUSE or match["three"].split()[0].lower() in _CLAUSE:
            continue
        if _is_apposition(match) or _is_parenthetical(match):
            continue
        fact = any(char.isdigit() for char in match.group()) or sum(item[:1].isupper() for item in items) > 1
        if not fact and not _FOURTH.search(text, max(0, match.start() - 60), match.start()):
            hits.append(MeasureHit(prose.source_span(*match.span()), "a list of three"))
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"triads": len(hits), "per_1000_words": rate},
        f"{count_noun(len(hits), 'list')} of three, {rate} in a thousand words.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_TRIADS and rate >= _MAX_TRIADS,
        "Ask of each three which item is there for the sound, and cut it.",
        tuple(hits),
    )


def _is_apposition(match: re.Match[str]) -> bool:
    """Return whether the last two items explain the first: "one of them, the red one or the blue one"."""
    if re.search(r", (?:and|or) ", match.group()):
        return False
    first, two, three = match["one"].lower().split(), match["two"].lower().split(), match["three"].lower().split()
    same_head = two[-1] == three[-1]
    return same_head or (two[0] in _DETERMINER and three[0] in _DETERMINER and not _DETERMINER & set(first))


_PREPOSITION = word_set(
    "from in on at of to for about after before under over into through during until whom once twice give"
)


def _is_parenthetical(match: re.Match[str]) -> bool:
    """Return whether the words between the commas are said in passing: "my hand, from habit, and she"."""
    lead = match["two"].split()[0].lower()
    return lead in _PREPOSITION and match["three"].split()[0].lower() != lead


def dashes(parsed: ParsedText, structure: Structure | None) -> MeasureResult:
    """Count dashes used as punctuation, except one that opens a paragraph, as in dialogue."""
    prose = parsed.own_prose
    hits = tuple(
        MeasureHit(prose.source_span(*match.span()), "a dash")
        for match in _DASH.finditer(prose.text)
        if not _opens_paragraph(prose.text, match.start())
    )
    rate = per_thousand(len(hits), parsed.word_count)
    return MeasureResult(
        {"dashes": len(hits), "per_1000_words": rate},
        f"{count_noun(len(hits), 'dash', 'dashes')}, {rate} in a thousand words.",
        parsed.word_count >= MIN_WORDS and len(hits) >= _MIN_DASHES and rate >= _MAX_DASHES,
        "Keep the dashes that interrupt; elsewhere a full stop or a comma does the same and is not heard.",
        hits,
    )


def _opens_paragraph(text: str, at: int) -> bool:
    return not at or text[at - 1] == "\n"
