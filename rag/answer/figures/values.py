"""Text -> Values: numbers in digits and words, sums of money, percentages and dates, each with what qualifies it.

What looks like a value and counts nothing gives none: ordinals, ages, scores, times, telephone numbers, numbers that
are names ("Flight 17", "9/11"), and digits that can be read in two ways ("3.500", "1 200"). Cardinals in words are
read by text2num. Dates are read here: `rag.provenance.dates` finds one full date in a text, and dateparser takes
tens of milliseconds.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import regex

from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE, Amount
from rag.text import cardinal


@dataclass(frozen=True)
class Value:
    """A value in a text.

    Attributes:
        kind, value, upper, unit: as in `Figure`; the unit of a number is "".
        start, end: the span of the value itself.
        outer: the span with the words that qualify it.
    """

    kind: str
    value: Amount
    upper: Amount | None
    unit: str
    start: int
    end: int
    outer: tuple[int, int]


MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)

_BIG = ("hundred", "thousand", "million", "billion", "trillion")
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_SCALES |= {"lakh": 10**5, "crore": 10**7, "k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12}
_SIGNS = {"us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "hk$": "HKD", "nz$": "NZD"}
_SIGNS |= {"rs": "₹", "rs.": "₹"}
_CURRENCIES = {"dollar": "$", "euro": "€", "rupee": "₹", "yen": "¥", "yuan": "CNY", "rouble": "RUB", "ruble": "RUB"}
_CURRENCIES |= {"shekel": "ILS", "pounds sterling": "£"} | {c: c for c in ("peso", "franc", "rial", "dinar")}

# Numbers

_SMALL = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    *("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
_BIG_WORD = rf"(?:{'|'.join(_BIG)})"
_WORD = rf"(?:{'|'.join([*_SMALL, *_BIG, 'dozen'])})\b"
_SPELLED = (
    rf"half[ -](?:an? )?{_BIG_WORD}\b|(?:an? (?={_BIG_WORD}|dozen))?{_WORD}"
    rf"(?:[ -]{_WORD}|(?<={_BIG_WORD}) and (?:{'|'.join(_SMALL)})\b)*(?:[ -]and[ -]a[ -]half(?: {_BIG_WORD})?\b)?"
)
_DIGITS = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+|"
    r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:['’]\d{3})+|\d+(?:\.\d+)?"
)  # 1,234.5; Indian 12,34,567; 1 234 between thin spaces; European 1.234.567; Swiss 1'234
_AMOUNT = regex.compile(
    r"(?:(?P<sign>\b(?:US|AU?|CA?|HK|NZ)\$|\p{Sc}|\bRs\.?|\b[A-Z]{3}(?=\s?\d))\s?)?"
    rf"(?:(?<![\p{{L}}\d])(?P<digits>(?>{_DIGITS}))(?![\d,]*\d)"
    r"(?:[ \u00a0-]?(?P<scale>(?i:hundred|thousand|million|billion|trillion|lakh|crore|dozen))\b|"
    r"(?P<short>(?i:bn|tn|mn|m|k))\b)?"
    rf"|(?<![\p{{L}}\d-])(?P<words>(?i:{_SPELLED}))(?![\p{{L}}\d]))"
    r"(?:(?P<percent>\s?%|[ -](?i:per ?cent|pct)\b)(?![ -](?:age )?points?)|"
    r"\s(?P<currency>(?i:(?:u\.?s\.? |american )?dollar|euro|rupee|yen|yuan|rouble|ruble|peso|franc|rial|dinar|shekel|"
    r"pounds sterling)s?)\b)?"
)
_ANY_AMOUNT = regex.compile(rf"\d|\b(?i:{'|'.join([*_SMALL, *_BIG, 'dozen', 'half'])})")
_VAGUE = regex.compile(r"\b(?i:(?:tens|hundreds) of (?:thousands|millions)|dozens|hundreds|thousands|millions)\b")
_SPACED = regex.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d,]*\d)")  # one number or several
_EUROPEAN = regex.compile(r"\d{1,3}(?:\.\d{3}){2,}")
_TWO_READINGS = regex.compile(r"\d{1,3}\.\d{3}")
_NO_DIGIT = regex.compile(r"[,'’\s]")
_LABELS = (
    r"(?:no\.?|nos\.?|number|articles?|section|chapter|title|building|flight|room|pages?|volume|vol\.|order|group of|"
    r"route|highway|interstate|class|channel|grade|version|part|phase|level|figure|table|age|aged|ages|top|district|"
    r"apartment|gate|pier|ward|resolution|psalm|verse|season|episode|boeing|airbus|apollo|proposition|amendment|directive)"
)
_NAMED = regex.compile(rf"(?:[\p{{L}}\d][-/.:'’]|[#§/:№+]|\b(?i:{_LABELS})\s|\d[-–])$")
_NO_COUNT = regex.compile(
    r"(?:st|nd|rd|th)\b|-(?!plus\b|strong\b)\p{L}|[-–/:.]\d|s\b|['’]s\b|\s?(?i:a\.?m\.?|p\.?m\.?|o'clock)(?!\w)|"
    r"\s(?i:years? old|years? of age|percentage points?|points?)\b|\p{L}|°"
)
_PAIR = regex.compile(r"[-–]\d")
_TELEPHONE = regex.compile(r"[-–]\d+[-–]\d")
_BEFORE_AGE, _AFTER_AGE = regex.compile(r"\p{L}['’)]?, $"), regex.compile(r"[,;)]|\.\s|\.$")

# What qualifies a value, and what joins two

_QUALIFIED = regex.compile(
    r"\b(?i:(?:(?:as )?(?:well |just |slightly |a little )?(?:more|fewer|less|greater|higher) than|"
    r"(?:just |well |slightly )?(?:over|under)|at least|at most|no (?:more|fewer|less) than|up to|"
    r"as (?:many|much|few|little) as|(?:only |just )?(?:about|around|roughly|approximately|nearly|almost|some)|"
    r"close to|upwards? of|an estimated|estimated|somewhere between|between|only))\s$"
)
_OR_SO = regex.compile(r"(?i:\s(?:or (?:more|fewer|less|so))\b|-plus\b|\+)")
_TO = regex.compile(
    r"(?:\s?[-–—]\s?|\s(?:and|to)\s)(?i:(?:as (?:many|much) as|nearly|about|around|over|more than|almost)\s)?"
)
_BETWEEN = regex.compile(r"\b(?i:between)\s(?:\w+\s)?$")
_FROM = regex.compile(
    r"\b(?i:from)\s(?:(?i:its|the|an?|current|present|previous|about|around|nearly|roughly|almost|some|over|just)\s)*$"
)
_RANGING = regex.compile(
    r"\b(?i:rang(?:e|es|ed|ing)|anywhere|somewhere|vary|varies|varied|varying)\s(?i:from)\s(?:\w+\s)?$"
)
_RAISED_TO = regex.compile(r"\bto\s(?:\w+\s)?$")
_SCALE_AT_END = regex.compile(r"(?i)(thousand|million|billion|trillion|bn|tn|m|k)(?: \w+)?$")
MAX_DIGITS = 20  # with their marks; longer ones identify something
_AROUND = 40  # characters in which qualifying words are looked for

# Dates

_MONTH = (
    r"(?P<m>(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)(?:\.|\b)))"
)
_YEAR = r"(?P<y>(?:1[5-9]|20)\d\d)"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_DATES = [
    regex.compile(rf"(?<![\w/.-]){form}(?![\d/]|[.,]\d)")
    for form in (
        rf"{_YEAR}-(?P<mm>\d\d)-(?P<d>\d\d)",
        rf"{_DAY} (?:of )?{_MONTH},? {_YEAR}",
        rf"{_MONTH} {_DAY},? {_YEAR}",
        rf"{_MONTH},? (?:of )?{_YEAR}",
        rf"{_DAY} (?:of )?{_MONTH}(?!\p{{L}})",
        rf"{_MONTH} {_DAY}(?!\p{{L}})",
        rf"(?<![$€£]){_YEAR}(?P<s>['’]?s)?(?![\w%-])",
    )
]  # the longest first: what a form has taken, no later one sees
_ANY_DATE = regex.compile(r"\d")


def find_values(text: str, start: int, end: int, kind: str) -> list[Value]:
    """Return the values of a kind in text[start:end], in order.

    Args:
        text: the text.
        start, end: where to look.
        kind: one of those in `Figure`. What is a date is never a number: "1986".
    """
    dates = _dates(text, start, end)
    if kind == DATE:
        return dates
    amounts = _amounts(text, start, end, dates)
    found = [a for a in _joined(text, amounts) if a.kind == kind]
    if kind == NUMBER:
        vague = (m for m in _VAGUE.finditer(text, start, end))
        found += [
            _qualify(text, Value(NUMBER, m.group().casefold(), None, "", *m.span(), m.span()))
            for m in vague
            if not any(a.start < m.end() and m.start() < a.end for a in amounts)
        ]
    return sorted(found, key=lambda v: v.start)


def _amounts(text: str, start: int, end: int, dates: list[Value]) -> list[Value]:
    """Return numbers, sums and percentages, each by itself; none that is in a date."""
    found: list[Value] = []
    if not _ANY_AMOUNT.search(text, start, end):
        return found
    taken = {at for date in dates for at in range(date.start, date.end)}
    taken.update(at for match in _SPACED.finditer(text, max(0, start - MAX_DIGITS), end) for at in range(*match.span()))
    for match in _AMOUNT.finditer(text, start, end):
        number = _spelled(match["words"]) if match["words"] else _in_digits(match)
        unit = _currency(match)
        kind = MONEY if unit else PERCENTAGE if match["percent"] else NUMBER
        first = match.start("words" if match["words"] else "digits")
        if number is None or (match["short"] and not unit):  # "5m" is metres
            continue
        if not taken.isdisjoint(range(*match.span())):
            continue
        follows = first > start and text[first - 1] in "-–" and bool(found) and found[-1].end == first - 1
        if kind == NUMBER and not follows and _counts_nothing(text, first, match.end(), match["digits"]):
            continue
        span = (match.start() if unit else first), match.end()
        found.append(Value(kind, number, None, unit or ("%" if kind == PERCENTAGE else ""), *span, span))
    return found


def read_number(printed: str) -> int | float | None:
    """Return the number that digits or words say; None if they say none."""
    match = _AMOUNT.fullmatch(printed)
    if match is None:
        return None
    return _spelled(match["words"]) if match["words"] else _in_digits(match)


def _in_digits(match: regex.Match[str]) -> int | float | None:
    """Return a number in digits; None for one with two readings, or too long to count anything."""
    digits, scale = match["digits"], (match["scale"] or match["short"] or "").casefold()
    if len(digits) > MAX_DIGITS:
        return None
    if _EUROPEAN.fullmatch(digits):
        digits = digits.replace(".", "")
    elif _TWO_READINGS.fullmatch(digits) and not scale:
        return None  # thousands in one country, thousandths in another
    return _whole(round(float(_NO_DIGIT.sub("", digits)) * _SCALES.get(scale, 1), 6))


def _spelled(printed: str) -> int | float | None:
    """Return the number that words say; None for words that say none, such as the last one of "a few thousand"."""
    plain = " ".join(printed.casefold().replace("-", " ").split())
    factor = 0.5 if plain.startswith("half ") else 1
    plain = plain.removeprefix("half ")
    half = 0.5 if " and a half" in plain else 0
    plain = plain.replace(" and a half", "")
    head, _, last = plain.rpartition(" ")
    if last not in (*_BIG, "dozen") or any(word in _BIG for word in head.split()):
        head, last = plain, ""  # "one thousand two hundred"
    if not head and last != "dozen" and factor == 1:
        return None
    number = 1 if head in ("", "a", "an") else cardinal(head)
    return None if number is None else _whole((number + half) * _SCALES.get(last, 1) * factor)


def _whole(number: float) -> int | float:
    return int(number) if number == int(number) else number


def _currency(match: regex.Match[str]) -> str:
    """Return the currency as it is printed: "$" may be of several countries; "" where there is none."""
    if sign := match["sign"]:
        return _SIGNS.get(sign.casefold(), sign)
    word = (match["currency"] or "").casefold()
    if word.startswith(("us", "u.", "american")):
        return "USD"
    return _CURRENCIES.get(word, _CURRENCIES.get(word.removesuffix("s"), ""))


def _counts_nothing(text: str, start: int, end: int, digits: str | None) -> bool:
    """Whether a number names or orders something, or is an age, a score, a time or part of a telephone number."""
    if _NAMED.search(text, max(0, start - 24), start) or _TELEPHONE.match(text, end):
        return True
    if _NO_COUNT.match(text, end) and not _PAIR.match(text, end):
        return True
    age = digits is not None and len(digits) < 3 and _BEFORE_AGE.search(text, max(0, start - 4), start)
    return bool(age and _AFTER_AGE.match(text, end))


def _joined(text: str, amounts: list[Value]) -> list[Value]:
    """Join the ends of ranges, and leave out what a value changed from ("from 64 to 3,000")."""
    result: list[Value] = []
    i = 0
    while i < len(amounts):
        low, high = amounts[i], amounts[i + 1] if i + 1 < len(amounts) else None
        lead = text[max(0, low.start - _AROUND) : low.start]
        joint = text[low.end : high.start] if high else ""
        i += 1
        if high and _TO.fullmatch(joint):
            spoken = joint.split()[0] if joint.split() else ""
            if spoken == "to" and _FROM.search(lead) and not _RANGING.search(lead):
                result.append(_qualify(text, high))
                i += 1
                continue
            joined = _range(text, low, high) if spoken != "and" or _BETWEEN.search(lead) else None
            if joined:
                result.append(_qualify(text, joined))
                i += 1
                continue
            if joint in ("-", "–"):  # a score
                i += 1
                continue
        if result and _FROM.search(lead) and _RAISED_TO.search(text[: result[-1].outer[0]][-20:]):
            continue  # "to 20 percent from 35 percent"
        result.append(_qualify(text, low))
    return result


def _range(text: str, low: Value, high: Value) -> Value | None:
    """Return a range, if two values are the ends of one: "$22 to $29 billion", "5 to 10 percent"."""
    if low.kind not in (NUMBER, high.kind) or low.unit not in ("", high.unit):
        return None
    lower, upper = low.value, high.value
    if isinstance(lower, str) or isinstance(upper, str):
        return None
    scale = _SCALE_AT_END.search(text[high.start : high.end])
    if scale and lower < 1000 and not _SCALE_AT_END.search(text[low.start : low.end]):
        lower = _whole(lower * _SCALES[scale[1].casefold()])
    if lower >= upper or (lower >= 1500 and upper <= 2099 and high.kind == NUMBER):  # years
        return None
    return replace(high, value=lower, upper=upper, start=low.start)


def _qualify(text: str, value: Value) -> Value:
    """Return a value with the span of the words that qualify it."""
    before = _QUALIFIED.search(text, max(0, value.start - _AROUND), value.start)
    after = _OR_SO.match(text, value.end)
    outer = before.start() if before else value.start, after.end() if after else value.end
    return replace(value, outer=outer)


def _dates(text: str, start: int, end: int) -> list[Value]:
    """Return the dates, years and decades."""
    found: list[Value] = []
    taken: set[int] = set()  # characters
    if not _ANY_DATE.search(text, start, end):
        return found
    for form in _DATES:
        for match in form.finditer(text, start, end):
            a, b = match.span()
            if taken.isdisjoint(range(a, b)) and (value := _date(match.groupdict())) is not None:
                found.append(Value(DATE, value, None, "", a, b, (a, b)))
                taken.update(range(a, b))
    return sorted(found, key=lambda d: d.start)


def _date(parts: dict[str, str | None]) -> str | None:
    """Return a date, or what is printed of it, in the form of ISO 8601; None if there is no such day."""
    year, day = parts.get("y"), parts.get("d")
    if parts.get("s"):
        return f"{year}s"
    month = parts.get("mm")
    if name := parts.get("m"):
        month = f"{1 + next(i for i, m in enumerate(MONTHS) if m.startswith(name.casefold()[:3])):02d}"
    if not month or not day:
        return f"{year}-{month}" if month else year
    try:
        dt.date(int(year or 2000), int(month), int(day))
    except ValueError:
        return None
    return f"{year or '-'}-{month}-{int(day):02d}"
