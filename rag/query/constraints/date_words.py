"""Work out the days that a date in words means: "early 2009", "the last two months", "3 May 2014"."""

from __future__ import annotations

import calendar
import datetime as dt

import regex

from rag.provenance.dates import FIRST_YEAR, find_date

DateSpan = tuple[dt.date, dt.date]  # first and last day, both included

MONTH = (
    r"(?:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?|july?|aug(?:ust|\.)?|"
    r"sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
YEAR = r"(?:1[6-9]|20)\d\d"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
_PART = (
    r"(?:(?:the\s+)?(?:(?:very\s+)?(?:beginning|start|end|middle)\s+of|first\s+half\s+of|second\s+half\s+of|"
    r"(?:first|second|third|fourth|last)\s+quarter\s+of)\s+|(?:the\s+)?(?:early|mid|late)(?:\s+in)?[\s-])"
)
_COUNT = r"(?:\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve)"
_LENGTH = r"(?:days?|weeks?|months?|years?|decades?)"
RELATIVE = (
    rf"(?:yesterday|today|{_COUNT}\s+{_LENGTH}\s+ago|(?:last|past)\s+{_COUNT}\s+{_LENGTH}|"
    rf"(?:last|this|past)\s+(?:week|month|year|decade|spring|summer|autumn|fall|winter|{WEEKDAY}|{MONTH}(?!\w))|"
    rf"{WEEKDAY})"
)
# Quarters, months as numbers, seasons that span two years, and decades without their century ("the 90s").
_SHORT = (
    rf"(?:Q[1-4](?:\s+of)?\s*{YEAR}|{YEAR}\s*Q[1-4]|(?:0?[1-9]|1[0-2])/{YEAR}|{YEAR}/\d\d(?![\d/])|"
    rf"(?:(?:early|mid|late)[\s-])?(?<=\b(?:the|early|mid|late)[\s-])[3-9]0s)"
)
DATE = (
    rf"(?:{YEAR}-\d\d-\d\d|\d{{1,2}}[./-]\d{{1,2}}[./-]{YEAR}|{_SHORT}|{DAY}\s+(?:of\s+)?{MONTH},?\s+{YEAR}|"
    rf"{MONTH}\s+{DAY},?\s*{YEAR}|{_PART}?{MONTH}(?:,|\s+of)?\s+{YEAR}|"
    rf"{_PART}?(?:the\s+)?(?:spring|summer|autumn|fall|winter)(?:\s+of)?\s+{YEAR}|"
    rf"{_PART}?\d\d\d0s|{_PART}?['’]\d0s|{_PART}?(?:the\s+year\s+)?{YEAR}|{RELATIVE})"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 14)}
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "twelve": 12,
}  # fmt: skip
# Which part of a span its words mean, in twelfths: "early 2009" is January to April, "mid-2009" April to September.
_TWELFTHS = {
    "early": (0, 4), "beginning": (0, 4), "start": (0, 4), "mid": (3, 9), "middle": (3, 9), "late": (8, 12),
    "end": (8, 12), "first half": (0, 6), "second half": (6, 12), "first quarter": (0, 3), "second quarter": (3, 6),
    "third quarter": (6, 9), "fourth quarter": (9, 12), "last quarter": (9, 12),
}  # fmt: skip


def date_range(first: str, second: str) -> DateSpan | None:
    """Return the days from the first of two dates to the last: ("3", "5 May 2021"), ("2003", "09"). None if wrong."""
    last = f"{first[:2]}{second}" if regex.fullmatch(r"\d\d", second) and len(first) == 4 else second
    end = absolute_date(last)
    if end is None:
        return None
    if number := regex.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", first):
        begin = _month_days(end[1].year, end[1].month, int(number[1]))
    else:
        begin = absolute_date(first) or absolute_date(f"{first} {end[1].year}")
    return (begin[0], end[1]) if begin and begin[0] <= end[1] else None


def absolute_date(text: str) -> DateSpan | None:
    """Return the days of a date that does not depend on the date of asking, or None if there is no such date."""
    words = text.casefold().replace("’", "'").strip()
    if decade := regex.search(r"(\d\d\d)0s$|\b'?(\d)0s$", words):
        year = int(decade[1] or f"19{decade[2]}") * 10
        return _part(words, dt.date(year, 1, 1), dt.date(year + 9, 12, 31)) if year >= 1600 else None
    found = regex.search(YEAR, words)
    if not found or int(found[0]) < FIRST_YEAR:
        return None
    if short := _short_form(words):
        return short
    if regex.fullmatch(r"[\d./-]{8,}", words):
        date = (find_date(words) or (0, 0, None))[2]
        return (date, date) if date else None
    year = int(found[0])
    if named := regex.search(rf"\b{MONTH}", words):
        month = _MONTHS.index(named[0][:3]) + 1
        number = regex.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b", words)
        span = _month_days(year, month, int(number[1]) if number else None)
    elif season := regex.search("|".join(_SEASONS), words):
        span = _season(season[0], year)
    else:
        span = dt.date(year, 1, 1), dt.date(year, 12, 31)
    return _part(words, *span) if span else None


def _short_form(words: str) -> DateSpan | None:
    """Return the days of "Q2 2018", "03/2018" or "2018/19", or None for another form."""
    if quarter := regex.fullmatch(rf"q([1-4])(?:\s+of)?\s*({YEAR})|({YEAR})\s*q([1-4])", words):
        year, last = int(quarter[2] or quarter[3]), 3 * int(quarter[1] or quarter[4])
        return dt.date(year, last - 2, 1), dt.date(year, last, calendar.monthrange(year, last)[1])
    if month := regex.fullmatch(rf"(\d{{1,2}})/({YEAR})", words):
        return _month_days(int(month[2]), int(month[1]))
    if (season := regex.fullmatch(rf"({YEAR})/(\d\d)", words)) and (int(season[1]) + 1) % 100 == int(season[2]):
        return dt.date(int(season[1]), 1, 1), dt.date(int(season[1]) + 1, 12, 31)
    return None


def relative_date(text: str, until_now: bool, asked_on: dt.date) -> DateSpan | None:
    """Return the days that words such as "last year" mean on the date of asking, or None.

    "last year" and "two months ago" are whole years, months and weeks (from Monday); "the last year" and "the last two
    months" end on the date of asking.

    Args:
        text: the words, matched by RELATIVE.
        until_now: whether "the" precedes them.
        asked_on: the date of asking.
    """
    words = " ".join(text.casefold().split())
    if words in ("yesterday", "today"):
        date = asked_on - dt.timedelta(words == "yesterday")
        return date, date
    counted = regex.fullmatch(rf"(?:(last|past)\s)?({_COUNT})\s({_LENGTH})(?:\sago)?", words)
    if counted:
        number = int(counted[2]) if counted[2].isdigit() else _NUMBERS[counted[2]]
        unit, until_now = counted[3].rstrip("s"), bool(counted[1])
    else:
        which, unit = ("last " + words).split()[-2:]
        number = 0 if which == "this" else 1
        until_now = until_now or which == "past"
        if unit in _SEASONS:
            year = asked_on.year
            if which != "this" and asked_on <= _season(unit, year)[1]:
                year -= 1
            return _season(unit, year)
        if unit not in ("week", "month", "year", "decade"):
            found = _parse_relative(unit, asked_on)
            if found is None:
                return None
            return (found, found) if unit.endswith("day") else _month_days(found.year, found.month)
        if number == 0 and unit == "week":  # on a Monday too, it is more than that day
            return asked_on - dt.timedelta(6), asked_on
        if number == 0:
            return _whole(asked_on, unit, asked_on)
    anchor = _parse_relative(f"{number * 10} years ago" if unit == "decade" else f"{number} {unit}s ago", asked_on)
    if anchor is None or anchor > asked_on:
        return None
    return (anchor, asked_on) if until_now else _whole(anchor, unit, asked_on)


def _month_days(year: int, month: int, day: int | None = None) -> DateSpan | None:
    """Return the days of a month, or one of them; None for a day that the month lacks."""
    last = calendar.monthrange(year, month)[1]
    if day is not None and not 1 <= day <= last:
        return None
    return dt.date(year, month, day or 1), dt.date(year, month, day or last)


def _season(name: str, year: int) -> DateSpan:
    """Return a season of the northern hemisphere. The winter of a year is the one that ends in it and the next one."""
    if name == "winter":
        return dt.date(year - 1, 12, 1), dt.date(year + 1, 3, 1) - dt.timedelta(1)
    first, last = _SEASONS[name]
    return dt.date(year, first, 1), dt.date(year, last, calendar.monthrange(year, last)[1])


def _part(words: str, first: dt.date, last: dt.date) -> DateSpan:
    """Return the part of a span that the words in front of it mean ("early", "second half of"), or all of it."""
    named = regex.match(r"(?:the\s+)?(?:very\s+)?(" + "|".join(sorted(_TWELFTHS, key=len)[::-1]) + r")\b", words)
    if not named:
        return first, last
    begin, end = _TWELFTHS[named[1]]
    if first.month == 1 and last.month == 12:
        months = last.year - first.year + 1
        a, b = begin * months, end * months - 1
        stop = dt.date(first.year + b // 12, b % 12 + 1, 1)
        return (
            dt.date(first.year + a // 12, a % 12 + 1, 1),
            stop.replace(day=calendar.monthrange(stop.year, stop.month)[1]),
        )
    days = (last - first).days + 1
    return first + dt.timedelta(days * begin // 12), first + dt.timedelta(max(days * end // 12 - 1, 0))


def _whole(date: dt.date, unit: str, asked_on: dt.date) -> DateSpan:
    """Return the day, week, month, year or decade that a date lies in, up to the date of asking."""
    if unit == "week":
        first = date - dt.timedelta(date.weekday())
        span = first, first + dt.timedelta(6)
    elif unit == "month":
        span = date.replace(day=1), date.replace(day=calendar.monthrange(date.year, date.month)[1])
    elif unit in ("year", "decade"):
        begin, length = (date.year, 1) if unit == "year" else (date.year // 10 * 10, 10)
        span = dt.date(begin, 1, 1), dt.date(begin + length - 1, 12, 31)
    else:
        span = date, date
    return span[0], min(span[1], asked_on)


def _parse_relative(words: str, asked_on: dt.date) -> dt.date | None:
    import dateparser  # here, as it takes 0.3 s to load and few questions need it

    noon = dt.datetime.combine(asked_on, dt.time(12))
    settings = {"RELATIVE_BASE": noon, "PREFER_DATES_FROM": "past"}
    found = dateparser.parse(words, languages=["en"], settings=settings)
    return found.date() if found else None
