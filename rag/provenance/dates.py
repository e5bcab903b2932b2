"""Printed dates -> `datetime.date`. A form that can be read in two ways gives no date.

Readers take the dates of articles from here, and `rag.query.constraints` the full dates of a question.
"""

from __future__ import annotations

import datetime as dt
import functools
import importlib
from collections.abc import Iterator

import regex

from rag.provenance.calendars import ARABIC_MONTHS, VIETNAMESE_MONTHS, solar_dates, with_western_digits

LANGUAGES = (
    *("en", "fr", "es", "de", "it", "pt", "nl", "tr", "sq", "ru"),
    *("uk", "pl", "sv", "da", "el", "ar", "fa", "he", "id", "ro", "nb", "fi", "hu", "cs", "sk", "hr", "bg", "lt"),
    *("et", "lv", "sl", "sr", "ca", "hi", "bn"),
)

FIRST_YEAR = 1605  # of the Relation of Strasbourg, the first newspaper; programs write "0001-01-01" for an unknown date
MAX_STATED_CHARS = 1_000  # of what states a date; a timestamp has 35, a line around a date rarely 100
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_WEEK = regex.compile(r"\d{4}-?W\d\d(?:[T ].*)?", regex.I | regex.S)  # a week, not a day
_NUMBER = regex.compile(r"-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?")
_TWO_DIGIT_YEAR = regex.compile(
    r"(?<!\d)\d{1,2}([-/.])\d{1,2}\1\d{2}(?!\d)|\b\d{1,2}[ -]\p{L}{3,}\.?,?[ -]'?\d{2}\b|"
    r"(?<!\p{L})\p{L}{3,}\.?\s+\d{1,2},\s*'?\d{2}\b"
)

_TABLE_KEYS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
# A name or two of one month ("نيسان/أبريل"). Capitals within a word are where two words were run together.
_NAME = r"\p{L}(?:(?!(?<=\p{Ll})\p{Lu})[\p{L}\p{M}]){1,14}"
_MONTH = rf"(?:(?:كانون|تشرين)\s\p{{L}}{{3,7}}|{_NAME})(?:/{_NAME})?"
_YEAR = r"(?:19|20)\d\d"
_DIGIT = regex.compile(r"\d")
_ANY_YEAR = regex.compile(_YEAR)
_END = r"(?:(?![\w/])|(?=\d{1,2}:\d\d))"  # a time may be run together with the year: "20247:55 AM"
_START = r"(?:(?<![\w/.-])|(?<=\p{Ll})(?=\p{Lu}|\d))"  # and a name with the day or month: "Jane RoeMay 7, 2024"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?(?:\s?[AaPp][Mm])?"
_ZONE = r"(?:[A-Z]{1,5}|[A-Z]{0,3}[+-]\d\d:?\d\d)"
_FORMS = {
    "year first": regex.compile(
        rf"(?<![\d/.-])(?P<y>{_YEAR})(?P<s>[-/.]|\.\s|\s?[年년]\s?)(?P<m>\d{{1,2}})"
        r"(?:(?P=s)|\s?[月월]\s?)(?P<d>\d{1,2})(?=\D|$)"
    ),
    "day, month": regex.compile(
        rf"{_START}(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+)?(?P<m>{_MONTH})\.?[,،]?\s+"
        rf"(?:de\s+|del\s+)?(?P<y>{_YEAR}){_END}"
    ),
    "month, day": regex.compile(
        rf"{_START}(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>{_YEAR}){_END}"
    ),
    "day-month-year": regex.compile(
        rf"(?<![\w/.-])(?P<d>\d{{1,2}})(?P<s>[-/.])(?P<m>{_NAME})\.?(?P=s)(?P<y>{_YEAR})(?![\w/-])"
    ),
    "year, month, day": regex.compile(
        rf"(?<![\w/.-])(?P<y>{_YEAR})\.?,?\s+(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})"
        r"(?=\.?(?:$|,?\s+\d\d?:|\s*[|·)–—-]))"  # not "In 2013 May 3 ministers"
    ),
    "time, then year": regex.compile(  # as computers print it: "Fri Apr 28 19:20:36 CEST 2023"
        rf"(?<![\w/.-])(?P<m>{_NAME})\.?\s+(?P<d>\d{{1,2}}),?\s+{_TIME}\s+(?:{_ZONE}\s+)?(?P<y>{_YEAR})(?![\w/])"
    ),
    "tháng": regex.compile(
        rf"(?<![\w/.-])(?P<d>\d{{1,2}})\s+tháng\s+(?P<m>\d{{1,2}}|{'|'.join(VIETNAMESE_MONTHS)}),?\s+"
        rf"(?:năm\s+)?(?P<y>{_YEAR})(?![\w/])",
        regex.I,
    ),
    "numbers": regex.compile(
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<s>[-/.])(?P<b>\d{{1,2}})(?P=s)(?P<y>{_YEAR})(?:(?![\d/-])|(?=\d{{1,2}}:\d\d))"
    ),
}


def find_date(text: str) -> tuple[int, int, dt.date | None] | None:
    """Find the first full date (day, month, year) in `text`.

    "12.05.2013" with points is day first, as everywhere that uses points; with slashes or dashes the order is known
    only if one number is above 12. Two-digit years and relative words ("yesterday", "3 hours ago") do not count.

    Returns:
        (start, end, date), the date None if its form is ambiguous; or None if there is no date.
    """
    if not _DIGIT.search(text):
        return None
    solar = solar_dates(text)
    western = with_western_digits(text)
    if not _ANY_YEAR.search(western):
        return solar[0] if solar else None
    firsts = [next(_of_form(form, western), None) for form in _FORMS.values()]
    return min(filter(None, [*firsts, *solar[:1]]), key=lambda span: span[:2], default=None)


def find_dates(text: str) -> list[tuple[int, int, dt.date | None]]:
    """Find the full dates in `text`, as `find_date` finds the first. Of two that overlap, the first counts."""
    if not _DIGIT.search(text):
        return []
    western = with_western_digits(text)
    spans = solar_dates(text)
    if _ANY_YEAR.search(western):
        spans += (span for form in _FORMS.values() for span in _of_form(form, western))
    kept: list[tuple[int, int, dt.date | None]] = []
    for span in sorted(spans, key=lambda s: s[:2]):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def _of_form(form: regex.Pattern[str], text: str) -> Iterator[tuple[int, int, dt.date | None]]:
    """Yield the dates of one form, as `find_date` returns them."""
    for match in form.finditer(text):
        if dates := _readings(match):
            yield match.start(), match.end(), dates[0] if len(dates) == 1 else None


def stated(text: str) -> tuple[dt.date | None, str]:
    """Return the date that a field or a printed line states, or why it is refused.

    It takes ISO dates and timestamps, dates as `find_date` takes them, "20130514", and seconds or milliseconds since
    1970. The date is that of the timestamp's own time zone, as the outlet prints it. It refuses the future, dates with
    two readings, two-digit years, years before the first newspapers, and the moment from which computers count.

    Returns:
        (date, ""), or (None, reason).
    """
    text = text.strip()
    if len(text) > MAX_STATED_CHARS:
        return None, "not a day"
    try:
        date: dt.date | None = _of_timestamp(text)
    except ValueError:
        found = find_date(text)
        date = found[2] if found else _of_number(text)
        if date is None:
            return None, "two readings" if found else "two-digit year" if _TWO_DIGIT_YEAR.search(text) else "not a day"
    why = refusal(date)
    return (None, why) if why else (date, "")


def iso_day(text: str) -> dt.date:
    """Return the day of "YYYY-MM-DD", and of no other form.

    `date.fromisoformat` also takes "20120102", the week date "2012-W01-1" and, for its Monday, the week "2012-W01".

    Raises:
        ValueError: if the text is not a day in this form.
    """
    if not regex.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError(f"{text!r} is not YYYY-MM-DD")
    return dt.date.fromisoformat(text)


def refusal(date: dt.date | None) -> str:
    """Return why a date cannot be one of publication; "" if it can."""
    if date is None or date.year < FIRST_YEAR:
        return "not a day"
    return "in the future" if date > dt.date.today() else ""


def _of_timestamp(text: str) -> dt.date | None:
    """Return the date of an ISO date or timestamp; None for the moment from which computers count.

    Raises:
        ValueError: if the text is neither.
    """
    if (text.isdigit() and len(text) != 8) or _WEEK.fullmatch(text):
        raise ValueError(text)
    stamp = dt.datetime.fromisoformat(text)
    return None if (stamp if stamp.tzinfo else stamp.replace(tzinfo=dt.UTC)) == _EPOCH else stamp.date()


def _of_number(text: str) -> dt.date | None:
    """Return the date of "20130514120000", or of seconds or milliseconds since 1970.

    Seconds have 9 or 10 digits (from 1973 on) and milliseconds 12 or 13: fewer are a year, a count or a row's number.
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = float(text)
    digits = str(int(number)) if 0 <= number < 1e15 else ""
    if len(digits) in (8, 14):
        try:
            return dt.datetime.strptime(digits[:8], "%Y%m%d").date()
        except ValueError:
            return None
    seconds = {9: number, 10: number, 12: number / 1000, 13: number / 1000}.get(len(digits))
    return None if seconds is None else (_EPOCH + dt.timedelta(seconds=seconds)).date()


def _readings(match: regex.Match[str]) -> list[dt.date]:
    """Return the dates that a printed one can mean: none, one, or two."""
    parts = match.groupdict()
    year = int(parts["y"])
    names = VIETNAMESE_MONTHS if match.re is _FORMS["tháng"] else {}
    if "a" in parts:
        orders = [(parts["b"], parts["a"])] + ([] if parts["s"] == "." else [(parts["a"], parts["b"])])
    else:
        orders = [(parts["m"], parts["d"])]
    dates: list[dt.date] = []
    for month, day in orders:
        number = int(month) if month.isdigit() else names.get(month.casefold(), 0) or month_number(month)
        try:
            date = dt.date(year, number, int(day))
        except ValueError:
            continue
        if date not in dates:
            dates.append(date)
    return dates


def month_number(name: str) -> int:
    """Return the number of a month by its name or short form in one of LANGUAGES; 0 if it is none."""
    names = (part.strip().rstrip(".") for part in name.casefold().split("/"))
    return next((number for part in names if (number := _months().get(part, 0))), 0)


@functools.cache
def _months() -> dict[str, int]:
    """Return month names and their short forms in LANGUAGES, from dateparser's tables; an earlier language wins.

    It reads the tables and does not call `dateparser.parse`, which takes up to 30 ms for each word that is no month.
    """
    names: dict[str, int] = dict(ARABIC_MONTHS)
    for language in LANGUAGES:
        table = importlib.import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, month in enumerate(_TABLE_KEYS, 1):
            for name in table[month]:
                names.setdefault(name.casefold().rstrip("."), number)
    return names
