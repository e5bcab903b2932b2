"""Find the dates of a question with their prepositions: "since 2012", "the 2009 siege", "two weeks ago"."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.query.constraints.date_words import (
    DATE,
    DAY,
    MONTH,
    RELATIVE,
    WEEKDAY,
    DateSpan,
    absolute_date,
    date_range,
    relative_date,
)
from rag.query.constraints.question_text import PLAIN_WORDS, WORD, Span
from rag.query.constraints.reporting_verbs import SAY

_AT_LEAST = ("at the earliest in", "at the earliest from", "in or after", "after or in")
_AT_MOST = ("at the latest in", "at the latest from", "in or before", "before or in")
VAGUE = (
    *("around", "about", "circa", "as of", "for"),
    *("as early as", "as late as", "as far back as", "back to", "going back to", "dating back to"),
)
SINCE = ("since", "ever since", "as from", "starting in", *_AT_LEAST)
AFTER = ("after", "later than", "newer than", "more recent than")
BEFORE = ("before", "prior to", "earlier than", "older than", "sooner than", "but not including")
UNTIL = ("until", "till", "up to", "up until", "up till", "through", "no later than", "by", *_AT_MOST)
IN = ("", "in", "during", "throughout", "within", "over", "on", "of", "from", "dated")

_PREPOSITION = (
    r"(?:at\s+the\s+(?:earliest|latest)\s+(?:in|from)|in\s+or\s+(?:before|after)|(?:before|after)\s+or\s+in|"
    r"as\s+(?:early|late|far\s+back)\s+as|(?:(?:going|dating)\s+)?back\s+to|(?:newer|more\s+recent|sooner)\s+than|"
    r"(?:up\s+to|until|till),?\s+(?P<short>but\s+not\s+including)|in|during|throughout|within|over|on|of|from|dated|ever\s+since|since|as\s+from|starting\s+in|after|"
    r"later\s+than|before|prior\s+to|(?:earlier|older)\s+than|(?:until|till|up\s+(?:to|until|till)|through)(?:,?\s+and\s+including)?|no\s+later\s+than|by|"
    r"between|around|about|circa|as\s+of|for)"
)
_TO_NOW = r"(?:(?:up\s+)?(?:to|until|till|through)|[–-])\s+(?:now|today|date|the\s+present(?:\s+day)?|this\s+day)\b"
_PHRASE = LazyPattern(
    rf"(?<![\w.,/’'$£€-])(?:(?P<prep>{_PREPOSITION})\s+)?(?P<the>(?:the|an?|this|that|its|their|his|her)\s+)?"
    rf"(?:(?P<a>{DATE}|(?:{DAY}\s+)?{MONTH}(?=\s*(?:and|to|until|[–-])\s*(?:{DAY}\s+)?{MONTH})|"
    rf"{DAY}(?=\s*(?:and|to|until|[–-])\s*{DAY}\s+{MONTH}))"
    rf"(?:(?P<link>\s+(?:and|or|to|until|till|through)\s+(?:in\s+)?(?:the\s+)?|\s*[–-]\s*)"
    rf"(?!today\b)(?P<b>{DATE}|\d\d(?!\d)))?)(?P<on>\s+(?:onwards?\b|on(?=\s*(?:[,?.;]|$))|{_TO_NOW}))?(?P<own>['’]s)?"
    rf"(?:\s+(?:(?P<later>(?:or|and)\s+(?:later|after(?!\s+\w)|newer)|at\s+the\s+earliest)|"
    rf"(?P<earlier>(?:or|and)\s+(?:earlier|before(?!\s+\w)|older)|at\s+the\s+latest)))?(?![\w/]|[.,-]?\d)",
    regex.I,
)
_MAY_DATE = regex.compile(r"\d|\b(?:last|past|this|ago|yesterday|today|since)\b|\b" + MONTH + r"\b", regex.I)
_MONTH_WITHOUT_YEAR = regex.compile(
    r"\b(?i:in|on|during|since|until|before|after|by)\s+(?:January|February|March|April|May|June|July|August|"
    r"September|October|November|December)(?:\s+\d{1,2})?\b(?!,?\s+\d)"
)
# Nouns of what happens: "the 2009 siege" is a date of the siege.
EVENT = LazyPattern(
    r"(?!mention|question|according)(?:\w+(?:ions?|ings?|ments?|quakes?|cide|fires?)|war|wars|sieges?|strikes?|"
    r"attacks?|floods?|elections?|votes?|"
    r"coups?|riots?|raids?|crash|crashes|storms?|hurricanes?|tsunami|games|olympics|cup|finals?|championships?|"
    r"tournament|trial|trials|protests?|massacres?|murders?|deaths?|crisis|ban|law|deal|talks|summit|referendum|"
    r"revolt|uprising|outbreak|epidemic|famine|drought|collapse|merger|visit|speech|scandal|split|accident|disaster|"
    r"blast|battle|offensive|fight|match|race|festival|conference|parade|march|census|budget|treaty|accord|"
    r"campaign|season|series|dollars|prices|money|terms|euros|pounds|figures|polls?|heatwave|illness|"
    r"blackout|closure|sale|"
    r"launch|release|landslide|sinking|arrests?|reform|reforms|purge|boycott|seizure|takeover|theft|robbery|heist)",
    regex.I,
)
# A number before these is a count, not a year.
_COUNTED = frozenset(
    WORD.findall(
        "people workers troops soldiers men women homes houses children deaths years votes jobs seats members fighters "
        "residents cases tons tonnes miles metres meters km feet hours families students schools villages towns"
    )
)
_QUANTIFIER = regex.compile(r"\b(?:(?<!\bother\s+)than|nearly|almost|some|all|least|most)\s+$", regex.I)
# "his last year", "the last month of the war": not counted from the date of asking.
_POSSESSIVE = regex.compile(r"(?:['’]s|\b(?:his|her|its|their|my|our|your|whose|the|very))\s+$", regex.I)
_LAST_OF = regex.compile(r"\s+(?:of|in\s+office|as|at|before|when|alive)\b", regex.I)


@dataclass(frozen=True)
class DatePhrase:
    """A date in a question, with its preposition.

    Attributes:
        start: where it begins, preposition included.
        end: where it ends.
        preposition: in lower case, or "".
        span: first and last day; None if the phrase does not say ("in May").
        attributive: whether it qualifies the noun behind it ("the 2009 siege").
        relative: whether it counts from the date of asking.
        ranged: whether it names both ends.
        onwards: whether it has no end ("from 2012 on").
    """

    start: int
    end: int
    preposition: str
    span: DateSpan | None
    attributive: bool = False
    relative: bool = False
    ranged: bool = False
    onwards: bool = False


def find_date_phrases(question: str, asked_on: dt.date, quoted: Sequence[Span]) -> list[DatePhrase]:
    """Find the dates of a question outside its quotations; months without a year come last.

    Args:
        question: the question.
        asked_on: the date of asking.
        quoted: spans of quotations, and of outlets whose names hold a date ("USA Today").
    """
    if not _MAY_DATE.search(question):
        return []
    found: list[DatePhrase] = []
    for match in _PHRASE.compiled.finditer(question):
        if any(a <= match.start("a") < b for a, b in quoted):
            continue
        if phrase := _date_phrase(question, match, asked_on):
            found.append(phrase)
    for match in _MONTH_WITHOUT_YEAR.finditer(question if not question.isupper() else question.title()):
        if not any(p.start < match.end() and match.start() < p.end for p in found):
            found.append(DatePhrase(match.start(), match.end(), "", None))
    return found


def _date_phrase(question: str, match: regex.Match[str], asked_on: dt.date) -> DatePhrase | None:
    """Return the phrase of a match of _PHRASE, or None where its number is a count and its "last" another one's."""
    preposition = " ".join((match["prep"] or "").casefold().split())
    if match["short"]:  # "up to but not including 2010"
        preposition = "but not including"
    preposition = preposition.removesuffix(" and including").rstrip(",")
    start = match.start()
    if preposition == "about" and regex.search(r"\b(?:what|how)\s+$", question[:start], regex.I):
        preposition, start = "", match.start("the") if match["the"] else match.start("a")
    after = question[match.end() :]
    relative = regex.fullmatch(RELATIVE, match["a"], regex.I) is not None
    if relative:
        if _is_not_from_now(question, match, preposition, after):
            return None
        span = relative_date(match["a"], bool(match["the"]), asked_on)
        if span and preposition == "for":
            preposition = "in"
    else:
        span = date_range(match["a"], match["b"]) if match["b"] else absolute_date(match["a"])
    if span is None:
        return None
    noun = following[1] if (following := regex.match(r"\s+([\w’'-]+)", after)) else ""
    counted = noun.casefold() in _COUNTED or preposition == "over"
    if not relative and (counted or _QUANTIFIER.search(question[max(0, start - 20) : start])):
        return None
    attributive = not relative and _is_attributive(match, preposition, noun)
    attributive = attributive or bool(match["own"])
    if attributive and not preposition:
        start = match.start("a")
    ranged = bool(match["b"]) and (preposition == "between" or not regex.search(r"and|or", match["link"], regex.I))
    onwards = (bool(match["on"]) and preposition in ("from", "", "of")) or (bool(match["later"]) and preposition in IN)
    if match["earlier"] and preposition in IN:
        preposition = "until"
    return DatePhrase(start, match.end(), preposition, span, attributive, relative, ranged, onwards)


def _is_not_from_now(question: str, match: regex.Match[str], preposition: str, after: str) -> bool:
    """Return whether a relative date does not count from the date of asking ("in the last year of the war")."""
    if regex.fullmatch(WEEKDAY, match["a"], regex.I):
        return preposition not in SINCE
    if not regex.match(r"last|past", match["a"], regex.I):
        return False
    the = match["the"]
    spanning = ("in", "over", "during", "within", "for", "from", "of")
    owned = the and not (preposition in spanning and the.casefold() == "the ")
    goes_on = _LAST_OF.match(after) and (the or after.lstrip().startswith("of "))
    return bool(owned or _POSSESSIVE.search(question[: match.start()]) or goes_on)


def _is_attributive(match: regex.Match[str], preposition: str, noun: str) -> bool:
    """Return whether a date qualifies the noun behind it: "the 2009 siege"."""
    says = regex.fullmatch(SAY, noun, regex.I) and not match["the"]
    if not noun or noun.casefold() in PLAIN_WORDS or says:
        return False
    decade = match["a"].endswith("s")
    return not preposition or bool(match["the"] and not decade) or EVENT.compiled.fullmatch(noun) is not None
