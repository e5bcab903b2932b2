"""Periods -> what a passage gains by its article's date, and whether it speaks of another time.

The time of an event says when it was reported: then, or soon after. So passages of such articles gain, those of
articles a little older or later gain less, and none is shut out: an article of ten years later may tell the event best.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import regex

from rag.query.constraints import ORDER, PERIOD, RECENT_DAYS, Constraint
from rag.retrieval.scored_passage import ScoredPassage
from rag.stores.filters import FIRST_DATE, LAST_DATE, NO_DATE, IndexFilter, coded_date, days_of

# What a passage gains at most, on the scale of `ScoredPassage.retrieval` (docs/measurements/time.md).
WEIGHT = 0.3
# Days after a period in which an article gains as much as one within it, and days in which the gain then halves, again
# and again; the same for the days before a period, which only foretell it.
GRACE, HALVED_AFTER, HALVED_BEFORE = 14, 14, 7
# Halvings after which articles are not looked for by their date any more.
MAX_HALVINGS = 3
# Days after a period in which an article may report it without stating its year.
REPORTED_WITHIN = 183
_YEAR = regex.compile(r"(?<![\d.,])(?:1[6-9]|20)\d\d(?![\d%]|[.,]\d)")


@dataclass(frozen=True)
class Period:
    """Days that a question speaks of, as proleptic ordinals.

    Attributes:
        first, last: the first and the last of them.
        until: the last day on which an article gains: that of asking, where the days are counted from it, or the last
            one, where they have no first.
    """

    first: int
    last: int
    until: int = LAST_DATE


def periods(constraints: Sequence[Constraint]) -> tuple[Period, ...]:
    """Return the periods that the constraints of a question name."""
    return tuple(
        Period(
            c.after.toordinal() if c.after else FIRST_DATE,
            c.before.toordinal() if c.before else LAST_DATE,
            _until(c),
        )
        for c in constraints
        if c.applied and c.kind == PERIOD
    ) + tuple(
        Period(asked - RECENT_DAYS + 1, asked, asked)
        for asked in (
            c.counted_from.toordinal() for c in constraints if c.applied and c.kind == ORDER and c.counted_from
        )
    )


def _until(period: Constraint) -> int:
    """Return the last day on which an article gains; "before that" is no event that is reported soon after."""
    last = period.counted_from or (period.before if period.after is None else None)
    return last.toordinal() if last else LAST_DATE


def gains(named: Sequence[Period], days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return what passages gain by the dates of their articles, (n,), 0 to WEIGHT.

    Args:
        named: the periods of the question; the best counts.
        days: the dates, as the columns of a store have them, (n,).
    """
    coded = np.asarray(days, np.int64)
    first, last = days_of(coded)
    best = np.zeros(len(coded))
    for period in named:
        late = np.maximum(first - min(period.last + GRACE, LAST_DATE), 0) / HALVED_AFTER
        early = np.maximum(period.first - last, 0) / HALVED_BEFORE
        best = np.maximum(best, np.where(first > period.until, 0.0, 0.5 ** np.maximum(late, early)))
    return np.where(coded == NO_DATE, 0.0, WEIGHT * best)


def favoured(named: Sequence[Period], index_filter: IndexFilter) -> tuple[IndexFilter, ...]:
    """Return filters for the articles that gain, of those that may be found: one for each period."""
    filters = []
    for period in named:
        after = max(period.first - MAX_HALVINGS * HALVED_BEFORE, index_filter.after or FIRST_DATE)
        before = min(period.last + GRACE + MAX_HALVINGS * HALVED_AFTER, period.until, index_filter.before or LAST_DATE)
        if after <= before:
            filters.append(replace(index_filter, after=after, before=before, undated=False))
    return tuple(dict.fromkeys(filters))


def of_their_time(found: Sequence[ScoredPassage], constraints: Sequence[Constraint]) -> list[ScoredPassage]:
    """Return passages without those that speak of another time than the days which a question names.

    What happened in September 2013 is not told by an article of 2009, nor by one of 2019 that speaks of 2019.

    Args:
        found: in any order.
        constraints: of the question; days that count from that of asking ("recently") shut nothing out.
    """
    named = periods([c for c in constraints if c.kind == PERIOD and c.counted_from is None])
    return [p for p in found if not named or not _is_of_another_time(p, named)]


def _is_of_another_time(passage: ScoredPassage, named: Sequence[Period]) -> bool:
    """Whether a passage neither states a year of one of some periods nor was printed then or soon after.

    The year that it speaks of may be the last one stated before it in its article. Where it states none and its article
    has no date, its time is not known.
    """
    article, start = passage.article, passage.passage.start
    years = _years(f"{article.title or ''} {passage.text}") or _years(article.text[:start])[-1:]
    if any(_year(period.first) <= year <= _year(period.last) for period in named for year in years):
        return False
    if (printed := coded_date(article.date, article.date_basis)) == NO_DATE:
        return bool(years)
    first, last = (int(each[0]) for each in days_of(np.array([printed])))
    return not any(first <= period.last + REPORTED_WITHIN and period.first <= last for period in named)


def _years(text: str) -> list[int]:
    return [int(year) for year in _YEAR.findall(text)]


def _year(day: int) -> int:
    return dt.date.fromordinal(day).year
