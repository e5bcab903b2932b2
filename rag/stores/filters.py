"""What an index lets through: one definition, and what each engine makes of it.

After `base`; before `columns`, `tantivy_index` and the tables of Milvus, which are filtered. `IndexFilter.allows` is
the definition; the mask, the query and the expression below it let through the same articles
(tests/stores/test_filters.py checks all of them on the same examples).
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tantivy

from rag.article import Article
from rag.provenance.partial_dates import month_or_year
from rag.stores.base import hash64

if TYPE_CHECKING:
    from rag.stores.columns import ArticleColumns

# A date is stored as one integer: the ordinal of a day, NO_DATE for none, or, for an article that is dated to a month
# or a year, the number of that month (twelve a year) from MONTHS on, or of the year from YEARS on. So one column can be
# filtered by spans.
NO_DATE = 0
FIRST_DATE, LAST_DATE = dt.date.min.toordinal(), dt.date.max.toordinal()
MONTHS, YEARS = 10_000_000, 20_000_000
LAST_KEY = 2**63 - 1


@dataclass(frozen=True)
class IndexFilter:
    """Which articles may be found.

    Attributes:
        outlets: names as the index has them; empty for all.
        after, before: first and last day allowed, as proleptic ordinals.
        undated: whether articles without a date pass if `after` or `before` is set; if neither is, they do.
        exclude_outlets: names as the index has them. An article whose outlet is not known is of none of them.
        exclude_dates: ranges of dates, both ends included. An article without a date is in none of them.
        added_after: only articles put into the index after this place in the order of adding, as `Store.added_before`
            gives it; None for all. The columns do not have it, so `allows` and `mask` leave it to the views.
    """

    outlets: frozenset[str] = frozenset()
    after: int | None = None
    before: int | None = None
    undated: bool = False
    exclude_outlets: frozenset[str] = frozenset()
    exclude_dates: tuple[tuple[int, int], ...] = ()
    added_after: int | None = None

    @property
    def date_ranges(self) -> tuple[tuple[int, int], ...] | None:
        """The ranges of dates that pass, both ends included; None if all do.

        A month or a year passes if one of its days does.
        """
        spanned = self.after is not None or self.before is not None
        if not spanned and not self.exclude_dates:
            return None
        days, first, end = [], self.after or FIRST_DATE, self.before or LAST_DATE
        for hole_first, hole_last in sorted(self.exclude_dates):
            days.append((first, min(hole_first - 1, end)))
            first = max(first, hole_last + 1)
        days.append((first, end))
        kept = [(one, other) for one, other in days if one <= other]
        ranges = [coded for one, other in kept for coded in _with_months_and_years(one, other)]
        ranges = ranges or days[:1]  # an empty range lets nothing pass
        return (*ranges, (NO_DATE, NO_DATE)) if self.undated or not spanned else tuple(ranges)

    def allows(self, outlet: str | None, date: int) -> bool:
        """Return whether an article of that outlet and coded date passes."""
        if self.outlets and outlet not in self.outlets:
            return False
        if outlet in self.exclude_outlets:
            return False
        ranges = self.date_ranges
        return ranges is None or any(first <= date <= last for first, last in ranges)


def _with_months_and_years(first: int, last: int) -> tuple[tuple[int, int], ...]:
    """Return a range of days, and those of the months and of the years that have one of them."""
    a, b = dt.date.fromordinal(first), dt.date.fromordinal(last)
    months = month_code(a.year, a.month), month_code(b.year, b.month)
    return (first, last), months, (YEARS + a.year, YEARS + b.year)


def ordinal(date: dt.date | None) -> int:
    """Return a date as an ordinal, NO_DATE for None."""
    return date.toordinal() if date else NO_DATE


def month_code(year: int, month: int) -> int:
    """Return the integer for a month."""
    return MONTHS + 12 * year + month - 1


def coded_date(date: dt.date | None, basis: str | None) -> int:
    """Return the integer for the date of an article.

    Args:
        date: the day.
        basis: its `date_basis`, which has the words of a date that is no day.
    """
    named = None if date else month_or_year(basis)
    if named is None:
        return ordinal(date)
    year, month = named
    return month_code(year, month) if month else YEARS + year


def date_of(article: Article) -> int:
    """Return the integer for the date of an article."""
    return coded_date(article.date, article.date_basis)


def is_day(dates: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Return which dates of a column are days, (n,)."""
    return (dates >= FIRST_DATE) & (dates <= LAST_DATE)


def days_of(dates: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return the first and the last day that each date of a column means, (n,); NO_DATE where there is none."""
    first, last = dates.copy(), dates.copy()
    for i in np.flatnonzero(dates >= MONTHS).tolist():
        first[i], last[i] = _span(int(dates[i]))
    return first, last


def first_day(date: int) -> int:
    """Return the first day that a date means, as an ordinal; NO_DATE if there is none."""
    return _span(date)[0] if date >= MONTHS else date


@functools.cache
def _span(code: int) -> tuple[int, int]:
    """Return the first and the last day of a month or a year."""
    if code >= YEARS:
        year = code - YEARS
        return dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
    year, month = divmod(code - MONTHS, 12)
    last = dt.date(year, month + 1, calendar.monthrange(year, month + 1)[1])
    return last.replace(day=1).toordinal(), last.toordinal()


def outlet_code(outlet: str | None) -> int:
    """Return the integer by which rows of Milvus name an outlet."""
    return hash64(outlet) if outlet else 0


def mask(index_filter: IndexFilter, columns: ArticleColumns) -> npt.NDArray[np.bool_] | None:
    """Return which rows of some columns pass, (m,); None if all do."""
    ranges = index_filter.date_ranges
    chosen, excluded = index_filter.outlets, index_filter.exclude_outlets
    if not chosen and not excluded and ranges is None:
        return None
    passing = np.ones(len(columns), bool)
    if chosen or excluded:
        allowed = [(not chosen or name in chosen) and name not in excluded for name in columns.outlets]
        passing &= np.array(allowed, bool)[columns.outlet] if allowed else False
    if ranges is not None:
        passing &= np.any([(columns.date >= first) & (columns.date <= last) for first, last in ranges], axis=0)
    return passing


def tantivy_queries(index_filter: IndexFilter, schema: tantivy.Schema) -> list[tantivy.Query]:
    """Return queries which a document must all match to pass; its fields are `outlet`, `day` and `article`."""
    queries = []
    if index_filter.added_after is not None:  # keys of articles are in the order of adding
        first = index_filter.added_after + 1
        queries.append(tantivy.Query.range_query(schema, "article", tantivy.FieldType.Unsigned, first, LAST_KEY))
    if index_filter.outlets:
        names = sorted(index_filter.outlets)
        queries.append(_any([tantivy.Query.term_query(schema, "outlet", name, "basic") for name in names]))
    if index_filter.exclude_outlets:
        others = [(tantivy.Occur.Must, tantivy.Query.all_query())]  # a query of exclusions alone matches nothing
        for name in sorted(index_filter.exclude_outlets):
            others.append((tantivy.Occur.MustNot, tantivy.Query.term_query(schema, "outlet", name, "basic")))
        queries.append(tantivy.Query.boolean_query(others))
    if index_filter.date_ranges is not None:
        queries.append(_any([_within(schema, first, last) for first, last in index_filter.date_ranges]))
    return queries


def _within(schema: tantivy.Schema, first: int, last: int) -> tantivy.Query:
    if first == last:  # faster than a range
        return tantivy.Query.term_query(schema, "day", first, "basic")
    return tantivy.Query.range_query(schema, "day", tantivy.FieldType.Unsigned, first, last)


def _any(queries: list[tantivy.Query]) -> tantivy.Query:
    if len(queries) == 1:
        return queries[0]
    return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])


def milvus_expression(index_filter: IndexFilter) -> str:
    """Return an expression over the columns `outlet`, `day` and `born`, "" if all rows pass.

    It consists of integers alone, so that no text of an article or a question is in it.
    """
    parts = []
    if index_filter.outlets:
        parts.append(f"outlet in {sorted(map(outlet_code, index_filter.outlets))}")
    if index_filter.exclude_outlets:
        parts.append(f"outlet not in {sorted(map(outlet_code, index_filter.exclude_outlets))}")
    if index_filter.date_ranges is not None:
        ranges = [f"(day >= {first} and day <= {last})" for first, last in index_filter.date_ranges]
        parts.append(f"({' or '.join(ranges)})")
    if index_filter.added_after is not None:
        parts.append(f"born > {index_filter.added_after}")
    return " and ".join(parts)
