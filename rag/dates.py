"""Days as printed -> `datetime.date`. A form that two readers could read differently is no date."""

from __future__ import annotations

import datetime as dt
import functools
import importlib

import regex

LANGUAGES = (
    *("en", "fr", "es", "de", "it", "pt", "nl", "tr", "sq", "ru"),
    *("uk", "pl", "sv", "da", "el", "ar", "fa", "he", "id", "ro"),
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
    """The day that a metadata field states ("2013-05-14", an ISO timestamp, or a date as `find_date` takes it)."""
    try:
        return dt.datetime.fromisoformat(text.strip()).date()
    except ValueError:
        found = find_date(text)
        return found[2] if found else None


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
