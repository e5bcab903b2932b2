"""Whether a value is said of another time or place than the question asks about."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from rag.answer.figures.asked import Asked
from rag.answer.figures.figure import DATE
from rag.answer.figures.nouns import noun_phrase
from rag.answer.figures.periods import Period
from rag.answer.figures.sentence import Sentence
from rag.answer.figures.values import MONTHS, Value
from rag.answer.figures.words import Token, words

if TYPE_CHECKING:
    from rag.answer.citation import Citation

REPORTED_WITHIN = dt.timedelta(days=75)  # after the month of an event; later articles have to name the year
MAX_NAMES_BETWEEN = 5  # between the name asked about and a number of dead: beyond, a list of events is likely

_PLACES = ("in", "at", "near", "from", "outside", "to", "on")
_LINKED = frozenset(["in", ",", "of", "the", "-", "'s", ".", "and", "(", ")", "ap"])  # between names of one place
_ADJECTIVE = regex.compile(r"(?:[^l]i|ian|can|ish|ese)$")  # "in an Iraqi raid" names no place
_MONTH = regex.compile(rf"\b(?:{'|'.join(m.title() for m in MONTHS)})\b")
_MONTH_NAME = regex.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|"
    r"(?:Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec)\.)"
)
_ORDERED = regex.compile(
    r"\b(first|second|third|fourth|last|next|previous)[ -](quarter|month|week|day|year|round|half|debate|term)\b"
)
_YEAR = regex.compile(r"(?<![\p{N}.,-])(?:1[5-9]|20)\d\d(?![\p{N}]|[.,]\p{N})")
_IN_YEAR = regex.compile(r"\b(?i:in) $")


def can_report(asked: Asked, citation: Citation) -> bool:
    """Whether an article can report what happened at the time that the question gives.

    No article reports what happens after it; one that is much later has to name the year.
    """
    if asked.period and asked.kind != DATE:
        return _can_report_period(asked.period, citation)
    days = [d for d in asked.own_dates if regex.match(r"\d{4}(?!s)", d)]
    if not days or asked.kind == DATE:
        return True
    day = min(days)
    first = dt.date(int(day[:4]), int(day[5:7] or 1), 1)
    if day[:4] in citation.text:
        return citation.date is None or citation.date >= first
    if citation.date is None:
        return False
    last = dt.date(first.year + 1, 12, 31) if len(day) == 4 else first + REPORTED_WITHIN
    return first <= citation.date <= last


def _can_report_period(period: Period, citation: Citation) -> bool:
    """Whether an article can report what happened in a span of time: it is of then, or names a year of it."""
    if citation.date and period.first and citation.date < period.first:
        return False
    if period.meets_any(_YEAR.findall(citation.text)):
        return True
    if citation.date is None:
        return period == Period(None, None)
    return period.last is None or citation.date <= period.last + REPORTED_WITHIN


def same_time(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence names the spans of time of the question, and not only other months."""
    if not asked.spans <= sentence.keys | sentence.lead_keys:
        return False
    months = _months(asked.own_dates)
    stated = _stated_months(sentence, sentence.start, sentence.end)
    return asked.kind == DATE or not months or not stated or bool(stated & months)


def other_period(asked: Asked, sentence: Sentence) -> bool:
    """Whether a sentence names another time, and not the one asked about: a month, an ordered quarter or week, a year.

    Where the question asks about a span of time, it may name any time of it.
    """
    if asked.period and asked.kind != DATE:
        return asked.period.meets_any([str(date.value) for date in sentence.dates]) is False
    own, ordered = _period(asked.question)
    months, orders = _period(sentence.text[sentence.start : sentence.end])
    if asked.kind != DATE and own and months and not own & months:
        return True
    spans = {span for _, span in orders} & {span for _, span in ordered}
    return bool(spans) and not ordered & orders


def _period(text: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Return the months that a text names, and the spans of time that it orders: "third quarter"."""
    months = frozenset(m.group()[:3] for m in _MONTH_NAME.finditer(text))
    return months, frozenset((m[1], m[2]) for m in _ORDERED.finditer(text.casefold()))


def same_month(asked: Asked, sentence: Sentence, start: int, end: int) -> bool:
    """Whether the clause text[start:end] names a month of the question, if its sentence names others too."""
    months = _months(asked.own_dates)
    if not months or asked.kind == DATE or not _stated_months(sentence, sentence.start, sentence.end) - months:
        return True
    return bool(months & _stated_months(sentence, start, end))


def is_elsewhere(asked: Asked, sentence: Sentence, value: Value) -> bool:
    """Whether a number is said of another place or year: "three Baton Rouge officers", "In 2012, four officers"."""
    own = asked.name_words
    phrase = noun_phrase(sentence, value)
    named = [t for t in phrase if t.is_name]
    if len(named) > 1 and not any(t.stem in own | asked.modifiers | {asked.noun} for t in named):
        return True
    if not asked.names:
        return False
    inside = [bool(group & {t.stem for t in sentence.tokens if t.is_name}) for group in asked.names]
    if not all(inside):
        if {str(d.value) for d in sentence.dates} & set(asked.dates):
            return False
        if _of_another_year(asked, sentence):
            return True
    if not (asked.is_harm and asked.at_place):
        return False
    if not any(inside):
        return _names_place(sentence.clause(value), own)
    if not any(t.stem in own for t in phrase) and _after_place(sentence, value, own):
        return True
    end = sentence.clause_end(value, at_words=False)
    return _names_place([t for t in sentence.after(value) if t.start < end], own)


def nearest(asked: Asked, sentence: Sentence, fitting: list[Value]) -> list[Value]:
    """Leave out values that other names are nearer to, where several values of one sentence compete."""
    names = [t for t in sentence.tokens if t.is_word and t.is_name and not sentence.is_first(t)]
    own = [t for t in names if t.stem in asked.name_words]
    if not own:
        return fitting
    kept = []
    for value in fitting:
        closest = min(own, key=lambda t: sentence.distance(t, value))
        counted = {t.start for t in noun_phrase(sentence, value)}
        others = [t for t in names if t not in own and t.start not in counted]
        between = _groups(others, *sorted((closest.start, value.start)))
        crowded = between > MAX_NAMES_BETWEEN and asked.is_harm
        if not crowded and not (len(fitting) > 1 and between and len(own) < len(fitting)):
            kept.append(value)
    return kept


def _of_another_year(asked: Asked, sentence: Sentence) -> bool:
    if asked.period:
        return False  # that is for `other_period`
    known = (sentence.year, *(d[:4] for d in asked.dates))
    years = [d for d in sentence.dates if _IN_YEAR.search(sentence.text, max(sentence.start, d.start - 3), d.start)]
    return any(str(d.value)[:4] not in known for d in years if str(d.value)[:4].isdigit())


def _stated_months(sentence: Sentence, start: int, end: int) -> set[str]:
    """Return the months named in text[start:end], in digits."""
    found = {f"--{MONTHS.index(m.group().casefold()) + 1:02d}" for m in _MONTH.finditer(sentence.text, start, end)}
    return _months({*found, *(str(d.value) for d in sentence.dates if start <= d.start and d.end <= end)})


def _months(dates: Iterable[str]) -> set[str]:
    return {d[2:4] if d[0] == "-" else d[5:7] for d in dates if "-" in d}


def _after_place(sentence: Sentence, value: Value, own: frozenset[str]) -> bool:
    """Whether the last place before a number is none of the question's: "attacks in Paris there left 130 dead"."""
    run: list[Token] = []  # names that follow one another, the last first: "Sandy Hook in Newtown, Connecticut"
    placed = False
    for token in sentence.before(value):
        name = token.is_word and token.is_name and not token.is_time
        if not run and token.lower in words("saying"):
            return False
        if name and not (sentence.is_first(token) and token.stem not in own):
            run.append(token)
        elif run and token.lower not in _LINKED:
            break
        elif run and token.lower in _PLACES:
            placed = True
    if not run or any(t.stem in own for t in run):
        return False
    before = [t for t in sentence.tokens if t.end <= run[-1].start][-2:]
    return placed or any(t.lower in _PLACES for t in before)


def _names_place(run: list[Token], own: frozenset[str]) -> bool:
    """Whether words name a place that is none of the question's names: "near a shop in Baton Rouge"."""
    run = [t for t in run if t.lower not in ("a", "an", "the", "mount", "mt")]
    for i, (place, name) in enumerate(pairwise(run)):
        named = name.is_name and not name.is_time and not _ADJECTIVE.search(name.lower)
        if named and place.lower in ("in", "at", "near"):
            return not any(t.stem in own for t in run[i:])
    return False


def _groups(names: list[Token], low: int, high: int) -> int:
    """Return how many names are between two places; those that follow one another are one."""
    inside = [t for t in names if low < t.start < high and not t.is_time]
    return sum(i == 0 or token.start - inside[i - 1].end > 2 for i, token in enumerate(inside))
