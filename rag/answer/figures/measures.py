"""Text -> Values: ages, durations and distances, which have a unit: "aged 52", "18 months", "40 miles"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import regex

from rag.answer.figures.figure import NUMBER
from rag.answer.figures.values import Value, find_values, read_number
from rag.answer.figures.words import stem, words

AGE, DURATION, DISTANCE = "age", "duration", "distance"
MAX_AGE = 125

_NUMBER = r"(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\p{L}+(?:-\p{L}+)?)"
_JOINED = regex.compile(rf"(?<![\p{{L}}\d$€£.,-]){_NUMBER}(?P<gap>[- ])(?P<unit>\p{{L}}+)(?!-)\b")
_UNIT = regex.compile(r"[ \u00a0](?:more |full |long |nautical |consecutive |straight |light[ -])?(?P<unit>\p{L}+)\b")
_AGES = regex.compile(
    rf"(?<![\p{{L}}\d$€£.,-]){_NUMBER}(?:[- ]years?[- ](?:olds?|of age)\b)|"
    rf"\b(?i:aged?|age of|turned|turns)\s{_NUMBER}\b(?!\s?%)|"
    rf"\p{{L}}['’]?(?:,\s|\s\(){_NUMBER}(?=\s?[,;.)]|$)|"
    rf"\b(?i:dead|died|dies)\sat\s{_NUMBER}\b(?!\s(?i:a\.?m|p\.?m|o'clock)|:)"
)


def find_measures(text: str, start: int, end: int, measure: str, unit: str = "") -> list[Value]:
    """Return the ages, durations or distances in text[start:end], in order; the unit of each is its noun, a plural.

    Args:
        text: the text.
        start, end: where to look.
        measure: AGE, DURATION or DISTANCE.
        unit: the stem of the only unit wanted; "" for all of the measure.
    """
    if measure == AGE:
        return _ages(text, start, end)
    units = {stem(u): u for u in words("distances" if measure == DISTANCE else "durations")}
    wanted = {unit: units[unit]} if unit else units
    found = []
    for value in find_values(text, start, end, NUMBER):
        match = _UNIT.match(text, value.outer[1], end)
        if match and (noun := wanted.get(stem(match["unit"].casefold()))):
            found.append(replace(value, unit=noun))
    for value in find_joined(text, start, end, wanted):
        if not any(v.start <= value.start < v.end for v in found):
            found.append(value)
    return sorted(found, key=lambda v: v.start)


def find_joined(text: str, start: int, end: int, units: Mapping[str, str]) -> list[Value]:
    """Return the numbers before a hyphen or a space and one of some units: "a 448-page report", "1,031.6 points".

    Args:
        text: the text.
        start, end: where to look.
        units: the stems of the units, with the unit that a value gets.
    """
    found = []
    for match in _JOINED.finditer(text, start, end):
        noun, number = units.get(stem(match["unit"].casefold())), read_number(match["n"])
        year = match["gap"] == " " and number is not None and 1500 <= number < 2100  # "a 2009 email"
        if noun is not None and number is not None and not year:
            found.append(Value(NUMBER, number, None, noun, *match.span("n"), match.span("n")))
    return found


def _ages(text: str, start: int, end: int) -> list[Value]:
    """Return the ages: "the 52-year-old", "Smith, 52,", "aged 52", "dead at 52"."""
    found = []
    for match in _AGES.finditer(text, start, end):
        number = read_number(match["n"])
        if isinstance(number, int) and 0 < number <= MAX_AGE:
            found.append(Value(NUMBER, number, None, "years", *match.span("n"), match.span("n")))
    return found
