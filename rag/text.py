"""Words as they are shown: what an article holds may be anything, and what is printed disturbs nobody."""

from __future__ import annotations

import datetime as dt
import json

import regex

# What moves a cursor, turns the direction of what stands behind it, or cannot be printed.
UNSAFE_CHARACTERS = regex.compile(r"[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069--[\n\t]]", regex.V1)
_MANY_MARKS = regex.compile(r"(?<=\p{M}{30})\p{M}++")
_SURROGATE = regex.compile("[\ud800-\udfff]")


def sanitise(text: str) -> str:
    """A text to show: U+FFFD in the place of what moves a cursor or turns the direction of what stands behind it.

    That is so in a browser too: an isolate (U+2066 to U+2068) that a text leaves open takes the end of the element that
    should hold it. Nor are there more than thirty marks on one letter: no writing has so many (UAX #15, "Stream-Safe
    Text Format"), and a browser is busy for minutes with a million.
    """
    return UNSAFE_CHARACTERS.sub("\ufffd", _MANY_MARKS.sub("\ufffd", text))


def has_surrogates(text: str) -> bool:
    """Whether a text has half a surrogate pair, which no stored text or id can have."""
    return bool(_SURROGATE.search(text))


def one_line(text: str) -> str:
    """A text with each run of white space as one space."""
    return " ".join(text.split())


def is_web_url(url: str | None) -> bool:
    """Whether an address is one that a link may lead to."""
    return bool(url) and str(url).lower().startswith(("http://", "https://"))


def json_text(values: object) -> str:
    """Values as JSON; what would disturb whoever looks at it (see `harmless`) stands as its escape, and is not lost."""
    written = json.dumps(values, ensure_ascii=False, indent=2)
    return UNSAFE_CHARACTERS.sub(lambda sign: f"\\u{ord(sign.group()):04x}", written)


def spelled_date(day: dt.date) -> str:
    """ "13 July 2021"."""
    return f"{day.day} {day:%B} {day.year}"
