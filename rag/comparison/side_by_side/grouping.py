"""What articles are grouped by: their outlet, its kind or country, the site, the year, or sides that a reader names."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rag.answer.balance import UNKNOWN_OUTLET
from rag.comparison.side_by_side.comparison import By
from rag.provenance.catalogue import Catalogue
from rag.stores.columns import ArticleColumns
from rag.stores.filters import IndexFilter, first_day, mask

MAX_KNOWN = 50_000  # outlets whose kind and country are kept in memory
UNKNOWN_SITE, UNKNOWN_COUNTRY, UNDATED = "an unknown site", "country not known", "undated"


@dataclass(frozen=True)
class Grouping:
    """Assigns articles to groups.

    Attributes:
        by: what they are grouped by.
        catalogue: the outlets known by name, for kinds and countries.
        sides: the outlets of each side, as the index has them, by the side's name; none is on two sides.
        several: of outlets that the words of a question put on several sides, all of these, the one they are on first.
    """

    by: By
    catalogue: Catalogue
    sides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    several: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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
        if self.by == "side":
            return self._side.get(outlet)
        if self.by in ("kind", "country"):
            return _known(self.catalogue, self.by, outlet)
        return outlet or UNKNOWN_OUTLET

    def _of(self, outlets: Iterable[str | None]) -> list[str | None]:
        """Return the groups of outlets, fast for the thousands that there may be."""
        return [o or UNKNOWN_OUTLET for o in outlets] if self.by == "outlet" else [*map(self.of_outlet, outlets)]

    @functools.cached_property
    def _side(self) -> dict[str | None, str]:
        """The side of each outlet that is on one."""
        return {outlet: side for side, outlets in self.sides.items() for outlet in outlets}

    def articles(self, columns: ArticleColumns, index_filter: IndexFilter) -> dict[str, int]:
        """Return how many articles each group has of those that a filter lets through, the most first."""
        passing = mask(index_filter, columns)
        columns = columns if passing is None else columns.some(passing)
        if self.by == "year":
            dates, rows = np.unique(columns.date, return_inverse=True)
            numbers = np.bincount(rows, columns.number, len(dates)).astype(int).tolist()
            groups = [self.group(None, None, date) for date in dates.tolist()]
        else:
            tally = columns.tally_hosts() if self.by == "host" else columns.tally()
            numbers = list(tally.values())
            groups = [self.group(None, name, 0) for name in tally] if self.by == "host" else self._of(tally)
        counts = dict.fromkeys(self.sides, 0)
        for group, number in zip(groups, numbers, strict=True):
            if group is not None and (number or group in counts):
                counts[group] = counts.get(group, 0) + number
        return dict(sorted(counts.items(), key=lambda item: -item[1]))

    def narrowed(
        self, groups: Iterable[str], columns: ArticleColumns, index_filter: IndexFilter, together: int
    ) -> tuple[IndexFilter | None, list[IndexFilter]]:
        """Return what lets through the articles of groups, among those that a filter does.

        There is none for a group that no filter can tell from others: sites, and what is not known. One for a group may
        let through articles of unknown outlets too.

        Args:
            groups: some groups.
            columns: the articles.
            index_filter: which of them may be found.
            together: how many articles small groups may have together.

        Returns:
            A filter for all groups that are so small, None if there are not two of them; and one for each other group.
        """
        if self.by == "host":
            return None, []
        if self.by == "year":
            return None, [_in_year(int(group), index_filter) for group in groups if group != UNDATED]
        own: dict[str, list[str]] = {group: [] for group in groups}
        articles = dict.fromkeys(own, 0)
        allowed = index_filter.outlets
        tally = {o: n for o, n in columns.tally().items() if o and (not allowed or o in allowed)}
        for group, (outlet, number) in zip(self._of(tally), tally.items(), strict=True):
            if group in own:
                own[group].append(outlet)
                articles[group] += number
        small, room = [], together
        for group in sorted((group for group in own if own[group]), key=articles.__getitem__):
            if (room := room - articles[group]) < 0:
                break
            small.append(group)
        small = small if len(small) > 1 else []
        joint = frozenset(outlet for group in small for outlet in own[group])
        alone = [_of_outlets(own[group], tally, index_filter) for group in own if own[group] and group not in small]
        return (
            replace(index_filter, outlets=joint) if joint else None,
            [each for each in alone if each != index_filter],  # that one the wide look has been through
        )


def _of_outlets(own: Sequence[str], every: Collection[str], index_filter: IndexFilter) -> IndexFilter:
    """Return what lets the articles of some of all outlets through; if they are most, by excluding the others.

    Articles of unknown outlets may pass too.
    """
    if 2 * len(own) <= len(every):
        return replace(index_filter, outlets=frozenset(own))
    return replace(index_filter, exclude_outlets=index_filter.exclude_outlets | (set(every) - set(own)))


@functools.lru_cache(MAX_KNOWN)
def _known(catalogue: Catalogue, by: By, outlet: str | None) -> str:
    """Return the kind or the country of an outlet."""
    if by == "kind":
        return catalogue.kind(outlet or "")
    known = catalogue.outlet(outlet) if outlet else None
    return known.country.value if known and known.country else UNKNOWN_COUNTRY


def _in_year(year: int, index_filter: IndexFilter) -> IndexFilter:
    first, last = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
    after, before = max(first, index_filter.after or first), min(last, index_filter.before or last)
    return replace(index_filter, after=after, before=before, undated=False)
