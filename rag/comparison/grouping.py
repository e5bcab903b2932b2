"""What articles are grouped by: their outlet, its kind or country, the site, the year, or sides that a reader names."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from rag.answer.balance import UNKNOWN_OUTLET
from rag.comparison.comparison import By
from rag.provenance.catalogue import Catalogue
from rag.stores.columns import ArticleColumns
from rag.stores.filters import IndexFilter, first_day, mask

UNKNOWN_SITE, UNKNOWN_COUNTRY, UNDATED = "an unknown site", "country not known", "undated"


@dataclass(frozen=True)
class Grouping:
    """Assigns articles to groups.

    Attributes:
        by: what they are grouped by.
        catalogue: the outlets known by name, for kinds and countries.
        sides: the outlets of each side, as the index has them, by the side's name; none is on two sides.
    """

    by: By
    catalogue: Catalogue
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def group(self, outlet: str | None, host: str | None, date: int) -> str | None:
        """Return the group of an article; None if it is on no side.

        Args:
            outlet: its outlet, as the index has it.
            host: the site that its text was taken from.
            date: its date, as the store's columns have it (see `rag.stores.filters`).
        """
        match self.by:
            case "year":
                day = first_day(date)
                return str(dt.date.fromordinal(day).year) if day else UNDATED
            case "host":
                return host or UNKNOWN_SITE
        return self.of_outlet(outlet)

    def of_outlet(self, outlet: str | None) -> str | None:
        """Return the group of an outlet, where outlets are grouped."""
        match self.by:
            case "kind":
                return self.catalogue.kind(outlet or "")
            case "country":
                known = self.catalogue.outlet(outlet) if outlet else None
                return known.country.value if known and known.country else UNKNOWN_COUNTRY
            case "side":
                return next((side for side, outlets in self.sides.items() if outlet in outlets), None)
        return outlet or UNKNOWN_OUTLET

    def articles(self, columns: ArticleColumns, index_filter: IndexFilter) -> dict[str, int]:
        """Return how many articles each group has of those that a filter lets through, the most first."""
        passing = mask(index_filter, columns)
        columns = columns if passing is None else columns.some(passing)
        counts: Counter[str] = Counter(dict.fromkeys(self.sides, 0))
        if self.by == "year":
            dates, rows = np.unique(columns.date, return_inverse=True)
            numbers = np.bincount(rows, columns.number, len(dates)).astype(int).tolist()
            tally = [(self.group(None, None, d), n) for d, n in zip(dates.tolist(), numbers, strict=True)]
        elif self.by == "host":
            tally = [(self.group(None, host, 0), number) for host, number in columns.tally_hosts().items()]
        else:
            tally = [(self.of_outlet(outlet), number) for outlet, number in columns.tally().items()]
        for group, number in tally:
            if group is not None:
                counts[group] += number
        return {group: number for group, number in counts.most_common() if number or group in self.sides}

    def narrowed(self, groups: Iterable[str], columns: ArticleColumns, index_filter: IndexFilter) -> list[IndexFilter]:
        """Return what lets through the articles of one group each, among those that a filter does.

        There is none for a group that no filter can tell from others: sites, and what is not known.
        """
        if self.by == "host":
            return []
        if self.by == "year":
            return [_in_year(int(group), index_filter) for group in groups if group != UNDATED]
        own: dict[str | None, list[str]] = defaultdict(list)
        for outlet in columns.outlets:
            if outlet and (not index_filter.outlets or outlet in index_filter.outlets):
                own[self.of_outlet(outlet)].append(outlet)
        return [replace(index_filter, outlets=frozenset(own[group])) for group in groups if own[group]]


def _in_year(year: int, index_filter: IndexFilter) -> IndexFilter:
    first, last = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
    after, before = max(first, index_filter.after or first), min(last, index_filter.before or last)
    return replace(index_filter, after=after, before=before, undated=False)
