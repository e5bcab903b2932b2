"""Dates that name a month or a year and no day. The article stays without a date; filters take its whole span."""

from __future__ import annotations

import datetime as dt

import regex

from rag.article import REFUSED
from rag.provenance.dates import FIRST_YEAR, month_number

_YEAR = r"(?P<y>1[6-9]\d\d|20\d\d)"
_FORMS = (
    regex.compile(rf"{_YEAR}(?:[-/.](?P<m>\d{{1,2}}))?(?:[-/.]00?)?"),
    regex.compile(rf"(?P<m>\d{{1,2}})[-/.]{_YEAR}"),
    regex.compile(rf"(?P<m>\p{{L}}[\p{{L}}\p{{M}}]{{2,14}})\.?,?\s+(?:of\s+|de\s+)?{_YEAR}"),
)


def month_or_year(basis: str | None) -> tuple[int, int | None] | None:
    """Return the year and the month of a date that was refused because it names no day; the month None for a year.

    Args:
        basis: the `date_basis` of an article, "refused: May 2013 (not a day)".

    Returns:
        (year, month), or None if it names neither, or one that is not over yet.
    """
    if not basis or not basis.startswith(REFUSED):
        return None
    words, _, why = basis.removeprefix(REFUSED).rpartition(" (")
    if why != "not a day)":
        return None
    for form in _FORMS:
        if found := form.fullmatch(words.strip()):
            return _checked(int(found["y"]), found["m"])
    return None


def _checked(year: int, named: str | None) -> tuple[int, int | None] | None:
    today = dt.date.today()
    month = None if named is None or not named.strip("0") else int(named) if named.isdigit() else month_number(named)
    if month is not None and not 1 <= month <= 12:
        return None
    return (year, month) if year >= FIRST_YEAR and (year, month or 1) <= (today.year, today.month) else None
