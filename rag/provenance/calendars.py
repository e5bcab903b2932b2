"""Digits, month names and calendars of dates that are not printed as in Europe."""

from __future__ import annotations

import datetime as dt
import unicodedata

import regex

_FOREIGN_DIGIT = regex.compile(r"(?![0-9])\p{Nd}")
_PERSIAN_DIGIT = regex.compile(r"[۰-۹]")

# The months of the Levant and the Maghreb, and spellings of Arabic ones, which dateparser's tables lack.
ARABIC_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("كانون الثاني", "جانفي"),
            ("شباط", "فيفري"),
            ("آذار", "اذار"),
            ("نيسان", "إبريل", "ابريل", "افريل", "أفريل"),
            ("أيار", "ايار", "ماي"),
            ("حزيران", "جوان"),
            ("تموز", "يوليوز", "جويلية"),
            ("آب", "اغسطس", "أوت", "غشت"),
            ("أيلول", "ايلول", "شتنبر"),
            ("تشرين الأول", "تشرين الاول", "اكتوبر"),
            ("تشرين الثاني", "نونبر"),
            ("كانون الأول", "كانون الاول", "دجنبر"),
        ),
        1,
    )
    for name in names
}
VIETNAMESE_MONTHS = {
    name: number
    for number, name in enumerate(
        ("một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười", "mười một", "mười hai"), 1
    )
}
# The months of the solar calendar of Iran and Afghanistan, and how they are written in Latin letters.
SOLAR_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("فروردین", "farvardin", "حمل"),
            ("اردیبهشت", "ordibehesht", "ثور"),
            ("خرداد", "khordad", "جوزا"),
            ("تیر", "tir", "سرطان"),
            ("مرداد", "mordad", "اسد"),
            ("شهریور", "shahrivar", "سنبله"),
            ("مهر", "mehr", "میزان"),
            ("آبان", "aban", "عقرب"),
            ("آذر", "azar", "قوس"),
            ("دی", "dey", "جدی"),
            ("بهمن", "bahman", "دلو"),
            ("اسفند", "esfand", "حوت"),
        ),
        1,
    )
    for name in names
}
_SOLAR_YEAR = r"(?P<solar>1[34]\d\d)"
_ANY_SOLAR_YEAR = regex.compile(r"1[34]\d\d")
_ASCII_SOLAR_YEAR = regex.compile(r"\b1[34]\d\d\b")
_SOLAR_FORM = regex.compile(
    rf"(?<!\d)(?P<d>\d{{1,2}})\s+(?P<m>{'|'.join(SOLAR_MONTHS)})(?:\s+ماه)?[،,]?\s+(?:سال\s+)?{_SOLAR_YEAR}(?!\d)",
    regex.I,
)
_SOLAR_NUMBERS = regex.compile(
    rf"(?<![\d/.-]){_SOLAR_YEAR}(?P<s>[-/.])(?P<m>\d{{1,2}})(?P=s)(?P<d>\d{{1,2}})(?![\d/-])"
)
_SOLAR_NEW_YEAR = dt.date(2021, 3, 21)  # of the year 1400
# The remainders, after division by 33, of the leap years from 1343 (1964) to 1472 (2094); before, 21 is one and not 22.
_LEAP = frozenset({1, 5, 9, 13, 17, 22, 26, 30})


def with_western_digits(text: str) -> str:
    """Return a text of the same length with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    # `regex` knows digits of newer alphabets than the Unicode data of Python: these stay as they are.
    return str(_FOREIGN_DIGIT.sub(lambda found: str(unicodedata.digit(found.group(), found.group())), text))


def solar_dates(text: str) -> list[tuple[int, int, dt.date | None]]:
    """Return (start, end, date) for each date of the solar calendar that says so: by its month's name or its digits."""
    western = with_western_digits(text)
    if not (_ASCII_SOLAR_YEAR if text.isascii() else _ANY_SOLAR_YEAR).search(western):
        return []
    western = western.replace("ي", "ی").replace("ك", "ک")
    found = [
        (m.start(), m.end(), m["solar"], SOLAR_MONTHS[m["m"].lower()], m["d"]) for m in _SOLAR_FORM.finditer(western)
    ]
    if _PERSIAN_DIGIT.search(text):
        found += [(m.start(), m.end(), m["solar"], int(m["m"]), m["d"]) for m in _SOLAR_NUMBERS.finditer(western)]
    dated = ((start, end, from_solar(int(year), month, int(day))) for start, end, year, month, day in found)
    return [(start, end, date) for start, end, date in dated if date]


def from_solar(year: int, month: int, day: int) -> dt.date | None:
    """Return the day of a date of the solar calendar, None if there is no such day, or before 1343 (1964)."""
    days = 31 if month <= 6 else 30 if month < 12 or year % 33 in _LEAP else 29
    if not (1343 <= year <= 1472 and 1 <= month <= 12 and 1 <= day <= days):
        return None
    years = range(1400, year) if year >= 1400 else range(year, 1400)
    length = sum(366 if y % 33 in _LEAP else 365 for y in years)
    first = _SOLAR_NEW_YEAR + dt.timedelta(days=length if year >= 1400 else -length)
    return first + dt.timedelta(days=31 * min(month - 1, 6) + 30 * max(month - 7, 0) + day - 1)
