"""Sentence -> EventDate: when what it tells happened, if it states that in a form that can be read in one way.

The words of dates are those that questions are read by (`rag.query.constraints.date_words`). Libraries that look for
dates in running text take too much for one (docs/measurements/timelines.md). What matters are the refusals, in
`date_refusals`: a number or a name is no date, a date of something else is not that of the event, and what a sentence
denies did not happen then. Only sentences in English are read, since the refusals are in English.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import regex

from rag.comparison.timeline.date_refusals import (
    FUTURE,
    PAST,
    claims_nothing,
    has_other_time,
    is_aside,
    is_english,
    is_of_person,
    is_quoted,
    is_refused,
    is_said,
    is_told_later,
    tense,
)
from rag.query.constraints.date_words import absolute_date, date_range

Precision = Literal["day", "month", "year", "decade"]
PRECISIONS: tuple[Precision, ...] = ("day", "month", "year", "decade")
DAY, MONTH, YEAR, DECADE = PRECISIONS

MAX_SENTENCE = 1_000  # characters; a longer one is a table or a list
MAX_DATES = 6  # in a sentence; one with more is a chronology, and says nothing of each
# Months between publication and "in September" or "on Sept. 1" at most: what is further away is printed with its year.
MAX_MONTHS_PAST, MAX_MONTHS_AHEAD = 9, 6
CONTEXT = 400  # characters before a sentence in which a year is looked for

_YEAR = r"(?:1[6-9]|20)\d\d"
_MONTH = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|"
    r"Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)  # with a capital: "may" and "march" are verbs
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\d)"
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAY = f"(?:{'|'.join(_WEEKDAYS)})"
_PART = (
    r"(?:(?:the\s+)?(?:very\s+)?(?:beginning|start|end|middle|first\s+half|second\s+half|first\s+days|last\s+days)"
    r"\s+of\s+|(?:early|mid|late)(?:\s+in)?[\s-])"
)
_PART_OF_DAY = r"(?:morning|afternoon|evening|night)"
_FULL = (
    rf"(?:{_YEAR}-\d\d-\d\d|\d\d?[./]\d\d?[./]{_YEAR}|{_DAY}\s+(?:of\s+)?{_MONTH},?\s+{_YEAR}|"
    rf"{_MONTH}\s+{_DAY},?\s+{_YEAR})"
)
_MONTH_YEAR = rf"{_PART}?{_MONTH}(?:,?\s+|\s+of\s+){_YEAR}"
_SEASON = rf"{_PART}?(?:the\s+)?(?:spring|summer|autumn|fall|winter)(?:\s+of)?\s+{_YEAR}"
_IN = r"(?i:in|during|throughout|back\s+in|as\s+early\s+as|since|early\s+in|late\s+in)"
_SAID_IN = (
    r"(?:[\w-]+\s+){0,2}?(?:interviews?|statement|letter|e-?mail|report|post|paper|speech|article|memo|essay|study|"
    r"survey|poll|op-ed|column|tweet|filing|ruling|cable|vote|referendum|hearing|conference|release|book|election)\b"
)
_END = r"(?![\w/]|[.,]\d|[–-]\d)"
_YEARLESS = rf"(?:{_MONTH}\s+{_DAY}|{_DAY}\s+(?:of\s+)?{_MONTH})"

# The forms, those that take most words first: what one has taken, no later one sees. The group "w" is the date.
_RANGE, _RELATIVE, _OF_YEAR = "range", "relative", "yearless"
_FORMS = [
    (kind, regex.compile(rf"(?<![\w/.$€£-]){form}{_END}"))
    for kind, form in (
        (
            _RANGE,
            rf"(?i:from|between)\s+(?P<w>(?P<a>{_FULL}|{_MONTH_YEAR}|{_YEAR}|{_PART}?{_MONTH}|{_YEARLESS})\s+"
            rf"(?:to|until|till|through|and)\s+(?P<b>{_FULL}|{_MONTH_YEAR}|{_YEAR}))",
        ),
        (_RANGE, rf"{_IN}\s+(?P<w>(?P<a>{_YEAR})\s?[–-]\s?(?P<b>{_YEAR}|\d\d))"),
        (DAY, rf"(?P<w>(?:{_WEEKDAY},?\s+)?{_FULL})"),
        (MONTH, rf"(?:{_IN}|(?i:by|starting\s+in))\s+(?P<w>{_MONTH_YEAR})"),
        (YEAR, rf"{_IN}\s+(?:the\s+)?(?P<w>{_SEASON})"),
        (DECADE, rf"{_IN}\s+the\s+(?P<w>(?:(?:early|mid|late)[\s-])?(?:1[6-9]|20)\d0s)"),
        (YEAR, rf"{_IN}\s+(?P<w>{_PART}?{_YEAR})"),
        (YEAR, rf"(?:\b[Ii]n|^)\s*[Aa]n?\s+(?P<w>{_MONTH}\s+{_YEAR}|{_YEAR})(?=\s+{_SAID_IN})"),
        (_OF_YEAR, rf"(?:(?i:on|since)\s+(?:the\s+)?|(?=(?:{_WEEKDAY})))(?P<w>(?:{_WEEKDAY},?\s+)?{_YEARLESS})"),
        (_OF_YEAR, rf"(?:\b[Ii]n|\bh[oe]ld|^)\s*[Aa]n?\s+(?P<w>{_YEARLESS}|{_MONTH})(?=\s+{_SAID_IN})"),
        (_OF_YEAR, rf"{_IN}\s+(?P<w>{_PART}?{_MONTH})(?!\s+\d)"),
        (_OF_YEAR, rf"(?P<w>[Ll]ast\s+{_MONTH})(?!\s+\d|['’]s)"),
        (
            _RELATIVE,
            rf"(?P<w>(?:(?:early|late)\s+(?:on\s+)?)?(?P<weekday>{_WEEKDAY})(?:\s+{_PART_OF_DAY})?)"
            rf"(?=['’]s\b|(?!\s+(?:of|last|next|before|after|(?:and|or|to|through|until)\s+(?:on\s+)?{_WEEKDAY})\b)[\s,.;:)!?\"”—–]|$)",
        ),
        (_RELATIVE, r"(?P<w>(?P<which>[Ll]ast|[Nn]ext)\s+(?P<unit>year|month))(?!['’]s)"),
        (_RELATIVE, r"(?P<w>[Yy]esterday)(?!['’]s)"),
    )
]
_MAY_DATE = regex.compile(rf"\d|{_WEEKDAY}|{_MONTH}|[Yy]esterday|(?:[Ll]ast|[Nn]ext)\s+(?:year|month)")
_ANY_YEAR = regex.compile(rf"(?<![\w$€£.,/-]){_YEAR}(?![\w%/]|[.,]\d|\s+(?:people|men|women))")
_ANY_DATE = regex.compile(rf"{_FULL}|{_MONTH}\s+{_YEAR}|{_YEARLESS}|(?<![\w$€£.,/-]){_YEAR}(?![\w%/]|[.,]\d)")
_NOT_A_WEEKDAY = regex.compile(
    r"\b(?:every|each|last|next|this|coming|previous|following|past|an?|any|the|of|by|until|through|Bloody|Black|Good|"
    r"Holy|Easter|Palm|Ash|Cyber|Super|Shrove|Fat|Maundy|Giving|Whit|Sheffield|Ruby|Joe|Man)\s+$|^\W*(?!(?:On|Late|Early|And|But|So|Yet|Then)\b)\p{Lu}[\w'’]+\s+$"
)
_SECOND_WEEKDAY = regex.compile(rf"{_WEEKDAY}\s+(?:and|or|to|through|until)\s+(?:on\s+)?$")
_NOT_COUNTED = regex.compile(
    r"(?:\b(?:the|his|her|its|their|my|our|your|this|that|of|from|since|than|until|by)|['’]s)\s+$", regex.I
)


@dataclass(frozen=True)
class EventDate:
    """The date of an event, as a sentence states it.

    Attributes:
        first, last: its first and its last day; the same for a day.
        precision: "day", "month", "year" or "decade": how exactly it is stated. Of "from 1981 to 1989" it is "year".
        start, end: where its words are in the text.
        counted: whether it is counted from the day of publication: "on Monday", "in September".
    """

    first: dt.date
    last: dt.date
    precision: Precision
    start: int
    end: int
    counted: bool = False

    @property
    def value(self) -> str:
        """The date as far as it is stated, as ISO 8601 has it: "2012-09-28", "2012-09", "1981/1989"; or "1990s"."""
        first, last = iso(self.first, self.precision), iso(self.last, self.precision)
        return first if first == last else f"{first}/{last}"


def iso(day: dt.date, precision: Precision) -> str:
    """Return a date as far as a precision goes: "2012-09-28", "2012-09", "2012", "2010s"."""
    decade = f"{day.year // 10}0s"
    return {DAY: f"{day}", MONTH: f"{day}"[:7], YEAR: f"{day}"[:4], DECADE: decade}[precision]


def event_date(text: str, start: int, end: int, published: dt.date | None = None) -> EventDate | None:
    """Return the date that the sentence text[start:end] gives for what it tells; None if none is clear.

    Args:
        text: the article's text.
        start, end: the span of the sentence.
        published: when the outlet published it, from which "on Monday" counts; None if that is not known.
    """
    sentence = text[start:end]
    if end - start > MAX_SENTENCE or not _MAY_DATE.search(sentence):
        return None
    if not is_english(sentence) or claims_nothing(sentence):
        return None
    found = list(_dates(sentence, text[max(0, start - CONTEXT) : start], published))
    main = [(place, date) for place, date in found if not is_aside(sentence[:place])]
    first = min((place for place, _ in main), default=0)
    main += [(place, date) for place, date in found if place < first and is_said(sentence[:place])]
    chosen = _single([date for _, date in main or found])
    if chosen is None or len(found) > MAX_DATES or is_of_person(sentence[: chosen.start]):
        return None
    others = sentence[: chosen.start] + sentence[chosen.end :]
    if not main and (has_other_time(others) or _ANY_DATE.search(others)):
        return None  # the main clause is about another time
    return EventDate(
        chosen.first, chosen.last, chosen.precision, start + chosen.start, start + chosen.end, chosen.counted
    )


def _single(dates: list[EventDate | None]) -> EventDate | None:
    """Return the date that all of some dates are; None if they differ, or one of them cannot be read."""
    read = [date for date in dates if date is not None]
    if not read or len(read) < len(dates):
        return None
    exact = min(read, key=lambda date: date.last - date.first)
    same = all(date.first <= exact.first and exact.last <= date.last for date in read)
    return exact if same else None


def _dates(sentence: str, context: str, published: dt.date | None) -> Iterator[tuple[int, EventDate | None]]:
    """Yield where dates are that nothing refuses, and what they are: None if that is unknown."""
    taken: list[tuple[int, int]] = []
    for kind, form in _FORMS:
        for match in form.finditer(sentence):
            a, b = match.span("w")
            if any(x < b and a < y for x, y in taken):
                continue
            taken.append((a, b))
            if is_refused(sentence[:a], match["w"], sentence[b:]):
                continue
            counted = kind in (_OF_YEAR, _RELATIVE)
            if not counted:
                read = _absolute(kind, match)
            else:
                read = _counted(kind, match, sentence, context, published) if published else None
            yield a, EventDate(*read, a, b, counted) if read else None


def _absolute(kind: str, match: regex.Match[str]) -> tuple[dt.date, dt.date, Precision] | None:
    """Return the days and the precision of a date that has its year."""
    words = match["w"]
    if kind == _RANGE:
        span = date_range(_whole(match["a"]), _whole(match["b"]))
        return (*span, _coarser(match["a"], match["b"])) if span else None
    precision: Precision = kind  # type: ignore[assignment]
    if kind == YEAR and regex.search(_MONTH, words):
        precision = MONTH
    span = absolute_date(_whole(words))
    if span is None or ((weekday := regex.match(_WEEKDAY, words)) and span[0].weekday() != _WEEKDAYS.index(weekday[0])):
        return None
    if kind == YEAR and precision == YEAR:
        year = int(regex.search(_YEAR, words)[0])  # type: ignore[index]
        return dt.date(year, 1, 1), dt.date(year, 12, 31), YEAR
    return (*span, precision)


def _whole(words: str) -> str:
    """Return the words of a date without the weekday and the part: "late August 1979" is that month."""
    return regex.sub(rf"^(?:{_WEEKDAY},?\s+|{_PART})", "", words)


def _coarser(*dates: str) -> Precision:
    precisions = (
        DAY if regex.search(rf"{_YEARLESS}|{_FULL}", words) else MONTH if regex.search(_MONTH, words) else YEAR
        for words in dates
    )
    return max(precisions, key=PRECISIONS.index)


def _counted(
    kind: str, match: regex.Match[str], sentence: str, context: str, published: dt.date
) -> tuple[dt.date, dt.date, Precision] | None:
    """Return the days and the precision of a date that counts from the day of publication."""
    before = sentence[: match.start("w")]
    if is_quoted(before) or is_told_later(sentence):
        return None
    when = tense(sentence, *match.span("w"))
    if kind == _OF_YEAR:
        return _in_year(match["w"], when, sentence, context, published)
    parts = match.groupdict()
    if weekday := parts.get("weekday"):
        return _on_weekday(weekday, when, before, sentence[match.end("w") :], published)
    if _NOT_COUNTED.search(before):
        return None
    if "unit" not in parts:
        day = published - dt.timedelta(1)
        return day, day, DAY
    ahead = parts["which"].lower() == "next"
    if ahead and when != FUTURE:
        return None
    step = 1 if ahead else -1
    if parts["unit"] == "year":
        return dt.date(published.year + step, 1, 1), dt.date(published.year + step, 12, 31), YEAR
    return *_month(published.year, published.month + step), MONTH


def _on_weekday(
    weekday: str, when: str | None, before: str, after: str, published: dt.date
) -> tuple[dt.date, dt.date, Precision] | None:
    """Return the last or the next such day. One that is named on the same weekday is that day, if it is past."""
    led = regex.search(r"\b(?:on|late|early)\s+$", before, regex.I)
    name = _NOT_A_WEEKDAY.search(before) or (not led and regex.match(r"\s+\p{Lu}", after))
    if name or when is None or _SECOND_WEEKDAY.search(before):
        return None
    days = (published.weekday() - _WEEKDAYS.index(weekday)) % 7
    if when == FUTURE and days == 0:
        return None
    day = published - dt.timedelta(days) if when == PAST else published + dt.timedelta(7 - days)
    return day, day, DAY


def _in_year(
    words: str, when: str | None, sentence: str, context: str, published: dt.date
) -> tuple[dt.date, dt.date, Precision] | None:
    """Return the month, or the day of a month, that is nearest before publication, or after it if that is to come."""
    month = _whole(regex.sub(r"^[Ll]ast\s+", "", words))
    days = [span for year in (published.year - 1, published.year, published.year + 1) if (span := _day_of(month, year))]
    weekday = regex.match(_WEEKDAY, words)
    if weekday:  # it determines the year
        days = [d for d in days if d[0].weekday() == _WEEKDAYS.index(weekday[0])]
        near = [d for d in days if abs((d[0] - published).days) <= 30]
        chosen = near[0] if near else None
    elif words[0] in "Ll" and words[1:4] == "ast":  # "last May": of last year, if this year's has not been
        chosen = next((d for d in days if d[0].year == published.year - 1 and d[0].month > published.month), None)
    elif when == PAST:
        past = [d for d in days if d[1] <= published]
        current = [d for d in days if d[0] <= published < d[1]]  # this month, or the same one of last year
        chosen = past[-1] if past and not current and _months(past[-1][0], published) <= MAX_MONTHS_PAST else None
    elif when == FUTURE:
        ahead = [d for d in days if d[0] > published]
        chosen = ahead[0] if ahead and _months(published, ahead[0][0]) <= MAX_MONTHS_AHEAD else None
    else:
        chosen = None
    if chosen is None:
        return None
    known = {published.year, chosen[0].year}
    years = {int(year) for year in _ANY_YEAR.findall(sentence)} | {int(y) for y in _ANY_YEAR.findall(context)[-1:]}
    if years - known:
        return None
    return (*chosen, DAY if regex.search(_YEARLESS, month) else MONTH)


def _day_of(month: str, year: int) -> tuple[dt.date, dt.date] | None:
    return absolute_date(f"{month} {year}")


def _month(year: int, month: int) -> tuple[dt.date, dt.date]:
    year, month = (year - 1, 12) if month == 0 else (year + 1, 1) if month == 13 else (year, month)
    return dt.date(year, month, 1), dt.date(year, month, calendar.monthrange(year, month)[1])


def _months(first: dt.date, second: dt.date) -> int:
    return (second.year - first.year) * 12 + second.month - first.month
