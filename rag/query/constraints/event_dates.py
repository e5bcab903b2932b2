"""Find what a question says of the time of an event: soft evidence, which puts no article out of reach.

"in September 2013", "the 2009 siege" and "last week" name a period; so do words such as "recently" and "now", which
count from the day of asking. Articles from then or soon after come first (`rag.retrieval.timeliness`). Each rule for a
word has the sentences that it was made for, and those that it must not touch, in tests/query/test_event_dates.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.query.constraints.constraint import ORDER, PERIOD, SORTED, THEN_FIRST, Constraint
from rag.query.constraints.date_phrases import AFTER, BEFORE, SINCE, UNTIL, DatePhrase
from rag.query.constraints.date_words import YEAR, absolute_date
from rag.query.constraints.question_text import Span

# Days before asking that "recently", "now" and "this week" speak of (docs/measurements/time.md).
RECENT_DAYS = 14

_NOUN_OF_NOW = (
    r"(?:state|status|situation|position|policy|talks|crisis|conflict|war|fighting|negotiations|price|prices|rate|"
    r"number|numbers|toll|plan|plans|events|debate|dispute|protests?|strikes?|outbreak|president|prime\s+minister|"
    r"government|leader|leaders|leadership|chairman|chair|head|minister|mayor|governor|champion|holder|owner)\b"
)
# Words that count from the day of asking, each with what must not come before and after it.
_RULES = (
    r"(?<!\b(?:until|till|as|more|had|less)\s)recently(?!\s+than\b)",
    r"lately",
    r"nowadays",
    r"(?:in\s+)?these\s+days(?!\s+of\b)",
    r"in\s+(?:the\s+)?(?:last|past)\s+few\s+(?:days|weeks)",
    r"in\s+(?:the\s+)?(?:recent|coming)\s+(?:days|weeks)",
    r"(?:just\s+)?in\s+the\s+news",
    r"at\s+(?:the\s+moment|present)(?!\s+(?:of|when|that|in)\b)",
    r"right\s+now",
    r"(?<=\b(?:is|are|['’]s|['’]re)\s(?:\w+\s){0,3})now(?=\s+(?:\w+ing|being)\b)",
    r"(?<!\b(?:until|till|by|from|before|than|since|up\s+to|even|every|just|for|and|or|then|the|a)\s)"
    r"now(?=\s*(?:[?!.;]|$))",
    r"currently",
    rf"(?:the\s+)?current(?=\s+(?:\w+\s+)?{_NOUN_OF_NOW})",
    r"(?:the\s+)?most\s+recent(?=\s+\w)(?!\s+(?:of|common|ancestors?)\b)",
    r"(?:the\s+)?recent(?=\s+\p{L})(?!\s+(?:years|decades|centuries|times|memory|history|past|and|or)\b)",
    r"(?<!\b(?:at|by)\s+the\s)(?<!\bat\s)(?:the\s+)?(?:latest|newest)(?=\s+(?!on\b|about\b|technology|model)\p{L})",
    r"(?:up\s+)?to\s+date(?=\s*[?!.;]|$)",
    r"today",
    r"tonight",
    r"this\s+(?:morning|afternoon|evening)",
)
_RECENT = regex.compile(rf"(?<![\w’'-])(?:{'|'.join(_RULES)})(?![\w-])", regex.I)
# Words that ask for an order.
_NEWEST = regex.compile(
    r"(?:^|(?<=[.?!]\s))\W*(?:(?:what(?:['’]s|\s+is|\s+are)|give\s+me|show\s+me|tell\s+me|find)\s+)?"
    r"(?P<words>(?:all\s+|any\s+)?(?:the\s+)?(?:very\s+)?(?:latest|newest|most\s+recent)(?:\s+(?:news|reports?|articles?|"
    r"stories|story|coverage|updates?|headlines|developments?))?)\s+(?:on|about|from|in|regarding|concerning)\b|"
    # a follow-up: "And the latest?"
    r"(?:^|(?<=[.?!]\s))(?:(?:and|but|so)\s+)?(?:what(?:['’]s|\s+is)\s+)?(?P<words>the\s+(?:latest|newest|most\s+recent)"
    r"(?:\s+(?:news|reports?|articles?|stories|story|coverage))?)(?=\s*[?.!]*$)",
    regex.I,
)
_OLDEST = regex.compile(
    r"(?P<words>(?:the\s+)?(?:(?:very\s+)?(?:first|earliest|oldest)\s+(?:news|reports?|articles?|stories|story|coverage|"
    r"mentions?|accounts?|press\s+reports?)))\s+(?:on|about|of|to\s+mention|regarding|concerning|that\s+mention(?:ed)?)\b|"
    r"(?:^|(?<=[.?!]\s))(?:(?:and|but|so)\s+)?(?P<words>the\s+(?:first|earliest|oldest)\s+"
    r"(?:news|reports?|articles?|stories|story|coverage|mentions?))(?=\s*[?.!]*$)",
    regex.I,
)
# Names that are also months: in "the Women's March 2017" and "Theresa May 2017", only the year is a date.
_NAMED_MONTH = regex.compile(rf"(?:March|May|April|June|August)\s+(?P<year>{YEAR})")
_NAME_BEFORE = regex.compile(r"(?:['’]s|\p{Lu}[\p{L}’'-]+)\s+$")
_NOT_A_NAME = regex.compile(
    r"(?:^|\b)(?:Since|In|On|During|After|Before|Until|From|By|Between|Of|The|Late|Early|Mid)\s+$"
)


@dataclass(frozen=True)
class AskedOn:
    """The day that words such as "last week" are counted from.

    Attributes:
        day: the day.
        given: whether the caller gives one; else such words say nothing.
        latest: the last day that is not in the future: today, or `day` where the caller gives a past one.
    """

    day: dt.date
    given: bool
    latest: dt.date


def period(question: str, phrase: DatePhrase, asked_on: AskedOn) -> Constraint | None:
    """Return the period that a date of an event names; None if it names none ("before the war", "until 2009")."""
    if phrase.span is None or phrase.preposition in (*BEFORE, *UNTIL):
        return None
    first, last = _whole_year(question, phrase) or phrase.span
    until: dt.date | None = last
    if phrase.preposition in AFTER and not phrase.attributive:
        first, until = last + dt.timedelta(1), None
    elif phrase.onwards or phrase.preposition in SINCE:
        until = None
    elif phrase.relative and regex.search(r"\bthis\s+week$", question[phrase.start : phrase.end], regex.I):
        first = min(first, asked_on.day - dt.timedelta(RECENT_DAYS - 1))
    words = question[phrase.start : phrase.end]
    counted = asked_on.day if phrase.relative else None
    return Constraint(PERIOD, words, phrase.start, phrase.end, None, first, until, True, THEN_FIRST, counted)


def recent_words(question: str, asked_on: AskedOn, taken: Sequence[Span]) -> list[Constraint]:
    """Find the words of a question that speak of the days before asking.

    Args:
        question: the question.
        asked_on: the day of asking.
        taken: spans in which words do not count: quotations, names of outlets, dates.
    """
    first = asked_on.day - dt.timedelta(RECENT_DAYS - 1)
    return [
        Constraint(PERIOD, m[0], *m.span(), None, first, asked_on.day, True, THEN_FIRST, asked_on.day)
        for m in _RECENT.finditer(question)
        if not _overlaps(m.span(), taken) and not is_name(question, m.start(), m.end())
    ]


def order_words(question: str, asked_on: AskedOn, taken: Sequence[Span]) -> list[Constraint]:
    """Find the words of a question that ask for the newest or the oldest articles first."""
    counted = asked_on.day if asked_on.given else None
    for pattern, order in ((_NEWEST, "newest"), (_OLDEST, "oldest")):
        if (m := pattern.search(question)) and not _overlaps(m.span("words"), taken):
            day = counted if order == "newest" else None
            words, (start, end) = m["words"], m.span("words")
            return [Constraint(ORDER, words, start, end, None, None, None, True, SORTED[order], day)]
    return []


def is_name(question: str, start: int, end: int) -> bool:
    """Return whether words are part of a name: printed with a capital where no sentence begins ("the Now party")."""
    words = question[start:end]
    if question.isupper() or question.istitle() or not words[:1].isupper():
        return False
    return bool(regex.search(r"[\p{L}\d,’'\"]\s+$", question[:start]))


def _whole_year(question: str, phrase: DatePhrase) -> tuple[dt.date, dt.date] | None:
    """Return the year of "the Women's March 2017", where "March" is no month; None for another phrase."""
    found = _NAMED_MONTH.search(question, phrase.start, phrase.end)
    if not found or phrase.preposition:
        return None
    before = question[: found.start()]
    named = _NAME_BEFORE.search(before) and not _NOT_A_NAME.search(before)
    return absolute_date(found["year"]) if named else None


def _overlaps(span: Span, taken: Sequence[Span]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in taken)
