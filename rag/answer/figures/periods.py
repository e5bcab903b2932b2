"""The span of time that a question asks about: "since 2011", "before March 2012", "between 2009 and 2013", "the 90s".

A date alone is not one: "in 2011" asks about that year (see `elsewhere`).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import regex

from rag.answer.figures.values import MONTHS, Value

_AND = regex.compile(r"\s*(?:\b(?i:and|to|until|till|through)\b|[-–])\s*(?:the\s)?$")
_BEFORE_DATE = regex.compile(
    r"\b(?i:(?P<since>since|from|starting(?: in)?|as of)|(?P<after>after|following)|(?P<before>before|prior to)|"
    r"(?P<until>until|till|by|up to|through)|(?P<between>between))"
    r"(?P<event>\s(?i:the|their|his|her|its)(?:\s[\w'’-]+){0,3}?(?:\s(?i:of|in))?)?\s$"
)
_MONTH = regex.compile(rf"\b(?i:since|from|after|before|until|till|by|between)\s(?i:{'|'.join(MONTHS)})\b")
_KINDS = ("since", "after", "before", "until", "between")
_DECADE = regex.compile(r"(?<!\b(?i:his|her|their|my|your)\s)(?<![\p{N}.,])(?:(1[5-9]|20)?(\d0)['’]?s\b|\b(\w+ties)\b)")
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_YEARS = regex.compile(r"(?<![\p{N}.,-])((?:1[5-9]|20)\d\d)\s?[-–]\s?((?:1[5-9]|20)?\d\d)(?![\p{N}-]|[.,]\p{N})")
_DATE = regex.compile(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?")
_ONE_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A span of time; an end that is None is open.

    Attributes:
        first, last: its first and its last day.
    """

    first: dt.date | None
    last: dt.date | None

    def meets(self, first: dt.date, last: dt.date) -> bool:
        """Whether some of another span, from its first to its last day, lies in it."""
        return (self.first is None or last >= self.first) and (self.last is None or first <= self.last)

    def meets_any(self, dates: Sequence[str]) -> bool | None:
        """Whether one of some dates, as `Figure` has them, lies in it; None if none of them has a year."""
        spans = [span for date in dates if (span := days_of(date))]
        return any(self.meets(*span) for span in spans) if spans else None


def days_of(date: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and the last day of a date, as `Figure` has it; None if it has no year."""
    if not (found := _DATE.match(date)):
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        if date.endswith("s"):
            return dt.date(year, 1, 1), dt.date(year + 9, 12, 31)
        last = dt.date(year, month or 12, day or calendar.monthrange(year, month or 12)[1])
        return dt.date(year, month or 1, day or 1), last
    except ValueError:
        return None


def period(question: str, dates: Sequence[Value]) -> Period | None:
    """Return the span of time that a question asks about; None if it asks about none, or about dates alone.

    Args:
        question: the question.
        dates: those in it, in its order.
    """
    if years := _YEARS.search(question):
        end = years[2] if len(years[2]) == 4 else years[1][:2] + years[2]
        if int(years[1]) < int(end):
            return Period(dt.date(int(years[1]), 1, 1), dt.date(int(end), 12, 31))
    decade = _decade(question)
    for number, date in enumerate(dates):
        word = _BEFORE_DATE.search(question, 0, date.start)
        if word is None:
            continue
        kind = next(name for name in _KINDS if word[name])
        span = days_of(str(date.value))
        if span is None:
            return Period(None, None)  # "since September"
        first, last = span
        following = dates[number + 1] if number + 1 < len(dates) else None
        if kind in ("between", "since") and following and _AND.fullmatch(question, date.end, following.start):
            end_of = days_of(str(following.value))
            return Period(first, end_of[1] if end_of else None)
        if kind in ("since", "between") or (kind == "after" and word["event"]):
            return Period(first, None)  # what came after "the raid of 2011" may be of that year
        if kind == "after":
            return Period(last + _ONE_DAY, None)
        return Period(None, last if kind == "until" or word["event"] else first - _ONE_DAY)
    return decade or (Period(None, None) if _MONTH.search(question) else None)


def _decade(question: str) -> Period | None:
    """Return the decade that a question names: "the 1990s", "the 90s", "the nineties"."""
    for found in _DECADE.finditer(question):
        century, tens, word = found.groups()
        if word:
            if word.lower() not in _DECADES:
                continue
            tens = f"{_DECADES.index(word.lower()) + 2}0"
        year = int(f"{century or (19 if int(tens) > 20 else 20)}{tens}")
        return Period(dt.date(year, 1, 1), dt.date(year + 9, 12, 31))
    return None
