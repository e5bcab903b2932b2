"""When a date in a sentence is not that of the event that the sentence tells.

Each pattern has the sentences that it was made for, and those that it must not touch, in
tests/comparison/test_event_date.py. A refusal costs little, since the article's own date is shown instead.
"""

from __future__ import annotations

from typing import Literal

import regex

Tense = Literal["past", "future"]
PAST, FUTURE = "past", "future"

_CLAUSE = r"(?:[^,;:.!?()\[\]—–]|(?<=\b\p{Lu})\.)*+"  # up to a mark; "U.S." has none
WORDS_OF_ENGLISH = regex.compile(
    r"\b(?:the|and|said|were|that|from|with|which|who|their|they|has|been|his|it|to|she|its|into|are|\p{Ll}{2,}[^oei\W]ed)\b",
    regex.I,
)

# The sentence as a whole says nothing of when something happened.
_NOTHING = regex.compile(
    r"\b(?:would|could|might|should|must)\s+(?:not\s+)?have\b|^\W*Had\s|"
    r"\b(?:is|are|was|were|be|been)\s+(?:\w+\s+)?(?:false|untrue|a\s+lie|a\s+hoax|fabricated|invented|debunked)\b|"
    r"\bnot\s+true\b|\?\s*$|\b(?:every|each)\s+(?:year|month|day|week)\b|"
    r"(?:^|\n)\W*(?:copyright|©|updated|posted|published|last\s+(?:updated|modified)|select\s+date)\b",
    regex.I,
)  # fmt: skip
_PLANNED = regex.compile(r"\b(?:planned|scheduled|due|set|expected|slated|meant)\s+(?:for|to|on|in)\b", regex.I)
_NOT_DONE = regex.compile(
    r"\b(?:never|not|cancel\w*|postpon\w+|called\s+off|abandon\w*|delay\w*|did\s*n['’]t)\b|n['’]t\b", regex.I
)
# What must not be before a date, in its clause: words that put the event at another time, and denials.
_BEFORE = regex.compile(
    rf"\b(?:after|before(?!\s+(?:dawn|noon|midnight)\b)|until|till|prior\s+to|following|ahead\s+of|unlike|than|compared\s+(?:with|to)|"
    rf"in\s+comparison|run-?up\s+to|up\s+to|instead\s+of|rather\s+than|as\s+of|despite|including|naming|citing|listing|mentioning|once\s+(?:the|an?|its?|he|she|they)|anniversar(?:y|ies)|"
    rf"remind(?:er|s|ed)?|recall\w*|remember\w*|commemorat\w+|memory|(?:accused|convicted|suspected|guilty)\s+of|"
    rf"charged\s+with|(?:blamed|responsible|known)\s+for|for\s+(?:his\s+|her\s+|their\s+)?\p{{Ll}}{{3,}}ing|"
    rf"from\s+(?:its|their|an?|the)\s+(?:\w+\s+)?(?:peak|high|low|level|record)|"
    rf"no|not|never|nobody|none|neither|nor|without|cannot|den(?:y|ies|ied|ying|ial)|refus\w+|"
    rf"every|each|any|(?:fiscal|financial|tax|academic|school|model)\s+(?:year\s+)?)\b{_CLAUSE}$|n['’]t\b{_CLAUSE}$|"
    rf"\b(?:years?|months?|weeks?|days?|quarter|period|season)\s+(?:ending|ended|to)\s*(?:on\s+|in\s+)?$",
    regex.I,
)  # fmt: skip
_STARTS_WITH_OTHER = regex.compile(
    r"^\W*(?:after|following|before|until|prior\s+to|ahead\s+of|despite|unlike)\b[^,]*", regex.I
)
_SINCE = regex.compile(rf"(?<!^\W*)\bsince\b{_CLAUSE}$", regex.I)
_IN_BRACKETS = regex.compile(r"\([^)]*$|\[[^\]]*$")
_CONDITION = regex.compile(r"\b(?:if|whether|unless|suppose|claims?\s+that|rumou?rs?)\b", regex.I)
_DENIED = regex.compile(r"\bden(?:y|ies|ied|ying|ial)\b", regex.I)
_THE = regex.compile(
    r"(?<!^|\b(?:in|hold|held)\s)\ban?\s+$|\b(?:the|this|that|those|these|its|their|his|her|our)\s+$", regex.I
)
# Words behind a date that make it part of another name or number, or the date of another thing.
_AFTER = regex.compile(
    r"\s*(?:BCE?\b|B\.C\.|A\.?H\.)|\s*,?\s+(?:and|or)\s+(?:in\s+)?(?:the\s+)?(?:early\s+|mid[\s-]|late\s+)*(?:['’]?\d0s|"
    r"(?:1[6-9]|20)\d\d|(?:January|February|March|April|May|June|July|August|September|October|November|December)\b)|\s+(?:people|persons?|men|women|children|soldiers|troops|workers|members|houses|"
    r"homes|villages|towns|cities|families|jobs|seats|votes|cases|dollars|euros|pounds|prices|terms|money|points|miles|"
    r"km|kg|tons?|tonnes|metres|meters|feet|hours)\b|\s+of\s+(?:that|the\s+same|each|every)\s+year\b|"
    r"\s+(?:holidays?|weekends?|celebrations?|festivit\w+|fireworks|movement|organi[sz]ation|square|street|"
    r"stadium|airport|bridge|university|party|school|editions?|issue|season|deadline|anniversary)\b"
)  # fmt: skip
_NOUN_AFTER = regex.compile(
    r"\s+(?!(?:the|an?|its|his|her|their|it|they|he|she|we|there|was|were|had|and|or|but|in|at|on|to|by|for|from|with|when|as|after|that|who|which)\b)\p{Ll}"
)
# A part of the sentence that tells something else than its main clause.
_CLOSED = regex.compile(
    r"[,—–]\s*(?:(?:and|but)\s+)?(?:which|who|whose|whom|where|when)\b[^—–]*?"
    r"(?=[,—–]\s*(?!(?:in|on|at|of|to|for|from|with|by|during|after|before|and|or|but|who|which|where|when|as)\b)\p{Ll})"
)
_ASIDE = regex.compile(
    r"[,—–]\s*(?:(?:and\s+)?(?:\w+\s+)?(?:which|who|whose|whom|where|when)|\p{Ll}+ed|known|built|born|begun|"
    r"set\s+up|held|led|made|written|drawn|taken)\b[^,;—–]*$|\b(?:which|who|whose|that|where|when|because|"
    r"although|though|while)\s[^,;]*$"
)  # fmt: skip
_SAID = regex.compile(r"\bthat\s[^,;]*$")
_OF_PERSON = regex.compile(
    r"[,—–]\s*(?:(?:and|but)\s+)?(?:\w+\s+)?(?:who|whose|whom|where|when)\b[^,;—–]*$|\bwho\s[^,;]*$|"
    r"\b(?:from|in|to|on|at|by|for|of|under|with|after)\s+which\b[^,;]*$"
)
_OTHER_TIME = regex.compile(
    r"\b(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|yesterday|today|tonight|now|recently|ago|"
    r"(?:last|this|next)\s+(?:week|weekend|month|year)|currently|remains?)\b",
    regex.I,
)  # fmt: skip
# A beginning that goes on from a sentence before: what it counts from is not the day of publication.
_TOLD_LATER = regex.compile(
    r"^[\W\d]*(?:not\s+long|shortly|soon|later|then|afterwards?|subsequently|eventually|by\s+then|"
    r"(?:[\w-]+\s+){0,3}(?:hours?|days?|weeks?|months?|years?)\s+(?:later|earlier|after|before|on)\b|"
    r"(?:on\s+|in\s+)?the\s+(?:following|next|previous|same)|that\s+(?:same\s+)?(?:year|month|week|day|\p{Lu}))|"
    r"\b(?:that|the\s+same|the\s+following|the\s+previous)\s+(?:year|month|week|summer|spring|autumn|fall|winter)\b",
    regex.I,
)  # fmt: skip
# Verbs by which a date that counts from publication is before or after it.
_TENSES = regex.compile(
    r"(?P<future>\b(?:will|shall|going\s+to|won['’]t|plans?\s+to|(?:is|are)\s+(?:to|due|set|expected|scheduled|slated|"
    r"planned)|to\s+be\s+\p{L}+(?:ed|en|ld)|to\s+(?:appear|begin|open|take\s+place))\b|['’]ll\b)|"
    r"(?P<unsure>\b(?:ha(?:s|ve)\s+to|needs?\s+to|hop(?:es?|ing)|wants?|aims?|perhaps|would|could|should|might|may|can|must|planned\s+to|was\s+to|were\s+to|expected\s+to|"
    r"scheduled\s+(?:to|for)|due\s+to)\b)|"
    r"(?P<past>\b(?:was|were|had|did|said|told|went|came|took|made|gave|got|began|became|held|met|spoke|wrote|won|lost|"
    r"left|found|saw|fell|rose|led|sent|fought|fled|broke|brought|bought|sold|kept|felt|stood|sat|ran|struck|swore|"
    r"threw|drew|grew|knew|caught|built|spent|paid|laid|chose|drove|flew|rode|shook|stole|wore|shot|heard|"
    r"(?!need|feed|speed|seed|indeed|exceed|succeed|proceed|hundred|embed)\p{Ll}{2,}ed)\b)"
)  # fmt: skip


def is_english(text: str) -> bool:
    """Whether a sentence is in English, as far as its commonest words tell: the refusals know no other language."""
    return WORDS_OF_ENGLISH.search(text) is not None


def claims_nothing(sentence: str) -> bool:
    """Whether a sentence tells what did not happen, what might have, or what always does; or is no sentence."""
    return bool(_NOTHING.search(sentence) or (_PLANNED.search(sentence) and _NOT_DONE.search(sentence)))


def is_refused(before: str, words: str, after: str) -> bool:
    """Whether a date is not that of what its sentence tells.

    Args:
        before: the sentence up to the date, its preposition included.
        words: the date.
        after: the rest of the sentence.
    """
    if (
        _BEFORE.search(before)
        or _SINCE.search(before)
        or _IN_BRACKETS.search(before)
        or _CONDITION.search(before)
        or _DENIED.search(before)
    ):
        return True
    if _AFTER.match(after):
        return True
    other = _STARTS_WITH_OTHER.match(before)
    if other and not _TENSES.search(before, other.end()):
        return True
    return bool(_THE.search(before) and not regex.search(r"\d(?:st|nd|rd|th)\b", words) and _NOUN_AFTER.match(after))


def is_aside(before: str) -> bool:
    """Whether a date is in a part of its sentence that tells something else: ", which was founded in 1947,"."""
    return _ASIDE.search(_CLOSED.sub("", before)) is not None


def is_said(before: str) -> bool:
    """Whether a date is in what somebody says or claims: "The paper says that the group fled in 1986"."""
    return _SAID.search(before) is not None


def is_of_person(before: str) -> bool:
    """Whether a date is in a part that says who somebody is: ", who had led the coup in 1999,"."""
    return _OF_PERSON.search(_CLOSED.sub("", before)) is not None


def has_other_time(sentence: str) -> bool:
    """Whether a sentence speaks of a time that counts from the day of publication."""
    return _OTHER_TIME.search(sentence) is not None


def is_told_later(sentence: str) -> bool:
    """Whether a sentence goes on from another one, so that "in March" is of a year that was named before."""
    return _TOLD_LATER.search(sentence) is not None


def is_quoted(before: str) -> bool:
    """Whether a place is inside a quotation: "yesterday" counts from the day on which it was said."""
    straight = before.count('"') % 2 == 1
    return straight or before.rfind("“") > before.rfind("”") or before.rfind("«") > before.rfind("»")


def tense(sentence: str, start: int, end: int) -> Tense | None:
    """Return whether what happens at a date, which is at a span of its sentence, is past or to come; None if unsure.

    The nearest verb counts, one before the date more than one after it.
    """
    clause = max(sentence.rfind(mark, 0, start) for mark in ",;:—–(")
    marks = [(m.start(), m.end(), m.lastgroup) for m in _TENSES.finditer(sentence)]
    own = [kind for a, b, kind in marks if clause < a and b <= start][-1:]
    behind = next((at for mark in ",;:—–)" if (at := sentence.find(mark, end)) > 0), len(sentence))
    own = own or [kind for a, _, kind in marks if end <= a < behind][:1]
    if not own and not sentence[:start].strip(' "“On').count(" "):  # "On Monday, the minister resigned"
        own = [kind for a, _, kind in marks if a >= end][:1]
    own = own or list({kind for _, _, kind in marks})
    return PAST if own == ["past"] else FUTURE if own == ["future"] else None
