"""Text -> Values: numbers in digits and words, sums of money, percentages and dates, each with what qualifies it.

What looks like a value and counts nothing gives none: ordinals, ages, scores, times, telephone numbers, numbers that are names
("Flight 17", "9/11"), and digits that can be read in two ways ("3.500").
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import regex

from rag.answer.figures.figure import DATE, MONEY, NUMBER, PERCENTAGE, Amount


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


_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "lakh": 10**5,
    "crore": 10**7, "dozen": 12, "k": 1000, "m": 10**6, "mn": 10**6, "bn": 10**9, "tn": 10**12,
}  # fmt: skip
_CURRENCIES = {
    "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "hk$": "HKD", "nz$": "NZD", "rs": "₹", "rs.": "₹",
    "dollar": "$", "euro": "€", "rupee": "₹", "yen": "¥", "yuan": "CNY", "rouble": "RUB", "ruble": "RUB", "peso": "peso",
    "franc": "franc", "rial": "rial", "dinar": "dinar", "shekel": "ILS", "pounds sterling": "£",
}  # fmt: skip
_UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = rf"(?:{'|'.join((_TENS + ' ' + _UNITS).split())})"
_BIG = r"(?:hundred|thousand|million|billion|trillion)"
_WORD = rf"(?:{_SMALL}|{_BIG}|dozen)\b"
_SPELLED = (
    rf"half[ -](?:an? )?{_BIG}\b|(?:an? (?={_BIG}|dozen))?{_WORD}(?:[ -]{_WORD}|(?<={_BIG}) and {_SMALL}\b)*"
    rf"(?:[ -]and[ -]a[ -]half(?: {_BIG})?\b)?"
)
_DIGITS = (
    r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+|"
    r"\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:['’]\d{3})+|\d+(?:\.\d+)?"
)
_ATOM = regex.compile(
    rf"(?:(?P<before>\b(?:US|AU?|CA?|HK|NZ)\$|\p{{Sc}}|\bRs\.?|\b[A-Z]{{3}}(?=\s?\d))\s?)?"
    rf"(?:(?P<digits>(?<![\p{{L}}\d])(?:{_DIGITS}))(?![\d,]*\d)(?:[ \u00a0-]?(?P<scale>(?i:hundred|thousand|million|billion|"
    rf"trillion|lakh|crore|dozen))\b|(?P<short>(?i:bn|tn|mn|m|k))\b)?|(?P<words>(?<![\p{{L}}\d-])(?i:{_SPELLED})(?![\p{{L}}\d])))"
    rf"(?:(?P<percent>\s?%|[ -](?i:per ?cent|pct)\b)(?![ -](?:age )?points?)|"
    rf"\s(?P<after>(?i:(?:u\.?s\.? |american )?dollar|euro|rupee|yen|yuan|rouble|ruble|peso|franc|rial|dinar|shekel|"
    rf"pounds sterling)s?)\b)?"
)
_VAGUE = regex.compile(
    r"\b(?i:(?:(?:tens|hundreds) of thousands|(?:tens|hundreds) of millions|dozens|hundreds|thousands|millions))\b"
)

_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = r"(?P<m>(?:January|February|March|April|May|June|July|August|September|October|November|December|(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)(?:\.|\b)))"
_YEAR = r"(?P<y>(?:1[5-9]|20)\d\d)"
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th)?"
_DATES = [
    regex.compile(form + r"(?![\d/]|[.,-]\d)")
    for form in (
        rf"(?<![\w/.-])(?P<y>(?:1[5-9]|20)\d\d)-(?P<mm>\d\d)-(?P<d>\d\d)",
        rf"(?<![\w/.-]){_DAY} (?:of )?{_MONTH},? {_YEAR}",
        rf"(?<![\w/.-]){_MONTH} {_DAY},? {_YEAR}",
        rf"(?<![\w/.-]){_MONTH},? (?:of )?{_YEAR}",
        rf"(?<![\w/.-]){_DAY} (?:of )?{_MONTH}(?!\p{{L}})",
        rf"(?<![\w/.-]){_MONTH} {_DAY}(?!\p{{L}})",
        rf"(?<![\w/.$€£-]){_YEAR}(?P<s>['’]?s)?(?![\w%-])",
    )
]  # the longest first: what a form has taken, no later one sees

_LABELS = (
    r"(?:no\.?|nos\.?|number|articles?|section|chapter|title|building|flight|room|page|pages|volume|vol\.|order|group of|"
    r"route|highway|interstate|class|channel|grade|version|part|phase|level|figure|table|age|aged|ages|top|district|"
    r"apartment|gate|pier|ward|resolution|psalm|verse|season|episode|boeing|airbus|apollo|proposition|amendment|directive)"
)
_NO_BEFORE = regex.compile(rf"(?:[\p{{L}}\d][-/.:'’]|[#§/:№+]|\b(?i:{_LABELS})\s|\d[-–])$")
_NO_AFTER = regex.compile(
    r"(?:st|nd|rd|th)\b|-(?!plus\b|strong\b)\p{L}|[-–/:.]\d|s\b|['’]s\b|\s?(?i:a\.?m\.?|p\.?m\.?|o'clock)(?!\w)|"
    r"\s(?i:years? old|years? of age|percentage points?|points?)\b|\p{L}|°"
)
_AGE = regex.compile(r"\p{L}['’)]?, $"), regex.compile(r"[,;)]|\.\s|\.$")
_BEFORE = regex.compile(
    r"\b(?i:(?:(?:as )?(?:well |just |slightly |a little )?(?:more|fewer|less|greater|higher) than|(?:just |well |slightly )?(?:over|under)|"
    r"at least|at most|no (?:more|fewer|less) than|up to|as (?:many|much|few|little) as|(?:only |just )?(?:about|around|roughly|approximately|"
    r"nearly|almost|some)|close to|upwards? of|an estimated|estimated|somewhere between|between|only))\s$"
)
_AFTER = regex.compile(r"(?i:\s(?:or (?:more|fewer|less|so))\b|-plus\b|\+)")
_TO = regex.compile(
    r"(?:\s?[-–—]\s?|\s(?:and|to)\s)(?i:(?:as (?:many|much) as|nearly|about|around|over|more than|almost)\s)?"
)
_BETWEEN = regex.compile(r"\b(?i:between)\s(?:\w+\s)?$")
_FROM = regex.compile(r"\b(?i:from)\s(?:(?i:its|the|an?|current|present|previous|about|around|nearly|roughly|almost|some|over|just)\s)*$")
_RANGING = regex.compile(
    r"\b(?i:rang(?:e|es|ed|ing)|anywhere|somewhere|vary|varies|varied|varying)\s(?i:from)\s(?:\w+\s)?$"
)


def find_values(text: str, start: int, end: int, kind: str) -> list[Value]:
    """Return the values in text[start:end], in order.

    Args:
        text: the text.
        start, end: where to look.
        kind: the kind of values; dates are recognised among all others, so that "1986" is never a number.
    """
    dates = _dates(text, start, end)
    if kind == DATE:
        return dates
    taken = [(d.start, d.end) for d in dates]
    atoms = [a for a in _amounts(text, start, end) if not any(a.start < e and s < a.end for s, e in taken)]
    vague = [
        Value(NUMBER, m.group().casefold(), None, "", m.start(), m.end(), _qualified(text, m.start(), m.end()))
        for m in _VAGUE.finditer(text, start, end)
        if not any(a.start < m.end() and m.start() < a.end for a in atoms)
    ]
    return sorted((v for v in [*_ranges(text, atoms), *vague] if v.kind == kind), key=lambda v: v.start)


def _amounts(text: str, start: int, end: int) -> list[Value]:
    """Return numbers, sums and percentages, each by itself."""
    found = []
    for match in _ATOM.finditer(text, start, end):
        number = _number(match)
        if number is None:
            continue
        a, b = match.start("digits") if match["digits"] else match.start("words"), match.end()
        unit = _currency(match)
        kind = MONEY if unit else PERCENTAGE if match["percent"] else NUMBER
        if match["short"] and kind != MONEY:
            continue
        if kind == NUMBER and _counts_nothing(text, match, a, b):
            continue
        first = match.start() if unit else a
        found.append(Value(kind, number, None, unit or ("%" if kind == PERCENTAGE else ""), first, b, (first, b)))
    return found


def _number(match: regex.Match[str]) -> int | float | None:
    if match["words"]:
        return _spelled(match["words"])
    digits = match["digits"]
    scale = (match["scale"] or match["short"] or "").casefold()
    if regex.fullmatch(r"\d{1,3}(?:\.\d{3}){2,}", digits):
        digits = digits.replace(".", "")
    elif regex.fullmatch(r"\d{1,3}\.\d{3}", digits) and not scale:
        return None  # thousands in one country, thousandths in another
    number = float(regex.sub(r"[,'’\s]", "", digits))
    number = round(number * _SCALES.get(scale, 1), 6)
    return int(number) if number.is_integer() else number


def _spelled(words: str) -> int | float | None:
    """Return the number that words say; None for words that say none."""
    from text_to_num import text2num  # 20 ms, once, and only where a number is spelled

    plain = regex.sub(r"[\s-]+", " ", words.casefold()).strip()
    factor: float = 1
    if plain.startswith("half "):
        plain, factor = plain.removeprefix("half ").removeprefix("a ").removeprefix("an "), 0.5
    half = " and a half" in plain
    last = plain.split()[-1]
    if half:
        plain = plain.replace(" and a half", "")
        last = plain.split()[-1]
    if last in ("dozen", "hundred", "thousand", "million", "billion", "trillion"):
        head = plain.removesuffix(last).strip()
        number = 1 if head in ("", "a", "an") else _read(text2num, head)
        if number is None:
            return None
        result = (number + (0.5 if half else 0)) * _SCALES[last] * factor
    else:
        read = _read(text2num, plain)
        if read is None:
            return None
        result = read + (0.5 if half else 0)
    return int(result) if float(result).is_integer() else result


def _read(text2num, words: str) -> int | None:  # type: ignore[no-untyped-def]
    try:
        return int(text2num(words, "en"))
    except ValueError:
        return None


def _currency(match: regex.Match[str]) -> str:
    """Return the currency as it is printed: "$" may be of several countries."""
    if before := match["before"]:
        return _CURRENCIES.get(before.casefold(), before)
    if after := match["after"]:
        word = after.casefold()
        if word.startswith(("u", "american")):
            return "USD"
        return _CURRENCIES.get(word, _CURRENCIES.get(word.removesuffix("s"), ""))
    return ""


def _counts_nothing(text: str, match: regex.Match[str], a: int, b: int) -> bool:
    """Whether a number names, dates or orders something, or is an age, a score or a time."""
    if _NO_BEFORE.search(text, max(0, a - 24), a):
        return True
    if _NO_AFTER.match(text, b) and not regex.match(r"[-–]\d", text[b : b + 2]):
        return True
    if (
        match["digits"]
        and _AGE[0].search(text, max(0, a - 4), a)
        and _AGE[1].match(text, b)
        and len(match["digits"]) < 3
    ):
        return True
    if regex.match(r"[-–]\d+[-–]\d", text[b : b + 12]):  # a telephone number
        return True
    return False


def _ranges(text: str, atoms: list[Value]) -> list[Value]:
    """Join the ends of ranges, and leave out what a value changed from ("from 64 to 3,000")."""
    result: list[Value] = []
    i = 0
    while i < len(atoms):
        low = atoms[i]
        high = atoms[i + 1] if i + 1 < len(atoms) else None
        lead = text[max(0, low.start - 40) : low.start]
        joint = text[low.end : high.start] if high else ""
        if high and _TO.fullmatch(joint):
            between, spoken = bool(_BETWEEN.search(lead)), joint.split()[:1]
            changed = bool(_FROM.search(lead)) and not _RANGING.search(lead)
            if spoken == ["to"] and changed:
                result.append(_qualify(text, high))
                i += 2
                continue
            joined = _joined(text, low, high)
            if joined and (between or spoken != ["and"]):
                result.append(_qualify(text, joined))
                i += 2
                continue
            if spoken and spoken[0] in "-–—" and not joint.strip().isspace() and joint in "-–":
                i += 2  # a score, or a pair that is no range
                continue
        if _FROM.search(lead) and result and regex.search(r"\bto\s(?:\w+\s)?$", text[: result[-1].outer[0]][-20:]):
            i += 1  # "to 20 percent from 35 percent"
            continue
        result.append(_qualify(text, low))
        i += 1
    return result


def _joined(text: str, low: Value, high: Value) -> Value | None:
    """Return a range, if two values are the ends of one: "$22 to $29 billion", "5 to 10 percent"."""
    if low.kind not in (NUMBER, high.kind) or (low.unit and low.unit != high.unit):
        return None
    lower, upper = low.value, high.value
    if isinstance(lower, str) or isinstance(upper, str):
        return None
    scale = regex.search(r"(?i)(thousand|million|billion|trillion|bn|tn|m|k)(?: \w+)?$", text[high.start : high.end])
    if scale and lower < 1000 and not regex.search(r"\p{L}$", text[low.start : low.end].strip()):
        lower = lower * _SCALES[scale[1].casefold()]
        lower = int(lower) if float(lower).is_integer() else lower
    if lower >= upper:
        return None
    unit = high.unit or low.unit
    kind = high.kind if high.kind != NUMBER else low.kind
    return replace(high, kind=kind, value=lower, upper=upper, unit=unit, start=low.start, outer=(low.start, high.end))


def _qualify(text: str, value: Value) -> Value:
    return replace(value, outer=_qualified(text, value.start, value.end))


def _qualified(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the span with the words that qualify the value."""
    before = _BEFORE.search(text, max(0, start - 40), start)
    after = _AFTER.match(text, end)
    return before.start() if before else start, after.end() if after else end


def _dates(text: str, start: int, end: int) -> list[Value]:
    """Return the dates, years and decades."""
    found: list[Value] = []
    for form in _DATES:
        for match in form.finditer(text, start, end):
            a, b = match.span()
            if any(a < d.end and d.start < b for d in found):
                continue
            if (value := _date(match.groupdict())) is not None:
                found.append(Value(DATE, value, None, "", a, b, (a, b)))
    return sorted(found, key=lambda d: d.start)


def _date(parts: dict[str, str | None]) -> str | None:
    """Return a date, or what is printed of it, in the form of ISO 8601; None if there is no such day."""
    year, day = parts.get("y"), parts.get("d")
    if year and parts.get("s"):
        return f"{year}s"
    month = parts.get("mm")
    if name := parts.get("m"):
        month = f"{1 + next(i for i, m in enumerate(_MONTHS) if m.startswith(name.casefold().rstrip('.')[:3])):02d}"
    if not month:
        return year
    if not day:
        return f"{year}-{month}"
    try:
        dt.date(int(year or 2000), int(month), int(day))
    except ValueError:
        return None
    return f"{year}-{month}-{int(day):02d}" if year else f"--{month}-{int(day):02d}"
