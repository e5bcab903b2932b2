"""What articles are grouped by: their outlet, its kind or country, the site, the year, or sides that a reader names."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
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

    def narrowed(self, group: str, columns: ArticleColumns, index_filter: IndexFilter) -> IndexFilter | None:
        """Return what lets through the articles of one group among those that a filter does; None if no filter can."""
        if self.by == "host" or group in (UNDATED, UNKNOWN_OUTLET):
            return None
        if self.by == "year":
            first, last = dt.date(int(group), 1, 1).toordinal(), dt.date(int(group), 12, 31).toordinal()
            after, before = max(first, index_filter.after or first), min(last, index_filter.before or last)
            return replace(index_filter, after=after, before=before, undated=False)
        outlets = self.sides[group] if self.by == "side" else ()
        own = frozenset(outlets or (o for o in columns.outlets if o and group == self.of_outlet(o)))
        own = own & index_filter.outlets if index_filter.outlets else own
        return replace(index_filter, outlets=own) if own else None
