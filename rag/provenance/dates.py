"""Days as printed -> `datetime.date`. A form that two readers could read differently is no date."""

from __future__ import annotations

import datetime as dt
import functools
import importlib

import regex

LANGUAGES = (
    *("en", "fr", "es", "de", "it", "pt", "nl", "tr", "sq", "ru"),
    *("uk", "pl", "sv", "da", "el", "ar", "fa", "he", "id", "ro", "nb", "fi", "hu", "cs", "sk", "hr", "bg", "lt"),
)

FIRST_YEAR = 1605  # of the Relation of Strasbourg; "0001-01-01" is how programs write that they know no date
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_NUMBER = regex.compile(r"-?\d+(?:\.\d+)?(?:[eE]\+?\d+)?")
_TWO_DIGITS = regex.compile(
    r"(?<!\d)\d{1,2}([-/.])\d{1,2}\1\d{2}(?!\d)|\b\d{1,2}[ -]\p{L}{3,}\.?,?[ -]'?\d{2}\b|"
    r"\p{L}{3,}\.?\s+\d{1,2},\s*'?\d{2}\b"
)

_TABLE_KEYS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTH = r"\p{L}[\p{L}\p{M}]{2,14}"
_YEAR = r"(?:19|20)\d\d"
_FORMS = {
    "year first": regex.compile(
        rf"(?<![\d/.-])(?P<y>{_YEAR})(?P<s>[-/.]|年)(?P<m>\d{{1,2}})(?:(?P=s)|月)(?P<d>\d{{1,2}})(?=\D|$)"
    ),
    "day, month": regex.compile(
        rf"(?<![\w/.-])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+)?(?P<m>{_MONTH})\.?,?\s+"
        rf"(?:de\s+|del\s+)?(?P<y>{_YEAR})(?![\w/])"
    ),
    "month, day": regex.compile(
        rf"(?<![\w/.-])(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>{_YEAR})(?![\w/])"
    ),
    "year, month, day": regex.compile(
        rf"(?<![\w/.-])(?P<y>{_YEAR})\.?,?\s+(?P<m>{_MONTH})\.?\s+(?P<d>\d{{1,2}})"
        r"(?=\.?(?:$|,?\s+\d\d?:|\s*[|·)–—-]))"  # "In 2013 May 3 ministers" is none
    ),
    "numbers": regex.compile(
        rf"(?<![\d/.-])(?P<a>\d{{1,2}})(?P<s>[-/.])(?P<b>\d{{1,2}})(?P=s)(?P<y>{_YEAR})(?![\d/-])"
    ),
}


def find_date(text: str) -> tuple[int, int, dt.date | None] | None:
    """The first full date (day, month, year) in `text`: (start, end, date), the date None where its form is ambiguous.

    "12.05.2013" with points is day first, as everywhere that uses points; with slashes or dashes the order is known
    only where one number is above 12. Two-digit years and relative words ("yesterday", "3 hours ago") are no dates.
    """
    if not regex.search(_YEAR, text):
        return None
    found = [
        (match.start(), match.end(), days[0] if len(days) == 1 else None)
        for form in _FORMS.values()
        for match in form.finditer(text)
        if (days := _readings(match))
    ]
    return min(found, key=lambda span: span[:2]) if found else None


def parse_day(text: str) -> dt.date | None:
    """The day that a metadata field states; None where `stated` refuses it."""
    return stated(text)[0]


def stated(text: str) -> tuple[dt.date | None, str]:
    """The day that a field or a printed date states, and ""; or None and why it is refused.

    Taken are ISO days and stamps, dates as `find_date` takes them, "20130514", and seconds or milliseconds since 1970.
    The day is that of the stamp's own time zone, as the outlet prints it. Refused are the future, dates with two
    readings, two-digit years, years before the first newspapers, and the moment from which computers count.
    """
    said = text.strip()
    try:
        day: dt.date | None = _of_stamp(said)
    except ValueError:
        found = find_date(said)
        day = found[2] if found else _of_number(said)
        if day is None:
            return None, "two readings" if found else "two-digit year" if _TWO_DIGITS.search(said) else "not a day"
    why = refusal(day)
    return (None, why) if why else (day, "")


def refusal(day: dt.date | None) -> str:
    """Why a day cannot be one of publication; "" where it can."""
    if day is None or day.year < FIRST_YEAR:
        return "not a day"
    return "in the future" if day > dt.date.today() else ""


def _of_stamp(said: str) -> dt.date | None:
    """The day of an ISO date or stamp; None for the moment from which computers count. Raises ValueError for others."""
    if said.isdigit() and len(said) != 8:
        raise ValueError(said)
    stamp = dt.datetime.fromisoformat(said)
    return None if (stamp if stamp.tzinfo else stamp.replace(tzinfo=dt.UTC)) == _EPOCH else stamp.date()


def _of_number(said: str) -> dt.date | None:
    """The day of "20130514120000", or of seconds or milliseconds since 1970.

    Seconds have 9 or 10 digits (from 1973 on) and milliseconds 12 or 13: fewer are a year, a count or a row's number.
    """
    if not _NUMBER.fullmatch(said):
        return None
    number = float(said)
    digits = str(int(number)) if 0 <= number < 1e15 else ""
    if len(digits) in (8, 14):
        try:
            return dt.datetime.strptime(digits[:8], "%Y%m%d").date()
        except ValueError:
            return None
    seconds = {9: number, 10: number, 12: number / 1000, 13: number / 1000}.get(len(digits))
    return None if seconds is None else (_EPOCH + dt.timedelta(seconds=seconds)).date()


def _readings(match: regex.Match[str]) -> list[dt.date]:
    """The days that a printed date can mean: none, one, or two."""
    parts = match.groupdict()
    year = int(parts["y"])
    if "a" in parts:
        orders = [(parts["b"], parts["a"])] + ([] if parts["s"] == "." else [(parts["a"], parts["b"])])
    else:
        orders = [(parts["m"], parts["d"])]
    days: list[dt.date] = []
    for month, day in orders:
        number = int(month) if month.isdigit() else _months().get(month.casefold(), 0)
        try:
            found = dt.date(year, number, int(day))
        except ValueError:
            continue
        if found not in days:
            days.append(found)
    return days


@functools.cache
def _months() -> dict[str, int]:
    """Month names and their short forms in LANGUAGES, from dateparser's tables; an earlier language wins.

    The tables and not `dateparser.parse`, which takes up to 30 ms for each word that is no month.
    """
    names: dict[str, int] = {}
    for language in LANGUAGES:
        table = importlib.import_module(f"dateparser.data.date_translation_data.{language}").info
        for number, month in enumerate(_TABLE_KEYS, 1):
            for name in table[month]:
                names.setdefault(name.casefold().rstrip("."), number)
    return names
