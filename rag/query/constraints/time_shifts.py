"""Read the times of a follow-up that count from the question before: "and before that?", "two years later?"."""

from __future__ import annotations

import calendar
import datetime as dt
from dataclasses import dataclass

import regex

from rag._lazy import LazyPattern
from rag.query.constraints.date_words import DateSpan
from rag.text import cardinal, spelled_date

BEFORE, AFTER, BY = "before", "after", "by"


@dataclass(frozen=True)
class Rule:
    """Words that count from a time named before.

    Attributes:
        kind: BEFORE or AFTER it, or BY a number of years, months, weeks or days.
        pattern: the words.
        sentence: a follow-up for which the rule was made.
        vague: whether they mean it only where nothing but plain words is with them.
    """

    kind: str
    pattern: str
    sentence: str
    vague: bool = False


_NUMBER = r"(?:an?|the|\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty)"
_UNIT = r"(?:year|month|week|day|decade)"
RULES = (
    Rule(BY, rf"(?:in\s+|on\s+)?(?P<n>{_NUMBER})\s+(?P<unit>{_UNIT})s?\s+"
         r"(?P<way>before|earlier|after|later|afterwards?)(?=\s*(?:that|then)?\s*(?:[?,.;!]|$))(?:\s+(?:that|then))?",
         "and two years later?"),
    Rule(BY, rf"(?:in\s+|on\s+)?the\s+(?P<way2>next|following|previous|preceding)\s+(?P<unit2>{_UNIT})"
         r"(?=\s*(?:[?,.;!]|$))", "And the following month?"),
    Rule(BEFORE, r"(?:(?:any\s*time\s+)?before|prior\s+to|earlier\s+than)\s+(?:that|then|this)(?=\s*(?:[?,.;!]|$))",
         "and who put it on one before then?"),
    Rule(AFTER, r"(?:ever\s+)?(?:since|after|following)\s+(?:that|then|this)(?=\s*(?:[?,.;!]|$))",
         "What happened after that?"),
    Rule(BEFORE, r"beforehand|earlier(?:\s+on)?|previously|before(?=\s*(?:[?.!]|$))", "and earlier?", vague=True),
    Rule(AFTER, r"afterwards?|later(?:\s+on)?|subsequently|thereafter|since(?=\s*(?:[?.!]|$))|after(?=\s*(?:[?.!]|$))",
         "And later?", vague=True),
)  # fmt: skip
_PATTERNS = tuple(LazyPattern(rf"(?<![\w’'-]){rule.pattern}(?![\w-])", regex.I) for rule in RULES)


@dataclass(frozen=True)
class TimeShift:
    """Words of a follow-up that count from a time named before it.

    Attributes:
        start, end: where they are.
        kind: BEFORE, AFTER or BY.
        vague: as `Rule.vague`.
        count: by how many units, below 0 for earlier.
        unit: "year", "month", "week", "day" or "decade"; "" unless the kind is BY.
    """

    start: int
    end: int
    kind: str
    vague: bool
    count: int = 0
    unit: str = ""

    def span_from(self, time: DateSpan) -> DateSpan | None:
        """Return the first and last day that is meant by a number of units before or after a time.

        None if the time is longer than the unit ("two days after 2012"), or no such day is in the calendar.
        """
        first, last = time
        length = (last - first).days
        if self.kind != BY or length > {"decade": 3653, "year": 366, "month": 31, "week": 7, "day": 1}[self.unit]:
            return None
        try:
            if self.unit in ("week", "day"):
                days = dt.timedelta(self.count * (7 if self.unit == "week" else 1))
                return first + days, last + days
            if self.unit == "month":
                month = first.year * 12 + first.month - 1 + self.count
                year, month = divmod(month, 12)
                return dt.date(year, month + 1, 1), dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])
            years = self.count * (10 if self.unit == "decade" else 1)
            return dt.date(first.year + years, 1, 1), dt.date(last.year + years, 12, 31)
        except (ValueError, OverflowError):
            return None


def find_time_shift(question: str) -> TimeShift | None:
    """Return the first words of a follow-up that count from a time named before it, or None."""
    for rule, pattern in zip(RULES, _PATTERNS, strict=True):
        if not (match := pattern.compiled.search(question)):
            continue
        if rule.kind != BY:
            return TimeShift(*match.span(), rule.kind, rule.vague)
        groups = match.groupdict()
        way, unit = groups.get("way") or groups["way2"], groups.get("unit") or groups["unit2"]
        number = groups.get("n") or "one"
        alone = number.casefold() in ("a", "an", "the")
        count = 1 if alone else int(number) if number.isdigit() else cardinal(number) or 1
        backwards = regex.match(r"before|earlier|previous|preceding", way, regex.I)
        return TimeShift(*match.span(), BY, False, -count if backwards else count, unit.casefold())
    return None


def spelled(span: DateSpan) -> str:
    """Return a span of days as a question names it: "in 2012", "in May 2012", "on 3 May 2012", or from when to when."""
    first, last = span
    if first == last:
        return f"on {spelled_date(first)}"
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
        return f"in {first.year}" if first.year == last.year else f"between {first.year} and {last.year}"
    if first.day == 1 and (last + dt.timedelta(1)).day == 1 and (first.year, first.month) == (last.year, last.month):
        return f"in {first:%B} {first.year}"
    return f"between {spelled_date(first)} and {spelled_date(last)}"
