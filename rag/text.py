"""Sanitise untrusted text for display: an article may hold anything, and must not disturb a terminal."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import regex

# What moves a cursor, changes the direction of the text behind it, or cannot be printed.
UNSAFE_CHARACTERS = regex.compile(r"[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069--[\n\t]]", regex.V1)
# Letters that no font shows. They can hide words, except after a black flag, where they name a region (UTS #51), and
# one after a Han character, where it names a form of it (UTS #37). Eight others in a row are more than any writing has.
_NOTHING = r"[\p{Default_Ignorable_Code_Point}\u2800\U0001d159]"  # the last: a Braille cell, a note without a head
_HIDDEN = regex.compile(
    r"(?:\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f|\p{Han}[\U000e0100-\U000e01ef])(*SKIP)(*FAIL)"
    rf"|[\U000e0000-\U000e0fff]|(?<={_NOTHING}{{8}}){_NOTHING}"
)
_TOO_MANY_MARKS = regex.compile(r"(?<=\p{M}{30})\p{M}++")  # UAX #15, "Stream-Safe Text Format": no writing has so many
_BLANK = regex.compile(rf"(?:[\s\p{{Cc}}\p{{Cf}}\p{{Zl}}\p{{Zp}}]|{_NOTHING})*+")
_SURROGATE = regex.compile("[\ud800-\udfff]")


def sanitise(text: str) -> str:
    """Return a text with U+FFFD in place of what moves a cursor, hides, or changes the direction of the text behind it.

    A browser needs that too: an isolate (U+2066 to U+2068) that a text leaves open swallows the end of the element
    around it.
    Marks beyond thirty on one letter are replaced as well: a browser is busy for minutes with a million.
    """
    return _HIDDEN.sub("\ufffd", UNSAFE_CHARACTERS.sub("\ufffd", _TOO_MANY_MARKS.sub("\ufffd", text)))


def iso_date(date: dt.date | None) -> str | None:
    """Return a date as JSON has it: YYYY-MM-DD; None for none."""
    return date.isoformat() if date else None


def with_iso_dates(value: Any) -> Any:
    """Return a value of JSON types and dates, in dictionaries and lists, with its dates as `iso_date` has them."""
    if isinstance(value, dict):
        return {name: with_iso_dates(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [with_iso_dates(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing: it is empty, or has only spaces and characters that are not seen."""
    return bool(_BLANK.fullmatch(text))


def has_surrogates(text: str) -> bool:
    """Return whether a text has half a surrogate pair, which no stored text or id can have."""
    return bool(_SURROGATE.search(text))


def one_line(text: str) -> str:
    """Return a text with each run of white space as one space."""
    return " ".join(text.split())


# Of a name in a line or a sentence, where long ones of institutions have some 100; of a URL, which is to be opened.
MAX_NAME_CHARACTERS, MAX_URL_CHARACTERS = 200, 1_000


def short_name(name: str) -> str:
    """Return a name as it is shown in a line, cut where it is longer than names are: what follows it must be seen.

    Args:
        name: of an outlet, a site or an author, or a title or a URL.
    """
    most = MAX_URL_CHARACTERS if is_web_url(name) else MAX_NAME_CHARACTERS
    left = len(name) - most
    return name if left <= 0 else f"{name[:most]} … ({left:,} more characters)"


def is_web_url(url: str | None) -> bool:
    """Return whether a link may lead to a URL: http or https."""
    return bool(url) and str(url).lower().startswith(("http://", "https://"))


def json_text(values: object, indent: int | None = 2) -> str:
    """Return values as JSON, unsafe characters (see `sanitise`) as their escapes, so that none is lost."""
    written = json.dumps(values, ensure_ascii=False, indent=indent)
    return _HIDDEN.sub(_escaped, UNSAFE_CHARACTERS.sub(_escaped, written))


def _escaped(found: regex.Match[str]) -> str:
    return json.dumps(found.group())[1:-1]


def cardinal(words: str) -> int | None:
    """Return the number that an English cardinal says, "two hundred"; None if words are none ("three four")."""
    from text_to_num import text2num  # loaded only where a number is spelled

    try:
        return int(text2num(words, "en"))
    except ValueError:
        return None


def spelled_date(date: dt.date) -> str:
    """Return a date as "13 July 2021"."""
    return f"{date.day} {date:%B} {date.year}"
